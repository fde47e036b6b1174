"""Cameras over HTTP: where a browser finds the live picture, and turning them."""

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

from .models import Station
from .services import live_pictures
from .services.live_pictures import NotNow
from .trouble_words import trouble

KINDS = ("hls", "flv", "mjpeg")


class LiveUrlSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    url = serializers.CharField()


class LivePictureSerializer(serializers.Serializer):
    urls = LiveUrlSerializer(many=True)


class PresetSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=64)
    name = serializers.CharField(read_only=True)


def _camera(request: Request, pk: Any, action: str) -> Station:
    where = request.viewer.scope.filter(action)  # type: ignore[attr-defined]
    rows = Station.objects.select_related("device_type")
    return get_object_or_404(rows.filter(where, kind=Station.Kind.CAMERA), pk=pk)


def _refused(refusal: NotNow) -> Response:
    words = {name: trouble(str(value)) for name, value in refusal.params.items()}
    return Response({"error": _(refusal.text) % words}, status=422)


class LivePicture(APIView):
    """Where a browser finds the live picture of a camera, best first; none for one that has stills only.

    A camera behind a gateway is started by asking, which can take seconds; the gateway ends what nobody watches.
    """

    needs = "camera.view"

    @extend_schema(responses=LivePictureSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        camera = _camera(request, pk, self.needs)
        try:
            urls = live_pictures.watch(camera, by=request.viewer, at=now())  # type: ignore[attr-defined]
        except NotNow as refusal:
            return _refused(refusal)
        return Response({"urls": urls}, headers={"Cache-Control": "no-store"})


class Presets(APIView):
    """The views that a camera was taught, as it tells them now; POST turns it to one."""

    needs = {"GET": "camera.view", "POST": "camera.steer"}

    @extend_schema(responses=PresetSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        try:
            found = live_pictures.presets(_camera(request, pk, "camera.view"))
        except NotNow as refusal:
            return _refused(refusal)
        return Response(PresetSerializer(found, many=True).data)

    @extend_schema(request=PresetSerializer, responses=PresetSerializer)
    @once
    def post(self, request: Request, pk: Any) -> Response:
        camera = _camera(request, pk, "camera.steer")
        asked = PresetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        token = asked.validated_data["token"]
        try:
            chosen = live_pictures.go_to(camera, token, by=request.viewer, at=now())  # type: ignore[attr-defined]
        except NotNow as refusal:
            return _refused(refusal)
        return Response(PresetSerializer(chosen).data)


urls = [
    path("stations/<uuid:pk>/live", LivePicture.as_view()),
    path("stations/<uuid:pk>/presets", Presets.as_view()),
]
