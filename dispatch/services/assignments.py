"""Sending resources: assign, answer, arrive, release. The resource's own state and the stock follow."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.events import announce
from incidents import services as incidents
from incidents.domain import lifecycle as incident_life
from incidents.models import Incident

from ..domain.evidence import metres
from ..domain.lifecycle import ACTIVE, ASSIGNMENT, AVAILABLE, DECLINED, RELEASED, WITHDRAWN
from ..domain.ranking import STORE, Need
from ..models import Assignment, Resource, Stock
from .errors import Refused
from .ranking import Found, needs_of, ranked, rules_in_force

SENDS = frozenset({incident_life.CONFIRMED, incident_life.RESPONDING, incident_life.CONTROLLED})


def assign(
    incident: Incident,
    resource: Resource,
    *,
    by: Actor,
    at: datetime,
    task: str = "",
    item: str = "",
    quantity: int = 1,
    skill: str = "",
    reason: str = "",
) -> Assignment:
    """Send ``resource`` to the incident; of a store, ``quantity`` pieces of ``item``.

    ``skill`` says which need it is for, where it fits several. Who is not among those that the ranking would send
    needs a ``reason``; the list as it stood is kept with the assignment. The first assignment moves a confirmed
    incident to responding. Raises NotPossible (somebody was quicker, the incident is not confirmed or over, the
    stock is short), Refused, PermissionDenied.
    """
    with transaction.atomic():
        row = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
        by.require("assignment.make", row)
        if row.state not in SENDS:
            raise NotPossible(_("Units are sent to confirmed incidents that are not over."), row.state)
        if row.position is None:
            raise Refused(_("The incident has no place on the map yet."), "position")
        chosen = Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)
        by.require("assignment.make", chosen)
        if (chosen.kind == STORE) != bool(item) or quantity < 1:
            raise Refused(_("Say which material of the store, and how much."), "item")
        if not item and chosen.state != AVAILABLE:
            raise NotPossible(_("It is not free any more."), chosen.state)
        need, found = _ranking(row, chosen, item or skill, quantity, by, at)
        place = next((p for p in found.ranking.places if p.id == str(chosen.pk)), None)
        if (need is None or place is None or not place.take) and not reason.strip():
            raise Refused(_("Another one is proposed: say why this one is sent."), "reason")
        if item:
            _reserve(chosen, item, quantity)
        else:
            perform(chosen, "assign", by=by, at=at)
        made = Assignment(
            incident=row, resource=chosen, item=item, quantity=quantity, task=task.strip(), target=row.position,
            distance_m=metres((chosen.position.x, chosen.position.y), (row.position.x, row.position.y)),
            place=place.place if place else None, ranking=_kept(found), override_reason=reason.strip(),
            area_path=row.area_path, department=chosen.department, is_drill=row.is_drill,
            assigned_by=by.name, assigned_at=at,
        )  # fmt: skip
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            raise NotPossible(_("It is assigned elsewhere."), chosen.state) from error
        record_act(
            "assignment.made", made, by=by, at=at, after=made.state, reason=reason, unit=chosen.code,
            incident=row.number, place=made.place,
        )  # fmt: skip
        announce("assignment.made", made, at=at, resource=str(chosen.pk), incident=str(row.pk))
        if row.state == incident_life.CONFIRMED:
            incidents.respond(row, by=following(by), at=at)
    return made


def following(by: Actor) -> Actor:
    """The same person for what follows from the act by rule, whatever else they may."""
    return Actor(by.name, by.scope, by.user_id, by.via, trusted=True)


def _ranking(
    incident: Incident, chosen: Resource, skill: str, quantity: int, by: Actor, at: datetime
) -> tuple[Need | None, Found]:
    """The need that is met by sending ``chosen`` (None: nothing asks for it), and the list as it stands."""
    can = [skill] if skill else chosen.skills
    need = next((one for one in open_needs(incident) if one.kind == chosen.kind and one.skill in can), None)
    asked = need or Need(chosen.kind, can[0] if can else "", quantity)
    if chosen.kind == STORE:
        asked = replace(asked, quantity=max(quantity, asked.quantity))
    rules, listed = rules_in_force()
    return need, ranked(asked, incident.position, by.scope, rules, listed, at)


def open_needs(incident: Incident) -> list[Need]:
    """The needs less what was sent already; what is met stays in the list with one more."""
    sent: dict[tuple[str, str], int] = {}
    active = Assignment.objects.filter(incident=incident, state__in=ACTIVE)
    for kind, ranking, quantity in active.values_list("resource__kind", "ranking", "quantity"):
        key = (kind, (ranking.get("need") or {}).get("skill", ""))
        sent[key] = sent.get(key, 0) + quantity
    return [
        replace(need, quantity=max(1, need.quantity - sent.get((need.kind, need.skill), 0)))
        for need in needs_of(incident)
    ]


def _kept(found: Found) -> dict[str, Any]:
    """The list as data, for review."""
    ranking = found.ranking
    return {
        "need": asdict(ranking.need),
        "missing": ranking.missing,
        "places": [
            {**asdict(place), "code": found.resources[place.id].code, "distance_m": round(place.distance_m)}
            for place in ranking.places
        ],
        "shortfalls": [asdict(one) for one in ranking.shortfalls],
    }


def _reserve(store: Resource, item: str, quantity: int) -> None:
    stock = Stock.objects.select_for_update().filter(store=store, item=item).first()
    free = stock.quantity - stock.reserved if stock else 0
    if stock is None or free < quantity:
        raise NotPossible(_("Only %(free)d are left there.") % {"free": free}, store.state)
    Stock.objects.filter(pk=stock.pk).update(reserved=F("reserved") + quantity)


def move(assignment: Assignment, name: str, *, by: Actor, at: datetime, reason: str = "") -> Assignment:
    """One move of the table. At its end the resource is free again, and what was taken from a store is gone.

    Raises NotPossible, PermissionDenied; KeyError for a move that is not in the table.
    """
    ASSIGNMENT[name]
    with transaction.atomic():
        row = perform(assignment, name, by=by, at=at, reason=reason)
        if row.state in (RELEASED, DECLINED, WITHDRAWN):
            _let_go(row, used=row.state == RELEASED, by=following(by), at=at)
    return row


def _let_go(row: Assignment, *, used: bool, by: Actor, at: datetime) -> None:
    if not row.item:
        perform(row.resource, "free", by=by, at=at)
        return
    changes: dict[str, Any] = {"reserved": F("reserved") - row.quantity}
    if used:
        changes["quantity"] = F("quantity") - row.quantity
    Stock.objects.filter(store=row.resource, item=row.item).update(**changes)


def require_own(actor: Actor, assignment: Assignment, unit: Resource | None) -> None:
    """A unit answers for itself alone; who may assign may answer for any (a word over the radio)."""
    if unit is not None and assignment.resource_id != unit.pk:
        raise PermissionDenied("assignment.answer")
    if unit is None and not actor.may("assignment.make", assignment):
        raise PermissionDenied("assignment.answer")
