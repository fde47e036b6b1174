"""What stands in the text of a message of SL 651-2014: elements one after the other, in the HEX/BCD form.

The envelope around it is ``sensors/domain/sl651_frames.py``, the tables of the standard are ``sensors/domain/sl651.py``; the
ASCII form says the same in letters (``sensors/domain/sl651_ascii.py``).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sensors.domain.quality import Origin
from sensors.domain.readings import DecodeError, Reading
from sensors.domain.sl651 import CLASSES, ELEMENTS, LETTERS, STATUS_BITS
from sensors.domain.sl651_frames import read_number, read_time, slot_times

# Replies that carry the station without a class byte and without an observation time (6.6.4.17 and following).
BARE_REPLIES = frozenset(range(0x40, 0x52))
CONFIGURATION = frozenset({0x40, 0x41, 0x42, 0x43, 0x47, 0x48, 0x49, 0x4B, 0x4F})
PLACED_BY_HAND = frozenset({0x35, 0x39})
SLOT = timedelta(minutes=5)
SLOTS = 12
UNTOLD = timedelta(0)
"""A time step of 000000: as the terminal keeps its values, which is five minutes wherever hours of twelve are sent."""
NO_STEP = "the time step of the series is zero"
VALUES_AT_MOST = 10_000
"""In one series: a month of 5-minute values has 8 928."""


@dataclass(slots=True)
class Body:
    """Reads the elements of one message, in order."""

    address: str
    sent_at: datetime
    function: int
    cut_off: bool
    """The first packet of several: an element may be incomplete at the end."""
    at: datetime | None = None
    observed_at: datetime | None = None
    step: timedelta | None = None
    readings: list[Reading] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, channel: str, quantity: str, value: float | None, at: datetime | None = None) -> None:
        origin = Origin.MANUAL if self.function in PLACED_BY_HAND else Origin.MEASURED
        when = at or self.at or self.sent_at
        self.readings.append(Reading(self.address, channel, quantity, value, when, origin=origin))

    def read(self, text: bytes) -> None:
        position = 0
        while position < len(text):
            guide = text[position]
            if self.function in BARE_REPLIES and guide not in (0xF0, 0xF1) and self.reply(text[position:]):
                return
            try:
                position += self.element(guide, text[position:])
            except TooShort as reason:
                if self.cut_off:
                    return
                raise DecodeError(str(reason)) from None
        if self.step == UNTOLD:
            raise DecodeError(NO_STEP)

    def element(self, guide: int, text: bytes) -> int:
        """Read the element at the front of ``text``; return the bytes it takes."""
        if len(text) < 2:
            raise TooShort(f"a single byte {guide:02X} is left at the end of the text")
        if guide == 0xF0:
            return self.time(text)
        if guide == 0xF1:
            return self.station(text)
        if guide == 0xF2:
            self.written(text[2:].decode("gb18030", "replace").rstrip("\0 "))
            return len(text)
        if guide == 0xF3:
            if self.cut_off:
                self.details["picture_bytes"] = len(text) - 2
            else:
                self.details["picture"] = text[2:]
            return len(text)
        if 0xF4 <= guide <= 0xFC:
            return self.hour(guide, text)
        if guide == 0xFF and len(text) < 3:
            raise TooShort("a vendor's element is cut off")
        name, head = (text[:2].hex().upper(), 3) if guide == 0xFF else (f"{guide:02X}", 2)
        size, decimals = text[head - 1] >> 3, text[head - 1] & 7
        if len(text) < head + size:
            raise TooShort(f"element {name} announces {size} bytes, {len(text) - head} are left")
        data = text[head : head + size]
        if guide == 0x04:
            return self.set_step(data, head + size)
        if self.step is not None:
            return self.series(name, guide, size, decimals, text[head:]) + head
        self.single(name, guide, data, decimals)
        return head + size

    def written(self, text: str) -> None:
        """What an observer typed in: kept as it is, and where it is identifiers with their values, read."""
        self.details["manual_text"] = text
        words = text.upper().split()
        pairs = list(zip(words[::2], words[1::2], strict=False))
        if len(words) % 2 or not all(
            name in LETTERS and re.fullmatch(r"[+-]?\d{1,12}(\.\d{0,6})?", said) for name, said in pairs
        ):
            return
        for name, said in pairs:
            self.put(LETTERS[name], float(said))

    def time(self, text: bytes) -> int:
        if text[1] != 0xF0:
            raise DecodeError(f"after F0 comes {text[1]:02X}; an observation time begins with F0F0")
        if len(text) < 7:
            raise TooShort("the observation time is cut off")
        self.at = read_time(text[2:7], "the observation time")
        self.observed_at = self.observed_at or self.at
        self.step = None
        return 7

    def station(self, text: bytes) -> int:
        if text[1] != 0xF1:
            raise DecodeError(f"after F1 comes {text[1]:02X}; a station's address begins with F1F1")
        if len(text) < 7:
            raise TooShort("the station's address is cut off")
        self.address, self.step = text[2:7].hex().upper(), None
        stations = self.details.setdefault("stations", [])
        stations.append(self.address)
        following = text[7:10]
        classless = self.function in BARE_REPLIES and following[1:3] != b"\xf0\xf0"
        if not following or classless or following[:2] == b"\xf0\xf0":
            return 7
        kind = following[0]
        self.details["station_class"] = CLASSES.get(kind, f"{kind:02X}")
        return 8

    def set_step(self, data: bytes, taken: int) -> int:
        if len(data) != 3:
            raise DecodeError(f"a time step has 3 bytes, not {len(data)}")
        # A byte that cannot be BCD is a number: some terminals write a quarter of an hour as 0F.
        days, hours, minutes = (int(f"{byte:02x}") if f"{byte:02x}".isdecimal() else byte for byte in data)
        self.step = UNTOLD
        if step := timedelta(days=days, hours=hours, minutes=minutes):
            self.begin(step)
        return taken

    def begin(self, step: timedelta) -> None:
        """What follows is a series, a value each ``step``."""
        if not step:
            raise DecodeError(NO_STEP)
        self.step = step
        self.details["step_s"] = int(step.total_seconds())

    def series(self, name: str, guide: int, size: int, decimals: int, rest: bytes) -> int:
        """A uniform series: one guide, then values until the text, the station or the observation time ends."""
        step, self.step = self.step, None
        if not size:
            raise DecodeError(f"the series of element {name} has values of no bytes")
        stop = self.end_of_group(rest, size)
        # The supply voltage (38 12 and two bytes) may close the report.
        if stop % size and stop > 4 and (stop - 4) % size == 0 and rest[stop - 4 : stop - 2] == b"\x38\x12":
            stop -= 4
        if stop % size and not self.cut_off:
            if guide in ELEMENTS:
                raise DecodeError(f"the series of element {name} has {stop} bytes, no multiple of {size}")
            # A vendor's own form: what stands before it is no worse for it.
            self.unknown(name, None, rest[:stop])
            return stop
        if step == UNTOLD:
            if stop // size != SLOTS:
                raise DecodeError(NO_STEP)
            self.begin(step := SLOT)
            self.step = None
        assert step is not None
        for slot, at_time in self.times(step, stop // size):
            self.single(name, guide, rest[slot * size : (slot + 1) * size], decimals, at_time)
        return stop

    @staticmethod
    def end_of_group(rest: bytes, size: int) -> int:
        """Where values of ``size`` bytes end: at the next observation time or station, or with the text."""
        for at in range(0, len(rest) - 1, size):
            if rest[at : at + 2] in (b"\xf0\xf0", b"\xf1\xf1"):
                return at
        return len(rest)

    def hour(self, guide: int, text: bytes) -> int:
        """F4: 12 × 5-minute rain, 0.1 mm a byte. F5–FC: 12 × level above the base, 2 bytes in cm, given here in m.

        The definition byte is not looked at: terminals send several (60, C0, 5C). A rain byte holds 25.4 mm at most;
        what is more stands in the next one.
        """
        width = 1 if guide == 0xF4 else 2
        size = SLOTS * width
        if len(text) < 2 + size:
            raise TooShort(f"the 12 values of {guide:02X} need {size} bytes, {len(text) - 2} are left")
        hours = 1
        if self.step is not None:  # the answer to a question for a period: hour after hour behind one guide
            self.step, stop = None, self.end_of_group(text[2:], size)
            if stop % size == 0 or self.cut_off:
                hours = max(1, stop // size)
        self.slots(guide, text[2 : 2 + hours * size])
        return 2 + hours * size

    def slots(self, guide: int, data: bytes) -> None:
        """The 5-minute values of whole hours, one byte each (rain) or two (level)."""
        width, number = 1 if guide == 0xF4 else 2, guide - 0xF4
        channel = "rain_5min" if guide == 0xF4 else "relative_level" + (f"_{number}" if number > 1 else "")
        for slot, at in self.times(SLOT, len(data) // width):
            raw = int.from_bytes(data[slot * width : (slot + 1) * width])
            missing = raw == (1 << 8 * width) - 1
            value = None if missing else raw / (10 if width == 1 else 100)
            self.add(channel, "rain_5min" if width == 1 else "relative_level", value, at)

    def times(self, step: timedelta, count: int) -> list[tuple[int, datetime]]:
        """(slot, its time) of those slots of a series that can have been observed."""
        if count > VALUES_AT_MOST:
            raise DecodeError(f"a series of {count} values; {VALUES_AT_MOST} are the most that is read")
        times, ends = slot_times(self.at or self.sent_at, step, count, self.sent_at)
        if ends:
            self.details["series_time"] = "the observation time is that of the last value"
        if unused := times.count(None):
            self.details["unused_slots"] = unused
        return [(slot, time) for slot, time in enumerate(times) if time is not None]

    def single(self, name: str, guide: int, data: bytes, decimals: int, at: datetime | None = None) -> None:
        if guide == 0x45:
            self.status(data)
            return
        known = ELEMENTS.get(guide)
        if known is None:
            told = data.hex().lstrip("f").isdecimal()
            self.unknown(name, read_number(data, decimals, name) if told else None, data)
            return
        self.put(guide, read_number(data, decimals, f"element {name}"), at)

    def unknown(self, name: str, value: float | None, data: bytes) -> None:
        """An element outside the standard's table: kept as it is."""
        kept = self.details.setdefault("unknown", [])
        kept.append({"guide": name, "value": value, "data": data.hex().upper()})

    def put(self, guide: int, value: float | None, at: datetime | None = None) -> None:
        """One value of an element of the standard's table."""
        known = ELEMENTS[guide]
        if guide == 0x05 and value is not None:  # written as hours.minutes
            value = round(int(value) + (value - int(value)) * 100 / 60, 4)
        self.add(known.channel, known.quantity, value, at)

    def status(self, data: bytes) -> None:
        """The status word: HEX, not BCD."""
        if data.count(0xFF) == len(data):
            self.add("status", "status_word", None)
            return
        word = int.from_bytes(data)
        self.details["status"] = {name: bool(word >> bit & 1) for bit, name in STATUS_BITS.items()}
        self.add("status", "status_word", float(word))

    def reply(self, text: bytes) -> bool:
        """The body of a reply to a command, which has a form of its own; False where it consists of elements."""
        if self.function == 0x45:
            counted = text[1:] if text[0] == len(text) - 1 else text
            self.details["version"] = counted.decode("ascii", "replace")
        elif self.function in (0x4C, 0x4D, 0x4E):
            self.switches(text)
        elif self.function == 0x50:
            self.details["events"] = [int.from_bytes(text[at : at + 2]) for at in range(0, len(text) - 1, 2)]
        elif self.function in CONFIGURATION:
            self.details["parameters"] = text.hex().upper()
        else:
            return False
        return True

    def switches(self, text: bytes) -> None:
        """A count, then one bit each from the lowest up: 1 means on (pump running, valve or gate open)."""
        count, octets = text[0], (text[0] + 7) // 8
        if len(text) < 1 + octets:
            raise DecodeError(f"{count} switches need {octets} bytes, {len(text) - 1} are there")
        on = [bool(text[1 + number // 8] >> number % 8 & 1) for number in range(count)]
        self.details[{0x4C: "pumps_on", 0x4D: "valves_open", 0x4E: "gates_open"}[self.function]] = on
        if self.function == 0x4C:
            for number, running in enumerate(on, start=1):
                self.add(f"pump{number}.running", "pump_running", float(running))
        elif self.function == 0x4E:
            openings = text[1 + octets :]
            for number in range(min(count, len(openings) // 2)):
                opening = read_number(openings[number * 2 : number * 2 + 2], 2, "the gate's opening")
                self.add(f"gate{number + 1}.opening", "gate_opening", opening)


class TooShort(Exception):
    """An element needs more bytes than are left."""
