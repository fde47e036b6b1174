"""Quality that depends on the neighbours in time, whichever came first."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..domain.quality import Quality, jumps
from ..domain.quantities import QUANTITIES
from .storing import Before, Row

RISES = {"ponding_depth": "ponding.max_rise"}  # quantity → parameter: how fast it can rise, a minute


def mark_jumps(rows: list[Row], before: Before, limit_per_min: float) -> None:
    """Judge rows as if all were newer than what is kept; late ones are judged again once stored."""
    judged = [row for row in rows if row.quality == Quality.GOOD]
    last = None
    if before.at is not None and before.value is not None and before.quality != Quality.BAD:
        last = (before.at, before.value)
    found = jumps([(row.at, row.value) for row in judged], last, limit_per_min=limit_per_min)
    for row, jumped in zip(judged, found, strict=True):
        if jumped:
            row.quality = Quality.SUSPECT


def judge_again(
    cursor: Any,
    quantities: Mapping[int, str],
    before: Mapping[int, Before],
    fresh: Mapping[int, list[Row]],
    known: Mapping[str, Any],
) -> None:
    """A late sample has a neighbour on either side: judge the stretch around it from what is stored."""
    for quantity, parameter in RISES.items():
        late = {}
        for sensor_id, rows in fresh.items():
            was = before[sensor_id]
            if quantities[sensor_id] != quantity or was.at is None:
                continue
            if rows[0].at < was.at or was.quality == Quality.BAD:
                late[sensor_id] = (rows[0].at, rows[-1].at)
        if late:
            _rejudge(cursor, quantity, known[parameter], late, fresh)


def _rejudge(
    cursor: Any,
    quantity: str,
    limit_per_min: float,
    spans: Mapping[int, tuple[datetime, datetime]],
    fresh: Mapping[int, list[Row]],
) -> None:
    # A neighbour further away than this cannot make a believable value suspect.
    bounds = QUANTITIES[quantity]
    reach = timedelta(minutes=(bounds.highest - bounds.lowest) / limit_per_min + 1)
    cursor.execute(
        "SELECT r.sensor_id, r.observed_at, r.value, r.quality FROM sensors_reading r"
        " JOIN unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS s (id, a, b) ON s.id = r.sensor_id"
        f" WHERE r.observed_at BETWEEN s.a AND s.b AND r.quality IN ({Quality.GOOD:d}, {Quality.SUSPECT:d})"
        " AND r.observed_at BETWEEN %s AND %s ORDER BY r.observed_at",
        [
            list(spans),
            [first - reach for first, _ in spans.values()],
            [last + reach for _, last in spans.values()],
            min(first for first, _ in spans.values()) - reach,
            max(last for _, last in spans.values()) + reach,
        ],
    )
    kept: dict[int, list[tuple[datetime, float, int]]] = defaultdict(list)
    for sensor_id, at, value, quality in cursor.fetchall():
        kept[sensor_id].append((at, value, quality))
    changes = []
    for sensor_id, samples in kept.items():
        found = jumps([(at, value) for at, value, _ in samples], None, limit_per_min=limit_per_min)
        judged = {}
        for (at, _, quality), jumped in zip(samples, found, strict=True):
            judged[at] = Quality.SUSPECT if jumped else Quality.GOOD
            # The first of the stretch has lost its predecessor: its own judgement stands.
            if judged[at] != quality and at >= spans[sensor_id][0]:
                changes.append((sensor_id, at, int(judged[at])))
        for row in fresh[sensor_id]:
            if row.quality in (Quality.GOOD, Quality.SUSPECT):
                row.quality = judged[row.at]
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
