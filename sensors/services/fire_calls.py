"""The first fire alarm of a building: call who is responsible, and raise the alarm where nobody can rule it out."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from command_center.core.actor import Actor, clock
from command_center.core.acts import perform
from command_center.core.events import announce
from command_center.core.locks import alone
from command_center.core.now import rate
from command_center.core.parameters import values
from command_center.duty import messages

from ..domain import fire_calls as rule
from ..domain import words
from ..domain.alarms import LEVEL, MOST_SEVERE, Change
from ..domain.fire_parts import FIRE
from ..domain.words import gettext_noop
from ..models import Alarm, FireCall, FirePart, ResponsiblePerson, Station
from . import secrets
from .alarm_book import Book
from .storing import lock_stations

log = logging.getLogger(__name__)

ALARM = "fire.alarm"
CLOCK = clock("fire")
SPOKEN = gettext_noop(
    "Fire alarm at %(premises)s, %(part)s. Please look at once and answer the command centre's call."
)
# Of the register only what belongs to this fire: a part that was never reset tells of an older one.
_SAME_FIRE = timedelta(minutes=30)
# A confirmed fire as well: late readings write its alarm anew, and then it has to become red again.
_STANDING = Q(state__in=rule.OPEN) | Q(state=rule.REAL, alarm__condition=Alarm.Condition.ACTIVE)
_CALLS = "fire calls"  # one decision at a time: two detectors of one building must not both be the first


def take(alarm_id: UUID | str, *, at: datetime) -> FireCall | None:
    """Begin a call for a new fire alarm, or let it count in the one that is open for its place.

    None for what is no fire, did not ring, or is suppressed: that is told again when it calls.
    """
    alarm = Alarm.objects.select_related("station__premises").filter(pk=alarm_id, rule=ALARM).first()
    if alarm is None or not alarm.rang or alarm.suppressions or alarm.condition != Alarm.Condition.ACTIVE:
        return None
    with transaction.atomic():
        alone(_CALLS)
        station = alarm.station
        open_ = _of_place(FireCall.objects.filter(state__in=rule.OPEN), station)
        call = open_.select_for_update().order_by("began_at").first()
        if call is None:
            if FireCall.objects.filter(alarm=alarm).exists():
                return None  # told again after somebody had said what it was
            call = _begin(alarm, at)
        _judge([call], at)
    return call


def answer(call: FireCall, *, by: Actor, at: datetime) -> FireCall:
    """Somebody responsible has answered and looks. Raises NotPossible, PermissionDenied."""
    return _moved(call, "answer", by=by, at=at)


def confirm(call: FireCall, *, by: Actor, at: datetime) -> FireCall:
    """It burns: the building's alarms become red."""
    return _moved(call, "confirm", by=by, at=at)


def dismiss(call: FireCall, *, by: Actor, at: datetime, reason: str) -> FireCall:
    """A false alarm, and what it was; the alarms fall back to the level of one detector."""
    return _moved(call, "dismiss", by=by, at=at, reason=reason)


MOVES = {"answer": answer, "confirm": confirm, "dismiss": dismiss}


def _moved(call: FireCall, name: str, *, by: Actor, at: datetime, reason: str = "") -> FireCall:
    with transaction.atomic():
        alone(_CALLS)
        row: FireCall = perform(call, name, by=by, at=at, reason=reason)
        if row.state in rule.FIRE_CALL.final:
            row.ended_by, row.reason = by.name, reason
            row.save(update_fields=["ended_by", "reason"])
        _call_off(row, at)
        _judge([row], at, by)
        _tell(row, at)
    return row


def tick(at: datetime, real: datetime) -> int:
    """Look at the open calls: who did not answer in time, what is over, what has become serious. Returns how many moved."""
    if not FireCall.objects.filter(_STANDING).exists():
        return 0
    moved = 0
    with transaction.atomic():
        alone(_CALLS)
        calls = list(
            FireCall.objects.select_for_update(of=("self",))
            .filter(_STANDING)
            .select_related("station", "premises", "alarm__sensor")
            .order_by("began_at")
        )
        standing = []
        for call in calls:
            if call.state in rule.OPEN and not _burning(call):
                call = perform(call, "lapse", by=CLOCK, at=at)
                _call_off(call, at)
                _tell(call, at)
                moved += 1
                continue
            if call.state == rule.CALLED and real >= call.answer_by:
                call = perform(call, "miss", by=CLOCK, at=at)
                _call(call, _persons(call)[1:], at)
                _tell(call, at)
                moved += 1
            standing.append(call)
        moved += _judge(standing, at)
    return moved


# --- how it is done ------------------------------------------------------------------------------------------
def _of_place(rows: Any, station: Station) -> Any:
    if station.premises_id is None:
        return rows.filter(station=station)
    return rows.filter(Q(premises=station.premises_id) | Q(station=station))


def _begin(alarm: Alarm, at: datetime) -> FireCall:
    station = alarm.station
    seconds = values(["fire.answer_within"])["fire.answer_within"]
    call = FireCall.objects.create(
        alarm=alarm,
        station=station,
        premises=station.premises,
        began_at=at,
        answer_by=rate().real(at) + timedelta(seconds=seconds),
        area_path=station.area_path,
        department_id=station.department_id,
    )
    _call(call, _persons(call)[:1], at)
    _tell(call, at)
    return call


def _persons(call: FireCall) -> list[ResponsiblePerson]:
    return list(call.premises.persons.all()) if call.premises else []


def _call(call: FireCall, persons: Sequence[ResponsiblePerson], at: datetime) -> None:
    """Have each of them called and sent the same as a text. Once, however often this runs."""
    if not persons:
        return
    for person in persons:
        to, text = phone_of(person), _spoken(call)
        for channel in (messages.PHONE, messages.SMS):
            row = messages.send(
                channel, to, text, key=f"fire:{call.pk}:{person.pk}:{channel}", at=at, name=person.name, about=call
            )  # fmt: skip
            call.called.append(
                {"person": person.pk, "role": person.role, "channel": channel, "at": at.isoformat(), "message": str(row.pk)}
            )  # fmt: skip
    call.save(update_fields=["called"])


def _call_off(call: FireCall, at: datetime) -> None:
    """Whom nobody has reached yet need not be called any more."""
    messages.cancel(FireCall._meta.label_lower, [str(call.pk)], at=at)


def _spoken(call: FireCall) -> str:
    with override("zh-hans"):  # who is called there speaks Chinese, whoever sits at the desk
        where = call.premises or call.station
        return _(SPOKEN) % {"premises": where.label, "part": call.alarm.facts.get("part", "")}


def phone_of(person: ResponsiblePerson) -> str:
    """The number, "" where there is none or no key opens it."""
    try:
        return secrets.unseal(person.sealed) if person.sealed else ""
    except secrets.Unreadable:
        log.error("the telephone number of responsible person %s cannot be opened with this key", person.pk)
        return ""


def _alarms(call: FireCall) -> list[Alarm]:
    """The fire alarms that stand at the call's place now."""
    where = Q(station=call.station_id)
    if call.premises_id:
        where |= Q(station__premises=call.premises_id)
    found = Alarm.objects.filter(where, rule=ALARM, condition=Alarm.Condition.ACTIVE, suppressions=[])
    return list(found.select_related("sensor").order_by("pk"))


def _burning(call: FireCall) -> bool:
    where = Q(station=call.station_id)
    if call.premises_id:
        where |= Q(station__premises=call.premises_id)
    return Alarm.objects.filter(where, rule=ALARM, condition=Alarm.Condition.ACTIVE).exists()


def _detectors(call: FireCall, alarms: Iterable[Alarm]) -> int:
    """How many parts tell fire: those with an alarm of their own, and those that only the register knows."""
    stations = {call.station_id, *(alarm.station_id for alarm in alarms)}
    since = call.alarm.raised_at - _SAME_FIRE
    rows = FirePart.objects.filter(station__in=stations, since__gte=since).values_list(
        "station", "channel", "state"
    )
    told = {(station, channel) for station, channel, state in rows if state & FIRE}
    # A point for the whole host (or a system) repeats its parts.
    own = {
        (one.station_id, one.sensor.channel)
        for one in alarms
        if one.sensor is not None and one.sensor.quantity == "fire_part_state"
    }
    return len(told | own)


def _judge(calls: Iterable[FireCall], at: datetime, by: Actor = CLOCK) -> int:
    """Bring the alarms of each call to the level that holds now. Returns how many calls turned red or fell back."""
    calls = list(calls)
    if not calls:
        return 0
    v = values(["fire.enough_detectors", "fire.alarm.level", "alarm.ring_within"])
    book = Book(at, timedelta(minutes=v["alarm.ring_within"]), by=by)
    turned, touched = 0, set()
    todo: list[tuple[FireCall, list[Alarm], str]] = []
    for call in calls:
        alarms = _alarms(call)
        why = rule.because(
            call.state,
            before=call.because,
            detectors=_detectors(call, alarms),
            enough=v["fire.enough_detectors"],
            anybody=bool(call.called),
        )
        todo.append((call, alarms, why))
        touched |= {alarm.station_id for alarm in alarms}
    with connection.cursor() as cursor:
        lock_stations(cursor, touched)
    for call, alarms, why in todo:
        level = MOST_SEVERE if why else v["fire.alarm.level"]
        text = rule.SENTENCES[why] if why else (words.FIRE_FALSE if call.state == rule.FALSE else words.FIRE)
        for alarm in alarms:
            if level and (alarm.level != level or (call.because != why and alarm.facts.get("text") != text)):
                when = max(at, alarm.level_since)
                told = Change(
                    when, LEVEL, level, alarm.value or 0.0, alarm.peak_value, {**alarm.facts, "text": text}
                )
                book.level(alarm, told, rings=True)
        if call.because != why:
            call.because = why
            call.save(update_fields=["because"])
            _tell(call, at)
            turned += 1
    book.write()
    return turned


def _tell(call: FireCall, at: datetime) -> None:
    announce("fire_call.changed", call, at=at, station=str(call.station_id), state=call.state)
