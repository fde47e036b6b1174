"""What is drawn on the map for vehicles with dangerous goods: areas with rules, loading sites, the routes of trips."""

from datetime import datetime, time
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, LineString, Polygon
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce

from ..domain.trips import OPEN
from ..models import Geofence, LoadingSite, Trip
from . import watching
from .areas import area_of

EDIT = "fence.edit"
TOLD: dict[type[Model], tuple[str, ...]] = {
    Geofence: ("name", "name_en", "kind", "limit_kmh", "begins", "ends", "weekdays", "only_loaded", "shape"),
    LoadingSite: ("code", "name", "name_en", "use", "shape"),
    Trip: ("route", "corridor_m"),
}
"""What the log book keeps of each."""


class Taken(NotPossible):
    """Somebody else changed it since it was opened."""


def save(row: Any, *, by: Actor, at: datetime, version: int | None) -> Any:
    """Keep an area with a rule or a site as it was drawn and named; where it lies decides whose it is.

    ``version``: that of the record when it was opened, None for a new one. In force within half a minute, in every
    process. Raises NotPossible outside the district, Taken, PermissionDenied, and IntegrityError where a code is taken.
    """
    area = area_of(row.shape)
    if area is None:
        raise NotPossible(_("The place lies outside the district."))
    with transaction.atomic():
        was = None if version is None else _opened(row, EDIT, by, version)
        if was is not None:
            row.state = was.state
        row.version = 1 if was is None else was.version + 1
        row.area_path = area.path
        if isinstance(row, LoadingSite):
            row.area = area
        by.require(EDIT, row)
        row.save()
        _note(row, was, f"{row._meta.model_name}.{'changed' if was else 'added'}", by, at)
    watching.forget()
    return row


def set_route(
    trip: Trip, route: LineString | None, corridor_m: float, *, by: Actor, at: datetime, version: int
) -> Trip:
    """Draw the route of a trip that is not over; None: it may go where it likes.

    Raises NotPossible, Taken, PermissionDenied.
    """
    with transaction.atomic():
        was = _opened(trip, "trip.manage", by, version)
        if was.state not in OPEN:
            raise NotPossible(_("This trip is over."), was.state)
        row: Trip = Trip.objects.get(pk=trip.pk)
        row.route, row.corridor_m, row.version = route, corridor_m, was.version + 1
        row.save(update_fields=["route", "corridor_m", "version"])
        _note(row, was, "trip.route_changed", by, at)
    return row


def _opened(row: Any, action: str, by: Actor, version: int) -> Any:
    """The record under its lock, as the one who changes it saw it."""
    there = type(row).objects.select_for_update().get(pk=row.pk)
    by.require(action, there)
    if there.version != version:
        raise Taken(_("Somebody else changed this meanwhile. Open it again."), there.state)
    return there


def _note(row: Any, was: Any, act: str, by: Actor, at: datetime) -> None:
    now = told(row)
    before = told(was) if was is not None else {}
    changed = [name for name in now if now[name] != before.get(name)]
    record_act(
        act, row, by=by, at=at,
        was={name: before[name] for name in changed if name in before}, now={name: now[name] for name in changed},
    )  # fmt: skip
    announce(act, row, at=at)


def told(row: Any) -> dict[str, Any]:
    """A record as the log book keeps it: a shape as its corners to some centimetres."""
    return {name: _plain(getattr(row, name)) for name in TOLD[type(row)]}


def _plain(value: Any) -> Any:
    if isinstance(value, GEOSGeometry):
        ring = value[0] if isinstance(value, Polygon) else value
        return [[round(x, 6), round(y, 6)] for x, y, *_z in ring.coords]
    return value.isoformat("minutes") if isinstance(value, time) else value
