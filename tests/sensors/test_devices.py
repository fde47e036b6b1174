"""Connecting devices: types, one by one, by list, out of the lobby; their secrets and their frames."""

import io
import json
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.exceptions import PermissionDenied
from django.test import Client

from command_center.core.acts import NotPossible, perform
from command_center.core.models import Area, AuditEntry, Department, Membership, User
from sensors.adapters import ADAPTERS
from sensors.domain import certificates, sl651_frames
from sensors.domain import lobby as tables
from sensors.domain.onboarding import ADDRESS_TAKEN, CODE_TAKEN, FACTS, LABELS, OUTSIDE, TWICE
from sensors.gateway.keep import keep
from sensors.models import (
    DeviceList,
    DeviceType,
    LatestValue,
    RawFrame,
    Reading,
    Sensor,
    Station,
    StationSecret,
    Stranger,
)
from sensors.services import devicetypes, importing, lobby, onboarding, probing, secrets
from sensors.services import tables as files
from sensors.services.ingest import Frame
from tests.conftest import MIN, NOON, actor
from tests.sensors.peers import Loop, ea_answer, measure

pytestmark = pytest.mark.django_db
HOST = "127.10.77.1"


@pytest.fixture
def ground():
    """A district with one town in its middle, and one department."""

    def square(west, south, east, north):
        return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)

    root = Area.objects.create(
        code="1", path="/dy/", kind="district", name="区", outline=square(118, 37, 119, 38)
    )
    town = Area.objects.create(
        code="2",
        path="/dy/town/",
        kind="town",
        name="镇",
        parent=root,
        outline=square(118.4, 37.4, 118.6, 37.6),
    )
    Department.objects.create(code="water", name="水务局", name_en="Water")
    return root, town


@pytest.fixture
def boss(ground):
    return actor(("administrator", "/dy/"), name="boss")


@pytest.fixture
def office(ground):
    """A browser's session of an administrator."""
    user = User.objects.create(username="boss")
    Membership.objects.create(user=user, role="administrator", area=ground[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def loop():
    peers = Loop()
    yield peers
    peers.close()


def gauge(**more):
    return {
        "type": "rain-gauge", "code": "RG-90", "name": "测试雨量站", "longitude": "118.5", "latitude": "37.5",
        "address": "0090000190", "department": "water",
    } | more  # fmt: skip


def pump(**more):
    return gauge(type="pump-station-3", code="PS-90", host=HOST, port="502", address="") | more


def connected(given, by):
    prepared, problems = onboarding.prepare(given, by=by)
    assert not problems
    return onboarding.connect(prepared, by=by, at=NOON)


# --- types ---------------------------------------------------------------------------------------------------
def test_every_template_of_a_protocol_that_is_there_is_sound_and_a_row():
    rows = DeviceType.objects.all()
    assert {row.protocol for row in rows} >= {"sl651", "modbus", "ea_http", "http_json", "rtsp", "mjpeg"}
    assert {row.slug: devicetypes.problems(row) for row in rows if devicetypes.problems(row)} == {}


def test_a_type_that_somebody_edited_wrongly_says_what_is_wrong():
    row = DeviceType(
        slug="x", protocol="modbus", kind="pump_station", points=[{"channel": "a", "quantity": "steam"}]
    )
    assert devicetypes.problems(row) == ["a: unknown quantity steam"]
    row.points = [{"channel": "a", "quantity": "forebay_level", "unit": "A", "address": 1}]
    assert "unit 'A'" in devicetypes.problems(row)[0]
    row.points = [{"channel": "a", "quantity": "forebay_level", "address": 70000}]
    assert "outside the table" in devicetypes.problems(row)[0]


def test_the_type_with_the_strangers_points_is_suggested():
    assert devicetypes.suggested("sl651", ["level", "battery"]).slug == "stage-gauge"
    assert devicetypes.suggested("sl651", ["rain_total"]).slug == "rain-gauge"
    assert devicetypes.suggested("carrier pigeon", []) is None


# --- one device ----------------------------------------------------------------------------------------------
def test_a_device_is_connected_with_its_points_at_its_place_in_its_area(boss):
    station = connected(pump(rated_current_a="84", start_level_m="-1.2"), boss)
    assert (station.area_path, station.department.code, station.kind) == (
        "/dy/town/",
        "water",
        "pump_station",
    )
    assert station.config == {"host": HOST, "port": 502, "unit": 1}
    assert station.facts["start_level_m"] == -1.2 and "stop_level_m" not in station.facts
    current = Sensor.objects.get(station=station, channel="pump2.current")
    assert current.facts == {"pump": 2, "kind": "storm", "rated_current_a": 84.0}
    assert AuditEntry.objects.get(act="station.added").data["code"] == "PS-90"


def test_coordinates_of_a_chinese_map_are_shifted_at_the_border(boss):
    from command_center.core.geo import gcj02_from_wgs84

    lon, lat = gcj02_from_wgs84(118.5, 37.5)
    station = connected(gauge(longitude=f"{lon:.7f}", latitude=f"{lat:.7f}", crs="GCJ-02"), boss)
    assert (station.position.x, station.position.y) == (
        pytest.approx(118.5, abs=1e-6),
        pytest.approx(37.5, abs=1e-6),
    )


def test_what_stands_against_a_device_is_said_field_by_field(boss):
    connected(gauge(), boss)
    _, problems = onboarding.prepare(gauge(longitude="100"), by=boss)
    assert {(p.field, p.text) for p in problems} == {
        ("code", CODE_TAKEN), ("longitude", OUTSIDE)
    }  # fmt: skip
    _, problems = onboarding.prepare(gauge(code="RG-91"), by=boss)
    assert [(p.field, p.text, p.params["code"]) for p in problems] == [("address", ADDRESS_TAKEN, "RG-90")]


def test_nobody_connects_devices_where_they_may_not(ground):
    officer, neighbour = actor(("duty_officer", "/dy/")), actor(("administrator", "/dy/other/"))
    for by in (officer, neighbour):
        prepared, problems = onboarding.prepare(gauge(), by=by)
        assert prepared is None and [p.field for p in problems] == ["longitude"]


def test_the_type_gives_the_points_and_the_station_changes_what_is_another_with_it(boss, loop):
    from sensors.services import polling

    station = connected(pump(), boss)
    station.config["points"] = [{"channel": "forebay_level", "address": 40, "unit": "cm"}]
    station.save()
    polling.enrol(NOON, polling.rate(), force=True)
    [claimed] = polling.claim(["modbus"], NOON + timedelta(days=1), 10)
    points = {point["channel"]: point for point in claimed.config["points"]}
    assert points["forebay_level"] == {
        "channel": "forebay_level", "quantity": "forebay_level", "table": "holding", "address": 40, "type": "int16",
        "unit": "cm",
    }  # fmt: skip
    assert points["pump3.current"]["address"] == 18 and claimed.config["port"] == 502


# --- testing the connection ----------------------------------------------------------------------------------
def probed(given, by):
    prepared, problems = onboarding.prepare(given, by=by)
    assert not problems
    return probing.probe(prepared, NOON)


REGISTERS = [(0, [1500, 20]), (10, [1, 0, 421, 0, 0, 0, 1, 0, 433])]


def test_a_test_asks_the_device_once_and_shows_values_beside_their_range(boss, loop):
    peer = loop.modbus(HOST, REGISTERS)
    found = probed(pump(port=str(peer.port)), boss)
    assert found.ok and found.text == probing.ANSWERS and found.peer == f"{HOST}:{peer.port}"
    values = {one.channel: one for one in found.values}
    assert (values["forebay_level"].value, values["forebay_level"].unit, values["forebay_level"].low) == (
        1.5,
        "m",
        -30,
    )
    assert values["pump3.current"].value == 43.3
    assert not Station.objects.exists() and not RawFrame.objects.exists()


def test_a_value_out_of_its_range_is_no_success(boss, loop):
    peer = loop.modbus(HOST, [(0, [1500, 20]), (10, [7, 0, 421, 0, 0, 0, 1, 0, 433])])
    found = probed(pump(port=str(peer.port)), boss)
    assert not found.ok and found.text == probing.OUT_OF_RANGE and found.params == {"count": 1}


def test_each_way_to_fail_has_a_sentence_of_its_own(boss, loop, monkeypatch):
    from sensors.adapters import modbus
    from tests.sensors.peers import silent

    monkeypatch.setattr(modbus, "READ_S", 0.3)

    async def chatter(reader, writer):
        writer.write(b"220 welcome to this mail server\r\n" * 4)
        await reader.read(1000)
        writer.close()

    assert probed(pump(host="10.0.0.1"), boss).text == probing.FORBIDDEN_NETWORK
    assert probed(pump(host=HOST, port="1"), boss).text == probing.REFUSED
    assert probed(pump(port=str(loop.tcp(HOST, silent))), boss).text == probing.MUTE
    assert probed(pump(port=str(loop.tcp(HOST, chatter))), boss).text in (
        probing.MUTE,
        probing.NOT_THIS_PROTOCOL,
    )
    web = gauge(type="ponding-flood-api", code="PD-90", address="", host=HOST, path="/nothing")

    async def other(request):
        return ea_answer(measure("ANOTHER", 3))

    found = probed(web | {"port": str(loop.http(HOST, other))}, boss)
    assert found.text == probing.NOT_THIS_PROTOCOL and "speaks for station ANOTHER" in found.params["reason"]


def test_ports_that_the_device_networks_do_not_name_are_not_asked(boss, loop, settings):
    peer = loop.modbus(HOST, REGISTERS)
    settings.OURS = {**settings.OURS, "device_networks": ["127.10.0.0/16 502"]}
    assert probed(pump(port=str(peer.port)), boss).text == probing.FORBIDDEN_NETWORK
    settings.OURS = {**settings.OURS, "device_networks": [f"127.10.0.0/16 502 {peer.port}-{peer.port}"]}
    assert probed(pump(port=str(peer.port)), boss).ok
    assert peer.connections == 1


# --- secrets -------------------------------------------------------------------------------------------------
def camera(**more):
    return gauge(type="camera-mjpeg", code="CM-90", address="", host=HOST, path="/live", username="look",
                 password="näh-密 码?@:/") | more  # fmt: skip


def test_a_password_is_encrypted_at_rest_and_given_to_the_camera(boss, loop):
    from PIL import Image

    from sensors.services import cameras, polling
    from tests.sensors.peers import mjpeg

    seen = []
    picture = mjpeg(lambda number: Image.new("RGB", (64, 48), (number % 200, 90, 90)))

    async def guarded(request):
        seen.append(request.headers.get("Authorization"))
        return await picture(request)

    given = camera(port=str(loop.http(HOST, guarded)))
    found = probed(given, boss)
    assert found.ok and found.picture.startswith("data:image/jpeg;base64,")
    station = connected(given, boss)
    kept = StationSecret.objects.get(station=station, name="password")
    assert given["password"] not in kept.sealed and secrets.unseal(kept.sealed) == given["password"]
    assert given["password"] not in json.dumps([station.config, station.facts])
    assert given["password"] not in str(list(AuditEntry.objects.values()))
    polling.enrol(NOON, polling.rate(), force=True)
    [claimed] = polling.claim(["mjpeg"], NOON + timedelta(days=1), 10)
    assert given["password"] not in repr(claimed)
    assert cameras.look_at(claimed).error == ""
    assert len(set(seen)) == 1 and seen[0].startswith("Basic ")


def test_a_password_is_never_shown_again_and_stays_where_none_is_typed(boss, office):
    station = connected(camera(), boss)
    shown = office.get(f"/devices/{station.pk}/").content.decode()
    assert (camera()["password"] not in shown and "is set" in shown) or "已设置" in shown
    given = {**camera(name="新名字"), "password": "", "username": "", "act": "save"}
    answer = office.post(f"/devices/{station.pk}/", given)
    assert answer.status_code == 302, answer.context["problems"]
    assert Station.objects.get().name == "新名字"
    assert secrets.of([station.pk])[station.pk]["password"] == camera()["password"]


def test_a_new_key_is_put_in_front_and_the_old_one_becomes_needless(boss, settings):
    station = connected(camera(), boss)
    old = settings.OURS["device_secret_keys"]
    settings.OURS = {**settings.OURS, "device_secret_keys": ["a new key " + "n" * 40, *old]}
    assert secrets.of([station.pk])[station.pk]["username"] == "look"
    assert secrets.rotate() == 2
    settings.OURS = {**settings.OURS, "device_secret_keys": ["a new key " + "n" * 40]}
    assert secrets.of([station.pk])[station.pk] == {"username": "look", "password": camera()["password"]}
    settings.OURS = {**settings.OURS, "device_secret_keys": old}
    assert secrets.of([station.pk]) == {}
    with pytest.raises(secrets.Unreadable):
        secrets.rotate()


def test_a_key_goes_with_every_request_and_stands_nowhere(boss, loop):
    seen = []

    async def guarded(request):
        seen.append(request.headers.get("X-API-Key"))
        return ea_answer(measure("PD-90", 3)) if seen[-1] == "a-key" else web.Response(status=401)

    from aiohttp import web

    site = gauge(type="ponding-flood-api", code="PD-90", address="", host=HOST, path="/measures")
    site["port"] = str(loop.http(HOST, guarded))
    assert "HTTP status 401" in probed(site, boss).params["reason"]
    assert probed(site | {"api_key": "a-key"}, boss).ok
    assert seen == [None, "a-key"]
    station = connected(site | {"api_key": "a-key"}, boss)
    assert "a-key" not in json.dumps([station.config, station.facts])


# --- the lobby -----------------------------------------------------------------------------------------------
def report(serial, at, *, address="0090000190", total=12.5, peer="127.10.9.9:40000"):
    body = sl651_frames.write_group(address, 0x50, at, sl651_frames.write_element("rain_total", total))
    octets = sl651_frames.write_up(0x32, address, serial, at, body)
    message = ADAPTERS["sl651"].decode(octets)
    return Frame("sl651", peer, at, octets, address, message)


def test_who_dials_in_unasked_waits_in_the_lobby_with_what_was_said(ground):
    for serial in range(3):
        keep([report(serial, NOON + serial * MIN, total=10.0 + serial)])
    row = Stranger.objects.get()
    assert (row.protocol, row.address, row.frames, row.state) == ("sl651", "0090000190", 3, tables.WAITING)
    assert row.first_seen == NOON and row.last_seen == NOON + 2 * MIN
    assert row.said["readings"] == [["rain_total", "rain_total", 12.0]]
    assert not Reading.objects.exists() and RawFrame.objects.count() == 3


def test_adopting_gives_the_kept_frames_to_the_station_and_twice_is_once(ground, boss):
    for serial in range(3):
        keep([report(serial, NOON + 5 * serial * MIN, total=10.0 + serial)])
    keep([Frame("sl651", "127.10.9.9:1", NOON, b"~~broken", "0090000190", None, "checksum")])
    station = connected(gauge(), boss)
    stranger = Stranger.objects.get()
    assert (stranger.state, stranger.station_id) == (tables.ADOPTED, station.pk)
    done = lobby.replay(station, by=boss, at=NOON + timedelta(hours=1))
    assert (done.frames, done.stored) == (4, 3)
    assert list(Reading.objects.order_by("observed_at").values_list("value", flat=True)) == [10.0, 11.0, 12.0]
    assert LatestValue.objects.get(sensor__channel="rain_total").value == 12.0
    assert RawFrame.objects.filter(station_id=station.pk).count() == RawFrame.objects.count() == 4
    assert lobby.replay(station, by=boss, at=NOON + timedelta(hours=1)) == lobby.Replayed()
    keep([report(9, NOON + 70 * MIN)])
    assert Stranger.objects.get().frames == 3, "a station is no stranger"


def test_frames_older_than_the_parameter_are_not_read_again(ground, boss):
    keep([report(1, NOON - timedelta(days=8)), report(2, NOON)])
    station = connected(gauge(), boss)
    assert lobby.replay(station, by=boss, at=NOON).frames == 1


def test_a_refused_stranger_is_not_listed_but_its_frames_are_kept(ground, boss, office):
    keep([report(1, NOON)])
    row = Stranger.objects.get()
    with pytest.raises(NotPossible):
        perform(row, "refuse", by=boss, at=NOON)
    with pytest.raises(PermissionDenied):
        perform(row, "refuse", by=actor(("duty_officer", "/dy/")), reason="not ours", at=NOON)
    answer = office.post("/devices/lobby/", {"stranger": row.pk, "act": "refuse", "reason": "not ours"})
    assert answer.status_code == 302 and Stranger.objects.get().state == tables.REFUSED
    keep([report(2, NOON + MIN)])
    assert Stranger.objects.get().frames == 2 and RawFrame.objects.count() == 2
    assert "0090000190" not in office.get("/devices/lobby/").content.decode()
    refused = office.get("/devices/lobby/?state=refused").content.decode()
    assert "0090000190" in refused and "not ours" in refused


def test_the_lobby_is_bounded_and_the_longest_silent_make_room(ground, monkeypatch):
    monkeypatch.setattr(lobby, "value", {"lobby.most": 3}.get)
    keep([report(1, NOON, address=f"00900001{n:02}") for n in range(3)])
    keep([report(2, NOON + MIN, address="0090000150")])
    assert Stranger.objects.count() == 3, "everybody within was heard a minute ago"
    keep([report(2, NOON + timedelta(hours=3), address="0090000151")])
    assert Stranger.objects.count() == 3 and Stranger.objects.filter(address="0090000151").exists()
    assert RawFrame.objects.count() == 5


# --- lists ---------------------------------------------------------------------------------------------------
CHINESE = (
    "编码,设备类型,名称,经度,纬度,协议地址,主机,端口,密码,用户名,路径\r\n"
    "RG-90,rain-gauge,甲雨量站,118.5,37.5,0090000190,,,,,\r\n"
    "PS-90,泵站（3 台泵，Modbus）,乙泵站,118.51,37.51,,127.10.77.1,502,,,\r\n"
    "CM-90,camera-mjpeg,丙摄像机,118.52,37.52,,127.10.77.2,80,secret-secret,look,/live\r\n"
    "RG-91,rain-gauge,丁,118.5,37.5,0090000190,,,,,\r\n"
    "RG-92,rain-gauge,戊,37.5,118.5,0090000192,,,,,\r\n"
    "RG-93,rain-gauge,己,118.5,37.5,12345,,,,,\r\n"
    "XX-94,teapot,庚,118.5,37.5,0090000194,,,,,\r\n"
)


def heads():
    known = files.in_both_languages({**FACTS, **LABELS})
    return {head: known.get(head) for head in (*CHINESE.splitlines()[0].split(","), "longitude")}


def test_heads_are_understood_in_both_languages():
    assert None not in heads().values()
    assert heads()["longitude"] == heads()["经度"] == "longitude"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_whatever_excel_wrote_it_as(encoding):
    rows = importing.read(CHINESE.encode(encoding))
    assert len(rows) == 7 and rows[1] == (
        3,
        {"code": "PS-90", "type": "泵站（3 台泵，Modbus）", "name": "乙泵站", "longitude": "118.51", "latitude": "37.51",
         "host": "127.10.77.1", "port": "502"},
    )  # fmt: skip


def test_a_dry_run_changes_nothing_and_says_of_each_row_why(boss):
    lines = importing.dry_run(importing.read(CHINESE.encode()), by=boss)
    assert [(line.number, line.verdict) for line in lines] == [
        (2, "added"), (3, "added"), (4, "added"), (5, "rejected"), (6, "rejected"), (7, "rejected"), (8, "rejected"),
    ]  # fmt: skip
    assert lines[3].problems[0].text == TWICE and lines[3].problems[0].params == {"line": 2}
    assert [line.problems[0].field for line in lines[4:]] == ["longitude", "address", "type"]
    assert not Station.objects.exists()


def test_the_good_rows_are_taken_and_the_same_list_again_changes_nothing(boss, office):
    answer = office.post("/devices/import/", {"file": io.BytesIO(CHINESE.encode("gb18030"))})
    listed = DeviceList.objects.get()
    assert answer.status_code == 302 and "secret-secret" not in listed.sealed
    tried = office.get(f"/devices/import/{listed.pk}/").content.decode()
    assert (
        'data-count="added">3<' in tried
        and 'data-count="rejected">4<' in tried
        and "secret-secret" not in tried
    )
    assert not Station.objects.exists()
    office.post(f"/devices/import/{listed.pk}/")
    assert sorted(Station.objects.values_list("code", flat=True)) == ["CM-90", "PS-90", "RG-90"]
    camera = Station.objects.get(code="CM-90")
    assert secrets.of([camera.pk])[camera.pk]["password"] == "secret-secret"
    office.post(f"/devices/import/{listed.pk}/")
    listed.refresh_from_db()
    assert listed.taken_at and "secret-secret" not in str(importing.rows_of(listed))
    back = office.get(f"/devices/import/{listed.pk}/rejected.csv").content.decode("utf-8-sig")
    assert back.count("\r\n") == 5 and "RG-91" in back and "secret-secret" not in back
    office.post("/devices/import/", {"file": io.BytesIO(CHINESE.replace("甲雨量站", "甲站").encode())})
    again = DeviceList.objects.order_by("-uploaded_at").first()
    lines = importing.dry_run(importing.rows_of(again), by=boss)
    assert [line.verdict for line in lines[:3]] == [
        "changed",
        "same",
        "changed",
    ]  # a password cannot be compared
    importing.take(again, by=boss, at=NOON)
    assert Station.objects.count() == 3 and Station.objects.get(code="RG-90").name == "甲站"
    assert Sensor.objects.filter(station__code="PS-90").count() == 11


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_template_is_read_again_as_it_was_made(office, form):
    octets = office.get(f"/devices/template.{form}").content
    rows = importing.read(octets)
    assert {row["type"] for _, row in rows} == set(DeviceType.objects.values_list("slug", flat=True))
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(octets)).active["A1"].value == "编码"


def test_what_begins_like_a_formula_leaves_as_text():
    octets = files.as_csv([["=cmd()", "+1.5", "@x", "-2", "plain"]])
    assert octets.decode("utf-8-sig") == "'=cmd(),+1.5,'@x,-2,plain\r\n"
    [(_, cells)] = files._csv(octets)
    assert cells == ["=cmd()", "+1.5", "@x", "-2", "plain"]


@pytest.mark.parametrize(
    "octets", [b"", b"PK\x03\x04 no archive", b"\x00\x01\x02", "名称,别的\n1,2".encode(), b"\xff\xfe\xff"]
)
def test_what_is_no_list_is_refused_with_a_sentence(octets):
    with pytest.raises(files.Unreadable):
        importing.read(octets)


# --- pages and frames ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_open_for_who_may_and_for_nobody_else(ground, boss, office, language):
    station = connected(gauge(), boss)
    keep([report(1, NOON), report(1, NOON, address="0090000155")])
    stranger = Stranger.objects.get(address="0090000155")
    pages = [
        "/devices/", "/devices/?state=never&q=RG&kind=rain_gauge&protocol=sl651", "/devices/new/", "/devices/new/?type=pump-station-3",
        f"/devices/new/?stranger={stranger.pk}", f"/devices/{station.pk}/", "/devices/import/", "/devices/lobby/",
        "/devices/template.csv", "/devices/hall.der", "/frames/?from=2026-07-01T00:00",
    ]  # fmt: skip
    office.cookies["django_language"] = language
    officer = User.objects.create(username="officer")
    Membership.objects.create(user=officer, role="grid_worker", area=ground[0])
    stranger_to_all, anybody = Client(), Client()
    stranger_to_all.force_login(officer)
    for page in pages:
        assert office.get(page).status_code == 200, page
        assert stranger_to_all.get(page).status_code == 403, page
        assert anybody.get(page).status_code == 302, page


def test_an_opc_ua_server_is_connected_with_a_security_and_the_page_says_whom_the_server_has_to_trust(office):
    asked = "/devices/new/?type=pump-station-3-opcua"
    hall = certificates.thumbprint(office.get("/devices/hall.der").content)
    text = office.get(asked).content.decode()
    assert hall in text and '<option value="encrypt">' in text and 'id="f-server_certificate"' in text
    given = {**pump(type="pump-station-3-opcua", port="4840"), "act": "save"}
    office.post(asked, given | {"security": "encrypt", "server_certificate": "ab:" * 19 + "cd"})
    saved = Station.objects.get()
    assert (saved.config["security"], saved.config["server_certificate"]) == ("encrypt", "AB" * 19 + "CD")
    assert f'value="{"AB" * 19}CD"' in office.get(f"/devices/{saved.pk}/").content.decode()
    office.post(f"/devices/{saved.pk}/", given | {"security": "none", "server_certificate": ""})
    assert set(Station.objects.get().config) == {"host", "port", "path"}


def test_a_form_with_a_mistake_saves_nothing_and_marks_the_field(office):
    answer = office.post("/devices/new/", {**pump(port="99999", host="http://x"), "act": "save"})
    assert answer.status_code == 422 and not Station.objects.exists()
    text = answer.content.decode()
    assert 'id="w-port"' in text and 'id="w-host"' in text and 'value="99999"' in text


def test_frames_are_found_by_station_time_refusal_and_words_and_page_by_page(ground, boss, office):
    connected(gauge(), boss)
    keep([report(serial, NOON + serial * MIN) for serial in range(5)])
    wrong = "the checksum is wrong: 0000 is sent, 1D0F is right"
    keep([Frame("sl651", "127.10.9.9:1", NOON, b"~~broken", "0090000155", None, wrong)])

    def found(**query):
        answer = office.get(
            "/api/v1/frames",
            {"from": "2026-07-01T00:00:00+08:00", "to": "2026-07-02T00:00:00+08:00", **query},
        )
        assert answer.status_code == 200
        return answer.json()

    assert len(found()["frames"]) == 6
    assert {row["code"] for row in found(station="rg-90")["frames"]} == {"RG-90"}
    [broken] = found(refused="1")["frames"]
    assert (broken["hex"], broken["error"], broken["station"]) == (
        "7e 7e 62 72 6f 6b 65 6e",
        wrong,
        None,
    )
    assert found(station="0090000155", text="CHECKSUM")["frames"] == found(text="校验")["frames"] == [broken]
    assert found(text="battery")["frames"] == []
    first = found(limit="4")
    rest = found(limit="4", before=first["next"])
    assert len(first["frames"]) == 4 and len(rest["frames"]) == 2 and rest["next"] is None
    assert {row["id"] for row in first["frames"]}.isdisjoint(row["id"] for row in rest["frames"])
    assert office.get("/api/v1/frames?from=yesterday").status_code == 400


def test_frames_of_another_area_and_of_nobody_are_not_shown(ground, boss):
    from sensors.services.frames import Wanted, find

    connected(gauge(), boss)
    keep([report(1, NOON), report(1, NOON, address="0090000155")])
    wanted = Wanted(NOON - MIN, NOON + MIN)
    assert find(wanted, boss.scope).count() == 2
    assert find(wanted, actor(("auditor", "/dy/town/")).scope).count() == 1
    assert find(wanted, actor(("auditor", "/dy/other/")).scope).count() == 0
    assert find(wanted, actor(("grid_worker", "/dy/")).scope).count() == 0


def test_channels_that_no_type_can_list_become_points_and_what_they_said_is_read(ground, boss, office):
    station = connected(gauge(), boss)
    keep([report(serial, NOON + 5 * serial * MIN) for serial in range(2)])
    said = {"sl651": lobby.spoken(station, NOON + timedelta(hours=1))}
    assert said == {"sl651": {}}
    Sensor.objects.filter(station=station, channel="rain_total").delete()
    assert lobby.spoken(station, NOON + timedelta(hours=1)) == {"rain_total": "rain_total"}
    assert lobby.learn(station, by=boss, at=NOON + timedelta(hours=1)) == 1
    assert LatestValue.objects.get(sensor__station=station, sensor__channel="rain_total").value == 12.5
    assert RawFrame.objects.count() == 2
    assert lobby.learn(station, by=boss, at=NOON + timedelta(hours=1)) == 0


def test_a_long_list_is_tried_and_taken_in_few_queries(boss, django_assert_max_num_queries):
    rows = [(n, gauge(code=f"RG-{n}", address=f"00900{n:05d}")) for n in range(2, 202)]
    with django_assert_max_num_queries(8):
        lines = importing.dry_run(rows, by=boss)
    assert {line.verdict for line in lines} == {"added"}
    listed = importing.upload("long.csv", rows, by=boss, at=NOON)
    with django_assert_max_num_queries(200 + 40):  # a line of the log book for each
        importing.take(listed, by=boss, at=NOON)
    assert Station.objects.count() == 200 and Sensor.objects.count() == 600


def test_of_a_list_one_whose_code_was_taken_meanwhile_is_rejected_and_the_others_stay(boss, monkeypatch):
    rows = [(n, gauge(code=f"RG-{n}", address=f"00900{n:05d}")) for n in (2, 3, 4)]
    listed = importing.upload("three.csv", rows, by=boss, at=NOON)
    lines = importing.dry_run(rows, by=boss)
    connected(gauge(code="RG-3", address="0090099999"), boss)
    monkeypatch.setattr(importing, "dry_run", lambda rows, by: lines)
    verdicts = {line.code: line.verdict for line in importing.take(listed, by=boss, at=NOON)}
    assert verdicts == {"RG-2": "added", "RG-3": "rejected", "RG-4": "added"}
    assert Station.objects.get(code="RG-3").address == "0090099999"
