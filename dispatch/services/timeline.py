"""What dispatch adds to an incident: lines of its timeline, and what stands against its end."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.models import AuditEntry, Department
from command_center.core.scope import Scope
from incidents.models import Incident
from incidents.services.timeline import Line, line

from ..domain.lifecycle import ACTIVE, ORDER_OPEN
from ..models import Assignment, WorkOrder
from ..words import ACTS, CLOCKS, OWN_ACTS

WORK_OPEN = gettext_noop("%(orders)s orders and %(units)s units are not done yet.")


def lines(incidents: Collection[str], scope: Scope | None) -> list[Line]:
    """Lines of the assignments and orders of ``incidents``, as far as ``scope`` may see them."""
    units = Assignment.objects.filter(incident__in=list(incidents))
    orders = WorkOrder.objects.filter(incident__in=list(incidents))
    if scope is not None:
        units = units.filter(scope.filter("assignment.view"))
        orders = orders.filter(scope.filter("order.view"))
    about: dict[str, dict[str, Any]] = {
        str(row.pk): {"unit": row.resource.label} for row in units.select_related("resource")
    }
    about |= {
        str(row.pk): {"number": row.number, "department": row.department.label}
        for row in orders.select_related("department")
    }
    return _of_records(about, ACTS)


def of_order(order: WorkOrder) -> list[Line]:
    """An order's own lines, oldest first, without its number, which stands above them."""
    about = {str(order.pk): {"number": order.number, "department": order.department.label}}
    return _of_records(about, OWN_ACTS)


def _of_records(about: dict[str, dict[str, Any]], acts: dict[str, str]) -> list[Line]:
    types = [Assignment._meta.label_lower, WorkOrder._meta.label_lower]
    entries = AuditEntry.objects.filter(
        subject_type__in=types, subject_id__in=list(about), act__in=list(acts)
    )
    departments = {one.code: one.label for one in Department.objects.all()}
    found = []
    for entry in entries.order_by("id"):
        params = {**about[entry.subject_id], "text": entry.data.get("text", "")}
        if entry.data.get("department") in departments:  # the one it was then, whoever has it now
            params["department"] = departments[entry.data["department"]]
        if "clock" in entry.data:
            params["clock"] = _(CLOCKS[entry.data["clock"]])
        name = str(params.get("unit") or params.get("number"))
        found.append(
            line(entry.at, entry.who, entry.act, acts[entry.act], params, reason=entry.reason, about=name)
        )
    return found


def work_left(incident: Incident) -> str:
    """Why an incident cannot end yet, or ""."""
    orders = WorkOrder.objects.filter(incident=incident, state__in=ORDER_OPEN).count()
    units = Assignment.objects.filter(incident=incident, state__in=ACTIVE).count()
    return _(WORK_OPEN) % {"orders": orders, "units": units} if orders or units else ""
