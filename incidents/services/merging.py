"""Several incidents are one, or one is several; and the way back."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.events import announce

from ..domain.lifecycle import INCIDENT, JOINABLE, UNMERGE
from ..domain.words import SPLIT, said
from ..models import Incident, IncidentAlarm, MergeRecord
from .advising import reassess
from .errors import Refused
from .proposals import lock_membership, scene_of
from .reporting import enter


def merge(
    into: Incident, others: Collection[Incident], *, by: Actor, at: datetime, reason: str = ""
) -> Incident:
    """``others`` become part of ``into``: their alarms move to it, all that they were is kept for the way back.

    Only incidents of one kind are one (a real one never takes in a drill). Raises Refused, NotPossible,
    PermissionDenied; then nothing was merged.
    """
    with transaction.atomic():
        lock_membership()
        target, rows = _lock(into, others)
        by.require("incident.merge", target)
        if target.state not in JOINABLE:
            raise NotPossible(_("The incident is over."), target.state)
        for row in rows:
            by.require("incident.merge", row)
            if (row.type_id, row.is_drill) != (target.type_id, target.is_drill):
                raise Refused(
                    _("%(number)s is of another kind and stays by itself.") % {"number": row.number}, "others"
                )
            _take_in(target, row, by=by, at=at, reason=reason)
        target.version += 1
        target.save(update_fields=["version"])
        numbers = [row.number for row in rows]
        record_act("incident.took_in", target, by=by, at=at, reason=reason, numbers=numbers)
        announce("incident.took_in", target, at=at, incidents=[str(row.pk) for row in rows])
        reassess(target, at=at)
    return target


def _take_in(target: Incident, row: Incident, *, by: Actor, at: datetime, reason: str) -> None:
    if row.state not in INCIDENT["merge"].sources:  # before its way back is kept a second time
        raise NotPossible(_("%(number)s is over, or was merged already.") % {"number": row.number}, row.state)
    links = list(row.links.order_by("pk"))
    MergeRecord.objects.create(
        incident=row, into=target, at=at, who=by.name, row=_plain(row), links=[_plain(link) for link in links]
    )
    Incident.objects.filter(pk=row.pk).update(merged_into=target)
    perform(row, "merge", by=by, at=at, reason=reason)
    IncidentAlarm.objects.filter(pk__in=[link.pk for link in links]).update(incident=target)


def unmerge(incident: Incident, *, by: Actor, at: datetime, reason: str = "") -> Incident:
    """Take the merge of ``incident`` back: its columns and alarms are again as they were before.

    Its version goes on counting, so that no screen takes it for an old copy. Raises NotPossible where it was
    not merged, or where what it was merged into was merged itself (that one goes first).
    """
    with transaction.atomic():
        lock_membership()
        record = (
            MergeRecord.objects.filter(incident=incident.pk, undone_at=None).select_related("into").first()
        )
        if record is None:
            raise NotPossible(_("It was not merged."), Incident.objects.get(pk=incident.pk).state)
        target, (row,) = _lock(record.into, [incident])
        by.require("incident.merge", target)
        if target.merged_into_id is not None:
            raise NotPossible(
                _("%(number)s was merged itself; take that back first.") % {"number": target.number},
                row.state,
            )
        kept = _revived(Incident, record.row)
        row = perform(row, UNMERGE[kept.state], by=by, at=at, reason=reason)
        _restore(row, kept, record)
        record.undone_at = at
        record.save(update_fields=["undone_at"])
        target.version += 1
        target.save(update_fields=["version"])
        record_act("incident.gave_back", target, by=by, at=at, reason=reason, numbers=[row.number])
        announce("incident.gave_back", target, at=at, incidents=[str(row.pk)])
        reassess(target, at=at)
    return row


def _restore(row: Incident, kept: Incident, record: MergeRecord) -> None:
    names = [f.attname for f in Incident._meta.concrete_fields if f.attname not in ("id", "version")]
    for name in names:
        setattr(row, name, getattr(kept, name))
    row.save(update_fields=names)
    links = {link.pk: link for link in (_revived(IncidentAlarm, told) for told in record.links)}
    # One that was taken out of the whole since then is somewhere else now, by a person's decision.
    back = IncidentAlarm.objects.filter(pk__in=links, incident=record.into_id)
    for link in back.filter(left_at=None) | back.filter(
        pk__in=[pk for pk, link in links.items() if link.left_at]
    ):
        links[link.pk].save()


def split(
    incident: Incident, alarms: Collection[UUID | str], *, by: Actor, at: datetime, reason: str = ""
) -> Incident:
    """Some of its alarms are an incident of their own: a new one, reported anew. Raises Refused, NotPossible."""
    with transaction.atomic():
        lock_membership()
        row = Incident.objects.select_for_update(of=("self",)).select_related("type").get(pk=incident.pk)
        by.require("incident.merge", row)
        if row.state not in JOINABLE:
            raise NotPossible(_("The incident is over."), row.state)
        read = row.links.select_related("alarm__station__area", "alarm__station__premises")
        links = list(read.filter(left_at=None).order_by("pk"))
        wanted = {str(one) for one in alarms}
        going = [link for link in links if str(link.alarm_id) in wanted]
        if not going or len(going) != len(wanted):
            raise Refused(_("Choose alarms of this incident."), "alarms")
        if len(going) == len(links):
            raise Refused(_("At least one alarm must stay."), "alarms")
        fresh = enter(_beside(row, going, by=by, at=at), by=by, at=at)
        IncidentAlarm.objects.filter(pk__in=[link.pk for link in going]).update(left_at=at)
        IncidentAlarm.objects.bulk_create(
            IncidentAlarm(
                incident=fresh, alarm=link.alarm, joined_at=at, because=said(SPLIT, number=row.number)
            )
            for link in going
        )
        row.version += 1
        row.save(update_fields=["version"])
        told: dict[str, Any] = {"alarms": sorted(wanted), "numbers": [fresh.number]}
        record_act("incident.split", row, by=by, at=at, reason=reason, **told)
        announce("incident.split", row, at=at, incidents=[str(fresh.pk)])
        reassess(row, at=at)
        reassess(fresh, at=at)
    return fresh


def _beside(row: Incident, going: list[IncidentAlarm], *, by: Actor, at: datetime) -> Incident:
    return Incident(
        **scene_of(going[0].alarm, row.type),
        department_id=row.department_id,
        is_drill=row.is_drill,
        occurred_at=min(min(link.alarm.raised_at for link in going), at),
        received_at=at,
        reported_by=by.name,
    )


def _lock(into: Incident, others: Collection[Incident]) -> tuple[Incident, list[Incident]]:
    """Both sides fresh and locked, always in the same order."""
    ids = {row.pk for row in others}
    if not ids or into.pk in ids:
        raise Refused(_("Choose other incidents."), "others")
    found = (
        Incident.objects.select_for_update(of=("self",)).select_related("type").filter(pk__in={*ids, into.pk})
    )
    rows = {row.pk: row for row in found.order_by("pk")}
    return rows[into.pk], [rows[pk] for pk in sorted(ids)]


def _plain(row: Any) -> dict[str, Any]:
    """A row's columns as JSON values that ``_revived`` reads back to the last digit."""
    return {field.attname: _told(getattr(row, field.attname)) for field in row._meta.concrete_fields}


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value.hexewkb.decode() if isinstance(value, GEOSGeometry) else value


def _revived(model: type[Any], columns: Mapping[str, Any]) -> Any:
    """The row that ``_plain`` told. A column that is newer than what was kept has its default."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: fields[name].to_python(value) for name, value in columns.items() if name in fields})
