"""How fast readings come in: the full path, the storing part, and the ceilings of the same run.

Everything happens in tables of a schema of its own, dropped at the end: the district's data are not touched.
"""

import gc
import multiprocessing
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from django.db import connection, transaction

from command_center.core.benches import Report

from ..domain.rain import RainGauge
from ..domain.readings import Message
from ..domain.readings import Reading as Said
from ..models import Reading, Sensor, Station
from ..services import directory, ingest, partitions, points, rain, storing
from ..services.copying import ReadingRow as Row
from ..services.copying import copy_readings, from_pg_us, pg_us
from ..services.ingest import Frame

SCHEMA = "bench_ingest"
START = datetime(2022, 8, 18, 0, 0, tzinfo=UTC)
BATCH = 1000
_PLAIN = (
    "sensors_station sensors_sensor sensors_contact sensors_latestvalue sensors_rainsum sensors_alarm"
    " sensors_alarmevent sensors_alarmwatch sensors_alarmhour sensors_alarmhourdue core_event core_heartbeat"
).split()
_BY_DAY = {"sensors_reading": "observed_at", "sensors_rawframe": "received_at"}
PUMPS = [("forebay_level", "forebay_level"), ("screen_head_loss", "screen_head_loss")] + [
    (f"pump{n}.{what}", f"pump_{what}") for n in (1, 2) for what in ("running", "fault", "current")
]
KINDS = {  # kind: (how many, protocol, points)
    "pump_station": (800, "modbus", PUMPS),
    "ponding_site": (1200, "ea_http", [("depth", "ponding_depth")]),
    "stage_gauge": (600, "sl651", [("level", "water_level"), ("battery", "battery")]),
    "rain_gauge": (
        400,
        "sl651",
        [("rain_total", "rain_total"), ("rain_5min", "rain_5min"), ("battery", "battery")],
    ),
}


@contextmanager
def _own_tables(more: Iterable[str] = ()) -> Iterator[None]:
    """``more``: tables that are the run's own besides those of the way in."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        for table in dict.fromkeys([*_PLAIN, *more]):
            cursor.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL)")
        for table in ("sensors_latestvalue", "sensors_rainsum", "sensors_contact"):  # as migrations set it
            cursor.execute(f"ALTER TABLE {SCHEMA}.{table} SET (fillfactor = 50)")
        for table, key in _BY_DAY.items():
            cursor.execute(
                f"CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL) PARTITION BY RANGE ({key})"
            )
    _enter()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = public; DROP SCHEMA {SCHEMA} CASCADE")
        _forget()


def _enter() -> None:
    """Let this process see the run's own tables, and remember nothing of others."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {SCHEMA}, public")
    _forget()


def _forget() -> None:
    for memory in (directory, partitions, rain, points):
        memory.forget()


def _district() -> list[tuple[Station, list[Sensor]]]:
    stations, sensors = [], []
    for kind, (many, protocol, channels) in KINDS.items():
        for n in range(many):
            station = Station(
                code=f"{kind}-{n}",
                kind=kind,
                name=kind,
                position="POINT(118.6 37.4)",
                area_id=1,
                area_path="/dy/",
                protocol=protocol,
                address=f"{kind}-{n}",
                facts={"site": "road", "start_level_m": 3.0, "warning_level_m": 8.0},
            )
            stations.append(station)
            for channel, quantity in channels:
                facts = {"wraps_at": 100000.0} if quantity == "rain_total" else {"rated_current_a": 100.0}
                sensors.append(
                    Sensor(station=station, channel=channel, quantity=quantity, name=channel, facts=facts)
                )
    Station.objects.bulk_create(stations)
    Sensor.objects.bulk_create(sensors)
    by_station: dict = {station.id: (station, []) for station in stations}
    for sensor in sensors:
        by_station[sensor.station_id][1].append(sensor)
    return list(by_station.values())


_NORMAL = {
    "forebay_level": 2.0,
    "screen_head_loss": 0.05,
    "water_level": 5.0,
    "battery": 12.6,
    "pump_running": 0.0,
    "pump_fault": 0.0,
    "pump_current": 0.0,
}


def _round_of(district: list[tuple[Station, list[Sensor]]], n: int, chance: random.Random) -> list[Frame]:
    """One report of every station: rain falls everywhere, two sites in a hundred stand under water."""
    at = START + timedelta(minutes=5 * n)
    frames = []
    for index, (station, sensors) in enumerate(district):
        said = []
        for sensor in sensors:
            if sensor.quantity == "rain_total":
                value = 100.0 + n
            elif sensor.quantity == "rain_5min":
                value = 1.0
            elif sensor.quantity == "ponding_depth":
                value = 30.0 if index % 50 == 0 else 1.0 + chance.random()
            else:
                value = _NORMAL[sensor.quantity] + 0.01 * chance.random()
            said.append(Said(station.address, sensor.channel, sensor.quantity, value, at))
        message = Message(station.protocol, station.address, "32", at, at, tuple(said))
        frames.append(Frame(station.protocol, "127.0.0.1:1", at, bytes(60), station.address, message))
    return frames


def _batches(frames: list[Frame]) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    size = 0
    for frame in frames:
        assert frame.message is not None
        batch.append(frame)
        size += len(frame.message.readings)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _chunks(sensor_ids: list[int], *, first_minute: int) -> Iterator[list[Row]]:
    """Batches of new rows: every point once a minute."""
    for minute in count(first_minute):
        us = pg_us(START + timedelta(minutes=minute))
        for n in range(0, len(sensor_ids) - BATCH + 1, BATCH):
            yield [(us, sensor_id, 1.5, 0, us) for sensor_id in sensor_ids[n : n + BATCH]]


class _Catcher:
    """Keeps what would be sent."""

    def copy_expert(self, _: str, body: BytesIO) -> None:
        self.body = body.getvalue()


def _ready(rows: list[Row]) -> bytes:
    """Rows as bytes, packed beforehand."""
    catcher = _Catcher()
    copy_readings(catcher, "", rows)
    return catcher.body


def _in_turns(
    ways: dict[str, Callable[[Any], None]], chunks: Iterator[list[Row]], *, seconds: float
) -> tuple[dict[str, float], int]:
    """Rows/s of each way, and the rows each did. They take turns, so that other load meets all alike."""
    spent = dict.fromkeys(ways, 0.0)
    rounds = 0
    while sum(spent.values()) < seconds:
        for name, way in ways.items():
            rows = next(chunks)
            given = _ready(rows) if way is _raw_copy else rows
            begin = time.perf_counter()
            way(given)
            spent[name] += time.perf_counter() - begin
        rounds += 1
    return {name: rounds * BATCH / took for name, took in spent.items()}, rounds * BATCH


def bench_ingest(report: Report) -> None:
    """Full path against the storing part, that against raw COPY and against Django's bulk_create."""
    with _own_tables():
        district = _district()
        sensor_ids = [sensor.id for _, sensors in district for sensor in sensors]
        partitions.ensure("sensors_reading", [(START + timedelta(days=n)).date() for n in range(-1, 60)])
        full, cpu_us, readings = _measure_full_path(district)
        done = 2 + readings // len(sensor_ids)  # the storm goes on: a jump in time would be another load
        both, both_readings = _measure_two_processes(district, done)
        chunks = _chunks(sensor_ids, first_minute=10 * 1440)  # away from the rows of the full path
        rates, rows = _in_turns(
            {"raw": _raw_copy, "storing": _storing, "bulk_create": _bulk_create}, chunks, seconds=9
        )
        kept = _fill(sensor_ids, first_minute=20 * 1440)
        chunks = _chunks(sensor_ids, first_minute=40 * 1440)
        filled, filled_rows = _in_turns({"raw": _raw_copy, "storing": _storing}, chunks, seconds=4)
    setting = f"batches of {BATCH}, {len(sensor_ids)} points of {len(district)} stations"
    report.figure(
        "raw_copy", rates["raw"], "rows/s", n=rows, note="ready bytes through the same stage: the ceiling"
    )
    report.figure(
        "storing",
        rates["storing"],
        "rows/s",
        ceiling=rates["raw"],
        n=rows,
        note=f"pack, COPY, insert, latest values; {setting}",
    )
    report.figure(
        "bulk_create", rates["bulk_create"], "rows/s", ceiling=rates["storing"], n=rows, note="Django's way"
    )
    report.figure(
        "full_path",
        full,
        "readings/s",
        ceiling=rates["storing"],
        n=readings,
        note=f"raw frames, quality, latest, rain sums, alarm rules, contact; {setting}; one process",
    )
    report.figure(
        "full_path_two_processes",
        both,
        "readings/s",
        ceiling=rates["storing"],
        n=both_readings,
        note=f"the same by two processes at once, as the gateway and the pollers are; {setting}",
    )
    report.figure("full_path_client_cpu", cpu_us, "µs/reading", n=readings, note="of this process")
    report.figure(
        "storing_when_full",
        filled["storing"],
        "rows/s",
        ceiling=filled["raw"],
        n=filled_rows,
        note=f"with {kept} rows kept; flat if the ratio is that of storing",
    )
    _measure_windows(report)


def _measure_two_processes(district: list[tuple[Station, list[Sensor]]], first: int) -> tuple[float, int]:
    """Readings/s of both together, readings: each has half of the stations."""
    connection.close()  # a connection is nobody's after a fork
    with multiprocessing.get_context("fork").Pool(2, _enter) as pool:
        rates = pool.starmap(_measure_full_path, [(district[::2], first), (district[1::2], first)])
    _enter()
    return sum(rate for rate, *_ in rates), sum(readings for *_, readings in rates)


def _measure_full_path(
    district: list[tuple[Station, list[Sensor]]], first: int = 0
) -> tuple[float, float, int]:
    """Readings/s, this process's CPU a reading in µs, readings; from the ``first`` report of every station on."""
    chance = random.Random(1)
    spent, cpu, readings = 0.0, 0.0, 0
    for n in range(first, first + 60):
        frames = _round_of(district, n, chance)
        gc.freeze()  # what the bench itself holds is not the path's to walk through
        begin, cpu_begin = time.perf_counter(), time.process_time()
        for batch in _batches(frames):
            receipt = ingest.ingest(batch, received_at=frames[0].received_at)
            readings += receipt.stored if n > first + 1 else 0
        if n > first + 1:  # the first rounds fill the memories
            spent += time.perf_counter() - begin
            cpu += time.process_time() - cpu_begin
        if spent > 10:
            break
    gc.unfreeze()
    return readings / spent, cpu / readings * 1e6, readings


def _raw_copy(body: bytes) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS reading_stage (LIKE sensors_reading) ON COMMIT DELETE ROWS"
        )
        cursor.copy_expert("COPY reading_stage FROM STDIN BINARY", BytesIO(body))
        cursor.execute("INSERT INTO sensors_reading SELECT * FROM reading_stage ON CONFLICT DO NOTHING")


def _storing(rows: list[Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        storing.store(cursor, rows, span=(START, START), look_first=False)
        storing.write_latest(cursor)


def _bulk_create(rows: list[Row]) -> None:
    Reading.objects.bulk_create(
        [
            Reading(
                observed_at=from_pg_us(us),
                sensor_id=sensor,
                value=value,
                quality=q,
                received_at=from_pg_us(got),
            )
            for us, sensor, value, q, got in rows
        ],
        ignore_conflicts=True,
    )


def _fill(sensor_ids: list[int], *, first_minute: int, rows: int = 1_000_000) -> int:
    """Let a lot be stored already; how many rows there are then."""
    with connection.cursor() as cursor:
        for part in range(rows // len(sensor_ids) // 10):
            at = START + timedelta(minutes=first_minute + part * 10)
            cursor.execute(
                "INSERT INTO sensors_reading SELECT m, s, 1.5, 0, m FROM unnest(%s::int[]) s,"
                " generate_series(%s, %s, interval '1 minute') m",
                [sensor_ids, at, at + timedelta(minutes=9)],
            )
        cursor.execute("SELECT count(*) FROM sensors_reading")
        (kept,) = cursor.fetchone()
    return kept


def _measure_windows(report: Report) -> None:
    """Cost of one rain sample with all seven sums, by how many samples a gauge remembers."""
    costs: dict[int, float] = {}
    for _ in range(5):
        for remembered in (300, 30000):
            gauge = RainGauge(step=timedelta(minutes=1))
            gauge.add([(START + timedelta(minutes=n), 0.1) for n in range(remembered)])
            begin = time.process_time()
            for n in range(400):
                at = START + timedelta(minutes=remembered + n)
                gauge.add([(at, 0.1)])
                gauge.sums(at)
            spent = (time.process_time() - begin) / 400 * 1e6
            costs[remembered] = min(spent, costs.get(remembered, spent))
    report.figure(
        "rain_sample",
        costs[30000],
        "µs",
        ceiling=costs[300],
        n=400,
        note="best of 5; 30,000 samples remembered against 300: 1 is independent of the window",
    )
