"""Which station and point a device's own words mean: kept per process, asked for only when new or old."""

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from uuid import UUID

from django.db import connection

from ..domain.quality import Bounds
from ..domain.rain import STEPS

READ_AGAIN_S = 30.0  # changed facts reach every process within this time
_COUNTER = "rain_total"


@dataclass(frozen=True, slots=True)
class Gauge:
    """The rain of one station. ``point`` is the sensor that carries its sums."""

    point: int
    counter: int | None
    increment: int | None
    step: timedelta
    usual: timedelta
    wraps_at_mm: float | None

    @property
    def sensors(self) -> tuple[int, ...]:
        """The sensors whose readings make the sums."""
        return tuple(one for one in (self.counter, self.increment) if one is not None)


@dataclass(frozen=True, slots=True)
class Point:
    """One sensor, as much as taking in a reading needs."""

    id: int
    quantity: str
    station: "Known"
    soft: Bounds | None = None  # the point's own limits: facts "lowest" and "highest"


@dataclass(slots=True)
class Known:
    """One station and its points by channel."""

    id: UUID
    area_path: str
    points: dict[str, Point]
    gauge: Gauge | None
    read_at: float


Key = tuple[str, str]  # protocol, address
_known: dict[Key, Known] = {}
_guard = threading.Lock()


def find(keys: Collection[Key]) -> Mapping[Key, Known]:
    """The stations behind ``keys``; those that nobody registered are missing. At most one query."""
    now = time.monotonic()
    with _guard:
        found = {
            key: _known[key] for key in keys if key in _known and now - _known[key].read_at < READ_AGAIN_S
        }
    if wanted := [key for key in keys if key not in found]:
        fresh = _read(wanted, now)
        with _guard:
            for key in wanted:
                _known.pop(key, None)
            _known.update(fresh)
        found.update(fresh)
    return found


def forget() -> None:
    """Read every station again when it is next heard."""
    with _guard:
        _known.clear()


def _read(keys: list[Key], now: float) -> dict[Key, Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.protocol, t.address, t.id, t.area_path, t.interval_s, s.id, s.channel, s.quantity, s.facts"
            " FROM unnest(%s::text[], %s::text[]) AS k (protocol, address)"
            " JOIN sensors_station t ON t.protocol = k.protocol AND t.address = k.address"
            " LEFT JOIN sensors_sensor s ON s.station_id = t.id ORDER BY t.id, s.id",
            [[protocol for protocol, _ in keys], [address for _, address in keys]],
        )
        rows = cursor.fetchall()
    found: dict[Key, Known] = {}
    parts: dict[Key, list[tuple[int, str, dict]]] = {}
    intervals: dict[Key, int] = {}
    for protocol, address, station_id, area_path, interval_s, sensor_id, channel, quantity, facts in rows:
        key = (protocol, address)
        known = found.setdefault(key, Known(station_id, area_path, {}, None, now))
        if sensor_id is None:
            continue
        own = _as_dict(facts)
        known.points[channel] = Point(sensor_id, quantity, known, _soft(own))
        parts.setdefault(key, []).append((sensor_id, quantity, own))
        intervals[key] = interval_s
    for key, sensors in parts.items():
        found[key].gauge = gauge_of(sensors, intervals[key])
    return found


def _soft(facts: Mapping) -> Bounds | None:
    """The limits of one point in its own place, where somebody set them."""
    lowest, highest = facts.get("lowest"), facts.get("highest")
    if lowest is None and highest is None:
        return None
    return (-inf if lowest is None else float(lowest), inf if highest is None else float(highest))


def _as_dict(facts: object) -> dict:
    import json

    return json.loads(facts) if isinstance(facts, str) else dict(facts or {})  # type: ignore[call-overload]


def gauge_of(sensors: Iterable[tuple[int, str, Mapping]], interval_s: int) -> Gauge | None:
    """The gauge that a station's sensors (id, quantity, facts) make, or None where it measures no rain.

    The finest increment and the counter belong to it; the counter carries the sums where there is one.
    """
    counter, increment = None, None
    wraps_at_mm, step = None, STEPS["rain_5min"]
    finest = None
    for sensor_id, quantity, facts in sensors:
        if quantity == _COUNTER and counter is None:
            counter, wraps_at_mm = sensor_id, facts.get("wraps_at")
        elif quantity in STEPS:
            covers = timedelta(seconds=facts["step_s"]) if "step_s" in facts else STEPS[quantity]
            if finest is None or covers < finest:
                increment, step, finest = sensor_id, covers, covers
    point = counter if counter is not None else increment
    if point is None:
        return None
    usual = max(2 * timedelta(seconds=interval_s), step)
    return Gauge(point, counter, increment, step, usual, wraps_at_mm)


def gauges(sensor_ids: Collection[int]) -> dict[int, Gauge]:
    """The gauge that each of ``sensor_ids`` belongs to; sensors that measure no rain are missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.station_id, t.interval_s, s.id, s.quantity, s.facts"
            " FROM sensors_sensor s JOIN sensors_station t ON t.id = s.station_id WHERE s.station_id IN"
            " (SELECT station_id FROM sensors_sensor WHERE id = ANY(%s)) ORDER BY s.id",
            [list(sensor_ids)],
        )
        rows = cursor.fetchall()
    stations: dict[UUID, tuple[int, list]] = {}
    for station_id, interval_s, sensor_id, quantity, facts in rows:
        stations.setdefault(station_id, (interval_s, []))[1].append((sensor_id, quantity, _as_dict(facts)))
    found = {}
    for interval_s, sensors in stations.values():
        gauge = gauge_of(sensors, interval_s)
        for sensor_id, _, _ in sensors:
            if gauge and (sensor_id in gauge.sensors) and sensor_id in sensor_ids:
                found[sensor_id] = gauge
    return found
