"""A small or full district for tests and benches, shaped like the demo's: no database needed."""

import random

from sensors.simulator.equipment import Equipment, Point

LON, LAT = 118.50, 37.45


def district(
    *,
    gauges: int = 12,
    rivers: int = 6,
    ponds: int = 56,
    storm_stations: tuple[int, ...] = (3,) * 9 + (4,) * 6,
    sewage_stations: tuple[int, ...] = (3,) * 18,
    cameras: int = 16,
    seed: int = 1,
    http_port: int = 8601,
    modbus_port: int = 5020,
    rtsp_port: int = 8554,
    mjpeg_port: int = 8602,
) -> list[Equipment]:
    """Stations at seeded places. A port of 0 lets the system choose (found in the field's ``ports``)."""
    dice = random.Random(seed)

    def place() -> dict[str, float]:
        return {"lon": LON + dice.uniform(-0.12, 0.12), "lat": LAT + dice.uniform(-0.09, 0.09)}

    found = [
        Equipment(
            f"YL{n:02d}", "rain_gauge", "sl651", f"0090000{100 + n:03d}", name=f"雨量站{n}", **place(),
            points=(Point("rain_total", "rain_total", {"wraps_at": 100000.0}), Point("rain_5min", "rain_5min"),
                    Point("battery", "battery")),
        )
        for n in range(1, gauges + 1)
    ]  # fmt: skip
    found += [
        Equipment(
            f"HD{n:02d}", "stage_gauge", "sl651", f"0090000{200 + n:03d}", name=f"水位站{n}", **place(),
            facts={"base_level_m": 3.0, "warning_level_m": 5.2, "guaranteed_level_m": 6.2},
            points=(Point("level", "water_level"), Point("battery", "battery")),
        )
        for n in range(1, rivers + 1)
    ]  # fmt: skip
    for n in range(1, ponds + 1):
        code, site = f"JS{n:02d}", "home" if n % 4 == 0 else "road"
        path = f"/flood-monitoring/id/stations/{code}/measures"
        found.append(
            Equipment(
                code, "ponding_site", "ea_http", code, name=f"积水点{n}", **place(),
                config={"host": "127.10.2.1", "port": http_port, "path": path},
                facts={"site": site, "underpass": n % 9 == 1}, points=(Point("depth", "ponding_depth"),),
            )
        )  # fmt: skip
    houses = [("storm", count) for count in storm_stations] + [("sewage", count) for count in sewage_stations]
    for n, (kind, count) in enumerate(houses, start=1):
        found.append(_pump_station(n, kind, count, modbus_port, place()))
    watched = [one.code for one in found if one.kind == "ponding_site"]
    for n in range(1, cameras + 1):
        code, rtsp = f"SP{n:02d}", n % 2 == 1
        config = {"host": "127.10.3.1", "port": rtsp_port if rtsp else mjpeg_port, "path": f"/{code}"}
        watches = [watched[n * 3 % len(watched)]] if watched else []
        found.append(
            Equipment(
                code, "camera", "rtsp" if rtsp else "mjpeg", code, name=f"摄像机{n}", config=config,
                facts={"watches": watches}, **place(),
            )
        )  # fmt: skip
    return found


def _pump_station(number: int, kind: str, count: int, port: int, place: dict[str, float]) -> Equipment:
    registers = [
        ("forebay_level", "forebay_level", 0, 0.001, {}),
        ("screen_head_loss", "screen_head_loss", 1, 0.001, {}),
    ]
    for pump in range(1, count + 1):
        at, facts = 10 + 3 * (pump - 1), {"pump": pump, "kind": kind, "rated_current_a": 180.0}
        registers += [
            (f"pump{pump}.running", "pump_running", at, 1, facts),
            (f"pump{pump}.fault", "pump_fault", at + 1, 1, facts),
            (f"pump{pump}.current", "pump_current", at + 2, 0.1, facts),
        ]
    points = [
        {
            "channel": channel,
            "quantity": quantity,
            "table": "holding",
            "address": at,
            "type": "int16",
            "scale": scale,
        }
        for channel, quantity, at, scale, _ in registers
    ]
    code = f"{'YB' if kind == 'storm' else 'WB'}{number:02d}"
    return Equipment(
        code, "pump_station", "modbus", code, name=f"泵站{number}", **place,
        config={"host": f"127.10.1.{number}", "port": port, "unit": 1, "points": points},
        facts={"start_level_m": -2.3, "stop_level_m": -3.5, "warning_level_m": -1.3, "overflow_level_m": -0.3,
               "kind": kind},
        points=tuple(Point(channel, quantity, facts) for channel, quantity, _, _, facts in registers),
    )  # fmt: skip
