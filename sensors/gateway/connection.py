"""One connection: cuts its stream into frames, has them stored, answers, and keeps its peer within bounds."""

import asyncio
import contextlib
import logging
import time
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
READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Hall:
    """What connections share: the hall's clock, the allowed clock error of a device, where frames go."""

    clock: Callable[[], datetime]
    allowed_skew: Callable[[], timedelta]
    writer: Writer
    counts: Counts
    limits: Limits
    held: Held
    outbox: Outbox


class Close(Exception):
    """The connection is to be closed; the text is the reason."""


class Bucket:
    """Units a second, with a burst; ``owed()`` is how long to wait before taking more."""

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst, self.level, self.at = rate, burst, burst, time.monotonic()

    def take(self, units: float) -> None:
        present = time.monotonic()
        self.level = min(self.burst, self.level + (present - self.at) * self.rate) - units
        self.at = present

    def owed(self) -> float:
        return max(0.0, -self.level / self.rate)


class Connection:
    def __init__(
        self, adapter: DialIn, hall: Hall, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ):
        self.adapter, self.hall, self.limits = adapter, hall, hall.limits
        self.reader, self.writer = reader, writer
        self.peer = "{}:{}".format(*writer.get_extra_info("peername")[:2])
        self.buffer = bytearray()
        self.frames = Bucket(self.limits.frames_per_s, self.limits.burst)
        self.octets = Bucket(self.limits.bytes_per_s, self.limits.bytes_per_s)
        self.in_flight = asyncio.Semaphore(self.limits.in_flight)
        self.assembler = Assembler(self.limits, hall.held)
        self.began, self.heard_at = time.monotonic(), 0.0
        self.unstored = 0
        self.all_stored = asyncio.Event()
        self.garbage_bytes = self.garbage_records = 0

    async def serve(self) -> None:
        """Until the peer leaves; raises ``Close`` with the reason where we end it."""
        begun: float | None = None  # when the first byte of the unfinished frame came
        while True:
            end = self.heard_at + self.limits.idle_s if self.heard_at else self.began + self.limits.hello_s
            due = min(end, begun + self.limits.frame_s) if begun is not None else end
            if self.assembler.pending:
                due = min(due, time.monotonic() + self.limits.packets_s)
            try:
                async with asyncio.timeout(max(0.05, due - time.monotonic())):
                    octets = await self.reader.read(READ_BYTES)
            except TimeoutError:
                await self.forget_packets()
                if begun is not None and time.monotonic() >= begun + self.limits.frame_s:
                    await self.cut(final=True)
                    begun = None
                if time.monotonic() >= end:
                    raise Close("idle" if self.heard_at else "silent from the start") from None
                continue
            if not octets:
                await self.cut(final=True)
                await self.forget_packets(everything=True)
                # A peer that has said all it had to say may still read: its answers go out first.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.limits.stop_s):
                        while self.unstored:
                            self.all_stored.clear()
                            await self.all_stored.wait()
                return
            self.buffer += octets
            self.octets.take(len(octets))
            taken = await self.cut()
            if not self.buffer:
                begun = None
            elif begun is None or taken:
                begun = time.monotonic()
            if owed := max(self.octets.owed(), self.frames.owed()):
                await asyncio.sleep(owed)  # not reading: TCP holds the peer back

    async def cut(self, *, final: bool = False) -> int:
        """Deal with all that is complete in the buffer; return how many bytes that took."""
        taken = 0
        view = bytes(self.buffer)
        while taken < len(view):
            piece = self.adapter.cut(view[taken:] if taken else view, final=final)
            if piece is None:
                break
            octets = view[taken : taken + piece.size]
            taken += piece.size
            if piece.garbage:
                await self.garbage(octets, piece)
            else:
                await self.frame(octets)
            if owed := self.frames.owed():
                await asyncio.sleep(owed)
        del self.buffer[:taken]
        if len(self.buffer) > self.adapter.longest:
            raise Close("more bytes than the longest frame has")
        return taken

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
        except DecodeError as reason:
            await self.refuse(octets, str(reason), head.part)
            return
        self.heard_at = time.monotonic()
        self.garbage_bytes = self.garbage_records = 0
        self.hall.outbox.heard(self, message)
        if head.part is None:
            await self.accept(octets, self.judged(message), octets)
        else:
            await self.packet(octets, message, head.part)

    async def refuse(self, octets: bytes, reason: str, part: Part | None) -> None:
        self.hall.counts.frame(self.adapter.name, "refused")
        await self.keep(octets, None, reason)
        at = self.hall.clock()
        if part is None:
            self.send(self.adapter.refuse(octets, at=at))
        else:  # the one that is wrong is named at the end, with others that may be missing
            self.ask(self.assembler.broken(part), octets)
        self.garbage_bytes += len(octets)
        self.close_at_too_much_garbage()

    async def accept(self, octets: bytes, message: Message, answer_to: bytes, key: bytes = b"") -> None:
        """Have it stored, then answered. ``key`` tells repeats; by default the octets do."""

        def answer() -> None:
            self.send(self.adapter.answer(answer_to, at=self.hall.clock()))

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
        await self.store(
            octets, message, error, digest(octets + str(time.monotonic_ns()).encode()), lambda: None
        )

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
        await self.in_flight.acquire()
        self.unstored += 1

        def after(done: bool) -> None:
            self.in_flight.release()
            self.unstored -= 1
            if done:
                stored()
            if not self.unstored:
                self.all_stored.set()

        return await self.hall.writer.put(frame, key, after)

    def judged(self, message: Message) -> Message:
        """Note a device clock that is wrong; the readings are stored all the same."""
        if message.sent_at is None:
            return message
        skew = message.sent_at - self.hall.clock()
        if abs(skew) <= self.hall.allowed_skew():
            return message
        return replace(message, details={**message.details, "clock_skew_s": round(skew.total_seconds())})

    def send(self, octets: bytes | None) -> None:
        if not octets or self.writer.is_closing():
            return
        self.writer.write(octets)
        if self.writer.transport.get_write_buffer_size() > self.limits.unread_bytes:
            self.hall.counts.close("answers unread")
            self.writer.transport.abort()
