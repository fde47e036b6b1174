"""Where the rain goes: streets, sewers, forebays, pumps, rivers. Plain numbers in steps of one minute, no clock, no dice
while it runs; every cubic metre is accounted for (:meth:`District.balance`).

- A catchment's runoff passes a linear reservoir (its concentration time) before it arrives.
- At a ponding site the sewer takes what its inlets can; the rest stands in the low spot and drains when the rain eases.
- Sewers run to the nearest storm pump station. A forebay near its overflow level holds the sewers back, so water that is
  not pumped stays in the street.
- Pumps start one after the other between start and warning level and stop, last first, down to the stop level.
- A river's basin answers with Nash's unit hydrograph (two equal linear reservoirs); pumped water joins the nearest river.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

POND_BRIM_CM = 130.0
"""Deeper, the water finds its way overland."""
RAIN_GAUGES_USED = 3


def shares(lon: float, lat: float, gauges: Sequence[tuple[float, float]]) -> tuple[tuple[int, float], ...]:
    """(gauge, weight) of the nearest gauges by inverse squared distance; the weights add up to 1."""
    squeeze = math.cos(math.radians(lat))
    near = sorted((((x - lon) * squeeze) ** 2 + (y - lat) ** 2, n) for n, (x, y) in enumerate(gauges))
    near = near[:RAIN_GAUGES_USED]
    weights = [(n, 1 / max(square, 1e-9)) for square, n in near]
    total = sum(weight for _, weight in weights)
    return tuple((n, weight / total) for n, weight in weights)


@dataclass(slots=True)
class Catchment:
    """``area_m2`` is the effective area: what runs off, not what it measures on the map."""

    rain: tuple[tuple[int, float], ...]
    area_m2: float
    concentration_min: float
    held_m3: float = 0.0

    def step(self, rates_mm_h: Sequence[float]) -> tuple[float, float]:
        """One minute: (m³ of rain that fell, m³ that arrive)."""
        fell = sum(rates_mm_h[n] * weight for n, weight in self.rain) / 60 / 1000 * self.area_m2
        self.held_m3 += fell
        arrives = self.held_m3 * (1 - math.exp(-1 / self.concentration_min))
        self.held_m3 -= arrives
        return fell, arrives


@dataclass(slots=True)
class Pond:
    """A low spot: ``inlet_m3_min`` is what its sewer inlets can take, ``floor_m2`` where the water stands."""

    catchment: Catchment
    floor_m2: float
    inlet_m3_min: float
    station: int | None
    """The storm pump station its sewer runs to."""
    stands_m3: float = 0.0

    @property
    def depth_cm(self) -> float:
        return self.stands_m3 / self.floor_m2 * 100

    def step(self, rates_mm_h: Sequence[float], freedom: float) -> tuple[float, float, float]:
        """One minute: m³ (fell, into the sewer, lost overland and into the ground). ``freedom`` 0–1: of the sewer."""
        fell, arrives = self.catchment.step(rates_mm_h)
        self.stands_m3 += arrives
        drained = min(self.stands_m3, self.inlet_m3_min * freedom)
        self.stands_m3 -= drained
        seeps = min(self.stands_m3, self.floor_m2 * 0.00002)  # 1.2 mm an hour
        spills = max(0.0, self.stands_m3 - seeps - POND_BRIM_CM / 100 * self.floor_m2)
        self.stands_m3 -= seeps + spills
        return fell, drained, seeps + spills


@dataclass(slots=True)
class Levels:
    """Of a forebay, in m: floor < stop < start < warning < overflow."""

    stop_m: float
    start_m: float
    warning_m: float
    overflow_m: float

    @property
    def floor_m(self) -> float:
        return self.stop_m - 1.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What is wrong with a station's pumps at the moment (planned by ``faults.py``)."""

    stuck: bool = False
    """Nothing starts, though it should."""
    tripped: frozenset[int] = frozenset()
    """Pumps that are out with a fault."""
    runs_on: frozenset[int] = frozenset()
    """Pumps that do not stop at the stop level."""
    overloaded: frozenset[int] = frozenset()
    blocked: bool = False
    """The screen is full of leaves."""


NOTHING_WRONG = Orders()


@dataclass(slots=True)
class PumpHouse:
    """A pump station. ``pump_m3_min`` is one pump's capacity; ``base_m3_min`` flows in day and night (sewage)."""

    catchment: Catchment
    levels: Levels
    floor_m2: float
    pumps: tuple[int, ...]
    pump_m3_min: float
    base_m3_min: float
    river: int | None
    storm: bool
    stored_m3: float = 0.0
    wanted: int = 0
    running: set[int] = field(default_factory=set)
    flow_m3_min: float = 0.0
    orders: Orders = NOTHING_WRONG

    @property
    def level_m(self) -> float:
        return self.levels.floor_m + self.stored_m3 / self.floor_m2

    def volume_at(self, level_m: float) -> float:
        return (level_m - self.levels.floor_m) * self.floor_m2

    @property
    def freedom(self) -> float:
        """How freely the sewers run in: less from the warning level up, not at all at the overflow level."""
        room = self.levels.overflow_m - self.level_m
        return min(1.0, max(0.0, room / max(self.levels.overflow_m - self.levels.warning_m, 0.01)))

    @property
    def head_loss_m(self) -> float:
        load = self.flow_m3_min / (self.pump_m3_min * len(self.pumps)) if self.pumps else 0.0
        return 0.03 + 0.12 * load**2 + (0.05 + 0.55 * math.sqrt(load) if self.orders.blocked else 0.0)

    def step(
        self, rates_mm_h: Sequence[float], sewers_m3: float, minute_of_day: int
    ) -> tuple[float, float, float]:
        """One minute: m³ (fell or flowed in besides the sewers, pumped, overflowed)."""
        fell, arrives = self.catchment.step(rates_mm_h)
        # people rise at seven and come home at seven
        base = self.base_m3_min * (1 + 0.35 * math.sin((minute_of_day - 240) / 1440 * 4 * math.pi))
        self.stored_m3 += arrives + base + sewers_m3
        self.decide()
        lowest = self.levels.stop_m - (0.6 if self.orders.runs_on & self.running else 0.0)
        pumped = min(len(self.running) * self.pump_m3_min, max(0.0, self.stored_m3 - self.volume_at(lowest)))
        over = max(0.0, self.stored_m3 - pumped - self.volume_at(self.levels.overflow_m + 0.3))
        self.stored_m3 -= pumped + over
        self.flow_m3_min = pumped
        return fell + base, pumped, over

    def decide(self) -> None:
        """How many pumps the level asks for (with hysteresis), and which ones run."""
        count, level = len(self.pumps), self.level_m
        if not count:
            return
        rung = (self.levels.warning_m - self.levels.start_m) / count
        fall = (self.levels.start_m - self.levels.stop_m) / count
        while self.wanted < count and level >= self.levels.start_m + self.wanted * rung:
            self.wanted += 1
        # a pump stops before this minute would draw the forebay below its stop level
        while self.wanted and self.stored_m3 - self.wanted * self.pump_m3_min <= self.volume_at(
            self.levels.stop_m + (self.wanted - 1) * fall
        ):
            self.wanted -= 1
        fit = [pump for pump in self.pumps if pump not in self.orders.tripped]
        self.running = (
            set() if self.orders.stuck else set(fit[: self.wanted]) | (self.orders.runs_on & set(fit))
        )


@dataclass(slots=True)
class River:
    """A reach: ``full_mm_h`` of runoff from the basin brings it to its warning level."""

    rain: tuple[tuple[int, float], ...]
    basin_m2: float
    lag_min: float
    base_m: float
    warning_m: float
    full_mm_h: float
    upper_m3: float = 0.0
    lower_m3: float = 0.0

    def step(self, rates_mm_h: Sequence[float], pumped_m3: float) -> tuple[float, float]:
        """One minute: m³ (fell, flowed away)."""
        fell = sum(rates_mm_h[n] * weight for n, weight in self.rain) / 60 / 1000 * self.basin_m2
        share = 1 - math.exp(-1 / self.lag_min)
        self.upper_m3 += fell
        passes = self.upper_m3 * share
        self.upper_m3 -= passes
        self.lower_m3 += passes + pumped_m3
        leaves = self.lower_m3 * share
        self.lower_m3 -= leaves
        return fell, leaves

    @property
    def level_m(self) -> float:
        """A stage–discharge curve: the stage grows with the flow to the power of 0.6 (Manning, wide section)."""
        flow_mm_h = self.lower_m3 / self.lag_min / self.basin_m2 * 1000 * 60
        return self.base_m + (self.warning_m - self.base_m) * (flow_mm_h / self.full_mm_h) ** 0.6


@dataclass
class District:
    """All of it. ``ponds``, ``houses`` and ``rivers`` are keyed by the station's code."""

    ponds: dict[str, Pond]
    houses: dict[str, PumpHouse]
    rivers: dict[str, River]
    came_m3: float = 0.0
    left_m3: float = 0.0

    def __post_init__(self) -> None:
        self._houses, self._rivers = list(self.houses.values()), list(self.rivers.values())
        self._began_m3 = self.stored_m3()

    def step(
        self, rates_mm_h: Sequence[float], minute_of_day: int, orders: Mapping[str, Orders] | None = None
    ) -> None:
        """One minute under this rain (mm/h at each gauge)."""
        for code, house in self.houses.items():
            house.orders = (orders or {}).get(code, NOTHING_WRONG)
        freedom = [house.freedom for house in self._houses]
        sewers = [0.0] * len(self._houses)
        for pond in self.ponds.values():
            fell, drained, lost = pond.step(
                rates_mm_h, 1.0 if pond.station is None else freedom[pond.station]
            )
            self.came_m3 += fell
            self.left_m3 += lost
            if pond.station is None:
                self.left_m3 += drained
            else:
                sewers[pond.station] += drained
        to_rivers = [0.0] * len(self._rivers)
        for n, house in enumerate(self._houses):
            came, pumped, over = house.step(rates_mm_h, sewers[n], minute_of_day)
            self.came_m3 += came
            if house.river is None:
                self.left_m3 += pumped + over
            else:
                to_rivers[house.river] += pumped + over
        for n, river in enumerate(self._rivers):
            fell, left = river.step(rates_mm_h, to_rivers[n])
            self.came_m3 += fell
            self.left_m3 += left

    def stored_m3(self) -> float:
        return (
            sum(pond.stands_m3 + pond.catchment.held_m3 for pond in self.ponds.values())
            + sum(house.stored_m3 + house.catchment.held_m3 for house in self._houses)
            + sum(river.upper_m3 + river.lower_m3 for river in self._rivers)
        )

    def balance(self) -> tuple[float, float, float]:
        """m³ that (came, are stored beyond the beginning, left): the first is the sum of the others."""
        return self.came_m3, self.stored_m3() - self._began_m3, self.left_m3


# --- a plausible district ------------------------------------------------------------------------


def build(equipment: Sequence, *, seed: int = 1) -> District:
    """A district for these stations (see ``equipment.py``). What their facts do not say is drawn from the seed and the
    station's code, so that a station keeps its nature whatever else is simulated."""
    gauges = [(one.lon, one.lat) for one in equipment if one.kind == "rain_gauge"]
    gauges = gauges or [(one.lon, one.lat) for one in equipment[:1]]
    of_kind = {
        kind: [one for one in equipment if one.kind == kind]
        for kind in ("stage_gauge", "pump_station", "ponding_site")
    }
    rivers = {one.code: _river(one, gauges, _dice(seed, one)) for one in of_kind["stage_gauge"]}
    river_places = [(one.lon, one.lat) for one in of_kind["stage_gauge"]]
    stations = of_kind["pump_station"]
    storm_places = [(n, (one.lon, one.lat)) for n, one in enumerate(stations) if _is_storm(one)]
    houses = {one.code: _house(one, gauges, river_places, _dice(seed, one)) for one in stations}
    ponds = {one.code: _pond(one, gauges, storm_places, _dice(seed, one)) for one in of_kind["ponding_site"]}
    return District(ponds, houses, rivers)


def _dice(seed: int, one) -> random.Random:
    return random.Random(f"{seed} {one.code}")


def _is_storm(one) -> bool:
    kinds = {one.facts.get("kind"), *(point.facts.get("kind") for point in one.points)}
    return "sewage" not in kinds


def _nearest(one, places: Sequence[tuple[float, float]]) -> int | None:
    if not places:
        return None
    return min(
        range(len(places)), key=lambda n: (places[n][0] - one.lon) ** 2 + (places[n][1] - one.lat) ** 2
    )


def _pond(one, gauges, stations, dice: random.Random) -> Pond:
    """Most sites cope with a heavy shower; underpasses and the few worst spots do not."""
    underpass, home = bool(one.facts.get("underpass")), one.facts.get("site") == "home"
    area_m2 = dice.uniform(6_000, 30_000)
    poor = underpass or dice.random() < 0.2
    inlet_mm_h = dice.uniform(24, 38) if poor else dice.uniform(38, 85)
    gathers = dice.uniform(10, 16) if underpass else dice.uniform(3, 6) if home else dice.uniform(3.5, 9)
    near = _nearest(one, [place for _, place in stations])
    return Pond(
        Catchment(shares(one.lon, one.lat, gauges), area_m2, dice.uniform(6, 15)),
        floor_m2=area_m2 / gathers,
        inlet_m3_min=inlet_mm_h / 60 / 1000 * area_m2,
        station=None if near is None else stations[near][0],
    )


def _house(one, gauges, rivers, dice: random.Random) -> PumpHouse:
    stop = one.fact_m("stop_level_m", -3.5)
    start = one.fact_m("start_level_m", stop + 1.2)
    warning = one.fact_m("warning_level_m", start + 1.0)
    levels = Levels(stop, start, warning, one.fact_m("overflow_level_m", warning + 1.0))
    storm, count = _is_storm(one), max(1, len(one.pumps))
    pump_m3_min = dice.uniform(50, 80) if storm else dice.uniform(8, 14)
    capacity = pump_m3_min * count
    # a storm station is built for some 36 mm/h of runoff, part of which comes from the ponding sites' streets
    area_m2 = capacity * 60 / 0.036 * 0.6 if storm else capacity * 60 / 0.036 * 0.18
    house = PumpHouse(
        Catchment(shares(one.lon, one.lat, gauges), area_m2, dice.uniform(20, 40)),
        levels,
        floor_m2=max(150.0, 14 * pump_m3_min / max(levels.start_m - levels.stop_m, 0.3)),
        pumps=one.pumps,
        pump_m3_min=pump_m3_min,
        base_m3_min=pump_m3_min * (0.01 if storm else 0.45),
        river=_nearest(one, rivers),
        storm=storm,
    )
    house.stored_m3 = house.volume_at(
        levels.stop_m + dice.uniform(0.2, 0.8) * (levels.start_m - levels.stop_m)
    )
    return house


def _river(one, gauges, dice: random.Random) -> River:
    base = one.fact_m("base_level_m", 3.0)
    return River(
        shares(one.lon, one.lat, gauges),
        basin_m2=dice.uniform(40e6, 70e6),
        lag_min=dice.uniform(50, 110),
        base_m=base,
        warning_m=one.fact_m("warning_level_m", base + 2.2),
        full_mm_h=dice.uniform(14, 36),
    )
