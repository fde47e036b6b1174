"""The tables and the frame of HJ 212-2017 (environment monitoring by data loggers): commands, factors, flags, CRC.

Source: HJ 212-2017 sections 6 and 7, annexes A and B. The codec is ``sensors/adapters/hj212.py``; a gas monitor of the
simulated field writes its frames with :func:`write`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from .quality import Quality
from .readings import DecodeError
from .sl651_frames import CRC_TABLE

BEIJING = timezone(timedelta(hours=8))
START = b"##"
HEAD, CRC_BYTES, END = 6, 4, b"\r\n"
INTERACTION = "91"
"""The system type (ST) of what is said about other messages: acknowledgements and results."""
ANSWER_WANTED, IN_PACKETS, VERSION_2017 = 1, 2, 4
"""Bits of Flag; bits 2 to 7 are the version of the standard."""

# fmt: off
SYSTEMS = {
    "21": "surface water", "22": "air", "23": "noise", "24": "groundwater", "25": "soil", "26": "sea water",
    "27": "volatile organic compounds", "31": "air pollution source", "32": "water pollution source",
    "33": "outdoor air", "34": "indoor air", "38": "odour", "39": "dust", "51": "flue gas process",
    "52": "waste water process", "91": "interaction",
}
COMMANDS = {
    "1000": "set time-out and repeats", "1011": "read clock", "1012": "set clock", "1013": "clock request",
    "1061": "read interval of real-time data", "1062": "set interval of real-time data",
    "1063": "read interval of minute data", "1064": "set interval of minute data", "1072": "set password",
    "2011": "real-time data", "2012": "stop real-time data", "2021": "state of equipment",
    "2022": "stop state of equipment", "2031": "day data", "2041": "running time of equipment",
    "2051": "minute data", "2061": "hour data", "2081": "start time of the logger",
    "3011": "calibrate zero and span", "3012": "sample now", "3013": "start cleaning", "3014": "compare samples",
    "3015": "keep a sample", "3016": "set sampling interval", "3017": "read sampling interval",
    "3018": "read sampling duration", "3019": "identity of the instrument", "3020": "log and parameters on site",
    "3021": "set parameters on site",
    "9011": "request acknowledged", "9012": "result", "9013": "notice acknowledged", "9014": "data acknowledged",
}
PERIODS = {"2051": "", "2061": "hour_", "2031": "day_"}
"""Commands whose DataTime is the start of a period → what their channels are called beside those of the minute."""
CLOCK_REQUEST = "1013"

FLAGS = {
    "N": "good", "T": "over range", "D": "fault", "C": "calibration", "M": "maintenance", "S": "set by hand",
    "B": "no communication", "F": "stopped",
}
FLAG_NUMBERS = {letter: float(number) for number, letter in enumerate(FLAGS)}
OVER_RANGE = FLAG_NUMBERS["T"]
"""What a reading "measuring_flag" says: the place of the letter in FLAGS."""
QUALITIES = {letter: None if letter == "N" else Quality.BAD for letter in FLAGS}
"""What a flag means for the value beside it. Too much to measure is no measurement either: the flag rings by itself."""


class Factor(NamedTuple):
    """``scale``: from the standard's unit to the quantity's. ``sum``: quantity and scale of the amount (Cou)."""

    quantity: str
    scale: float = 1.0
    sum: tuple[str, float] | None = None


_KG, _G, _M3 = ("emitted_mass", 1.0), ("emitted_mass", 0.001), ("discharged_volume", 1.0)

# Annex B prints ng/m³ for methane, ammonia and dust, which their field widths (N4.1, N3.3) contradict; instruments send
# mg/m³ for gases and µg/m³ for dust, and so it is read here.
FACTORS: dict[str, Factor] = {
    "a00000": Factor("gas_flow", 1.0, _M3),          "a01001": Factor("air_temperature"),
    "a01002": Factor("humidity"),                    "a01006": Factor("air_pressure", 10.0),
    "a01007": Factor("wind_speed"),                  "a01008": Factor("wind_direction"),
    "a01011": Factor("gas_velocity"),                "a01012": Factor("gas_temperature"),
    "a01013": Factor("gas_pressure"),                "a01014": Factor("humidity"),
    "a01017": Factor("gas_pressure"),
    "a05001": Factor("carbon_dioxide", 1.0, _KG),    "a05002": Factor("methane", 1.0, _G),
    "a05024": Factor("ozone", 1.0, _KG),             "a19001": Factor("oxygen"),
    "a21001": Factor("ammonia", 1.0, _G),            "a21002": Factor("nitrogen_oxides", 1.0, _KG),
    "a21003": Factor("nitric_oxide", 1.0, _KG),      "a21004": Factor("nitrogen_dioxide", 1.0, _KG),
    "a21005": Factor("carbon_monoxide", 1.0, _KG),   "a21022": Factor("chlorine", 1.0, _KG),
    "a21024": Factor("hydrogen_chloride", 1.0, _KG), "a21026": Factor("sulphur_dioxide", 1.0, _KG),
    "a21028": Factor("hydrogen_sulphide", 1.0, _KG), "a24088": Factor("nmhc", 1.0, _KG),
    "a25002": Factor("benzene", 1.0, _KG),           "a25003": Factor("toluene", 1.0, _KG),
    "a25005": Factor("xylene", 1.0, _KG),            "a34001": Factor("tsp", 1.0, _G),
    "a34002": Factor("pm10", 1.0, _G),               "a34004": Factor("pm25", 1.0, _G),
    "a34013": Factor("soot", 1.0, _KG),              "a50001": Factor("sound_level"),
    "w00000": Factor("water_flow", 0.001, _M3),      "w01001": Factor("ph"),
    "w01009": Factor("dissolved_oxygen"),            "w01010": Factor("water_temperature"),
    "w01012": Factor("suspended_solids", 1.0, _KG),  "w01014": Factor("conductivity"),
    "w01017": Factor("bod5", 1.0, _KG),              "w01018": Factor("cod", 1.0, _KG),
    "w01019": Factor("permanganate_index", 1.0, _KG), "w21001": Factor("total_nitrogen", 1.0, _KG),
    "w21003": Factor("ammonia_nitrogen", 1.0, _KG),  "w21011": Factor("total_phosphorus", 1.0, _KG),
    "w22001": Factor("oil", 1.0, _KG),
    **{code: Factor("sound_level")
       for code in ("LA", "L5", "L10", "L50", "L90", "L95", "Leq", "Ldn", "Ld", "Ln", "LMx", "LMn")},
}
# The names of HJ/T 212-2005 that annex B gives beside its own.
FACTORS |= {old: FACTORS[code] for old, code in {
    "B01": "w00000", "001": "w01001", "003": "w01012", "010": "w01017", "011": "w01018", "060": "w21003",
    "080": "w22001", "B02": "a00000", "01": "a34013", "02": "a21026", "03": "a21002", "04": "a21005",
    "05": "a21028", "08": "a21024", "10": "a21001", "11": "a21022", "17": "a25003", "18": "a25005",
    "S01": "a19001", "S02": "a01011", "S03": "a01012", "S05": "a01014", "S08": "a01013",
}.items()}
# fmt: on
UNNAMED = Factor("unnamed")

VALUES = {"rtd", "min", "avg", "max", "cou", "zsrtd", "zsmin", "zsavg", "zsmax"}
"""Fields whose content is a measured value (zs: converted to the reference state of the standard)."""
NOTES = {"EFLAG": "instrument_flags", "SAMPLETIME": "sample_times"}


def crc16(octets: bytes) -> int:
    """The checksum of annex A: the register's *high* byte meets the next octet, unlike in Modbus."""
    crc = 0xFFFF
    for octet in octets:
        crc = CRC_TABLE[crc >> 8 ^ octet]
    return crc


def read_time(digits: str, what: str) -> datetime:
    """YYYYMMDDhhmmss with or without milliseconds, Beijing time."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) in (14, 17)):
        raise DecodeError(f"{what} is no time of 14 or 17 digits: {digits[:30]!r}")
    try:
        month, day, hour, minute, second = (int(digits[n : n + 2]) for n in range(4, 14, 2))
        at = datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        raise DecodeError(f"{what} is no time: {digits}") from None
    return at.replace(microsecond=int(digits[14:] or 0) * 1000)


def write_time(at: datetime, *, milliseconds: bool = False) -> str:
    """Beijing time as digits."""
    local = at.astimezone(BEIJING)
    return f"{local:%Y%m%d%H%M%S}" + (f"{local.microsecond // 1000:03d}" if milliseconds else "")


def write(
    command: str,
    address: str,
    items: Sequence[str],
    *,
    at: datetime,
    system: str = "22",
    password: str = "123456",
    flag: int = VERSION_2017 | ANSWER_WANTED,
    part: tuple[int, int] | None = None,
    number: str = "",
) -> bytes:
    """A whole frame. ``items`` are joined by ``;``; ``part`` is (number, total); ``number`` (QN) is ``at`` if not given."""
    fields = [f"QN={number or write_time(at, milliseconds=True)}", f"ST={system}", f"CN={command}"]
    fields += [f"PW={password}", f"MN={address}", f"Flag={flag | IN_PACKETS if part else flag}"]
    if part:
        fields += [f"PNUM={part[1]}", f"PNO={part[0]}"]
    return wrap((";".join(fields) + f";CP=&&{';'.join(items)}&&").encode())


def wrap(data: bytes) -> bytes:
    """``##``, length, data, checksum, CR LF."""
    return START + b"%04d" % len(data) + data + b"%04X" % crc16(data) + END
