"""Everything the field measures: its unit, the values that can be believed, and its English name.

The unit is fixed by the quantity, so a reading carries none. ``lowest`` and ``highest`` bound what a working device can
say anywhere in the district; beyond them a reading is kept and marked as implausible. ``label`` is a translation key.
"""

from typing import NamedTuple


class Quantity(NamedTuple):
    unit: str
    lowest: float
    highest: float
    label: str


# fmt: off
QUANTITIES: dict[str, Quantity] = {
    # rain: sums of a span, and the counter that never rests (6 digits, wraps at 99 999.9)
    "rain_1min":        Quantity("mm", 0, 30, "Rain in 1 minute"),
    "rain_5min":        Quantity("mm", 0, 60, "Rain in 5 minutes"),
    "rain_10min":       Quantity("mm", 0, 100, "Rain in 10 minutes"),
    "rain_30min":       Quantity("mm", 0, 200, "Rain in 30 minutes"),
    "rain_1h":          Quantity("mm", 0, 300, "Rain in 1 hour"),
    "rain_2h":          Quantity("mm", 0, 450, "Rain in 2 hours"),
    "rain_3h":          Quantity("mm", 0, 600, "Rain in 3 hours"),
    "rain_6h":          Quantity("mm", 0, 900, "Rain in 6 hours"),
    "rain_12h":         Quantity("mm", 0, 1200, "Rain in 12 hours"),
    "rain_day":         Quantity("mm", 0, 2000, "Rain of the day"),
    "rain_today":       Quantity("mm", 0, 2000, "Rain today"),
    "rain_storm":       Quantity("mm", 0, 2000, "Rain of the storm"),
    "rain_total":       Quantity("mm", 0, 99999.9, "Rain counter"),
    # water
    "water_level":      Quantity("m", -50, 9000, "Water level"),
    "relative_level":   Quantity("m", 0, 655.34, "Water level above the gauge's base"),
    "ponding_depth":    Quantity("cm", 0, 500, "Ponding depth"),
    "forebay_level":    Quantity("m", -30, 100, "Forebay level"),
    "outlet_level":     Quantity("m", -30, 100, "Outlet level"),
    "screen_head_loss": Quantity("m", 0, 10, "Screen head loss"),
    "groundwater_depth": Quantity("m", 0, 1000, "Groundwater depth"),
    "water_flow":       Quantity("m³/s", -10000, 150000, "Flow"),
    "water_velocity":   Quantity("m/s", -20, 20, "Velocity"),
    "water_temperature": Quantity("°C", -5, 60, "Water temperature"),
    "wave_height":      Quantity("m", 0, 30, "Wave height"),
    "evaporation":      Quantity("mm", 0, 100, "Evaporation"),
    "soil_moisture":    Quantity("%", 0, 100, "Soil moisture"),
    # pumps and gates
    "pump_running":     Quantity("", 0, 1, "Pump running"),
    "pump_fault":       Quantity("", 0, 65535, "Pump fault code"),
    "pump_current":     Quantity("A", 0, 5000, "Pump current"),
    "pump_voltage":     Quantity("V", 0, 12000, "Pump voltage"),
    "pump_power":       Quantity("kW", 0, 5000, "Pump power"),
    "pump_frequency":   Quantity("Hz", 0, 100, "Pump frequency"),
    "pump_temperature": Quantity("°C", -40, 250, "Pump temperature"),
    "pump_vibration":   Quantity("mm/s", 0, 100, "Pump vibration"),
    "pump_hours":       Quantity("h", 0, 1000000, "Pump running time"),
    "pump_starts":      Quantity("", 0, 10000000, "Pump starts"),
    "pumps_running":    Quantity("", 0, 99, "Pumps running"),
    "gate_opening":     Quantity("m", 0, 100, "Gate opening"),
    "gates_open":       Quantity("", 0, 999, "Gate openings in use"),
    "phase_voltage":    Quantity("V", 0, 999.9, "Phase voltage"),
    "phase_current":    Quantity("A", 0, 999.9, "Phase current"),
    # air and weather
    "air_temperature":  Quantity("°C", -60, 70, "Air temperature"),
    "humidity":         Quantity("%", 0, 100, "Humidity"),
    "air_pressure":     Quantity("hPa", 300, 1100, "Air pressure"),
    "wind_speed":       Quantity("m/s", 0, 100, "Wind speed"),
    "wind_force":       Quantity("", 0, 18, "Wind force"),
    "hydrogen_sulphide": Quantity("ppm", 0, 1000, "Hydrogen sulphide"),
    "methane":          Quantity("%LEL", 0, 100, "Methane"),
    # the device itself
    "battery":          Quantity("V", 0, 60, "Supply voltage"),
    "status_word":      Quantity("", 0, 4294967295, "Status word"),
    "fault_code":       Quantity("", 0, 4294967295, "Fault code"),
    "span":             Quantity("h", 0, 9999, "Length of the span"),
}
# fmt: on
