"""Somebody is on it: told to everybody, in nobody's way, over by itself."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.parameters import value
from command_center.core.people import name_of

from ..domain.lifecycle import OPEN
from ..models import Incident


class Held(NotPossible):
    """Somebody else has it: ``who``, and until when."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(_("%(who)s is on it.") % {"who": name_of(incident.holder)}, incident.state)
        self.who, self.until = incident.holder, incident.held_until


def is_held(incident: Incident, at: datetime) -> bool:
    return bool(incident.holder) and incident.held_until is not None and incident.held_until > at


def hold(incident: Incident, *, by: Actor, at: datetime) -> Incident:
    """Take it for some minutes (parameter ``incident.hold``), or keep it for longer.

    Raises Held where another one has it. It says who is on it and locks no move: a fire does not wait for
    somebody who left the room.
    """
    with transaction.atomic():
        row = _locked(incident, by)
        if row.state not in OPEN:
            raise NotPossible(_("The incident is over."), row.state)
        if is_held(row, at) and row.holder != by.name:
            raise Held(row)
        taken = not (is_held(row, at) and row.holder == by.name)
        row.holder, row.held_until = by.name, at + timedelta(minutes=value("incident.hold"))
        _keep(row, "incident.held", by=by, at=at, logged=taken)
    return row


def release(incident: Incident, *, by: Actor, at: datetime) -> Incident:
    """Give it back. Raises Held where another one has it; nothing to do where nobody has."""
    with transaction.atomic():
        row = _locked(incident, by)
        if is_held(row, at) and row.holder != by.name:
            raise Held(row)
        if row.holder:
            row.holder, row.held_until = "", None
            _keep(row, "incident.released", by=by, at=at, logged=True)
    return row


def _locked(incident: Incident, by: Actor) -> Incident:
    row = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    by.require("incident.handle", row)
    return row


def _keep(row: Incident, act: str, *, by: Actor, at: datetime, logged: bool) -> None:
    row.version += 1
    row.save(update_fields=["holder", "held_until", "version"])
    if logged:
        record_act(act, row, by=by, at=at)
    announce(act, row, at=at, holder=row.holder)
