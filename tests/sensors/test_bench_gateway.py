"""The bench of the gateway: its terminals are served, its hostile ones are what they are said to be."""

import asyncio
from datetime import UTC, datetime, timedelta

from command_center.core.benches import benches
from sensors.benches.gateway import percentile
from sensors.benches.gateway_devices import HABITS, Terminal, for_ever
from tests.sensors.gateway_kit import hall
from tests.sensors.test_gateway import story

DAY = datetime(2026, 7, 12, tzinfo=UTC)


@story
async def test_terminals_beside_hostile_ones_become_current_and_stay_so():
    times = [DAY + n * timedelta(minutes=5) for n in range(6)]
    async with hall(garbage_bytes=2000, frame_s=0.2, hello_s=0.5) as here:
        terminals = [Terminal(f"000000000{n}", 0.05, times) for n in range(3)]
        tasks = [asyncio.create_task(terminal.run(here.port)) for terminal in terminals]
        for n, habit in enumerate(HABITS):
            tasks.append(asyncio.create_task(for_ever(habit, f"000000010{n}", here.port, 0.2)))
        await asyncio.gather(*(terminal.current.wait() for terminal in terminals))
        await here.until(lambda: all(terminal.acknowledged > len(times) + 2 for terminal in terminals))
        await here.until(lambda: here.gateway.counts.closed["garbage"] and here.sink.errors)
        skewed = {frame.address for frame in here.sink.good if "clock_skew_s" in frame.message.details}
        assert "0000000104" in skewed
        assert not here.gateway.counts.closed["defect"]
        assert all(terminal.age_s() < 10 for terminal in terminals)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_the_bench_is_found_and_its_percentile_is_one_of_the_values():
    assert getattr(benches()["gateway"], "long", False)
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0 and percentile([1.0], 0.99) == 1.0
