"""One answer to "may I?": what a scope lists is what it allows of each record."""

import pytest

from command_center.core.roles import ACTIONS
from sensors.models import Alarm, Station
from tests.emptying import rolled_back
from tests.live.kit import Acts, scopes, small_district


@pytest.fixture(scope="module")
def records(django_db_setup, django_db_blocker):
    """Stations and alarms of a small district to which things have happened."""
    with rolled_back(django_db_blocker):
        acts = Acts(small_district(), 3)
        for _ in range(20):
            acts.one()
        yield [*Station.objects.all(), *Alarm.objects.all()]


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_the_list_and_the_single_record_get_the_same_answer(records, db, action):
    for name, scope in scopes().items():
        for model in (Station, Alarm):
            listed = set(model.objects.filter(scope.filter(action)).values_list("pk", flat=True))
            single = {row.pk for row in records if isinstance(row, model) and scope.allows(action, row)}
            assert listed == single, (name, model)
