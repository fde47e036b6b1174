"""Screens of departments and units: the inbox, one order, the tasks of a unit. Shells that the browser fills."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from command_center.core.models import Area, Department
from command_center.core.shell import shell, signed_in

from .boards import of_orders
from .domain import clocks
from .models import Matter, Resource, WorkOrder
from .services import printing
from .words import CLOCKS, ORDER_KINDS, SOURCES, UNITS, URGENCIES

BY_RULE = ("incident", "overdue")  # sources that nobody chooses

# Rights that decide what a page shows; the server lists the buttons and asks again at each act.
ASKED = (
    "map.view",
    "alarm.acknowledge",
    "order.view",
    "order.sign",
    "order.issue",
    "position.report",
    "assignment.view",
)


@signed_in
def orders(request: HttpRequest) -> HttpResponse:
    request.viewer.require("order.view")
    return render(request, "orders.html", shell(request, ASKED, user=str(request.user)))


@signed_in
def order_new(request: HttpRequest) -> HttpResponse:
    """A form for an order that may belong to no incident."""
    request.viewer.require("order.issue")
    return render(
        request,
        "order_new.html",
        shell(
            request,
            ASKED,
            departments=_named(Department.objects.all()),
            areas=_named(Area.objects.filter(Q(parent=None) | Q(parent__parent=None)).order_by("path")),
            matters=[
                {"slug": one.slug, "name": one.label, "limits": limits(one)} for one in Matter.objects.all()
            ],
            kinds=_worded(ORDER_KINDS),
            urgencies=_worded(URGENCIES),
            sources=[row for row in _worded(SOURCES) if row[0] not in BY_RULE],
            user=str(request.user),
        ),
    )


def _named(rows: Iterable[Any]) -> list[tuple[str, str]]:
    return [(row.code, row.label) for row in rows]


def _worded(words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, gettext(word)) for name, word in words.items()]


def limits(matter: Matter) -> str:
    """The clocks of a matter in one line."""
    told = [(CLOCKS[kind], matter.limit(kind)) for kind in clocks.KINDS]
    return " · ".join(
        f"{gettext(word)} {limit.amount:g} {gettext(UNITS[limit.unit])}" for word, limit in told if limit
    )


@signed_in
def order(request: HttpRequest, pk: UUID) -> HttpResponse:
    """404 for an order of another department, as for one that does not exist."""
    matter = seen(request, pk).matter
    issues = request.viewer.scope.may("order.issue")
    departments = _named(Department.objects.all()) if issues else []
    return render(
        request,
        "order.html",
        shell(
            request,
            ASKED,
            order=str(pk),
            departments=departments,
            extension={"most": matter.extension_amount, "unit": gettext(UNITS[matter.extension_unit])},
            user=str(request.user),
        ),
    )


@signed_in
def order_print(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The order as paper, for the browser's own print."""
    return HttpResponse(printing.page(seen(request, pk)))


def seen(request: HttpRequest, pk: UUID) -> WorkOrder:
    row = of_orders(request.viewer.scope).filter(pk=pk).first()
    if row is None:
        raise Http404(gettext("There is no such order, or it is another department's."))
    return row


@signed_in
def tasks(request: HttpRequest) -> HttpResponse:
    """For who answers for a unit, or may answer for all."""
    if not request.viewer.may("assignment.view"):
        raise PermissionDenied("assignment.view")
    mine = Resource.objects.filter(user=request.viewer.user_id).values_list("pk", flat=True)
    return render(
        request,
        "tasks.html",
        shell(request, ASKED, units=[str(pk) for pk in mine], user=str(request.user)),
    )


urls = [
    path("orders/", orders, name="orders"),
    path("orders/new/", order_new, name="order-new"),
    path("orders/<uuid:pk>/", order, name="order"),
    path("orders/<uuid:pk>/print/", order_print, name="order-print"),
    path("tasks/", tasks, name="tasks"),
]
