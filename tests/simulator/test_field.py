import asyncio
import io
from datetime import timedelta

import av
import httpx
import pytest
from PIL import Image, ImageStat
from pymodbus.client import AsyncModbusTcpClient

from sensors.simulator.dialling import Timing
from sensors.simulator.faults import CameraFaults, Plan, PumpFaults, SiteFaults, Span, plan
from sensors.simulator.field import Field, running
from sensors.simulator.ledger import Ledger, accepted, entries
from sensors.simulator.pumps import words
from sensors.simulator.sample import district
from sensors.simulator.scene import Scene
from tests.simulator.field_peers import NOON, Hand, listening, playing, rate
from tests.waiting import eventually, until

ALWAYS = Span(NOON - timedelta(days=2), NOON + timedelta(days=2))


def small(**changes):
    """A district of a few devices, on ports that the system chooses."""
    ports = dict.fromkeys(("http_port", "modbus_port", "rtsp_port", "mjpeg_port"), 0)
    sizes = {
        "gauges": 2,
        "rivers": 1,
        "ponds": 6,
        "storm_stations": (3,),
        "sewage_stations": (3,),
        "cameras": 0,
    }
    return district(**{**sizes, **ports, **changes})


def field_of(stations, storm, *, story=NOON, speed=1.0, clock=None, faults=None, ledger=None, port=1):
    return Field(
        stations,
        storm,
        clock or rate(story, speed),
        gateway=("127.0.0.1", port),
        faults=faults or Plan(),
        ledger=ledger,
    )


def run(scenario):
    return asyncio.run(asyncio.wait_for(scenario, 180))


async def registers(controller, start=0, count=19):
    client = AsyncModbusTcpClient(controller.host, port=controller.port, timeout=2, retries=0)
    assert await client.connect()
    try:
        return await client.read_holding_registers(start, count=count, device_id=1)
    finally:
        client.close()


def test_a_pump_station_answers_modbus_with_its_register_map(cloudburst, tmp_path):
    async def scenario():
        field = field_of(
            small(), cloudburst, story=NOON + timedelta(hours=1), ledger=tmp_path / "ledger.jsonl"
        )
        async with playing(field):
            controller = field.controllers["YB01"]
            answer = await registers(controller)
            house = controller.house
            assert not answer.isError()
            forebay_m = int.from_bytes(answer.registers[0].to_bytes(2), signed=True) / 1000
            assert forebay_m == pytest.approx(house.level_m, abs=0.1)
            running_now = [answer.registers[10 + 3 * n] for n in range(3)]
            assert 1 in running_now
            for n in range(3):
                ampere = answer.registers[12 + 3 * n] / 10
                assert 0.7 * 180 < ampere < 180 if running_now[n] else ampere == 0
            served = [entry for entry in entries(tmp_path / "ledger.jsonl") if entry["kind"] == "modbus"]
            field.ledger.flush()
            served = [entry for entry in entries(tmp_path / "ledger.jsonl") if entry["kind"] == "modbus"]
            assert served[-1]["registers"] == answer.registers

    run(scenario())


def test_pumps_cannot_be_switched_from_outside(cloudburst):
    async def scenario():
        field = field_of(small(), cloudburst)
        async with playing(field):
            controller = field.controllers["YB01"]
            client = AsyncModbusTcpClient(controller.host, port=controller.port, timeout=2, retries=0)
            await client.connect()
            answer = await client.write_register(10, 1, device_id=1)
            client.close()
            assert answer.isError()

    run(scenario())


def test_a_dead_controller_hangs_up_and_comes_back(cloudburst):
    dead = Span(NOON + timedelta(minutes=3), NOON + timedelta(minutes=30))
    stations = small()

    async def scenario():
        clock = Hand()
        field = field_of(
            stations, cloudburst, clock=clock, faults=Plan(pumps={"YB01": PumpFaults(dead=(dead,))})
        )
        async with playing(field):
            controller, neighbour = field.controllers["YB01"], field.controllers["WB02"]
            client = AsyncModbusTcpClient(controller.host, port=controller.port, retries=0, reconnect_delay=0)
            assert await client.connect()
            clock.story = NOON + timedelta(minutes=5)
            await until(lambda: not client.connected)
            assert not await client.connect()
            assert not (await registers(neighbour)).isError()
            clock.story = NOON + timedelta(minutes=31)
            await until(client.connect)
            assert not (await client.read_holding_registers(0, count=1, device_id=1)).isError()
            client.close()

    run(scenario())


def test_planned_pump_faults_show_in_the_registers(cloudburst):
    faults = Plan(
        pumps={
            "YB01": PumpFaults(tripped=((1, ALWAYS),), overloaded=((2, ALWAYS),), blocked=(ALWAYS,)),
            "WB02": PumpFaults(stuck=(ALWAYS,)),
        }
    )

    async def scenario():
        field = field_of(small(), cloudburst, story=NOON + timedelta(hours=1), faults=faults)
        async with playing(field):
            storm = (await registers(field.controllers["YB01"])).registers
            assert storm[10:13] == [0, 1, 0]
            assert storm[13] == 1
            assert storm[15] / 10 > 180 * 1.1
            assert storm[1] > 300
            sewage = await registers(field.controllers["WB02"])
            level_m = int.from_bytes(sewage.registers[0].to_bytes(2), signed=True) / 1000
            assert level_m > -2.3
            assert sewage.registers[10] == sewage.registers[13] == 0

    run(scenario())


@pytest.mark.parametrize(
    ("value", "point", "expected"),
    [
        (-1.234, {"type": "int16", "scale": 0.001}, [0x10000 - 1234]),
        (70000, {"type": "uint32"}, [1, 4464]),
        (70000, {"type": "uint32", "word_order": "little"}, [4464, 1]),
        (-5, {"type": "uint16"}, [0]),
        (1e9, {"type": "int16"}, [0x7FFF]),
        (1.5, {"type": "float32"}, [0x3FC0, 0]),
    ],
)
def test_values_become_registers_of_the_points_type(value, point, expected):
    assert words(value, point) == expected


def test_a_ponding_site_answers_in_the_shape_of_the_flood_monitoring_api(cloudburst):
    async def scenario():
        field = field_of(small(), cloudburst, story=NOON + timedelta(hours=2))
        async with playing(field), httpx.AsyncClient() as client:
            server = field.ponding_servers[0]
            for path, (site, pond, _) in server.sites.items():
                answer = (await client.get(f"http://{server.host}:{server.port}{path}")).json()
                (measure,) = answer["items"]
                assert measure["stationReference"] == site.address
                assert measure["unitName"] == "cm"
                assert measure["latestReading"]["value"] == pytest.approx(pond.depth_cm, abs=3)
            missing = await client.get(f"http://{server.host}:{server.port}/nowhere")
            assert missing.status_code == 404
        assert max(pond.depth_cm for pond in field.district.ponds.values()) > 10

    run(scenario())


def test_a_ponding_site_can_fail_and_can_be_without_a_reading(cloudburst):
    faults = Plan(sites={"JS01": SiteFaults(errors=1.0), "JS02": SiteFaults(no_reading=1.0)})

    async def scenario():
        field = field_of(small(), cloudburst, faults=faults)
        async with playing(field), httpx.AsyncClient() as client:
            server = field.ponding_servers[0]
            root = f"http://{server.host}:{server.port}/flood-monitoring/id/stations"
            assert (await client.get(f"{root}/JS01/measures")).status_code == 503
            assert "latestReading" not in (await client.get(f"{root}/JS02/measures")).json()["items"][0]
            assert "latestReading" in (await client.get(f"{root}/JS03/measures")).json()["items"][0]

    run(scenario())


def stills(url, count, **options):
    with av.open(url, timeout=60, **options) as stream:
        return [frame.to_image() for frame, _ in zip(stream.decode(video=0), range(count), strict=False)]


def brightness(image):
    return sum(ImageStat.Stat(image).mean) / 3


def test_cameras_stream_moving_frozen_and_black_pictures_and_stay_away(cloudburst):
    stations = small(cameras=8)
    faults = Plan(
        cameras={
            "SP03": CameraFaults(frozen=(ALWAYS,)),
            "SP04": CameraFaults(black=(ALWAYS,)),
            "SP05": CameraFaults(offline=True),
        }
    )
    with running(field_of(stations, cloudburst, story=NOON + timedelta(hours=1), faults=faults)) as field:
        rtsp = next(server for server in field.camera_servers if hasattr(server, "sources"))
        mjpeg = next(server for server in field.camera_servers if hasattr(server, "cameras"))
        assert field.cameras["SP01"].drawn == 0
        tcp = {"options": {"rtsp_transport": "tcp", "analyzeduration": "200000"}}

        def rtsp_url(code):
            return f"rtsp://{rtsp.host}:{rtsp.port}/{code}"

        def mjpeg_url(code):
            return f"http://{mjpeg.host}:{mjpeg.port}/{code}"

        first, second = stills(rtsp_url("SP01"), 2, **tcp)
        assert first.size == (640, 360)
        assert first.tobytes() != second.tobytes()
        first, second = stills(mjpeg_url("SP02"), 2, format="mpjpeg")
        assert first.tobytes() != second.tobytes()
        frozen = field.cameras["SP03"]
        stills(rtsp_url("SP03"), 3, **tcp)
        assert frozen.drawn == 1
        (black,) = stills(mjpeg_url("SP04"), 1, format="mpjpeg")
        assert brightness(black) < 12 < brightness(first)
        with pytest.raises(av.error.FFmpegError):
            stills(rtsp_url("SP05"), 1, **tcp)
        eventually(lambda: not (mjpeg.watchers or rtsp.watchers))


def test_the_water_in_the_picture_rises_with_the_ponding():
    scene = Scene("SP01", "")
    dry, wet = scene.draw(NOON, 0, 0, 1), scene.draw(NOON, 60, 0, 1)
    place = (100, 262, 400, 300)
    assert ImageStat.Stat(dry.crop(place)).mean != ImageStat.Stat(wet.crop(place)).mean
    assert dry.crop((0, 40, 640, 120)).tobytes() == wet.crop((0, 40, 640, 120)).tobytes()
    night = scene.draw(NOON + timedelta(hours=12), 0, 0, 1)
    assert brightness(night) < brightness(dry) / 2
    jpeg = io.BytesIO()
    night.save(jpeg, "JPEG")
    assert Image.open(jpeg).size == (640, 360)


def test_two_fields_of_one_seed_play_the_same_night(cloudburst):
    async def depths(seed):
        field = Field(
            small(),
            cloudburst,
            rate(NOON + timedelta(hours=2), 1),
            gateway=("127.0.0.1", 1),
            faults="some",
            seed=seed,
        )
        async with playing(field):
            return field.state_at, [pond.depth_cm for pond in field.district.ponds.values()], field.plan

    assert run(depths(1)) == run(depths(1))
    assert run(depths(1))[1:] != run(depths(2))[1:]


def test_a_restarted_field_finds_the_same_water_and_counters(cloudburst, tmp_path):
    """Minute for minute from the story's beginning, not from when it was started."""

    async def levels(story):
        field = field_of(small(), cloudburst, story=story, speed=1)
        async with playing(field):
            return field._river_levels["HD01"], field.gauges[0].counted(NOON)

    early, counter = run(levels(NOON + timedelta(minutes=30)))
    later, counter_again = run(levels(NOON + timedelta(hours=2)))
    assert counter == counter_again
    shared = set(early) & set(later)
    assert len(shared) > 1000
    assert all(early[at] == later[at] for at in shared)


def test_the_whole_field_survives_its_gateways_death(cloudburst, tmp_path):
    async def scenario():
        async with listening() as centre:
            field = field_of(
                small(), cloudburst, speed=600, port=centre.port, ledger=tmp_path / "ledger.jsonl"
            )
            async with playing(field):
                await centre.until(lambda c: len({m.address for m in c.messages}) == 3)
                await centre.away()
                assert not (await registers(field.controllers["YB01"])).isError()
                await centre.listen()
                heard = len(centre.messages)
                await centre.until(
                    lambda c: len({m.address for m in c.messages[heard:] if m.function == "32"}) == 3
                )

    run(scenario())


def test_in_a_hostile_field_nothing_is_entered_that_was_not_heard_and_nothing_is_lost(cloudburst, tmp_path):
    timing = Timing(answer_s=0.3, redial_s=0.02, redial_most_s=0.05)
    path = tmp_path / "ledger.jsonl"

    async def scenario():
        async with listening() as centre:
            clock, gateway = rate(NOON, 900), ("127.0.0.1", centre.port)
            stations = small(gauges=4)
            field = Field(
                stations, cloudburst, clock, gateway=gateway, faults="hostile", ledger=path, timing=timing
            )
            async with playing(field):
                end = NOON + timedelta(minutes=90)
                await centre.until(
                    lambda c: all(
                        any(m.address == g.address and m.observed_at == end for m in c.messages)
                        for g in field.rain_gauges
                    )
                )
                await until(
                    lambda: not any(r.not_before < end for gauge in field.gauges for r in gauge.backlog)
                )
            return centre

    centre = run(scenario())
    heard = {(r.address, r.channel, r.observed_at): r.value for r in centre.readings()}
    for entry in accepted(path):
        assert heard[entry.address, entry.channel, entry.observed_at] == entry.value
    for gauge in ("0090000101", "0090000102", "0090000103", "0090000104"):
        for minutes in range(5, 75, 5):
            assert (gauge, "rain_total", NOON + timedelta(minutes=minutes)) in heard


@pytest.mark.parametrize("mode", ["none", "some", "hostile"])
def test_a_plan_names_only_equipment_that_exists_and_is_the_same_for_a_seed(mode):
    stations = district()
    made = plan(mode, stations, NOON, seed=4)
    known = {one.code for one in stations}
    for codes in (made.gauges, made.pumps, made.sites, made.cameras):
        assert set(codes) <= known
    assert made == plan(mode, stations, NOON, seed=4)
    assert bool(made.pumps) == (mode != "none")


def test_an_unknown_mode_of_faults_is_refused():
    with pytest.raises(ValueError, match="none, some, hostile"):
        plan("wild", [], NOON)


def test_a_bad_night_has_every_kind_of_trouble_once():
    made = plan("some", district(), NOON)
    gauges = list(made.gauges.values())
    assert [bool(g.down) + bool(g.delayed) + bool(g.repeated) + bool(g.corrupted) for g in gauges] == [1] * 4
    at = NOON + timedelta(minutes=150)
    orders = list(made.orders(at).values())
    assert (
        sum(o.stuck for o in orders)
        == sum(o.blocked for o in orders)
        == sum(bool(o.overloaded) for o in orders)
        == 1
    )
    assert sum(p.is_dead(at) for p in made.pumps.values()) == 1
    assert sorted(c.look(at) for c in made.cameras.values()) == ["", "black", "blurred", "frozen", "moved"]
    assert sum(c.offline for c in made.cameras.values()) == 1


def test_the_ledger_is_rotated_and_read_in_order(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, max_bytes=2000, keep=3)
    for n in range(600):
        ledger.write("sl651", n=n)
        if n % 10 == 9:
            ledger.flush()
    numbers = [entry["n"] for entry in entries(path)]
    assert numbers == list(range(numbers[0], 600))
    assert len(list(tmp_path.iterdir())) <= 3
    assert 50 < len(numbers) < 600


def test_a_line_cut_off_by_a_kill_is_passed_over(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.write("sl651", n=1)
    ledger.flush()
    with open(path, "ab") as file:
        file.write(b'{"kind": "sl6')
    assert [entry["n"] for entry in entries(path)] == [1]
