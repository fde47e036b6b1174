"""Alarm floods of a desk (ISA-18.2, EEMUA 191): when new alarms come faster than a person can look at them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# The span over which both standards count; the parameters are alarms within it.
WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Limits:
    """A flood begins above ``begins_above`` new alarms within WINDOW, and ends below ``ends_below``.

    Limits that contradict each other still end a flood, and never in the moment in which it began.
    """

    begins_above: int
    ends_below: int

    def begins(self, count: int) -> bool:
        return count > self.begins_above

    def ends(self, count: int) -> bool:
        return count < max(1, min(self.ends_below, self.begins_above))


@dataclass(frozen=True, slots=True)
class Flood:
    """``ended_at`` is None while it goes on; ``worst_per_10min``: most new alarms within WINDOW so far."""

    began_at: datetime
    worst_per_10min: int
    ended_at: datetime | None = None


def follow(
    shown: Sequence[datetime], flood: Flood | None, *, since: datetime, until: datetime, limits: Limits
) -> list[Flood]:
    """The floods between ``since`` and ``until`` in time order, as they stand at ``until``.

    ``shown``: when each new alarm was shown, in time order, from WINDOW before ``since`` on. ``flood``: the one
    that went on at ``since``; it comes first. However seldom one asks, a flood begins with the very alarm that is
    one too many, and ends when the old ones have left the window.
    """
    moments = {since}
    for at in shown:
        moments |= {moment for moment in (at, at + WINDOW) if since < moment <= until}
    floods, first, last = [], 0, 0
    for moment in sorted(moments):
        while last < len(shown) and shown[last] <= moment:
            last += 1
        while first < last and shown[first] <= moment - WINDOW:
            first += 1
        count = last - first
        if flood is None:
            flood = Flood(moment, count) if limits.begins(count) else None
        elif limits.ends(count):
            floods.append(replace(flood, ended_at=moment))
            flood = None
        else:
            flood = replace(flood, worst_per_10min=max(flood.worst_per_10min, count))
    return floods if flood is None else [*floods, flood]
