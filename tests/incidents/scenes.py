"""A small district with outlines, stations and alarms as the engine would leave them."""

from datetime import timedelta

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from command_center.core.events import Happening
from command_center.core.models import Area, Department
from incidents import subscribers
from incidents.models import Incident
from sensors.models import Alarm, Station
from tests.conftest import MIN, NOON

LON, LAT = 118.5, 37.45
EAST_M, NORTH_M = 1 / 88_270, 1 / 111_195  # degrees a metre, here
RULE_KIND = {
    "ponding.depth": "ponding_site",
    "river.level": "stage_gauge",
    "pump.should_run": "pump_station",
    "vehicle.accident": "vehicle",
}


def point(east_m=0.0, north_m=0.0):
    return Point(LON + east_m * EAST_M, LAT + north_m * NORTH_M, srid=4326)


def lonlat(east_m=0.0, north_m=0.0):
    where = point(east_m, north_m)
    return (where.x, where.y)


def _square(west, south, east, north):
    (a, b), (c, d) = lonlat(west, south), lonlat(east, north)
    return MultiPolygon(Polygon.from_bbox((a, b, c, d)), srid=4326)


def district():
    """/dy/ (40 km), its west /dy/west/ and its east /dy/east/; the departments that usually lead."""
    root = Area.objects.create(
        code="dy", name="区", kind="district", path="/dy/", outline=_square(-20e3, -20e3, 20e3, 20e3)
    )
    for name, west, east in (("west", -20e3, 0.5), ("east", 0.5, 20e3)):
        Area.objects.create(
            code=name, name=name, kind="town", path=f"/dy/{name}/", parent=root,
            outline=_square(west, -20e3, east, 20e3),
        )  # fmt: skip
    return {
        code: Department.objects.create(code=code, name=code)
        for code in ("housing", "water", "fire", "emergency")
    }


def station(east_m=0.0, north_m=0.0, rule="ponding.depth", **facts):
    n = Station.objects.count()
    path = "/dy/east/" if east_m >= 0.5 else "/dy/west/"
    return Station.objects.create(
        code=f"S-{n}", name=f"站{n}", kind=RULE_KIND.get(rule, rule), position=point(east_m, north_m),
        area=Area.objects.get(path=path), area_path=path, protocol="ea_http", address=f"a{n}", facts=facts,
    )  # fmt: skip


def alarm(east_m=0.0, north_m=0.0, *, level=2, minute=0, rule="ponding.depth", at=None, **given):
    """An alarm of a new station (or ``at`` a known one), active since ``minute`` after noon."""
    facts = given.pop("facts", {})
    where = at or station(east_m, north_m, rule, **facts)
    since = NOON + minute * MIN
    return Alarm.objects.create(
        station=where, rule=rule, level=level, worst_level=given.pop("worst_level", level), raised_at=since,
        level_since=since, recorded_at=since, area_path=where.area_path, department=where.department, **given,
    )  # fmt: skip


def tell(one, kind="alarm.raised", minute=None, rang=True):
    """Deliver the event as the relay would."""
    at = NOON + (timedelta(minutes=minute) if minute is not None else one.raised_at - NOON)
    data = {"station": str(one.station_id), "level": one.level, "rang": rang}
    subscribers.find_its_incident(
        Happening(1, kind, one._meta.label_lower, str(one.pk), one.area_path, at, data)
    )


def told(*args, **given):
    one = alarm(*args, **given)
    tell(one)
    return one


def members():
    """{incident number: {alarm ids}} of what stands."""
    return {
        row.number: {link.alarm_id for link in row.links.all() if link.left_at is None}
        for row in Incident.objects.prefetch_related("links")
    }
