"""The bed: the real processes under the real supervisor, on servers, ports and device addresses of their own."""

import gzip
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg2

from command_center.launch import supervise
from command_center.launch.children import children, descendants, parents
from command_center.launch.place import GATEWAY_PORTS, MARK, Place
from command_center.launch.processes import Process, processes, watchdog
from command_center.launch.servers import Servers
from command_center.launch.steps import BASE, PYTHON

T = TypeVar("T")
_GZIP = b"\x1f\x8b"
HOST = "127.0.0.1"
_NOT_OURS = ("STORM", "SPEED", "DEMO_PASSWORD", "DATABASE_URL", "REDIS_URL", "FAULTS")


class NotInTime(AssertionError):
    """What had to happen did not, within its limit."""


class Unanswered(AssertionError):
    """The oracle could not look: the database is away, or the question is wrong."""


def within(seconds: float, what: str, ask: Callable[[], T | None], pause_s: float = 0.1) -> T:
    """The first true answer of ``ask``; `NotInTime` after ``seconds``."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        if time.monotonic() > until:
            raise NotInTime(f"not within {seconds:g} s: {what}")
        time.sleep(pause_s)
    return found


class Bed:
    """``start`` brings everything up, ``stop`` takes everything down. Process numbers come from the supervisor."""

    def __init__(self, *, speed: float, small: bool) -> None:
        self.speed, self.small = speed, small
        self.place = Place("faults")
        self.place.hold(wait=True)
        self.place.end_processes()
        self.servers = Servers(self.place, durable=True, always_own=True)
        for key in ("web_port", *map(str.lower, GATEWAY_PORTS)):
            self.place.give_up_port_if_taken(key)
        self.port = self.place.port("web_port")
        self.listed: Sequence[Process] = (*processes(HOST, self.port), watchdog(HOST, self.port))
        self.log = self.place.folder / "log"
        self.ledger = self.place.folder / "simulator" / "ledger.jsonl"
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.oracle: subprocess.Popen[str] | None = None
        self.env: dict[str, str] = {}

    # --- up and down -----------------------------------------------------------------------------

    def start(self) -> None:
        for old in (*self.place.folder.glob("simulator/*"), *self.log.glob("*"),
                    self.place.folder / "demo-story.json"):  # fmt: skip
            old.unlink(missing_ok=True)
        for server in self.servers.own():
            server.start()
        self._empty()
        self.env = self._environment()
        self._start_oracle()
        self.ask("prepare", small=self.small, speed=self.speed)
        for server in reversed(self.servers.own()):
            server.stop()
        self.supervisor = supervise.start(self.place, self.servers, self.listed, self.env, self.log)
        within(90, "everything alive at the start", self.is_healthy)

    def stop(self) -> None:
        if self.oracle:
            self.oracle.kill()
            self.oracle.wait()
        if self.supervisor:
            self.supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.supervisor.wait(30)
        self.place.end_processes()

    def _empty(self) -> None:
        postgres = self.servers.postgres
        assert postgres is not None
        connection = psycopg2.connect(
            host=HOST,
            port=postgres.port,
            user="onemap",
            password=self.place.kept("postgres"),
            dbname="postgres",
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS onemap WITH (FORCE)")
            cursor.execute("CREATE DATABASE onemap")
        connection.close()
        self._redis("FLUSHALL")

    def _redis(self, command: str) -> None:
        import redis

        client = redis.Redis.from_url(self.servers.environment()["REDIS_URL"], socket_timeout=5)
        client.execute_command(command)
        client.close()

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        return inherited | self.servers.environment() | {
            "DJANGO_SETTINGS_MODULE": "command_center.settings.local",
            "SECRET_KEY": self.place.kept("secret_key"),
            "DEVICE_SECRET_KEY": self.place.kept("device_secret_key"),
            "PORT": str(self.port),
            **self.place.gateway_ports(),
            "SIM_PORT_BASE": str(self.place.port("sim_port_base")),
            "ONEMAP_VAR": str(self.place.folder),
            "PYTHONUNBUFFERED": "1",
            MARK: self.place.mark,
        }  # fmt: skip

    # --- the oracle: one process beside the system, asked by lines -----------------------------------

    def _start_oracle(self) -> None:
        self.log.mkdir(parents=True, exist_ok=True)
        with (self.log / "oracle.log").open("ab") as out:
            self.oracle = subprocess.Popen(
                [PYTHON, "-m", "command_center.demo.faults.oracle"], cwd=BASE, env=self.env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out,
            )  # fmt: skip

    def ask(self, question: str, **given: Any) -> Any:
        """The oracle's answer. It looks at the database by itself, past the web process."""
        assert self.oracle and self.oracle.stdin and self.oracle.stdout
        self.oracle.stdin.write(json.dumps({"question": question, **given}) + "\n")
        self.oracle.stdin.flush()
        line = self.oracle.stdout.readline()
        assert line, f"the oracle ended; see {self.log / 'oracle.log'}"
        answer = json.loads(line)
        if "error" in answer:
            raise Unanswered(answer["error"])
        return answer["answer"]

    # --- looking ---------------------------------------------------------------------------------

    def get(self, path: str, cookie: str = "") -> tuple[int, bytes]:
        """(status, body); status 0 where nothing answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, gzip.decompress(body) if body[:2] == _GZIP else body
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def is_healthy(self) -> bool:
        return self.get("/healthz")[0] == 200

    def running(self) -> dict[str, int]:
        assert self.supervisor is not None
        return children(self.supervisor.pid, self.listed)

    def strays(self) -> list[int]:
        """Processes of this bed that nobody minds any more: neither the supervisor's nor the oracle's."""
        assert self.supervisor is not None and self.oracle is not None
        known = parents()
        minded = {os.getpid(), self.supervisor.pid, self.oracle.pid, *descendants(self.supervisor.pid, known)}
        return [pid for pid in self.place.processes() if pid in known and pid not in minded]

    # --- faults ----------------------------------------------------------------------------------

    def kill(self, *names: str) -> dict[str, int]:
        """`kill -9` of processes all at once, PostgreSQL with every backend; returns what had which number."""
        before = self.running()
        missing = set(names) - set(before)
        assert not missing, f"not running: {missing}"
        pids = [before[name] for name in names]
        if "postgres" in names:
            pids += list(descendants(before["postgres"]))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return before

    def freeze(self, name: str) -> int:
        pid = self.running()[name]
        os.kill(pid, signal.SIGSTOP)
        return pid

    def thaw(self, pid: int) -> None:
        os.kill(pid, signal.SIGCONT)

    def flush_redis(self) -> None:
        self._redis("FLUSHALL")
