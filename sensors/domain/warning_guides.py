"""What to do when a warning stands (防御指南), in the spirit of CMA Order No. 16 (2007) for the hall of a district.

Advice for people; nothing is done by it. What a bulletin itself instructs stands before it.
"""

# (type, level; 0: every level) → Chinese, English. A sentence a line.
# fmt: off
GUIDES: dict[tuple[str, int], tuple[str, str]] = {
    ("rainstorm", 4): (
        "应急、水利、住建等部门按职责做好防暴雨准备。\n检查城市、农田、鱼塘排水系统，做好排涝准备。\n学校、幼儿园采取措施保证学生和幼儿安全。\n驾驶人注意道路积水和交通阻塞。",
        "Departments prepare for heavy rain within their duties.\nCheck drainage of roads, fields and ponds; get pumps ready.\nSchools see to the safety of children.\nDrivers mind standing water and jams.",
    ),
    ("rainstorm", 3): (
        "交管部门对积水路段实施引导，保障畅通。\n切断低洼地带有危险的室外电源，暂停空旷地方的户外作业。\n转移危险地带人员和危房居民到安全场所。\n检查排水系统，采取必要的排涝措施。",
        "Traffic police guide vehicles round flooded roads.\nCut outdoor power in low places; stop work in the open.\nMove people out of dangerous places and unsafe houses.\nCheck drainage and pump where needed.",
    ),
    ("rainstorm", 2): (
        "有关部门按职责做好防暴雨应急工作。\n切断有危险的室外电源，暂停户外作业。\n处于危险地带的单位应停课、停业，保护已到校学生、幼儿和上班人员的安全。\n做好排涝，注意防范可能引发的滑坡、内涝等灾害。",
        "Departments carry out emergency work against heavy rain.\nCut dangerous outdoor power; stop outdoor work.\nUnits in dangerous places suspend classes and business and keep people safe who are there already.\nDrain, and mind landslides and waterlogging.",
    ),
    ("rainstorm", 1): (
        "有关部门按职责做好防暴雨应急和抢险工作。\n停止集会，停课、停业（特殊行业除外）。\n做好内涝、滑坡等灾害的防御和抢险，地下空间和下穿立交及时封闭、撤人。\n领导和责任人应叫应到人，人员转移先于抢险。",
        "Departments carry out emergency and rescue work.\nStop gatherings, classes and business (special trades excepted).\nDefend against waterlogging and landslides; close underpasses and underground places and bring people out in time.\nCall the responsible persons until they answer; moving people comes before saving things.",
    ),
    ("typhoon", 0): (
        "停止露天集体活动和高空等户外危险作业，相关水域作业和船舶回港避风。\n加固门窗、围板、棚架、广告牌，切断危险的室外电源。\n转移危险地带人员和危房居民，提防强降雨引发的内涝和滑坡。",
        "Stop open-air events and dangerous outdoor work; vessels return to harbour.\nFasten windows, hoardings, scaffolds and signs; cut dangerous outdoor power.\nMove people out of dangerous places; expect waterlogging and landslides from the rain.",
    ),
    ("snowstorm", 0): (
        "交通、电力、通信部门加强道路、线路巡查和除雪除冰。\n减少外出，必要时关闭结冰道路。\n加固棚架等易被雪压的临时搭建物，做好农牧区防雪。",
        "Roads, power and telecoms patrol and clear snow and ice.\nStay in; close icy roads where needed.\nProp up light structures that snow may crush; protect herds and greenhouses.",
    ),
    ("cold_wave", 0): (
        "做好人员、尤其老弱病人的防寒保暖，救助流浪人员。\n农业、水产、畜牧业做好防寒防冻，管网防冻裂。\n注意大风和道路结冰。",
        "Keep people warm, above all the old and the ill; shelter the homeless.\nProtect crops, ponds and herds; keep pipes from bursting.\nMind gales and icy roads.",
    ),
    ("gale", 0): (
        "停止高空、水上等户外危险作业和露天活动。\n加固围板、棚架、广告牌等易被风吹动的物品，切断危险电源。\n远离广告牌、临时搭建物和大树，注意森林、草原防火。",
        "Stop work at heights and on water, and open-air events.\nFasten hoardings, scaffolds and signs; cut dangerous power.\nKeep away from signs, sheds and large trees; mind fires in woods and grassland.",
    ),
    ("sandstorm", 0): (
        "关好门窗，减少户外活动，外出戴口罩。\n机场、高速公路、铁路采取交通安全措施。\n加固易被风吹动的搭建物，注意防火。",
        "Close windows; stay in; wear masks outside.\nAirports, motorways and railways take safety measures.\nFasten light structures; mind fires.",
    ),
    ("heat", 0): (
        "避免午后户外活动，缩短户外连续作业时间。\n对老、弱、病、幼人群给予防暑降温指导，开放避暑场所。\n保障供水供电，注意防范用电过载引发的火灾。",
        "Avoid the open at noon and after; shorten outdoor shifts.\nLook after the old, the ill and children; open cool places.\nSecure water and power; mind fires from overloaded lines.",
    ),
    ("drought", 0): (
        "启用应急备用水源，优先保障生活用水。\n压减用水大户和非生产性用水，限制污水排放。\n适时人工增雨作业。",
        "Open reserve supplies; drinking water comes first.\nCut large and unproductive uses; limit waste water.\nSeed clouds where conditions allow.",
    ),
    ("lightning", 0): (
        "停止户外活动和作业，人员留在室内并关好门窗。\n切断危险电源，不在树下、塔吊下避雨，不使用无防雷装置的电器。\n空旷场地不打伞，不扛高出身体的工具。",
        "Stop outdoor work and events; stay indoors with windows closed.\nCut dangerous power; no shelter under trees and cranes; no appliances without lightning protection.\nIn the open no umbrellas and no tools held above the head.",
    ),
    ("hail", 0): (
        "户外人员到安全处暂避，不在临时建筑物下避雨。\n保护易受冰雹砸坏的车辆、设备和农作物。\n适时人工防雹作业。",
        "People outdoors take cover, not under light structures.\nProtect vehicles, equipment and crops.\nSuppress hail where conditions allow.",
    ),
    ("frost", 0): ("对农作物、林木采取田间灌溉、覆盖等防霜冻措施。", "Irrigate and cover crops and seedlings."),
    ("fog", 0): (
        "加强机场、高速公路、轮渡码头的交通管制，必要时封闭。\n驾驶人控制车速，保持车距，开启雾灯。\n减少户外活动。",
        "Control traffic at airports, motorways and ferries; close them where needed.\nDrivers slow down, keep distance, use fog lamps.\nStay in.",
    ),
    ("haze", 0): ("减少户外活动，敏感人群留在室内。\n驾驶人注意行车安全，排污单位按应急减排要求执行。", "Stay in, above all those at risk.\nDrivers take care; emitters follow the reduction plan."),
    ("road_icing", 0): ("交通部门做好除冰融雪和车辆疏导，必要时封闭道路。\n驾驶人采取防滑措施，慢速行驶；行人防滑。", "De-ice roads and guide traffic; close roads where needed.\nDrivers go slowly with chains or winter tyres; walkers mind their steps."),
    ("thunder_gale", 0): (
        "停止户外活动和作业，人员到坚固建筑物内避险。\n加固围板、棚架、广告牌，切断危险电源。\n防范短时强降水引发的积水内涝。",
        "Stop outdoor work and events; shelter in solid buildings.\nFasten hoardings, scaffolds and signs; cut dangerous power.\nExpect waterlogging from short heavy rain.",
    ),
}
# fmt: on


def guide(type_: str, level: int | None) -> tuple[str, str] | None:
    """(Chinese, English) for a type and level; None where there is none."""
    return GUIDES.get((type_, level or 0)) or GUIDES.get((type_, 0))
