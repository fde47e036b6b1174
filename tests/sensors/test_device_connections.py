"""The test of a connection, and the secrets that go with it."""

import json
from datetime import timedelta

import pytest

from command_center.core.models import AuditEntry
from sensors.models import (
    RawFrame,
    Station,
    StationSecret,
)
from sensors.services import probing, secrets
from tests.conftest import NOON
from tests.sensors.devices_kit import HOST, connected, gauge, probed, pump
from tests.sensors.peers import ea_answer, measure

pytestmark = pytest.mark.django_db


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
