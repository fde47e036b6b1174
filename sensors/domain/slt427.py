"""SL/T 427-2021 (before: SZY 206-2016), monitoring of water resources: the frame, its tables, and writing frames.

A frame: 68 L 68, control C, station A (5 bytes), function AFN, data, CRC-8, 16. L counts from C to before the CRC; the CRC
(polynomial x7+x6+x5+x2+1, from 0) goes over the same bytes. Numbers are BCD, low byte first. C: bit 7 up, bit 6 one frame of
a split message (a byte with its number follows), bits 4–5 the sender's counter, bits 0–3 what kind of data it is.

The words of alarm and state are read low byte first like everything else; terminals exist that are said to send them the other
way round, so both are kept as they came besides. What the data themselves consist of is ``slt427_data.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sensors.domain.readings import DecodeError
from sensors.domain.slt427_data import GROUPS, SLT427, SZY206, write_number

BEIJING = timezone(timedelta(hours=8))
MARK, END = 0x68, 0x16
FRONT, TAIL = 3, 2
LEAST, LONGEST = 7, 0xFF + FRONT + TAIL
LINK, ALARM, MANUAL, PICTURE, VOLTAGE, VALUES, REPORT = 0x02, 0x81, 0x82, 0x83, 0x84, 0xB0, 0xC0
# fmt: off
FUNCTIONS = {
    LINK: "link check", ALARM: "alarm report", MANUAL: "manual report", PICTURE: "picture report", VOLTAGE: "voltage report",
    VALUES: "present values", REPORT: "self-report", 0x61: "picture", 0xFF: "vendor function",
}
LINKS = {0xF0: "sign in", 0xF1: "sign out", 0xF2: "stay"}
KINDS = {
    0: "confirmation", 1: "rain", 2: "level", 3: "flow", 4: "velocity", 5: "gate", 6: "power", 7: "air pressure", 8: "wind",
    9: "water temperature", 10: "water quality", 11: "soil moisture", 12: "evaporation", 13: "alarm or state", 14: "several",
    15: "water pressure",
}


RENAMED = {7: "weather", 8: "electric energy", 14: "rain of a span"}
"""Kinds of a report that SL/T 427 made something else of."""
ALARM_BITS = {
    0: "mains_off", 1: "battery_low", 2: "level_over_limit", 3: "flow_over_limit", 4: "quality_over_limit",
    5: "flow_meter_fault", 6: "pump_stopped", 7: "level_meter_fault", 8: "pressure_over_limit", 9: "temperature_over_limit",
    10: "ic_card_valid", 11: "fixed_control", 12: "water_left_low", 13: "door_open",
}
STATE_BITS = {2: "ic_card_valid", 3: "fixed_control", 4: "pump_stopped", 5: "door_closed", 6: "on_battery"}
MODES = {0: "reports and answers", 1: "reports with confirmation", 2: "answers", 3: "maintenance"}
# fmt: on


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte << 1 ^ 0xE5) & 0xFF if byte & 0x80 else byte << 1
        rows.append(byte)
    return tuple(rows)


CRC_TABLE = _table()


def crc8(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc = CRC_TABLE[crc ^ octet]
    return crc


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame around its data. ``address``: ten hex digits as they stand on the wire."""

    control: int
    address: str
    function: int
    data: bytes
    split: int | None = None
    """The number of a frame of a split message."""

    @property
    def up(self) -> bool:
        return bool(self.control & 0x80)

    @property
    def kind(self) -> int:
        return self.control & 0x0F


def plausible(head: bytes) -> bool:
    """Whether three bytes can begin a frame."""
    return len(head) >= FRONT and head[0] == head[2] == MARK and head[1] >= LEAST


def size_of(head: bytes) -> int:
    return head[1] + FRONT + TAIL


def whole(octets: bytes) -> bool:
    """Whether ``octets`` begin with a complete frame whose checksum passes."""
    if not plausible(octets[:FRONT]):
        return False
    size = size_of(octets)
    return (
        len(octets) >= size
        and octets[size - 1] == END
        and octets[size - TAIL] == crc8(octets[FRONT : size - TAIL])
    )


def unwrap(frame: bytes) -> Envelope:
    """Check the frame around the data; raise ``DecodeError`` with the reason."""
    if len(frame) < FRONT or frame[0] != MARK or frame[2] != MARK:
        raise DecodeError("the frame does not begin with 68 L 68")
    if frame[1] < LEAST:
        raise DecodeError(f"the length is {frame[1]}; the shortest frame has {LEAST}")
    size = size_of(frame)
    if len(frame) < size:
        raise DecodeError(f"the frame is cut off: its head announces {size} bytes, {len(frame)} are there")
    if len(frame) > size:
        raise DecodeError(f"{len(frame) - size} bytes follow after the end of the frame")
    if frame[-1] != END:
        raise DecodeError(f"the frame ends with {frame[-1]:02X}, not with 16")
    said, computed = frame[-2], crc8(frame[FRONT:-TAIL])
    if said != computed:
        raise DecodeError(f"the checksum is wrong: {said:02X} is sent, {computed:02X} is right")
    control, at, split = frame[FRONT], FRONT + 1, None
    if control & 0x40:
        split, at = frame[at], at + 1
    if len(frame) - TAIL < at + 6:
        raise DecodeError("the frame ends before its function")
    address = frame[at : at + 5].hex().upper()
    return Envelope(control, address, frame[at + 5], frame[at + 6 : -TAIL], split)


def read_label(label: bytes, at: datetime | None) -> datetime | None:
    """The time of a label: second, minute, hour, day, month, year in BCD and the delay allowed (7 bytes), or, as SZY 206 has
    it, without month and year (5 bytes): then that day which is nearest to ``at``. None where it can be no time.
    """
    digits = label[:-1].hex()
    if not digits.isdecimal():
        return None
    second, minute, hour, day, *more = (int(digits[n : n + 2]) for n in range(0, len(digits), 2))
    try:
        if more:
            return datetime(2000 + more[1], more[0], day, hour, minute, second, tzinfo=BEIJING)
        if at is None:
            return None
        present = at.astimezone(BEIJING)
        found = []
        for days in (-16, 0, 16):
            near = present + timedelta(days=days)
            try:
                found.append(datetime(near.year, near.month, day, hour, minute, second, tzinfo=BEIJING))
            except ValueError:
                continue
        return min(found, key=lambda moment: abs(moment - present), default=None)
    except ValueError:
        return None


def write_label(at: datetime, delay_min: int = 0, edition: int = SLT427) -> bytes:
    told = at.astimezone(BEIJING).strftime("%S%M%H%d" if edition == SZY206 else "%S%M%H%d%m%y")
    return bytes.fromhex(told) + bytes((delay_min,))


def write(control: int, address: str, function: int, data: bytes, *, split: int | None = None) -> bytes:
    """A whole frame. ``address``: ten hex digits."""
    middle = bytes((control,)) + (b"" if split is None else bytes((split,))) + bytes.fromhex(address)
    middle += bytes((function,)) + data
    return bytes((MARK, len(middle), MARK)) + middle + bytes((crc8(middle), END))


def write_report(
    kind: int,
    address: str,
    values: Sequence[float | None] | bytes,
    at: datetime,
    *,
    function: int = REPORT,
    count: int = 3,
    alarm: int = 0,
    state: int = 0,
    edition: int = SLT427,
) -> bytes:
    """A report of a station. ``values``: one after the other in the order of the kind's group, as often as need be; or bytes."""
    if not isinstance(values, bytes):
        group = GROUPS[edition][kind][0]
        values = b"".join(write_number(value, group[n % len(group)]) for n, value in enumerate(values))
    alarms = alarm.to_bytes(2, "little")
    data = alarms + values if function == ALARM else values + alarms
    data += state.to_bytes(2, "little") + write_label(at, edition=edition)
    return write(0x80 | (count & 3) << 4 | kind, address, function, data)
