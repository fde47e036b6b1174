"""The oracle's questions about orders: what was done exactly once, by whom it was done, and what the clocks say."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from command_center.core.models import AuditEntry, Event
from command_center.core.now import rate
from dispatch.domain.clocks import ANSWER, ARRIVE, FINISH, RED_CARD, REMINDER, SIGN, YELLOW, Limit, schedule
from dispatch.domain.lifecycle import ORDER_OPEN
from dispatch.models import OrderClock, OrderStep, WorkOrder
from dispatch.services.clocks import office, plan_of, shares
from incidents.models import Incident

_SHOWN = 5
_LATEST = timedelta(seconds=10)  # real time: what is due is done by then
_WHOLE_WAY = Counter(
    {
        "order.issued": 1, "order.sign": 1, "order.arrived": 1, "order.progress": 1, "attachment.added": 2,
        "order.feed_back": 1, "order.verify": 1, "order.close": 1,
    }
)  # fmt: skip
_BY_THEMSELVES = frozenset({"order.reminder", "order.yellow", "order.red"})
_ANNOUNCED_AS = {"attachment.added": "order.evidence"}  # otherwise an event is called as its line is
_STOPPED_BY = {SIGN: "signed_at", ANSWER: "first_answer_at", ARRIVE: "arrived_at", FINISH: "fed_back_at"}


def orders(answered: list[list[str]]) -> dict[str, Any]:
    """What the desk was answered is there once under that number; states are what the log says; steps are due ones.

    ``answered``: (incident or order, subject, number). A step is late by real seconds after its clock said so.
    """
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, title in Incident.objects.exclude(source=Incident.Source.SENSOR).values_list(
        "number", "title"
    ):
        numbers["incident", title].append(number)
    for number, subject in WorkOrder.objects.filter(kind=WorkOrder.Kind.WORK).values_list(
        "number", "subject"
    ):
        numbers["order", subject].append(number)
    wrong = [
        f"{kind} {number}: found {numbers[kind, subject]}"
        for kind, subject, number in answered
        if numbers[kind, subject] != [number]
    ]
    wrong += [f"{kind} of one call twice: {found}" for (kind, _), found in numbers.items() if len(found) > 1]
    for model in (Incident, WorkOrder):
        lines = (
            AuditEntry.objects.filter(subject_type=model._meta.label_lower)
            .exclude(after="")
            .exclude(act="attachment.added")
            .order_by("number")
        )
        last = dict(lines.values_list("subject_id", "after"))
        for pk, number, state in model.objects.values_list("pk", "number", "state"):
            if last.get(str(pk), model.machine.initial) != state:
                wrong.append(f"{number} is {state}, the log says {last.get(str(pk))}")
    rounds = Counter(
        WorkOrder.objects.filter(kind=WorkOrder.Kind.SUPERVISION).values_list("supervises", "round")
    )
    wrong += [f"supervised twice: {one}" for one, n in rounds.items() if n > 1]
    clock = rate()
    waiting = OrderClock.objects.filter(next_at__lt=clock.at(datetime.now(UTC) - _LATEST)).count()
    if waiting:
        wrong.append(f"{waiting} clocks wait longer than {_LATEST}")
    when = {REMINDER: "amber_at", YELLOW: "yellow_at", RED_CARD: "due_at"}
    taken = list(OrderStep.objects.select_related("clock"))
    late = [(one.at - getattr(one.clock, when[one.step])) / clock.rate for one in taken]
    wrong += [f"{-each} early" for each in late if each < timedelta(0)]
    return {
        "answered": len(answered),
        "orders": WorkOrder.objects.count(),
        "steps": len(late),
        "step_late_at_most_s": max(late, default=timedelta(0)).total_seconds(),
        "wrong": wrong,
    }


def loop(closed: list[str]) -> dict[str, Any]:
    """Every act on an order happened once: version, lines and events agree, and its clocks are what the rules say.

    ``closed``: the ids of the orders that went the whole way from issue to closing.
    """
    name = WorkOrder._meta.label_lower
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    for subject, act in AuditEntry.objects.filter(subject_type=name).values_list("subject_id", "act"):
        lines[subject][act] += 1
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for subject, kind in Event.objects.filter(subject_type=name).values_list("subject_id", "kind"):
        told[subject][kind] += 1
    wrong, went = [], set(closed)
    rows = WorkOrder.objects.prefetch_related("clocks", "evidence").select_related("matter")
    calendar, parts = office(), shares()
    for row in rows:
        acts = lines[str(row.pk)]
        if told[str(row.pk)] != Counter({_ANNOUNCED_AS.get(act, act): n for act, n in acts.items()}):
            wrong.append(f"{row.number}: lines {dict(acts)}, events {dict(told[str(row.pk)])}")
        if row.version != acts.total():
            wrong.append(f"{row.number}: version {row.version} after {acts.total()} lines")
        by_people = Counter({act: n for act, n in acts.items() if act not in _BY_THEMSELVES})
        if str(row.pk) in went:
            went.remove(str(row.pk))
            tags = sorted(one.tag for one in row.evidence.all())
            if (row.state, by_people, tags) != ("closed", _WHOLE_WAY, ["after", "before"]):
                wrong.append(f"{row.number} is {row.state} after {dict(by_people)}, pictures {tags}")
        wrong += [f"{row.number}: {why}" for why in _clocks_of(row, calendar, parts)]
    wrong += [f"closed, and not there: {one}" for one in sorted(went)]
    return {"closed": len(closed), "acts": sum(acts.total() for acts in lines.values()), "wrong": wrong}


def _clocks_of(row: WorkOrder, calendar: Any, parts: Any) -> list[str]:
    """What is not right with the clocks of an order that was never extended or given to another department."""
    wrong, there = [], {one.kind: one for one in row.clocks.all()}
    wanted = {kind for kind in _STOPPED_BY if row.matter.limit(kind)}
    if set(there) != wanted:
        wrong.append(f"clocks {sorted(there)} instead of {sorted(wanted)}")
    for kind, one in there.items():
        if one.started_at != row.issued_at:
            wrong.append(f"{kind} started at {one.started_at}, issued at {row.issued_at}")
        if plan_of(one) != schedule(row.issued_at, Limit(one.amount, one.unit), calendar, parts):
            wrong.append(f"{kind} is due at {one.due_at}")
        if one.stopped_at != getattr(row, _STOPPED_BY[kind]):
            wrong.append(
                f"{kind} stopped at {one.stopped_at}, the act was at {getattr(row, _STOPPED_BY[kind])}"
            )
        if one.next_at and (one.stopped_at or row.state not in ORDER_OPEN):
            wrong.append(f"{kind} still runs")
    return wrong
