"""A parameter has a default, a unit and a reason; a change is checked, kept and logged."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, transaction

from command_center.core import parameters
from command_center.core.models import AuditEntry, ParameterChange
from command_center.core.parameters import PARAMETERS, Parameter
from tests.conftest import NOON, actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    monkeypatch.setitem(PARAMETERS, "t.depth", Parameter("t.depth", 27.0, "cm", "handbook 2.1", "Depth"))
    monkeypatch.setitem(PARAMETERS, "t.tiers", Parameter("t.tiers", (15, 20), "cm", "handbook 2.1", "Tiers"))


def test_the_default_holds_until_somebody_changes_it(admin):
    assert parameters.value("t.depth") == 27.0
    parameters.change("t.depth", "30", by=admin, at=NOON, reason="District plan 2026")
    parameters.change("t.depth", 31, by=admin, at=NOON, reason="Corrected")
    assert parameters.values(["t.depth", "t.tiers"]) == {"t.depth": 31.0, "t.tiers": (15, 20)}
    assert list(ParameterChange.objects.values_list("value", flat=True)) == [30.0, 31.0]
    assert AuditEntry.objects.filter(act="parameter.changed").count() == 2


def test_a_change_needs_a_right_a_reason_and_a_fitting_value(admin, officer):
    with pytest.raises(PermissionDenied):
        parameters.change("t.depth", 1, by=officer, at=NOON, reason="x")
    with pytest.raises(ValueError, match="reason"):
        parameters.change("t.depth", 1, by=admin, at=NOON, reason=" ")
    with pytest.raises(ValueError, match="2 numbers"):
        parameters.change("t.tiers", [1], by=admin, at=NOON, reason="x")
    with pytest.raises(ValueError):
        parameters.change("t.depth", "deep", by=admin, at=NOON, reason="x")
    assert not ParameterChange.objects.exists()
    assert actor().name  # nobody's actor holds nothing


def test_the_history_of_a_parameter_can_not_be_rewritten(admin):
    parameters.change("t.depth", 30, by=admin, at=NOON, reason="x")
    with pytest.raises(InternalError), transaction.atomic():
        ParameterChange.objects.update(value=1)
