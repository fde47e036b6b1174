"""What a desk is handed: every open alarm its viewer may see, a station with its last day, and the words for both."""

from datetime import timedelta

import orjson
import pytest
from django.utils import translation

from command_center.core.layers import LAYERS
from sensors import charts
from sensors.models import Alarm
from sensors.services import points
from sensors.states import describe
from tests.conftest import actor
from tests.sensors.ingesting import MIN, NIGHT, station, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_points():
    points.forget()
    yield
    points.forget()


def ponding(address, *depths, start=0):
    if not Alarm._meta.get_field("station").related_model.objects.filter(address=address).exists():
        sensors = [("depth", "ponding_depth")]
        station(address, kind="ponding_site", sensors=sensors, facts={"site": "road"})
    for n, depth_cm in enumerate(depths):
        at = NIGHT + (start + 5 * n) * MIN
        tell(address, [("depth", "ponding_depth", depth_cm, at)], at=at)


def on_the_desk(*grant):
    """The open alarms that a screen of this viewer gets: {column: values}. Their order is the browser's (urgency.js)."""
    return orjson.loads(LAYERS["alarms"].read(actor(grant).scope))


def test_no_age_and_no_number_keeps_an_open_alarm_from_the_desk(django_assert_num_queries):
    ponding("P-00", 46, 46)
    for n in range(1, 8):
        ponding(f"P-{n:02}", 16, 16, start=60 * n)
    with django_assert_num_queries(1):
        shown = on_the_desk("duty_officer", "/dy/")
    by_code = dict(zip(shown["code"], shown["level"], strict=True))
    assert sorted(by_code.values()) == [1, 4, 4, 4, 4, 4, 4, 4]
    assert [code[-4:] for code, level in by_code.items() if level == 1] == ["P-00"]
    assert shown["state"] == ["unacknowledged"] * 8 and shown["condition"] == ["active"] * 8


def test_a_desk_is_handed_only_what_its_viewer_may_see():
    ponding("P-00", 46, 46)
    assert on_the_desk("duty_officer", "/elsewhere/")["id"] == []
    assert on_the_desk("grid_worker", "/dy/")["id"] == []


def test_an_alarm_is_told_in_the_reader_s_language_and_leaves_the_browser_its_parts():
    ponding("P-00", 46.4, 46.4)
    alarm = Alarm.objects.select_related("station").get()
    with translation.override("en"):
        told = describe(alarm)
    assert (told["place"], told["text"], told["level_label"]) == ("站", "Ponding 46 cm", "Red Ⅰ")
    assert told["msgid"] == "Ponding %(value)s cm"
    assert told["params"]["limit"] == 40


def test_a_station_s_series_stand_beside_their_limits(django_assert_max_num_queries):
    ponding("P-00", 3, 16, 46, 46)
    site = Alarm.objects.get().station
    with django_assert_max_num_queries(6):
        board = charts.series(site, NIGHT - MIN, NIGHT + timedelta(hours=1))
    (depth,) = board["series"]
    assert [value for _, value, _ in depth["points"]] == [3, 16, 46, 46]
    assert depth["points"][0][0] == NIGHT.timestamp() * 1000
    assert (depth["unit"], depth["channel"]) == ("cm", "depth")
    assert [(one["value"], one["level"]) for one in board["thresholds"]] == [
        (15, 4),
        (20, 3),
        (27, 2),
        (40, 1),
    ]


def test_a_gauge_s_board_tells_rain_by_five_minutes_and_by_hour():
    gauge = station("0090000101")["rain_5min"].station
    for n in range(13):
        at = NIGHT + n * 5 * MIN
        tell("0090000101", [("rain_5min", "rain_5min", 1.5, at)], at=at)
    rain = charts.series(gauge, NIGHT, NIGHT + timedelta(hours=2))["rain"]
    assert rain[-1][1:3] == [1.5, 18.0]


def test_a_pump_station_s_levels_are_drawn_and_named():
    facts = {"start_level_m": 2.0, "stop_level_m": 0.8, "warning_level_m": 2.6, "overflow_level_m": 3.0}
    sensors = [
        ("forebay_level", "forebay_level"),
        ("pump1.current", "pump_current", {"pump": 1, "rated_current_a": 40.0}),
    ]
    site = station("B-01", kind="pump_station", sensors=sensors, facts=facts)["forebay_level"].station
    with translation.override("en"):
        found = charts.series(site, NIGHT, NIGHT)["thresholds"]
    assert [(one["label"], one["value"]) for one in found] == [
        ("Overflow level", 3.0),
        ("Warning level", 2.6),
        ("Start level", 2.0),
        ("Stop level", 0.8),
        ("Pump overload", 44.0),
    ]
