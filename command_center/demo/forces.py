"""Invented teams, vehicles, experts and stores of the demo district, over its own geography. Twice changes nothing."""

import random

from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry import Point

from command_center.core.events import announce_many
from command_center.core.models import User
from command_center.core.now import now
from dispatch.models import Resource, Stock

from . import geography

# fmt: off
# code, name, English, department, town, skills, facts
TEAMS = (
    ("T01", "排水抢险一队", "Drainage Team 1",    "housing",        "wenhui",     ["drainage", "pipeline", "rescue"],  {"people": 18}),
    ("T02", "排水抢险二队", "Drainage Team 2",    "housing",        "shengli",    ["drainage", "pipeline", "rescue"],  {"people": 16}),
    ("T03", "排水抢险三队", "Drainage Team 3",    "housing",        "xindian",    ["drainage", "rescue"],              {"people": 14}),
    ("T04", "市政养护一队", "Municipal Team 1",   "urban",          "huanghelu",  ["drainage", "traffic"],             {"people": 12}),
    ("T05", "市政养护二队", "Municipal Team 2",   "urban",          "shengyuan",  ["drainage", "traffic"],             {"people": 12}),
    ("T06", "水利抢险一队", "Flood Team 1",       "water",          "niuzhuang",  ["flood_rescue", "rescue"],          {"people": 30}),
    ("T07", "水利抢险二队", "Flood Team 2",       "water",          "longju",     ["flood_rescue", "rescue"],          {"people": 26}),
    ("T08", "机电抢修队",   "Electrical Team",    "water",          "youtian",    ["electrical", "pumps"],             {"people": 9}),
    ("T09", "消防一站",     "Fire Station 1",     "fire",           "wenhui",     ["fire", "rescue", "flood_rescue"],  {"people": 22}),
    ("T10", "消防二站",     "Fire Station 2",     "fire",           "shangmao",   ["fire", "rescue", "hazmat"],        {"people": 24}),
    ("T11", "蓝海救援队",   "Blue Sea Rescue",    "emergency",      "shengli",    ["rescue", "flood_rescue"],          {"people": 20}),
    ("T12", "医疗救护队",   "Medical Team",       "health",         "huanghelu",  ["medical"],                         {"people": 8}),
    ("T13", "燃气抢修队",   "Gas Repair Team",    "housing",        "shikou",     ["pipeline"],                        {"people": 10}),
    ("T14", "交通疏导队",   "Traffic Team",       "traffic_police", "huanghelu",  ["traffic"],                         {"people": 15}),
)
VEHICLES = (
    ("V01", "龙吸水一号",   "Pump Truck 1",       "housing",   "wenhui",    ["pump_truck"], {"pump_m3_h": 3000}),
    ("V02", "龙吸水二号",   "Pump Truck 2",       "housing",   "huanghelu", ["pump_truck"], {"pump_m3_h": 3000}),
    ("V03", "龙吸水三号",   "Pump Truck 3",       "housing",   "shengli",   ["pump_truck"], {"pump_m3_h": 1500}),
    ("V04", "龙吸水四号",   "Pump Truck 4",       "water",     "xindian",   ["pump_truck"], {"pump_m3_h": 5000}),
    ("V05", "龙吸水五号",   "Pump Truck 5",       "water",     "shengyuan", ["pump_truck"], {"pump_m3_h": 1500}),
    ("V06", "移动泵车一号", "Mobile Pump 1",      "urban",     "shangmao",  ["pump_truck"], {"pump_m3_h": 800}),
    ("V07", "移动泵车二号", "Mobile Pump 2",      "urban",     "niuzhuang", ["pump_truck"], {"pump_m3_h": 800}),
    ("V08", "冲锋舟一组",   "Boats 1",            "fire",      "wenhui",    ["boat"],       {"boats": 4}),
    ("V09", "冲锋舟二组",   "Boats 2",            "emergency", "niuzhuang", ["boat"],       {"boats": 3}),
    ("V10", "冲锋舟三组",   "Boats 3",            "water",     "longju",    ["boat"],       {"boats": 3}),
    ("V11", "移动指挥车",   "Command Vehicle",    "emergency", "wenhui",    ["command"],    {}),
    ("V12", "应急发电车",   "Generator Truck",    "housing",   "shengli",   ["generator"],  {"power_kw": 400}),
    ("V13", "抢险照明车",   "Lighting Truck",     "emergency", "huanghelu", ["lighting"],   {}),
    ("V14", "管道疏通车",   "Sewer Truck",        "housing",   "shengyuan", ["pipeline", "drainage"], {}),
)
EXPERTS = (
    ("E01", "排水专家一",   "Drainage Expert 1",  "housing",     "wenhui",    ["drainage"],    {}),
    ("E02", "排水专家二",   "Drainage Expert 2",  "housing",     "shengli",   ["drainage"],    {}),
    ("E03", "水工专家",     "Hydraulic Engineer", "water",       "huanghelu", ["hydraulics"],  {}),
    ("E04", "机泵专家",     "Pump Engineer",      "water",       "youtian",   ["pumps"],       {}),
    ("E05", "气象专家",     "Meteorologist",      "meteorology", "wenhui",    ["meteorology"], {}),
    ("E06", "结构专家",     "Structural Engineer","housing",     "shangmao",  ["structures"],  {}),
)
ITEMS = {
    "sandbag": ("沙袋", "Sandbags", "个"), "mobile_pump": ("移动水泵", "Mobile pumps", "台"),
    "generator": ("发电机", "Generators", "台"), "geotextile": ("土工布", "Geotextile", "平方米"),
    "life_jacket": ("救生衣", "Life jackets", "件"),
}
STORES = (
    ("S01", "区防汛物资中心库", "District Flood Store", "flood_office", "wenhui",
     {"sandbag": 12000, "mobile_pump": 60, "generator": 12, "geotextile": 6000, "life_jacket": 800}),
    ("S02", "东城物资库", "East Store", "emergency", "shengli", {"sandbag": 5000, "mobile_pump": 24, "generator": 6, "life_jacket": 300}),
    ("S03", "西城物资库", "West Store", "housing", "shengyuan", {"sandbag": 4000, "mobile_pump": 18, "generator": 4}),
    ("S04", "牛庄物资库", "Niuzhuang Store", "water", "niuzhuang", {"sandbag": 6000, "geotextile": 3000, "life_jacket": 200}),
    ("S05", "龙居黄河物资库", "Longju River Store", "water", "longju", {"sandbag": 8000, "geotextile": 4000, "mobile_pump": 8}),
)
# fmt: on
BOUND = {"responder": "T01"}  # who answers for which unit


def seed(geo, areas, departments):
    """Add what is missing; returns how many resources there are."""
    known, fresh, stock = set(Resource.objects.values_list("code", flat=True)), [], []
    listed = [
        (kind, *row)
        for kind, rows in (("team", TEAMS), ("vehicle", VEHICLES), ("expert", EXPERTS))
        for row in rows
    ]
    listed += [("store", *row[:5], [], {}, row[5]) for row in STORES]
    for number, (kind, code, zh, en, department, town, skills, facts, *held) in enumerate(listed):
        if code in known:
            continue
        chance = random.Random(code)  # each its own, so that one more moves none of the others
        at = _somewhere(geo, town, chance)
        base = GEOSGeometry(geography.lonlat(at).wkb_hex, srid=4326)
        row = Resource(
            code=code, kind=kind, name=zh, name_en=en, skills=skills, facts=facts, base=base, position=base,
            department=departments[department], area_path=areas[geo.community_at(at)].path,
            phone=f"0546-000{number:04}",
        )  # fmt: skip
        fresh.append(row)
        for item, quantity in (held[0] if held else {}).items():
            name, name_en, unit = ITEMS[item]
            stock.append(
                Stock(store=row, item=item, name=name, name_en=name_en, unit=unit, quantity=quantity)
            )
    Resource.objects.bulk_create(fresh)
    Stock.objects.bulk_create(stock)
    at = now()
    announce_many([("resource.changed", row, at, {}) for row in fresh])
    return len(known) + len(fresh)


def bind():
    """People answer for their units, once both are there."""
    for username, code in BOUND.items():
        user = User.objects.filter(username=username).first()
        if user is not None:
            Resource.objects.filter(code=code, user=None).update(user=user)


def _somewhere(geo, town, chance):
    shape = geo.towns[town]
    x0, y0, x1, y1 = shape.bounds
    while True:
        point = Point(chance.uniform(x0, x1), chance.uniform(y0, y1))
        if shape.contains(point):
            return point
