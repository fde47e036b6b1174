import asyncio
import random
from datetime import timedelta
from itertools import pairwise

import pytest

from sensors.adapters.sl651 import Sl651
from sensors.domain.downlinks import Order
from sensors.domain.readings import DecodeError
from sensors.domain.sl651_frames import write_elements, write_group, write_up
from sensors.gateway import Gateway
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment, Point
from sensors.simulator.faults import GaugeFaults, Plan, Span
from sensors.simulator.field import Field
from sensors.simulator.gauges import spoilt
from sensors.simulator.ledger import accepted, entries
from sensors.simulator.storm import Storm
from tests.sensors.gateway_kit import Sink
from tests.simulator.field_peers import NOON, Hand, listening, playing, rate
from tests.waiting import until

PATIENT = Timing(answer_s=60, redial_s=0.02, redial_most_s=0.05)
QUICK = Timing(answer_s=0.3, redial_s=0.02, redial_most_s=0.05, keepalive_s=0.1)
FIVE = timedelta(minutes=5)


def rain_gauge(number=1, **config):
    points = (Point("rain_total", "rain_total"),)
    return Equipment(
        f"YL{number}",
        "rain_gauge",
        "sl651",
        f"0090000{100 + number}",
        118.5,
        37.4,
        config=config,
        points=points,
    )


def stage_gauge(number=1, **config):
    facts = {"base_level_m": 3.0, "warning_level_m": 5.0}
    return Equipment(
        f"HD{number}",
        "stage_gauge",
        "sl651",
        f"0090000{200 + number}",
        118.5,
        37.4,
        config=config,
        facts=facts,
    )


def field_of(
    stations, storm, centre, tmp_path, *, faults=None, speed=1500.0, story=NOON, clock=None, timing=QUICK
):
    return Field(
        stations,
        storm,
        clock or rate(story, speed),
        gateway=("127.0.0.1", centre.port),
        faults=faults or Plan(),
        ledger=tmp_path / "ledger.jsonl",
        timing=timing,
    )


def run(scenario):
    return asyncio.run(asyncio.wait_for(scenario, 180))


def timed(centre):
    return [message for message in centre.messages if message.function == "32"]


def test_a_rain_gauge_reports_counter_and_step_at_the_end_of_each_step(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path)):
                await centre.until(lambda c: len(timed(c)) >= 4)
        for before, after in pairwise(timed(centre)):
            told = {reading.channel: reading.value for reading in after.readings}
            counters = [r.value for m in (before, after) for r in m.readings if r.channel == "rain_total"]
            step = cloudburst.step_tenths(0, after.observed_at) / 10
            assert after.observed_at - before.observed_at == FIVE
            assert told["rain_5min"] == step
            assert round(counters[1] - counters[0], 1) == step
            assert after.sent_at >= after.observed_at

    run(scenario())


def test_with_longer_steps_the_counter_takes_the_whole_step_at_its_end(tmp_path):
    storm = Storm("quarters", NOON, timedelta(minutes=15), ((0, 84, 0, 30, 12, 0),))

    async def scenario():
        async with listening() as centre:
            async with playing(field_of([rain_gauge()], storm, centre, tmp_path)):
                await centre.until(lambda c: len(timed(c)) >= 12)
        counters = {
            r.observed_at: r.value for m in timed(centre) for r in m.readings if r.channel == "rain_total"
        }
        assert all("rain_5min" not in {r.channel for r in m.readings} for m in timed(centre))
        for at, value in counters.items():
            if at - FIVE in counters:
                expected = storm.step_tenths(0, at) / 10 if storm.ends_step(at) else 0
                assert round(value - counters[at - FIVE], 1) == expected

    run(scenario())


def test_where_the_record_has_no_value_the_gauge_is_silent(tmp_path):
    storm = Storm("gaps", NOON, FIVE, ((0, None, 5, 5, 5, 5),))

    async def scenario():
        clock = Hand()
        async with listening() as centre:
            async with playing(field_of([rain_gauge()], storm, centre, tmp_path, clock=clock)):
                await centre.until(lambda c: any(m.function == "31" for m in c.messages))
                clock.story = NOON + timedelta(minutes=21)
                await centre.until(lambda c: len(timed(c)) >= 3)
        assert [m.observed_at for m in timed(centre)] == [NOON + n * FIVE for n in (1, 3, 4)]

    run(scenario())


def test_the_day_before_comes_as_one_series_whose_sums_are_the_storms(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            story = NOON + timedelta(hours=1)
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path, story=story)):
                await centre.until(lambda c: any(m.function == "31" for m in c.messages))
        series = [r for m in centre.messages if m.function == "31" for r in m.readings]
        assert len(series) == 289
        assert series[-1].observed_at - series[0].observed_at == timedelta(hours=24)
        for before, after in pairwise(series):
            step = cloudburst.step_tenths(0, after.observed_at) / 10
            assert round((after.value - before.value) % 100000, 1) == step

    run(scenario())


def test_a_counter_goes_round(cloudburst, tmp_path):
    gauges = [rain_gauge(n) for n in range(1, 5)]

    async def scenario():
        async with listening() as centre:
            field = field_of(gauges, cloudburst, centre, tmp_path, story=NOON + timedelta(hours=2))
            async with playing(field):
                await centre.until(lambda c: len([m for m in c.messages if m.function == "31"]) == 4)
        values = [
            r.value
            for m in centre.messages
            if m.address == gauges[3].address
            for r in m.readings
            if r.channel == "rain_total"
        ]
        assert max(values) > 99_900
        assert min(values) < 100

    run(scenario())


def test_river_levels_follow_the_water_and_are_known_for_the_day_before(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            field = field_of(
                [rain_gauge(), stage_gauge()], cloudburst, centre, tmp_path, story=NOON + timedelta(hours=3)
            )
            async with playing(field):
                await centre.until(
                    lambda c: (
                        len(
                            [
                                r
                                for r in c.readings("level")
                                if r.observed_at > NOON + 3.1 * timedelta(hours=1)
                            ]
                        )
                        >= 2
                    )
                )
        levels = {r.observed_at: r.value for r in centre.readings("level")}
        assert len(levels) > 280
        assert levels[NOON + timedelta(hours=3)] > levels[NOON] + 0.5

    run(scenario())


def test_a_long_series_comes_in_packets_with_one_answer(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            async with playing(field_of([stage_gauge()], cloudburst, centre, tmp_path)):
                await centre.until(lambda c: timed(c))
        (series,) = [m for m in centre.messages if m.function == "31"]
        assert series.details["packets"] > 1
        assert len(series.readings) == 289
        entered = [e for e in entries(tmp_path / "ledger.jsonl") if e["function"] == "31"]
        assert len(entered[0]["readings"]) == 289

    run(scenario())


def test_an_unanswered_report_is_repeated_with_its_serial_and_entered_once(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            centre.mute = 1
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path)):
                await centre.until(lambda c: len(c.messages) >= 4)
        series = [frame for frame in centre.frames if frame[10] == 0x31]
        assert len(series) >= 2
        assert len(set(series)) == 1
        kept = [entry for entry in entries(tmp_path / "ledger.jsonl") if entry["function"] == "31"]
        assert len(kept) == 1

    run(scenario())


def test_a_refused_report_is_sent_again_at_once(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            centre.deny = 2
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path, timing=PATIENT)):
                await centre.until(lambda c: any(m.function == "31" for m in c.messages))
        assert len([frame for frame in centre.frames if frame[10] == 0x31]) == 3
        assert centre.connections == 1

    run(scenario())


def test_after_three_sendings_the_gauge_dials_again(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            centre.mute = 3
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path)):
                await centre.until(lambda c: any(m.function == "31" for m in c.messages))
        assert centre.connections >= 2

    run(scenario())


def test_nothing_is_lost_while_the_gateway_is_away(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            async with playing(
                field_of([rain_gauge(), stage_gauge()], cloudburst, centre, tmp_path)
            ) as field:
                await centre.until(lambda c: len(timed(c)) >= 2)
                await centre.away()
                heard = len(timed(centre))
                await until(lambda: all(len(gauge.backlog) >= 3 for gauge in field.gauges))
                await centre.listen()
                await centre.until(lambda c: len(timed(c)) >= heard + 8)
        times = sorted({m.observed_at for m in timed(centre) if m.address == rain_gauge().address})
        assert all(after - before == FIVE for before, after in pairwise(times))
        entered = accepted(tmp_path / "ledger.jsonl")
        heard = {(r.address, r.channel, r.observed_at, r.value) for r in centre.readings()}
        assert {(e.address, e.channel, e.observed_at, e.value) for e in entered} <= heard

    run(scenario())


def test_a_lost_link_by_plan_brings_its_reports_late(cloudburst, tmp_path):
    down = Span(NOON + timedelta(minutes=8), NOON + timedelta(minutes=31))
    faults = Plan(gauges={"YL1": GaugeFaults(down=(down,))})

    async def scenario():
        clock = Hand()
        async with listening() as centre:
            field = field_of([rain_gauge()], cloudburst, centre, tmp_path, faults=faults, clock=clock)
            async with playing(field):
                await centre.until(lambda c: any(m.function == "31" for m in c.messages))
                clock.story = NOON + timedelta(minutes=20)
                (gauge,) = field.gauges
                await until(lambda: len(gauge.backlog) >= 4 and not gauge.line.open)
                assert not timed(centre)
                clock.story = NOON + timedelta(minutes=36)
                await centre.until(lambda c: len(timed(c)) >= 7)
        assert [m.observed_at for m in timed(centre)] == [NOON + n * FIVE for n in range(1, 8)]
        assert all(m.sent_at == clock.story for m in timed(centre))

    run(scenario())


def test_delayed_and_repeated_reports_are_the_same_readings(cloudburst, tmp_path):
    faults = Plan(gauges={"YL1": GaugeFaults(delayed=0.5, repeated=0.5)})

    async def scenario():
        async with listening() as centre:
            async with playing(field_of([rain_gauge()], cloudburst, centre, tmp_path, faults=faults)):
                await centre.until(lambda c: len(timed(c)) >= 16)
        frames = [frame for frame in centre.frames if frame[10] == 0x32]
        assert len(set(frames)) < len(frames)
        times = [m.observed_at for m in timed(centre)]
        assert times != sorted(times)
        values = {}
        for reading in centre.readings():
            assert values.setdefault((reading.channel, reading.observed_at), reading.value) == reading.value

    run(scenario())


def test_corrupted_frames_and_garbage_never_cost_a_report(cloudburst, tmp_path):
    faults = Plan(gauges={"YL1": GaugeFaults(corrupted=0.5, garbage=0.5)})

    async def scenario():
        async with listening() as centre:
            async with playing(
                field_of([rain_gauge()], cloudburst, centre, tmp_path, faults=faults, speed=600)
            ):
                await centre.until(lambda c: len(timed(c)) >= 8)
        assert centre.refused or centre.garbage
        times = sorted({m.observed_at for m in timed(centre)})
        assert all(after - before == FIVE for before, after in pairwise(times))

    run(scenario())


def test_two_gauges_share_one_line(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            stations = [rain_gauge(1, link="A"), stage_gauge(1, link="A")]
            async with playing(field_of(stations, cloudburst, centre, tmp_path, timing=PATIENT)):
                await centre.until(lambda c: len({m.address for m in timed(c)}) == 2)
        assert centre.connections == 1

    run(scenario())


def test_a_quiet_line_says_that_it_is_alive(tmp_path):
    storm = Storm("dry", NOON, timedelta(days=1), ((0,),))

    async def scenario():
        async with listening() as centre:
            async with playing(
                field_of([rain_gauge()], storm, centre, tmp_path, speed=1, story=NOON + FIVE / 2)
            ):
                await centre.until(lambda c: len([m for m in c.messages if m.function == "2F"]) >= 3)

    run(scenario())


@pytest.mark.parametrize("seed", range(20))
def test_a_spoilt_frame_is_never_taken_for_a_good_one(seed):
    body = write_group("0090000101", 0x50, NOON, write_elements({"rain_total": 12.3, "battery": 12.6}))
    frame = write_up(0x32, "0090000101", 7, NOON, body)
    with pytest.raises(DecodeError):
        Sl651().decode(spoilt(frame, random.Random(seed)))


class Paper:
    """The table of commands: what is asked for once, and what was answered."""

    def __init__(self, *orders):
        self.orders, self.said = list(orders), {}

    def pending(self):
        return self.orders

    def claim(self, ids, *, at):
        self.orders = [order for order in self.orders if order.id not in ids]
        return set(ids)

    def close(self, outcomes, *, at):
        self.said |= {outcome.id: outcome.said for outcome in outcomes}


def test_gauges_answer_what_the_centre_asks_also_two_on_one_connection(cloudburst):
    rain, stage = rain_gauge(link="one"), stage_gauge(link="one")
    hours = {"since": NOON.isoformat(), "until": (NOON + timedelta(hours=1)).isoformat()}
    desk = Paper(
        Order(1, "sl651", rain.address, "query_now", {}),
        Order(
            2, "sl651", rain.address, "query_period", {"channel": "rain_total", "step_minutes": 30, **hours}
        ),
        Order(3, "sl651", stage.address, "query_elements", {"channels": ["level", "flow"]}),
        Order(4, "sl651", stage.address, "query_version", {}),
        Order(5, "sl651", stage.address, "query_status", {}),
        Order(6, "sl651", stage.address, "set_clock", {}),
    )

    async def scenario():
        clock, sink = Hand(NOON + timedelta(hours=1)), Sink()
        gateway = Gateway(
            {"sl651": Sl651()}, sink, clock=lambda: clock.story, allowed_skew=lambda: FIVE, desk=desk
        )  # fmt: skip
        ports = await gateway.start("127.0.0.1", {"sl651": 0})
        field = Field(
            [rain, stage],
            cloudburst,
            clock,
            gateway=("127.0.0.1", ports["sl651"]),
            faults=Plan(),
            timing=QUICK,
        )
        async with playing(field):
            await until(lambda: len(desk.said) >= 6)
        await gateway.stop()

    run(scenario())
    assert {row[0] for row in desk.said[1]["readings"]} >= {"rain_total", "battery"}
    counters = [row[2] for row in desk.said[2]["readings"]]
    assert len(counters) == 3 and counters == sorted(counters)
    assert [[row[0], row[2] is None] for row in desk.said[3]["readings"]] == [
        ["level", False],
        ["flow", True],
    ]
    assert desk.said[4] == {"version": "SIM1.0"} and desk.said[5]["status"]["door_closed"]
    assert desk.said[6]["clock"]
