"""What a camera's pictures say of the camera: its view is compared with what is usual, and what is wrong becomes work."""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.parameters import values
from sensors.domain import pictures, views
from sensors.domain.pictures import BLACK, FROZEN, ONLINE, Belief, Look
from sensors.domain.upkeep import OPEN
from sensors.domain.views import BLURRED, MOVED, OUTLINE, Known, Usual, View
from sensors.models import CameraView, Contact, MaintenanceTask, Station, Still

from . import upkeep

REFERENCE = "maintenance.overrule"
"""The right to say that a camera looks where it should: whoever vouches for what a device tells."""


def rules_in_force() -> views.Rules:
    now = values(
        ["camera.blurred_share", "camera.blurred_checks", "camera.moved_share", "camera.moved_checks"]
    )
    return views.Rules(
        blurred_share=now["camera.blurred_share"] / 100,
        blurred_checks=now["camera.blurred_checks"],
        moved_share=now["camera.moved_share"] / 100,
        moved_checks=now["camera.moved_checks"],
    )


def judge(row: CameraView, seen: View, rules: views.Rules, *, fixed: bool) -> tuple[str, list[str]]:
    """Compare one sound picture with what is usual; ``row`` is changed, not saved.

    Returns online, blurred or moved, and the fields of ``row`` to save: references are large and seldom new.
    """
    before = _known(row)
    after, state = views.judge(before, seen, rules, fixed=fixed)
    _tell(row, after)
    fields = ["facts", "usual"]
    if set(after.references) != set(before.references):
        fields += ["outline_light", "outline_dark"]
    return state, fields


def note_trouble(station: Station, belief: Belief, look: Look, row: CameraView, at: datetime) -> None:
    """A camera whose picture is of no use is work for those who keep it, never an alarm about water."""
    said: dict[str, float] = {
        FROZEN: belief.same + 1,
        BLACK: look.mean,
        BLURRED: 100 * (row.facts.get("sharp") or 0),
        MOVED: 100 * max(map(abs, row.facts.get("shift") or (1,))),  # found nowhere: a whole picture away
    }
    if belief.state in said:
        upkeep.note([upkeep.Doubt(station.pk, None, belief.state, at, said[belief.state])], at=at)


def take_reference(station: Station, *, by: Actor, at: datetime, reason: str) -> CameraView:
    """The camera looks where it should from now on: its newest picture is the reference, what is usual is learnt again.

    Raises NotPossible without a reason or a picture that shows something, PermissionDenied.
    """
    by.require(REFERENCE, station)
    if not reason.strip():
        raise NotPossible(_("Please say why this view is the right one."), OPEN)
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(station=station).first()
        row = CameraView.objects.select_for_update().filter(station=station).first()
        seen = row and row.still and _view_of(row.still)
        if contact is None or not seen:
            raise NotPossible(_("There is no picture that could be the reference."))
        assert row is not None
        _tell(row, views.anew(_known(row), seen))
        row.referenced_at, row.referenced_by, row.reason = at, by.name, reason[:500]
        row.save()
        if contact.picture in (BLURRED, MOVED):
            before, contact.picture, contact.picture_since = contact.picture, ONLINE, at
            contact.save(update_fields=["picture", "picture_since"])
            announce("camera.changed", station, at=at, **{"from": before, "to": ONLINE})
        for task in MaintenanceTask.objects.filter(
            station=station, state=OPEN, check_name__in=(BLURRED, MOVED)
        ):
            upkeep.finish(task, by=by, at=at, reason=reason, move="overrule")
        record_act("camera.reference", station, by=by, at=at, reason=reason, still=row.still_id)
    return row


def forget_view(station: Station) -> None:
    """The camera was turned on purpose: where it looks next is the reference, by itself."""
    CameraView.objects.filter(station=station).update(
        outline_light=None, outline_dark=None, facts={}, usual={}
    )


def _view_of(still: Still) -> View | None:
    """The view that a kept picture shows; None for one that shows nothing, or whose file is gone."""
    try:
        with still.image.open("rb") as file, Image.open(file, formats=["JPEG"]) as picture:
            grey = np.asarray(picture.convert("L"))
    except (OSError, SyntaxError):
        return None
    seen = pictures.look(grey)
    return None if pictures.is_black(seen, pictures.Rules()) else views.view(grey)


def _known(row: CameraView) -> Known:
    facts = row.facts
    shift = facts.get("shift")
    return Known(
        usual={int(light): Usual(count, tuple(tiles)) for light, (count, tiles) in row.usual.items()},
        references={
            dark: np.frombuffer(bytes(kept), np.uint8).reshape(OUTLINE)
            for dark, kept in ((False, row.outline_light), (True, row.outline_dark))
            if kept
        },
        sharp=facts.get("sharp"),
        shift=(shift[0], shift[1]) if shift else None,
        agreement=facts.get("agreement"),
        blurred=facts.get("blurred", 0),
        moved=facts.get("moved", 0),
    )


def _tell(row: CameraView, known: Known) -> None:
    def rounded(number: float | None) -> float | None:
        return None if number is None else round(number, 4)

    row.usual = {
        str(light): [usual.count, [rounded(tile) for tile in usual.tiles]]
        for light, usual in known.usual.items()
    }
    row.outline_light, row.outline_dark = (
        known.references[dark].tobytes() if dark in known.references else None for dark in (False, True)
    )
    facts: dict[str, Any] = {
        "sharp": rounded(known.sharp),
        "shift": known.shift and [rounded(share) for share in known.shift],
        "agreement": rounded(known.agreement),
        "blurred": known.blurred,
        "moved": known.moved,
    }
    row.facts = facts
