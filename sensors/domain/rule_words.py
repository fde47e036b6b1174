"""What the rules say: for each sentence that a definition may name, the facts that people read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import words
from .quantities import QUANTITIES


@dataclass(frozen=True, slots=True)
class Told:
    """A moment at which a level is entered. ``limit`` is that level's, of the comparison whose ``value`` it is."""

    level: int
    value: float
    limit: float | None
    facts: Mapping[str, Any]  # the point's, then the station's
    given: Any  # what the rule looked at
    channels: Mapping[str, str]  # channel → quantity
    quantity: str  # of the value; of rain: the window
    per: str  # of a rate: "minute" or "hour"
    labels: Mapping[str, str]  # the rule's own names, for sentences that speak of it


def _limit(told: Told) -> dict[str, Any]:
    unit = QUANTITIES[told.quantity].unit if told.quantity in QUANTITIES else ""
    sentence = {"minute": words.RATE_MINUTE, "hour": words.RATE_HOUR}.get(
        told.per, words.STATE if told.limit is None else words.LIMIT
    )
    return words.facts(sentence, unit, value=round(told.value, 2), limit=told.limit, **told.labels)


def _ponding(told: Told) -> dict[str, Any]:
    return words.facts(words.PONDING, "cm", value=round(told.value), limit=told.limit)


def _river(told: Told) -> dict[str, Any]:
    warning: float = told.facts.get("warning_level_m", 0.0)
    limit = told.limit if told.level < 3 and told.limit is not None else warning
    if told.level == 3:
        sentence = words.NEAR_WARNING
    elif told.value < limit:  # on the way down, within the delay
        sentence = words.RIVER_FALLING
    else:
        sentence = words.ABOVE_GUARANTEED if told.level == 1 else words.ABOVE_WARNING
    margin = round(told.value - limit, 2)
    return words.facts(sentence, "m", value=round(told.value, 2), limit=limit, margin=margin)


def _rain(told: Told, complete: bool = True) -> dict[str, Any]:
    sentence = words.RAIN if complete else words.RAIN_INCOMPLETE
    if told.quantity.endswith("min"):
        sentence = words.RAIN_MINUTES if complete else words.RAIN_MINUTES_INCOMPLETE
    return words.facts(
        sentence,
        "mm",
        value=told.value,
        limit=told.limit,
        hours=int(told.quantity.removesuffix("min").removesuffix("h")),
        complete=round(told.given.complete, 3),
    )


def _should_run(told: Told) -> dict[str, Any]:
    return words.facts(words.SHOULD_RUN, "m", value=round(told.value, 2), limit=told.limit)


def _dry_run(told: Told) -> dict[str, Any]:
    running = [c for c, quantity in told.channels.items() if quantity == "pump_running" and told.given.get(c)]
    names = ", ".join(str(number) for number in sorted(_pump(channel) for channel in running))
    return words.facts(words.DRY_RUN, "m", value=round(told.value, 2), limit=told.limit, pumps=names)


def _overload(told: Told) -> dict[str, Any]:
    return words.facts(
        words.OVERLOAD,
        "A",
        pump=told.facts.get("pump"),
        value=round(told.value, 1),
        limit=told.limit,
        rated=told.facts.get("rated_current_a"),
    )


def _blocked_screen(told: Told) -> dict[str, Any]:
    return words.facts(words.BLOCKED_SCREEN, "m", value=round(told.value, 2), limit=told.limit)


def _fault(told: Told) -> dict[str, Any]:
    return words.facts(words.PUMP_FAULT, "", pump=told.facts.get("pump"), value=round(told.value))


def _pump(channel: str) -> int:
    """3 of "pump3.running"."""
    return int(channel.removeprefix("pump").partition(".")[0])


TELLERS: dict[str, Callable[..., dict[str, Any]]] = {
    "limit": _limit,
    "ponding": _ponding,
    "river": _river,
    "rain": _rain,
    "should_run": _should_run,
    "dry_run": _dry_run,
    "overload": _overload,
    "blocked_screen": _blocked_screen,
    "pump_fault": _fault,
}
