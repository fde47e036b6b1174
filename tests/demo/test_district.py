"""The demo district: what the issue counts is there, everything lies inside, and seeding twice changes nothing."""

import json
from collections import Counter

import pytest
from django.contrib.gis.geos import Point

from command_center.core.models import Area, Department, User
from command_center.demo import geography, seed, stations
from sensors.adapters import ADAPTERS
from sensors.adapters.base import DialIn
from sensors.domain.quantities import QUANTITIES
from sensors.domain.templates import TEMPLATES
from sensors.models import Sensor, Station


def test_the_district_holds_what_it_is_said_to_hold(district):
    kinds = Counter(Station.objects.values_list("kind", flat=True))
    assert kinds == {
        "rain_gauge": 12, "stage_gauge": 6, "ponding_site": 56, "pump_station": 33, "camera": 16,
        "gas_monitor": 8, "fire_host": 20, "vehicle": 30,
    }  # fmt: skip
    pumps = Counter(s.facts["kind"] for s in Sensor.objects.filter(quantity="pump_running"))
    assert pumps == {"storm": 51, "sewage": 54}
    assert Department.objects.count() == 13
    areas = Counter(Area.objects.values_list("kind", flat=True))
    assert areas["town"] + areas["business_park"] == 9 and areas["oilfield"] == 1
    assert areas["community"] and areas["village"]
    assert all(Area.objects.values_list("name_en", flat=True)), "the English screens name every area"


def test_everything_lies_inside_and_speaks_a_protocol_we_know(district):
    outline = Area.objects.get(path="/dy/").outline.buffer(0.01)
    for station in Station.objects.select_related("area"):
        assert outline.contains(station.position), station.code
        assert station.area_path == station.area.path
        assert station.protocol in ADAPTERS or station.kind == "camera"
        assert isinstance(ADAPTERS.get(station.protocol), DialIn) or station.config["port"]
    assert set(Sensor.objects.values_list("quantity", flat=True)) <= set(QUANTITIES)


def test_every_kind_of_station_of_the_demo_district_has_a_template_with_its_points(district):
    for station in Station.objects.prefetch_related("sensors"):
        parts = ("part.",)  # of one building: learnt from what it says, not from its type
        channels = {(s.channel, s.quantity) for s in station.sensors.all() if not s.channel.startswith(parts)}
        fitting = [
            row
            for row in TEMPLATES
            if (row.protocol, row.kind) == (station.protocol, station.kind)
            and channels <= {(point["channel"], point["quantity"]) for point in row.points}
        ]
        assert fitting, f"{station.code}: {station.protocol} {station.kind} {sorted(channels)}"


def test_the_same_seed_gives_the_same_district():
    first, second = (stations.plan(geography.build()) for _ in range(2))
    assert [(s.code, s.name, s.at.wkt, s.config) for s in first] == [
        (s.code, s.name, s.at.wkt, s.config) for s in second
    ]
    assert len({(s.protocol, s.address) for s in first}) == len(first)


def test_seeding_twice_changes_nothing_but_the_ports_of_another_run(district, settings):
    before = dict(Station.objects.values_list("code", "pk"))
    seed.seed()
    assert dict(Station.objects.values_list("code", "pk")) == before
    settings.OURS = settings.OURS | {"sim_port_base": 21000}
    seed.seed()
    assert Station.objects.get(code="PS-01").config["port"] == 21000
    camera = Station.objects.filter(code="CM-11")
    spoken = camera.values_list("protocol", "address", "config").get()
    camera.update(
        protocol="rtsp", address="CM-11", config={"host": "127.10.3.1", "port": 1, "path": "/cm-11"}
    )
    seed.seed()
    assert camera.values_list("protocol", "address", "config").get() == spoken
    assert dict(Station.objects.values_list("code", "pk")) == before


def test_communities_share_the_ground_of_their_town(district):
    for town in Area.objects.filter(kind="town"):
        parts = Area.objects.filter(parent=town)
        assert parts and abs(sum(p.outline.area for p in parts) / town.outline.area - 1) < 0.01


def test_passwords_are_made_here_kept_and_never_the_same(district, tmp_path, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    file = tmp_path / "accounts.json"
    rows = seed.accounts(file)
    assert len({row["password"] for row in rows}) == len(rows) and file.stat().st_mode & 0o77 == 0
    assert seed.accounts(file) == rows == json.loads(file.read_text())
    assert all(User.objects.get(username=row["username"]).check_password(row["password"]) for row in rows)
    monkeypatch.setenv("DEMO_PASSWORD", "one for all of them")
    assert {row["password"] for row in seed.accounts(file)} == {"one for all of them"}


@pytest.mark.parametrize("zoom", [10, 12, 15])
def test_the_base_map_is_drawn_from_the_districts_own_data(district, client, zoom):
    import math

    lon, lat = Point(*geography.MIDDLE)
    across = 2**zoom
    x = int((lon + 180) / 360 * across)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across)
    answer = client.get(f"/tiles/{zoom}/{x}/{y}.mvt")
    assert answer.status_code == 200 and b"ground" in answer.content and b"/dy/" in answer.content
    assert client.get(f"/tiles/{zoom}/0/0.mvt").status_code == 204
    assert client.get("/tiles/3/9/9.mvt").status_code == 404


def test_every_fire_host_has_its_building_and_invented_people_who_can_be_called(district):
    from sensors.models import Premises, ResponsiblePerson
    from sensors.services.fire_calls import phone_of

    assert not Station.objects.filter(kind="fire_host", premises=None).exists()
    kinds = Counter(Premises.objects.values_list("kind", flat=True))
    assert all(kinds[kind] >= 10 for kind in Premises.Kind.values if kind.startswith("small_"))
    people = list(ResponsiblePerson.objects.all()[:20])
    assert all(phone_of(one).startswith("1990000") and one.name[:2] in ("示例", "演示") for one in people)
    before = Premises.objects.count(), ResponsiblePerson.objects.count()
    seed.seed()
    assert (Premises.objects.count(), ResponsiblePerson.objects.count()) == before
