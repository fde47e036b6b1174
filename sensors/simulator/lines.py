"""A line to the gateway that several gauges may share, as behind a concentrator: one report at a time, and always listening."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from sensors.adapters.sl651 import Sl651
from sensors.domain.readings import DecodeError, Message
from sensors.simulator.dialling import SENT_AT_MOST, Timing, frames_from

log = logging.getLogger(__name__)
ADAPTER = Sl651()


class Asked(Protocol):
    """Whoever answers questions over a line."""

    def obey(self, said: Message) -> bytes: ...


class Line:
    """One TCP connection to the gateway; gauges may share it. It listens all the time: for the answer that is waited for, and
    for questions to one of its gauges."""

    def __init__(self, gateway: tuple[str, int], timing: Timing, dice: random.Random) -> None:
        self.gateway, self.timing, self.dice = gateway, timing, dice
        self.lock = asyncio.Lock()
        self.dialled = 0
        self.gauges: dict[str, Asked] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._answer: tuple[str, int, int, asyncio.Future[bool]] | None = None
        self._pause_s = 0.0
        self._used_at = 0.0

    @property
    def open(self) -> bool:
        return self._writer is not None and self._listener is not None and not self._listener.done()

    async def dial(self, hello: bytes) -> None:
        """Connect unless connected; ``OSError`` after a pause that grows with every failure."""
        if self.open:
            return
        self.hang_up()
        await asyncio.sleep(self._pause_s * self.dice.uniform(0.7, 1.3))
        self._pause_s = self.timing.pause_after(self._pause_s)
        async with asyncio.timeout(self.timing.answer_s):
            reader, self._writer = await asyncio.open_connection(*self.gateway)
        self._listener = asyncio.create_task(self._listen(reader))
        self._used_at = asyncio.get_running_loop().time()
        self.dialled += 1
        self._writer.write(hello)

    async def ask(self, frame: bytes, first: bytes, address: str, function: int, serial: int) -> bool:
        """Send ``first`` (the frame, or a spoilt copy), then the frame until its serial is acknowledged."""
        for attempt in range(SENT_AT_MOST):
            if not self.open or self._writer is None:
                raise ConnectionResetError("the line is down")
            answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._answer = (address, function, serial, answer)
            self._writer.write(frame if attempt else first)
            await self._writer.drain()
            self._used_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self.timing.answer_s):
                    if await answer:
                        self._pause_s = 0.0
                        return True
            except TimeoutError:
                continue
            finally:
                self._answer = None
        return False

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            async for frame in frames_from(reader, ADAPTER):
                self._heard(frame)
        except OSError as reason:
            log.debug("a line broke: %s", reason)
        if self._answer is not None and not self._answer[3].done():
            self._answer[3].set_exception(ConnectionResetError("the gateway hung up"))

    def _heard(self, frame: bytes) -> None:
        try:
            said = ADAPTER.decode(frame)
        except DecodeError as reason:
            log.warning("the gateway's words are refused: %s", reason)
            return
        if said.details["direction"] != "down":
            return
        if said.details["end"] == "ENQ":
            gauge = self.gauges.get(said.address)
            if gauge is not None and self._writer is not None:
                try:
                    self._writer.write(gauge.obey(said))
                except (DecodeError, LookupError) as reason:
                    log.warning("%s: not understood: %s", said.address, reason)
        elif self._answer is not None:  # other answers belong to earlier sendings
            address, function, serial, answer = self._answer
            refused = said.details["end"] == "NAK"
            mine = said.address == address and int(said.function, 16) == function
            if mine and (refused or said.serial == serial) and not answer.done():
                answer.set_result(not refused)

    async def stay(self, keepalive: Callable[[], bytes]) -> None:
        """Say that the line is alive when nothing else was said for a while."""
        now = asyncio.get_running_loop().time()
        if self.open and now - self._used_at > self.timing.keepalive_s:
            self._used_at = now
            self._writer.write(keepalive())

    def hang_up(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
        if self._writer is not None:
            self._writer.close()
        self._listener = self._writer = None
