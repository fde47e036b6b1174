"""The lobby's page: who dialled in unasked."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from command_center.core.acts import NotPossible, perform
from command_center.core.models import AuditEntry
from command_center.core.now import now

from .domain import lobby as tables
from .domain.quantities import QUANTITIES
from .models import Stranger
from .pages_office import ROWS, page, query_of, screen, stranger_of, strangers_of
from .services import devicetypes


@screen("device.edit", "GET", "HEAD", "POST")
def strangers(request: HttpRequest) -> HttpResponse:
    """Who dialled in unasked; refused ones on request. Adopting leads to the form."""
    problem = ""
    if request.method == "POST":
        row = stranger_of(request)
        if row is None:
            raise Http404
        act = "reconsider" if request.POST.get("act") == "reconsider" else "refuse"
        try:
            perform(row, act, by=request.viewer, reason=request.POST.get("reason", ""), at=now())  # type: ignore[attr-defined]
            return redirect("device-lobby")
        except NotPossible:
            problem = _("Refusing needs a reason, and a stranger that still waits.")
    state = request.GET.get("state")
    state = state if state in tables.WORDS else tables.WAITING
    rows = strangers_of(request).filter(state=state).select_related("station").order_by("-last_seen")
    paged = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    why = reasons([str(one.pk) for one in paged]) if state == tables.REFUSED else {}
    for one in paged:
        one.reason = why.get(str(one.pk))
        one.protocol_name = _(devicetypes.label(one.protocol))
        one.readings = [
            (channel, value, QUANTITIES[quantity].unit if quantity in QUANTITIES else "")
            for channel, quantity, value in one.said.get("readings", ())
        ]
    return page(
        request,
        "lobby",
        _("Unknown devices"),
        status=422 if problem else 200,
        rows=paged,
        state=state,
        states={name: _(word) for name, word in tables.WORDS.items()},
        query=query_of(request),
        problem=problem,
    )


def reasons(strangers: list[str]) -> dict[str, tuple[str, str]]:
    """Why each of ``strangers`` was refused last, and by whom, from the log book."""
    lines = AuditEntry.objects.filter(
        subject_type=Stranger._meta.label_lower, subject_id__in=strangers, act="stranger.refuse"
    ).order_by("id")
    return {pk: (reason, who) for pk, reason, who in lines.values_list("subject_id", "reason", "who")}


urls = [path("devices/lobby/", strangers, name="device-lobby")]
