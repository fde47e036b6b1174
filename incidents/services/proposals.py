"""Alarms become incidents: join one that is near, or propose a new one. Once, however often an alarm is told."""

from collections.abc import Iterable
from datetime import datetime
from math import cos, radians
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point, Polygon
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from command_center.core.actor import Actor, feed
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.parameters import PARAMETERS, values
from sensors.models import Alarm
from sensors.services.journeys import point_of, points_of

from ..domain.joining import Candidate, Limits, Signal, Spot, Verdict, judge, nearness
from ..domain.lifecycle import JOINABLE, REPORTED
from ..models import Incident, IncidentAlarm, IncidentType
from .advising import reassess
from .catalogue import joining_limits, kind_of_rule, owner_of
from .errors import Refused
from .moves import confirm
from .reporting import enter, titled

SENSORS = feed("sensors")
_LOCK = 7218300563  # one decision at a time: two alarms of one basin must not both see no incident
_PROPOSES = "incident.proposes."
M_A_DEGREE = 111_000  # a little short, so that the box is a little large


def lock_membership() -> None:
    """Until commit nobody else changes which alarm belongs to which incident. Taken before any row lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def take(alarm_id: UUID | str, *, at: datetime) -> Incident | None:
    """Find the place of one alarm, as it is now. Returns its incident, or None for one that stands alone.

    Lesser alarms that nobody wanted before are gathered when an incident reaches them, so the outcome does
    not hang on the order in which alarms are told.
    """
    alarm = _read(alarm_id)
    if alarm is None or not alarm.rang or alarm.suppressions:
        return None
    kind = kind_of_rule(alarm.rule)
    if kind is None:
        return None
    with transaction.atomic():
        lock_membership()
        links = list(IncidentAlarm.objects.filter(alarm=alarm).order_by("left_at"))
        if standing := [link for link in links if link.left_at is None]:
            incident = _locked(standing[0].incident_id)
            if incident.state in JOINABLE:
                reassess(incident, at=at)
            return incident
        if links or alarm.condition == Alarm.Condition.RETRACTED:
            return None  # a person took it out; it does not come back by itself
        return _place(alarm, kind, at)


def from_alarm(alarm_id: UUID | str, *, by: Actor, at: datetime) -> Incident:
    """A person wants this alarm to be an incident and confirms it at once: the one it belongs to, else one that is near,
    else a new one, whatever its level. An incident that is confirmed already is returned as it is.

    Raises Refused for an alarm that is of no kind of incident or is none any more, PermissionDenied, NotPossible.
    """
    alarm = _read(alarm_id)
    kind = kind_of_rule(alarm.rule) if alarm else None
    if alarm is None or kind is None or alarm.condition == Alarm.Condition.RETRACTED:
        raise Refused(_("No incident can be made of this alarm."), "alarm")
    by.require("incident.report", alarm)
    with transaction.atomic():
        lock_membership()
        link = IncidentAlarm.objects.filter(alarm=alarm, left_at=None).first()
        incident = _locked(link.incident_id) if link else _place(alarm, kind, at, asked=True)
        assert incident is not None
        by.require("incident.view", incident)
        return confirm(incident, by=by, at=at) if incident.state == REPORTED else incident


def _read(alarm_id: UUID | str) -> Alarm | None:
    rows = Alarm.objects.select_related("station__area", "station__premises")
    found: Alarm | None = rows.filter(pk=alarm_id).first()
    return found


def _place(alarm: Alarm, kind: IncidentType, at: datetime, *, asked: bool = False) -> Incident | None:
    parameters = values(
        ["incident.join.cap", "incident.join.longest", *(n for n in PARAMETERS if n.startswith(_PROPOSES))]
    )
    limits = joining_limits(kind, parameters)
    most = parameters.get(_PROPOSES + alarm.rule, 0)
    told = signal(alarm, kind, point_of(alarm), at, proposes=asked or alarm.worst_level <= most)
    verdict = judge(told, candidates(kind, at), limits)
    if verdict.opens:
        incident = _propose(alarm, kind, verdict, at)
    elif verdict.joins is not None:
        incident = _locked(verdict.joins)
        join(incident, [(alarm, verdict.because)], at=at)
    else:
        return None
    _gather(incident, kind, limits, at)
    reassess(incident, at=at)
    return incident


def scene_of(alarm: Alarm, kind: IncidentType) -> dict[str, Any]:
    """What an incident that begins with this alarm is called, and where it is: the columns of an ``Incident``."""
    station = alarm.station
    where = station.premises or station  # a fire is the building's, not its host's
    return {
        **titled(kind, where.name, where.name_en),
        "type": kind,
        "source": Incident.Source.SENSOR,
        "position": point_of(alarm),
        "area": station.area,
        "area_path": station.area_path,
        "address": station.premises.address or station.place if station.premises else station.place,
    }


def _propose(alarm: Alarm, kind: IncidentType, verdict: Verdict, at: datetime) -> Incident:
    row = Incident(
        **scene_of(alarm, kind),
        department=owner_of(kind) or alarm.station.department,
        occurred_at=min(alarm.raised_at, at),
        received_at=at,
        reported_by=SENSORS.name,
    )
    incident = enter(row, by=SENSORS, at=at)
    join(incident, [(alarm, verdict.because)], at=at)
    return incident


def _gather(incident: Incident, kind: IncidentType, limits: Limits, at: datetime) -> None:
    """Alarms of the kind that stand alone and are near now; again, as long as one brings others near."""
    (whole,) = candidates(kind, at, only=incident)
    if not whole.spots:
        return
    origin, border = whole.spots[0], whole.spots
    alone = _alone(kind, origin, limits, at)
    where = points_of(alone)
    gathered: list[tuple[Alarm, dict[str, Any]]] = []
    while alone and border:
        reached, left = [], []
        around = Candidate(whole.id, whole.kind, (origin, *border))
        for alarm in alone:
            hit = nearness(signal(alarm, kind, where[alarm.pk], at, proposes=False), around, limits)
            if hit is None:
                left.append(alarm)
            else:
                gathered.append((alarm, hit[1]))
                reached.append(spot(alarm, where[alarm.pk], at))
        alone, border = left, tuple(reached)
    if gathered:
        join(incident, gathered, at=at)


def _alone(kind: IncidentType, origin: Spot, limits: Limits, at: datetime) -> list[Alarm]:
    """Alarms that belong to no incident and lie where one that began at ``origin`` may reach."""
    rows = Alarm.objects.filter(
        Q(condition=Alarm.Condition.ACTIVE)
        | Q(condition=Alarm.Condition.CLEARED, cleared_at__gte=origin.since - limits.within),
        ~Exists(IncidentAlarm.objects.filter(alarm=OuterRef("pk"))),
        rule__in=kind.rules,
        rang=True,
        suppressions=[],
    )
    if not origin.reach:  # along a river the cap does not hold
        north, east = limits.cap_m / M_A_DEGREE, limits.cap_m / M_A_DEGREE / cos(radians(origin.lat))
        box = (origin.lon - east, origin.lat - north, origin.lon + east, origin.lat + north)
        rows = rows.filter(station__position__bboverlaps=Polygon.from_bbox(box))
    return list(rows.select_related("station").order_by("raised_at", "pk"))


def join(
    incident: Incident, alarms: Iterable[tuple[Alarm, dict[str, Any] | None]], *, at: datetime
) -> list[IncidentAlarm]:
    """Let alarms belong to the incident, each for its reason; logged and announced once for all."""
    links = IncidentAlarm.objects.bulk_create(
        IncidentAlarm(incident=incident, alarm=alarm, joined_at=at, because=because or {})
        for alarm, because in alarms
    )
    incident.version += 1
    incident.save(update_fields=["version"])
    told = [{"alarm": str(link.alarm_id), **link.because} for link in links]
    record_act("incident.alarm_joined", incident, by=SENSORS, at=at, alarms=told)
    announce("incident.alarm_joined", incident, at=at, alarms=len(told))
    return links


def candidates(kind: IncidentType, at: datetime, *, only: Incident | None = None) -> list[Candidate]:
    """The incidents of a kind that are not over, each with the places that belong to it. Two queries, one more for vehicles."""
    rows = Incident.objects.filter(type=kind, state__in=JOINABLE, is_drill=False).order_by(
        "received_at", "pk"
    )
    if only is not None:
        rows = rows.filter(pk=only.pk)
    spots: dict[UUID, list[Spot]] = {}
    incidents = list(rows)
    for row in incidents:
        told = row.source != Incident.Source.SENSOR and row.position is not None
        began = row.occurred_at or row.received_at
        spots[row.pk] = [Spot(row.position.x, row.position.y, began, at)] if told else []
    links = list(
        IncidentAlarm.objects.filter(incident__in=list(spots), left_at=None)
        .exclude(alarm__condition=Alarm.Condition.RETRACTED)
        .select_related("alarm__station")
        .order_by("joined_at", "pk")
    )
    where = points_of([link.alarm for link in links])
    for link in links:
        spots[link.incident_id].append(spot(link.alarm, where[link.alarm_id], at))
    return [Candidate(row.pk, kind.slug, tuple(spots[row.pk])) for row in incidents]


def spot(alarm: Alarm, where: Point, at: datetime) -> Spot:
    return Spot(where.x, where.y, alarm.raised_at, alarm.cleared_at or at, reach(alarm))


def signal(alarm: Alarm, kind: IncidentType, where: Point, at: datetime, *, proposes: bool) -> Signal:
    return Signal(
        kind.slug, alarm.raised_at, alarm.cleared_at or at, where.x, where.y, reach(alarm), proposes
    )


def reach(alarm: Alarm) -> str:
    """The river or catchment of the alarm's station, "" where nobody entered one."""
    facts = alarm.station.facts
    return str(facts.get("catchment") or facts.get("river") or "")


def _locked(pk: Any) -> Incident:
    return Incident.objects.select_for_update(of=("self",)).select_related("type").get(pk=pk)
