"""Waybills from CSV and Excel: read, tried row by row without changing anything, then taken as planned trips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSException, GEOSGeometry, LineString
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext

from command_center.core.actor import Actor
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.parameters import value

from ..domain.trips import IN_FORCE, un_number
from ..domain.words import gettext_noop
from ..models import Company, Driver, LoadingSite, Station, Trip
from .importing import ADDED, REJECTED, SAME
from .tables import rows_under

MOST_ROWS = 2000
COLUMNS: dict[str, str] = {
    "waybill": gettext_noop("Waybill"),
    "vehicle": gettext_noop("Vehicle (code or plate)"),
    "company": gettext_noop("Carrier (code)"),
    "certificate": gettext_noop("Driver's certificate"),
    "un_number": gettext_noop("UN number"),
    "goods": gettext_noop("Goods"),
    "mass_kg": gettext_noop("Mass (kg)"),
    "from_site": gettext_noop("From site (code)"),
    "to_site": gettext_noop("To site (code)"),
    "permitted_from": gettext_noop("Permitted from"),
    "permitted_until": gettext_noop("Permitted until"),
    "route": gettext_noop("Route (lon lat, lon lat …)"),
    "corridor_m": gettext_noop("Corridor (m)"),
}
NEEDED = ("waybill", "vehicle", "goods")
MISSING = gettext_noop("%(column)s is missing")
UNKNOWN = gettext_noop("%(column)s is not known: %(given)s")
WRONG = gettext_noop("%(column)s cannot be read: %(given)s")
ANOTHER = gettext_noop("This waybill is there already, with something else in it")
TWICE = gettext_noop("This waybill stands twice in the file")
TURNED = gettext_noop("The permitted hours end before they begin")


@dataclass(frozen=True, slots=True)
class Line:
    """One row after the try. ``problems``: (msgid, values); ``trip`` is None where it was rejected or is there already."""

    number: int
    given: Mapping[str, str]
    verdict: str
    problems: tuple[tuple[str, dict[str, str]], ...] = ()
    trip: Trip | None = None

    @property
    def said(self) -> list[str]:
        return [
            gettext(text) % {**params, "column": gettext(COLUMNS[params["column"]])}
            if "column" in params
            else gettext(text)
            for text, params in self.problems
        ]


def heads() -> list[str]:
    """The columns in the reader's language: the first row of a list to begin with."""
    return [gettext(label) for label in COLUMNS.values()]


def read(octets: bytes) -> list[tuple[int, dict[str, str]]]:
    """(line, column → text) of each row that is not empty; heads in both languages. Raises Unreadable."""
    return rows_under(octets, COLUMNS, needed=("waybill", "vehicle"), most=MOST_ROWS)


def try_rows(rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor, at: datetime) -> list[Line]:
    """What would become of each row. A constant number of queries."""
    vehicles: dict[str, Station] = {}
    for station in Station.objects.filter(by.scope.filter("trip.manage"), kind=Station.Kind.VEHICLE):
        vehicles[station.code] = station
        if plate := station.facts.get("plate"):
            vehicles.setdefault(str(plate), station)
    known: dict[str, Mapping[str, Any]] = {
        "vehicle": vehicles,
        "company": {row.code: row for row in Company.objects.all()},
        "certificate": {row.certificate: row for row in Driver.objects.all()},
        "from_site": {row.code: row for row in LoadingSite.objects.filter(state=IN_FORCE).defer("shape")},
    }
    known["to_site"] = known["from_site"]
    there = {
        row.waybill: row
        for row in Trip.objects.filter(waybill__in=[given.get("waybill", "") for _, given in rows])
    }
    seen: set[str] = set()
    usual_corridor_m = float(value("vehicle.corridor"))
    return [_try(number, given, known, there, seen, usual_corridor_m, by, at) for number, given in rows]


def _try(
    number: int,
    given: Mapping[str, str],
    known: Mapping[str, Mapping[str, Any]],
    there: Mapping[str, Trip],
    seen: set[str],
    usual_corridor_m: float,
    by: Actor,
    at: datetime,
) -> Line:
    problems: list[tuple[str, dict[str, str]]] = [
        (MISSING, {"column": name}) for name in NEEDED if not given.get(name)
    ]
    made: dict[str, Any] = {}
    for name, rows in known.items():
        if text := given.get(name):
            if (made.setdefault(name, rows.get(text))) is None:
                problems.append((UNKNOWN, {"column": name, "given": text[:80]}))
    for name, how in _READ.items():
        if text := given.get(name):
            try:
                made[name] = how(text)
            except (ValueError, GEOSException):
                problems.append((WRONG, {"column": name, "given": text[:80]}))
    begins, ends = made.get("permitted_from"), made.get("permitted_until")
    if begins and ends and ends <= begins:
        problems.append((TURNED, {}))
    waybill = given.get("waybill", "")[:40]
    if waybill in seen:
        problems.append((TWICE, {}))
    seen.add(waybill)
    if problems:
        return Line(number, given, REJECTED, tuple(problems))
    vehicle: Station = made["vehicle"]
    driver: Driver | None = made.get("certificate")
    company = made.get("company") or (driver.company if driver else None)
    company = company or known["company"].get(str(vehicle.facts.get("company_code", "")))
    trip = Trip(
        waybill=waybill,
        vehicle=vehicle,
        company=company,
        driver=driver,
        un_number=made.get("un_number", ""),
        goods=given["goods"][:80],
        mass_kg=made.get("mass_kg"),
        from_site=made.get("from_site"),
        to_site=made.get("to_site"),
        route=made.get("route"),
        corridor_m=made.get("corridor_m", usual_corridor_m),
        permitted_from=begins,
        permitted_until=ends,
        made_at=at,
        made_by=by.name,
        area_path=vehicle.area_path,
        department_id=vehicle.department_id,
    )
    if (old := there.get(waybill)) is not None:
        return (
            Line(number, given, SAME) if _same(old, trip) else Line(number, given, REJECTED, ((ANOTHER, {}),))
        )
    return Line(number, given, ADDED, trip=trip)


_COMPARED = (
    "vehicle_id", "driver_id", "un_number", "goods", "mass_kg", "from_site_id", "to_site_id", "permitted_from", "permitted_until",
)  # fmt: skip


def _same(old: Trip, new: Trip) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in _COMPARED)


def _number(text: str) -> float:
    found = float(text)
    if not 0 < found < 1e6:
        raise ValueError(text)
    return found


def _moment(text: str) -> datetime:
    found = parse_datetime(text.replace("/", "-"))
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=get_default_timezone())


def _un(text: str) -> str:
    if (found := un_number(text.zfill(4) if text.isdigit() else text)) is None:
        raise ValueError(text)
    return found


def _route(text: str) -> LineString:
    if text.lstrip().upper().startswith(("LINESTRING", "{")):
        line = GEOSGeometry(text, srid=4326)
    else:
        line = LineString(
            [tuple(float(number) for number in pair.split()) for pair in text.split(",")], srid=4326
        )
    west, south, east, north = line.extent
    if line.geom_type != "LineString" or not (70 <= west <= east <= 140 and 0 <= south <= north <= 60):
        raise ValueError(text)
    return line


_READ = {
    "un_number": _un,
    "mass_kg": _number,
    "corridor_m": _number,
    "permitted_from": _moment,
    "permitted_until": _moment,
    "route": _route,
}


def take(lines: Sequence[Line], *, by: Actor, at: datetime) -> int:
    """Plan the trips of the good rows; returns how many. Raises IntegrityError where somebody was quicker with a waybill."""
    trips = [line.trip for line in lines if line.trip is not None]
    with transaction.atomic():
        Trip.objects.bulk_create(trips)
        for trip in trips:
            by.require("trip.manage", trip)
            record_act("trip.planned", trip, by=by, at=at, after=trip.state, waybill=trip.waybill)
            announce("trip.planned", trip, at=at, vehicle=str(trip.vehicle_id))
    return len(trips)
