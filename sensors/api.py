"""Stations, readings and alarms over HTTP. Every view names the action it needs; foreign records are 404."""

from datetime import timedelta

from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.api import Page
from command_center.core.now import now

from . import boards, charts
from .api_cameras import urls as camera_urls
from .api_fire import urls as fire_urls
from .api_gas import urls as gas_urls
from .api_sensorthings import urls as sensorthings_urls
from .api_suppression import urls as suppression_urls
from .api_terminals import urls as terminal_urls
from .api_trips import urls as trip_urls
from .api_vehicles import urls as vehicle_urls
from .models import Alarm, AlarmEvent, RawFrame, Station
from .pages_fire_spots import api_urls as fire_spot_urls
from .pages_frames import api_urls as frame_urls
from .pages_upkeep import WrongSpan, span_of
from .pages_upkeep import api_urls as upkeep_urls
from .pages_video import api_urls as video_urls
from .pages_warnings import api_urls as warning_urls
from .services.alarms import acknowledge
from .services.nodes import children


class StationSerializer(serializers.ModelSerializer):
    longitude = serializers.FloatField(source="position.x")
    latitude = serializers.FloatField(source="position.y")
    area = serializers.CharField(source="area_path")
    department = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Station
        fields = (
            "id", "code", "kind", "name", "name_en", "place", "longitude", "latitude", "area", "department",
            "protocol", "interval_s", "facts", "in_service",
        )  # fmt: skip


class AlarmEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = AlarmEvent
        fields = (
            "id",
            "at",
            "recorded_at",
            "what",
            "level",
            "value",
            "who",
            "via",
            "source",
            "until",
            "note",
        )


class AlarmSerializer(serializers.ModelSerializer):
    station_code = serializers.CharField(source="station.code")
    station_name = serializers.CharField(source="station.name")
    channel = serializers.CharField(source="sensor.channel", default=None)
    node_name = serializers.CharField(source="node.name", default=None)
    suppression = serializers.CharField(read_only=True)

    class Meta:
        model = Alarm
        fields = (
            "id", "station", "station_code", "station_name", "node", "node_name", "channel", "rule", "condition", "state", "level",
            "worst_level", "value", "peak_value", "facts", "raised_at", "level_since", "cleared_at", "recorded_at",
            "acknowledged_at", "acknowledged_by", "rang", "suppression", "suppressions",
        )  # fmt: skip


class AlarmDetailSerializer(AlarmSerializer):
    events = AlarmEventSerializer(many=True)

    class Meta(AlarmSerializer.Meta):
        fields = (*AlarmSerializer.Meta.fields, "events")


class OneAlarmSerializer(AlarmDetailSerializer):
    children = serializers.SerializerMethodField()

    class Meta(AlarmDetailSerializer.Meta):
        fields = (*AlarmDetailSerializer.Meta.fields, "children")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_children(self, alarm: Alarm) -> list[dict]:
        """Of an alarm about a node: the silent stations beneath it, with their last known level."""
        return [] if alarm.node_id is None else children(alarm, self.context["request"].viewer.scope)


class Stations(ListAPIView):
    """Stations the viewer may see."""

    needs = "station.view"
    serializer_class = StationSerializer
    filterset_fields = ("kind", "protocol", "in_service")
    queryset = Station.objects.none()

    class pagination_class(Page):
        ordering = "code"

    def get_queryset(self):
        where = self.request.viewer.scope.filter(self.needs)
        return Station.objects.filter(where).select_related("department")


class OneStation(RetrieveAPIView):
    needs = "station.view"
    serializer_class = StationSerializer
    queryset = Station.objects.none()

    def get_queryset(self):
        return Station.objects.filter(self.request.viewer.scope.filter(self.needs))


class OfStation(APIView):
    """What belongs to one station that the viewer may see under ``needs``."""

    def station(self, request, pk):
        return get_object_or_404(Station.objects.filter(request.viewer.scope.filter(self.needs)), pk=pk)


class Series(OfStation):
    """Readings of a span, one series a point, with the limits that are drawn beside them: by hour or day where it is long."""

    needs = "station.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("hours", OpenApiTypes.INT, description="up to `to`; 24 by default"),
            OpenApiParameter("from", OpenApiTypes.STR, description="ISO 8601, in place of hours"),
            OpenApiParameter("to", OpenApiTypes.STR, description="ISO 8601, now by default"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request, pk):
        station = self.station(request, pk)
        try:
            since, until = span_of(request.query_params, now())
        except WrongSpan as why:
            return Response({"error": str(why)}, status=400)
        return Response(charts.series(station, since, until))


class StationAlarms(OfStation):
    """The station's alarms, newest first, at most 100."""

    needs = "alarm.view"

    @extend_schema(responses=AlarmDetailSerializer(many=True))
    def get(self, request, pk):
        rows = self.station(request, pk).alarms.filter(node=None).select_related("station", "sensor")
        rows = rows.prefetch_related("events")
        return Response(AlarmDetailSerializer(rows.order_by("-raised_at")[:100], many=True).data)


class Frames(OfStation):
    """The newest raw frames of the station, as they came, and what they were decoded to, or why not."""

    needs = "frame.view"

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        rows = RawFrame.objects.filter(
            station_id=self.station(request, pk).pk, received_at__gte=now() - timedelta(days=2)
        ).order_by("-received_at", "-id")[:100]
        return Response([boards.frame(row) for row in rows])


class AlarmFilter(FilterSet):
    suppression = CharFilter()

    class Meta:
        model = Alarm
        fields = ("condition", "state", "level", "rule", "station", "suppression")


class Alarms(ListAPIView):
    """Alarms the viewer may see, newest first."""

    needs = "alarm.view"
    serializer_class = AlarmSerializer
    filterset_class = AlarmFilter
    queryset = Alarm.objects.none()

    class pagination_class(Page):
        ordering = "-raised_at"

    def get_queryset(self):
        where = self.request.viewer.scope.filter(self.needs)
        return Alarm.objects.filter(where).select_related("station", "sensor", "node")


class OneAlarm(RetrieveAPIView):
    """One alarm with its whole history; what is lost beneath it, where it is about a node."""

    needs = "alarm.view"
    serializer_class = OneAlarmSerializer
    queryset = Alarm.objects.none()

    def get_queryset(self):
        where = self.request.viewer.scope.filter(self.needs)
        rows = Alarm.objects.filter(where).select_related("station", "sensor", "node")
        return rows.prefetch_related("events")


class Acknowledgement(serializers.Serializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)


class Acknowledge(APIView):
    """Acknowledge alarms. Each id is answered for itself: done, already (by whom), or unknown."""

    needs = "alarm.acknowledge"

    @extend_schema(request=Acknowledgement, responses=OpenApiTypes.OBJECT)
    def post(self, request):
        asked = Acknowledgement(data=request.data)
        asked.is_valid(raise_exception=True)
        ids = list(dict.fromkeys(asked.validated_data["ids"]))
        where = request.viewer.scope.filter(self.needs)
        rows = Alarm.objects.filter(where, pk__in=ids)
        at = now()
        try:
            done = acknowledge(rows, by=request.viewer, at=at).done
        except NotPossible:  # others were quicker with every one of them
            done = ()
        outcome = {str(pk): {"outcome": "unknown"} for pk in ids}
        for alarm in rows.all():
            outcome[str(alarm.pk)] = {
                "outcome": "already",
                "by": alarm.acknowledged_by,
                "at": alarm.acknowledged_at,
            }
        for alarm in done:
            outcome[str(alarm.pk)]["outcome"] = "done"
        return Response({"alarms": outcome})


urls = [
    *fire_urls,
    *frame_urls,
    *gas_urls,
    *terminal_urls,
    *upkeep_urls,
    *camera_urls,
    *fire_spot_urls,
    *trip_urls,
    *vehicle_urls,
    *video_urls,
    *warning_urls,
    *sensorthings_urls,
    *suppression_urls,
    path("stations", Stations.as_view()),
    path("stations/<uuid:pk>", OneStation.as_view()),
    path("stations/<uuid:pk>/series", Series.as_view()),
    path("stations/<uuid:pk>/alarms", StationAlarms.as_view()),
    path("stations/<uuid:pk>/frames", Frames.as_view()),
    path("alarms", Alarms.as_view()),
    path("alarms/acknowledge", Acknowledge.as_view()),
    path("alarms/<uuid:pk>", OneAlarm.as_view()),
]
