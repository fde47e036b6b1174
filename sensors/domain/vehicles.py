"""Vehicles on watch: what their alarms mean, where they can be, and how a terminal's word becomes a reading. Pure.

A terminal repeats its alarm bits with every location; what is kept are the edges. Alarms of active safety begin with a
word and often have no last one: they end when locations have not spoken of them for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians

from . import words
from .alarms import NONE, Belief, Delays, Judged
from .readings import Fix, Reading
from .rules import VALUE, Limits, Rule

BITS, SAFETY = "alarm.", ("dsm.", "adas.")
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
    "vehicle.off_route": (words.OFF_ROUTE, ("alarm.off_route",)),
    "vehicle.overspeed": (words.OVERSPEED, ("alarm.overspeed",)),
}
RULES = tuple(MEANINGS)
OF_CHANNEL = {channel: rule for rule, (_, channels) in MEANINGS.items() for channel in channels}
SPOKEN = ("vehicle.fatigue", "vehicle.distraction", "vehicle.phone", "vehicle.smoking", "vehicle.overspeed")
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

    return Rule(name, VALUE, Delays(), judge, calm_below=0.5)


@dataclass(slots=True)
class Ear:
    """Follows one vehicle's alarm channels: ``seen`` is the newest value of each, with its device time.

    ``hold``: how long an alarm of active safety lasts when nothing ends it.
    """

    seen: dict[str, tuple[float, datetime]]
    hold: timedelta

    def edges(self, readings: Iterable[Reading], fixes: Iterable[Fix]) -> list[Reading]:
        """What is worth keeping of a message's readings, and the ends of what nobody speaks of any more.

        A bit that says again what is known is dropped, unless it is late: the history around it may differ.
        """
        kept = []
        for reading in readings:
            if reading.quantity != ALARM or reading.value is None:
                kept.append(reading)
                continue
            before = self.seen.get(reading.channel)
            fresh = before is None or reading.observed_at > before[1]
            if before and fresh and reading.channel.startswith(BITS) and before[0] == reading.value:
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
