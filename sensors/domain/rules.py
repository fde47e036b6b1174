"""Alarm rules as values. Most are made from data (``rule_making``), some are written out (``hazards``).

A rule looks at one of four things: the values of one point, its last values (a trend), the sliding rain sums of a
gauge, or the points of one station that were observed at the same moment. Limits count from the number on (以上
includes it).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any

from .alarms import NONE, Belief, Delays, Judged
from .samples import RainAmount

VALUE, TREND, RAIN, TOGETHER = "value", "trend", "rain", "together"

# A value, a trail of (time, value) up to now, the rain sums by window, or the values by channel: as ``looks_at`` names.
Given = Any
Judge = Callable[[datetime, Given, Belief], Judged | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A limit as it is drawn beside readings: of which channel ("": the rule's own point), in which months."""

    channel: str
    level: int
    limit: float
    months: tuple[int, ...]
    window: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``judge`` answers None where a moment tells nothing about the rule.

    ``calm_below``: values of a VALUE rule under it neither reach nor hold any level, so nobody need ask.
    ``inputs``: the channels a TOGETHER rule reads. ``reach``: how far back the trail of a TREND rule goes.
    """

    name: str
    looks_at: str
    delays: Delays
    judge: Judge
    calm_below: float = -inf
    inputs: frozenset[str] = frozenset()
    reach: timedelta = timedelta()
    lines: tuple[Line, ...] = ()


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

    clear_after: timedelta
    ring_within: timedelta  # older than this when it comes in, a reading rings no bell
    look_back: timedelta
    values: Mapping[str, Any] = field(default_factory=dict)  # of the parameters that rules may name
    rules: Any = None  # those in force (``services.rulebook.InForce``)
    gas: Mapping[str, tuple[float, ...]] = field(
        default_factory=dict
    )  # by quantity: blue, yellow, orange, red
    hazard_levels: Mapping[str, int] = field(default_factory=dict)  # rule name → level


def window_that_explains(
    windows: Sequence[tuple[str, tuple[Tier, ...]]], sums: Mapping[str, RainAmount], level: int
) -> tuple[str, float]:
    """The rain window that best explains ``level``, and its limit: the sum that is furthest up to that limit."""
    having = [
        (sums[window].mm / step.limit, window, step.limit)
        for window, steps in windows
        if window in sums
        for step in steps
        if step.level == level
    ]
    if not having:  # a level that no window names was passed over; tell of any
        having = [(sums[w].mm / s[-1].limit, w, s[-1].limit) for w, s in windows if w in sums and s]
    _, window, limit = max(having)
    return window, limit
