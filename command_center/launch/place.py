"""A place: the folder below var/ that one command owns, with its lock, its kept ports and secrets, and its processes.

Every process started for a place carries the place's random mark in its environment. After a `kill -9` of anything the
next start finds what was left by that mark, however often process numbers were used again.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from .steps import VAR

MARK = "ONEMAP_MARK"
GATEWAY_PORTS = ("GATEWAY_PORT", "HJ212_PORT", "GB26875_PORT", "JT808_PORT", "SLT427_PORT", "EVIDENCE_PORT")
"""Where equipment dials in, one a protocol."""


class Busy(Exception):
    """Another command holds this place."""


class Place:
    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = VAR / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock: IO[str] | None = None

    def hold(self, wait: bool = False) -> None:
        """Take the place for the life of this process; `Busy` when another command has it and ``wait`` is false."""
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            self._lock = None
            raise Busy from None

    def kept(self, key: str) -> str:
        """A random secret, made once and kept in the place's state."""
        return str(self._keep(key, lambda: secrets.token_urlsafe(48)))

    def port(self, key: str) -> int:
        """A free TCP port on loopback, chosen once and kept."""
        return int(str(self._keep(key, free_port)))

    def gateway_ports(self, suffix: str = "") -> dict[str, str]:
        """The environment of a gateway: a port of its own for each protocol."""
        return {name: str(self.port(name.lower() + suffix)) for name in GATEWAY_PORTS}

    def give_up_port_if_taken(self, key: str) -> None:
        """Choose another port when somebody else listens on the kept one."""
        if not is_free(self.port(key)):
            self._save(self._state() | {key: free_port()})

    def _keep(self, key: str, make: Callable[[], object]) -> object:
        state = self._state()
        if key not in state:
            state[key] = make()
            self._save(state)
        return state[key]

    def _state(self) -> dict[str, object]:
        try:
            return dict(json.loads((self.folder / "state.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _save(self, state: dict[str, object]) -> None:
        fresh = self.folder / "state.json.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(state, indent=1))
        fresh.replace(self.folder / "state.json")

    # --- processes -----------------------------------------------------------------------------------

    @property
    def mark(self) -> str:
        return self.kept("mark")

    def processes(self) -> list[int]:
        """Every living process of this place, this one excepted: by its mark, servers also by where they work.

        Redis writes its title over its environment, and with it the mark.
        """
        wanted = f"{MARK}={self.mark}".encode()
        folder = str(self.folder.resolve())
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with suppress(OSError):
                marked = wanted in (entry / "environ").read_bytes().split(b"\0")
                if marked or (_name(entry) in _SERVERS and os.readlink(entry / "cwd").startswith(folder)):
                    found.append(int(entry.name))
        return found

    def end_processes(self, seconds: float = 8.0) -> int:
        """End every process of this place, gently first; return how many there were.

        A supervisor that is still there goes first: it stops the others in order, and would start them again.
        """
        first = self.processes()
        supervisors = [pid for pid in first if b"supervisor.supervisord" in _command_line(pid)]
        for pids in (supervisors, None):
            _end(pids if pids is not None else self.processes())
            deadline = time.monotonic() + (seconds if pids != [] else 0)
            while self._among(pids) and time.monotonic() < deadline:
                time.sleep(0.05)
        while left := self.processes():
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        return len(first)

    def _among(self, pids: list[int] | None) -> list[int]:
        return [pid for pid in self.processes() if pids is None or pid in pids]


_SERVERS = frozenset({"postgres", "redis-server"})


def _end(pids: list[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            # Interrupt is PostgreSQL's fast shutdown; terminate would wait for its clients.
            fast = _name(Path("/proc") / str(pid)) == "postgres"
            os.kill(pid, signal.SIGINT if fast else signal.SIGTERM)


def _name(entry: Path) -> str:
    return (entry / "comm").read_text().strip()


def _command_line(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
