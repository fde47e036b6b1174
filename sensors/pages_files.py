"""Files of readings: sent, tried row by row, taken; what came in before, and what of it was rejected."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _

from command_center.core.acts import NotPossible
from command_center.core.now import now

from .domain.reading_file_life import TRIED, WAITING, WORDS
from .models import FileLayout, ReadingFile
from .pages_office import ROWS, page, screen, table_file
from .services import reading_files, reading_trial
from .services.reading_files import sentence
from .services.reading_trial import NEW, OTHER, REJECTED, SHOWN, THERE, Line
from .services.tables import Unreadable


def verdicts() -> dict[str, str]:
    return {
        NEW: _("new"),
        THERE: _("already there"),
        OTHER: _("another value is there and stays"),
        REJECTED: _("rejected"),
    }


def mine(request: HttpRequest) -> QuerySet[ReadingFile]:
    """The files that the viewer may see: of the areas where readings may be imported, and the viewer's own."""
    viewer = request.viewer  # type: ignore[attr-defined]
    return ReadingFile.objects.filter(
        viewer.scope.filter("reading.import") | Q(came_by=viewer.name)
    ).select_related("layout")


@screen("reading.import", "GET", "HEAD", "POST")
def files(request: HttpRequest) -> HttpResponse:
    problem, before, given = "", None, request.FILES.get("file")
    layout = FileLayout.objects.filter(slug=request.POST.get("layout", "")).first()
    if request.method == "POST":
        if given is None or layout is None:
            problem = _("Choose a file first.")
        else:
            try:
                by = request.viewer  # type: ignore[attr-defined]
                row = reading_files.upload(given.name or "", given, layout, by=by, at=now())
                return redirect("reading-file", row.pk)
            except Unreadable as wrong:
                problem = sentence(wrong.text, wrong.params)
                if isinstance(wrong, reading_files.Seen):
                    before = mine(request).filter(pk=wrong.file.pk).first()
    rows = Paginator(mine(request).order_by("-came_at"), ROWS).get_page(request.GET.get("page"))
    for one in rows:
        one.state_name = _(WORDS[one.state])
    return page(
        request, "files", _("Files of readings"), status=422 if problem else 200, problem=problem, before=before,
        rows=rows, layouts=FileLayout.objects.all(), chosen=layout,
    )  # fmt: skip


@screen("reading.import", "GET", "HEAD", "POST")
def one_file(request: HttpRequest, pk: Any) -> HttpResponse:
    """The dry run of a file, made anew each time it is looked at; after the taking, what became of it."""
    row = get_object_or_404(mine(request), pk=pk)
    if request.method == "POST":
        try:
            reading_files.take(row, by=request.viewer, at=now())  # type: ignore[attr-defined]
        except NotPossible:
            pass  # somebody else took it meanwhile: the page shows what became of it
        return redirect("reading-file", pk)
    names, shown, counts = verdicts(), [], {}
    error, whole = row.error, True
    if row.state == TRIED:
        tried = reading_trial.dry_run(row, at=now())
        shown, counts, whole = [_shown(line, names) for line in tried.lines], tried.counts, tried.whole
        error = list(tried.error) if tried.error else None
    else:
        counts = {NEW: row.stored, THERE: row.repeated - row.conflicting, OTHER: row.conflicting,
                  REJECTED: row.rejected}  # fmt: skip
        shown = [
            {"number": one.line, "verdict": REJECTED, "word": names[REJECTED], "said": f"{one.column} {one.given}",
             "reasons": [sentence(one.text, one.params)]}
            for one in row.rejections.order_by("line", "pk")[:SHOWN]
        ]  # fmt: skip
    return page(
        request, "file", _("Files of readings"), file=row, state_name=_(WORDS[row.state]), rows=shown,
        counts=[(names[verdict], verdict, counts.get(verdict, 0)) for verdict in names], whole=whole,
        error=sentence(*error) if error else "", takes=row.state == TRIED and counts.get(NEW, 0) > 0,
        waiting=row.state == WAITING,
    )  # fmt: skip


def _shown(line: Line, names: dict[str, str]) -> dict[str, Any]:
    said = " · ".join(line.values[:6]) or ", ".join(one.given for one in line.faults[:3])
    return {
        "number": line.number,
        "verdict": line.verdict,
        "word": names[line.verdict],
        "station": line.station,
        "at": line.at,
        "said": said,
        "reasons": [
            f"{one.column}{_(': ') if one.column else ''}{sentence(one.text, one.params)}"
            for one in line.faults[:10]
        ],
    }


@screen("reading.import")
def rejected(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rejected rows with their reasons, as CSV, to be mended and sent again."""
    row = get_object_or_404(mine(request), pk=pk)
    return table_file(reading_files.rejected_rows(row), "rejected", "csv")


urls = [
    path("reading-files/", files, name="reading-files"),
    path("reading-files/<uuid:pk>/", one_file, name="reading-file"),
    path("reading-files/<uuid:pk>/rejected.csv", rejected, name="reading-file-rejected"),
]
