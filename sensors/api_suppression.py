"""Keeping alarms from calling, over HTTP: shelve, confirm, unshelve; out of service; maintenance windows.

A POST may carry ``Idempotency-Key``: with the same key it acts once and is answered alike.
"""

from abc import ABC, abstractmethod
from datetime import timedelta

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.idempotency import once
from command_center.core.models import Area
from command_center.core.now import now

from .domain.suppression import PLANNED
from .models import Alarm, Station, Suppression
from .services import suppressing

MOST = 500


class SuppressionSerializer(serializers.ModelSerializer):
    station_code = serializers.CharField(source="station.code", default=None)
    station_name = serializers.CharField(source="station.name", default=None)
    channel = serializers.CharField(source="sensor.channel", default=None)

    class Meta:
        model = Suppression
        fields = (
            "id", "cause", "state", "station", "station_code", "station_name", "channel", "rule", "level", "area_path",
            "starts_at", "ends_at", "reason", "made_at", "made_by", "confirmed_by", "ended_at", "ended_by",
        )  # fmt: skip


class Ids(serializers.Serializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class Shelving(Ids):
    minutes = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500)


class OutOfServiceAsked(serializers.Serializer):
    channel = serializers.CharField(max_length=40, required=False, default="")
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=500)


class Window(serializers.Serializer):
    """``station`` is a code, ``area`` an area's path; one of them."""

    station = serializers.CharField(max_length=40, required=False, default="")
    area = serializers.CharField(max_length=120, required=False, default="")
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=500)


class Ending(serializers.Serializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class OnAlarms(APIView, ABC):
    """One act on several alarms; each id is answered for itself: done, asked, refused (and why), or unknown."""

    needs = "alarm.shelve"
    serializer_class = Ids

    @abstractmethod
    def act(self, alarm, asked, at):
        """What becomes of one alarm: the row of its suppression. Raises NotPossible."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        asked = self.serializer_class(data=request.data)
        asked.is_valid(raise_exception=True)
        at, ids = now(), list(dict.fromkeys(asked.validated_data["ids"]))
        outcome = {str(pk): {"outcome": "unknown"} for pk in ids}
        rows = Alarm.objects.filter(request.viewer.scope.filter(self.needs), pk__in=ids).order_by("pk")
        for alarm in rows:
            try:
                row = self.act(alarm, asked.validated_data, at)
                told = {"outcome": "asked" if row.state == PLANNED else "done", "until": row.ends_at}
            except NotPossible as why:
                told = {"outcome": "refused", "error": str(why)}
            outcome[str(alarm.pk)] = told
        return Response({"alarms": outcome})


class Shelve(OnAlarms):
    serializer_class = Shelving

    def act(self, alarm, asked, at):
        until = at + timedelta(minutes=asked["minutes"])
        return suppressing.shelve(alarm, by=self.request.viewer, at=at, until=until, reason=asked["reason"])


class ConfirmShelving(OnAlarms):
    """The second person agrees."""

    def act(self, alarm, asked, at):
        return suppressing.confirm(suppressing.shelf_of(alarm), by=self.request.viewer, at=at)


class Unshelve(OnAlarms):
    """Also refuses, or takes back, a shelf that still waits for its second person."""

    def act(self, alarm, asked, at):
        shelf = suppressing.shelf_of(alarm)
        return suppressing.end(shelf, by=self.request.viewer, at=at, reason=asked["reason"])


class OutOfService(APIView):
    """Take a station, or one of its points, out of service."""

    needs = "alarm.out_of_service"

    @extend_schema(request=OutOfServiceAsked, responses=SuppressionSerializer)
    @once
    def post(self, request, pk):
        station = get_object_or_404(Station.objects.filter(request.viewer.scope.filter(self.needs)), pk=pk)
        asked = OutOfServiceAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        sensor = get_object_or_404(station.sensors, channel=told["channel"]) if told["channel"] else None
        row = suppressing.take_out_of_service(
            station, sensor, by=request.viewer, at=now(), until=told["until"], reason=told["reason"]
        )
        return Response(SuppressionSerializer(row).data, 201)


class Maintenance(APIView):
    """Plan a maintenance window."""

    needs = "alarm.maintain"

    @extend_schema(request=Window, responses=SuppressionSerializer)
    @once
    def post(self, request):
        asked = Window(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        if told["station"]:
            seen = Station.objects.filter(request.viewer.scope.filter(self.needs))
            where = get_object_or_404(seen, code=told["station"])
        else:
            where = get_object_or_404(Area, path=told["area"])
        row = suppressing.plan_maintenance(
            where,
            by=request.viewer,
            at=now(),
            since=told["since"],
            until=told["until"],
            reason=told["reason"],
        )
        return Response(SuppressionSerializer(row).data, 201)


class Suppressions(APIView):
    """All that is planned or in force."""

    needs = "alarm.view"

    @extend_schema(responses=SuppressionSerializer(many=True))
    def get(self, request):
        return Response(
            SuppressionSerializer(suppressing.listed(request.viewer.scope)[:MOST], many=True).data
        )


class End(APIView):
    """End what is in force, or withdraw what is planned; who may depends on what it is."""

    needs = "alarm.view"

    @extend_schema(request=Ending, responses=SuppressionSerializer)
    @once
    def post(self, request, pk):
        row = get_object_or_404(suppressing.listed(request.viewer.scope), pk=pk)
        asked = Ending(data=request.data)
        asked.is_valid(raise_exception=True)
        ended = suppressing.end(row, by=request.viewer, at=now(), reason=asked.validated_data["reason"])
        return Response(SuppressionSerializer(ended).data)


urls = [
    path("alarms/shelve", Shelve.as_view()),
    path("alarms/confirm-shelving", ConfirmShelving.as_view()),
    path("alarms/unshelve", Unshelve.as_view()),
    path("stations/<uuid:pk>/out-of-service", OutOfService.as_view()),
    path("maintenance", Maintenance.as_view()),
    path("suppressions", Suppressions.as_view()),
    path("suppressions/<uuid:pk>/end", End.as_view()),
]
