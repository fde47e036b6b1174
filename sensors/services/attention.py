"""Alarms call people: what rings and is serious goes on from desk to desk until somebody acknowledges it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from command_center.core.actor import Actor
from command_center.duty import calling
from command_center.duty.models import Call

from ..domain.lifecycle import UNACKNOWLEDGED
from ..models import Alarm
from ..models.alarms import ACTIVE, CALLING
from ..states import LEVELS, describe

ALARM = Alarm._meta.label_lower


def call_for(alarm_id: UUID | str, *, at: datetime) -> Call | None:
    """Call for attention to an alarm that has just rung; None where it calls nobody any more.

    Under the alarm's lock, as acknowledging is: no call begins after its answer.
    """
    with transaction.atomic():
        rows = Alarm.objects.select_for_update(of=("self",)).select_related("station", "node")
        alarm = rows.filter(ACTIVE & CALLING, pk=alarm_id, state=UNACKNOWLEDGED, rang=True).first()
        if alarm is None:
            return None
        return calling.call(alarm, level=alarm.level, text=spoken(alarm), at=at)


def spoken(alarm: Alarm) -> str:
    """What the telephone says. In Chinese, whatever language the screens speak."""
    with override("zh-hans"):
        told = describe(alarm)
        return (
            f"【{_(LEVELS[alarm.level].word)}色报警】{told['place']}，{told['text']}，"
            f"{localtime(alarm.raised_at):%H:%M}起，无人确认，请立即处置。"
        )


def is_over(alarm_id: UUID | str, *, at: datetime) -> int:
    """The condition is gone: nobody is fetched for it any more, though it waits in the list to be acknowledged."""
    return calling.answer(ALARM, [alarm_id], by="", at=at, why=calling.OVER)


def look_at_suppression(alarm_id: UUID | str, *, at: datetime) -> int:
    """What was set aside calls nobody."""
    if Alarm.objects.filter(CALLING, pk=alarm_id).exists():
        return 0
    return calling.answer(ALARM, [alarm_id], by="", at=at, why=calling.SET_ASIDE)


def acknowledged(alarms: Sequence[Alarm], *, by: Actor, at: datetime) -> int:
    """Somebody has it in hand: every step ends, in the transaction of the acknowledgement."""
    return calling.answer(ALARM, [alarm.pk for alarm in alarms], by=by.name, at=at)
