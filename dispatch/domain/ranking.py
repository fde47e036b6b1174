"""Who can help, in which order and why; what is missing, and why.

Distances are straight lines: there is no road network here, and none is pretended. The minutes are the straight line
at an assumed speed, and are labelled so.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .words import gettext_noop, said

TEAM, EXPERT, VEHICLE, STORE = "team", "expert", "vehicle", "store"

# The seven ways in which a need can go unmet.
NONE_KNOWN, ASSIGNED, OFF_DUTY, MAINTENANCE = "none_known", "assigned", "off_duty", "maintenance"
TOO_FAR, UNCERTAIN, SHORT = "too_far", "uncertain", "short"
SHORTFALLS: dict[str, str] = {
    NONE_KNOWN: gettext_noop("Nobody on record can do this."),
    ASSIGNED: gettext_noop("%(count)s are assigned elsewhere."),
    OFF_DUTY: gettext_noop("%(count)s are off duty."),
    MAINTENANCE: gettext_noop("%(count)s are out of service."),
    TOO_FAR: gettext_noop("%(count)s are farther than %(limit_km)s km; the nearest is %(km)s km away."),
    UNCERTAIN: gettext_noop("%(count)s are counted by a position that is out of date."),
    SHORT: gettext_noop("%(missing)s of %(wanted)s are missing."),
}

NEAREST = gettext_noop("Nearest that fits: %(km)s km in a straight line")
FARTHER = gettext_noop("%(km)s km in a straight line, %(more_km)s km more than the one before")
FRESH = gettext_noop("Position %(minutes)s min old")
STALE = gettext_noop("Position %(minutes)s min old: listed below, call before sending")
AT_BASE = gettext_noop("Has never reported: its base is taken as its place, listed below")
FIXED = gettext_noop("Stands there")
STOCK = gettext_noop("%(free)s in stock, %(take)s from here")
STOCK_SPARE = gettext_noop("%(free)s in stock, not needed")
ESTIMATE = gettext_noop("about %(minutes)s min: straight line at %(speed)s km/h, not a road time")


@dataclass(frozen=True, slots=True)
class Need:
    """``quantity`` of what has ``skill``: resources of ``kind``, or for stores pieces of the item ``skill``."""

    kind: str
    skill: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One that fits and is free. ``position_age`` is None for what never reported; ``free`` counts a store's pieces."""

    id: str
    kind: str
    distance_m: float
    position_age: timedelta | None = None
    free: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    stale_after: timedelta
    reach_m: float
    speed_kmh: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: ``take`` is how much of the need this one would meet (0: it is a spare)."""

    id: str
    place: int
    take: int
    distance_m: float
    minutes: int
    stale: bool
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Shortfall:
    kind: str
    reason: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ranking:
    need: Need
    places: tuple[Place, ...] = ()
    missing: int = 0
    shortfalls: tuple[Shortfall, ...] = field(default=())


def rank(
    need: Need, candidates: Iterable[Candidate], rules: Rules, others: Mapping[str, int] | None = None
) -> Ranking:
    """Order ``candidates`` for ``need``.

    Fresh positions first, then distance; a stale one is listed below and marked, never dropped. What lies beyond
    ``rules.reach_m`` is not proposed but counted. ``others`` counts by state those that fit and are not free; it
    is asked only where something is missing.
    """
    known = sorted(candidates, key=lambda one: (_stale(one, rules), one.distance_m, one.id))
    near = [one for one in known if one.distance_m <= rules.reach_m]
    far = [one for one in known if one.distance_m > rules.reach_m]
    places, left, before = [], need.quantity, None
    for number, one in enumerate(near, 1):
        take = min(one.free, left)
        left -= take
        places.append(_place(one, number, take, before, rules))
        before = one
    uncertain = sum(1 for place in places if place.stale and place.take)
    return Ranking(
        need,
        tuple(places),
        left,
        tuple(_shortfalls(need, left, far, uncertain, bool(near), rules, others or {})),
    )


def _stale(one: Candidate, rules: Rules) -> bool:
    if one.kind == STORE:
        return False
    return one.position_age is None or one.position_age > rules.stale_after


def _km(metres: float) -> float:
    return round(metres / 1000, 1)


def _place(one: Candidate, number: int, take: int, before: Candidate | None, rules: Rules) -> Place:
    stale, minutes = _stale(one, rules), math.ceil(one.distance_m / 1000 / rules.speed_kmh * 60)
    more = one.distance_m - before.distance_m if before else 0.0
    if number == 1:
        reasons = [said(NEAREST, km=_km(one.distance_m))]
    else:
        reasons = [said(FARTHER, km=_km(one.distance_m), more_km=_km(max(more, 0.0)))]
    if one.kind == STORE:
        reasons += [
            said(FIXED),
            said(STOCK, free=one.free, take=take) if take else said(STOCK_SPARE, free=one.free),
        ]
    elif one.position_age is None:
        reasons.append(said(AT_BASE))
    else:
        age = int(one.position_age.total_seconds() // 60)
        reasons.append(said(STALE if stale else FRESH, minutes=age))
    reasons.append(said(ESTIMATE, minutes=minutes, speed=round(rules.speed_kmh)))
    return Place(one.id, number, take, one.distance_m, minutes, stale, tuple(reasons))


def _shortfalls(
    need: Need,
    left: int,
    far: list[Candidate],
    uncertain: int,
    any_near: bool,
    rules: Rules,
    others: Mapping[str, int],
) -> Iterable[Shortfall]:
    if uncertain:
        yield Shortfall(UNCERTAIN, said(SHORTFALLS[UNCERTAIN], count=uncertain))
    if not left:
        return
    busy = {kind: others.get(kind, 0) for kind in (ASSIGNED, OFF_DUTY, MAINTENANCE)}
    if not any_near and not far and not any(busy.values()):
        yield Shortfall(NONE_KNOWN, said(SHORTFALLS[NONE_KNOWN]))
    for kind, count in busy.items():
        if count:
            yield Shortfall(kind, said(SHORTFALLS[kind], count=count))
    if far:
        nearest = min(one.distance_m for one in far)
        reason = said(SHORTFALLS[TOO_FAR], count=len(far), limit_km=_km(rules.reach_m), km=_km(nearest))
        yield Shortfall(TOO_FAR, reason)
    yield Shortfall(SHORT, said(SHORTFALLS[SHORT], missing=left, wanted=need.quantity))
