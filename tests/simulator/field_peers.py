"""Peers of the simulated field for its tests."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from command_center.core.now import Rate
from sensors.adapters.sl651 import Sl651
from sensors.domain.readings import DecodeError

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


class Centre:
    """A gateway of the tests: reads frames over a real socket, keeps what they say, answers as told."""

    def __init__(self):
        self.messages, self.frames, self.refused, self.garbage = [], [], [], []
        self.packets = {}
        self.connections = 0
        self.mute = self.deny = self.hang_up = 0
        self.news = asyncio.Condition()
        self.port = 0
        self._server, self._writers = None, set()

    async def listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def away(self):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def until(self, holds):
        async with asyncio.timeout(120), self.news:
            await self.news.wait_for(lambda: holds(self))

    def readings(self, channel=None):
        return [
            reading
            for message in self.messages
            for reading in message.readings
            if channel in (None, reading.channel)
        ]

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader, writer):
        protocol, buffer = Sl651(), b""
        while octets := await reader.read(4096):
            buffer += octets
            while cut := protocol.cut(buffer):
                frame, buffer = buffer[: cut.size], buffer[cut.size :]
                answer = self._hear(protocol, frame, cut)
                async with self.news:
                    self.news.notify_all()
                if answer is None and self.hang_up:
                    self.hang_up -= 1
                    return
                if answer:
                    writer.write(answer)

    def _hear(self, protocol, frame, cut):
        if cut.garbage:
            self.garbage.append(frame)
            return None
        try:
            if part := protocol.head(frame).part:
                packets = self.packets.setdefault(part.key, {})
                packets[part.number] = frame
                if len(packets) < part.total:
                    return None
                del self.packets[part.key]
                frame = packets[1]
                message = protocol.join([packets[n] for n in sorted(packets)])
            else:
                message = protocol.decode(frame)
        except DecodeError as reason:
            self.refused.append(str(reason))
            return protocol.refuse(frame, at=NOON)
        self.frames.append(frame)
        if message.function != "2F":
            if self.hang_up:
                return None
            if self.mute:
                self.mute -= 1
                return None
            if self.deny:
                self.deny -= 1
                return protocol.refuse(frame, at=NOON)
        self.messages.append(message)
        return protocol.answer(frame, at=NOON)


@asynccontextmanager
async def listening():
    centre = Centre()
    await centre.listen()
    try:
        yield centre
    finally:
        await centre.away()


@asynccontextmanager
async def playing(field):
    await field.start()
    try:
        yield field
    finally:
        await field.stop()


def rate(story=NOON, speed=600.0):
    return Rate(datetime.now(UTC), story, speed)


class Hand:
    """A hall clock that the test moves."""

    def __init__(self, story=NOON):
        self.story = story

    def at(self, real):
        return self.story

    def real(self, story):
        return story
