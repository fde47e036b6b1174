"""Gas monitors of the business park and the oilfield, and the fire hosts of larger buildings: 8 and 20, all invented."""

import random

from shapely.geometry import Point

from .planned import Planned

# Chinese, English, town
_PLANTS = (
    ("园区北侧厂界", "Park North Fence", "shangmao"), ("园区化工仓储区", "Park Chemical Storage", "shangmao"),
    ("园区污水处理站", "Park Sewage Works", "shangmao"), ("园区物流装卸区", "Park Loading Yard", "shangmao"),
    ("油田一号联合站", "Oilfield Station 1", "youtian"), ("油田二号联合站", "Oilfield Station 2", "youtian"),
    ("油田天然气处理站", "Oilfield Gas Plant", "youtian"), ("油田采出水处理站", "Oilfield Water Plant", "youtian"),
)  # fmt: skip
_BUILDINGS = (
    ("中心医院门诊楼", "Central Hospital Outpatients", "wenhui"), ("人民商场", "People's Store", "wenhui"),
    ("文汇广场写字楼", "Wenhui Plaza Offices", "wenhui"), ("实验中学教学楼", "Experimental School", "wenhui"),
    ("黄河路购物中心", "Huanghe Road Mall", "huanghelu"), ("南苑养老院", "Nanyuan Care Home", "huanghelu"),
    ("会展中心", "Exhibition Centre", "huanghelu"), ("龙潭公寓", "Longtan Apartments", "shengli"),
    ("胜利影城", "Shengli Cinema", "shengli"), ("锦苑幼儿园", "Jinyuan Kindergarten", "shengli"),
    ("胜利大厦", "Shengli Tower", "shengli"), ("科苑科技楼", "Keyuan Science Building", "shengyuan"),
    ("胜园批发市场", "Shengyuan Wholesale Market", "shengyuan"), ("辛店客运站", "Xindian Coach Station", "xindian"),
    ("辛店物流仓库", "Xindian Warehouse", "xindian"), ("商贸园综合楼", "Business Park Centre", "shangmao"),
    ("商贸园冷链库", "Business Park Cold Store", "shangmao"), ("油田基地礼堂", "Oilfield Hall", "youtian"),
    ("牛庄中心小学", "Niuzhuang Primary School", "niuzhuang"), ("史口卫生院", "Shikou Clinic", "shikou"),
)  # fmt: skip
# kind of part, Chinese, English: of each building these in this order, one a floor
_PARTS = ((42, "走廊感烟探测器", "Corridor smoke detector"), (23, "手动报警按钮", "Manual call point"),
          (31, "厨房感温探测器", "Kitchen heat detector"), (42, "配电间感烟探测器", "Switch room smoke detector"))  # fmt: skip


def plan(geo, seed):
    """The same seed gives the same places, whatever else the district holds."""
    chance = random.Random(seed + 7)
    return [*_gas_monitors(geo, chance), *_fire_hosts(geo, chance)]


def _somewhere(geo, slug, chance):
    _, shape = chance.choice(geo.communities[slug])
    at = shape.representative_point()
    near = Point(at.x + chance.uniform(-0.4, 0.4), at.y + chance.uniform(-0.4, 0.4))
    return near if shape.contains(near) else at


def _gas_monitors(geo, chance):
    for number, (zh, en, slug) in enumerate(_PLANTS, 1):
        yield Planned(
            f"GM-{number:02}", "gas_monitor", f"{zh}气体监测站", f"{en} Gas Monitor", _somewhere(geo, slug, chance),
            "hj212", f"370502GAS{number:015}", "ecology", 120,
            sensors=[
                ("a21028.rtd", "hydrogen_sulphide", "硫化氢", "Hydrogen sulphide", {}),
                ("a21028.flag", "measuring_flag", "硫化氢测量标记", "Hydrogen sulphide flag", {}),
                ("a05002.rtd", "methane", "甲烷", "Methane", {}),
                ("a05002.flag", "measuring_flag", "甲烷测量标记", "Methane flag", {}),
                ("a01007.rtd", "wind_speed", "风速", "Wind speed", {}),
                ("a01008.rtd", "wind_direction", "风向", "Wind direction", {}),
            ],
        )  # fmt: skip


def _fire_hosts(geo, chance):
    for number, (zh, en, slug) in enumerate(_BUILDINGS, 1):
        parts = []
        for place, (kind, part, part_en) in enumerate(_PARTS, 1):
            floor = chance.randint(1, 9)
            facts = {"place": f"{floor}层{part}"}
            parts.append(
                (f"part.1.1.{kind}.{floor}-{place}", "fire_part_state", f"{floor}层{part}",
                 f"{part_en}, floor {floor}", facts)
            )  # fmt: skip
        yield Planned(
            f"FH-{number:02}", "fire_host", f"{zh}消防主机", f"{en} Fire Host", _somewhere(geo, slug, chance),
            "gb26875", f"3705020100{number:02}", "fire", 300,
            facts={"building": zh, "building_en": en},
            sensors=[
                *parts,
                ("part.11.1.91.1-1.pressure_mpa", "water_pressure", "消火栓水压", "Hydrant pressure", {}),
                ("device", "fire_device_state", "用户信息传输装置", "Transmission device", {}),
            ],
        )  # fmt: skip
