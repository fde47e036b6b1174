"""An administrator connects one device of each protocol through the browser, against the simulated field's real sockets.

With SCREENSHOTS in the environment, pictures of the pages are written there.
"""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from command_center.core.models import Area, Membership, User
from command_center.core.now import set_demo_clock
from sensors.adapters import ADAPTERS
from sensors.adapters.base import DialIn
from sensors.domain.templates import TEMPLATES
from sensors.gateway import Gateway, Limits
from sensors.gateway.keep import is_outage, keep, reset
from sensors.models import Contact, DeviceType, Station, Stranger
from sensors.services.devicetypes import CAMERAS
from sensors.simulator import hazards, sample
from sensors.simulator.cameras import Camera, MjpegServer
from sensors.simulator.equipment import Equipment, Point
from sensors.simulator.faults import WELL_CAMERA, Plan
from sensors.simulator.field import Field
from sensors.simulator.hls import HlsServer
from sensors.simulator.media_gateways import MediaGateway
from sensors.simulator.onvif import OnvifServer
from sensors.simulator.rtsp import RtspServer
from sensors.simulator.sensorthings import ROOT as THINGS_ROOT
from sensors.simulator.sensorthings import SensorThingsServer, Stream
from sensors.simulator.storm import Storm
from tests.sensors.peers import Loop

pytestmark = pytest.mark.django_db(transaction=True)
STORY = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
SPEED = 300.0
HERE = (118.5, 37.45)


def shot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture
def clock(transactional_db):
    return set_demo_clock(story=STORY, speed=SPEED)


@pytest.fixture
def administrator(officers):
    user = User.objects.create(username="boss", display_name="管理员")
    Membership.objects.create(user=user, role="administrator", area=Area.objects.get(path="/dy/"))


def camera_of(code):
    return Camera(
        Equipment(code, "camera", "rtsp", code, *HERE, "新摄像机"),
        WELL_CAMERA,
        lambda: STORY,
        lambda: (0.0, 0.0),
    )


def camera_servers():
    """One camera of each kind, alone or behind its gateway, by protocol with the path that its installer wrote down."""
    host, channel = "127.10.3.9", "/37050200002000000090/37050200001320000090"
    at = {protocol: f"/{protocol}/live" for protocol in ("rtsp", "mjpeg", "zlm")}
    at |= {"hls": "/hls/live.m3u8", "onvif": "/onvif/device_service", "gb28181": channel}
    cameras = {protocol: camera_of(f"CM-{protocol}") for protocol in at}
    gateway = MediaGateway(host, 0, {channel: cameras["gb28181"]}, {at["zlm"]: cameras["zlm"]})
    servers = {
        "rtsp": RtspServer(host, 0, {at["rtsp"]: cameras["rtsp"].pictures}),
        "mjpeg": MjpegServer(host, 0, {at["mjpeg"]: cameras["mjpeg"]}),
        "hls": HlsServer(host, 0, {at["hls"]: cameras["hls"]}),
        "onvif": OnvifServer(host, 0, cameras["onvif"], discovery_port=0),
        "gb28181": gateway,
        "zlm": gateway,
    }
    return servers, at


class Street:
    """New equipment that nobody registered yet, and the gateway that it dials. By protocol: what the installer wrote down."""

    def __init__(self, clock):
        self.clock, self.peers = clock, Loop()
        self.tasks = []
        self.peers.run(self.begin())

    async def begin(self):
        dial_in = {name: adapter for name, adapter in ADAPTERS.items() if isinstance(adapter, DialIn)}
        self.gateway = Gateway(
            dial_in, keep, clock=lambda: self.clock.at(datetime.now(UTC)), allowed_skew=lambda: timedelta(minutes=5),
            limits=replace(Limits(), stop_s=1.0), is_outage=is_outage, reset=reset,
        )  # fmt: skip
        ports = await self.gateway.start("127.0.0.1", dict.fromkeys(dial_in, 0))
        await self.play(ports["sl651"])
        lon, lat = HERE
        strangers = [
            Equipment("GM-90", "gas_monitor", "hj212", "370502GAS000000000000090", lon, lat, interval=timedelta(minutes=2)),
            Equipment("FH-90", "fire_host", "gb26875", "370502019990", lon, lat,
                      points=(Point("part.1.1.42.3-1", "fire_part_state", {"place": "三层走廊"}),)),
            Equipment("WR-90", "stage_gauge", "slt427", "3705029990", lon, lat, interval=timedelta(minutes=2)),
            Equipment("HV-90", "vehicle", "jt808", "013912349990", lon, lat, interval=timedelta(seconds=30),
                      facts={"route": {"type": "LineString", "coordinates": [[118.5, 37.45], [118.55, 37.46]]}}),
        ]  # fmt: skip
        gateways = {name: ("127.0.0.1", port) for name, port in ports.items()}
        diallers = hazards.build(strangers, gateways, self.clock, faults="none")
        self.tasks = [asyncio.create_task(dialler.run()) for dialler in diallers]
        self.addresses |= {one.protocol: {"address": one.address} for one in strangers}
        self.cameras, paths = camera_servers()
        for server in set(self.cameras.values()):
            await server.start()
        self.addresses |= {
            name: {"host": server.host, "port": str(server.port), "path": paths[name]}
            for name, server in self.cameras.items()
        }

    async def play(self, port):
        sizes = {
            "gauges": 1,
            "rivers": 0,
            "ponds": 1,
            "storm_stations": (3,),
            "sewage_stations": (),
            "cameras": 0,
        }
        stations = sample.district(**sizes, http_port=0, modbus_port=0)
        gauge = replace(stations[0], address="0090000990")
        dry = Storm("dry", STORY - timedelta(hours=30), timedelta(minutes=5), ((0,) * 600,))
        [opc] = [one for one in TEMPLATES if one.slug == TYPES["opcua"]]
        behind = [
            Equipment("PD-90", "ponding_site", "mqtt", "PD-90", *HERE,
                      config={"host": "127.10.5.1", "port": 0, "topic": "drainage/{address}/up"}),
            replace(stations[-1], code="PS-90", protocol="opcua", address="PS-90",
                    config={"host": "127.10.6.1", "port": 0, "points": opc.points}),
        ]  # fmt: skip
        self.field = Field(
            [gauge, *stations[1:], *behind], dry, self.clock, gateway=("127.0.0.1", port), faults=Plan()
        )
        await self.field.start()
        (controller, server), [site] = self.field.controllers.values(), self.field.ponding_servers
        [broker] = self.field.publishing.brokers.values()
        pond = next(iter(site.sites.values()))[0]
        web = {
            "host": site.host,
            "port": str(site.port),
            "path": pond.config["path"],
            "address": pond.address,
        }
        self.addresses = {
            "sl651": {"address": gauge.address},
            "modbus": {"host": controller.host, "port": str(controller.port)},
            "ea_http": web,
            "http_json": web | {"address": "PD-JSON"},
            "mqtt": {"host": broker.host, "port": str(broker.port), "address": "PD-90"},
            "opcua": {"host": server.host, "port": str(server.port), "address": "PS-90"},
        }
        level = Stream(5, "H", "Water level", "cm", lambda: [(self.clock.at(datetime.now(UTC)), 341.5)])
        self.things = SensorThingsServer("127.10.31.9", 0, {1: [level]})
        await self.things.start()
        things = {"host": self.things.host, "port": str(self.things.port), "path": f"{THINGS_ROOT}/Things(1)"}
        self.addresses["sensorthings"] = things

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.field.stop()
        await self.things.stop()
        for server in set(self.cameras.values()):
            await server.stop()
        await self.gateway.writer.call(reset)
        await self.gateway.stop()

    def close(self):
        self.peers.run(self.end())
        self.peers.close()


@pytest.fixture
def street(hall, clock):
    found = Street(clock)
    yield found
    found.close()


def a_type_of_its_own():
    """A device type is data: this one reads the flood-monitoring document by paths, in centimetres."""
    point = {
        "channel": "depth", "quantity": "ponding_depth", "name": "积水深度", "path": "items.0.latestReading.value",
        "unit": "cm",
    }  # fmt: skip
    DeviceType.objects.create(
        slug="json-by-path", name="按路径读取", protocol="http_json", kind="ponding_site", points=[point],
        config={"port": 80, "at": "items.0.latestReading.dateTime"}, facts={"site": "road"},
    )  # fmt: skip


TYPES = {
    "sl651": "rain-gauge", "modbus": "pump-station-3", "ea_http": "ponding-flood-api", "http_json": "json-by-path",
    "hj212": "gas-monitor", "gb26875": "fire-host", "jt808": "vehicle", "slt427": "stage-gauge-427",
    "sensorthings": "stage-gauge-sensorthings",
    "rtsp": "camera-rtsp", "mjpeg": "camera-mjpeg", "hls": "camera-hls", "onvif": "camera-onvif",
    "mqtt": "ponding-mqtt", "opcua": "pump-station-3-opcua",
    "gb28181": "camera-gb28181", "zlm": "camera-zlm",
}  # fmt: skip


def fill(page, fields):
    for name, value in fields.items():
        page.fill(f"#f-{name}", value)


def test_an_administrator_connects_one_device_of_each_protocol(clock, administrator, hall, street, screens):
    assert set(TYPES) == {*ADAPTERS, *CAMERAS}, "a protocol that nobody can connect"
    a_type_of_its_own()
    page = screens(user="boss", at="about:blank")
    place = {"longitude": str(HERE[0]), "latitude": str(HERE[1])}
    for protocol, slug in TYPES.items():
        page.goto(f"/devices/new/?type={slug}")
        code = f"NEW-{protocol}"
        fill(page, {"code": code, "name": f"新{protocol}", **place, **street.addresses[protocol]})
        page.click("button[value=test]")
        expect(page.locator("#probe.ok h2"), protocol).to_contain_text("✓", timeout=20_000)
        seen = page.locator("#probe img" if protocol in CAMERAS else "#probe .value-good")
        assert seen.count() >= 1, protocol
        assert page.locator("#probe .value-doubtful").count() == 0, protocol
        if protocol in ("modbus", "hj212"):
            shot(page, f"device-test-{protocol}")
        assert not Station.objects.filter(code=code).exists(), "a test stores nothing"
        page.click("button[value=save]")
        expect(page.locator(".done")).to_contain_text("设备已接入")
    made = Station.objects.filter(code__startswith="NEW-")
    assert {station.protocol: station.device_type.slug for station in made} == TYPES
    # Those that dial in are heard from now on, and their points have values.
    waiting = {name for name, adapter in ADAPTERS.items() if isinstance(adapter, DialIn)}
    while waiting:
        page.goto("/devices/?q=NEW-&state=heard")
        waiting -= set(
            Contact.objects.filter(station__in=made, heard_at__isnull=False).values_list(
                "station__protocol", flat=True
            )
        )
    page.goto("/devices/?q=NEW-&state=heard")
    expect(page.locator("tbody tr")).to_have_count(5)
    shot(page, "devices")


def test_a_stranger_is_adopted_from_the_lobby_with_what_it_said_before(
    clock, administrator, hall, street, screens
):
    page = screens(user="boss", at="about:blank")
    address = street.addresses["hj212"]["address"]
    while Stranger.objects.count() < 3:
        page.goto("/devices/lobby/")
    page.goto("/devices/lobby/")
    shot(page, "lobby")
    row = page.locator("tbody tr", has_text=address)
    expect(row).to_contain_text("a21028.rtd")
    row.locator("a.button.first").click()
    expect(page.locator("#f-address")).to_have_value(address)
    fill(page, {"code": "NEW-gas", "name": "新气体站"})
    expect(page.locator("#map.leaflet-container")).to_be_visible()
    page.locator("#map").click(position={"x": 300, "y": 190})
    expect(page.locator("#f-longitude")).not_to_have_value("")
    shot(page, "device-form")
    page.click("button[value=save]")
    expect(page.locator(".done")).to_contain_text("设备已接入")
    page.click("button[value=replay]")
    expect(page.locator(".done")).to_contain_text("条数据")
    station = Station.objects.get(code="NEW-gas")
    assert Stranger.objects.get(address=address).station == station
    assert station.sensors.get(channel="a21028.rtd").latest.value >= 0
    other = page.locator("tbody tr").first
    page.goto("/devices/lobby/")
    other.locator("summary").click()
    other.locator("input[name=reason]").fill("不是本区设备")
    other.locator("button[value=refuse]").click()
    expect(page.locator("tbody tr")).to_have_count(Stranger.objects.filter(state="waiting").count())
    page.goto(f"/frames/?station={address}")
    expect(page.locator("tbody tr").first).to_contain_text("HJ 212-2017")
    shot(page, "frames")
    page.set_viewport_size({"width": 390, "height": 844})
    for name in (
        "devices/",
        "devices/lobby/",
        "devices/cameras/",
        "devices/import/",
        "reading-files/",
        "frames/",
        f"devices/{station.pk}/",
    ):
        page.goto(f"/{name}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px wider than a phone"
        shot(page, f"phone-{name.strip('/').replace('/', '-')}")
