"""One gateway with 1,000 terminals, alone and beside 5 % hostile ones, and a day of theirs delivered at once.

The gateway is a process of its own, as it runs in the hall, with the ordinary way in behind it; everything is stored in tables
of a schema of its own, dropped at the end. Intervals are seconds here: a hall's terminals report each five minutes, so that
this is thirty times their load.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

from command_center.core.benches import Report

from ..models import Alarm, Sensor, Station
from .gateway_devices import HABITS, Terminal, for_ever
from .ingest import SCHEMA, _own_tables

DEVICES, HOSTILE = 1000, 50
INTERVAL_S, SECONDS, SETTLES_S = 10.0, 90.0, 20.0
BACKLOG, LATE, STEP = timedelta(hours=24), timedelta(hours=2), timedelta(minutes=5)
PATIENCE_S = 900.0
WARNING_M, FLOOD_M = 5.0, 6.0


def bench_gateway(report: Report) -> None:
    """Age of the healthy devices' data, memory and defects with and without hostile ones; then the backlog."""
    _many_files()
    with _own_tables(_others()):
        addresses = _stations(DEVICES + HOSTILE + DEVICES)
        healthy, hostile, cut_off = (
            addresses[:DEVICES],
            addresses[DEVICES:-DEVICES],
            addresses[-DEVICES:],
        )
        with serving() as gateway:
            alone = asyncio.run(_beside(gateway, healthy, ()))
        with serving() as gateway:
            beside = asyncio.run(_beside(gateway, healthy, hostile))
        setting = f"{DEVICES} terminals each {INTERVAL_S:g} s for {SECONDS:g} s"
        report.figure("age_p99_alone", alone["p99_s"], "s", n=DEVICES, note=setting)
        report.figure(
            "age_p99_beside_hostile", beside["p99_s"], "s", ceiling=alone["p99_s"], n=DEVICES,
            note=f"{HOSTILE} hostile beside {setting}; target at most {2 * INTERVAL_S:g} s (two intervals)",
        )  # fmt: skip
        report.figure("age_worst_beside_hostile", beside["worst_s"], "s", ceiling=alone["worst_s"], n=DEVICES)
        report.figure(
            "memory_growth", beside["rss_mb"] - alone["rss_mb"], "MB",
            note=f"{beside['rss_mb']:.0f} MB against {alone['rss_mb']:.0f} MB without hostile ones; target at most 50",
        )  # fmt: skip
        report.figure(
            "defects", beside["defects"] + alone["defects"], "", note="gateway alive at the end; target 0"
        )
        report.figure(
            "stored",
            beside["accepted"],
            "frames",
            ceiling=alone["accepted"],
            note=f"refused {beside['refused']}",
        )
        _measure_backlog(report, cut_off)
        _measure_late(report, healthy)


bench_gateway.long = True  # type: ignore[attr-defined]


def _measure_backlog(report: Report, addresses: Sequence[str]) -> None:
    """A day without a line: then every terminal tells its 288 reports, one after the other, all terminals at once."""
    with serving() as gateway:
        took_s, frames = asyncio.run(_backlog(gateway.port, addresses, BACKLOG))
    rang = Alarm.objects.filter(rang=True).count()
    report.figure(
        "backlog_to_current", took_s, "s", n=frames,
        note=f"{len(addresses)} terminals, {frames / took_s:.0f} frames/s; target at most 180",
    )  # fmt: skip
    report.figure(
        "backlog_rings", rang, "alarms", n=Alarm.objects.count(),
        note="a third of them was in flood at night; n: alarms on record; target 0",
    )  # fmt: skip


def _measure_late(report: Report, addresses: Sequence[str]) -> None:
    """The harder order: terminals that have told their present tell hours before it, and all that is judged again."""
    with serving() as gateway:
        took_s, frames = asyncio.run(_backlog(gateway.port, addresses, LATE))
    report.figure(
        "late_frames", frames / took_s, "frames/s", n=frames,
        note=f"{len(addresses)} terminals tell {LATE} of before their present",
    )  # fmt: skip


# --- the gateway's process ----------------------------------------------------------------------------
class Serving:
    """A gateway in a process of its own, on a port of the system's choice."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._here, there = context.Pipe()
        connection.close()  # the child shall not share its socket
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
        self._process.start()
        self.port: int = self._here.recv()

    def facts(self) -> dict[str, Any]:
        """{accepted, refused, defects, rss_mb} of now; raises where the process has ended."""
        self._here.send("facts")
        if not self._here.poll(30):
            raise RuntimeError("the gateway does not answer")
        return dict(self._here.recv())

    def close(self) -> None:
        os.kill(self._process.pid or 0, signal.SIGTERM)
        self._process.join(timeout=30)
        if self._process.exitcode != 0:
            raise RuntimeError(f"the gateway ended with {self._process.exitcode}")


@contextmanager
def serving() -> Iterator[Serving]:
    found = Serving()
    try:
        yield found
    finally:
        found.close()
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {SCHEMA}, public")


def _in_own_schema(sender: Any, connection: Any, **named: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {SCHEMA}, public")


def _serve(pipe: Any) -> None:
    connection_created.connect(_in_own_schema, weak=False)
    asyncio.run(_listen(pipe))


async def _listen(pipe: Any) -> None:
    from ..adapters.sl651 import Sl651
    from ..gateway import Gateway
    from ..gateway.keep import is_outage, keep, reset

    gateway = Gateway(
        {"sl651": Sl651()}, keep, clock=lambda: datetime.now(UTC), allowed_skew=lambda: timedelta(minutes=5),
        is_outage=is_outage, reset=reset,
    )  # fmt: skip
    ports = await gateway.start("127.0.0.1", {"sl651": 0})
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)

    def asked() -> None:
        pipe.recv()
        counts = gateway.counts
        pipe.send(
            {
                "accepted": counts.frames["accepted"],
                "refused": counts.frames["refused"] + counts.frames["garbage"],
                "defects": counts.closed["defect"],
                "rss_mb": _rss_mb(),
            }
        )

    loop.add_reader(pipe.fileno(), asked)
    pipe.send(ports["sl651"])
    await stopping.wait()
    await gateway.writer.call(reset)
    await gateway.stop()


def _rss_mb() -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


# --- the devices' side ----------------------------------------------------------------------------------
async def _beside(gateway: Serving, healthy: Sequence[str], hostile: Sequence[str]) -> dict[str, Any]:
    terminals = [Terminal(address, INTERVAL_S) for address in healthy]
    tasks = [asyncio.create_task(terminal.run(gateway.port)) for terminal in terminals]
    for number, address in enumerate(hostile):
        habit = HABITS[number % len(HABITS)]
        tasks.append(asyncio.create_task(for_ever(habit, address, gateway.port, INTERVAL_S)))
    ages: list[float] = []
    try:
        await asyncio.sleep(SETTLES_S)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(1.0)
            ages += [terminal.age_s() for terminal in terminals]
        facts = await asyncio.to_thread(gateway.facts)
    finally:
        await _end(tasks)
    ages.sort()
    return facts | {"p99_s": percentile(ages, 0.99), "worst_s": ages[-1]}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Of values in order."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _backlog(port: int, addresses: Sequence[str], span: timedelta) -> tuple[float, int]:
    """(seconds until all are current, frames told)."""
    present = datetime.now(UTC).replace(second=0, microsecond=0)
    times = [present - span + n * STEP for n in range(int(span / STEP) + 1)]
    night = (present - timedelta(hours=14), present - timedelta(hours=9))

    def in_flood(at: datetime) -> float:
        return FLOOD_M if night[0] <= at <= night[1] else 3.2

    terminals = [
        Terminal(address, INTERVAL_S, times, *((in_flood,) if number % 3 == 0 else ()))
        for number, address in enumerate(addresses)
    ]
    begin = time.monotonic()
    tasks = [asyncio.create_task(terminal.run(port)) for terminal in terminals]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(terminal.current.wait() for terminal in terminals))
        return time.monotonic() - begin, sum(terminal.acknowledged for terminal in terminals)
    finally:
        await _end(tasks)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# --- the tables -------------------------------------------------------------------------------------------
def _others() -> list[str]:
    """All tables of the field: none of what is stored here may refer to the district's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition"
            " AND relname LIKE 'sensors\\_%%' AND relnamespace = 'public'::regnamespace"
        )
        return [name for (name,) in cursor.fetchall()]


def _stations(count: int) -> list[str]:
    """Stage gauges with a warning level; returns their addresses."""
    stations = [
        Station(
            code=f"G-{n}", kind=Station.Kind.STAGE_GAUGE, name=f"G-{n}", position="POINT(118.6 37.4)", area_id=1,
            area_path="/dy/", protocol="sl651", address=f"00{n:08d}", interval_s=300,
            facts={"warning_level_m": WARNING_M, "guaranteed_level_m": FLOOD_M + 1},
        )
        for n in range(count)
    ]  # fmt: skip
    Station.objects.bulk_create(stations)
    Sensor.objects.bulk_create(
        [
            Sensor(station=station, channel=channel, quantity=quantity, name=channel)
            for station in stations
            for channel, quantity in (("level", "water_level"), ("battery", "battery"))
        ]
    )
    return [station.address for station in stations]


def _many_files() -> None:
    """As many sockets as the system allows: each device is one here and one in the gateway."""
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
