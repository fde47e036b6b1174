"""What a picture proves about work done: taken after the order was issued, and near the place."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .words import gettext_noop, said

BEFORE, AFTER = "before", "after"
TAGS = (BEFORE, AFTER)

NO_TIME = gettext_noop("The picture does not say when it was taken.")
TOO_EARLY = gettext_noop("Taken %(minutes)s min before the order was issued.")
IN_FUTURE = gettext_noop("Its camera's clock is ahead.")
NO_PLACE = gettext_noop("The picture does not say where it was taken.")
TOO_FAR = gettext_noop("Taken %(metres)s m away (limit %(limit)s m).")
MISSING = {
    BEFORE: gettext_noop("A picture from before the work is missing."),
    AFTER: gettext_noop("A picture from after the work is missing."),
}
DOUBTED = gettext_noop("%(count)s pictures prove nothing: a shift leader has to accept them, with a reason.")

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """``near_m``: how far from the place a picture may be taken; ``ahead``: how wrong a camera's clock may be."""

    near_m: float
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class Picture:
    tag: str
    problems: tuple[Any, ...]
    accepted: bool  # by a shift leader, with a reason

    @property
    def counts(self) -> bool:
        return self.accepted or not self.problems


def metres(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in m (haversine)."""
    lon1, lat1, lon2, lat2 = (math.radians(x) for x in (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(h)))


def problems(
    taken_at: datetime | None,
    position: LonLat | None,
    *,
    issued_at: datetime,
    added_at: datetime,
    place: LonLat | None,
    rules: Rules,
) -> list[dict[str, Any]]:
    """What stands against a picture as proof, as sentences; an empty list where nothing does."""
    found = []
    if taken_at is None:
        found.append(said(NO_TIME))
    elif taken_at < issued_at:
        found.append(said(TOO_EARLY, minutes=math.ceil((issued_at - taken_at).total_seconds() / 60)))
    elif taken_at > added_at + rules.ahead:
        found.append(said(IN_FUTURE))
    if place is not None:
        if position is None:
            found.append(said(NO_PLACE))
        elif (away := metres(position, place)) > rules.near_m:
            found.append(said(TOO_FAR, metres=round(away), limit=round(rules.near_m)))
    return found


def missing(pictures: list[Picture]) -> dict[str, Any] | None:
    """Why the pictures do not yet prove the work, or None where they do: one before and one after that count."""
    for tag in TAGS:
        of_tag = [one for one in pictures if one.tag == tag]
        if not of_tag:
            return said(MISSING[tag])
        if not any(one.counts for one in of_tag):
            return said(DOUBTED, count=len(of_tag))
    return None
