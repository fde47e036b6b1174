"""Commands to equipment: taken from the table, written to the connection that the equipment keeps, and what came back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sensors.adapters.base import DialIn, Downlinked, Reply
from sensors.domain.downlinks import Order, Outcome
from sensors.domain.readings import Message
from sensors.gateway.writer import Writer

Call = Callable[..., Awaitable[Any]]
"""Runs a function in the writer's thread."""
log = logging.getLogger(__name__)
BEGINNING_BYTES = 64
LOOKS_S = 2.0
"""Between looks at the table when nobody calls: a call that was lost costs this much."""


class Desk(Protocol):
    """Where orders stand. Each is called in the writer's thread."""

    def pending(self) -> Sequence[Order]:
        """Orders that were not sent and are still wanted; those past their time are closed."""
        ...

    def claim(self, ids: Collection[int], *, at: datetime) -> Collection[int]:
        """Mark orders as sent; returns those that nobody else has sent."""
        ...

    def close(self, outcomes: Sequence[Outcome], *, at: datetime) -> None: ...


class Line(Protocol):
    """The sending side of one connection."""

    adapter: DialIn

    def send(self, octets: bytes | None) -> None: ...


@cache
def _downlinked(adapter: DialIn) -> Downlinked | None:
    """The adapter, where it takes commands. Asked for every frame; looking at its methods takes longer than reading one."""
    return adapter if isinstance(adapter, Downlinked) else None


class Outbox:
    """Knows which connection leads to whom. A later connection of the same address takes the place of an earlier one."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], Line] = {}
        self.waiting: dict[tuple[Line, int], Order] = {}  # by connection and serial number
        self.began: dict[tuple[str, str], bytes] = {}  # how the frame began that was last heard from there
        self.serials: dict[Line, int] = {}
        self.answered: list[Outcome] = []
        self.news = asyncio.Event()

    def heard(self, line: Line, message: Message, octets: bytes = b"") -> None:
        """A connection spoke for an address."""
        if not _downlinked(line.adapter):
            return
        key = (line.adapter.name, message.address)
        self.began[key] = octets[:BEGINNING_BYTES]
        if self.lines.get(key) is not line:
            self.lines[key] = line
            self.news.set()  # something may have waited for it

    def replied(self, line: Line, message: Message) -> None:
        """A whole message came, which perhaps answers a command."""
        adapter = _downlinked(line.adapter)
        if adapter is None:
            return
        reply: Reply | None = adapter.reply(message)
        if reply is None or (key := self._asked(line, message.address, reply)) is None:
            return
        order = self.waiting.pop(key)
        self.answered.append(Outcome(order.id, reply.done, reply.text, said=reply.said))
        self.news.set()

    def _asked(self, line: Line, address: str, reply: Reply) -> tuple[Line, int] | None:
        """Which command is answered: that with the serial number, or the first of the kind that was sent there."""
        if not reply.kind:
            return (line, reply.serial) if (line, reply.serial) in self.waiting else None
        found = [
            key
            for key, order in self.waiting.items()
            if key[0] is line and order.kind == reply.kind and order.address == address
        ]
        return next((key for key in found if key[1] == reply.serial), found[0] if found else None)

    def gone(self, line: Line) -> None:
        for key in [key for key, kept in self.lines.items() if kept is line]:
            del self.lines[key]
            self.began.pop(key, None)
        for waiting in [waiting for waiting in self.waiting if waiting[0] is line]:
            del self.waiting[waiting]
        self.serials.pop(line, None)

    def wake(self) -> None:
        """Look at the table now. Called in the event loop."""
        self.news.set()

    async def run(self, desk: Desk, writer: Writer, clock: Callable[[], datetime]) -> None:
        """For ever: tell the table what was answered, and the equipment what the table asks for."""
        while True:
            try:
                async with asyncio.timeout(LOOKS_S):
                    await self.news.wait()
            except TimeoutError:
                pass
            self.news.clear()
            try:
                await self.round(desk, writer.call, clock)
            except Exception as problem:
                if not writer.is_outage(problem):
                    log.exception("commands to equipment could not be told")
                await writer.call(writer.reset)
                await asyncio.sleep(LOOKS_S)

    async def round(self, desk: Desk, call: Call, clock: Callable[[], datetime]) -> None:
        if self.answered:
            answered, count = list(self.answered), len(self.answered)
            await call(desk.close, answered, at=clock())
            del self.answered[:count]
        orders = [
            order for order in await call(desk.pending) if (order.protocol, order.address) in self.lines
        ]
        if not orders:
            return
        mine = await call(desk.claim, [order.id for order in orders], at=clock())
        for order in orders:
            if order.id in mine:
                self.tell(order, clock())

    def tell(self, order: Order, at: datetime) -> None:
        """Write one order to its connection; what cannot be said is an outcome too."""
        line = self.lines.get((order.protocol, order.address))
        if line is None:  # it left while the order was claimed: nothing will answer
            return
        assert isinstance(line.adapter, Downlinked)
        serial = self.serials[line] = self.serials.get(line, 0) % 0xFFFF + 1
        try:
            octets = line.adapter.command(
                order.kind,
                order.body,
                address=order.address,
                serial=serial,
                at=at,
                heard=self.began.get((order.protocol, order.address), b""),
            )
        except ValueError as problem:
            self.answered.append(Outcome(order.id, False, str(problem), impossible=True))
            self.news.set()
            return
        self.waiting[line, serial] = order
        line.send(octets)
