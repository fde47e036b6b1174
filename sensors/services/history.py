"""What was measured: the kept readings of a span, and the rain sums as they follow from them."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import connection

from ..domain.quality import FLAG_BITS, ISOLATED, Quality
from ..domain.rain import REACH, RainGauge
from ..domain.samples import RainEntry, Sample
from .directory import Gauge, gauges

_JUST_BEFORE = timedelta(microseconds=1)
_EVER = datetime.max.replace(tzinfo=UTC)


def samples(
    sensor_ids: Collection[int], since: datetime, until: datetime | None = None
) -> dict[int, list[Sample]]:
    """Readings within [since, until] by sensor, in time order; quarantined ones are left out. One query."""
    found: dict[int, list[Sample]] = {sensor_id: [] for sensor_id in sensor_ids}
    for sensor_id, at, value, quality in _rows(sensor_ids, since, until):
        found[sensor_id].append(Sample(at, value, quality & FLAG_BITS, quality))
    return found


def _rows(sensor_ids: Collection[int], since: datetime, until: datetime | None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sensor_id, observed_at, value, quality FROM sensors_reading"
            " WHERE sensor_id = ANY(%s) AND observed_at >= %s AND observed_at <= %s"
            f" AND quality & {FLAG_BITS} <> {Quality.QUARANTINED:d} ORDER BY observed_at",
            [list(sensor_ids), since, until or _EVER],
        )
        return cursor.fetchall()


def rain_history(sensor_id: int, since: datetime, until: datetime | None = None) -> list[RainEntry]:
    """The rain sums of the gauge of ``sensor_id`` as of each observation time within [since, until]."""
    gauge = gauges([sensor_id]).get(sensor_id)
    if gauge is None:
        return []
    told = read_gauges([gauge], since, until)[gauge.point]
    newest = told.newest
    return [] if newest is None else told.history(since - _JUST_BEFORE, newest)


def new_gauge(gauge: Gauge) -> RainGauge:
    """A gauge that was told nothing yet."""
    return RainGauge(step=gauge.step, usual=gauge.usual, wraps_at_mm=gauge.wraps_at_mm)


def read_gauges(
    wanted: Collection[Gauge],
    since: datetime,
    until: datetime | None = None,
    *,
    without: Collection[tuple[int, datetime]] = (),
) -> dict[int, RainGauge]:
    """Gauges by point, told all that is kept and bears on moments from ``since`` on. One query.

    ``without``: (sensor, time) of readings to leave out.
    """
    by_sensor: dict[int, list[tuple[datetime, float]]] = {
        sensor: [] for gauge in wanted for sensor in gauge.sensors
    }
    breaks: dict[int, list[tuple[datetime, float]]] = {sensor: [] for sensor in by_sensor}
    for sensor_id, at, value, quality in _rows(list(by_sensor), since - REACH, until):
        if (sensor_id, at) in without:
            continue
        if not quality & FLAG_BITS:
            by_sensor[sensor_id].append((at, value))
        elif quality == ISOLATED:
            breaks[sensor_id].append((at, value))
    found = {}
    for gauge in wanted:
        told = found[gauge.point] = new_gauge(gauge)
        told.add(
            by_sensor[gauge.increment] if gauge.increment is not None else (),
            by_sensor[gauge.counter] if gauge.counter is not None else (),
            breaks[gauge.counter] if gauge.counter is not None else (),
        )
    return found
