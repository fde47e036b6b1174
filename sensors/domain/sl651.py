"""The tables of SL 651-2014 (hydrology telemetry): functions, station classes, elements, status bits.

Source: SL 651-2014 section 6.6, annexes B and C. The codec that reads and writes frames with them is
``sensors/adapters/sl651.py``. ``LETTERS`` are the identifiers of the ASCII form.
"""

from typing import NamedTuple

# fmt: off
FUNCTIONS = {
    0x2F: "link keep-alive",    0x30: "test report",         0x31: "uniform series report",
    0x32: "timed report",       0x33: "extra report",        0x34: "hour report",
    0x35: "manual report",      0x36: "picture report",      0x37: "query now",
    0x38: "query period",       0x39: "query manual",        0x3A: "query element",
    0x40: "set basic configuration",     0x41: "read basic configuration",
    0x42: "set operating parameters",    0x43: "read operating parameters",
    0x44: "pump motor data",    0x45: "software version",    0x46: "station status",
    0x47: "clear stored data",  0x48: "factory reset",       0x49: "change password",
    0x4A: "set clock",          0x4B: "set IC card state",   0x4C: "pump control",
    0x4D: "valve control",      0x4E: "gate control",        0x4F: "quota control",
    0x50: "event records",      0x51: "read clock",
}

CLASSES = {
    0x50: "rain", 0x48: "river", 0x4B: "reservoir", 0x5A: "gate or dam", 0x44: "pump station", 0x54: "tide",
    0x4D: "soil", 0x47: "groundwater", 0x51: "water quality", 0x49: "intake", 0x4F: "outfall",
}

ENDS = {
    0x03: "ETX", 0x17: "ETB",                                                  # up: no more, more follows
    0x04: "EOT", 0x1B: "ESC", 0x05: "ENQ", 0x06: "ACK", 0x15: "NAK",           # down
}


class Element(NamedTuple):
    """``definition``: the standard's definition byte (high five bits: bytes of data, low three: decimals)."""

    channel: str
    quantity: str
    definition: int


ELEMENTS: dict[int, Element] = {
    0x02: Element("air_temperature", "air_temperature", 0x19),
    0x03: Element("water_temperature", "water_temperature", 0x11),
    0x05: Element("span", "span", 0x1A),
    0x06: Element("evaporation_day", "evaporation", 0x19),
    0x07: Element("evaporation", "evaporation", 0x19),
    0x08: Element("air_pressure", "air_pressure", 0x18),
    0x09: Element("gate_opening", "gate_opening", 0x1A),
    0x0C: Element("gates_open", "gates_open", 0x10),
    0x0E: Element("groundwater_depth", "groundwater_depth", 0x1A),
    0x0F: Element("wave_height", "wave_height", 0x1A),
    **{guide: Element(f"soil_moisture_{depth}cm", "soil_moisture", 0x11)
       for guide, depth in zip(range(0x10, 0x18), (10, 20, 30, 40, 50, 60, 80, 100), strict=True)},
    0x18: Element("humidity", "humidity", 0x11),
    0x19: Element("pumps_running", "pumps_running", 0x08),
    0x1A: Element("rain_1h", "rain_1h", 0x19),
    0x1B: Element("rain_2h", "rain_2h", 0x19),
    0x1C: Element("rain_3h", "rain_3h", 0x19),
    0x1D: Element("rain_6h", "rain_6h", 0x19),
    0x1E: Element("rain_12h", "rain_12h", 0x19),
    0x1F: Element("rain_day", "rain_day", 0x19),
    0x20: Element("rain_today", "rain_today", 0x19),
    0x21: Element("rain_1min", "rain_1min", 0x19),
    0x22: Element("rain_5min", "rain_5min", 0x19),
    0x23: Element("rain_10min", "rain_10min", 0x19),
    0x24: Element("rain_30min", "rain_30min", 0x19),
    0x25: Element("rain_storm", "rain_storm", 0x19),
    0x26: Element("rain_total", "rain_total", 0x19),
    0x27: Element("flow", "water_flow", 0x2B),
    **{0x28 + n: Element(f"flow_{n + 1}", "water_flow", 0x2B) for n in range(8)},
    0x30: Element("flow_out", "water_flow", 0x2B),
    0x34: Element("wind_force", "wind_force", 0x08),
    0x35: Element("wind_speed", "wind_speed", 0x11),
    0x36: Element("velocity_mean", "water_velocity", 0x1B),
    0x37: Element("velocity", "water_velocity", 0x1B),
    0x38: Element("battery", "battery", 0x12),
    0x39: Element("level", "water_level", 0x23),
    0x3A: Element("level_below", "water_level", 0x23),
    0x3B: Element("level_above", "water_level", 0x23),
    **{0x3C + n: Element(f"level_{n + 1}", "water_level", 0x23) for n in range(8)},
    0x70: Element("voltage_a", "phase_voltage", 0x11),
    0x71: Element("voltage_b", "phase_voltage", 0x11),
    0x72: Element("voltage_c", "phase_voltage", 0x11),
    0x73: Element("current_a", "phase_current", 0x11),
    0x74: Element("current_b", "phase_current", 0x11),
    0x75: Element("current_c", "phase_current", 0x11),
}
LETTERS = {
    "AI": 0x02, "C": 0x03, "DT": 0x05, "ED": 0x06, "EJ": 0x07, "FL": 0x08, "GH": 0x09, "GT": 0x0C, "H": 0x0E, "HW": 0x0F,
    **{f"M{depth}": guide for guide, depth in zip(range(0x10, 0x18), (10, 20, 30, 40, 50, 60, 80, 100), strict=True)},
    "MST": 0x18, "NS": 0x19, "P1": 0x1A, "P2": 0x1B, "P3": 0x1C, "P6": 0x1D, "P12": 0x1E, "PD": 0x1F, "PJ": 0x20,
    "PN01": 0x21, "PN05": 0x22, "PN10": 0x23, "PN30": 0x24, "PR": 0x25, "PT": 0x26, "Q": 0x27,
    **{f"Q{n + 1}": 0x28 + n for n in range(8)},
    "QA": 0x30, "UE": 0x34, "US": 0x35, "VA": 0x36, "VJ": 0x37, "VT": 0x38, "Z": 0x39, "ZB": 0x3A, "ZU": 0x3B,
    **{f"Z{n + 1}": 0x3C + n for n in range(8)},
    "VTA": 0x70, "VTB": 0x71, "VTC": 0x72, "VIA": 0x73, "VIB": 0x74, "VIC": 0x75,
}
"""Identifier of an element in the ASCII form → its guide byte (annex C)."""
GUIDES = {element.channel: guide for guide, element in ELEMENTS.items()}

# Bit -> name of the 45H status word. True for each: the name holds. Bit 7 is 1 for a *closed* door and
# bit 10 is 1 for a *stopped* pump; the others are 1 for a fault.
STATUS_BITS = {
    0: "mains_off", 1: "battery_low", 2: "level_over_limit", 3: "flow_over_limit", 4: "quality_over_limit",
    5: "flow_meter_fault", 6: "level_meter_fault", 7: "door_closed", 8: "memory_fault", 9: "ic_card_valid",
    10: "pump_stopped", 11: "quota_exceeded",
}
# fmt: on
