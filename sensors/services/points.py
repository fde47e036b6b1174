"""The rules in force at each point, kept per process so that a normal reading costs no query."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from command_center.core.parameters import values

from ..domain import hazards, pumps, rules
from ..domain.rules import Limits, Rule
from ..domain.words import GASES
from ..models import Sensor, Station

READ_AGAIN_S = 30.0  # changed facts of a station are in force in every process within this time


@dataclass(frozen=True, slots=True)
class Site:
    """One station as the rules see it. ``sensors``: channel → sensor id; ``rules`` join several points."""

    id: UUID
    area_path: str
    department_id: int | None
    sensors: Mapping[str, int]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Point:
    sensor_id: int
    channel: str
    site: Site
    rules: tuple[Rule, ...]  # about this point alone


_known: dict[int, Point] = {}
_read_at = 0.0
_made_from: Limits | None = None
_guard = threading.Lock()


def limits_in_force() -> Limits:
    """The parameters of the rules, in one query."""
    v = values(_NAMES)
    return Limits(
        ponding_road_cm=v["flood.ponding.road.tiers"],
        ponding_home_cm=v["flood.ponding.home.tiers"],
        ponding_dead_band_cm=v["flood.ponding.clear_hysteresis"],
        river_near_m=v["river.near_warning_margin"],
        river_rise_m=v["river.rise"],
        river_dead_band_m=v["river.clear_hysteresis"],
        rain_mm={window: v[f"rain.{window}.tiers"] for window in _WINDOWS},
        rain_dead_band_mm=v["rain.clear_hysteresis"],
        rain_complete=v["rain.complete_share"],
        raise_samples=v["alarm.raise_samples"],
        clear_after=timedelta(minutes=v["alarm.clear_after"]),
        ring_within=timedelta(minutes=v["alarm.ring_within"]),
        look_back=timedelta(hours=v["alarm.look_back"]),
        pump_should_run_delay=timedelta(minutes=v["pump.should_run_delay"]),
        pump_overcurrent_ratio=v["pump.overcurrent_ratio"],
        pump_screen_loss_m=v["pump.screen_loss"],
        pump_dead_band_m=v["pump.clear_hysteresis"],
        pump_levels={name: v[f"{name}.level"] for name in _PUMP_RULES},
        gas={quantity: v[f"gas.{quantity}.tiers"] for quantity in _GASES},
        hazard_levels={name: v[f"{name}.level"] for name in _HAZARD_RULES},
    )


_WINDOWS = ("1h", "3h", "6h", "12h")
_PUMP_RULES = ("pump.should_run", "pump.dry_run", "pump.overload", "pump.blocked_screen", "pump.fault")
_GASES = tuple(quantity for quantity in GASES if quantity != "methane")  # judged as a combustible gas
_HAZARD_RULES = ("gas.over_range", "fire.alarm", "fire.fault")
_NAMES = [
    "flood.ponding.road.tiers",
    "flood.ponding.home.tiers",
    "flood.ponding.clear_hysteresis",
    "river.near_warning_margin",
    "river.rise",
    "river.clear_hysteresis",
    *(f"rain.{window}.tiers" for window in _WINDOWS),
    "rain.clear_hysteresis",
    "rain.complete_share",
    "alarm.raise_samples",
    "alarm.clear_after",
    "alarm.ring_within",
    "alarm.look_back",
    "pump.should_run_delay",
    "pump.overcurrent_ratio",
    "pump.screen_loss",
    "pump.clear_hysteresis",
    *(f"{name}.level" for name in _PUMP_RULES),
    *(f"gas.{quantity}.tiers" for quantity in _GASES),
    *(f"{name}.level" for name in _HAZARD_RULES),
]


def points(sensor_ids: Collection[int], limits: Limits) -> Mapping[int, Point]:
    """The points of ``sensor_ids`` and their rules under ``limits``. At most one query; often none."""
    global _read_at, _made_from
    now = time.monotonic()
    with _guard:
        if now - _read_at > READ_AGAIN_S or limits != _made_from:
            _known.clear()
            _read_at, _made_from = now, limits
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


def _read(sensor_ids: Collection[int], limits: Limits) -> dict[int, Point]:
    stations = Sensor.objects.filter(pk__in=sensor_ids).values("station")
    by_station: dict[UUID, list[Sensor]] = {}
    for sensor in Sensor.objects.filter(station__in=stations).select_related("station").order_by("pk"):
        by_station.setdefault(sensor.station_id, []).append(sensor)
    found = {}
    for sensors in by_station.values():
        station = sensors[0].station
        site = Site(
            id=station.pk,
            area_path=station.area_path,
            department_id=station.department_id,
            sensors={sensor.channel: sensor.pk for sensor in sensors},
            rules=_joining(station, sensors, limits) if station.in_service else (),
        )
        for sensor in sensors:
            own = _alone(station, sensor, limits) if station.in_service else ()
            found[sensor.pk] = Point(sensor.pk, sensor.channel, site, own)
    return found


def _alone(station: Station, sensor: Sensor, limits: Limits) -> tuple[Rule, ...]:
    """Rules about one point: by its quantity."""
    of: dict[str, Any] = {
        "ponding_depth": lambda: rules.ponding(station.facts, limits),
        "water_level": lambda: rules.river(station.facts, limits),
        "screen_head_loss": lambda: pumps.blocked_screen(limits),
        "pump_current": lambda: pumps.overload(sensor.facts, limits),
        "pump_fault": lambda: pumps.fault(sensor.facts, limits),
        "fire_alarm": lambda: hazards.host_fire(sensor.name, limits),
    }
    if station.kind == Station.Kind.GAS_MONITOR:  # at a chimney the same gas is no danger to people
        of |= {quantity: lambda: hazards.gas(sensor.quantity, limits) for quantity in GASES}
        of["measuring_flag"] = lambda: hazards.over_range(limits)
    if sensor.quantity.startswith("rain_"):
        return (rules.rain(limits),)
    if sensor.quantity in ("fire_part_state", "fire_system_state"):
        return tuple(hazards.fire(sensor.name, limits))
    rule = of[sensor.quantity]() if sensor.quantity in of else None
    return () if rule is None else (rule,)


def _joining(station: Station, sensors: list[Sensor], limits: Limits) -> tuple[Rule, ...]:
    """Rules that look at several points of one station at the same moment."""
    if station.kind != Station.Kind.PUMP_STATION:
        return ()
    running = frozenset(sensor.channel for sensor in sensors if sensor.quantity == "pump_running")
    made = (pumps.should_run(station.facts, running, limits), pumps.dry_run(station.facts, running, limits))
    return tuple(rule for rule in made if rule is not None)
