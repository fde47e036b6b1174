"""What one batch does to the alarms, collected and then written in bulk: rows, history, announcements.

Here also is decided who may call: what is suppressed is recorded like everything else, and does not ring.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values

from command_center.core.actor import Actor
from command_center.core.events import announce_many

from ..domain.alarms import CLEARED, LEVEL, NONE, RAISED, Change, Episode
from ..domain.lifecycle import CHATTERS, CLOCK, ENGINE, PERSON, RANG, RETRACTED, REWRITTEN, UNACKNOWLEDGED
from ..domain.suppression import ENDS, Entry, steps
from ..domain.words import AGAIN, CHATTERING, LATE
from ..models import Alarm, AlarmEvent
from .points import Site
from .set_aside import SetAside

CONDITION_LINES = (RAISED, LEVEL, CLEARED)
# The condition's columns; acknowledgement is people's, and never written from here.
_COLUMNS = {
    "condition": "text",
    "level": "smallint",
    "worst_level": "smallint",
    "value": "float8",
    "peak_value": "float8",
    "facts": "jsonb",
    "raised_at": "timestamptz",
    "level_since": "timestamptz",
    "cleared_at": "timestamptz",
    "rang": "boolean",
    "suppressions": "jsonb",
}
_JSON = {"facts", "suppressions"}


class Book:
    """Collects; ``write`` does it all. ``received_at`` is the hall's time at which the changes became known.

    ``by`` and ``reason`` are for lines of suppression, and for levels, that a person or a clock causes; without them it is the
    engine, whose lines alone are what the readings say and are written anew with them.
    """

    def __init__(
        self, received_at: datetime, ring_within: timedelta, *, by: Actor | None = None, reason: str = ""
    ) -> None:
        self.received_at = received_at
        self._ring_within = ring_within
        self._by = by
        self._reason = reason
        self._stirred: dict[uuid.UUID, Alarm] = {}  # whose suppression has to be looked at
        self._heard: dict[uuid.UUID, int] = {}  # the worst level that would have rung in this batch
        self._rang: dict[uuid.UUID, bool] = {}  # before this batch
        self._new: list[Alarm] = []
        self._changed: dict[uuid.UUID, Alarm] = {}
        self._lines: list[AlarmEvent] = []
        self._gone: list[uuid.UUID] = []  # alarms whose condition lines are written anew
        self._happenings: list[tuple[str, Alarm, datetime, dict[str, Any]]] = []

    def rings(self, at: datetime, newest: datetime | None) -> bool:
        """Whether what happened at ``at`` may be heard: newer than all that was known, and not long past."""
        return (newest is None or at > newest) and self.received_at - at <= self._ring_within

    def open(
        self,
        site: Site,
        sensor_id: int | None,
        rule: str,
        change: Change,
        *,
        rings: bool,
        node: int | None = None,
    ) -> Alarm:
        alarm = Alarm(
            station_id=site.id,
            sensor_id=sensor_id,
            node_id=node,
            rule=rule,
            level=change.level,
            worst_level=change.level,
            value=change.value,
            peak_value=change.peak,
            facts=change.facts,
            raised_at=change.at,
            level_since=change.at,
            recorded_at=self.received_at,
            rang=rings,
            area_path=site.area_path,
            department_id=site.department_id,
        )
        self._new.append(alarm)
        self._stir(alarm, rang=False)
        self._line(alarm, change, note="" if rings else LATE)
        self._tell("alarm.raised", alarm, rings)
        return alarm

    def level(self, alarm: Alarm, change: Change, *, rings: bool) -> None:
        rings = rings and change.level < alarm.level
        self._touch(alarm)
        self._stir(alarm)
        alarm.level, alarm.value, alarm.facts = change.level, change.value, change.facts
        alarm.worst_level = min(alarm.worst_level, change.level)
        alarm.level_since = change.at
        alarm.rang = alarm.rang or rings
        self._line(alarm, change)
        self._tell("alarm.level_changed", alarm, rings)

    def peak(self, alarm: Alarm, value: float | None) -> None:
        if alarm.peak_value != value:
            self._touch(alarm)
            alarm.peak_value = value

    def clear(self, alarm: Alarm, change: Change, note: str = "") -> None:
        self._touch(alarm)
        alarm.condition, alarm.cleared_at = Alarm.Condition.CLEARED, change.at
        self._line(alarm, change, note)
        self._tell("alarm.cleared", alarm, False)

    def ring(self, alarm: Alarm, at: datetime) -> None:
        """A fresh reading confirms what was known from late data only."""
        if alarm.suppressions:
            return  # it rings when it is not suppressed any more, if it is still so
        self._touch(alarm)
        self._stir(alarm)
        alarm.rang = True
        self._lines.append(self._event(alarm, at, RANG, alarm.level, None))
        self._tell("alarm.level_changed", alarm, True)

    def ring_again(self, alarm: Alarm, at: datetime) -> None:
        """Nobody has acknowledged it for as long as its rule waits: it rings as if it were new."""
        if alarm.suppressions:
            return
        self._touch(alarm)
        self._stir(alarm)
        alarm.facts = {
            **alarm.facts,
            "again": alarm.facts.get("again", 0) + 1,
        }  # screens see that it is another ring
        self._lines.append(self._event(alarm, at, RANG, alarm.level, None, AGAIN))
        self._tell("alarm.level_changed", alarm, True)

    def chattering(self, alarm: Alarm, change: Change) -> None:
        """It comes and goes too fast to be told each time: latched from now on."""
        self._lines.append(self._event(alarm, change.at, CHATTERS, change.level, change.value, CHATTERING))
        self._tell("alarm.chattering", alarm, False)

    def look(self, alarms: Iterable[Alarm]) -> None:
        """Bring the suppression of open alarms to what holds now."""
        for alarm in alarms:
            self._stir(alarm)

    def retract(self, alarm: Alarm) -> None:
        """Late data showed that it never was."""
        self._touch(alarm)
        alarm.condition = Alarm.Condition.RETRACTED
        self._lines.append(self._event(alarm, self.received_at, RETRACTED, alarm.level, None))
        self._tell("alarm.retracted", alarm, False)

    def rewrite(
        self, alarm: Alarm, told: Sequence[AlarmEvent], episode: Episode, newest: datetime | None
    ) -> None:
        """Late data tells the alarm otherwise: its condition lines are written anew, what was told is noted."""
        self._touch(alarm)
        self._stir(alarm)
        was = (alarm.condition, alarm.level)
        self._gone.append(alarm.pk)
        self._lines += [self._copy(alarm, change) for change in episode.changes]
        note = "; ".join(f"{line.what} {line.level} {line.at.isoformat()}" for line in told)
        self._lines.append(self._event(alarm, self.received_at, REWRITTEN, None, None, note))
        self._adopt(alarm, episode)
        last = episode.changes[-1]
        rings = last.what != CLEARED and last.level < was[1] and self.rings(last.at, newest)
        alarm.rang = alarm.rang or rings
        if (alarm.condition, was[0]) == (Alarm.Condition.CLEARED, Alarm.Condition.ACTIVE):
            self._tell("alarm.cleared", alarm, False)
        else:
            self._tell("alarm.level_changed", alarm, rings)

    def open_past(
        self, site: Site, sensor_id: int | None, rule: str, episode: Episode, newest: datetime | None
    ) -> Alarm:
        """An episode that late data brought to light; it rings only for a change that is not late itself."""
        rings = (
            any(self.rings(change.at, newest) for change in episode.changes if change.what != CLEARED)
            and episode.cleared_at is None
        )
        alarm = self.open(site, sensor_id, rule, episode.changes[0], rings=rings)
        self._lines += [self._copy(alarm, change) for change in episode.changes[1:]]
        self._adopt(alarm, episode)
        if episode.cleared_at is not None:
            self._tell("alarm.cleared", alarm, False)
        return alarm

    def write(self) -> None:
        """All of it, in the caller's transaction. Rows that end go first: one active alarm a rule and point."""
        self._lock()
        self._settle()
        changed = sorted(self._changed.values(), key=lambda alarm: alarm.pk)
        told = {alarm.pk for _, alarm, _, _ in self._happenings}
        for alarm in changed:  # screens show the peak as well
            if alarm.pk not in told:
                self._tell("alarm.peak_changed", alarm, False)
        active = Alarm.Condition.ACTIVE
        _update([alarm for alarm in changed if alarm.condition != active])
        _update([alarm for alarm in changed if alarm.condition == active])
        if self._gone:
            AlarmEvent.objects.filter(alarm__in=self._gone, what__in=CONDITION_LINES, source=ENGINE).delete()
        if self._new:
            Alarm.objects.bulk_create(self._new)
        if self._lines:
            AlarmEvent.objects.bulk_create(self._lines)
        announce_many(self._happenings)

    def _lock(self) -> None:
        """Hold what changes, in the order in which people do, so nobody waits in a circle; take over what they did."""
        known = {pk: one for pk, one in (self._changed | self._stirred).items() if not one._state.adding}
        if not known:
            return
        held = Alarm.objects.select_for_update().filter(pk__in=known).order_by("pk")
        for pk, state, suppressions in held.values_list("pk", "state", "suppressions"):
            known[pk].state, known[pk].suppressions = state, suppressions

    def _settle(self) -> None:
        """What is suppressed does not ring; what is not any more, and is still so, does."""
        looked_at = [alarm for alarm in self._stirred.values() if is_open(alarm)]
        if not looked_at:
            return
        aside = SetAside.now(looked_at, batch=(*self._new, *self._changed.values()))
        worst = {
            alarm.pk: min(alarm.level, self._heard.get(alarm.pk, NONE))
            for alarm in looked_at
            if alarm.condition == Alarm.Condition.ACTIVE
        }
        aside.overtake(looked_at, worst, at=self.received_at)
        self._hush({alarm.pk for alarm in looked_at if aside.of(alarm)})
        for alarm in looked_at:
            self._suppress(alarm, aside.of(alarm))

    def _suppress(self, alarm: Alarm, now: list[Entry]) -> None:
        before, alarm.suppressions = alarm.suppressions, now
        if now == before:
            return
        self._touch(alarm)
        self._lines += [self._suppression_line(alarm, word, entry) for word, entry in steps(before, now)]
        rings = bool(before) and not now and _calls(alarm) and alarm.pk not in self._heard
        if rings:
            alarm.rang = True
            self._lines.append(self._event(alarm, self.received_at, RANG, alarm.level, None))
        self._tell("alarm.suppression", alarm, rings)

    def _hush(self, suppressed: set[uuid.UUID]) -> None:
        """Take back what would have rung in this batch."""
        if not suppressed:
            return
        self._lines = [line for line in self._lines if line.what != RANG or line.alarm_id not in suppressed]
        for _, alarm, _, data in self._happenings:
            if alarm.pk in suppressed:
                alarm.rang, data["rang"] = self._rang[alarm.pk], False

    def _suppression_line(self, alarm: Alarm, word: str, entry: Entry) -> AlarmEvent:
        line = self._event(alarm, self.received_at, word, alarm.level, None, self._reason)
        line.who = (self._by.name if self._by else "") if word in ENDS else entry["by"]
        line.until = datetime.fromisoformat(entry["until"]) if word not in ENDS and entry["until"] else None
        if self._by:
            line.source, line.via = (CLOCK if self._by.trusted else PERSON), self._by.via
        return line

    def _adopt(self, alarm: Alarm, episode: Episode) -> None:
        entered = [change for change in episode.changes if change.what != CLEARED]
        last = entered[-1]
        alarm.raised_at, alarm.level_since, alarm.cleared_at = episode.raised_at, last.at, episode.cleared_at
        alarm.level, alarm.value, alarm.facts = last.level, last.value, last.facts
        alarm.worst_level = min(change.level for change in entered)
        alarm.peak_value = episode.peak
        alarm.condition = Alarm.Condition.ACTIVE if episode.cleared_at is None else Alarm.Condition.CLEARED

    def _touch(self, alarm: Alarm) -> None:
        self._rang.setdefault(alarm.pk, alarm.rang)
        if not alarm._state.adding:
            self._changed[alarm.pk] = alarm

    def _stir(self, alarm: Alarm, *, rang: bool | None = None) -> None:
        self._rang.setdefault(alarm.pk, alarm.rang if rang is None else rang)
        self._stirred[alarm.pk] = alarm

    def _line(self, alarm: Alarm, change: Change, note: str = "") -> None:
        line = self._copy(alarm, change, note)
        if self._by:  # a person or a clock knows more than the readings do
            line.source, line.who, line.via = (
                (CLOCK if self._by.trusted else PERSON),
                self._by.name,
                self._by.via,
            )
        self._lines.append(line)

    def _copy(self, alarm: Alarm, change: Change, note: str = "") -> AlarmEvent:
        return self._event(alarm, change.at, change.what, change.level, change.value, note)

    def _event(
        self, alarm: Alarm, at: datetime, what: str, level: int | None, value: float | None, note: str = ""
    ) -> AlarmEvent:
        return AlarmEvent(
            alarm=alarm, at=at, recorded_at=self.received_at, what=what, level=level, value=value, note=note
        )

    def _tell(self, kind: str, alarm: Alarm, rings: bool) -> None:
        if rings:
            self._heard[alarm.pk] = min(alarm.level, self._heard.get(alarm.pk, NONE))
        data = {"station": str(alarm.station_id), "level": alarm.level, "rang": rings}
        self._happenings.append((kind, alarm, self.received_at, data))


def is_open(alarm: Alarm) -> bool:
    """What somebody still has to look at; as ``layers.OPEN`` says it to the database."""
    if alarm.condition == Alarm.Condition.ACTIVE:
        return True
    return alarm.condition == Alarm.Condition.CLEARED and alarm.rang and alarm.state == UNACKNOWLEDGED


def _calls(alarm: Alarm) -> bool:
    return alarm.condition == Alarm.Condition.ACTIVE and alarm.state == UNACKNOWLEDGED


def _update(alarms: Sequence[Alarm]) -> None:
    """One statement for all: at a thousand rows three times as fast as bulk_update, and it leaves other columns alone."""
    if not alarms:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            f"UPDATE sensors_alarm a SET version = a.version + 1, {', '.join(f'{c} = v.{c}' for c in _COLUMNS)}"
            f" FROM (VALUES %s) v (id, {', '.join(_COLUMNS)}) WHERE a.id = v.id",
            [
                (
                    str(one.pk),
                    *(json.dumps(getattr(one, c)) if c in _JSON else getattr(one, c) for c in _COLUMNS),
                )
                for one in alarms
            ],
            template=f"(%s::uuid, {', '.join(f'%s::{type_}' for type_ in _COLUMNS.values())})",
            page_size=1000,
        )


def history_of(alarms: Iterable[Alarm]) -> dict[uuid.UUID, list[AlarmEvent]]:
    """The condition lines of each alarm that follow from readings, in time order. One query."""
    found: dict[uuid.UUID, list[AlarmEvent]] = {alarm.pk: [] for alarm in alarms}
    lines = AlarmEvent.objects.filter(
        alarm__in=list(found), what__in=CONDITION_LINES, source=ENGINE
    ).order_by("at", "id")
    for line in lines:
        found[line.alarm_id].append(line)
    return found
