"""Fire hosts over HTTP: asking for the guard, and what came of it."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.idempotency import once
from command_center.core.now import now

from .domain import guard_checks as rule
from .models import Station
from .services import guard_checks
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


api_urls = [path("stations/<uuid:pk>/guard-checks", GuardChecks.as_view())]
