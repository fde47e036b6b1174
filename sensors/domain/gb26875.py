"""The tables and the frame of GB/T 26875.3-2011 (remote monitoring of fire protection): types, states, kinds, envelope.

Source: GB/T 26875.3-2011 sections 6 to 8. The codec is ``sensors/adapters/gb26875.py``; a fire host of the simulated
field writes its frames with :func:`write`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from .readings import DecodeError

BEIJING = timezone(timedelta(hours=8))
START, END = b"\x40\x40", b"\x23\x23"
HEAD, TAIL, UNIT_AT_MOST = 27, 3, 1024
CONTROL, SEND, CONFIRM, REQUEST, REPLY, DENY = 1, 2, 3, 4, 5, 6

# fmt: off
COMMANDS = {CONTROL: "control", SEND: "send data", CONFIRM: "confirm", REQUEST: "request", REPLY: "reply", DENY: "deny"}
TYPES = {
    1: "state of the system", 2: "state of parts", 3: "analog values", 4: "operation of the system",
    5: "software version of the system", 6: "configuration of the system", 7: "configuration of parts",
    8: "time of the system", 21: "state of the device", 24: "operation of the device",
    25: "software version of the device", 26: "configuration of the device", 28: "time of the device",
    61: "read the system's state", 62: "read the parts' state", 63: "read analog values", 64: "read operations",
    65: "read the system's version", 66: "read the system's configuration", 67: "read the parts' configuration",
    68: "read the system's time", 81: "read the device's state", 84: "read the device's operations",
    85: "read the device's version", 86: "read the device's configuration", 88: "read the device's time",
    89: "initialise the device", 90: "set the device's clock", 91: "guard check",
}
DOWN_TYPES = frozenset(number for number in TYPES if number > 60)
SYSTEMS = {
    0: "general", 1: "fire alarm", 10: "fire linkage", 11: "hydrant", 12: "sprinkler", 13: "gas extinguishing",
    14: "water spray (pump)", 15: "water spray (vessel)", 16: "foam", 17: "dry powder", 18: "smoke control",
    19: "fire doors and shutters", 20: "fire lifts", 21: "emergency broadcast", 22: "emergency lighting",
    23: "fire power supply", 24: "fire telephone",
}
PARTS = {
    0: "general", 1: "fire alarm controller", 10: "combustible gas detector", 11: "point combustible gas detector",
    12: "portable combustible gas detector", 13: "line combustible gas detector", 16: "electrical fire monitor",
    17: "residual current detector", 18: "temperature detector", 21: "detection loop", 22: "fire display panel",
    23: "manual call point", 24: "hydrant button", 25: "fire detector", 30: "heat detector",
    31: "point heat detector", 32: "point heat detector (S)", 33: "point heat detector (R)",
    34: "line heat detector", 35: "line heat detector (S)", 36: "line heat detector (R)",
    37: "optical fibre heat detector", 40: "smoke detector", 41: "point ionisation smoke detector",
    42: "point optical smoke detector", 43: "beam smoke detector", 44: "aspirating smoke detector",
    50: "combined detector", 51: "smoke and heat detector", 52: "light and heat detector",
    53: "light and smoke detector", 61: "ultraviolet flame detector", 62: "infrared flame detector",
    69: "light detector", 74: "gas detector", 78: "image detector", 79: "acoustic detector",
    81: "gas extinguishing controller", 82: "fire electrical controller", 83: "graphic display in the control room",
    84: "module", 85: "input module", 86: "output module", 87: "input and output module", 88: "relay module",
    91: "fire pump", 92: "water tank", 95: "sprinkler pump", 96: "flow switch", 97: "signal valve",
    98: "alarm valve", 99: "pressure switch", 101: "valve drive", 102: "fire door", 103: "fire door opener",
    104: "ventilation outlet", 105: "fan", 106: "smoke fan", 107: "air inlet", 108: "smoke outlet",
    113: "fire shutter", 114: "door release", 121: "alarm device",
}
STATE_BITS = {
    0: "normal", 1: "fire", 2: "fault", 3: "shielded", 4: "supervised", 5: "started", 6: "feedback", 7: "delay",
    8: "main_power_fault", 9: "backup_power_fault", 10: "bus_fault", 11: "manual", 12: "configuration_changed",
    13: "reset",
}
PART_BITS = {**{bit: name for bit, name in STATE_BITS.items() if bit < 8}, 8: "power_fault"}
DEVICE_BITS = {
    0: "monitoring", 1: "fire", 2: "fault", 3: "main_power_fault", 4: "backup_power_fault", 5: "line_to_centre_fault",
    6: "monitored_line_fault",
}
OPERATIONS = {
    0: "reset", 1: "silence", 2: "manual_alarm", 3: "alarm_cancelled", 4: "self_test", 5: "confirmed", 6: "test",
}
FIRE_BIT, RESET = 1, 0
FAULT_BITS = 1 << 2 | 1 << 8 | 1 << 9 | 1 << 10
DEVICE_FAULT_BITS = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6


class Analog(NamedTuple):
    """``scale``: from the number sent to the quantity's unit."""

    channel: str
    quantity: str
    scale: float


ANALOGS = {
    1: Analog("count", "fire_count", 1),              2: Analog("height", "tank_height", 0.01),
    3: Analog("temperature", "part_temperature", 0.1), 4: Analog("pressure_mpa", "water_pressure", 0.1),
    5: Analog("pressure_kpa", "gas_pressure", 0.1),   6: Analog("gas", "combustible_gas", 0.1),
    7: Analog("time", "elapsed", 1),                  8: Analog("voltage", "supply_voltage", 0.1),
    9: Analog("current", "supply_current", 0.1),      10: Analog("flow", "pipe_flow", 0.1),
    11: Analog("flow", "pipe_flow", 0.1 * 1000 / 60), 12: Analog("speed", "gas_speed", 1),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame around its application unit. ``sent_at`` is None where the frame carries no time that can be."""

    serial: int
    version: bytes
    sent_at: datetime | None
    source: bytes
    destination: bytes
    command: int
    unit: bytes


def plausible(head: bytes) -> bool:
    """Whether 27 bytes can be a frame's head."""
    return head[:2] == START and int.from_bytes(head[24:26], "little") <= UNIT_AT_MOST


def size_of(head: bytes) -> int:
    return HEAD + int.from_bytes(head[24:26], "little") + TAIL


def whole(octets: bytes) -> bool:
    """Whether ``octets`` begin with a complete frame whose sum passes."""
    if len(octets) < HEAD + TAIL or not plausible(octets[:HEAD]):
        return False
    size = size_of(octets)
    return (
        len(octets) >= size and octets[size - 2 : size] == END and octets[size - 3] == checksum(octets, size)
    )


def checksum(frame: bytes, size: int) -> int:
    """The low byte of the sum from the serial number to the end of the unit."""
    return sum(frame[2 : size - TAIL]) & 0xFF


def unwrap(frame: bytes) -> Envelope:
    """Check the frame around the unit; raise ``DecodeError`` with the reason."""
    if frame[:2] != START:
        raise DecodeError("the frame does not begin with 4040")
    if len(frame) < HEAD + TAIL:
        raise DecodeError(f"the frame has only {len(frame)} bytes; the shortest has {HEAD + TAIL}")
    length = int.from_bytes(frame[24:26], "little")
    if length > UNIT_AT_MOST:
        raise DecodeError(f"the unit is said to have {length} bytes; {UNIT_AT_MOST} are the most")
    size = size_of(frame)
    if len(frame) < size:
        raise DecodeError(f"the frame is cut off: its head announces {size} bytes, {len(frame)} are there")
    if len(frame) > size:
        raise DecodeError(f"{len(frame) - size} bytes follow after the end of the frame")
    if frame[size - 2 :] != END:
        raise DecodeError(f"the frame ends with {frame[size - 2 :].hex().upper()}, not with 2323")
    if frame[size - 3] != checksum(frame, size):
        raise DecodeError(
            f"the checksum is wrong: {frame[size - 3]:02X} is sent, {checksum(frame, size):02X} is right"
        )
    return Envelope(
        serial=int.from_bytes(frame[2:4], "little"),
        version=frame[4:6],
        sent_at=read_time(frame[6:12]),
        source=frame[12:18],
        destination=frame[18:24],
        command=frame[26],
        unit=frame[HEAD : size - TAIL],
    )


def read_time(octets: bytes) -> datetime | None:
    """Second, minute, hour, day, month, year − 2000 as plain numbers, Beijing time.

    None for all zeros and for what cannot be a time: an alarm is not refused for the clock of its sender.
    """
    second, minute, hour, day, month, year = octets
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        return None


def write_time(at: datetime) -> bytes:
    local = at.astimezone(BEIJING)
    return bytes((local.second, local.minute, local.hour, local.day, local.month, local.year - 2000))


def write(
    command: int,
    unit: bytes = b"",
    *,
    serial: int,
    at: datetime,
    source: bytes = bytes(6),
    destination: bytes = bytes(6),
    version: bytes = b"\x01\x00",
) -> bytes:
    """A whole frame. ``source`` and ``destination`` are six bytes as they stand on the wire."""
    middle = serial.to_bytes(2, "little") + version + write_time(at) + source + destination
    middle += len(unit).to_bytes(2, "little") + bytes((command,)) + unit
    return START + middle + bytes((sum(middle) & 0xFF,)) + END


def write_part(
    system: int, address: int, kind: int, part: tuple[int, int], state: int, text: str, at: datetime
) -> bytes:
    """One object of type 2; ``part`` is (zone, place)."""
    octets = bytes((system, address, kind)) + part[0].to_bytes(2, "little") + part[1].to_bytes(2, "little")
    return (
        octets + state.to_bytes(2, "little") + text.encode("gb18030")[:31].ljust(31, b"\0") + write_time(at)
    )
