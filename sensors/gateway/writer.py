"""Stores frames in batches and tells, frame by frame, when the promise of an answer may be given."""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sensors.gateway.settings import Limits

log = logging.getLogger(__name__)

Sink = Callable[[Sequence[Any]], object]
"""Stores frames and returns after the commit. Called in one thread, one call at a time."""
Stored = Callable[[bool], None]
"""Called in the event loop: True after the commit, False when the frame cannot be stored."""

RETRY_FIRST_S, RETRY_MOST_S = 0.2, 5.0


def digest(octets: bytes) -> bytes:
    return hashlib.blake2b(octets, digest_size=16).digest()


@dataclass(slots=True)
class Job:
    frame: Any
    key: bytes
    """Of the octets: the same frame again is a repeat."""
    stored: list[Stored] = field(default_factory=list)


class Writer:
    """One queue for all connections, one thread for the database.

    While a batch commits the next one collects, so that a quiet gateway answers at once and a busy one commits rarely.
    A database that is away is waited for: the batch stays, the queue fills, the connections stop reading, and the
    devices, which got no answer, repeat.
    """

    def __init__(
        self, sink: Sink, limits: Limits, is_outage: Callable[[Exception], bool], reset: Callable[[], None]
    ):
        self.sink, self.limits, self.is_outage, self.reset = sink, limits, is_outage, reset
        self.queue: asyncio.Queue[Job] = asyncio.Queue(limits.queued)
        self.waiting: dict[bytes, Job] = {}
        self.known: OrderedDict[bytes, None] = OrderedDict()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-writer")
        self.commits = 0
        self.commit_s = 0.0
        self.away_since: float | None = None

    async def put(self, frame: Any, key: bytes, stored: Stored) -> bool:
        """Have ``frame`` stored; ``stored`` is called then. False: a repeat, not stored again."""
        if key in self.known:
            self.known.move_to_end(key)
            stored(True)
            return False
        if (job := self.waiting.get(key)) is not None:
            job.stored.append(stored)
            return False
        job = self.waiting[key] = Job(frame, key, [stored])
        try:
            await self.queue.put(job)
        except asyncio.CancelledError:
            self._tell(job, False)
            raise
        return True

    def remember(self, key: bytes) -> None:
        self.known[key] = None
        if len(self.known) > self.limits.remembered:
            self.known.popitem(last=False)

    async def run(self) -> None:
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.limits.batch and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            await self._store(batch)
            for _ in batch:
                self.queue.task_done()

    async def _store(self, batch: list[Job]) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            try:
                started = time.monotonic()
                await self.call(self.sink, [job.frame for job in batch])
            except Exception as problem:
                if self.is_outage(problem):
                    if self.away_since is None:
                        self.away_since = started
                        log.warning("the database is away, %d frames wait: %s", len(batch), problem)
                    await asyncio.sleep(wait_s)
                    await self.call(self.reset)
                    wait_s = min(wait_s * 2, RETRY_MOST_S)
                    continue
                if len(batch) > 1:  # one of them cannot be stored: it must not cost the others their answer
                    for job in batch:
                        await self._store([job])
                    return
                log.exception("a frame of %s cannot be stored and gets no answer", batch[0].frame.peer)
                self._tell(batch[0], False)
                return
            break
        if self.away_since is not None:
            log.warning("the database is back after %.1f s", time.monotonic() - self.away_since)
            self.away_since = None
        self.commits += 1
        self.commit_s += time.monotonic() - started
        for job in batch:
            self.remember(job.key)
            self._tell(job, True)

    def _tell(self, job: Job, done: bool) -> None:
        self.waiting.pop(job.key, None)
        for stored in job.stored:
            try:
                stored(done)
            except Exception:
                log.exception("a frame of %s is stored, but its answer failed", job.frame.peer)

    async def call(self, function: Callable[..., object], *args: Any, **named: Any) -> object:
        """Run something that touches the database in the writer's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, lambda: function(*args, **named))
