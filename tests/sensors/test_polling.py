"""Devices that we ask: claimed, asked together over real sockets, settled, and asked again in time."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from django.contrib.gis.geos import Point

from command_center.core.models import Area
from command_center.core.now import rate, set_demo_clock
from sensors.checks import device_networks_are_networks
from sensors.models import Contact, LatestValue, RawFrame, Reading, Sensor, Station
from sensors.polling import runner
from sensors.services import directory, polling
from sensors.services.polling import claim, enrol, poll_shard
from tests.sensors.peers import ea_answer, measure, silent
from tests.together import at_once

pytestmark = pytest.mark.django_db

S = timedelta(seconds=1)
POINTS = [
    {
        "channel": "forebay_level",
        "quantity": "forebay_level",
        "table": "holding",
        "address": 0,
        "scale": 0.001,
    },
    {"channel": "pump1.running", "quantity": "pump_running", "table": "holding", "address": 10},
    {"channel": "pump1.fault", "quantity": "pump_fault", "table": "holding", "address": 11},
    {"channel": "pump1.current", "quantity": "pump_current", "table": "holding", "address": 12, "scale": 0.1},
]
BLOCKS = [(0, [1850, 45]), (10, [1, 17, 843])]


@pytest.fixture(autouse=True)
def poller(monkeypatch):
    """A poller of this test's own."""
    found = runner.Poller()
    monkeypatch.setattr(polling, "poller", lambda: found)
    directory.forget()  # what another test's stations were called
    yield found
    found.close()


@pytest.fixture
def real():
    return datetime.now(UTC)


def station(code: str, protocol: str, config: dict, points=POINTS, *, due=None, interval_s=60) -> Station:
    area, _ = Area.objects.get_or_create(
        path="/dy/", defaults={"code": "dy", "kind": "district", "name": "区"}
    )
    kind = Station.Kind.PUMP_STATION if protocol == "modbus" else Station.Kind.PONDING_SITE
    owner = Station.objects.create(
        code=code, name=code, kind=kind, position=Point(118.6, 37.4), area=area, area_path="/dy/",
        protocol=protocol, address=code, config=config, interval_s=interval_s,
    )  # fmt: skip
    Sensor.objects.bulk_create(
        Sensor(station=owner, channel=point["channel"], quantity=point["quantity"], name="n")
        for point in points
    )
    if due is not None:
        Contact.objects.create(station=owner, due_at=due)
    return owner


def pumps(code: str, host: str, port: int, **kw) -> Station:
    return station(code, "modbus", {"host": host, "port": port, "unit": 1, "points": POINTS}, **kw)


def ponding(code: str, host: str, port: int, **kw) -> Station:
    depth = [{"channel": "depth", "quantity": "ponding_depth"}]
    return station(code, "ea_http", {"host": host, "port": port, "path": f"/{code}/measures"}, depth, **kw)


def values(owner: Station) -> dict[str, float]:
    rows = LatestValue.objects.filter(sensor__station=owner).values_list("sensor__channel", "value")
    return dict(rows)


def test_a_pump_station_is_read_by_its_register_map(loop, real):
    owner = pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS).port, due=real - S)
    tally = poll_shard(real)
    assert (tally.asked, tally.answered) == (1, 1)
    assert values(owner) == {
        "forebay_level": 1.85,
        "pump1.running": 1,
        "pump1.fault": 17,
        "pump1.current": 84.3,
    }
    contact = Contact.objects.get(station=owner)
    assert contact.failures == 0 and contact.error == "" and contact.took_ms > 0
    assert contact.heard_at >= real and contact.due_at == real - S + 60 * S
    frame = RawFrame.objects.get(station=owner)
    assert frame.error == "" and bytes(frame.raw)[7:9] == b"\x03\x02"


def test_a_ponding_site_is_read_over_http_in_the_unit_that_it_says(loop, real):
    async def answer(request):
        return ea_answer(measure(request.path.split("/")[1], "0.46", "m", at=real.isoformat()))

    owner = ponding("PD-1", "127.10.2.1", loop.http("127.10.2.1", answer), due=real)
    assert poll_shard(real).answered == 1
    assert values(owner) == {"depth": 46}
    assert Reading.objects.get(sensor__station=owner).observed_at == real


def test_values_that_do_not_change_are_still_readings(loop, real):
    owner = pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS).port, due=real)
    poll_shard(real)
    poll_shard(real + 61 * S)
    assert Reading.objects.filter(sensor__station=owner).count() == 2 * len(POINTS)


def test_connections_are_kept_from_one_task_to_the_next(loop, real):
    peer = loop.modbus("127.10.1.1", BLOCKS)
    pumps("PS-1", "127.10.1.1", peer.port, due=real)
    for round_ in range(4):
        assert poll_shard(real + 61 * round_ * S).answered == 1
    assert peer.connections == 1


def test_a_device_that_was_restarted_is_connected_to_again(loop, real):
    peer = loop.modbus("127.10.1.1", BLOCKS)
    pumps("PS-1", "127.10.1.1", peer.port, due=real)
    assert poll_shard(real).answered == 1
    loop.run(peer.stop())
    assert poll_shard(real + 61 * S).answered == 0
    loop.run(peer.start())
    due = Contact.objects.get().due_at
    assert poll_shard(due).answered == 1
    assert Contact.objects.get().failures == 0


def test_a_dead_device_costs_its_neighbours_nothing(loop, real, monkeypatch):
    """The neighbours' readings are stored while the dead one's time is still running."""
    dead = loop.tcp("127.10.1.9", silent)
    pumps("PS-9", "127.10.1.9", dead, due=real)
    living = [
        pumps(f"PS-{n}", f"127.10.1.{n}", loop.modbus(f"127.10.1.{n}", BLOCKS).port, due=real)
        for n in (1, 2, 3)
    ]
    order = []
    settle = polling.settle

    def watched(batch, *args):
        stored = settle(batch, *args)
        order.append(({each.address for each, _ in batch}, all(values(owner) for owner in living)))
        return stored

    monkeypatch.setattr(polling, "settle", watched)
    assert poll_shard(real).answered == 3
    assert order[-1] == ({"PS-9"}, True)
    contact = Contact.objects.get(station__code="PS-9")
    assert contact.error == "no answer in time" and contact.failures == 1 and contact.heard_at is None
    assert {c.failures for c in Contact.objects.exclude(station__code="PS-9")} == {0}


def test_a_device_that_stays_dead_is_asked_ever_more_rarely(real):
    pumps("PS-1", "127.10.1.77", 1, due=real)  # nobody listens there
    waits = []
    for _ in range(4):
        due = Contact.objects.get().due_at
        poll_shard(due)
        waits.append((Contact.objects.get().due_at - due).total_seconds())
    for wait, expected in zip(waits, (60, 120, 240, 480), strict=True):
        assert expected * 0.75 < wait < expected * 1.25
    assert Contact.objects.get().failures == 4
    assert Contact.objects.get().error == "no connection"


def test_a_refusal_is_kept_with_its_reason_and_told_as_the_contacts_error(loop, real):
    peer = loop.modbus("127.10.1.1", [(500, [1])])
    owner = pumps("PS-1", "127.10.1.1", peer.port, due=real)
    assert poll_shard(real).answered == 0
    contact = Contact.objects.get(station=owner)
    assert "holding 0: illegal data address (2)" in contact.error and contact.failures == 1
    frame = RawFrame.objects.get(station=owner)
    assert "illegal data address" in frame.error and not values(owner)


def test_what_was_answered_counts_although_another_part_was_refused(loop, real):
    owner = pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS[:1]).port, due=real)
    assert poll_shard(real).answered == 1
    assert values(owner) == {"forebay_level": 1.85}
    contact = Contact.objects.get(station=owner)
    assert contact.error == "holding 10–12: illegal data address (2)" and contact.failures == 0


def test_an_answer_that_comes_too_late_is_never_read_as_the_next_ones(loop, real):
    """The device answers each question only when the next one comes, on the connection of the old one."""
    connections, owed = [], []

    def answer(request, value):
        pdu = bytes([3, 2]) + value.to_bytes(2, "big")
        return request[:4] + (len(pdu) + 1).to_bytes(2, "big") + request[6:7] + pdu

    async def late(reader, writer):
        connections.append(writer)
        with contextlib.suppress(OSError, EOFError):
            while request := await reader.readexactly(12):
                for old, to in owed:
                    with contextlib.suppress(OSError):
                        to.write(answer(old, 1111))
                owed.append((request, writer))
                if len(owed) > 1:
                    writer.write(answer(request, 2222))

    owner = station(
        "PS-1", "modbus", {"host": "127.10.1.1", "port": loop.tcp("127.10.1.1", late), "points": POINTS[:1]},
        POINTS[:1], due=real,
    )  # fmt: skip
    assert poll_shard(real).answered == 0
    assert poll_shard(Contact.objects.get().due_at).answered == 1
    assert values(owner) == {"forebay_level": 2.222}
    assert len(connections) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>not json", "not JSON"),
        (b'{"items": []}', "no measures"),
        (b'{"items": [{"parameter": "level"}]}', "no latest reading"),
    ],
)
def test_an_answer_that_is_none_is_refused_and_kept(loop, real, body, reason):
    async def answer(request):
        return web.Response(body=body)

    owner = ponding("PD-1", "127.10.2.1", loop.http("127.10.2.1", answer), due=real)
    assert poll_shard(real).answered == 0
    assert reason in Contact.objects.get().error
    frame = RawFrame.objects.get(station=owner)
    assert bytes(frame.raw) == body and reason in frame.error


def test_an_answer_without_end_is_cut_off(loop, real):
    sent = []

    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while len(sent) < 1000:
                await response.write(b" " * 100_000)
                sent.append(1)
        return response

    ponding("PD-1", "127.10.2.1", loop.http("127.10.2.1", answer), due=real)
    poll_shard(real)
    assert "more than 1000000 bytes" in Contact.objects.get().error
    assert len(sent) < 500


def test_a_redirect_is_not_followed(loop, real):
    reached = []

    async def elsewhere(request):
        reached.append(request.path)
        return ea_answer(measure("PD-1", 1))

    port = loop.http("127.66.0.1", elsewhere)

    async def answer(request):
        raise web.HTTPFound(f"http://127.66.0.1:{port}/")

    owner = ponding("PD-1", "127.10.2.1", loop.http("127.10.2.1", answer), due=real)
    poll_shard(real)
    assert Contact.objects.get().error == "HTTP status 302"
    assert not reached and not values(owner)


def test_the_environments_proxy_is_not_used(loop, real, monkeypatch):
    reached = []

    async def proxy(request):
        reached.append(request.path)
        return ea_answer(measure("PD-1", 1))

    monkeypatch.setenv("http_proxy", f"http://127.66.0.1:{loop.http('127.66.0.1', proxy)}")

    async def answer(request):
        return ea_answer(measure("PD-1", 2))

    ponding("PD-1", "127.10.2.1", loop.http("127.10.2.1", answer), due=real)
    assert poll_shard(real).answered == 1 and not reached


@pytest.mark.parametrize(
    "host",
    ["127.66.0.1", "127.0.0.1", "::ffff:127.66.0.1", "::1", "localhost", "127.1", "2135031809", "0x7f420001",
     "0177.0102.0.1", "0.0.0.0", "user@127.10.1.1", "127.66.0.1\r\nHost: x", "-127.66.0.1", ""],
)  # fmt: skip
@pytest.mark.parametrize("protocol", ["modbus", "ea_http"])
def test_nothing_outside_the_device_networks_is_ever_connected_to(loop, real, host, protocol):
    reached = []

    async def forbidden(reader, writer):
        reached.append(writer.get_extra_info("peername"))
        writer.close()

    port = loop.tcp("127.66.0.1", forbidden)
    loop.tcp("127.0.0.1", forbidden, port)
    owner = (pumps if protocol == "modbus" else ponding)("X-1", host, port, due=real)
    assert poll_shard(real).answered == 0
    error = Contact.objects.get(station=owner).error
    assert error.startswith("address refused") or error == "no connection"
    assert not reached


@pytest.mark.parametrize(
    "wrong",
    [{"host": "127.10.1.1"}, {"host": "127.10.1.1", "port": "x", "points": POINTS},
     {"host": "127.10.1.1", "port": 1, "points": []}, {"port": 1}, {}],
)  # fmt: skip
def test_a_mistake_in_the_configuration_is_said_and_harms_nobody_else(loop, real, wrong):
    station("PS-8", "modbus", wrong, due=real)
    good = pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS).port, due=real)
    tally = poll_shard(real)
    assert (tally.asked, tally.answered) == (2, 1)
    assert Contact.objects.get(station__code="PS-8").error.startswith("configuration: ")
    assert values(good)


def test_a_changed_address_takes_effect_at_the_next_poll(loop, real):
    first, second = loop.modbus("127.10.1.1", BLOCKS), loop.modbus("127.10.1.2", [(0, [9000]), BLOCKS[1]])
    owner = pumps("PS-1", "127.10.1.1", first.port, due=real)
    poll_shard(real)
    owner.config = {**owner.config, "host": "127.10.1.2", "port": second.port}
    owner.save()
    poll_shard(real + 61 * S)
    assert values(owner)["forebay_level"] == 9.0


def test_stations_are_enrolled_once_and_spread_over_their_interval(real):
    for number in range(40):
        pumps(f"PS-{number}", "127.10.1.1", 1)
    gauge = station("R-1", "sl651", {})
    enrol(real, rate(), force=True)
    enrol(real, rate(), force=True)
    dues = list(Contact.objects.values_list("due_at", flat=True))
    assert len(dues) == 40 and not Contact.objects.filter(station=gauge).exists()
    assert all(real <= due <= real + 60 * S for due in dues)
    assert len(set(dues)) > 20 and max(dues) - min(dues) > 20 * S


def test_after_the_halls_clock_was_sped_up_nobody_waits_for_the_old_times(real):
    ponding("PD-1", "127.10.1.1", 1, due=real + 3000 * S)
    set_demo_clock(story=real, speed=60)
    enrol(real, rate(), force=True)
    assert Contact.objects.get().due_at <= real + 300 * S


def test_in_a_fast_hall_devices_are_asked_in_real_time_and_their_values_carry_the_halls(loop, real):
    story = datetime(2022, 8, 18, 2, 0, tzinfo=UTC)
    set_demo_clock(story=story, speed=60, origin=real)
    owner = pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS).port, due=real)
    poll_shard(real)
    contact = Contact.objects.get(station=owner)
    assert contact.due_at == real + S
    observed = LatestValue.objects.filter(sensor__station=owner).first().observed_at
    assert story <= observed <= story + timedelta(minutes=10)
    assert contact.heard_at == observed


def test_stations_out_of_service_are_left_alone(real):
    pumps("PS-1", "127.10.1.1", 1, due=real)
    Station.objects.update(in_service=False)
    assert poll_shard(real).asked == 0


def test_those_that_wait_longest_come_first_and_a_full_shard_calls_for_help(real):
    for number in range(5):
        pumps(f"PS-{number}", "127.10.1.1", 1, due=real - number * S)
    called = []
    tally = poll_shard(real, limit=3, on_full=lambda: called.append(1))
    assert tally.asked == 3 and called == [1]
    assert set(Contact.objects.filter(failures=1).values_list("station__code", flat=True)) == {
        "PS-2", "PS-3", "PS-4",
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_no_two_workers_ask_the_same_device(real):
    for number in range(60):
        pumps(f"PS-{number}", "127.10.1.1", 1, due=real)
    taken = []

    def work():
        while claims := claim(["modbus"], real, 7):
            taken.extend(each.address for each in claims)

    at_once(*[work] * 4)
    assert sorted(taken) == sorted(f"PS-{number}" for number in range(60))


def test_a_worker_that_dies_leaves_its_devices_to_the_next(real):
    pumps("PS-1", "127.10.1.1", 1, due=real)
    assert len(claim(["modbus"], real, 10)) == 1
    assert claim(["modbus"], real, 10) == []
    assert len(claim(["modbus"], real + polling.LEASE_S * S, 10)) == 1


def test_a_device_still_being_asked_is_not_asked_twice(loop, real, poller):
    port = loop.tcp("127.10.1.1", silent)
    pumps("PS-1", "127.10.1.1", port, due=real)
    (claimed,) = claim(["modbus"], real, 1)
    (target,) = polling._targets([claimed])
    first, second = [], []
    flight = poller.submit([target], first.append)
    poller.submit([target], second.append).result(timeout=5)
    assert second[0].skipped and not first
    polling.settle([(claimed, second[0])], real, rate())
    assert Contact.objects.get().failures == 0
    flight.result(timeout=10)
    assert first[0].error == "no answer in time"


def test_the_beats_task_polls_what_is_due(loop, real):
    from sensors.tasks import poll_due

    pumps("PS-1", "127.10.1.1", loop.modbus("127.10.1.1", BLOCKS).port, due=real)
    assert poll_due() == "1 of 1 answered"
    assert poll_due() == "0 of 0 answered"


def test_a_wrong_device_network_is_a_start_up_error(settings):
    settings.OURS = {**settings.OURS, "device_networks": ["10.20.0.0/16"]}
    assert device_networks_are_networks(None) == []
    settings.OURS = {**settings.OURS, "device_networks": ["10.20.0.1/16"]}
    assert [found.id for found in device_networks_are_networks(None)] == ["sensors.E001"]
    settings.OURS = {**settings.OURS, "device_networks": ["0.0.0.0/0"]}
    assert [found.id for found in device_networks_are_networks(None)] == ["sensors.W001"]
