"""What the catalogues hold before a district edits them: time limits by matter, and needs by kind of incident."""

from dataclasses import dataclass

from .clocks import DAYS, HOURS, MINUTES, Limit
from .ranking import EXPERT, STORE, TEAM, VEHICLE

EXTRA_URGENT, URGENT, ORDINARY = "extra_urgent", "urgent", "ordinary"  # 特急, 加急, 平急


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A row of the time-limit catalogue; a limit of None means that there is no such clock."""

    slug: str
    name: str
    name_en: str
    urgency: str
    sign: Limit | None
    answer: Limit | None
    arrive: Limit | None
    finish: Limit
    returned: Limit  # within which a department may return it
    extension: Limit  # the most by which it may be extended, in all
    basis: str
    pictures: bool = True


def _min(amount: float) -> Limit:
    return Limit(amount, MINUTES)


def _hours(amount: float) -> Limit:
    return Limit(amount, HOURS)


def _days(amount: float) -> Limit:
    return Limit(amount, DAYS)


_OURS = "地区默认值，待本级规定替换"
# fmt: off
MATTERS: tuple[MatterRow, ...] = (
    MatterRow("rescue", "险情抢险处置", "Rescue and danger removal", EXTRA_URGENT,
              _min(15), _min(30), _min(60), _min(240), _min(30), _min(240), _OURS),
    MatterRow("road_ponding", "道路积水处置", "Ponding on a road", URGENT,
              _min(15), _min(30), _min(60), _hours(4), _hours(1), _hours(4),
              "城市管理部件事件处置时限表：道路积水4个紧急工作时（地区默认值）"),
    MatterRow("utility_cut", "水电气热中断", "Water, power, gas or heat cut", URGENT,
              _min(15), _min(60), _min(120), _min(1440), _hours(2), _hours(8), _OURS),
    MatterRow("buried_pipe", "挖断管线处置", "Dug-up pipeline", EXTRA_URGENT,
              _min(15), _min(30), _min(60), _min(480), _min(30), _min(480), _OURS),
    MatterRow("exposed_waste", "暴露垃圾", "Exposed rubbish", ORDINARY,
              _hours(2), _hours(4), None, _days(1), _hours(2), _days(1), "数字城管时限表：暴露垃圾1个工作日（地区默认值）"),
    MatterRow("illegal_building", "违法建设", "Illegal building", ORDINARY,
              _hours(2), _days(1), None, _days(15), _days(2), _days(10), "数字城管时限表：违法建设15个工作日（地区默认值）"),
    MatterRow("hotline", "12345热线诉求", "Hotline request", ORDINARY,
              _hours(2), _days(1), None, _days(5), _days(2), _days(10),
              "山东省政务服务热线办理规定（2020）：5个工作日办结，延期不超过10个工作日，退回不超过2个工作日",
              pictures=False),
    MatterRow("supervision", "督办事项", "Supervision", URGENT,
              _hours(2), _hours(4), None, _days(1), _hours(2), _days(1), _OURS, pictures=False),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class NeedRow:
    """What an incident of ``type`` ("" for any other) asks for; ``quantities`` are those of levels I to IV."""

    type: str
    kind: str
    skill: str
    quantities: tuple[int, int, int, int]


# fmt: off
NEEDS: tuple[NeedRow, ...] = (
    NeedRow("ponding",      VEHICLE, "pump_truck",   (6, 4, 2, 1)),
    NeedRow("ponding",      TEAM,    "drainage",     (4, 3, 2, 1)),
    NeedRow("ponding",      EXPERT,  "drainage",     (2, 1, 1, 0)),
    NeedRow("ponding",      STORE,   "sandbag",      (3000, 1500, 600, 200)),
    NeedRow("ponding",      STORE,   "mobile_pump",  (20, 10, 4, 2)),
    NeedRow("river_flood",  TEAM,    "flood_rescue", (6, 4, 2, 1)),
    NeedRow("river_flood",  VEHICLE, "boat",         (6, 4, 2, 0)),
    NeedRow("river_flood",  EXPERT,  "hydraulics",   (2, 1, 1, 1)),
    NeedRow("river_flood",  STORE,   "sandbag",      (10000, 5000, 2000, 500)),
    NeedRow("river_flood",  STORE,   "geotextile",   (5000, 2000, 500, 0)),
    NeedRow("pump_failure", VEHICLE, "pump_truck",   (4, 3, 2, 1)),
    NeedRow("pump_failure", TEAM,    "electrical",   (2, 2, 1, 1)),
    NeedRow("pump_failure", EXPERT,  "pumps",        (1, 1, 1, 0)),
    NeedRow("pump_failure", STORE,   "generator",    (4, 2, 1, 1)),
    NeedRow("lifeline",     TEAM,    "pipeline",     (4, 3, 2, 1)),
    NeedRow("gas",          TEAM,    "pipeline",     (4, 3, 2, 1)),
    NeedRow("fire",         TEAM,    "fire",         (6, 4, 2, 1)),
    NeedRow("",             TEAM,    "rescue",       (4, 3, 2, 1)),
    NeedRow("",             VEHICLE, "command",      (1, 1, 1, 0)),
)
# fmt: on
