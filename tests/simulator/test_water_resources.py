"""A water-resource terminal of the simulated field against the gateway, over a real socket."""

import asyncio
import random
from datetime import timedelta

from sensors.adapters.slt427 import Slt427
from sensors.gateway import Gateway
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment
from sensors.simulator.water_resources import WaterTerminal
from tests.sensors.gateway_kit import Sink
from tests.simulator.field_peers import NOON, Hand


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
        async with asyncio.timeout(30):
            for step in range(1, 5):
                clock.story = NOON + step * timedelta(minutes=2)
                while terminal.acknowledged < 3 * step or terminal.backlog:
                    await asyncio.sleep(0.005)
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
