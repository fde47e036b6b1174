"""What the simulated field needs to know of a station, free of the database once it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """One sensor: ``facts`` as in the Sensor row (pump, kind, rated_current_a, wraps_at …)."""

    channel: str
    quantity: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equipment:
    """One station as it stands in the field."""

    code: str
    kind: str
    protocol: str
    address: str
    lon: float
    lat: float
    name: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    interval: timedelta = timedelta(minutes=5)
    points: tuple[Point, ...] = ()

    @property
    def pumps(self) -> tuple[int, ...]:
        numbers = {point.facts.get("pump") for point in self.points} | {
            _pump_number(point.channel) for point in self.points
        }
        return tuple(sorted(number for number in numbers if number))

    def fact_m(self, name: str, default: float) -> float:
        value = self.facts.get(name)
        return default if value is None else float(value)


def _pump_number(channel: str) -> int | None:
    head = channel.partition(".")[0]
    return int(head[4:]) if head.startswith("pump") and head[4:].isdecimal() else None


def from_stations(stations: Iterable[Any]) -> list[Equipment]:
    """Values of Station rows (with their sensors), in the order of their codes."""
    return sorted(
        (
            Equipment(
                code=station.code,
                kind=str(station.kind),
                protocol=station.protocol,
                address=station.address,
                lon=station.position.x,
                lat=station.position.y,
                name=station.name,
                config=station.config,
                facts=station.facts,
                interval=timedelta(seconds=station.interval_s),
                points=tuple(Point(s.channel, s.quantity, s.facts) for s in station.sensors.all()),
            )
            for station in stations
        ),
        key=lambda equipment: equipment.code,
    )
