"""What a batch says that is not believed at once: judged within its transaction, before any alarm looks at it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ..domain.quality import FLAG_BITS, ISOLATED, Check
from ..domain.samples import RainEntry
from . import believing, neighbours, rain, upkeep
from .believing import Span
from .directory import Gauge
from .storing import Before, Row


def judge_moves(
    cursor: Any,
    quantities: Mapping[int, str],
    fresh: Mapping[int, list[Row]],
    before: Mapping[int, Before],
    known: Mapping[str, Any],
) -> dict[int, Span]:
    """Values that moved faster than water does. Returns the spans of stored rows that are judged otherwise now."""
    rates = believing.rates_in_force(known)
    watched = {
        sensor_id: rates[quantities[sensor_id]]
        for sensor_id, rows in fresh.items()
        if quantities[sensor_id] in rates
        and believing.seems_to_jump(rows, before[sensor_id], rates[quantities[sensor_id]])
    }
    if not watched:
        return {}
    spans = {sensor_id: (fresh[sensor_id][0].at, fresh[sensor_id][-1].at) for sensor_id in watched}
    others: dict[int, Span] = {}
    for sensor_id, marks in believing.judge_again(cursor, watched, spans).items():
        for row in fresh[sensor_id]:
            row.quality = marks.pop(row.at, row.quality)
        if marks:
            others[sensor_id] = (min(marks), max(marks))
    return others


def doubt_rain(
    cursor: Any,
    gauges: Mapping[int, Gauge],
    fresh: Mapping[int, list[Row]],
    histories: Mapping[int, tuple[RainEntry, ...]],
    known: Mapping[str, Any],
    *,
    received_at: datetime,
) -> dict[int, tuple[RainEntry, ...]]:
    """Rain that falls nowhere else: a gauge far above all its neighbours is not believed for now.

    The hour is judged again when it is over and the neighbours have told theirs. Returns the histories of the
    gauges concerned, without what is doubted.
    """
    much = {
        point: entries[-1]
        for point, entries in histories.items()
        if entries and entries[-1][1]["1h"].mm >= known["quality.rain.sudden"]
    }
    alone = neighbours.stand_alone(cursor, much, known) if much else ()
    if not alone:
        return {}
    rows = [(s, row) for point in alone for s in gauges[point].sensors for row in fresh.get(s, ())]
    for _, row in rows:
        if not row.quality & FLAG_BITS:
            row.quality = ISOLATED
    believing.write_marks(cursor, [(sensor_id, row.at, row.quality) for sensor_id, row in rows])
    found = rain.reread(
        cursor,
        [gauges[point] for point in alone],
        since={point: min(at for at, _ in histories[point]) for point in alone},
        received_at=received_at,
    )
    return {point: found.get(point, ()) for point in alone}


def note(
    fresh: Mapping[int, list[Row]],
    stations: Mapping[int, UUID],
    clocks: Mapping[UUID, tuple[datetime, float]],
    *,
    at: datetime,
) -> None:
    """What is not believed becomes work for those who keep the devices, never an alarm about water.

    ``clocks``: stations whose clock is wrong, when that was seen and by how many seconds.
    """
    doubts = [
        upkeep.Doubt(stations[sensor_id], sensor_id, Check(row.quality >> 4), row.at, row.value)
        for sensor_id, rows in fresh.items()
        for row in rows
        if row.quality & FLAG_BITS and row.quality >> 4
    ]
    doubts += [
        upkeep.Doubt(station_id, None, Check.CLOCK, heard_at, skew)
        for station_id, (heard_at, skew) in clocks.items()
    ]
    if doubts:
        upkeep.note(doubts, at=at)
