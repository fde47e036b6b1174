"""Pages of administrators: a list of devices is uploaded, tried row by row, taken; what was rejected goes back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _

from command_center.core.acts import NotPossible
from command_center.core.now import now

from .models import DeviceList, DeviceType
from .pages_office import page, screen, table_file
from .services import importing, tables
from .services.importing import ADDED, CHANGED, REJECTED, SAME, Line

SHOWN = 500


def verdicts() -> dict[str, str]:
    return {ADDED: _("new"), CHANGED: _("changed"), SAME: _("unchanged"), REJECTED: _("rejected")}


@screen("device.edit", "GET", "HEAD", "POST")
def upload(request: HttpRequest) -> HttpResponse:
    problem, given = "", request.FILES.get("file")
    if request.method == "POST":
        if given is None:
            problem = _("Choose a file first.")
        else:
            try:
                rows = importing.read(given.read(tables.MOST_BYTES + 1))
                by, at = request.viewer, now()  # type: ignore[attr-defined]
                return redirect("device-list", importing.upload(given.name or "", rows, by=by, at=at).pk)
            except tables.Unreadable as wrong:
                problem = _(wrong.text) % wrong.params
    recent = DeviceList.objects.order_by("-uploaded_at")[:10]
    types = DeviceType.objects.all()
    status = 422 if problem else 200
    return page(
        request, "import", _("Import a list"), status=status, problem=problem, recent=recent, types=types
    )


@screen("device.edit", "GET", "HEAD", "POST")
def one_list(request: HttpRequest, pk: Any) -> HttpResponse:
    """The dry run of a list, made anew each time it is looked at; after the taking, what became of each row."""
    listed, by = get_object_or_404(DeviceList, pk=pk), request.viewer  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            importing.take(listed, by=by, at=now())
        except NotPossible:
            pass  # somebody else took it meanwhile: the page shows what became of it
        return redirect("device-list", pk)
    lines = _lines(listed, by)
    names = verdicts()
    counts = [(names[verdict], verdict, sum(line.verdict == verdict for line in lines)) for verdict in names]
    # What has to be mended stands first.
    lines.sort(key=lambda line: line.verdict != REJECTED)
    rows = [
        {
            "number": line.number,
            "given": line.given,
            "verdict": line.verdict,
            "word": names[line.verdict],
            "reasons": [importing.sentence(problem) for problem in line.problems],
        }
        for line in lines[:SHOWN]
    ]
    good = sum(line.verdict in (ADDED, CHANGED) for line in lines)
    more = len(lines) - len(rows)
    return page(request, "tried", _("Import a list"), listed=listed, rows=rows, counts=counts, good=good, more=more,
                rejected=any(line.verdict == REJECTED for line in lines))  # fmt: skip


def _lines(listed: DeviceList, by: Any) -> list[Line]:
    if listed.taken_at is not None:
        return importing.taken_lines(listed)
    return importing.dry_run(importing.rows_of(listed), by=by)


@screen("device.edit")
def rejected(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rejected rows with their reasons, as CSV, to be mended and sent again."""
    listed = get_object_or_404(DeviceList, pk=pk)
    rows = importing.rejected_rows(_lines(listed, request.viewer))  # type: ignore[attr-defined]
    return table_file(rows, "rejected", "csv")


@screen("device.edit")
def template(request: HttpRequest, form: str) -> HttpResponse:
    types = DeviceType.objects.all()
    if wanted := request.GET.getlist("type"):
        types = types.filter(slug__in=wanted)
    return table_file(importing.template(types), "devices", form)


urls = [
    path("devices/import/", upload, name="device-import"),
    path("devices/import/<uuid:pk>/", one_list, name="device-list"),
    path("devices/import/<uuid:pk>/rejected.csv", rejected, name="device-list-rejected"),
    path("devices/template.<str:form>", template, name="device-template"),
]
