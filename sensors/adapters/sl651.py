"""SL 651-2014, the hydrology telemetry protocol: rain and river gauges that dial in, over TCP or UDP.

The envelope of a frame is ``sensors/domain/sl651_frames.py`` (HEX/BCD form) or ``sl651_ascii.py`` (in letters), its text
``sl651_body.py``, the tables of the standard ``sl651.py``, what the centre asks ``sl651_commands.py``.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sensors.adapters.base import NOTHING, Cut, Head, Part, Reply
from sensors.domain import sl651_ascii as letters
from sensors.domain import sl651_commands as asked
from sensors.domain.readings import DecodeError, Message
from sensors.domain.sl651 import ENDS, FUNCTIONS
from sensors.domain.sl651_body import Body
from sensors.domain.sl651_frames import (
    ACK,
    ESC,
    ETX,
    HEAD,
    NAK,
    PACKET_FIELD,
    START,
    SYN,
    TAIL,
    Envelope,
    body_length,
    crc16,
    plausible,
    read_time,
    unwrap,
    whole,
    write,
    write_time,
)

REPORTS = frozenset(range(0x30, 0x37))
CANDIDATES_TRIED = 8
"""How many frame beginnings inside a broken frame are tried: bounds the work a hostile stream can cause."""


def _unwrap(frame: bytes) -> Envelope:
    return letters.unwrap(frame) if frame[:1] == letters.SOH else unwrap(frame)


def _whole(octets: bytes) -> bool:
    return letters.whole(octets) if octets[:1] == letters.SOH else whole(octets)


def _message(envelope: Envelope, text: bytes, *, first_only: bool, details: dict[str, Any]) -> Message:
    """Read the text of a message (all its packets together, or only the first)."""
    words = ""
    if envelope.letters:
        serial, moment, words = letters.head_of(text)
        rest = words.encode()
    else:
        if len(text) < 8:
            raise DecodeError(f"the text has {len(text)} bytes; serial number and send time need 8")
        serial, moment, rest = int.from_bytes(text[:2]), text[2:8], text[8:]
    sent_at = read_time(moment, "the send time")
    body = Body(envelope.address, sent_at, envelope.function, first_only)
    if envelope.down or envelope.function not in FUNCTIONS:
        if rest:  # a command's, or a vendor's function: kept as it is
            details["body"] = rest.hex().upper()
    elif envelope.letters:
        letters.read(body, words)
    else:
        body.read(rest)
    if len(body.details.get("stations", ())) == 1 and body.details["stations"][0] == envelope.address:
        del body.details["stations"]
    return Message(
        protocol="sl651",
        address=envelope.address,
        function=f"{envelope.function:02X}",
        observed_at=body.observed_at,
        sent_at=sent_at,
        readings=tuple(body.readings),
        serial=serial,
        details={**details, **body.details},
    )


def _details(envelope: Envelope) -> dict[str, Any]:
    details: dict[str, Any] = {
        "function_name": FUNCTIONS.get(envelope.function, "vendor function"),
        "direction": "down" if envelope.down else "up",
        "centre": envelope.centre,
        "end": ENDS[envelope.end],
    }
    if envelope.letters:
        details["form"] = "ASCII"
    if envelope.part:
        details["packet"], details["packets"] = envelope.part
    return details


class Sl651:
    """Rain and river gauges, and whatever else dials in with SL 651-2014."""

    name = "sl651"
    label = "SL 651-2014"
    text = False
    needs: Mapping[str, type] = {}
    longest = letters.HEAD + 0xFFFF + letters.TAIL
    datagrams = True
    commands: Collection[str] = tuple(asked.COMMANDS)
    questions: Collection[str] = tuple(asked.COMMANDS)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One frame, up or down. Of a message in several packets, each gives what it holds by itself."""
        envelope = _unwrap(frame)
        details = _details(envelope)
        if envelope.part and envelope.part[0] > 1 and not envelope.down:
            details["bytes"] = len(envelope.body)
            function = f"{envelope.function:02X}"
            return Message("sl651", envelope.address, function, None, None, (), None, details)
        first_only = envelope.part is not None and envelope.part[1] > 1 and not envelope.down
        return _message(envelope, envelope.body, first_only=first_only, details=details)

    def head(self, frame: bytes) -> Head:
        envelope, _ = _glimpse(frame)
        if envelope is None:
            return Head("")
        number, total = envelope.part or (1, 1)
        if total == 1 or not 1 <= number <= total:
            return Head(envelope.address)
        key = (envelope.address, envelope.centre, envelope.function, total)
        return Head(envelope.address, Part(key, number, total))

    def join(self, frames: list[bytes]) -> Message:
        envelopes = [_unwrap(frame) for frame in frames]
        details = _details(envelopes[-1])
        del details["packet"]
        body = b"".join(envelope.body for envelope in envelopes)
        return _message(envelopes[0], body, first_only=False, details=details)

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        if letters.START.match(buffer):
            return self._cut_letters(buffer, final)
        start = buffer.find(START)
        # Only what begins before the frame matters: a burst of many frames is not searched again for each of them.
        other = (
            letters.START.search(buffer, 0, start + letters.HEAD if start >= 0 else len(buffer))
            if start
            else None
        )
        if other and (start < 0 or other.start() < start) and not (start >= 0 and whole(buffer[start:])):
            return Cut(other.start(), "bytes between frames")
        if start < 0:
            keep = 0 if final or not buffer.endswith(b"\x7e") else 1
            rest = len(buffer) - keep
            if not rest:
                return None
            silent = not buffer[:rest].strip(b"\x7e\r\n")
            return Cut(rest, "no beginning of a frame (7E7E, or 01 and a head) in these bytes", silent=silent)
        # 7E7E7E is a stray 7E before a frame, or a frame to or from centre (or station) 7E: the checksum tells.
        if buffer[start : start + 3] == b"\x7e\x7e\x7e" and not whole(buffer[start:]):
            lone = whole(buffer[start + 1 :]) or not plausible(
                buffer[start : start + HEAD].ljust(HEAD, b"\0")
            )
            if lone and len(buffer) >= start + HEAD:
                start += 1
        if start:
            return Cut(start, "bytes between frames", silent=not buffer[:start].strip(b"\x7e"))
        if len(buffer) < HEAD:
            return Cut(len(buffer), "a frame's head is cut off") if final else None
        if not plausible(buffer[:HEAD]):
            return Cut(self._next_start(buffer, 1), "7E7E, but no frame's head after it")
        size = HEAD + body_length(buffer)[0] + TAIL
        if len(buffer) < size and not final:
            return None
        if len(buffer) >= size and int.from_bytes(buffer[size - 2 : size]) == crc16(buffer[: size - 2]):
            return Cut(size)
        return self._cut_broken(buffer, size)

    def _cut_letters(self, buffer: bytes, final: bool) -> Cut | None:
        if len(buffer) < letters.HEAD:
            return Cut(len(buffer), "a frame's head is cut off") if final else None
        if not letters.plausible(buffer[: letters.HEAD]):
            return Cut(self._next_start(buffer, 1), "01H, but no frame's head after it")
        size = letters.size_of(buffer)
        if len(buffer) < size and not final:
            return None
        return Cut(size) if letters.whole(buffer) else self._cut_broken(buffer, size)

    def _cut_broken(self, buffer: bytes, size: int) -> Cut:
        """If another frame begins inside, the length itself is what is broken."""
        at = 1
        for _ in range(CANDIDATES_TRIED):
            at = self._next_start(buffer, at)
            if at >= min(size, len(buffer)):
                break
            if _whole(buffer[at:]):
                return Cut(at, "a broken frame, followed by a whole one")
            at += 1
        if len(buffer) < size:
            return Cut(len(buffer), f"a frame of {size} bytes is cut off after {len(buffer)}")
        return Cut(size)

    @staticmethod
    def _next_start(buffer: bytes, begin: int) -> int:
        found, other = buffer.find(START, begin), letters.START.search(buffer, begin)
        return min(len(buffer) if found < 0 else found, other.start() if other else len(buffer))

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """Reports (30H–36H) are acknowledged: function and serial come back, with the centre's time; ESC keeps the line.

        A message in packets gets one answer, when ``frame`` is its first packet (the one that has a serial number).
        The keep-alive 2FH and replies to a command get none.
        """
        envelope = _unwrap(frame)
        if envelope.down or envelope.function not in REPORTS:
            return None
        body = _stamped(envelope, envelope.body, at)
        if envelope.part is None:
            return _write(envelope, body, ESC)
        total = envelope.part[1]
        return _write(envelope, body, ACK if total > 1 else ESC, part=(total, total))

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """NAK: the device repeats; in a message of packets it names the one that is wanted."""
        envelope, text = _glimpse(frame)
        if envelope is None or envelope.down:
            return None
        part = None
        if envelope.part:
            part = (packet or envelope.part[0], envelope.part[1])
            text = text if envelope.part[0] == 1 else b""
        return _write(envelope, _stamped(envelope, text, at), NAK, part=part)

    def password(self, frame: bytes) -> str:
        """The password that stands in a frame from a station: four hex digits."""
        envelope, _ = _glimpse(frame)
        return "" if envelope is None else envelope.password.hex().upper()

    def command(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        address: str,
        serial: int,
        at: datetime,
        heard: bytes = b"",
    ) -> bytes:
        """``heard``: the frame last heard, whose centre, password and form (hex or letters) the command repeats."""
        to, _ = _glimpse(heard)
        if to is None:
            to = Envelope(1, address, b"\0\0", 0, True, None, b"", ETX)
        to = replace(to, address=address)
        return asked.command(kind, body, to=to, serial=serial, at=at)

    def reply(self, message: Message) -> Reply | None:
        """An answer has the function of its question; not every terminal gives the question's serial number back."""
        kind = asked.KINDS.get(message.function)
        if kind is None or message.details["direction"] == "down" or message.serial is None:
            return None
        return Reply(message.serial, True, kind=kind, said=asked.answer_of(message))


def _glimpse(frame: bytes) -> tuple[Envelope | None, bytes]:
    """(what the head of a frame says, whether or not the rest is whole; the text behind it)."""
    if frame[:1] == letters.SOH:
        if len(frame) < letters.HEAD or not letters.plausible(frame[: letters.HEAD]):
            return None, b""
        part = letters.part_of(frame)
        text = frame[letters.HEAD + (letters.PACKET_FIELD if part else 0) :]
        return letters.glimpse(frame, part=part), text
    if len(frame) < HEAD or not plausible(frame[:HEAD]):
        return None, b""
    down, part, text = body_length(frame)[1], None, frame[HEAD:]
    if frame[13] == SYN and not down:
        packed = int.from_bytes(text[:PACKET_FIELD].ljust(PACKET_FIELD, b"\0"))
        part, text = (packed & 0xFFF, packed >> 12), text[PACKET_FIELD:]
    centre, address = (frame[7], frame[2:7]) if down else (frame[2], frame[3:8])
    return Envelope(centre, address.hex().upper(), frame[8:10], frame[10], down, part, b"", ETX), text


def _stamped(envelope: Envelope, text: bytes, at: datetime) -> bytes:
    """The serial number of ``text``, and the centre's time."""
    sent = write_time(at, seconds=True)
    if not envelope.letters:
        return text[:2].ljust(2, b"\0") + sent
    serial = text[:4] if len(text) >= 4 and text[:4].isalnum() else b"0000"
    return serial + sent.hex().encode()


def _write(to: Envelope, body: bytes, end: int, *, part: tuple[int, int] | None = None) -> bytes:
    return (letters.write if to.letters else write)(to, body, end, part=part)
