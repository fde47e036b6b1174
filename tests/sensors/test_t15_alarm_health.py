"""T15: the report of alarm health says what a hand counts in a fixed log, by desk and shift, beside the standards."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from command_center.core.models import Area, Event, Membership, User
from command_center.core.now import now, set_demo_clock
from incidents.models import Incident, IncidentAlarm, IncidentType
from sensors import pages_alarm_health as pages
from sensors.domain import alarm_health as health
from sensors.domain.alarm_health import Fact
from sensors.models import Alarm, AlarmHour, AlarmHourDue, Sensor, Station
from sensors.services import alarm_health
from sensors.services.alarms import acknowledge
from tests.conftest import MIN, actor

DAY = datetime(2022, 8, 17, 16, 0, tzinfo=UTC)  # midnight in the hall, a Thursday
SHIFTS = [(0, 8), (8, 16), (16, 0)]
STALE = timedelta(hours=24)
S = timedelta(seconds=1)


def hall_hour(at):
    return (at.hour + 8) % 24


# --- the pure figures -----------------------------------------------------------------------------
def fact(minutes, **more):
    at = DAY + minutes * MIN
    return Fact(
        **{"at": at, "raised_at": at, "level": 4, "station": "A", "channel": "depth", "rule": "r"} | more
    )


def hours_of(facts):
    starts = {one.at.replace(minute=0, second=0, microsecond=0) for one in facts}
    return {
        hour: health.told([one for one in facts if hour - MIN <= one.at < hour + health.HOUR], hour, STALE)
        for hour in starts
    }


def report_of(facts, minutes=1440, shifts=SHIFTS):
    return health.reports(hours_of(facts), DAY, DAY + minutes * MIN, hall_hour, shifts)


def test_rates_peak_and_flood_are_those_counted_by_hand():
    """Twelve alarms, one a minute, from 9:00: more than ten are in the window from its eleventh minute on, and fewer than
    five when all but four have left it."""
    whole, night, day, late = report_of([fact(540 + n, station=f"S{n}") for n in range(12)])
    assert (whole.alarms, day.alarms, night.alarms, late.alarms) == (12, 12, 0, 0)
    assert whole.average == pytest.approx(12 / 144) and day.average == pytest.approx(12 / 48)
    assert (whole.peak, whole.peak_at) == (10, DAY + 550 * MIN)
    assert whole.flood_minutes == 0  # ten in ten minutes are no flood yet

    # Two of them come in one minute: eleven within ten minutes, in the windows that end with 9:09 and 9:10. It stays a
    # flood while five are left: the windows of 9:11 (10) … 9:16 (5); that of 9:17 holds four.
    whole, _night, day, _late = report_of([fact(540 + n, station=f"S{n}") for n in range(12)] + [fact(545)])
    assert (whole.peak, whole.peak_at) == (11, DAY + 550 * MIN)
    assert whole.flood_minutes == day.flood_minutes == 8
    assert day.flood == pytest.approx(8 / 480)


def test_floods_are_told_with_begin_and_end_and_over_the_edge_of_the_span():
    facts = [fact(540 + n) for n in range(12)] + [fact(545)]
    hours = hours_of(facts)
    begin, end = DAY + 549 * MIN, DAY + 557 * MIN
    assert health.floods(hours, DAY, DAY + health.HOUR * 24) == [(begin, end)]
    storm = hours_of([fact(59 + n / 100) for n in range(12)])
    assert health.floods(storm, DAY + health.HOUR, DAY + 2 * health.HOUR) == [
        (DAY + 59 * MIN, DAY + 69 * MIN)
    ]


def test_a_shift_goes_over_midnight_and_a_hall_may_have_two():
    assert health.shifts((8, 16, 0)) == SHIFTS
    assert health.shifts((8, 20, 20)) == [(8, 20), (20, 8)]
    whole, day, night = report_of([fact(60), fact(600), fact(1300)], shifts=[(8, 20), (20, 8)])
    assert (whole.alarms, day.alarms, night.alarms) == (3, 1, 2)
    assert (whole.minutes, day.minutes, night.minutes) == (1440, 720, 720)


def test_priorities_bad_actors_and_false_ones_are_shares_of_what_rang():
    facts = (
        [fact(n * 30, level=4, station="A") for n in range(4)]
        + [fact(n * 30, level=3, station="B", rule="q") for n in range(3)]
        + [fact(5, level=2, station="C", false=True), fact(6, level=2, station="C", retracted=True)]
        + [fact(7, level=1, station="D", false=True)]
        + [fact(8, rang=False, station="E", level=1), fact(9, rang=False, false=True)]
    )
    whole = report_of(facts)[0]
    assert (whole.alarms, whole.silent, whole.false) == (10, 2, 3)
    assert whole.mix == {"low": 0.7, "medium": 0.2, "high": 0.1}
    assert whole.false_share == 0.3
    assert whole.worst("stations") == [("A", 4), ("B", 3), ("C", 2), ("D", 1)]
    assert whole.worst("rules") == [("r", 7), ("q", 3)]
    many = report_of([fact(n, station=f"S{n:02}") for n in range(20)])[0]
    assert len(many.worst("stations")) == 10 and many.top_share == 0.5


def test_three_within_a_minute_chatter_also_over_an_hours_edge_and_what_was_latched():
    edge = [fact(59.5, station="A"), fact(59.9, station="A"), fact(60.4, station="A")]
    slow = [fact(n * 0.6, station="B") for n in range(3)]  # 36 s apart: two in each minute
    others = [fact(5, station="C", channel=f"p{n}") for n in range(3)]  # three points, once each
    latched = [fact(9, station="D", latched=True)]
    whole = report_of(edge + slow + others + latched)[0]
    assert whole.chattering == {"A|depth|r": 1, "D|depth|r": 1}  # the third of A is known to chatter
    together = [fact(10 + n / 3, station="A") for n in range(3)]
    assert report_of(together)[0].chattering == {"A|depth|r": 3}


def test_what_stood_for_longer_than_a_day_is_stale():
    at = DAY + 5 * MIN
    facts = [fact(5, cleared_at=at + STALE), fact(5, cleared_at=at + STALE + S), fact(5, cleared_at=None)]
    assert report_of(facts)[0].stale == 1  # what is still active is told by its row, at the time of asking


def test_answering_times_are_by_nearest_rank():
    waits = [3, 7, 20, 21, 40, 55, 60, 90, 110, 130]  # the last is kept as 130: tens from two minutes on
    facts = [
        fact(n, answered={"acknowledge": DAY + n * MIN + wait * S, "incident": None})
        for n, wait in enumerate(waits)
    ]
    whole, night, day, _late = report_of(facts)
    assert (whole.answer("acknowledge", 0.5), whole.answer("acknowledge", 0.95)) == (40, 130)
    assert (night.answered("acknowledge"), day.answer("acknowledge", 0.5)) == (10, None)
    assert whole.answer("incident", 0.5) is None
    assert [health.step(s) for s in (0, 0.2, 119.5, 121, 1801, 86401)] == [0, 1, 120, 130, 1860, 90000]


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values, share):
    found = health.percentile(Counter(values), share)
    assert found in values
    assert sum(v <= found for v in values) >= share * len(values) > sum(v < found for v in values)


@given(st.lists(st.integers(0, 12), max_size=90))
def test_sliding_sums_and_floods_are_those_of_their_definition(counts):
    sums = health.sliding(counts)
    assert sums == [sum(counts[max(n - 9, 0) : n + 1]) for n in range(len(counts))]
    for n, flood in enumerate(health.in_flood(sums)):
        since = next((m for m in range(n, -1, -1) if sums[m] > 10 or sums[m] < 5), None)
        assert flood == (since is not None and sums[since] > 10)


def test_each_target_has_a_source_and_tells_what_misses_it():
    rows = {row.target: row for row in pages.TABLE if row.target}
    assert set(rows) == set(health.TARGETS) - {"stale"}
    assert all(target.source for target in health.TARGETS.values())
    assert [pages.well(rows["average"], v) for v in (1.0, 1.1, None)] == [True, False, None]
    assert [pages.well(rows["low"], v) for v in (0.8, 0.79)] == [True, False]
    assert [pages.well(rows["high"], v) for v in (0.05, 0.06)] == [True, False]
    assert [pages.clock(s) for s in (0, 65, 3725, 172_799)] == ["0:00", "1:05", "1:02:05", "47:59:59"]


# --- in the tables --------------------------------------------------------------------------------
@pytest.fixture
def hall(db):
    """A district with a town; the demo's clock stands at the day's noon."""
    root = Area.objects.create(code="dy", path="/dy/", kind="district", name="区", name_en="District")
    Area.objects.create(code="t", path="/dy/t/", kind="town", name="镇", parent=root)
    Area.objects.create(code="c", path="/dy/t/c/", kind="community", name="社区", parent=root)
    set_demo_clock(story=DAY + 12 * health.HOUR, speed=0.0001)
    return root


def place(code, path="/dy/t/c/"):
    station = Station.objects.create(
        code=code, name=code, kind="ponding_site", position=Point(118.6, 37.4, srid=4326), protocol="ea_http",
        area=Area.objects.get(path=path), area_path=path, address=code,
    )  # fmt: skip
    return Sensor.objects.create(station=station, channel="depth", quantity="ponding_depth", name="depth")


def alarm(sensor, minutes, level=4, **more):
    at = DAY + minutes * MIN
    row = {
        "station": sensor.station, "sensor": sensor, "rule": "ponding.depth", "condition": "cleared",
        "level": level, "worst_level": level, "raised_at": at, "level_since": at, "recorded_at": at,
        "cleared_at": at + MIN, "area_path": sensor.station.area_path,
    }  # fmt: skip
    return Alarm.objects.create(**row | more)


def whole(desk="/dy/"):
    day = alarm_health.figures(desk, DAY, DAY + 24 * health.HOUR, DAY + 12 * health.HOUR)
    return day.reports[0]


def signed_in(role="shift_leader", path="/dy/", language="en", name="leader"):
    user = User.objects.create_user(name, password="x")
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path=path))
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(user)
    return client


def test_an_alarm_counts_at_each_desk_above_it_and_hours_follow_what_changes(hall):
    site, far = place("P-01"), place("P-02", "/dy/")
    first = alarm(site, 10, condition="active", cleared_at=None)
    alarm(far, 20)
    alarm_health.follow()
    assert set(AlarmHour.objects.values_list("area_path", flat=True)) == {"/dy/", "/dy/t/"}  # no community
    assert (whole().alarms, whole("/dy/t/").alarms) == (2, 1)
    assert whole().answer("acknowledge", 0.5) is None

    officer = actor(("duty_officer", "/dy/"), name="officer")
    acknowledge([first], by=officer, at=DAY + 10 * MIN + 45 * S)
    for seq, event in enumerate(Event.objects.filter(seq=None).order_by("id"), 1):  # as the relay does
        Event.objects.filter(pk=event.pk).update(seq=seq)
    assert alarm_health.follow() == 1
    assert whole().answer("acknowledge", 0.5) == 45
    assert alarm_health.follow() == 0 and not AlarmHourDue.objects.exists()


def test_what_became_of_the_incident_is_told_and_told_anew_when_it_is_dismissed(hall):
    from incidents.services import outcomes

    rows = [alarm(place(f"P-{n}"), 30 + n) for n in range(4)]
    kind = IncidentType.objects.create(
        slug="ponding-t15", name="内涝", category="natural", join_radius_m=1, join_minutes=1
    )
    at = DAY + 40 * MIN
    incident = Incident.objects.create(
        number="2022-T15", title="内涝", type=kind, level_proposed=4, area=hall, area_path="/dy/", source="sensor",
        reported_by="x", received_at=at, state="confirmed", confirmed_at=at,
    )  # fmt: skip
    IncidentAlarm.objects.create(incident=incident, alarm=rows[0], joined_at=at)
    alarm_health.follow()
    assert (whole().answer("incident", 0.5), whole().false_share) == (600, 0)

    Incident.objects.filter(pk=incident.pk).update(state="dismissed")
    outcomes.changed(str(incident.pk))
    alarm_health.follow()
    assert whole().false_share == 0.25
    behind = alarm_health.alarms_behind("/dy/", DAY, now(), None, "false", "", now())
    assert list(behind) == [rows[0]]


def test_the_page_shows_the_figures_in_both_languages_and_each_opens_its_list(hall):
    site = place("P-01")
    for n in range(11):
        alarm(site, 600 + n / 60, level=2 if n == 0 else 4)
    alarm(place("P-02"), 100, condition="active", cleared_at=None, level=1, raised_at=DAY - 2 * STALE)
    alarm_health.follow()
    client = signed_in()
    query = {"desk": "/dy/t/", "month": "2022-08"}
    page = client.get("/alarm-health/", query)
    assert page.status_code == 200
    table = {row["label"]: [cell["text"] for cell in row["cells"]] for row in page.context["table"]}
    assert table["Alarms that rang"] == ["12", "1", "11", "0"]
    assert table["Most in 10 minutes"] == ["11", "1", "11", "0"]
    assert table["Chattering points"] == ["1", "0", "1", "0"]
    assert table["Stood longer than a day"] == ["1", "1", "0", "0"]
    assert page.context["standing"] == 1
    counted = {
        "Alarms that rang": 12, "Most in 10 minutes": 11, "High priority (red)": 1, "Medium priority (orange)": 1,
        "Low priority (blue, yellow)": 10, "Stood longer than a day": 1,
    }  # fmt: skip
    links = {row["label"]: row["cells"][0]["link"] for row in page.context["table"]}
    links |= {one["rows"][0]["name"]: one["rows"][0]["link"] for one in page.context["worst"]}
    counted |= {"P-01 P-01": 11, "Ponding": 12, "P-01 · depth · Ponding": 11}
    for label, n in counted.items():
        assert client.get(links[label]).context["rows"].paginator.count == n, label
    assert client.get(page.context["standing_link"]).context["rows"].paginator.count == 1
    client.cookies["django_language"] = "zh-hans"
    chinese = client.get("/alarm-health/", query).text
    assert "报警泛滥时间占比" in chinese and "Share of time" not in chinese


def test_the_month_goes_out_as_csv_and_as_excel_with_the_same_figures(hall):
    alarm(place("P-01"), 10)
    alarm_health.follow()
    client = signed_in()
    answer = client.get("/alarm-health/", {"month": "2022-08", "as": "csv"})
    assert 'filename="alarm-health_dy_2022-08.csv"' in answer["Content-Disposition"]
    lines = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0] == ["Figure", "Unit", "Target", "All shifts", "00:00–08:00", "08:00–16:00", "16:00–00:00"]
    assert ["Alarms that rang", "number", "—", "1", "1", "0", "0"] in lines
    book = load_workbook(BytesIO(client.get("/alarm-health/", {"month": "2022-08", "as": "xlsx"}).content))
    sheet = list(book["2022-08"].values)
    assert len(sheet) == len(lines)
    for cells, line in zip(sheet[1:], lines[1:], strict=True):
        assert list(cells[:3]) == line[:3]
        assert list(cells[3:]) == [float(text) if text else None for text in line[3:]]


def test_it_is_the_leaders_and_administrators_page_and_of_their_own_desks(hall):
    assert signed_in("duty_officer", name="officer").get("/alarm-health/").status_code == 403
    town = signed_in("administrator", "/dy/t/")
    assert [area.path for area in town.get("/alarm-health/").context["asked"].desks] == ["/dy/t/"]
    for wrong in ({"desk": "/dy/"}, {"month": "2022-13"}, {"month": "x"}):
        assert town.get("/alarm-health/", wrong).status_code == 404
    assert town.get("/alarm-health/alarms/", {"what": "nonsense"}).status_code == 404


def test_hundreds_of_alarms_more_cost_the_page_no_query_more(hall, django_assert_num_queries):
    site = place("P-01")
    alarm(site, 10)
    alarm_health.follow()
    with django_assert_num_queries(5):  # hours, shifts, limits of floods, the standing limit, what stands
        assert whole().alarms == 1
    Alarm.objects.bulk_create(
        Alarm(
            station=site.station, sensor=site, rule="ponding.depth", condition="cleared", level=4, worst_level=4,
            raised_at=DAY + n * MIN, level_since=DAY, recorded_at=DAY + n * MIN, cleared_at=DAY + n * MIN,
            area_path="/dy/t/c/",
        )
        for n in range(600)
    )  # fmt: skip
    alarm_health.touch(list(Alarm.objects.values_list("pk", flat=True)))
    assert alarm_health.follow() == 10
    with django_assert_num_queries(5):
        assert whole().alarms == 601
