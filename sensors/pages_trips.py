"""Trips with dangerous goods: the list, waybills from files, one trip; the history of a vehicle and of a driver; an alarm's way."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible, perform
from command_center.core.api import Page
from command_center.core.idempotency import once
from command_center.core.masking import masked_phone
from command_center.core.now import now
from command_center.core.shell import shell

from .domain.trips import TRIP
from .models import Alarm, Downlink, Driver, Geofence, LoadingSite, Station, Trip, VehicleStanding
from .pages_office import screen
from .services import waybills
from .services.importing import ADDED, MOST_BYTES, REJECTED, SAME, Unreadable, as_csv
from .services.journeys import journey, span_of
from .services.trip_clock import DRIVER_RULES, company_of
from .states import describe
from .trip_words import DOWNLINK_RESULTS, FENCE_KINDS, SITE_USES, TRIP_MOVES, TRIP_STATES

ROWS = 200
MINUTES, MOST_MINUTES = 60, 24 * 60
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
            | Q(goods__icontains=text)
            | Q(driver__name=text)
        )
    may = viewer.scope.may("trip.manage")
    order = {"under_way": 0, "planned": 1, "arrived": 2}
    rows = sorted(
        found.order_by("-made_at").defer("route")[:ROWS], key=lambda one: order.get(one.state, 3)
    )  # stable: the newest first within each
    context = {
        "title": _("Dangerous goods on the road"),
        "rows": [_named(row, may) for row in rows],
        "state": state,
        "q": text,
        "states": {name: _(word) for name, word in TRIP_STATES.items()},
        "may_manage": may,
        "problem": problem,
    }
    return render(request, "trips/list.html", context, status=status)


@screen("trip.manage", "GET", "HEAD", "POST")
def waybill_file(request: HttpRequest) -> HttpResponse:
    """Send a list, see what would become of each row, take the good ones. Trying changes nothing."""
    viewer, at = request.viewer, now()  # type: ignore[attr-defined]
    context: dict[str, Any] = {"title": _("Import waybills"), "columns": waybills.heads()}
    status = 200
    if request.GET.get("template"):
        answer = HttpResponse(as_csv([waybills.heads()]), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="waybills.csv"'
        return answer
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


@screen("trip.view")
def areas(request: HttpRequest) -> HttpResponse:
    """Sites and areas with rules; they are drawn and changed in the back office."""
    fences = list(Geofence.objects.defer("shape"))
    for fence in fences:
        fence.kind_name = _(FENCE_KINDS[fence.kind])
    sites = list(LoadingSite.objects.defer("shape").select_related("area"))
    for site in sites:
        site.use_name = _(SITE_USES[site.use])
    context = {
        "title": _("Sites and areas"),
        "fences": fences,
        "sites": sites,
        "may_edit": request.viewer.scope.may("fence.edit") and request.user.is_staff,  # type: ignore[attr-defined,union-attr]
    }
    return render(request, "trips/areas.html", context)


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
        "people": _people(row),
    }
    return render(request, "trips/trip.html", context)


def _people(row: Trip) -> dict[str, str]:
    return {
        "officer": row.company.officer_name if row.company else "",
        "officer_phone": masked_phone(row.company.officer_phone) if row.company else "",
        "driver_phone": masked_phone(row.driver.phone) if row.driver else "",
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
        "company": company_of(station),
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
    return render(request, "trips/alarm.html", context)


# --- over HTTP ---------------------------------------------------------------------------------------
class Journey(APIView):
    """Track, corridor, areas, alarms, pictures and texts of a vehicle: of the last ``minutes``, around an ``alarm``, or of a ``trip``."""

    needs = "station.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("minutes", OpenApiTypes.INT, description="60 by default, a day at most"),
            OpenApiParameter(
                "alarm", OpenApiTypes.UUID, description="the minutes around this alarm of the vehicle"
            ),
            OpenApiParameter("trip", OpenApiTypes.UUID, description="from the trip's begin to its end"),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, pk: Any) -> Response:
        scope, query = request.viewer.scope, request.query_params
        station = get_object_or_404(
            Station.objects.filter(scope.filter(self.needs), kind=Station.Kind.VEHICLE), pk=pk
        )
        until = now()
        asked = Which(data=query)
        asked.is_valid(raise_exception=True)
        of = asked.validated_data
        since = until - timedelta(minutes=of["minutes"])
        if "alarm" in of:
            row = get_object_or_404(
                Alarm.objects.filter(scope.filter("alarm.view"), station=station), pk=of["alarm"]
            )
            since, until = span_of(row, until)
        elif "trip" in of:
            one = get_object_or_404(
                Trip.objects.filter(scope.filter("trip.view"), vehicle=station), pk=of["trip"]
            )
            until = one.arrived_at or one.closed_at or until
            since = max(one.began_at or since, until - timedelta(minutes=MOST_MINUTES))
        told = journey(station, since, until, pictures=scope.allows("camera.view", station))
        if told["trip"] and not scope.allows("trip.view", station):
            told["trip"] = {
                name: told["trip"][name] for name in ("goods", "goods_en", "un_number", "mass_kg", "state")
            }
        return Response(told)


class Which(serializers.Serializer):
    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, default=MINUTES)
    alarm = serializers.UUIDField(required=False)
    trip = serializers.UUIDField(required=False)


class TripSerializer(serializers.ModelSerializer[Trip]):
    vehicle_code = serializers.CharField(source="vehicle.code")
    driver_name = serializers.CharField(source="driver.name", default="")
    company_code = serializers.CharField(source="company.code", default="")
    from_code = serializers.CharField(source="from_site.code", default="")
    to_code = serializers.CharField(source="to_site.code", default="")

    class Meta:
        model = Trip
        fields = (
            "id", "waybill", "vehicle", "vehicle_code", "company_code", "driver_name", "un_number", "goods", "goods_en",
            "mass_kg", "from_code", "to_code", "corridor_m", "permitted_from", "permitted_until", "state", "made_at",
            "began_at", "arrived_at", "closed_at",
        )  # fmt: skip


class Trips(ListAPIView):
    """Trips of vehicles that the viewer may see, the newest first."""

    needs = "trip.view"
    serializer_class = TripSerializer
    filterset_fields = ("state", "vehicle", "waybill")
    queryset = Trip.objects.none()

    class pagination_class(Page):
        ordering = "-made_at"

    def get_queryset(self) -> Any:
        where = self.request.viewer.scope.filter(self.needs)
        return Trip.objects.filter(where).select_related(
            "vehicle", "driver", "company", "from_site", "to_site"
        )


class TripMove(serializers.Serializer):
    move = serializers.ChoiceField(choices=[move.name for move in TRIP.moves])
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class MoveTrip(APIView):
    """Begin, arrive, close or cancel a trip by hand; 409 where it is not in that state any more."""

    needs = "trip.manage"

    @extend_schema(request=TripMove, responses=TripSerializer)
    @once
    def post(self, request: Request, pk: Any) -> Response:
        where = request.viewer.scope.filter(self.needs)
        row = get_object_or_404(Trip.objects.filter(where), pk=pk)
        asked = TripMove(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            moved = perform(
                row,
                by=request.viewer,
                at=now(),
                name=asked.validated_data["move"],
                reason=asked.validated_data["reason"],
            )
        except IntegrityError:
            raise NotPossible(_("This vehicle is on another trip still."), row.state) from None
        return Response(TripSerializer(moved).data)


urls = [
    path("trips/", trips, name="trips"),
    path("trips/import/", waybill_file, name="trip-import"),
    path("trips/areas/", areas, name="trip-areas"),
    path("trips/<uuid:pk>/", trip, name="trip"),
    path("vehicles/<uuid:pk>/", vehicle, name="vehicle"),
    path("drivers/<int:pk>/", driver, name="driver"),
    path("alarms/<uuid:pk>/way/", alarm_way, name="alarm-way"),
]
api_urls = [
    path("stations/<uuid:pk>/journey", Journey.as_view()),
    path("trips", Trips.as_view()),
    path("trips/<uuid:pk>/move", MoveTrip.as_view()),
]
