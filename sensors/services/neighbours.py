"""Gauges beside one another: how far they are, and whether one stands alone with its rain."""

from collections import defaultdict
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
    """Points of the same quantity at other stations within ``km``: (sensor, km) by sensor, nearest first."""
    cursor.execute(
        "SELECT s.id, o.id, ST_DistanceSphere(t.position, u.position) / 1000"
        " FROM sensors_sensor s JOIN sensors_station t ON t.id = s.station_id"
        " JOIN sensors_station u ON u.id <> t.id AND u.in_service"
        "  AND u.position && ST_Expand(t.position, %(lon)s, %(lat)s)"
        " JOIN sensors_sensor o ON o.station_id = u.id AND o.quantity = s.quantity"
        " WHERE s.id = ANY(%(sensors)s) AND ST_DistanceSphere(t.position, u.position) <= %(km)s * 1000"
        " ORDER BY s.id, 3, o.id",
        # a degree of latitude is 111 km, one of longitude at 60° half of that
        {"sensors": list(sensors), "km": km, "lat": km / 110, "lon": km / 55},
    )
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
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
