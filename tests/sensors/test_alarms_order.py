"""The alarm history follows from what was measured, never from when it came in."""

import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.domain.lifecycle import Logged, fold
from sensors.models import Alarm, AlarmEvent, AlarmWatch
from sensors.services import directory, points, rain
from sensors.services.ingest import ingest
from tests.sensors.ingesting import MIN, NIGHT, frame, station

pytestmark = pytest.mark.django_db
DAY_LATER = NIGHT + timedelta(hours=30)


@pytest.fixture(autouse=True)
def nothing_remembered():
    for memory in (points, directory, rain):
        memory.forget()
    yield
    for memory in (points, directory, rain):
        memory.forget()


def make_stations():
    station("P-01", kind="ponding_site", sensors=[("depth", "ponding_depth")], facts={"site": "road"})
    river = {"warning_level_m": 6.5, "guaranteed_level_m": 7.2}
    station("0090000201", kind="stage_gauge", sensors=[("level", "water_level")], facts=river)
    station("0090000101")
    pumps = [("forebay_level", "forebay_level"), ("pump1.running", "pump_running")]
    facts = {"start_level_m": 2.0, "stop_level_m": 0.8}
    station("B-01", kind="pump_station", sensors=pumps, facts=facts)


def day(chance):
    """A generated day: water that comes and goes near its limits, rain in showers, a pump that sometimes fails."""
    frames = []
    depth, level, forebay, total = 5.0, 6.0, 1.2, 99990.0
    for n in range(24 * 12):
        at = NIGHT + n * 5 * MIN
        shower = 4.0 * (chance.random() < 0.35) if (n // 30) % 2 else 0.2 * (chance.random() < 0.1)
        depth = min(60.0, max(0.0, depth + shower * 2 + chance.uniform(-5, 2.5)))
        level = min(7.6, max(5.8, level + chance.uniform(-0.12, 0.13)))
        forebay = min(3.0, max(0.5, forebay + chance.uniform(-0.3, 0.31)))
        total = round((total + shower) % 100000, 1)
        running = float(forebay > 1.8 and chance.random() < 0.6)
        frames += [
            frame("P-01", [("depth", "ponding_depth", round(depth, 1), at)], at=at),
            frame("0090000201", [("level", "water_level", round(level, 2), at)], at=at),
            frame(
                "0090000101",
                [("rain_5min", "rain_5min", shower, at), ("rain_total", "rain_total", total, at)],
                at=at,
            ),
            frame(
                "B-01",
                [
                    ("forebay_level", "forebay_level", round(forebay, 2), at),
                    ("pump1.running", "pump_running", running, at),
                ],
                at=at,
            ),
        ]
    return frames


def history():
    """The alarm history that people would read, without what was retracted and without when it came in."""
    found = []
    for alarm in Alarm.objects.exclude(condition="retracted").select_related("station", "sensor"):
        lines = alarm.events.filter(what__in=["raised", "level", "cleared"]).order_by("at", "id")
        found.append(
            (
                alarm.station.address,
                alarm.sensor.channel if alarm.sensor else "",
                alarm.rule,
                alarm.raised_at,
                tuple((line.at, line.what, line.level, line.value) for line in lines),
                alarm.cleared_at,
                alarm.condition,
                alarm.level,
                alarm.worst_level,
                alarm.peak_value,
            )
        )
    return sorted(found)


def beliefs():
    return sorted(
        (watch.station.address, watch.sensor_id or 0, watch.rule, str(watch.belief))
        for watch in AlarmWatch.objects.select_related("station")
    )


def every_row_is_the_fold_of_its_history():
    for alarm in Alarm.objects.all():
        lines = AlarmEvent.objects.filter(alarm=alarm).order_by("at", "id")
        now = fold([Logged(one.at, one.what, one.level, one.value, one.who) for one in lines])
        for name in now.__dataclass_fields__:
            assert getattr(alarm, name) == getattr(now, name), (alarm.rule, name)


def deliver(frames, chance, *, largest):
    frames = list(frames)
    while frames:
        n = chance.randint(1, largest)
        batch, frames = frames[:n], frames[n:]
        ingest(batch, received_at=DAY_LATER)


def played(frames, chance, *, largest):
    """What one order of arrival leaves; undone afterwards."""
    with transaction.atomic():
        points.forget()
        rain.forget()
        deliver(frames, chance, largest=largest)
        every_row_is_the_fold_of_its_history()
        found = history(), beliefs()
        transaction.set_rollback(True)
    return found


def test_a_day_shuffled_with_repeats_and_late_parts_leaves_the_same_alarm_history():
    make_stations()
    chance = random.Random(4)
    frames = day(chance)
    in_order = played(frames, chance, largest=40)
    assert {rule for _, _, rule, *_ in in_order[0]} >= {
        "ponding.depth",
        "river.level",
        "rain.amount",
        "pump.should_run",
    }
    assert len(in_order[0]) > 15

    mixed = frames + chance.sample(frames, len(frames) // 10)
    late = chance.sample(mixed, len(mixed) // 20)
    rest = [one for one in mixed if one not in late]
    chance.shuffle(rest)
    assert played(rest + late, chance, largest=200) == in_order


def test_a_day_with_only_a_few_late_frames_leaves_the_same_alarm_history():
    make_stations()
    chance = random.Random(5)
    frames = day(chance)
    in_order = played(frames, chance, largest=40)
    late = chance.sample(frames, len(frames) // 20)
    rest = [one for one in frames if one not in late]
    assert played(rest + late, chance, largest=60) == in_order


depths = st.lists(st.sampled_from([0.0, 13.0, 16.0, 21.0, 28.0, 41.0]), min_size=1, max_size=14)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=depths, data=st.data())
def test_any_small_series_in_any_order_leaves_the_same_alarm_history(db, values, data):
    order = data.draw(st.permutations(range(len(values))))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=len(values), max_size=len(values)))
    with transaction.atomic():
        station("P-01", kind="ponding_site", sensors=[("depth", "ponding_depth")], facts={"site": "road"})
        found = []
        for sequence in (range(len(values)), order):
            with transaction.atomic():
                points.forget()
                directory.forget()
                frames = [
                    frame("P-01", [("depth", "ponding_depth", values[n], NIGHT + n * 30 * MIN)], at=DAY_LATER)
                    for n in sequence
                ]
                for n in sizes:
                    batch, frames = frames[:n], frames[n:]
                    if batch:
                        ingest(batch, received_at=DAY_LATER)
                every_row_is_the_fold_of_its_history()
                found.append((history(), beliefs()))
                transaction.set_rollback(True)
        assert found[0] == found[1]
        transaction.set_rollback(True)
    assert connection.is_usable()
