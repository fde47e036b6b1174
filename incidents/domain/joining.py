"""Which alarms are one incident: chained in space, time and kind, with a cap. Pure; device time.

An alarm joins an incident of its kind when it is near one of the incident's alarms both in space (within the
radius, or on the same river or in the same catchment) and in time (no more than the minutes between them).
Chaining follows water down a street; the cap keeps a chain from swallowing the district: nothing farther than
``cap_m`` from where the incident began joins by nearness alone, and nothing after ``longest``.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from . import words
from .words import said

EARTH_M = 6_371_008.8


def metres(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Distance on the sphere, in m."""
    dlat, dlon = radians(lat_b - lat_a) / 2, radians(lon_b - lon_a) / 2
    h = sin(dlat) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(dlon) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(h)))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that was in alarm from ``since`` to ``until``. ``reach`` names its river or catchment, "" if unknown."""

    lon: float
    lat: float
    since: datetime
    until: datetime
    reach: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """An alarm that asks where it belongs, in alarm from ``since`` to ``until``. ``proposes``: serious enough to be
    an incident of its own."""

    kind: str
    since: datetime
    until: datetime
    lon: float
    lat: float
    reach: str = ""
    proposes: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident that is not over. ``spots``: where it began comes first; empty: nobody knows where it is."""

    id: Hashable
    kind: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How near is near, for one kind of incident."""

    radius_m: float
    within: timedelta
    cap_m: float
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """``joins`` one incident, ``opens`` a new one, or neither: a lesser alarm that stands alone."""

    joins: Hashable | None = None
    opens: bool = False
    because: dict[str, Any] | None = None


def _within(signal: Signal, spot: Spot, limits: Limits) -> bool:
    return signal.since <= spot.until + limits.within and signal.until >= spot.since - limits.within


def nearness(signal: Signal, candidate: Candidate, limits: Limits) -> tuple[float, dict[str, Any]] | None:
    """Distance to the nearest member that ``signal`` may join through, in m, and why; None where it may not."""
    if signal.kind != candidate.kind or not candidate.spots:
        return None
    origin = candidate.spots[0]
    if abs(signal.since - origin.since) > limits.longest:
        return None
    one_water = bool(signal.reach) and signal.reach == origin.reach
    if not one_water and metres(signal.lon, signal.lat, origin.lon, origin.lat) > limits.cap_m:
        return None
    minutes = round(limits.within.total_seconds() / 60)
    best: tuple[float, dict[str, Any]] | None = None
    for spot in candidate.spots:
        if not _within(signal, spot, limits):
            continue
        away = metres(signal.lon, signal.lat, spot.lon, spot.lat)
        if away <= limits.radius_m:
            why = said(words.NEAR, metres=round(away), minutes=minutes)
        elif signal.reach and signal.reach == spot.reach:
            why = said(words.SAME_REACH, reach=signal.reach, minutes=minutes)
        else:
            continue
        if best is None or away < best[0]:
            best = (away, why)
    return best


def judge(signal: Signal, candidates: Iterable[Candidate], limits: Limits) -> Verdict:
    """Join the nearest incident, or open one, or neither. Of two equally near ones the older wins."""
    found = [
        (away, candidate.spots[0].since, str(candidate.id), candidate, why)
        for candidate in candidates
        if (hit := nearness(signal, candidate, limits)) is not None
        for away, why in [hit]
    ]
    if found:
        best = min(found, key=lambda row: row[:3])
        return Verdict(joins=best[3].id, because=best[4])
    if signal.proposes:
        return Verdict(opens=True, because=said(words.FIRST))
    return Verdict()
