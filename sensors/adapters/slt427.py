"""SL/T 427-2021 and SZY 206-2016: water-resource terminals that report by themselves, over TCP or UDP.

The frame is ``sensors/domain/slt427.py``, what its data consist of ``sensors/domain/slt427_data.py``. Channels: ``level``,
``level_2`` … for several values of a kind. ``rain`` is six digits with one decimal; whether it counts on or begins anew is the
point's to say. Data that no table settles, and split messages, are kept as they came: ``details["undecided"]`` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sensors.adapters.base import NOTHING, Cut, Head
from sensors.domain.quality import Origin
from sensors.domain.readings import DecodeError, Message, Reading
from sensors.domain.slt427 import (
    ALARM,
    ALARM_BITS,
    FRONT,
    FUNCTIONS,
    KINDS,
    LINK,
    LINKS,
    LONGEST,
    MANUAL,
    MARK,
    MODES,
    RENAMED,
    REPORT,
    STATE_BITS,
    VOLTAGE,
    Envelope,
    plausible,
    read_label,
    size_of,
    unwrap,
    whole,
    write,
)
from sensors.domain.slt427_data import (
    BATTERY,
    FIRM,
    SLT427,
    STATE,
    SZY206,
    Item,
    Top,
    direction_of,
    layout,
    read_number,
)

CONFIRMED = frozenset({LINK, ALARM, MANUAL, VOLTAGE, REPORT})
WORDS = 4
"""Bytes of the two words of alarm and state."""
A_YEAR = timedelta(days=366)
_FITS, _EMPTY, _UNFIT = range(3)
CANDIDATES_TRIED = 8
"""How many frame beginnings inside a broken frame are tried: bounds the work a hostile stream can cause."""


@dataclass(slots=True)
class _Reader:
    """Reads the data of one frame."""

    envelope: Envelope
    at: datetime | None
    observed_at: datetime | None = None
    readings: list[Reading] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def read(self) -> None:
        function, data = self.envelope.function, self.envelope.data
        if not self.envelope.up or self.envelope.split is not None or function not in CONFIRMED:
            if data:
                self.details["data"] = data.hex().upper()
        elif function == LINK:
            if len(data) < 1:
                raise DecodeError("a link check without its word")
            self.details["link"] = LINKS.get(data[0], f"{data[0]:02X}")
        elif function == VOLTAGE:
            self.value(BATTERY, data)
        else:
            self.report(data)

    def report(self, data: bytes) -> None:
        """Values, the words of alarm and state, the label of time. An alarm report says what is wrong first, then the values."""
        values, words, label = self.parts(data)
        alarm, state = int.from_bytes(words[:2], "little"), int.from_bytes(words[2:], "little")
        self.details["words"] = words.hex().upper()
        told = {name: bool(alarm >> bit & 1) for bit, name in ALARM_BITS.items()}
        told |= {name: bool(state >> bit & 1) for bit, name in STATE_BITS.items()}
        self.details["status"] = {name: holds for name, holds in told.items() if name != "door_open"}
        self.details["mode"] = MODES[state & 3]
        self.observed_at = read_label(label, self.at)
        if self.observed_at is None:
            self.details["clock"] = "the label of time tells no time"
        kind, edition = self.envelope.kind, len(label)
        if edition == SLT427 and kind in RENAMED:
            self.details["kind"] = RENAMED[kind]
        if values:
            try:
                self.values(edition, values)
            except DecodeError as reason:
                if kind in FIRM:
                    raise
                self.readings.clear()
                self.details |= {"data": values.hex().upper(), "undecided": str(reason)}

    def parts(self, data: bytes) -> tuple[bytes, bytes, bytes]:
        """(values, words, label). Both labels are tried: the values' own size tells which it is, and where both fit, the time."""
        front = 2 if self.envelope.function == ALARM else 0
        found = []
        for edition in (SLT427, SZY206):
            end = len(data) - edition - WORDS + front
            if end < front:
                continue
            values, label = data[front:end], data[-edition:]
            words = data[:front] + data[end:-edition]
            doubt = self.doubt(edition, values)
            if (
                edition == SZY206
                and self.envelope.kind not in FIRM
                and int.from_bytes(words[2:], "little") >> 7
            ):
                doubt = _UNFIT  # bits that mean nothing are set: seconds and minutes of a seven-byte label
            doubts = (doubt, self.untimely(label))
            found.append((doubts, (values, words, label)))
        if not found or (self.envelope.kind in FIRM and min(found)[0][0] == _UNFIT):
            raise DecodeError(f"{len(data)} bytes of data do not hold values, two words and a label of time")
        return min(found, key=lambda option: option[0])[1]

    def doubt(self, edition: int, values: bytes) -> int:
        if not values:
            # An alarm may have no value, and a report of the words alone none either.
            return _FITS if self.envelope.function == ALARM or self.envelope.kind == STATE else _EMPTY
        try:
            layout(edition, self.envelope.kind, values)
        except DecodeError:
            return _UNFIT
        return _FITS

    def untimely(self, label: bytes) -> bool:
        """Whether this is hardly a label: no time, or years away (two words and five bytes can read as a seven-byte label)."""
        told = read_label(label, self.at)
        return told is None or (self.at is not None and abs(told - self.at) > A_YEAR)

    def values(self, edition: int, data: bytes) -> None:
        at, items = layout(edition, self.envelope.kind, data)
        for item in items:
            self.value(item, data[at : at + item.size], self.observed_at)
            at += item.size

    def value(self, item: Item, data: bytes, at: datetime | None = None) -> None:
        if len(data) < item.size:
            raise DecodeError(f"{item.channel} needs {item.size} bytes, {len(data)} are there")
        value = read_number(data[: item.size], item)
        if not item.quantity:
            self.details[item.channel] = value
            return
        if item.top is Top.DIRECTION:
            self.details[item.channel.replace("speed", "direction")] = direction_of(data)
        when = at or self.at
        origin = Origin.MANUAL if self.envelope.function == MANUAL else Origin.MEASURED
        if when is not None:
            self.readings.append(
                Reading(self.envelope.address, item.channel, item.quantity, value, when, origin=origin)
            )


class Slt427:
    """Water-resource terminals, whatever they measure."""

    name = "slt427"
    label = "SL/T 427-2021"
    text = False
    needs: Mapping[str, type] = {}
    longest = LONGEST
    datagrams = True

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One frame, up or down. ``at`` (when it was received) stands in where the frame tells no time, or no month."""
        envelope = unwrap(frame)
        details: dict[str, Any] = {
            "function_name": FUNCTIONS.get(envelope.function, "vendor function"),
            "direction": "up" if envelope.up else "down",
            "kind": KINDS[envelope.kind],
            "count": envelope.control >> 4 & 3,
        }
        if envelope.split is not None:
            details["split"] = envelope.split
        reader = _Reader(envelope, at)
        reader.read()
        return Message(
            protocol="slt427",
            address=envelope.address,
            function=f"{envelope.function:02X}",
            observed_at=reader.observed_at,
            sent_at=None,
            readings=tuple(reader.readings),
            details={**details, **reader.details},
        )

    def head(self, frame: bytes) -> Head:
        if not plausible(frame[:FRONT]) or len(frame) < FRONT + 7:
            return Head("")
        at = FRONT + 1 + bool(frame[FRONT] & 0x40)
        return Head(frame[at : at + 5].hex().upper())

    def join(self, frames: list[bytes]) -> Message:
        raise DecodeError("this protocol has no messages in packets that are put together here")

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        start = self._next_start(buffer, 0, final)
        if start:
            return Cut(start, "bytes between frames")
        if len(buffer) < FRONT:
            return Cut(len(buffer), "a frame's head is cut off") if final and buffer else None
        size = size_of(buffer)
        if whole(buffer):
            return Cut(size)
        # Broken, or not all here: if a whole frame begins inside, the length itself is what is broken.
        at = 0
        for _ in range(CANDIDATES_TRIED):
            at = self._next_start(buffer, at + 1, True)
            if at >= min(size, len(buffer)):
                break
            if whole(buffer[at:]):
                return Cut(at, "a broken frame, followed by a whole one")
        if len(buffer) < size:
            told = f"a frame of {size} bytes is cut off after {len(buffer)}"
            return Cut(len(buffer), told) if final else None
        return Cut(size)

    @staticmethod
    def _next_start(buffer: bytes, begin: int, final: bool) -> int:
        """Where the next frame may begin; at the end of a stream that goes on, also what may become a beginning."""
        while (found := buffer.find(MARK, begin)) >= 0:
            rest = buffer[found : found + FRONT]
            if plausible(rest) or (not final and len(rest) < FRONT and (len(rest) < 2 or rest[1] >= 7)):
                return found
            begin = found + 1
        return len(buffer)

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """Confirmed with the same function, counter and kind of data, downwards; the data is one byte 00."""
        envelope = unwrap(frame)
        if not envelope.up or envelope.function not in CONFIRMED or envelope.split is not None:
            return None
        return write(envelope.control & 0x3F, envelope.address, envelope.function, b"\0")

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """The protocol has no word for it: what is not confirmed is sent again."""
        return None
