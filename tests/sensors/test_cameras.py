"""Cameras looked at over real RTSP and MJPEG: their state, the stills that are kept, and who may see them."""

import contextlib
import io
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from aiohttp import web
from django.contrib.gis.geos import Point
from django.http import Http404
from PIL import Image

from command_center.core.models import Area, Event
from command_center.core.now import rate
from sensors.domain.pictures import BLACK, FROZEN, OFFLINE, ONLINE
from sensors.models import Alarm, Contact, Station, Still
from sensors.services import cameras
from sensors.services.cameras import NoPicture, grab, look_soon, poll_cameras
from sensors.services.stills import Keeping, drop_old_stills, keep_still, last_still
from sensors.simulator.rtsp import RtspServer
from sensors.views import still
from tests.conftest import actor
from tests.sensors.peers import Loop, mjpeg, pictures, silent
from tests.waiting import eventually

S, MIN = timedelta(seconds=1), timedelta(minutes=1)
HOST = "127.10.3.1"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def real():
    return datetime.now(UTC)


def street(number: int, size=(640, 360)) -> Image.Image:
    """A grey street with a lamp, and noise of its own in each picture."""
    ground = np.full((size[1], size[0], 3), 70, np.uint8)
    ground[size[1] // 2 :, : size[0] // 3] = 140
    noise = np.random.default_rng(number).integers(0, 25, (size[1], size[0], 1))
    return Image.fromarray((ground + noise).astype(np.uint8))


def fence(number: int) -> Image.Image:
    """Another view: light and dark posts."""
    ground = np.tile(np.repeat([60, 160], 71), 5)[:640].astype(np.uint8)
    noise = np.random.default_rng(number).integers(0, 25, (360, 640))
    return Image.fromarray((ground + noise).astype(np.uint8)).convert("RGB")


def dark(number: int) -> Image.Image:
    return Image.new("RGB", (640, 360), (3, 3, 3))


def rtsp(loop: Loop, make, host: str = HOST) -> RtspServer:
    return loop.call(lambda: RtspServer(host, 0, {"/live": lambda: pictures(make, 0.02)}, fps=25))


def camera(code: str, protocol: str, port: int, *, due=None, host=HOST, path="/live", watches=()) -> Station:
    area, _ = Area.objects.get_or_create(
        path="/dy/", defaults={"code": "dy", "kind": "district", "name": "区"}
    )
    owner = Station.objects.create(
        code=code, name=code, kind=Station.Kind.CAMERA, position=Point(118.6, 37.4), area=area,
        area_path="/dy/", protocol=protocol, address=code, interval_s=60,
        config={"host": host, "port": port, "path": path}, facts={"watches": list(watches)},
    )  # fmt: skip
    if due is not None:
        Contact.objects.create(station=owner, due_at=due)
    return owner


def looks(count: int, real: datetime) -> list[str]:
    """The camera's state after each of ``count`` looks, a minute apart."""
    states = []
    for number in range(count):
        Contact.objects.update(due_at=real)
        poll_cameras(real + number * MIN)
        states.append(Contact.objects.get().picture)
    return states


def test_a_picture_comes_over_rtsp(loop):
    server = rtsp(loop, street)
    picture = grab("rtsp", {"host": HOST, "port": server.port, "path": "/live"})
    assert picture.size == (640, 360)
    assert 70 < np.asarray(picture.convert("L")).mean() < 130


def test_a_picture_comes_over_mjpeg_and_from_a_plain_jpeg_address(loop):
    port = loop.http(HOST, mjpeg(street))
    assert grab("mjpeg", {"host": HOST, "port": port, "path": "/video?q=1"}).size == (640, 360)

    async def snapshot(request):
        octets = io.BytesIO()
        street(1).save(octets, "JPEG")
        return web.Response(body=octets.getvalue(), content_type="image/jpeg")

    port = loop.http(HOST, snapshot)
    assert grab("mjpeg", {"host": HOST, "port": port, "path": "/snap.jpg"}).size == (640, 360)


def test_the_stream_ends_when_the_picture_is_taken(loop):
    server = rtsp(loop, street)
    grab("rtsp", {"host": HOST, "port": server.port, "path": "/live"})
    eventually(lambda: server.watchers == 0)


async def garbage(reader, writer):
    with contextlib.suppress(OSError):
        await reader.read(1000)
        writer.write(b"\xff\xd8\xff garbage " * 5000)
        await writer.drain()
    writer.close()


async def hangs_up(reader, writer):
    writer.close()


@pytest.mark.parametrize("protocol", ["rtsp", "mjpeg"])
@pytest.mark.parametrize(
    ("peer", "reason"),
    [(silent, "no picture in time"), (garbage, "no connection|cannot be decoded"),
     (hangs_up, "no connection|cannot be decoded")],
)  # fmt: skip
def test_a_camera_that_does_not_stream_is_given_up_with_a_reason(loop, protocol, peer, reason):
    with pytest.raises(NoPicture, match=reason):
        grab(protocol, {"host": HOST, "port": loop.tcp(HOST, peer), "path": "/live"})


@pytest.mark.parametrize("protocol", ["rtsp", "mjpeg"])
def test_nobody_there_is_no_connection(protocol):
    with pytest.raises(NoPicture, match="no connection"):
        grab(protocol, {"host": "127.10.3.99", "port": 1, "path": "/live"})


def test_an_unknown_stream_is_told_apart(loop):
    server = rtsp(loop, street)
    with pytest.raises(NoPicture, match="does not know this stream"):
        grab("rtsp", {"host": HOST, "port": server.port, "path": "/other"})


@pytest.mark.parametrize("protocol", ["rtsp", "mjpeg"])
def test_a_redirect_to_elsewhere_is_not_followed(loop, protocol):
    reached = []

    async def elsewhere(reader, writer):
        reached.append(1)
        writer.close()

    port = loop.tcp("127.66.0.1", elsewhere)

    async def redirects(reader, writer):
        with contextlib.suppress(OSError):
            while request := await reader.read(4000):
                sequence = request.partition(b"CSeq: ")[2].partition(b"\r\n")[0]
                name = b"RTSP" if protocol == "rtsp" else b"HTTP"
                writer.write(
                    name + b"/1.0 302 Moved\r\nCSeq: " + sequence
                    + f"\r\nLocation: {protocol.replace('mjpeg', 'http')}://127.66.0.1:{port}/x\r\n\r\n".encode()
                )  # fmt: skip
        writer.close()

    with pytest.raises(NoPicture, match=r"elsewhere|does not know"):
        grab(protocol, {"host": HOST, "port": loop.tcp(HOST, redirects), "path": "/live"})
    assert not reached


def test_a_camera_that_asks_for_another_transport_opens_no_other_connection(loop):
    """A SETUP answered with UDP and a foreign source: FFmpeg must not send a single packet there."""
    decoy = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    decoy.bind(("127.66.0.1", 0))
    decoy.setblocking(False)
    port = decoy.getsockname()[1]
    sdp = "v=0\r\no=- 0 0 IN IP4 127.66.0.1\r\ns=x\r\nc=IN IP4 127.66.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

    async def lies(reader, writer):
        with contextlib.suppress(OSError, EOFError):
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                sequence = request.partition("CSeq: ")[2].partition("\r\n")[0]
                head, body = f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n", ""
                if request.startswith("DESCRIBE"):
                    head, body = head + "Content-Type: application/sdp\r\n", sdp
                if request.startswith("SETUP"):
                    head += f"Transport: RTP/AVP;unicast;source=127.66.0.1;server_port={port}-{port + 1};client_port=5000-5001\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    with pytest.raises(NoPicture):
        grab("rtsp", {"host": HOST, "port": loop.tcp(HOST, lies), "path": "/live"})
    with pytest.raises(BlockingIOError):
        decoy.recv(100)
    decoy.close()


@pytest.mark.parametrize("protocol", ["rtsp", "mjpeg"])
@pytest.mark.parametrize(
    "host",
    ["127.66.0.1", "127.0.0.1", "localhost", "::1", "127.1", "0x7f420001", "-i", "file:", "a\r\nb", ""],
)
def test_no_picture_comes_from_outside_the_device_networks(loop, protocol, host):
    reached = []

    async def forbidden(reader, writer):
        reached.append(1)
        writer.close()

    port = loop.tcp("127.66.0.1", forbidden)
    loop.tcp("127.0.0.1", forbidden, port)
    with pytest.raises(NoPicture):
        grab(protocol, {"host": host, "port": port, "path": "/live"})
    assert not reached


@pytest.mark.parametrize("path", ["live", "/a b", "/a\r\nHost: x", "", "@127.66.0.1/", "/\\x"])
def test_a_path_is_a_path(path):
    with pytest.raises(NoPicture, match="path"):
        grab("rtsp", {"host": HOST, "port": 554, "path": path})


@pytest.mark.django_db
@pytest.mark.parametrize("protocol", ["rtsp", "mjpeg"])
def test_a_working_camera_is_online_and_its_picture_is_kept(loop, real, protocol):
    port = rtsp(loop, street).port if protocol == "rtsp" else loop.http(HOST, mjpeg(street))
    owner = camera("CM-1", protocol, port, due=real)
    assert poll_cameras(real) == 1
    contact = Contact.objects.get(station=owner)
    assert contact.picture == ONLINE and contact.error == "" and contact.failures == 0
    assert contact.heard_at >= real and contact.picture_since == contact.heard_at and contact.took_ms > 0
    assert contact.due_at == real + MIN
    kept = last_still(owner)
    assert kept.state == ONLINE and kept.taken_at == contact.heard_at
    with Image.open(kept.image.path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 360))
    event = Event.objects.get(kind="camera.changed")
    assert event.subject_id == str(owner.pk) and event.data == {"from": "", "to": ONLINE}


@pytest.mark.django_db
def test_a_large_picture_is_kept_smaller(loop, real):
    owner = camera("CM-1", "mjpeg", loop.http(HOST, mjpeg(lambda n: street(n, (1920, 1080)))), due=real)
    poll_cameras(real)
    with Image.open(last_still(owner).image.path) as picture:
        assert picture.size == (1280, 720)


@pytest.mark.django_db
def test_a_frozen_camera_is_found_and_said_once(loop, real):
    same = street(1)
    camera("CM-1", "rtsp", rtsp(loop, lambda n: same).port, due=real)
    assert looks(5, real) == [ONLINE, ONLINE, ONLINE, FROZEN, FROZEN]
    assert Event.objects.filter(kind="camera.changed").count() == 2


@pytest.mark.django_db
def test_a_black_camera_is_found(loop, real):
    camera("CM-1", "mjpeg", loop.http(HOST, mjpeg(dark)), due=real)
    assert looks(1, real) == [BLACK]


@pytest.mark.django_db
def test_a_camera_that_is_gone_is_offline_at_the_second_look_and_online_again_when_back(loop, real):
    server = rtsp(loop, street)
    owner = camera("CM-1", "rtsp", server.port, due=real)
    assert looks(1, real) == [ONLINE]
    loop.run(server.stop())
    assert looks(2, real + MIN) == [ONLINE, OFFLINE]
    contact = Contact.objects.get(station=owner)
    assert contact.error == "no connection" and contact.failures == 2
    assert real <= contact.heard_at < real + MIN
    loop.run(server.start())
    assert looks(1, real + 5 * MIN) == [ONLINE]


@pytest.mark.django_db
def test_a_hanging_camera_does_not_delay_the_others_pictures(loop, real):
    camera("CM-9", "rtsp", loop.tcp(HOST, silent), due=real - S)
    for number in range(3):
        camera(f"CM-{number}", "mjpeg", loop.http(HOST, mjpeg(street)), due=real)
    assert poll_cameras(real) == 3
    rows = dict(Contact.objects.values_list("station__code", "heard_at"))
    assert rows.pop("CM-9") is None
    # Each was written down when it came, not when the last one was given up (five seconds later).
    assert all(heard < real + 3 * S for heard in rows.values())


@pytest.mark.django_db
def test_pictures_are_kept_at_intervals_and_when_the_scene_changes(loop, real):
    scenes = [street]
    camera("CM-1", "mjpeg", loop.http(HOST, mjpeg(lambda n: scenes[-1](n))), due=real)
    kept = Still.objects.exclude(keep="passing")
    looks(3, real)
    assert kept.count() == 1
    # The newest view is there too, for as long as it is the newest.
    assert last_still(Station.objects.get()).keep == "passing" and Still.objects.count() == 2
    scenes.append(fence)
    looks(1, real + 3 * MIN)
    assert kept.count() == Still.objects.count() == 2
    looks(1, real + 14 * MIN)
    assert kept.count() == 3


@pytest.mark.django_db
def test_old_pictures_go_with_their_files_except_those_around_an_alarm(real, media):
    place = camera("PD-1", "none", 1)
    owner = camera("CM-1", "rtsp", 1, watches=["PD-1"])
    Alarm.objects.create(
        station=place, rule="ponding.depth", level=2, worst_level=2, raised_at=real + 20 * MIN,
        level_since=real, recorded_at=real, cleared_at=real + 25 * MIN, condition="cleared", area_path="/dy/",
    )  # fmt: skip
    keeping = Keeping(10 * MIN, newest=3, alarm_window=5 * MIN, held=timedelta(days=30))
    for number in range(12):
        keep_still(owner, street(number), cameras.Belief(ONLINE), real + 5 * number * MIN)
    for gone in drop_old_stills(owner, keeping, real + 60 * MIN):
        gone.image.delete(save=False)
    minutes = [(kept.taken_at - real) // MIN for kept in Still.objects.order_by("taken_at")]
    assert minutes == [15, 20, 25, 30, 45, 50, 55]
    assert len(list(Path(media).rglob("*.jpg"))) == 7
    # Held ones go when their time is over.
    assert len(drop_old_stills(owner, keeping, real + timedelta(days=31))) == 4


@pytest.mark.django_db
def test_cameras_that_watch_a_place_are_due_at_once_when_it_needs_eyes(real):
    watching = camera("CM-1", "rtsp", 1, due=real + MIN, watches=["PD-1", "PD-2"])
    near = camera("CM-3", "rtsp", 1, due=real + MIN)
    other = camera("CM-2", "rtsp", 1, due=real + MIN, watches=["PD-3"])
    camera("PD-2", "none", 1)
    Station.objects.filter(pk=watching.pk).update(position=Point(118.7, 37.5))
    Station.objects.filter(pk=other.pk).update(position=Point(118.61, 37.4))
    assert look_soon(["PD-2"], real) == 2
    assert Contact.objects.get(station=watching).due_at == Contact.objects.get(station=near).due_at == real
    assert Contact.objects.get(station=other).due_at == real + MIN
    assert look_soon([], real) == 0


@pytest.mark.django_db
def test_a_broken_stream_of_one_camera_harms_no_other(loop, real):
    camera("CM-1", "mjpeg", loop.tcp(HOST, garbage), due=real)
    owner = camera("CM-2", "mjpeg", loop.http(HOST, mjpeg(street)), due=real)
    wrong = camera("CM-3", "rtsp", 1, due=real)
    Station.objects.filter(pk=wrong.pk).update(config={})
    assert poll_cameras(real) == 1
    assert Contact.objects.get(station=owner).picture == ONLINE
    assert Contact.objects.get(station=wrong).error.startswith("configuration")


def asks(viewer, station_id, still_id=None):
    return still(SimpleNamespace(method="GET", viewer=viewer, headers={}), station_id, still_id)


@pytest.mark.django_db
def test_the_last_picture_is_served_to_those_who_may_see_the_camera_and_hidden_from_all_others(real):
    owner = camera("CM-1", "rtsp", 1)
    kept = keep_still(owner, street(1), cameras.Belief(ONLINE), real)
    for viewer in (actor(("duty_officer", "/dy/")), actor(("wall", "/")), actor(("commander", "/dy/"))):
        answer = asks(viewer, owner.pk)
        assert answer["Content-Type"] == "image/jpeg" and "private" in answer["Cache-Control"]
        assert Image.open(io.BytesIO(b"".join(answer))).size == (640, 360)
        answer.file_to_stream.close()
        asks(viewer, owner.pk, kept.pk).file_to_stream.close()
    for viewer in (
        actor(),
        actor(("grid_worker", "/dy/")),
        actor(("duty_officer", "/other/")),
        actor(("auditor", "/dy/")),
    ):
        with pytest.raises(Http404):
            asks(viewer, owner.pk)
        with pytest.raises(Http404):
            asks(viewer, owner.pk, kept.pk)


@pytest.mark.django_db
def test_a_picture_is_not_served_under_another_cameras_name(real):
    one, other = camera("CM-1", "rtsp", 1), camera("CM-2", "rtsp", 1)
    kept = keep_still(one, street(1), cameras.Belief(ONLINE), real)
    with pytest.raises(Http404):
        asks(actor(("duty_officer", "/dy/")), other.pk, kept.pk)
    with pytest.raises(Http404):
        asks(actor(("duty_officer", "/dy/")), other.pk)


@pytest.mark.django_db
def test_the_rules_in_force_are_the_districts(db):
    rules = cameras.rules_in_force(datetime.now(UTC))
    assert rules.pictures.frozen_checks == 3 and rules.views.blurred_share == 0.3
    assert rules.keeping.newest == 48 and rules.keeping.every == 10 * MIN
    assert rate().rate == 1
