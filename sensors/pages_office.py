"""What the pages of administrators share: who may see them, how they are drawn, and what their queries say."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone

from command_center.core.shell import shell, signed_in

from .models import Station, Stranger
from .services import tables

ROWS = 50
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ASKED = ("camera.arrange", "device.edit", "reading.import", "frame.view", "map.view")


def screen(needs: str, *methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page of somebody who is signed in and holds ``needs`` somewhere, never kept by a cache."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.viewer.require(needs)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return signed_in(judged, methods or ("GET", "HEAD"))

    return wrap


def page(request: HttpRequest, template: str, title: str, status: int = 200, **more: Any) -> HttpResponse:
    context = {**shell(request, ASKED, user=str(request.user)), "here": title, **more}
    return render(request, f"devices/{template}.html", context, status=status)


def table_file(rows: Iterable[Sequence[str]], name: str, form: str) -> HttpResponse:
    """A table to be taken away, as ``form``: "csv" or "xlsx"; 404 for anything else."""
    if form not in ("csv", "xlsx"):
        raise Http404
    octets = tables.as_csv(rows) if form == "csv" else tables.as_excel(rows)
    answer = HttpResponse(octets, content_type=EXCEL if form == "xlsx" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def query_of(request: HttpRequest, **changed: Any) -> str:
    """The present query with some values changed, for links of filters and pages."""
    values = {name: value for name, value in request.GET.items() if value and name != "page"}
    return urlencode({**values, **{name: value for name, value in changed.items() if value}})


def moment(text: str) -> datetime | None:
    """A time as a form sends it ("2026-07-12T06:30", the hall's zone); None where it is none."""
    found = parse_datetime(text) if text else None
    return found.replace(tzinfo=get_current_timezone()) if found and found.tzinfo is None else found


def mine(request: HttpRequest) -> QuerySet[Station]:
    """The stations whose devices the viewer may change."""
    return Station.objects.filter(request.viewer.scope.filter("device.edit"))  # type: ignore[attr-defined]


def strangers_of(request: HttpRequest) -> QuerySet[Stranger]:
    return Stranger.objects.filter(request.viewer.scope.filter("device.edit"))  # type: ignore[attr-defined]


def stranger_of(request: HttpRequest) -> Stranger | None:
    """The stranger that a form or a link names; 404 for what is none."""
    pk = request.POST.get("stranger") or request.GET.get("stranger")
    if not pk:
        return None
    try:
        row = strangers_of(request).filter(pk=pk).first()
    except ValidationError:
        row = None
    if row is None:
        raise Http404
    return row
