"""Routine or emergency: a mode of the whole hall, switched by a shift leader, followed by every wall."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.layers import LAYERS, Layer, Ms, show
from command_center.core.models import Area

from .models import HallMode

_LOCK = 4711  # of the transaction that switches: two leaders at once, one after the other


def current() -> HallMode | None:
    """The last switch; None before the first one, which is routine."""
    return HallMode.objects.order_by("-number").first()


def switch(mode: str, *, by: Actor, at: datetime, reason: str, incident: UUID | None = None) -> HallMode:
    """Write the switch down and tell every screen.

    Raises NotPossible where the hall is in that mode already (and on that scene), where the incident is none that
    ``by`` may see and that is open with a place, or where no reason is given; PermissionDenied.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        root = Area.objects.order_by("path").first()
        row = HallMode(
            mode=mode, by=by.name, at=at, reason=reason.strip(), area_path=root.path if root else "/"
        )
        by.require("hall.mode", row)
        before = current()
        was = before.mode if before else HallMode.Mode.ROUTINE
        row.number = before.number + 1 if before else 1
        if not row.reason:
            raise NotPossible(_("Say why."), was)
        if mode == HallMode.Mode.EMERGENCY:
            row.incident_id = incident
            seen = LAYERS["incidents"].source(by.scope).filter(pk=incident, position__isnull=False)
            if incident is None or not seen.exists():
                raise NotPossible(_("The walls lock on an open incident that has a place on the map."), was)
        if was == mode and (before is None or before.incident_id == row.incident_id):
            raise NotPossible(_("The hall is in this mode already."), was)
        row.save(force_insert=True)
        record_act(
            "hall.mode", row, by=by, at=at, before=was, after=mode, reason=row.reason,
            incident=str(row.incident_id or ""),
        )  # fmt: skip
        announce("hall.mode", row, at=at)
    return row


def _newest_two(_ids):
    """The switch that is new, and the one that it takes the place of: the screens drop that one."""
    return HallMode.objects.order_by("-number").values_list("pk", flat=True)[:2]


HALL = show(
    Layer(
        name="hall",
        action="map.view",
        # The mode is the hall's and no area's: a wall of one street follows too. The reason is not sent to walls.
        source=lambda scope: HallMode.objects.filter(
            pk__in=HallMode.objects.order_by("-number").values("pk")[:1]
        ),
        fields={"mode": "mode", "incident": "incident_id", "by": "by", "at": Ms("at")},
        watches={"hall.mode": _newest_two},
    )
)
