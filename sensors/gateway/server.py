"""The listeners of the gateway and the life of its process."""

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sensors.adapters.base import DialIn
from sensors.gateway.connection import Connection
from sensors.gateway.counts import CONNECTIONS, Counts
from sensors.gateway.datagrams import Datagrams
from sensors.gateway.outbox import Desk, Outbox
from sensors.gateway.packets import Held
from sensors.gateway.peer import Close, Hall, no_password
from sensors.gateway.settings import Limits
from sensors.gateway.writer import Sink, Writer

log = logging.getLogger(__name__)
BEAT_S = 2.0


def never(problem: Exception) -> bool:
    return False


def nothing() -> None:
    return None


class Gateway:
    """Listens for each protocol of ``adapters`` on its port, for some of them over UDP too, and hands what it hears to
    ``sink``.

    ``clock``, ``allowed_skew`` and ``password`` are called in the event loop and must not wait; ``sink``, ``on_beat`` (with the counts),
    ``desk`` (where commands to equipment stand) and ``reset`` run in one other thread. ``is_outage`` tells a database that
    is away from a frame that cannot be stored.
    """

    def __init__(
        self,
        adapters: Mapping[str, DialIn],
        sink: Sink,
        *,
        clock: Callable[[], datetime],
        allowed_skew: Callable[[], timedelta],
        limits: Limits | None = None,
        is_outage: Callable[[Exception], bool] = never,
        reset: Callable[[], None] = nothing,
        on_beat: Callable[[dict[str, int]], None] | None = None,
        desk: Desk | None = None,
        password: Callable[[str, str], str] = no_password,
    ):
        self.adapters, self.limits, self.on_beat = adapters, limits or Limits(), on_beat
        self.counts = Counts()
        self.writer = Writer(sink, self.limits, is_outage, reset)
        self.desk, self.outbox = desk, Outbox()
        self.hall = Hall(
            clock, allowed_skew, self.writer, self.counts, self.limits, Held(), self.outbox, password
        )
        self.peers: Counter[str] = Counter()
        self.connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.servers: list[asyncio.Server] = []
        self.datagrams: list[Datagrams] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, host: str, ports: Mapping[str, int]) -> dict[str, int]:
        """Listen; return the port of each protocol (those asked for as 0 are chosen by the system)."""
        self.tasks.append(asyncio.create_task(self.writer.run()))
        if self.on_beat:
            self.tasks.append(asyncio.create_task(self._beat()))
        if self.desk:
            tell = self.outbox.run(self.desk, self.writer, clock=self.hall.clock)
            self.tasks.append(asyncio.create_task(tell))
        bound = {}
        for name, port in ports.items():
            adapter = self.adapters[name]

            async def accept(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, adapter: DialIn = adapter
            ) -> None:
                await self._accept(adapter, reader, writer)

            server = await asyncio.start_server(accept, host, port, backlog=1024, limit=256 * 1024)
            self.servers.append(server)
            bound[name] = server.sockets[0].getsockname()[1]
            if getattr(adapter, "datagrams", False):
                await self._listen_for_datagrams(adapter, host, bound[name])
            log.info("%s on %s:%d", name, host, bound[name])
        return bound

    async def _listen_for_datagrams(self, adapter: DialIn, host: str, port: int) -> None:
        _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(adapter, self.hall), local_addr=(host, port)
        )
        self.datagrams.append(protocol)
        self.tasks.append(asyncio.create_task(protocol.serve()))

    async def failed(self) -> None:
        """Wait until one of our own tasks ends, which none does by itself, and raise what ended it."""
        done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Take no more, store and answer what was received, leave."""
        for server in self.servers:
            server.close()
        for task in self.connections:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.stop_s):
                await self.writer.queue.join()
        for writer in self.connections.values():
            writer.close()
        for listener in self.datagrams:
            listener.transport.close()
        for task in (*self.tasks, *self.connections):
            task.cancel()
        await asyncio.gather(*self.tasks, *self.connections, return_exceptions=True)
        self.writer.thread.shutdown(wait=False, cancel_futures=True)

    async def _accept(
        self, adapter: DialIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None:  # gone before we looked
            writer.transport.abort()
            return
        address = peer[0]
        if self.peers[address] >= self.limits.per_peer or len(self.connections) >= self.limits.connections:
            self.counts.close("too many connections")
            writer.transport.abort()
            return
        _watch_over(writer.get_extra_info("socket"))
        task = asyncio.current_task()
        assert task is not None
        self.peers[address] += 1
        self.connections[task] = writer
        CONNECTIONS.labels(adapter.name).inc()
        connection = Connection(adapter, self.hall, reader, writer)
        try:
            await connection.serve()
        except Close as reason:
            self.counts.close(str(reason))
            log.info("closed %s: %s", connection.peer, reason)
        except (ConnectionError, OSError):
            self.counts.close("broken")
        except asyncio.CancelledError:
            # Stopping: answers to what is still being stored go out before the connection is closed by stop().
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(self.limits.stop_s):
                    await self.writer.queue.join()
        except Exception:
            self.counts.close("defect")
            log.exception("a defect of ours closed %s", connection.peer)
        finally:
            self.peers[address] -= 1
            if not self.peers[address]:
                del self.peers[address]
            del self.connections[task]
            CONNECTIONS.labels(adapter.name).dec()
            connection.gone()
            with contextlib.suppress(Exception):
                writer.close()

    async def _beat(self) -> None:
        assert self.on_beat is not None
        while True:
            note = {
                "connections": len(self.connections) + sum(len(each.sources) for each in self.datagrams),
                "queued": self.writer.queue.qsize(),
                **{
                    outcome: self.counts.frames[outcome]
                    for outcome in ("accepted", "refused", "repeated", "garbage")
                },
            }
            try:
                await self.writer.call(self.on_beat, note)
            except Exception as problem:  # noqa: BLE001  whatever it is, the listeners go on
                log.warning("no heartbeat: %s", problem)
                await self.writer.call(self.writer.reset)
            await asyncio.sleep(BEAT_S)


def _watch_over(connection: socket.socket) -> None:
    """Let the system find peers that vanished without a word (half-open), in about two minutes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Answers are short: a peer that leaves this much unread is not reading at all.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
