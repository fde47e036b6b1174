"""The outbox: what happened, written in the transaction in which it happened; who wants to hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

BELL = "onemap_bell"  # the NOTIFY channel that wakes the relay

Listener = Callable[["Happening"], None]
Standing = list[Any]  # [area_path, department_id]: what decides who sees a record


@dataclass(frozen=True, slots=True)
class Happening:
    """What a listener is told: the stream number, the kind, whom it concerns, when, and a few facts."""

    seq: int
    kind: str
    subject_type: str
    subject_id: str
    area_path: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)


LISTENERS: dict[str, dict[str, Listener]] = {}  # kind → name → function


def on(kind: str) -> Callable[[Listener], Listener]:
    """Register a listener. It may be called twice with the same event and must then do nothing new."""

    def register(listener: Listener) -> Listener:
        LISTENERS.setdefault(kind, {})[f"{listener.__module__}.{listener.__qualname__}"] = listener
        return listener

    return register


def standing(record: Any) -> Standing:
    """Where ``record`` stands now. An event that moves it says where it stood before (``was=``): see ``Layer.within``."""
    return [record.area_path, record.department_id]


def announce(kind: str, subject: Any, *, at: datetime, **data: Any) -> None:
    """Say that ``kind`` happened to ``subject``, within the caller's transaction."""
    announce_many([(kind, subject, at, data)])


def announce_many(happenings: list[tuple[str, Any, datetime, dict[str, Any]]]) -> None:
    """As ``announce``, for a batch: one insert and one bell."""
    from .models import Event

    if not happenings:
        return
    Event.objects.bulk_create(
        Event(
            kind=kind,
            subject_type=subject._meta.label_lower,
            subject_id=str(subject.pk),
            area_path=getattr(subject, "area_path", "/"),
            at=at,
            data=data,
        )
        for kind, subject, at, data in happenings
    )
    with connection.cursor() as cursor:  # delivered on commit, and folded into one
        cursor.execute(f"NOTIFY {BELL}")
