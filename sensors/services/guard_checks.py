"""Asking whether the guard of a building is there, and what came of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from command_center.core.actor import Actor
from command_center.core.acts import record_act

from ..domain.guard_checks import Answer, Check, standings
from ..models import Downlink, RawFrame, Station
from .downlinks import send

KIND = "guard_check"
LAST = 10


def ask(station: Station, minutes: int, *, by: Actor, at: datetime) -> Downlink:
    """Ask now; the guard has ``minutes``. Raises ``CannotBeTold`` for a station whose protocol has no such word."""
    with transaction.atomic():
        row = send(station, KIND, {"minutes": minutes}, by=by.name, at=at)
        assert row is not None
        record_act("guard.check", station, by=by, at=at, minutes=minutes)
    return row


def lately(station: Station, at: datetime) -> list[dict[str, Any]]:
    """The last checks, newest first: {asked_at, asked_by, minutes, result, standing, answered_at, operator}."""
    rows = list(Downlink.objects.filter(station=station, kind=KIND).order_by("-asked_at", "-pk")[:LAST])
    if not rows:
        return []
    checks = [Check(row.asked_at, int(row.body.get("minutes", 10)), row.result) for row in rows]
    stood = standings(checks, answers_of({station.pk}, rows[-1].asked_at).get(station.pk, ()), at)
    return [
        {
            "asked_at": row.asked_at,
            "asked_by": row.asked_by,
            "minutes": check.minutes,
            "result": row.result,
            "standing": standing,
            "answered_at": answer and answer.at,
            "operator": answer and answer.operator,
        }
        for row, check, (standing, answer) in zip(rows, checks, stood, strict=True)
    ]


def answers_of(stations: Collection[UUID], since: datetime) -> dict[UUID, list[Answer]]:
    """Every answer of these buildings' guards since then, the oldest first. By the time of receiving: the clock of a host
    proves nothing."""
    frames = RawFrame.objects.filter(
        station_id__in=stations, received_at__gte=since, decoded__function__endswith="-24"
    ).order_by("received_at")
    found: dict[UUID, list[Answer]] = {}
    for frame in frames:
        for operation in frame.decoded.get("details", {}).get("objects", ()):
            if "confirmed" in operation.get("operations", ()):
                answer = Answer(frame.received_at, operation.get("operator", 0))
                found.setdefault(frame.station_id, []).append(answer)
    return found
