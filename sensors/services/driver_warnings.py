"""Drivers are told at once: an alarm of a vehicle becomes a text that its terminal shows and speaks."""

from datetime import datetime, timedelta
from uuid import UUID

from command_center.core import parameters

from ..domain.vehicles import SPOKEN
from ..models import Alarm, Downlink
from .downlinks import CannotBeTold, send_text

NOT_AGAIN = timedelta(seconds=60)
"""The same words to the same driver: two sensors of one fault are one warning."""


def warn_driver(alarm_id: UUID | str, *, at: datetime) -> Downlink | None:
    """Tell the driver of the vehicle what its alarm says; None where there is nothing to say, or it was said.

    Only an alarm that rings is told: what comes in late is history, and the driver has driven on.
    """
    alarm = Alarm.objects.select_related("station").filter(pk=alarm_id, rule__in=SPOKEN, rang=True).first()
    if alarm is None:
        return None
    text = parameters.value(f"{alarm.rule}.text").strip()
    lately = Downlink.objects.filter(station=alarm.station, kind="text", asked_at__gt=at - NOT_AGAIN)
    if not text or lately.filter(body__text=text).exists():
        return None
    try:
        return send_text(alarm.station, text, by="", at=at, alarm=alarm, urgent=True)
    except CannotBeTold:  # a vehicle that reports over something that takes no texts
        return None
