"""The pages of trips, waybills from files, and an alarm's way in one view."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import LineString

from command_center.core.models import Area, AuditEntry, Membership, User
from incidents.models import Incident
from incidents.services.proposals import take
from sensors.gateway.keep import keep
from sensors.models import Alarm, Company, Downlink, Driver, LoadingSite, Station, Trip
from sensors.services import directory, journeys, points, vehicles
from sensors.services.trip_clock import tell_the_company
from tests.sensors.ingesting import station
from tests.sensors.test_trips import box, here
from tests.sensors.test_vehicles import LAT, LON, PHONE, tired

NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S, MIN = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def vehicle(db, monkeypatch):
    for one in (directory, points, vehicles):
        one.forget()
    for module in ("pages_trips", "api_trips"):
        monkeypatch.setattr(f"sensors.{module}.now", lambda: NOW + 10 * MIN)
    station(
        PHONE, kind="vehicle", protocol="jt808", interval_s=30, facts={"plate": "演E0001", "company_code": "C1"},
        sensors=[(channel, "vehicle_alarm") for channel in ("dsm.fatigue", "alarm.collision")],
    )  # fmt: skip
    company = Company.objects.create(
        code="C1", name="演示运输", officer_name="演示甲", officer_phone="00000000000"
    )
    Driver.objects.create(
        certificate="D1", name="演示乙", phone="00000000001", company=company, area_path="/dy/"
    )
    area = Area.objects.get(code="t")
    LoadingSite.objects.create(code="A", name="甲站", shape=box(LON, LAT), area=area, area_path="/dy/")
    yield Station.objects.get(address=PHONE)
    for one in (directory, points, vehicles):
        one.forget()


@pytest.fixture
def officer(client, vehicle):
    user = User.objects.create(username="officer", display_name="o")
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get(code="t"))
    client.force_login(user)
    return client


LIST = """运单号,车辆（编号或车牌）,驾驶员从业资格证号,UN编号,货物,质量（kg）,起点装卸点（编号）,"路线（经度 纬度, 经度 纬度 …）"
W1,演E0001,D1,UN1203,汽油,28000,A,"118.60 37.45, 118.70 37.45"
W2,无此车,D9,12,汽油,-1,A,
W1,演E0001,,1203,汽油,,,
"""


def upload(client, text):
    return client.post("/trips/import/", {"file": io.BytesIO(text.encode("gb18030"))})


def test_waybills_are_tried_row_by_row_and_only_then_taken(officer):
    tried = upload(officer, LIST)
    lines = tried.context["lines"]
    assert [line.verdict for line in lines] == ["added", "rejected", "rejected"] and not Trip.objects.exists()
    assert [told["column"] for _, told in lines[1].problems] == ["vehicle", "certificate", "mass_kg"]
    taken = officer.post("/trips/import/", {"content": tried.context["content"], "act": "take"})
    assert taken.context["taken"] == 1
    trip = Trip.objects.get()
    assert (trip.waybill, trip.un_number, trip.mass_kg, trip.company.code) == ("W1", "1203", 28000, "C1")
    assert trip.from_site.code == "A" and trip.route.num_points == 2
    assert AuditEntry.objects.get(act="trip.planned").data == {"waybill": "W1"}
    again = upload(officer, LIST)
    assert [line.verdict for line in again.context["lines"]] == ["same", "rejected", "rejected"]
    assert upload(officer, "甲,乙\n1,2\n").status_code == 422


def test_a_trip_is_moved_by_hand_once_and_cancelled_only_with_a_reason(officer, vehicle):
    trip = Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", made_at=NOW, made_by="x", area_path="/dy/"
    )
    said = {"trip": trip.pk, "move": "begin"}
    assert (
        officer.post("/trips/", said).status_code == 302 and officer.post("/trips/", said).status_code == 409
    )
    assert officer.post("/trips/", {"trip": trip.pk, "move": "cancel"}).status_code == 422
    other = Trip.objects.create(
        waybill="W2", vehicle=vehicle, goods="柴油", made_at=NOW, made_by="x", area_path="/dy/"
    )
    assert (
        officer.post("/trips/", {"trip": other.pk, "move": "begin"}).status_code == 409
    )  # one trip at a time
    assert "W1" in officer.get("/trips/?state=under_way").content.decode()
    Membership.objects.update(role="grid_worker")
    assert officer.get("/trips/").status_code == 403


def test_an_alarms_way_shows_track_corridor_text_and_answer_in_one_view(officer, vehicle):
    Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", un_number="1203", state="under_way", began_at=NOW - MIN,
        driver=Driver.objects.get(), company=Company.objects.get(), made_at=NOW, made_by="x", area_path="/dy/",
        route=LineString((118.5, LAT), (118.7, LAT), srid=4326),
    )  # fmt: skip
    keep([here(NOW + 30 * n * S, lon=LON + 0.003 * n) for n in range(3)])
    keep([here(NOW + 90 * S, lon=LON + 0.009, more=tired(NOW + 90 * S))])
    alarm = Alarm.objects.get(rule="vehicle.fatigue")
    late = NOW + 40 * MIN  # it was shelved: told when it rang at last, beyond the minutes that are shown
    Downlink.objects.create(
        station=vehicle, alarm=alarm, kind="text", body={"text": "请休息"}, asked_at=late, answered_at=late + 2 * S,
        expires_at=late, result="done",
    )  # fmt: skip
    tell_the_company(alarm, vehicle, 3, 30, at=NOW + 2 * MIN)
    page = officer.get(f"/alarms/{alarm.pk}/way/")
    assert page.status_code == 200
    text = page.content.decode()
    assert (
        "演示乙" in text and "演示甲 <b" in text and "00000000000" not in text
    )  # who drives, who answers for it
    assert page.context["told"][0].text.startswith("演E0001")
    listed = officer.get("/trips/?q=E0001").content.decode()
    assert f"/alarms/{alarm.pk}/way/" in listed and "演示甲" in listed and "000****0000" in listed
    told = officer.get(page.context["page"]["journey"]).json()
    assert (
        len(told["track"]) == 4
        and told["corridor"]["type"] == "Polygon"
        and told["trip"]["driver"] == "演示乙"
    )
    assert [(one["text"], one["result"]) for one in told["texts"]] == [("请休息", "done")]
    assert told["alarms"][0]["place"] == [LON + 0.009, LAT] and {one["kind"] for one in told["areas"]} == {
        "site"
    }
    for address in (
        f"/vehicles/{vehicle.pk}/",
        f"/drivers/{Driver.objects.get().pk}/",
        f"/trips/{Trip.objects.get().pk}/",
        "/trips/areas/",
    ):
        assert officer.get(address).status_code == 200
    text = officer.get(f"/trips/{Trip.objects.get().pk}/").content.decode()
    assert "000****0001" in text and "00000000001" not in text
    Membership.objects.update(role="grid_worker")  # sees stations, not who drives them
    seen = officer.get(f"/api/v1/stations/{vehicle.pk}/journey?minutes=60").json()
    assert "driver" not in seen["trip"] and not seen["pictures"]


def test_a_collision_proposes_an_incident_where_the_vehicle_was(vehicle):
    keep([here(NOW, lon=LON + 0.05)])
    keep([here(NOW + 30 * S, lon=LON + 0.051)])
    at = NOW + 60 * S
    from tests.sensors.test_vehicles import frame, frames, location

    body = location.write_location(at, LAT, LON + 0.052, alarms=1 << 29, state=0b11)
    keep([frame(frames.write(0x0200, PHONE, 9, body), at)])
    alarm = Alarm.objects.get(rule="vehicle.accident")
    incident = take(alarm.pk, at=at)
    assert Incident.objects.get() == incident and incident.type.slug == "traffic"
    assert round(incident.position.x, 3) == round(LON + 0.052, 3)
    assert journeys.point_of(alarm).x == incident.position.x
