"""One connection: cuts its stream into frames, has them stored, answers, and keeps its peer within bounds."""

import asyncio
import contextlib
import time

from sensors.adapters.base import DialIn
from sensors.gateway.peer import Close, Hall, Peer

READ_BYTES = 64 * 1024


class Connection(Peer):
    def __init__(
        self, adapter: DialIn, hall: Hall, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ):
        super().__init__(adapter, hall, "{}:{}".format(*writer.get_extra_info("peername")[:2]))
        self.reader, self.writer = reader, writer
        self.buffer = bytearray()
        self.in_flight = asyncio.Semaphore(self.limits.in_flight)
        self.began = time.monotonic()
        self.unstored = 0
        self.all_stored = asyncio.Event()

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

    async def room(self) -> None:
        await self.in_flight.acquire()
        self.unstored += 1

    def stored(self) -> None:
        self.in_flight.release()
        self.unstored -= 1
        if not self.unstored:
            self.all_stored.set()

    def send(self, octets: bytes | None) -> None:
        if not octets or self.writer.is_closing():
            return
        self.writer.write(octets)
        if self.writer.transport.get_write_buffer_size() > self.limits.unread_bytes:
            self.hall.counts.close("answers unread")
            self.writer.transport.abort()
