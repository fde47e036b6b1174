"""Equipment that dials the gateway in the bench: terminals that behave, and five bad habits. All speak SL 651."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sensors.domain.sl651_frames import write_elements, write_group, write_up

ANSWER_BYTES = 25
"""An acknowledgement: head, serial number and time, end and checksum."""
ANSWER_S, REDIAL_S = 15.0, 0.5
TIMED, RIVER = 0x32, 0x48
FLOOD = 100
"""How many times as often as it should a flooding device speaks."""
SLOW_S = 0.2
WRONG_BY = timedelta(days=700)


def report(
    address: str, serial: int, at: datetime, level_m: float = 3.2, *, observed: datetime | None = None
) -> bytes:
    """One timed report: level and battery, observed ``at`` if not said otherwise."""
    body = write_group(address, RIVER, observed or at, write_elements({"level": level_m, "battery": 12.5}))
    return write_up(TIMED, address, serial, at, body)


class Terminal:
    """Reports each ``interval_s``, waits for the acknowledgement, repeats, dials again. ``backlog``: observation times that it
    still has to tell, oldest first; while there are any it does not wait for its interval."""

    def __init__(
        self,
        address: str,
        interval_s: float,
        backlog: Sequence[datetime] = (),
        level_m: Callable[[datetime], float] = lambda at: 3.2,
    ) -> None:
        self.address, self.interval_s, self.level_m = address, interval_s, level_m
        self.backlog = list(reversed(backlog))
        self.serial = self.acknowledged = self.dialled = 0
        self.told_at = 0.0  # loop time at which the newest acknowledged report was made
        self.current = asyncio.Event()
        """Set when nothing is left of the backlog."""

    async def run(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self.told_at = loop.time()
        await asyncio.sleep(random.Random(self.address).random() * self.interval_s * (not self.backlog))
        due = loop.time()
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                self.dialled += 1
                try:
                    while True:
                        await self.tell(reader, writer)
                        if not self.backlog:
                            self.current.set()
                            due = max(due + self.interval_s, loop.time() - self.interval_s)
                            await asyncio.sleep(max(0.0, due - loop.time()))
                finally:
                    writer.close()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(REDIAL_S)

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made, at = asyncio.get_running_loop().time(), datetime.now(UTC)
        observed = self.backlog[-1] if self.backlog else at
        self.serial = self.serial % 0xFFFF + 1
        writer.write(report(self.address, self.serial, at, self.level_m(observed), observed=observed))
        async with asyncio.timeout(ANSWER_S):
            while int.from_bytes((await reader.readexactly(ANSWER_BYTES))[14:16]) != self.serial:
                pass
        if self.backlog:
            self.backlog.pop()
        self.acknowledged += 1
        self.told_at = made

    def age_s(self) -> float:
        """How old its newest stored report is."""
        return asyncio.get_running_loop().time() - self.told_at


async def slow(address: str, port: int, interval_s: float) -> None:
    """A byte now and then, never a whole frame in time."""
    async with _line(port) as (_, writer):
        for octet in report(address, 1, datetime.now(UTC)) * 1000:
            writer.write(bytes((octet,)))
            await asyncio.sleep(SLOW_S)


async def flood(address: str, port: int, interval_s: float) -> None:
    """Reports a hundred times as often as it should, and reads no answer."""
    async with _line(port) as (_, writer):
        for serial in range(1, 0xFFFF):
            writer.write(report(address, serial, datetime.now(UTC)))
            await writer.drain()
            await asyncio.sleep(interval_s / FLOOD)


async def half_open(address: str, port: int, interval_s: float) -> None:
    """Speaks once, then is neither heard nor gone; dials beside it again and again."""
    held = []
    try:
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(report(address, len(held) + 1, datetime.now(UTC))[:-5])
            held.append(writer)
            await asyncio.sleep(interval_s / 4)
    finally:
        for writer in held:
            writer.close()


async def garbage(address: str, port: int, interval_s: float) -> None:
    """Noise, with beginnings of frames in it."""
    dice = random.Random(address)
    async with _line(port) as (_, writer):
        while True:
            writer.write(dice.randbytes(400) + b"\x7e\x7e" + dice.randbytes(600))
            await writer.drain()
            await asyncio.sleep(interval_s / FLOOD)


async def wrong_clock(address: str, port: int, interval_s: float) -> None:
    """Whole frames of another year."""
    async with _line(port) as (_, writer):
        for serial in range(1, 0xFFFF):
            writer.write(report(address, serial, datetime.now(UTC) + WRONG_BY * (1 if serial % 2 else -1)))
            await writer.drain()
            await asyncio.sleep(interval_s / 10)


HABITS = (slow, flood, half_open, garbage, wrong_clock)


async def for_ever(habit: Callable[..., object], address: str, port: int, interval_s: float) -> None:
    """Whatever the gateway does to it, it comes back."""
    while True:
        with contextlib.suppress(OSError):
            await habit(address, port, interval_s)  # type: ignore[misc]
        await asyncio.sleep(REDIAL_S)


@contextlib.asynccontextmanager
async def _line(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
