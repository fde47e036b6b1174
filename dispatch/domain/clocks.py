"""The four clocks of a work order: sign, first answer, arrive, finish.

They start when the order is issued, not when it is signed, and nothing that the receiving department does makes
them later: a due time is fixed at issue, and only an approved extension moves that of ``finish``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from command_center.core.clock import ALWAYS, Calendar, Clock, WorkingHours

SIGN, ANSWER, ARRIVE, FINISH = "sign", "answer", "arrive", "finish"
KINDS = (SIGN, ANSWER, ARRIVE, FINISH)

MINUTES, HOURS, DAYS = "minutes", "working_hours", "working_days"
UNITS = (MINUTES, HOURS, DAYS)

RUNNING, AMBER, RED, MET, MISSED = "running", "amber", "red", "met", "missed"
REMINDER, YELLOW, RED_CARD = "reminder", "yellow", "red"
STEPS = (REMINDER, YELLOW, RED_CARD)


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of natural minutes, working hours or working days."""

    amount: float
    unit: str

    def span(self, office: WorkingHours) -> timedelta:
        if self.unit == MINUTES:
            return timedelta(minutes=self.amount)
        if self.unit == HOURS:
            return timedelta(hours=self.amount)
        return office.day * self.amount

    def calendar(self, office: WorkingHours) -> Calendar:
        return ALWAYS if self.unit == MINUTES else office


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the allowed time: amber and the reminder from ``amber`` on, the yellow card from ``yellow`` on."""

    amber: float
    yellow: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a clock turns amber (and its reminder goes out), earns a yellow card, and is due (red)."""

    amber_at: datetime
    yellow_at: datetime
    due_at: datetime


def schedule(
    started: datetime, limit: Limit, office: WorkingHours, shares: Shares, more: Limit | None = None
) -> Schedule:
    """The schedule of ``limit`` from ``started`` on; ``more`` is the extension that was approved.

    An extension may be told in another unit than the limit: what it adds begins where the limit ended.
    """
    calendar, span = limit.calendar(office), limit.span(office)
    due = calendar.after(started, span)
    amber, yellow = (calendar.after(started, span * share) for share in (shares.amber, shares.yellow))
    if more is None:
        return Schedule(amber, yellow, due)
    beyond, added = more.calendar(office), more.span(office)
    end = beyond.after(due, added)
    # The warnings keep their distance from the end: the same shares of what was added.
    return Schedule(beyond.after(due, added * shares.amber), beyond.after(due, added * shares.yellow), end)


def colour(at: datetime, amber_at: datetime, due_at: datetime, stopped_at: datetime | None) -> str:
    """What the clock shows at ``at``."""
    if stopped_at is not None:
        return MET if stopped_at <= due_at else MISSED
    if at >= due_at:
        return RED
    return AMBER if at >= amber_at else RUNNING


def steps_due(at: datetime, plan: Schedule, taken: frozenset[str]) -> list[str]:
    """The automatic steps that are due at ``at`` and were not taken yet, in their order."""
    when = {REMINDER: plan.amber_at, YELLOW: plan.yellow_at, RED_CARD: plan.due_at}
    return [step for step in STEPS if step not in taken and at >= when[step]]


def next_step_at(plan: Schedule, taken: frozenset[str]) -> datetime | None:
    """When the next automatic step is due; None when all were taken."""
    when = {REMINDER: plan.amber_at, YELLOW: plan.yellow_at, RED_CARD: plan.due_at}
    return min((at for step, at in when.items() if step not in taken), default=None)


def share_elapsed(at: datetime, started: datetime, limit: Limit, office: WorkingHours) -> float:
    """How much of the allowed time has passed: 1.0 when it is due."""
    span = limit.span(office)
    return Clock(started, span, limit.calendar(office)).elapsed(at) / span if span else 1.0
