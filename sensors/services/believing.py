"""Quality that depends on the neighbours in time, whichever came first: what costs nothing while all is well."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ..domain.checks import Rates, jumps
from ..domain.quality import FLAG_BITS, JUMPED, OVERRULED, Check, Quality, check_of
from ..domain.readings import Message, Reading
from .storing import Before, Row

# quantity → parameters: how fast it can rise and fall, a minute
RATES = {
    "ponding_depth": ("ponding.max_rise", "ponding.max_fall"),
    "water_level": ("river.max_rise", "river.max_fall"),
}
PARAMETERS = ("quality.hold", *(name for names in RATES.values() for name in names))
# Checks that say of a value that it is none: it is not held against its neighbours, nor they against it.
NO_VALUE = (Check.LIMITS_HARD, Check.LIMITS_SOFT, Check.CLOCK, Check.DEVICE, Check.RESTAMPED)
_JUDGED = (Check.NONE, Check.RATE)
NO_VALUE_SQL = ", ".join(str(int(check)) for check in NO_VALUE)

Span = tuple[datetime, datetime]


def rates_in_force(known: Mapping[str, Any]) -> dict[str, Rates]:
    """How fast each watched quantity may move, from the parameters."""
    hold = timedelta(minutes=known["quality.hold"])
    return {quantity: Rates(known[rise], known[fall], hold) for quantity, (rise, fall) in RATES.items()}


def seems_to_jump(rows: Sequence[Row], before: Before, rates: Rates) -> bool:
    """Whether rows in time order have to be looked at together with what is stored. False: all are believed."""
    last = None
    if before.at is not None and before.value is not None and before.quality is not None:
        if before.quality & FLAG_BITS or rows[0].at < before.at:
            return True
        last = (before.at, before.value)
    for row in rows:
        if row.quality:
            continue
        if last is not None:
            minutes = max(1.0, (row.at - last[0]).total_seconds() / 60)
            step = row.value - last[1]
            if step > rates.rise * minutes or -step > rates.fall * minutes:
                return True
        last = (row.at, row.value)
    return False


def judge_again(
    cursor: Any, watched: Mapping[int, Rates], spans: Mapping[int, Span]
) -> dict[int, dict[datetime, int]]:
    """Judge the stretches from ``spans`` on from what is stored, write what changes and return it: time → mark.

    Judging looks back only, so it begins at the last value believed before the span; a value that is long past bears
    on nothing, so it ends ``memory`` behind it.
    """
    stored = _around(cursor, spans, max(rates.memory for rates in watched.values()))
    found: dict[int, dict[datetime, int]] = {}
    for sensor_id, rates in watched.items():
        first = spans[sensor_id][0]
        rows = stored[sensor_id]
        begin = max(
            (k + 1 for k, (at, _, mark) in enumerate(rows) if at < first and _believed(mark)), default=0
        )
        recent = [(at, value) for at, value, mark in rows[:begin] if _believed(mark)]
        ahead = rows[begin:]  # with what was doubted just before: it may stand until now
        judged = dict(_judged(ahead, recent, rates))
        changed = {at: judged[at] for at, _, mark in ahead if judged.get(at, mark) != mark}
        if changed:
            found[sensor_id] = changed
    write_marks(cursor, [(sensor, at, mark) for sensor, rows in found.items() for at, mark in rows.items()])
    return found


def _believed(mark: int) -> bool:
    return not mark & FLAG_BITS


def _judged(
    rows: Sequence[tuple[datetime, float, int]], recent: Sequence[tuple[datetime, float]], rates: Rates
) -> Iterable[tuple[datetime, int]]:
    """The mark of each row. An officer's word stands and is where judging goes on from; what another check doubts
    is no measure for what comes after it."""
    begin, recent = 0, list(recent)
    asked = [row for row in rows if row[2] == OVERRULED or check_of(row[2]) in _JUDGED]
    for end in range(len(asked) + 1):
        if end < len(asked) and asked[end][2] != OVERRULED:
            continue
        part = [(at, value) for at, value, _ in asked[begin:end]]
        for (at, value), mark, jumped in zip(
            part, (mark for _, _, mark in asked[begin:end]), jumps(part, recent, rates), strict=True
        ):
            if not jumped:
                recent.append((at, value))
            yield at, JUMPED if jumped else 0 if check_of(mark) == Check.RATE else mark
        if end < len(asked):
            recent.append(asked[end][:2])
        begin = end + 1


def _around(
    cursor: Any, spans: Mapping[int, Span], reach: timedelta
) -> dict[int, list[tuple[datetime, float, int]]]:
    """What is a value at all, from ``reach`` before each span to ``reach`` behind it."""
    spans = {sensor: (since - reach, until + reach) for sensor, (since, until) in spans.items()}
    cursor.execute(
        "SELECT r.sensor_id, r.observed_at, r.value, r.quality FROM sensors_reading r"
        " JOIN unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS s (id, a, b) ON s.id = r.sensor_id"
        f" WHERE r.observed_at BETWEEN s.a AND s.b AND (r.quality >> 4) NOT IN ({NO_VALUE_SQL})"
        f" AND r.quality & {FLAG_BITS} IN ({Quality.GOOD:d}, {Quality.SUSPECT:d})"
        " AND r.observed_at BETWEEN %s AND %s ORDER BY r.observed_at",
        [
            list(spans),
            [since for since, _ in spans.values()],
            [until for _, until in spans.values()],
            min(since for since, _ in spans.values()),
            max(until for _, until in spans.values()),
        ],
    )
    found: dict[int, list[tuple[datetime, float, int]]] = defaultdict(list)
    for sensor_id, at, value, mark in cursor.fetchall():
        found[sensor_id].append((at, value, mark))
    return found


def write_marks(cursor: Any, changes: Sequence[tuple[int, datetime, int]]) -> None:
    """Set the quality of stored readings: (sensor, observed at, mark)."""
    if not changes:
        return
    arrays = [list(column) for column in zip(*changes, strict=True)]
    for table in ("sensors_reading", "sensors_latestvalue"):
        cursor.execute(
            f"UPDATE {table} t SET quality = c.q"
            " FROM unnest(%s::int[], %s::timestamptz[], %s::int[]) AS c (s, at, q)"
            " WHERE t.sensor_id = c.s AND t.observed_at = c.at AND t.observed_at BETWEEN %s AND %s",
            [*arrays, min(arrays[1]), max(arrays[1])],
        )


# --- frames that come again under a new time ----------------------------------------------------------
_KEPT_STATIONS = 20_000
_said: OrderedDict[UUID, tuple[int, tuple[Reading, ...], datetime, bool]] = OrderedDict()


def comes_again(station: UUID, message: Message) -> bool:
    """Whether a station says what it said before, with the same serial but under another device time.

    What a process remembers of one connection is enough: after a restart the first frame is believed. A device
    whose serial never advances means nothing by it.
    """
    serial, at = message.serial, message.observed_at
    if serial is None or at is None:
        return False
    before = _said.pop(station, None)
    again, advances = False, before is not None and (before[3] or before[0] != serial)
    if before is not None and advances and before[0] == serial and before[2] != at:
        again = _values(before[1]) == _values(message.readings)
    _said[station] = (serial, message.readings, before[2] if again and before else at, advances)
    while len(_said) > _KEPT_STATIONS:
        _said.popitem(last=False)
    return again


def _values(readings: Sequence[Reading]) -> list[tuple[str, str, float | None]]:
    return [(one.address, one.channel, one.value) for one in readings]


# --- clocks -------------------------------------------------------------------------------------------
_SAME_SKEW_S, _APART = 60, timedelta(minutes=1)
_skews: OrderedDict[UUID, tuple[datetime, float]] = OrderedDict()


def wrong_clock(station: UUID, message: Message, received_at: datetime) -> float | None:
    """By how many seconds the device's clock is off, or None where that cannot be said or it is right.

    A frame from the future can only come from a wrong clock. One from the past may be a late frame; that its clock
    is behind shows when two frames in a row are behind by the same.
    """
    skew: float | None = message.details.get("clock_skew_s")
    if skew is None:
        return None
    before = _skews.pop(station, None)
    _skews[station] = (received_at, skew)
    while len(_skews) > _KEPT_STATIONS:
        _skews.popitem(last=False)
    if skew > 0:
        return skew
    steady = before is not None and abs(before[1] - skew) < _SAME_SKEW_S and received_at - before[0] >= _APART
    return skew if steady else None
