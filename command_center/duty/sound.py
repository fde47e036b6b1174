"""Sound tests: at the beginning of a shift each officer says whether the desk is heard."""

from datetime import datetime
from typing import Any

from django.db import transaction

from command_center.core.actor import Actor
from command_center.core.acts import record_act

from .handover import RIGHT, area_of
from .models import SoundTest


def tested_at(user: Any) -> int | None:
    """When this person tried last, in milliseconds since 1970."""
    if not user.is_authenticated:
        return None
    last = SoundTest.objects.filter(user=user).order_by("-at").values_list("at", flat=True).first()
    return round(last.timestamp() * 1000) if last else None


def record(heard: bool, voice: bool, *, by: Actor, at: datetime) -> SoundTest:
    """Keep what an officer heard; it stands on the handover sheet. Raises PermissionDenied."""
    by.require(RIGHT)
    with transaction.atomic():
        row = SoundTest.objects.create(
            user_id=by.user_id, area_path=area_of(by.scope), at=at, heard=heard, voice=voice
        )
        record_act("sound.tested", row, by=by, at=at, after="heard" if heard else "not heard", voice=voice)
    return row
