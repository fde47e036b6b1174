"""What a screen reads: an alarm, the limits a station's points have, and a raw frame. Plain values, few queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .domain.rules import RAIN
from .models import Alarm, RawFrame, Sensor, Station
from .services.points import limits_in_force, points
from .states import LEVELS, RULES, describe
from .trouble_words import trouble


def alarm_row(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": str(alarm.pk),
        "station": str(alarm.station_id),
        "code": alarm.station.code,
        "kind": alarm.station.kind,
        "channel": alarm.sensor.channel if alarm.sensor else None,
        "rule": alarm.rule,
        "worst_level": alarm.worst_level,
        "condition_code": alarm.condition,
        "state_code": alarm.state,
        "value": alarm.value,
        "peak": alarm.peak_value,
        "raised_at": alarm.raised_at,
        "level_since": alarm.level_since,
        "cleared_at": alarm.cleared_at,
        "acknowledged_at": alarm.acknowledged_at,
        "acknowledged_by": alarm.acknowledged_by,
        "rang": alarm.rang,
        "suppression_code": alarm.suppression,
        "suppressions": alarm.suppressions,
        **describe(alarm),
    }


def thresholds(station: Station, sensors: Sequence[Sensor], at: datetime) -> list[dict[str, Any]]:
    """The limits of a station's points: {"channel", "value", "level" (1–4 or None), "label"}.

    What a station's facts name is called by that name; the others are the limits of the rules in force.
    """
    found: list[dict[str, Any]] = []

    def add(sensor: Sensor, value: float | None, level: int | None, label: str) -> None:
        if value is not None:
            found.append({"channel": sensor.channel, "value": value, "level": level, "label": label})

    known = points([sensor.pk for sensor in sensors], limits_in_force())
    month = localtime(at).month
    for sensor in sensors:
        if sensor.quantity == "water_level":
            add(sensor, station.facts.get("guaranteed_level_m"), 1, _("Guaranteed level"))
            add(sensor, station.facts.get("warning_level_m"), 2, _("Warning level"))
        elif sensor.quantity == "forebay_level":
            for name, label in _FOREBAY.items():
                add(sensor, station.facts.get(name), None, _(label))
        for rule in known[sensor.pk].rules if sensor.pk in known else ():
            if rule.looks_at == RAIN or rule.name in _BY_FACTS:
                continue
            for line in rule.lines:
                if month in line.months:
                    alone = len(rule.lines) == 1
                    label = _(RULES[rule.name]) if alone and rule.name in RULES else LEVELS[line.level].label
                    add(sensor, line.limit, line.level, label)
    return found


_BY_FACTS = ("river.level", "pump.fault")  # drawn by the names above; a fault code has no height
_FOREBAY = {
    "overflow_level_m": gettext_noop("Overflow level"),
    "warning_level_m": gettext_noop("Warning level"),
    "start_level_m": gettext_noop("Start level"),
    "stop_level_m": gettext_noop("Stop level"),
}


def frame(row: RawFrame) -> dict[str, Any]:
    """A raw frame as it came: ``text`` where it is text, ``hex`` always; what it said, or why it was refused."""
    raw = bytes(row.raw)
    line = raw.rstrip(b"\r\n")
    return {
        "id": row.id,
        "received_at": row.received_at,
        "protocol": row.protocol,
        "peer": row.peer,
        "address": row.address,
        "hex": raw.hex(),
        "text": line.decode("ascii") if line.isascii() and line.decode("ascii").isprintable() else "",
        "decoded": row.decoded,
        "error": row.error,
        "why": trouble(row.error),
    }


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
