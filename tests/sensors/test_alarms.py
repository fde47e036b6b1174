"""Readings become alarms: in order, late, doubtful; what rings; and people who acknowledge."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from command_center.core import parameters
from command_center.core.acts import NotPossible
from command_center.core.layers import LAYERS
from command_center.core.models import AuditEntry, Event
from sensors.domain.lifecycle import Logged, fold
from sensors.models import Alarm, AlarmEvent, AlarmWatch
from sensors.services import points, refold
from sensors.services.alarms import acknowledge
from tests.conftest import actor
from tests.sensors.ingesting import MIN, NIGHT, station, tell
from tests.together import at_once

pytestmark = pytest.mark.django_db
SITE = "P-01"


@pytest.fixture(autouse=True)
def fresh_points():
    points.forget()
    yield
    points.forget()


@pytest.fixture
def depth():
    sensors = [("depth", "ponding_depth")]
    return station(SITE, kind="ponding_site", protocol="ea_http", sensors=sensors, facts={"site": "road"})[
        "depth"
    ]


def say(value, minute, received=None):
    """The site reports ``value`` cm for ``minute`` after nightfall, received then or at minute ``received``."""
    at = NIGHT + minute * MIN
    received_at = at if received is None else NIGHT + received * MIN
    return tell(SITE, [("depth", "ponding_depth", value, at)], at=received_at, protocol="ea_http")


def say_all(values, every=5, **more):
    for n, value in enumerate(values):
        say(value, n * every, **more)


def told(alarm):
    return [
        ((line.at - NIGHT) // MIN, line.what, line.level)
        for line in alarm.events.filter(what__in=["raised", "level", "cleared"]).order_by("at", "id")
    ]


def heard():
    return list(
        Event.objects.filter(kind__startswith="alarm.")
        .exclude(kind="alarm.peak_changed")
        .order_by("id")
        .values_list("kind", "data__level", "data__rang")
    )


def standing_is_the_fold_of_its_history(alarm):
    lines = [
        Logged(line.at, line.what, line.level, line.value, line.who)
        for line in AlarmEvent.objects.filter(alarm=alarm).order_by("at", "id")
    ]
    now = fold(lines)
    for name in now.__dataclass_fields__:
        assert getattr(alarm, name) == getattr(now, name), name


def test_two_readings_over_the_limit_raise_one_alarm_with_its_facts(depth):
    say_all([3, 16, 46, 46])
    alarm = Alarm.objects.get()
    assert (alarm.station, alarm.sensor, alarm.rule) == (depth.station, depth, "ponding.depth")
    assert (alarm.level, alarm.worst_level, alarm.condition) == (1, 1, "active")
    assert alarm.raised_at == NIGHT + 10 * MIN
    assert alarm.facts == {"text": "Ponding %(value)s cm", "unit": "cm", "value": 46, "limit": 40.0}
    assert told(alarm) == [(10, "raised", 4), (15, "level", 1)]
    assert alarm.area_path == "/dy/"
    assert heard() == [("alarm.raised", 4, True), ("alarm.level_changed", 1, True)]
    assert Event.objects.filter(kind="alarm.raised", data__station=str(depth.station_id)).exists()


def test_screens_are_told_of_a_new_peak_once_and_of_none_where_nothing_rose(depth):
    say_all([16, 16, 18, 17, 18, 18])
    alarm = Alarm.objects.get()
    assert alarm.peak_value == 18
    peaks = Event.objects.filter(kind="alarm.peak_changed")
    assert [(one.subject_id, one.at) for one in peaks] == [(str(alarm.pk), NIGHT + 10 * MIN)]
    assert "alarm.peak_changed" in LAYERS["alarms"].watches


def test_the_alarm_rises_and_falls_and_clears_as_one(depth):
    say_all([16, 16, 28, 28, 22, 22, 22, 3, 3, 3])
    alarm = Alarm.objects.get()
    assert told(alarm) == [
        (5, "raised", 4),
        (15, "level", 2),
        (30, "level", 3),
        (45, "cleared", 3),
    ]
    assert (alarm.condition, alarm.level, alarm.worst_level) == ("cleared", 3, 2)
    assert alarm.peak_value == 28
    assert heard() == [
        ("alarm.raised", 4, True),
        ("alarm.level_changed", 2, True),
        ("alarm.level_changed", 3, False),  # falling water calls nobody
        ("alarm.cleared", 3, False),
    ]
    assert not AlarmWatch.objects.exists()
    standing_is_the_fold_of_its_history(alarm)


def test_a_quiet_reading_writes_nothing_and_asks_two_questions(depth):
    say(3, 0)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        from sensors.domain.samples import Fresh, Sample
        from sensors.services.alarms import evaluate

        fresh = {depth.pk: Fresh(depth.pk, NIGHT, (Sample(NIGHT + 5 * MIN, 4.0, 0),))}
        evaluate(fresh, received_at=NIGHT + 5 * MIN)
    assert len(seen) == 2
    assert not AlarmWatch.objects.exists()


def test_doubtful_readings_raise_nothing(depth):
    say(3, 0)
    say(600, 5)  # more than a gauge can say
    say(600, 10)
    assert not Alarm.objects.exists()
    assert not AlarmWatch.objects.exists()


def test_a_late_reading_that_completes_an_alarm_writes_it_into_history_and_does_not_ring(depth):
    for minute in (0, 10, 15, 20, 25):
        say(16 if minute == 10 else 3, minute)
    assert not Alarm.objects.exists()
    say(17, 5, received=26)
    alarm = Alarm.objects.get()
    assert told(alarm) == [(10, "raised", 4), (25, "cleared", 4)]
    assert (alarm.condition, alarm.rang, alarm.peak_value) == ("cleared", False, 17)
    assert "would have rung" in alarm.events.get(what="raised").note
    assert alarm.recorded_at == NIGHT + 26 * MIN
    assert not any(rang for _, _, rang in heard())
    standing_is_the_fold_of_its_history(alarm)


def test_a_late_reading_that_parts_an_alarm_from_its_cause_retracts_it(depth):
    say(3, 0)
    say(16, 5)
    say(16, 15)
    assert Alarm.objects.get().condition == "active"
    say(3, 10, received=16)
    alarm = Alarm.objects.get()
    assert alarm.condition == "retracted"
    assert heard()[-1] == ("alarm.retracted", 4, False)
    standing_is_the_fold_of_its_history(alarm)
    say(16, 20)  # the one at 15 counts as the first of two
    assert told(Alarm.objects.get(condition="active")) == [(20, "raised", 4)]


def test_a_late_reading_moves_the_beginning_of_an_alarm_and_what_was_told_is_noted(depth):
    say_all([3, 3])
    say(28, 15)
    say(28, 20)
    say(28, 10, received=21)
    alarm = Alarm.objects.get()
    assert told(alarm) == [(15, "raised", 2)]
    assert alarm.raised_at == alarm.level_since == NIGHT + 15 * MIN
    assert f"raised 2 {(NIGHT + 20 * MIN).isoformat()}" in alarm.events.get(what="rewritten").note
    assert [rang for _, _, rang in heard()] == [True, False]
    standing_is_the_fold_of_its_history(alarm)


def test_an_acknowledged_alarm_keeps_its_acknowledgement_when_history_is_rewritten(depth, officer):
    say_all([3, 3])
    say(28, 15)
    say(28, 20)
    acknowledge([Alarm.objects.get()], by=officer, at=NIGHT + 21 * MIN)
    say(28, 10, received=22)
    alarm = Alarm.objects.get()
    assert (alarm.state, alarm.acknowledged_by) == ("acknowledged", "officer")
    assert alarm.raised_at == NIGHT + 15 * MIN
    standing_is_the_fold_of_its_history(alarm)


def test_what_a_station_stored_while_it_was_cut_off_does_not_ring_until_a_fresh_reading_confirms_it(depth):
    say(3, 0)
    for minute in range(5, 60, 5):
        say(46, minute, received=120)
    alarm = Alarm.objects.get()
    assert (alarm.condition, alarm.rang) == ("active", False)
    assert not any(rang for _, _, rang in heard())
    say(46, 119, received=120)
    alarm.refresh_from_db()
    assert alarm.rang
    assert heard()[-1] == ("alarm.level_changed", 1, True)
    say(46, 124, received=124)
    assert sum(rang for _, _, rang in heard()) == 1
    standing_is_the_fold_of_its_history(alarm)


def test_a_late_reading_in_dry_weather_looks_no_further_than_two_hours_and_changes_nothing(
    depth, monkeypatch
):
    say_all([3] * 40, every=15)
    events, spans = Event.objects.count(), []
    read = refold.history.samples

    def watched(sensors, since, until=None):
        spans.append((since, until))
        return read(sensors, since, until)

    monkeypatch.setattr(refold.history, "samples", watched)
    late = NIGHT + 302 * MIN
    say(4, 302, received=600)
    assert spans == [(late - timedelta(hours=2), late + timedelta(hours=2))]
    assert Event.objects.count() == events
    assert not Alarm.objects.exists()


def test_a_late_reading_within_a_long_alarm_looks_back_to_before_the_alarm(depth):
    say_all([3, 46, 46] + [46] * 80, every=10)
    say(45, 605, received=830)
    alarm = Alarm.objects.get()
    assert told(alarm) == [(20, "raised", 1)]
    assert (alarm.condition, alarm.rang) == ("active", True)
    assert not alarm.events.filter(what="rewritten").exists()


def test_a_late_reading_begins_anew_the_time_that_clears_an_alarm(depth):
    say_all([46, 46, 3, 3])
    say(46, 12, received=16)
    say(3, 20)
    assert Alarm.objects.get().condition == "active"
    say(3, 25)
    assert told(Alarm.objects.get()) == [(5, "raised", 1), (25, "cleared", 1)]


def test_a_changed_threshold_is_in_force_with_the_next_reading(depth, admin):
    say_all([3, 12, 12])
    assert not Alarm.objects.exists()
    parameters.change("flood.ponding.road.tiers", (10, 20, 27, 40), by=admin, at=NIGHT, reason="school road")
    say(12, 15)
    say(12, 20)
    assert told(Alarm.objects.get()) == [(20, "raised", 4)]


def test_a_station_out_of_service_raises_nothing(depth):
    depth.station.in_service = False
    depth.station.save()
    say_all([46, 46, 46])
    assert not Alarm.objects.exists()


def pump_station():
    sensors = [
        ("forebay_level", "forebay_level"),
        ("screen_head_loss", "screen_head_loss"),
        ("pump1.running", "pump_running", {"pump": 1}),
        ("pump1.current", "pump_current", {"pump": 1, "rated_current_a": 40.0}),
        ("pump2.running", "pump_running", {"pump": 2}),
    ]
    facts = {"start_level_m": 2.0, "stop_level_m": 0.8}
    return station(
        "B-01", kind="pump_station", protocol="modbus", interval_s=60, sensors=sensors, facts=facts
    )


def poll(minute, forebay, one=0, two=0, loss=0.05, current=0.0, channels=None):
    at = NIGHT + minute * MIN
    values = [
        ("forebay_level", "forebay_level", forebay, at),
        ("screen_head_loss", "screen_head_loss", loss, at),
        ("pump1.running", "pump_running", one, at),
        ("pump1.current", "pump_current", current, at),
        ("pump2.running", "pump_running", two, at),
    ]
    kept = [value for value in values if channels is None or value[0] in channels]
    return tell("B-01", kept, at=at, protocol="modbus")


def test_pumps_that_should_run_and_do_not_are_told_for_the_station():
    sensors = pump_station()
    for minute in range(7):
        poll(minute, 2.2)
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.sensor, alarm.level) == ("pump.should_run", None, 2)
    assert alarm.raised_at == NIGHT + 5 * MIN
    assert alarm.station == sensors["forebay_level"].station
    poll(7, 2.2, one=1)
    alarm.refresh_from_db()
    assert alarm.condition == "cleared"
    assert not AlarmWatch.objects.exists()


def test_points_of_one_station_that_come_in_parts_and_in_any_order_are_judged_together():
    pump_station()
    for minute in range(7):
        poll(minute, 2.2, channels=["pump1.running", "pump2.running"])
    assert not Alarm.objects.exists()
    for minute in reversed(range(7)):
        poll(minute, 2.2, channels=["forebay_level"])
    assert told(Alarm.objects.get()) == [(5, "raised", 2)]


def test_one_pump_s_overload_is_told_at_its_own_point():
    sensors = pump_station()
    for minute in range(3):
        poll(minute, 1.5, one=1, current=45.0)
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.sensor) == ("pump.overload", sensors["pump1.current"])
    assert alarm.facts["pump"] == 1


def test_rain_alarms_name_the_window_and_are_one_a_gauge():
    sensors = station("0090000101")
    for n in range(14):
        at = NIGHT + n * 5 * MIN
        tell("0090000101", [("rain_5min", "rain_5min", 5.0, at)], at=at)
    alarm = Alarm.objects.get()
    assert alarm.rule == "rain.amount"
    assert alarm.sensor == sensors["rain_total"]
    assert alarm.events.order_by("at").first().level == 4
    assert alarm.facts["hours"] in (1, 3, 6, 12)


def test_acknowledging_is_logged_and_told_and_the_condition_stays(depth, officer):
    say_all([46, 46])
    alarm = Alarm.objects.get()
    outcome = acknowledge([alarm], by=officer, at=NIGHT + 6 * MIN)
    assert [row.pk for row in outcome.done] == [alarm.pk]
    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by, alarm.condition) == ("acknowledged", "officer", "active")
    assert alarm.acknowledged_at == NIGHT + 6 * MIN
    assert AuditEntry.objects.get(act="alarm.acknowledge").who == "officer"
    assert Event.objects.filter(kind="alarm.acknowledge", subject_id=str(alarm.pk)).count() == 1
    standing_is_the_fold_of_its_history(alarm)


def test_the_second_to_acknowledge_is_told_what_the_state_is(depth, officer):
    say_all([46, 46])
    alarm = Alarm.objects.get()
    acknowledge([alarm], by=officer, at=NIGHT)
    with pytest.raises(NotPossible) as refused:
        acknowledge([alarm], by=actor(("duty_officer", "/dy/"), name="other"), at=NIGHT)
    assert refused.value.state == "acknowledged"
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == "officer"
    assert alarm.events.filter(what="acknowledged").count() == 1


def test_several_are_acknowledged_at_once_and_the_refused_are_named(depth, officer):
    say_all([46, 46, 3, 3, 3, 46, 46])
    first, second = Alarm.objects.order_by("raised_at")
    acknowledge([first], by=officer, at=NIGHT)
    outcome = acknowledge([first, second], by=officer, at=NIGHT)
    assert [row.pk for row in outcome.done] == [second.pk]
    assert list(outcome.refused) == [first.pk]


def test_who_may_not_acknowledge_leaves_no_trace(depth):
    say_all([46, 46])
    with pytest.raises(PermissionDenied):
        acknowledge([Alarm.objects.get()], by=actor(("commander", "/dy/")), at=NIGHT)
    assert Alarm.objects.get().state == "unacknowledged"
    assert not AuditEntry.objects.filter(act="alarm.acknowledge").exists()


def test_a_cleared_alarm_can_still_be_acknowledged(depth, officer):
    say_all([46, 46, 3, 3, 3])
    alarm = Alarm.objects.get()
    assert alarm.condition == "cleared"
    acknowledge([alarm], by=officer, at=NIGHT + timedelta(hours=1))
    alarm.refresh_from_db()
    assert (alarm.condition, alarm.state) == ("cleared", "acknowledged")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_is_told():
    sensors = [("depth", "ponding_depth")]
    station(SITE, kind="ponding_site", protocol="ea_http", sensors=sensors, facts={"site": "road"})
    say_all([46, 46])
    alarm = Alarm.objects.get()

    def press(name):
        acknowledge([alarm], by=actor(("duty_officer", "/dy/"), name=name), at=NIGHT)
        return name

    outcomes = at_once(partial(press, "first"), partial(press, "second"), refused=NotPossible)
    alarm.refresh_from_db()
    [refused] = [one for one in outcomes if isinstance(one, NotPossible)]
    assert refused.state == "acknowledged" and alarm.acknowledged_by in outcomes
    assert alarm.events.filter(what="acknowledged").count() == 1
    assert Event.objects.filter(kind="alarm.acknowledge").count() == 1
