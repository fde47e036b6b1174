"""Trips and the ways of vehicles over HTTP."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.shortcuts import get_object_or_404
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
from command_center.core.now import now

from .domain.trips import TRIP
from .models import Alarm, Station, Trip
from .services.journeys import MINUTES, MOST_MINUTES, journey, span_of


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
    path("stations/<uuid:pk>/journey", Journey.as_view()),
    path("trips", Trips.as_view()),
    path("trips/<uuid:pk>/move", MoveTrip.as_view()),
]
