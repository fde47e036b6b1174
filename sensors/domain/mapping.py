"""A device's own names and numbers as ours: point lists as data, and values found in a document by their path.

A point is ``{"channel", "quantity", "unit", "scale", "offset", …}``: the value in the quantity's unit is
(raw × scale + offset) × what one ``unit`` of the device is. What else stands in it is the protocol's: a register, a bit,
a path. The points of a device are those of its type, changed or added to by its own configuration.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from .quantities import QUANTITIES
from .readings import DecodeError, Reading
from .units import factor

HALL = timezone(timedelta(hours=8))
"""Times without an offset are the hall's (devices here are set so)."""
SHOWN_ONLY = frozenset({"name", "name_en", "facts", "lowest", "highest"})
"""Keys of a type's point that concern people and rules, not the protocol."""
DEEPEST = 12
REASONS_TOLD = 3
NO_NUMBER = "the value is not a number"


class Missing(ValueError):
    """One point without a value in this answer, and why."""


def merged(
    of_type: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """The points of a device: its type's, with what its own configuration says of the same channel put over them."""
    found = {str(point["channel"]): dict(point) for point in of_type}
    for point in own or ():
        channel = str(point["channel"])
        found[channel] = {**found.get(channel, {}), **point}
    return [{key: value for key, value in point.items() if key not in SHOWN_ONLY} for point in found.values()]


def scaling(point: Mapping[str, Any]) -> tuple[float, float]:
    """(scale, offset) from the raw number to the quantity's unit; ValueError says what is wrong with the point."""
    quantity = QUANTITIES.get(str(point.get("quantity", "")))
    if quantity is None:
        raise ValueError(f"unknown quantity {point.get('quantity')}")
    unit = factor(str(point.get("unit", "")), quantity.unit)
    return float(point.get("scale", 1)) * unit, float(point.get("offset", 0)) * unit


def converted(raw: float | None, point: Mapping[str, Any], scale: float, offset: float) -> float | None:
    """``raw`` in the quantity's unit (see ``scaling``), None where the point says that this number means no value; Missing where
    it becomes no number."""
    if raw is None or raw in point.get("invalid", ()):
        return None
    value = round(raw * scale + offset, 6)
    if not isfinite(value):
        raise Missing(NO_NUMBER)
    return value


def none_of(missing: Mapping[str, str]) -> str:
    """Why an answer gave nothing at all: the first reasons, each with what it is of."""
    return "; ".join(f"{name}: {why}" for name, why in list(missing.items())[:REASONS_TOLD])


def value_at(document: Any, path: str) -> Any:
    """What stands at ``path`` ("data.level", "items.0.value") in a document of JSON; Missing where nothing does."""
    steps = path.split(".")
    if len(steps) > DEEPEST:
        raise Missing(f"the path {path} is too deep")
    for step in steps:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            raise Missing(f"nothing stands at {path}")
    return document


def number_of(value: Any) -> float | None:
    """A number, also where it comes as text or as yes and no; None where the device says that it has none."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Missing(f"the value {value[:20]!r} is not a number") from None
    if not isinstance(value, int | float):
        raise Missing(NO_NUMBER)
    try:
        found = float(value)
    except OverflowError:
        raise Missing(NO_NUMBER) from None
    if not isfinite(found):
        raise Missing(NO_NUMBER)
    return found


def moment_of(value: Any) -> datetime:
    """A time as ISO 8601 or as seconds or milliseconds since 1970; without an offset it is the hall's."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        else:
            found = datetime.fromisoformat(str(value).strip().replace("/", "-"))
            found = found if found.tzinfo else found.replace(tzinfo=HALL)
    except (ValueError, OverflowError, OSError):
        raise Missing(f"the time {str(value)[:30]!r} cannot be read") from None
    if not 1970 <= found.year < 2200:
        raise Missing(f"the time {str(value)[:30]!r} cannot be true")
    return found


def readings_of(
    document: Any, points: Sequence[Mapping[str, Any]], address: str, at: datetime, at_path: str = ""
) -> tuple[list[Reading], dict[str, str]]:
    """The readings that ``points`` find in ``document``, and by channel why others are missing.

    ``at_path`` (or a point's own) leads to the time of observation; without one it is ``at``. DecodeError for a point that
    is no point, and where the time of all cannot be read.
    """
    readings: list[Reading] = []
    missing: dict[str, str] = {}
    try:
        observed_at = moment_of(value_at(document, at_path)) if at_path else at
    except Missing as why:
        raise DecodeError(str(why)) from None
    for point in points:
        try:
            channel, path = str(point["channel"]), str(point.get("path") or point["channel"])
            scale, offset = scaling(point)
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            raise DecodeError(f"a point cannot be read: {wrong}") from None
        try:
            raw = number_of(value_at(document, path))
            when = moment_of(value_at(document, str(point["at"]))) if point.get("at") else observed_at
            value = converted(raw, point, scale, offset)
        except Missing as why:
            missing[channel] = str(why)
            continue
        readings.append(Reading(address, channel, str(point["quantity"]), value, when))
    return readings, missing
