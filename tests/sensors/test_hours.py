"""Hours and days: they follow the readings whatever the order of arrival, and a year is one quick answer."""

import random
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from command_center.core.models import Area, Membership, User
from sensors import charts
from sensors.domain.quality import Check
from sensors.models import HourDue, MaintenanceTask, ReadingDay, ReadingHour
from sensors.services import directory, neighbours, partitions, rain
from sensors.services.checking import follow
from sensors.services.export import safe
from sensors.services.ingest import ingest
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_remembered():
    for memory in (directory, rain, partitions, neighbours):
        memory.forget()
    yield
    for memory in (directory, rain, partitions, neighbours):
        memory.forget()


def say(value, at, received=None):
    return tell("R-1", [("level", "water_level", value, at)], at=received or at)


@pytest.fixture
def level():
    return station("R-1", kind="stage_gauge", sensors=[("level", "water_level")])["level"]


def rows_of(sensor):
    return list(
        ReadingHour.objects.filter(sensor=sensor)
        .order_by("hour")
        .values_list("hour", "count", "doubted", "lowest", "highest", "total", "complete")
    )


def test_an_hour_is_summed_up_when_it_is_over_and_again_when_late_data_touch_it(level):
    for k in range(1, 14):
        if k != 5:
            say(3.0 + k / 100, NIGHT + k * 5 * MIN)
    follow(NIGHT + HOUR + 9 * MIN)
    assert rows_of(level) == [], "a batch may still be under way"
    follow(NIGHT + HOUR + 10 * MIN)
    [(hour, count, doubted, lowest, highest, total, complete)] = rows_of(level)
    assert (hour, count, doubted, lowest, highest) == (NIGHT, 11, 0, 3.01, 3.12)
    assert total == pytest.approx(sum(3.0 + k / 100 for k in range(1, 13) if k != 5))
    assert complete == pytest.approx(11 / 12)

    say(3.2, NIGHT + 25 * MIN, received=NIGHT + 30 * HOUR)
    follow(NIGHT + 30 * HOUR)
    assert [(row[1], row[4], row[6]) for row in rows_of(level)] == [
        (12, 3.2, 1.0),
        (1, 3.13, pytest.approx(1 / 12)),
    ]
    assert not HourDue.objects.exists()


def test_a_reading_within_an_hour_that_is_under_way_costs_no_note(level):
    say(3.0, NIGHT + 5 * MIN)
    assert HourDue.objects.count() == 1
    say(3.0, NIGHT + 10 * MIN)
    assert HourDue.objects.get().writes == 1
    say(3.0, NIGHT + 12 * MIN, received=NIGHT + 2 * HOUR)
    assert HourDue.objects.get().writes == 2, "the hour is over: it may have been summed up"


def test_what_is_doubted_is_counted_apart_and_counts_again_when_a_person_vouches_for_it(level, officer):
    from sensors.services.upkeep import overrule

    for k, value in enumerate([3.0, 3.0, 9.0, 9.0]):
        say(value, NIGHT + (k + 1) * 5 * MIN)
    follow(NIGHT + 2 * HOUR)
    assert rows_of(level)[0][1:5] == (2, 2, 3.0, 3.0)
    overrule(MaintenanceTask.objects.get(check_name="rate"), by=officer, at=NIGHT + 2 * HOUR, reason="seen")
    follow(NIGHT + 2 * HOUR)
    assert rows_of(level)[0][1:5] == (4, 0, 3.0, 9.0)


def test_hours_of_rain_follow_the_curve_and_a_count_after_a_silence_reaches_back():
    gauge = station()
    point = gauge["rain_total"]
    for k in range(13):
        at = NIGHT + k * 5 * MIN
        tell(
            "0090000101",
            [("rain_5min", "rain_5min", 1.5, at), ("rain_total", "rain_total", 50 + 1.5 * k, at)],
            at=at,
        )
    tell("0090000101", [("rain_total", "rain_total", 50 + 18 + 6.0, NIGHT + 3 * HOUR)], at=NIGHT + 3 * HOUR)
    follow(NIGHT + 5 * HOUR)
    found = [(row[0], round(row[5], 3), row[6]) for row in rows_of(point)]
    assert found[1:] == [(NIGHT, 18.0, 1.0), (NIGHT + HOUR, 3.0, 0.0), (NIGHT + 2 * HOUR, 3.0, 0.0)]
    told = charts.series(point.station, NIGHT, NIGHT + 3 * HOUR, charts.HOURLY)
    assert told["fallen"] == {"mm": 24.0, "complete": 0.333}, (
        "spread evenly over two hours is not known by the hour"
    )
    assert charts.series(point.station, NIGHT, NIGHT + 3 * HOUR)["fallen"] == {"mm": 24.0, "complete": 1.0}
    half = charts.series(point.station, NIGHT - 3 * HOUR, NIGHT + 3 * HOUR)["fallen"]
    assert half["complete"] < 0.6, "a sum never hides how much of it is known"


def test_hours_and_days_are_the_same_in_any_order_of_arrival():
    gauge, level_ = station(), station("R-1", kind="stage_gauge", sensors=[("level", "water_level")])
    chance = random.Random(7)
    frames, total = [], 99990.0
    for k in range(30 * 12):
        at = NIGHT + (k + 1) * 5 * MIN
        if chance.random() < 0.05:
            continue
        mm = chance.choice([0.0, 0.0, 0.5, 1.0])
        total = round((total + mm) % 100000, 1)
        said = [("rain_total", "rain_total", total, at)]
        if chance.random() < 0.8:
            said.append(("rain_5min", "rain_5min", mm, at))
        frames.append(frame("0090000101", said, at=at))
        frames.append(frame("R-1", [("level", "water_level", round(3 + chance.random() / 10, 2), at)], at=at))
    end = NIGHT + 40 * HOUR

    def picture():
        hours_ = list(ReadingHour.objects.order_by("sensor", "hour").values_list())
        days = list(ReadingDay.objects.order_by("sensor", "day").values_list())
        return hours_, days

    ingest(frames, received_at=end)
    follow(end)
    straight = picture()
    assert len(straight[0]) >= 3 * 30 and len(straight[1]) >= 6
    with connection.cursor() as cursor:
        for table in ("reading", "readinghour", "readingday", "latestvalue", "rainsum"):
            cursor.execute(f"DELETE FROM sensors_{table}")
    rain.forget()
    chance.shuffle(frames)
    for n in range(0, len(frames), 60):
        ingest(frames[n : n + 60], received_at=end)
        follow(end)
    assert picture() == straight
    assert gauge and level_


def test_months_past_their_time_are_dropped_with_their_hours(settings, level):
    settings.OURS = {**settings.OURS, "hour_days": 40}
    for at in (datetime(2022, 6, 10, 3, 5, tzinfo=UTC), NIGHT):
        partitions.ensure(partitions.HOURS, [partitions.month_of(at)])
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sensors_readinghour VALUES (%s, %s, 1, 0, 1, 1, 1, 1)",
                [level.id, at.replace(minute=0)],
            )
    partitions.keep(NIGHT)
    assert [row[0] for row in rows_of(level)] == [NIGHT]


def a_year(sensor):
    """A year of days, and the last month of hours."""
    partitions.ensure(partitions.HOURS, {partitions.month_of(NIGHT - timedelta(days=n)) for n in range(32)})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensors_readinghour (sensor_id, hour, count, doubted, lowest, highest, total, complete)"
            " SELECT %s, h, 12, 0, 1, 3, 24, 1"
            " FROM generate_series(%s::timestamptz, %s, interval '1 hour') h",
            [sensor.id, NIGHT - timedelta(days=31), NIGHT],
        )
        cursor.execute(
            "INSERT INTO sensors_readingday (sensor_id, day, count, doubted, lowest, highest, total, complete)"
            " SELECT %s, d::date, 288, 0, 1, 3, 576, 1"
            " FROM generate_series(%s::date, %s::date, interval '1 day') d",
            [sensor.id, NIGHT - timedelta(days=365), NIGHT],
        )


def test_a_year_is_one_query_of_days_and_a_month_one_of_hours(level, django_assert_max_num_queries):
    a_year(level)
    with django_assert_max_num_queries(8):
        told = charts.series(level.station, NIGHT - timedelta(days=364), NIGHT)
    assert told["resolution"] == "day" and 364 <= len(told["series"][0]["points"]) <= 366
    assert told["series"][0]["points"][5][1:] == [2.0, 0, 1.0, 3.0, 1.0]
    told = charts.series(level.station, NIGHT - timedelta(days=30), NIGHT)
    assert told["resolution"] == "hour" and len(told["series"][0]["points"]) == 30 * 24


@pytest.fixture
def signed_in(level):
    user = User.objects.create(username="u")
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get(code="t"))
    client = Client()
    client.force_login(user)
    return client


def test_readings_leave_as_csv_and_excel_with_quality_and_reason(level, signed_in):
    for k, value in enumerate([3.0, 3.1, 9.9]):
        say(value, NIGHT + k * 5 * MIN)
    address = f"/api/v1/stations/{level.station_id}/export"
    span = {"from": (NIGHT - MIN).isoformat(), "to": (NIGHT + HOUR).isoformat()}
    answer = signed_in.get(address, span, headers={"Accept-Language": "en"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"].endswith('.csv"')
    assert len(lines) == 4 and lines[3].startswith("2022-08-19 04:10:00,level,level,m,9.9,")
    book = load_workbook(BytesIO(signed_in.get(address, {**span, "as": "xlsx"}).content))
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 4 and rows[1][4] == 3.0 and rows[1][0] == datetime(2022, 8, 19, 4, 0)
    assert rows[3][5] != rows[1][5] and rows[3][6] and not rows[1][6]
    follow(NIGHT + 2 * HOUR)
    answer = signed_in.get(address, {**span, "from": (NIGHT - HOUR).isoformat(), "resolution": "hour"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 3 and lines[2].startswith("2022-08-19 05:00:00,level,level,m,1,3.1,3.1,3.1,,0.083,1")
    for wrong in ({"from": "yesterday"}, {"resolution": "week"}, {"from": "2020-01-01", "resolution": "raw"}):
        assert signed_in.get(address, {**span, **wrong}).status_code == 400


def test_no_text_in_a_file_is_a_formula():
    assert safe("=1+1") == "'=1+1" and safe("@x") == "'@x" and safe("level") == "level"


def test_the_list_of_tasks_tells_the_reason_and_takes_an_officers_word(level, signed_in):
    for k, value in enumerate([3.0, 3.1, 9.9]):
        say(value, NIGHT + k * 5 * MIN)
    [task] = MaintenanceTask.objects.all()
    text = signed_in.get("/maintenance-tasks/", headers={"Accept-Language": "en"}).content.decode()
    assert "R-1" in text and str(task.pk) in text
    [row] = signed_in.get("/api/v1/maintenance-tasks").json()["results"]
    assert (row["check_name"], row["state"], row["evidence"]["count"]) == ("rate", "open", 1)
    act = {"task": str(task.pk), "act": "overrule"}
    assert signed_in.post("/maintenance-tasks/", act).status_code == 422, "without a reason nothing is done"
    assert signed_in.post("/maintenance-tasks/", {**act, "reason": "seen"}).status_code == 302
    assert signed_in.post("/maintenance-tasks/", {**act, "reason": "seen"}).status_code == 409
    assert signed_in.post(f"/api/v1/maintenance-tasks/{task.pk}/close", {}).status_code == 409
    task.refresh_from_db()
    assert (task.state, task.reason) == ("overruled", "seen")
    told = charts.series(level.station, NIGHT - MIN, NIGHT + HOUR)
    assert [(row[1], row[2]) for row in told["doubts"]["level"]] == [(9.9, Check.OFFICER.name.lower())]
