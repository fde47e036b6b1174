"""Readings that are already kept are believed otherwise: latest values, sums and alarms follow."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from command_center.core.parameters import values

from ..domain.quality import Quality
from ..domain.rain import LONGEST
from ..domain.samples import Fresh, RainEntry, Sample
from ..models import LatestValue, Sensor
from . import alarms, believing, directory, hours, rain
from .believing import Span
from .storing import lock_stations

Change = tuple[int, datetime, int]  # sensor, observed at, mark


def requalify(changes: Sequence[Change], *, received_at: datetime) -> None:
    """Set the quality of stored readings and let all that follows from them follow, in one transaction.

    Alarms are raised, rewritten or retracted as late data would do it; nothing rings.
    """
    if not changes:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        sensors = {sensor for sensor, _, _ in changes}
        stations = Sensor.objects.filter(pk__in=sensors).values_list("station_id", flat=True)
        lock_stations(cursor, set(stations))
        believing.write_marks(cursor, changes)
        spans = _spans(changes)
        spans = _and_what_follows(cursor, spans)
        gauges = directory.gauges(list(spans))
        rain_spans = {gauge.point: spans[sensor] for sensor, gauge in gauges.items() if sensor in spans}
        if rain_spans:
            rain.reread(
                cursor,
                list({gauge.point: gauge for gauge in gauges.values()}.values()),
                since={point: since for point, (since, _) in rain_spans.items()},
                received_at=received_at,
            )
        _move_on(cursor, spans)
        hours.note_spans(cursor, spans)
        reconsider({**spans, **rain_spans}, received_at=received_at)


def _spans(changes: Sequence[Change]) -> dict[int, Span]:
    times: dict[int, list[datetime]] = defaultdict(list)
    for sensor, at, _ in changes:
        times[sensor].append(at)
    return {sensor: (min(found), max(found)) for sensor, found in times.items()}


def _and_what_follows(cursor: Any, spans: Mapping[int, Span]) -> dict[int, Span]:
    """Believing one value may change what is believed of the next ones."""
    rates = believing.rates_in_force(values(list(believing.PARAMETERS)))
    quantities = dict(Sensor.objects.filter(pk__in=spans).values_list("pk", "quantity"))
    watched = {sensor: rates[quantities[sensor]] for sensor in spans if quantities[sensor] in rates}
    found = dict(spans)
    if watched:
        mine = {sensor: spans[sensor] for sensor in watched}
        for sensor, marks in believing.judge_again(cursor, watched, mine).items():
            since, until = found[sensor]
            found[sensor] = (min(since, *marks), max(until, *marks))
    return found


def _move_on(cursor: Any, spans: Collection[int]) -> None:
    """Another revision: whoever remembers these points reads them again."""
    cursor.execute(
        "UPDATE sensors_latestvalue SET revision = revision + 1 WHERE sensor_id = ANY(%s)", [list(spans)]
    )


def reconsider(spans: Mapping[int, Span], *, received_at: datetime) -> None:
    """Judge the alarms of points again over spans in which stored readings changed their quality."""
    gauges = directory.gauges(list(spans))
    members = {sensor for gauge in gauges.values() for sensor in gauge.sensors}
    newest = dict(LatestValue.objects.filter(pk__in={*spans, *members}).values_list("pk", "observed_at"))
    news = {}
    for sensor, (since, until) in spans.items():
        gauge = gauges.get(sensor)
        of = gauge.sensors if gauge else (sensor,)
        last = max((newest[one] for one in of if one in newest), default=until)
        entries: tuple[RainEntry, ...] = ()
        if gauge is not None and gauge.point == sensor:
            entries = ((since, {}), (max(since, min(until + LONGEST, last)), {}))
        # What was judged is read from the tables again; of these only the times matter.
        samples = tuple(Sample(at, 0.0, Quality.GOOD) for at in dict.fromkeys((since, until)))
        news[sensor] = Fresh(sensor, max(last, until), samples, entries)
    if news:
        alarms.evaluate(news, received_at=received_at)
