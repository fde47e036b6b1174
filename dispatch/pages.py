"""Screens of departments and units: the inbox, one order, the tasks of a unit. Shells that the browser fills."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from command_center.core.models import Department
from command_center.core.shell import shell

from .boards import of_orders
from .models import Resource, WorkOrder
from .services import printing
from .words import UNITS

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


def screen(view):
    """A page of somebody who is signed in, never kept by a cache."""
    return require_GET(never_cache(login_required(ensure_csrf_cookie(view))))


@screen
def orders(request: HttpRequest) -> HttpResponse:
    request.viewer.require("order.view")
    return render(request, "orders.html", shell(request, ASKED, user=str(request.user)))


@screen
def order(request: HttpRequest, pk: UUID) -> HttpResponse:
    """404 for an order of another department, as for one that does not exist."""
    matter = seen(request, pk).matter
    issues = request.viewer.scope.may("order.issue")
    departments = [(one.code, one.label) for one in Department.objects.all()] if issues else []
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


@screen
def order_print(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The order as paper, for the browser's own print."""
    return HttpResponse(printing.page(seen(request, pk)))


def seen(request: HttpRequest, pk: UUID) -> WorkOrder:
    row = of_orders(request.viewer.scope).filter(pk=pk).first()
    if row is None:
        raise Http404(gettext("There is no such order, or it is another department's."))
    return row


@screen
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
    path("orders/<uuid:pk>/", order, name="order"),
    path("orders/<uuid:pk>/print/", order_print, name="order-print"),
    path("tasks/", tasks, name="tasks"),
]
