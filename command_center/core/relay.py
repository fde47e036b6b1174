"""The relay: gives committed events their number, rings the bell, hands deliveries to the workers.

Row ids are no cursor: they are drawn before commit, so a reader following them misses what commits late.
Numbers are therefore given after commit, by one relay at a time under an advisory lock that is waited for
(with the "try" form an event committed while another relay works would wait for the next sweep).
"""

import logging
import queue
import select
import threading
import time
from dataclasses import dataclass

from django.db import Error, connection, transaction

from . import heartbeat
from .bus import Bell
from .events import BELL, LISTENERS

log = logging.getLogger(__name__)

_LOCK = 7218300562
_BATCH = 2000
SWEEP_S = 1.0

_NUMBER = """
    UPDATE core_event e SET seq = h.head + n.n
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM
            (SELECT id FROM core_event WHERE seq IS NULL ORDER BY id LIMIT %s) u) n,
         (SELECT coalesce(max(seq), 0) AS head FROM core_event) h
    WHERE e.id = n.id
    RETURNING e.seq, e.kind
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round has numbered: the new head, and the deliveries that follow from it."""

    head: int
    deliveries: list[tuple[int, str]]
    full: bool


def number(limit: int = _BATCH) -> Batch | None:
    """Number what is committed and has no number; None where there is nothing. Two relays take turns."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM core_event WHERE seq IS NULL)")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_NUMBER, [limit])
        rows = sorted(cursor.fetchall())
    if not rows:
        return None
    deliveries = [(seq, name) for seq, kind in rows for name in LISTENERS.get(kind, ())]
    return Batch(rows[-1][0], deliveries, len(rows) == limit)


class Herald:
    """Tells the world by Redis what was numbered, in a thread of its own: numbering never waits for Redis.

    What cannot be told is dropped here and found by others: bells by the hubs' own look at the table,
    deliveries by ``tasks.sweep_deliveries``.
    """

    def __init__(self) -> None:
        self._news: queue.Queue[Batch | None] = queue.Queue(maxsize=100)
        self._thread = threading.Thread(target=self._run, name="herald", daemon=True)
        self._thread.start()

    def tell(self, batch: Batch) -> None:
        try:
            self._news.put_nowait(batch)
        except queue.Full:
            log.warning("deliveries up to %s are left to the sweep", batch.head)

    def close(self) -> None:
        self._news.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        from .tasks import enqueue

        bell = Bell()
        while batch := self._news.get():
            bell.ring(batch.head)
            if batch.deliveries and not enqueue(batch.deliveries):
                log.warning("the broker does not take deliveries; up to %s left to the sweep", batch.head)
        bell.close()


class Relay:
    """The loop of ``manage.py relay``. ``stop`` ends it after the present round."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._herald = Herald()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._listen()
                while not self.stop.is_set():
                    self.round()
                    self._wait(SWEEP_S)
            except Error:  # the database went away: come back until it is there again
                log.warning("the relay lost the database", exc_info=True)
                connection.close()
                self.stop.wait(0.5)
        self._herald.close()
        connection.close()

    def round(self) -> int:
        """Number all there is and tell it; returns how many rounds that took."""
        rounds = 0
        while batch := number():
            rounds += 1
            self._herald.tell(batch)
            if not batch.full:
                break
        heartbeat.beat("relay")
        return rounds

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {BELL}")

    def _wait(self, seconds: float) -> None:
        """Until a NOTIFY, at most ``seconds``; many notifications are one."""
        raw = connection.connection
        until = time.monotonic() + seconds
        while not self.stop.is_set() and (left := until - time.monotonic()) > 0:
            with connection.wrap_database_errors:
                raw.poll()
            if raw.notifies:
                raw.notifies.clear()
                return
            select.select([raw], [], [], min(left, 0.5))
