"""Positions that units report: which one counts, and when a unit has arrived."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .evidence import LonLat, metres
from .words import gettext_noop

IN_FUTURE = gettext_noop("The device's clock is ahead.")
NO_PLACE = gettext_noop("These are no coordinates.")
TOO_OLD = gettext_noop("The position is older than positions are kept.")


@dataclass(frozen=True, slots=True)
class Fix:
    """A place at a time, by the device's own clock."""

    lon: float
    lat: float
    observed_at: datetime

    @property
    def lonlat(self) -> LonLat:
        return (self.lon, self.lat)


def fault(fix: Fix, at: datetime, *, ahead: timedelta, kept: timedelta) -> str:
    """Why a report cannot be taken (a msgid), or ""."""
    if not (-180 <= fix.lon <= 180 and -90 <= fix.lat <= 90) or (fix.lon, fix.lat) == (0.0, 0.0):
        return NO_PLACE
    if fix.observed_at > at + ahead:
        return IN_FUTURE
    return TOO_OLD if fix.observed_at < at - kept else ""


def newest(fixes: Iterable[Fix], known_at: datetime | None) -> Fix | None:
    """The newest of ``fixes`` if it is newer than what is known: whatever their order, the answer is the same."""
    last = max(fixes, key=lambda one: one.observed_at, default=None)
    return last if last and (known_at is None or last.observed_at > known_at) else None


def arrival(fixes: Iterable[Fix], target: LonLat, within_m: float, since: datetime) -> datetime | None:
    """When the unit first was within ``within_m`` of the target after it was sent; None where it was not."""
    near = (
        one.observed_at
        for one in fixes
        if one.observed_at >= since and metres(one.lonlat, target) <= within_m
    )
    return min(near, default=None)


def arrived_at(seen: datetime, stamps: Iterable[datetime | None], received: datetime) -> datetime:
    """The arrival's time: the device's, but no earlier than what came before it and no later than it was received."""
    return min(max(seen, *(stamp for stamp in stamps if stamp is not None)), received)
