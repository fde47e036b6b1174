"""Whoever speaks to the gateway, over whatever carries it: frames are judged, stored, answered, and kept within bounds."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sensors.adapters.base import Cut, DialIn, Part
from sensors.domain.readings import DecodeError, Message
from sensors.gateway.counts import Counts
from sensors.gateway.outbox import Outbox
from sensors.gateway.packets import Assembler, Held, Pending
from sensors.gateway.settings import Limits
from sensors.gateway.writer import Writer, digest
from sensors.services.ingest import Frame

log = logging.getLogger(__name__)
WRONG_PASSWORD = "the password is not that of the station"


def no_password(protocol: str, address: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Hall:
    """What peers share: the hall's clock, the allowed clock error of a device, where frames go.

    ``password``: (protocol, address) → the one that is set for the station, empty for none. Must not wait.
    """

    clock: Callable[[], datetime]
    allowed_skew: Callable[[], timedelta]
    writer: Writer
    counts: Counts
    limits: Limits
    held: Held
    outbox: Outbox
    password: Callable[[str, str], str] = no_password


class Close(Exception):
    """The peer is not listened to any more; the text is the reason."""


class Bucket:
    """Units a second, with a burst; ``owed()`` is how long to wait before taking more."""

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst, self.level, self.at = rate, burst, burst, time.monotonic()

    def take(self, units: float) -> None:
        present = time.monotonic()
        self.level = min(self.burst, self.level + (present - self.at) * self.rate) - units
        self.at = present

    def owed(self) -> float:
        """Seconds, from what has flowed in since."""
        level = min(self.burst, self.level + (time.monotonic() - self.at) * self.rate)
        return max(0.0, -level / self.rate)


class Peer(ABC):
    """One sender of frames. How they come in and how octets go out is the subclass's."""

    def __init__(self, adapter: DialIn, hall: Hall, peer: str):
        self.adapter, self.hall, self.limits, self.peer = adapter, hall, hall.limits, peer
        self.frames = Bucket(self.limits.frames_per_s, self.limits.burst)
        self.octets = Bucket(self.limits.bytes_per_s, self.limits.bytes_per_s)
        self.assembler = Assembler(self.limits, hall.held)
        self.heard_at = 0.0
        self.garbage_bytes = self.garbage_records = 0

    @abstractmethod
    def send(self, octets: bytes | None) -> None:
        """Write an answer; None, or a peer that is gone, is passed over."""

    @abstractmethod
    async def room(self) -> None:
        """Wait until one more frame of this peer may wait to be stored."""

    @abstractmethod
    def stored(self) -> None:
        """That frame waits no more."""

    async def garbage(self, octets: bytes, piece: Cut) -> None:
        if piece.silent:
            return
        self.garbage_bytes += len(octets)
        self.garbage_records += 1
        self.hall.counts.frame(self.adapter.name, "garbage")
        if self.garbage_records <= self.limits.garbage_records:
            await self.keep(octets[: self.limits.garbage_kept], None, f"{len(octets)} bytes: {piece.garbage}")
        self.close_at_too_much_garbage()

    def close_at_too_much_garbage(self) -> None:
        if self.garbage_bytes > self.limits.garbage_bytes:
            raise Close("garbage")

    async def frame(self, octets: bytes) -> None:
        self.frames.take(1)
        head = self.adapter.head(octets)
        try:
            message = self.adapter.decode(octets, at=self.hall.clock())
            self.check_password(octets, message)
        except DecodeError as reason:
            await self.refuse(octets, str(reason), head.part)
            return
        self.heard_at = time.monotonic()
        self.garbage_bytes = self.garbage_records = 0
        self.hall.outbox.heard(self, message, octets)
        if head.part is None:
            self.hall.outbox.replied(self, message)
            await self.accept(octets, self.judged(message), octets)
        else:
            await self.packet(octets, message, head.part)

    def check_password(self, octets: bytes, message: Message) -> None:
        said = getattr(self.adapter, "password", None)
        right = self.hall.password(self.adapter.name, message.address)
        if right and said is not None and said(octets).upper() != right.upper():
            raise DecodeError(WRONG_PASSWORD)

    async def refuse(self, octets: bytes, reason: str, part: Part | None) -> None:
        self.hall.counts.frame(self.adapter.name, "refused")
        await self.keep(octets, None, reason)
        at = self.hall.clock()
        if part is None or reason == WRONG_PASSWORD:
            self.send(self.adapter.refuse(octets, at=at))
        else:  # the one that is wrong is named at the end, with others that may be missing
            self.ask(self.assembler.broken(part), octets)
        self.garbage_bytes += len(octets)
        self.close_at_too_much_garbage()

    async def accept(self, octets: bytes, message: Message, answer_to: bytes, key: bytes = b"") -> None:
        """Have it stored, then answered. ``key`` tells repeats; by default the octets do."""

        def answer() -> None:
            self.send(self.adapter.answer(answer_to, at=self.hall.clock()))

        if not key and message.serial is None and message.sent_at is None and message.observed_at is None:
            key = _once(octets)  # the same words again are said again: nothing in them tells a repeat
        fresh = await self.store(octets, message, "", key or digest(octets), answer)
        self.hall.counts.frame(self.adapter.name, "accepted" if fresh else "repeated")

    async def packet(self, octets: bytes, message: Message, part: Part) -> None:
        entry = self.assembler.add(part, octets)
        if entry is None:
            await self.keep(octets, None, f"a message of more than {self.limits.message_bytes} bytes")
            return
        if entry.missing:
            if getattr(self.adapter, "answers_packets", False):
                await self.accept(octets, message, octets)
            else:
                fresh = await self.store(octets, message, "", digest(octets), lambda: None)
                self.hall.counts.frame(self.adapter.name, "accepted" if fresh else "repeated")
            self.ask(entry, octets)
            return
        frames = [entry.frames[number] for number in sorted(entry.frames)]
        self.assembler.done(entry)
        try:
            whole = self.adapter.join(frames)
        except DecodeError as reason:
            self.hall.counts.frame(self.adapter.name, "refused")
            await self.keep(octets, None, str(reason))
            self.send(self.adapter.refuse(frames[0], at=self.hall.clock()))
            return
        self.hall.outbox.replied(self, whole)
        await self.accept(octets, self.judged(whole), frames[0], digest(b"".join(frames)))

    def ask(self, entry: Pending, octets: bytes) -> None:
        number = self.assembler.ask(entry)
        if number is not None:
            reference = entry.frames.get(1, octets)
            self.send(self.adapter.refuse(reference, at=self.hall.clock(), packet=number))

    async def forget_packets(self, *, everything: bool = False) -> bool:
        late = list(self.assembler.pending.values()) if everything else self.assembler.expired()
        for entry in late:
            self.assembler.done(entry)
            self.hall.counts.frame(self.adapter.name, "incomplete")
            missing = ", ".join(map(str, entry.missing[:20]))
            first = entry.frames[min(entry.frames)] if entry.frames else b""
            await self.keep(
                first[: self.limits.garbage_kept], None, f"packets {missing} of {entry.part.total} never came"
            )
        return bool(late)

    async def keep(self, octets: bytes, message: Message | None, error: str) -> None:
        """Store without an answer: what was refused is kept above all."""
        # Never a repeat: the same garbage twice happened twice.
        await self.store(octets, message, error, _once(octets), lambda: None)

    async def store(
        self, octets: bytes, message: Message | None, error: str, key: bytes, stored: Callable[[], None]
    ) -> bool:
        frame = Frame(
            protocol=self.adapter.name,
            peer=self.peer,
            received_at=self.hall.clock(),
            raw=octets,
            address=message.address if message else self.adapter.head(octets).address,
            message=message,
            error=error[:300],
        )
        await self.room()

        def after(done: bool) -> None:
            if done:
                stored()
            self.stored()

        return await self.hall.writer.put(frame, key, after)

    def judged(self, message: Message) -> Message:
        """Note a device clock that is wrong; the readings are stored all the same."""
        if message.sent_at is None:
            return message
        skew = message.sent_at - self.hall.clock()
        if abs(skew) <= self.hall.allowed_skew():
            return message
        return replace(message, details={**message.details, "clock_skew_s": round(skew.total_seconds())})

    def gone(self) -> None:
        """Let go of all that was held for it."""
        self.hall.outbox.gone(self)
        for entry in list(self.assembler.pending.values()):
            self.assembler.done(entry)


def _once(octets: bytes) -> bytes:
    """A key that nothing else has."""
    return digest(octets + str(time.monotonic_ns()).encode())
