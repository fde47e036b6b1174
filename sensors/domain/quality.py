"""How far a reading can be believed (handbook 2.1): a small number stored beside every value."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from math import isfinite

from .quantities import QUANTITIES


class Quality(IntEnum):
    """Only GOOD readings move latest values, sums and alarms; the others are kept and shown as what they are."""

    GOOD = 0
    SUSPECT = 1  # rose faster than water does: to be verified by eye
    BAD = 2  # outside what a working device can say
    QUARANTINED = 3  # its time cannot be true


def plausible(quantity: str, value: float) -> Quality:
    """GOOD within the quantity's bounds, BAD outside them and for a value that is not a number."""
    known = QUANTITIES.get(quantity)
    believable = isfinite(value) and (known is None or known.lowest <= value <= known.highest)
    return Quality.GOOD if believable else Quality.BAD


def time_trouble(observed_at: datetime, received_at: datetime, *, ahead: timedelta, behind: timedelta) -> str:
    """Why a device time is not believed, or "". ``ahead``/``behind``: how far it may be off."""
    if observed_at > received_at + ahead:
        return "device time lies in the future"
    if observed_at < received_at - behind:
        return "device time lies too far in the past"
    return ""


def jumps(
    samples: Sequence[tuple[datetime, float]],
    before: tuple[datetime, float] | None,
    *,
    limit_per_min: float,
) -> list[bool]:
    """For samples in time order: which rose from their predecessor faster than ``limit_per_min``.

    Each is compared with the sample just before it in device time, believed or not: a jump is suspect
    once, and what stays at the new height is believed. So the answer depends only on neighbours in
    device time, never on the order of arrival. Less than a minute apart counts as a minute.
    """
    found = []
    for at, value in samples:
        if before is None:
            found.append(False)
        else:
            minutes = max(1.0, (at - before[0]).total_seconds() / 60)
            found.append(value - before[1] > limit_per_min * minutes)
        before = (at, value)
    return found
