"""Calls for attention: what nobody answers goes on to the next desk, the shift leader, the telephone.

An app above says ``call`` about a record of its own and ``answer`` when somebody has it in hand; this module knows neither.

Two clocks. How long somebody may take is real time (``next_at``): a person is no faster in a sped-up storm. Who is on duty is
asked of the hall's calendar. Outside the demo they are the same.

A call is one row with its next step's time. The tick takes a due step under the row's lock: the step, its messages and its
event are one transaction, so that a worker that is killed leaves it to be taken, once, by the next.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from command_center.core.actor import clock
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.now import rate
from command_center.core.parameters import value, values

from . import messages, roster
from .domain.calling import OUTSIDE, OnDuty, called, next_due, plan
from .models import Call

CLOCK = clock("duty")
ANSWERED, OVER, SET_ASIDE, AGAIN = "answered", "over", "set_aside", "again"  # why a call ended
MOST = 200


def wanted(level: int) -> bool:
    """Whether something of this level (1 red to 4 blue) calls people one after another."""
    return level <= value("call.level")


def call(subject: Any, *, level: int, text: str, at: datetime) -> Call | None:
    """Call for attention about ``subject`` (its ``area_path`` says whose desk it is), from ``at`` (the hall's time) on.

    ``text`` is what is said on the telephone. One call a subject: while its steps run a second one only makes it worse or
    newer; when they are all through it begins anew. None where the level calls nobody. The step of the own desk is taken
    at once. The caller holds the subject's lock, so that no ``answer`` comes between.
    """
    told = values(["call.level", "call.steps"])
    if level > told["call.level"]:
        return None
    real = rate().real(at)
    with transaction.atomic():
        row = _running(subject._meta.label_lower, [subject.pk]).first()
        if row is not None and row.next_at is not None:
            worse, newer = min(level, row.level), text[:300]
            if (worse, newer) != (row.level, row.text):
                row.level, row.text = worse, newer
                row.save(update_fields=["level", "text"])
                announce("call.step", row, at=at)
            return row
        if row is not None and row.started_at >= real:
            return row  # the same happening, delivered again
        if row is not None:
            _end(row, AGAIN, "", real, at)
        row = Call.objects.create(
            subject_type=subject._meta.label_lower,
            subject_id=str(subject.pk),
            level=level,
            text=text[:300],
            area_path=subject.area_path,
            department_id=subject.department_id,
            plan=plan(told["call.steps"]),
            started_at=real,
            next_at=real,
        )
        _settle(row, real, at)
    return row


def answer(
    subject_type: str, subject_ids: Collection[Any], *, by: str, at: datetime, why: str = ANSWERED
) -> int:
    """End the calls about these subjects and take back the messages that have not left; returns how many calls ended."""
    real = rate().real(at)
    with transaction.atomic():
        rows = list(_running(subject_type, subject_ids))
        for row in rows:
            _end(row, why, by, real, at)
    return len(rows)


def _running(subject_type: str, subject_ids: Collection[Any]) -> Any:
    rows = Call.objects.select_for_update(of=("self",)).order_by("pk")
    return rows.filter(
        subject_type=subject_type, subject_id__in=[str(one) for one in subject_ids], ended_at=None
    )


def _end(row: Call, why: str, by: str, real: datetime, at: datetime) -> None:
    row.ended_at, row.ended_by, row.why, row.next_at = real, by, why, None
    row.save(update_fields=["ended_at", "ended_by", "why", "next_at"])
    messages.cancel(row._meta.label_lower, [row.pk], at=at)
    announce("call.ended", row, at=at, why=why)


# --- the clock -------------------------------------------------------------------------------------------------------


def sweep(real: datetime, at: datetime) -> int:
    """Take the steps that are due at ``real``; returns how many. ``at``: the hall's time, which decides who is on duty."""
    due = Call.objects.filter(next_at__lte=real).order_by("next_at").values_list("pk", flat=True)[:MOST]
    return sum(_take(pk, real, at) for pk in list(due))


def _take(pk: Any, real: datetime, at: datetime) -> int:
    with transaction.atomic():
        rows = Call.objects.select_for_update(of=("self",), skip_locked=True)
        row = rows.filter(pk=pk, ended_at=None, next_at__lte=real).first()
        return _settle(row, real, at) if row else 0  # else somebody has it in hand: the next tick


def _settle(row: Call, real: datetime, at: datetime) -> int:
    people, before = roster.on_duty(at), len(row.steps)
    while row.next_at is not None and row.next_at <= real:
        kind, due = row.plan[len(row.steps)][0], row.next_at
        reached = called(kind, row.area_path, people)
        if kind == OUTSIDE:
            _telephone(row, reached, at)
        who = [{"user": one.user, "name": one.name} for one in reached]
        row.steps.append({"step": kind, "at": at.isoformat(), "due": due.isoformat(), "who": who})
        row.next_at = next_due(row.plan, len(row.steps), due, bool(reached))
        names = " ".join(one.user for one in reached)
        record_act("call.step", row, by=CLOCK, at=at, after=kind, step=kind, called=names, text=row.text)
    row.save(update_fields=["steps", "next_at"])
    announce("call.step", row, at=at)
    return len(row.steps) - before


def _telephone(row: Call, people: list[OnDuty], at: datetime) -> None:
    for one in people:
        for channel in (messages.PHONE, messages.SMS):
            key = f"call:{row.pk}:{channel}:{one.user}"[:120]
            messages.send(channel, one.phone, row.text, key=key, at=at, name=one.name, about=row)
