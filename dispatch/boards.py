"""What a screen reads: inbox, one order, the clocks nearest to red, an incident's task board. Plain values, few queries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Min, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.masking import masked_phone
from command_center.core.models import Attachment
from command_center.core.scope import Scope
from incidents.boards import as_dict
from incidents.models import Incident

from .domain import clocks as rules
from .domain import lifecycle as life
from .models import Assignment, Evidence, Extension, OrderClock, Resource, WorkOrder
from .services.ranking import Found
from .services.timeline import of_order
from .words import (
    ASSIGNMENT_STATES,
    CLOCKS,
    COLOURS,
    KINDS,
    MOVES,
    ORDER_KINDS,
    ORDER_STATES,
    PICTURES,
    RESOURCE_STATES,
    SOURCES,
    UNITS,
    URGENCIES,
    sentence,
    skill_label,
)

INBOX, LATE, DONE, ALL = "inbox", "late", "done", "all"
VIEWS = (INBOX, LATE, DONE, ALL)


# --- resources and assignments -----------------------------------------------------------------------


def resource_row(one: Resource, *, viewer: Actor, at: datetime) -> dict[str, Any]:
    phone = one.phone if viewer.may("assignment.make", one) else masked_phone(one.phone)
    return {
        "id": str(one.pk),
        "code": one.code,
        "name": one.label,
        "kind": one.kind,
        "kind_label": _(KINDS[one.kind]),
        "skills": [{"skill": skill, "label": skill_label(skill)} for skill in one.skills],
        "facts": one.facts,
        "department": one.department.code if one.department else None,
        "department_name": one.department.label if one.department else "",
        "state": one.state,
        "state_label": _(RESOURCE_STATES[one.state].word),
        "position": [one.position.x, one.position.y],
        "position_at": one.position_at,
        "phone": phone,
        "version": one.version,
    }


def resource_page(one: Resource, *, viewer: Actor, at: datetime) -> dict[str, Any]:
    return {
        **resource_row(one, viewer=viewer, at=at),
        "stock": [
            {
                "item": stock.item,
                "name": stock.name,
                "name_en": stock.name_en,
                "unit": stock.unit,
                "quantity": stock.quantity,
                "reserved": stock.reserved,
            }
            for stock in one.stock.order_by("item")
        ],
        "buttons": buttons(one, viewer, without=life.FOLLOWING),
        "assignments": [
            assignment_row(row, viewer=viewer)
            for row in of_assignments(viewer.scope).filter(resource=one, state__in=life.ACTIVE)
        ],
    }


def of_assignments(scope: Scope) -> QuerySet[Assignment]:
    rows = Assignment.objects.filter(scope.filter("assignment.view"))
    return rows.select_related("resource__department", "incident").order_by("assigned_at", "pk")


STAMPS = ("assigned_at", "accepted_at", "on_the_way_at", "on_scene_at", "released_at", "declined_at", "withdrawn_at")  # fmt: skip


def assignment_row(row: Assignment, *, viewer: Actor) -> dict[str, Any]:
    unit = row.resource
    return {
        "id": str(row.pk),
        "incident": str(row.incident_id),
        "incident_number": row.incident.number,
        "resource": str(unit.pk),
        "unit": unit.label,
        "kind": unit.kind,
        "item": row.item,
        "item_label": skill_label(row.item) if row.item else "",
        "quantity": row.quantity,
        "task": row.task,
        "target": [row.target.x, row.target.y],
        "position": [unit.position.x, unit.position.y],
        "position_at": unit.position_at,
        "distance_m": round(row.distance_m),
        "place": row.place,
        "override_reason": row.override_reason,
        "state": row.state,
        "state_label": _(ASSIGNMENT_STATES[row.state].word),
        "glyph": ASSIGNMENT_STATES[row.state].glyph,
        "arrived_by_position": row.arrived_by_position,
        "version": row.version,
        "assigned_by": row.assigned_by,
        **{stamp: getattr(row, stamp) for stamp in STAMPS},
        "buttons": buttons(row, viewer),
    }


def found_board(found: Iterable[Found], *, viewer: Actor, at: datetime) -> list[dict[str, Any]]:
    """Ranked candidates for each need, each place with its reasons and each unmet need with its own."""
    board = []
    for one in found:
        ranking = one.ranking
        board.append(
            {
                "kind": ranking.need.kind,
                "kind_label": _(KINDS[ranking.need.kind]),
                "skill": ranking.need.skill,
                "skill_label": skill_label(ranking.need.skill),
                "quantity": ranking.need.quantity,
                "missing": ranking.missing,
                "places": [
                    {
                        "place": place.place,
                        "take": place.take,
                        "distance_m": round(place.distance_m),
                        "estimate_min": place.minutes,
                        "stale": place.stale,
                        "reasons": [sentence(reason) for reason in place.reasons],
                        "resource": resource_row(one.resources[place.id], viewer=viewer, at=at),
                    }
                    for place in ranking.places
                ],
                "shortfalls": [
                    {"kind": short.kind, "reason": sentence(short.reason)} for short in ranking.shortfalls
                ],
            }
        )
    return board


def task_board(incident: Incident, *, viewer: Actor, at: datetime) -> dict[str, Any]:
    """Who is where for an incident, and which orders are out. Four queries."""
    orders = of_orders(viewer.scope).filter(incident=incident).order_by("issued_at", "pk")
    return {
        "assignments": [
            assignment_row(row, viewer=viewer)
            for row in of_assignments(viewer.scope).filter(incident=incident)
        ],
        "orders": [order_row(row, at=at) for row in orders],
    }


# --- orders ------------------------------------------------------------------------------------------


def of_orders(scope: Scope) -> QuerySet[WorkOrder]:
    rows = WorkOrder.objects.filter(scope.filter("order.view"))
    return rows.select_related("matter", "department", "incident", "lead", "supervises").prefetch_related(
        "clocks"
    )


def inbox(scope: Scope, *, at: datetime, view: str = INBOX, limit: int = 200) -> dict[str, Any]:
    """Orders by what is due first, and how many there are in each view. Three queries.

    ``view``: "inbox" is what a department has to do something about, "late" has a red clock, "done" is closed or
    cancelled (newest first), "all" is everything open.
    """
    seen = WorkOrder.objects.filter(scope.filter("order.view"))
    red = Q(pk__in=OrderClock.objects.filter(stopped_at=None, due_at__lte=at).values("order"))
    filters = {
        INBOX: Q(state__in=life.WITH_DEPARTMENT),
        LATE: Q(state__in=life.ORDER_OPEN) & red,
        DONE: ~Q(state__in=life.ORDER_OPEN),
        ALL: Q(state__in=life.ORDER_OPEN),
    }
    rows = of_orders(scope).filter(filters[view])
    if view == DONE:
        rows = rows.order_by("-issued_at", "pk")
    else:
        # What still waits for its department first; then the clock that is due first, however old the order is.
        rows = rows.annotate(
            waits=Case(
                When(state__in=life.WITH_DEPARTMENT, then=Value(0)),
                default=Value(1),
                output_field=IntegerField(),
            ),
            first_due=Min("clocks__due_at", filter=Q(clocks__stopped_at=None, clocks__ended_at=None)),
        ).order_by("waits", F("first_due").asc(nulls_last=True), "pk")
    counts = {name: seen.filter(where).count() for name, where in filters.items()}
    return {"orders": [order_row(row, at=at) for row in rows[:limit]], "views": counts, "view": view}


def clock_row(one: OrderClock, at: datetime) -> dict[str, Any]:
    shown = rules.colour(at, one.amber_at, one.due_at, one.stopped_at)
    return {
        "kind": one.kind,
        "label": _(CLOCKS[one.kind]),
        "started_at": one.started_at,
        "amber_at": one.amber_at,
        "due_at": one.due_at,
        "stopped_at": one.stopped_at,
        "limit": f"{one.amount:g} {_(UNITS[one.unit])}",
        "colour": shown,
        "colour_label": _(COLOURS[shown].word),
        "glyph": COLOURS[shown].glyph,
        "token": COLOURS[shown].token,
        "left_s": round((one.due_at - at).total_seconds()) if one.stopped_at is None else None,
    }


def order_row(row: WorkOrder, *, at: datetime) -> dict[str, Any]:
    order_clocks = sorted(row.clocks.all(), key=lambda one: (one.due_at, rules.KINDS.index(one.kind)))
    running = [one for one in order_clocks if one.stopped_at is None]
    return {
        "id": str(row.pk),
        "number": row.number,
        "kind": row.kind,
        "kind_label": _(ORDER_KINDS[row.kind]),
        "matter": row.matter.slug,
        "matter_name": row.matter.label,
        "subject": row.subject,
        "urgency": row.urgency,
        "urgency_label": _(URGENCIES[row.urgency]),
        "state": row.state,
        "state_label": _(ORDER_STATES[row.state].word),
        "glyph": ORDER_STATES[row.state].glyph,
        "version": row.version,
        "department": row.department.code,
        "department_name": row.department.label,
        "incident": str(row.incident_id) if row.incident_id else None,
        "incident_number": row.incident.number if row.incident else "",
        "position": [row.place.x, row.place.y] if row.place else None,
        "address": row.address,
        "area": row.area_path,
        "issued_at": row.issued_at,
        "clocks": [clock_row(one, at) for one in order_clocks],
        "next": clock_row(running[0], at) if running and row.state in life.ORDER_OPEN else None,
        "yellow_cards": row.yellow_cards,
        "red_cards": row.red_cards,
        "round": row.round,
        "returns": row.returns,
        "lead": {"id": str(row.lead_id), "number": row.lead.number} if row.lead else None,
        "supervises": {"id": str(row.supervises_id), "number": row.supervises.number}
        if row.supervises
        else None,
        "is_drill": row.is_drill,
    }


def order_page(order: WorkOrder, *, viewer: Actor, at: datetime) -> dict[str, Any]:
    """One order as its page shows it, through the viewer's own permissions."""
    row = of_orders(viewer.scope).get(pk=order.pk)
    seen = of_orders(viewer.scope)
    related = seen.filter(Q(lead=row) | Q(supervises=row)).order_by("number")
    return {
        **order_row(row, at=at),
        "source": row.source,
        "source_label": _(SOURCES[row.source]) if row.source in SOURCES else row.source,
        "facts": row.facts,
        "requirement": row.requirement,
        "basis": row.matter.basis,
        "first_receiver": row.first_receiver.label,
        "issued_by": row.issued_by,
        "signed_by": row.signed_by,
        "signed_at": row.signed_at,
        "first_answer_at": row.first_answer_at,
        "arrived_at": row.arrived_at,
        "result": row.result,
        "fed_back_by": row.fed_back_by,
        "fed_back_at": row.fed_back_at,
        "verified_by": row.verified_by,
        "verified_at": row.verified_at,
        "closed_at": row.closed_at,
        "reopened": row.reopened,
        "arbitrated": row.arbitrated,
        "related": [order_row(one, at=at) for one in related],
        "former_clocks": [
            {
                **clock_row(one, one.ended_at),
                "ended_at": one.ended_at,
                "department": one.department.code,
                "department_name": one.department.label,
            }
            for one in OrderClock.ever.filter(order=row, ended_at__isnull=False)
            .select_related("department")
            .order_by("ended_at", "due_at", "pk")
        ],
        "extensions": [extension_row(one) for one in row.extensions.all()],
        "evidence": evidence_rows(row),
        "attachments": attachments(row),
        "timeline": [as_dict(line) for line in of_order(row)],
        "buttons": buttons(row, viewer, without=frozenset({"return_again"})),
        "may": {
            "progress": row.state in (life.SIGNED, life.HANDLING) and viewer.may("order.handle", row),
            "arrived": row.state in life.WITH_DEPARTMENT
            and row.arrived_at is None
            and viewer.may("order.handle", row),
            "attach": row.state in life.ORDER_OPEN
            and (viewer.may("order.handle", row) or viewer.may("order.issue", row)),
            "extend": row.state in life.WITH_DEPARTMENT and viewer.may("order.extend_request", row),
            "decide": viewer.may("order.approve_extension", row),
            "accept_evidence": viewer.may("order.override", row),
        },
    }


def extension_row(one: Extension) -> dict[str, Any]:
    return {
        "id": one.pk,
        "amount": one.amount,
        "unit": one.unit,
        "unit_label": _(UNITS[one.unit]),
        "reason": one.reason,
        "requested_by": one.requested_by,
        "requested_at": one.requested_at,
        "state": one.state,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
        "decision": one.decision,
        "granted_until": one.granted_until,
    }


def evidence_rows(row: WorkOrder) -> list[dict[str, Any]]:
    return [evidence_row(one) for one in row.evidence.select_related("attachment")]


def evidence_row(one: Evidence) -> dict[str, Any]:
    return {
        "id": one.pk,
        "attachment": str(one.attachment_id),
        "name": one.attachment.name,
        "tag": one.tag,
        "tag_label": _(PICTURES[one.tag]),
        "taken_at": one.attachment.taken_at,
        "problems": [sentence(said) for said in one.problems],
        "accepted_by": one.accepted_by,
        "accepted_reason": one.accepted_reason,
    }


def attachments(row: WorkOrder) -> list[dict[str, Any]]:
    rows = Attachment.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk))
    names = ("name", "content_type", "size", "added_at", "added_by", "taken_at")
    return [
        {"id": str(one.pk), **{name: getattr(one, name) for name in names}}
        for one in rows.order_by("added_at", "pk")
    ]


def nearest_to_red(scope: Scope, *, at: datetime, most: int = 5) -> list[dict[str, Any]]:
    """The running clocks that are due first (or are overdue longest), each with its order. Two queries."""
    seen = WorkOrder.objects.filter(scope.filter("order.view"), state__in=life.ORDER_OPEN)
    rows = OrderClock.objects.filter(stopped_at=None, order__in=seen).select_related("order__department")
    return [
        {
            **clock_row(one, at),
            "order": str(one.order_id),
            "number": one.order.number,
            "subject": one.order.subject,
            "department_name": one.order.department.label,
        }
        for one in rows.order_by("due_at", "pk")[:most]
    ]


def buttons(row: Any, viewer: Actor, *, without: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """The moves that lead on from here and that the viewer may make; ``blocked`` says why one cannot be made yet."""
    found = []
    for move in row.machine.leaving(row.state):
        if move.name in without or not viewer.may(move.action, row):
            continue
        blocked = move.guard(row) if move.guard and move.name != "return" else ""
        found.append(
            {
                "move": move.name,
                "label": _(MOVES[move.name]),
                "needs_reason": move.needs_reason,
                "blocked": _(blocked) if blocked else "",
            }
        )
    return found
