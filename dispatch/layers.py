"""Units and open orders on the map. Where a unit is now flows beside its feature: ``livevalues``."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from command_center.core.attachments import OPENED_BY
from command_center.core.layers import Lat, Layer, Lon, Ms, records, show

from . import livevalues  # noqa: F401  (registers the values that flow beside the layers)
from .domain.lifecycle import ACTIVE, ASSIGNMENT, ORDER, ORDER_OPEN, RESOURCE
from .models import Assignment, OrderClock, Resource, WorkOrder

OPENED_BY[WorkOrder._meta.label_lower] = "order.view"

# What is announced of an order beside its moves.
ORDER_NEWS = (
    "issued", "handed_on", "progress", "arrived", "evidence", "evidence_accepted", "extension_requested", "extension_approved",
    "extension_refused", "reminder", "yellow", "red",
)  # fmt: skip


def _resources_of(assignments):
    return Assignment.objects.filter(pk__in=list(assignments)).values_list("resource_id", flat=True)


_units, _orders = records(Resource, "resource.view"), records(WorkOrder, "order.view")
_now = Assignment.objects.filter(resource=OuterRef("pk"), state__in=ACTIVE, item="").order_by("-assigned_at")

UNITS = show(
    Layer(
        name="units",
        action="resource.view",
        source=_units,
        within=_units,
        fields={
            "code": "code",
            "name": "name",
            "name_en": "name_en",
            "kind": "kind",
            "skills": "skills",
            "state": "state",
            "lon": Lon("base"),
            "lat": Lat("base"),
            "area": "area_path",
            "owner": "department__code",
            "owner_name": "department__name",
            "owner_name_en": "department__name_en",
            "assignment": Subquery(_now.values("pk")[:1]),
            "assignment_state": Subquery(_now.values("state")[:1]),
            "incident": Subquery(_now.values("incident_id")[:1]),
            "target_lon": Subquery(_now.values(x=Lon("target"))[:1]),
            "target_lat": Subquery(_now.values(x=Lat("target"))[:1]),
            "version": "version",
        },
        watches={
            **{f"resource.{name}": "" for name in ("changed", *(move.name for move in RESOURCE.moves))},
            **{f"assignment.{name}": _resources_of for name in ("made", *(m.name for m in ASSIGNMENT.moves))},
        },
    )
)

_clocks = OrderClock.objects.filter(order=OuterRef("pk")).order_by("due_at", "pk")

ORDERS = show(
    Layer(
        name="orders",
        action="order.view",
        # No clock stands in this filter: what is amber or red is for the screen to compare.
        source=lambda scope: _orders(scope).filter(state__in=ORDER_OPEN),
        within=_orders,
        fields={
            "number": "number",
            "kind": "kind",
            "subject": "subject",
            "urgency": "urgency",
            "state": "state",
            "lon": Lon("place"),
            "lat": Lat("place"),
            "area": "area_path",
            "department": "department__code",
            "department_name": "department__name",
            "department_name_en": "department__name_en",
            "incident": "incident_id",
            "incident_number": "incident__number",
            "issued_at": Ms("issued_at"),
            "yellow_cards": "yellow_cards",
            "red_cards": "red_cards",
            "round": "round",
            "clocks": ArraySubquery(
                _clocks.values(
                    clock=JSONObject(
                        kind="kind",
                        started_at=Ms("started_at"),
                        amber_at=Ms("amber_at"),
                        due_at=Ms("due_at"),
                        stopped_at=Ms("stopped_at"),
                    )
                )
            ),
            "is_drill": "is_drill",
            "version": "version",
        },
        watches={f"order.{name}": "" for name in (*ORDER_NEWS, *(move.name for move in ORDER.moves))},
    )
)
