"""From the frames of gas monitors and fire hosts to readings, their quality, and alarms."""

from datetime import timedelta

import pytest

from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.adapters import ADAPTERS
from sensors.domain.gb26875 import SEND, write_part
from sensors.domain.gb26875 import write as write_gb26875
from sensors.domain.gb26875 import write_time as write_gb26875_time
from sensors.domain.hj212 import write as write_hj212
from sensors.domain.hj212 import write_time
from sensors.domain.quality import Check, Quality, mark
from sensors.models import Alarm, LatestValue, Reading, Station
from sensors.services import downlinks
from sensors.services.ingest import Frame, ingest
from tests.sensors.ingesting import MIN, NIGHT, station

pytestmark = pytest.mark.django_db
MONITOR, HOST = "370502GAS000000000000001", "370502010001"
PART = "part.1.1.42.3-1"


def hear(protocol, octets, at):
    message = ADAPTERS[protocol].decode(octets, at=at)
    return ingest([Frame(protocol, "127.0.0.1:1", at, octets, message.address, message)], received_at=at)


def gas(value, flag="N", *, at):
    items = [f"DataTime={write_time(at)}", f"a21028-Rtd={value},a21028-Flag={flag}"]
    return hear("hj212", write_hj212("2011", MONITOR, items, at=at), at)


def part(word, *, at):
    unit = bytes((2, 1)) + write_part(1, 1, 42, (3, 1), word, "三层走廊感烟", at)
    return hear("gb26875", write_gb26875(SEND, unit, serial=1, at=at, source=bytes.fromhex(HOST)), at)


def open_alarms():
    return list(
        Alarm.objects.filter(condition="active").order_by("level").values_list("rule", "level", "rang")
    )


@pytest.fixture
def monitor():
    points = [("a21028.rtd", "hydrogen_sulphide"), ("a21028.flag", "measuring_flag")]
    return station(MONITOR, kind=Station.Kind.GAS_MONITOR, protocol="hj212", sensors=points)


@pytest.fixture
def host():
    return station(HOST, kind=Station.Kind.FIRE_HOST, protocol="gb26875", sensors=[(PART, "fire_part_state")])


def test_gas_rings_at_once_and_rises_within_one_alarm(monitor):
    gas(0.4, at=NIGHT)
    assert open_alarms() == []
    gas(12.0, at=NIGHT + MIN)
    assert open_alarms() == [("gas.level", 3, True)]
    gas(25.0, at=NIGHT + 2 * MIN)
    assert open_alarms() == [("gas.level", 1, True)]


def test_what_the_instrument_does_not_stand_for_is_kept_and_rings_nothing(monitor):
    for minute, flag in enumerate("DCMSBF"):
        gas(99.0, flag, at=NIGHT + minute * MIN)
    assert open_alarms() == []
    stored = Reading.objects.filter(sensor_id=monitor["a21028.rtd"].pk)
    assert set(stored.values_list("value", "quality")) == {(99.0, mark(Quality.BAD, Check.DEVICE))}
    assert LatestValue.objects.get(pk=monitor["a21028.flag"].pk).quality == Quality.GOOD


def test_more_than_can_be_measured_rings_although_the_value_is_not_believed(monitor):
    gas(150.0, "T", at=NIGHT)
    assert open_alarms() == [("gas.over_range", 2, True)]


def test_the_same_gas_at_a_chimney_is_no_danger_to_people():
    station(
        MONITOR,
        kind=Station.Kind.STAGE_GAUGE,
        protocol="hj212",
        sensors=[("a21028.rtd", "hydrogen_sulphide")],
    )
    gas(25.0, at=NIGHT)
    assert open_alarms() == []


def test_a_detector_s_fire_is_orange_at_its_own_part_and_a_fault_is_blue(host):
    part(1, at=NIGHT)
    part(0b100, at=NIGHT + MIN)
    assert open_alarms() == [("fire.fault", 4, True)]
    part(0b10, at=NIGHT + 2 * MIN)
    assert open_alarms() == [("fire.alarm", 2, True)]
    assert Alarm.objects.get(rule="fire.alarm").sensor_id == host[PART].pk
    part(1, at=NIGHT + 3 * MIN)
    assert open_alarms() == []


def test_a_fire_that_comes_a_day_late_rings_nothing_and_is_on_record(host):
    part(1, at=NIGHT)
    late = NIGHT + timedelta(days=1)
    unit = bytes((2, 1)) + write_part(1, 1, 42, (3, 1), 2, "", NIGHT + MIN)
    hear("gb26875", write_gb26875(SEND, unit, serial=1, at=late, source=bytes.fromhex(HOST)), late)
    assert [rang for _, _, rang in open_alarms()] == [False]


def signed_in(client, role):
    user = User.objects.create(username=role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path="/dy/"))
    client.force_login(user)
    return client


def guard_answers(*, at):
    unit = bytes((24, 1, 1 << 5, 9)) + write_gb26875_time(at)
    return hear("gb26875", write_gb26875(SEND, unit, serial=2, at=at, source=bytes.fromhex(HOST)), at)


def test_an_officer_checks_the_guard_and_the_answer_stands_beside_it(client, host, monkeypatch):
    clock = [NIGHT]
    monkeypatch.setattr("sensors.api_fire.now", lambda: clock[0])
    door = f"/api/v1/stations/{host[PART].station_id}/guard-checks"
    signed_in(client, "duty_officer")
    answer = client.post(door, {"minutes": 5}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
    again = client.post(door, {"minutes": 5}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
    assert answer.status_code == 201 and again.json() == answer.json()
    assert [order.body for order in downlinks.pending()] == [{"minutes": 5}]
    assert AuditEntry.objects.get(act="guard.check").data == {"minutes": 5}
    (row,) = client.get(door).json()
    assert (row["standing"], row["asked_by"], row["operator"]) == ("waiting", "duty_officer", None)
    guard_answers(at=NIGHT + 2 * MIN)
    clock[0] = NIGHT + 10 * MIN
    (row,) = client.get(door).json()
    assert (row["standing"], row["operator"]) == ("answered", 9)


def test_a_guard_check_is_not_everybody_s_and_not_every_station_s(client, host, monitor):
    door = "/api/v1/stations/{}/guard-checks"
    signed_in(client, "liaison")
    refused = client.post(door.format(host[PART].station_id), {}, content_type="application/json")
    assert refused.status_code in (403, 404)
    signed_in(client, "shift_leader")
    nowhere = client.post(door.format(monitor["a21028.rtd"].station_id), {}, content_type="application/json")
    assert nowhere.status_code == 404
    wrong = client.post(door.format(host[PART].station_id), {"minutes": 0}, content_type="application/json")
    assert wrong.status_code == 400
    Station.objects.filter(pk=host[PART].station_id).update(protocol="hj212")
    mute = client.post(door.format(host[PART].station_id), {}, content_type="application/json")
    assert mute.status_code == 422
