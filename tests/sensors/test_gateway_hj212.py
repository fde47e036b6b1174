"""The gateway and HJ 212: packets are answered one by one."""

import asyncio
from datetime import datetime, timedelta, timezone

from sensors.adapters.hj212 import Hj212
from sensors.domain.hj212 import write
from sensors.gateway import Gateway, Limits
from tests.sensors.gateway_kit import PATIENCE_S, Sink

ADAPTER = Hj212()
DEVICE = "370502GAS000000000000001"
AT = datetime(2026, 7, 12, 6, 30, tzinfo=timezone(timedelta(hours=8)))


def packet(number, total=2, value=1.0):
    items = [f"DataTime={AT:%Y%m%d%H%M%S}", f"a2102{number}-Rtd={value}"]
    return write("2011", DEVICE, items, at=AT, part=(number, total))


def played(scene):
    async def story():
        sink = Sink()
        gateway = Gateway(
            {"hj212": ADAPTER}, sink, clock=lambda: AT, allowed_skew=lambda: timedelta(minutes=5), limits=Limits(stop_s=2.0)
        )  # fmt: skip
        ports = await gateway.start("127.0.0.1", {"hj212": 0})
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["hj212"])
        try:
            async with asyncio.timeout(PATIENCE_S):
                await scene(sink, reader, writer)
        finally:
            sink.gate.set()
            writer.transport.abort()
            await gateway.stop()

    asyncio.run(story())


async def acknowledged(reader):
    message = ADAPTER.decode(await reader.readuntil(b"\r\n"))
    assert (message.function, message.address, message.sent_at) == ("9014", DEVICE, AT)


def test_a_logger_that_waits_for_each_acknowledgement_gets_through_its_packets():
    async def scene(sink, reader, writer):
        for number in (1, 2):
            writer.write(packet(number))
            await acknowledged(reader)
        told = {(r.channel, r.value) for frame in sink.good for r in frame.message.readings}
        assert told == {("a21021.rtd", 1.0), ("a21022.rtd", 1.0)}
        writer.write(packet(2))  # its acknowledgement was lost
        await acknowledged(reader)

    played(scene)
