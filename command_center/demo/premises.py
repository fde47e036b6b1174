"""Buildings with fire hosts and small premises of the demo district, with who answers for them. All invented.

Telephone numbers are of no network: 1990000 and four digits that were counted up; names begin with 示例 or 演示.
"""

import random
from datetime import timedelta

from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry import Point

from command_center.core.now import now
from sensors.models import FirePart, Premises, ResponsiblePerson, Station
from sensors.services import secrets

from . import geography, names

_ROLES = ("safety_manager", "duty_room", "building_chief", "owner")
_SHORT = {
    "safety_manager": "演示消安",
    "duty_room": "演示消控室",
    "building_chief": "演示楼长",
    "owner": "示例业主",
}
# Of the buildings with fire hosts, by their number; what is not named is a key unit.
_BUILDINGS = {10: "small_school", 15: "state_property", 16: "state_property", 17: "state_property", 18: "state_property",
              3: "high_rise", 8: "high_rise", 11: "high_rise", 12: "high_rise"}  # fmt: skip
_NOBODY = (15,)  # nobody has entered whom to call
# kind, Chinese, English, usual number of people
_SMALL = (
    ("small_school", "示例托育点", "Sample Nursery", 45), ("small_clinic", "示例诊所", "Sample Clinic", 20),
    ("small_shop", "示例便利店", "Sample Shop", 15), ("small_restaurant", "示例饭馆", "Sample Eatery", 40),
    ("small_hotel", "示例旅馆", "Sample Inn", 30), ("small_entertainment", "示例歌厅", "Sample Karaoke", 60),
    ("small_internet_cafe", "示例网吧", "Sample Internet Café", 35), ("small_bath", "示例浴室", "Sample Bathhouse", 25),
    ("small_workshop", "示例加工坊", "Sample Workshop", 18),
)  # fmt: skip
_NEAR_PLANTS_KM = 0.6
# What the register tells beside what the simulated hosts say: host, part, state, since how many days, its place.
_OLD = (
    ("FH-02", "part.1.1.42.5-21", 1 << 3, 12, "5层仓储区感烟"), ("FH-05", "part.1.1.42.2-8", 1 << 2, 9, "2层中庭感烟"),
    ("FH-05", "part.12.1.97.1-1", 1 << 3, 31, "地下车库信号阀"), ("FH-09", "part.1.1.31.1-4", 1 << 2, 3, "放映机房感温"),
    ("FH-13", "part.1.1.42.1-30", 1 << 3, 45, "批发大厅东感烟"), ("FH-17", "part.1.1.23.1-2", 1 << 8, 2, "冷库门口手报"),
)  # fmt: skip


def seed(geo, areas, seed=370502):
    """Add what is missing; twice changes nothing."""
    known = set(Premises.objects.values_list("code", flat=True))
    chance = random.Random(seed + 11)
    reporting = Station.objects.select_related("area", "department")
    hosts = {row.code: row for row in reporting.filter(kind="fire_host", code__startswith="FH-")}
    planned = [*_of_hosts(hosts), *_small(geo, areas, reporting, chance)]
    fresh = [one for one in planned if one[0].code not in known]
    Premises.objects.bulk_create([row for row, *_ in fresh])
    ResponsiblePerson.objects.bulk_create(_persons(fresh))
    linked = [(host, row) for row, host, _ in fresh if host is not None]
    for host, row in linked:
        host.premises = row
    Station.objects.bulk_update([host for host, _ in linked], ["premises"])
    _register(hosts)


def _of_hosts(hosts):
    """The building of each fire host."""
    for code, host in sorted(hosts.items()):
        number = int(code.removeprefix("FH-"))
        kind = _BUILDINGS.get(number, "key_unit")
        row = Premises(
            code=f"P-{number:03}", name=host.facts["building"], name_en=host.facts["building_en"], kind=kind,
            address=f"{host.area.name}示例路 {number} 号", position=host.position, area=host.area,
            area_path=host.area_path, department=host.department, people=100 + 37 * number % 900,
        )  # fmt: skip
        yield row, host, () if number in _NOBODY else _ROLES


def _small(geo, areas, reporting, chance):
    """The nine small kinds in every town, and beside the plants: those are counted where gas escapes."""
    number = 100
    for slug, *_ in names.TOWNS:
        for kind, zh, en, people in _SMALL:
            number += 1
            index = chance.randrange(len(geo.communities[slug]))
            _, shape = geo.communities[slug][index]
            at = shape.representative_point()
            near = Point(at.x + chance.uniform(-0.3, 0.3), at.y + chance.uniform(-0.3, 0.3))
            at = near if shape.contains(near) else at
            yield (
                _premises(number, kind, zh, en, people, at, areas[slug, index]),
                None,
                ("safety_manager", "owner"),
            )
    for plant in reporting.filter(kind="gas_monitor", code__startswith="GM-").order_by("code"):
        for kind, zh, en, people in (_SMALL[2], _SMALL[3], _SMALL[8]):
            number += 1
            row = _premises(number, kind, zh, en, people, None, plant.area)
            lon, lat = (
                plant.position[i] + chance.uniform(-1, 1) * _NEAR_PLANTS_KM / (88 if i == 0 else 111)
                for i in (0, 1)
            )
            row.position = GEOSGeometry(f"POINT({lon:.6f} {lat:.6f})", srid=4326)
            yield row, None, ("owner",)


def _premises(number, kind, zh, en, people, at, area):
    return Premises(
        code=f"P-{number:03}", name=f"{zh}{number}", name_en=f"{en} {number}", kind=kind, address=f"{area.name}示例街 {number} 号",
        position=None if at is None else GEOSGeometry(geography.lonlat(at).wkb_hex, srid=4326), area=area,
        area_path=area.path, people=people,
    )  # fmt: skip


def _persons(fresh):
    count = 0
    for row, _, roles in fresh:
        for rank, role in enumerate(_ROLES, 1):
            if role in roles:
                count += 1
                phone = f"1990000{count:04}"
                yield ResponsiblePerson(
                    premises=row,
                    role=role,
                    name=f"{_SHORT[role]}{count:03}",
                    sealed=secrets.seal(phone),
                    rank=rank,
                )


def _register(hosts):
    """Troubles that began before the story: a list by age needs an age."""
    at = now()
    FirePart.objects.bulk_create(
        [
            FirePart(
                station=hosts[code], channel=channel, state=state, text=text,
                since=at - timedelta(days=days), seen_at=at - timedelta(days=days),
            )
            for code, channel, state, days, text in _OLD
            if code in hosts
        ],
        ignore_conflicts=True,
    )  # fmt: skip
