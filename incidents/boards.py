"""What a screen reads: the queue by urgency, and one incident with all that belongs to it. Plain values, few queries."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.db.models.functions import Distance, GeometryDistance
from django.contrib.gis.measure import D
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.masking import masked_name, masked_phone
from command_center.core.models import Attachment
from command_center.core.parameters import value
from command_center.core.scope import Scope
from sensors import fire_boards
from sensors.boards import alarm_row
from sensors.models import Alarm, Station, Still
from sensors.services.stills import history

from .domain.lifecycle import BY_OWN_DOOR, INCIDENT, JOINABLE, MERGED, OPEN, REPORTED, UNMERGE
from .models import Incident
from .services.holding import is_held
from .services.timeline import Line, timeline
from .states import CATEGORIES, LEVELS, MOVES, SOURCES, STATES, level_look, sentence

NEW, MINE, ALL = "new", "mine", "all"
VIEWS = (NEW, MINE, ALL)
CAMERAS_SHOWN = 4
_LEVEL = Coalesce(F("level_confirmed"), F("level_proposed"), output_field=IntegerField())


def queue(scope: Scope, *, viewer: Actor, at: datetime, view: str = ALL, limit: int = 200) -> dict[str, Any]:
    """Incidents that are not over, most urgent first, and how many there are of each level and in each view.

    ``view``: "new" is reported and not confirmed, "mine" is held by the viewer. Urgency: the level, then what
    nobody has in hand, then the longest waiting, so that no age pushes anything off the first page. Two queries.
    """
    seen = Incident.objects.filter(state__in=OPEN).filter(scope.filter("incident.view"))
    new, mine = Q(state=REPORTED), Q(holder=viewer.name, held_until__gt=at)
    chosen = {NEW: seen.filter(new), MINE: seen.filter(mine), ALL: seen}[view]
    in_hand = When(Q(state=REPORTED) & ~Q(held_until__gt=at), then=Value(0))
    unattended = Case(in_hand, default=Value(1), output_field=IntegerField())
    rows = (
        with_relations(chosen)
        .annotate(effective_level=_LEVEL)
        .order_by("effective_level", unattended, "received_at", "pk")[:limit]
    )
    counts = dict.fromkeys(LEVELS, 0)
    views = dict.fromkeys(VIEWS, 0)
    tally = seen.annotate(effective_level=_LEVEL).values_list("effective_level").order_by()
    tally = tally.annotate(total=Count("pk"), fresh=Count("pk", filter=new), held=Count("pk", filter=mine))
    for level, total, fresh, held in tally:
        counts[level] = total
        views = {NEW: views[NEW] + fresh, MINE: views[MINE] + held, ALL: views[ALL] + total}
    return {"incidents": [row(one, at=at) for one in rows], "counts": counts, "views": views, "view": view}


def with_relations(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    alarms = (
        Incident.objects.filter(pk=OuterRef("pk"), links__left_at=None)
        .order_by()
        .values("pk")
        .annotate(count=Count("links"))
        .values("count")
    )
    return rows.select_related("type", "department", "area").annotate(
        alarm_count=Coalesce(Subquery(alarms, output_field=IntegerField()), 0)
    )


def row(incident: Incident, *, at: datetime) -> dict[str, Any]:
    """One incident in a list. Nothing personal stands in it."""
    held = is_held(incident, at)
    return {
        "id": str(incident.pk),
        "number": incident.number,
        "title": incident.label,
        "type": incident.type.slug,
        "type_name": incident.type.label,
        "category": _(CATEGORIES[incident.type.category]),
        "symbol": incident.type.symbol,
        "national_code": incident.type.national_code,
        **level_look(incident.level),
        "level_proposed": incident.level_proposed,
        "level_confirmed": incident.level_confirmed,
        "level_because": [sentence(said) for said in incident.level_because],
        "state": incident.state,
        "state_label": _(STATES[incident.state].word),
        "version": incident.version,
        "position": [incident.position.x, incident.position.y] if incident.position else None,
        "address": incident.address,
        "area": incident.area_path,
        "area_name": incident.area.label,
        "owner": incident.department.code if incident.department else None,
        "owner_name": incident.department.label if incident.department else "",
        "source": incident.source,
        "source_label": _(SOURCES[incident.source]),
        "occurred_at": incident.occurred_at,
        "received_at": incident.received_at,
        "people_affected": incident.people_affected,
        "alarms": incident.alarm_count,
        "holder": incident.holder if held else "",
        "held_until": incident.held_until if held else None,
        "is_drill": incident.is_drill,
    }


def page(incident: Incident, *, viewer: Actor, at: datetime) -> dict[str, Any]:
    """One incident as its screen shows it, through the viewer's own permissions."""
    incident = with_relations(Incident.objects.filter(pk=incident.pk)).get()
    scope, full = viewer.scope, viewer.may("incident.caller", incident)
    name, phone = incident.caller_name, incident.caller_phone
    merged = Incident.objects.filter(merged_into=incident.pk).filter(scope.filter("incident.view"))
    into = incident.merged_into
    rows = alarms(incident, scope)
    return {
        **row(incident, at=at),
        **{stamp: getattr(incident, stamp) for stamp in STAMPS},
        "deaths": incident.deaths,
        "seriously_injured": incident.seriously_injured,
        "loss_yuan": incident.loss_yuan,
        "sensitive": incident.sensitive,
        "note": incident.note,
        "reported_by": incident.reported_by,
        "caller_name": name if full else masked_name(name),
        "caller_phone": phone if full else masked_phone(phone),
        "alarm_rows": rows,
        "cameras": cameras(incident, scope),
        "premises": premises(rows, viewer),
        "timeline": [as_dict(one) for one in timeline(incident, scope)],
        "attachments": attachments(incident, merged),
        "merged": [
            {"id": str(pk), "number": number, "title": title}
            for pk, number, title in merged.order_by("number").values_list("pk", "number", "title")
        ],
        "merged_into": {"id": str(into.pk), "number": into.number}
        if into and viewer.may("incident.view", into)
        else None,
        "near": near(incident, scope),
        "buttons": buttons(incident, viewer),
        "may": {
            "edit": incident.state != MERGED and viewer.may("incident.handle", incident),
            "hold": incident.state in OPEN and viewer.may("incident.handle", incident),
            "merge": incident.state in UNMERGE and viewer.may("incident.merge", incident),
            "unmerge": incident.state == MERGED and viewer.may("incident.merge", incident),
        },
    }


STAMPS = tuple(dict.fromkeys(move.stamps for move in INCIDENT.moves if move.stamps))


def buttons(incident: Incident, viewer: Actor) -> list[dict[str, Any]]:
    """The moves that lead on from here and that the viewer may make; ``blocked`` says why one cannot be made yet."""
    return [
        {
            "move": move.name,
            "label": _(MOVES[move.name]),
            "needs_reason": move.needs_reason,
            "blocked": move.guard(incident) if move.guard else "",
        }
        for move in INCIDENT.leaving(incident.state)
        if move.name not in BY_OWN_DOOR and viewer.may(move.action, incident)
    ]


def alarms(incident: Incident, scope: Scope) -> list[dict[str, Any]]:
    """Its alarms, the worst and newest first, each with the reason why it belongs here."""
    links = (
        incident.links.filter(
            left_at=None, alarm__in=Alarm.objects.filter(scope.filter("alarm.view")).values("pk")
        )
        .select_related("alarm__station", "alarm__sensor")
        .order_by("alarm__level", "-alarm__raised_at", "pk")
    )
    return [
        {**alarm_row(link.alarm), "joined_at": link.joined_at, "because": sentence(link.because)}
        for link in links
    ]


def premises(alarms: Collection[dict[str, Any]], viewer: Actor) -> list[dict[str, Any]]:
    """The buildings whose fire hosts are among these alarms: who answers for them, their hosts and parts in trouble."""
    hosts = {UUID(one["station"]) for one in alarms if one["kind"] == Station.Kind.FIRE_HOST}
    return fire_boards.of_stations(hosts, viewer) if hosts else []


def cameras(incident: Incident, scope: Scope) -> list[dict[str, Any]]:
    """The nearest cameras with their distance in m and the time of their last picture. One query, by KNN."""
    if incident.position is None or not scope.may("camera.view"):
        return []
    last = Still.objects.filter(station=OuterRef("pk")).order_by("-taken_at").values("taken_at")[:1]
    # The index orders by degrees, which are shorter east-west: ask for more than are shown, then measure.
    rows = (
        Station.objects.filter(scope.filter("camera.view"), kind=Station.Kind.CAMERA, in_service=True)
        .annotate(away=Distance("position", incident.position), last_still_at=Subquery(last))
        .select_related("contact")
        .order_by(GeometryDistance("position", incident.position))[: 4 * CAMERAS_SHOWN]
    )
    nearest = sorted(rows, key=lambda one: (one.away.m, one.pk))[:CAMERAS_SHOWN]
    return [
        {
            "id": str(one.pk),
            "code": one.code,
            "name": one.label,
            "distance_m": round(one.away.m),
            "position": [one.position.x, one.position.y],
            "picture": one.contact.picture if hasattr(one, "contact") else "",
            "last_still_at": one.last_still_at,
        }
        for one in nearest
    ]


def pictures(incident: Incident, scope: Scope, *, at: datetime) -> list[dict[str, Any]]:
    """What the cameras near its place or its alarms saw, from some time before it until some time after it."""
    window = timedelta(minutes=value("camera.alarm_window"))
    since = min(filter(None, (incident.occurred_at, incident.received_at))) - window
    until = min(at, (incident.closed_at or at) + window)
    codes = list(
        incident.links.filter(left_at=None).values_list("alarm__station__code", flat=True).distinct()[:20]
    )
    return history(incident.position, codes, since, until, scope)


def near(incident: Incident, scope: Scope) -> list[dict[str, Any]]:
    """Others of its kind that are near and not over: what it might be merged with."""
    if incident.position is None or incident.state not in JOINABLE:
        return []
    rows = (
        Incident.objects.filter(
            scope.filter("incident.view"),
            type=incident.type,
            state__in=JOINABLE,
            is_drill=incident.is_drill,
            position__distance_lte=(incident.position, D(m=2 * incident.type.join_radius_m)),
        )
        .exclude(pk=incident.pk)
        .annotate(away=Distance("position", incident.position))
        .order_by("away", "pk")[:5]
    )
    return [
        {"id": str(one.pk), "number": one.number, "title": one.label, "distance_m": round(one.away.m)}
        for one in rows
    ]


def attachments(incident: Incident, merged: QuerySet[Incident]) -> list[dict[str, Any]]:
    """Files of the incident and of what was merged into it."""
    ids = [str(incident.pk), *(str(pk) for pk in merged.values_list("pk", flat=True))]
    rows = Attachment.objects.filter(subject_type=Incident._meta.label_lower, subject_id__in=ids)
    return [
        {
            "id": str(one.pk),
            "name": one.name,
            "content_type": one.content_type,
            "size": one.size,
            "added_at": one.added_at,
            "added_by": one.added_by,
            "taken_at": one.taken_at,
        }
        for one in rows.order_by("added_at", "pk")
    ]


def as_dict(line: Line) -> dict[str, Any]:
    return {
        "at": line.at,
        "who": line.who,
        "kind": line.kind,
        "text": line.text,
        "msgid": line.msgid,
        "params": line.params,
        "reason": line.reason,
        "about": line.about,
    }
