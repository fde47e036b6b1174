"""Layouts of files that every district begins with; they become rows of ``FileLayout``, which a district edits and adds to."""

from typing import Any, NamedTuple

TIME = "时间|time|观测时间|time_utc|datetime"
STATION = "站码|station|测站编码|站号"


class Shipped(NamedTuple):
    slug: str
    name: str
    name_en: str
    layout: dict[str, Any]


LAYOUTS: tuple[Shipped, ...] = (
    Shipped(
        "one-value-a-row", "每行一个值（时间、站码、测点、数值）", "One value a row (time, station, point, value)",
        {"time": TIME, "station": {"column": STATION},
         "long": {"channel": "测点|point|channel|监测项", "value": "数值|value|值"}},
    ),
    Shipped(
        "stage-table", "水位表（时间、站码、水位）", "Stage table (time, station, level)",
        {"time": TIME, "station": {"column": STATION},
         "values": [{"column": "水位(m)|水位|level_m|level", "channel": "level", "unit": "m"}]},
    ),
    Shipped(
        "rain-by-station", "雨量表（每站一列）", "Rain table (a column for each station)",
        {"time": TIME, "station": {"heads": True}, "value": {"channel": "rain_5min", "unit": "mm"}},
    ),
    Shipped(
        "exported", "本系统导出的数据", "As this system exports it",
        {"time": "时间|Time", "station": {"file": r"^(.+)_\d{12}_\d{12}"},
         "long": {"channel": "通道|Channel", "value": "数值|Value", "unit": "单位|Unit"}},
    ),
)  # fmt: skip
