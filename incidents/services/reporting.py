"""An incident is told: by a person at the desk, or by the sensors (``proposals``)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.models import Area, Department
from command_center.core.parameters import values

from ..models import Incident, IncidentType
from .advising import advice_for
from .catalogue import owner_of
from .errors import Refused
from .numbers import next_number

COUNTS = ("people_affected", "deaths", "seriously_injured", "loss_yuan")
MOST = 2**31 - 1  # what the columns hold
MOST_YUAN = 2**63 - 1


def report(
    *,
    by: Actor,
    at: datetime,
    type: str,
    source: str,
    position: tuple[float, float] | None = None,
    area: str = "",
    address: str = "",
    title: str = "",
    department: str = "",
    occurred_at: datetime | None = None,
    note: str = "",
    caller_name: str = "",
    caller_phone: str = "",
    counts: Mapping[str, int | None] | None = None,
    sensitive: bool = False,
    is_drill: bool = False,
    key: str = "",
) -> Incident:
    """Take an incident in by hand.

    ``type`` is a slug of the catalogue, ``position`` (longitude, latitude) in WGS 84, ``area`` the code of an
    area for where no position is known, ``department`` the code of the owner (the catalogue's, if empty);
    ``counts`` may hold people_affected, deaths, seriously_injured, loss_yuan. The same ``key`` from the same
    person gives the same incident. Raises Refused with the field, PermissionDenied.
    """
    full_key = f"{by.name}:{key}" if key else None
    if full_key and (known := Incident.objects.filter(key=full_key).first()):
        return known
    kind = IncidentType.objects.filter(slug=type).first()
    if kind is None:
        raise Refused(_("There is no kind of incident “%(slug)s”.") % {"slug": type}, "type")
    if source not in Incident.Source.values or source == Incident.Source.SENSOR:
        raise Refused(_("Say where the word came from."), "source")
    check_time(occurred_at, at)
    point, where = place(position, area)
    owner = department_of(department) if department else owner_of(kind)
    named = {"title": title.strip()[:120], "title_en": ""}
    row = Incident(
        **(named if named["title"] else titled(kind, address or where.name, address or where.name_en)),
        type=kind,
        source=source,
        position=point,
        area=where,
        area_path=where.path,
        address=address[:200],
        department=owner,
        occurred_at=occurred_at,
        received_at=at,
        reported_by=by.name,
        note=note,
        caller_name=caller_name[:40],
        caller_phone=caller_phone[:30],
        sensitive=sensitive,
        is_drill=is_drill,
        key=full_key,
        **checked_counts(counts or {}),
    )
    by.require("incident.report", row)
    try:
        with transaction.atomic():
            return enter(row, by=by, at=at)
    except IntegrityError:  # the same key at the same moment: the other one was first
        if full_key and (known := Incident.objects.filter(key=full_key).first()):
            return known
        raise


def enter(row: Incident, *, by: Actor, at: datetime) -> Incident:
    """Number, judge, keep, log and announce a new incident, within the caller's transaction."""
    advice = advice_for(row)
    row.level_proposed, row.level_because = advice.level, list(advice.because)
    row.number = next_number(at, is_drill=row.is_drill)
    row.save(force_insert=True)
    record_act(
        "incident.reported",
        row,
        by=by,
        at=at,
        after=row.state,
        number=row.number,
        type=row.type.slug,
        source=row.source,
        level=row.level_proposed,
        because=row.level_because,
    )
    announce("incident.reported", row, at=at, level=row.level_proposed, source=row.source)
    return row


def titled(kind: IncidentType, place: str, place_en: str) -> dict[str, str]:
    """What an incident is called that nobody named: its place and its kind, in both languages."""
    return {
        "title": f"{place} · {kind.name}"[:120],
        "title_en": f"{place_en or place} · {kind.name_en}"[:160],
    }


def check_time(occurred_at: datetime | None, at: datetime) -> None:
    if occurred_at is None:
        return
    limits = values(["incident.max_ahead", "incident.max_age"])
    if occurred_at > at + timedelta(minutes=limits["incident.max_ahead"]):
        raise Refused(_("The time of the incident lies in the future."), "occurred_at")
    if occurred_at < at - timedelta(days=limits["incident.max_age"]):
        raise Refused(
            _("The incident is older than %(days)d days.") % {"days": limits["incident.max_age"]},
            "occurred_at",
        )


def place(position: tuple[float, float] | None, area: str) -> tuple[Point | None, Area]:
    """The point and the smallest area around it; or the named area alone. Raises Refused."""
    if position is not None:
        lon, lat = position
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Refused(_("These are no coordinates."), "position")
        point = Point(lon, lat, srid=4326)
        around = Area.objects.filter(outline__covers=point).order_by(Length("path").desc(), "pk").first()
        if around is None:
            raise Refused(_("The place lies outside the district."), "position")
        return point, around
    if not area:
        raise Refused(_("Pick a place on the map, or name the area."), "position")
    named = Area.objects.filter(code=area).first()
    if named is None:
        raise Refused(_("There is no area “%(code)s” in the district.") % {"code": area}, "area")
    return None, named


def department_of(code: str) -> Department:
    found = Department.objects.filter(code=code).first()
    if found is None:
        raise Refused(_("There is no department “%(code)s”.") % {"code": code}, "department")
    return found


def checked_counts(counts: Mapping[str, Any]) -> dict[str, int | None]:
    """Numbers of people and money: whole, not negative, None for unknown. Raises Refused."""
    found: dict[str, int | None] = {}
    for name, count in counts.items():
        if name not in COUNTS:
            raise Refused(_("“%(name)s” is nothing that is counted.") % {"name": name}, name)
        most = MOST_YUAN if name == "loss_yuan" else MOST
        if count is not None and (
            not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= most
        ):
            raise Refused(_("A whole number from 0 on is expected."), name)
        found[name] = count
    return found
