"""The UDP side of a listener: the same frames in datagrams, each source kept within bounds, answers back to the source.

A sender of datagrams cannot be held back, so what is too much is dropped and counted: the device got no answer and repeats.
"""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from typing import cast

from sensors.adapters.base import DialIn
from sensors.gateway.peer import Close, Hall, Peer

log = logging.getLogger(__name__)
Address = tuple[str, int]


class Source(Peer):
    """One address and port that datagrams come from. A device behind a mobile network may come from another one next time."""

    def __init__(self, adapter: DialIn, hall: Hall, address: Address, transport: asyncio.DatagramTransport):
        super().__init__(adapter, hall, f"{address[0]}:{address[1]}/udp")
        self.address, self.transport = address, transport
        self.waiting = 0
        self.touched = time.monotonic()
        self.shut_until = 0.0

    def takes(self, size: int) -> bool:
        """Whether a datagram of ``size`` bytes is within bounds now."""
        self.touched = time.monotonic()
        if self.touched < self.shut_until or self.waiting >= self.limits.source_waiting:
            return False
        self.octets.take(size)
        return not (self.octets.owed() or self.frames.owed())

    async def datagram(self, octets: bytes) -> None:
        """Deal with the frames of one datagram; what is unfinished in it stays so."""
        try:
            while octets:
                piece = self.adapter.cut(octets, final=True)
                if piece is None:
                    return
                front, octets = octets[: piece.size], octets[piece.size :]
                await (self.garbage(front, piece) if piece.garbage else self.frame(front))
        except Close as reason:  # there is nothing to close: it is not listened to for a while
            self.hall.counts.close(str(reason))
            self.garbage_bytes = 0
            self.shut_until = time.monotonic() + self.limits.source_shut_s

    async def room(self) -> None:
        self.waiting += 1

    def stored(self) -> None:
        self.waiting -= 1

    def send(self, octets: bytes | None) -> None:
        if octets and not self.transport.is_closing():
            self.transport.sendto(octets, self.address)


class Datagrams(asyncio.DatagramProtocol):
    """All sources of one protocol. Those that were silent for long, and the longest silent beyond the most that are kept,
    are forgotten: they lose nothing but the packets of a message under way."""

    transport: asyncio.DatagramTransport

    def __init__(self, adapter: DialIn, hall: Hall):
        self.adapter, self.hall, self.limits = adapter, hall, hall.limits
        self.sources: OrderedDict[Address, Source] = OrderedDict()
        self.hosts: Counter[str] = Counter()
        self.queue: asyncio.Queue[tuple[Source, bytes]] = asyncio.Queue(self.limits.datagrams)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        address = addr[:2]
        source = self.sources.get(address) or self._new(address)
        if source is None:
            return
        self.sources.move_to_end(address)
        if not source.takes(len(data)) or self.queue.full():
            self.hall.counts.frame(self.adapter.name, "dropped")
            return
        source.waiting += 1
        self.queue.put_nowait((source, data))

    def error_received(self, exc: Exception) -> None:
        """An answer could not be delivered: the device is away and will repeat."""

    def _new(self, address: Address) -> Source | None:
        if self.hosts[address[0]] >= self.limits.per_peer:
            self.hall.counts.close("too many connections")
            return None
        if len(self.sources) >= self.limits.connections:
            self._forget(next(iter(self.sources)))
        self.hosts[address[0]] += 1
        source = self.sources[address] = Source(self.adapter, self.hall, address, self.transport)
        return source

    def _forget(self, address: Address) -> None:
        self.sources.pop(address).gone()
        self.hosts[address[0]] -= 1
        if not self.hosts[address[0]]:
            del self.hosts[address[0]]

    def forget_silent(self) -> None:
        before = time.monotonic() - self.limits.source_idle_s
        while self.sources and (oldest := next(iter(self.sources.values()))).touched < before:
            self._forget(oldest.address)

    async def serve(self) -> None:
        """For ever: deal with datagrams in the order they came."""
        while True:
            try:
                async with asyncio.timeout(self.limits.packets_s):
                    source, data = await self.queue.get()
            except TimeoutError:
                self.forget_silent()
                continue
            source.waiting -= 1
            try:
                await source.datagram(data)
                await source.forget_packets()
            except Exception:
                log.exception("a defect of ours with a datagram of %s", source.peer)
                self.hall.counts.close("defect")
            if self.queue.empty():
                self.forget_silent()
