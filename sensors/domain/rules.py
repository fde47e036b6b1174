"""The alarm rules of the field (handbook 2.1, 2.2, 2.4), as values made from parameters and a station's facts.

A rule looks at one of three things: the values of one point, the sliding rain sums of a gauge, or the points
of one station that were observed at the same moment. Limits count from the number on (以上 includes it).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any

from . import words
from .alarms import NONE, Belief, Delays, Judged
from .samples import RainAmount

VALUE, RAIN, TOGETHER = "value", "rain", "together"

Given = Any  # a value, the rain sums by window, or the values by channel: what the rule's ``looks_at`` names
Judge = Callable[[datetime, Given, Belief], Judged | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """``judge`` answers None where a moment tells nothing about the rule.

    ``calm_below``: values of a VALUE rule under it neither reach nor hold any level, so nobody need ask.
    ``inputs``: the channels a TOGETHER rule reads.
    """

    name: str
    looks_at: str
    delays: Delays
    judge: Judge
    calm_below: float = -inf
    inputs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tier:
    level: int
    limit: float


def tiers(limits: Sequence[float]) -> tuple[Tier, ...]:
    """Limits for blue, yellow, orange and red, in this order; 0 leaves a level out."""
    return tuple(Tier(level, limit) for level, limit in zip((4, 3, 2, 1), limits, strict=True) if limit > 0)


def level_at(value: float, steps: Sequence[Tier], dead_band: float = 0.0) -> int:
    """The most severe level whose limit, less the dead-band, is met."""
    return min((step.level for step in steps if value >= round(step.limit - dead_band, 6)), default=NONE)


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters in force, as the rules take them. Levels are 1 (red) to 4 (blue); 0 switches a rule off."""

    ponding_road_cm: tuple[float, ...]  # blue, yellow, orange, red
    ponding_home_cm: tuple[float, ...]
    ponding_dead_band_cm: float
    river_near_m: float
    river_rise_m: float
    river_dead_band_m: float
    rain_mm: Mapping[str, tuple[float, ...]]  # by window: blue, yellow, orange, red
    rain_dead_band_mm: float
    rain_complete: float
    raise_samples: int
    clear_after: timedelta
    ring_within: timedelta  # older than this when it comes in, a reading rings no bell
    look_back: timedelta
    pump_should_run_delay: timedelta
    pump_overcurrent_ratio: float
    pump_screen_loss_m: float
    pump_dead_band_m: float
    pump_levels: Mapping[str, int]  # rule name → level
    gas: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # blue, yellow, orange, red
    hazard_levels: Mapping[str, int] = field(default_factory=dict)  # rule name → level

    @property
    def delays(self) -> Delays:
        return Delays(raise_samples=self.raise_samples, clear_after=self.clear_after)


def ponding(facts: Mapping[str, Any], limits: Limits) -> Rule:
    """Handbook 2.1: depth in cm against the tiers of a road or a neighbourhood; tier 关注 is no alarm."""
    home = facts.get("site") == "home"
    steps = tiers(limits.ponding_home_cm if home else limits.ponding_road_cm)
    band = limits.ponding_dead_band_cm

    def judge(at: datetime, depth_cm: float, belief: Belief) -> Judged:
        def told(level: int) -> dict[str, Any]:
            limit = next(step.limit for step in steps if step.level == level)
            return words.facts(words.PONDING, "cm", value=round(depth_cm), limit=limit)

        reached, held = level_at(depth_cm, steps), level_at(depth_cm, steps, band)
        return Judged(at, reached, held, depth_cm, depth_cm, told)

    calm = min((step.limit for step in steps), default=inf) - band
    return Rule("ponding.depth", VALUE, limits.delays, judge, calm)


def river(facts: Mapping[str, Any], limits: Limits) -> Rule | None:
    """Handbook 2.2: from the guaranteed level red, from the warning level orange, near it and rising yellow."""
    warning, guaranteed = facts.get("warning_level_m"), facts.get("guaranteed_level_m")
    if warning is None:
        return None
    near = round(warning - limits.river_near_m, 6)
    steps = (Tier(3, near), Tier(2, warning), *([] if guaranteed is None else [Tier(1, guaranteed)]))
    band = limits.river_dead_band_m

    def judge(at: datetime, level_m: float, belief: Belief) -> Judged:
        def told(level: int) -> dict[str, Any]:
            limit = next((step.limit for step in steps if step.level == level and level < 3), warning)
            if level == 3:
                sentence = words.NEAR_WARNING
            elif level_m < limit:  # on the way down, within the delay
                sentence = words.RIVER_FALLING
            else:
                sentence = words.ABOVE_GUARANTEED if level == 1 else words.ABOVE_WARNING
            margin = round(level_m - limit, 2)
            return words.facts(sentence, "m", value=round(level_m, 2), limit=limit, margin=margin)

        reached, held = level_at(level_m, steps), level_at(level_m, steps, band)
        # no last value: the reading before was below the zone, so the water has come up into it
        if reached == 3 and belief.last is not None and round(level_m - belief.last, 6) < limits.river_rise_m:
            reached = NONE
        return Judged(at, reached, held, level_m, level_m, told)

    return Rule("river.level", VALUE, limits.delays, judge, near - band)


def rain(limits: Limits) -> Rule:
    """Handbook 2.4 and 1.2: the most severe level over several windows, as one alarm of the gauge.

    A sum with data missing is the least that can have fallen: it counts, and the alarm says so.
    """
    windows = {window: tiers(row) for window, row in limits.rain_mm.items()}
    band = limits.rain_dead_band_mm

    def judge(at: datetime, sums: Mapping[str, RainAmount], belief: Belief) -> Judged | None:
        known = [(sums[window].mm, steps) for window, steps in windows.items() if window in sums and steps]
        if not known:
            return None
        reached = min(level_at(mm, steps) for mm, steps in known)
        held = min(level_at(mm, steps, band) for mm, steps in known)
        value, weight = known[0][0], 0.0
        if reached < NONE:  # sums of different windows compare by what they amount to, then by mm
            value = sums[_window(windows, sums, reached)[0]].mm
            weight = (NONE - reached) * 1e6 + value

        def told(level: int) -> dict[str, Any]:
            window, limit = _window(windows, sums, level)
            amount = sums[window]
            whole = amount.complete >= limits.rain_complete
            sentence = words.RAIN if whole else words.RAIN_INCOMPLETE
            return words.facts(
                sentence,
                "mm",
                value=round(amount.mm, 1),
                limit=limit,
                hours=int(window.removesuffix("h")),
                complete=round(amount.complete, 3),
            )

        return Judged(at, reached, held, value, weight, told)

    return Rule("rain.amount", RAIN, Delays(1, clear_after=limits.clear_after), judge)


def _window(
    windows: Mapping[str, tuple[Tier, ...]], sums: Mapping[str, RainAmount], level: int
) -> tuple[str, float]:
    """The window that best explains ``level``: the one whose sum is furthest up to that level's limit."""
    having = [
        (sums[window].mm / step.limit, window, step.limit)
        for window, steps in windows.items()
        if window in sums
        for step in steps
        if step.level == level
    ]
    if not having:  # a level that no window names was passed over; tell of any
        having = [(sums[w].mm / s[-1].limit, w, s[-1].limit) for w, s in windows.items() if w in sums and s]
    _, window, limit = max(having)
    return window, limit
