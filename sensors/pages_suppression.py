"""What is kept from calling, on one page: shelves, stations out of service, maintenance windows; and how to add one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from command_center.core.acts import NotPossible
from command_center.core.models import Area
from command_center.core.now import now
from command_center.core.shell import View, signed_in

from .domain.suppression import IN_FORCE, MAINTENANCE, NEEDS, OUT_OF_SERVICE, PLANNED, SHELVED
from .handover import area_names, decision
from .models import Sensor, Station, Suppression
from .services import suppressing

ADDED = (MAINTENANCE, OUT_OF_SERVICE)  # what this page can add; alarms are shelved where they are seen


class _Moment(forms.DateTimeField):
    """The hall's time, as a browser's own field for it gives it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class Decision(forms.Form):
    """A window at a station or in an area, or a station (or one of its points) out of service from now on."""

    station = forms.CharField(label=gettext_lazy("Station code"), max_length=40, required=False)
    channel = forms.CharField(label=gettext_lazy("Point, or empty for all"), max_length=40, required=False)
    area = forms.CharField(label=gettext_lazy("or area"), required=False, widget=forms.Select)
    since = _Moment(label=gettext_lazy("Begins at"), required=False)
    until = _Moment(label=gettext_lazy("Ends at"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    def __init__(self, cause: str, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=cause, **kwargs)
        self.cause, self.scope, self.at = cause, request.viewer.scope, now()
        self.fields["station"].widget.attrs["list"] = "stations"
        if cause == MAINTENANCE:
            del self.fields["channel"]
            areas = [("", "—"), *((area.path, area.label) for area in self._areas())]
            self.fields["area"].widget.choices = areas
            self.fields["since"].initial = localtime(self.at)
        else:
            del self.fields["area"], self.fields["since"]
            self.fields["station"].required = True
        self.fields["station"].initial = request.GET.get("station", "")
        self.fields["until"].initial = localtime(self.at + timedelta(hours=4))

    def _areas(self):
        grants = self.scope.holding(NEEDS[MAINTENANCE])
        return [
            area for area in Area.objects.all() if any(area.path.startswith(grant.area) for grant in grants)
        ]

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        seen = Station.objects.filter(self.scope.filter(NEEDS[self.cause]))
        if told.get("station"):
            told["station"] = seen.filter(code=told["station"]).first()
            if told["station"] is None:
                self.add_error("station", _("There is no such station, or it is outside your area."))
        elif self.cause == MAINTENANCE and not told.get("area"):
            self.add_error("station", _("Name a station or an area."))
        if told.get("channel") and told.get("station"):
            told["sensor"] = Sensor.objects.filter(station=told["station"], channel=told["channel"]).first()
            if told["sensor"] is None:
                self.add_error("channel", _("The station has no such point."))
        return told

    def carry_out(self, by: Any) -> Suppression:
        told = self.cleaned_data
        ends = {"by": by, "at": self.at, "until": told["until"], "reason": told["reason"]}
        if self.cause == OUT_OF_SERVICE:
            return suppressing.take_out_of_service(told["station"], told.get("sensor"), **ends)
        where = told["station"] or get_object_or_404(Area, path=told["area"])
        return suppressing.plan_maintenance(where, since=told["since"] or self.at, **ends)


def _row(viewer: Any, row: Suppression, areas: dict[str, str]) -> dict[str, Any]:
    may = viewer.may(NEEDS[row.cause], row)
    asked = row.cause == SHELVED and row.state == PLANNED
    return {
        "id": row.pk,
        "cells": decision(row, areas),
        "since": row.starts_at,
        "asked": asked,
        "may_end": may,
        "may_confirm": may and asked and row.made_by != viewer.name,
    }


def _page(
    request: HttpRequest, problem: str = "", status: int = 200, bad: Decision | None = None
) -> HttpResponse:
    viewer = request.viewer
    rows, areas = {IN_FORCE: [], PLANNED: []}, area_names()
    for row in suppressing.listed(viewer.scope).order_by("ends_at", "pk"):
        rows[row.state].append(_row(viewer, row, areas))
    drawn = [
        bad if bad is not None and bad.cause == cause else Decision(cause, request)
        for cause in ADDED
        if viewer.scope.may(NEEDS[cause])
    ]
    context = {
        "title": _("Set aside and maintenance"),
        "problem": problem,
        "in_force": rows[IN_FORCE],
        "planned": rows[PLANNED],
        "forms": drawn,
        "stations": Station.objects.filter(viewer.scope.filter("station.view")).order_by("code")
        if drawn
        else (),
    }
    return render(request, "maintenance.html", context, status=status)


def page(view: View) -> View:
    return signed_in(view, ("GET", "HEAD", "POST"))


@page
def maintenance(request: HttpRequest) -> HttpResponse:
    """The list; POST adds a window or takes something out of service."""
    if not any(request.viewer.scope.may(action) for action in NEEDS.values()):
        raise PermissionDenied("alarm.maintain")
    if request.method == "POST":
        cause = request.POST.get("cause", "")
        if cause not in ADDED:
            raise Http404
        form = Decision(cause, request, request.POST)
        if not form.is_valid():
            return _page(request, status=400, bad=form)
        try:
            form.carry_out(request.viewer)
        except NotPossible as why:
            return _page(request, str(why), 409, form)
        return redirect("maintenance")
    return _page(request)


@require_http_methods(["POST"])
@login_required
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End what is in force, withdraw what is planned, or confirm a shelf as the second person."""
    row = get_object_or_404(suppressing.listed(request.viewer.scope), pk=pk)
    try:
        if request.POST.get("act") == "confirm":
            suppressing.confirm(row, by=request.viewer, at=now())
        else:
            suppressing.end(row, by=request.viewer, at=now(), reason=request.POST.get("reason", "")[:500])
    except NotPossible as why:
        return _page(request, str(why), 409)
    return redirect("maintenance")


urls = [
    path("maintenance/", maintenance, name="maintenance"),
    path("maintenance/<uuid:pk>/", decide, name="maintenance-decide"),
]
