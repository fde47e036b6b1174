"""Escaped gas over HTTP: the sketch of the area it may reach."""

from typing import Any

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.now import now

from .services.affected import areas


class AffectedAreas(APIView):
    """For each gas monitor in alarm the area that gas may reach: rings in calm air, else a sector downwind; what is inside.

    An aid for the first minutes, not a dispersion model (docs/howto/gas-monitors.md). Coordinates are [latitude, longitude].
    """

    needs = "station.view"

    @extend_schema(
        parameters=[OpenApiParameter("station", OpenApiTypes.UUID, description="of this monitor only")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        asked: Any = request.query_params.get("station")
        station = serializers.UUIDField().run_validation(asked) if asked else None
        return Response({"areas": areas(request.viewer.scope, now(), station=station)})  # type: ignore[attr-defined]


urls = [path("affected-areas", AffectedAreas.as_view())]
