"""Who is called when nobody answers, and when: own desk, next desk, shift leader, telephone. Pure.

A desk is a place number of an area's duty: the innermost area that covers the matter answers first, and within it the lower
number; the next desk is the next of its area, or that of the area around it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OWN_DESK, NEXT_DESK, SHIFT_LEADER, OUTSIDE = "own_desk", "next_desk", "shift_leader", "outside"
KINDS = (OWN_DESK, NEXT_DESK, SHIFT_LEADER, OUTSIDE)

Plan = list[list[str | float]]  # [kind, seconds after the beginning], in order


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody on duty now. ``user`` is the account; ``desk`` 1 is the first of its area."""

    user: str
    name: str
    area: str
    desk: int = 1
    leader: bool = False
    phone: str = ""


def plan(seconds: Sequence[float]) -> Plan:
    """The steps of one call, frozen when it begins; a step is never before the one above it."""
    told: Plan = []
    latest = 0.0
    for kind, after in zip(KINDS, seconds, strict=True):
        latest = max(latest, float(after))
        told.append([kind, latest])
    return told


def called(kind: str, area: str, people: Iterable[OnDuty]) -> list[OnDuty]:
    """Who is called in a step about something in ``area``; outside: all who were called inside, each once."""
    there = [one for one in people if area.startswith(one.area)]
    if kind == SHIFT_LEADER:
        leaders = [one for one in there if one.leader]
        innermost = max((len(one.area) for one in leaders), default=0)
        return _once(one for one in leaders if len(one.area) == innermost)
    if kind == OUTSIDE:
        return _once(one for inside in KINDS[:-1] for one in called(inside, area, there))
    officers = [one for one in there if not one.leader]
    desks = sorted({(-len(one.area), one.desk) for one in officers})
    place = KINDS.index(kind)
    if place >= len(desks):
        return []
    return _once(one for one in officers if (-len(one.area), one.desk) == desks[place])


def next_due(plan: Plan, taken: int, due: datetime, reached: bool) -> datetime | None:
    """When the step after the ``taken``-th (counted from 1, due at ``due``) is due; None: that was the last.

    Where a step reached nobody the next one is due at once: nobody waits for an empty chair.
    """
    if taken >= len(plan):
        return None
    wait = float(plan[taken][1]) - float(plan[taken - 1][1]) if reached else 0.0
    return due + timedelta(seconds=wait)


def _once(people: Iterable[OnDuty]) -> list[OnDuty]:
    return list({one.user: one for one in people}.values())
