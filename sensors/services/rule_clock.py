"""What rules do by the clock and not by a reading: miss one, ring again, and end where they are not in force any more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.timezone import get_default_timezone

from command_center.core.locks import first
from command_center.core.models import Heartbeat

from ..domain import absence
from ..domain.alarms import CLEARED, LEVEL, NONE, RAISED, Change
from ..domain.lifecycle import RANG, UNACKNOWLEDGED
from ..domain.rule_language import is_absence
from ..domain.rule_making import Place, holds_at, re_alarm_after
from ..domain.rules import Limits
from ..domain.words import ABSENT, RULE_CHANGED, facts
from ..models import Alarm, AlarmWatch, Sensor
from .alarm_book import Book
from .points import Point, Site, limits_in_force, points
from .rulebook import Ruled

_ALWAYS = timedelta.max


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look changed, in alarms."""

    absent: int = 0  # raised for missing readings
    changed: int = 0  # of those, a worse level
    back: int = 0
    again: int = 0
    ended: int = 0


def tick(at: datetime) -> Ticked:
    """Look once, at the hall's time ``at``; two looks at once are one. Rows are locked only where there is work."""
    limits = limits_in_force(at)
    found = _look(limits, at, Book(at, _ALWAYS), _active())
    if found == Ticked():
        return found
    with transaction.atomic():
        if not first("rule clock"):
            return Ticked()
        # What a batch holds at the moment is left to the next look: who waits for nothing blocks nobody.
        book = Book(at, _ALWAYS)
        active = _active().select_for_update(of=("self",), skip_locked=True)
        found = _look(limits, at, book, active, write=True)
        book.write()
    return found


def _active() -> QuerySet[Alarm]:
    return Alarm.objects.filter(condition=Alarm.Condition.ACTIVE).select_related("station")


def _look(
    limits: Limits, at: datetime, book: Book, alarms: Iterable[Alarm], *, write: bool = False
) -> Ticked:
    active = list(alarms)
    absent, changed, back = _absent(active, limits, book, at)
    ended = _end(active, limits, book, at)
    if write and ended:
        AlarmWatch.objects.filter(
            reduce(or_, (Q(station=a.station_id, sensor=a.sensor_id, rule=a.rule) for a in ended))
        ).delete()
    gone = {alarm.pk for alarm in ended}
    again = _again([alarm for alarm in active if alarm.pk not in gone], limits, book, at)
    return Ticked(absent, changed, back, again, len(ended))


# --- missing readings -------------------------------------------------------------------------------
def _absent(active: list[Alarm], limits: Limits, book: Book, at: datetime) -> tuple[int, int, int]:
    ruled = [
        one for one in limits.rules.rules if is_absence(one.definition) and not one.definition.get("off")
    ]
    if not ruled:
        return 0, 0, 0
    listening = _listening_since(at)
    known = {(alarm.sensor_id, alarm.rule): alarm for alarm in active}
    raised = changed = back = 0
    for sensor, one, place in _watched(ruled, limits):
        since = max(sensor.latest.observed_at, listening)
        level = absence.level_of(at - since, absence.tiers_at(one.definition, place, at))
        alarm = known.get((sensor.pk, one.alarm))
        told = facts(ABSENT, "min", since=sensor.latest.observed_at.isoformat(), **one.names)
        minutes = round((at - since).total_seconds() / 60, 1)
        if alarm is None and level < NONE:
            site = Site.of(sensor.station)
            book.open(site, sensor.pk, one.alarm, Change(at, RAISED, level, minutes, None, told), rings=True)
            raised += 1
        elif alarm is not None and level == NONE:
            book.clear(alarm, Change(at, CLEARED, alarm.level, minutes, None))
            back += 1
        elif alarm is not None and level != alarm.level:
            changed += 1
            book.level(alarm, Change(at, LEVEL, level, minutes, None, told), rings=True)
    return raised, changed, back


def _watched(ruled: list[Ruled], limits: Limits) -> Iterator[tuple[Sensor, Ruled, Place]]:
    """The points that have been heard, each with the narrowest rule of each alarm."""
    quantities = {one.definition["applies"]["quantity"] for one in ruled}
    sensors = Sensor.objects.filter(
        quantity__in=quantities, station__in_service=True, latest__isnull=False
    ).select_related("station", "latest")
    for sensor in sensors:
        station, seen = sensor.station, set()
        both = {**station.facts, **sensor.facts}
        for one in limits.rules.by_quantity.get(sensor.quantity, ()):
            if one.alarm in seen or not holds_at(
                one.definition, kind=station.kind, code=station.code, area_path=station.area_path, facts=both
            ):
                continue
            seen.add(one.alarm)
            if is_absence(one.definition) and not one.definition.get("off"):
                place = Place(limits.values, get_default_timezone(), station.facts, own_facts=sensor.facts)
                yield sensor, one, place


def _listening_since(at: datetime) -> datetime:
    """From when on silence counts: before, it was us who did not listen (``contact``)."""
    row = Heartbeat.objects.filter(name="silence").first()
    return min(at, datetime.fromisoformat(row.note["since"])) if row and "since" in row.note else at


# --- rules that do not hold any more ---------------------------------------------------------------
def _end(active: list[Alarm], limits: Limits, book: Book, at: datetime) -> list[Alarm]:
    """Alarms of rules that a newer version took away from their place end, and say why."""
    governed = {one.alarm for one in limits.rules.rules}
    asked = [alarm for alarm in active if alarm.rule in governed]
    if not asked:
        return []
    absent = {one.alarm for one in limits.rules.rules if is_absence(one.definition)}
    watched = {(sensor.pk, one.alarm) for sensor, one, _ in _watched_where(absent, limits)}
    alone = {alarm.sensor_id for alarm in asked if alarm.sensor_id is not None}
    one_of = dict(
        Sensor.objects.filter(station__in={a.station_id for a in asked if a.sensor_id is None}).values_list(
            "station_id", "pk"
        )
    )
    known = points(alone | set(one_of.values()), limits)
    gone = [
        alarm
        for alarm in asked
        if not _judged(alarm, known, one_of) and (alarm.sensor_id, alarm.rule) not in watched
    ]
    for alarm in gone:
        book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None), RULE_CHANGED)
    return gone


def _watched_where(absent: set[str], limits: Limits) -> Iterator[tuple[Sensor, Ruled, Place]]:
    ruled = [one for one in limits.rules.rules if one.alarm in absent and is_absence(one.definition)]
    return _watched(ruled, limits) if ruled else iter(())


def _judged(alarm: Alarm, known: Any, one_of: dict[Any, int]) -> bool:
    point: Point | None = known.get(
        alarm.sensor_id if alarm.sensor_id is not None else one_of.get(alarm.station_id)
    )
    if point is None:
        return False
    return any(
        rule.name == alarm.rule for rule in (point.rules if alarm.sensor_id is not None else point.site.rules)
    )


# --- ringing again ---------------------------------------------------------------------------------
def _again(active: list[Alarm], limits: Limits, book: Book, at: datetime) -> int:
    waits = {
        one.alarm: after
        for one in limits.rules.rules
        if (after := re_alarm_after(one.definition, Place(limits.values, get_default_timezone())))
    }
    asked = [
        alarm
        for alarm in active
        if alarm.rule in waits and alarm.rang and alarm.state == UNACKNOWLEDGED and not alarm.suppressions
    ]
    if not asked:
        return 0
    rang = dict(
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in asked], events__what__in=[RAISED, LEVEL, RANG])
        .annotate(last=Max("events__recorded_at"))
        .values_list("pk", "last")
    )
    due = [alarm for alarm in asked if at - rang.get(alarm.pk, at) >= waits[alarm.rule]]
    for alarm in due:
        book.ring_again(alarm, at)
    return len(due)
