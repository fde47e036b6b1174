"""Device types that every district begins with: the equipment of the demo district, ready to be connected.

They become rows of ``DeviceType``, which a district edits and adds to. A fact "$name" of a point is the station's own.
Registers and paths are those of the simulated field; a real controller's come from its manual.
"""

from typing import Any, NamedTuple

Points = tuple[dict[str, Any], ...]


class Template(NamedTuple):
    """Columns of ``DeviceType``. ``facts``: what is asked for each station with its default (None: a number)."""

    slug: str
    name: str
    name_en: str
    protocol: str
    kind: str
    interval_s: int
    points: Points = ()
    config: dict[str, Any] = {}
    facts: dict[str, Any] = {}


def point(channel: str, quantity: str, name: str, name_en: str, **more: Any) -> dict[str, Any]:
    return {"channel": channel, "quantity": quantity, "name": name, "name_en": name_en, **more}


BATTERY = point("battery", "battery", "电源电压", "Battery", lowest=10.5, highest=15)


_REGISTER = {"table", "address", "type", "scale", "unit"}


def _pump(number: int) -> Points:
    """Three registers a pump, from 10 on."""
    at = 10 + 3 * (number - 1)
    facts = {"pump": number, "kind": "$kind", "rated_current_a": "$rated_current_a"}
    register = {"table": "holding", "type": "uint16", "facts": facts}
    return (
        point(f"pump{number}.running", "pump_running", f"{number}#运行", f"Pump {number} running", address=at, **register),
        point(f"pump{number}.fault", "pump_fault", f"{number}#故障", f"Pump {number} fault", address=at + 1, **register),
        point(f"pump{number}.current", "pump_current", f"{number}#电流", f"Pump {number} current", address=at + 2, unit="A",
              scale=0.1, **register),
    )  # fmt: skip


def _pump_station(pumps: int, protocol: str = "modbus") -> Template:
    points: Points = (
        point("forebay_level", "forebay_level", "前池水位", "Forebay level", table="holding", address=0, type="int16", unit="mm"),
        point("screen_head_loss", "screen_head_loss", "格栅前后水位差", "Screen head loss", table="holding", address=1, type="uint16",
              unit="mm"),
    )  # fmt: skip
    for number in range(1, pumps + 1):
        points += _pump(number)
    slug, name = f"pump-station-{pumps}", "Modbus"
    config: dict[str, Any] = {"port": 502, "unit": 1}
    if protocol == "opcua":
        slug, name, config = f"{slug}-opcua", "OPC UA", {"port": 4840, "path": "/"}
        points = tuple(
            {key: value for key, value in one.items() if key not in _REGISTER}
            | {"node": f"ns=2;s={{address}}.{one['channel']}"}
            for one in points
        )
    return Template(
        slug, f"泵站（{pumps} 台泵，{name}）", f"Pump station ({pumps} pumps, {name})", protocol, "pump_station", 60, points, config,
        {"kind": "storm", "start_level_m": None, "stop_level_m": None, "warning_level_m": None, "overflow_level_m": None,
         "rated_current_a": None},
    )  # fmt: skip


# Judged by the hall from a vehicle's places (domain/trips.py).
JUDGED_HERE = (
    ("route.off", "驶出规定走廊", "Outside its corridor"), ("fence.no_go", "驶入禁行区", "In a no-go area"),
    ("fence.residential", "驶入居民区", "In a residential area"), ("fence.speed", "区域超速", "Too fast for the area"),
    ("trip.stopped", "途中停车超时", "Stopped too long"), ("trip.load_outside", "场所外装卸", "Loading outside a site"),
    ("trip.hours", "超出规定时段", "Outside permitted hours"),
)  # fmt: skip
VEHICLE_ALARMS = (
    ("alarm.emergency", "紧急报警", "Emergency button"), ("alarm.overspeed", "超速", "Overspeed"),
    ("alarm.fatigue", "疲劳驾驶", "Fatigue"), ("alarm.off_route", "路线偏离", "Off its route"),
    *JUDGED_HERE, ("alarm.dangerous", "危险预警", "Dangerous driving"),
    ("alarm.collision", "碰撞", "Collision"), ("alarm.rollover", "侧翻", "Rollover"),
    ("dsm.fatigue", "驾驶员疲劳", "Driver fatigue"), ("dsm.distraction", "驾驶员分神", "Driver distracted"),
    ("dsm.phone", "接打电话", "Telephone at the wheel"), ("dsm.smoking", "抽烟", "Smoking at the wheel"),
    ("dsm.abnormal", "驾驶员异常", "Driver not seen"), ("adas.forward_collision", "前向碰撞", "Collision ahead"),
)  # fmt: skip
CAMERA = {"watches": [], "group": "road"}
PONDING = {"site": "road", "underpass": False, "catchment": ""}
TEMPLATES: tuple[Template, ...] = (
    Template(
        "rain-gauge", "雨量站（SL 651）", "Rain gauge (SL 651)", "sl651", "rain_gauge", 300,
        (point("rain_total", "rain_total", "累计雨量", "Cumulative rain", facts={"wraps_at": 100000.0}),
         point("rain_5min", "rain_5min", "5分钟雨量", "5-minute rain"), BATTERY),
    ),
    Template(
        "stage-gauge", "水位站（SL 651）", "Stage gauge (SL 651)", "sl651", "stage_gauge", 300,
        (point("level", "water_level", "水位", "Water level"), BATTERY),
        facts={"river": "", "base_level_m": None, "warning_level_m": None, "guaranteed_level_m": None, "crest_level_m": None},
    ),
    Template(
        "stage-gauge-427", "水位站（SL/T 427）", "Stage gauge (SL/T 427)", "slt427", "stage_gauge", 300,
        (point("level", "water_level", "水位", "Water level"), BATTERY),
        facts={"river": "", "base_level_m": None, "warning_level_m": None, "guaranteed_level_m": None, "crest_level_m": None},
    ),
    Template(
        "ponding-flood-api", "积水点（HTTP 水情接口）", "Ponding site (flood-monitoring API)", "ea_http", "ponding_site", 300,
        (point("depth", "ponding_depth", "积水深度", "Ponding depth"),), {"port": 80}, PONDING,
    ),
    Template(
        "ponding-json", "积水点（HTTP JSON）", "Ponding site (HTTP JSON)", "http_json", "ponding_site", 300,
        (point("depth", "ponding_depth", "积水深度", "Ponding depth", path="depth", unit="cm"),), {"port": 80}, PONDING,
    ),
    Template(
        "ponding-mqtt", "积水点（MQTT）", "Ponding site (MQTT)", "mqtt", "ponding_site", 300,
        (point("depth", "ponding_depth", "积水深度", "Ponding depth", path="depth", unit="mm"),
         point("battery", "battery", "电源电压", "Battery", path="battery", unit="mV", lowest=3, highest=15)),
        {"port": 1883, "topic": "drainage/{address}/up", "tls": False, "at": "time"}, PONDING,
    ),
    _pump_station(3),
    _pump_station(4),
    _pump_station(3, "opcua"),
    Template(
        "gas-monitor", "气体监测站（HJ 212）", "Gas monitor (HJ 212)", "hj212", "gas_monitor", 120,
        (point("a21028.rtd", "hydrogen_sulphide", "硫化氢", "Hydrogen sulphide"),
         point("a21028.flag", "measuring_flag", "硫化氢测量标记", "Hydrogen sulphide flag"),
         point("a05002.rtd", "methane", "甲烷", "Methane"),
         point("a05002.flag", "measuring_flag", "甲烷测量标记", "Methane flag"),
         point("a01007.rtd", "wind_speed", "风速", "Wind speed"),
         point("a01008.rtd", "wind_direction", "风向", "Wind direction")),
    ),
    Template(  # its parts are a building's own: they become points when they are first spoken of
        "fire-host", "消防主机（GB/T 26875）", "Fire host (GB/T 26875)", "gb26875", "fire_host", 300,
        (point("device", "fire_device_state", "用户信息传输装置", "Transmission device"),),
        facts={"building": "", "building_en": ""},
    ),
    Template(
        "vehicle", "危化品车辆（JT/T 808）", "Hazmat vehicle (JT/T 808)", "jt808", "vehicle", 30,
        (point("speed", "vehicle_speed", "车速", "Speed"),
         point("mileage", "mileage", "里程", "Mileage"),
         *(point(channel, "vehicle_alarm", name, name_en) for channel, name, name_en in VEHICLE_ALARMS)),
        facts={"plate": "", "driver": "", "company": "", "load": ""},
    ),
    Template(
        "stage-gauge-sensorthings", "水位站（SensorThings）", "Stage gauge (SensorThings)", "sensorthings", "stage_gauge", 300,
        (point("level", "water_level", "水位", "Water level", observed="Water level"),), {"port": 80},
        {"river": "", "base_level_m": None, "warning_level_m": None, "guaranteed_level_m": None, "crest_level_m": None},
    ),
    Template(
        "stage-gauge-file", "水位站（文件）", "Stage gauge (files)", "file", "stage_gauge", 3600,
        (point("level", "water_level", "水位", "Water level"),),
        facts={"river": "", "base_level_m": None, "warning_level_m": None, "guaranteed_level_m": None, "crest_level_m": None},
    ),
    Template(
        "rain-gauge-file", "雨量站（文件）", "Rain gauge (files)", "file", "rain_gauge", 3600,
        (point("rain_5min", "rain_5min", "5分钟雨量", "5-minute rain"),),
    ),
    Template(
        "lookout-mqtt", "高空瞭望火点（MQTT）", "High lookout, fire spots (MQTT)", "mqtt", "camera", 300,
        (point("bearing", "fire_bearing", "火点方位角", "Bearing", path="bearing"),
         point("elevation", "fire_elevation", "火点仰角", "Elevation", path="elevation"),
         point("range", "fire_range", "火点距离", "Distance", path="range"),
         point("lon", "fire_longitude", "火点经度", "Longitude", path="lon"),
         point("lat", "fire_latitude", "火点纬度", "Latitude", path="lat")),
        {"port": 1883, "topic": "lookouts/{address}/fire", "tls": False, "at": "time"},
    ),
    Template("camera-rtsp", "摄像机（RTSP）", "Camera (RTSP)", "rtsp", "camera", 60, (), {"port": 554}, CAMERA),
    Template("camera-mjpeg", "摄像机（MJPEG）", "Camera (MJPEG)", "mjpeg", "camera", 60, (), {"port": 80}, CAMERA),
    Template("camera-hls", "摄像机（HLS）", "Camera (HLS)", "hls", "camera", 60, (), {"port": 80}, CAMERA),
    Template("camera-onvif", "摄像机（ONVIF）", "Camera (ONVIF)", "onvif", "camera", 60, (),
             {"port": 80, "path": "/onvif/device_service", "profile": ""}, CAMERA),
    # Less often: for each look the gateway asks the camera for a stream of its own.
    Template("camera-gb28181", "摄像机（GB/T 28181，WVP 网关）", "Camera (GB/T 28181 through WVP)", "gb28181", "camera", 300, (),
             {"port": 18080}, CAMERA),
    Template("camera-zlm", "摄像机（ZLMediaKit 网关）", "Camera (ZLMediaKit)", "zlm", "camera", 60, (), {"port": 80}, CAMERA),
)  # fmt: skip
