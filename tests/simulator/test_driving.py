"""Simulated vehicles, over real sockets, against the real gateway with a sink that remembers."""

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sensors.adapters.jt808 import Jt808
from sensors.domain.downlinks import Order
from sensors.gateway import Gateway, Limits
from sensors.simulator import vehicles
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment
from sensors.simulator.vehicles import Route, Vehicle
from tests.sensors.gateway_kit import Sink
from tests.simulator.field_peers import NOON, rate
from tests.waiting import until

FAST = 1800.0
QUICK = Timing(answer_s=20, redial_s=0.02, redial_most_s=0.05)
WAY = [(118.50, 37.45), (118.55, 37.45), (118.55, 37.48)]
TANKER = Equipment(
    "HV-01", "vehicle", "jt808", "010000808001", *WAY[0], interval=timedelta(minutes=5),
    facts={"plate": "演E0001", "route": {"type": "LineString", "coordinates": WAY}},
)  # fmt: skip


class Desk:
    def __init__(self):
        self.orders, self.outcomes = [], []

    def pending(self):
        return list(self.orders)

    def claim(self, ids, *, at):
        mine, self.orders = {order.id for order in self.orders if order.id in ids}, []
        return mine

    def close(self, outcomes, *, at):
        self.outcomes += outcomes


class Hall:
    def __init__(self):
        self.sink, self.desk, self.clock = Sink(), Desk(), rate(NOON, FAST)
        self.gateway = Gateway(
            {"jt808": Jt808()}, self.sink, clock=self.now, allowed_skew=lambda: timedelta(minutes=5),
            limits=replace(Limits(), stop_s=2.0), desk=self.desk,
        )  # fmt: skip

    def now(self):
        return self.clock.at(datetime.now(UTC))

    @property
    def fixes(self):
        return [fix for frame in self.sink.good for fix in frame.message.fixes]

    def readings(self, channel):
        return [r for frame in self.sink.good for r in frame.message.readings if r.channel == channel]

    until = staticmethod(until)


@asynccontextmanager
async def driving(**more):
    here = Hall()
    ports = await here.gateway.start("127.0.0.1", {"jt808": 0})
    parts = ("127.0.0.1", ports["jt808"]), here.now, lambda span: span.total_seconds() / FAST
    here.vehicle = Vehicle(TANKER, *parts, random.Random(1), QUICK, **more)
    task = asyncio.create_task(here.vehicle.run())
    try:
        yield here
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await here.gateway.stop()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    monkeypatch.setattr(vehicles, "REAL_S", 0.01)


def test_a_vehicle_registers_is_believed_and_drives_its_route():
    async def scenario():
        async with driving() as here:
            await here.until(lambda: len({fix.observed_at for fix in here.fixes}) > 40)
            functions = [frame.message.function for frame in here.sink.good]
            assert functions[:3] == ["0100", "0102", "0200"]
            assert here.sink.good[0].message.details["plate"] == "演E0001"
            assert here.sink.good[1].message.details["code"] == here.vehicle.code
            assert all(37.449 < fix.lat < 37.481 and 118.499 < fix.lon < 118.551 for fix in here.fixes)
            assert len({(fix.lat, fix.lon) for fix in here.fixes}) > 3

    asyncio.run(scenario())


def test_a_tired_driver_is_told_and_is_awake_again():
    async def scenario():
        async with driving(tired=lambda code, at: 0.5) as here:
            await here.until(lambda: [r for r in here.readings("dsm.fatigue") if r.value == 2.0])
            here.desk.orders.append(
                Order(1, "jt808", TANKER.address, "text", {"text": "请休息", "urgent": True})
            )
            here.gateway.outbox.wake()
            await here.until(lambda: here.desk.outcomes)
            assert here.desk.outcomes[0].done and here.vehicle.told == ["请休息"]
            await here.until(lambda: [r for r in here.readings("dsm.fatigue") if r.value == 0.0])

    asyncio.run(scenario())


def test_a_vehicle_rests_at_both_ends_and_comes_back_the_same_way():
    route = Route(WAY, 60.0)
    km = sum(leg[0] for leg in route.legs())
    there = timedelta(hours=km / 60)
    assert route.at(timedelta(0)) == (*WAY[0], 60.0, 90, True)
    lon, lat, kmh, _, loaded = route.at(there + vehicles.RESTS / 2)
    assert (lon, lat, kmh, loaded) == (*WAY[-1], 0.0, True)
    lon, lat, kmh, direction, loaded = route.at(there + vehicles.RESTS + timedelta(seconds=30))
    assert (direction, kmh, loaded) == (180, 60.0, False) and lat < WAY[-1][1]
    assert route.at(2 * (there + vehicles.RESTS))[:2] == WAY[0]
    assert Route([WAY[0], WAY[0]], 50.0).at(timedelta(minutes=7))[2] == 0.0


def test_what_was_missed_while_the_hall_was_away_is_told_as_a_batch():
    async def scenario():
        async with driving() as here:
            here.vehicle.made_until = here.now() - 30 * here.vehicle.every
            await here.until(lambda: any(f.message.function == "0704" for f in here.sink.good))
            first = next(f.message for f in here.sink.good if f.message.function == "0704")
            assert len(first.fixes) == vehicles.BATCH and first.details["batch"] == "blind area"

    asyncio.run(scenario())
