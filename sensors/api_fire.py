"""Fire hosts over HTTP: asking for the guard, the building behind a host, and what its people said about an alarm."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.api import Page
from command_center.core.idempotency import once
from command_center.core.now import now

from . import fire_boards
from .domain import fire_calls as rules
from .domain import guard_checks as rule
from .models import FireCall, Premises, Station
from .services import fire_calls, guard_checks
from .services.downlinks import CannotBeTold

STANDINGS = (rule.WAITING, rule.ANSWERED, rule.SILENT, rule.NOT_TOLD)


class GuardCheckSerializer(serializers.Serializer):
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField()
    minutes = serializers.IntegerField()
    result = serializers.CharField()
    standing = serializers.ChoiceField(choices=STANDINGS)
    answered_at = serializers.DateTimeField(allow_null=True)
    operator = serializers.IntegerField(allow_null=True)


class AskGuardSerializer(serializers.Serializer):
    minutes = serializers.IntegerField(min_value=1, max_value=255, default=10)


class GuardChecks(APIView):
    """The last checks of a building, newest first; POST asks whether its guard is there."""

    needs = {"GET": "station.view", "POST": "guard.check"}

    def _host(self, request: Request, pk: Any, action: str) -> Station:
        where = request.viewer.scope.filter(action)  # type: ignore[attr-defined]
        return get_object_or_404(Station.objects.filter(where, kind=Station.Kind.FIRE_HOST), pk=pk)

    @extend_schema(responses=GuardCheckSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        told = guard_checks.lately(self._host(request, pk, "station.view"), now())
        return Response(GuardCheckSerializer(told, many=True).data)

    @extend_schema(request=AskGuardSerializer, responses={201: GuardCheckSerializer(many=True)})
    @once
    def post(self, request: Request, pk: Any) -> Response:
        host = self._host(request, pk, "guard.check")
        asked = AskGuardSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        at = now()
        try:
            guard_checks.ask(host, asked.validated_data["minutes"], by=request.viewer, at=at)  # type: ignore[attr-defined]
        except CannotBeTold:
            return Response({"error": _("This building's fire host takes no guard checks.")}, status=422)
        return Response(GuardCheckSerializer(guard_checks.lately(host, at), many=True).data, status=201)


class StationPremises(APIView):
    """The building that a fire host watches, who answers for it, and the last call about a first alarm there."""

    needs = "station.view"

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: Any) -> Response:
        where = request.viewer.scope.filter(self.needs)  # type: ignore[attr-defined]
        host = get_object_or_404(Station.objects.filter(where, kind=Station.Kind.FIRE_HOST), pk=pk)
        return Response(fire_boards.of_station(host, request.viewer))  # type: ignore[attr-defined]


class PremisesSerializer(serializers.ModelSerializer[Premises]):
    longitude = serializers.FloatField(source="position.x")
    latitude = serializers.FloatField(source="position.y")
    area = serializers.CharField(source="area_path")
    hosts = serializers.SlugRelatedField("code", many=True, read_only=True)

    class Meta:
        model = Premises
        fields = (
            "id",
            "code",
            "kind",
            "name",
            "name_en",
            "address",
            "longitude",
            "latitude",
            "area",
            "people",
            "hosts",
        )


class PremisesList(ListAPIView):
    """Buildings and premises the viewer may see."""

    needs = "station.view"
    serializer_class = PremisesSerializer
    filterset_fields = ("kind",)
    queryset = Premises.objects.none()

    class pagination_class(Page):
        ordering = "code"

    def get_queryset(self) -> Any:
        where = self.request.viewer.scope.filter(self.needs)
        return Premises.objects.filter(where).prefetch_related("hosts")


class FireCallReason(serializers.Serializer):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class FireCallMove(APIView):
    """What the building's people said about a first alarm: answer, confirm (it burns), dismiss (false, with the reason)."""

    needs = "fire.verify"

    @extend_schema(request=FireCallReason, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request: Request, pk: Any, name: str) -> Response:
        viewer = request.viewer  # type: ignore[attr-defined]
        if name not in fire_calls.MOVES:
            raise Http404
        where = viewer.scope.filter(self.needs)
        call = get_object_or_404(FireCall.objects.filter(where), pk=pk)
        asked = FireCallReason(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = {"reason": asked.validated_data["reason"]} if name == "dismiss" else {}
        try:
            row = fire_calls.MOVES[name](call, by=viewer, at=now(), **reason)  # type: ignore[operator]
        except NotPossible as why:
            missing = why.state in rules.FIRE_CALL[name].sources
            text = _("Please say what it was.") if missing else _("Somebody was quicker.")
            return Response({"error": text, "state": why.state}, status=422 if missing else 409)
        (told,) = fire_boards.call_rows([row], viewer)
        return Response(told)


urls = [
    path("stations/<uuid:pk>/guard-checks", GuardChecks.as_view()),
    path("stations/<uuid:pk>/premises", StationPremises.as_view()),
    path("premises", PremisesList.as_view()),
    path("fire-calls/<uuid:pk>/moves/<str:name>", FireCallMove.as_view()),
]
