"""Messages out of the house: written with what causes them, sent by a worker, never lost without a word.

``send`` may be called by every app above, within its transaction. Messages are tried in real time: who is called and the
provider live in it, however fast the hall's clock runs in the demo.
"""

import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from command_center.core.actor import Actor, clock
from command_center.core.acts import NotPossible, perform
from command_center.core.now import rate

from . import channels
from .channels import CHANNELS, PHONE, SMS, NotTaken
from .domain.messages import next_try
from .lifecycle import WAITING
from .models import Message

__all__ = ["CHANNELS", "PHONE", "SMS", "cancel", "note", "send", "send_due"]

log = logging.getLogger(__name__)

CLOCK = clock("messages")
WITHIN = timedelta(minutes=30)
LEASE = timedelta(seconds=30)  # a sender that dies holds a message back for so long
AT_ONCE = 16


def send(
    channel: str,
    to: str,
    text: str,
    *,
    key: str,
    at: datetime,
    name: str = "",
    about: Any = None,
    area_path: str = "/",
    department_id: int | None = None,
    within: timedelta = WITHIN,
) -> Message:
    """Have ``text`` sent to the telephone number ``to``: as a short message (``SMS``) or spoken (``PHONE``).

    ``key`` makes it one message: a second call with the same key changes nothing and returns the first (name the cause and
    the receiver: ``f"fire.first:{alarm.pk}:{person.pk}"``, at most 120 characters). ``at`` is the hall's time. ``name``: who
    is called, for people to read. ``about``: the record it is about (its ``area_path`` and ``department_id`` then decide who
    sees the message). Not sent any more when ``within`` (real time) is over.

    Returns at once with the row; a worker sends it within about a second. Where no provider is configured for the channel,
    or no number is known, the state is ``no_channel``, and every desk that may see it shows so in red until somebody notes
    it. Raises ValueError for an unknown channel.
    """
    if channel not in CHANNELS:
        raise ValueError(f"no such channel: {channel}")
    real = rate().real(at)
    row = Message(
        key=key,
        channel=channel,
        to=to,
        name=name[:40],
        text=text[:500],
        asked_at=at,
        due_at=real,
        expires_at=real + within,
        subject_type=about._meta.label_lower if about is not None else "",
        subject_id=str(about.pk) if about is not None else "",
        area_path=getattr(about, "area_path", area_path),
        department_id=getattr(about, "department_id", department_id),
    )
    with transaction.atomic():
        Message.objects.bulk_create([row], ignore_conflicts=True)
        kept = Message.objects.get(key=key)
        if kept.pk == row.pk and not (to and channels.address(channel)):
            kept = perform(kept, "lack", by=CLOCK, at=at)
    return kept


def cancel(subject_type: str, subject_ids: Collection[str], *, at: datetime) -> int:
    """Take back what is not sent yet, about these records; returns how many. What is just on its way is not tried again."""
    with transaction.atomic():
        rows = Message.objects.select_for_update().filter(
            subject_type=subject_type, subject_id__in=[str(one) for one in subject_ids], state=WAITING
        )
        waiting = list(rows.order_by("pk"))
        flying = [row.pk for row in waiting if row.claimed_until and row.claimed_until > rate().real(at)]
        Message.objects.filter(pk__in=flying).update(withdrawn=True)
        done = [perform(row, "cancel", by=CLOCK, at=at) for row in waiting if row.pk not in flying]
    return len(done)


def note(row: Message, *, by: Actor, at: datetime) -> Message:
    """Somebody has seen that it did not go out. Raises NotPossible, PermissionDenied."""
    return perform(row, "note", by=by, at=at, reason=row.error)


# --- the sender ------------------------------------------------------------------------------------------------------


def send_due(real: datetime, at: datetime) -> int:
    """Send what is due at ``real``; returns how many were sent. ``at``: the hall's time, for the log book.

    A message is claimed before it is sent and closed afterwards: no lock is held while the provider is waited for, and
    what a sender that died has claimed is tried again, under the same key, when its lease is over.
    """
    claimed = _claim(real)
    if not claimed:
        return 0
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(claimed))) as pool:
        outcomes = list(pool.map(_deliver, claimed))
    return sum(_close(row, outcome, real, at) for row, outcome in zip(claimed, outcomes, strict=True))


def _claim(real: datetime) -> list[Message]:
    due = Q(state=WAITING, due_at__lte=real) & (Q(claimed_until=None) | Q(claimed_until__lte=real))
    with transaction.atomic():
        rows = list(
            Message.objects.select_for_update(skip_locked=True).filter(due).order_by("due_at")[:AT_ONCE]
        )
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(
            claimed_until=real + LEASE, tries=F("tries") + 1
        )
    for row in rows:
        row.tries += 1
    return rows


def _deliver(row: Message) -> str | NotTaken:
    """In a thread of its own, which never touches the database."""
    try:
        return channels.deliver(row.channel, key=str(row.pk), to=row.to, text=row.text, name=row.name)
    except NotTaken as why:
        return why


def _close(row: Message, outcome: str | NotTaken, real: datetime, at: datetime) -> bool:
    with transaction.atomic():
        kept = Message.objects.select_for_update().get(pk=row.pk)
        if isinstance(outcome, str):
            _write(row.pk, reference=outcome, error="", claimed_until=None)
            return _move(kept, "send", at)
        again = next_try(row.tries, real, kept.expires_at) if outcome.again else None
        _write(row.pk, error=str(outcome), claimed_until=None, due_at=again or kept.due_at)
        if kept.withdrawn:
            _move(kept, "cancel", at)
        elif again is None:
            _move(kept, "fail", at, str(outcome))
    return False


def _write(pk: UUID, **values: Any) -> None:
    Message.objects.filter(pk=pk).update(**values)


def _move(row: Message, name: str, at: datetime, reason: str = "") -> bool:
    try:
        perform(row, name, by=CLOCK, at=at, reason=reason)
    except NotPossible:  # another sender took over when the lease was over, and has closed it
        log.warning("message %s was closed by another sender", row.pk)
        return False
    return True
