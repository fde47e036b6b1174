"""More time: asked for by the department, decided by the shift leader, capped by the catalogue."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.parameters import value

from ..domain.clocks import FINISH, Limit, share_elapsed
from ..domain.lifecycle import WITH_DEPARTMENT
from ..models import Extension, WorkOrder
from . import clocks
from .errors import Refused
from .orders import locked


def request(order: WorkOrder, amount: float, *, reason: str, by: Actor, at: datetime) -> Extension:
    """Ask for ``amount`` more, in the unit of the matter's row. Nothing changes until it is approved."""
    if not reason.strip():
        raise Refused(_("Asking for more time needs a reason."), "reason")
    with transaction.atomic():
        row = locked(order)
        by.require("order.extend_request", row)
        if row.state not in WITH_DEPARTMENT:
            raise NotPossible(_("It is not with the department."), row.state)
        approved = list(
            row.extensions.filter(state=Extension.State.APPROVED).values_list("amount", flat=True)
        )
        if len(approved) >= row.matter.extension_times:
            raise NotPossible(_("It was extended as often as it may be."), row.state)
        most = row.matter.extension_amount - sum(approved)
        if not 0 < amount <= most:
            raise Refused(_("At most %(most)g more may be asked for.") % {"most": most}, "amount")
        clock = row.clocks.get(kind=FINISH)
        passed = share_elapsed(at, clock.started_at, Limit(clock.amount, clock.unit), clocks.office())
        if passed > value("order.extend_before"):
            raise NotPossible(_("More time is asked for before half of it has passed."), row.state)
        try:
            with transaction.atomic():
                asked = Extension.objects.create(
                    order=row, amount=amount, unit=row.matter.extension_unit, reason=reason.strip(),
                    requested_by=by.name, requested_at=at,
                )  # fmt: skip
        except IntegrityError as error:
            raise NotPossible(_("More time was asked for already."), row.state) from error
        _tell("order.extension_requested", row, by=by, at=at, reason=reason, amount=amount)
    return asked


def decide(extension: Extension, *, approve: bool, by: Actor, at: datetime, reason: str = "") -> Extension:
    """Approve or refuse; refusing needs a reason, and nobody decides on what they asked for."""
    with transaction.atomic():
        row = locked(WorkOrder(pk=extension.order_id))
        asked = Extension.objects.select_for_update().get(pk=extension.pk)
        by.require("order.approve_extension", row)
        if asked.state != Extension.State.REQUESTED:
            raise NotPossible(_("It was decided already."), row.state)
        if asked.requested_by == by.name:
            raise NotPossible(_("Nobody decides on what they asked for."), row.state)
        if not approve and not reason.strip():
            raise NotPossible(_("Refusing needs a reason."), row.state)
        asked.state = Extension.State.APPROVED if approve else Extension.State.REFUSED
        asked.decided_by, asked.decided_at, asked.decision = by.name, at, reason.strip()
        asked.save()
        if approve:
            asked.granted_until = clocks.extend(row)
            asked.save(update_fields=["granted_until"])
        act = "order.extension_approved" if approve else "order.extension_refused"
        _tell(act, row, by=by, at=at, reason=reason, amount=asked.amount)
    return asked


def _tell(act: str, row: WorkOrder, *, by: Actor, at: datetime, reason: str, amount: float) -> None:
    row.version += 1
    row.save(update_fields=["version"])
    record_act(act, row, by=by, at=at, reason=reason, amount=amount)
    announce(act, row, at=at)
