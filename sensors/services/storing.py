"""Readings into their tables: one batch at a time for each station, each key once, the newest as the latest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ..domain.quality import Quality
from .copying import ReadingRow, copy_readings

_STRIPES = 64  # batches of different stations run beside each other; of one station, one after another
_LOCKS = 0x1A6E57


class Outdated(Exception):
    """What was remembered of stations is no longer so."""


@dataclass(slots=True)
class Row:
    us: int
    at: datetime
    value: float
    quality: int
    received_us: int
    note: int  # index of the frame it came in


@dataclass(frozen=True, slots=True)
class Before:
    """The latest value of one sensor before the batch."""

    at: datetime | None
    value: float | None
    quality: int | None
    revision: int


def lock_stations(cursor: Any, stations: Iterable[UUID]) -> None:
    """Wait for batches of the same stations, until the transaction ends."""
    stripes = sorted({station_id.int % _STRIPES for station_id in stations})
    cursor.execute("SELECT pg_advisory_xact_lock(%s, s) FROM unnest(%s::int[]) AS s", [_LOCKS, stripes])


def where_they_stand(cursor: Any, wanted: Mapping[int, UUID]) -> dict[int, Before]:
    """The latest values of sensors, given with the station each is thought to belong to.

    Raises Outdated where a sensor is gone or belongs to another station.
    """
    cursor.execute(
        "SELECT s.id, s.station_id, l.observed_at, l.value, l.quality, COALESCE(l.revision, 0)"
        " FROM sensors_sensor s LEFT JOIN sensors_latestvalue l ON l.sensor_id = s.id WHERE s.id = ANY(%s)",
        [list(wanted)],
    )
    before = {
        sensor_id: Before(at, value, quality, revision)
        for sensor_id, station_id, at, value, quality, revision in cursor.fetchall()
        if wanted[sensor_id] == station_id
    }
    if len(before) != len(wanted):
        raise Outdated
    return before


def store(cursor: Any, rows: Iterable[ReadingRow]) -> set[tuple[int, int]]:
    """COPY rows and keep those whose key is new: their (sensor, µs) keys."""
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS reading_stage (LIKE sensors_reading) ON COMMIT DELETE ROWS;"
        "DELETE FROM reading_stage"
    )
    copy_readings(cursor, "reading_stage", rows)
    cursor.execute(
        "INSERT INTO sensors_reading SELECT * FROM reading_stage ON CONFLICT DO NOTHING"
        " RETURNING sensor_id, (extract(epoch FROM observed_at) * 1000000)::int8 - 946684800000000"
    )
    return set(cursor.fetchall())


def write_latest(cursor: Any, fresh: Mapping[int, list[Row]], received_at: datetime) -> None:
    """The newest by device time wins; the revision counts every batch that touched the point."""
    newest = []
    for sensor_id, rows in fresh.items():
        row = next((row for row in reversed(rows) if row.quality != Quality.QUARANTINED), None)
        if row is not None:
            newest.append((sensor_id, row))
    if not newest:
        return
    cursor.execute(
        "INSERT INTO sensors_latestvalue AS l (sensor_id, observed_at, received_at, value, quality, revision)"
        " SELECT s, at, %s, v, q, 1"
        " FROM unnest(%s::int[], %s::timestamptz[], %s::float8[], %s::int[]) AS r (s, at, v, q)"
        " ON CONFLICT (sensor_id) DO UPDATE SET revision = l.revision + 1,"
        " received_at = CASE WHEN excluded.observed_at > l.observed_at"
        "   THEN excluded.received_at ELSE l.received_at END,"
        " value = CASE WHEN excluded.observed_at > l.observed_at THEN excluded.value ELSE l.value END,"
        " quality = CASE WHEN excluded.observed_at > l.observed_at THEN excluded.quality ELSE l.quality END,"
        " observed_at = greatest(excluded.observed_at, l.observed_at)",
        [
            received_at,
            [sensor_id for sensor_id, _ in newest],
            [row.at for _, row in newest],
            [row.value for _, row in newest],
            [int(row.quality) for _, row in newest],
        ],
    )
