"""Carriers, drivers, sites, areas with rules and waybills of the demo's hazmat vehicles. All invented, numbers of telephones too."""

from datetime import time

from django.contrib.gis.geos import LineString, Polygon

from command_center.core.now import now
from sensors.models import Company, Driver, Geofence, LoadingSite, Station, Trip

_GOODS = {
    "汽油": ("1203", "Petrol"), "柴油": ("1202", "Diesel"), "液化天然气": ("1972", "LNG"), "液化石油气": ("1075", "LPG"),
    "甲醇": ("1230", "Methanol"), "盐酸": ("1789", "Hydrochloric acid"), "液氨": ("1005", "Ammonia"), "原油": ("1267", "Crude oil"),
}  # fmt: skip
_TRIPS = 3  # waybills a vehicle
_SITE_DEG, _FENCE_DEG = 0.0016, 0.0022
_BESIDE_DEG = 0.0045  # some 500 m: off the road, within reach of a detour


def seed(areas):
    """Add what is missing: two sites a route, three areas, and waybills for each vehicle; twice changes nothing."""
    district = areas[""]
    rows = (
        Station.objects.select_related("department")
        .filter(kind="vehicle", code__startswith="HV-")
        .order_by("code")
    )
    vehicles = [row for row in rows if "company_code" in row.facts]
    companies = _companies(vehicles, district)
    drivers = _drivers(vehicles, companies, district)
    sites = _sites(vehicles, district)
    _fences(vehicles, district)
    at = now()
    Trip.objects.bulk_create(
        [
            _trip(vehicle, number, companies, drivers, sites, at)
            for vehicle in vehicles
            for number in range(1, _TRIPS + 1)
        ],
        ignore_conflicts=True,
    )


def _line(vehicle):
    return LineString(vehicle.facts["route"]["coordinates"], srid=4326)


def _companies(vehicles, district):
    names = {row.facts["company_code"]: (row.facts["company"], row.facts["company_en"]) for row in vehicles}
    Company.objects.bulk_create(
        [
            Company(
                code=code, name=zh, name_en=en, licence=f"演示{number:06}", officer_name=f"安全员{number:02}",
                officer_phone=f"0000000{number:04}", area_path=district.path,
            )
            for number, (code, (zh, en)) in enumerate(sorted(names.items()), 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return {row.code: row for row in Company.objects.filter(code__in=names)}


def _drivers(vehicles, companies, district):
    Driver.objects.bulk_create(
        [
            Driver(
                certificate=f"DEMO{vehicle.code}", name=vehicle.facts["driver"], phone=f"0000001{number:04}",
                company=companies[vehicle.facts["company_code"]], area_path=district.path,
            )
            for number, vehicle in enumerate(vehicles, 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return {row.certificate: row for row in Driver.objects.filter(certificate__startswith="DEMOHV-")}


def _box(x, y, half):
    return Polygon.from_bbox((x - half, y - half, x + half, y + half))


def _sites(vehicles, district):
    """One site at each end of the routes; routes that end at one crossing share it."""
    ends = sorted({tuple(_line(vehicle)[end]) for vehicle in vehicles for end in (0, -1)})
    LoadingSite.objects.bulk_create(
        [
            LoadingSite(
                code=f"LS-{number:02}", name=f"危化品装卸点 {number}", name_en=f"Hazmat Site {number}", use="both",
                shape=_box(*end, _SITE_DEG), area=district, area_path=district.path,
            )
            for number, end in enumerate(ends, 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return dict(zip(ends, LoadingSite.objects.filter(code__startswith="LS-").order_by("code"), strict=False))


def _fences(vehicles, district):
    if Geofence.objects.exists():
        return
    lines = [_line(vehicle) for vehicle in vehicles]
    wanted = [
        {"kind": "no_go", "name": "水源保护区", "name_en": "Water Protection Zone"},
        {"kind": "residential", "name": "居民区（夜间）", "name_en": "Housing (at night)", "begins": time(22), "ends": time(6), "only_loaded": True},
        {"kind": "speed", "name": "学校路段", "name_en": "School Road", "limit_kmh": 30, "begins": time(7), "ends": time(8, 30), "weekdays": [0, 1, 2, 3, 4]},
    ]  # fmt: skip
    for number, fence in enumerate(wanted):
        shape = _beside(lines, number)
        Geofence.objects.create(shape=shape, area_path=district.path, **fence)


def _beside(lines, number):
    """A box beside the middle of a route that no route runs through."""
    for line in lines[number * 7 :] + lines:
        middle = line.interpolate_normalized(0.5)
        for x, y in ((0, _BESIDE_DEG), (0, -_BESIDE_DEG), (_BESIDE_DEG, 0), (-_BESIDE_DEG, 0)):
            box = _box(middle.x + x, middle.y + y, _FENCE_DEG)
            if not any(box.intersects(other) for other in lines):
                return box
    return _box(*lines[0].centroid, _FENCE_DEG)


def _trip(vehicle, number, companies, drivers, sites, at):
    line = _line(vehicle)
    goods, _, mass = vehicle.facts["load"].partition(" ")
    un, goods_en = _GOODS[goods]
    first, last = sites[tuple(line[0])], sites[tuple(line[-1])]
    return Trip(
        waybill=f"YD-{vehicle.code[3:]}-{number:02}", vehicle=vehicle, company=companies[vehicle.facts["company_code"]],
        driver=drivers[f"DEMO{vehicle.code}"], un_number=un, goods=goods, goods_en=goods_en,
        mass_kg=float(mass.split()[0]) * 1000, from_site=first, to_site=last, route=line,
        corridor_m=vehicle.facts["corridor_m"], made_at=at, made_by="demo", area_path=vehicle.area_path,
        department=vehicle.department,
    )  # fmt: skip
