"""What happens by itself when time runs out: reminder, yellow card, red card and supervision order, each once.

A clock that is due is a row; the tick takes it under its order's lock. Whatever was down meanwhile, the rows are there
when it comes back, and the steps that are due are taken then, in their order.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Min
from django.utils.timezone import localtime

from command_center.core.actor import Actor, clock
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.parameters import value

from ..domain import clocks as rules
from ..domain.lifecycle import ORDER_OPEN
from ..models import Matter, OrderClock, OrderStep, WorkOrder
from . import clocks
from .orders import enter

SUPERVISION = "supervision"  # the matter whose time limits a supervision order has


def sweep(at: datetime, most: int = 200) -> int:
    """Take the automatic steps that are due at ``at``, the longest due first; returns how many were taken."""
    due = (
        OrderClock.objects.filter(next_at__lte=at)
        .values("order")
        .annotate(first=Min("next_at"))
        .order_by("first")
        .values_list("order", flat=True)[:most]
    )
    return sum(_settle(order, at) for order in due)


def _settle(order_id: str, at: datetime) -> int:
    with transaction.atomic():
        rows = WorkOrder.objects.select_for_update(of=("self",), skip_locked=True).select_related("matter")
        order = rows.filter(pk=order_id).first()
        if order is None:
            return 0  # somebody has it in hand: the next tick
        due = OrderClock.objects.select_for_update().filter(order=order, next_at__lte=at)
        return sum(_steps(order, one, at) for one in due.order_by("next_at", "pk"))


def _steps(order: WorkOrder, one: OrderClock, at: datetime) -> int:
    if order.state not in ORDER_OPEN:
        OrderClock.objects.filter(pk=one.pk).update(next_at=None)
        return 0
    by, taken = clock("sla"), frozenset(one.steps.values_list("step", flat=True))
    due = rules.steps_due(at, clocks.plan_of(one), taken)
    for step in due:
        OrderStep.objects.create(clock=one, step=step, at=at, due_at=one.due_at)
        order.yellow_cards += step == rules.YELLOW
        order.red_cards += step == rules.RED_CARD
        order.version += 1
        order.save(update_fields=["yellow_cards", "red_cards", "version"])
        act = f"order.{step}"
        record_act(act, order, by=by, at=at, clock=one.kind, due_at=one.due_at.isoformat())
        announce(act, order, at=at, clock=one.kind, incident=str(order.incident_id or ""))
        if step == rules.RED_CARD:
            supervise(order, one, by=by, at=at)
    one.next_at = rules.next_step_at(clocks.plan_of(one), taken | set(due))
    one.save(update_fields=["next_at"])
    return len(due)


def supervise(order: WorkOrder, late: OrderClock, *, by: Actor, at: datetime) -> WorkOrder | None:
    """Issue the supervision order for ``order``; where that one is late itself, the next round. None: there is one.

    An order has one supervision order at a time: a second clock that turns red adds a card, not another paper.
    """
    original, round_ = (order.supervises, order.round + 1) if order.supervises_id else (order, 1)
    if round_ > value("order.rounds") or original.state not in ORDER_OPEN:
        return None
    if WorkOrder.objects.filter(supervises=original, round=round_).exists():
        return None
    matter = Matter.objects.filter(slug=SUPERVISION).first() or original.matter
    due = localtime(late.due_at)
    return enter(
        WorkOrder(
            kind=WorkOrder.Kind.SUPERVISION, source="overdue", incident=original.incident, matter=matter,
            supervises=original, round=round_, subject=original.subject,
            facts=f"{original.number}《{original.subject}》应于{due.month}月{due.day}日{due:%H:%M}前"
            f"{WORDS[late.kind]}，逾期未办。{original.facts}"[:4000],
            requirement=original.requirement, urgency=original.urgency, department=original.department,
            area_path=original.area_path, place=original.place, address=original.address, is_drill=original.is_drill,
        ),
        by=by,
        at=at,
    )  # fmt: skip


# The paper is in Chinese whatever language the screens speak.
WORDS = {rules.SIGN: "签收", rules.ANSWER: "首次答复", rules.ARRIVE: "到达现场", rules.FINISH: "办结"}
