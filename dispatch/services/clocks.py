"""The clocks of an order as rows: started at issue, stopped by what they wait for, moved by approved extensions alone."""

from collections.abc import Collection, Iterable
from datetime import datetime, time

from command_center.core.clock import WorkingHours
from command_center.core.models import Holiday
from command_center.core.parameters import value, values

from ..domain import clocks as rules
from ..domain.clocks import ANSWER, FINISH, SIGN, Limit, Schedule, Shares
from ..models import Extension, OrderClock, WorkOrder

OWN = (SIGN, ANSWER)  # of each department that has the order; the others are of the whole


def office() -> WorkingHours:
    """The offices' calendar in force: hours of work, statutory holidays and make-up workdays."""
    days = list(Holiday.objects.values_list("day", "works"))
    return WorkingHours(
        periods=periods(value("order.office_hours")),
        holidays=frozenset(day for day, works in days if not works),
        makeup=frozenset(day for day, works in days if works),
    )


def periods(text: str) -> tuple[tuple[time, time], ...]:
    """ "08:30-12:00,13:30-17:30" as times."""
    spans = (span.strip().split("-") for span in text.split(","))
    return tuple((time.fromisoformat(a.strip()), time.fromisoformat(b.strip())) for a, b in spans)


def shares() -> Shares:
    p = values(["order.amber", "order.yellow"])
    return Shares(p["order.amber"], p["order.yellow"])


def start(order: WorkOrder, at: datetime, *, kinds: Iterable[str] = rules.KINDS) -> None:
    """Start the clocks that the order's matter asks for."""
    calendar, parts = office(), shares()
    rows = []
    for kind in kinds:
        limit = order.matter.limit(kind)
        if limit is None:
            continue
        plan = rules.schedule(at, limit, calendar, parts)
        rows.append(
            OrderClock(
                order=order, kind=kind, started_at=at, amount=limit.amount, unit=limit.unit,
                amber_at=plan.amber_at, yellow_at=plan.yellow_at, due_at=plan.due_at, next_at=plan.amber_at,
            )
        )  # fmt: skip
    OrderClock.objects.bulk_create(rows)


def hand_on(order: WorkOrder, before: int, at: datetime) -> None:
    """Another department gets its own time to sign and to answer; what the whole has taken runs on.

    The clocks of the one that had it (its key: ``before``) end as they stand and stay as its record.
    """
    own = OrderClock.objects.filter(order=order, kind__in=OWN)
    own.update(ended_at=at, department_id=before, next_at=None)
    start(order, at, kinds=OWN)


def stop(order: WorkOrder, kinds: Collection[str], at: datetime) -> None:
    OrderClock.objects.filter(order=order, kind__in=list(kinds), stopped_at=None).update(
        stopped_at=at, next_at=None
    )


def go_on(order: WorkOrder, kind: str) -> None:
    """Let a stopped clock run on from where it began: what has passed stays passed."""
    clock = OrderClock.objects.select_for_update().filter(order=order, kind=kind).first()
    if clock is not None:
        clock.stopped_at = None
        set_next(clock)
        clock.save(update_fields=["stopped_at", "next_at"])


def plan_of(clock: OrderClock) -> Schedule:
    return Schedule(clock.amber_at, clock.yellow_at, clock.due_at)


def set_next(clock: OrderClock) -> None:
    taken = frozenset(clock.steps.values_list("step", flat=True))
    clock.next_at = None if clock.stopped_at else rules.next_step_at(plan_of(clock), taken)


def extend(order: WorkOrder) -> datetime:
    """Move the finish clock to what was approved in all; returns the new due time, never an earlier one."""
    clock = OrderClock.objects.select_for_update().get(order=order, kind=FINISH)
    granted = sum(order.extensions.filter(state=Extension.State.APPROVED).values_list("amount", flat=True))
    more = Limit(granted, order.matter.extension_unit) if granted else None
    plan = rules.schedule(clock.started_at, Limit(clock.amount, clock.unit), office(), shares(), more)
    if plan.due_at > clock.due_at:
        clock.amber_at, clock.yellow_at, clock.due_at = plan.amber_at, plan.yellow_at, plan.due_at
        set_next(clock)
        clock.save(update_fields=["amber_at", "yellow_at", "due_at", "next_at"])
    return clock.due_at
