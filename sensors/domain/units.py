"""From the unit in which a device speaks to the unit that its quantity has (``domain/quantities.py``)."""

LENGTHS_M = {"m": 1.0, "mASD": 1.0, "mAOD": 1.0, "mBDAT": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}
"""Lengths in metres: above the site's datum (ASD), above Ordnance Datum (AOD), or plain."""
FACTORS: dict[str, dict[str, float]] = {
    "m": LENGTHS_M,
    "cm": {unit: factor * 100 for unit, factor in LENGTHS_M.items()},
    "mm": {"mm": 1.0, "cm": 10.0, "m": 1000.0},
    "m³/s": {"m3/s": 1.0, "m³/s": 1.0, "l/s": 0.001, "L/s": 0.001, "m3/h": 1 / 3600, "m³/h": 1 / 3600, "Ml/d": 1000 / 86400},
    "m/s": {"m/s": 1.0, "cm/s": 0.01, "km/h": 1 / 3.6, "Knots": 0.514444},
    "mm/s": {"mm/s": 1.0, "cm/s": 10.0},
    "°C": {"deg C": 1.0, "°C": 1.0, "℃": 1.0, "C": 1.0},
    "V": {"V": 1.0, "mV": 0.001, "kV": 1000.0},
    "A": {"A": 1.0, "mA": 0.001, "kA": 1000.0},
    "kW": {"kW": 1.0, "W": 0.001, "MW": 1000.0},
    "h": {"h": 1.0, "min": 1 / 60, "s": 1 / 3600},
    "hPa": {"hPa": 1.0, "Pa": 0.01, "kPa": 10.0, "mbar": 1.0},
    "MPa": {"MPa": 1.0, "kPa": 0.001, "Pa": 1e-6, "bar": 0.1},
    "ppm": {"ppm": 1.0, "ppb": 0.001},
    "%": {"%": 1.0, "1": 100.0},
    "%LEL": {"%LEL": 1.0, "LEL%": 1.0},
}  # fmt: skip
"""By the unit of the quantity: what one unit of the device is in it. A unit that is missing here only equals itself."""


def factor(unit: str, wanted: str) -> float:
    """What one ``unit`` of the device is in ``wanted``, the unit of a quantity; ValueError where neither is known."""
    if unit in ("", wanted):
        return 1.0
    found = FACTORS.get(wanted, {}).get(unit)
    if found is None:
        raise ValueError(f"unit {unit!r} where {wanted or 'a plain number'} is expected")
    return found
