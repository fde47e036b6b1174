"""The one way in: frames become kept raw bytes, readings, latest values, rain sums and alarms, at once or not at all."""

import gc
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from command_center.core.events import announce_many
from command_center.core.parameters import values

from ..domain.quality import (
    FLAG_BITS,
    QUARANTINED,
    RESTAMPED,
    Quality,
    placed_by,
    time_trouble,
    with_the_devices_own,
    within_limits,
)
from ..domain.reading_file_life import FILES
from ..domain.readings import Message
from ..domain.samples import Fresh, RainEntry, Sample
from ..models import Station
from . import alarms, believing, directory, doubting, hours, neighbours, partitions, rain, reconsidering
from .copying import copy_binary, from_pg_us, pg_us
from .directory import Gauge, Known, Point
from .storing import Before, Outdated, Row, lock_stations, store, where_they_stand, write_latest

log = logging.getLogger(__name__)

_QUARANTINED = int(Quality.QUARANTINED)  # compares faster than the member
_DAY_US = timedelta(days=1) // timedelta(microseconds=1)
_STORED_AHEAD = timedelta(days=2)  # times beyond cannot even be stored: their partition would be nonsense


@dataclass(frozen=True, slots=True)
class Frame:
    """What came in, decoded or refused. ``message`` is None where ``error`` says why it was refused."""

    protocol: str
    peer: str
    received_at: datetime
    raw: bytes
    address: str
    message: Message | None
    error: str = ""
    handed: bool = False  # in a file, by somebody else: no sign of life, and old without being a wrong clock


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch, in readings, and who was not known."""

    stored: int = 0
    repeated: int = 0  # already there, or twice in the batch
    conflicting: int = 0  # of the repeated: with another value; the first one stays
    quarantined: int = 0  # of the stored: kept out of everything for their time
    refused: int = 0  # frames
    unknown: tuple[str, ...] = ()  # addresses without a station
    unknown_channels: tuple[str, ...] = ()  # "address/channel" without a sensor


@dataclass(slots=True)
class _Batch:
    received_at: datetime
    rows: dict[int, dict[int, Row]] = field(default_factory=lambda: defaultdict(dict))  # sensor → µs → row
    points: dict[int, Point] = field(default_factory=dict)
    heard: dict[UUID, tuple[Known, datetime, str]] = field(default_factory=dict)
    handed: set[UUID] = field(default_factory=set)  # stations spoken of and not heard themselves
    frames: list[tuple[Frame, UUID | None]] = field(default_factory=list)
    notes: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    days: set[int] = field(default_factory=set)
    repeated: int = 0
    conflicting: int = 0
    quarantined: int = 0
    unknown: set[str] = field(default_factory=set)
    unknown_channels: set[str] = field(default_factory=set)
    clocks: dict[UUID, float] = field(default_factory=dict)  # stations whose clock is wrong, by how many s

    def note(self, frame: int, what: str) -> None:
        self.notes[frame][what] += 1


def ingest(frames: Sequence[Frame], *, received_at: datetime) -> Receipt:
    """Take in a batch in one transaction; on return it is committed (unless the caller's own is open).

    Raw frames are kept, refused ones with their reason. A reading is stored once by (sensor, device
    time): repeats change nothing, and of two values for one moment the first stays. ``received_at`` is
    the hall's time.
    """
    known = _parameters()
    for attempt in (1, 2):
        with _uncollected():
            batch = _sort_out(frames, received_at, known)
        partitions.ensure(partitions.FRAMES, {partitions.day_of(frame.received_at) for frame in frames})
        partitions.ensure(
            partitions.READINGS,
            {partitions.day_of(from_pg_us(day * _DAY_US)) for day in batch.days},
        )
        try:
            with _uncollected(), transaction.atomic(), connection.cursor() as cursor:
                return _take_in(cursor, batch, known, look_first=attempt == 2)
        except Outdated:
            if attempt == 2:
                raise
            directory.forget()
    raise AssertionError("unreachable")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: what a batch makes is needed until its end, and walking it cost a tenth of all."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _parameters() -> dict[str, Any]:
    return values(["reading.max_ahead", "reading.max_behind", *believing.PARAMETERS, *neighbours.PARAMETERS])


# --- before the transaction: what do the frames say? -------------------------------------------------
def _sort_out(frames: Sequence[Frame], received_at: datetime, known: Mapping[str, Any]) -> _Batch:
    batch = _Batch(received_at)
    keys = {(frame.protocol, frame.address) for frame in frames if frame.address}
    for frame in frames:
        if frame.message is not None:
            others = {reading.address for reading in frame.message.readings}
            keys.update((frame.protocol, address) for address in others)
    stations = directory.find(keys)
    ahead, behind = timedelta(minutes=known["reading.max_ahead"]), timedelta(days=known["reading.max_behind"])
    oldest = timedelta(days=settings.OURS["reading_days"])
    for index, frame in enumerate(frames):
        station = stations.get((frame.protocol, frame.address))
        batch.frames.append((frame, station.id if station else None))
        if frame.message is None:
            continue
        _hear(batch, frame, station)
        address, received_us, usual = frame.address, pg_us(frame.received_at), frame.received_at
        earliest, latest = usual - (oldest if frame.handed else behind), usual + ahead
        at, us = usual, received_us
        restamped = station is not None and _doubt_frame(batch, station, frame, frame.message)
        for reading in frame.message.readings:
            if reading.address != address:
                address = reading.address
                station = stations.get((frame.protocol, address))
                _hear(batch, frame, station, address)
            point = station.points.get(reading.channel) if station else None
            if point is None:
                if station:
                    batch.unknown_channels.add(f"{address}/{reading.channel}")
                continue
            value = reading.value
            if value is None:
                continue
            if value - value != 0:  # infinite or not a number
                batch.note(index, "value is not a number")
                continue
            quality = within_limits(point.quantity, value, point.soft)
            if reading.quality:
                quality = with_the_devices_own(quality, reading.quality)
            if restamped and not quality:
                quality = RESTAMPED
            if reading.origin:
                quality = placed_by(quality, reading.origin)
            if reading.observed_at is not at:  # most readings of a frame are of one moment
                at = reading.observed_at
                us = pg_us(at)
            if not earliest <= at <= latest:
                batch.note(index, time_trouble(at, usual, ahead=ahead, behind=usual - earliest))
                if not usual - oldest <= at <= usual + _STORED_AHEAD:
                    continue
                quality = QUARANTINED
            rows = batch.rows[point.id]
            if (there := rows.get(us)) is not None:
                batch.repeated += 1
                if there.value != value:
                    _conflict(batch, index)
                continue
            rows[us] = Row(us, at, value, quality, received_us, index)
            batch.days.add(us // _DAY_US)
            batch.points[point.id] = point
    return batch


def _doubt_frame(batch: _Batch, station: Known, frame: Frame, message: Message) -> bool:
    """Note a wrong clock; tell whether the frame is an old one under a new time."""
    skew = believing.wrong_clock(station.id, message, frame.received_at)
    if skew is not None:
        batch.clocks[station.id] = skew
    return believing.comes_again(station.id, message)


def _hear(batch: _Batch, frame: Frame, station: Known | None, address: str = "") -> None:
    if station is None:
        if name := address or frame.address:
            batch.unknown.add(name)
        return
    if frame.handed and frame.protocol != FILES:
        batch.handed.add(station.id)
        return
    before = batch.heard.get(station.id)
    if before is None or before[1] <= frame.received_at:
        batch.heard[station.id] = (station, frame.received_at, frame.peer)


def _conflict(batch: _Batch, frame: int) -> None:
    batch.conflicting += 1
    batch.note(frame, "another value is already kept for this time")


# --- the transaction ---------------------------------------------------------------------------------
def _take_in(cursor: Any, batch: _Batch, known: Mapping[str, Any], *, look_first: bool) -> Receipt:
    gauges = _gauges(batch)
    silent = lock_stations(cursor, {*batch.heard, *batch.handed}, heard=batch.heard)
    before = where_they_stand(cursor, _sensors(batch))
    fresh = _store(cursor, batch, before, look_first=look_first)
    if fresh:
        write_latest(cursor)
    quantities = {sensor_id: batch.points[sensor_id].quantity for sensor_id in fresh}
    others = doubting.judge_moves(cursor, quantities, fresh, before, known)
    histories = _rain(cursor, batch, gauges, fresh, before)
    histories |= doubting.doubt_rain(cursor, gauges, fresh, histories, known, received_at=batch.received_at)
    _write_contact(cursor, batch, silent)
    _evaluate(batch, fresh, before, gauges, histories)
    if others:
        reconsidering.reconsider(others, received_at=batch.received_at)
    stations = {sensor_id: batch.points[sensor_id].station.id for sensor_id in fresh}
    clocks = {station: (batch.heard[station][1], skew) for station, skew in batch.clocks.items()}
    doubting.note(fresh, stations, clocks, at=batch.received_at)
    hours.note_due(cursor, fresh, before, received_at=batch.received_at)
    _write_frames(cursor, batch)
    if batch.conflicting:
        log.warning("%d readings came again with another value; the first was kept", batch.conflicting)
    return Receipt(
        stored=sum(len(rows) for rows in fresh.values()),
        repeated=batch.repeated,
        conflicting=batch.conflicting,
        quarantined=sum(
            row.quality & FLAG_BITS == Quality.QUARANTINED for rows in fresh.values() for row in rows
        ),
        refused=sum(frame.message is None for frame, _ in batch.frames),
        unknown=tuple(sorted(batch.unknown)),
        unknown_channels=tuple(sorted(batch.unknown_channels)),
    )


def _gauges(batch: _Batch) -> dict[int, Gauge]:
    """The gauges that the batch may move, by their point."""
    found = {}
    for sensor_id in batch.rows:
        gauge = batch.points[sensor_id].station.gauge
        if gauge and sensor_id in gauge.sensors:
            found[gauge.point] = gauge
    return found


def _sensors(batch: _Batch) -> set[int]:
    """The sensors the batch concerns, those of a touched gauge together."""
    found = set(batch.points)
    for point in batch.points.values():
        gauge = point.station.gauge
        if gauge and point.id in gauge.sensors:
            found.update(gauge.sensors)
    return found


def _store(
    cursor: Any, batch: _Batch, before: Mapping[int, Before], *, look_first: bool
) -> dict[int, list[Row]]:
    """Store what is not there yet; the new rows by sensor, in time order."""
    if not batch.rows:
        return {}
    ordered = {
        sensor_id: [rows[us] for us in sorted(rows)] if len(rows) > 1 else list(rows.values())
        for sensor_id, rows in sorted(batch.rows.items())
    }
    for sensor_id, rows in ordered.items():
        latest = before[sensor_id].at
        look_first = look_first or (latest is not None and rows[0].at <= latest)
    repeats = store(
        cursor,
        [
            (row.us, sensor_id, row.value, row.quality, row.received_us)
            for sensor_id, rows in ordered.items()
            for row in rows
        ],
        span=(min(rows[0].at for rows in ordered.values()), max(rows[-1].at for rows in ordered.values())),
        look_first=look_first,
    )
    if not repeats:
        return ordered
    batch.repeated += len(repeats)
    for sensor_id, us, kept in repeats:
        if kept != batch.rows[sensor_id][us].value:
            _conflict(batch, batch.rows[sensor_id][us].note)
        del batch.rows[sensor_id][us]
    return {
        sensor_id: [row for row in rows if row.us in batch.rows[sensor_id]]
        for sensor_id, rows in ordered.items()
        if batch.rows[sensor_id]
    }


# --- what follows from the readings ------------------------------------------------------------------
def _rain(
    cursor: Any,
    batch: _Batch,
    gauges: Mapping[int, Gauge],
    fresh: Mapping[int, list[Row]],
    before: Mapping[int, Before],
) -> dict[int, tuple[RainEntry, ...]]:
    told = []
    for gauge in gauges.values():
        good, after = {}, []
        for sensor_id in gauge.sensors:
            rows = fresh.get(sensor_id, ())
            if samples := [(row.at, row.value) for row in rows if not row.quality & FLAG_BITS]:
                good[sensor_id] = samples
            touched = any(row.quality & FLAG_BITS != Quality.QUARANTINED for row in rows)
            after.append(before[sensor_id].revision + touched)
        if good:
            revisions = tuple(before[sensor_id].revision for sensor_id in gauge.sensors)
            told.append(rain.Told(gauge, good, revisions, tuple(after)))
    return rain.follow(cursor, told, received_at=batch.received_at) if told else {}


def _evaluate(
    batch: _Batch,
    fresh: Mapping[int, list[Row]],
    before: Mapping[int, Before],
    gauges: Mapping[int, Gauge],
    histories: Mapping[int, tuple[RainEntry, ...]],
) -> None:
    """Let the alarm rules judge what is new."""
    news: dict[int, Fresh] = {}
    for sensor_id, rows in fresh.items():
        samples = tuple(
            [
                Sample(row.at, row.value, flag, row.quality)
                for row in rows
                if (flag := row.quality & FLAG_BITS) != _QUARANTINED
            ]
        )
        if samples:
            news[sensor_id] = Fresh(sensor_id, before[sensor_id].at, samples)
    for point, entries in histories.items():
        times = [before[sensor_id].at for sensor_id in gauges[point].sensors]
        previous_at = max((at for at in times if at is not None), default=None)
        samples = news[point].samples if point in news else ()
        news[point] = Fresh(point, previous_at, samples, entries)
    if news:
        alarms.evaluate(news, received_at=batch.received_at)


def _write_contact(cursor: Any, batch: _Batch, silent: Collection[UUID]) -> None:
    """Every station with a good frame is heard; one that was ``silent`` is announced."""
    if not batch.heard:
        return
    heard = batch.heard.values()
    cursor.execute(
        "UPDATE sensors_contact c SET heard_at = greatest(c.heard_at, h.at), peer = h.peer, silent_since = NULL"
        " FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS h (id, at, peer) WHERE c.station_id = h.id",
        [
            [str(station.id) for station, _, _ in heard],
            [at for _, at, _ in heard],
            [peer[:80] for _, _, peer in heard],
        ],
    )
    announce_many(
        [
            ("station.heard", Station(id=station.id, area_path=station.area_path), at, {})
            for station, at, _ in heard
            if station.id in silent
        ]
    )


def _write_frames(cursor: Any, batch: _Batch) -> None:
    """Keep every frame as it came, with what was read in it or why it was refused."""
    rows = []
    for index, (frame, station_id) in enumerate(batch.frames):
        notes = [f"{what} ({n})" for what, n in batch.notes[index].items()] if index in batch.notes else []
        error = "; ".join([frame.error, *notes] if frame.error else notes)[:300]
        rows.append(
            (
                frame.received_at,
                frame.protocol,
                frame.peer[:80],
                frame.address[:200],
                station_id,
                bytes(frame.raw),
                None if frame.message is None else b"\x01" + _summary(frame.message),
                error,
            )
        )
    columns = "received_at, protocol, peer, address, station_id, raw, decoded, error"
    copy_binary(cursor, f"sensors_rawframe ({columns})", rows)


def _summary(message: Message) -> bytes:
    """What a frame said, without its readings: those are in their table, and the raw bytes are kept."""
    return orjson.dumps(
        {
            "function": message.function,
            "observed_at": message.observed_at,
            "sent_at": message.sent_at,
            "serial": message.serial,
            "readings": len(message.readings),
            "details": dict(message.details),
        },
        default=lambda item: f"{len(item)} bytes" if isinstance(item, bytes) else str(item),
        option=orjson.OPT_NON_STR_KEYS,
    ).replace(b"\\u0000", b"")  # jsonb refuses the null character
