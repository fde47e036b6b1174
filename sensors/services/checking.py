"""Checks that need an hour to look back on: spikes, shifts, oscillation, stuck, counter resets, neighbours.

They run when an hour is over, on what is stored, and again on hours that late data touches. What they find follows
from the stored values alone, whatever was believed of them before; an officer's word stands.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from command_center.core.parameters import values

from ..domain.checks import Run, excursions, oscillating, standing
from ..domain.quality import FLAG_BITS, Check, Quality, mark
from ..models import Sensor
from . import checking_rain, hours, neighbours, reconsidering, upkeep
from .believing import NO_VALUE_SQL
from .checking_rain import Judged
from .hours import HOUR, Hour
from .neighbours import around

PARAMETERS = (
    *neighbours.PARAMETERS,
    "quality.stuck_after",
    "quality.stuck.moved",
    "quality.stuck.moved_ponding",
    "quality.step.ponding",
    "quality.step.river",
    "quality.shift_longest",
    "quality.swings",
)
_FEWEST = 4  # values that make a run
_AT_ONCE, _ROUNDS = 2000, 10  # hours of points looked at together, and how often at one go
_LOCK = 0xC4EC
_OURS = (Check.STUCK, Check.OSCILLATION, Check.SHIFT)

Rows = list[tuple[datetime, float, int]]


@dataclass(frozen=True, slots=True)
class Followed:
    """What one look did: hours summed up, readings believed otherwise, tasks closed."""

    hours: int = 0
    changed: int = 0
    closed: int = 0


def follow(at: datetime) -> Followed:
    """Check and sum up the hours that are over at ``at`` (the hall's time). Two at once are one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return Followed()
    try:
        summed = changed = 0
        for _ in range(_ROUNDS):
            if not (due := hours.due(at, most=_AT_ONCE)):
                break
            changed += check(due, at=at)
            summed += hours.sum_up(due)
        return Followed(summed, changed, upkeep.close_what_is_well(at))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def check(due: Collection[Hour], *, at: datetime) -> int:
    """Judge the readings of hours of points; what is believed otherwise now is written, with all that follows."""
    known = values(list(PARAMETERS))
    with connection.cursor() as cursor:
        sensors = {
            row.pk: row for row in Sensor.objects.filter(pk__in={s for s, _ in due}).select_related("station")
        }
        judged = [
            *_levels(cursor, due, sensors, known),
            *_counters(cursor, due, sensors),
            *checking_rain.judge(cursor, due, at, known),
        ]
    if not judged:
        return 0
    stations = dict(Sensor.objects.filter(pk__in={row[0] for row in judged}).values_list("pk", "station_id"))
    with transaction.atomic():
        reconsidering.requalify([(sensor, when, new) for sensor, when, _, new in judged], received_at=at)
        upkeep.note(
            (
                upkeep.Doubt(stations[sensor], sensor, Check(new >> 4), when, value)
                for sensor, when, value, new in judged
                if new
            ),
            at=at,
        )
    return len(judged)


# --- levels: spikes, shifts, oscillation, stuck -------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Steps:
    step: float  # a spike's or shift's
    moved: float  # by neighbours, while this one rested
    rests: Callable[[float], bool]  # a value at which it may rest for ever


def _steps(known: Mapping[str, Any]) -> dict[str, _Steps]:
    return {
        "ponding_depth": _Steps(
            known["quality.step.ponding"], known["quality.stuck.moved_ponding"], lambda depth: depth <= 0
        ),
        "water_level": _Steps(known["quality.step.river"], known["quality.stuck.moved"], lambda _: False),
    }


def _levels(
    cursor: Any, due: Collection[Hour], sensors: Mapping[int, Sensor], known: Mapping[str, Any]
) -> list[Judged]:
    steps = _steps(known)
    watched = [hour for hour in due if hour[0] in sensors and sensors[hour[0]].quantity in steps]
    suspects = _stand_out(cursor, watched, sensors, steps)
    if not suspects:
        return []
    stuck_after = timedelta(hours=known["quality.stuck_after"])
    longest = timedelta(hours=known["quality.shift_longest"])
    reach = max(stuck_after, longest)
    spans = {sensor: (since - reach, until + reach) for sensor, (since, until) in suspects.items()}
    rows = _read(cursor, {s: (since - reach, until + reach) for s, (since, until) in spans.items()})
    found: dict[int, dict[datetime, Check]] = defaultdict(dict)
    runs: list[tuple[int, Run]] = []
    for sensor_id, stored in rows.items():
        steps_of = steps[sensors[sensor_id].quantity]
        series = [(when, value) for when, value, _ in stored]
        usual = timedelta(seconds=2 * sensors[sensor_id].station.interval_s)
        for run in standing(series, least=stuck_after, fewest=_FEWEST):
            if not steps_of.rests(run.value):
                runs.append((sensor_id, run))
        swings = oscillating(series, step=steps_of.step, swings=known["quality.swings"], usual=usual)
        found[sensor_id] |= dict.fromkeys(swings, Check.OSCILLATION)
        away = excursions(series, step=steps_of.step, longest=longest, usual=usual)
        found[sensor_id] |= dict.fromkeys(away - swings, Check.SHIFT)
    for sensor_id, run in _while_others_moved(cursor, runs, sensors, steps, known["quality.rain.km"]):
        for when in run.times:
            found[sensor_id].setdefault(when, Check.STUCK)
    return _compare(rows, spans, found, _OURS)


def _stand_out(
    cursor: Any,
    watched: Collection[Hour],
    sensors: Mapping[int, Sensor],
    steps: Mapping[str, _Steps],
) -> dict[int, tuple[datetime, datetime]]:
    """Points with hours that hold a step, no movement at all, or a doubt already; the span of those hours."""
    if not watched:
        return {}
    cursor.execute(
        "SELECT u.s, u.h, min(r.value), max(r.value), count(*), bool_or(r.quality <> 0)"
        " FROM unnest(%s::int[], %s::timestamptz[], %s::float8[]) AS u (s, h, reach)"
        " JOIN sensors_reading r ON r.sensor_id = u.s AND r.observed_at > u.h - u.reach * interval '1 second'"
        "  AND r.observed_at <= u.h + interval '1 hour' + u.reach * interval '1 second'"
        f" WHERE (r.quality >> 4) NOT IN ({NO_VALUE_SQL}) AND r.observed_at BETWEEN %s AND %s GROUP BY u.s, u.h",
        [
            [sensor for sensor, _ in watched],
            [hour for _, hour in watched],
            [2 * sensors[sensor].station.interval_s for sensor, _ in watched],
            min(hour for _, hour in watched) - HOUR,
            max(hour for _, hour in watched) + 2 * HOUR,
        ],
    )
    found: dict[int, tuple[datetime, datetime]] = {}
    for sensor_id, hour, lowest, highest, count, doubted in cursor.fetchall():
        of = steps[sensors[sensor_id].quantity]
        flat = lowest == highest and count >= _FEWEST and not of.rests(lowest)
        if highest - lowest >= of.step or flat or doubted:
            since, until = found.get(sensor_id, (hour, hour + HOUR))
            found[sensor_id] = (min(since, hour), max(until, hour + HOUR))
    return found


def _read(cursor: Any, spans: Mapping[int, tuple[datetime, datetime]]) -> dict[int, Rows]:
    """What is a value at all, by point, in time order."""
    cursor.execute(
        "SELECT r.sensor_id, r.observed_at, r.value, r.quality FROM sensors_reading r"
        " JOIN unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS u (s, a, b) ON u.s = r.sensor_id"
        f" WHERE r.observed_at > u.a AND r.observed_at <= u.b AND (r.quality >> 4) NOT IN ({NO_VALUE_SQL})"
        f" AND r.quality & {FLAG_BITS} <> {Quality.QUARANTINED:d}"
        " AND r.observed_at BETWEEN %s AND %s ORDER BY r.observed_at",
        [
            list(spans),
            [since for since, _ in spans.values()],
            [until for _, until in spans.values()],
            min(since for since, _ in spans.values()),
            max(until for _, until in spans.values()),
        ],
    )
    found: dict[int, Rows] = defaultdict(list)
    for sensor_id, when, value, quality in cursor.fetchall():
        found[sensor_id].append((when, value, quality))
    return found


def _while_others_moved(
    cursor: Any,
    runs: Sequence[tuple[int, Run]],
    sensors: Mapping[int, Sensor],
    steps: Mapping[str, _Steps],
    km: float,
) -> list[tuple[int, Run]]:
    """Runs at one value while at least half of two or more neighbours moved: in dry weather all of them rest."""
    if not runs:
        return []
    near = around(cursor, {sensor for sensor, _ in runs}, km=km)
    pairs = [(k, other) for k, (sensor, _) in enumerate(runs) for other, _ in near[sensor]]
    cursor.execute(
        "SELECT u.k, u.s, max(r.value) - min(r.value) FROM unnest(%s::int[], %s::int[], %s::timestamptz[],"
        " %s::timestamptz[]) AS u (k, s, a, b) JOIN sensors_reading r ON r.sensor_id = u.s"
        " AND r.observed_at BETWEEN u.a AND u.b"
        f" WHERE (r.quality >> 4) NOT IN ({NO_VALUE_SQL}) AND r.quality & {FLAG_BITS} <> {Quality.QUARANTINED:d}"
        " AND r.observed_at BETWEEN %s AND %s GROUP BY u.k, u.s",
        [
            [k for k, _ in pairs],
            [other for _, other in pairs],
            [runs[k][1].since for k, _ in pairs],
            [runs[k][1].until for k, _ in pairs],
            min(run.since for _, run in runs),
            max(run.until for _, run in runs),
        ],
    )
    ranges: dict[int, list[float]] = defaultdict(list)
    for k, _, moved in cursor.fetchall():
        ranges[k].append(moved)
    return [
        (sensor, run)
        for k, (sensor, run) in enumerate(runs)
        if len(ranges[k]) >= 2
        and sum(moved >= steps[sensors[sensor].quantity].moved for moved in ranges[k]) * 2 >= len(ranges[k])
    ]


def _compare(
    rows: Mapping[int, Rows],
    spans: Mapping[int, tuple[datetime, datetime]],
    found: Mapping[int, Mapping[datetime, Check]],
    ours: Collection[Check],
) -> list[Judged]:
    """What is to be marked otherwise than it is, within ``spans``; the marks of other checks stay."""
    changes = []
    for sensor_id, stored in rows.items():
        since, until = spans[sensor_id]
        for when, value, quality in stored:
            if not since < when <= until or Check(quality >> 4) not in (Check.NONE, *ours):
                continue
            told = found.get(sensor_id, {}).get(when)
            new = mark(Quality.SUSPECT, told) if told else 0
            if new != quality:
                changes.append((sensor_id, when, value, new))
    return changes


# --- counters -----------------------------------------------------------------------------------------
_RESET = mark(Quality.GOOD, Check.COUNTER_RESET)
_NEAR_TOP = 100.0  # mm: more does not fall between two reports


def _counters(cursor: Any, due: Collection[Hour], sensors: Mapping[int, Sensor]) -> list[Judged]:
    """Counters that fell: the value counts, the sums begin anew from it, and somebody should know."""
    counters = [hour for hour in due if hour[0] in sensors and sensors[hour[0]].quantity == "rain_total"]
    if not counters:
        return []
    spans: dict[int, tuple[datetime, datetime]] = {}
    for sensor_id, hour in counters:
        since, until = spans.get(sensor_id, (hour, hour))
        spans[sensor_id] = (min(since, hour), max(until, hour))
    # The value before a late one, and the one after it, may lie as far off as a counter is trusted to bridge.
    cursor.execute(
        "SELECT s, observed_at, value, quality, before FROM (SELECT u.s, u.a, r.observed_at, r.value, r.quality,"
        "  lag(r.value) OVER (PARTITION BY u.s ORDER BY r.observed_at) AS before"
        "  FROM unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS u (s, a, b)"
        "  JOIN sensors_reading r ON r.sensor_id = u.s"
        "   AND r.observed_at > u.a - interval '1 day' AND r.observed_at <= u.b + interval '25 hours'"
        f"  WHERE (r.quality >> 4) NOT IN ({NO_VALUE_SQL}) AND r.observed_at BETWEEN %s AND %s) x"
        f" WHERE observed_at > a AND (value < before OR quality = {_RESET})",
        [
            list(spans),
            [since for since, _ in spans.values()],
            [until for _, until in spans.values()],
            min(since for since, _ in spans.values()) - 24 * HOUR,
            max(until for _, until in spans.values()) + 25 * HOUR,
        ],
    )
    changes = []
    for sensor_id, when, value, quality, before in cursor.fetchall():
        top = sensors[sensor_id].facts.get("wraps_at")
        wrapped = top is not None and before is not None and before >= top - _NEAR_TOP and value <= _NEAR_TOP
        new = _RESET if before is not None and value < before and not wrapped else 0
        if quality in (0, _RESET) and new != quality:
            changes.append((sensor_id, when, value, new))
    return changes
