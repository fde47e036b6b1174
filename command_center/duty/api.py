"""The handover and the sound test over HTTP."""

from collections.abc import Callable

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.idempotency import once
from command_center.core.now import now

from . import handover, sound
from .models import Handover


class HandoverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Handover
        fields = (
            "id", "state", "area_path", "content", "sha256", "given_at", "given_by", "taken_at", "taken_by",
            "withdrawn_at",
        )  # fmt: skip


class Giving(serializers.Serializer):
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")


class Sheet(APIView):
    """GET: the sheet as it stands now, and the one that waits to be taken over. POST signs it."""

    needs = handover.RIGHT

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        row = handover.waiting(request.viewer.scope)
        return Response(
            {
                "sheet": handover.sheet(request.viewer.scope, now()),
                "waiting": HandoverSerializer(row).data if row else None,
            }
        )

    @extend_schema(request=Giving, responses=HandoverSerializer)
    @once
    def post(self, request):
        asked = Giving(data=request.data)
        asked.is_valid(raise_exception=True)
        row = handover.give(by=request.viewer, at=now(), notes=asked.validated_data["notes"])
        return Response(HandoverSerializer(row).data, 201)


class OnHandover(APIView):
    """One act on a sheet that waits: ``act(row, by=…, at=…)`` of each view below."""

    needs = handover.RIGHT
    act: Callable[..., Handover]

    @extend_schema(request=None, responses=HandoverSerializer)
    @once
    def post(self, request, pk):
        row = get_object_or_404(Handover.objects.filter(request.viewer.scope.filter(self.needs)), pk=pk)
        return Response(HandoverSerializer(self.act(row, by=request.viewer, at=now())).data)


class Take(OnHandover):
    """Take the shift over."""

    act = staticmethod(handover.take)


class Withdraw(OnHandover):
    """Take a sheet back that nobody has taken over."""

    act = staticmethod(handover.withdraw)


class SoundTested(serializers.Serializer):
    heard = serializers.BooleanField(help_text="whether the officer heard the tones")
    voice = serializers.BooleanField(help_text="whether the browser has a voice for the screen's language")


class SoundTests(APIView):
    """Keep the result of a sound test."""

    needs = handover.RIGHT

    @extend_schema(request=SoundTested, responses={201: SoundTested})
    @once
    def post(self, request):
        asked = SoundTested(data=request.data)
        asked.is_valid(raise_exception=True)
        row = sound.record(**asked.validated_data, by=request.viewer, at=now())
        return Response(SoundTested(row).data, 201)


urls = [
    path("duty/sound-tests", SoundTests.as_view()),
    path("duty/handover", Sheet.as_view()),
    path("duty/handovers/<uuid:pk>/take", Take.as_view()),
    path("duty/handovers/<uuid:pk>/withdraw", Withdraw.as_view()),
]
