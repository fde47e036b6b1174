"""Terminals that dial in, over HTTP: asking them from the station page, their answers, and what they say of themselves."""

from collections.abc import Mapping
from datetime import datetime
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

from .domain.quantities import QUANTITIES
from .models import Downlink, Station
from .services import terminals
from .services.downlinks import CannotBeTold
from .services.stills import last_still
from .terminal_words import CLASSES, QUESTIONS, STATUS

VALUES_SHOWN = 60


class TerminalValue(serializers.Serializer):
    label = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    at = serializers.DateTimeField()


class TerminalAnswer(serializers.Serializer):
    """``lines``: what was said in words; ``values`` the newest of ``count``."""

    lines = serializers.ListField(child=serializers.CharField())
    clock = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField()
    values = TerminalValue(many=True)


class TerminalQuestion(serializers.Serializer):
    kind = serializers.CharField()
    label = serializers.CharField()
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    result = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    answer = TerminalAnswer(allow_null=True)


class TerminalChoice(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()


class TerminalRemark(serializers.Serializer):
    what = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class TerminalSerializer(serializers.Serializer):
    questions = TerminalChoice(many=True)
    channels = TerminalChoice(many=True)
    asked = TerminalQuestion(many=True)
    said = TerminalRemark(many=True)
    picture_at = serializers.DateTimeField(allow_null=True)


class AskTerminal(serializers.Serializer):
    """``channels`` for elements; ``channel``, ``since``, ``until`` and ``step_minutes`` for a period."""

    kind = serializers.ChoiceField(choices=list(QUESTIONS))
    channels = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=16
    )
    channel = serializers.CharField(max_length=40, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    step_minutes = serializers.IntegerField(required=False, min_value=1, max_value=1440)


def status_words(bits: Mapping[str, bool], *, pumps: bool) -> str:
    """The bits of a status word that say something, in words. Without ``pumps`` a pump that runs is none."""
    said = [
        STATUS[name][not holds]
        for name, holds in bits.items()
        if name in STATUS and (holds or pumps or name != "pump_stopped")
    ]
    return _(", ").join(_(text) for text in said if text)


def _pumps(on: list[bool]) -> str:
    states = [
        _("pump %(number)s %(state)s") % {"number": n, "state": _("running") if running else _("stopped")}
        for n, running in enumerate(on, start=1)
    ]
    return _(", ").join(states)


def _answer(row: Downlink, names: Mapping[str, str], *, pumps: bool) -> dict[str, Any] | None:
    told = row.answer
    if row.result != Downlink.Result.DONE:
        return None
    lines = []
    if "version" in told:
        lines.append(_("Software %(version)s") % {"version": told["version"]})
    if "status" in told:
        lines.append(status_words(told["status"], pumps=pumps) or _("Nothing to report"))
    if "pumps_on" in told:
        lines.append(_pumps(told["pumps_on"]))
    if "manual_text" in told:
        lines.append(told["manual_text"])
    if "events" in told:
        happened = [f"ERC{n} × {count}" for n, count in enumerate(told["events"], start=1) if count]
        lines.append(_(", ").join(happened) or _("No events"))
    return {
        "lines": lines,
        "clock": told.get("clock"),
        "count": told.get("count", 0),
        "values": [
            {
                "label": names.get(channel) or _(QUANTITIES[quantity].label),
                "value": value,
                "unit": QUANTITIES[quantity].unit,
                "at": at,
            }
            for channel, quantity, value, at in told.get("readings", [])[-VALUES_SHOWN:]
        ],
    }


def _said(told: Mapping[str, Any], *, pumps: bool) -> list[dict[str, Any]]:
    """What the terminal said of itself, as lines."""
    lines = []

    def line(what: str, name: str, text: str) -> None:
        lines.append({"what": what, "at": told[name]["at"], "text": text})

    if "station_class" in told:
        kind = told["station_class"]["value"]
        line(_("Class"), "station_class", _(CLASSES[kind]) if kind in CLASSES else kind)
    if "status" in told:
        line(
            _("Status"),
            "status",
            status_words(told["status"]["value"], pumps=pumps) or _("Nothing to report"),
        )
    if "pumps_on" in told:
        line(_("Pumps"), "pumps_on", _pumps(told["pumps_on"]["value"]))
    if "version" in told:
        line(_("Software version"), "version", told["version"]["value"])
    if "clock_skew_s" in told:
        line(
            _("Clock"),
            "clock_skew_s",
            _("wrong by %(seconds)s s") % {"seconds": told["clock_skew_s"]["value"]},
        )
    lines += [
        {"what": _("Manual report"), "at": row["at"], "text": row["text"]} for row in told.get("manual", ())
    ]
    return lines


def _told(station: Station, at: datetime) -> dict[str, Any]:
    sensors = list(station.sensors.order_by("pk"))
    names = {sensor.channel: sensor.label for sensor in sensors}
    kinds = terminals.questions_of(station)
    pumps = station.kind == Station.Kind.PUMP_STATION
    speaks = station.protocol in terminals.SPEAKING
    picture = last_still(station) if station.kind != Station.Kind.CAMERA else None
    return {
        "questions": [{"value": kind, "label": _(QUESTIONS[kind])} for kind in kinds],
        "channels": [{"value": sensor.channel, "label": sensor.label} for sensor in sensors] if kinds else [],
        "asked": [
            {
                "kind": row.kind,
                "label": _(QUESTIONS.get(row.kind, row.kind)),
                "asked_at": row.asked_at,
                "asked_by": row.asked_by,
                "sent_at": row.sent_at,
                "answered_at": row.answered_at,
                "result": row.result,
                "error": row.error,
                "answer": _answer(row, names, pumps=pumps),
            }
            for row in (terminals.asked(station) if kinds else ())
        ],
        "said": _said(terminals.said(station, at), pumps=pumps) if speaks else [],
        "picture_at": picture and picture.taken_at,
    }


class Terminal(APIView):
    """What a terminal says of itself, what it was asked and answered; POST asks it, now or at its next call."""

    needs = {"GET": "station.view", "POST": "station.command"}

    def _station(self, request: Request, pk: Any, action: str) -> Station:
        where = request.viewer.scope.filter(action)  # type: ignore[attr-defined]
        return get_object_or_404(Station.objects.filter(where), pk=pk)

    @extend_schema(responses=TerminalSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        told = _told(self._station(request, pk, "station.view"), now())
        return Response(TerminalSerializer(told).data)

    @extend_schema(request=AskTerminal, responses={201: TerminalSerializer})
    @once
    def post(self, request: Request, pk: Any) -> Response:
        station = self._station(request, pk, "station.command")
        asked = AskTerminal(data=request.data)
        asked.is_valid(raise_exception=True)
        body = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asked.validated_data.items()
            if name != "kind"
        }
        kind, at = asked.validated_data["kind"], now()
        try:
            terminals.ask(station, kind, body, by=request.viewer, at=at)  # type: ignore[attr-defined]
        except CannotBeTold as why:
            text = _("This cannot be asked of the terminal: %(reason)s") % {"reason": why}
            return Response({"error": text}, status=422)
        return Response(TerminalSerializer(_told(station, at)).data, status=201)


urls = [path("stations/<uuid:pk>/terminal", Terminal.as_view())]
