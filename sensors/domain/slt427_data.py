"""What the data of a report of SL/T 427-2021 and of SZY 206 consist of, kind by kind, and their numbers.

The editions number the kinds alike and fill some of them differently; a frame's label of time tells them apart (seven bytes, or
five). Sources: SL/T 427-2021 sections 7.3.22 (tables 33 to 47) and 7.5.6; SZY 206, upper limits of water quality (bits and
decimals). Numbers are BCD, low byte first.

What no table settles is not guessed: the eight directions of the wind are kept as the digit that came; rain of a span that
no quantity is made for, SL/T 427's own bits of water quality (their decimals differ) and several kinds at once stay raw.
"""

from enum import StrEnum
from typing import NamedTuple

from sensors.domain.readings import DecodeError

SLT427, SZY206 = 7, 5
"""The editions, as many bytes as their label of time has."""


class Top(StrEnum):
    """What the highest digit of a number may be, if it is not a digit like the others."""

    DIGIT = "digit"
    SIGN = "sign"  # F: negative
    SIGN_AND_UNIT = "sign and unit"  # bits 11: negative, bits 11: m³/h
    DIRECTION = "direction"  # of the wind, 0 to 8


class Item(NamedTuple):
    """One value: its bytes, its decimals, and what one of its units is in that of the quantity.

    No quantity: what is told of the value before it (a depth), and no reading.
    """

    channel: str
    quantity: str
    size: int
    decimals: int
    top: Top = Top.DIGIT
    scale: float = 1.0


_HOURLY = 1 / 3600
_TOPS = {"0": 1.0, "3": _HOURLY, "c": -1.0, "f": -_HOURLY}
"""By the highest digit of a flow of SL/T 427 (table 35): sign, and m³/s or m³/h."""

# fmt: off
BATTERY = Item("battery", "battery", 2, 2)
_WIND = Item("wind_speed", "wind_speed", 3, 2, Top.DIRECTION)
_AIR_PRESSURE = Item("air_pressure", "air_pressure", 3, 0)
_SOIL = Item("soil_moisture", "soil_moisture", 2, 1)
_VOLUME = Item("volume", "discharged_volume", 5, 0)

Group = tuple[Item, ...]
_BOTH: dict[int, tuple[Group, ...]] = {
    1: ((Item("rain", "rain_total", 3, 1),),),
    2: ((Item("level", "water_level", 4, 3, Top.SIGN),),),
    4: ((Item("velocity", "water_velocity", 3, 3, Top.SIGN),),),
    5: ((Item("gate", "gate_opening", 3, 2),),),
    6: ((Item("power", "pump_power", 3, 0),),),
    9: ((Item("water_temperature", "water_temperature", 2, 1),),),
    12: ((Item("evaporation", "evaporation", 3, 1),),),
    13: ((BATTERY,),),
    15: ((Item("pressure", "water_pressure", 4, 2, scale=0.001),),),
}


def _flow(top: Top) -> tuple[Group, ...]:
    """Flow comes with or without the volume."""
    flow = Item("flow", "water_flow", 5, 3, top)
    return (flow, _VOLUME), (flow,)


GROUPS: dict[int, dict[int, tuple[Group, ...]]] = {
    SLT427: {
        **_BOTH,
        3: _flow(Top.SIGN_AND_UNIT),
        7: ((_AIR_PRESSURE, _WIND, Item("air_temperature", "air_temperature", 2, 1, Top.SIGN)),),
        8: ((Item("energy", "energy", 4, 2),),),
        11: ((_SOIL, Item("soil_depth_cm", "", 2, 0)),),
    },
    SZY206: {
        **_BOTH,
        3: _flow(Top.SIGN),
        7: ((_AIR_PRESSURE,),),
        8: ((_WIND,),),
        11: ((_SOIL,),),
    },
}
"""By edition and kind: what one group consists of; several groups are several points. The first whose size fits counts."""
FIRM = frozenset({1, 2, 3, 4, 9})
"""Kinds that no maker is known to fill in a way of his own: other data are refused, not kept raw."""
QUALITY, STATE, SPAN_OF_RAIN = 10, 13, 14

_mg = "unnamed"  # no quantity of its own: the value in mg/L under the name of its channel
_QUALITY: dict[int, tuple[str, str, int]] = {
    0: ("water_temperature", "water_temperature", 1), 1: ("ph", "ph", 2), 2: ("dissolved_oxygen", "dissolved_oxygen", 1),
    3: ("permanganate_index", "permanganate_index", 1), 4: ("conductivity", "conductivity", 0),
    5: ("redox_mv", "unnamed", 1), 6: ("turbidity", "unnamed", 0), 7: ("cod", "cod", 1), 8: ("bod5", "bod5", 1),
    9: ("ammonia_nitrogen", "ammonia_nitrogen", 2), 10: ("total_nitrogen", "total_nitrogen", 2), 11: ("copper", _mg, 4),
    12: ("zinc", _mg, 4), 13: ("fluoride", _mg, 2), 14: ("selenium", _mg, 5), 15: ("arsenic", _mg, 5), 16: ("mercury", _mg, 5),
    17: ("cadmium", _mg, 5), 18: ("chromium_6", _mg, 3), 19: ("lead", _mg, 5), 20: ("cyanide", _mg, 3),
    21: ("volatile_phenol", _mg, 3), 22: ("phenol", _mg, 2), 23: ("sulphide", _mg, 3), 24: ("faecal_coliforms", "unnamed", 0),
    25: ("sulphate", _mg, 2), 26: ("chloride", _mg, 2), 27: ("nitrate_nitrogen", _mg, 2), 28: ("iron", _mg, 2),
    29: ("manganese", _mg, 2), 30: ("oil", "oil", 2), 31: ("anionic_surfactant", _mg, 2), 32: ("bhc", _mg, 6), 33: ("ddt", _mg, 6),
    34: ("organochlorine_pesticides", _mg, 6),
}
"""SZY 206: by bit the channel, the quantity and the decimals of a value of four bytes."""
_COLIFORMS = 24  # has five bytes
_MASK = 5
_SPANS = {
    0x01: "rain_5min", 0x02: "rain_10min", 0x06: "rain_30min", 0x0C: "rain_1h", 0x18: "rain_2h", 0x24: "rain_3h",
    0x41: "rain_1h", 0x42: "rain_2h", 0x43: "rain_3h", 0x46: "rain_6h", 0x4C: "rain_12h", 0x81: "rain_day",
}
"""SL/T 427 table 54: bits 6 and 7 the step (5 min, 1 h, 1 d; 11 is a test), bits 0 to 5 how many."""
# fmt: on


class Layout(NamedTuple):
    """Values begin after ``skip`` bytes that say which they are."""

    skip: int
    items: tuple[Item, ...]


def layout(edition: int, kind: int, data: bytes) -> Layout:
    """What ``data`` (without words and label) consist of; DecodeError with the reason where no table says."""
    if kind == QUALITY:
        return _quality(edition, data)
    if kind == SPAN_OF_RAIN:
        return _span(edition, data)
    groups = GROUPS[edition].get(kind, ())
    for group in groups:
        size = sum(item.size for item in group)
        if data and len(data) % size == 0:
            return Layout(0, repeated(group, len(data) // size))
    sizes = " or ".join(str(sum(item.size for item in group)) for group in groups)
    raise DecodeError(
        f"{len(data)} bytes are no values of {sizes}" if sizes else "no table says what this is"
    )


def repeated(group: Group, times: int) -> tuple[Item, ...]:
    """Several groups: ``level``, ``level_2`` …"""
    return tuple(
        item._replace(channel=f"{item.channel}_{number + 1}") if number else item
        for number in range(times)
        for item in group
    )


def _quality(edition: int, data: bytes) -> Layout:
    if edition != SZY206:
        raise DecodeError("the decimals of SL/T 427's water quality are not settled")
    mask = int.from_bytes(data[:_MASK], "little")
    items = []
    for bit in range(8 * _MASK):
        if not mask >> bit & 1:
            continue
        if bit not in _QUALITY:
            raise DecodeError(f"bit {bit} of the water quality has no meaning")
        channel, quantity, decimals = _QUALITY[bit]
        items.append(Item(channel, quantity, 5 if bit == _COLIFORMS else 4, decimals))
    if not items or len(data) != _MASK + sum(item.size for item in items):
        raise DecodeError(f"{len(data)} bytes are not the water quality that its bits announce")
    return Layout(_MASK, tuple(items))


def _span(edition: int, data: bytes) -> Layout:
    if edition != SLT427 or len(data) != 4:
        raise DecodeError("several kinds at once")
    quantity = _SPANS.get(data[0])
    if quantity is None:
        raise DecodeError(f"rain of a span without a quantity of its own ({data[0]:02X})")
    return Layout(1, (Item(quantity, quantity, 3, 1),))


def read_number(data: bytes, item: Item) -> float | None:
    """The value in the unit of the quantity. All bytes FF or AA: no valid value. DecodeError for no number."""
    if data.count(0xFF) == len(data) or data.count(0xAA) == len(data):
        return None
    digits, factor = data[::-1].hex(), item.scale
    top = digits[0]
    if item.top is Top.SIGN and top == "f":
        digits, factor = "0" + digits[1:], -factor
    elif item.top is Top.SIGN_AND_UNIT and top in _TOPS:
        digits, factor = "0" + digits[1:], factor * _TOPS[top]
    elif item.top is Top.DIRECTION and top <= "8":
        digits = "0" + digits[1:]
    elif item.top in (Top.SIGN_AND_UNIT, Top.DIRECTION):
        digits = "none"
    if not digits.isdecimal():
        raise DecodeError(f"{item.channel} is not decimal: {data.hex().upper()}")
    value: float = int(digits) / 10**item.decimals
    return value * factor if abs(factor) == 1 else round(value * factor, 9)


def direction_of(data: bytes) -> int | None:
    """The digit 0 to 8 that a number of the wind carries; None beside no valid value."""
    return None if data[-1] in (0xAA, 0xFF) else data[-1] >> 4


def write_number(value: float | None, item: Item) -> bytes:
    """As :func:`read_number` reads it; a flow in m³/s, a wind without its direction."""
    if value is None:
        return b"\xff" * item.size
    raw = round(abs(value) / item.scale * 10**item.decimals)
    digits = f"{raw % 10 ** (2 * item.size):0{2 * item.size}d}"
    if value < 0 and item.top in (Top.SIGN, Top.SIGN_AND_UNIT):
        digits = ("f" if item.top is Top.SIGN else "c") + digits[1:]
    return bytes.fromhex(digits)[::-1]
