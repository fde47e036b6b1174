"""Asking the devices that are due: claimed in the database, asked together, settled as the answers come."""

import queue
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from psycopg2.extras import execute_values

from command_center.core.now import Rate, rate
from sensors.adapters import ADAPTERS
from sensors.adapters.base import Polled
from sensors.domain.polling import Pace, next_poll
from sensors.domain.readings import DecodeError, Message
from sensors.models import LatestValue, Sensor
from sensors.polling.runner import DEADLINE_S, Outcome, Target, poller

from . import devicetypes, secrets
from .ingest import Frame, ingest

SHARD = 500
"""How many devices one task asks (measured: more only delays the first answers)."""
LEASE_S = 10.0
"""A claimed device is due again after this, should the worker die: longer than any poll may take."""
SETTLE_S = 0.1
"""Answers that come within this time are stored together; a slow device never holds back the others' answers."""
ENROL_AGAIN_S = 20.0
CAMERAS = {"rtsp": 10.0, "mjpeg": 10.0, "hls": 10.0, "onvif": 10.0, "gb28181": 10.0, "zlm": 10.0}
"""Protocols of cameras (see ``cameras.py``) and the shortest real interval of a look, in seconds."""
POLLED = tuple(name for name, adapter in ADAPTERS.items() if isinstance(adapter, Polled))


@dataclass(frozen=True, slots=True)
class Claim:
    """A station that this worker asks now. ``due_at`` is when it was due (real time)."""

    station_id: UUID
    protocol: str
    address: str
    config: dict[str, Any]
    interval_s: int
    due_at: datetime
    failures: int


@dataclass(slots=True)
class Tally:
    """What one shard did."""

    asked: int = 0
    answered: int = 0


def claim(protocols: Sequence[str], real: datetime, limit: int, lease_s: float = LEASE_S) -> list[Claim]:
    """Up to ``limit`` stations that are due at ``real``, longest waiting first; no two workers get the same one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED (  -- a plain subquery may be run more than once, and then takes too many
                SELECT c.station_id, c.due_at, s.protocol, s.address, s.config, s.interval_s, s.device_type_id
                FROM sensors_contact c JOIN sensors_station s ON s.id = c.station_id
                WHERE c.due_at <= %s AND s.in_service AND s.protocol = ANY(%s)
                ORDER BY c.due_at LIMIT %s
                FOR UPDATE OF c SKIP LOCKED
            )
            UPDATE sensors_contact c SET due_at = %s
            FROM due LEFT JOIN sensors_devicetype d ON d.id = due.device_type_id
            WHERE c.station_id = due.station_id
            RETURNING c.station_id, due.protocol, due.address, due.interval_s, due.due_at, c.failures,
                due.config, d.points, d.config
            """,
            [real, list(protocols), limit, real + timedelta(seconds=lease_s)],
        )
        rows = cursor.fetchall()
    hidden = secrets.of([row[0] for row in rows]) if rows else {}
    return [
        Claim(*row[:3], _config(*map(_plain, row[6:]), hidden.get(row[0])), *row[3:6])  # type: ignore[arg-type]
        for row in rows
    ]


def _config(own: Any, points: Any, of_type: Any, hidden: secrets.Hidden | None) -> dict[str, Any]:
    """What the station says of itself over what its type does, and its secrets, as the adapter is given them."""
    found = own if of_type is None else devicetypes.config_of(points, of_type, own)
    return found if hidden is None else {**found, "secrets": hidden}


def _plain(config: Any) -> dict[str, Any]:
    """Django leaves jsonb of raw queries as text."""
    return orjson.loads(config) if isinstance(config, str) else config


_enrolled_at = -ENROL_AGAIN_S


def enrol(real: datetime, at_rate: Rate, *, force: bool = False) -> None:
    """Give every station that we ask a place in the schedule, spread over its interval; at most every 20 s.

    Also brings back those that wait longer than the pace allows, as after a change of the hall's clock.
    """
    global _enrolled_at
    if not force and time.monotonic() - _enrolled_at < ENROL_AGAIN_S:
        return
    _enrolled_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sensors_contact (station_id, peer, failures, error, picture, due_at)
            SELECT id, '', 0, '', '', %(real)s + random() * interval '1 s' * (interval_s / %(rate)s)
            FROM sensors_station s
            WHERE in_service AND protocol = ANY(%(polled)s)
              AND NOT EXISTS (SELECT FROM sensors_contact c WHERE c.station_id = s.id)
            ON CONFLICT DO NOTHING
            """,
            {"real": real, "rate": at_rate.rate, "polled": [*POLLED, *CAMERAS]},
        )
        cursor.execute(
            """
            WITH other AS MATERIALIZED (  -- contacts that a batch of readings holds are left for the next time
                SELECT c.station_id, s.interval_s
                FROM sensors_contact c JOIN sensors_station s ON s.id = c.station_id
                WHERE in_service AND protocol = ANY(%(polled)s) AND (
                    due_at IS NULL  -- or longer than the longest wait of ``Pace.of`` with its jitter
                    OR due_at > %(real)s + interval '1 s' * 1.3 * greatest(interval_s / %(rate)s, 600 / %(rate)s, 15))
                FOR UPDATE OF c SKIP LOCKED
            )
            UPDATE sensors_contact c
            SET due_at = %(real)s + random() * interval '1 s' * (other.interval_s / %(rate)s)
            FROM other WHERE c.station_id = other.station_id
            """,
            {"real": real, "rate": at_rate.rate, "polled": [*POLLED, *CAMERAS]},
        )


def poll_shard(real: datetime, limit: int = SHARD, on_full: Callable[[], object] = lambda: None) -> Tally:
    """Ask one shard of due devices. ``real`` is the real present moment.

    ``on_full`` is called before asking when the shard is full, so that somebody else takes the next one meanwhile.
    """
    at_rate, tally = rate(), Tally()
    enrol(real, at_rate)
    claims = claim(POLLED, real, limit)
    if not claims:
        return tally
    if len(claims) == limit:
        on_full()
    begun = time.monotonic()
    by_key = {each.station_id: each for each in claims}
    arrived: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    flight = poller().submit(_targets(claims), arrived.put)
    while tally.asked < len(claims):
        batch = _batch(arrived, len(claims) - tally.asked)
        if not batch:
            flight.cancel()
            raise TimeoutError("the poller does not answer")
        tally.asked += len(batch)
        moment = real + timedelta(seconds=time.monotonic() - begun)
        tally.answered += settle([(by_key[each.target.key], each) for each in batch], moment, at_rate)
    return tally


def _targets(claims: Sequence[Claim]) -> list[Target]:
    """Devices with their configuration; where that names no points, the station's own sensors do."""
    bare = [each.station_id for each in claims if "points" not in each.config]
    points: dict[UUID, list[dict[str, str]]] = {}
    for station, channel, quantity in Sensor.objects.filter(station_id__in=bare).values_list(
        "station_id", "channel", "quantity"
    ):
        points.setdefault(station, []).append({"channel": channel, "quantity": quantity})
    newest = _newest(
        [each.station_id for each in claims if getattr(ADAPTERS[each.protocol], "resumes", False)]
    )
    return [
        Target(
            each.station_id,
            ADAPTERS[each.protocol],
            {"points": points[each.station_id], **each.config, "address": each.address}
            if each.station_id in points
            else {**each.config, "address": each.address},
            newest.get(each.station_id),
        )
        for each in claims
    ]


def _newest(stations: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    """The time of the newest reading of each point, by station and channel."""
    found: dict[UUID, dict[str, datetime]] = {station: {} for station in stations}
    rows = (
        LatestValue.objects.filter(sensor__station__in=stations) if stations else LatestValue.objects.none()
    )
    for station, channel, at in rows.values_list("sensor__station_id", "sensor__channel", "observed_at"):
        found[station][channel] = at
    return found


def _batch(arrived: "queue.SimpleQueue[Outcome]", expected: int) -> list[Outcome]:
    """What arrives within ``SETTLE_S`` of the first; empty where nothing comes at all."""
    try:
        # Twice the deadline for each round of a full subnet: longer means that the loop itself is dead.
        batch = [arrived.get(timeout=DEADLINE_S * 8)]
    except queue.Empty:
        return []
    until = time.monotonic() + SETTLE_S
    while len(batch) < expected:
        try:
            batch.append(arrived.get(timeout=max(0.0, until - time.monotonic())))
        except queue.Empty:
            break
    return batch


def settle(batch: Sequence[tuple[Claim, Outcome]], real: datetime, at_rate: Rate) -> int:
    """Store what was answered and write down how each device behaves; returns how many gave readings."""
    at = at_rate.at(real)
    frames, contacts = [], []
    for claimed, outcome in batch:
        if outcome.skipped:
            continue
        message, error = _read(outcome, at)
        if outcome.raw:
            refusal = "" if message else error
            frames.append(
                Frame(claimed.protocol, outcome.peer, at, outcome.raw, claimed.address, message, refusal)
            )
        pace = Pace.of(claimed.interval_s, at_rate.rate)
        plan = next_poll(pace, claimed.due_at, claimed.failures, message is not None, real, random.random())
        contacts.append(
            (
                claimed.station_id,
                outcome.peer,
                at if message else None,
                plan.due_at,
                plan.failures,
                error[:200],
                outcome.took_s * 1000,
            )
        )
    if frames:
        ingest(frames, received_at=at)
    if contacts:
        write_contacts(contacts)
    return sum(1 for contact in contacts if contact[2])


def _read(outcome: Outcome, at: datetime) -> tuple[Message | None, str]:
    """The message and what to say about the device: an empty text where all is well."""
    if outcome.error:
        return None, outcome.error
    try:
        message = outcome.target.adapter.decode(outcome.raw, outcome.target.config, at)
    except DecodeError as refusal:
        return None, str(refusal)
    refused = message.details.get("refused", {})
    return message, "; ".join(f"{what}: {why}" for what, why in refused.items())


def write_contacts(rows: Sequence[tuple]) -> None:
    """(station, peer, heard_at or None, due_at, failures, error, took_ms) for many stations in one statement."""
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """
            UPDATE sensors_contact c
            SET peer = v.peer, heard_at = greatest(c.heard_at, v.heard_at), due_at = v.due_at,
                failures = v.failures, error = v.error, took_ms = v.took_ms
            FROM (VALUES %s) v (station_id, peer, heard_at, due_at, failures, error, took_ms)
            WHERE c.station_id = v.station_id
            """,
            sorted(rows, key=lambda row: row[0]),
            template="(%s::uuid, %s, %s::timestamptz, %s::timestamptz, %s, %s, %s::float)",
            page_size=len(rows),
        )
