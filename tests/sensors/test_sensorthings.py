"""SensorThings: what others read of us."""

from datetime import timedelta

import pytest
from django.test import Client

from command_center.core.models import Area, Membership, User
from sensors.models import Station
from sensors.services import directory, points
from tests.conftest import MIN, NOON
from tests.sensors.ingesting import station, tell

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/sensorthings/v1.1"
BEGIN = NOON - timedelta(hours=1)


@pytest.fixture
def district():
    directory.forget()
    points.forget()
    area = Area.objects.create(code="t", path="/dy/", kind="district", name="区")
    town = Area.objects.create(code="w", path="/dy/w/", kind="town", name="镇")
    level = station("A-1", kind="stage_gauge", sensors=[("level", "water_level"), ("battery", "battery")])
    other = station("A-2", kind="stage_gauge", sensors=[("level", "water_level")])
    Station.objects.filter(address="A-2").update(area=town, area_path="/dy/w/", name="镇站")
    tell("A-1", [("level", "water_level", 3 + n / 10, BEGIN + n * 5 * MIN) for n in range(6)], at=NOON)
    tell("A-1", [("battery", "battery", 99.0, BEGIN)], at=NOON)  # beyond what a battery can have
    tell("A-2", [("level", "water_level", 7.5, BEGIN + MIN)], at=NOON)
    yield {"level": level["level"].pk, "battery": level["battery"].pk, "other": other["level"].pk,
           "thing": str(level["level"].station_id), "area": area, "town": town}  # fmt: skip
    directory.forget()
    points.forget()


def client_of(area):
    user = User.objects.create(username=f"u{area.pk}")
    Membership.objects.create(user=user, role="liaison", area=area)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ask(district):
    client = client_of(district["area"])

    def get(where, status=200, **options):
        where = where if where.startswith("http") else f"{ROOT}{where}"
        answer = client.get(where, {f"${name}": value for name, value in options.items()} or None)
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


def ids(page):
    return [one["@iot.id"] for one in page["value"]]


def test_the_root_names_the_entities_and_every_link_leads_on(ask, district):
    sets = {one["name"]: one["url"] for one in ask("")["value"]}
    assert set(sets) == {
        "Things",
        "Locations",
        "Datastreams",
        "Sensors",
        "ObservedProperties",
        "FeaturesOfInterest",
        "Observations",
    }
    assert sorted(ids(ask(sets["Datastreams"]))) == sorted(
        [district["level"], district["battery"], district["other"]]
    )
    span = f"phenomenonTime ge {BEGIN.isoformat()} and phenomenonTime le {NOON.isoformat()}"
    for name, where in sets.items():
        page = ask(f"{where}?$filter={span.replace('+', '%2B')}") if name == "Observations" else ask(where)
        entity = page["value"][0]
        assert ask(entity["@iot.selfLink"])["@iot.id"] == entity["@iot.id"], name
        for link in [value for key, value in entity.items() if key.endswith("@iot.navigationLink")]:
            if name == "FeaturesOfInterest":
                assert "span" in ask(link, 400)["error"]
            else:
                assert ask(link)


def test_a_thing_says_where_it_stands_and_its_streams_in_which_unit(ask, district):
    thing = ask(
        f"/Things('{district['thing']}')", expand="Locations,Datastreams/ObservedProperty,Datastreams/Thing"
    )
    assert thing["properties"]["kind"] == "stage_gauge"
    assert thing["Locations"][0]["location"] == {"type": "Point", "coordinates": [118.6, 37.45]}
    streams = {one["@iot.id"]: one for one in thing["Datastreams"]}
    assert set(streams) == {district["level"], district["battery"]}
    level = streams[district["level"]]
    assert (
        level["unitOfMeasurement"]["symbol"] == "m" and level["ObservedProperty"]["@iot.id"] == "water_level"
    )
    assert level["Thing"]["@iot.id"] == district["thing"]
    water = ask("/ObservedProperties('water_level')/Datastreams", count="true", top="1")
    assert water["@iot.count"] == 2 and len(ask(water["@iot.nextLink"])["value"]) == 1


def test_observations_go_on_by_key_in_both_directions(ask, district):
    where = f"/Datastreams({district['level']})/Observations"
    for order, wanted in (
        ("phenomenonTime asc", [3.0, 3.1, 3.2, 3.3, 3.4, 3.5]),
        ("phenomenonTime desc", [3.5, 3.4, 3.3, 3.2, 3.1, 3.0]),
    ):
        page, found = ask(where, top="4", orderby=order), []
        while True:
            found += [one["result"] for one in page["value"]]
            if "@iot.nextLink" not in page:
                break
            page = ask(page["@iot.nextLink"])
        assert found == wanted
    only = ask(where, select="result,phenomenonTime", top="1", skip="1")["value"]
    assert only == [{"phenomenonTime": "2026-07-01T03:05:00Z", "result": 3.1}]


def test_filters_compare_time_and_result(ask, district):
    where = f"/Datastreams({district['level']})/Observations"
    at = (BEGIN + 10 * MIN).isoformat().replace("+00:00", "Z")
    wanted = f"phenomenonTime gt {at} and (result lt 3.4 or result eq 3.5)"
    assert [one["result"] for one in ask(where, filter=wanted)["value"]] == [3.3, 3.5]
    assert [one["result"] for one in ask(where, filter="not result ge 3.1")["value"]] == [3.0]
    span = f"phenomenonTime ge {BEGIN.isoformat()} and phenomenonTime le {NOON.isoformat()}"
    page = ask(
        "/Observations", filter=span, count="true", expand="Datastream/Thing,FeatureOfInterest", top="3"
    )
    assert page["@iot.count"] == 8 and len(page["value"]) == 3
    bad = next(one for one in page["value"] if one["Datastream"]["@iot.id"] == district["battery"])
    assert bad["resultQuality"] == {"flag": "bad", "origin": "measured", "check": "limits_hard"}
    assert bad["FeatureOfInterest"]["@iot.id"] == bad["Datastream"]["Thing"]["@iot.id"] == district["thing"]
    assert ids(ask("/Things", filter="properties/code eq 'S-sl651-A-2'", orderby="name desc")) != [
        district["thing"]
    ]
    assert ids(ask("/ObservedProperties", filter="id eq 'battery'")) == ["battery"]


@pytest.mark.parametrize(
    ("where", "options"),
    [
        ("/Observations", {}), ("/Observations", {"filter": "phenomenonTime ge 2026-07-01T00:00:00Z"}),
        ("/Observations", {"filter": "phenomenonTime ge 2026-01-01T00:00:00Z and phenomenonTime le 2026-07-01T00:00:00Z"}),
        ("/Datastreams(%s)/Observations", {"count": "true"}), ("/Datastreams(%s)/Observations", {"orderby": "result"}),
        ("/Datastreams(%s)/Observations", {"filter": "result gt 'x'"}), ("/Datastreams(%s)/Observations", {"skiptoken": "x"}),
        ("/Things", {"filter": "secret eq 'x'"}), ("/Things", {"orderby": "config"}), ("/Things", {"select": "config"}),
        ("/Things", {"expand": "Observations"}), ("/Datastreams", {"expand": "Observations"}),
    ],
)  # fmt: skip
def test_what_would_be_unbounded_or_is_unknown_is_refused_with_a_sentence(ask, district, where, options):
    where = where % district["level"] if "%s" in where else where
    assert ask(where, 400, **options)["error"]


def test_a_viewer_of_a_town_reads_its_own_stations_only(district):
    client = client_of(district["town"])

    def get(where):
        return client.get(f"{ROOT}{where}")

    assert ids(get("/Datastreams").json()) == [district["other"]]
    assert [
        one["@iot.id"] for one in get("/ObservedProperties('water_level')/Datastreams").json()["value"]
    ] == [district["other"]]
    us = 1782874800_000000
    assert get(f"/Observations('{district['other']}-{us + 60_000_000}')").status_code == 200
    for where in (f"/Datastreams({district['level']})", f"/Datastreams({district['level']})/Observations",
                  f"/Things('{district['thing']}')", f"/Observations('{district['level']}-{us}')", "/Things('x')",
                  "/Observations('x')", "/Observations('1-x')", "/HistoricalLocations", f"/Things('{district['thing']}')/None"):  # fmt: skip
        assert get(where).status_code == 404, where
