"""Readings into their tables: one batch at a time for each station, each key once, the newest as the latest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ..domain.quality import FLAG_BITS, Quality
from .copying import ReadingRow, copy_readings


class Outdated(Exception):
    """What was remembered, of stations or of what is stored, is no longer so."""


@dataclass(slots=True)
class Row:
    us: int
    at: datetime
    value: float
    quality: int
    received_us: int
    note: int  # index of the frame it came in


class Before(NamedTuple):
    """The latest value of one sensor before the batch."""

    at: datetime | None
    value: float | None
    quality: int | None
    revision: int


_NOTHING = Before(None, None, None, 0)


def lock_stations(cursor: Any, stations: Collection[UUID], *, heard: Collection[UUID] = ()) -> set[UUID]:
    """Wait for batches of the same stations, until the transaction ends. Returns those that are marked silent.

    The row of its contact is a station's lock, taken in order: batches of different stations never meet, however many
    stations they have. ``heard``: those of them that are given a contact where they have none. Raises Outdated where a
    station is gone.
    """
    ids = [str(station_id) for station_id in stations]
    locked = _lock(cursor, ids)
    if len(locked) < len(ids):
        missing = list({*ids}.difference(station_id for station_id, _ in locked))
        cursor.execute(
            "INSERT INTO sensors_contact (station_id, peer, failures, error, picture)"
            " SELECT id, '', 0, '', '' FROM sensors_station WHERE id = ANY(%s::uuid[]) ORDER BY id"
            " ON CONFLICT DO NOTHING",
            [[str(station_id) for station_id in heard]],
        )
        # A contact that nobody else sees yet locks nothing. While we hold the station's own row, nobody's can appear.
        cursor.execute(
            "SELECT id FROM sensors_station WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE", [missing]
        )
        if cursor.rowcount < len(missing):
            raise Outdated
        locked = _lock(cursor, ids)
    return {UUID(station_id) for station_id, silent in locked if silent}


def _lock(cursor: Any, ids: list[str]) -> list[tuple[str, bool]]:
    cursor.execute(
        "SELECT c.station_id::text, c.silent_since IS NOT NULL FROM sensors_contact c"
        " WHERE c.station_id = ANY(%s::uuid[]) ORDER BY c.station_id FOR NO KEY UPDATE",
        [ids],
    )
    found: list[tuple[str, bool]] = cursor.fetchall()
    return found


def where_they_stand(cursor: Any, sensors: Collection[int]) -> dict[int, Before]:
    """The latest values of sensors. Raises Outdated where a sensor is gone."""
    cursor.execute(
        "SELECT sensor_id, observed_at, value, quality, revision FROM sensors_latestvalue WHERE sensor_id = ANY(%s)",
        [list(sensors)],
    )
    before = {row[0]: Before._make(row[1:]) for row in cursor.fetchall()}
    if len(before) < len(sensors):  # no value yet, or gone
        missing = [sensor_id for sensor_id in sensors if sensor_id not in before]
        cursor.execute("SELECT id FROM sensors_sensor WHERE id = ANY(%s)", [missing])
        before.update((sensor_id, _NOTHING) for (sensor_id,) in cursor.fetchall())
        if len(before) < len(sensors):
            raise Outdated
    return before


def store(
    cursor: Any, rows: Sequence[ReadingRow], *, span: tuple[datetime, datetime], look_first: bool
) -> list[tuple[int, int, float]]:
    """COPY rows within ``span`` into the stage and from there what is new into the table.

    Returns the repeats: sensor, moment (µs) and the value that is kept. ``look_first`` looks for them,
    which costs; without it (all rows seem to be new) a repeat raises Outdated, and nothing is lost but
    the attempt. The stage keeps the new rows, for ``write_latest``.
    """
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS reading_stage (LIKE sensors_reading) ON COMMIT DELETE ROWS;"
        "DELETE FROM reading_stage"
    )
    copy_readings(cursor, "reading_stage", rows)
    repeats: list[tuple[int, int, float]] = []
    if look_first:
        cursor.execute(
            "DELETE FROM reading_stage s USING sensors_reading r"
            " WHERE r.observed_at = s.observed_at AND r.sensor_id = s.sensor_id"
            " AND r.observed_at BETWEEN %s AND %s"
            " RETURNING s.sensor_id, (extract(epoch FROM s.observed_at) * 1000000)::int8 - 946684800000000,"
            " r.value",
            span,
        )
        repeats = cursor.fetchall()
    cursor.execute("INSERT INTO sensors_reading SELECT * FROM reading_stage ON CONFLICT DO NOTHING")
    if cursor.rowcount != len(rows) - len(repeats):
        raise Outdated
    return repeats


def write_latest(cursor: Any) -> None:
    """The newest of the stage by device time wins; the revision counts every batch that touched a point."""
    cursor.execute(
        "INSERT INTO sensors_latestvalue AS l (sensor_id, observed_at, received_at, value, quality, revision)"
        " SELECT DISTINCT ON (sensor_id) sensor_id, observed_at, received_at, value, quality, 1"
        f" FROM reading_stage WHERE quality & {FLAG_BITS} <> {Quality.QUARANTINED:d} ORDER BY sensor_id, observed_at DESC"
        " ON CONFLICT (sensor_id) DO UPDATE SET revision = l.revision + 1,"
        " received_at = CASE WHEN excluded.observed_at > l.observed_at"
        "   THEN excluded.received_at ELSE l.received_at END,"
        " value = CASE WHEN excluded.observed_at > l.observed_at THEN excluded.value ELSE l.value END,"
        " quality = CASE WHEN excluded.observed_at > l.observed_at THEN excluded.quality ELSE l.quality END,"
        " observed_at = greatest(excluded.observed_at, l.observed_at)"
    )
