"""The location report of JT/T 808 (0200) and its items, among them those of active safety (0x64, 0x65).

Items are id, length, data; what is not known is passed over by its length and named with its bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensors.domain.jt808 import (
    ALARM_BITS,
    DRIVER_ALARMS,
    DRIVER_EVENTS,
    ENCRYPTED,
    LOADS,
    POSITIONED,
    ROAD_ALARMS,
    ROAD_EVENTS,
    SOUTH,
    STATE_BITS,
    STATES,
    VEHICLE_STATE_BITS,
    VIDEO_DRIVER_BITS,
    WEST,
)
from sensors.domain.jt808_frames import read_text, read_time, write_time
from sensors.domain.readings import DecodeError, Fix, Reading

FIXED = 28
ROAD, DRIVER, VIDEO_DRIVER = 0x64, 0x65, 0x18
SAFETY_SIZE = 47
FALSE_LENGTH = 0x20
"""Some software announces 32 bytes for the 47 of an item of active safety."""
LONG_NUMBER = 40
"""An alarm number of this length names its terminal with 30 bytes instead of 7 (T/GDRTA 002-2019)."""


@dataclass(slots=True)
class Found:
    """What the locations of one message say together."""

    address: str
    fixes: list[Fix] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    locations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def observed_at(self) -> datetime | None:
        return max((fix.observed_at for fix in self.fixes), default=None)

    def add(self, body: bytes) -> None:
        """One location body. Without a time (all zeros) it is told, but nothing is read from it."""
        if len(body) < FIXED:
            raise DecodeError(f"a location has {FIXED} bytes at least, {len(body)} are there")
        alarms, state = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
        at = read_time(body[22:28], "the time of the location")
        lat, lon = degrees(body[8:16], state)
        hidden = bool(state & ENCRYPTED)
        told: dict[str, Any] = {
            "at": at and at.isoformat(),
            "lat": None if hidden else lat,
            "lon": None if hidden else lon,
            "alarms": [name for bit, name in enumerate(ALARM_BITS) if alarms >> bit & 1],
            "state": [name for bit, name in STATE_BITS.items() if state >> bit & 1],
            "load": LOADS[state >> 8 & 3],
        }
        self.locations.append(told)
        speed_kmh = int.from_bytes(body[18:20]) / 10
        if at is not None:
            believed = state & POSITIONED and not hidden and abs(lat) <= 180 and abs(lon) <= 180
            self.fixes.append(
                Fix(
                    self.address,
                    at,
                    lon if believed else None,
                    lat if believed else None,
                    speed_kmh,
                    int.from_bytes(body[20:22]) % 360,
                    int.from_bytes(body[16:18], signed=True),
                    alarms,
                    state,
                )
            )
            self.read("speed", "vehicle_speed", speed_kmh, at)
            # Within one message edges are enough: a bit that stays says nothing new.
            before = self.fixes[-2] if len(self.fixes) > 1 and self.fixes[-2].observed_at < at else None
            changed = 0xFFFFFFFF if before is None else alarms ^ before.alarms
            for bit, name in enumerate(ALARM_BITS):
                if not changed >> bit & 1:
                    continue
                self.read(f"alarm.{name}", "vehicle_alarm", float(alarms >> bit & 1), at)
        unknown = {}
        for number, data in items(body[FIXED:]):
            if number == 0x01 and len(data) == 4:
                told["mileage_km"] = int.from_bytes(data) / 10
                if at is not None:
                    self.read("mileage", "mileage", told["mileage_km"], at)
            elif number == 0x02 and len(data) == 2:
                told["fuel_l"] = int.from_bytes(data) / 10
            elif number == 0x03 and len(data) == 2:
                told["recorder_speed_kmh"] = int.from_bytes(data) / 10
            elif number == VIDEO_DRIVER and len(data) == 3:
                self.video(told, data, at)
            elif number in (ROAD, DRIVER) and len(data) >= SAFETY_SIZE:
                self.safety(told, number, data, at)
            else:
                unknown[f"{number:02X}"] = data.hex().upper()
        if unknown:
            told["items"] = unknown

    def read(self, channel: str, quantity: str, value: float, at: datetime) -> None:
        self.readings.append(Reading(self.address, channel, quantity, value, at))

    def video(self, told: dict[str, Any], data: bytes, at: datetime | None) -> None:
        flags = int.from_bytes(data[:2])
        names = [name for bit, name in enumerate(VIDEO_DRIVER_BITS) if flags >> bit & 1]
        told["abnormal_driving"] = {"flags": names, "fatigue": data[2]}
        if at is not None:
            for name in names:
                self.read(f"dsm.{name}", "vehicle_alarm", 1.0, at)

    def safety(self, told: dict[str, Any], number: int, data: bytes, at: datetime | None) -> None:
        """0x64 or 0x65: an alarm with its number, under which the terminal holds pictures and film.

        Its level (1 or 2) is the reading's value, 0 at its end; an event without duration has no end of its own.
        """
        alarms, events, group = (
            (DRIVER_ALARMS, DRIVER_EVENTS, "dsm") if number == DRIVER else (ROAD_ALARMS, ROAD_EVENTS, "adas")
        )
        state, kind, level = data[4], data[5], data[6]
        lat, lon = int.from_bytes(data[15:19]) / 1e6, int.from_bytes(data[19:23]) / 1e6
        began = read_time(data[23:29], "the time of the alarm") or at
        flags = int.from_bytes(data[29:31])
        alarm: dict[str, Any] = {
            "id": int.from_bytes(data[:4]),
            "state": STATES.get(state, state),
            "type": alarms.get(kind) or events.get(kind) or f"{kind:02X}",
            "level": level,
            "speed_kmh": data[12],
            "lat": lat,
            "lon": lon,
            "at": began and began.isoformat(),
            "vehicle": [name for bit, name in enumerate(VEHICLE_STATE_BITS) if flags >> bit & 1],
            **alarm_number(data[31:]),
        }
        if number == DRIVER:
            alarm["fatigue"] = data[7]
        else:
            alarm |= {"ahead_kmh": data[7], "ahead_100ms": data[8], "side": data[9]}
        told.setdefault(group, []).append(alarm)
        if kind in alarms and began is not None:
            self.read(
                f"{group}.{alarms[kind]}", "vehicle_alarm", 0.0 if state == 2 else float(level or 1), began
            )


def degrees(octets: bytes, state: int) -> tuple[float, float]:
    """(latitude, longitude) with the sign that the state bits give them."""
    lat, lon = int.from_bytes(octets[:4]) / 1e6, int.from_bytes(octets[4:8]) / 1e6
    return (-lat if state & SOUTH else lat), (-lon if state & WEST else lon)


def items(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, data) of each item. Raises ``DecodeError`` where one reaches beyond the end."""
    at = 0
    while at < len(octets):
        if at + 2 > len(octets):
            raise DecodeError(f"a single byte {octets[at]:02X} is left after the items")
        number, size = octets[at], octets[at + 1]
        left = len(octets) - at - 2
        if (
            number in (ROAD, DRIVER)
            and size == FALSE_LENGTH
            and left >= SAFETY_SIZE
            and not _fits(octets, at + 2 + size)
        ):
            size = SAFETY_SIZE
        if size > left:
            raise DecodeError(f"item {number:02X} announces {size} bytes, {left} are left")
        yield number, octets[at + 2 : at + 2 + size]
        at += 2 + size


def _fits(octets: bytes, at: int) -> bool:
    """Whether items follow from ``at`` on that end exactly at the end."""
    while at + 2 <= len(octets):
        at += 2 + octets[at + 1]
    return at == len(octets)


def alarm_number(octets: bytes) -> dict[str, Any]:
    """The number under which files are asked for (9208): terminal, time, sequence, count of files."""
    name = 30 if len(octets) >= LONG_NUMBER else 7
    if len(octets) < name + 8:
        raise DecodeError(f"an alarm number has {name + 8} bytes at least, {len(octets)} are there")
    return {
        "number": octets[: name + 9].hex().upper(),
        "terminal": read_text(octets[:name]),
        "sequence": octets[name + 6],
        "files": octets[name + 7],
    }


# --- writing, for terminals of our own (the simulator, tests) ----------------------------------------
def write_location(
    at: datetime,
    lat: float,
    lon: float,
    *,
    speed_kmh: float = 0.0,
    direction_deg: int = 0,
    altitude_m: int = 0,
    alarms: int = 0,
    state: int = POSITIONED | 1,
    more: bytes = b"",
) -> bytes:
    """The body of an 0200; ``more`` are its items. ``lat``/``lon`` in degrees; a sign sets the state bit."""
    state |= (SOUTH if lat < 0 else 0) | (WEST if lon < 0 else 0)
    return (
        alarms.to_bytes(4)
        + state.to_bytes(4)
        + round(abs(lat) * 1e6).to_bytes(4)
        + round(abs(lon) * 1e6).to_bytes(4)
        + altitude_m.to_bytes(2, signed=True)
        + round(speed_kmh * 10).to_bytes(2)
        + (direction_deg % 360).to_bytes(2)
        + write_time(at)
        + more
    )


def write_item(number: int, data: bytes) -> bytes:
    return bytes([number, len(data)]) + data


def write_driver_alarm(
    number: int,
    kind: int,
    at: datetime,
    lat: float,
    lon: float,
    *,
    state: int = 0,
    level: int = 1,
    fatigue: int = 0,
    speed_kmh: int = 0,
    terminal: bytes = b"0000000",
    files: int = 0,
) -> bytes:
    """Item 0x65. ``state``: 0 an event, 1 start, 2 end."""
    position = round(lat * 1e6).to_bytes(4) + round(lon * 1e6).to_bytes(4)
    return write_item(
        DRIVER,
        number.to_bytes(4)
        + bytes([state, kind, level, fatigue, 0, 0, 0, 0, speed_kmh, 0, 0])
        + position
        + write_time(at)
        + b"\0\x01"
        + terminal[:7].ljust(7, b"0")
        + write_time(at)
        + bytes([number & 0xFF, files, 0]),
    )
