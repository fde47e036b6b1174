"""The one door for change: lock, check, change, log, announce, in one transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction

from .actor import Actor
from .events import announce
from .models import AuditEntry
from .now import now


class NotPossible(Exception):
    """The move does not fit the record's present state (HTTP 409). ``state`` is what it is now."""

    def __init__(self, sentence: str, state: str = "") -> None:
        super().__init__(sentence)
        self.state = state


def perform(record: Any, name: str, *, by: Actor, reason: str = "", at: datetime | None = None) -> Any:
    """Carry out one move of ``record``'s machine and return the fresh row.

    Raises PermissionDenied where ``by`` may not, NotPossible where the table, a guard or a missing
    reason stands against it. A refusal leaves no trace.
    """
    model, move, at = type(record), record.machine[name], at or now()
    with transaction.atomic():
        row = model.objects.select_for_update(of=("self",)).get(pk=record.pk)
        by.require(move.action, row)
        if row.state not in move.sources:
            raise NotPossible(f"{name} is not possible from {row.state}", row.state)
        if move.needs_reason and not reason.strip():
            raise NotPossible(f"{name} needs a reason", row.state)
        if move.guard and (why_not := move.guard(row)):
            raise NotPossible(why_not, row.state)
        before, row.state = row.state, move.target
        row.version += 1
        if move.stamps:
            setattr(row, move.stamps, at)
        row.save(update_fields=["state", "version", *filter(None, [move.stamps])])
        act = f"{row.machine.name}.{name}"
        record_act(act, row, by=by, at=at, before=before, after=row.state, reason=reason)
        announce(act, row, at=at)
    return row


def record_act(
    act: str,
    subject: Any,
    *,
    by: Actor,
    at: datetime,
    before: str = "",
    after: str = "",
    reason: str = "",
    **data: Any,
) -> AuditEntry:
    """Write one line of the log book, within the caller's transaction (creation and edits use it too)."""
    return AuditEntry.objects.create(
        at=at,
        who=by.name,
        via=by.via,
        act=act,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        before=before,
        after=after,
        reason=reason,
        data=data,
    )
