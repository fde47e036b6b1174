"""An alarm's two axes (ISA-18.2): people acknowledge; the condition is the engine's (``alarms.py``); and their history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from command_center.core.machine import Machine, move

from .alarms import CLEARED, LEVEL, RAISED

UNACKNOWLEDGED, ACKNOWLEDGED = "unacknowledged", "acknowledged"

# fmt: off
ACKNOWLEDGEMENT = Machine(
    name="alarm",
    states=frozenset({UNACKNOWLEDGED, ACKNOWLEDGED}),
    initial=UNACKNOWLEDGED,
    final=frozenset({ACKNOWLEDGED}),
    moves=(
        #     move           from            to            needs
        move("acknowledge", UNACKNOWLEDGED, ACKNOWLEDGED, "alarm.acknowledge", stamps="acknowledged_at"),
    ),
)
# fmt: on

RANG, REWRITTEN, RETRACTED = "rang", "rewritten", "retracted"
CHATTERS = "chattering"  # it rises too often within a minute, and is latched
ACTIVE, GONE = "active", "cleared"


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of an alarm's history. ``at`` is device time for the condition, the hall's for people's acts."""

    at: datetime
    what: str
    level: int | None = None
    value: float | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an alarm's history amounts to: the columns of its row that can be derived."""

    condition: str
    state: str
    level: int
    worst_level: int
    value: float | None
    raised_at: datetime
    level_since: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


def fold(history: Sequence[Logged]) -> Standing:
    """Tell the two axes' standing from a history in time order, which begins with a RAISED."""
    first = next(line for line in history if line.what == RAISED)
    assert first.level is not None
    now = Standing(ACTIVE, UNACKNOWLEDGED, first.level, first.level, first.value, first.at, first.at)
    for line in history:
        if line.what == LEVEL and line.level is not None:
            worst = min(now.worst_level, line.level)
            now = replace(now, level=line.level, worst_level=worst, value=line.value, level_since=line.at)
        elif line.what == CLEARED:
            now = replace(now, condition=GONE, cleared_at=line.at)
        elif line.what == ACKNOWLEDGED:
            now = replace(now, state=ACKNOWLEDGED, acknowledged_at=line.at, acknowledged_by=line.who)
    if any(line.what == RETRACTED for line in history):
        now = replace(now, condition=RETRACTED)
    return now
