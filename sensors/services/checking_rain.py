"""Rain beside its neighbours: hours of gauges that stand alone, too wet or too dry."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..domain.checks import Near, Neighbourhood, beside_neighbours
from ..domain.quality import ISOLATED
from .believing import NO_VALUE_SQL
from .directory import Gauge, gauges
from .hours import HOUR, Hour
from .neighbours import around, rule_in_force

_LATE = timedelta(
    hours=3
)  # an hour noted so long after its end is late data: its neighbours are looked at again

Judged = tuple[int, datetime, float, int]  # sensor, observed at, value, new mark


def judge(cursor: Any, due: Collection[Hour], at: datetime, known: Mapping[str, Any]) -> list[Judged]:
    """Hours of gauges that stand alone, too wet or too dry. Rain that comes an hour later speaks for the hour before."""
    rule = rule_in_force(known)
    found = gauges({sensor for sensor, _ in due})
    wanted: set[Hour] = set()
    for sensor, hour in due:
        if gauge := found.get(sensor):
            wanted |= {(gauge.point, hour - HOUR), (gauge.point, hour)}
            if hour < at - _LATE:
                wanted.add((gauge.point, hour + HOUR))
    if not wanted:
        return []
    near = around(cursor, {point for point, _ in wanted}, km=rule.km)
    late = {(point, hour) for point, hour in wanted if hour < at - _LATE}
    wanted |= {(other, hour) for point, hour in late for other, _ in near[point]}
    if more := {point for point, _ in wanted} - set(near):
        near |= around(cursor, more, km=rule.km)
    every = {other for rows in near.values() for other, _ in rows} | {point for point, _ in wanted}
    known_gauges = {gauge.point: gauge for gauge in gauges(every).values()}
    fell = _fell(cursor, known_gauges.values(), {hour for _, hour in wanted})
    alone = {hour for hour in wanted if hour[0] in known_gauges and _alone(hour, fell, near, rule)}
    return _doubt_hours(cursor, wanted, alone, known_gauges)


def _alone(
    hour: Hour, fell: Mapping[Hour, float], near: Mapping[int, list[tuple[int, float]]], rule: Neighbourhood
) -> bool:
    point, begins = hour
    if hour not in fell:
        return False
    told = [(other, km) for other, km in near.get(point, ()) if (other, begins) in fell]
    dry = any(fell[other, begins] < rule.wet_mm for other, _ in told)
    if dry and fell[hour] < rule.least_mm:  # neither too much nor too little, as nearly always
        return False
    beside = [
        Near(
            fell[other, begins],
            max(fell.get((other, begins + n * HOUR), 0.0) for n in (-1, 0, 1)),
            km,
        )
        for other, km in told
    ]
    return bool(beside_neighbours(fell[hour], beside, rule))


def _fell(cursor: Any, among: Iterable[Gauge], wanted: Collection[datetime]) -> dict[Hour, float]:
    """mm by (point, hour) as the devices told it, for the hours around ``wanted`` that are told of well enough."""
    of = {gauge.increment or gauge.counter: gauge for gauge in among}
    if not of or not wanted:
        return {}
    begins = sorted({hour + n * HOUR for hour in wanted for n in (-1, 0, 1)})
    cursor.execute(
        "SELECT s.id, h, sum(r.value), max(r.value) - min(r.value), count(*)"
        " FROM unnest(%s::int[]) AS s (id) CROSS JOIN unnest(%s::timestamptz[]) AS b (h)"
        " JOIN sensors_reading r ON r.sensor_id = s.id AND r.observed_at > h AND r.observed_at <= h + interval '1 hour'"
        f" WHERE (r.quality >> 4) NOT IN ({NO_VALUE_SQL}) AND r.observed_at BETWEEN %s AND %s GROUP BY s.id, h",
        [list(of), begins, begins[0], begins[-1] + HOUR],
    )
    found = {}
    for sensor, hour, total, rise, count in cursor.fetchall():
        gauge = of[sensor]
        if gauge.increment is None:
            if count >= 2:
                found[gauge.point, hour] = rise
        elif count * gauge.step >= 0.8 * HOUR:
            found[gauge.point, hour] = total
    return found


def _doubt_hours(
    cursor: Any, judged: Collection[Hour], alone: Collection[Hour], known: Mapping[int, Gauge]
) -> list[Judged]:
    """Every report of an hour that stands alone is in doubt; what was in doubt and stands no longer alone is not."""
    asked = [
        (sensor, hour, (point, hour) in alone)
        for point, hour in judged
        if point in known
        for sensor in known[point].sensors
    ]
    if not asked:
        return []
    cursor.execute(
        "SELECT u.s, r.observed_at, r.value, u.alone"
        " FROM unnest(%s::int[], %s::timestamptz[], %s::bool[]) AS u (s, h, alone)"
        " JOIN sensors_reading r ON r.sensor_id = u.s AND r.observed_at > u.h"
        "  AND r.observed_at <= u.h + interval '1 hour'"
        f" WHERE ((u.alone AND r.quality = 0) OR (NOT u.alone AND r.quality = {ISOLATED}))"
        " AND r.observed_at BETWEEN %s AND %s ORDER BY r.observed_at",
        [
            *(list(column) for column in zip(*asked, strict=True)),
            min(hour for _, hour, _ in asked),
            max(hour for _, hour, _ in asked) + HOUR,
        ],
    )
    return [
        (sensor, when, value, ISOLATED if alone_ else 0) for sensor, when, value, alone_ in cursor.fetchall()
    ]
