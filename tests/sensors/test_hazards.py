"""From the frames of gas monitors and fire hosts to readings, their quality, and alarms."""

from datetime import timedelta

import pytest

from sensors.adapters import ADAPTERS
from sensors.domain.gb26875 import SEND, write_part
from sensors.domain.gb26875 import write as write_gb26875
from sensors.domain.hj212 import write as write_hj212
from sensors.domain.hj212 import write_time
from sensors.domain.quality import Check, Quality, mark
from sensors.models import Alarm, LatestValue, Reading, Station
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


def test_a_detector_s_fire_is_red_at_its_own_part_and_a_fault_is_blue(host):
    part(1, at=NIGHT)
    part(0b100, at=NIGHT + MIN)
    assert open_alarms() == [("fire.fault", 4, True)]
    part(0b10, at=NIGHT + 2 * MIN)
    assert open_alarms() == [("fire.alarm", 1, True)]
    assert Alarm.objects.get(rule="fire.alarm").sensor_id == host[PART].pk
    part(1, at=NIGHT + 3 * MIN)
    assert open_alarms() == []


def test_a_fire_that_comes_a_day_late_rings_nothing_and_is_on_record(host):
    part(1, at=NIGHT)
    late = NIGHT + timedelta(days=1)
    unit = bytes((2, 1)) + write_part(1, 1, 42, (3, 1), 2, "", NIGHT + MIN)
    hear("gb26875", write_gb26875(SEND, unit, serial=1, at=late, source=bytes.fromhex(HOST)), late)
    assert [rang for _, _, rang in open_alarms()] == [False]
