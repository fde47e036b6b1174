"""What is kept from calling anybody, and why (ISA-18.2): shelved, out of service, maintenance, suppressed by design. Pure.

Data are stored and rules judge as ever; only the call is held back. Three of the four are decided by a person, for a
time and with a reason, and stand in rows of their own (``Cover``). The fourth follows from another alarm that is
active (``Design``). More than one may hold at once; what a list shows is the first of ``CAUSES``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from command_center.core.machine import Machine, move

OUT_OF_SERVICE, SHELVED, MAINTENANCE = "out_of_service", "shelved", "maintenance"
BY_DESIGN = "suppressed_by_design"
CAUSES = (OUT_OF_SERVICE, SHELVED, MAINTENANCE, BY_DESIGN)
NOT_SUPPRESSED = "none"

# Lines of an alarm's history: what begins a cause, what ends it.
BEGINS = {
    "out_of_service": OUT_OF_SERVICE,
    "shelved": SHELVED,
    "maintenance": MAINTENANCE,
    "suppressed": BY_DESIGN,
}
ENDS = {
    "in_service": OUT_OF_SERVICE,
    "unshelved": SHELVED,
    "maintenance_over": MAINTENANCE,
    "unsuppressed": BY_DESIGN,
}
_BEGIN = {cause: word for word, cause in BEGINS.items()}
_END = {cause: word for word, cause in ENDS.items()}

PLANNED, IN_FORCE, ENDED = "planned", "in_force", "ended"

# fmt: off
SUPPRESSION = Machine(
    name="suppression",
    states=frozenset({PLANNED, IN_FORCE, ENDED}),
    initial=PLANNED,
    final=frozenset({ENDED}),
    moves=(
        #     move        from                 to        needs
        move("confirm",  PLANNED,             IN_FORCE, "alarm.shelve", stamps="began_at"),       # the second person
        move("begin",    PLANNED,             IN_FORCE, "alarm.maintain", stamps="began_at"),     # the clock, at its start
        move("refuse",   PLANNED,             ENDED,    "alarm.shelve", stamps="ended_at"),
        move("unshelve", IN_FORCE,            ENDED,    "alarm.shelve", stamps="ended_at"),
        move("restore",  IN_FORCE,            ENDED,    "alarm.out_of_service", stamps="ended_at"),
        move("finish",   (PLANNED, IN_FORCE), ENDED,    "alarm.maintain", stamps="ended_at"),
        move("overtake", IN_FORCE,            ENDED,    "alarm.shelve", stamps="ended_at"),       # the level rose above it
        move("lapse",    (PLANNED, IN_FORCE), ENDED,    "alarm.shelve", stamps="ended_at"),       # its time is over
    ),
)
# fmt: on
# The move by which a person ends what is in force, or what waits to be.
END_BY_HAND = {SHELVED: "unshelve", OUT_OF_SERVICE: "restore", MAINTENANCE: "finish"}
NEEDS = {SHELVED: "alarm.shelve", OUT_OF_SERVICE: "alarm.out_of_service", MAINTENANCE: "alarm.maintain"}

Entry = dict[str, Any]  # {"cause", "until": ISO 8601 in UTC or None, "by"}: as it stands in the alarm's row


@dataclass(frozen=True, slots=True)
class Tag:
    """One alarm as suppression sees it. ``sensor`` is None for a rule that joins several points of a station."""

    station: UUID
    sensor: int | None
    rule: str
    area_path: str
    code: str = ""  # of the station
    node: str = ""  # what the station hangs on
    parent: str = ""  # code of the station above it, such as its gateway
    of_node: bool = False  # the alarm is about a node; the station only says where to look


@dataclass(frozen=True, slots=True)
class Cover:
    """A decision in force. A shelf covers one rule at one point up to ``level``; out of service a station or one of its
    points; maintenance a station, or every station of an area."""

    id: UUID
    cause: str
    by: str
    until: datetime
    area_path: str
    station: UUID | None = None
    sensor: int | None = None
    rule: str = ""
    level: int = 0

    def covers(self, tag: Tag) -> bool:
        if self.cause == SHELVED:
            return (self.station, self.sensor, self.rule) == (tag.station, tag.sensor, tag.rule)
        if self.station is None:
            return tag.area_path.startswith(self.area_path)
        return not tag.of_node and self.station == tag.station and self.sensor in (None, tag.sensor)

    def overtaken(self, tag: Tag, level: int) -> bool:
        """Whether an alarm has become worse than what was shelved: nobody agreed to that."""
        return self.cause == SHELVED and level < self.level and self.covers(tag)


STATION, PARENT, LINK = "station", "parent", "link"


@dataclass(frozen=True, slots=True)
class Design:
    """While an alarm of the rule ``cause`` is active, those of the rule ``effect`` are suppressed: at the same station, at
    stations below it (``parent``), or at all stations beneath the node that is lost (``link``)."""

    cause: str
    effect: str
    reach: str


@dataclass(frozen=True, slots=True)
class Active:
    """An active alarm that may be a cause. ``node``: one that it speaks of, where it speaks of nodes."""

    rule: str
    station: UUID
    code: str
    node: str = ""


class Causes:
    """Which alarms the active ones suppress under the table's rows; asked once for each alarm."""

    def __init__(self, designs: Iterable[Design], active: Iterable[Active]) -> None:
        reached: dict[tuple[str, str], set[object]] = {}
        for one in active:
            reached.setdefault((one.rule, STATION), set()).add(one.station)
            reached.setdefault((one.rule, PARENT), set()).add(one.code)
            reached.setdefault((one.rule, LINK), set()).add(one.node)
        self._of: dict[str, list[tuple[str, set[object]]]] = {}
        for row in designs:
            if where := reached.get((row.cause, row.reach)):
                self._of.setdefault(row.effect, []).append((row.reach, where))

    def suppress(self, tag: Tag) -> bool:
        own: dict[str, object] = {STATION: tag.station, PARENT: tag.parent, LINK: tag.node}
        return any(own[reach] and own[reach] in where for reach, where in self._of.get(tag.rule, ()))


def entries(tag: Tag, covers: Iterable[Cover], *, by_design: bool) -> list[Entry]:
    """What holds the alarm's call back, in the order of ``CAUSES``; of one cause the one that lasts longest."""
    found: dict[str, Entry] = {}
    for cover in sorted(covers, key=lambda one: one.until):
        if cover.covers(tag):
            found[cover.cause] = entry(cover.cause, cover.until, cover.by)
    if by_design:
        found[BY_DESIGN] = entry(BY_DESIGN, None, "")
    return in_order(found)


def entry(cause: str, until: datetime | None, by: str) -> Entry:
    return {"cause": cause, "until": until and until.astimezone(UTC).isoformat(), "by": by}


def in_order(found: Mapping[str, Entry]) -> list[Entry]:
    return [found[cause] for cause in CAUSES if cause in found]


def steps(before: Sequence[Entry], after: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """The lines of history that lead from one to the other: (word, entry)."""
    was = {one["cause"]: one for one in before}
    now = {one["cause"]: one for one in after}
    ended = [(_END[cause], was[cause]) for cause in CAUSES if cause in was and cause not in now]
    begun = [(_BEGIN[cause], now[cause]) for cause in CAUSES if cause in now and was.get(cause) != now[cause]]
    return ended + begun
