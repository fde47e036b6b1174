"""What all equipment that dials the gateway does, whatever its protocol: it dials, says what is due until that is
answered, three times at most on one connection, listens for commands, and dials again with growing pauses.
"""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sensors.adapters.base import DialIn
from sensors.domain.readings import DecodeError, Message
from sensors.simulator.equipment import Equipment

log = logging.getLogger(__name__)

LOOKS_UP_S = 2.0
KEPT_REPORTS = 500
SENT_AT_MOST = 3
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Where grids begin."""


@dataclass(slots=True)
class Timing:
    """Patience in real seconds."""

    answer_s: float = 5.0
    redial_s: float = 0.5
    redial_most_s: float = 15.0
    keepalive_s: float = 45.0

    def pause_after(self, pause_s: float) -> float:
        """The pause before dialling again, after one of ``pause_s`` that was in vain."""
        return min(max(pause_s * 2, self.redial_s), self.redial_most_s)


class Terminal(ABC):
    """Equipment with something to say at each moment of its grid. ``made_until``: how far its reports are made."""

    equipment: Equipment
    made_until: datetime | None

    @abstractmethod
    def phase(self) -> datetime:
        """Where its grid begins."""

    def next_report(self, after: datetime) -> datetime:
        return next_on_grid(after, self.phase(), self.equipment.interval)

    def fallen_due(self, until: datetime) -> Iterator[datetime]:
        """The moments of its grid since the last one, each once."""
        assert self.made_until is not None
        while (at := self.next_report(self.made_until)) <= until:
            self.made_until = at
            yield at


@dataclass(slots=True)
class Due:
    """One frame to be said: ``write`` makes it when it is sent, since it names the moment of sending."""

    write: Callable[[], tuple[Hashable, bytes]]
    """(what its answer is known by, the frame)."""


@dataclass
class Dialler(Terminal):
    """One piece of equipment. ``now`` is its clock (the hall's time), ``real_s`` turns hall seconds into real ones.

    ``spoils``: share of frames that are sent with a flipped bit first, as over a bad line.
    """

    equipment: Equipment
    gateway: tuple[str, int]
    now: Callable[[], datetime]
    real_s: Callable[[timedelta], float]
    dice: random.Random
    timing: Timing = field(default_factory=Timing)
    spoils: float = 0.0
    backlog: deque[Due] = field(default_factory=lambda: deque(maxlen=KEPT_REPORTS))
    answers: dict[Hashable, asyncio.Future[bool]] = field(default_factory=dict)
    made_until: datetime | None = None
    acknowledged: int = 0
    refused: int = 0
    """Frames that the gateway denied."""
    dialled: int = 0

    # what the kinds differ in

    adapter: DialIn = field(init=False)

    def reports(self, at: datetime) -> list[Due]:
        """What it has to say at a moment of its grid; nothing of one for who gathers several in ``make_reports``."""
        return []

    @abstractmethod
    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        """What ``message`` answers and whether it was accepted; commands are obeyed, with ``say``."""

    # what they share

    async def run(self) -> None:
        pause_s = 0.0
        while True:
            await asyncio.sleep(pause_s * self.dice.uniform(0.7, 1.3))
            pause_s = self.timing.pause_after(pause_s)
            before = self.acknowledged
            try:
                await self.call()
            except* OSError as reason:  # TimeoutError is one
                log.debug("%s: %s", self.equipment.code, reason.exceptions[0])
            if self.acknowledged > before:
                pause_s = 0.0

    async def call(self) -> None:
        """One connection, until it ends: always by an ``OSError``, alone or in a group."""
        async with asyncio.timeout(self.timing.answer_s):
            reader, writer = await asyncio.open_connection(*self.gateway)
        self.dialled += 1
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.listen(reader, writer.write))
                group.create_task(self.speak(writer))
        finally:
            self.answers.clear()
            writer.close()

    async def listen(self, reader: asyncio.StreamReader, say: Callable[[bytes], None]) -> None:
        async for frame in frames_from(reader, self.adapter):
            try:
                heard = self.hear(self.adapter.decode(frame, at=self.now()), say)
            except DecodeError as reason:
                log.warning("%s: the gateway's words are refused: %s", self.equipment.code, reason)
                continue
            if heard and (answer := self.answers.pop(heard[0], None)) and not answer.done():
                answer.set_result(heard[1])
        raise ConnectionResetError("the gateway hung up")

    async def speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self.make_reports(self.now())
            while self.backlog:
                await self.tell(self.backlog[0], writer)
                self.backlog.popleft()
                self.acknowledged += 1
            wait_s = self.real_s(self.next_report(self.now()) - self.now())
            await asyncio.sleep(min(max(wait_s, 0.02), LOOKS_UP_S))

    def phase(self) -> datetime:
        """Not all of them speak at the stroke of the clock."""
        share = random.Random(self.equipment.code).random()
        return EPOCH + self.equipment.interval * share

    def make_reports(self, now: datetime) -> None:
        """Everything that fell due since the last call; of a long silence only the newest hours are kept."""
        if self.made_until is None:
            self.made_until = now - self.equipment.interval
        for at in self.fallen_due(now):
            self.backlog.extend(self.reports(at))

    async def tell(self, due: Due, writer: asyncio.StreamWriter) -> None:
        """Say it until it is answered. Raises ``OSError`` where it is not; what was not answered stays."""
        for attempt in range(SENT_AT_MOST):
            key, frame = due.write()
            answer = self.answers[key] = asyncio.get_running_loop().create_future()
            spoils = not attempt and self.dice.random() < self.spoils
            writer.write(spoilt(frame, self.dice) if spoils else frame)
            await writer.drain()
            try:
                async with asyncio.timeout(self.timing.answer_s):
                    if await answer:
                        return
                    self.refused += 1
            except TimeoutError:
                self.answers.pop(key, None)
        raise ConnectionResetError("no acknowledgement")


async def frames_from(reader: asyncio.StreamReader, adapter: DialIn) -> AsyncIterator[bytes]:
    """The frames that come over a connection, without garbage, until it ends."""
    buffer = b""
    while octets := await reader.read(4096):
        buffer += octets
        while piece := adapter.cut(buffer):
            frame, buffer = buffer[: piece.size], buffer[piece.size :]
            if not piece.garbage:
                yield frame


def next_on_grid(after: datetime, origin: datetime, step: timedelta) -> datetime:
    """The first moment ``origin + n * step`` later than ``after``."""
    return origin + ((after - origin) // step + 1) * step


def spoilt(frame: bytes, dice: random.Random) -> bytes:
    """One bit flipped in the middle: head and length stay, so that the checksum has to find it."""
    octets = bytearray(frame)
    middle = len(octets) // 2
    octets[dice.randrange(middle, max(middle + 1, len(octets) - 8))] ^= 1
    return bytes(octets)
