"""Derived alarms of a pump station (handbook 2.3). Pure.

What joins several points looks only at what was observed at the same moment: one poll of one station.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from . import words
from .alarms import NONE, Belief, Delays, Judged
from .rules import TOGETHER, VALUE, Limits, Rule

FOREBAY, SCREEN = "forebay_level", "screen_head_loss"


def should_run(facts: Mapping[str, Any], running: frozenset[str], limits: Limits) -> Rule | None:
    """应开未开: forebay at or above the start level for some minutes and no pump running."""
    start, level = facts.get("start_level_m"), limits.pump_levels["pump.should_run"]
    if start is None or not level or not running:
        return None

    def judge(at: datetime, row: Mapping[str, float], belief: Belief) -> Judged | None:
        known = [row[channel] for channel in running if channel in row]
        if FOREBAY not in row or not known:
            return None
        forebay, idle = row[FOREBAY], not any(known)

        def told(_: int) -> dict[str, Any]:
            return words.facts(words.SHOULD_RUN, "m", value=round(forebay, 2), limit=start)

        reached = level if idle and forebay >= start else NONE
        held = level if idle and forebay >= round(start - limits.pump_dead_band_m, 6) else NONE
        return Judged(at, reached, held, forebay, forebay, told)

    delays = Delays(raise_after=limits.pump_should_run_delay, clear_after=timedelta())
    return Rule("pump.should_run", TOGETHER, delays, judge, inputs=running | {FOREBAY})


def dry_run(facts: Mapping[str, Any], running: frozenset[str], limits: Limits) -> Rule | None:
    """A pump runs while the forebay is at or below the stop level."""
    stop, level = facts.get("stop_level_m"), limits.pump_levels["pump.dry_run"]
    if stop is None or not level or not running:
        return None

    def judge(at: datetime, row: Mapping[str, float], belief: Belief) -> Judged | None:
        if FOREBAY not in row or not any(channel in row for channel in running):
            return None
        forebay = row[FOREBAY]
        pumps = sorted(_number(channel) for channel in running if row.get(channel))

        def told(_: int) -> dict[str, Any]:
            names = ", ".join(str(number) for number in pumps)
            return words.facts(words.DRY_RUN, "m", value=round(forebay, 2), limit=stop, pumps=names)

        reached = level if pumps and forebay <= stop else NONE
        held = level if pumps and forebay <= round(stop + limits.pump_dead_band_m, 6) else NONE
        return Judged(at, reached, held, forebay, -forebay, told)

    return Rule("pump.dry_run", TOGETHER, limits.delays, judge, inputs=running | {FOREBAY})


def overload(facts: Mapping[str, Any], limits: Limits) -> Rule | None:
    """Current above 110 % of the rated one. ``facts``: the point's; two samples, as starting draws more."""
    rated, level = facts.get("rated_current_a"), limits.pump_levels["pump.overload"]
    if not rated or not level:
        return None
    limit = round(rated * limits.pump_overcurrent_ratio, 6)
    rest = round(rated * (limits.pump_overcurrent_ratio - 0.05), 6)  # dead-band: 5 % of the rated current

    def judge(at: datetime, current_a: float, belief: Belief) -> Judged:
        def told(_: int) -> dict[str, Any]:
            current = round(current_a, 1)
            return words.facts(
                words.OVERLOAD, "A", pump=facts.get("pump"), value=current, limit=limit, rated=rated
            )

        reached, held = (level if current_a > limit else NONE), (level if current_a > rest else NONE)
        return Judged(at, reached, held, current_a, current_a, told)

    return Rule("pump.overload", VALUE, limits.delays, judge, calm_below=rest)


def blocked_screen(limits: Limits) -> Rule | None:
    """Head loss over the screen: what was washed down holds the water back."""
    level, limit = limits.pump_levels["pump.blocked_screen"], limits.pump_screen_loss_m
    if not level:
        return None
    rest = round(limit * 0.8, 6)  # dead-band: a fifth, so that a screen half cleaned does not flap

    def judge(at: datetime, loss_m: float, belief: Belief) -> Judged:
        def told(_: int) -> dict[str, Any]:
            return words.facts(words.BLOCKED_SCREEN, "m", value=round(loss_m, 2), limit=limit)

        reached, held = (level if loss_m > limit else NONE), (level if loss_m > rest else NONE)
        return Judged(at, reached, held, loss_m, loss_m, told)

    return Rule("pump.blocked_screen", VALUE, limits.delays, judge, calm_below=rest)


def fault(facts: Mapping[str, Any], limits: Limits) -> Rule | None:
    """The pump's own fault code; 0 is none. ``facts``: the point's."""
    level = limits.pump_levels["pump.fault"]
    if not level:
        return None

    def judge(at: datetime, code: float, belief: Belief) -> Judged:
        def told(_: int) -> dict[str, Any]:
            return words.facts(words.PUMP_FAULT, "", pump=facts.get("pump"), value=round(code))

        now = level if code else NONE
        return Judged(at, now, now, code, code, told)

    return Rule("pump.fault", VALUE, Delays(), judge, calm_below=0.5)


def _number(channel: str) -> int:
    """3 of "pump3.running"."""
    return int(channel.removeprefix("pump").partition(".")[0])
