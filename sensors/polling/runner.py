"""The event loop that owns the connections to devices: one a process, beside the threads that run the poll tasks.

A Celery task lives for a second, a connection for days; so the connections belong to this loop and the tasks (in a worker
with ``--pool threads``) hand devices over and take the answers from a queue. Each device has one deadline; the number of
devices asked at once is bounded, in all and for each subnet, so that a dead subnet cannot take every place.
"""

import asyncio
import logging
import os
import resource
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from sensors.adapters.base import Polled, Resuming, Session
from sensors.domain.networks import ForbiddenAddress
from sensors.domain.readings import DecodeError

from .addresses import device_address_async

log = logging.getLogger(__name__)

DEADLINE_S = 5.0
IN_FLIGHT = 500
IN_FLIGHT_PER_SUBNET = 128
FILES_FOR_OTHERS = 256
"""File descriptors left to everything that is no device."""


@dataclass(frozen=True, slots=True)
class Target:
    """A device to be asked. ``config`` is what the adapter needs; ``key`` names the device for kept connections."""

    key: Any
    adapter: Polled
    config: Mapping[str, Any]
    since: Mapping[str, datetime] | None = None
    """By channel, the newest reading that is stored; for adapters whose sessions go on from there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking: ``raw`` and an empty ``error``, or the error in words that name no more than the kind."""

    target: Target
    peer: str
    raw: bytes
    error: str
    took_s: float
    skipped: bool = False
    """It was still being asked for somebody else: says nothing about the device."""


@dataclass(slots=True)
class _Kept:
    config: Mapping[str, Any]
    session: Session
    peer: str
    subnet: str


class Poller:
    """Asks devices and keeps their connections. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._most = _connections_allowed()
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._flying: set[Any] = set()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._subnets: dict[str, asyncio.Semaphore] = {}
        self._thread = threading.Thread(target=self.loop.run_forever, name="poller", daemon=True)
        self._thread.start()

    def submit(self, targets: Sequence[Target], deliver: Callable[[Outcome], None]) -> Future[None]:
        """Ask all ``targets``; each outcome goes to ``deliver`` (called in the loop's thread) as it comes.

        Every target gets exactly one outcome before the future is done.
        """
        return asyncio.run_coroutine_threadsafe(self._ask_all(targets, deliver), self.loop)

    def close(self) -> None:
        """End all connections and the loop."""
        asyncio.run_coroutine_threadsafe(self._close_all(), self.loop).result(timeout=10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()

    @property
    def kept(self) -> int:
        """How many devices' sessions are kept."""
        return len(self._kept)

    async def _ask_all(self, targets: Sequence[Target], deliver: Callable[[Outcome], None]) -> None:
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(self._ask(target, deliver))

    async def _ask(self, target: Target, deliver: Callable[[Outcome], None]) -> None:
        if target.key in self._flying:
            deliver(Outcome(target, "", b"", "", 0.0, skipped=True))
            return
        self._flying.add(target.key)
        raw, error, peer, begun = b"", "", "", self.loop.time()
        try:
            kept = await self._session(target)
            peer = kept.peer
            async with self._subnet(kept.subnet), self._slots:
                begun = self.loop.time()
                if target.since is not None and isinstance(kept.session, Resuming):
                    kept.session.go_on(target.since)
                async with asyncio.timeout(DEADLINE_S):
                    raw = await kept.session.fetch(DEADLINE_S)
        except Exception as wrong:  # noqa: BLE001  an adapter's mistake with one device must not end the others' polling
            error = in_words(wrong, peer)
        finally:
            self._flying.discard(target.key)
        deliver(Outcome(target, peer, raw, error, self.loop.time() - begun))

    def _subnet(self, name: str) -> asyncio.Semaphore:
        return self._subnets.setdefault(name, asyncio.Semaphore(IN_FLIGHT_PER_SUBNET))

    async def _session(self, target: Target) -> _Kept:
        kept = self._kept.get(target.key)
        if kept is not None and kept.config == target.config:
            self._kept.move_to_end(target.key)
            return kept
        host = await _address_of(target)
        if kept is not None:
            await self._drop(target.key)
        session = target.adapter.session(_checked(target, host))
        subnet = str(ip_network(f"{host}/{64 if ':' in host else 24}", strict=False))
        kept = _Kept(target.config, session, f"{host}:{target.config.get('port', '')}", subnet)
        self._kept[target.key] = kept
        while len(self._kept) > self._most:
            oldest = next((key for key in self._kept if key not in self._flying), None)
            if oldest is None:
                break
            await self._drop(oldest)
        return kept

    async def _drop(self, key: Any) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            await kept.session.close()

    async def _close_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for key in list(self._kept):
            await self._drop(key)


NO_ANSWER, NO_CONNECTION, FORBIDDEN = "no answer in time", "no connection", "address refused"


def in_words(wrong: Exception, peer: str) -> str:
    """What is kept of a failure: the kind, and no more of the device than that."""
    match wrong:
        case TimeoutError():
            return NO_ANSWER
        case ForbiddenAddress():
            return f"{FORBIDDEN}: {wrong}"
        case ConnectionError():
            # Ours carry a sentence; the system's carry an error number and an address.
            return str(wrong) if wrong.errno is None and str(wrong) else NO_CONNECTION
        case OSError():
            return NO_CONNECTION
        case DecodeError() | KeyError() | TypeError() | ValueError():
            return f"configuration: {wrong}"
    log.error("polling failed for %s", peer, exc_info=wrong)
    return "internal error"


def _checked(target: Target, host: str) -> dict[str, Any]:
    """The session gets the checked literal: nothing is resolved again on the way to the socket."""
    return {**target.config, "host": host, "host_name": target.config["host"]}


async def _address_of(target: Target) -> str:
    port = target.config.get("port")
    return await device_address_async(str(target.config["host"]), None if port is None else int(port))


async def ask_once(target: Target) -> Outcome:
    """Ask a device that nobody knows yet, over a connection of its own that is closed again."""
    loop = asyncio.get_running_loop()
    raw, error, peer, begun, session = b"", "", "", loop.time(), None
    try:
        async with asyncio.timeout(DEADLINE_S):
            host = await _address_of(target)
            peer = f"{host}:{target.config.get('port', '')}"
            session = target.adapter.session(_checked(target, host))
            begun = loop.time()
            raw = await session.fetch(DEADLINE_S)
    except Exception as wrong:  # noqa: BLE001  as above: every failure is an answer for who asked
        error = in_words(wrong, peer)
    finally:
        if session is not None:
            await session.close()
    return Outcome(target, peer, raw, error, loop.time() - begun)


async def why_no_connection(host: str, port: int) -> str:
    """``host`` (a checked literal) as a plain TCP connection finds it: "refused", "silent", "unreachable" or "open"."""
    try:
        async with asyncio.timeout(DEADLINE_S / 2):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except OSError:
        return "unreachable"
    writer.close()
    return "open"


def _connections_allowed() -> int:
    """How many connections this process may keep; the limit of open files is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard if hard != resource.RLIM_INFINITY else 65536, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(64, min(soft if soft != resource.RLIM_INFINITY else 65536, 65536) - FILES_FOR_OTHERS)


_guard = threading.Lock()
_mine: tuple[int, Poller] | None = None


def poller() -> Poller:
    """This process's poller, made when first asked for (a child of a forked worker makes its own)."""
    global _mine
    with _guard:
        if _mine is None or _mine[0] != os.getpid():
            _mine = (os.getpid(), Poller())
        return _mine[1]
