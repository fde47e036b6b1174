"""Gauges beside one another: how far they are, and whether one stands alone with its rain."""

import threading
import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import orjson

from ..domain.checks import TOO_MUCH, Near, Neighbourhood, beside_neighbours
from ..domain.samples import RainEntry

PARAMETERS = (
    "quality.rain.fewest",
    "quality.rain.least",
    "quality.rain.share",
    "quality.rain.wet",
    "quality.rain.km",
    "quality.rain.sudden",
)
_KEPT_S = 60.0
_near: dict[tuple[int, float], list[tuple[int, float]]] = {}
_read_at = [0.0]
_guard = threading.Lock()
_CURRENT = timedelta(minutes=30)  # sums older than this say nothing about now


def rule_in_force(known: Mapping[str, Any]) -> Neighbourhood:
    return Neighbourhood(
        fewest=known["quality.rain.fewest"],
        least_mm=known["quality.rain.least"],
        share=known["quality.rain.share"],
        wet_mm=known["quality.rain.wet"],
        km=known["quality.rain.km"],
    )


def around(cursor: Any, sensors: Collection[int], *, km: float) -> dict[int, list[tuple[int, float]]]:
    """Points of the same quantity at other stations within ``km``: (sensor, km) by sensor, nearest first.

    Remembered for a while: stations rarely move.
    """
    now = time.monotonic()
    with _guard:
        if now - _read_at[0] > _KEPT_S:
            _near.clear()
            _read_at[0] = now
        found = {sensor: _near[sensor, km] for sensor in sensors if (sensor, km) in _near}
    if missing := [sensor for sensor in sensors if sensor not in found]:
        read = _read(cursor, missing, km)
        with _guard:
            _near.update({(sensor, km): rows for sensor, rows in read.items()})
        found |= read
    return found


def forget() -> None:
    """Measure distances again when they are next asked for."""
    with _guard:
        _near.clear()


def _read(cursor: Any, sensors: Collection[int], km: float) -> dict[int, list[tuple[int, float]]]:
    cursor.execute(
        "WITH mine AS MATERIALIZED (SELECT s.id, s.quantity, t.id AS station, t.position FROM sensors_sensor s"
        "  JOIN sensors_station t ON t.id = s.station_id WHERE s.id = ANY(%(sensors)s)),"
        " others AS MATERIALIZED (SELECT o.id, o.quantity, u.id AS station, u.position FROM sensors_sensor o"
        "  JOIN sensors_station u ON u.id = o.station_id WHERE u.in_service"
        "  AND o.quantity IN (SELECT quantity FROM mine))"
        " SELECT m.id, o.id, ST_DistanceSphere(m.position, o.position) / 1000 FROM mine m JOIN others o"
        "  ON o.quantity = m.quantity AND o.station <> m.station"
        "  AND o.position && ST_Expand(m.position, %(lon)s, %(lat)s)"
        " WHERE ST_DistanceSphere(m.position, o.position) <= %(km)s * 1000 ORDER BY m.id, 3, o.id",
        # a degree of latitude is 111 km, one of longitude at 60° half of that
        {"sensors": list(sensors), "km": km, "lat": km / 110, "lon": km / 55},
    )
    found: dict[int, list[tuple[int, float]]] = {sensor: [] for sensor in sensors}
    for sensor, other, distance in cursor.fetchall():
        found[sensor].append((other, distance))
    return found


def stand_alone(cursor: Any, newest: Mapping[int, RainEntry], known: Mapping[str, Any]) -> set[int]:
    """Points whose last hour no neighbour within reach has seen anything like within the last three."""
    rule = rule_in_force(known)
    near = around(cursor, newest, km=rule.km)
    others = {other for rows in near.values() for other, _ in rows}
    cursor.execute("SELECT sensor_id, at, mm FROM sensors_rainsum WHERE sensor_id = ANY(%s)", [list(others)])
    sums = {
        sensor: (at, orjson.loads(mm) if isinstance(mm, str) else mm) for sensor, at, mm in cursor.fetchall()
    }
    alone = set()
    for point, (at, amounts) in newest.items():
        beside = [
            Near(sums[other][1]["1h"], sums[other][1]["3h"], km)
            for other, km in near[point]
            if other in sums and abs(sums[other][0] - at) <= _CURRENT
        ]
        if beside_neighbours(amounts["1h"].mm, beside, rule) == TOO_MUCH:
            alone.add(point)
    return alone
