"""What people do with one incident: confirm, dismiss, respond … reopen; correct it; say something about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from command_center.core import attachments
from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.events import announce, standing
from command_center.core.models import Attachment

from ..domain.lifecycle import BY_OWN_DOOR, INCIDENT, MERGED
from ..models import Incident, IncidentType
from .advising import reassess
from .errors import Refused
from .reporting import COUNTS, check_time, checked_counts, department_of, place

TEXTS = {"title": 120, "address": 200, "note": 4000, "caller_name": 40, "caller_phone": 30}
LONGEST_NOTE = 4000


def move(
    incident: Incident,
    name: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Incident:
    """Carry out one move of the table; ``changes`` (as for ``edit``) are part of the same act.

    Raises NotPossible, PermissionDenied, Refused; KeyError for a move that is not in the table. Merging has
    its own door.
    """
    if name in BY_OWN_DOOR:
        raise KeyError(name)
    INCIDENT[name]
    with transaction.atomic():
        row = perform(incident, name, by=by, reason=reason, at=at)
        if changes:
            _change(row, changes, by=by, at=at)
    return row


def confirm(
    incident: Incident,
    *,
    by: Actor,
    at: datetime,
    level: int | None = None,
    type: str | None = None,
    department: str | None = None,
    reason: str = "",
) -> Incident:
    """A person says that it is so. ``level`` is the proposed one where none is given."""
    given = {"type": type, "department": department}
    with transaction.atomic():
        row = perform(incident, "confirm", by=by, reason=reason, at=at)
        changes = {name: value for name, value in given.items() if value is not None}
        _change(row, {**changes, "level": level or row.level_proposed}, by=by, at=at)
    return row


def dismiss(incident: Incident, *, by: Actor, at: datetime, reason: str) -> Incident:
    return move(incident, "dismiss", by=by, at=at, reason=reason)


def respond(incident: Incident, *, by: Actor, at: datetime, reason: str = "") -> Incident:
    return move(incident, "respond", by=by, at=at, reason=reason)


def control(incident: Incident, *, by: Actor, at: datetime, reason: str = "") -> Incident:
    return move(incident, "control", by=by, at=at, reason=reason)


def resolve(incident: Incident, *, by: Actor, at: datetime, reason: str = "") -> Incident:
    return move(incident, "resolve", by=by, at=at, reason=reason)


def close(incident: Incident, *, by: Actor, at: datetime, reason: str = "") -> Incident:
    """Raises NotPossible with the sentence of the guard that objects, such as orders that are still open."""
    return move(incident, "close", by=by, at=at, reason=reason)


def reopen(incident: Incident, *, by: Actor, at: datetime, reason: str) -> Incident:
    """Back to responding under the same number."""
    return move(incident, "reopen", by=by, at=at, reason=reason)


def edit(
    incident: Incident, changes: Mapping[str, Any], *, by: Actor, at: datetime, reason: str = ""
) -> Incident:
    """Correct what is known. Before and after stand in the log book.

    ``changes``: title, address, note, caller_name, caller_phone, sensitive, occurred_at, level (1–4, confirmed),
    type (slug), department (code, "" for none), position (longitude, latitude), area (code, instead of a
    position), people_affected, deaths, seriously_injured, loss_yuan. Raises Refused with the field,
    PermissionDenied, NotPossible for what was merged.
    """
    with transaction.atomic():
        row = Incident.objects.select_for_update(of=("self",)).select_related("type").get(pk=incident.pk)
        by.require("incident.handle", row)
        if row.state == MERGED:
            raise NotPossible(_("It was merged into another incident."), row.state)
        _change(row, changes, by=by, at=at, reason=reason)
    return row


def _change(row: Incident, changes: Mapping[str, Any], *, by: Actor, at: datetime, reason: str = "") -> None:
    """Within the caller's transaction and lock, and after the caller asked for the right."""
    columns = _columns(row, changes, at)
    before, was = {name: _plain(getattr(row, name)) for name in columns}, standing(row)
    for name, value in columns.items():
        setattr(row, name, value)
    differs = {
        name: [before[name], _plain(value)]
        for name, value in columns.items()
        if before[name] != _plain(value)
    }
    if not differs:
        return
    row.version += 1
    row.save(update_fields=["version", *differs])
    if {"area_path", "department_id"} & set(differs):  # its files are seen by whoever sees it
        Attachment.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk)).update(
            area_path=row.area_path, department_id=row.department_id
        )
    record_act("incident.changed", row, by=by, at=at, reason=reason, changes=_without_callers(differs))
    announce("incident.changed", row, at=at, fields=sorted(differs), was=was)
    if {*COUNTS, "sensitive", "type_id"} & set(differs):
        reassess(row, at=at)


def _columns(row: Incident, changes: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What was asked, as columns; raises Refused where it cannot be."""
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name in TEXTS:
            found[name] = str(value).strip()[: TEXTS[name]]
            if name == "title" and not found[name]:
                raise Refused(_("A title is needed."), "title")
        elif name in COUNTS:
            found |= checked_counts({name: value})
        elif name == "sensitive":
            found[name] = bool(value)
        elif name == "level":
            if value not in (1, 2, 3, 4):
                raise Refused(_("A level is 1 to 4."), "level")
            found["level_confirmed"] = value
        elif name == "occurred_at":
            check_time(value, at)
            found[name] = value
        elif name == "type":
            kind = IncidentType.objects.filter(slug=value).first()
            if kind is None:
                raise Refused(_("There is no kind of incident “%(slug)s”.") % {"slug": value}, "type")
            found["type_id"] = kind.pk
        elif name == "department":
            found["department_id"] = department_of(value).pk if value else None
        elif name in ("position", "area"):
            point, where = place(changes.get("position"), changes.get("area") or "")
            found |= {"position": point, "area_id": where.pk, "area_path": where.path}
        else:
            raise Refused(_("“%(name)s” cannot be changed.") % {"name": name}, name)
    if "title" in found:
        found["title_en"] = ""
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "x"):
        return [round(value.x, 6), round(value.y, 6)]
    return value


def _without_callers(differs: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The log book is for ever: that a caller's name was corrected belongs in it, the name does not."""
    return {name: ["…", "…"] if name.startswith("caller_") else pair for name, pair in differs.items()}


def add_note(incident: Incident, text: str, *, by: Actor, at: datetime) -> None:
    """A line for the timeline."""
    text = text.strip()
    if not text:
        raise Refused(_("A note needs words."), "text")
    if len(text) > LONGEST_NOTE:
        raise Refused(_("A note has at most %(most)d characters.") % {"most": LONGEST_NOTE}, "text")
    by.require("incident.handle", incident)
    with transaction.atomic():
        _count(incident)
        record_act("incident.note", incident, by=by, at=at, text=text)
        announce("incident.note", incident, at=at)


def attach(incident: Incident, upload: Any, *, by: Actor, at: datetime) -> Attachment:
    """A file or picture as evidence. Raises attachments.Refused with the reason."""
    with transaction.atomic():
        row = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
        by.require("incident.handle", row)
        kept = attachments.attach(row, upload, by=by, at=at)
        _count(row)
        announce("incident.attached", row, at=at, attachment=str(kept.pk))
    return kept


def _count(incident: Incident) -> None:
    """The version tells screens that the timeline has grown."""
    Incident.objects.filter(pk=incident.pk).update(version=F("version") + 1)
