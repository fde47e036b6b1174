"""Vehicles from the wire to the map and back into the cab: JT/T 808 frames, real tables, real sockets."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from command_center.core import parameters
from command_center.core.events import Happening
from command_center.core.models import Area, AuditEntry, Event, Membership, User
from sensors import livevalues
from sensors.adapters.jt808 import Jt808
from sensors.adapters.sl651 import Sl651
from sensors.domain import jt808_frames as frames
from sensors.domain import jt808_location as location
from sensors.domain.downlinks import Order
from sensors.gateway import Gateway, Limits, outbox
from sensors.gateway.ear import Ear
from sensors.gateway.keep import keep, reset
from sensors.models import (
    Alarm,
    AlarmEvent,
    Downlink,
    RawFrame,
    Reading,
    Station,
    VehicleFix,
    VehiclePosition,
)
from sensors.services import directory, downlinks, points, vehicles
from sensors.services.ingest import Frame
from sensors.subscribers import tell_the_driver
from tests.sensors.ingesting import station
from tests.waiting import until

PHONE = "010000808001"
ADAPTER = Jt808()
NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S = timedelta(seconds=1)
LAT, LON = 37.45, 118.6
PATIENCE_S = 20
ALARMS = [
    (name, "vehicle_alarm") for name in ("alarm.fatigue", "alarm.emergency", "dsm.fatigue", "dsm.phone")
]


def forget():
    directory.forget()
    points.forget()
    vehicles.forget()


@pytest.fixture
def vehicle(db):
    forget()
    station(
        PHONE, kind="vehicle", protocol="jt808", interval_s=30, sensors=[("speed", "vehicle_speed"), *ALARMS]
    )
    box = Polygon.from_bbox((118.3, 37.2, 119.0, 37.9))
    Area.objects.filter(code="t").update(outline=MultiPolygon(box, srid=4326))
    yield Station.objects.get(address=PHONE)
    forget()


def frame(octets, at=NOW):
    return Frame("jt808", "127.10.0.9:4000", at, octets, PHONE, ADAPTER.decode(octets))


def here(at, serial=1, *, lat=LAT, lon=LON, **more):
    body = location.write_location(at, lat, lon, speed_kmh=50, **more)
    return frame(frames.write(0x0200, PHONE, serial, body), at)


def tired(at, state=1, kind=1):
    return location.write_driver_alarm(1, kind, at, LAT, LON, state=state, level=2)


def place(of):
    row = VehiclePosition.objects.get(station=of)
    return round(row.position.y, 6), round(row.position.x, 6), row.at


def test_where_a_vehicle_is_and_was(vehicle):
    keep([here(NOW), here(NOW + 30 * S, lat=37.46)])
    keep([here(NOW + 10 * S, lat=37.455)])  # late: a place of the track, not where it is
    assert place(vehicle) == (37.46, LON, NOW + 30 * S)
    assert [round(at.y, 3) for _, at, _ in vehicles.track(vehicle.pk, NOW, NOW + 60 * S)] == [
        37.45,
        37.455,
        37.46,
    ]
    keep([here(NOW + 30 * S, lat=37.46)])
    assert VehicleFix.objects.count() == 3


def test_a_place_that_cannot_be_is_kept_and_believed_by_nobody(vehicle):
    keep([here(NOW), here(NOW + 30 * S, lat=LON, lon=LAT)])  # latitude and longitude swapped
    assert place(vehicle) == (LAT, LON, NOW)
    swapped = VehicleFix.objects.get(at=NOW + 30 * S)
    assert (swapped.quality, round(swapped.position.x, 2)) == (3, LAT)
    assert [at for at, _, _ in vehicles.track(vehicle.pk, NOW, NOW + 60 * S)] == [NOW]
    assert RawFrame.objects.count() == 2


def test_a_time_that_cannot_be_true_moves_nobody(vehicle):
    keep([here(NOW)])
    ahead = here(NOW + timedelta(hours=3), lat=37.5)
    keep([Frame("jt808", "p", NOW + 30 * S, ahead.raw, PHONE, ahead.message)])
    assert place(vehicle) == (LAT, LON, NOW)
    assert VehicleFix.objects.get(at=NOW + timedelta(hours=3)).quality == 3


def test_an_unknown_position_is_a_gap_in_the_track_and_moves_nothing(vehicle):
    keep([here(NOW)])
    keep([here(NOW + 30 * S, lat=0, lon=0, state=1, alarms=1)])
    assert place(vehicle) == (LAT, LON, NOW)
    assert VehicleFix.objects.get(at=NOW + 30 * S).position is None
    assert Alarm.objects.get().rule == "vehicle.emergency"


def test_the_map_is_told_of_a_place_that_changed_and_only_of_that(vehicle):
    since, told = livevalues.read(None)
    assert not told
    keep([here(NOW)])
    _, told = livevalues.read(since)
    (moving,) = told
    assert moving.id == str(vehicle.pk)
    assert moving.values["position"] == {
        "lon": LON, "lat": LAT, "at": NOW.timestamp() * 1000, "speed_kmh": 50.0, "direction_deg": 0,
    }  # fmt: skip
    assert moving.values["speed"][0] == 50.0


def test_of_alarm_bits_edges_are_stored(vehicle):
    for n, word in enumerate([0, 0, 4, 4, 4, 0, 0]):
        keep([here(NOW + 30 * n * S, alarms=word)])
    rows = Reading.objects.filter(sensor__channel="alarm.fatigue").order_by("observed_at")
    assert [(row.value, (row.observed_at - NOW) / S) for row in rows] == [(0, 0), (1, 60), (0, 150)]
    (alarm,) = Alarm.objects.all()
    assert (alarm.rule, alarm.level, alarm.condition) == ("vehicle.fatigue", 2, "cleared")
    assert (alarm.raised_at, alarm.cleared_at) == (NOW + 60 * S, NOW + 150 * S)
    assert Reading.objects.filter(sensor__channel="speed").count() == 7


def test_a_batch_out_of_a_blind_area_is_history_and_tells_nobody_anything(vehicle):
    keep([here(NOW)])
    old = NOW - timedelta(hours=1)
    rows = [location.write_location(old + 30 * n * S, LAT, LON, alarms=4 * (n in (2, 3))) for n in range(6)]
    body = len(rows).to_bytes(2) + b"\1" + b"".join(len(row).to_bytes(2) + row for row in rows)
    keep([frame(frames.write(0x0704, PHONE, 2, body))])
    (alarm,) = Alarm.objects.all()
    assert (alarm.raised_at, alarm.cleared_at, alarm.rang) == (old + 60 * S, old + 120 * S, False)
    assert place(vehicle)[2] == NOW and VehicleFix.objects.count() == 7
    tell(alarm)
    assert not Downlink.objects.exists()


def test_fatigue_that_never_ends_is_over_after_a_while(vehicle):
    keep([here(NOW, more=tired(NOW))])
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.condition, alarm.sensor.channel) == ("vehicle.fatigue", "active", "dsm.fatigue")
    keep([here(NOW + 30 * S)])
    hold = parameters.value("vehicle.safety_hold") * S
    keep([here(NOW + hold)])
    alarm.refresh_from_db()
    assert (alarm.condition, alarm.cleared_at) == ("cleared", NOW + hold)


def test_who_leaves_the_corridor_of_his_route_raises_an_alarm_until_he_is_back(vehicle):
    vehicle.facts = {
        "route": {"type": "LineString", "coordinates": [[118.5, LAT], [118.7, LAT]]},
        "corridor_m": 400,
    }
    vehicle.save()
    vehicle.sensors.create(name="off", channel="route.off", quantity="vehicle_alarm")
    metre = 1 / 111_200
    for n, off_m in enumerate([0, 150, 250, 180, 300, 150]):  # back only well inside
        keep([here(NOW + 30 * n * S, lat=LAT + off_m * metre)])
    (alarm,) = Alarm.objects.all()
    assert (alarm.rule, alarm.raised_at, alarm.cleared_at) == (
        "vehicle.off_route",
        NOW + 120 * S,  # the third place outside in a row
        NOW + 150 * S,
    )
    assert Reading.objects.filter(sensor__channel="route.off").count() == 5  # while outside, each place


def test_tracks_are_dropped_when_they_are_old(vehicle):
    keep([here(NOW), here(NOW + 30 * S)])
    assert vehicles.drop_old(NOW + timedelta(days=parameters.value("vehicle.track_days")) + 10 * S) == 1
    assert VehicleFix.objects.get().at == NOW + 30 * S


# --- the driver is told ------------------------------------------------------------------------------
def tell(alarm, times=1, at=NOW):
    for _ in range(times):
        event = Event.objects.get(kind="alarm.raised", subject_id=str(alarm.pk))
        tell_the_driver(
            Happening(1, event.kind, event.subject_type, event.subject_id, event.area_path, at, event.data)
        )


def lines(alarm):
    return list(AlarmEvent.objects.filter(alarm=alarm).order_by("pk").values_list("what", flat=True))


def test_a_tired_driver_is_told_once_however_often_the_event_is(vehicle):
    keep([here(NOW, more=tired(NOW))])
    alarm = Alarm.objects.get()
    tell(alarm, times=3)
    (row,) = Downlink.objects.all()
    assert row.body == {"text": parameters.value("vehicle.fatigue.text"), "urgent": True}
    assert (row.alarm_id, row.kind, row.station_id, row.result) == (alarm.pk, "text", vehicle.pk, "")


def test_two_sensors_of_one_fault_are_one_warning_and_another_fault_is_another(vehicle):
    keep([here(NOW, alarms=4, more=tired(NOW) + tired(NOW, kind=2))])
    for alarm in Alarm.objects.all():
        tell(alarm)
    assert Alarm.objects.count() == 3
    assert sorted(row.body["text"] for row in Downlink.objects.all()) == sorted(
        [parameters.value("vehicle.fatigue.text"), parameters.value("vehicle.phone.text")]
    )


def test_an_emergency_is_not_answered_with_a_text(vehicle):
    keep([here(NOW, alarms=1)])
    tell(Alarm.objects.get())
    assert not Downlink.objects.exists()


def told_fatigue(vehicle):
    keep([here(NOW, more=tired(NOW))])
    alarm = Alarm.objects.get()
    tell(alarm)
    return alarm, Downlink.objects.get()


def test_what_was_said_and_answered_stands_in_the_alarms_history(vehicle):
    alarm, row = told_fatigue(vehicle)
    (order,) = downlinks.pending()
    assert (order.id, order.protocol, order.address, order.kind) == (row.pk, "jt808", PHONE, "text")
    assert downlinks.claim([row.pk], at=NOW + S) == {row.pk}
    assert downlinks.claim([row.pk], at=NOW + S) == set() and downlinks.pending() == []
    downlinks.close([outbox.Outcome(row.pk, True, "done")], at=NOW + 2 * S)
    downlinks.close([outbox.Outcome(row.pk, False, "again")], at=NOW + 3 * S)
    row.refresh_from_db()
    assert (row.sent_at, row.answered_at, row.result, row.error) == (NOW + S, NOW + 2 * S, "done", "")
    assert lines(alarm) == ["raised", "told", "confirmed"]
    assert AlarmEvent.objects.get(what="told").note == row.body["text"]


@pytest.mark.parametrize(("sent", "result"), [(False, "not_connected"), (True, "unanswered")])
def test_what_could_not_be_told_in_time_is_not_told_any_more(vehicle, sent, result):
    alarm, row = told_fatigue(vehicle)
    if sent:
        downlinks.claim([row.pk], at=NOW)
    Downlink.objects.update(expires_at=datetime.now(UTC) - S)
    assert downlinks.pending() == []
    row.refresh_from_db()
    assert row.result == result and lines(alarm)[-1] == "unconfirmed"


def test_what_a_protocol_cannot_say_is_refused_at_once(vehicle):
    with pytest.raises(downlinks.CannotBeTold):
        downlinks.send(vehicle, "open gate", {}, by="officer", at=NOW)
    Station.objects.update(protocol="ea_http")
    with pytest.raises(downlinks.CannotBeTold):
        downlinks.send_text(Station.objects.get(), "x", by="officer", at=NOW)


# --- over a real socket ------------------------------------------------------------------------------
class Table:
    """A desk without a database."""

    def __init__(self, *orders):
        self.orders, self.claimed, self.outcomes = list(orders), [], []

    def pending(self):
        return [order for order in self.orders if order.id not in self.claimed]

    def claim(self, ids, *, at):
        mine = set(ids) - set(self.claimed)
        self.claimed += mine
        return mine

    def close(self, outcomes, *, at):
        self.outcomes += [(outcome.id, outcome.done) for outcome in outcomes]


class Terminal:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.buffer = reader, writer, b""

    def say(self, octets):
        self.writer.write(octets)

    async def hear(self, function):
        """The next frame of ``function`` from the platform, as it reads."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                while piece := ADAPTER.cut(self.buffer):
                    octets, self.buffer = self.buffer[: piece.size], self.buffer[piece.size :]
                    message = ADAPTER.decode(octets)
                    if message.function == function:
                        return message
                octets = await self.reader.read(4096)
                assert octets, "the gateway hung up"
                self.buffer += octets


@asynccontextmanager
async def hall(desk, sink=lambda batch: None, adapters=(ADAPTER,)):
    by_name = {adapter.name: adapter for adapter in adapters}
    gateway = Gateway(
        by_name, sink, clock=lambda: NOW, allowed_skew=lambda: timedelta(minutes=5), limits=Limits(stop_s=2.0),
        desk=desk, reset=reset,
    )  # fmt: skip
    ports = await gateway.start("127.0.0.1", dict.fromkeys(by_name, 0))
    terminals = []

    async def dial(name="jt808"):
        terminals.append(Terminal(*await asyncio.open_connection("127.0.0.1", ports[name])))
        return terminals[-1]

    try:
        yield gateway, dial
    finally:
        await gateway.writer.call(reset)
        await gateway.stop()
        for terminal in terminals:
            terminal.writer.transport.abort()


def order(number, address=PHONE, kind="text", **body):
    return Order(number, "jt808", address, kind, body or {"text": f"第{number}条", "urgent": True})


def answer(message, result=0, address=PHONE):
    return frames.write(0x0001, address, 9, message.serial.to_bytes(2) + b"\x83\x00" + bytes([result]))


@pytest.fixture
def only_when_called(monkeypatch):
    monkeypatch.setattr(outbox, "LOOKS_S", 600.0)


def test_an_order_reaches_the_connection_of_its_vehicle_and_no_other(only_when_called):
    async def scene():
        desk = Table()
        async with hall(desk) as (gateway, dial):
            mine, other = await dial(), await dial()
            mine.say(frames.write(0x0002, PHONE, 1))
            other.say(frames.write(0x0002, "010000808002", 1))
            await mine.hear("8001")
            await other.hear("8001")
            desk.orders += [order(1), order(2), order(3, address="010000808009")]
            gateway.outbox.wake()
            first, second = await mine.hear("8300"), await mine.hear("8300")
            assert [first.details["text"], second.details["text"]] == ["第1条", "第2条"]
            assert first.details["spoken"] and first.serial != second.serial
            mine.say(answer(second) + answer(first, result=1))
            await until(lambda: len(desk.outcomes) == 2)
            assert dict(desk.outcomes) == {2: True, 1: False}
            other.say(answer(first, address="010000808002"))  # somebody else's word answers nothing
            other.say(frames.write(0x0002, "010000808002", 2))
            await other.hear("8001")
            assert len(desk.outcomes) == 2 and 3 not in desk.claimed

    asyncio.run(scene())


def test_what_waited_for_a_vehicle_is_told_when_it_comes(only_when_called):
    async def scene():
        async with hall(Table(order(1))) as (gateway, dial):
            first = await dial()
            first.say(frames.write(0x0002, PHONE, 1))
            assert (await first.hear("8300")).details["text"] == "第1条"
            # the terminal lost its line and dials anew: the newer connection is the vehicle
            again = await dial()
            again.say(frames.write(0x0002, PHONE, 2))
            await again.hear("8001")
            gateway.desk.orders.append(order(2))
            gateway.outbox.wake()
            assert (await again.hear("8300")).details["text"] == "第2条"
            again.writer.close()
            first.writer.close()
            await until(lambda: not gateway.outbox.lines and not gateway.outbox.waiting)

    asyncio.run(scene())


def test_what_cannot_be_said_is_closed_and_the_next_one_is_said(only_when_called):
    async def scene():
        desk = Table(order(1, text=""), order(2))
        async with hall(desk) as (_, dial):
            terminal = await dial()
            terminal.say(frames.write(0x0002, PHONE, 1))
            assert (await terminal.hear("8300")).details["text"] == "第2条"
            await until(lambda: desk.outcomes == [(1, False)])

    asyncio.run(scene())


def test_equipment_that_takes_no_commands_is_left_alone(only_when_called):
    async def scene():
        async with hall(Table(), adapters=(ADAPTER, Sl651())) as (gateway, dial):
            quiet, mine = await dial("sl651"), await dial()
            quiet.say(b"noise")
            mine.say(frames.write(0x0002, PHONE, 1))
            await mine.hear("8001")
            assert list(gateway.outbox.lines) == [("jt808", PHONE)]

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_from_a_tired_face_to_the_voice_in_the_cab_and_its_answer(
    only_when_called, transactional_db, vehicle
):
    """The whole way but for the queue: frame, alarm, order, NOTIFY, wire, answer, history."""

    def in_database(what):
        def run():
            try:
                return what()
            finally:
                connection.close()

        return asyncio.to_thread(run)

    async def scene():
        async with hall(downlinks, sink=keep) as (gateway, dial):
            loop = asyncio.get_running_loop()
            ear = Ear(downlinks.BELL, lambda: loop.call_soon_threadsafe(gateway.outbox.wake))
            ear.start()
            try:
                terminal = await dial()
                terminal.say(
                    frames.write(0x0200, PHONE, 1, location.write_location(NOW, LAT, LON, more=tired(NOW)))
                )
                assert (await terminal.hear("8001")).details["result"] == 0  # stored
                alarm = await in_database(Alarm.objects.get)
                await in_database(partial(tell, alarm))
                heard = await terminal.hear("8300")
                assert heard.details["text"] == parameters.PARAMETERS["vehicle.fatigue.text"].default
                terminal.say(answer(heard))
                await until(partial(in_database, Downlink.objects.filter(result="done").exists))
            finally:
                ear.stop.set()
                await asyncio.to_thread(ear.join)

    asyncio.run(scene())
    assert lines(Alarm.objects.get()) == ["raised", "told", "confirmed"]


# --- over HTTP ---------------------------------------------------------------------------------------
def signed_in(client, role):
    user = User.objects.create(username=role, display_name=role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(code="t"))
    client.force_login(user)
    return client


def test_an_officer_tells_the_driver_something_and_the_log_book_knows(client, vehicle):
    door = f"/api/v1/stations/{vehicle.pk}/texts"
    signed_in(client, "duty_officer")
    answer = client.post(
        door, {"text": "前方事故，请减速"}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1"
    )
    again = client.post(
        door, {"text": "前方事故，请减速"}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1"
    )
    assert answer.status_code == 201 and again.json() == answer.json()
    (row,) = client.get(door).json()
    assert (row["text"], row["asked_by"], row["result"]) == ("前方事故，请减速", "duty_officer", "")
    assert AuditEntry.objects.get(act="driver.tell").data == {"text": "前方事故，请减速"}
    assert [order.body["text"] for order in downlinks.pending()] == ["前方事故，请减速"]
    assert client.post(door, {"text": " "}, content_type="application/json").status_code == 400
    Station.objects.update(protocol="ea_http")
    assert client.post(door, {"text": "x"}, content_type="application/json").status_code == 422


def test_a_track_is_told_to_those_who_may_see_the_vehicle(client, vehicle, monkeypatch):
    monkeypatch.setattr("sensors.api_vehicles.now", lambda: NOW + 60 * S)
    keep([here(NOW - timedelta(hours=2)), here(NOW), here(NOW + 30 * S, lat=37.46)])
    door = f"/api/v1/stations/{vehicle.pk}/track"
    signed_in(client, "duty_officer")
    ms = NOW.timestamp() * 1000
    assert client.get(door).json() == {"points": [[ms, LON, LAT, 50.0], [ms + 30000, LON, 37.46, 50.0]]}
    assert len(client.get(door, {"minutes": 180}).json()["points"]) == 3
    assert client.get(door, {"minutes": "all"}).status_code == 400
    Station.objects.update(area_path="/elsewhere/")
    assert client.get(door).status_code == 404
