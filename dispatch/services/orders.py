"""Work orders: issued to a department, signed, handled, fed back, verified by another, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.events import Standing, announce, standing
from command_center.core.models import Attachment, AuditEntry, Department
from incidents.models import Incident
from incidents.services.reporting import place as place_of

from ..domain import lifecycle as life
from ..domain.clocks import ANSWER, ARRIVE, FINISH, KINDS, SIGN
from ..models import Assignment, Matter, WorkOrder
from . import clocks, evidence
from .errors import Refused
from .numbers import next_number

LONGEST_TEXT = 4000
# Who did one of these is a doer and does not verify.
DOING = ("order.handle", "order.feed_back", "order.progress", "order.arrived")


def issue(
    *,
    by: Actor,
    at: datetime,
    matter: str,
    department: str,
    subject: str,
    requirement: str = "",
    facts: str = "",
    incident: Incident | None = None,
    kind: str = WorkOrder.Kind.WORK,
    urgency: str = "",
    parts: Sequence[str] = (),
    position: tuple[float, float] | None = None,
    area: str = "",
    address: str = "",
    source: str = "",
    is_drill: bool = False,
) -> WorkOrder:
    """Issue an order to ``department`` (a code), and one of its own to each co-unit of ``parts``.

    ``matter`` is a row of the time-limit catalogue. The place is the incident's where none is given. Its clocks
    start now. Raises Refused with the field, PermissionDenied.
    """
    row_of_matter = Matter.objects.filter(slug=matter).first()
    if row_of_matter is None:
        raise Refused(_("There is no matter “%(slug)s”.") % {"slug": matter}, "matter")
    if not subject.strip():
        raise Refused(_("Say what it is about."), "subject")
    if kind not in WorkOrder.Kind.values or (urgency and urgency not in Matter.Urgency.values):
        raise Refused(_("There is no such kind or urgency."), "kind")
    units = [department_of(code) for code in dict.fromkeys([department, *parts])]
    if incident is not None and position is None and not area:
        point, path = incident.position, incident.area_path
        address, is_drill = address or incident.address, incident.is_drill
    else:
        try:
            point, where = place_of(position, area)
        except ValueError as error:
            raise Refused(str(error), getattr(error, "field", "")) from error
        path = where.path
    with transaction.atomic():
        lead = enter(
            WorkOrder(
                kind=kind, source=source or ("incident" if incident else ""), incident=incident, matter=row_of_matter,
                subject=subject.strip()[:120], facts=facts[:LONGEST_TEXT], requirement=requirement[:LONGEST_TEXT],
                urgency=urgency or row_of_matter.urgency, department=units[0], area_path=path, place=point,
                address=address[:200], is_drill=is_drill,
            ),
            by=by,
            at=at,
        )  # fmt: skip
        for number, unit in enumerate(units[1:], 1):
            enter(_part_of(lead, unit, number), by=by, at=at)
    return lead


def _part_of(lead: WorkOrder, unit: Department, number: int) -> WorkOrder:
    same = (
        "kind", "source", "incident", "matter", "subject", "facts", "requirement", "urgency", "area_path", "place",
        "address", "is_drill",
    )  # fmt: skip
    fields = {name: getattr(lead, name) for name in same}
    return WorkOrder(number=f"{lead.number}-{number}", lead=lead, department=unit, **fields)


def enter(row: WorkOrder, *, by: Actor, at: datetime) -> WorkOrder:
    """Number, keep, log and announce a new order and start its clocks, within the caller's transaction."""
    row.issued_by, row.issued_at, row.handed_at, row.first_receiver = by.name, at, at, row.department
    by.require("order.issue", row)
    row.number = row.number or next_number(row.kind, at, is_drill=row.is_drill)
    row.save(force_insert=True)
    clocks.start(row, at)
    record_act(
        "order.issued", row, by=by, at=at, after=row.state, number=row.number, kind=row.kind,
        matter=row.matter.slug, department=row.department.code,
    )  # fmt: skip
    announce("order.issued", row, at=at, incident=str(row.incident_id or ""))
    return row


def department_of(code: str) -> Department:
    found = Department.objects.filter(code=code).first()
    if found is None:
        raise Refused(_("There is no department “%(code)s”.") % {"code": code}, "department")
    return found


def locked(order: WorkOrder) -> WorkOrder:
    rows = WorkOrder.objects.select_for_update(of=("self",)).select_related(
        "matter", "department", "incident"
    )
    return rows.get(pk=order.pk)


def move(
    order: WorkOrder,
    name: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    text: str = "",
    department: str = "",
) -> WorkOrder:
    """One move of the table, with what belongs to it.

    ``text`` is the result (feed_back), ``department`` the code of the unit that gets it (reissue, arbitrate; the same
    one if empty). A second "return" goes to arbitration by itself. Raises NotPossible, Refused, PermissionDenied;
    KeyError for a move that is not in the table.
    """
    life.ORDER[name]
    with transaction.atomic():
        row = locked(order)
        had, was = row.department, standing(row)
        by.require(life.ORDER[name].action, row)
        if name == "return" and row.returns:
            name = "return_again"
        changes = _before(row, name, by=by, at=at, text=text, department=department)
        perform(row, name, by=by, at=at, reason=reason)
        if changes:
            WorkOrder.objects.filter(pk=row.pk).update(**changes)
        row = locked(row)
        _after(row, name, at=at)
        if row.department_id != had.pk:
            _hand_on(row, had, was, by=by, at=at)
    return row


def _before(
    row: WorkOrder, name: str, *, by: Actor, at: datetime, text: str, department: str
) -> dict[str, Any]:
    """What stands against the move beyond the table, and the columns that change with it."""
    fits = row.state in life.ORDER[name].sources  # where it does not, the table says so
    if name == "sign":
        return {"signed_by": by.name}
    if name in ("return", "return_again") and fits:
        limit, office = row.matter.limit("return"), clocks.office()
        until = limit.calendar(office).after(row.handed_at, limit.span(office))
        if at > until:
            raise NotPossible(_("The time within which it could be returned is over."), row.state)
        return {"returns": row.returns + 1}
    if name in ("reissue", "arbitrate") and fits:
        changes: dict[str, Any] = {"arbitrated": True} if name == "arbitrate" else {}
        if department and (unit := department_of(department)).pk != row.department_id:
            changes |= {"department_id": unit.pk, "handed_at": at, "signed_at": None, "signed_by": ""}
        return changes
    if name == "feed_back" and fits:
        if not text.strip():
            raise Refused(_("Say what was done."), "text")
        return {"result": text.strip()[:LONGEST_TEXT], "fed_back_by": by.name}
    if name == "verify" and fits:
        if by.name in doers(row):
            raise NotPossible(_("Who did the work does not verify it."), row.state)
        if row.matter.pictures and (why_not := evidence.why_not(row)):
            raise NotPossible(why_not, row.state)
        return {"verified_by": by.name}
    if name == "reopen" and fits:
        return {"reopened": row.reopened + 1}
    return {}


def doers(row: WorkOrder) -> set[str]:
    """Everybody who worked on it for the department, by the log book."""
    log = AuditEntry.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk), act__in=DOING)
    return {row.fed_back_by, *log.values_list("who", flat=True)} - {""}


def _after(row: WorkOrder, name: str, *, at: datetime) -> None:
    if name == "sign":
        clocks.stop(row, [SIGN], at)
    elif name == "feed_back":
        if row.first_answer_at is None:
            WorkOrder.objects.filter(pk=row.pk).update(first_answer_at=at)
        clocks.stop(row, [ANSWER, FINISH], at)
    elif name in ("send_back", "reopen"):
        clocks.go_on(row, FINISH)
    elif name == "cancel":
        clocks.stop(row, KINDS, at)


def _hand_on(row: WorkOrder, had: Department, was: Standing, *, by: Actor, at: datetime) -> None:
    """Another department has it now: with clocks of its own, and with the files."""
    clocks.hand_on(row, had.pk, at)
    files = Attachment.objects.filter(subject_type=row._meta.label_lower, subject_id=str(row.pk))
    files.update(department_id=row.department_id)
    record_act("order.handed_on", row, by=by, at=at, department=row.department.code, had=had.code)
    announce("order.handed_on", row, at=at, was=was)


def progress(order: WorkOrder, text: str, *, by: Actor, at: datetime) -> WorkOrder:
    """A word on how it goes; the first one is the first answer. Raises NotPossible, Refused, PermissionDenied."""
    if not text.strip():
        raise Refused(_("A report needs words."), "text")
    with transaction.atomic():
        row = locked(order)
        by.require("order.handle", row)
        if row.state not in (life.SIGNED, life.HANDLING):
            raise NotPossible(_("Sign for it first; what is fed back takes no more reports."), row.state)
        if row.first_answer_at is None:
            row.first_answer_at = at
            clocks.stop(row, [ANSWER], at)
        row.version += 1
        row.save(update_fields=["first_answer_at", "version"])
        record_act("order.progress", row, by=by, at=at, text=text.strip()[:LONGEST_TEXT])
        announce("order.progress", row, at=at)
    return row


def arrived(order: WorkOrder, *, by: Actor, at: datetime, automatic: bool = False) -> WorkOrder:
    """The department is on the spot: said by a person (marked so), or found by a unit's position."""
    with transaction.atomic():
        row = locked(order)
        by.require("order.handle", row)
        if row.state not in life.WITH_DEPARTMENT:
            raise NotPossible(_("It is not with the department."), row.state)
        if row.arrived_at is not None:
            return row
        row.arrived_at, row.version = at, row.version + 1
        row.save(update_fields=["arrived_at", "version"])
        clocks.stop(row, [ARRIVE], at)
        record_act("order.arrived", row, by=by, at=at, automatic=automatic)
        announce("order.arrived", row, at=at)
    return row


def unit_arrived(assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """A unit on scene is its department's arrival for the orders of the incident."""
    if assignment.department_id is None:
        return
    rows = WorkOrder.objects.filter(
        incident=assignment.incident_id,
        department=assignment.department_id,
        state__in=life.WITH_DEPARTMENT,
        arrived_at=None,
    )
    for row in rows.order_by("pk"):
        arrived(row, by=by, at=max(at, row.issued_at), automatic=True)


def parts_open(order: WorkOrder) -> str:
    """A guard of closing: the lead unit's order is closed after those of the co-units."""
    return _(life.PARTS_OPEN) if order.parts.filter(state__in=life.ORDER_OPEN).exists() else ""


life.CLOSING.append(parts_open)
