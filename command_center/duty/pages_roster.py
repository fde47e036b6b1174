"""The duty roster by the week, and the messages that went out or did not."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from command_center.core.acts import NotPossible
from command_center.core.masking import masked_phone
from command_center.core.models import Area, User
from command_center.core.now import now
from command_center.core.roles import roles_with

from . import messages, roster, words
from .handover import RIGHT as ANSWERS
from .lifecycle import UNSENT
from .models import Message, Roster
from .pages import page
from .roster import EDIT, VIEW, Week

LISTED = 200


class Turn(forms.Form):
    """Somebody on duty on a day from one hour to another; an end before the beginning is of the next day."""

    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"))
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    position = forms.ChoiceField(label=gettext_lazy("Duty position"))
    desk = forms.IntegerField(label=gettext_lazy("Desk number"), min_value=1, max_value=9, initial=1)
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    since = forms.TimeField(
        label=gettext_lazy("Begins at"), widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    until = forms.TimeField(label=gettext_lazy("Ends at"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grants = request.viewer.scope.holding(EDIT)
        held = {"memberships__role__in": roles_with(ANSWERS), "memberships__department": None}
        self.fields["user"].queryset = (
            User.objects.filter(is_active=True, **held).distinct().order_by("username")
        )
        self.fields["area"].choices = [
            (area.path, area.label)
            for area in Area.objects.order_by("path")
            if any(grant.holds(area.path, None) for grant in grants)
        ]
        self.fields["position"].choices = [(name, _(word)) for name, word in words.POSITIONS.items()]

    def write(self, *, by: Any, at: datetime) -> Roster:
        told = self.cleaned_data
        zone = ZoneInfo(settings.TIME_ZONE)
        since = datetime.combine(told["day"], told["since"], zone)
        until = datetime.combine(told["day"], told["until"], zone)
        return roster.add(
            told["user"],
            area_path=told["area"],
            position=told["position"],
            desk=told["desk"],
            starts_at=since,
            ends_at=until if until > since else until + timedelta(days=1),
            by=by,
            at=at,
        )


def _week(request: HttpRequest) -> Week:
    try:
        return Week(datetime.strptime(request.GET.get("week", "") + "-1", "%G-W%V-%u").date())
    except ValueError:
        return Week.of(localtime(now()).date())


def _named(week: Week) -> str:
    return f"{week.monday:%G-W%V}"


def _shown(row: Roster, viewer: Any, at: datetime) -> dict[str, Any]:
    return {
        "id": row.pk,
        "position": words.position(row),
        "name": str(row.user),
        "phone": masked_phone(row.user.phone),
        "since": row.starts_at,
        "until": row.ends_at,
        "area": row.area_path,
        "now": row.starts_at <= at < row.ends_at,
        "may_edit": viewer.may(EDIT, row),
    }


def _page(request: HttpRequest, form: Turn | None = None, problem: str = "") -> HttpResponse:
    viewer, week, at = request.viewer, _week(request), now()
    edits = viewer.scope.may(EDIT)
    names = {area.path: area.label for area in Area.objects.only("path", "name", "name_en")}
    shown = [_shown(row, viewer, at) for row in week.rows(viewer.scope)]
    for row in shown:
        row["area"] = names.get(row["area"], row["area"])
    context = {
        "title": _("Duty roster"),
        "problem": problem,
        "week": _named(week),
        "before": _named(week.before()),
        "after": _named(week.after()),
        "days": [(day, [row for row in shown if localtime(row["since"]).date() == day]) for day in week.days],
        "today": localtime(at).date(),
        "form": (form or Turn(request, initial={"day": max(week.monday, localtime(at).date())}))
        if edits
        else None,
    }
    return render(request, "duty/roster.html", context, status=409 if problem else 200)


def _again(week: str) -> HttpResponse:
    return redirect(f"{reverse('roster')}?week={week}")


@page
def week(request: HttpRequest) -> HttpResponse:
    """One week. POST adds a turn, or takes over the week before."""
    viewer = request.viewer
    if not (viewer.scope.may(VIEW) or viewer.scope.may(EDIT)):
        raise PermissionDenied(VIEW)
    if request.method != "POST":
        return _page(request)
    viewer.require(EDIT)
    shown = _week(request)
    if request.POST.get("act") == "copy":
        roster.copy_week(shown, by=viewer, at=now())
        return _again(_named(shown))
    form = Turn(request, request.POST)
    if not form.is_valid():
        return _page(request, form, _("The turn was not added."))
    try:
        row = form.write(by=viewer, at=now())
    except NotPossible as why:
        return _page(request, form, str(why))
    return _again(_named(Week.of(localtime(row.starts_at).date())))


@page
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """POST takes a turn off the roster."""
    row = get_object_or_404(roster.seen(request.viewer.scope), pk=pk)
    if request.method == "POST":
        roster.remove(row, by=request.viewer, at=now())
    return _again(_named(Week.of(localtime(row.starts_at).date())))


@page
def sent(request: HttpRequest) -> HttpResponse:
    """The newest messages; those that did not go out first. POST notes all of these that are named."""
    scope, viewer = request.viewer.scope, request.viewer
    if not scope.may(VIEW):
        raise PermissionDenied(VIEW)
    rows = Message.objects.filter(scope.filter(VIEW))
    lost = rows.filter(state__in=UNSENT)
    if request.method == "POST":
        named = [pk for pk in request.POST.getlist("id") if _is_id(pk)]
        for row in lost.filter(pk__in=named):
            messages.note(row, by=viewer, at=now())
        return redirect("messages")
    newest = rows.exclude(state__in=UNSENT).order_by("-asked_at", "pk")[:LISTED]
    context = {
        "title": _("Messages out of the house"),
        "lost": [_told(row) for row in lost.order_by("-asked_at", "pk")[:LISTED]],
        "newest": [_told(row) for row in newest],
        "may_note": scope.may("message.note"),
    }
    return render(request, "duty/messages.html", context)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _told(row: Message) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.asked_at,
        "channel": _(words.CHANNELS[row.channel]),
        "to": words.receiver(row),
        "text": row.text,
        "state": words.message_state(row),
        "tries": row.tries,
    }


urls = [
    path("duty/roster/", week, name="roster"),
    path("duty/roster/<uuid:pk>/remove/", remove, name="roster-remove"),
    path("duty/messages/", sent, name="messages"),
]
