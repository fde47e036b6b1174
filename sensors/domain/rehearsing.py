"""What a rehearsal tells of a rule: how many alarms of which level, how long the hall was in flood, who called most. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FLOOD_SPAN, FLOOD_ALARMS = timedelta(minutes=10), 10
"""An alarm flood is more than ten new alarms within ten minutes (ISA-18.2, EEMUA 191)."""
TOP = 10


@dataclass(frozen=True, slots=True)
class Raised:
    """One alarm as the rule would have raised it; ``worst`` is the most severe level it had."""

    station: Any
    sensor_id: int | None
    raised_at: datetime
    cleared_at: datetime | None
    worst: int


@dataclass(frozen=True, slots=True)
class Known:
    """Something that is known to have happened, and the stations that should have told of it."""

    number: str
    title: str
    at: datetime
    stations: frozenset[Any]


def flood_minutes(times: Iterable[datetime]) -> float:
    """For how long the last ten minutes held more than ten new alarms."""
    at = sorted(times)
    total, until = timedelta(), None
    for first, last in zip(at, at[FLOOD_ALARMS:], strict=False):
        end = first + FLOOD_SPAN
        if end <= last:
            continue
        begin = last if until is None else max(last, until)
        if end > begin:
            total += end - begin
            until = end
    return round(total.total_seconds() / 60, 1)


def tells_of(one: Known, alarms: Sequence[Raised], window: timedelta) -> bool:
    """Whether an alarm at one of its stations was raised near it in time, or stood at that moment."""
    return any(
        alarm.station in one.stations
        and (
            abs(alarm.raised_at - one.at) <= window
            or (alarm.raised_at <= one.at and (alarm.cleared_at is None or alarm.cleared_at >= one.at))
        )
        for alarm in alarms
    )


def told(
    alarms: Sequence[Raised], *, others: Sequence[datetime], known: Sequence[Known], window: timedelta
) -> dict[str, Any]:
    """The figures of one rule; ``others``: when other rules raised theirs. Plain values, as they are stored."""
    levels = Counter(alarm.worst for alarm in alarms)
    stations = Counter(str(alarm.station) for alarm in alarms)
    raised = [alarm.raised_at for alarm in alarms]
    return {
        "alarms": len(alarms),
        "by_level": {str(level): levels[level] for level in (1, 2, 3, 4)},
        "flood_minutes": flood_minutes([*raised, *others]),
        "top": sorted(stations.items(), key=lambda one: (-one[1], one[0]))[:TOP],
        "missed": [
            [one.number, one.title, one.at.isoformat()] for one in known if not tells_of(one, alarms, window)
        ],
    }
