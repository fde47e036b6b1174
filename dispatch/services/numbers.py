"""Numbers of orders: 东区督〔2026〕12号. One series a year and kind, and one for drills; six-sided brackets, no zeros."""

from datetime import datetime

from django.db import connection
from django.utils.timezone import localtime

from command_center.core.parameters import value

from ..models import WorkOrder

SIGNS = {WorkOrder.Kind.WORK: "单", WorkOrder.Kind.SUPERVISION: "督"}


def next_number(kind: str, at: datetime, *, is_drill: bool = False) -> str:
    """The next number of the year of ``at`` (district time). Without gaps: the row stays locked until commit."""
    year, sign = localtime(at).year, f"{'演' if is_drill else ''}{SIGNS[WorkOrder.Kind(kind)]}"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dispatch_orderseries (name, last) VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET last = dispatch_orderseries.last + 1 RETURNING last",
            [f"{sign}{year}"],
        )
        return f"{value('order.code')}{sign}〔{year}〕{cursor.fetchone()[0]}号"
