"""Trips, areas and repeated driver alarms, from frames to alarms, trips and messages: real tables."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import LineString, Polygon

from command_center.core.models import AuditEntry
from command_center.duty.models import Message
from sensors.domain import jt808_frames as frames
from sensors.domain import jt808_location as location
from sensors.domain.jt808_frames import write_time
from sensors.gateway.keep import keep
from sensors.models import Alarm, Company, Geofence, LoadingSite, Node, Station, Trip, VehicleStanding
from sensors.services import trip_clock
from tests.sensors.ingesting import station
from tests.sensors.test_vehicles import LAT, LON, PHONE, forget, frame, tired

NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S, MIN = timedelta(seconds=1), timedelta(minutes=1)
LOADED = 0b11 | 3 << 8
CHANNELS = ("fence.no_go", "fence.speed", "trip.stopped", "trip.load_outside", "route.off", "dsm.fatigue")


@pytest.fixture
def vehicle(db):
    forget()
    station(
        PHONE, kind="vehicle", protocol="jt808", interval_s=30, facts={"company_code": "C1", "plate": "演E0001"},
        sensors=[(channel, "vehicle_alarm") for channel in CHANNELS],
    )  # fmt: skip
    yield Station.objects.get(address=PHONE)
    forget()


def box(lon, lat, size=0.002):
    return Polygon.from_bbox((lon - size, lat - size, lon + size, lat + size))


def site(code, lon, lat, owner):
    return LoadingSite.objects.create(
        code=code, name=code, shape=box(lon, lat), area=owner.area, area_path=owner.area_path
    )


def here(at, *, lon=LON, lat=LAT, kmh=50.0, state=LOADED, more=b""):
    body = location.write_location(at, lat, lon, speed_kmh=kmh, state=state, more=more)
    return frame(frames.write(0x0200, PHONE, 1, body), at)


def alarms():
    return list(Alarm.objects.order_by("raised_at", "rule").values_list("rule", "condition"))


def test_a_trip_from_one_site_to_the_other_and_what_goes_wrong_on_the_way(
    vehicle, django_assert_max_num_queries
):
    start, end = site("A", 118.60, LAT, vehicle), site("B", 118.70, LAT, vehicle)
    trip = Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", un_number="1203", from_site=start, to_site=end,
        route=LineString((118.60, LAT), (118.70, LAT), srid=4326), corridor_m=200, made_at=NOW, made_by="x",
        area_path=vehicle.area_path,
    )  # fmt: skip
    Geofence.objects.create(name="学校", kind="no_go", shape=box(118.65, LAT))
    keep([here(NOW, lon=118.60, kmh=0)])
    assert VehicleStanding.objects.get().site == start
    keep([here(NOW + 60 * S, lon=118.61)])
    trip.refresh_from_db()
    assert (trip.state, trip.began_at) == ("under_way", NOW + 60 * S)
    assert AuditEntry.objects.get(act="trip.begin").who == "feed:vehicles"
    # through the closed area: it rings at the third place, and ends beyond the dead-band
    keep([here(NOW + (90 + 15 * n) * S, lon=118.65 + 0.0002 * n) for n in range(3)])
    assert alarms() == [("vehicle.no_go", "active")]
    keep([here(NOW + 150 * S, lon=118.66)])
    assert alarms() == [("vehicle.no_go", "cleared")]
    # one place beside the road is the receiver; three are a detour
    keep([here(NOW + 180 * S, lon=118.662, lat=LAT + 0.005), here(NOW + 195 * S, lon=118.664)])
    keep([here(NOW + (210 + 20 * n) * S, lon=118.666, lat=LAT + 0.005) for n in range(3)])
    assert alarms()[1:] == [("vehicle.off_route", "active")]
    keep([here(NOW + 300 * S, lon=118.67)])
    # standing on the road, and unloading there
    keep([here(NOW + 330 * S, lon=118.675, kmh=0)])
    keep([here(NOW + 330 * S + 20 * MIN, lon=118.675, kmh=0, state=0b11)])
    assert {rule for rule, condition in alarms() if condition == "active"} == {
        "vehicle.stopped",
        "vehicle.load_outside",
    }
    with django_assert_max_num_queries(60):  # of the whole way in, for thirty places at once
        keep([here(NOW + 26 * MIN + 10 * n * S, lon=118.675 + 0.0008 * n) for n in range(30)])
    keep([here(NOW + 40 * MIN, lon=118.70, kmh=0)])
    trip.refresh_from_db()
    assert (trip.state, trip.arrived_at) == ("arrived", NOW + 40 * MIN)
    assert {condition for _, condition in alarms()} == {"cleared"}


def test_places_that_come_again_and_late_ones_change_neither_trip_nor_alarms(vehicle):
    Geofence.objects.create(name="学校", kind="no_go", shape=box(118.65, LAT))
    told = [here(NOW + 20 * n * S, lon=118.65) for n in range(4)]
    keep(told)
    keep(told)
    assert alarms() == [("vehicle.no_go", "active")]
    keep([here(NOW - MIN, lon=118.60, kmh=0)])
    assert VehicleStanding.objects.get().at == NOW + 60 * S


def test_a_vehicle_on_a_trip_that_nobody_sees_is_an_alarm_until_it_is_seen(vehicle):
    Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", state="under_way", began_at=NOW, made_at=NOW, made_by="x",
        area_path=vehicle.area_path,
    )  # fmt: skip
    keep([here(NOW)])
    assert trip_clock.tick(NOW + 9 * MIN) == (0, 0)
    assert trip_clock.tick(NOW + 11 * MIN) == (1, 0) and trip_clock.tick(NOW + 12 * MIN) == (0, 0)
    assert alarms() == [("vehicle.no_position", "active")]
    keep([here(NOW + 12 * MIN)])
    assert trip_clock.tick(NOW + 13 * MIN) == (0, 1)


def test_a_lost_link_is_one_alarm_and_not_one_for_each_vehicle_on_a_trip(vehicle):
    node = Node.objects.create(kind="listener", key="jt808", name="jt808")
    Station.objects.update(node=node)
    vehicle.refresh_from_db()
    Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", state="under_way", began_at=NOW, made_at=NOW, made_by="x",
        area_path=vehicle.area_path,
    )  # fmt: skip
    link = Alarm.objects.create(
        station=vehicle, node=node, rule="link.silent", level=3, worst_level=3, raised_at=NOW, level_since=NOW,
        recorded_at=NOW, area_path=vehicle.area_path,
    )  # fmt: skip
    assert trip_clock.tick(NOW + 11 * MIN) == (0, 0)
    Alarm.objects.filter(pk=link.pk).update(condition="cleared")
    assert trip_clock.tick(NOW + 12 * MIN) == (1, 0)


def test_the_third_driver_alarm_within_the_hour_calls_the_desk_and_the_carrier_once(vehicle):
    Company.objects.create(code="C1", name="演示运输", officer_name="演示甲", officer_phone="00000000000")
    for n in range(3):
        at = NOW + 15 * n * MIN
        keep([here(at, more=tired(at))])
        keep([here(at + 5 * MIN)])  # awake again
        alarm = Alarm.objects.filter(rule="vehicle.fatigue").latest("raised_at")
        found = trip_clock.count_repeated(alarm.pk, at=at)
        assert (found is not None) is (n == 2)
    again = trip_clock.count_repeated(alarm.pk, at=at)
    assert again.pk == found.pk and (again.level, again.facts["count"]) == (1, 3)
    message = Message.objects.get()
    assert (message.to, message.name) == ("00000000000", "演示甲") and "演E0001" in message.text
    assert trip_clock.tick(at + 59 * MIN) == (0, 0) and trip_clock.tick(at + 61 * MIN) == (0, 1)
    assert trip_clock.count_repeated(alarm.pk, at=at + 62 * MIN) is None and Message.objects.count() == 1


def card(at, certificate="", name="演示丙"):
    """0702: a card goes in, or out where no certificate is given."""
    body = bytes([1 if certificate else 2]) + write_time(at)
    if certificate:
        said, authority = name.encode("gbk"), "演示".encode("gbk")
        body += bytes([0, len(said)]) + said + certificate.encode().ljust(20, b"\0")
        body += bytes([len(authority)]) + authority + bytes.fromhex("20301231")
    return frame(frames.write(0x0702, PHONE, 1, body), at)


def test_the_card_in_the_terminal_says_who_drives(vehicle):
    trip = Trip.objects.create(
        waybill="W1", vehicle=vehicle, goods="汽油", state="under_way", began_at=NOW, made_at=NOW, made_by="x",
        area_path=vehicle.area_path,
    )  # fmt: skip
    keep([card(NOW, "D7")])
    standing = VehicleStanding.objects.get()
    assert (standing.driver.certificate, standing.driver.name, standing.driver_since) == ("D7", "演示丙", NOW)
    trip.refresh_from_db()
    assert trip.driver == standing.driver
    keep([card(NOW + MIN), card(NOW - MIN, "D8")])  # out; and one that comes late
    standing.refresh_from_db()
    assert standing.driver is None and standing.driver_since == NOW + MIN
