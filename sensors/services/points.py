"""The rules in force at each point, kept per process so that a normal reading costs no query."""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.timezone import get_default_timezone

from command_center.core.now import now
from command_center.core.parameters import values

from ..domain import hazards, vehicles
from ..domain.rule_language import RAIN_POINTS
from ..domain.rule_making import Place, holds_at, make
from ..domain.rules import Limits, Rule
from ..domain.words import GASES
from ..models import Sensor, Station
from .rulebook import Ruled, in_force

READ_AGAIN_S = 30.0  # changed facts of a station are in force in every process within this time


@dataclass(frozen=True, slots=True)
class Site:
    """One station as the rules see it. ``sensors``: channel → sensor id; ``rules`` join several points."""

    id: UUID
    area_path: str
    department_id: int | None
    sensors: Mapping[str, int]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, station: Station) -> "Site":
        """A station to tell an alarm about, where its points and its rules play no part."""
        return cls(station.pk, station.area_path, station.department_id, {}, ())


@dataclass(frozen=True, slots=True)
class Point:
    sensor_id: int
    channel: str
    site: Site
    rules: tuple[Rule, ...]  # about this point alone
    joined: bool = False  # by a rule of the site


_known: dict[int, Point] = {}
_made_of: dict[UUID, tuple[Limits, Any, list[Point]]] = {}  # by station: its points and what they follow from
_read_at = 0.0
_made_from: Limits | None = None
_guard = threading.Lock()


def limits_in_force(at: datetime | None = None) -> Limits:
    """The rules at the hall's time ``at`` (None: now) and the parameters as they are, in one query or two."""
    rules = in_force(at or now())
    v = values([*_NAMES, *rules.parameters])
    return Limits(
        clear_after=timedelta(minutes=v["alarm.clear_after"]),
        ring_within=timedelta(minutes=v["alarm.ring_within"]),
        look_back=timedelta(hours=v["alarm.look_back"]),
        values=v,
        rules=rules,
        gas={quantity: v[f"gas.{quantity}.tiers"] for quantity in _GASES},
        hazard_levels={name: v[f"{name}.level"] for name in _HAZARD_RULES},
    )


_GASES = tuple(quantity for quantity in GASES if quantity != "methane")  # judged as a combustible gas
_HAZARD_RULES = ("gas.over_range", "fire.alarm", "fire.fault", *vehicles.RULES)
_NAMES = [
    "alarm.clear_after",
    "alarm.ring_within",
    "alarm.look_back",
    "alarm.chatter_hold",
    "rain.complete_share",
    "vehicle.fence_samples",
    "vehicle.fence_delay",
    *(f"gas.{quantity}.tiers" for quantity in _GASES),
    *(f"{name}.level" for name in _HAZARD_RULES),
]


def points(sensor_ids: Collection[int], limits: Limits) -> Mapping[int, Point]:
    """The points of ``sensor_ids`` and their rules under ``limits``. At most one query; often none."""
    global _read_at, _made_from
    passed = time.monotonic()
    with _guard:
        if _made_from is None or limits != _made_from:
            _made_from = limits
            _known.clear()
        limits = _made_from  # the same object as long as nothing changes
        if passed - _read_at > READ_AGAIN_S:
            _known.clear()
            _read_at = passed
        found = {sensor_id: _known[sensor_id] for sensor_id in sensor_ids if sensor_id in _known}
    if missing := [sensor_id for sensor_id in sensor_ids if sensor_id not in found]:
        read = _read(missing, limits)
        with _guard:
            _known.update(read)
        found |= {sensor_id: read[sensor_id] for sensor_id in missing if sensor_id in read}
    return found


def forget() -> None:
    """Read every point again when it is next asked for."""
    with _guard:
        _known.clear()
        _made_of.clear()


_STATION = ("code", "kind", "area_path", "department_id", "in_service", "facts")
_SENSOR = ("pk", "channel", "quantity", "name", "facts")


def _read(sensor_ids: Collection[int], limits: Limits) -> dict[int, Point]:
    stations = Sensor.objects.filter(pk__in=sensor_ids).values("station")
    of_station = (f"station__{name}" for name in _STATION)
    rows = Sensor.objects.filter(station__in=stations).select_related("station").order_by("pk")
    by_station: dict[UUID, list[Sensor]] = {}
    for sensor in rows.only("station", *_SENSOR, *of_station):
        by_station.setdefault(sensor.station_id, []).append(sensor)
    found: dict[int, Point] = {}
    for sensors in by_station.values():
        station = sensors[0].station
        facts = _values(station, _STATION), [_values(sensor, _SENSOR) for sensor in sensors]
        kept = _made_of.get(station.pk)
        # Making the rules anew is nine tenths of the cost, and most stations are as they were.
        if kept is None or kept[0] is not limits or kept[1] != facts:
            kept = _made_of[station.pk] = limits, facts, _points(station, sensors, limits)
        found.update((point.sensor_id, point) for point in kept[2])
    return found


def _values(row: Any, names: Iterable[str]) -> list[Any]:
    return [getattr(row, name) for name in names]


def _points(station: Station, sensors: Sequence[Sensor], limits: Limits) -> list[Point]:
    """The points of one station with their rules."""
    site = Site(
        id=station.pk,
        area_path=station.area_path,
        department_id=station.department_id,
        sensors={sensor.channel: sensor.pk for sensor in sensors},
        rules=_joining(station, sensors, limits) if station.in_service else (),
    )
    joined = frozenset().union(*(rule.inputs for rule in site.rules))
    return [
        Point(
            sensor.pk,
            sensor.channel,
            site,
            _alone(station, sensor, sensors, limits) if station.in_service else (),
            sensor.channel in joined,
        )
        for sensor in sensors
    ]


def _alone(station: Station, sensor: Sensor, all_: Sequence[Sensor], limits: Limits) -> tuple[Rule, ...]:
    """Rules about one point: by its quantity, each alarm once."""
    quantity = RAIN_POINTS if sensor.quantity.startswith("rain_") else sensor.quantity
    made = _made(limits.rules.by_quantity.get(quantity, ()), station, all_, sensor, limits)
    return tuple((_written_out(station, sensor, limits) | made).values())


def _joining(station: Station, sensors: Sequence[Sensor], limits: Limits) -> tuple[Rule, ...]:
    """Rules that look at several points of one station at the same moment."""
    return tuple(_made(limits.rules.by_quantity.get(None, ()), station, sensors, None, limits).values())


def _made(
    ruled: Iterable[Ruled], station: Station, sensors: Sequence[Sensor], own: Sensor | None, limits: Limits
) -> dict[str, Rule]:
    """The rules at a place by their alarm. Of several for one alarm the narrowest holds, also where it is off."""
    place = place_of(station, sensors, own, limits)
    made = {
        alarm: make(alarm, one.definition, place, labels=one.names)
        for alarm, one in holding(ruled, station, own).items()
    }
    return {alarm: rule for alarm, rule in made.items() if rule is not None}


def holding(ruled: Iterable[Ruled], station: Station, own: Sensor | None) -> dict[str, Ruled]:
    """Which of ``ruled``, the narrowest first, holds for each alarm at a point (None: at the station)."""
    found: dict[str, Ruled] = {}
    facts = station.facts if own is None else {**station.facts, **own.facts}
    for one in ruled:
        if one.alarm not in found and holds_at(
            one.definition, kind=station.kind, code=station.code, area_path=station.area_path, facts=facts
        ):
            found[one.alarm] = one
    return found


def place_of(station: Station, sensors: Sequence[Sensor], own: Sensor | None, limits: Limits) -> Place:
    return Place(
        values=limits.values,
        local=get_default_timezone(),
        facts=station.facts,
        channels={sensor.channel: sensor.quantity for sensor in sensors},
        quantity="" if own is None else own.quantity,
        own_facts={} if own is None else own.facts,
    )


def _written_out(station: Station, sensor: Sensor, limits: Limits) -> dict[str, Rule]:
    """Rules that are not data: what detectors and fire hosts tell in bits."""
    of: dict[str, Any] = {
        "fire_alarm": lambda: hazards.host_fire(sensor.name, limits),
        "fire_device_state": lambda: hazards.device_fault(sensor.name, limits),
        "vehicle_alarm": lambda: vehicles.alarm(sensor.channel, limits),
    }
    if station.kind == Station.Kind.GAS_MONITOR:  # at a chimney the same gas is no danger to people
        of |= {quantity: lambda: hazards.gas(sensor.quantity, limits) for quantity in GASES}
        of["measuring_flag"] = lambda: hazards.over_range(limits)
    if sensor.quantity in ("fire_part_state", "fire_system_state"):
        return {rule.name: rule for rule in hazards.fire(sensor.name, limits)}
    rule = of[sensor.quantity]() if sensor.quantity in of else None
    return {} if rule is None else {rule.name: rule}
