"""HJ 212-2017, the protocol of environment data loggers: gas, air, dust, noise and water monitors that dial in.

Factors, flags and the checksum are ``sensors/domain/hj212.py``. Channels are the factor's code and the field in small
letters: ``a21028.rtd`` now, ``a21028.avg`` (``.min``, ``.max``, ``.cou``) of a minute, ``a21028.hour_avg`` of an hour,
``a21028.day_avg`` of a day; ``a21028.flag`` is what the instrument says of itself. Readings of a period carry its start,
as DataTime does.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensors.adapters.base import NOTHING, Cut, Head, Part
from sensors.domain.hj212 import (
    ANSWER_WANTED,
    CLOCK_REQUEST,
    COMMANDS,
    CRC_BYTES,
    FACTORS,
    FLAG_NUMBERS,
    FLAGS,
    HEAD,
    INTERACTION,
    NOTES,
    PERIODS,
    QUALITIES,
    START,
    SYSTEMS,
    UNNAMED,
    VALUES,
    VERSION_2017,
    crc16,
    read_time,
    write,
)
from sensors.domain.quality import Quality
from sensors.domain.readings import DecodeError, Message, Reading

CANDIDATES_TRIED = 8
"""How many frame beginnings inside a broken frame are tried: bounds the work a hostile stream can cause."""
PACKETS_AT_MOST = 1000
FIELD = re.compile(r"([^-=,;]{1,40})-([A-Za-z0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class _Envelope:
    """``fields``: QN, ST, CN, PW, MN, Flag, PNUM, PNO as they are there. ``content``: what stands between the &&."""

    fields: Mapping[str, str]
    content: str

    @property
    def address(self) -> str:
        return self.fields.get("MN", "")

    @property
    def command(self) -> str:
        return self.fields["CN"]

    @property
    def flag(self) -> int:
        return int(self.fields.get("Flag") or 0)

    @property
    def part(self) -> tuple[int, int] | None:
        if "PNUM" not in self.fields or "PNO" not in self.fields:
            return None
        number, total = int(self.fields["PNO"]), int(self.fields["PNUM"])
        return (number, total) if total > 1 else None


def _unwrap(frame: bytes) -> _Envelope:
    """Check the frame around its data; raise ``DecodeError`` with the reason."""
    frame = frame.rstrip(b"\r\n")
    if frame[:2] != START:
        raise DecodeError("the frame does not begin with ##")
    if not frame[2:HEAD].isdigit() or len(frame) < HEAD:
        raise DecodeError("after ## come four digits: the length of the data")
    length = int(frame[2:HEAD])
    size = HEAD + length + CRC_BYTES
    if len(frame) < size:
        raise DecodeError(f"the frame is cut off: its head announces {size} bytes, {len(frame)} are there")
    if len(frame) > size:
        raise DecodeError(f"{len(frame) - size} bytes follow after the checksum: the length is wrong")
    data, said = frame[HEAD : HEAD + length], frame[HEAD + length :]
    computed = b"%04X" % crc16(data)
    if said.upper() != computed:
        shown = said.decode("ascii", "replace")
        raise DecodeError(f"the checksum is wrong: {shown!r} is sent, {computed.decode()} is right")
    return _read_fields(_text(data))


def _text(octets: bytes) -> str:
    """UTF-8 as the standard says, else the GB 18030 that older loggers send."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("gb18030", "replace")


def _read_fields(data: str) -> _Envelope:
    head, mark, content = data.partition("CP=&&")
    if not mark or not content.endswith("&&"):
        raise DecodeError("the data has no command parameters between CP=&& and &&")
    fields = {}
    for item in head.split(";"):
        name, equals, value = item.strip().partition("=")
        if name and not equals:
            raise DecodeError(f"{name[:30]!r} is no field: = is missing")
        fields[name] = value.strip()
    fields.pop("", None)
    if not _digits(fields.get("CN", ""), 4):
        raise DecodeError("the data names no command: CN and four digits are missing")
    for name, most in (("Flag", 3), ("PNUM", 4), ("PNO", 4)):
        if fields.get(name) and not (_digits(fields[name]) and len(fields[name]) <= most):
            raise DecodeError(f"{name} is no number: {fields[name][:30]!r}")
    for name in ("PNUM", "PNO"):  # some loggers leave them empty where there are no packets
        if fields.get(name) == "":
            del fields[name]
    if len(fields.get("MN", "")) > 100:
        raise DecodeError("the identity of the device (MN) has more than 100 characters")
    envelope = _Envelope(fields, content[:-2])
    if envelope.part and not 1 <= envelope.part[0] <= envelope.part[1] <= PACKETS_AT_MOST:
        raise DecodeError(f"packet {envelope.part[0]} of {envelope.part[1]} cannot be")
    return envelope


def _digits(text: str, count: int | None = None) -> bool:
    return text.isascii() and text.isdecimal() and (count is None or len(text) == count)


def _items(content: str) -> Iterator[list[tuple[str, str]]]:
    """The groups of a content: each one factor's fields, or one parameter."""
    for group in content.split(";"):
        found = []
        for item in group.split(","):
            name, equals, value = item.partition("=")
            if equals:
                found.append((name.strip(), value.strip()))
            elif item.strip():
                raise DecodeError(
                    f"{item.strip()[:40]!r} in the command parameters is no field: = is missing"
                )
        if found:
            yield found


@dataclass(slots=True)
class _Content:
    """Reads the command parameters of one message."""

    envelope: _Envelope
    at: datetime | None
    received_at: datetime | None
    prefix: str = ""
    observed_at: datetime | None = None
    readings: list[Reading] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def read(self) -> None:
        self.prefix = PERIODS.get(self.envelope.command, "")
        groups = list(_items(self.envelope.content))
        for group in groups:
            for name, value in group:
                if name == "DataTime" and self.observed_at is None:
                    self.observed_at = read_time(value, "DataTime")
        measuring = self.envelope.command[:1] == "2"
        for group in groups:
            if measuring:
                self.group(group)
            else:
                self.details.setdefault("parameters", {}).update(group)

    def group(self, group: list[tuple[str, str]]) -> None:
        """One factor with its flag and sample time, which belong to all its values."""
        fields = []
        notes: dict[tuple[str, str], str] = {}
        for name, value in group:
            named = FIELD.fullmatch(name)
            if named is None:
                self.plain(name, value)
                continue
            code, what = named[1], named[2]
            fields.append((code, what, value))
            if what.upper() in ("FLAG", "SAMPLETIME"):
                notes[code, what.upper()] = value
        for code, what, value in fields:
            flag = notes.get((code, "FLAG"), "")[:1].upper()
            at = self.observed_at
            if what.upper() == "RTD" and (sampled := notes.get((code, "SAMPLETIME"))):
                at = read_time(sampled, f"the sample time of {code}")
            self.value(code, what, value, flag, at or self.at or self.received_at)

    def plain(self, name: str, value: str) -> None:
        if name == "DataTime":
            return
        if name == "RestartTime":
            self.details["restart_at"] = read_time(value, "RestartTime").isoformat()
        else:
            self.details.setdefault("parameters", {})[name] = value

    def value(self, code: str, what: str, value: str, flag: str, at: datetime | None) -> None:
        kind = what.lower()
        if kind in ("flag", "rs", "rt") or kind in VALUES:
            if at is None:
                raise DecodeError("neither DataTime nor QN says when this was measured")
            self.measured(code, kind, value, flag, at)
        elif where := NOTES.get(what.upper()):
            self.details.setdefault(where, {})[code] = value
        else:
            self.details.setdefault("other", {})[f"{code}-{what}"] = value

    def measured(self, code: str, kind: str, value: str, flag: str, at: datetime) -> None:
        if kind == "flag":
            if flag != "N":
                self.details.setdefault("flags", {})[code] = FLAGS.get(flag, value[:10])
            if flag in FLAG_NUMBERS:
                self.add(f"{code}.flag", "measuring_flag", FLAG_NUMBERS[flag], at)
            return
        number = _number(value, f"{code}-{kind}")
        if kind in ("rs", "rt"):
            self.add(f"{code}.{kind}", "equipment_state" if kind == "rs" else "equipment_hours", number, at)
            return
        factor = FACTORS.get(code, UNNAMED)
        quantity, scale = factor.quantity, factor.scale
        if kind == "cou":
            quantity, scale = factor.sum or (UNNAMED.quantity, 1.0)
        if number is not None and scale != 1.0:
            number = round(number * scale, 9)
        # A letter that is none of the standard's: nobody can say what it means, so nobody should rely on the value.
        quality = QUALITIES.get(flag, Quality.SUSPECT) if flag else None
        self.add(f"{code}.{self.prefix}{kind}", quantity, number, at, quality)

    def add(
        self, channel: str, quantity: str, value: float | None, at: datetime, quality: Quality | None = None
    ) -> None:
        self.readings.append(Reading(self.envelope.address, channel, quantity, value, at, quality))


def _number(text: str, what: str) -> float | None:
    """None where the logger leaves the value out."""
    if text in ("", "-", "--", "NA", "null"):
        return None
    try:
        number = float(text) if len(text) <= 40 and text.isascii() else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DecodeError(f"{what} is no number: {text[:40]!r}")
    return number


def _message(envelope: _Envelope, received_at: datetime | None) -> Message:
    fields = envelope.fields
    sent_at = read_time(fields["QN"], "QN") if fields.get("QN") else None
    content = _Content(envelope, sent_at, received_at)
    content.read()
    details: dict[str, Any] = {
        "function_name": COMMANDS.get(envelope.command, "command of its own"),
        "system": SYSTEMS.get(fields.get("ST", ""), fields.get("ST", "")),
        "answer_wanted": bool(envelope.flag & ANSWER_WANTED),
        "version": "2017" if envelope.flag >> 2 == VERSION_2017 >> 2 else "2005",
    }
    if envelope.part:
        details["packet"], details["packets"] = envelope.part
    return Message(
        protocol="hj212",
        address=envelope.address,
        function=envelope.command,
        observed_at=content.observed_at,
        sent_at=sent_at,
        readings=tuple(content.readings),
        details={**details, **content.details},
    )


class Hj212:
    """Gas monitors and whatever else dials in with HJ 212-2017; frames of HJ/T 212-2005 are read too."""

    name = "hj212"
    label = "HJ 212-2017"
    text = True
    needs: Mapping[str, type] = {}
    longest = HEAD + 9999 + CRC_BYTES + 2
    answers_packets = True

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One frame. A packet of several is read by itself: its items are whole, and it repeats DataTime."""
        return _message(_unwrap(frame), at)

    def head(self, frame: bytes) -> Head:
        data = _text(frame[HEAD:].rstrip(b"\r\n")[:-CRC_BYTES]).partition("CP=&&")[0]
        try:
            envelope = _read_fields(f"{data}CP=&&&&")
        except DecodeError:
            return Head("")
        if envelope.part is None:
            return Head(envelope.address)
        number, total = envelope.part
        key = (envelope.address, envelope.fields.get("QN", envelope.command), total)
        return Head(envelope.address, Part(key, number, total))

    def join(self, frames: list[bytes]) -> Message:
        envelopes = [_unwrap(frame) for frame in frames]
        content = ";".join(envelope.content for envelope in envelopes)
        message = _message(_Envelope(envelopes[0].fields, content), None)
        del message.details["packet"]  # type: ignore[attr-defined]
        return message

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        start = buffer.find(START)
        if start < 0:
            keep = 0 if final or not buffer.endswith(b"#") else 1
            rest = len(buffer) - keep
            silent = not buffer[:rest].strip(b"\r\n")
            return Cut(rest, "no beginning of a frame (##) in these bytes", silent=silent) if rest else None
        if start:
            return Cut(start, "bytes between frames", silent=not buffer[:start].strip(b"\r\n"))
        if len(buffer) < HEAD:
            digits = buffer[2:]
            if not final and (not digits or digits.isdigit()):
                return None
            return Cut(self._next_start(buffer, 1), "##, but no length after it")
        if not buffer[2:HEAD].isdigit():
            return Cut(self._next_start(buffer, 1), "##, but no length after it")
        size = HEAD + int(buffer[2:HEAD]) + CRC_BYTES
        if _whole(buffer):
            return Cut(size + 2 if buffer[size : size + 2] == b"\r\n" else size)
        # Broken, or not all here: if a whole frame begins inside, the length itself is what is broken.
        at = 1
        for _ in range(CANDIDATES_TRIED):
            at = self._next_start(buffer, at)
            if at >= min(size, len(buffer)):
                break
            if _whole(buffer[at:]):
                return Cut(at, "a broken frame, followed by a whole one")
            at += 1
        if len(buffer) < size:
            return (
                Cut(len(buffer), f"a frame of {size} bytes is cut off after {len(buffer)}") if final else None
            )
        return Cut(size)

    @staticmethod
    def _next_start(buffer: bytes, begin: int) -> int:
        found = buffer.find(START, begin)
        return len(buffer) if found < 0 else found

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """Where bit 0 of Flag asks for it: 9014 for data and what is told on site, 9013 for the clock request; same QN."""
        envelope = _unwrap(frame)
        command = "9013" if envelope.command == CLOCK_REQUEST else "9014"
        if not envelope.flag & ANSWER_WANTED or (command == "9014" and envelope.command[0] not in "23"):
            return None
        fields = envelope.fields
        return write(
            command,
            envelope.address,
            (),
            at=at,
            system=INTERACTION,
            password=fields.get("PW", ""),
            flag=VERSION_2017,
            number=fields.get("QN", ""),
        )

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """The protocol has no word for it: what is not acknowledged is sent again."""
        return None


def _whole(octets: bytes) -> bool:
    """Whether ``octets`` begin with a complete frame whose checksum passes."""
    if not octets[2:HEAD].isdigit() or len(octets) < HEAD:
        return False
    end = HEAD + int(octets[2:HEAD])
    said = octets[end : end + CRC_BYTES]
    return len(said) == CRC_BYTES and said.upper() == b"%04X" % crc16(octets[HEAD:end])
