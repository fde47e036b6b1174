"""An alarm's axes (ISA-18.2) and their history, from which its row can be derived.

The condition is the engine's (``alarms.py``), the acknowledgement people's; suppression (``suppression.py``) follows from
what people decided and from other alarms. To which incident an alarm belongs is told by the incidents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from command_center.core.machine import Machine, move

from .alarms import CLEARED, LEVEL, RAISED
from .suppression import BEGINS, ENDS, Entry, entry, in_order

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


# Who wrote a line.
ENGINE, PERSON, CLOCK = "engine", "person", "clock"


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of an alarm's history. ``at`` is device time for the condition, the hall's for everything else.

    ``number`` is the sequence number: it grows in the order in which the alarm's lines were written.
    """

    at: datetime
    what: str
    level: int | None = None
    value: float | None = None
    who: str = ""
    until: datetime | None = None
    number: int = 0


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
    suppressions: list[Entry] = field(default_factory=list)


def fold(history: Sequence[Logged]) -> Standing:
    """Tell the axes' standing from a history, which holds a RAISED.

    The condition is read in device time, since late data write it anew; what people and clocks did, in the order in
    which it was written.
    """
    lines = sorted(history, key=lambda line: (line.at, line.number))
    first = next(line for line in lines if line.what == RAISED)
    assert first.level is not None
    now = Standing(ACTIVE, UNACKNOWLEDGED, first.level, first.level, first.value, first.at, first.at)
    for line in lines:
        if line.what == LEVEL and line.level is not None:
            worst = min(now.worst_level, line.level)
            now = replace(now, level=line.level, worst_level=worst, value=line.value, level_since=line.at)
        elif line.what == CLEARED:
            now = replace(now, condition=GONE, cleared_at=line.at)
        elif line.what == ACKNOWLEDGED:
            now = replace(now, state=ACKNOWLEDGED, acknowledged_at=line.at, acknowledged_by=line.who)
    if any(line.what == RETRACTED for line in lines):
        now = replace(now, condition=RETRACTED)
    return replace(now, suppressions=_suppressions(history))


def _suppressions(history: Sequence[Logged]) -> list[Entry]:
    held: dict[str, Entry] = {}
    for line in sorted(history, key=lambda line: line.number):
        if cause := BEGINS.get(line.what):
            held[cause] = entry(cause, line.until, line.who)
        elif cause := ENDS.get(line.what):
            held.pop(cause, None)
    return in_order(held)
