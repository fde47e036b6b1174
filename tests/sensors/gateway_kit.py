"""A gateway on a free port with a sink that remembers, and a device that speaks SL 651 to it over a real socket."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from sensors.adapters.sl651 import Sl651
from sensors.domain import sl651_frames as frames
from sensors.gateway import Gateway, Limits
from tests.waiting import until

BEIJING = timezone(timedelta(hours=8))
STATION = "3799000101"
OBSERVED = datetime(2026, 7, 12, 6, 30, tzinfo=BEIJING)
SENT = OBSERVED + timedelta(seconds=7)
ADAPTER = Sl651()
PATIENCE_S = 20


class Away(Exception):
    """The database is away."""


class Sink:
    """Remembers what was stored. ``gate`` closed: the database hangs; ``away``: it refuses; ``poison``: not this one."""

    def __init__(self):
        self.batches, self.gate, self.away, self.poison = [], threading.Event(), False, None
        self.gate.set()
        self.on_commit = lambda: None

    def __call__(self, batch):
        self.gate.wait(PATIENCE_S)
        if self.away:
            raise Away
        if self.poison is not None and any(self.poison in frame.raw for frame in batch):
            raise ValueError("this one cannot be stored")
        self.batches.append(list(batch))
        self.on_commit()

    @property
    def frames(self):
        return [frame for batch in self.batches for frame in batch]

    @property
    def good(self):
        return [frame for frame in self.frames if not frame.error]

    @property
    def errors(self):
        return [frame.error for frame in self.frames if frame.error]


def report(serial, *, address=STATION, level=3.482, sent_at=SENT):
    body = frames.write_group(address, 0x48, OBSERVED, frames.write_element("level", level))
    return frames.write_up(0x32, address, serial, sent_at, body)


def broken(serial):
    octets = bytearray(report(serial))
    octets[40] ^= 1
    return bytes(octets)


class Device:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.buffer = reader, writer, b""

    async def say(self, *pieces):
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def answer(self):
        """The next downlink as (serial, end mark), or None where the gateway closed."""
        octets = await self.answer_octets()
        if octets is None:
            return None
        message = ADAPTER.decode(octets)
        return message.serial, message.details["end"]

    async def answer_octets(self):
        async with asyncio.timeout(PATIENCE_S):
            while (piece := ADAPTER.cut(self.buffer)) is None:
                octets = await self.reader.read(4096)
                if not octets:
                    return None
                self.buffer += octets
        octets, self.buffer = self.buffer[: piece.size], self.buffer[piece.size :]
        assert not piece.garbage
        return octets

    async def closed(self):
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await self.reader.read(4096):
                    pass
        except ConnectionError:
            pass
        return True


class Hall:
    def __init__(self, gateway, port, sink):
        self.gateway, self.port, self.sink = gateway, port, sink
        self.devices = []

    async def device(self, receive_bytes=None):
        connection = socket.socket()
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        device = Device(*await asyncio.open_connection(sock=connection))
        self.devices.append(device)
        return device

    until = staticmethod(until)


@asynccontextmanager
async def hall(now=SENT, reset=lambda: None, **limits):
    sink = Sink()
    gateway = Gateway(
        {"sl651": ADAPTER},
        sink,
        clock=lambda: now,
        allowed_skew=lambda: timedelta(minutes=5),
        limits=replace(Limits(stop_s=2.0), **limits),
        is_outage=lambda problem: isinstance(problem, Away),
        reset=reset,
    )
    ports = await gateway.start("127.0.0.1", {"sl651": 0})
    here = Hall(gateway, ports["sl651"], sink)
    try:
        yield here
    finally:
        sink.gate.set()
        await gateway.stop()
        for device in here.devices:
            device.writer.transport.abort()
