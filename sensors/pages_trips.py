"""Trips with dangerous goods: the list, waybills from files, one trip; the history of a vehicle and of a driver; an alarm's way."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from command_center.core.acts import NotPossible, perform
from command_center.core.masking import masked_phone
from command_center.core.now import now
from command_center.core.scope import Scope
from command_center.core.shell import shell
from command_center.duty.models import Message
from command_center.duty.words import message_state

from .domain.trips import ARRIVED, PLANNED, TRIP, UNDER_WAY
from .domain.trips import OPEN as TRIPS_OPEN
from .models import Alarm, Downlink, Driver, Station, Trip, VehicleStanding
from .models.alarms import OPEN
from .pages_office import screen, table_file
from .services import waybills
from .services.importing import ADDED, REJECTED, SAME
from .services.journeys import MINUTES, MOST_MINUTES, trip_at
from .services.tables import MOST_BYTES, Unreadable
from .services.trip_clock import DRIVER_RULES, company_of
from .states import describe
from .trip_words import DOWNLINK_RESULTS, TRIP_MOVES, TRIP_STATES

ROWS = 200
CALM = 9  # behind every level
HISTORY = timedelta(days=90)


def _trips(request: HttpRequest) -> Any:
    where = request.viewer.scope.filter("trip.view")  # type: ignore[attr-defined]
    return Trip.objects.filter(where).select_related("vehicle", "driver", "company", "from_site", "to_site")


def _named(row: Trip, may: bool) -> Trip:
    row.state_name = _(TRIP_STATES[row.state])
    row.moves = [
        (move.name, _(TRIP_MOVES[move.name]), move.needs_reason) for move in TRIP.leaving(row.state) if may
    ]
    return row


@screen("trip.view", "GET", "HEAD", "POST")
def trips(request: HttpRequest) -> HttpResponse:
    """Trips, those under way first; POST moves one by hand."""
    viewer = request.viewer  # type: ignore[attr-defined]
    problem, status = "", 200
    if request.method == "POST":
        row = get_object_or_404(_trips(request), pk=request.POST.get("trip"))
        move = request.POST.get("move", "")
        if move not in TRIP:
            raise PermissionDenied(move)
        try:
            perform(row, move, by=viewer, at=now(), reason=request.POST.get("reason", "")[:200])
            return redirect(request.get_full_path())
        except NotPossible as why:
            unsaid = TRIP[move].needs_reason and why.state in TRIP[move].sources
            problem = _("Please say why.") if unsaid else _("Somebody was quicker: the trip has moved on.")
            status = 422 if unsaid else 409
        except IntegrityError:
            problem, status = _("This vehicle is on another trip still."), 409
    state = request.GET.get("state", "")
    found = _trips(request)
    if state in TRIP.states:
        found = found.filter(state=state)
    if text := request.GET.get("q", "")[:80].replace("\0", ""):
        found = found.filter(
            Q(waybill__icontains=text)
            | Q(vehicle__name__icontains=text)
            | Q(vehicle__code__icontains=text)
            | Q(vehicle__facts__plate__icontains=text)
            | Q(company__name__icontains=text)
            | Q(goods__icontains=text)
            | Q(driver__name=text)
        )
    may = viewer.scope.may("trip.manage")
    rows = [_named(row, may) for row in found.order_by("-made_at").defer("route")[:ROWS]]
    _ring(rows, viewer.scope)
    order = {UNDER_WAY: 0, PLANNED: 1, ARRIVED: 2}
    # Stable: the newest first within each; vehicles that have something to say stand before the quiet ones.
    rows.sort(key=lambda one: (order.get(one.state, 3), one.worst or CALM))
    context = {
        "title": _("Dangerous goods on the road"),
        "rows": rows,
        "state": state,
        "q": text,
        "states": {name: _(word) for name, word in TRIP_STATES.items()},
        "may_manage": may,
        "problem": problem,
    }
    return render(request, "trips/list.html", context, status=status)


def _ring(rows: Iterable[Trip], scope: Scope) -> None:
    """To trips under way the open alarms of their vehicles: how many, the worst level, and the newest of that level."""
    vehicles = [row.vehicle_id for row in rows if row.state == UNDER_WAY]
    found = Alarm.objects.filter(OPEN, scope.filter("alarm.view"), station__in=vehicles, node=None)
    open_: dict[Any, list[Alarm]] = {}
    for alarm in found.select_related("station", "node").order_by("level", "-raised_at"):
        open_.setdefault(alarm.station_id, []).append(alarm)
    for row in rows:
        alarms = open_.get(row.vehicle_id, []) if row.state == UNDER_WAY else []
        row.open_alarms, row.worst = alarms, alarms[0].level if alarms else None
        row.loudest = describe(alarms[0]) if alarms else None
        row.officer_phone = masked_phone(row.company.officer_phone) if row.company else ""


@screen("trip.manage", "GET", "HEAD", "POST")
def waybill_file(request: HttpRequest) -> HttpResponse:
    """Send a list, see what would become of each row, take the good ones. Trying changes nothing."""
    viewer, at = request.viewer, now()  # type: ignore[attr-defined]
    context: dict[str, Any] = {"title": _("Import waybills"), "columns": waybills.heads()}
    status = 200
    if request.GET.get("template"):
        return table_file([waybills.heads()], "waybills", "csv")
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            octets = (
                upload.read(MOST_BYTES + 1)
                if upload
                else b64decode(request.POST.get("content", ""), validate=True)
            )
            lines = waybills.try_rows(waybills.read(octets), by=viewer, at=at)
            if request.POST.get("act") == "take":
                count = waybills.take(lines, by=viewer, at=at)
                context["taken"] = count
            else:
                context["content"] = b64encode(octets).decode()
            context["lines"] = lines
            context["counts"] = [
                (word, sum(line.verdict == verdict for line in lines))
                for verdict, word in (
                    (ADDED, _("new")),
                    (SAME, _("there already")),
                    (REJECTED, _("rejected")),
                )
            ]
        except Unreadable as why:
            context["problem"], status = _(why.text) % why.params, 422
        except ValueError:
            context["problem"], status = _("Please choose a file."), 422
        except IntegrityError:
            context["problem"], status = (
                _("Somebody was quicker with one of these waybills: try it again."),
                409,
            )
    return render(request, "trips/import.html", context, status=status)


def _map(request: HttpRequest, station: Station, address: str) -> dict[str, Any]:
    return shell(request, ("camera.view",), station=str(station.pk), journey=address)


@screen("trip.view")
def trip(request: HttpRequest, pk: Any) -> HttpResponse:
    row = _named(get_object_or_404(_trips(request), pk=pk), False)
    until = row.arrived_at or row.closed_at or now()
    since = max(row.began_at or until - timedelta(hours=1), until - timedelta(minutes=MOST_MINUTES))
    alarms = _alarms(Alarm.objects.filter(station=row.vehicle, raised_at__range=(since, until)))
    address = f"/api/v1/stations/{row.vehicle_id}/journey?trip={row.pk}"
    context = _map(request, row.vehicle, address)
    context |= {
        "title": f"{row.waybill} · {row.vehicle.label}",
        "row": row,
        "alarms": alarms,
        "may_draw": row.state in TRIPS_OPEN and request.viewer.may("trip.manage", row),  # type: ignore[attr-defined]
        "people": _people(row.vehicle, row, until),
    }
    return render(request, "trips/trip.html", context)


def _people(station: Station, row: Trip | None, at: datetime) -> dict[str, Any]:
    """Who drove at ``at`` and who answers for it: of the trip, else whose card was in the terminal, and the vehicle's carrier."""
    company = row.company if row else company_of(station)
    driver = row.driver if row else None
    if driver is None:
        cards = VehicleStanding.objects.filter(station=station, driver_since__lte=at).select_related("driver")
        driver = next((card.driver for card in cards), None)
    return {
        "company": company,
        "officer": company.officer_name if company else "",
        "officer_phone": masked_phone(company.officer_phone) if company else "",
        "driver": driver,
        "driver_phone": masked_phone(driver.phone) if driver else "",
    }


def _alarms(rows: Any) -> list[Alarm]:
    found = list(
        rows.exclude(condition=Alarm.Condition.RETRACTED)
        .select_related("station", "node")
        .order_by("-raised_at")[:ROWS]
    )
    for alarm in found:
        alarm.said = describe(alarm)
    return found


@screen("trip.view")
def vehicle(request: HttpRequest, pk: Any) -> HttpResponse:
    """A vehicle's last quarter: trips, alarms by rule, what its drivers were told."""
    where = request.viewer.scope.filter("trip.view")  # type: ignore[attr-defined]
    station = get_object_or_404(Station.objects.filter(where, kind=Station.Kind.VEHICLE), pk=pk)
    at = now()
    alarms = Alarm.objects.filter(station=station, raised_at__gt=at - HISTORY)
    told = list(Downlink.objects.filter(station=station, kind="text").order_by("-asked_at")[:50])
    for one in told:
        one.result_name = _(DOWNLINK_RESULTS[one.result])
    context = _map(request, station, f"/api/v1/stations/{station.pk}/journey?minutes={MINUTES}")
    context |= {
        "title": station.label,
        "station": station,
        "people": _people(station, _trips(request).filter(vehicle=station, state=UNDER_WAY).first(), at),
        "standing": VehicleStanding.objects.filter(station=station).select_related("driver").first(),
        "trips": [_named(row, False) for row in _trips(request).filter(vehicle=station).defer("route")[:50]],
        "counts": _counts(alarms),
        "alarms": _alarms(alarms)[:50],
        "told": told,
    }
    return render(request, "trips/vehicle.html", context)


def _counts(alarms: Any) -> list[tuple[str, int]]:
    from .states import RULES

    rows = (
        alarms.exclude(condition=Alarm.Condition.RETRACTED)
        .values_list("rule")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    return [(_(RULES.get(rule, rule)), count) for rule, count in rows]


@screen("trip.view")
def driver(request: HttpRequest, pk: int) -> HttpResponse:
    """A driver's trips, and the driver alarms that fell on them."""
    where = request.viewer.scope.filter("trip.view")  # type: ignore[attr-defined]
    row = get_object_or_404(Driver.objects.select_related("company"), Q(pk=pk), where)
    rows = [_named(one, False) for one in _trips(request).filter(driver=row).defer("route")[:50]]
    fell = Q(pk__in=[])
    for one in rows:
        if one.began_at:
            fell |= Q(
                station=one.vehicle_id,
                raised_at__range=(one.began_at, one.arrived_at or one.closed_at or now()),
            )
    alarms = Alarm.objects.filter(fell, rule__in=DRIVER_RULES)
    context = {
        "title": row.name,
        "driver": row,
        "phone": masked_phone(row.phone),
        "trips": rows,
        "counts": _counts(alarms),
        "alarms": _alarms(alarms)[:50],
    }
    return render(request, "trips/driver.html", context)


@screen("alarm.view")
def alarm_way(request: HttpRequest, pk: Any) -> HttpResponse:
    """One alarm of a vehicle: the last minutes' track, the pictures, what the driver was told and what came back."""
    where = request.viewer.scope.filter("alarm.view")  # type: ignore[attr-defined]
    rows = Alarm.objects.filter(where, station__kind=Station.Kind.VEHICLE).select_related("station", "node")
    row = get_object_or_404(rows, pk=pk)
    context = _map(request, row.station, f"/api/v1/stations/{row.station_id}/journey?alarm={row.pk}")
    said = describe(row)
    context |= {
        "title": f"{row.station.label} · {said['text']}",
        "alarm": row,
        "said": said,
        "station": row.station,
    }
    if request.viewer.scope.allows("trip.view", row.station):  # type: ignore[attr-defined]
        trip_then = trip_at(row.station, row.raised_at)
        context |= {"people": _people(row.station, trip_then, row.raised_at), "told": _messages(row)}
    return render(request, "trips/alarm.html", context)


def _messages(alarm: Alarm) -> list[Message]:
    """What the carrier was told of an alarm, with what became of it in words."""
    about = Message.objects.filter(subject_type=Alarm._meta.label_lower, subject_id=str(alarm.pk))
    rows = list(about.order_by("asked_at"))
    for row in rows:
        row.said, row.to = message_state(row), masked_phone(row.to)
    return rows


urls = [
    path("trips/", trips, name="trips"),
    path("trips/import/", waybill_file, name="trip-import"),
    path("trips/<uuid:pk>/", trip, name="trip"),
    path("vehicles/<uuid:pk>/", vehicle, name="vehicle"),
    path("drivers/<int:pk>/", driver, name="driver"),
    path("alarms/<uuid:pk>/way/", alarm_way, name="alarm-way"),
]
