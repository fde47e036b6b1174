"""Thirty tankers and lorries with dangerous goods, their companies and the routes they may take. All invented."""

import random

from shapely.geometry import LineString, Point
from shapely.ops import substring

from sensors.domain.templates import JUDGED_HERE

from . import geography
from .planned import Planned

COUNT = 30
# Chinese, English
_LOADS = (
    ("汽油 28 t", "Petrol, 28 t"), ("柴油 30 t", "Diesel, 30 t"), ("液化天然气 20 t", "LNG, 20 t"),
    ("液化石油气 22 t", "LPG, 22 t"), ("甲醇 26 t", "Methanol, 26 t"), ("盐酸 24 t", "Hydrochloric acid, 24 t"),
    ("液氨 18 t", "Ammonia, 18 t"), ("原油 32 t", "Crude oil, 32 t"),
)  # fmt: skip
_COMPANIES = (
    ("鲁海危货运输公司", "Luhai Hazmat Haulage"), ("河口石化物流公司", "Hekou Petrochemical Logistics"),
    ("东津油品配送公司", "Dongjin Fuel Delivery"), ("安途气体运输公司", "Antu Gas Transport"),
)  # fmt: skip
_ALARMS = (
    ("alarm.emergency", "紧急报警", "Emergency button"), ("alarm.overspeed", "超速报警", "Overspeed"),
    ("alarm.fatigue", "疲劳驾驶报警", "Fatigue"), ("alarm.collision", "碰撞报警", "Collision"),
    ("alarm.rollover", "侧翻报警", "Rollover"), ("alarm.off_route", "路线偏离报警", "Off route"),
    *JUDGED_HERE, ("dsm.fatigue", "疲劳驾驶（视频识别）", "Fatigue seen by camera"),
    ("dsm.phone", "接打电话（视频识别）", "Telephone seen by camera"),
    ("dsm.smoking", "抽烟（视频识别）", "Smoking seen by camera"),
    ("dsm.distraction", "分神驾驶（视频识别）", "Distraction seen by camera"),
    ("dsm.abnormal", "未见驾驶员（视频识别）", "Driver not seen by camera"),
    ("adas.forward_collision", "前向碰撞预警", "Forward collision warning"),
)  # fmt: skip
_BEND_KM = 0.05
CORRIDOR_M = 200


def plan(geo, seed):
    """The same seed gives the same vehicles. A route follows two named roads and turns where they cross."""
    chance = random.Random(seed + 8)
    crossings = sorted(geo.crossings(), key=lambda one: (one[0], one[1]))
    at = {(ew, ns): point for ew, ns, point in crossings}
    for number in range(1, COUNT + 1):
        route = None
        while route is None:
            (ew, ns, first), (other, turn, _) = chance.sample(crossings, 2)
            if ew != other and ns != turn and (ew, turn) in at and (other, turn) in at:
                route = _route(geo, (ew, first, at[ew, turn]), (turn, at[ew, turn], at[other, turn]))
        load, load_en = chance.choice(_LOADS)
        company, company_en = _COMPANIES[number % len(_COMPANIES)]
        plate = f"演E{number:04}"  # no plate begins like this: nobody's number
        yield Planned(
            f"HV-{number:02}", "vehicle", f"危化品车 {plate}", f"Hazmat Vehicle {number}", Point(route.coords[0]),
            "jt808", f"0100008080{number:02}", "transport", 300, place=company,
            facts={
                "plate": plate, "load": load, "load_en": load_en, "company": company, "company_en": company_en,
                "company_code": f"HC-{number % len(_COMPANIES) + 1}",
                "driver": f"驾驶员 {number:02}", "driver_en": f"Driver {number:02}", "corridor_m": CORRIDOR_M,
                "route": {
                    "type": "LineString",
                    "coordinates": [[round(x, 5), round(y, 5)] for x, y in geography.lonlat(route).coords],
                },
            },
            sensors=[
                ("speed", "vehicle_speed", "车速", "Speed", {}),
                *((channel, "vehicle_alarm", zh, en, {}) for channel, zh, en in _ALARMS),
            ],
        )  # fmt: skip


def _route(geo, *legs):
    """One line over (road, from, to) legs; None where it is too short to be a trip."""
    points = []
    for road, start, end in legs:
        line = geo.roads[road]
        line = max(getattr(line, "geoms", [line]), key=lambda part: part.length)
        part = substring(line, line.project(start), line.project(end)).simplify(_BEND_KM)
        points += [xy for xy in part.coords if not points or xy != points[-1]]
    route = LineString(points)
    return route if route.length > 4 else None
