"""How far a reading can be believed, where it comes from and who said so: one small number beside every value.

The number joins three things, as Delft-FEWS keeps them: a **flag** (what follows from it), an **origin** (measured
or not) and the **check** that set the flag. A plain measured value that nothing speaks against is 0.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from math import isfinite

from .quantities import QUANTITIES


class Quality(IntEnum):
    """The flag. Only GOOD readings move latest values, sums and alarms; the others are kept and shown as what they are."""

    GOOD = 0
    SUSPECT = 1  # not what the thing measured does: to be verified
    BAD = 2  # outside what a working device can say, or told as no value by the device itself
    QUARANTINED = 3  # its time cannot be true


class Origin(IntEnum):
    """Where a value comes from."""

    MEASURED = 0
    DERIVED = 1
    MANUAL = 2
    CORRECTED = 3


class Check(IntEnum):
    """Who or what set the flag. With GOOD it is a remark: the value counts."""

    NONE = 0
    LIMITS_HARD = 1
    LIMITS_SOFT = 2
    RATE = 3
    STUCK = 4
    OSCILLATION = 5
    SHIFT = 6
    COUNTER_RESET = 7
    NEIGHBOUR = 8
    RESTAMPED = 9
    CLOCK = 10
    DEVICE = 11
    OFFICER = 12


FLAG_BITS = 3  # SQL: quality & 3
_ORIGIN_AT, _CHECK_AT = 2, 4


def mark(flag: Quality, check: Check = Check.NONE, origin: Origin = Origin.MEASURED) -> int:
    """The number that is stored: flag in bits 0–1, origin in 2–3, check in 4–7."""
    return int(flag) | int(origin) << _ORIGIN_AT | int(check) << _CHECK_AT


def placed_by(marked: int, origin: Origin) -> int:
    """The same mark of a value that comes from ``origin``."""
    return marked & ~(3 << _ORIGIN_AT) | int(origin) << _ORIGIN_AT


def flag_of(marked: int) -> Quality:
    """What follows from a stored number."""
    return Quality(marked & FLAG_BITS)


def origin_of(marked: int) -> Origin:
    """Where the value comes from."""
    return Origin(marked >> _ORIGIN_AT & 3)


def check_of(marked: int) -> Check:
    """Who or what set the flag."""
    return Check(marked >> _CHECK_AT & 15)


QUARANTINED = mark(Quality.QUARANTINED, Check.CLOCK)
OVERRULED = mark(Quality.GOOD, Check.OFFICER)
JUMPED = mark(Quality.SUSPECT, Check.RATE)
ISOLATED = mark(Quality.SUSPECT, Check.NEIGHBOUR)
RESTAMPED = mark(Quality.SUSPECT, Check.RESTAMPED)
_HARD = mark(Quality.BAD, Check.LIMITS_HARD)
_SOFT = mark(Quality.SUSPECT, Check.LIMITS_SOFT)

Bounds = tuple[float, float]  # lowest and highest, both still believed


def within_limits(quantity: str, value: float, soft: Bounds | None = None) -> int:
    """The mark of a value by itself: beyond the quantity's bounds BAD, beyond its own point's (``soft``) SUSPECT."""
    known = QUANTITIES.get(quantity)
    if not isfinite(value) or (known is not None and not known.lowest <= value <= known.highest):
        return _HARD
    if soft is not None and not soft[0] <= value <= soft[1]:
        return _SOFT
    return 0


def with_the_devices_own(marked: int, said: Quality | None) -> int:
    """The worse of our mark and the flag the device itself gave its value."""
    if said is None or said <= marked & FLAG_BITS:
        return marked
    return mark(said, Check.DEVICE)


def time_trouble(observed_at: datetime, received_at: datetime, *, ahead: timedelta, behind: timedelta) -> str:
    """Why a device time is not believed, or "". ``ahead``/``behind``: how far it may be off."""
    if observed_at > received_at + ahead:
        return "device time lies in the future"
    if observed_at < received_at - behind:
        return "device time lies too far in the past"
    return ""
