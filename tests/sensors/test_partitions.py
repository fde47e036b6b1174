"""Daily partitions: there when they are needed, gone when their time is over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from sensors.models import RawFrame, Reading
from sensors.services import partitions
from tests.sensors.ingesting import MIN, NIGHT, station, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    partitions.forget()
    yield
    partitions.forget()


def days(table):
    with connection.cursor() as cursor:
        return set(partitions._partitions(cursor, table))


def test_the_days_ahead_are_made_and_making_them_again_is_harmless():
    for _ in range(2):
        partitions.keep(NIGHT)
        assert {date(2022, 8, 18) + timedelta(days=n) for n in range(4)} <= days(partitions.READINGS)
        assert date(2022, 8, 21) in days(partitions.FRAMES)


def test_partitions_past_retention_are_dropped_with_their_rows_and_others_stay(settings, monkeypatch):
    settings.OURS = {**settings.OURS, "reading_days": 10}
    monkeypatch.setattr(partitions, "value", {"frame.keep_days": 5}.get)
    sensors = station(sensors=[("level", "water_level")])
    for at in (NIGHT, NIGHT + timedelta(days=3)):
        tell("0090000101", [("level", "water_level", 1.0, at)], at=at)
    partitions.keep(NIGHT + timedelta(days=8))
    assert Reading.objects.filter(sensor=sensors["level"]).count() == 2
    assert RawFrame.objects.count() == 1
    there, dropped = partitions.keep(NIGHT + timedelta(days=11))
    assert dropped >= 1 and there >= 8
    assert [row.observed_at for row in Reading.objects.all()] == [NIGHT + timedelta(days=3)]


@pytest.mark.parametrize("hour", [0, 15, 16, 23])
def test_a_day_is_a_day_of_utc(hour):
    at = datetime(2022, 3, 1, hour, 59, 59, 999999, tzinfo=UTC)
    partitions.ensure(partitions.READINGS, [partitions.day_of(at)])
    assert date(2022, 3, 1) in days(partitions.READINGS)


def test_one_sensors_day_is_read_through_the_narrow_index_and_only_from_its_days():
    sensor = station(sensors=[("level", "water_level")])["level"]
    for n in range(3):
        at = NIGHT + timedelta(days=n)
        tell("0090000101", [("level", "water_level", 1.0, at)], at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT value FROM sensors_reading"
            " WHERE sensor_id = %s AND observed_at >= %s AND observed_at < %s",
            [sensor.id, NIGHT, NIGHT + MIN],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "sensors_reading_20220818" in plan and "20220819" not in plan
    assert "Index" in plan
