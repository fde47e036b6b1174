"""Sites, areas with rules and the routes of trips on the map: seen by who sees trips, drawn by who may."""

from typing import Any

import orjson
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.acts import NotPossible, perform
from command_center.core.models import AuditEntry
from command_center.core.now import now
from command_center.core.shell import shell

from .domain.trips import IN_FORCE, OPEN, PLACE
from .models import Geofence, LoadingSite, Trip
from .pages_office import screen
from .place_forms import FenceForm, RouteForm, SiteForm
from .services import places
from .trip_words import FENCE_KINDS, PLACE_ACTS, PLACE_FIELDS, SITE_USES

KINDS: dict[str, Any] = {"fence": (Geofence, FenceForm), "site": (LoadingSite, SiteForm)}
NEW = {"fence": gettext_noop("Draw an area with a rule"), "site": gettext_noop("Draw a site")}
LINES = 50


def _drawn(viewer: Any, *, but: Any = None) -> list[dict[str, Any]]:
    """Everything in force as the map draws it, except the one that is being changed."""
    fences, sites = Geofence.objects.filter(state=IN_FORCE), LoadingSite.objects.filter(state=IN_FORCE)
    return [
        {
            "kind": row.kind if isinstance(row, Geofence) else "site",
            "name": row.label,
            "limit_kmh": getattr(row, "limit_kmh", None),
            "shape": orjson.loads(row.shape.geojson),
            "address": _address(row) if viewer.may(places.EDIT, row) else "",
        }
        for row in (*fences, *sites)
        if row != but
    ]


def _address(row: Any) -> str:
    return reverse("place", args=["fence" if isinstance(row, Geofence) else "site", row.pk])


@screen("trip.view")
def listed(request: HttpRequest) -> HttpResponse:
    """Sites and areas with rules, on the map and as tables; those that have ended stand last."""
    viewer = request.viewer  # type: ignore[attr-defined]
    fences = sorted(Geofence.objects.defer("shape"), key=lambda one: one.state != IN_FORCE)
    for fence in fences:
        fence.kind_name = _(FENCE_KINDS[fence.kind])
    sites = sorted(
        LoadingSite.objects.defer("shape").select_related("area"), key=lambda one: one.state != IN_FORCE
    )
    for site in sites:
        site.use_name = _(SITE_USES[site.use])
    for row in (*fences, *sites):
        row.address = _address(row) if viewer.may(places.EDIT, row) else ""
    context = shell(request, places=_drawn(viewer), drawing=None)
    context |= {
        "title": _("Sites and areas"),
        "fences": fences,
        "sites": sites,
        "may_edit": viewer.scope.may(places.EDIT),
    }
    return render(request, "trips/areas.html", context)


@screen(places.EDIT, "GET", "HEAD", "POST")
def place(request: HttpRequest, what: str, pk: int | None = None) -> HttpResponse:
    """Draw and name an area or a site, change it, end it or put it in force again."""
    viewer = request.viewer  # type: ignore[attr-defined]
    if what not in KINDS:
        raise Http404
    model, form_class = KINDS[what]
    row = None if pk is None else get_object_or_404(model, pk=pk)
    if row is not None:
        viewer.require(places.EDIT, row)
    problem, status = "", 200
    if request.method == "POST" and row is not None and request.POST.get("act") in PLACE:
        move, reason = PLACE[request.POST["act"]], request.POST.get("reason", "").strip()[:200]
        try:
            perform(row, move.name, by=viewer, at=now(), reason=reason)
            return redirect("trip-areas")
        except NotPossible as why:
            problem, status = str(why), 409
            if why.state != row.state:
                problem = _("Somebody was quicker.")
            elif move.needs_reason and not reason:
                problem, status = _("Please say why."), 422
        form = form_class(instance=row)
    elif request.method == "POST":
        form = form_class(request.POST, instance=row)
        if form.is_valid():
            try:
                version = None if row is None else _version(request)
                places.save(form.instance, by=viewer, at=now(), version=version)
                return redirect("trip-areas")
            except NotPossible as why:
                problem, status = str(why), 409
            except IntegrityError:
                problem, status = _("There is another with this code."), 409
        else:
            status = 422
    else:
        form = form_class(instance=row)
    return _page(
        request, row, form, problem, status, title=row.label if row else _(NEW[what]), drawing="Polygon"
    )


@screen("trip.manage", "GET", "HEAD", "POST")
def route(request: HttpRequest, pk: Any) -> HttpResponse:
    """Draw the route of a trip and the width of its corridor."""
    viewer = request.viewer  # type: ignore[attr-defined]
    rows = Trip.objects.filter(viewer.scope.filter("trip.manage"), state__in=OPEN)
    row = get_object_or_404(rows.select_related("vehicle", "from_site", "to_site"), pk=pk)
    given = request.POST if request.method == "POST" else None
    form = RouteForm(given, initial={"shape": row.route, "corridor_m": row.corridor_m})
    problem, status = "", 200
    if given is not None and form.is_valid():
        told = form.cleaned_data
        try:
            places.set_route(
                row, told["shape"], told["corridor_m"], by=viewer, at=now(), version=_version(request)
            )
            return redirect("trip", row.pk)
        except NotPossible as why:
            problem, status = str(why), 409
    elif given is not None:
        status = 422
    return _page(request, row, form, problem, status, title=_("Route of the trip"), drawing="LineString")


def _version(request: HttpRequest) -> int:
    """The version that the form was opened with; what is no number is nobody's."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else 0


def _page(
    request: HttpRequest, row: Any, form: Any, problem: str, status: int, *, title: str, drawing: str
) -> HttpResponse:
    context = shell(request, places=_drawn(request.viewer, but=row), drawing=drawing)  # type: ignore[attr-defined]
    context |= {
        "title": title,
        "row": row,
        "form": form,
        "drawing": drawing,
        "version": request.POST.get("version") or (row.version if row else ""),
        "problem": problem or (_("Nothing was saved. Please mend what is marked.") if status == 422 else ""),
        "history": _history(row) if row is not None else [],
        "moves": [move.name for move in PLACE.leaving(row.state)]
        if row is not None and drawing == "Polygon"
        else [],
    }
    return render(request, "trips/place.html", context, status=status)


def _history(row: Any) -> list[dict[str, Any]]:
    """What was done to it, the newest first, with what was changed each time."""
    lines = AuditEntry.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk))
    return [
        {
            "at": line.at,
            "who": line.who,
            "said": _(PLACE_ACTS.get(line.act.split(".")[-1], line.act)),
            "why": line.reason,
            "changed": [
                _(PLACE_FIELDS.get(name, name)) for name in line.data.get("now", ()) if line.data.get("was")
            ],
        }
        for line in lines.order_by("-id")[:LINES]
    ]


urls = [
    path("trips/areas/", listed, name="trip-areas"),
    path("trips/areas/<str:what>/new/", place, name="place-new"),
    path("trips/areas/<str:what>/<int:pk>/", place, name="place"),
    path("trips/<uuid:pk>/route/", route, name="trip-route"),
]
