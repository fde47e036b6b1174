"""What a screen reads: open alarms by urgency, and one station with its last day. Plain values, few queries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.scope import Scope

from .domain.lifecycle import UNACKNOWLEDGED
from .domain.quantities import QUANTITIES
from .domain.rules import RAIN
from .domain.suppression import NOT_SUPPRESSED
from .models import Alarm, RawFrame, Sensor, Station
from .models.alarms import CALLING, OPEN
from .services import history
from .services.directory import gauges
from .services.points import limits_in_force, points
from .states import LEVELS, RULES, describe

_FRAME_DAYS = timedelta(days=2)


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
    rows = Alarm.objects.filter(pk__in=page).select_related("station", "sensor").order_by(*urgent)
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


def station_board(station: Station, *, until: datetime, hours: int = 24) -> dict[str, Any]:
    """One station's last hours: its series and limits, its alarms and its newest frames."""
    frames = RawFrame.objects.filter(station_id=station.pk, received_at__gte=until - _FRAME_DAYS)
    alarms = station.alarms.select_related("station", "sensor").order_by("-raised_at")[:50]
    return {
        **series(station, until - timedelta(hours=hours), until),
        "alarms": [alarm_row(alarm) for alarm in alarms],
        "frames": [frame(row) for row in frames.order_by("-received_at", "-id")[:20]],
    }


def series(station: Station, since: datetime, until: datetime) -> dict[str, Any]:
    """Readings within [since, until], one series a point, and the limits drawn beside them.

    ``points`` are [time in ms, value, quality]; a step longer than two intervals is a gap. ``rain`` (for a gauge) is
    [time in ms, mm of the last 5 minutes, mm of the last hour, share of the hour with data].
    """
    sensors = list(station.sensors.order_by("pk"))
    read = history.samples([sensor.pk for sensor in sensors], since, until)
    return {
        "since": ms(since),
        "until": ms(until),
        "interval_s": station.interval_s,
        "series": [
            {
                "channel": sensor.channel,
                "name": sensor.label or _(QUANTITIES[sensor.quantity].label),
                "quantity": sensor.quantity,
                "unit": QUANTITIES[sensor.quantity].unit,
                "facts": sensor.facts,
                "points": [[ms(one.at), one.value, one.quality] for one in read[sensor.pk]],
            }
            for sensor in sensors
        ],
        "rain": _rain(sensors, since, until),
        "thresholds": thresholds(station, sensors, until),
    }


def _rain(sensors: Sequence[Sensor], since: datetime, until: datetime) -> list[list[float]]:
    measuring = [sensor.pk for sensor in sensors if sensor.quantity.startswith("rain_")]
    if not measuring or not (found := gauges(measuring)):
        return []
    point = next(iter(found.values())).point
    return [
        [ms(at), sums["5min"].mm, sums["1h"].mm, round(sums["1h"].complete, 3)]
        for at, sums in history.rain_history(point, since, until)
        if at <= until
    ]


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
    return {
        "id": row.id,
        "received_at": row.received_at,
        "protocol": row.protocol,
        "peer": row.peer,
        "address": row.address,
        "hex": raw.hex(),
        "text": raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else "",
        "decoded": row.decoded,
        "error": row.error,
    }


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
