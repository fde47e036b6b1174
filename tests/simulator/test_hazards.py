"""Simulated gas monitors and fire hosts, over real sockets, against the real gateway with a sink that remembers."""

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sensors.adapters.gb26875 import Gb26875
from sensors.adapters.hj212 import Hj212
from sensors.domain.quality import Quality
from sensors.gateway import Gateway, Limits
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment, Point
from sensors.simulator.hazards import EPOCH, FireHost, GasMonitor, Happenings, build
from tests.sensors.gateway_kit import Sink
from tests.simulator.field_peers import NOON, rate
from tests.waiting import until

QUICK = Timing(answer_s=20, redial_s=0.02, redial_most_s=0.05)
PARTS = ("part.1.1.42.3-1", "part.1.1.23.3-2")
MONITOR = Equipment(
    "GM-01", "gas_monitor", "hj212", "370502GAS000000000000001", 118.5, 37.4, interval=timedelta(minutes=2)
)
HOST = Equipment(
    "FH-01", "fire_host", "gb26875", "370502010001", 118.5, 37.4, interval=timedelta(minutes=5),
    points=(*(Point(part, "fire_part_state", {"place": "三层走廊"}) for part in PARTS),
            Point("part.11.1.91.1-1.pressure_mpa", "water_pressure")),
)  # fmt: skip


class Hall:
    """The real gateway for both protocols, and the field's clock, thirty minutes a second."""

    def __init__(self):
        self.sink, self.clock = Sink(), rate(NOON, 1800.0)
        adapters = {"hj212": Hj212(), "gb26875": Gb26875()}
        self.gateway = Gateway(
            adapters, self.sink, clock=self.now, allowed_skew=lambda: timedelta(minutes=5), limits=replace(Limits(), stop_s=2.0)
        )  # fmt: skip

    def now(self):
        return self.clock.at(datetime.now(UTC))

    def parts(self, equipment):
        gateway = ("127.0.0.1", self.ports[equipment.protocol])
        return equipment, gateway, self.now, lambda span: span.total_seconds() / 1800, random.Random(1), QUICK

    def messages(self):
        return [frame.message for frame in self.sink.good]

    def readings(self):
        return [reading for message in self.messages() for reading in message.readings]

    def told(self, channel):
        """The values of a channel in the order of their times, repeats left out."""
        times = {
            reading.observed_at: reading.value for reading in self.readings() if reading.channel == channel
        }
        return [times[at] for at in sorted(times)]

    until = staticmethod(until)


def during(begin, lasts, share=0.0):
    """Something that happens for so long."""
    return lambda code, at: share if begin <= at < begin + lasts else None


@asynccontextmanager
async def hall():
    here = Hall()
    here.ports = await here.gateway.start("127.0.0.1", {"hj212": 0, "gb26875": 0})
    try:
        yield here
    finally:
        await here.gateway.stop()


@asynccontextmanager
async def running(dialler):
    task = asyncio.create_task(dialler.run())
    try:
        yield dialler
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_gas_monitor_is_acknowledged_leaks_and_says_when_it_is_calibrated():
    async def scenario():
        async with hall() as here:
            always = during(EPOCH, timedelta(days=36500), share=0.5)
            monitor = GasMonitor(*here.parts(MONITOR), leaks=always, calibrated=always)
            async with running(monitor):
                await here.until(lambda: monitor.acknowledged >= 3)
            gases = [reading for reading in here.readings() if reading.channel == "a21028.rtd"]
            assert len(gases) >= 3 and all(reading.value > 20 for reading in gases)
            assert {reading.quality for reading in gases} == {Quality.BAD}
            winds = [reading for reading in here.readings() if reading.channel == "a01007.rtd"]
            assert {reading.quality for reading in winds} == {None}

    asyncio.run(scenario())


def test_what_was_not_acknowledged_is_said_again_and_nothing_is_lost():
    async def scenario():
        async with hall() as here:
            monitor = GasMonitor(*here.parts(MONITOR), spoils=1.0)
            monitor.timing = replace(QUICK, answer_s=0.1)
            async with running(monitor):
                await here.until(lambda: monitor.acknowledged >= 3)
            assert any("checksum" in error for error in here.sink.errors)
            times = sorted(
                {reading.observed_at for reading in here.readings() if reading.channel == "a21028.rtd"}
            )
            assert len(times) >= 3
            assert all(after - before == MONITOR.interval for before, after in pairwise(times))

    asyncio.run(scenario())


def test_a_fire_host_tells_its_parts_burns_and_is_reset():
    async def scenario():
        async with hall() as here:
            burns = during(here.now() + timedelta(minutes=10), timedelta(minutes=20))
            host = FireHost(*here.parts(HOST), burns=burns, spoils=0.3)
            host.timing = replace(QUICK, answer_s=0.5)
            async with running(host):
                await here.until(lambda: len(here.told(PARTS[0])) == 3)
            assert here.told(PARTS[0]) == [1.0, 2.0, 1.0]
            assert here.told("fire") == [1.0, 0.0]
            assert {r.value for r in here.readings() if r.channel.endswith("pressure_mpa")} == {0.6, 0.3}

    asyncio.run(scenario())


def test_the_guard_is_asked_and_answers():
    async def scenario():
        async with hall() as here:
            host = FireHost(*here.parts(HOST), guard_sleeps=0.0)
            adapter = here.gateway.adapters["gb26875"]
            async with running(host):
                await here.until(lambda: host.acknowledged)
                (writer,) = here.gateway.connections.values()
                writer.write(
                    adapter.command("guard_check", {}, address=HOST.address, serial=77, at=here.now())
                )
                await here.until(lambda: any(adapter.reply(m) and m.serial == 77 for m in here.messages()))
                await here.until(lambda: any(m.function == "2-24" for m in here.messages()))
            told = next(m.details["objects"] for m in here.messages() if m.function == "2-24")
            assert told[0]["operations"] == ["confirmed"]

    asyncio.run(scenario())


def test_things_happen_to_one_at_a_time_the_same_for_everybody_and_not_without_faults():
    leak = Happenings("leak", ["A", "B", "C"], timedelta(hours=9), timedelta(minutes=30))
    for number in range(20):
        at = EPOCH + timedelta(hours=9) * number + timedelta(hours=3, minutes=10)
        struck = [code for code in "ABC" if leak.share(code, at) is not None]
        assert len(struck) == 1 and 0 <= leak.share(struck[0], at) < 1
        assert leak.share(struck[0], at + timedelta(minutes=30)) is None
    gateways = {"hj212": ("127.0.0.1", 1), "gb26875": ("127.0.0.1", 2)}
    quiet = build([MONITOR, HOST], gateways, rate(NOON), faults="none")
    assert [type(each) for each in quiet] == [GasMonitor, FireHost]
    day = [NOON + timedelta(minutes=5) * n for n in range(288)]
    assert all(quiet[0].leaks("GM-01", at) is None and quiet[1].burns("FH-01", at) is None for at in day)
    restless = build([MONITOR, HOST], gateways, rate(NOON))
    assert any(restless[1].burns("FH-01", at) is not None for at in day)
    assert any(restless[0].leaks("GM-01", at) is not None for at in day)
