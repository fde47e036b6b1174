"""Rain sums of the gauges: followed sample by sample in memory, always checked against the tables."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.db import transaction

from ..domain.rain import REACH, RainGauge
from ..domain.samples import RainAmount, RainEntry
from ..models import RainSum
from .directory import Gauge, gauges
from .history import read_gauges

_KEPT_GAUGES = 1000  # about 200 KB each
_SILENT_AT_LEAST = timedelta(minutes=2)
_SLACK = timedelta(hours=24)  # forgotten in steps of this, so that forgetting stays cheap


@dataclass(slots=True)
class _Kept:
    told: RainGauge
    since: datetime  # everything from here on was told
    revisions: tuple[int, ...]  # of the gauge's sensors: another process's write shows as another number


_kept: OrderedDict[int, _Kept] = OrderedDict()
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Told:
    """What a batch told of one gauge: samples (time, mm) by sensor, and revisions before and after."""

    gauge: Gauge
    samples: Mapping[int, Sequence[tuple[datetime, float]]]
    before: tuple[int, ...]
    after: tuple[int, ...]


def forget() -> None:
    """Read every gauge from the tables again when it is next heard."""
    with _guard:
        _kept.clear()


def follow(cursor: Any, told: Iterable[Told], *, received_at: datetime) -> dict[int, tuple[RainEntry, ...]]:
    """Bring the sums up to date, within the caller's transaction, once the readings are stored.

    Returns, by point, the entries of the rain history that are new or changed. A gauge's memory is taken
    out while it is used and put back on commit: a rolled back batch leaves nothing behind.
    """
    ready: list[tuple[Told, RainGauge, datetime]] = []
    reread: list[tuple[Told, datetime]] = []
    for one in told:
        earliest = min(at for samples in one.samples.values() for at, _ in samples)
        with _guard:
            kept = _kept.pop(one.gauge.point, None)
        if kept and kept.revisions == one.before and earliest >= kept.since + REACH:
            ready.append((one, kept.told, kept.since))
        else:
            reread.append((one, earliest))
    if reread:
        since = min(earliest for _, earliest in reread)
        fresh = {
            (sensor, at) for one, _ in reread for sensor, list_ in one.samples.items() for at, _ in list_
        }
        read = read_gauges([one.gauge for one, _ in reread], since, without=fresh)
        ready += [(one, read[one.gauge.point], since - REACH) for one, _ in reread]

    changed: dict[int, tuple[RainEntry, ...]] = {}
    sums: list[tuple[int, datetime, Mapping[str, RainAmount]]] = []
    for one, gauge, since in ready:
        span = gauge.add(
            one.samples.get(one.gauge.increment or 0, ()), one.samples.get(one.gauge.counter or 0, ())
        )
        newest = gauge.newest
        if span and newest:
            entries = tuple(gauge.history(span[0], min(span[1], newest)))
            changed[one.gauge.point] = entries
            last = entries[-1] if entries else None
            sums.append(
                (one.gauge.point, newest, last[1] if last and last[0] == newest else gauge.sums(newest))
            )
            if newest - since > REACH + 2 * _SLACK:
                since = newest - REACH - _SLACK
                gauge.forget(since)
        transaction.on_commit(partial(_keep, one.gauge.point, _Kept(gauge, since, one.after)))
    write_sums(cursor, sums, received_at=received_at)
    return changed


def reread(
    cursor: Any, wanted: Collection[Gauge], *, since: Mapping[int, datetime], received_at: datetime
) -> dict[int, tuple[RainEntry, ...]]:
    """The history of gauges, by point, from ``since`` (by point) on, read anew where what counts has changed.

    Sums are written, and no process goes on with what it remembers: the sensors' revisions move on.
    """
    first = min(since.values())
    told = read_gauges(wanted, first)
    found: dict[int, tuple[RainEntry, ...]] = {}
    sums = []
    sensors = []
    for gauge in wanted:
        with _guard:
            _kept.pop(gauge.point, None)
        transaction.on_commit(partial(_drop, gauge.point))
        sensors += gauge.sensors
        newest = told[gauge.point].newest
        if newest is not None:
            found[gauge.point] = tuple(
                told[gauge.point].history(since[gauge.point] - timedelta(microseconds=1), newest)
            )
            sums.append((gauge.point, newest, told[gauge.point].sums(newest)))
    cursor.execute(
        "UPDATE sensors_latestvalue SET revision = revision + 1 WHERE sensor_id = ANY(%s)", [sensors]
    )
    write_sums(cursor, sums, received_at=received_at)
    return found


def _drop(point: int) -> None:
    with _guard:
        _kept.pop(point, None)


def _keep(point: int, kept: _Kept) -> None:
    with _guard:
        _kept[point] = kept
        _kept.move_to_end(point)
        while len(_kept) > _KEPT_GAUGES:
            _kept.popitem(last=False)


def as_columns(sums: Mapping[str, RainAmount]) -> tuple[dict[str, float], dict[str, float]]:
    """Amounts as a row keeps them: mm and completeness, by window."""
    return (
        {name: amount.mm for name, amount in sums.items()},
        {name: round(amount.complete, 4) for name, amount in sums.items()},
    )


def write_sums(
    cursor: Any, sums: Iterable[tuple[int, datetime, Mapping[str, RainAmount]]], *, received_at: datetime
) -> None:
    """Upsert the sums as of their moments: (point, as of, amounts)."""
    rows = sorted(sums, key=lambda row: row[0])
    if not rows:
        return
    columns = [as_columns(sums) for _, _, sums in rows]
    cursor.execute(
        "INSERT INTO sensors_rainsum (sensor_id, at, received_at, mm, complete)"
        " SELECT p, at, %s, mm, complete"
        " FROM unnest(%s::bigint[], %s::timestamptz[], %s::jsonb[], %s::jsonb[]) AS r (p, at, mm, complete)"
        " ON CONFLICT (sensor_id) DO UPDATE SET at = excluded.at, received_at = excluded.received_at,"
        " mm = excluded.mm, complete = excluded.complete",
        [
            received_at,
            [point for point, _, _ in rows],
            [at for _, at, _ in rows],
            [orjson.dumps(mm).decode() for mm, _ in columns],
            [orjson.dumps(complete).decode() for _, complete in columns],
        ],
    )


def settle(at: datetime) -> int:
    """Bring the sums of silent gauges to ``at``: windows slide on, and what they do not cover shows.

    A gauge that reports keeps its sums as of its newest report. Returns how many were brought on. The
    time of receipt stays: no news came.
    """
    with transaction.atomic():
        rows = {
            row.sensor_id: row
            for row in RainSum.objects.select_for_update(skip_locked=True)
            .filter(at__lt=at - _SILENT_AT_LEAST)
            .exclude(complete__24h=0)
        }
        found = gauges(list(rows))
        silent = {gauge.point: gauge for gauge in found.values() if rows[gauge.point].at < at - gauge.usual}
        if not silent:
            return 0
        told = read_gauges(list(silent.values()), at, at)
        for point in silent:
            sums = told[point].sums(at)
            rows[point].at = at
            rows[point].mm, rows[point].complete = as_columns(sums)
        RainSum.objects.bulk_update([rows[point] for point in silent], ["at", "mm", "complete"])
    return len(silent)
