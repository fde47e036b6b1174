"""Vehicles over HTTP: where one was, and telling its driver something."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import record_act
from command_center.core.idempotency import once
from command_center.core.now import now

from .models import Downlink, Station
from .services.downlinks import CannotBeTold, send_text
from .services.vehicles import track

LONGEST_TEXT = 120
"""What a driver can be told in one breath."""
LAST = 20
MINUTES, MOST_MINUTES = 60, 24 * 60


def _vehicle(request: Request, pk: Any, action: str) -> Station:
    where = request.viewer.scope.filter(action)  # type: ignore[attr-defined]
    return get_object_or_404(Station.objects.filter(where, kind=Station.Kind.VEHICLE), pk=pk)


class DownlinkSerializer(serializers.ModelSerializer):
    text = serializers.CharField(source="body.text", default="")

    class Meta:
        model = Downlink
        fields = (
            "id",
            "kind",
            "text",
            "asked_at",
            "asked_by",
            "sent_at",
            "answered_at",
            "result",
            "error",
            "alarm",
        )


class DriverText(serializers.Serializer):
    text = serializers.CharField(max_length=LONGEST_TEXT)
    urgent = serializers.BooleanField(default=False)


class Texts(APIView):
    """What the driver was told lately, newest first; POST has a text shown and spoken in the cab."""

    needs = {"GET": "station.view", "POST": "driver.tell"}

    @extend_schema(responses=DownlinkSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        vehicle = _vehicle(request, pk, "station.view")
        rows = Downlink.objects.filter(station=vehicle, kind="text").order_by("-asked_at", "-pk")[:LAST]
        return Response(DownlinkSerializer(rows, many=True).data)

    @extend_schema(request=DriverText, responses={201: DownlinkSerializer})
    @once
    def post(self, request: Request, pk: Any) -> Response:
        vehicle = _vehicle(request, pk, "driver.tell")
        asked = DriverText(data=request.data)
        asked.is_valid(raise_exception=True)
        by, at = request.viewer, now()  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                row = send_text(vehicle, by=by.name, at=at, **asked.validated_data)
                assert row is not None
                record_act("driver.tell", vehicle, by=by, at=at, text=asked.validated_data["text"])
        except CannotBeTold:
            return Response({"error": _("This vehicle's terminal takes no texts.")}, status=422)
        return Response(DownlinkSerializer(row).data, status=201)


class Track(APIView):
    """Where a vehicle was: [[time in ms, longitude, latitude, km/h], …] of the last ``minutes`` (60; a day at most)."""

    needs = "station.view"

    @extend_schema(parameters=[OpenApiParameter("minutes", int)], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: Any) -> Response:
        vehicle = _vehicle(request, pk, self.needs)
        given = request.query_params.get("minutes", str(MINUTES))
        if not given.isdecimal() or not 0 < int(given) <= MOST_MINUTES:
            return Response(
                {"error": _("Minutes go from 1 to %(most)s.") % {"most": MOST_MINUTES}}, status=400
            )
        until = now()
        rows = track(vehicle.pk, until - timedelta(minutes=int(given)), until)
        points = [
            [round(at.timestamp() * 1000), round(place.x, 5), round(place.y, 5), speed_kmh]
            for at, place, speed_kmh in rows
        ]
        return Response({"points": points})


urls = [
    path("stations/<uuid:pk>/texts", Texts.as_view()),
    path("stations/<uuid:pk>/track", Track.as_view()),
]
