"""Fire spots: where cameras and detectors report them, the list, and the officer's judgement by a picture."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible
from command_center.core.api import Page
from command_center.core.idempotency import once
from command_center.core.now import now
from command_center.core.scope import Grant, Scope

from .domain.fire_spots import REPORTED
from .models import FireSpot, SpotSource, Still
from .pages_office import screen
from .services.fire_spots import MOST_REPORTS, judge, pictures, source_of, take
from .trip_words import SPOT_STATES

ROWS = 100
SCHEME = "Source"


class SourceToken(BaseAuthentication):
    """``Authorization: Source <token>``: a lookout or detector speaks for itself, and may do nothing but report."""

    def authenticate(self, request: Request) -> tuple[Any, SpotSource] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != SCHEME:
            return None
        source = source_of(token.strip())
        if source is None:
            raise AuthenticationFailed(_("This token is not valid."))
        # Of a responder's rights the one to report; no other view takes this token.
        scope = Scope.of([Grant("responder", "/")])
        request._request.viewer = Actor(f"source:{source.code}", scope, via="source")  # type: ignore[attr-defined]
        return None, source


class SourceTokenScheme(OpenApiAuthenticationExtension):
    target_class = SourceToken
    name = "sourceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Source <token>"}


class Place(serializers.ListField):
    """[longitude, latitude] in WGS 84."""

    child = serializers.FloatField()

    def __init__(self, **more: Any) -> None:
        super().__init__(min_length=2, max_length=2, **more)

    def to_internal_value(self, data: Any) -> list[float]:
        lon, lat = super().to_internal_value(data)
        if not (-180 <= lon <= 180 and -85 <= lat <= 85):
            raise serializers.ValidationError(_("These are no coordinates."))
        return [lon, lat]


class SpotReportInSerializer(serializers.Serializer):
    reference = serializers.CharField(max_length=80)
    observed_at = serializers.DateTimeField()
    position = Place(required=False)
    origin = Place(required=False)
    bearing_deg = serializers.FloatField(required=False, min_value=0, max_value=360)
    elevation_deg = serializers.FloatField(required=False, min_value=-90, max_value=90)
    range_m = serializers.FloatField(required=False, min_value=1, max_value=100_000)
    temperature_c = serializers.FloatField(required=False, min_value=-100, max_value=3000)
    confidence = serializers.FloatField(required=False, min_value=0, max_value=1)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if "position" not in told and "bearing_deg" not in told:
            raise serializers.ValidationError(_("A position or a bearing is needed."))
        return told


class SpotReportsSerializer(serializers.Serializer):
    reports = SpotReportInSerializer(many=True, allow_empty=False, max_length=MOST_REPORTS)


class ReportSpots(APIView):
    """Hot spots as a source sees them; each once by its own reference, however often it is sent."""

    authentication_classes = (SourceToken, SessionAuthentication)
    needs = "fire_spot.report"

    @extend_schema(request=SpotReportsSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        source = request.auth
        if not isinstance(source, SpotSource):
            return Response({"error": _("Only a source reports fire spots.")}, status=404)
        asked = SpotReportsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        at = now()
        try:
            found = take(source, asked.validated_data["reports"], at=at)
        except ValueError:
            return Response(
                {"error": _("This source has no place of its own: a bearing needs its origin.")}, status=400
            )
        return Response({"spots": [str(one.pk) for one in found]}, status=201)


class FireSpotSerializer(serializers.ModelSerializer[FireSpot]):
    lon = serializers.FloatField(source="position.x", default=None)
    lat = serializers.FloatField(source="position.y", default=None)
    camera_code = serializers.CharField(source="camera.code", default="")

    class Meta:
        model = FireSpot
        fields = (
            "id", "lon", "lat", "accuracy_m", "observed_at", "last_at", "reports_count", "camera_code", "state", "judged_at",
            "judged_by", "reason", "area_path",
        )  # fmt: skip


class FireSpots(ListAPIView):
    """Fire spots that the viewer may see, the newest first."""

    needs = "fire_spot.view"
    serializer_class = FireSpotSerializer
    filterset_fields = ("state",)
    queryset = FireSpot.objects.none()

    class pagination_class(Page):
        ordering = "-last_at"

    def get_queryset(self) -> Any:
        return FireSpot.objects.filter(self.request.viewer.scope.filter(self.needs)).select_related("camera")


class SpotJudgementSerializer(serializers.Serializer):
    move = serializers.ChoiceField(choices=["confirm", "refuse"])
    still = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class JudgeSpot(APIView):
    """Confirm or refuse a spot, by a picture (``still``) or with a reason."""

    needs = "fire_spot.judge"

    @extend_schema(request=SpotJudgementSerializer, responses=FireSpotSerializer)
    @once
    def post(self, request: Request, pk: Any) -> Response:
        spot = get_object_or_404(FireSpot.objects.filter(request.viewer.scope.filter(self.needs)), pk=pk)
        asked = SpotJudgementSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        still = (
            Still.objects.filter(pk=told["still"], station=spot.camera_id).first()
            if told.get("still")
            else None
        )
        row = judge(spot, told["move"], by=request.viewer, at=now(), reason=told["reason"], still=still)
        return Response(FireSpotSerializer(row).data)


@screen("fire_spot.view", "GET", "HEAD", "POST")
def fire_spots(request: HttpRequest) -> HttpResponse:
    """What was reported, with the camera's pictures; POST judges one."""
    viewer = request.viewer  # type: ignore[attr-defined]
    found = FireSpot.objects.filter(viewer.scope.filter("fire_spot.view"))
    problem, status = "", 200
    if request.method == "POST":
        spot = get_object_or_404(found, pk=request.POST.get("spot"))
        chosen = request.POST.get("still", "")
        still = (
            Still.objects.filter(pk=chosen, station=spot.camera_id).first() if chosen.isdecimal() else None
        )
        reason = request.POST.get("reason", "")[:300]
        try:
            judge(spot, request.POST.get("move", ""), by=viewer, at=now(), reason=reason, still=still)
            return redirect("fire-spots")
        except NotPossible as why:
            gone = why.state != REPORTED
            problem = _("Somebody was quicker: this spot is judged already.") if gone else _unfit(spot)
            status = 409 if gone else 422
    rows = found.select_related("camera", "area", "still").prefetch_related("reports__source")
    waiting = list(rows.filter(state=REPORTED).order_by("-last_at")[:ROWS])
    for row in waiting:
        row.pictures = pictures(row) if viewer.scope.may("camera.view") else []
    judged = list(rows.exclude(state=REPORTED).order_by("-judged_at")[:ROWS])
    for row in judged:
        row.state_name = _(SPOT_STATES[row.state])
    context = {
        "title": _("Fire spots"),
        "waiting": waiting,
        "judged": judged,
        "may_judge": viewer.scope.may("fire_spot.judge"),
        "problem": problem,
    }
    return render(request, "fire_spots.html", context, status=status)


def _unfit(spot: FireSpot) -> str:
    if spot.position is None:
        return _("Only a direction is known: a second lookout has to see it, or it is refused.")
    return _("Please choose the picture that shows it, and say why where it is refused or there is none.")


urls = [path("fire-spots/", fire_spots, name="fire-spots")]
api_urls = [
    path("fire-spots", FireSpots.as_view()),
    path("fire-spots/reports", ReportSpots.as_view()),
    path("fire-spots/<uuid:pk>/judge", JudgeSpot.as_view()),
]
