"""Asks whether work gets done, not whether something runs: `python -m command_center.launch.watchdog HOST PORT`.

A child of the supervisor. A process whose work (its row in ``core_heartbeat``; for the web process an answer) is older
than ``PATIENCE_S`` is ended, and the supervisor starts it anew. While PostgreSQL or Redis is away nobody can work, so
nobody is judged, and everybody has the whole patience again afterwards.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

import psycopg2
import redis

from .alive import answers
from .children import children
from .processes import processes
from .steps import say

PATIENCE_S = 60.0
LOOKS_EVERY_S = 5.0
# A worker's canaries are sent by the beat; where none arrives anywhere, the beat is to blame as well.
WORK = {
    "relay": ("relay",),
    "gateway": ("gateway",),
    "subscribe": ("subscribe",),
    "worker-now": ("worker:now", "worker:bulk"),
    "worker-poll": ("worker:poll",),
}


class Watchdog:
    """``judge`` is given what was seen at a monotonic moment and names the processes to end."""

    def __init__(self, present_s: float) -> None:
        self.well_since = present_s
        self.started: dict[str, tuple[int, float]] = {}
        self.answered_at = present_s

    def judge(
        self,
        present_s: float,
        ages_s: Mapping[str, float] | None,
        web_answers: bool,
        running: Mapping[str, int],
    ) -> dict[str, int]:
        """``ages_s``: seconds since each part worked, None while a server is away. Returns the pids by name."""
        for name, pid in running.items():
            if self.started.get(name, (0, 0.0))[0] != pid:
                self.started[name] = (pid, present_s)
        if ages_s is None:
            self.well_since = present_s
            return {}
        if web_answers:
            self.answered_at = present_s
        idle = {
            name
            for name, parts in WORK.items()
            if max(ages_s.get(part, float("inf")) for part in parts) > PATIENCE_S
        }
        if idle >= {"worker-now", "worker-poll"}:
            idle.add("beat")
        if present_s - self.answered_at > PATIENCE_S:
            idle.add("web")
        patient_since = present_s - PATIENCE_S
        return {
            name: running[name]
            for name in sorted(idle & set(running))
            if self.started[name][1] < patient_since and self.well_since < patient_since
        }


def ages() -> dict[str, float] | None:
    """Seconds since each part worked; None while PostgreSQL or Redis does not answer."""
    try:
        redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2, socket_connect_timeout=2).ping()
        connection = psycopg2.connect(
            os.environ["DATABASE_URL"].replace("postgis://", "postgresql://", 1),
            connect_timeout=3,
            options="-c statement_timeout=3000",
        )
    except (redis.RedisError, psycopg2.Error):
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, extract(epoch FROM clock_timestamp() - at) FROM core_heartbeat")
            return {name: float(age) for name, age in cursor.fetchall()}
    except psycopg2.Error:
        return None
    finally:
        connection.close()


def watch(host: str, port: int) -> None:
    """Look for ever. The supervisor is this process's parent, the judged ones are its other children."""
    listed = processes(host, port)
    reach = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    dog = Watchdog(time.monotonic())
    while True:
        time.sleep(LOOKS_EVERY_S)
        running = children(os.getppid(), listed)
        seen, web = ages(), answers(port, "http", reach)
        for name, pid in dog.judge(time.monotonic(), seen, web, running).items():
            say(f"{name} ({pid}) has done no work for {PATIENCE_S:.0f} s and is started anew; ages: {seen}")
            with suppress(OSError):  # the supervisor gives every child a group of its own
                os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
