"""Hours and days: summed up once an hour is over, and again whenever late data touches one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from ..domain.checks import hour_closed_by
from ..domain.quality import FLAG_BITS, Quality
from . import partitions
from .copying import pg_us
from .directory import Gauge, gauges
from .history import read_gauges
from .storing import Before, Row

HOUR = timedelta(hours=1)
_HOUR_US = HOUR // timedelta(microseconds=1)
# A batch under way at the turn of the hour is committed by then.
GRACE = timedelta(minutes=10)
_BRIDGED = timedelta(hours=26)  # how far apart two counts may be that still tell of what fell between them

Hour = tuple[int, datetime]  # sensor, beginning of the hour


# --- noting, with the readings ------------------------------------------------------------------------
def note_due(
    cursor: Any, fresh: Mapping[int, list[Row]], before: Mapping[int, Before], *, received_at: datetime
) -> None:
    """Note hours that begin with these readings, and those long over that they change. Costs nothing within an hour."""
    over_us = pg_us(received_at) - _HOUR_US
    due: set[tuple[int, int]] = set()
    for sensor_id, rows in fresh.items():
        latest = before[sensor_id].at
        known = None if latest is None else (pg_us(latest) - 1) // _HOUR_US
        for row in rows:
            hour = (row.us - 1) // _HOUR_US
            if (
                hour != known or hour * _HOUR_US <= over_us
            ) and row.quality & FLAG_BITS != Quality.QUARANTINED:
                due.add((sensor_id, hour))
    if due:
        _note(cursor, [(sensor, _from_hour(hour)) for sensor, hour in sorted(due)])


def note_spans(cursor: Any, spans: Mapping[int, tuple[datetime, datetime]]) -> None:
    """Note every hour of spans in which readings changed."""
    due = []
    for sensor_id, (since, until) in sorted(spans.items()):
        hour, last = hour_closed_by(since), hour_closed_by(until)
        while hour <= last:
            due.append((sensor_id, hour))
            hour += HOUR
    if due:
        _note(cursor, due)


def _from_hour(number: int) -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC) + number * HOUR


def _note(cursor: Any, due: Collection[Hour]) -> None:
    # The update takes the row's lock: whoever takes the row away sums up only after this commit, or we write a new one.
    cursor.execute(
        "INSERT INTO sensors_hourdue AS d (sensor_id, hour, writes)"
        " SELECT s, h, 1 FROM unnest(%s::int[], %s::timestamptz[]) AS u (s, h)"
        " ON CONFLICT (sensor_id, hour) DO UPDATE SET writes = d.writes + 1",
        [[sensor for sensor, _ in due], [hour for _, hour in due]],
    )


# --- summing up ---------------------------------------------------------------------------------------
def due(at: datetime, *, most: int) -> list[Hour]:
    """Hours that are over and wait, whole points together; about ``most``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sensor_id, hour FROM sensors_hourdue WHERE hour <= %s ORDER BY sensor_id, hour LIMIT %s",
            [at - HOUR - GRACE, most],
        )
        found: list[Hour] = cursor.fetchall()
    return found


def sum_up(wanted: Collection[Hour]) -> int:
    """Take ``wanted`` off the list and sum them up, with the days they belong to. Returns how many hours."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sensors_hourdue d USING unnest(%s::int[], %s::timestamptz[]) AS u (s, h)"
            " WHERE d.sensor_id = u.s AND d.hour = u.h",
            [[sensor for sensor, _ in wanted], [hour for _, hour in wanted]],
        )
        wanted = set(wanted)
        of_rain, changed = _rain(wanted)
        wanted |= changed
        partitions.ensure(partitions.HOURS, {partitions.month_of(hour) for _, hour in wanted})
        _write_hours(cursor, sorted(wanted))
        _write_rain(cursor, of_rain)
        _write_days(cursor, sorted(wanted))
    return len(wanted)


def _write_hours(cursor: Any, wanted: Collection[Hour]) -> None:
    cursor.execute(
        "INSERT INTO sensors_readinghour AS o (sensor_id, hour, count, doubted, lowest, highest, total, complete)"
        " SELECT u.s, u.h, r.good, r.doubted, r.lowest, r.highest, r.total,"
        "  least(1.0, r.good * greatest(t.interval_s, 1) / 3600.0)"
        " FROM unnest(%(sensors)s::int[], %(hours)s::timestamptz[]) AS u (s, h)"
        " JOIN sensors_sensor s ON s.id = u.s JOIN sensors_station t ON t.id = s.station_id"
        " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE q = 0) AS good, count(*) FILTER (WHERE q <> 0) AS doubted,"
        "  min(value) FILTER (WHERE q = 0) AS lowest, max(value) FILTER (WHERE q = 0) AS highest,"
        "  sum(value ORDER BY observed_at) FILTER (WHERE q = 0) AS total"
        f"  FROM (SELECT observed_at, value, quality & {FLAG_BITS} AS q FROM sensors_reading"
        "   WHERE sensor_id = u.s AND observed_at > u.h AND observed_at <= u.h + interval '1 hour'"
        f"   AND quality & {FLAG_BITS} <> {Quality.QUARANTINED:d}) x) r"
        " ORDER BY u.s, u.h ON CONFLICT (sensor_id, hour) DO UPDATE SET count = excluded.count,"
        " doubted = excluded.doubted, lowest = excluded.lowest, highest = excluded.highest,"
        " total = excluded.total, complete = excluded.complete",
        {"sensors": [sensor for sensor, _ in wanted], "hours": [hour for _, hour in wanted]},
    )


def _rain(wanted: Collection[Hour]) -> tuple[list[tuple[int, datetime, float, float]], set[Hour]]:
    """What fell in each wanted hour by the rain curve, and in the hours that the same readings bear on.

    (point, hour, mm, share covered). A count tells of the time since the one before it, which may be hours ago.
    """
    found = gauges({sensor for sensor, _ in wanted})
    if not found:
        return [], set()
    by_gauge: dict[int, set[datetime]] = defaultdict(set)
    known: dict[int, Gauge] = {}
    for sensor, hour in wanted:
        if gauge := found.get(sensor):
            by_gauge[gauge.point].add(hour)
            known[gauge.point] = gauge
    rows, changed = [], set()
    for group in _alike(by_gauge):
        since, until = min(min(by_gauge[p]) for p in group), max(max(by_gauge[p]) for p in group)
        told = read_gauges([known[p] for p in group], since - _BRIDGED, until + _BRIDGED)
        for point in group:
            curve = told[point]
            for hour in sorted(_reached(curve.times, by_gauge[point])):
                amount = curve.sums(hour + HOUR)["1h"]
                rows.append((point, hour, amount.mm, round(amount.complete, 4)))
                changed.add((point, hour))
    return rows, changed


def _alike(by_gauge: Mapping[int, set[datetime]]) -> Iterable[list[int]]:
    """Gauges whose hours lie on the same days, so that one very late reading does not make all look far back."""
    groups: dict[tuple[date, date], list[int]] = defaultdict(list)
    for point, hours in by_gauge.items():
        groups[min(hours).date(), max(hours).date()].append(point)
    return groups.values()


def _reached(times: Any, hours: Collection[datetime]) -> set[datetime]:
    """Hours whose sums may have changed: those named, and up to the nearest report on either side."""
    found: set[datetime] = set()
    for hour in hours:
        before, after = times(hour - _BRIDGED, hour), times(hour + HOUR, hour + HOUR + _BRIDGED)
        first = hour_closed_by(before[-1]) if before else hour
        last = hour_closed_by(after[0]) if after else hour
        step = first
        while step <= last:
            found.add(step)
            step += HOUR
    return found


def _write_rain(cursor: Any, rows: Collection[tuple[int, datetime, float, float]]) -> None:
    if not rows:
        return
    cursor.execute(
        "UPDATE sensors_readinghour o SET total = u.mm, complete = u.complete"
        " FROM unnest(%s::int[], %s::timestamptz[], %s::float8[], %s::float8[]) AS u (s, h, mm, complete)"
        " WHERE o.sensor_id = u.s AND o.hour = u.h",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _write_days(cursor: Any, wanted: Collection[Hour]) -> None:
    """The days (of the hall's time zone) that the hours belong to."""
    if not wanted:
        return
    cursor.execute(
        "INSERT INTO sensors_readingday AS o (sensor_id, day, count, doubted, lowest, highest, total, complete)"
        " SELECT d.s, d.day, sum(h.count), sum(h.doubted), min(h.lowest), max(h.highest), sum(h.total ORDER BY h.hour),"
        "  sum(h.complete ORDER BY h.hour) / 24 FROM"
        " (SELECT DISTINCT u.s, (u.h AT TIME ZONE %(zone)s)::date AS day"
        "  FROM unnest(%(sensors)s::int[], %(hours)s::timestamptz[]) AS u (s, h)) d"
        " JOIN sensors_readinghour h ON h.sensor_id = d.s AND h.hour >= d.day::timestamp AT TIME ZONE %(zone)s"
        "  AND h.hour < (d.day + 1)::timestamp AT TIME ZONE %(zone)s"
        " WHERE h.hour BETWEEN %(since)s AND %(until)s"
        " GROUP BY d.s, d.day ORDER BY d.s, d.day ON CONFLICT (sensor_id, day) DO UPDATE SET"
        " count = excluded.count, doubted = excluded.doubted, lowest = excluded.lowest,"
        " highest = excluded.highest, total = excluded.total, complete = excluded.complete",
        {
            "sensors": [sensor for sensor, _ in wanted],
            "hours": [hour for _, hour in wanted],
            "zone": settings.TIME_ZONE,
            "since": min(hour for _, hour in wanted) - 25 * HOUR,  # so that only their months are looked at
            "until": max(hour for _, hour in wanted) + 25 * HOUR,
        },
    )
