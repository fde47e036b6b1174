"""JT/T 808-2013 and -2019: terminals of vehicles, with active safety after T/JSATL 12-2017.

Tables: ``sensors/domain/jt808.py``; the envelope: ``jt808_frames.py``; locations and their items: ``jt808_location.py``.

No state of a connection is needed. The authentication code is derived from the terminal's number, and any code is
accepted: it is handed to whoever registers and travels in the clear, so it proves nothing; who may speak for a vehicle
is decided by the network that lets it in and by the list of stations. An answer carries the serial number of what it
answers, which no terminal confuses with a command's: it answers commands only.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sensors.adapters.base import NOTHING, Cut, Head, Part, Reply
from sensors.domain import jt808 as tables
from sensors.domain.jt808_frames import (
    FLAG,
    LONGEST,
    Envelope,
    checksum,
    glimpse,
    read_text,
    read_time,
    unescape,
    unwrap,
    write,
    write_text,
    write_time,
)
from sensors.domain.jt808_location import FIXED, Found
from sensors.domain.readings import DecodeError, Message

BATCH_MOST = 1000
"""Locations in one batch: more than eight hours without contact, one each 30 s."""
TEXT_BYTES = 900
URGENT_2013, URGENT_2019, SHOWN, SPOKEN = 0x01, 0x02, 0x04, 0x08


class _Body:
    """Reads the fields of a body in order; ``DecodeError`` where it is too short."""

    def __init__(self, octets: bytes, what: str):
        self.octets, self.what, self.position = octets, what, 0

    def take(self, size: int) -> bytes:
        piece = self.octets[self.position : self.position + size]
        if len(piece) < size:
            raise DecodeError(f"{self.what} is cut off after {len(self.octets)} bytes")
        self.position += size
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def text(self, size: int) -> str:
        return read_text(self.take(size))

    def rest(self) -> bytes:
        return self.take(len(self.octets) - self.position)


def _registration(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    maker, model, name = (11, 30, 30) if envelope.is_2019 else (5, 20, 7)
    details |= {
        "province": body.number(2),
        "city": body.number(2),
        "maker": body.text(maker),
        "model": body.text(model),
        "terminal": body.text(name),
        "plate_colour": body.number(1),
        "plate": read_text(body.rest()),
    }


def _authentication(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    if envelope.is_2019:
        details |= {"code": body.text(body.number(1)), "imei": body.text(15), "software": body.text(20)}
    else:
        details["code"] = read_text(body.rest())


def _answered(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    details |= {"answers": body.number(2), "to": f"{body.number(2):04X}"}
    result = body.number(1)
    details |= {"result": result, "result_name": tables.RESULTS.get(result, str(result))}


def _registered(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    details |= {"answers": body.number(2), "result": body.number(1), "code": read_text(body.rest())}


def _driver(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    """0702: the driver's card goes in (1) or out (2); a card that cannot be read says nothing of the driver."""
    inserted = body.number(1) == 1
    at = read_time(body.take(6), "the time of the driver's card")
    details |= {"card": "in" if inserted else "out", "card_at": at and at.isoformat()}
    if not inserted or body.position == len(body.octets):
        return
    if details.setdefault("card_result", body.number(1)) == 0:
        details["driver"] = body.text(body.number(1))
        details["certificate"] = body.text(20)
        details["authority"] = body.text(body.number(1))
        details["valid_until"] = body.take(4).hex()


def _spoken(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    flags = body.number(1)
    urgent = flags & 3 == URGENT_2019 if envelope.is_2019 else flags & URGENT_2013
    details |= {"spoken": bool(flags & SPOKEN), "shown": bool(flags & SHOWN), "urgent": bool(urgent)}
    if envelope.is_2019:
        details["text_kind"] = body.number(1)
    details["text"] = read_text(body.rest())


def _attachments(envelope: Envelope, body: _Body, details: dict[str, Any]) -> None:
    """1210: the files that a terminal holds for one alarm; names of 7 bytes, or of 30 (T/GDRTA 002-2019)."""
    for name, number in ((7, 16), (30, 40)):
        body.position = 0
        try:
            told = {
                "terminal": body.text(name),
                "number": body.take(number).hex().upper(),
                "alarm": body.text(32),
                "again": body.number(1) == 1,
                "files": [
                    {"name": body.text(body.number(1)), "bytes": body.number(4)}
                    for _ in range(body.number(1))
                ],
            }
        except DecodeError:
            continue
        if body.position == len(body.octets):
            details |= told
            return
    raise DecodeError("the list of attachments does not end where the body does")


READERS = {
    0x0001: _answered,
    0x0100: _registration,
    0x0102: _authentication,
    0x0702: _driver,
    0x1210: _attachments,
    0x8001: _answered,
    0x8100: _registered,
    0x8300: _spoken,
}


def _media(body: _Body, details: dict[str, Any], found: Found) -> None:
    """0801: a picture (kept as the vehicle's still), sound or film, with the place it was made at."""
    details |= {"media": body.number(4), "kind": tables.MEDIA_KINDS.get(kind := body.number(1), str(kind))}
    form, details["event"], details["channel"] = body.number(1), body.number(1), body.number(1)
    found.add(body.take(FIXED))
    found.readings.clear()  # the moment of a picture, told by the locations themselves
    found.fixes.clear()
    data = body.rest()
    details["bytes"] = len(data)
    if kind == tables.PICTURE and form == tables.JPEG:
        details["picture"] = data


def _message(envelope: Envelope, body: bytes, details: dict[str, Any]) -> Message:
    """Read the body of a message (all its packets together)."""
    found, reader = Found(envelope.address), _Body(body, "the body")
    observed_at = None
    if envelope.encryption:
        raise DecodeError(f"the body is encrypted (method {envelope.encryption})")
    if envelope.id == 0x0200:
        found.add(body)
    elif envelope.id == 0x0201:
        details["answers"] = reader.number(2)
        found.add(reader.rest())
    elif envelope.id == 0x0704:
        count, kind = reader.number(2), reader.number(1)
        if count > BATCH_MOST:
            raise DecodeError(f"{count} locations in one batch; {BATCH_MOST} are the most that is read")
        details["batch"] = "blind area" if kind == 1 else "batch"
        for _ in range(count):
            found.add(reader.take(reader.number(2)))
    elif envelope.id == 0x0801:
        _media(reader, details, found)
        if found.locations[0]["at"]:
            observed_at = datetime.fromisoformat(found.locations[0]["at"])
    elif envelope.id in READERS:
        READERS[envelope.id](envelope, reader, details)
    elif body:
        details["body"] = body.hex().upper()
    if found.locations:
        details["locations"] = found.locations
    return Message(
        protocol="jt808",
        address=envelope.address,
        function=f"{envelope.id:04X}",
        observed_at=found.observed_at or observed_at,
        sent_at=None,
        readings=tuple(found.readings),
        serial=envelope.serial,
        details=details,
        fixes=tuple(found.fixes),
    )


def _details(envelope: Envelope) -> dict[str, Any]:
    return {
        "function_name": tables.MESSAGES.get(envelope.id, "unknown message"),
        "direction": "down" if envelope.id & 0x8000 else "up",
        "standard": 2019 if envelope.is_2019 else 2013,
    }


class Jt808:
    """Terminals of vehicles: hazardous goods, coaches, rescue."""

    name = "jt808"
    label = "JT/T 808"
    text = False
    needs: Mapping[str, type] = {}
    longest = LONGEST
    commands = frozenset({"text", "locate", "attachments"})

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One frame, up or down. A packet of a longer message is told as such; ``join`` reads the whole."""
        envelope = unwrap(frame)
        details = _details(envelope)
        if envelope.part is None or envelope.part == (1, 1):
            return _message(envelope, envelope.body, details)
        details["packet"], details["packets"] = envelope.part
        details["bytes"] = len(envelope.body)
        function = f"{envelope.id:04X}"
        return Message("jt808", envelope.address, function, None, None, (), envelope.serial, details)

    def head(self, frame: bytes) -> Head:
        envelope = glimpse(frame)
        if envelope is None:
            return Head("")
        if envelope.part is None or not 1 <= envelope.part[0] <= envelope.part[1] or envelope.part[1] == 1:
            return Head(envelope.address)
        number, total = envelope.part
        return Head(envelope.address, Part((envelope.address, envelope.id, total), number, total))

    def join(self, frames: list[bytes]) -> Message:
        envelopes = [unwrap(frame) for frame in frames]
        details = _details(envelopes[0]) | {"packets": len(frames)}
        return _message(envelopes[0], b"".join(envelope.body for envelope in envelopes), details)

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        """A frame stands between two 7E. One 7E alone before another is the end of something lost."""
        if not buffer:
            return None
        start = buffer.find(FLAG)
        if start:
            return Cut(len(buffer) if start < 0 else start, "bytes between frames")
        if buffer[1:2] == FLAG:
            return Cut(1, "a lone 7E", silent=True)
        end = buffer.find(FLAG, 1)
        if end < 0:
            if final or len(buffer) >= LONGEST:
                return Cut(len(buffer), f"a frame without an end after {len(buffer)} bytes")
            return None
        # A flag that is followed by anything but another flag begins a frame: the one before it has lost its end.
        if not _whole(buffer[: end + 1]) and buffer[end + 1 : end + 2] not in (b"", FLAG):
            return Cut(end, "a frame without an end")
        return Cut(end + 1)

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """8100 to a registration, 8004 to the question for the time, 8800 to media, 8001 to the rest.

        What answers a command of ours gets nothing; what we do not know is told to be unsupported, but kept.
        """
        envelope = unwrap(frame)
        if envelope.id & 0x8000 or envelope.id in tables.ANSWERS:
            return None
        if envelope.id == 0x0100:
            code = authentication_code(envelope.address).encode()
            return _reply(envelope, 0x8100, envelope.serial.to_bytes(2) + bytes([tables.DONE]) + code)
        if envelope.id == 0x0004:
            return _reply(envelope, 0x8004, write_time(at))
        if envelope.id == 0x0801:
            return _reply(envelope, 0x8800, envelope.body[:4])
        return _general(envelope, tables.DONE if envelope.id in tables.TELLS else tables.UNSUPPORTED)

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """8003 asks for a packet again; 8001 says of a frame with a true checksum that its message is wrong.

        A false checksum gets no answer: the number in the head may be another vehicle's, and the terminal repeats.
        """
        envelope = glimpse(frame)
        if envelope is None or envelope.id & 0x8000:
            return None
        if packet is not None and envelope.part:
            first = (envelope.serial - envelope.part[0] + 1) & 0xFFFF
            count = (1).to_bytes(2 if envelope.is_2019 else 1)
            return _reply(envelope, 0x8003, first.to_bytes(2) + count + packet.to_bytes(2))
        return _general(envelope, tables.WRONG) if _whole(frame) else None

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
        """``text``: {"text", "urgent"}, shown and spoken (8300). ``locate``: {} (8201). ``attachments``: {"host",
        "port", "number" as hex, "alarm"} (9208)."""
        newer = len(address) == 20
        if kind == "text":
            text = write_text(str(body.get("text", "")), TEXT_BYTES)
            if not text:
                raise ValueError("a text to the driver needs words")
            urgent = URGENT_2019 if newer else URGENT_2013
            flags = SHOWN | SPOKEN | (urgent if body.get("urgent") else 1 if newer else 0)
            notice = b"\x01" if newer else b""
            return write(0x8300, address, serial, bytes([flags]) + notice + text)
        if kind == "locate":
            return write(0x8201, address, serial)
        if kind == "attachments":
            try:
                host, port = str(body["host"]).encode("ascii"), int(body["port"]).to_bytes(2)
                number, alarm = bytes.fromhex(body["number"]), str(body["alarm"]).encode("ascii")
            except (KeyError, TypeError, OverflowError, UnicodeError) as problem:
                raise ValueError(f"where attachments go is not whole: {problem}") from None
            told = bytes([len(host)]) + host + port + b"\0\0" + number + alarm[:32].ljust(32, b"\0")
            return write(0x9208, address, serial, told + bytes(16))
        raise ValueError(f"{kind!r} cannot be said in JT/T 808")

    def reply(self, message: Message) -> Reply | None:
        """0001 answers any command, 0201 the question for the location."""
        if message.function == "0001":
            result = message.details["result"]
            return Reply(message.details["answers"], result == tables.DONE, message.details["result_name"])
        if message.function == "0201":
            return Reply(message.details["answers"], True)
        return None


def authentication_code(address: str) -> str:
    """What a terminal is given when it registers: the same from every gateway, whenever it asks."""
    return address[-11:].lstrip("0") or "0"


def _whole(frame: bytes) -> bool:
    try:
        inner = unescape(frame[1:-1])
    except DecodeError:
        return False
    return len(inner) > 12 and checksum(inner) == 0


def _general(envelope: Envelope, result: int) -> bytes:
    return _reply(envelope, 0x8001, envelope.serial.to_bytes(2) + envelope.id.to_bytes(2) + bytes([result]))


def _reply(envelope: Envelope, id_: int, body: bytes) -> bytes:
    return write(id_, envelope.address, envelope.serial, body, version=envelope.version or 1)
