"""The stations of the demo district: 12 rain gauges, 6 river gauges, 56 ponding points, 105 pumps, 16 cameras;
beside them the gas monitors and fire hosts of ``hazards`` and the ``vehicles``.

Places are invented but plausible; addresses, levels and rated currents are generated from the same seed.
Everything listens on, or dials from, this machine's loopback network (127.10.0.0/16).
"""

import random

from shapely.geometry import Point

from . import hazards, names, vehicles
from .planned import Planned

BY_MQTT = 4  # the last of the ponding points: battery-driven boxes that publish at a broker
MQTT_POINTS = [
    {"channel": "depth", "quantity": "ponding_depth", "path": "depth", "unit": "mm"},
    {"channel": "battery", "quantity": "battery", "path": "battery", "unit": "mV"},
]
ONVIF, HLS, WVP, ZLM = "onvif", "hls", "gb28181", "zlm"
# By the number of the camera; the others are RTSP and MJPEG in turn.
CAMERA_PROTOCOLS = {5: WVP, 8: HLS, 10: WVP, 11: ONVIF, 12: HLS, 13: ONVIF, 14: WVP, 16: ZLM}
PLATFORM = "37050200002000000001"  # an invented video platform of GB/T 28181


def plan(geo, seed=370502, port=8550):
    """All stations for ``geo`` (see geography.py); the same seed gives the same stations.

    The simulated equipment listens on five ports from ``port`` on, so that two fields may run side by side.
    """
    chance = random.Random(seed + 1)
    ports = {protocol: port + n for n, protocol in enumerate(("modbus", "ea_http", "rtsp", "mjpeg", "mqtt"))}
    ports |= dict.fromkeys((HLS, ONVIF, WVP, ZLM), ports["mjpeg"])  # at hosts of their own
    ponding = _ponding(geo, chance)
    pumps = _pump_stations(geo, chance)
    planned = [*_rain(geo, chance), *_rivers(geo, chance), *ponding, *pumps, *_cameras(ponding, pumps)]
    planned += hazards.plan(geo, seed)
    planned += vehicles.plan(geo, seed)
    for station in planned:
        if station.protocol in ports:
            station.config["port"] = ports[station.protocol]
    return planned


def _rain(geo, chance):
    english = {slug: en.split(" ")[0] for slug, _, _, en, _, _, _ in names.TOWNS}
    english |= {
        "huanghelu": "Huanghe Road",
        "shangmao": "Business Park",
        "youtian": "Oilfield",
    }
    spots = [(names.SHORT[slug], english[slug], geo.towns[slug]) for slug in names.SHORT]
    spots += [("植物园", "Botanical Garden", Point(6.6, -3.0).buffer(0.6)), ("广利港", "Guangli Port", geo.towns["niuzhuang"].buffer(-1.6))]  # fmt: skip
    for number, (zh, en, shape) in enumerate(spots, 1):
        centre = shape.representative_point()
        at = Point(centre.x + chance.uniform(-0.6, 0.6), centre.y + chance.uniform(-0.6, 0.6))
        yield Planned(
            f"RG-{number:02}", "rain_gauge", f"{zh}雨量站", f"{en} Rain Gauge", at, "sl651",
            f"00900001{number:02}", "water", 300,
            sensors=[
                ("rain_total", "rain_total", "累计雨量", "Cumulative rain", {"wraps_at": 100000.0}),
                ("rain_5min", "rain_5min", "5分钟雨量", "5-minute rain", {}),
                ("battery", "battery", "电源电压", "Battery", {}),
            ],
        )  # fmt: skip


def _rivers(geo, chance):
    for number, (zh, en, _) in enumerate(names.RIVERS, 1):
        line = geo.rivers[zh]
        line = max(getattr(line, "geoms", [line]), key=lambda part: part.length)
        base = round(chance.uniform(2.4, 3.4), 2)
        warning = round(base + chance.uniform(1.1, 1.5), 2)
        yield Planned(
            f"SG-{number:02}", "stage_gauge", f"{zh}水位站", f"{en} Gauge",
            line.interpolate(chance.uniform(0.42, 0.62), normalized=True), "sl651",
            f"00900002{number:02}", "water", 300,
            facts={"river": zh, "river_en": en, "base_level_m": base, "warning_level_m": warning,
                   "guaranteed_level_m": round(warning + 0.8, 2), "crest_level_m": round(warning + 1.6, 2)},
            sensors=[
                ("level", "water_level", "水位", "Water level", {}),
                ("battery", "battery", "电源电压", "Battery", {}),
            ],
        )  # fmt: skip


def _ponding(geo, chance):
    english = {zh: en for zh, en, _ in (*names.ROADS_NS, *names.ROADS_EW)}
    crossings = sorted(geo.crossings(), key=lambda c: c[2].distance(Point(0, 0)))[:34]
    chance.shuffle(crossings)
    places = []
    for number, (ew, ns, at) in enumerate(crossings[:20]):
        underpass = number < 5
        end, end_en = ("下穿", "Underpass") if underpass else ("路口", "Crossing")
        places.append(
            (
                f"{ns}{ew}{end}",
                f"{english[ns]} & {english[ew]} {end_en}",
                at,
                "road",
                underpass,
            )
        )
    homes = [
        (community, shape.representative_point())
        for slug in (
            "wenhui",
            "huanghelu",
            "shengli",
            "shengyuan",
            "xindian",
            "youtian",
            "shangmao",
            "niuzhuang",
        )
        for community, shape in geo.communities[slug]
    ]
    for community, at in sorted(homes, key=lambda home: home[1].distance(Point(0, 0)))[:36]:
        at = Point(at.x + chance.uniform(-0.3, 0.3), at.y + chance.uniform(-0.3, 0.3))
        places.append((f"{community}小区", f"{names.PINYIN[community]} Estate", at, "home", False))
    planned = []
    for number, (zh, en, at, site, underpass) in enumerate(places, 1):
        code, protocol = f"PD-{number:02}", "ea_http"
        config = {"host": "127.10.2.1", "path": f"/flood-monitoring/id/stations/{code}/measures"}
        sensors = [("depth", "ponding_depth", "积水深度", "Ponding depth", {})]
        if number > len(places) - BY_MQTT:
            protocol, config = (
                "mqtt",
                {"host": "127.10.5.1", "topic": "drainage/{address}/up", "at": "time", "points": MQTT_POINTS},
            )
            sensors.append(("battery", "battery", "电源电压", "Battery", {"lowest": 3, "highest": 15}))
        planned.append(
            Planned(
                code, "ponding_site", zh, en, at, protocol, code, "urban" if site == "road" else "housing", 300,
                config=config,
                facts={"site": site, "underpass": underpass, "catchment": _drains_to(geo, at)},
                sensors=sensors,
            )
        )  # fmt: skip
    return planned


def _drains_to(geo, at):
    """The river that a place drains to: alarms of one catchment are one incident."""
    return min(geo.rivers, key=lambda name: geo.rivers[name].distance(at))


def _pump_stations(geo, chance):
    planned = []
    crossings = sorted(geo.crossings(), key=lambda c: c[2].distance(Point(0, 0)))
    chance.shuffle(crossings)
    counts = [("storm", 4 if n < 6 else 3) for n in range(15)] + [("sewage", 3)] * 18
    for number, (kind, pumps) in enumerate(counts, 1):
        ew, ns, at = crossings[number - 1]
        at = Point(at.x + chance.uniform(0.15, 0.4), at.y + chance.uniform(0.15, 0.4))
        code, word, word_en = f"PS-{number:02}", *(("雨水泵站", "Storm Pump Station"), ("污水泵站", "Sewage Pump Station"))[kind == "sewage"]  # fmt: skip
        floor = round(chance.uniform(-3.2, -1.8), 2)
        planned.append(
            Planned(
                code, "pump_station", f"{ns}{ew}{word}", f"{word_en} {number}", at, "modbus", code, "housing", 60,
                config={"host": f"127.10.1.{number}", "unit": 1, "points": _registers(pumps)},
                facts={"kind": kind, "stop_level_m": round(floor + 0.5, 2), "start_level_m": round(floor + 1.3, 2),
                       "warning_level_m": round(floor + 2.4, 2), "overflow_level_m": round(floor + 3.4, 2)},
                sensors=_pump_sensors(pumps, kind, chance),
            )
        )  # fmt: skip
    return planned


def _registers(pumps):
    """The register map as data: forebay and screen in mm, three registers a pump from 10 on."""

    def point(channel, quantity, address, kind="uint16", scale=1.0):
        return {"channel": channel, "quantity": quantity, "table": "holding", "address": address,
                "type": kind, "scale": scale}  # fmt: skip

    points = [
        point("forebay_level", "forebay_level", 0, "int16", 0.001),
        point("screen_head_loss", "screen_head_loss", 1, "uint16", 0.001),
    ]
    for n in range(1, pumps + 1):
        base = 10 + 3 * (n - 1)
        points += [
            point(f"pump{n}.running", "pump_running", base),
            point(f"pump{n}.fault", "pump_fault", base + 1),
            point(f"pump{n}.current", "pump_current", base + 2, "uint16", 0.1),
        ]
    return points


def _pump_sensors(pumps, kind, chance):
    sensors = [
        ("forebay_level", "forebay_level", "前池水位", "Forebay level", {}),
        (
            "screen_head_loss",
            "screen_head_loss",
            "格栅前后水位差",
            "Screen head loss",
            {},
        ),
    ]
    rated = (
        chance.choice((68.0, 84.0, 103.0, 140.0)) if kind == "storm" else chance.choice((22.0, 30.0, 42.0))
    )
    for n in range(1, pumps + 1):
        facts = {"pump": n, "kind": kind, "rated_current_a": rated}
        sensors += [
            (
                f"pump{n}.running",
                "pump_running",
                f"{n}#运行",
                f"Pump {n} running",
                facts,
            ),
            (f"pump{n}.fault", "pump_fault", f"{n}#故障", f"Pump {n} fault", facts),
            (
                f"pump{n}.current",
                "pump_current",
                f"{n}#电流",
                f"Pump {n} current",
                facts,
            ),
        ]
    return sensors


def _cameras(ponding, pumps):
    """Ten cameras at roads that flood and six at storm pump stations; half by themselves, half by ONVIF, HLS and gateways."""
    watched = [p for p in ponding if p.facts["site"] == "road"][:10] + pumps[:6]
    for number, target in enumerate(watched, 1):
        code = f"CM-{number:02}"
        protocol = CAMERA_PROTOCOLS.get(number, "rtsp" if number % 2 else "mjpeg")
        host, path = {
            HLS: ("127.10.3.2", f"/{code.lower()}/live.m3u8"),
            WVP: ("127.10.3.3", f"/{PLATFORM}/370502000013200000{number:02}"),
            ZLM: ("127.10.3.3", f"/live/{code.lower()}"),
            ONVIF: (f"127.10.3.{100 + number}", "/onvif/device_service"),
        }.get(protocol, ("127.10.3.1", f"/{code.lower()}"))
        yield Planned(
            code, "camera", f"{target.name}视频", f"{target.name_en} Camera",
            Point(target.at.x + 0.05, target.at.y + 0.05), protocol, path[1:] if protocol in (WVP, ZLM) else code, "police", 60,
            config={"host": host, "path": path},
            facts={"watches": [target.code], "group": "road" if target.kind == "ponding_site" else "pump"},
        )  # fmt: skip
