"""Missing readings of a point as an alarm: its level follows from how long nothing came. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .alarms import NONE
from .rule_language import Definition
from .rule_making import Place, by_month, number
from .rules import Tier


@dataclass(frozen=True, slots=True)
class Absent:
    """One stretch without a reading; ``until`` is the reading that ended it, None where none has yet."""

    since: datetime
    raised_at: datetime
    worst: int
    until: datetime | None


def tiers_at(definition: Definition, place: Place, at: datetime) -> tuple[Tier, ...]:
    """Minutes without a reading, by level, in the month of ``at``."""
    found = by_month(definition["when"]["absent_min"], place)[at.astimezone(place.local).month - 1]
    if "level" in definition:
        level = number(definition["level"], place)
        return tuple(Tier(int(level), tier.limit) for tier in found) if level else ()
    return found


def level_of(gap: timedelta, tiers: Iterable[Tier]) -> int:
    minutes = gap.total_seconds() / 60
    return min((tier.level for tier in tiers if minutes >= tier.limit), default=NONE)


def stretches(times: Sequence[datetime], tiers: Sequence[Tier], *, until: datetime) -> list[Absent]:
    """The alarms that a history of readings, in time order, amounts to up to ``until``."""
    if not tiers:
        return []
    first = min(tier.limit for tier in tiers)
    found = []
    for n, since in enumerate(times):
        end = times[n + 1] if n + 1 < len(times) else None
        worst = level_of((end or until) - since, tiers)
        if worst < NONE:
            found.append(Absent(since, since + timedelta(minutes=first), worst, end))
    return found
