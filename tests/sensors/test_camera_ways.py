"""Cameras by HLS, ONVIF and media gateways over real sockets: pictures, views they were taught, live addresses."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from aiohttp import web
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.models import Station, StationSecret
from sensors.polling.web import Bounds, ask
from sensors.services import discovery, media_gateways, onvif, secrets
from sensors.services.grabbing import NoPicture, grab
from sensors.services.live_pictures import live_urls
from sensors.simulator.cameras import Camera
from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import WELL_CAMERA
from sensors.simulator.hls import HlsServer, piece
from sensors.simulator.media_gateways import MediaGateway
from sensors.simulator.onvif import OnvifServer
from tests.sensors.peers import Loop

HOST = "127.10.3.7"
NIGHT = datetime(2026, 7, 12, 14, 0, tzinfo=UTC)
DEVICE, CHANNEL = "37050200002000000009", "37050200001320000009"
WVP, ZLM = f"/{DEVICE}/{CHANNEL}", "/live/yard"


@pytest.fixture(scope="module")
def loop():
    found = Loop()
    yield found
    found.close()


def scene(code: str) -> Camera:
    place = Equipment(code, "camera", "rtsp", code, 118.5, 37.45, "泵站院内", {"path": "/x"})
    return Camera(place, WELL_CAMERA, lambda: NIGHT, lambda: (0.0, 0.0))


def served(loop: Loop, server):
    @asynccontextmanager
    async def whole():
        await server.start()
        try:
            yield server
        finally:
            await server.stop()

    return loop.call(whole)


@pytest.fixture(scope="module")
def ptz(loop):
    """An ONVIF camera with a password, whose clock is an hour ahead and which names itself by another network's address."""
    return served(
        loop,
        OnvifServer(
            HOST, 0, scene("CM-90"), user=("admin", "pass&word"), ahead=timedelta(hours=1), discovery_port=0
        ),
    )


@pytest.fixture(scope="module")
def gate(loop):
    server = MediaGateway(
        HOST, 0, {WVP: scene("CM-91")}, {ZLM: scene("CM-92")}, user=("map", "secret"), secret="035c"
    )
    return served(loop, server)


def at_onvif(ptz, **more):
    return {"host": HOST, "port": ptz.port, "path": "/onvif/device_service",
            "secrets": {"username": "admin", "password": "pass&word"}, **more}  # fmt: skip


def at_wvp(gate, password="secret"):
    return {
        "host": HOST,
        "port": gate.port,
        "path": WVP,
        "secrets": {"username": "map", "password": password},
    }


def at_zlm(gate, path=ZLM, key="035c"):
    return {"host": HOST, "port": gate.port, "path": path, "secrets": {"api_key": key}}


# --- HLS ---------------------------------------------------------------------------------------------------
def test_a_live_playlist_gives_its_newest_picture_and_stops_when_nobody_asks(loop):
    server = served(loop, HlsServer(HOST, 0, {"/cm/live.m3u8": scene("CM-93")}))
    picture = grab("hls", {"host": HOST, "port": server.port, "path": "/cm/live.m3u8"})
    assert picture.size == (640, 360) and np.asarray(picture.convert("L")).std() > 10
    with pytest.raises(NoPicture, match="does not know this stream"):
        grab("hls", {"host": HOST, "port": server.port, "path": "/other.m3u8"})


@pytest.mark.parametrize("inner", ["master", "piece", "redirect"])
def test_a_playlist_leads_nowhere_outside_the_device_networks(loop, inner):
    reached = []

    async def elsewhere(reader, writer):
        reached.append(1)
        writer.close()

    port = loop.tcp("127.66.0.1", elsewhere)
    there = f"http://127.66.0.1:{port}/x"

    async def answer(request):
        if inner == "redirect":
            raise web.HTTPFound(there)
        text = {
            "master": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{there}.m3u8\n",
            "piece": f"#EXTM3U\n#EXTINF:1,\n{there}.ts\n",
        }[inner]
        return web.Response(text=text)

    with pytest.raises(NoPicture, match=r"address refused|does not know"):
        grab("hls", {"host": HOST, "port": loop.http(HOST, answer), "path": "/live.m3u8"})
    assert not reached


def test_the_password_of_a_playlist_is_not_told_to_another_server(loop):
    told = {}

    def telling(name, text):
        async def answer(request):
            told[name] = request.headers.get("Authorization")
            return web.Response(body=text)

        return answer

    dark = scene("CM-94").scene.black(1)
    pieces = loop.http("127.10.3.8", telling("other", piece([dark, dark], 0)))
    own = loop.http(HOST, telling("own", f"#EXTM3U\n#EXTINF:1,\nhttp://127.10.3.8:{pieces}/1.ts\n".encode()))
    who = {"username": "admin", "password": "x"}
    grab("hls", {"host": HOST, "port": own, "path": "/live.m3u8", "secrets": who})
    assert told == {"own": "Basic YWRtaW46eA==", "other": None}


def test_an_answer_that_trickles_in_ends_in_time(loop):
    async def trickles(reader, writer):
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                writer.write(b"X: 1\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)

    port = loop.tcp(HOST, trickles)
    with pytest.raises(TimeoutError):
        ask(f"http://{HOST}:{port}/", Bounds.of(0.3))


# --- ONVIF -------------------------------------------------------------------------------------------------
def test_an_onvif_camera_whose_clock_is_wrong_and_whose_address_is_another_gives_its_picture(ptz):
    assert grab("onvif", at_onvif(ptz)).size == (640, 360)
    asked = len(ptz.asked)
    grab("onvif", at_onvif(ptz))
    assert len(ptz.asked) == asked, "the stream's address is kept"
    told = onvif.Onvif(at_onvif(ptz))
    assert told.information()["model"] == "SIM-PTZ"
    assert [(one.token, one.width) for one in told.profiles()] == [("main", 1920), ("sub", 640)]


def test_an_onvif_camera_says_that_the_password_is_wrong_and_that_a_profile_is_not_there(ptz):
    wrong = {"username": "admin", "password": "other"}
    with pytest.raises(NoPicture, match="another user name or password"):
        grab("onvif", at_onvif(ptz, secrets=wrong, profile="sub"))
    with pytest.raises(NoPicture, match="no such profile"):
        grab("onvif", at_onvif(ptz, profile="none"))


# --- media gateways ----------------------------------------------------------------------------------------
def test_a_wvp_starts_a_channel_and_its_picture_is_taken(gate):
    assert grab("gb28181", at_wvp(gate)).size == (640, 360)
    assert gate.started[-1] == WVP
    with pytest.raises(NoPicture, match="another user name or password"):
        grab("gb28181", at_wvp(gate, "wrong"))
    with pytest.raises(NoPicture, match="通道不存在"):
        grab("gb28181", at_wvp(gate) | {"path": f"/{DEVICE}/1"})


@pytest.mark.parametrize("kind", ["rtsp", "hls"])
def test_a_gateway_leads_nowhere_outside_the_device_networks(loop, kind):
    reached = []

    async def elsewhere(reader, writer):
        reached.append(1)
        writer.close()

    port = loop.tcp("127.66.0.1", elsewhere)
    there = {"rtsp": f"rtsp://127.66.0.1:{port}/x", "hls": f"http://127.66.0.1:{port}/x.m3u8"}[kind]

    async def answer(request):
        return web.json_response({"code": 0, "data": {kind: there}})

    with pytest.raises(NoPicture, match="address refused"):
        grab("gb28181", {"host": HOST, "port": loop.http(HOST, answer), "path": WVP})
    assert not reached


def test_a_token_that_the_gateway_forgot_is_asked_for_anew(gate):
    config = at_wvp(gate)
    assert media_gateways.Wvp(config).presets()[0].name == "正常位"
    gate.tokens.clear()
    assert len(media_gateways.Wvp(config).presets()) == 3


def test_a_zlmediakit_gives_a_still_and_its_emblem_is_no_picture(gate):
    assert grab("zlm", at_zlm(gate)).size == (640, 360)
    with pytest.raises(NoPicture, match="no such stream"):
        grab("zlm", at_zlm(gate, "/live/gone"))
    with pytest.raises(NoPicture, match="another user name or password"):
        grab("zlm", at_zlm(gate, key="x"))


def test_a_gateway_lists_its_cameras_once_each_and_nothing_else(gate):
    (channel,) = media_gateways.Wvp(at_wvp(gate)).channels()
    assert (channel.path, channel.name, channel.lon) == (WVP, "泵站院内", 118.5)
    assert [one.path for one in media_gateways.Zlm(at_zlm(gate)).channels()] == [ZLM]


# --- looking for cameras ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_cameras_of_a_network_are_found_and_lead_only_to_where_they_answered_from(ptz, settings):
    def look(network):
        return [(one.host, one.port, one.path, one.name, one.hardware, one.code)
                for one in discovery.look_for_cameras(network, port=ptz.discovery_port, listen_s=0.2)]  # fmt: skip

    path = "/onvif/device_service"
    assert look("127.10.3.0/28") == [(HOST, ptz.port, path, "CM-90", "SIM-PTZ", "")]
    camera("CM-1", "onvif", ptz.port, path)
    assert look("127.10.3.7/32")[0][-1] == "CM-1"
    for network in ("127.66.0.0/28", "127.0.0.0/8", "10.20.3.0/24", "0.0.0.0/0", "x", "127.10.0.0/16"):
        with pytest.raises(discovery.NotSearched):
            look(network)
    settings.OURS = {**settings.OURS, "device_networks": ["127.10.0.0/16 80"]}
    with pytest.raises(discovery.NotSearched):
        look("127.10.3.0/28")


@pytest.mark.django_db
def test_the_channels_of_a_gateway_become_a_list_that_is_tried_before_anything_is_connected(client, gate):
    Area.objects.create(
        path="/dy/",
        code="dy",
        kind="district",
        name="区",
        outline=MultiPolygon(Polygon.from_bbox((118, 37, 119, 38))),
    )
    signed_in(client, "administrator")
    form = {"act": "list", "protocol": "gb28181", "host": HOST, "port": str(gate.port), "username": "map"}
    refused = client.post("/devices/cameras/", {**form, "password": "wrong"})
    assert refused.status_code == 422 and "wrong" not in refused.content.decode()
    tried = client.post("/devices/cameras/", {**form, "password": "secret"})
    assert tried.status_code == 302 and not Station.objects.exists()
    client.post(tried.url)
    made = Station.objects.get(code=CHANNEL)
    assert (made.protocol, made.name, made.address) == ("gb28181", "泵站院内", WVP[1:])
    assert made.config == {"host": HOST, "port": gate.port, "path": WVP}
    assert secrets.of([made.pk])[made.pk] == {"username": "map", "password": "secret"}
    again = client.post("/devices/cameras/", {**form, "password": "secret"})
    assert again.status_code == 422, "every channel is connected already"


# --- live pictures and views -------------------------------------------------------------------------------
def camera(code, protocol, port, path, **hidden):
    area, _ = Area.objects.get_or_create(
        path="/dy/", defaults={"code": "dy", "kind": "district", "name": "区"}
    )
    station = Station.objects.create(
        code=code, name=code, kind=Station.Kind.CAMERA, position=Point(118.6, 37.4), area=area, area_path="/dy/",
        protocol=protocol, address=code, config={"host": HOST, "port": port, "path": path},
    )  # fmt: skip
    for name, text in hidden.items():
        StationSecret.objects.create(
            station=station, name=name, sealed=secrets.seal(text), set_at=NIGHT, set_by="boss"
        )
    return station


def signed_in(client, role):
    user = User.objects.create(username=role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path="/dy/"))
    client.force_login(user)


@pytest.mark.django_db
def test_a_browser_is_told_only_of_live_pictures_where_it_may_fetch_them(gate, settings):
    behind = camera("CM-1", "gb28181", gate.port, WVP, username="map", password="secret")
    stream = camera("CM-2", "zlm", gate.port, ZLM)
    rtsp = camera("CM-3", "rtsp", 554, "/live")
    assert live_urls(behind) == live_urls(stream) == live_urls(rtsp) == []
    origin = f"http://{HOST}:{gate.port}"
    settings.OURS = {**settings.OURS, "media_origins": [origin]}
    name = f"/rtp/{DEVICE}_{CHANNEL}"
    assert live_urls(behind) == [
        {"kind": "hls", "url": f"{origin}{name}/hls.m3u8"},
        {"kind": "flv", "url": f"{origin}{name}.live.flv"},
    ]
    assert live_urls(stream)[0] == {"kind": "hls", "url": f"{origin}{ZLM}/hls.m3u8"}
    assert live_urls(rtsp) == []


@pytest.mark.django_db
def test_an_officer_turns_a_camera_and_looks_at_it_and_both_stand_in_the_log(client, ptz, gate, settings):
    settings.OURS = {**settings.OURS, "media_origins": [f"http://{HOST}:{gate.port}"]}
    dome = camera("CM-1", "onvif", ptz.port, "/onvif/device_service", username="admin", password="pass&word")
    behind = camera("CM-2", "gb28181", gate.port, WVP, username="map", password="secret")
    signed_in(client, "duty_officer")
    for station, turned in ((dome, ptz.camera), (behind, gate.channels[WVP])):
        door = f"/api/v1/stations/{station.pk}/presets"
        assert [row["name"] for row in client.get(door).json()] == ["正常位", "近景", "远景"]
        answer = client.post(door, {"token": "2"}, content_type="application/json")
        assert answer.json() == {"token": "2", "name": "近景"}
        assert turned.scene.code.endswith(" 2")
        refused = client.post(door, {"token": "9"}, content_type="application/json")
        assert refused.status_code == 422 and refused.json()["error"]
    assert [row["kind"] for row in client.get(f"/api/v1/stations/{behind.pk}/live").json()["urls"]] == [
        "hls",
        "flv",
    ]
    acts = AuditEntry.objects.order_by("pk").values_list("act", "who")
    assert list(acts) == [(act, "duty_officer") for act in ("camera.steer", "camera.steer", "camera.watch")]


@pytest.mark.django_db
def test_who_may_only_look_turns_no_camera_and_a_camera_that_is_gone_is_a_sentence(client):
    gone = camera("CM-1", "onvif", 9, "/onvif/device_service")
    signed_in(client, "commander")
    door = f"/api/v1/stations/{gone.pk}/presets"
    assert client.post(door, {"token": "2"}, content_type="application/json").status_code in (403, 404)
    answer = client.get(door)
    assert (answer.status_code, answer.json()) == (422, {"error": "目前无法连接该摄像机。"})
