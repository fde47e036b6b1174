"""What a screen reads: open alarms by urgency, and one station with its last day. Plain values, few queries."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.scope import Scope

from .domain.lifecycle import UNACKNOWLEDGED
from .domain.rules import RAIN
from .domain.suppression import NOT_SUPPRESSED
from .models import Alarm, RawFrame, Sensor, Station
from .models.alarms import CALLING, OPEN
from .services.points import limits_in_force, points
from .states import LEVELS, RULES, describe
from .trouble_words import trouble


def alarm_board(scope: Scope, *, limit: int = 200, standing_since: datetime | None = None) -> dict[str, Any]:
    """Open alarms that ``scope`` may see, most urgent first, and how many of each level there are.

    Urgency: what still is so and calls, then the level, then what nobody acknowledged, then the newer. No age pushes
    an alarm off: a lesser alarm never stands before a red, and what has been active since before ``standing_since`` has
    its place on the page before anything newer. What is suppressed is listed last and not counted. Two queries.
    """
    seen = Alarm.objects.filter(OPEN).filter(scope.filter("alarm.view"))
    urgent = (
        _first(suppression=NOT_SUPPRESSED),
        _first(condition=Alarm.Condition.ACTIVE),
        "level",
        _first(state=UNACKNOWLEDGED),
        "-level_since",
        "pk",
    )
    stands = _first(
        condition=Alarm.Condition.ACTIVE, raised_at__lt=standing_since or datetime.min.replace(tzinfo=UTC)
    )
    page = seen.order_by(stands, *urgent).values("pk")[:limit]
    rows = Alarm.objects.filter(pk__in=page).select_related("station", "sensor", "node").order_by(*urgent)
    counts = {level: {"open": 0, "unacknowledged": 0} for level in LEVELS}
    by_level = (
        seen.filter(CALLING)
        .values("level")
        .annotate(open=Count("pk"), unacknowledged=Count("pk", filter=Q(state=UNACKNOWLEDGED)))
    )
    for row in by_level.order_by():
        counts[row["level"]] = {"open": row["open"], "unacknowledged": row["unacknowledged"]}
    return {
        "alarms": [alarm_row(alarm) for alarm in rows],
        "counts": counts,
        "total": sum(count["open"] for count in counts.values()),
    }


def _first(**where: Any) -> Case:
    return Case(When(Q(**where), then=Value(0)), default=Value(1), output_field=IntegerField())


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
