"""The handover on the screen and on paper, and over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from command_center.core.acts import NotPossible
from command_center.core.now import now
from command_center.core.shell import View, signed_in

from . import handover
from .lifecycle import GIVEN
from .models import Handover

LISTED = 20


def _seen(request: HttpRequest):
    scope = request.viewer.scope
    action = handover.RIGHT if scope.may(handover.RIGHT) else "audit.view"
    if not scope.may(action):
        raise PermissionDenied(handover.RIGHT)
    return Handover.objects.filter(scope.filter(action))


def _page(request: HttpRequest, row: Handover | None, problem: str = "", notes: str = "") -> HttpResponse:
    viewer = request.viewer
    content: dict[str, Any] = row.content if row else handover.sheet(viewer.scope, now())
    signs = viewer.scope.may(handover.RIGHT)
    given = row is not None and row.state == GIVEN
    context = {
        "title": _("Shift handover"),
        "row": row,
        "content": content,
        "at": datetime.fromisoformat(content["at"]),
        "notes": notes,
        "problem": problem,
        "may_give": signs and row is None,
        "may_take": signs and given and row.given_by != viewer.name,
        "may_withdraw": signs and given and row.given_by == viewer.name,
        "past": _seen(request).exclude(given_at=None).order_by("-given_at")[:LISTED],
    }
    return render(request, "duty/handover.html", context, status=409 if problem else 200)


def page(view: View) -> View:
    return signed_in(view, ("GET", "HEAD", "POST"))


@page
def current(request: HttpRequest) -> HttpResponse:
    """The sheet that waits, or the one as it would be signed now. POST signs it."""
    _seen(request)
    if request.method == "POST":
        notes = request.POST.get("notes", "")[:4000]
        try:
            row = handover.give(by=request.viewer, at=now(), notes=notes)
        except NotPossible as why:
            return _page(request, None, str(why), notes)
        return redirect("handover-sheet", row.pk)
    return _page(request, handover.waiting(request.viewer.scope))


@page
def kept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One sheet as it was signed. POST takes it over, or back."""
    row = get_object_or_404(_seen(request), pk=pk)
    if request.method == "POST":
        act = handover.withdraw if request.POST.get("act") == "withdraw" else handover.take
        try:
            act(row, by=request.viewer, at=now())
        except NotPossible as why:
            return _page(request, row, str(why))
        return redirect("handover-sheet", row.pk)
    return _page(request, row)


urls = [
    path("duty/handover/", current, name="handover"),
    path("duty/handover/<uuid:pk>/", kept, name="handover-sheet"),
]
