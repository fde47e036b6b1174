"""Flood mode: the new alarms of each desk are counted, and begin and end of a flood are recorded and told."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from command_center.core import heartbeat
from command_center.core.events import announce_many
from command_center.core.locks import first
from command_center.core.models import Heartbeat, Membership
from command_center.core.parameters import values
from command_center.core.roles import ROLES

from ..domain.floods import WINDOW, Flood, Limits, follow
from ..models import Alarm, FloodSpan

_NAME = "floods"  # the sign of life that also says until when was counted
_ANSWERS = "alarm.acknowledge"  # who may do this sits at a desk


def desks(at: datetime) -> set[str]:
    """The areas for which somebody answers alarms, of all departments: a desk each."""
    now = Q(Q(starts_at=None) | Q(starts_at__lte=at), Q(ends_at=None) | Q(ends_at__gt=at))
    roles = [role for role, actions in ROLES.items() if _ANSWERS in actions]
    held = Membership.objects.filter(now, role__in=roles, department=None, user__is_active=True)
    return set(held.values_list("area__path", flat=True))


def count_floods(at: datetime) -> int:
    """Follow every desk from where the last count ended to ``at`` (hall time); how many spans were written.

    Two at once are one. An alarm counts when it became known, if it rang: what is suppressed or late calls nobody.
    """
    with transaction.atomic():
        if not first("floods"):
            return 0
        return len(_count(at))


def limits_in_force() -> Limits:
    told = values(["alarm.flood.begins", "alarm.flood.ends"])
    return Limits(begins_above=told["alarm.flood.begins"], ends_below=told["alarm.flood.ends"])


def _count(at: datetime) -> list[FloodSpan]:
    since = _counted_until(at)
    limits = limits_in_force()
    going_on = {span.area_path: span for span in FloodSpan.objects.filter(ended_at=None)}
    shown = list(
        Alarm.objects.filter(rang=True, recorded_at__gt=since - WINDOW, recorded_at__lte=at)
        .order_by("recorded_at")
        .values_list("recorded_at", "area_path")
    )
    written: list[FloodSpan] = []
    for desk in sorted(desks(at) | set(going_on)) if shown or going_on else ():
        span = going_on.get(desk)
        before = Flood(span.began_at, span.worst_per_10min) if span else None
        times = [moment for moment, area in shown if area.startswith(desk)]
        for flood in follow(times, before, since=since, until=at, limits=limits):
            written += _write(desk, flood, span)
            span = None
    announce_many(
        [("flood.changed", span, at, {"worst_per_10min": span.worst_per_10min}) for span in written]
    )
    heartbeat.beat(_NAME, until=at.isoformat())
    return written


def _counted_until(at: datetime) -> datetime:
    note = Heartbeat.objects.filter(name=_NAME).values_list("note", flat=True).first() or {}
    return min(at, datetime.fromisoformat(note["until"])) if "until" in note else at - WINDOW


def _write(desk: str, flood: Flood, span: FloodSpan | None) -> Iterable[FloodSpan]:
    """Nothing where the flood that goes on is as it was."""
    span = span or FloodSpan(area_path=desk, began_at=flood.began_at)
    known = (flood.ended_at, flood.worst_per_10min)
    if known == (span.ended_at, span.worst_per_10min):
        return
    span.ended_at, span.worst_per_10min = known
    span.save()
    yield span
