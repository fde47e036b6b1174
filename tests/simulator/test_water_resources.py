"""A water-resource terminal of the simulated field against the gateway, over a real socket."""

import asyncio
import random
from datetime import timedelta

from sensors.adapters.slt427 import Slt427
from sensors.gateway import Gateway
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment, Point
from sensors.simulator.water_resources import WaterTerminal
from tests.sensors.gateway_kit import Sink
from tests.simulator.field_peers import NOON, Hand
from tests.waiting import until


def test_a_terminal_signs_in_reports_and_goes_on_when_it_is_confirmed_even_over_a_bad_line():
    async def scenario():
        sink, clock = Sink(), Hand()
        now = lambda: clock.story  # noqa: E731
        gateway = Gateway({"slt427": Slt427()}, sink, clock=now, allowed_skew=lambda: timedelta(minutes=5))
        ports = await gateway.start("127.0.0.1", {"slt427": 0})
        terminal = WaterTerminal(
            Equipment("WR-1", "stage_gauge", "slt427", "3705020065", 118.5, 37.4, interval=timedelta(minutes=2)),
            ("127.0.0.1", ports["slt427"]), now, lambda span: 0.01, random.Random(1),
            timing=Timing(answer_s=0.3, redial_s=0.02, redial_most_s=0.05), spoils=0.3,
        )  # fmt: skip
        task = asyncio.create_task(terminal.run())
        for step in range(1, 5):
            clock.story = NOON + step * timedelta(minutes=2)
            await until(lambda told=3 * step: terminal.acknowledged >= told and not terminal.backlog)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gateway.stop()
        levels = {
            r.observed_at: r.value for f in sink.good for r in f.message.readings if r.channel == "level"
        }
        assert len(levels) >= 4
        assert {frame.message.function for frame in sink.good} == {"02", "C0", "84"}
        assert any("checksum" in error for error in sink.errors)

    asyncio.run(scenario())


def test_a_terminal_tells_what_its_points_measure_in_bodies_of_the_standard():
    those = {"gate": "gate_opening", "power": "pump_power", "pressure": "water_pressure", "wind_speed": "wind_speed",
             "energy": "energy", "soil_moisture": "soil_moisture", "evaporation": "evaporation", "flow": "water_flow"}  # fmt: skip
    terminal = WaterTerminal(
        Equipment("WR-2", "stage_gauge", "slt427", "3705020066", 118.5, 37.4,
                  points=tuple(Point(*one) for one in those.items())),
        ("127.0.0.1", 1), lambda: NOON, lambda span: 0.01, random.Random(1),
    )  # fmt: skip
    messages = [Slt427().decode(due.write()[1], at=NOON) for due in terminal.reports(NOON)]
    told = {reading.channel: reading for message in messages for reading in message.readings}
    assert those.items() <= {channel: reading.quantity for channel, reading in told.items()}.items()
    assert {told[channel].observed_at for channel in those} == {NOON}
    assert "level" not in told and not any("undecided" in message.details for message in messages)
