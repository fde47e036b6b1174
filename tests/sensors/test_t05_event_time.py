"""T5: event time. Late, shuffled and re-stamped data give one history, ring nothing, and a wrong clock is a fault."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from command_center.core.models import Event
from sensors.domain.quality import Check, check_of
from sensors.domain.words import LATE
from sensors.models import (
    Alarm,
    AlarmWatch,
    LatestValue,
    MaintenanceTask,
    RainSum,
    Reading,
    ReadingDay,
    ReadingHour,
    Sensor,
)
from sensors.services import believing, directory, neighbours, points, rain
from sensors.services.checking import follow
from sensors.services.ingest import ingest
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ORDERS = 100


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget()
    yield
    forget()


def forget():
    for memory in (points, directory, rain, neighbours):
        memory.forget()
    believing._said.clear()
    believing._skews.clear()


def make_stations(n=1):
    """A ponding site, a river gauge and a rain gauge."""
    station(f"P-{n:02}", kind="ponding_site", sensors=[("depth", "ponding_depth")], facts={"site": "road"})
    river = {"warning_level_m": 6.5, "guaranteed_level_m": 7.2}
    station(f"R-{n:02}", kind="stage_gauge", sensors=[("level", "water_level")], facts=river)
    station(f"G-{n:02}", sensors=[("rain_total", "rain_total")])


def a_while(n=1):
    """Ponding with a spike, a shift and a rise; a river that crosses its limits; a shower and a counter reset."""
    frames, total = [], 40.0
    depths = [3, 3, 60, 3, 24, 44, 41, 24, 5, 48, 5, 4]
    for k, depth in enumerate(depths):
        at = NIGHT + k * 7 * MIN
        level = 6.1 + 0.15 * min(k, 12 - k)
        total = 0.0 if k == 9 else round(total + (6.5 if 3 <= k <= 8 else 0.0), 1)
        frames += [
            frame(f"P-{n:02}", [("depth", "ponding_depth", float(depth), at)], at=at),
            frame(f"R-{n:02}", [("level", "water_level", round(level, 2), at)], at=at),
            frame(f"G-{n:02}", [("rain_total", "rain_total", total, at)], at=at),
        ]
    return frames


def histories():
    """By place, all that must not depend on the order: readings with what is believed of them, sums, hours, alarms …"""
    place_of = {row.pk: row.station.address for row in Sensor.objects.select_related("station")}
    found = defaultdict(lambda: defaultdict(list))

    def add(part, sensor, *told):
        kind, place = place_of[sensor].split("-")
        found[place][part].append((kind, *told))

    for row in Reading.objects.order_by("observed_at").values_list(
        "sensor", "observed_at", "value", "quality"
    ):
        add("readings", *row)
    for row in LatestValue.objects.values_list("pk", "observed_at", "value", "quality"):
        add("latest", *row)
    for row in RainSum.objects.values_list("pk", "at", "mm", "complete"):
        add("sums", row[0], row[1], str(row[2:]))
    columns = ("count", "doubted", "lowest", "highest", "total", "complete")
    for row in ReadingHour.objects.order_by("hour").values_list("sensor", "hour", *columns):
        add("hours", *row)
    for row in ReadingDay.objects.order_by("day").values_list("sensor", "day", *columns):
        add("days", *row)
    for row in AlarmWatch.objects.values_list("sensor", "rule", "belief"):
        add("beliefs", row[0], row[1], str(row[2]))
    for alarm in Alarm.objects.exclude(condition="retracted").prefetch_related("events"):
        lines = [
            (line.at, line.what, line.level, line.value)
            for line in sorted(alarm.events.all(), key=lambda one: (one.at, one.pk))
            if line.what in ("raised", "level", "cleared")
        ]
        add("alarms", alarm.sensor_id, alarm.rule, alarm.raised_at, alarm.cleared_at, alarm.peak_value, lines)
    return {place: {part: sorted(rows) for part, rows in parts.items()} for place, parts in found.items()}


def test_the_same_frames_in_a_hundred_orders_of_arrival_leave_one_history():
    chance = random.Random(100)
    arriving = []
    for n in range(ORDERS):  # each place in an order of its own, with repeats; the first as it happened
        make_stations(n)
        frames = a_while(n)
        if n:
            frames += chance.sample(frames, 4)
            chance.shuffle(frames)
        arriving.append(frames)
    later = NIGHT + 6 * HOUR
    while any(arriving):
        batch = []
        for n, frames in enumerate(arriving):
            size = chance.randint(12, 25)
            batch += frames[:size]
            arriving[n] = frames[size:]
        ingest(batch, received_at=later)
        if any(len(frames) > 20 for frames in arriving):  # once while much is still to come
            follow(later)
    follow(later)
    found = histories()
    straight = found.pop("00")
    assert {row[1] for row in straight["alarms"]} == {"ponding.depth", "river.level", "rain.amount"}
    assert {check_of(row[3]) for row in straight["readings"]} >= {
        Check.SHIFT,
        Check.COUNTER_RESET,
        Check.NONE,
    }
    assert len(found) == ORDERS - 1
    for place, told in found.items():
        for part, rows in straight.items():
            assert [row for row in rows if row not in told[part]] == [
                row for row in told[part] if row not in rows
            ], (place, part)


def test_a_backlog_of_a_day_rings_nothing_and_tells_when_it_would_have_rung():
    make_stations()
    for address in ("P-01", "R-01", "G-01"):
        channel, quantity = {"P": ("depth", "ponding_depth"), "R": ("level", "water_level")}.get(
            address[0], ("rain_total", "rain_total")
        )
        tell(address, [(channel, quantity, 5.0, NIGHT - HOUR)], at=NIGHT - HOUR)
    later = NIGHT + 27 * HOUR
    ingest(a_while(), received_at=later)
    assert Alarm.objects.count() >= 3
    assert not Alarm.objects.filter(rang=True).exists()
    assert not [one for one in Event.objects.filter(kind__startswith="alarm.") if one.data.get("rang")]
    for alarm in Alarm.objects.exclude(condition="retracted"):
        raised = alarm.events.filter(what="raised").get()
        assert raised.note == LATE and raised.at == alarm.raised_at < NIGHT + 3 * HOUR


def serial(number, values, at, received=None):
    one = frame("R-01", values, at=received or at)
    return replace(one, message=replace(one.message, serial=number, observed_at=at))


def test_an_old_frame_under_a_new_time_is_caught_by_its_serial_and_moves_nothing():
    make_stations()

    def level(value, at):
        return [("level", "water_level", value, at)]

    for k, value in enumerate([6.3, 6.3, 6.4]):
        ingest(
            [serial(k, level(value, NIGHT + k * 5 * MIN), NIGHT + k * 5 * MIN)],
            received_at=NIGHT + k * 5 * MIN,
        )
    assert {row.quality for row in Reading.objects.all()} == {0}, "a value may well stay the same"
    for k in (3, 4):
        at = NIGHT + k * 5 * MIN
        ingest([serial(2, level(6.4, at), at)], received_at=at)
    marks = Reading.objects.order_by("observed_at").values_list("quality", flat=True)
    assert [check_of(mark) for mark in marks] == [Check.NONE] * 3 + [Check.RESTAMPED] * 2
    [task] = MaintenanceTask.objects.all()
    assert (task.check_name, task.evidence["count"]) == ("restamped", 2)
    at = NIGHT + 25 * MIN
    ingest([serial(3, level(6.4, at), at)], received_at=at)
    assert LatestValue.objects.get(sensor__channel="level").quality == 0


def test_a_device_whose_serial_never_moves_is_believed():
    make_stations()
    for k in range(4):
        at = NIGHT + k * 5 * MIN
        ingest([serial(0, [("level", "water_level", 6.3, at)], at)], received_at=at)
    assert {row.quality for row in Reading.objects.all()} == {0}


def skewed(seconds, at):
    one = frame("R-01", [("level", "water_level", 6.0, at)], at=at)
    return replace(one, message=replace(one.message, details={"clock_skew_s": seconds}))


def test_a_clock_that_runs_ahead_or_steadily_behind_is_a_fault_of_the_device():
    make_stations()
    ingest([skewed(900, NIGHT)], received_at=NIGHT)
    [task] = MaintenanceTask.objects.all()
    assert (task.station.address, task.sensor, task.check_name) == ("R-01", None, "clock")
    assert task.evidence["examples"] == [[NIGHT.isoformat(), 900]]
    assert not Alarm.objects.exists()


def test_late_frames_come_closer_and_closer_and_are_no_wrong_clock():
    make_stations()
    for k, seconds in enumerate([-7200, -5400, -3000, -900]):
        ingest([skewed(seconds, NIGHT + k * 5 * MIN)], received_at=NIGHT + k * 5 * MIN)
    assert not MaintenanceTask.objects.exists()
    for k in (5, 6):
        ingest([skewed(-1800, NIGHT + k * 5 * MIN)], received_at=NIGHT + k * 5 * MIN)
    assert MaintenanceTask.objects.get().check_name == "clock"
