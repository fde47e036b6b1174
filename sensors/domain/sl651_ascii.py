"""The ASCII form of SL 651-2014: the same messages in letters, from modems that carry nothing else.

A frame up: 01H, centre 2, station 10, password 4, function 2, direction and length 4 (all hex digits), STX or SYN, the text,
end mark, CRC-16/MODBUS over everything before it in 4 hex digits. Down: station before centre. The length counts the letters
of the text; in SYN packets the first six of them are the packet's numbers.

The text: serial number 4, time of sending 12, then words: ``ST`` station class, ``TT`` time of observation, and identifiers
(``sensors.domain.sl651.LETTERS``) each before its value: ``ST 0012345678 H TT 2607120630 Z 14.420 VT 12.2``. ``DRN05`` (days,
hours, minutes) says that the next identifier has a value each five minutes.
"""

import re
from datetime import timedelta

from sensors.domain.readings import DecodeError
from sensors.domain.sl651 import CLASSES, ELEMENTS, ENDS, LETTERS
from sensors.domain.sl651_body import SLOTS, Body
from sensors.domain.sl651_frames import STX, SYN, Envelope, crc16

SOH = b"\x01"
HEAD, TAIL, PACKET_FIELD = 24, 5, 6
_HEAD = re.compile(rb"\x01[0-9A-Fa-f]{22}[\x02\x16]")
START = re.compile(rb"\x01(?:[0-9A-Fa-f]{22}[\x02\x16]|[0-9A-Fa-f]{0,22}\Z)")
"""A whole head, or what may become one at the end of what has come so far."""
_NONE = frozenset("FfMmNnAa*-/.")
_STEP = re.compile(r"DR([DHN])(\d\d)")
_IDENTIFIERS = {guide: name for name, guide in LETTERS.items()}


def plausible(head: bytes) -> bool:
    """Whether 24 bytes can be a frame's head."""
    return _HEAD.fullmatch(head) is not None and head[19:20] in b"08"


def size_of(head: bytes) -> int:
    """Bytes of the whole frame, told by a plausible head."""
    return HEAD + _length(head) + TAIL


def is_down(head: bytes) -> bool:
    return head[19:20] == b"8"


def _length(head: bytes) -> int:
    word = int(head[19:23], 16)
    return word if head[23] == SYN and not is_down(head) else word & 0xFFF


def whole(octets: bytes) -> bool:
    """Whether ``octets`` begin with a complete frame whose checksum passes."""
    if len(octets) < HEAD + TAIL or not plausible(octets[:HEAD]):
        return False
    size = size_of(octets)
    return len(octets) >= size and octets[size - 4 : size].upper() == _sum(octets[: size - 4])


def _sum(octets: bytes) -> bytes:
    return b"%04X" % crc16(octets)


def unwrap(frame: bytes) -> Envelope:
    """Check the frame around the text; raise ``DecodeError`` with the reason."""
    if len(frame) < HEAD + TAIL:
        raise DecodeError(f"the frame has only {len(frame)} bytes; the shortest has {HEAD + TAIL}")
    if not plausible(frame[:HEAD]):
        raise DecodeError("after 01H stands no head of the ASCII form")
    size = size_of(frame)
    if len(frame) < size:
        raise DecodeError(f"the frame is cut off: its head announces {size} bytes, {len(frame)} are there")
    if frame[size:].strip(b"\r\n"):
        raise DecodeError(f"{len(frame) - size} bytes follow after the end of the frame")
    said, computed = frame[size - 4 : size].upper(), _sum(frame[: size - 4])
    if said != computed:
        raise DecodeError(
            f"the checksum is wrong: {said.decode('ascii', 'replace')} is sent, {computed.decode()} is right"
        )
    end = frame[size - TAIL]
    if end not in ENDS:
        raise DecodeError(f"the text ends with {end:02X}H, which is no end mark")
    body, part = frame[HEAD : size - TAIL], None
    if frame[23] == SYN:
        try:
            packed = int(body[:PACKET_FIELD], 16)
        except ValueError:
            raise DecodeError("a multi-packet frame without packet numbers") from None
        part, body = (packed & 0xFFF, packed >> 12), body[PACKET_FIELD:]
        if len(frame) < HEAD + PACKET_FIELD + TAIL or not 1 <= part[0] <= part[1]:
            raise DecodeError(f"packet {part[0]} of {part[1]} cannot be")
    return glimpse(frame, body=body, part=part, end=end)


def glimpse(head: bytes, *, body: bytes = b"", part: tuple[int, int] | None = None, end: int = 3) -> Envelope:
    """The envelope that a plausible head tells of, whatever follows."""
    down = is_down(head)
    station, centre = (head[1:11], head[11:13]) if down else (head[3:13], head[1:3])
    return Envelope(
        centre=int(centre, 16),
        address=station.decode().upper(),
        password=bytes.fromhex(head[13:17].decode()),
        function=int(head[17:19], 16),
        down=down,
        part=part,
        body=body,
        end=end,
        letters=True,
    )


def part_of(frame: bytes) -> tuple[int, int] | None:
    """(number, total) of a packet up, as its head says."""
    if frame[23] != SYN or is_down(frame):
        return None
    try:
        packed = int(frame[HEAD : HEAD + PACKET_FIELD], 16)
    except ValueError:
        return None
    return packed & 0xFFF, packed >> 12


def read(body: Body, text: str) -> None:
    """Read the words behind serial number and time of sending."""
    words = text.split()
    at = 0
    while at < len(words):
        try:
            at += _word(body, words[at].upper(), words[at + 1 :], text)
        except _CutOff as reason:
            if body.cut_off:
                return
            raise DecodeError(str(reason)) from None


def _word(body: Body, word: str, rest: list[str], text: str) -> int:
    """Deal with the word and what belongs to it; return how many words that are."""
    if word == "TT":
        return body.time(b"\xf0\xf0" + _digits(rest, 10, "the observation time")) and 2
    if word == "ST":
        station = _take(rest, "the station's address")
        known = len(rest) > 1 and len(rest[1]) == 1 and ord(rest[1].upper()) in CLASSES
        body.details.setdefault("stations", []).append(station.upper())
        body.address, body.step = station.upper(), None
        if known:
            body.details["station_class"] = CLASSES[ord(rest[1].upper())]
        return 3 if known else 2
    if word == "RGZS":
        body.written(text[text.upper().index("RGZS") + 4 :].strip())
        return 1 + len(rest)
    if word == "ZT":
        body.status(_digits(rest, 8, "the status word"))
        return 2
    if word == "DRP" or (word[:3] == "DRZ" and word[3:] in tuple("12345678")):
        width = 1 if word == "DRP" else 2
        guide = 0xF4 if word == "DRP" else 0xF4 + int(word[3:])
        body.slots(guide, _digits(rest, 2 * width * SLOTS, f"the hour of {word}"))
        return 2
    if step := _STEP.fullmatch(word):
        count = int(step[2])
        body.begin(
            timedelta(
                days=count * (step[1] == "D"),
                hours=count * (step[1] == "H"),
                minutes=count * (step[1] == "N"),
            )
        )
        return 1
    if body.step is not None and word in LETTERS:
        return 1 + _series(body, LETTERS[word], rest)
    if word in LETTERS:
        body.put(LETTERS[word], _number(_take(rest, f"the value of {word}"), word))
        return 2
    said = _take(rest, f"what {word[:20]} says")
    body.details.setdefault("unknown", []).append({"guide": word[:20], "value": None, "data": said[:40]})
    return 2


def _series(body: Body, guide: int, rest: list[str]) -> int:
    step, body.step = body.step, None
    assert step is not None
    values = []
    for word in rest:
        if word.upper() in LETTERS or word.upper() in ("ST", "TT", "ZT"):
            break
        values.append(_number(word, _IDENTIFIERS[guide]))
    for slot, at in body.times(step, len(values)):
        body.put(guide, values[slot], at)
    return len(values)


def _take(rest: list[str], what: str) -> str:
    if not rest:
        raise _CutOff(f"{what} is cut off")
    return rest[0]


def _digits(rest: list[str], count: int, what: str) -> bytes:
    """``count`` hex digits as octets."""
    said = _take(rest, what)
    if len(said) < count:
        raise _CutOff(f"{what} is cut off")
    try:
        if len(said) == count:
            return bytes.fromhex(said)
    except ValueError:
        pass
    raise DecodeError(f"{what} is not {count} digits: {said[:60]}")


def _number(said: str, name: str) -> float | None:
    """A decimal number; letters that fill its place mean "no valid value"."""
    if re.fullmatch(r"[+-]?\d{1,12}(\.\d{0,6})?", said):
        return float(said)
    if _NONE.issuperset(said):
        return None
    raise DecodeError(f"the value of {name} is no number: {said[:20]}")


class _CutOff(Exception):
    """A word needs another one behind it."""


def head_of(text: bytes) -> tuple[int, bytes, str]:
    """(serial number, time of sending as 6 octets, the words) of a text."""
    letters = text.decode("gb18030", "replace")
    front = letters[:16]
    if len(front) < 16:
        raise DecodeError(f"the text has {len(front)} letters; serial number and send time need 16")
    if not re.fullmatch(r"[0-9A-Fa-f]{4}\d{12}", front):
        raise DecodeError(f"serial number and send time are not digits: {front}")
    return int(front[:4], 16), bytes.fromhex(front[4:]), letters[16:]


# --- writing ---------------------------------------------------------------------------------------


def write(to: Envelope, text: bytes, end: int, *, part: tuple[int, int] | None = None) -> bytes:
    """A downlink to the station that sent ``to``."""
    if part is not None:
        text = b"%06X" % (part[1] << 12 | part[0]) + text
    frame = SOH + to.address.encode() + b"%02X" % to.centre + to.password.hex().upper().encode()
    frame += b"%02X%04X" % (to.function, 0x8000 | len(text)) + bytes((STX if part is None else SYN,)) + text
    frame += bytes((end,))
    return frame + _sum(frame)


def write_up(
    function: int, address: str, serial: int, sent_at: bytes, words: str, *, centre: int = 1
) -> bytes:
    """A report in letters, as a station sends it; for tests. ``sent_at``: six octets of BCD."""
    text = b"%04X" % serial + sent_at.hex().encode() + words.encode()
    frame = SOH + b"%02X" % centre + address.encode() + b"0000%02X%04X" % (function, len(text))
    frame += bytes((STX,)) + text + b"\x03"
    return frame + _sum(frame)


def words_of(channels: list[str]) -> bytes:
    """Identifiers of elements, as a query names them."""
    guides = {element.channel: guide for guide, element in ELEMENTS.items()}
    return " ".join(_IDENTIFIERS[guides[channel]] for channel in channels).encode()
