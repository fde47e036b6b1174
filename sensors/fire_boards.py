"""What screens read of the fire cloud: premises with persons, hosts, parts, rounds and calls. Plain values, few queries."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.masking import masked_name, masked_phone
from command_center.core.scope import Scope
from command_center.duty.models import Message

from . import fire_words as words
from .domain import fire_parts as parts_rule
from .domain.fire_calls import FIRE_CALL
from .models import FireCall, FirePart, GuardRound, Premises, Station
from .services.fire_calls import MOVES, phone_of

LAST = 20
MOST_PARTS = 5000


def of_station(station: Station, viewer: Actor) -> dict[str, Any]:
    """The building that a fire host watches, as an officer needs it when it rings."""
    row = Premises.objects.filter(pk=station.premises_id).select_related("area").first()
    calls = FireCall.objects.filter(station=station)
    if row is not None:
        calls = FireCall.objects.filter(Q(premises=row) | Q(station=station))
    newest = calls.select_related("premises", "station").order_by("-began_at")[:1]
    rows = [row] if row is not None and viewer.may("station.view", row) else []
    return {
        "premises": next(iter(summaries(rows, viewer)), None),
        "call": next(iter(call_rows(newest, viewer)), None),
    }


def of_stations(stations: Collection[UUID], viewer: Actor) -> list[dict[str, Any]]:
    """The premises whose hosts are among ``stations``: what an incident's page shows. Few queries."""
    rows = Premises.objects.filter(viewer.scope.filter("station.view"), hosts__in=stations).distinct()
    return summaries(list(rows.order_by("code")), viewer)


def summaries(rows: Collection[Premises], viewer: Actor) -> list[dict[str, Any]]:
    """Each with persons (masked by right), hosts and how many parts are in trouble. Three queries for all."""
    if not rows:
        return []
    prefetch_related_objects(list(rows), "persons", "hosts")
    hosts = {host.pk: row.pk for row in rows for host in row.hosts.all()}
    trouble: dict[Any, list[dict[str, Any]]] = {}
    for part in troubled(FirePart.objects.filter(station__in=hosts)).order_by("since")[:MOST_PARTS]:
        trouble.setdefault(hosts[part.station_id], []).append(part_row(part))
    return [
        {
            "id": str(row.pk),
            "code": row.code,
            "name": row.label,
            "kind": row.kind,
            "kind_label": _(words.KINDS[row.kind]),
            "address": row.address,
            "people": row.people,
            "position": [row.position.x, row.position.y],
            "persons": persons(row, viewer),
            "hosts": [
                {"id": str(host.pk), "code": host.code, "name": host.label} for host in row.hosts.all()
            ],
            "troubled": trouble.get(row.pk, [])[:LAST],
            "troubled_count": len(trouble.get(row.pk, [])),
        }
        for row in rows
    ]


def persons(row: Premises, viewer: Actor) -> list[dict[str, Any]]:
    """Who is called first stands first. The number is whole only for who may reach them."""
    full = viewer.may("premises.contact", row)
    return [
        {
            "role": one.role,
            "role_label": _(words.ROLES[one.role]),
            "name": one.name if full else masked_name(one.name),
            "phone": phone_of(one) if full else masked_phone(phone_of(one)),
        }
        for one in row.persons.all()
    ]


def call_rows(calls: Iterable[FireCall], viewer: Actor) -> list[dict[str, Any]]:
    """Calls about first alarms with whom they reached, and what may be done. Three queries for all."""
    calls = list(calls)
    ids = [one["message"] for call in calls for one in call.called]
    sent = {str(pk): state for pk, state in Message.objects.filter(pk__in=ids).values_list("pk", "state")}
    names = {
        one.pk: one.name
        for call in calls
        if call.premises and viewer.may("premises.contact", call.premises)
        for one in call.premises.persons.all()
    }
    return [
        {
            "id": str(call.pk),
            "alarm": str(call.alarm_id),
            "station": str(call.station_id),
            "place": (call.premises or call.station).label,
            "premises": str(call.premises_id) if call.premises_id else None,
            "state": call.state,
            "state_label": _(words.CALLS[call.state]),
            "began_at": call.began_at,
            "answer_by": call.answer_by,
            "answered_at": call.answered_at,
            "ended_at": call.ended_at,
            "ended_by": call.ended_by,
            "reason": call.reason,
            "because": _(words.BECAUSE[call.because]) if call.because else "",
            "called": [
                {
                    "role_label": _(words.ROLES[one["role"]]),
                    "name": names.get(one["person"], ""),
                    "channel_label": _(words.CHANNELS[one["channel"]]),
                    "at": one["at"],
                    "message": sent.get(one["message"], ""),
                    "message_label": _(words.MESSAGES.get(sent.get(one["message"], ""), "—")),
                }
                for one in call.called
            ],
            "buttons": [
                {"move": move.name, "label": _(words.MOVES[move.name]), "needs_reason": move.needs_reason}
                for move in FIRE_CALL.leaving(call.state)
                if move.name in MOVES and viewer.may(move.action, call)
            ],
        }
        for call in calls
    ]


def troubled(rows: QuerySet[FirePart], what: str = "") -> QuerySet[FirePart]:
    """Parts that are not as they should be; ``what`` is one of ``TROUBLES``."""
    mask = parts_rule.TROUBLES.get(what, parts_rule.ANY_TROUBLE)
    return rows.annotate(bits=F("state").bitand(mask)).filter(bits__gt=0)


def parts(
    scope: Scope, *, what: str = "", kind: str = "", text: str = "", older_than: datetime | None = None
) -> Any:
    """Parts in trouble at stations that the viewer sees, the oldest first."""
    stations = Station.objects.filter(scope.filter("station.view"), kind=Station.Kind.FIRE_HOST)
    if kind == "small":
        stations = stations.filter(premises__kind__in=words.SMALL)
    elif kind in words.KINDS:
        stations = stations.filter(premises__kind=kind)
    rows = troubled(FirePart.objects.filter(station__in=stations), what)
    if text:
        rows = rows.filter(
            Q(station__code__icontains=text) | Q(station__name__icontains=text) | Q(text__icontains=text)
            | Q(station__premises__name__icontains=text)
        )  # fmt: skip
    if older_than:
        rows = rows.filter(since__lte=older_than)
    return rows.select_related("station__premises").order_by("since", "pk")


def part_row(part: FirePart) -> dict[str, Any]:
    system, number, kind, zone, place = parts_rule.address(part.channel)
    return {
        "system": _(words.SYSTEMS[system]) if system in words.SYSTEMS else str(system),
        "system_address": number,
        "part": _(words.PARTS[kind]) if kind in words.PARTS else str(kind),
        "zone": zone,
        "place": place,
        "text": part.text,
        "state": " · ".join(_(words.TROUBLES[name]) for name in parts_rule.troubles(part.state)),
        "since": part.since,
        "seen_at": part.seen_at,
        "changes": part.changes,
    }


def rounds(stations: Any, *, outcome: str | None = None, most: int = LAST) -> list[dict[str, Any]]:
    """Guard checks of these hosts that were asked by the clock, newest first; ``outcome`` "" is those under way."""
    rows = GuardRound.objects.filter(station__in=stations).select_related("station__premises")
    if outcome is not None:
        rows = rows.filter(outcome=outcome)
    return [
        {"due_at": one.due_at, "host": one.station, "premises": one.station.premises, "outcome": one.outcome,
         "said": _(words.ROUNDS[one.outcome]), "answered_at": one.answered_at, "operator": one.operator}
        for one in rows.order_by("-due_at", "station__code")[:most]
    ]  # fmt: skip
