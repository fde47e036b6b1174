"""Vehicles on watch: what their alarms mean, where they can be, and how a terminal's word becomes a reading. Pure.

A terminal repeats its alarm bits with every location; what is kept are the edges. Alarms of active safety begin with a
word and often have no last one: they end when locations have not spoken of them for a while.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any

from . import words
from .alarms import NONE, Belief, Delays, Judged
from .plane import M_PER_DEGREE
from .readings import Fix, Reading
from .rules import VALUE, Limits, Rule

BITS, SAFETY = ("alarm.", "route.", "fence.", "trip."), ("dsm.", "adas.")
OFF = "route.off"
"""Judged by us, from the place and the route in the station's facts; "alarm.off_route" is the terminal's own word."""
DELAYED = (OFF, "fence.no_go", "fence.residential", "fence.speed")
"""Judged from places, which jump: the alarm waits for several in a row, so each place that says so is kept."""
ALARM = "vehicle_alarm"

# rule → what it says, and the channels whose alarms it raises. One alarm a channel: each has its own end.
MEANINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "vehicle.emergency": (words.EMERGENCY_BUTTON, ("alarm.emergency",)),
    "vehicle.accident": (words.ACCIDENT, ("alarm.collision", "alarm.rollover")),
    "vehicle.fatigue": (words.FATIGUE, ("alarm.fatigue", "dsm.fatigue")),
    "vehicle.distraction": (words.DISTRACTION, ("dsm.distraction", "alarm.dangerous")),
    "vehicle.phone": (words.TELEPHONE, ("dsm.phone",)),
    "vehicle.smoking": (words.SMOKING, ("dsm.smoking",)),
    "vehicle.driver_abnormal": (words.DRIVER_ABNORMAL, ("dsm.abnormal",)),
    "vehicle.collision_ahead": (words.COLLISION_AHEAD, ("adas.forward_collision",)),
    "vehicle.off_route": (words.OFF_ROUTE, ("alarm.off_route", OFF)),
    "vehicle.overspeed": (words.OVERSPEED, ("alarm.overspeed",)),
    "vehicle.no_go": (words.NO_GO, ("fence.no_go",)),
    "vehicle.residential": (words.RESIDENTIAL, ("fence.residential",)),
    "vehicle.fence_speed": (words.FENCE_SPEED, ("fence.speed",)),
    "vehicle.stopped": (words.STOPPED_LONG, ("trip.stopped",)),
    "vehicle.load_outside": (words.LOAD_OUTSIDE, ("trip.load_outside",)),
    "vehicle.out_of_hours": (words.OUT_OF_HOURS, ("trip.hours",)),
}
RULES = tuple(MEANINGS)
OF_CHANNEL = {channel: rule for rule, (_, channels) in MEANINGS.items() for channel in channels}
SPOKEN = (
    "vehicle.fatigue", "vehicle.distraction", "vehicle.phone", "vehicle.smoking", "vehicle.overspeed",
    "vehicle.no_go", "vehicle.residential", "vehicle.fence_speed", "vehicle.off_route",
)  # fmt: skip
"""Rules for which the driver can be told something (parameter ``<rule>.text``; empty: nothing is said)."""


def alarm(channel: str, limits: Limits) -> Rule | None:
    """The rule of one alarm channel, or None where no rule knows it or its level is 0."""
    name = OF_CHANNEL.get(channel, "")
    level = limits.hazard_levels.get(name, 0)
    if not level:
        return None
    sentence = MEANINGS[name][0]

    def judge(at: datetime, value: float, belief: Belief) -> Judged:
        now = level if value else NONE
        return Judged(at, now, now, value, value, lambda _: words.facts(sentence, "", value=round(value)))

    delays = Delays()
    if channel in DELAYED:
        seconds = limits.values.get("vehicle.fence_delay", 0)
        delays = Delays(int(limits.values.get("vehicle.fence_samples", 1)), timedelta(seconds=seconds))
    return Rule(name, VALUE, delays, judge, calm_below=0.5)


@dataclass(frozen=True, slots=True)
class Corridor:
    """Where a vehicle may be: within half of ``width_m`` of a line of (lon, lat)."""

    line: tuple[tuple[float, float], ...]
    width_m: float

    def is_off(self, lon: float, lat: float, *, was_off: bool) -> bool:
        """Outside; who was outside is back only when well inside, so that an edge driven along does not flap."""
        return self.metres_from(lon, lat) > self.width_m / 2 * (BACK_INSIDE if was_off else 1.0)

    def metres_from(self, lon: float, lat: float) -> float:
        """Distance to the line, in the plane that touches the earth here; good for tens of kilometres."""
        east = M_PER_DEGREE * cos(radians(lat))
        flat = [((x - lon) * east, (y - lat) * M_PER_DEGREE) for x, y in self.line]
        return min(_to_leg(a, b) for a, b in pairwise(flat))


BACK_INSIDE = 0.8


def _to_leg(a: tuple[float, float], b: tuple[float, float]) -> float:
    """From the origin to the straight leg from ``a`` to ``b``."""
    across, up = b[0] - a[0], b[1] - a[1]
    length = across * across + up * up
    share = 0.0 if not length else min(1.0, max(0.0, -(a[0] * across + a[1] * up) / length))
    return hypot(a[0] + share * across, a[1] + share * up)


def corridor_of(facts: Mapping[str, Any], usual_m: float) -> Corridor | None:
    """The corridor that a station's facts describe (``route``: GeoJSON LineString, ``corridor_m``), or None.

    Facts are typed in by people: what is no line is no corridor.
    """
    route = facts.get("route")
    if not isinstance(route, Mapping) or route.get("type") != "LineString":
        return None
    try:
        line = tuple((float(lon), float(lat)) for lon, lat, *_ in route["coordinates"])
        width_m = float(facts.get("corridor_m") or usual_m)
    except (KeyError, TypeError, ValueError):
        return None
    return Corridor(line, width_m) if len(line) > 1 else None


@dataclass(slots=True)
class Ear:
    """Follows one vehicle's alarm channels: ``seen`` is the newest value of each, with its device time.

    ``hold``: how long an alarm of active safety lasts when nothing ends it.
    """

    seen: dict[str, tuple[float, datetime]]
    hold: timedelta
    corridor: Corridor | None = None

    def places(self, fixes: Iterable[Fix]) -> Iterator[Reading]:
        """Whether each place lies outside the corridor, each judged with what is known by then."""
        for fix in fixes:
            if self.corridor is not None and fix.lon is not None and fix.lat is not None:
                was_off = bool(self.seen.get(OFF, (0.0,))[0])
                off = self.corridor.is_off(fix.lon, fix.lat, was_off=was_off)
                yield Reading(fix.address, OFF, ALARM, float(off), fix.observed_at)

    def edges(self, readings: Iterable[Reading], fixes: Sequence[Fix]) -> list[Reading]:
        """What is worth keeping of a message's readings, and the ends of what nobody speaks of any more.

        A bit that says again what is known is dropped, unless it is late: the history around it may differ.
        """
        kept = []
        for reading in (*readings, *self.places(fixes)):
            if reading.quantity != ALARM or reading.value is None:
                kept.append(reading)
                continue
            before = self.seen.get(reading.channel)
            fresh = before is None or reading.observed_at > before[1]
            if before and fresh and reading.channel.startswith(BITS) and before[0] == reading.value:
                if not (reading.value and reading.channel in DELAYED):
                    continue
            kept.append(reading)
            if fresh:
                self.seen[reading.channel] = (reading.value, reading.observed_at)
        for fix in fixes:
            for channel, (value, since) in self.seen.items():
                if value and channel.startswith(SAFETY) and fix.observed_at >= since + self.hold:
                    kept.append(Reading(fix.address, channel, ALARM, 0.0, fix.observed_at))
                    self.seen[channel] = (0.0, fix.observed_at)
        return kept


@dataclass(frozen=True, slots=True)
class Region:
    """A box in degrees (west, south, east, north) in which a position can be."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    def widened(self, km: float) -> "Region":
        lat_deg = km / 111.2
        lon_deg = lat_deg / max(0.1, cos(radians((self.south + self.north) / 2)))
        return Region(self.west - lon_deg, self.south - lat_deg, self.east + lon_deg, self.north + lat_deg)
