"""Alarms become incidents: proposed once, joined when near, whatever the order and however often they are told."""

import itertools
import random
from functools import partial

import pytest

from command_center.core.models import AuditEntry, Event
from incidents import services
from incidents.models import Incident, IncidentAlarm
from sensors.models import Alarm
from tests.conftest import NOON
from tests.incidents.scenes import alarm, members, point, tell, told
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_district(departments):
    return departments


def test_a_serious_alarm_proposes_an_incident_with_place_owner_and_level(small_district):
    one = told(1000, 200, level=1, peak_value=46)
    row = Incident.objects.get()
    assert (row.number, row.state, row.source) == ("2026-0001", "reported", "sensor")
    assert (row.type.slug, row.department.code, row.area_path) == ("ponding", "housing", "/dy/east/")
    assert row.position.equals_exact(point(1000, 200), 1e-9)
    assert (row.occurred_at, row.received_at) == (one.raised_at, NOON)
    assert row.level_proposed == 4 and row.level_because
    assert Event.objects.filter(kind="incident.reported", subject_id=str(row.pk)).count() == 1
    line = AuditEntry.objects.get(act="incident.reported")
    assert (line.who, line.after) == ("feed:sensors", "reported")


def test_told_twice_it_is_still_one():
    one = told()
    tell(one)
    tell(one, "alarm.level_changed", minute=5)
    assert members() == {"2026-0001": {one.pk}}
    assert Event.objects.filter(kind__startswith="incident.").count() == 2  # reported, alarm_joined


def test_a_lesser_alarm_joins_but_does_not_propose_and_is_gathered_when_an_incident_reaches_it():
    lesser = told(level=4)
    assert not Incident.objects.exists()
    serious = told(1000, level=2, minute=5)
    assert members() == {"2026-0001": {lesser.pk, serious.pk}}


def test_gathering_follows_the_chain():
    far, middle = told(2600, level=4), told(1300, level=4)
    serious = told(level=2, minute=3)
    assert members() == {"2026-0001": {far.pk, middle.pk, serious.pk}}


def test_what_is_known_only_from_late_data_or_is_of_no_kind_proposes_nothing():
    told(rang=False)
    told(rule="station.silent", level=1)
    told(rule="rain.amount", level=1)
    assert not Incident.objects.exists()


def test_a_worse_level_raises_the_proposal_and_says_why():
    one = told(level=2, peak_value=50)
    assert Incident.objects.get().level_proposed == 4
    Alarm.objects.filter(pk=one.pk).update(level=1, worst_level=1, peak_value=85)
    tell(one, "alarm.level_changed", minute=10)
    row = Incident.objects.get()
    assert row.level_proposed == 3 and row.level_because[0]["depth"] == 85
    assert AuditEntry.objects.get(act="incident.level_proposed").data["level"] == [4, 3]
    Alarm.objects.filter(pk=one.pk).update(condition="retracted")
    tell(one, "alarm.retracted", minute=20)
    assert Incident.objects.get().level_proposed == 4


def test_a_confirmed_level_stays_whatever_is_proposed(officer):
    one = told(level=2)
    services.confirm(Incident.objects.get(), by=officer, at=NOON, level=2)
    Alarm.objects.filter(pk=one.pk).update(worst_level=1, peak_value=85)
    tell(one, "alarm.level_changed", minute=10)
    row = Incident.objects.get()
    assert (row.level_confirmed, row.level_proposed, row.level) == (2, 3, 2)


def test_an_alarm_near_a_called_in_incident_joins_it(report):
    row = report(type="ponding")
    one = told(500, minute=30)
    assert members() == {row.number: {one.pk}}


def test_an_alarm_never_joins_a_drill_or_what_is_over(report, officer):
    report(type="ponding", is_drill=True)
    dismissed = report(type="ponding")
    services.dismiss(dismissed, by=officer, at=NOON, reason="twice")
    told(minute=1)
    assert Incident.objects.filter(source="sensor").count() == 1
    assert sorted(Incident.objects.values_list("number", flat=True)) == [
        "2026-0001",
        "2026-0002",
        "D2026-0001",
    ]


def test_an_alarm_that_a_person_took_out_does_not_come_back_by_itself():
    one, other = told(), told(300)
    IncidentAlarm.objects.filter(alarm=other).update(left_at=NOON)
    tell(other, "alarm.level_changed", minute=5)
    assert members() == {"2026-0001": {one.pk}}


def test_the_order_in_which_alarms_are_told_does_not_matter():
    rows = [alarm(0, level=2), alarm(900, level=4, minute=2), alarm(1800, level=3, minute=4)]
    for order in itertools.permutations(rows):
        Incident.objects.all().delete()
        for one in order:
            tell(one, minute=10)
        assert [set(ids) for ids in members().values()] == [{one.pk for one in rows}]


def test_a_scripted_storm_of_180_alarms_over_six_places_gives_six_proposals():
    """BETTER T8, through the database: each alarm in exactly one incident, told twice and in wild order."""
    chance = random.Random(3)
    places = [(-12e3, -9e3), (0, -9e3), (12e3, -9e3), (-12e3, 6e3), (0, 6e3), (12e3, 6e3)]
    rows = [
        alarm(
            east + chance.gauss(0, 450), north + chance.gauss(0, 450),
            level=chance.choice([1, 2, 2, 3, 4]), minute=chance.uniform(0, 90),
        )
        for east, north in places * 30
    ]  # fmt: skip
    order = rows * 2
    chance.shuffle(order)
    for one in order:
        tell(one, minute=95)
    found = members()
    assert 5 <= len(found) <= 7
    serious = {one.pk for one in rows if one.level <= 2}
    in_some = list(itertools.chain(*found.values()))
    assert len(in_some) == len(set(in_some)) and serious <= set(in_some)
    assert len(in_some) >= 0.95 * len(rows)


def test_one_decision_costs_few_queries_however_many_alarms_there_are(django_assert_max_num_queries):
    for n in range(40):
        told(30 * n, minute=n)
    late = alarm(600, minute=41)
    with django_assert_max_num_queries(22):
        tell(late)
    assert len(members()) == 1


def test_where_the_vehicles_were_is_asked_once_for_all_of_an_incident(django_assert_max_num_queries):
    for n in range(12):
        told(30 * n, minute=n, level=1, rule="vehicle.accident")
    late = alarm(90, minute=12, level=1, rule="vehicle.accident")
    with django_assert_max_num_queries(26):
        tell(late)
    assert len(members()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_alarms_of_one_basin_at_the_same_moment_are_one_proposal():
    rows = [alarm(200 * n) for n in range(4)]
    at_once(*(partial(tell, one, minute=1) for one in rows))
    assert [len(ids) for ids in members().values()] == [4]
