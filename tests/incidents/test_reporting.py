"""Taken in by hand: placed, numbered, once; what cannot be so is refused with a sentence and its field."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from command_center.core.models import Area, AuditEntry
from command_center.core.scope import Scope
from incidents import services
from incidents.models import Incident
from tests.conftest import NOON, actor
from tests.incidents import scenes
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_a_call_becomes_an_incident_in_the_smallest_area_around_it(report):
    row = report(
        position=scenes.lonlat(700, 0), address="东三路 12 号", caller_name="王小明", caller_phone="13800005678",
        counts={"people_affected": 120}, occurred_at=NOON - timedelta(minutes=10), note="二楼起火",
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.number, row.area_path, row.department.code) == ("2026-0001", "/dy/east/", "fire")
    assert (row.title, row.level_proposed, row.state) == ("东三路 12 号 · 火灾事故", 3, "reported")
    assert (row.reported_by, row.received_at, row.caller_phone) == ("officer", NOON, "13800005678")
    told = str([(line.data, line.reason, line.after) for line in AuditEntry.objects.all()])
    assert "13800005678" not in told and "王小明" not in told, "the log book is for ever"


def test_without_a_position_an_area_and_an_address_will_do(report):
    row = report(position=None, area="west", address="胜利村口")
    assert (row.position, row.area_path) == (None, "/dy/west/")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"position": (100.0, 30.0)}, "position"),
        ({"position": (400.0, 30.0)}, "position"),
        ({"position": (float("nan"), 30.0)}, "position"),
        ({"position": None}, "position"),
        ({"position": None, "area": "nowhere"}, "area"),
        ({"type": "dragon"}, "type"),
        ({"source": "sensor"}, "source"),
        ({"department": "nobody"}, "department"),
        ({"occurred_at": NOON + timedelta(hours=1)}, "occurred_at"),
        ({"occurred_at": NOON - timedelta(days=31)}, "occurred_at"),
        ({"counts": {"deaths": -1}}, "deaths"),
        ({"counts": {"deaths": 10**12}}, "deaths"),
        ({"counts": {"loss_yuan": 1.5}}, "loss_yuan"),
    ],
)
def test_what_cannot_be_so_is_refused_with_its_field_and_leaves_no_trace(report, given, field):
    with pytest.raises(services.Refused) as refused:
        report(**given)
    assert refused.value.field == field and str(refused.value)
    assert not Incident.objects.exists() and not AuditEntry.objects.exists()
    assert report().number == "2026-0001"


def test_the_same_key_from_the_same_person_is_the_same_incident(report, leader):
    first = report(key="k1")
    assert report(key="k1").pk == first.pk
    assert report(key="k1", by=leader).pk != first.pk
    assert Incident.objects.count() == 2


def test_numbers_run_by_the_district_s_year_and_drills_have_their_own(report):
    from datetime import UTC, datetime

    eve = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    rows = [
        report(at=eve), report(at=eve), report(at=eve + timedelta(minutes=2)), report(at=eve, is_drill=True),
    ]  # fmt: skip
    assert [row.number for row in rows] == ["2026-0001", "2026-0002", "2027-0001", "D2026-0001"]


def test_who_may_not_report_here_does_not(report):
    for by in (actor(("liaison", "/dy/")), actor(("duty_officer", "/dy/east/")), actor(("wall", "/dy/"))):
        with pytest.raises(PermissionDenied):
            report(by=by, position=scenes.lonlat(-500, 0))
    assert not Incident.objects.exists()
    assert report(by=actor(("grid_worker", "/dy/west/")), position=scenes.lonlat(-500, 0), source="grid")


@pytest.mark.django_db(transaction=True)
def test_reported_at_the_same_moment_numbers_have_no_gap_and_a_key_acts_once(report):
    assert Area.objects.exists()
    got = at_once(*(partial(report, key="one" if n % 2 else "") for n in range(8)))
    assert len({row.pk for row in got[1::2]}) == 1
    numbers = sorted(Incident.objects.values_list("number", flat=True))
    assert numbers == [f"2026-{n:04}" for n in range(1, 6)]


def test_scopes_of_a_department_see_their_own_only(report, departments):
    mine, other = report(type="ponding"), report()
    scope = Scope.of(actor(("liaison", "/dy/", departments["housing"].pk)).scope.grants)
    assert set(Incident.objects.filter(scope.filter("incident.view"))) == {mine}
    assert scope.allows("incident.view", mine) and not scope.allows("incident.view", other)
