"""Polls a second over real sockets against devices that answer after 50 ms, in one and in two processes.

Beside it, in the same run: the ceiling (a minimal client of our own in place of pymodbus, everything else the same), new
connections each time, and one task a device. Answers are counted by the devices, not by us.
"""

import asyncio
import heapq
import multiprocessing
import os
import queue
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from command_center.core.benches import Report
from sensors.adapters import ADAPTERS
from sensors.adapters.base import Session
from sensors.domain.polling import Pace, next_poll
from sensors.polling.runner import Outcome, Poller, Target

from .poll_devices import addresses

DEVICES = 500
DELAY_MS = 50
SECONDS = 3.0
POINTS = [
    {"channel": f"p{n}", "quantity": "pump_current", "table": "holding", "address": n} for n in range(8)
]
MODBUS: Any = ADAPTERS["modbus"]


class Devices:
    """The process that plays the devices."""

    def __init__(self, count: int, mute: int = 0) -> None:
        self.hosts, self.mute = addresses(count), mute
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sensors.benches.poll_devices", str(count), str(DELAY_MS), str(mute)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=settings.BASE_DIR,
        )
        self.port = int(self._process.stdout.readline())

    def answers(self) -> int:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=10)


@contextmanager
def devices(count: int, mute: int = 0) -> Iterator[Devices]:
    found = Devices(count, mute)
    try:
        yield found
    finally:
        found.close()


class _MinimalSession(asyncio.Protocol):
    """As little as can be between a socket and an answer: the ceiling of the design."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.host, self.port = config["host"], config["port"]
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(data)

    async def fetch(self, timeout_s: float) -> bytes:
        loop = asyncio.get_running_loop()
        if self._transport is None:
            self._transport, _ = await loop.create_connection(lambda: self, self.host, self.port)
        self._answer = loop.create_future()
        self._transport.write(b"\0\1\0\0\0\6\1\3\0\0\0\10")
        return await self._answer

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _NewConnection:
    """pymodbus with a connection for each poll."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._session = MODBUS.session(config)

    async def fetch(self, timeout_s: float) -> bytes:
        try:
            return await self._session.fetch(timeout_s)
        finally:
            await self._session.close()

    async def close(self) -> None:
        await self._session.close()


class _Way:
    """The Modbus adapter with another session."""

    def __init__(self, session: Callable[[Mapping[str, Any]], Session]) -> None:
        self.session, self.decode = session, MODBUS.decode


WAYS: dict[str, Any] = {
    "kept": MODBUS,
    "new": _Way(_NewConnection),
    "minimal": _Way(_MinimalSession),
}


def targets(way: str, hosts: list[str], port: int) -> list[Target]:
    return [
        Target(host, WAYS[way], {"host": host, "port": port, "unit": 1, "points": POINTS}) for host in hosts
    ]


def poll_on(way: str, hosts: list[str], port: int, ready: Any, start: Any, out: Any) -> None:
    """Ask ``hosts`` again and again for ``SECONDS``, decoding every answer; puts (polls, CPU seconds)."""
    poller = Poller()
    wanted, arrived = targets(way, hosts, port), queue.SimpleQueue()
    poller.submit(wanted, arrived.put).result()  # connections stand, caches are warm
    while not arrived.empty():
        arrived.get()
    ready.release()
    start.wait()
    until, cpu, done = time.monotonic() + SECONDS, time.process_time(), 0
    poller.submit(wanted, arrived.put)
    again: list[Target] = []
    at = datetime.now(UTC)
    while time.monotonic() < until:
        outcome: Outcome = arrived.get(timeout=10)
        if outcome.error:
            raise RuntimeError(outcome.error)
        outcome.target.adapter.decode(outcome.raw, outcome.target.config, at)
        done += 1
        again.append(outcome.target)
        if len(again) >= 50 or arrived.empty():
            poller.submit(again, arrived.put)
            again = []
    out.put((done, time.process_time() - cpu))
    poller.close()


def measure(way: str, processes: int, field: Devices) -> tuple[float, float]:
    """(polls a second, share of one core that the pollers used)."""
    context = multiprocessing.get_context("fork")
    ready, start, out = context.Semaphore(0), context.Event(), context.Queue()
    shares = [field.hosts[number::processes] for number in range(processes)]
    workers = [
        context.Process(target=poll_on, args=(way, share, field.port, ready, start, out)) for share in shares
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    before, begun = field.answers(), time.monotonic()
    start.set()
    results = [out.get(timeout=60) for _ in workers]
    answered, took = field.answers() - before, time.monotonic() - begun
    for worker in workers:
        worker.join(timeout=20)
    if sum(done for done, _ in results) > answered + 1:
        raise RuntimeError("more answers were counted than were given")
    return answered / took, sum(cpu for _, cpu in results) / took


def one_task_a_device(field: Devices, threads: int, tasks: int) -> float:
    """Polls a second of a Celery worker with a thread pool and a blocking client."""
    from .poll_naive import poll_one

    environment = {
        # Without our settings: the worker is a bare one, free of what Django would cost it.
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "BENCH_BROKER": settings.CELERY_BROKER_URL,
        "BENCH_QUEUE": f"bench-poll-{uuid.uuid4().hex[:8]}",
    }
    poll_one.app.conf.broker_url = settings.CELERY_BROKER_URL
    for number in range(tasks):
        poll_one.apply_async(
            (field.hosts[number % len(field.hosts)], field.port), queue=environment["BENCH_QUEUE"]
        )
    before = field.answers()
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "sensors.benches.poll_naive", "worker", "--pool", "threads",
         "-c", str(threads), "-Q", environment["BENCH_QUEUE"], "-l", "ERROR", "--without-gossip",
         "--without-mingle", "--without-heartbeat"],
        env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while (first := field.answers() - before) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        if not first:
            raise RuntimeError("the worker of one task a device did not begin")
        begun = time.monotonic()
        while (done := field.answers() - before) < tasks * 0.95 and time.monotonic() < begun + 2 * SECONDS:
            time.sleep(0.02)
        return (done - first) / (time.monotonic() - begun)
    finally:
        worker.terminate()
        worker.wait(timeout=20)
        with poll_one.app.connection_for_write() as broker:
            broker.default_channel.queue_purge(environment["BENCH_QUEUE"])


def on_schedule(field: Devices, interval_s: float, seconds: float) -> float:
    """Answers a second of the living, each device asked every ``interval_s`` by the rules of the schedule."""
    poller, arrived = Poller(), queue.SimpleQueue()
    wanted = {target.key: target for target in targets("kept", field.hosts, field.port)}
    pace = Pace(interval_s, 10.0)
    begun = datetime.now(UTC)
    state = {host: (begun + timedelta(seconds=random.random() * interval_s), 0) for host in wanted}
    due = [(at, host) for host, (at, _) in state.items()]
    heapq.heapify(due)
    before, mark = field.answers(), None
    counting = begun + timedelta(seconds=2 * interval_s)  # all connections stand, every device is on its beat
    while (now := datetime.now(UTC)) < counting + timedelta(seconds=seconds):
        if mark is None and now >= counting:
            before, mark = field.answers(), time.monotonic()
        shard = []
        while due and due[0][0] <= now:
            shard.append(wanted[heapq.heappop(due)[1]])
        if shard:
            poller.submit(shard, arrived.put)
        wait = (due[0][0] - now).total_seconds() if due else 0.01
        try:
            outcome = arrived.get(timeout=min(0.01, max(0.0, wait)))
        except queue.Empty:
            continue
        while True:
            host = outcome.target.key
            at, failures = state[host]
            plan = next_poll(pace, at, failures, not outcome.error, datetime.now(UTC), random.random())
            state[host] = (plan.due_at, plan.failures)
            heapq.heappush(due, (plan.due_at, host))
            if arrived.empty():
                break
            outcome = arrived.get()
    rate = (field.answers() - before) / (time.monotonic() - (mark or time.monotonic()))
    poller.close()
    return rate


def bench_poll(report: Report) -> None:
    with devices(DEVICES) as field:
        ceiling, best = {}, 0.0
        for processes in (1, 2):
            ceiling[processes] = measure("minimal", processes, field)[0]
            rate, cpu = measure("kept", processes, field)
            best = max(best, rate)
            report.figure(
                f"kept connections, {processes} process{'es' * (processes - 1)}", rate, "polls/s",
                ceiling=ceiling[processes], n=DEVICES,
                note=f"pymodbus, {DELAY_MS} ms devices; pollers used {cpu:.2f} cores: {rate / cpu:.0f} a core; target 4000",
            )  # fmt: skip
        rate, cpu = measure("new", 1, field)
        report.figure(
            "new connection each time, 1 process", rate, "polls/s", ceiling=ceiling[1], n=DEVICES,
            note=f"pollers used {cpu:.2f} cores",
        )  # fmt: skip
        naive = max(one_task_a_device(field, threads, 1500) for threads in (8, 100))
        report.figure(
            "one task a device, best of 8 and 100 threads", naive, "polls/s", ceiling=ceiling[1], n=1500,
            note="Celery, blocking client",
        )  # fmt: skip
        report.figure("shards against one task a device", best / naive, "times", note="target at least 10")
    living = 475
    rates = {}
    for mute in (0, 25):
        with devices(living + mute, mute) as field:
            rates[mute] = on_schedule(field, 2.0, 6.0)
    report.figure(
        "the living beside 5 % dead devices", rates[25], "polls/s", ceiling=rates[0], n=living + 25,
        note="475 living devices each 2 s, ceiling: without the dead; target ratio above 0.95",
    )  # fmt: skip
