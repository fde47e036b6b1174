"""Guard checks by the clock: each building's control room is asked at its times, and silence becomes an alarm."""

import logging
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import get_default_timezone

from command_center.core.parameters import values

from ..domain.alarms import CLEARED, RAISED, Change
from ..domain.guard_checks import ANSWERED, SILENT, WAITING, Check, standings
from ..domain.guard_rounds import NotTimes, last_round, times
from ..domain.words import GUARD_ABSENT, facts
from ..models import Alarm, GuardRound, Station
from .alarm_book import Book
from .downlinks import CannotBeTold, send
from .guard_checks import KIND, answers_of
from .points import Site
from .storing import lock_stations

log = logging.getLogger(__name__)

RULE = "fire.guard_absent"
CATCH_UP = timedelta(minutes=15)
"""A round that fell due while nobody ran is asked for so long; asking at three what was due at ten proves nothing."""
_BACK = timedelta(days=1)  # how long an answer after the alarm is waited for


def tick(at: datetime) -> tuple[int, int]:
    """Ask whom it is time to ask, and see what came of the rounds that are open: (asked, settled)."""
    v = values(["fire.guard_times", "fire.guard_minutes", "fire.guard_absent.level", "alarm.ring_within"])
    return _ask(v, at), _settle(v, at)


def _ask(v: Mapping[str, Any], at: datetime) -> int:
    usual, zone = _times(v["fire.guard_times"]), get_default_timezone()
    rows = Station.objects.filter(
        kind=Station.Kind.FIRE_HOST, in_service=True, premises__isnull=False
    ).select_related("premises")
    due = {}
    for station in rows:
        own = station.premises.guard_times
        when = last_round(_times(own) if own else usual, at, zone, within=CATCH_UP)
        if when is not None:
            due[station.pk] = (station, when)
    if not due:
        return 0
    there = set(
        GuardRound.objects.filter(station__in=due, due_at__gt=at - CATCH_UP).values_list(
            "station_id", "due_at"
        )
    )
    asked = 0
    for station, when in due.values():
        if (station.pk, when) not in there:
            asked += _ask_one(station, when, v["fire.guard_minutes"], at)
    return asked


def _ask_one(station: Station, due_at: datetime, minutes: int, at: datetime) -> bool:
    with transaction.atomic():
        round_, fresh = GuardRound.objects.get_or_create(
            station=station, due_at=due_at, defaults={"asked_at": at, "minutes": minutes}
        )
        if not fresh:  # another tick was quicker
            return False
        try:
            round_.downlink = send(station, KIND, {"minutes": minutes}, by="", at=at)
        except CannotBeTold:
            round_.outcome = "not_told"
        round_.save(update_fields=["downlink", "outcome"])
    return True


def _times(text: str) -> tuple[time, ...]:
    """A text that somebody mistyped asks nobody; the page of premises refuses it, a parameter is told in the log."""
    try:
        return () if text.strip() == "-" else times(text)
    except NotTimes as wrong:
        log.warning("guard checks: %s is no time of the day, nobody is asked by %r", wrong, text)
        return ()


def _settle(v: Mapping[str, Any], at: datetime) -> int:
    """Close rounds whose answer or end has come; raise where the guard was silent, clear where one answered since."""
    open_ = list(GuardRound.objects.filter(outcome="").select_related("station", "downlink").order_by("pk"))
    absent = list(Alarm.objects.filter(rule=RULE, condition=Alarm.Condition.ACTIVE).select_related("station"))
    if not open_ and not absent:
        return 0
    oldest = min([one.asked_at for one in open_] + [max(one.raised_at, at - _BACK) for one in absent])
    answers = answers_of({one.station_id for one in (*open_, *absent)}, oldest)
    settled = []
    for one in open_:
        result = one.downlink.result if one.downlink else "impossible"
        ((stands, answer),) = standings(
            [Check(one.asked_at, one.minutes, result)], answers.get(one.station_id, ()), at
        )
        if stands != WAITING:
            one.outcome = stands
            one.answered_at, one.operator = (answer.at, answer.operator) if answer else (None, None)
            settled.append(one)
    since = {one.station_id: one.asked_at for one in settled if one.outcome == ANSWERED}
    back = [
        alarm
        for alarm in absent
        if alarm.station_id in since or any(a.at > alarm.raised_at for a in answers.get(alarm.station_id, ()))
    ]
    if not settled and not back:
        return 0
    with transaction.atomic():
        GuardRound.objects.bulk_update(settled, ["outcome", "answered_at", "operator"])
        _ring(v, [one for one in settled if one.outcome == SILENT], absent, back, at)
    return len(settled)


def _ring(
    v: Mapping[str, Any], silent: list[GuardRound], absent: list[Alarm], back: list[Alarm], at: datetime
) -> None:
    level = v["fire.guard_absent.level"]
    standing = {alarm.station_id for alarm in absent}
    fresh = [one for one in silent if level and one.station_id not in standing]
    if not fresh and not back:
        return
    with connection.cursor() as cursor:
        lock_stations(cursor, {one.station_id for one in (*fresh, *back)})
    there = set(
        Alarm.objects.filter(rule=RULE, condition=Alarm.Condition.ACTIVE).values_list("station_id", flat=True)
    )
    book = Book(at, timedelta(minutes=v["alarm.ring_within"]))
    for one in fresh:
        if one.station_id in there:
            continue
        site = Site.of(one.station)
        told = facts(GUARD_ABSENT, "min", since=one.asked_at.isoformat())
        book.open(site, None, RULE, Change(at, RAISED, level, float(one.minutes), None, told), rings=True)
    for alarm in back:
        if alarm.station_id in there:
            book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None))
    book.write()
