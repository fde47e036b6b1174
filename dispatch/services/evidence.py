"""Pictures from before and after the work: kept, judged, and where they prove nothing accepted by a shift leader."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from command_center.core import attachments
from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.models import Attachment
from command_center.core.parameters import values

from ..domain import evidence as rules
from ..domain.lifecycle import CANCELLED, CLOSED
from ..models import Evidence, WorkOrder
from ..words import sentence
from .errors import Refused


def attach(order: WorkOrder, upload: Any, *, tag: str = "", by: Actor, at: datetime) -> Attachment:
    """Keep a file with the order; ``tag`` "before" or "after" makes a picture evidence of the work.

    Who handles the order or issues orders may. Raises attachments.Refused, Refused, NotPossible, PermissionDenied.
    """
    if tag and tag not in rules.TAGS:
        raise Refused(_("A picture is from before or after the work."), "tag")
    with transaction.atomic():
        row = WorkOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if not by.may("order.handle", row):
            by.require("order.issue", row)
        if row.state in (CLOSED, CANCELLED):
            raise NotPossible(_("The order is over."), row.state)
        kept = attachments.attach(row, upload, by=by, at=at)
        if tag:
            if not kept.content_type.startswith("image/"):
                raise Refused(_("Only a picture proves work."), "file")
            Evidence.objects.create(order=row, attachment=kept, tag=tag, problems=_problems(row, kept, at))
        row.version += 1
        row.save(update_fields=["version"])
        announce("order.evidence", row, at=at, attachment=str(kept.pk))
    return kept


def _problems(row: WorkOrder, kept: Attachment, at: datetime) -> list[dict[str, Any]]:
    p = values(["order.picture_near", "track.ahead"])
    return rules.problems(
        kept.taken_at,
        (kept.position.x, kept.position.y) if kept.position else None,
        issued_at=row.issued_at,
        added_at=at,
        place=(row.place.x, row.place.y) if row.place else None,
        rules=rules.Rules(p["order.picture_near"], timedelta(minutes=p["track.ahead"])),
    )


def accept(evidence: Evidence, *, by: Actor, at: datetime, reason: str) -> Evidence:
    """Let a picture count that proves nothing by itself. It stays listed as such. Raises NotPossible."""
    with transaction.atomic():
        order = WorkOrder.objects.select_for_update(of=("self",)).get(pk=evidence.order_id)
        row = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
        by.require("order.override", order)
        if not reason.strip():
            raise NotPossible(_("Accepting it needs a reason."), order.state)
        if not row.problems or row.accepted_by:
            raise NotPossible(_("It counts already."), order.state)
        row.accepted_by, row.accepted_at, row.accepted_reason = by.name, at, reason.strip()
        row.save()
        record_act(
            "order.evidence_accepted", order, by=by, at=at, reason=reason, attachment=str(row.attachment_id)
        )
        announce("order.evidence_accepted", order, at=at)
    return row


def why_not(order: WorkOrder) -> str:
    """Why the pictures do not prove the work yet, or ""."""
    pictures = [
        rules.Picture(one.tag, tuple(one.problems), bool(one.accepted_by)) for one in order.evidence.all()
    ]
    missing = rules.missing(pictures)
    return sentence(missing) if missing else ""
