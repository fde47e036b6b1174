"""A checked definition (``rule_language``) and a place become the rule that judges there. Pure.

Each condition answers a moment with two levels, the one it reaches and the one it holds; one that only says yes or no
answers 1 or NONE, so that "all" is the mildest of its parts, "any" the most severe, and "k of n" the k-th.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from math import inf
from typing import Any

from .alarms import NONE, Belief, Delays, Judged
from .rule_language import (
    COLOURS,
    COMPARISONS,
    PER_S,
    RAIN_POINTS,
    Definition,
    comparison,
    is_absence,
)
from .rule_words import TELLERS, Told
from .rules import RAIN, TOGETHER, TREND, VALUE, Given, Judge, Line, Rule, Tier, window_that_explains
from .samples import RainAmount

Levels = tuple[int, int]  # reached, held
Part = Callable[[datetime, Given, Belief], Levels | None]  # None: the moment tells nothing


@dataclass(frozen=True, slots=True)
class Place:
    """What a rule is made for. ``channels``: channel → quantity of all the station's points; ``values``: parameters."""

    values: Mapping[str, Any]
    local: tzinfo
    facts: Mapping[str, Any] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    quantity: str = ""  # of the rule's own point
    own_facts: Mapping[str, Any] = field(default_factory=dict)


def make(
    name: str, definition: Definition, place: Place, *, labels: Mapping[str, str] | None = None
) -> Rule | None:
    """The rule at ``place``; None where it has nothing to judge there. ``labels``: its name in facts of sentences."""
    if definition.get("off") or is_absence(
        definition
    ):  # missing readings are the clock's (``services.rule_clock``)
        return None
    return _Maker(definition, place).rule(name, labels or {})


def re_alarm_after(definition: Definition, place: Place) -> timedelta | None:
    """After how long an alarm that nobody acknowledged rings again; None: never."""
    minutes = number(definition.get("re_alarm_min", 0), place)
    return timedelta(minutes=minutes) if minutes else None


def number(given: Any, place: Place) -> float | None:
    """A number of the language; None where a fact is not known."""
    found: float | None
    if not isinstance(given, Mapping):
        found = given
    elif "parameter" in given:
        found = place.values[given["parameter"]]
    else:
        found = place.own_facts.get(given["fact"], place.facts.get(given["fact"]))
    if found is None or not isinstance(given, Mapping) or not ("times" in given or "plus" in given):
        return found
    times, plus = number(given.get("times", 1), place), number(given.get("plus", 0), place)
    return None if times is None or plus is None else found * times + plus


def steps(limits: Any, place: Place) -> tuple[Tier, ...]:
    """Limits of one season as levels, the mildest first; a single number is level 1, which stands for "yes"."""
    if isinstance(limits, Mapping) and any(colour in limits for colour in COLOURS):
        row: Any = [number(limits.get(colour), place) for colour in COLOURS]
    else:
        row = limits if isinstance(limits, list) else number(limits, place)
        if not isinstance(row, list | tuple):
            return () if row is None else (Tier(1, round(row, 6)),)
        row = [number(one, place) or None for one in row]
    return tuple(
        Tier(level, round(limit, 6))
        for level, limit in zip((4, 3, 2, 1), row, strict=True)
        if limit is not None
    )


def by_month(limits: Any, place: Place) -> tuple[tuple[Tier, ...], ...]:
    """The levels of January to December. Seasons may run over the new year; the first that fits holds."""
    if not (isinstance(limits, Mapping) and "months" in limits):
        return (steps(limits, place),) * 12
    found = [steps(limits["otherwise"], place)] * 12
    for season in reversed(limits["months"]):
        month = season["from"]
        while True:
            found[month - 1] = steps(season["limits"], place)
            if month == season["to"]:
                break
            month = month % 12 + 1
    return tuple(found)


def waits(definition: Definition, place: Place) -> Delays:
    def of(name: str, default: float) -> float:
        found = number(definition.get(name, default), place)
        return default if found is None else found

    clear_after = timedelta(minutes=of("clear_after_min", 0))
    chatter = int(of("chatter_per_min", 0))
    held = place.values.get("alarm.chatter_hold", 1.0)
    return Delays(
        raise_samples=max(1, int(of("raise_samples", 1))),
        raise_after=timedelta(minutes=of("raise_after_min", 0)),
        clear_after=clear_after,
        chatter=chatter,
        latch_for=max(clear_after, timedelta(minutes=1)) * held if chatter else clear_after,
    )


class _Leaf:
    """A comparison: the scalar it reads, and the limits of each month with their dead-band."""

    def __init__(self, leaf: Mapping[str, Any], place: Place, own: str | None) -> None:
        self.sign, self.strict = COMPARISONS[comparison(leaf)]
        self.window = leaf.get("rain", "")
        self.quantity = leaf.get("quantity", "")
        band = number(leaf.get("dead_band", 0), place) or 0.0
        self.months = by_month(leaf[comparison(leaf)], place)
        self.seasonal = len(set(self.months)) > 1
        self.local = place.local
        self.only_to_raise = leaf.get("only_to_raise", False)
        self._tables = [
            sorted((t.level, t.limit, round(t.limit - self.sign * band, 6)) for t in tiers)
            for tiers in self.months
        ]
        if "channel" in leaf:
            self.channels: tuple[str, ...] = (leaf["channel"],) if leaf["channel"] in place.channels else ()
        elif own is None:
            self.channels = tuple(c for c, quantity in place.channels.items() if quantity == self.quantity)
        else:
            self.channels = ()
        self.alone = own is not None
        self.all_of_them = leaf.get("which") == "every"
        self.change = {"rise": 1.0, "fall": -1.0}.get(leaf.get("change", ""), 0.0)
        self.per_s = PER_S.get(leaf.get("per", ""), 1.0)
        self.over = timedelta(minutes=number(leaf.get("over_min", 0), place) or 0)
        self.read = self._reader()

    @property
    def known(self) -> bool:
        """Whether there is anything to compare, and something to compare it with."""
        return any(self.months) and (self.alone or bool(self.channels))

    @property
    def tiered(self) -> bool:
        return any(len(tiers) > 1 or any(tier.level > 1 for tier in tiers) for tiers in self.months)

    def tiers(self, at: datetime) -> tuple[Tier, ...]:
        return self.months[at.astimezone(self.local).month - 1] if self.seasonal else self.months[0]

    def calm(self) -> float:
        """Values of the point below this neither reach nor hold, in any month."""
        if self.sign < 0 or self.change or self.only_to_raise:
            return -inf
        return min((rest for table in self._tables for _, _, rest in table), default=inf)

    def _reader(self) -> Callable[[Given], float | None]:
        if self.window:
            window = self.window
            return lambda sums: sums[window].mm if window in sums else None
        if self.channels:
            worst = max if (self.sign > 0) != self.all_of_them else min

            def of_several(row: Mapping[str, float]) -> float | None:
                known = [row[channel] for channel in self.channels if channel in row]
                return worst(known) if known else None

            return of_several
        if self.change:
            return self._rate
        return lambda given: given[-1][1] if isinstance(given, tuple) else given

    def _rate(self, trail: Sequence[tuple[datetime, float]]) -> float | None:
        """Change per unit of time over the span; nothing where less than half of it is known."""
        at, value = trail[-1]
        first_at, first = next((one for one in trail if at - one[0] <= self.over), trail[-1])
        span = at - first_at
        if span < self.over / 2:
            return None
        return round(self.change * (value - first) / span.total_seconds() * self.per_s, 6)

    def __call__(self, at: datetime, given: Given, belief: Belief) -> Levels | None:
        value = self.read(given)
        if value is None:
            return None
        table = self._tables[at.astimezone(self.local).month - 1 if self.seasonal else 0]
        reached = held = NONE
        sign, value = self.sign, value * self.sign
        for level, limit, rest in table:  # the most severe first
            if held == NONE and (value > rest * sign if self.strict else value >= rest * sign):
                held = level
            if value > limit * sign if self.strict else value >= limit * sign:
                reached = level
                break
        return reached, 1 if self.only_to_raise else min(held, reached)


def _rising(by: float) -> Part:
    def judge(at: datetime, given: Given, belief: Belief) -> Levels:
        """No last value: the reading before was below the zone, so it has come up into it."""
        value = given[-1][1] if isinstance(given, tuple) else given
        flat = belief.last is not None and round(value - belief.last, 6) < by
        return (NONE if flat else 1), 1

    return judge


def _all(parts: Sequence[Part]) -> Part:
    def judge(at: datetime, given: Given, belief: Belief) -> Levels | None:
        reached = held = 1
        for part in parts:
            found = part(at, given, belief)
            if found is None:
                return None
            reached, held = max(reached, found[0]), max(held, found[1])
        return reached, held

    return judge


def _at_least(count: int, parts: Sequence[Part]) -> Part:
    """The level that ``count`` of the parts are up to. Parts that tell nothing are left out."""

    def judge(at: datetime, given: Given, belief: Belief) -> Levels | None:
        known = [found for part in parts if (found := part(at, given, belief)) is not None]
        if len(known) < count:
            return None
        if count == 1:
            return min(one[0] for one in known), min(one[1] for one in known)
        return sorted(one[0] for one in known)[count - 1], sorted(one[1] for one in known)[count - 1]

    return judge


class _Maker:
    def __init__(self, definition: Definition, place: Place) -> None:
        self.definition, self.place = definition, place
        self.own: str | None = definition["applies"].get("quantity")
        self.leaves: list[_Leaf] = []

    def rule(self, name: str, labels: Mapping[str, str]) -> Rule | None:
        part = self.part(self.definition["when"])
        level = number(self.definition["level"], self.place) if "level" in self.definition else None
        if part is None or level == 0 or not self.leaves:
            return None
        tree, calm = part
        cap = 1 if level is None else int(level)
        delays = waits(self.definition, self.place)
        drawn = tuple(self.drawn(cap))
        if self.own == RAIN_POINTS:
            complete = self.place.values.get("rain.complete_share", 0.8)
            return Rule(name, RAIN, delays, _judge_rain(tree, cap, self.leaves, complete), lines=drawn)
        judge = self.judge(tree, cap, labels)
        if self.own is None:
            inputs = frozenset(channel for leaf in self.leaves for channel in leaf.channels)
            return Rule(name, TOGETHER, delays, judge, inputs=inputs, lines=drawn)
        reach = max((leaf.over for leaf in self.leaves), default=timedelta())
        if reach:
            return Rule(name, TREND, delays, judge, reach=reach, lines=drawn)
        return Rule(name, VALUE, delays, judge, calm_below=calm, lines=drawn)

    def part(self, condition: Mapping[str, Any]) -> tuple[Part, float] | None:
        """The condition's judge and the value below which it is calm; None where it cannot be judged here."""
        for kind in ("all", "any", "of"):
            if kind not in condition:
                continue
            parts = [self.part(one) for one in condition[kind]]
            known = [one for one in parts if one is not None]
            if not known or (kind == "all" and len(known) < len(parts)):
                return None
            judges, calms = [one[0] for one in known], [one[1] for one in known]
            if kind == "all":
                return _all(judges), max(calms)
            count = condition.get("count", 1)
            if count > len(known):
                return None
            return (judges[0] if len(judges) == 1 else _at_least(count, judges)), min(calms)
        if "rising" in condition:
            by = number(condition["by"], self.place)
            return None if by is None else (_rising(by), -inf)
        leaf = _Leaf(condition, self.place, self.own)
        if not leaf.known:
            return None
        self.leaves.append(leaf)
        return leaf, leaf.calm()

    def judge(self, tree: Part, cap: int, labels: Mapping[str, str]) -> Judge:
        """Values are told and peaks kept by the first comparison that names levels, else by the first."""
        lead = next((leaf for leaf in self.leaves if leaf.tiered), self.leaves[0])
        teller = TELLERS[self.definition.get("say", "limit")]
        facts = ChainMap(dict(self.place.own_facts), dict(self.place.facts))
        place, sign = self.place, lead.sign
        quantity = lead.quantity or place.channels.get(
            lead.channels[0] if lead.channels else "", place.quantity
        )
        per = "" if not lead.change else ("hour" if lead.per_s > 60 else "minute")

        def judge(at: datetime, given: Given, belief: Belief) -> Judged | None:
            found = tree(at, given, belief)
            if found is None:
                return None
            reached, held = found
            if cap > 1:
                reached, held = (max(cap, one) if one < NONE else NONE for one in found)
            value = lead.read(given)
            if value is None:
                value = 0.0

            def told(level: int) -> dict[str, Any]:
                limits = {tier.level: tier.limit for tier in lead.tiers(at)}
                limit = limits.get(level, limits.get(1) if not lead.tiered else None)
                return teller(Told(level, value, limit, facts, given, place.channels, quantity, per, labels))

            return Judged(at, reached, min(held, reached), value, value * sign, told)

        return judge

    def drawn(self, cap: int) -> list[Line]:
        found = []
        for leaf in self.leaves:
            for tiers in dict.fromkeys(leaf.months):
                months = tuple(month for month, of in enumerate(leaf.months, start=1) if of == tiers)
                found += [
                    Line(
                        leaf.channels[0] if leaf.channels else "",
                        max(cap, t.level),
                        t.limit,
                        months,
                        leaf.window,
                    )
                    for t in tiers
                    if not leaf.change
                ]
        return found


def _judge_rain(tree: Part, cap: int, found: Sequence[_Leaf], whole: float) -> Judge:
    def judge(at: datetime, sums: Mapping[str, RainAmount], belief: Belief) -> Judged | None:
        levels = tree(at, sums, belief)
        if levels is None:
            return None
        reached, held = (max(cap, one) if one < NONE else NONE for one in levels)
        windows = [(leaf.window, leaf.tiers(at)) for leaf in found]
        value, weight = next(sums[window].mm for window, _ in windows if window in sums), 0.0
        if reached < NONE:  # sums of different windows compare by what they amount to, then by mm
            value = sums[window_that_explains(windows, sums, reached)[0]].mm
            weight = (NONE - reached) * 1e6 + value

        def told(level: int) -> dict[str, Any]:
            window, limit = window_that_explains(windows, sums, level)
            amount = sums[window]
            told = Told(level, round(amount.mm, 1), limit, {}, amount, {}, window, "", {})
            return TELLERS["rain"](told, complete=amount.complete >= whole)

        return Judged(at, reached, min(held, reached), value, weight, told)

    return judge


def parameters_of(thing: Any) -> set[str]:
    """The names of the parameters that a definition (or a part of it) takes its numbers from."""
    if isinstance(thing, Mapping):
        own = {thing["parameter"]} if "parameter" in thing else set()
        return own.union(*(parameters_of(part) for part in thing.values()))
    return set().union(*(parameters_of(part) for part in thing)) if isinstance(thing, list) else set()


def holds_at(
    definition: Definition, *, kind: str, code: str, area_path: str, facts: Mapping[str, Any]
) -> bool:
    """Whether the definition speaks of a station. ``facts``: the point's over the station's."""
    applies = definition["applies"]
    return (
        applies.get("kind") in (None, kind)
        and area_path.startswith(applies.get("area") or "/")
        and (not applies.get("stations") or code in applies["stations"])
        and all(facts.get(name) == value for name, value in applies.get("facts", {}).items())
        and all(facts.get(name) is not None for name in applies.get("facts_known", ()))
    )


def narrowness(definition: Definition) -> tuple[bool, int, int, bool]:
    """Orders definitions: named stations first, then areas, facts, kinds; the greater is the narrower."""
    applies = definition["applies"]
    return (
        bool(applies.get("stations")),
        len(applies.get("area") or "/"),
        len(applies.get("facts", {})),
        applies.get("kind") is not None,
    )
