"""What the next shift must know of work orders: all that are not closed, the nearest time limit first."""

from datetime import datetime

from django.db.models import F, Min, Q
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_noop

from command_center.core.scope import Scope
from command_center.duty.handover import Rows, section

from .domain.lifecycle import ORDER_OPEN
from .models import WorkOrder
from .words import ORDER_STATES


def open_orders(scope: Scope, at: datetime) -> Rows:
    english = get_language() == "en"
    running = Q(clocks__stopped_at=None, clocks__ended_at=None)
    rows = (
        WorkOrder.objects.filter(state__in=ORDER_OPEN)
        .filter(scope.filter("order.view"))
        .select_related("department")
        .annotate(next_due=Min("clocks__due_at", filter=running))
        .order_by(F("next_due").asc(nulls_last=True), "pk")
    )
    return [
        [
            one.number,
            one.subject,
            (english and one.department.name_en) or one.department.name,
            ORDER_STATES[one.state].label,
            localtime(one.next_due).strftime("%Y-%m-%d %H:%M") if one.next_due else "—",
        ]
        for one in rows
    ]


COLUMNS = (
    gettext_noop("Number"),
    gettext_noop("Subject"),
    gettext_noop("Department"),
    gettext_noop("State"),
    gettext_noop("Next time limit"),
)
section("orders.open", gettext_noop("Open work orders"), COLUMNS, open_orders)
