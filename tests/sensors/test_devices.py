"""Connecting devices one by one: their types, their points, the form and the pages."""

from datetime import timedelta

import pytest
from django.test import Client

from command_center.core.models import AuditEntry, Membership, User
from sensors.domain import certificates
from sensors.domain.onboarding import ADDRESS_TAKEN, CODE_TAKEN, OUTSIDE
from sensors.gateway.keep import keep
from sensors.models import (
    DeviceType,
    Sensor,
    Station,
    Stranger,
)
from sensors.services import devicetypes, onboarding
from tests.conftest import NOON, actor
from tests.sensors.devices_kit import HOST, connected, gauge, pump, report

pytestmark = pytest.mark.django_db


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
