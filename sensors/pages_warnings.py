"""Public warnings: the list, each with its whole text and what to do, the messages they came in, and the API."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from command_center.core.api import Page

from . import warning_words as words
from .domain.warning_guides import guide
from .domain.warnings import ACTIVE, CANCEL
from .models import PublicWarning, WarningFeed, WarningMessage
from .pages_office import screen

ENDED, MESSAGES = 100, 100
MOST_RAW = 20_000  # characters of a message that are shown


def _named(row: PublicWarning) -> PublicWarning:
    """The row with its words in the reader's language."""
    row.kind, row.heading, row.colour = words.kind(row), words.heading(row), words.colour(row)
    row.word, row.where = words.state(row), words.where(row)
    return row


def _known() -> Any:
    return PublicWarning.objects.exclude(action=CANCEL).defer("shape")


@screen("warning.view")
def warnings(request: HttpRequest) -> HttpResponse:
    standing = _known().filter(state=ACTIVE).order_by("level", "-sent_at")
    ended = _known().exclude(state=ACTIVE).order_by("-sent_at")[:ENDED]
    context = {
        "title": _("Public warnings"),
        "standing": [_named(row) for row in standing],
        "ended": [_named(row) for row in ended],
        "feeds": WarningFeed.objects.all(),
        "may_read": request.viewer.scope.may("frame.view"),  # type: ignore[attr-defined]
    }
    return render(request, "warnings/list.html", context)


@screen("warning.view")
def warning(request: HttpRequest, pk: Any) -> HttpResponse:
    row = _named(get_object_or_404(_known(), pk=pk))
    zh, advice = words.chinese(), guide(row.type, row.level)
    others = _known().filter(group=row.group).exclude(pk=row.pk).order_by("-sent_at")[:20]
    cancels = PublicWarning.objects.filter(identifier=row.ended_by, action=CANCEL)
    cancel = cancels.filter(group=row.group).first() or cancels.first()
    may_read = request.viewer.scope.may("frame.view")  # type: ignore[attr-defined]
    context = {
        "title": row.heading,
        "row": row,
        "text": row.text if zh else row.text_en or row.text,
        "instruction": row.instruction if zh else row.instruction_en or row.instruction,
        "guide": (advice[0 if zh else 1]).splitlines() if advice else [],
        "others": [_named(one) for one in others],
        "cancel": cancel,
        "may_read": may_read,
        "messages": _shown(WarningMessage.objects.filter(identifier=row.identifier)) if may_read else [],
    }
    return render(request, "warnings/warning.html", context)


@screen("frame.view")
def messages(request: HttpRequest) -> HttpResponse:
    rows = WarningMessage.objects.all()
    wanted = {name: request.GET.get(name, "")[:200].replace("\0", "") for name in ("text", "refused")}
    if wanted["text"]:
        rows = rows.filter(Q(identifier__icontains=wanted["text"]) | Q(error__icontains=wanted["text"]))
    if wanted["refused"]:
        rows = rows.exclude(error="")
    return render(
        request,
        "warnings/messages.html",
        {"title": _("Messages of the warning feeds"), "rows": _shown(rows), "asked": wanted},
    )


def _shown(rows: Any) -> list[WarningMessage]:
    found = list(rows.select_related("feed").order_by("-received_at", "-pk")[:MESSAGES])
    for one in found:
        one.document = bytes(one.raw).decode(errors="replace")[:MOST_RAW]
        one.said = json.dumps(one.read_as, ensure_ascii=False, indent=1) if one.read_as else ""
    return found


class WarningSerializer(serializers.ModelSerializer[PublicWarning]):
    class Meta:
        model = PublicWarning
        fields = (
            "id", "identifier", "action", "state", "exercise", "type", "event", "level", "title", "title_en", "sender",
            "sender_name", "sent_at", "effective_at", "expires_at", "ended_at", "ended_by", "places", "text", "instruction",
        )  # fmt: skip


class Warnings(ListAPIView):
    """Public warnings, newest first; ``state=active`` for those that stand. Levels: 1 red to 4 blue."""

    needs = "warning.view"
    serializer_class = WarningSerializer
    pagination_class = Page
    filterset_fields = ("state", "type", "level")

    @extend_schema(parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=list(PublicWarning.STATES))])
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return _known().order_by("-sent_at", "pk")


urls = [
    path("warnings/", warnings, name="warnings"),
    path("warnings/messages/", messages, name="warning-messages"),
    path("warnings/<uuid:pk>/", warning, name="warning"),
]
api_urls = [path("warnings", Warnings.as_view())]
