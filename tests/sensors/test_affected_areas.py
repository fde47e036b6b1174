"""The sketch of escaped gas over the district: whose wind, what is inside, and only while gas is in alarm."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from command_center.core.models import Area
from sensors.domain.plume import offset
from sensors.models import Alarm, LatestValue, Premises, Station
from sensors.services.affected import areas
from tests.conftest import actor
from tests.sensors.ingesting import NIGHT, station

pytestmark = pytest.mark.django_db
LON, LAT = 118.6, 37.45
WIND = [("a01007.rtd", "wind_speed"), ("a01008.rtd", "wind_direction")]
SCOPE = actor(("duty_officer", "/dy/")).scope


def blows(sensors, speed, direction, at=NIGHT):
    for sensor, value in zip(sensors.values(), (speed, direction), strict=True):
        LatestValue.objects.update_or_create(
            sensor=sensor, defaults={"value": value, "observed_at": at, "received_at": at, "quality": 0}
        )


def rings(sensors, level=1):
    where = next(iter(sensors.values())).station
    return Alarm.objects.create(
        station=where, rule="gas.level", level=level, worst_level=level, raised_at=NIGHT, level_since=NIGHT,
        recorded_at=NIGHT, area_path="/dy/",
    )  # fmt: skip


def shop(code, bearing, metres, people):
    at = Point(*offset(LON, LAT, bearing, metres), srid=4326)
    Premises.objects.create(
        code=code,
        name=code,
        kind="small_shop",
        position=at,
        area=Area.objects.get(path="/dy/"),
        area_path="/dy/",
        people=people,
    )


@pytest.fixture
def monitor():
    sensors = station("M1", kind=Station.Kind.GAS_MONITOR, protocol="hj212", sensors=WIND)
    box = Polygon.from_bbox((LON - 0.001, LAT - 0.02, LON + 0.02, LAT + 0.02))
    Area.objects.create(
        code="c",
        path="/dy/c/",
        kind="community",
        name="示例社区",
        outline=MultiPolygon(box),
        parent=Area.objects.get(path="/dy/"),
    )
    shop("near", 270, 60, 5)
    shop("downwind", 90, 700, 40)
    shop("downwind-2", 100, 600, None)
    shop("upwind", 270, 700, 400)
    return sensors


def test_with_wind_it_counts_what_lies_downwind_and_what_lies_close(monitor):
    blows(monitor, 2.0, 270.0)
    assert areas(SCOPE, NIGHT) == []
    rings(monitor)
    (area,) = areas(SCOPE, NIGHT)
    assert (area["kind"], area["toward_deg"], area["length_m"], area["cleared_m"]) == (
        "sector",
        90.0,
        1000,
        100,
    )
    assert (area["premises"], area["premises_counted"], area["people"]) == (3, 2, 45)
    assert [one["name"] for one in area["areas"]] == ["示例社区"]


def test_in_calm_air_or_with_an_old_wind_it_counts_all_round(monitor):
    rings(monitor)
    blows(monitor, 0.4, 270.0)
    assert [(one["kind"], one["premises"]) for one in areas(SCOPE, NIGHT)] == [("rings", 4)]
    blows(monitor, 6.0, 270.0, at=NIGHT - timedelta(hours=2))
    (area,) = areas(SCOPE, NIGHT)
    assert (area["kind"], area["wind"]) == ("rings", None)


def test_a_monitor_without_a_vane_takes_the_nearest_one_s_wind(monitor):
    Alarm.objects.all().delete()
    bare = station(
        "M2", kind=Station.Kind.GAS_MONITOR, protocol="hj212", sensors=[("a21028.rtd", "hydrogen_sulphide")]
    )
    rings(bare, level=3)
    blows(monitor, 8.0, 0.0)
    (area,) = areas(SCOPE, NIGHT)
    assert (area["wind"]["of"], area["toward_deg"], area["length_m"]) == ("S-hj212-M1", 180.0, 150)


def test_what_is_set_aside_or_out_of_sight_is_not_drawn(monitor):
    rings(monitor)
    assert areas(actor(("duty_officer", "/elsewhere/")).scope, NIGHT) == []
    Alarm.objects.update(suppressions=[{"cause": "shelved", "until": None, "by": "x"}])
    assert areas(SCOPE, NIGHT) == []
