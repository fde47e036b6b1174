"""What happened to an incident, in people's words: the log book, its alarms' history, and what apps above add."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.models import AuditEntry
from command_center.core.scope import Scope
from sensors.models import Alarm, AlarmEvent
from sensors.states import LEVELS as ALARM_LEVELS
from sensors.states import LINES as ALARM_LINES

from ..models import Incident
from ..states import ACTS, FIELDS, LEVELS


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``msgid`` and ``params`` are what ``text`` says in the active language; ``about`` names the record."""

    at: datetime
    who: str
    kind: str
    text: str
    msgid: str
    params: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    about: str = ""


ALARM = gettext_noop("%(place)s: %(what)s")
ALARM_AT_LEVEL = gettext_noop("%(place)s: %(what)s, %(level)s")

# Apps above add the lines of what they keep about incidents: called with the ids of the incidents and the
# viewer's scope (None: everything).
Source = Callable[[Collection[str], Scope | None], list[Line]]
SOURCES: list[Source] = []


def line(
    at: datetime,
    who: str,
    kind: str,
    msgid: str,
    params: dict[str, Any],
    *,
    reason: str = "",
    about: str = "",
) -> Line:
    text = _(msgid) % params if "%(" in msgid else _(msgid)
    return Line(at, who, kind, text, msgid, params, reason, about)


def timeline(incident: Incident, scope: Scope | None = None) -> list[Line]:
    """All lines of the incident and of what was merged into it, oldest first, as far as ``scope`` may see them.

    Three queries and those of the registered sources.
    """
    numbers = {str(incident.pk): incident.number}
    merged = Incident.objects.filter(merged_into=incident.pk)
    if scope is not None:
        merged = merged.filter(scope.filter("incident.view"))
    numbers |= {str(pk): number for pk, number in merged.values_list("pk", "number")}
    lines = [*_from_log(numbers), *_from_alarms(incident, scope)]
    for source in SOURCES:
        lines += source(list(numbers), scope)
    return sorted(lines, key=lambda one: one.at)


def _from_log(numbers: dict[str, str]) -> list[Line]:
    entries = AuditEntry.objects.filter(
        subject_type=Incident._meta.label_lower, subject_id__in=list(numbers)
    ).order_by("id")
    return [
        line(
            entry.at,
            entry.who,
            entry.act,
            ACTS.get(entry.act, entry.act),
            params_of(entry),
            reason=entry.reason,
            about=numbers[entry.subject_id],
        )
        for entry in entries
    ]


def params_of(entry: AuditEntry) -> dict[str, Any]:
    """The named values of a log line's sentence, in the active language."""
    data = entry.data
    params: dict[str, Any] = {name: data[name] for name in ("number", "text", "name") if name in data}
    if isinstance(data.get("level"), list):
        params["before"], params["after"] = (LEVELS[level].roman for level in data["level"])
    elif "level" in data:
        params["level"] = LEVELS[data["level"]].roman
    if "alarms" in data:
        params["count"] = len(data["alarms"])
    if "numbers" in data:
        params["numbers"] = ", ".join(data["numbers"])
    if "changes" in data:
        params["fields"] = ", ".join(_(FIELDS[name]) for name in data["changes"] if name in FIELDS)
    return params


def _from_alarms(incident: Incident, scope: Scope | None) -> list[Line]:
    seen = Q(alarm__incident_links__incident=incident, alarm__incident_links__left_at=None)
    events = AlarmEvent.objects.filter(seen).select_related("alarm__station")
    if scope is not None:
        events = events.filter(alarm__in=_alarms_in(scope))
    found = []
    for event in events.order_by("at", "id"):
        station = event.alarm.station
        word = _(ALARM_LINES.get(event.what, event.what))
        level = ALARM_LEVELS[event.level].label if event.level in ALARM_LEVELS else ""
        params = {"place": station.label, "what": word, "level": level}
        msgid = ALARM_AT_LEVEL if level else ALARM
        found.append(line(event.at, event.who, f"alarm.{event.what}", msgid, params, about=station.code))
    return found


def _alarms_in(scope: Scope) -> Any:
    return Alarm.objects.filter(scope.filter("alarm.view")).values("pk")
