"""What the incidents tell the rehearsal of a rule: what is known to have happened, and which stations should have told."""

from datetime import timedelta

import pytest

from incidents import services
from incidents.models import Incident
from incidents.services.known import known
from tests.conftest import MIN, NOON
from tests.incidents import scenes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told():
    return [(one.number, one.at, one.stations) for one in known("ponding.depth", NOON - DAY, NOON + DAY)]


def test_an_incident_of_alarms_is_known_by_their_stations_and_the_first_of_them(departments):
    first = scenes.told(0, 0, minute=0)
    second = scenes.told(100, 0, minute=5)
    row = Incident.objects.get()
    assert told() == [(row.number, NOON, frozenset({first.station_id, second.station_id}))]
    assert list(known("river.level", NOON - DAY, NOON + DAY)) == []
    assert list(known("ponding.depth", NOON + DAY, NOON + 2 * DAY)) == []


def test_what_people_reported_should_show_at_the_stations_near_it(report):
    near = scenes.station(120, 100)
    scenes.station(9000, 0)
    row = report(type="ponding", position=scenes.lonlat(100, 100), occurred_at=NOON - 10 * MIN)
    report(type="fire")
    assert told() == [(row.number, NOON - 10 * MIN, frozenset({near.pk}))]


def test_a_dismissed_incident_is_not_missed_by_anybody(departments, officer):
    scenes.told(0, 0)
    services.dismiss(Incident.objects.get(), by=officer, at=NOON + MIN, reason="a hose")
    assert told() == []
