"""One station's readings over any span: as they are, by hour or by day, so that a year is one quick answer."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from .boards import ms, thresholds
from .domain.quality import FLAG_BITS, Check, Quality
from .domain.quantities import QUANTITIES
from .models import Sensor, Station
from .quality_words import CHECKS, FLAGS
from .services import history
from .services.directory import gauges
from .services.hours import HOUR

RAW, HOURLY, DAILY = "raw", "hour", "day"
_RAW_UP_TO, _HOURLY_UP_TO = timedelta(days=4), timedelta(days=92)
# Quantities that stand in steps: their mean means nothing.
_STATES = frozenset({"pump_running", "pump_fault", "status_word", "fault_code", "vehicle_alarm"})


def resolution_for(since: datetime, until: datetime) -> str:
    """What a span is drawn from: a few thousand points at most."""
    span = until - since
    return RAW if span <= _RAW_UP_TO else HOURLY if span <= _HOURLY_UP_TO else DAILY


def series(station: Station, since: datetime, until: datetime, resolution: str = "") -> dict[str, Any]:
    """Readings within [since, until], one series a point, and the limits drawn beside them.

    ``points`` are [time in ms, value, quality flag]; a step longer than two intervals is a gap. By hour or day the
    value is the mean, at the end of its hour or day, and lowest, highest and share of data follow it. ``rain`` (for a
    gauge) is [time in ms, mm, mm of the last hour, share with data]: of 5 minutes each, or of each hour or day.
    ``fallen`` is the rain of the whole span with the share of it that is known. ``doubts`` tell, by channel, when and
    why values are not believed, or that a person vouched for them: [time in ms, value, check, flag].
    """
    resolution = resolution or resolution_for(since, until)
    sensors = list(station.sensors.order_by("pk"))
    told = {
        "since": ms(since),
        "until": ms(until),
        "resolution": resolution,
        "interval_s": {RAW: station.interval_s, HOURLY: 3600, DAILY: 86400}[resolution],
        "thresholds": thresholds(station, sensors, until),
        "checks": {check.name.lower(): _(word) for check, word in CHECKS.items()},
    }
    parts = (_raw if resolution == RAW else _summed)(sensors, since, until, resolution)
    return {**told, **parts}


def _head(sensor: Sensor) -> dict[str, Any]:
    quantity = QUANTITIES[sensor.quantity]
    return {
        "channel": sensor.channel,
        "name": sensor.label or _(quantity.label),
        "quantity": sensor.quantity,
        "unit": quantity.unit,
        "facts": sensor.facts,
    }


def _raw(sensors: Sequence[Sensor], since: datetime, until: datetime, _resolution: str) -> dict[str, Any]:
    read = history.samples([sensor.pk for sensor in sensors], since, until)
    rain, fallen = _rain(sensors, since, until)
    doubts = {}
    for sensor in sensors:
        rows = [
            [ms(one.at), one.value, Check(one.mark >> 4).name.lower(), one.quality]
            for one in read[sensor.pk]
            if one.mark >> 4
        ]
        if rows:
            doubts[sensor.channel] = rows
    return {
        "series": [
            {**_head(sensor), "points": [[ms(one.at), one.value, one.quality] for one in read[sensor.pk]]}
            for sensor in sensors
        ],
        "rain": rain,
        "fallen": fallen,
        "doubts": doubts,
    }


def _rain(
    sensors: Sequence[Sensor], since: datetime, until: datetime
) -> tuple[list[list[float]], dict[str, float] | None]:
    gauge = _gauge(sensors)
    if gauge is None:
        return [], None
    told = history.read_gauges([gauge], since, until)[gauge.point]
    rows = [
        [ms(at), sums["5min"].mm, sums["1h"].mm, round(sums["1h"].complete, 3)]
        for at, sums in told.history(since, until)
    ]
    amount = told.between(since, until)
    return rows, {"mm": round(amount.mm, 1), "complete": round(amount.complete, 3)}


def _gauge(sensors: Sequence[Sensor]) -> Any:
    measuring = [sensor.pk for sensor in sensors if sensor.quantity.startswith("rain_")]
    found = gauges(measuring) if measuring else {}
    return next(iter(found.values()), None)


def _summed(sensors: Sequence[Sensor], since: datetime, until: datetime, resolution: str) -> dict[str, Any]:
    gauge = _gauge(sensors)
    rows = summaries([sensor.pk for sensor in sensors], since, until, resolution)
    rain, fallen, covered = [], 0.0, 0.0
    spans = 24 if resolution == DAILY else 1
    for end, _count, _doubted, _low, _high, total, complete in rows.get(gauge.point, ()) if gauge else ():
        rain.append([ms(end), total or 0.0, total or 0.0, round(complete, 3)])
        fallen += total or 0.0
        covered += complete * spans
    hours = (until - since) / HOUR
    return {
        "series": [
            {
                **_head(sensor),
                "points": [
                    [ms(end), _told(sensor, count, high, total), 0, low, high, round(complete, 3)]
                    for end, count, _d, low, high, total, complete in rows[sensor.pk]
                    if count
                ],
            }
            for sensor in sensors
        ],
        "rain": rain,
        "fallen": {"mm": round(fallen, 1), "complete": round(min(1.0, covered / max(1.0, hours)), 3)}
        if gauge
        else None,
        "doubts": {},
        "doubted": {
            sensor.channel: sum(row[2] for row in rows[sensor.pk])
            for sensor in sensors
            if any(row[2] for row in rows[sensor.pk])
        },
    }


def _told(sensor: Sensor, count: int, highest: float | None, total: float | None) -> float | None:
    if sensor.quantity in _STATES or sensor.quantity == "rain_total":
        return highest
    return None if total is None else round(total / count, 4)


Summary = tuple[datetime, int, int, float | None, float | None, float | None, float]


def summaries(
    sensor_ids: Sequence[int], since: datetime, until: datetime, resolution: str
) -> dict[int, list[Summary]]:
    """Hours or days that end within (since, until], by point: end, count, doubted, lowest, highest, total, complete.

    One query. The hour under way is not among them.
    """
    if resolution == HOURLY:
        sql = (
            "SELECT sensor_id, hour + interval '1 hour', count, doubted, lowest, highest, total, complete"
            " FROM sensors_readinghour WHERE sensor_id = ANY(%s) AND hour >= %s AND hour <= %s ORDER BY hour"
        )
        asked: list[Any] = [list(sensor_ids), since - HOUR, until - HOUR]
    else:
        sql = (
            "SELECT sensor_id, (day + 1)::timestamp AT TIME ZONE %s, count, doubted, lowest, highest, total, complete"
            " FROM sensors_readingday WHERE sensor_id = ANY(%s)"
            " AND day >= (%s AT TIME ZONE %s)::date - 1 AND day <= (%s AT TIME ZONE %s)::date ORDER BY day"
        )
        zone = settings.TIME_ZONE
        asked = [zone, list(sensor_ids), since, zone, until, zone]
    found: dict[int, list[Summary]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        for sensor_id, end, *rest in cursor.fetchall():
            if since < end <= until + timedelta(days=resolution == DAILY):
                found[sensor_id].append((end.astimezone(UTC), *rest))
    return found


def quality_words(mark: int) -> tuple[str, str]:
    """Flag and check of a stored number in words of the active language; "" where nothing was said."""
    return _(FLAGS[Quality(mark & FLAG_BITS)]), _(CHECKS[Check(mark >> 4)]) if mark >> 4 else ""
