"""The gateway over UDP, and passwords: one real socket each."""

import asyncio
from dataclasses import replace

from sensors.domain import sl651_frames as frames
from sensors.gateway.datagrams import Source
from sensors.gateway.peer import WRONG_PASSWORD
from sensors.gateway.settings import Limits
from tests.sensors.gateway_kit import ADAPTER, OBSERVED, SENT, STATION, broken, hall, report
from tests.sensors.test_gateway import story


class Handset(asyncio.DatagramProtocol):
    """A device that sends datagrams and remembers what came back."""

    def __init__(self):
        self.answers = asyncio.Queue()

    def connection_made(self, transport):
        self.say = transport.sendto

    def datagram_received(self, data, addr):
        message = ADAPTER.decode(data)
        self.answers.put_nowait((message.serial, message.details["end"]))

    async def answer(self):
        return await asyncio.wait_for(self.answers.get(), 20)


async def handset(here):
    loop = asyncio.get_running_loop()
    return (await loop.create_datagram_endpoint(Handset, remote_addr=("127.0.0.1", here.port)))[1]


@story
async def test_datagrams_are_stored_and_answered_to_where_they_came_from():
    async with hall() as here:
        first, second = await handset(here), await handset(here)
        first.say(report(1) + report(2))
        second.say(report(3, address="3799000102"))
        assert [await first.answer() for _ in range(2)] == [(1, "ESC"), (2, "ESC")]
        assert await second.answer() == (3, "ESC")
        first.say(report(2))
        assert await first.answer() == (2, "ESC")
        first.say(broken(4))
        assert await first.answer() == (4, "NAK")
        first.say(b"GET / HTTP/1.1\r\n\r\n" + report(5)[:20])
        await here.until(lambda: len(here.sink.errors) == 3)
        assert len(here.sink.good) == 3
        assert all(frame.peer.endswith("/udp") for frame in here.sink.frames)
        picture = frames.write_group(STATION, 0x48, OBSERVED, b"\xf3\xf3" + bytes(1500))
        for packet in frames.write_packets(0x36, STATION, 9, SENT, picture, packet_bytes=600):
            first.say(packet)
        assert await first.answer() == (9, "ACK")


@story
async def test_a_source_that_floods_or_talks_nonsense_is_dropped_and_its_neighbour_is_served():
    limits = {"source_waiting": 4, "garbage_bytes": 200, "connections": 3}
    async with hall(**limits) as here:
        flood, noise, well = await handset(here), await handset(here), await handset(here)
        here.sink.gate.clear()
        for serial in range(1, 60):
            flood.say(report(serial))
        for _ in range(20):
            noise.say(b"\x00" * 100)
        await here.until(
            lambda: here.gateway.counts.frames["dropped"] > 50 and here.gateway.counts.closed["garbage"]
        )
        here.sink.gate.set()
        well.say(report(1, address="3799000103"))
        assert await well.answer() == (1, "ESC")
        await handset(here)
        another = await handset(here)
        another.say(report(2, address="3799000104"))
        assert await another.answer() == (2, "ESC")
        assert len(here.gateway.datagrams[0].sources) <= 3


def test_a_source_is_held_to_its_bytes_a_second():
    class Nothing:
        limits = replace(Limits(), bytes_per_s=1000)
        held = outbox = None

    source = Source(ADAPTER, Nothing(), ("127.0.0.1", 1), None)
    assert source.takes(900) and not source.takes(60_000) and not source.takes(1)


@story
async def test_a_frame_with_another_password_is_refused_and_kept_with_the_reason():
    async with hall() as here:
        right = {STATION: "04D2"}
        here.gateway.hall = replace(
            here.gateway.hall, password=lambda protocol, address: right.get(address, "")
        )
        device = await here.device()
        body = frames.write_group(STATION, 0x48, OBSERVED, frames.write_element("level", 3.5))
        await device.say(report(1))
        assert await device.answer() == (1, "NAK")
        await device.say(frames.write_up(0x32, STATION, 2, SENT, body, password=0x4D2))
        assert await device.answer() == (2, "ESC")
        await device.say(report(3, address="3799000102"))
        assert await device.answer() == (3, "ESC")
        assert here.sink.errors == [WRONG_PASSWORD] and here.sink.frames[0].address == STATION
