"""How fast readings come in: the full path, the storing part, and the ceilings of the same run.

Everything happens in tables of a schema of its own, dropped at the end: the district's data are not touched.
"""

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO

from django.db import connection, transaction

from command_center.core.benches import Report

from ..domain.rain import RainGauge
from ..domain.readings import Message
from ..domain.readings import Reading as Said
from ..models import Reading, Sensor, Station
from ..services import directory, ingest, partitions, points, rain, storing
from ..services.copying import copy_readings, pg_us
from ..services.ingest import Frame

SCHEMA = "bench_ingest"
START = datetime(2022, 8, 18, 0, 0, tzinfo=UTC)
BATCH = 1000
_PLAIN = (
    "sensors_station sensors_sensor sensors_contact sensors_latestvalue sensors_rainsum sensors_alarm"
    " sensors_alarmevent sensors_alarmwatch core_event"
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
def _own_tables() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        for table in _PLAIN:
            cursor.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL)")
        for table in ("sensors_latestvalue", "sensors_rainsum"):
            cursor.execute(f"ALTER TABLE {SCHEMA}.{table} SET (fillfactor = 50)")
        for table, key in _BY_DAY.items():
            cursor.execute(
                f"CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL) PARTITION BY RANGE ({key})"
            )
        cursor.execute(f"SET search_path = {SCHEMA}, public")
    _forget()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = public; DROP SCHEMA {SCHEMA} CASCADE")
        _forget()


def _forget() -> None:
    for memory in (directory, partitions, rain, points):
        memory.forget()


def _district() -> list[tuple[Station, list[Sensor]]]:
    stations, sensors = [], []
    for kind, (count, protocol, channels) in KINDS.items():
        for n in range(count):
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


def _rows(sensor_ids: list[int], minute: int) -> list[tuple[int, int, float, int, int]]:
    us = pg_us(START + timedelta(minutes=minute))
    return [(us, sensor_id, 1.5, 0, us) for sensor_id in sensor_ids]


def _rate(work: Callable[[int], int], *, seconds: float, first: int) -> tuple[float, int, int]:
    """Call ``work(n)`` for ``seconds``: (rows/s, rows, next n). ``work`` returns how many rows it did."""
    rows, n, begin = 0, first, time.perf_counter()
    while (spent := time.perf_counter() - begin) < seconds:
        rows += work(n)
        n += 1
    return rows / spent, rows, n


def bench_ingest(report: Report) -> None:
    """Full path against the storing part, that against raw COPY and against Django's bulk_create."""
    with _own_tables():
        district = _district()
        sensor_ids = [sensor.id for _, sensors in district for sensor in sensors]
        partitions.ensure("sensors_reading", [(START + timedelta(days=n)).date() for n in range(-1, 60)])
        full = _measure_full_path(district)
        _settle_tables()
        chunks = [sensor_ids[n : n + BATCH] for n in range(0, len(sensor_ids) - BATCH + 1, BATCH)]
        base = 10 * 1440  # days away from the full path's rows, so that every key is new
        minute = base

        def chunk(n: int) -> list[tuple[int, int, float, int, int]]:
            return _rows(chunks[n % len(chunks)], base + n // len(chunks))

        ceiling, copied, n = _measure_raw(chunk, 0)
        stored, stored_rows, n = _measure_storing(chunk, n)
        bulk, bulk_rows, n = _measure_bulk_create(chunk, n)
        minute = base + n // len(chunks) + 1
        _fill(sensor_ids, minute)
        base, later_from = minute + 10 * 1440, 0
        later_ceiling, _, later_from = _measure_raw(chunk, later_from)
        later, later_rows, _ = _measure_storing(chunk, later_from)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sensors_reading")
            (kept,) = cursor.fetchone()
    setting = f"batches of {BATCH}, {len(sensor_ids)} points of {len(district)} stations"
    report.figure("raw_copy_through_stage", ceiling, "rows/s", n=copied, note="ready bytes: the ceiling")
    report.figure(
        "storing",
        stored,
        "rows/s",
        ceiling=ceiling,
        n=stored_rows,
        note=f"pack, COPY, insert, latest values; {setting}",
    )
    report.figure("bulk_create", bulk, "rows/s", ceiling=stored, n=bulk_rows, note="Django's way, same table")
    report.figure(
        "full_path",
        full[0],
        "readings/s",
        ceiling=stored,
        n=full[1],
        note=f"raw frames, quality, latest, rain sums, alarm rules, contact; {setting}; one process",
    )
    report.figure(
        "storing_when_full",
        later / later_ceiling,
        "of raw COPY",
        ceiling=stored / ceiling,
        n=later_rows,
        note=f"the same share with {kept} rows kept: 1 is flat",
    )
    _measure_windows(report)


def _settle_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sensors_latestvalue")


def _measure_full_path(district: list[tuple[Station, list[Sensor]]]) -> tuple[float, int]:
    chance = random.Random(1)
    spent, readings = 0.0, 0
    for n in range(60):
        frames = _round_of(district, n, chance)
        gc.freeze()  # what the bench itself holds is not the path's to walk through
        begin = time.perf_counter()
        for batch in _batches(frames):
            receipt = ingest.ingest(batch, received_at=frames[0].received_at)
            readings += receipt.stored if n else 0
        spent += time.perf_counter() - begin if n else 0.0  # the first round fills the memories
        if spent > 12:
            break
    return readings / spent, readings


def _measure_raw(chunk: Callable[[int], list], first: int) -> tuple[float, int, int]:
    class Bytes:
        """Catches what ``copy_readings`` would send."""

        def copy_expert(self, _: str, body: BytesIO) -> None:
            self.body = body.getvalue()

    catcher = Bytes()
    ready = []
    for n in range(first, first + 250):
        rows = chunk(n)
        copy_readings(catcher, "", rows)
        ready.append((catcher.body, len(rows)))
    taken = iter(ready)

    def work(_: int) -> int:
        body, rows = next(taken)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE IF NOT EXISTS reading_stage (LIKE sensors_reading) ON COMMIT DELETE ROWS"
            )
            cursor.copy_expert("COPY reading_stage FROM STDIN BINARY", BytesIO(body))
            cursor.execute("INSERT INTO sensors_reading SELECT * FROM reading_stage ON CONFLICT DO NOTHING")
        return rows

    rows, begin = 0, time.perf_counter()
    for _ in ready:
        rows += work(0)
        if time.perf_counter() - begin > 4:
            break
    return rows / (time.perf_counter() - begin), rows, first + len(ready)


def _measure_storing(chunk: Callable[[int], list], first: int) -> tuple[float, int, int]:
    def work(n: int) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            rows = chunk(n)
            storing.store(cursor, rows, span=(START, START), look_first=False)
            storing.write_latest(cursor)
        return len(rows)

    return _rate(work, seconds=4, first=first)


def _measure_bulk_create(chunk: Callable[[int], list], first: int) -> tuple[float, int, int]:
    def work(n: int) -> int:
        at = START + timedelta(days=10, minutes=n // 10)
        rows = [
            Reading(observed_at=at, sensor_id=row[1], value=row[2], quality=row[3], received_at=at)
            for row in chunk(n)
        ]
        Reading.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    return _rate(work, seconds=3, first=first)


def _fill(sensor_ids: list[int], first_minute: int, rows: int = 1_000_000) -> None:
    """Let a lot be stored already."""
    per_moment = len(sensor_ids)
    for part in range(rows // per_moment // 10):
        at = START + timedelta(minutes=first_minute + part * 10)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sensors_reading SELECT m, s, 1.5, 0, m FROM unnest(%s::int[]) s,"
                " generate_series(%s, %s, interval '1 minute') m ON CONFLICT DO NOTHING",
                [sensor_ids, at, at + timedelta(minutes=9)],
            )


def _measure_windows(report: Report) -> None:
    """Cost of one rain sample with all seven sums, by how many samples a gauge remembers."""
    costs = {}
    for remembered in (300, 3000, 30000):
        gauge = RainGauge(step=timedelta(minutes=1))
        gauge.add([(START + timedelta(minutes=n), 0.1) for n in range(remembered)])
        begin = time.process_time()
        for n in range(2000):
            at = START + timedelta(minutes=remembered + n)
            gauge.add([(at, 0.1)])
            gauge.sums(at)
        costs[remembered] = (time.process_time() - begin) / 2000 * 1e6
    report.figure(
        "rain_sample",
        costs[30000],
        "µs",
        ceiling=costs[300],
        n=2000,
        note="30,000 samples remembered against 300: 1 is independent of the window",
    )
