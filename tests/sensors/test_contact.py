"""Silence: grey after two intervals, an alarm after three, one for the link when all are gone."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.core.models import Event, Heartbeat
from command_center.core.now import REAL, Rate
from sensors.models import Alarm, Contact, Station
from sensors.services import points
from sensors.services.contact import watch_silence
from tests.sensors.ingesting import MIN, NIGHT, station, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_points():
    points.forget()
    yield
    points.forget()


def site(n, protocol="sl651"):
    address = f"{protocol}-{n:03}"
    made = station(address, kind="stage_gauge", protocol=protocol, sensors=[("level", "water_level")])
    return made["level"].station


def hear(one, minute):
    at = NIGHT + minute * MIN
    tell(one.address, [("level", "water_level", 3.0, at)], at=at, protocol=one.protocol)


def look(minute, clock=REAL):
    return watch_silence(NIGHT + minute * MIN, real=datetime.now(UTC), clock=clock)


def look_over(minutes, every=1, **more):
    return [look(minute, **more) for minute in range(minutes.start, minutes.stop, every)]


def alarms(rule, condition="active"):
    return Alarm.objects.filter(rule=rule, condition=condition)


def events(kind):
    return Event.objects.filter(kind=kind).count()


def test_a_station_is_marked_after_two_intervals_and_an_alarm_after_three():
    lost, kept = site(1), site(2)
    look(0)
    for minute in range(0, 21, 5):
        hear(kept, minute)
        if minute == 0:
            hear(lost, 0)
        look(minute)
        if minute == 10:
            assert not Contact.objects.filter(silent_since__isnull=False).exists()
    look(11)
    assert Contact.objects.get(station=lost).silent_since == NIGHT
    assert events("station.silent") == 1
    alarm = alarms("station.silent").get()
    assert (alarm.station, alarm.sensor, alarm.level) == (lost, None, 4)
    assert alarm.facts["since"] == NIGHT.isoformat()
    assert alarm.raised_at == NIGHT + 20 * MIN
    look_over(range(20, 24))
    assert alarms("station.silent").count() == 1
    assert events("station.silent") == 1


def test_a_station_that_is_heard_again_comes_back_quietly():
    lost, kept = site(1), site(2)
    look(0)
    hear(lost, 0)
    hear(kept, 20)
    look(20)
    assert alarms("station.silent").count() == 1
    hear(lost, 21)
    assert events("station.heard") == 1
    assert look(22).cleared == 1
    assert alarms("station.silent", "cleared").get().cleared_at == NIGHT + 22 * MIN
    assert Event.objects.get(kind="alarm.cleared").data["rang"] is False


def test_a_station_out_of_service_is_not_missed():
    lost, kept = site(1), site(2)
    look(0)
    hear(lost, 0)
    hear(kept, 20)
    look(20)
    Station.objects.filter(pk=lost.pk).update(in_service=False)
    look(21)
    assert not alarms("station.silent").exists()


def test_a_link_that_drops_with_many_stations_is_one_alarm_and_rings_for_none_of_them():
    gone = [site(n) for n in range(12)]
    others = [site(n, protocol="modbus") for n in range(3)]
    look(0)
    for n, one in enumerate(gone):
        hear(one, n % 5)  # the last contacts lie spread over one interval
    for minute in range(5, 60):
        if minute % 5 == 0:
            for one in others:
                hear(one, minute)
        look(minute)
        if minute == 14:
            assert alarms("link.silent").count() == 1  # within two intervals
    link = alarms("link.silent").get()
    assert link.node.key == "sl651"
    assert (link.level, link.station) == (3, gone[0])
    assert not Alarm.objects.filter(rule="station.silent").exists()
    assert Contact.objects.filter(silent_since__isnull=False).count() == 12
    assert Event.objects.filter(kind="alarm.raised").count() == 1


def test_when_the_link_is_back_who_stays_away_becomes_an_alarm_of_its_own_after_its_time():
    gone = [site(n) for n in range(10)]
    look(0)
    for one in gone:
        hear(one, 0)
    look_over(range(1, 30))
    assert alarms("link.silent").count() == 1
    for minute in range(30, 60):
        if minute % 5 == 0:
            for one in gone[1:]:
                hear(one, minute)
        look(minute)
        if minute == 44:
            assert not Alarm.objects.filter(rule="station.silent").exists()
    assert not alarms("link.silent").exists()
    assert alarms("station.silent").get().station == gone[0]


def test_after_we_did_not_listen_ourselves_nobody_is_blamed():
    for n in range(4):
        hear(site(n), 0)
    look(0)
    Heartbeat.objects.filter(name="silence").update(at=datetime.now(UTC) - timedelta(minutes=5))
    look(120)
    assert not Alarm.objects.exists()
    assert not Contact.objects.filter(silent_since__isnull=False).exists()
    look_over(range(121, 140))
    assert alarms("link.silent").count() == 1  # now we know that it is them


def test_a_clock_set_anew_blames_nobody():
    for n in range(4):
        hear(site(n), 0)
    look(0)
    look(600, clock=Rate(NIGHT, NIGHT + timedelta(hours=10), 60.0))
    assert not Contact.objects.filter(silent_since__isnull=False).exists()


def test_a_fast_clock_does_not_make_ordinary_scheduling_look_like_silence():
    fast = Rate(NIGHT, NIGHT, 60.0)  # an interval of 300 s is 5 s of real time
    one = site(1)
    hear(one, 0)
    look(0, clock=fast)
    look(19, clock=fast)  # 19 s of real time
    assert not Contact.objects.filter(silent_since__isnull=False).exists()
    look(21, clock=fast)
    assert Contact.objects.filter(silent_since__isnull=False).exists()


def test_an_alarm_over_its_threshold_before_the_link_dropped_stays_as_last_known():
    sensors = [("depth", "ponding_depth")]
    deep = station("P-01", kind="ponding_site", sensors=sensors, facts={"site": "road"})["depth"].station
    gone = [site(n) for n in range(4)]
    look(0)
    for one in gone:
        hear(one, 4)
    for minute in (0, 4):
        at = NIGHT + minute * MIN
        tell("P-01", [("depth", "ponding_depth", 46.0, at)], at=at)
    look_over(range(5, 60))
    assert alarms("link.silent").count() == 1
    assert alarms("ponding.depth").get().station == deep


def test_a_look_costs_the_same_number_of_questions_for_few_and_for_many(django_assert_max_num_queries):
    for n in range(30):
        hear(site(n), 0)
    look(0)
    with django_assert_max_num_queries(16):
        look(1)
