"""The hall's mode over HTTP."""

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.idempotency import once
from command_center.core.now import now

from . import hallmode
from .models import HallMode


class Switch(serializers.Serializer):
    mode = serializers.ChoiceField(HallMode.Mode.values)
    incident = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=500)


def told(row):
    if row is None:
        return {"mode": HallMode.Mode.ROUTINE, "incident": None, "by": "", "at": None}
    return {"mode": row.mode, "incident": row.incident_id, "by": row.by, "at": row.at}


class Mode(APIView):
    """Routine or emergency, and who switched it; POST switches. 409 says who was quicker."""

    needs = {"GET": "map.view", "POST": "hall.mode"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        return Response(told(hallmode.current()))

    @extend_schema(request=Switch, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        asked = Switch(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(told(hallmode.switch(**asked.validated_data, by=request.viewer, at=now())), 201)

    def handle_exception(self, error):
        if isinstance(error, NotPossible):
            last = hallmode.current()
            who = {"by": last.by, "at": last.at} if last else {}
            return Response({"error": str(error), "state": error.state, **who}, 409)
        return super().handle_exception(error)


urls = [path("hall/mode", Mode.as_view())]
