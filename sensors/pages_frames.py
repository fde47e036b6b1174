"""Frames can be found again: the page and the API."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.now import now

from .adapters import ADAPTERS
from .pages_office import moment, page, query_of, screen
from .services import devicetypes
from .services.frames import SPAN, Wanted, cursor_of, page_of
from .trouble_words import as_kept, trouble

ROWS, MOST_ROWS = 50, 500
# What protocols without function codes of their own say was done.
FUNCTIONS = {
    "read": gettext_noop("Registers read"),
    "values": gettext_noop("Mapped values"),
    "measures": gettext_noop("Measurements"),
    "changes": gettext_noop("Changed nodes"),
    "observations": gettext_noop("Observations"),
    "file": gettext_noop("Rows of a file"),
}


class WrongSpan(ValueError):
    """A time that cannot be read."""


def wanted_of(query: Any) -> Wanted:
    """What a query string asks for; the last day where it names no time. Raises WrongSpan."""
    text = {
        name: query.get(name, "").strip()
        for name in ("station", "protocol", "from", "to", "refused", "text", "before")
    }
    try:
        until, since = moment(text["to"]), moment(text["from"])
    except ValueError:
        raise WrongSpan from None
    if (text["to"] and until is None) or (text["from"] and since is None):
        raise WrongSpan
    until = until or now()
    return Wanted(
        since=since or until - SPAN,
        until=until,
        station=text["station"][:200].replace("\0", ""),
        protocol=text["protocol"] if text["protocol"] in ADAPTERS else "",
        refused=text["refused"] in ("1", "true", "on"),
        words=as_kept(words) if (words := text["text"][:100].replace("\0", "")) else (),
        before=cursor_of(text["before"]),
    )


@screen("frame.view")
def frames(request: HttpRequest) -> HttpResponse:
    rows: list[dict[str, Any]] = []
    more, problem = "", ""
    try:
        rows, more = page_of(wanted_of(request.GET), request.viewer.scope, ROWS)  # type: ignore[attr-defined]
    except WrongSpan:
        problem = _("The time cannot be read.")
    for row in rows:
        row["why"] = trouble(row["error"])
        if row["decoded"]:
            function = row["decoded"].get("function", "")
            row["function"] = _(FUNCTIONS[function]) if function in FUNCTIONS else function
        row["protocol_name"] = _(devicetypes.label(row["protocol"]))
        row["said"] = json.dumps(row["decoded"], ensure_ascii=False, indent=1) if row["decoded"] else ""
    names = ("station", "protocol", "from", "to", "refused", "text")
    return page(
        request,
        "frames",
        _("Frames"),
        status=422 if problem else 200,
        rows=rows,
        next=query_of(request, before=more) if more else "",
        problem=problem,
        asked={name: request.GET.get(name, "") for name in names},
        protocols={name: _(devicetypes.label(name)) for name in ADAPTERS},
    )


def _asked(name: str, what: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=what)


class AllFrames(APIView):
    """Raw frames, newest first: as they came, what they were decoded to, or why they were refused."""

    needs = "frame.view"

    @extend_schema(
        parameters=[
            _asked("station", "code, name or address in the protocol"),
            _asked("protocol", "a protocol"),
            _asked("from", "received since (ISO 8601); a day before `to` by default"),
            _asked("to", "received until; now by default"),
            _asked("refused", "1: only frames with an error"),
            _asked("text", "words of the error"),
            _asked("before", "the `next` of the page before"),
            OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 500, 50 by default"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        try:
            limit = min(max(int(request.query_params.get("limit", ROWS)), 1), MOST_ROWS)
            wanted = wanted_of(request.query_params)
        except ValueError:
            return Response({"error": _("The time cannot be read.")}, status=400)
        rows, more = page_of(wanted, request.viewer.scope, limit)
        return Response({"frames": rows, "next": more or None})


urls = [path("frames/", frames, name="frames")]
api_urls = [path("frames", AllFrames.as_view())]
