"""Areas with rules, sites and routes as they are drawn: kept, changed with history, ended, and judged by."""

from datetime import UTC, datetime

import orjson
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.domain.readings import Fix
from sensors.models import Geofence, LoadingSite, Station, Trip
from sensors.services import waybills
from sensors.services.watching import look
from tests.conftest import actor
from tests.sensors.ingesting import station

NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
DISTRICT, TOWN = (
    Polygon.from_bbox((118.4, 37.3, 118.8, 37.6)),
    Polygon.from_bbox((118.55, 37.4, 118.65, 37.5)),
)


def ring(*corners):
    return orjson.dumps({"type": "Polygon", "coordinates": [[*corners, corners[0]]]}).decode()


SQUARE = ring((118.60, 37.45), (118.61, 37.45), (118.61, 37.46), (118.60, 37.46))
WIDER = ring((118.60, 37.45), (118.66, 37.45), (118.66, 37.46), (118.60, 37.46))
CROSSED = ring((118.60, 37.45), (118.61, 37.46), (118.61, 37.45), (118.60, 37.46))
ELSEWHERE = ring((110.60, 37.45), (110.61, 37.45), (110.61, 37.46), (110.60, 37.46))
FENCE = {"name": "水源地", "kind": "no_go", "shape": SQUARE, "act": "save"}


@pytest.fixture
def district(db):
    root = Area.objects.create(
        code="t", path="/dy/", kind="district", name="区", outline=MultiPolygon(DISTRICT)
    )
    Area.objects.create(
        code="n", path="/dy/n/", kind="town", name="镇", parent=root, outline=MultiPolygon(TOWN)
    )  # fmt: skip
    return root


@pytest.fixture
def admin(client, district):
    user = User.objects.create(username="admin", display_name="a")
    Membership.objects.create(user=user, role="administrator", area=district)
    client.force_login(user)
    return client


def test_an_area_is_drawn_changed_and_ended_and_every_step_stands_in_its_history(admin):
    assert admin.post("/trips/areas/fence/new/", FENCE).status_code == 302
    row = Geofence.objects.get()
    assert (row.area_path, row.state, row.version) == ("/dy/n/", "in_force", 1)
    address = f"/trips/areas/fence/{row.pk}/"
    changed = {
        **FENCE,
        "kind": "speed",
        "limit_kmh": "30",
        "weekdays": ["0", "4"],
        "shape": WIDER,
        "version": "1",
    }
    assert admin.post(address, changed).status_code == 302
    row.refresh_from_db()
    assert (row.area_path, row.limit_kmh, row.weekdays, row.version) == ("/dy/", 30, [0, 4], 2)
    assert admin.post(address, changed).status_code == 409  # opened before somebody else changed it
    assert admin.post(address, {"act": "end"}).status_code == 422
    assert admin.post(address, {"act": "end", "reason": "撤销"}).status_code == 302
    assert admin.post(address, {"act": "end", "reason": "撤销"}).status_code == 409
    assert admin.get("/trips/areas/").context["page"]["places"] == []
    page = admin.get(address)
    assert [line["said"] for line in page.context["history"]] == ["停用", "修改", "录入"]
    assert page.context["history"][1]["changed"] and page.context["history"][0]["why"] == "撤销"
    assert admin.post(address, {"act": "resume"}).status_code == 302
    (drawn,) = admin.get("/trips/areas/").context["page"]["places"]
    assert (drawn["kind"], drawn["address"]) == ("speed", address)
    line = AuditEntry.objects.get(act="geofence.changed")
    assert line.data["was"]["kind"] == "no_go" and len(line.data["now"]["shape"]) == 5


WRONG = {
    "shape": [{"shape": CROSSED}, {"shape": "POLYGON((1 2"}],
    "limit_kmh": [{"kind": "speed"}],
    "ends": [{"begins": "22:00"}],
    "name": [{"name": ""}],
}


def test_what_could_never_hold_is_refused_beside_its_field(admin):
    for field, given in WRONG.items():
        for wrong in given:
            told = admin.post("/trips/areas/fence/new/", {**FENCE, **wrong})
            assert told.status_code == 422 and list(told.context["form"].errors) == [field], wrong
    assert not Geofence.objects.exists()


def test_an_area_lies_in_the_district_and_belongs_to_who_may_change_it_there(admin, district):
    assert admin.post("/trips/areas/fence/new/", {**FENCE, "shape": ELSEWHERE}).status_code == 409
    Membership.objects.update(area=Area.objects.get(path="/dy/n/"))
    assert (
        admin.post("/trips/areas/fence/new/", {**FENCE, "shape": WIDER}).status_code == 403
    )  # reaches beyond it
    whole = Geofence.objects.create(name="全区", kind="no_go", shape=DISTRICT, area_path="/dy/")
    assert admin.get(f"/trips/areas/fence/{whole.pk}/").status_code == 403
    assert admin.get("/trips/areas/").context["page"]["places"][0]["address"] == ""
    Membership.objects.update(role="duty_officer")
    assert admin.get("/trips/areas/fence/new/").status_code == 403
    assert admin.get("/trips/areas/").status_code == 200
    assert not AuditEntry.objects.exists()


def test_a_site_ends_only_when_no_trip_needs_it_and_is_then_neither_judged_by_nor_offered(admin, district):
    given = {"code": "A", "name": "甲站", "use": "both", "shape": SQUARE, "act": "save"}
    assert admin.post("/trips/areas/site/new/", given).status_code == 302
    assert admin.post("/trips/areas/site/new/", given).status_code == 422  # the code is taken
    site = LoadingSite.objects.get()
    assert site.area.path == "/dy/n/"
    station("1", kind="vehicle", protocol="jt808", sensors=[("trip.stopped", "vehicle_alarm")])
    vehicle = Station.objects.get()
    trip = Trip.objects.create(
        waybill="W1",
        vehicle=vehicle,
        goods="汽油",
        from_site=site,
        made_at=NOW,
        made_by="x",
        area_path="/dy/",
    )
    address, end = f"/trips/areas/site/{site.pk}/", {"act": "end", "reason": "停用"}
    refused = admin.post(address, end)
    assert refused.status_code == 409 and "运单" in refused.context["problem"]
    Trip.objects.filter(pk=trip.pk).update(state="cancelled")

    def stands_in():
        fix = Fix("1", NOW, 118.605, 37.455, 0.0, 0, 0)
        return look({vehicle.pk: [fix]}, {}).standings[vehicle.pk].site

    assert stands_in() == site.pk
    assert admin.post(address, end).status_code == 302
    assert stands_in() is None
    leader = actor(("shift_leader", "/dy/"), name="leader")
    row = {"waybill": "W2", "vehicle": vehicle.code, "goods": "汽油", "from_site": "A"}
    assert waybills.try_rows([(2, row)], by=leader, at=NOW)[0].verdict == "rejected"


def test_the_route_of_a_trip_is_drawn_until_the_trip_is_over(client, district):
    user = User.objects.create(username="officer", display_name="o")
    Membership.objects.create(user=user, role="duty_officer", area=district)
    client.force_login(user)
    station("1", kind="vehicle", protocol="jt808", sensors=[])
    trip = Trip.objects.create(
        waybill="W1", vehicle=Station.objects.get(), goods="汽油", made_at=NOW, made_by="x", area_path="/dy/"
    )
    address = f"/trips/{trip.pk}/route/"
    line = orjson.dumps({"type": "LineString", "coordinates": [[118.6, 37.45], [118.7, 37.45]]}).decode()
    assert client.post(address, {"shape": line, "corridor_m": "5", "version": "1"}).status_code == 422
    assert client.post(address, {"shape": line, "corridor_m": "300", "version": "1"}).status_code == 302
    trip.refresh_from_db()
    assert (trip.route.num_points, trip.corridor_m, trip.version) == (2, 300, 2)
    assert client.post(address, {"shape": "", "corridor_m": "300", "version": "1"}).status_code == 409
    assert client.post(address, {"shape": "", "corridor_m": "300", "version": "2"}).status_code == 302
    trip.refresh_from_db()
    assert trip.route is None
    assert [line["said"] for line in client.get(address).context["history"]] == ["路线修改"] * 2
    Trip.objects.update(state="arrived")
    assert client.get(address).status_code == 404


def test_a_place_is_drawn_over_the_edge_of_the_district_and_counts_as_the_whole_districts(admin):
    edge = Polygon.from_bbox((118.79, 37.45, 118.805, 37.46))
    assert admin.post("/trips/areas/fence/new/", {**FENCE, "shape": edge.geojson}).status_code == 302
    assert Geofence.objects.get().area_path == "/dy/"
