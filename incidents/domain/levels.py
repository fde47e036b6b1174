"""A level is proposed by rule with its reason; a person confirms it. Levels are 1 (特别重大) to 4 (一般)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import words
from .words import said

ORDINARY_LEVEL = 4
Because = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; None is unknown, which is not zero.

    ``ponding_cm`` is the greatest depth seen, ``serious_places`` how many places had a red or orange alarm,
    ``river_alarm`` the worst level of a river alarm (1: guaranteed level, 2: warning level).
    """

    deaths: int | None = None
    seriously_injured: int | None = None
    loss_yuan: int | None = None
    people_affected: int | None = None
    ponding_cm: float | None = None
    serious_places: int = 0
    river_alarm: int | None = None
    sensitive: bool = False


Limits = tuple[float, ...]  # from which number on the levels III, II, I hold; 0 leaves a level out


@dataclass(frozen=True, slots=True)
class Bands:
    """The limits in force (parameters). 以上 includes the number (handbook 0.1, trap 16)."""

    deaths: Limits
    seriously_injured: Limits
    loss_yuan: Limits
    people_affected: Limits
    ponding_cm: float
    places: float


@dataclass(frozen=True, slots=True)
class Advice:
    level: int
    because: tuple[Because, ...]


def _band(text: str, count: int | None, limits: Limits) -> list[tuple[int, Because]]:
    """The most severe level whose limit ``count`` reaches."""
    if count is None:
        return []
    for level, limit in zip((1, 2, 3), reversed(limits), strict=True):
        if limit > 0 and count >= limit:
            return [(level, said(text, count=count, limit=int(limit)))]
    return []


def _water(facts: Facts, bands: Bands) -> list[tuple[int, Because]]:
    """Handbook 2.4: depth and breadth together count toward II, either alone is more than the ordinary."""
    deep = facts.ponding_cm is not None and facts.ponding_cm >= bands.ponding_cm
    wide = facts.serious_places > bands.places
    depth = round(facts.ponding_cm or 0)
    if deep and wide:
        return [(2, said(words.WIDE_AND_DEEP, depth=depth, count=facts.serious_places))]
    if deep:
        return [(3, said(words.DEEP, depth=depth, limit=int(bands.ponding_cm)))]
    if wide:
        return [(3, said(words.WIDE, count=facts.serious_places, limit=int(bands.places)))]
    return []


def _river(facts: Facts, bands: Bands) -> list[tuple[int, Because]]:
    """Handbook 2.4: the guaranteed level counts toward II, the warning level toward III."""
    if facts.river_alarm == 1:
        return [(2, said(words.RIVER_GUARANTEED))]
    if facts.river_alarm == 2:
        return [(3, said(words.RIVER_WARNING))]
    return []


RULES: Sequence[Callable[[Facts, Bands], list[tuple[int, Because]]]] = (
    lambda f, b: _band(words.DEATHS, f.deaths, b.deaths),
    lambda f, b: _band(words.INJURED, f.seriously_injured, b.seriously_injured),
    lambda f, b: _band(words.LOSS, f.loss_yuan, b.loss_yuan),
    lambda f, b: _band(words.PEOPLE, f.people_affected, b.people_affected),
    _water,
    _river,
)


def advise(facts: Facts, bands: Bands) -> Advice:
    """Any one condition decides, the highest is taken (handbook 3.2); all that speak for it are named."""
    found = [hit for rule in RULES for hit in rule(facts, bands)]
    level = min((level for level, _ in found), default=ORDINARY_LEVEL)
    because = [why for at, why in found if at == level] or [said(words.ORDINARY)]
    if facts.sensitive and level > 1:
        level -= 1
        because.append(said(words.SENSITIVE))
    return Advice(level, tuple(because))
