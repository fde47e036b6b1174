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
    "energy":           Quantity("kWh", 0, 999999.99, "Electric energy"),
    # air and weather
    "air_temperature":  Quantity("°C", -60, 70, "Air temperature"),
    "humidity":         Quantity("%", 0, 100, "Humidity"),
    "air_pressure":     Quantity("hPa", 300, 1100, "Air pressure"),
    "wind_speed":       Quantity("m/s", 0, 100, "Wind speed"),
    "wind_force":       Quantity("", 0, 18, "Wind force"),
    "wind_direction":   Quantity("°", 0, 360, "Wind direction"),
    "sound_level":      Quantity("dB", 0, 160, "Sound level"),
    # gases and dust (HJ 212-2017 annex B)
    "hydrogen_sulphide": Quantity("mg/m³", 0, 2000, "Hydrogen sulphide"),
    "ammonia":          Quantity("mg/m³", 0, 5000, "Ammonia"),
    "chlorine":         Quantity("mg/m³", 0, 1000, "Chlorine"),
    "hydrogen_chloride": Quantity("mg/m³", 0, 5000, "Hydrogen chloride"),
    "benzene":          Quantity("mg/m³", 0, 10000, "Benzene"),
    "toluene":          Quantity("mg/m³", 0, 10000, "Toluene"),
    "xylene":           Quantity("mg/m³", 0, 10000, "Xylene"),
    "methane":          Quantity("mg/m³", 0, 700000, "Methane"),
    "nmhc":             Quantity("mg/m³", 0, 100000, "Non-methane hydrocarbons"),
    "carbon_monoxide":  Quantity("mg/m³", 0, 50000, "Carbon monoxide"),
    "carbon_dioxide":   Quantity("mg/m³", 0, 2000000, "Carbon dioxide"),
    "sulphur_dioxide":  Quantity("mg/m³", 0, 50000, "Sulphur dioxide"),
    "nitric_oxide":     Quantity("mg/m³", 0, 10000, "Nitric oxide"),
    "nitrogen_dioxide": Quantity("mg/m³", 0, 10000, "Nitrogen dioxide"),
    "nitrogen_oxides":  Quantity("mg/m³", 0, 10000, "Nitrogen oxides"),
    "ozone":            Quantity("mg/m³", 0, 1000, "Ozone"),
    "pm25":             Quantity("µg/m³", 0, 10000, "PM2.5"),
    "pm10":             Quantity("µg/m³", 0, 20000, "PM10"),
    "tsp":              Quantity("µg/m³", 0, 50000, "Total suspended particles"),
    "soot":             Quantity("mg/m³", 0, 100000, "Soot"),
    "oxygen":           Quantity("%", 0, 100, "Oxygen"),
    "combustible_gas":  Quantity("%LEL", 0, 100, "Combustible gas"),
    "gas_flow":         Quantity("m³/s", 0, 100000, "Flue gas flow"),
    "gas_velocity":     Quantity("m/s", 0, 200, "Flue gas velocity"),
    "gas_temperature":  Quantity("°C", -60, 2000, "Flue gas temperature"),
    "gas_pressure":     Quantity("kPa", -1000, 100000, "Gas pressure"),
    "emitted_mass":     Quantity("kg", 0, 1e9, "Emitted mass"),
    "discharged_volume": Quantity("m³", 0, 1e12, "Discharged volume"),
    # water quality
    "ph":               Quantity("", 0, 14, "pH value"),
    "cod":              Quantity("mg/L", 0, 100000, "Chemical oxygen demand"),
    "bod5":             Quantity("mg/L", 0, 100000, "Biochemical oxygen demand"),
    "permanganate_index": Quantity("mg/L", 0, 10000, "Permanganate index"),
    "ammonia_nitrogen": Quantity("mg/L", 0, 10000, "Ammonia nitrogen"),
    "total_nitrogen":   Quantity("mg/L", 0, 10000, "Total nitrogen"),
    "total_phosphorus": Quantity("mg/L", 0, 10000, "Total phosphorus"),
    "dissolved_oxygen": Quantity("mg/L", 0, 50, "Dissolved oxygen"),
    "suspended_solids": Quantity("mg/L", 0, 100000, "Suspended solids"),
    "conductivity":     Quantity("µS/cm", 0, 1000000, "Conductivity"),
    "oil":              Quantity("mg/L", 0, 100000, "Oil"),
    # fire equipment (GB/T 26875.3-2011): words of bits, and analog values
    "fire_alarm":       Quantity("", 0, 1, "Fire alarm"),
    "fire_system_state": Quantity("", 0, 65535, "State of the fire system"),
    "fire_part_state":  Quantity("", 0, 65535, "State of the part"),
    "fire_device_state": Quantity("", 0, 255, "State of the transmission device"),
    "fire_count":       Quantity("", -32768, 32767, "Event count"),
    "tank_height":      Quantity("m", -330, 330, "Height"),
    "part_temperature": Quantity("°C", -100, 1500, "Temperature of the part"),
    "water_pressure":   Quantity("MPa", -1, 100, "Water pressure"),
    "elapsed":          Quantity("s", 0, 32767, "Elapsed time"),
    "supply_voltage":   Quantity("V", 0, 3276.7, "Mains voltage"),
    "supply_current":   Quantity("A", 0, 3276.7, "Mains current"),
    "pipe_flow":        Quantity("L/s", 0, 100000, "Flow in the pipe"),
    "gas_speed":        Quantity("m/s", 0, 32767, "Air speed"),
    # vehicles; an alarm is 0, or 1 and 2 for the level that the terminal gives it
    "vehicle_speed":    Quantity("km/h", 0, 250, "Speed"),
    "mileage":          Quantity("km", 0, 9999999, "Mileage"),
    "vehicle_alarm":    Quantity("", 0, 9, "Alarm of the vehicle"),
    # lookouts: where they see fire
    "fire_bearing":     Quantity("°", 0, 360, "Bearing of a fire spot"),
    "fire_elevation":   Quantity("°", -90, 90, "Elevation of a fire spot"),
    "fire_range":       Quantity("m", 0, 100000, "Distance of a fire spot"),
    "fire_longitude":   Quantity("°", -180, 180, "Longitude of a fire spot"),
    "fire_latitude":    Quantity("°", -90, 90, "Latitude of a fire spot"),
    # the device itself
    "battery":          Quantity("V", 0, 60, "Supply voltage"),
    "status_word":      Quantity("", 0, 4294967295, "Status word"),
    "fault_code":       Quantity("", 0, 4294967295, "Fault code"),
    "span":             Quantity("h", 0, 9999, "Length of the span"),
    "measuring_flag":   Quantity("", 0, 7, "State of the measurement"),
    "equipment_state":  Quantity("", 0, 99, "State of the equipment"),
    "equipment_hours":  Quantity("h", 0, 1000000, "Running time of the equipment"),
    "unnamed":          Quantity("", -1e15, 1e15, "Value without a name, in the device's unit"),
}
# fmt: on
