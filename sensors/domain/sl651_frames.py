"""Frames of SL 651-2014 from outside: checksum, envelope, BCD, and writing whole frames up and down.

A frame up: 7E7E, centre 1, station 5, password 2, function 1, direction and length 2, STX or SYN, body, end mark,
CRC-16/MODBUS over everything before it. Down: station before centre. The length decides where a frame ends, never a mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sensors.domain.readings import DecodeError
from sensors.domain.sl651 import ELEMENTS, ENDS, GUIDES

BEIJING = timezone(timedelta(hours=8))
START = b"\x7e\x7e"
STX, SYN = 0x02, 0x16
ETX, ETB, EOT, ENQ, ACK, NAK, ESC = 0x03, 0x17, 0x04, 0x05, 0x06, 0x15, 0x1B
HEAD, TAIL = 14, 3
PACKET_FIELD = 3
CLOCK_ERROR = timedelta(minutes=5)


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
        rows.append(byte)
    return tuple(rows)


CRC_TABLE = _table()


def crc16(octets: bytes) -> int:
    """CRC-16/MODBUS (reflected A001, from FFFF)."""
    crc = 0xFFFF
    for octet in octets:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ octet) & 0xFF]
    return crc


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame around its body."""

    centre: int
    address: str
    password: bytes
    function: int
    down: bool
    part: tuple[int, int] | None
    """(number, total) of a SYN packet."""
    body: bytes
    end: int
    letters: bool = False
    """The ASCII form: everything between start and end is written in letters."""


def body_length(frame: bytes) -> tuple[int, bool]:
    """(bytes from text start to end mark, is downlink). In SYN packets up, all 16 bits are the length."""
    word = int.from_bytes(frame[11:13])
    down = word >> 12 == 8
    return (word if frame[13] == SYN and not down else word & 0x0FFF), down


def plausible(head: bytes) -> bool:
    """Whether 14 bytes can be a frame's head."""
    return head[:2] == START and (head[13] == SYN or (head[13] == STX and head[11] >> 4 in (0, 8)))


def whole(octets: bytes) -> bool:
    """Whether ``octets`` begin with a complete frame whose checksum passes."""
    if len(octets) < HEAD + TAIL or not plausible(octets[:HEAD]):
        return False
    size = HEAD + body_length(octets)[0] + TAIL
    return len(octets) >= size and int.from_bytes(octets[size - 2 : size]) == crc16(octets[: size - 2])


def unwrap(frame: bytes) -> Envelope:
    """Check the frame around the body; raise ``DecodeError`` with the reason."""
    if frame[:2] != START:
        raise DecodeError("the frame does not begin with 7E7E")
    if len(frame) < HEAD + TAIL:
        raise DecodeError(f"the frame has only {len(frame)} bytes; the shortest has {HEAD + TAIL}")
    if frame[13] not in (STX, SYN):
        raise DecodeError(
            f"the text begins with {frame[13]:02X}H; only 02H (STX) and 16H (SYN) may stand there"
        )
    length, down = body_length(frame)
    if frame[13] == STX and frame[11] >> 4 not in (0, 8):
        raise DecodeError(f"the direction is {frame[11] >> 4:X}; only 0 (up) and 8 (down) exist")
    size = HEAD + length + TAIL
    if len(frame) < size:
        raise DecodeError(f"the frame is cut off: its head announces {size} bytes, {len(frame)} are there")
    if frame[size:].strip(b"\x7e"):  # some terminals send a stray 7E after the checksum
        raise DecodeError(f"{len(frame) - size} bytes follow after the end of the frame")
    said, computed = int.from_bytes(frame[size - 2 : size]), crc16(frame[: size - 2])
    if said != computed:
        raise DecodeError(f"the checksum is wrong: {said:04X} is sent, {computed:04X} is right")
    end = frame[size - TAIL]
    if end not in ENDS:
        raise DecodeError(f"the text ends with {end:02X}H, which is no end mark")
    body, part = frame[HEAD : size - TAIL], None
    if frame[13] == SYN:
        if length < PACKET_FIELD:
            raise DecodeError("a multi-packet frame without packet numbers")
        packed = int.from_bytes(body[:PACKET_FIELD])
        part, body = (packed & 0xFFF, packed >> 12), body[PACKET_FIELD:]
        if not 1 <= part[0] <= part[1]:
            raise DecodeError(f"packet {part[0]} of {part[1]} cannot be")
    centre, address = (frame[7], frame[2:7]) if down else (frame[2], frame[3:8])
    return Envelope(centre, address.hex().upper(), frame[8:10], frame[10], down, part, body, end)


def read_digits(octets: bytes, what: str) -> str:
    digits = octets.hex()
    if not digits.isdecimal():
        raise DecodeError(f"{what} is not decimal: {digits.upper()}")
    return digits


def read_time(octets: bytes, what: str) -> datetime:
    """YYMMDDHHmm[SS] in BCD, Beijing time."""
    digits = read_digits(octets, what)
    numbers = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    try:
        year, month, day, hour, minute, second = (*numbers, 0)[:6]
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        raise DecodeError(f"{what} is no time: {digits}") from None


def slot_times(
    first: datetime, step: timedelta, count: int, sent_at: datetime
) -> tuple[list[datetime | None], bool]:
    """The times of a series, and whether ``first`` had to be taken as its last time.

    The standard (6.6.4.6, 6.6.4.9): the observation time is that of the first value; each 5-minute rain is that of the
    5 minutes ending then. Nothing is observed after it was sent, but for ``CLOCK_ERROR``. So where the rule would reach
    into the future, either the terminal sends the time of the last value (it was sent within two steps of that time), or
    it sends in the middle of the hour and fills up what has not come yet: those values get None for a time.
    """
    span, latest = step * (count - 1), sent_at + CLOCK_ERROR
    ends = first + span > latest and timedelta(0) <= latest - first < 2 * step + CLOCK_ERROR
    start = first - span if ends else first
    times = [start + step * slot for slot in range(count)]
    # A station whose clock is wrong altogether (observed after it sent) is told as it tells.
    return [time if time <= latest or first > latest else None for time in times], ends


def read_number(data: bytes, decimals: int, what: str) -> float | None:
    """BCD without a point. A first byte FF means negative; all bytes FF mean "no valid value"."""
    if not data or data.count(0xFF) == len(data):
        return None
    negative = data[0] == 0xFF
    value: float = int(read_digits(data[1:] if negative else data, what)) / 10**decimals
    return -value if negative else value


def write(to: Envelope, body: bytes, end: int, *, part: tuple[int, int] | None = None) -> bytes:
    """A downlink to the station that sent ``to``. ``part``: (number, total), for a message in packets."""
    text = body if part is None else (part[1] << 12 | part[0]).to_bytes(3) + body
    frame = START + bytes.fromhex(to.address) + bytes((to.centre,)) + to.password + bytes((to.function,))
    frame += (0x8000 | len(text)).to_bytes(2) + bytes((STX if part is None else SYN,)) + text + bytes((end,))
    return frame + crc16(frame).to_bytes(2)


def write_time(at: datetime, *, seconds: bool = False) -> bytes:
    """Beijing time in BCD, YYMMDDHHmm or YYMMDDHHmmSS."""
    return bytes.fromhex(at.astimezone(BEIJING).strftime("%y%m%d%H%M%S" if seconds else "%y%m%d%H%M"))


# --- what a station sends: used by the simulated field and by tests ------------------------------


def write_number(value: float | None, definition: int) -> bytes:
    """BCD of the size and decimals of a definition byte; None is all FF, a negative number begins with FF.

    A counter that is too long for its digits wraps, as the device's does.
    """
    size, decimals = definition >> 3, definition & 7
    if value is None:
        return b"\xff" * size
    scaled = round(abs(value) * 10**decimals)
    sign = b"\xff" if value < 0 and scaled else b""
    digits = 2 * (size - len(sign))
    return sign + bytes.fromhex(f"{scaled % 10**digits:0{digits}d}")


def write_element(channel: str, value: float | None) -> bytes:
    """One element by its channel name ("rain_total", "level" …), in the standard's size."""
    guide = GUIDES[channel]
    definition = ELEMENTS[guide].definition
    return bytes((guide, definition)) + write_number(value, definition)


def write_elements(values: Mapping[str, float | None]) -> bytes:
    return b"".join(write_element(channel, value) for channel, value in values.items())


def write_hour(rain_mm: Sequence[float | None] = (), level_cm: Sequence[float | None] = ()) -> bytes:
    """F4 and F5 of an hour report: 12 × rain of 5 minutes, 12 × level above the base in cm.

    More than 25.4 mm does not fit into one slot: the rest goes to the next one (annex C).
    """
    octets, carry = b"", 0
    if rain_mm:
        octets += b"\xf4\x60"
        for rain in rain_mm:
            tenths = carry + round((rain or 0) * 10)
            missing = rain is None and not carry
            octets += b"\xff" if missing else bytes((min(tenths, 254),))
            carry = 0 if missing else tenths - min(tenths, 254)
    if level_cm:
        octets += b"\xf5\xc0" + b"".join(
            b"\xff\xff" if level is None else round(level).to_bytes(2) for level in level_cm
        )
    return octets


def write_series(step: timedelta, channel: str, values: Sequence[float | None]) -> bytes:
    """A uniform series (31H): time step in days, hours, minutes, one guide, then the values."""
    minutes = int(step.total_seconds()) // 60
    guide = GUIDES[channel]
    definition = ELEMENTS[guide].definition
    digits = f"{minutes // 1440:02d}{minutes // 60 % 24:02d}{minutes % 60:02d}"
    head = b"\x04\x18" + bytes.fromhex(digits) + bytes((guide, definition))
    return head + b"".join(write_number(value, definition) for value in values)


def write_status(word: int) -> bytes:
    return b"\x45\x20" + word.to_bytes(4)


def write_group(address: str, kind: int | None, observed_at: datetime | None, elements: bytes) -> bytes:
    """F1F1 station [class] [F0F0 observation time] elements: one or more of them make a report's body."""
    group = b"\xf1\xf1" + bytes.fromhex(address) + (b"" if kind is None else bytes((kind,)))
    if observed_at is not None:
        group += b"\xf0\xf0" + write_time(observed_at)
    return group + elements


def write_up(
    function: int,
    address: str,
    serial: int,
    sent_at: datetime,
    body: bytes = b"",
    *,
    centre: int = 1,
    password: int = 0,
) -> bytes:
    """A report or reply in one frame. ``body`` is made of :func:`write_group`; the keep-alive 2FH has none."""
    text = serial.to_bytes(2) + write_time(sent_at, seconds=True) + body
    if len(text) > 0xFFF:
        raise ValueError(f"{len(text)} bytes do not fit into one frame; send them in packets")
    return _up(function, address, centre, password, STX, text, ETX)


def write_packets(
    function: int,
    address: str,
    serial: int,
    sent_at: datetime,
    body: bytes,
    *,
    packet_bytes: int = 1024,
    centre: int = 1,
    password: int = 0,
) -> list[bytes]:
    """The same in packets of ``packet_bytes`` (pictures, long series): SYN, only the first has serial and time."""
    text = serial.to_bytes(2) + write_time(sent_at, seconds=True) + body
    pieces = [text[at : at + packet_bytes] for at in range(0, len(text), packet_bytes)]
    frames = []
    for number, piece in enumerate(pieces, start=1):
        packed = (len(pieces) << 12 | number).to_bytes(3)
        end = ETX if number == len(pieces) else ETB
        frames.append(_up(function, address, centre, password, SYN, packed + piece, end))
    return frames


def _up(function: int, address: str, centre: int, password: int, start: int, text: bytes, end: int) -> bytes:
    frame = START + bytes((centre,)) + bytes.fromhex(address) + password.to_bytes(2) + bytes((function,))
    frame += len(text).to_bytes(2) + bytes((start,)) + text + bytes((end,))
    return frame + crc16(frame).to_bytes(2)
