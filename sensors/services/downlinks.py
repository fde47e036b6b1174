"""Telling equipment something: the row is the order, a NOTIFY wakes the gateway, the device's answer closes it.

``pending``, ``claim`` and ``close`` are the gateway's desk (``sensors.gateway.outbox.Desk``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from command_center.core import parameters

from ..adapters import ADAPTERS
from ..adapters.base import Downlinked
from ..domain.downlinks import Order, Outcome
from ..domain.lifecycle import ENGINE, PERSON
from ..models import Alarm, AlarmEvent, Downlink, Station

BELL = "onemap_downlink"  # the NOTIFY channel that wakes the gateway
TOLD, CONFIRMED, UNCONFIRMED = "told", "confirmed", "unconfirmed"  # lines of an alarm's history
SEEN_AT_ONCE = 500
_ENDS = {
    Downlink.Result.DONE: CONFIRMED,
    Downlink.Result.REFUSED: UNCONFIRMED,
    Downlink.Result.UNANSWERED: UNCONFIRMED,
    Downlink.Result.NOT_CONNECTED: UNCONFIRMED,
    Downlink.Result.IMPOSSIBLE: UNCONFIRMED,
}


class CannotBeTold(ValueError):
    """The station's equipment takes no such command; the text says why."""


def send(
    station: Station,
    kind: str,
    body: Mapping[str, Any],
    *,
    by: str,
    at: datetime,
    alarm: Alarm | None = None,
    patience: timedelta | None = None,
) -> Downlink | None:
    """Ask for one command; None where this alarm has already caused it. Raises ``CannotBeTold``.

    ``patience``: how long (real time) the equipment may take to call; its answer then has the usual time.
    """
    adapter = ADAPTERS.get(station.protocol)
    if not isinstance(adapter, Downlinked) or kind not in adapter.commands:
        raise CannotBeTold(f"{kind!r} cannot be said to {station.code}")
    patience = patience or timedelta(seconds=parameters.value("downlink.patience"))
    with transaction.atomic():
        rows = Downlink.objects.bulk_create(
            [
                Downlink(
                    station=station,
                    alarm=alarm,
                    kind=kind,
                    body=dict(body),
                    asked_at=at,
                    asked_by=by,
                    expires_at=datetime.now(UTC) + patience,
                )
            ],
            ignore_conflicts=alarm is not None,
        )
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {BELL}")
    if alarm is None:
        return rows[0]
    # A row that was not written has no key of its own: what stands there now may be an earlier one.
    return Downlink.objects.filter(alarm=alarm, kind=kind, asked_at=at).first()


def send_text(
    station: Station, text: str, *, by: str, at: datetime, alarm: Alarm | None = None, urgent: bool = False
) -> Downlink | None:
    """Have ``text`` shown and spoken to the driver."""
    return send(station, "text", {"text": text, "urgent": urgent}, by=by, at=at, alarm=alarm)


# --- the gateway's desk ------------------------------------------------------------------------------
def pending() -> list[Order]:
    """Orders that were not sent and are still wanted, oldest first; those past their time are closed."""
    rows = list(
        Downlink.objects.filter(result="").select_related("station").order_by("asked_at", "pk")[:SEEN_AT_ONCE]
    )
    present = datetime.now(UTC)
    late = [row for row in rows if row.expires_at <= present]
    if late:
        for row in late:
            unsent = row.sent_at is None
            row.result = Downlink.Result.NOT_CONNECTED if unsent else Downlink.Result.UNANSWERED
        _end(late)
    return [
        Order(row.pk, row.station.protocol, row.station.address, row.kind, row.body)
        for row in rows
        if row.sent_at is None and not row.result
    ]


def claim(ids: Collection[int], *, at: datetime) -> set[int]:
    """Mark orders as sent; returns those that nobody else has sent."""
    with transaction.atomic():
        rows = Downlink.objects.select_for_update(skip_locked=True).filter(
            pk__in=list(ids), sent_at=None, result=""
        )
        mine = list(rows)
        answer_by = datetime.now(UTC) + timedelta(seconds=parameters.value("downlink.patience"))
        for row in mine:
            row.sent_at, row.expires_at = at, min(row.expires_at, answer_by)
        Downlink.objects.bulk_update(mine, ["sent_at", "expires_at"])
        _note((row, at, TOLD, row.body.get("text", row.kind)) for row in mine)
    return {row.pk for row in mine}


def close(outcomes: Sequence[Outcome], *, at: datetime) -> None:
    """Write down what the equipment answered."""
    by_id = {outcome.id: outcome for outcome in outcomes}
    rows = list(Downlink.objects.filter(pk__in=by_id, result=""))
    for row in rows:
        outcome = by_id[row.pk]
        if outcome.impossible:
            row.result = Downlink.Result.IMPOSSIBLE
        else:
            row.result = Downlink.Result.DONE if outcome.done else Downlink.Result.REFUSED
            row.answered_at = at
        row.error = "" if outcome.done else outcome.text[:200]
        row.answer = dict(outcome.said)
    _end(rows)


def _end(rows: Sequence[Downlink]) -> None:
    with transaction.atomic():
        Downlink.objects.bulk_update(rows, ["result", "answered_at", "error", "answer"])
        _note(
            (
                row,
                row.answered_at or row.sent_at or row.asked_at,
                _ENDS[Downlink.Result(row.result)],
                row.error,
            )
            for row in rows
        )


def _note(lines: Iterable[tuple[Downlink, datetime, str, str]]) -> None:
    """Put what happened into the history of the alarm that caused it, whose row is held meanwhile."""
    told = [line for line in lines if line[0].alarm_id is not None]
    held = Alarm.objects.select_for_update().filter(pk__in={row.alarm_id for row, *_ in told}).order_by("pk")
    if not told or not held:
        return
    AlarmEvent.objects.bulk_create(
        AlarmEvent(
            alarm_id=row.alarm_id,
            at=at,
            recorded_at=at,
            what=what,
            who=row.asked_by,
            source=PERSON if row.asked_by else ENGINE,
            note=note,
        )
        for row, at, what, note in told
    )
