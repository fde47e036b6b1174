"""Pages of the fire cloud: premises and their records, faults of parts by age, calls about first alarms, lists from files."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from command_center.core.models import Department
from command_center.core.now import now
from command_center.core.parameters import value

from . import fire_boards
from . import fire_words as words
from .models import FireCall, Premises, Station
from .pages_lists import verdicts
from .pages_office import query_of, screen, table_file
from .services import importing, importing_premises, premises, secrets, tables
from .services.importing import ADDED, CHANGED, REJECTED

ROWS, CALLS, CHECKS, MOST = 50, 50, 200, 20_000
AGES = (0, 1, 7, 30)  # days


def _page(request: HttpRequest, template: str, title: str, status: int = 200, **more: Any) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {"title": title, "may_edit": viewer.scope.may("premises.edit"), **more}
    return render(request, f"premises/{template}.html", context, status=status)


def _kinds() -> dict[str, str]:
    return {"small": _("All nine small kinds"), **{kind: _(word) for kind, word in words.KINDS.items()}}


@screen("station.view")
def listed(request: HttpRequest) -> HttpResponse:
    """Premises the viewer may see, with filters by kind and text."""
    viewer = request.viewer  # type: ignore[attr-defined]
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "")[:80].replace("\0", "").strip()
    rows = Premises.objects.filter(viewer.scope.filter("station.view"))
    if kind == "small":
        rows = rows.filter(kind__in=words.SMALL)
    elif kind in words.KINDS:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(
            Q(code__icontains=text)
            | Q(name__icontains=text)
            | Q(name_en__icontains=text)
            | Q(address__icontains=text)
        )
    counts = dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    shown = Paginator(rows.select_related("area").order_by("code"), ROWS).get_page(request.GET.get("page"))
    told = {one["id"]: one for one in fire_boards.summaries(list(shown.object_list), viewer)}
    return _page(
        request,
        "list",
        _("Premises"),
        rows=[told[str(one.pk)] for one in shown.object_list],
        pages=shown,
        query=query_of(request),
        kinds=_kinds(),
        kind=kind,
        text=text,
        total=sum(counts.values()),
        small=sum(counts.get(one, 0) for one in words.SMALL),
    )


@screen("station.view")
def record(request: HttpRequest, pk: Any) -> HttpResponse:
    """One building: persons, hosts, parts in trouble, guard rounds, calls."""
    viewer = request.viewer  # type: ignore[attr-defined]
    where = viewer.scope.filter("station.view")
    row = get_object_or_404(Premises.objects.filter(where).select_related("area", "department"), pk=pk)
    (told,) = fire_boards.summaries([row], viewer)
    hosts = [host.pk for host in row.hosts.all()]
    calls = FireCall.objects.filter(Q(premises=row) | Q(station__in=hosts)).select_related(
        "premises", "station"
    )
    return _page(
        request,
        "record",
        row.label,
        row=row,
        told=told,
        rounds=fire_boards.rounds(hosts),
        calls=_timed(fire_boards.call_rows(calls.order_by("-began_at")[:CALLS], viewer)),
        times=row.guard_times or value("fire.guard_times"),
        may_change=viewer.may("premises.edit", row),
    )


@screen("premises.edit", "GET", "HEAD", "POST")
def form(request: HttpRequest, pk: Any = None) -> HttpResponse:
    """New premises, or changes of known ones. A telephone field that stays empty keeps the number."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = None
    if pk is not None:
        row = get_object_or_404(Premises.objects.filter(viewer.scope.filter("premises.edit")), pk=pk)
    given, problems = (_present(row) if row else {}), {}
    if request.method == "POST":
        given = {name: request.POST.get(name, "")[:400] for name in premises.FIELDS if name in request.POST}
        fields = {k: v for k, v in given.items() if not (row and k.endswith("_phone") and not v)}
        draft, found = premises.read(fields, by=viewer, row=row)
        if draft is not None and row is None and Premises.objects.filter(code=draft.row.code).exists():
            draft, found = None, [premises.Problem("code", importing.QUICKER)]
        if draft is not None:
            return redirect("premises-record", premises.save(draft, by=viewer, at=now()).pk)
        problems = {one.field: _(one.text) % one.params for one in found}
    labels = importing_premises.LABELS
    fields_ = [
        {
            "name": name,
            "label": _(labels[name]),
            "value": given.get(name, ""),
            "problem": problems.get(name, ""),
        }
        for name in labels
    ]
    return _page(
        request,
        "form",
        row.label if row else _("New premises"),
        status=422 if problems else 200,
        row=row,
        fields=fields_,
        kinds={kind: _(word) for kind, word in words.KINDS.items()},
        departments=Department.objects.order_by("name"),
    )


def _present(row: Premises) -> dict[str, str]:
    """A row as its form shows it; telephone numbers are not sent back."""
    given = {name: str(getattr(row, name)) for name in (*premises.TEXTS, "kind")}
    given |= {"longitude": f"{row.position.x:.6f}", "latitude": f"{row.position.y:.6f}"}
    given |= {"people": "" if row.people is None else str(row.people)}
    given |= {"department": row.department.code if row.department else ""}
    given |= {"hosts": " ".join(row.hosts.order_by("code").values_list("code", flat=True))}
    return given | {f"{one.role}_name": one.name for one in row.persons.all()}


@screen("station.view")
def parts(request: HttpRequest) -> HttpResponse:
    """Parts that tell fire, are faulty, without power or shielded, the oldest first; as a file too."""
    viewer, at = request.viewer, now()  # type: ignore[attr-defined]
    what, kind = request.GET.get("what", ""), request.GET.get("kind", "")
    text = request.GET.get("q", "")[:80].replace("\0", "").strip()
    days = int(request.GET["days"]) if request.GET.get("days", "").isdecimal() else 0
    days = min(days, 3650)
    rows = fire_boards.parts(
        viewer.scope, what=what, kind=kind, text=text, older_than=at - timedelta(days=days) if days else None
    )
    if (form_ := request.GET.get("as")) in ("csv", "xlsx"):
        return table_file([_heads(), *(_cells(part, at) for part in rows[:MOST])], "fire-parts", form_)
    shown = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    told = [
        {
            **fire_boards.part_row(part),
            "age": _age(at - part.since),
            "station": part.station,
            "premises": part.station.premises,
        }
        for part in shown.object_list
    ]
    counts = {name: fire_boards.parts(viewer.scope, what=name).count() for name in words.TROUBLES}
    return _page(
        request,
        "parts",
        _("Fire parts in trouble"),
        rows=told,
        pages=shown,
        query=query_of(request),
        what=what,
        kind=kind,
        text=text,
        days=days,
        ages=AGES,
        kinds=_kinds(),
        troubles=[(name, _(word), counts[name]) for name, word in words.TROUBLES.items()],
    )


def _age(span: timedelta) -> str:
    """ "3 d 4 h", "4 h", "12 min"."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    return _("%(hours)d h") % {"hours": hours} if hours else _("%(minutes)d min") % {"minutes": minutes}


def _heads() -> list[str]:
    return [_("Premises"), _("Fire host"), _("System"), _("Part"), _("Zone"), _("Place"), _("Host's own words"), _("State"),
            _("In this state since"), _("Age (h)"), _("Changes")]  # fmt: skip


def _cells(part: Any, at: Any) -> list[str]:
    told, station = fire_boards.part_row(part), part.station
    hours = round((at - part.since).total_seconds() / 3600, 1)
    return [station.premises.label if station.premises else "", station.code, f"{told['system']} {told['system_address']}",
            told["part"], str(told["zone"]), str(told["place"]), part.text, told["state"],
            localtime(part.since).strftime("%Y-%m-%d %H:%M:%S"), str(hours), str(part.changes)]  # fmt: skip


@screen("station.view")
def calls(request: HttpRequest) -> HttpResponse:
    """Calls about first alarms, newest first."""
    viewer = request.viewer  # type: ignore[attr-defined]
    rows = FireCall.objects.filter(viewer.scope.filter("station.view")).select_related("premises", "station")
    told = _timed(fire_boards.call_rows(rows.order_by("-began_at")[:CALLS], viewer))
    return _page(request, "calls", _("Calls about fire alarms"), calls=told)


@screen("station.view")
def rounds(request: HttpRequest) -> HttpResponse:
    """Guard checks by the clock in all buildings, newest first; those that nobody answered can be picked out."""
    viewer = request.viewer  # type: ignore[attr-defined]
    hosts = Station.objects.filter(viewer.scope.filter("station.view"), kind=Station.Kind.FIRE_HOST)
    given = request.GET.get("outcome", "all")
    outcome = given if given in words.ROUNDS else None
    told = fire_boards.rounds(hosts, outcome=outcome, most=CHECKS)
    outcomes = {name: _(word) for name, word in words.ROUNDS.items()}
    return _page(
        request, "rounds", _("Guard checks by the clock"), rounds=told, outcome=given, outcomes=outcomes
    )


def _timed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Times that stand as text in JSON, as times for the template."""
    for row in rows:
        for one in row["called"]:
            one["at"] = parse_datetime(one["at"])
    return rows


@screen("premises.edit", "GET", "HEAD", "POST")
def upload(request: HttpRequest) -> HttpResponse:
    """A list of premises: sent and tried, then taken. What was read travels sealed in the page."""
    viewer, problem, given = request.viewer, "", request.FILES.get("file")  # type: ignore[attr-defined]
    if request.method == "POST" and request.POST.get("sealed"):
        try:
            rows = importing_premises.unseal(request.POST["sealed"])
        except secrets.Unreadable:
            raise Http404 from None
        return _tried(request, importing_premises.take(rows, by=viewer, at=now()), taken=True)
    if request.method == "POST":
        try:
            if given is None:
                problem = _("Choose a file first.")
            else:
                rows = importing_premises.read(given.read(tables.MOST_BYTES + 1))
                lines = importing_premises.dry_run(rows, by=viewer)
                return _tried(request, lines, sealed=importing_premises.seal(rows))
        except tables.Unreadable as wrong:
            problem = _(wrong.text) % wrong.params
    return _page(
        request, "import", _("Import premises"), status=422 if problem else 200, problem=problem,
        labels=[_(label) for label in importing_premises.LABELS.values()],
    )  # fmt: skip


def _tried(request: HttpRequest, lines: Sequence[Any], **more: Any) -> HttpResponse:
    names = verdicts()
    rows = [
        {
            "number": line.number,
            "given": line.given,
            "verdict": line.verdict,
            "word": names[line.verdict],
            "reasons": [importing_premises.sentence(one) for one in line.problems],
        }
        for line in sorted(lines, key=lambda line: line.verdict != REJECTED)
    ]
    counts = [(word, name, sum(line.verdict == name for line in lines)) for name, word in names.items()]
    good = sum(line.verdict in (ADDED, CHANGED) for line in lines)
    return _page(request, "tried", _("Import premises"), rows=rows, counts=counts, good=good, **more)


@screen("premises.edit")
def template(request: HttpRequest, form_: str) -> HttpResponse:
    return table_file(importing_premises.template(), "premises", form_)


urls = [
    path("premises/", listed, name="premises"),
    path("premises/new/", form, name="premises-new"),
    path("premises/parts/", parts, name="fire-parts"),
    path("premises/calls/", calls, name="fire-calls"),
    path("premises/rounds/", rounds, name="guard-rounds"),
    path("premises/import/", upload, name="premises-import"),
    path("premises/template.<str:form_>", template, name="premises-template"),
    path("premises/<uuid:pk>/", record, name="premises-record"),
    path("premises/<uuid:pk>/edit/", form, name="premises-edit"),
]
