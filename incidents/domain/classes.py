"""Classes and sub-classes of incidents (handbook 3.1): our slug, the map symbol of GB/T 35649, the national code.

The rows are the defaults of the catalogue ``IncidentType``, which a district edits. A code ends where the
handbook's does: three characters name a sub-class, five an item; "" means that the standard has none.
"""

from dataclasses import dataclass

NATURAL, ACCIDENT, HEALTH, SOCIAL = "natural", "accident", "health", "social"


@dataclass(frozen=True, slots=True)
class Kind:
    """``lead`` is the code of the department that usually leads. Alarms of ``rules`` within ``join_radius_m`` and
    ``join_minutes`` of one another are one incident. Radii: 250 m where people report one place, more where water
    spreads or smoke drifts."""

    slug: str
    category: str
    symbol: str
    national_code: str
    name: str
    name_en: str
    lead: str
    join_radius_m: int = 250
    join_minutes: int = 60
    rules: tuple[str, ...] = ()


PUMP_RULES = ("pump.should_run", "pump.dry_run", "pump.overload", "pump.blocked_screen", "pump.fault")

GAS_RULES = ("gas.level", "gas.over_range")

VEHICLE_RULES = ("vehicle.accident", "vehicle.emergency")

# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("river_flood", NATURAL, "A10100", "11A01", "洪水", "River flood", "water", 3000, 360, ("river.level",)),
    Kind("ponding", NATURAL, "A10100", "11A02", "内涝", "Urban ponding", "housing", 1500, 60, ("ponding.depth",)),
    Kind("reservoir", NATURAL, "A10100", "11A03", "水库险情", "Reservoir danger", "water", 1000, 360),
    Kind("dike", NATURAL, "A10100", "11A04", "堤防险情", "Dike danger", "water", 1000, 360),
    Kind("water_shortage", NATURAL, "A10100", "11A53", "城镇缺水", "Urban water shortage", "water", 1000, 360),
    Kind("weather", NATURAL, "A10200", "11B", "气象灾害", "Meteorological disaster", "meteorology", 3000, 180),
    Kind("earthquake", NATURAL, "A10300", "11C02", "地震灾害", "Earthquake", "emergency", 20000, 360),
    Kind("landslide", NATURAL, "A10400", "11D01", "滑坡", "Landslide", "emergency", 500, 180),
    Kind("subsidence", NATURAL, "A10400", "11D04", "地面塌陷", "Ground collapse", "housing"),
    Kind("storm_surge", NATURAL, "A10500", "11E02", "风暴潮", "Storm surge", "flood_office", 5000, 360),
    Kind("pests", NATURAL, "", "11F", "生物灾害", "Biological disaster", "urban", 1000, 1440),
    Kind("forest_fire", NATURAL, "A10600", "11G", "森林火灾", "Forest fire", "fire", 1000, 180),
    Kind("construction", ACCIDENT, "A20300", "12C01", "房屋市政施工事故", "Construction accident", "housing"),
    Kind("hazmat_explosion", ACCIDENT, "A20400", "12D01", "危险化学品爆炸", "Hazmat explosion", "emergency", 500),
    Kind("hazmat_leak", ACCIDENT, "A20400", "12D02", "危险化学品泄漏", "Hazmat leak", "emergency", 500, 60, GAS_RULES),
    Kind("fireworks", ACCIDENT, "A20500", "12E", "烟花爆竹事故", "Fireworks accident", "emergency"),
    Kind("fire", ACCIDENT, "A20600", "12G", "火灾事故", "Fire", "fire", 300, 60, ("fire.alarm",)),
    Kind("high_rise_fire", ACCIDENT, "A20600", "12G04", "高层建筑火灾", "High-rise fire", "fire", 300),
    Kind("traffic", ACCIDENT, "A20700", "12H", "道路交通事故", "Road traffic accident", "traffic_police", 500, 60, VEHICLE_RULES),
    Kind("water_traffic", ACCIDENT, "A20800", "12J", "水上交通事故", "Waterway accident", "transport", 500),
    Kind("special_equipment", ACCIDENT, "A21200", "12N", "特种设备事故", "Special equipment accident", "emergency"),
    Kind("lift", ACCIDENT, "A21200", "12N04", "电梯事故", "Lift accident", "emergency", 100),
    Kind("pump_failure", ACCIDENT, "A21300", "12P07", "泵站故障", "Pump failure", "water", 500, 180, PUMP_RULES),
    Kind("power", ACCIDENT, "A21300", "12P08", "电力设施事故", "Power failure", "emergency", 1000, 120),
    Kind("gas", ACCIDENT, "A21300", "12P09", "油气设施事故", "Gas or oil facility accident", "housing", 300),
    Kind("telecom", ACCIDENT, "A21300", "12P10", "通讯设施事故", "Telecom failure", "data", 1000, 120),
    Kind("lifeline", ACCIDENT, "A21300", "12P12", "城市生命线事故", "Urban lifeline accident", "housing", 500),
    Kind("collapse", ACCIDENT, "A21300", "12P13", "建筑垮塌", "Building collapse", "housing"),
    Kind("water_pollution", ACCIDENT, "A21400", "12Q01", "水环境污染", "Water pollution", "ecology", 2000, 360),
    Kind("air_pollution", ACCIDENT, "A21400", "12Q02", "空气污染", "Air pollution", "ecology", 2000, 180),
    Kind("stampede", ACCIDENT, "A21600", "12S", "踩踏事件", "Stampede", "police"),
    Kind("nuclear", ACCIDENT, "", "12T", "核与辐射事故", "Nuclear or radiation accident", "ecology", 5000, 360),
    Kind("energy", ACCIDENT, "", "12U", "能源供应中断", "Energy supply failure", "emergency", 5000, 360),
    Kind("infectious", HEALTH, "A30100", "13A", "传染病疫情", "Infectious disease", "health", 2000, 1440),
    Kind("food", HEALTH, "A30200", "13B03", "食品安全事件", "Food safety", "health", 500, 1440),
    Kind("poisoning", HEALTH, "A30300", "13C", "群体性中毒感染", "Mass poisoning", "health", 500, 720),
    Kind("animal_epidemic", HEALTH, "A30400", "13E", "动物疫情", "Animal epidemic", "health", 3000, 1440),
    Kind("finance", SOCIAL, "A40100", "14", "金融突发事件", "Financial incident", "police", 500, 720),
    Kind("information", SOCIAL, "A40200", "14", "信息安全事件", "Information security", "data", 500, 720),
    Kind("terror", SOCIAL, "A40300", "14", "恐怖袭击", "Terrorist attack", "police", 1000),
    Kind("gathering", SOCIAL, "A40500", "14", "大规模集会", "Mass gathering", "police", 500, 180),
)
# fmt: on
