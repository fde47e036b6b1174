"""The envelope of JT/T 808: flags, escapes, checksum, header and packets; and how frames are written.

7E · header · body · XOR · 7E, big-endian. Between the flags 7E is sent as 7D 02 and 7D as 7D 01; the checksum is over
the bytes before escaping. The header of 2019 has a version byte and ten bytes of telephone number, that of 2013 six.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from operator import xor

from sensors.domain.readings import DecodeError

FLAG = b"\x7e"
GMT8 = timezone(timedelta(hours=8))  # the standard's clock, wherever the vehicle is
BODY_MOST = 0x3FF
LONGEST = 2 * (21 + BODY_MOST + 1) + 2
DIGITS_2013, DIGITS_2019 = 12, 20

_ESCAPE = re.compile(rb"\x7d(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One frame. ``address``: the telephone number as on the wire, leading zeros and all (12 digits in 2013, 20 in 2019).

    ``part``: (number, total) of a message in packets.
    """

    id: int
    address: str
    serial: int
    body: bytes
    encryption: int = 0
    version: int | None = None
    part: tuple[int, int] | None = None

    @property
    def is_2019(self) -> bool:
        return self.version is not None


def checksum(octets: bytes) -> int:
    return reduce(xor, octets, 0)


def escape(octets: bytes) -> bytes:
    return octets.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(octets: bytes) -> bytes:
    """Raises ``DecodeError`` for an escape that does not exist."""

    def plain(found: re.Match[bytes]) -> bytes:
        if found[1] == b"\x02":
            return b"\x7e"
        if found[1] == b"\x01":
            return b"\x7d"
        raise DecodeError(
            f"7D is followed by {found[1].hex().upper() or 'nothing'}; only 01 and 02 may follow"
        )

    return _ESCAPE.sub(plain, octets) if b"\x7d" in octets else octets


def header(inner: bytes) -> Envelope | None:
    """The head of the unescaped bytes between the flags, with no body; None where it is not whole or no head."""
    if len(inner) < 12:
        return None
    properties = int.from_bytes(inner[2:4])
    at, digits = (5, DIGITS_2019) if properties & 0x4000 else (4, DIGITS_2013)
    end = at + digits // 2 + 2
    packed = bool(properties & 0x2000)
    if len(inner) < end + 4 * packed:
        return None
    address = inner[at : at + digits // 2].hex()
    if not address.isdecimal():
        return None
    part = (
        (int.from_bytes(inner[end + 2 : end + 4]), int.from_bytes(inner[end : end + 2])) if packed else None
    )
    return Envelope(
        id=int.from_bytes(inner[:2]),
        address=address,
        serial=int.from_bytes(inner[end - 2 : end]),
        body=b"",
        encryption=properties >> 10 & 7,
        version=inner[4] if properties & 0x4000 else None,
        part=part,
    )


def unwrap(frame: bytes) -> Envelope:
    """Read a frame with its flags; ``DecodeError`` says what is wrong with it."""
    if len(frame) < 2 or frame[:1] != FLAG or frame[-1:] != FLAG:
        raise DecodeError("a frame begins and ends with 7E")
    if FLAG in frame[1:-1]:
        raise DecodeError("7E stands inside the frame; it is sent as 7D 02 there")
    inner = unescape(frame[1:-1])
    if len(inner) < 13:
        raise DecodeError(f"{len(inner)} bytes between the flags; header and checksum need 13")
    if (sum_ := checksum(inner[:-1])) != inner[-1]:
        raise DecodeError(f"checksum is {inner[-1]:02X}, the bytes give {sum_:02X}")
    head = header(inner[:-1])
    if head is None:
        raise DecodeError("the header is cut off, or its telephone number is not decimal")
    announced = int.from_bytes(inner[2:4]) & BODY_MOST
    size = (17 if head.is_2019 else 12) + (4 if head.part else 0)
    body = inner[size:-1]
    if len(body) != announced:
        raise DecodeError(f"the header announces a body of {announced} bytes, {len(body)} are there")
    if head.part and not 1 <= head.part[0] <= head.part[1]:
        raise DecodeError(f"packet {head.part[0]} of {head.part[1]} does not exist")
    return Envelope(head.id, head.address, head.serial, body, head.encryption, head.version, head.part)


def glimpse(frame: bytes) -> Envelope | None:
    """What the head of a frame says, whether or not the rest is whole."""
    try:
        return header(unescape(frame[1:].split(FLAG, 1)[0]))
    except DecodeError:
        return None


def write(
    id_: int,
    address: str,
    serial: int,
    body: bytes = b"",
    *,
    version: int = 1,
    part: tuple[int, int] | None = None,
) -> bytes:
    """One frame; the length of ``address`` (12 or 20 digits) says whether it is one of 2013 or of 2019.

    Raises ``ValueError`` for a body that needs packets, or another number of digits.
    """
    if len(body) > BODY_MOST:
        raise ValueError(f"a body of {len(body)} bytes; {BODY_MOST} fit into one frame")
    if len(address) not in (DIGITS_2013, DIGITS_2019) or not address.isdecimal():
        raise ValueError(f"{address!r} is no terminal's number of {DIGITS_2013} or {DIGITS_2019} digits")
    newer = len(address) == DIGITS_2019
    properties = len(body) | 0x4000 * newer | 0x2000 * bool(part)
    inner = id_.to_bytes(2) + properties.to_bytes(2) + (bytes([version]) if newer else b"")
    inner += bytes.fromhex(address) + serial.to_bytes(2)
    if part:
        inner += part[1].to_bytes(2) + part[0].to_bytes(2)
    inner += body
    return FLAG + escape(inner + bytes([checksum(inner)])) + FLAG


def write_packets(
    id_: int, address: str, serial: int, body: bytes, *, packet_bytes: int = 800
) -> list[bytes]:
    """A long body as packets with consecutive serial numbers, from ``serial`` on."""
    pieces = [body[at : at + packet_bytes] for at in range(0, len(body), packet_bytes)]
    return [
        write(id_, address, (serial + n) & 0xFFFF, piece, part=(n + 1, len(pieces)))
        for n, piece in enumerate(pieces)
    ]


def read_time(octets: bytes, what: str) -> datetime | None:
    """BCD yymmddhhmmss at GMT+8 as an aware time; None for all zeros (a terminal that does not know the time)."""
    digits = octets.hex()
    if not digits.strip("0"):
        return None
    try:
        return datetime.strptime(digits, "%y%m%d%H%M%S").replace(tzinfo=GMT8).astimezone(UTC)
    except ValueError:
        raise DecodeError(f"{what} is no date: {digits}") from None


def write_time(at: datetime) -> bytes:
    return bytes.fromhex(at.astimezone(GMT8).strftime("%y%m%d%H%M%S"))


def read_text(octets: bytes) -> str:
    """A STRING of the standard: GBK up to the first null."""
    return octets.split(b"\0", 1)[0].decode("gb18030", "replace").strip()


def write_text(text: str, most: int) -> bytes:
    """GBK, cut at a whole character where it is longer than ``most`` bytes."""
    return text.encode("gbk", "replace")[:most].decode("gbk", "ignore").encode("gbk")
