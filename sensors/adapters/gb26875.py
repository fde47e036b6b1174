"""GB/T 26875.3-2011, remote monitoring of fire protection: the transmission devices of buildings dial in.

The envelope and the tables of the standard are ``sensors/domain/gb26875.py``. Channels: ``part.<system>.<address>.<kind>.
<zone>-<place>`` is one detector or module (its word of state bits; ``….gas`` and so on for its analog values),
``system.<system>.<address>`` a fire system, ``device`` the transmission device itself. ``fire`` is 1 while any part or
system of the building says so, and 0 once the system is reset: for buildings whose parts nobody has listed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensors.adapters.base import NOTHING, Cut, Head, Reply
from sensors.domain.gb26875 import (
    ANALOGS,
    COMMANDS,
    CONFIRM,
    CONTROL,
    DENY,
    DEVICE_BITS,
    DOWN_TYPES,
    FIRE_BIT,
    HEAD,
    OPERATIONS,
    PART_BITS,
    PARTS,
    REPLY,
    REQUEST,
    RESET,
    SEND,
    START,
    STATE_BITS,
    SYSTEMS,
    TAIL,
    TYPES,
    UNIT_AT_MOST,
    Envelope,
    plausible,
    read_time,
    size_of,
    unwrap,
    whole,
    write,
    write_time,
)
from sensors.domain.readings import DecodeError, Message, Reading

CANDIDATES_TRIED = 8
"""How many frame beginnings inside a broken frame are tried: bounds the work a hostile stream can cause."""
TIME = 6
SIZES = {1: 10, 2: 46, 3: 16, 4: 10, 8: 8, 21: 7, 24: 8, 28: 6}
"""Bytes of one object of a type, its time included."""


@dataclass(slots=True)
class _Unit:
    """Reads the objects of one application unit."""

    address: str
    otherwise_at: datetime | None
    """When an object was observed that carries no time: the frame's own time, else that of receiving it."""
    observed_at: datetime | None = None
    readings: list[Reading] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    fire: dict[datetime, float] = field(default_factory=dict)

    def read(self, kind: int, count: int, body: bytes) -> None:
        size = SIZES[kind]
        timeless = size > TIME and len(body) == count * (size - TIME)  # as some devices send type 21
        if timeless:
            size -= TIME
        if len(body) != count * size:
            raise DecodeError(
                f"{count} objects of type {kind} ({TYPES[kind]}) need {count * size} bytes, {len(body)} are there"
            )
        for begin in range(0, len(body), size):
            octets = body[begin : begin + size]
            said = None if timeless else read_time(octets[-TIME:])
            self.observed_at = self.observed_at or said
            told = getattr(self, f"object_{kind}")(octets, said or self.otherwise_at)
            if said:
                told["at"] = said.isoformat()
            self.objects.append(told)
        self.readings += [
            Reading(self.address, "fire", "fire_alarm", value, at) for at, value in self.fire.items()
        ]

    def add(self, channel: str, quantity: str, value: float, at: datetime | None) -> None:
        if at is not None:
            self.readings.append(Reading(self.address, channel, quantity, value, at))

    def burns(self, burns: bool, at: datetime | None) -> None:
        if at is not None:
            self.fire[at] = max(self.fire.get(at, 0.0), float(burns))

    def object_1(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        system, address, word = octets[0], octets[1], int.from_bytes(octets[2:4], "little")
        self.add(f"system.{system}.{address}", "fire_system_state", float(word), at)
        self.burns(bool(word >> FIRE_BIT & 1), at)
        return {**_system(system, address), "state": _names(word, STATE_BITS)}

    def object_2(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        channel, told = _part(octets)
        word = int.from_bytes(octets[7:9], "little")
        self.add(channel, "fire_part_state", float(word), at)
        if word >> FIRE_BIT & 1:
            self.burns(True, at)
        return {**told, "state": _names(word, PART_BITS), "text": _text(octets[9:40])}

    def object_3(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        channel, told = _part(octets)
        kind, raw = octets[7], int.from_bytes(octets[8:10], "little", signed=True)
        analog = ANALOGS.get(kind)
        name, quantity = (analog.channel, analog.quantity) if analog else (f"value{kind}", "unnamed")
        value = round(raw * (analog.scale if analog else 1), 6)
        self.add(f"{channel}.{name}", quantity, value, at)
        return {**told, "analog": name, "value": value}

    def object_4(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        if octets[2] >> RESET & 1:
            self.burns(False, at)
        return {**_system(octets[0], octets[1]), **_operation(octets[2:4])}

    def object_8(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        return _system(octets[0], octets[1])

    def object_21(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        self.add("device", "fire_device_state", float(octets[0]), at)
        return {"state": _names(octets[0], DEVICE_BITS)}

    def object_24(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        return _operation(octets[:2])

    def object_28(self, octets: bytes, at: datetime | None) -> dict[str, Any]:
        return {}


def _system(system: int, address: int) -> dict[str, Any]:
    return {"system": SYSTEMS.get(system, str(system)), "system_address": address}


def _part(octets: bytes) -> tuple[str, dict[str, Any]]:
    """Channel and words of the part that the first seven bytes of an object name."""
    system, address, kind = octets[:3]
    zone, place = int.from_bytes(octets[3:5], "little"), int.from_bytes(octets[5:7], "little")
    told = {**_system(system, address), "part": PARTS.get(kind, str(kind)), "zone": zone, "place": place}
    return f"part.{system}.{address}.{kind}.{zone}-{place}", told


def _operation(octets: bytes) -> dict[str, Any]:
    return {"operations": _names(octets[0], OPERATIONS), "operator": octets[1]}


def _names(word: int, bits: Mapping[int, str]) -> list[str]:
    return [bits.get(bit, f"bit {bit}") for bit in range(16) if word >> bit & 1]


def _text(octets: bytes) -> str:
    return octets.partition(b"\0")[0].decode("gb18030", "replace").strip()


class Gb26875:
    """Fire hosts of buildings, through their user information transmission devices."""

    name = "gb26875"
    label = "GB/T 26875.3-2011"
    text = False
    needs: Mapping[str, type] = {}
    longest = HEAD + UNIT_AT_MOST + TAIL
    commands: Collection[str] = ("guard_check", "set_clock", "read_device_state")

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One frame, up or down. ``at`` (when it was received) stands in where the frame tells no time at all."""
        envelope = unwrap(frame)
        kind = envelope.unit[0] if len(envelope.unit) > 1 else None
        down = envelope.command == CONTROL or (envelope.command == REQUEST and kind in DOWN_TYPES)
        address = _address(envelope.destination if down else envelope.source)
        details: dict[str, Any] = {
            "command": COMMANDS.get(envelope.command, "vendor command"),
            "direction": "down" if down else "up",
        }
        if envelope.sent_at is None:
            details["clock"] = "the frame carries no time"
        unit = _Unit(address, envelope.sent_at or at)
        if kind is not None:
            details["type"] = TYPES.get(kind, "vendor type")
        if kind in SIZES and not down:
            unit.read(kind, envelope.unit[1], envelope.unit[2:])
            details["objects"] = unit.objects
        elif envelope.unit:  # a vendor's, a command's, or a configuration: kept as it is
            details["unit"] = envelope.unit.hex().upper()
        function = f"{envelope.command}" if kind is None else f"{envelope.command}-{kind}"
        return Message(
            protocol="gb26875",
            address=address,
            function=function,
            observed_at=unit.observed_at,
            sent_at=envelope.sent_at,
            readings=tuple(unit.readings),
            serial=envelope.serial,
            details=details,
        )

    def head(self, frame: bytes) -> Head:
        return Head(_address(frame[12:18]) if len(frame) >= HEAD and plausible(frame[:HEAD]) else "")

    def join(self, frames: list[bytes]) -> Message:
        raise DecodeError("this protocol has no messages in packets")

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        start = buffer.find(START)
        if start < 0:
            keep = 0 if final or not buffer.endswith(START[:1]) else 1
            rest = len(buffer) - keep
            return Cut(rest, "no beginning of a frame (4040) in these bytes") if rest else None
        # 404040 is a stray 40 before a frame, or a frame whose serial number begins so: the checksum tells.
        if buffer[start : start + 3] == b"\x40\x40\x40" and whole(buffer[start + 1 :]):
            start += 0 if whole(buffer[start:]) else 1
        if start:
            return Cut(start, "bytes between frames")
        if len(buffer) < HEAD:
            return Cut(len(buffer), "a frame's head is cut off") if final else None
        if not plausible(buffer[:HEAD]):
            return Cut(self._next_start(buffer, 1), "4040, but no frame's head after it")
        if whole(buffer):
            return Cut(size_of(buffer))
        # Broken, or not all here: if a whole frame begins inside, the length itself is what is broken.
        size, at = size_of(buffer), 1
        for _ in range(CANDIDATES_TRIED):
            at = self._next_start(buffer, at)
            if at >= min(size, len(buffer)):
                break
            if whole(buffer[at:]):
                return Cut(at, "a broken frame, followed by a whole one")
            at += 1
        if len(buffer) < size:
            told = f"a frame of {size} bytes is cut off after {len(buffer)}"
            return Cut(len(buffer), told) if final else None
        return Cut(size)

    @staticmethod
    def _next_start(buffer: bytes, begin: int) -> int:
        found = buffer.find(START, begin)
        return len(buffer) if found < 0 else found

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """What is sent to the centre is confirmed under its own serial number, with the centre's time."""
        envelope = unwrap(frame)
        return _back(envelope, CONFIRM, at) if envelope.command == SEND else None

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """Denied: the device sends it again, three times at most."""
        if len(frame) < HEAD or not plausible(frame[:HEAD]) or frame[26] != SEND:
            return None
        serial = int.from_bytes(frame[2:4], "little")
        return _back(Envelope(serial, frame[4:6], None, frame[12:18], frame[18:24], SEND, b""), DENY, at)

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
        """``guard_check`` (``minutes`` to answer in, 10 if not said), ``set_clock``, ``read_device_state``."""
        if kind == "guard_check":
            minutes = body.get("minutes", 10)
            if not isinstance(minutes, int) or not 1 <= minutes <= 255:
                raise ValueError(f"a guard check is answered within 1 to 255 minutes, not {minutes}")
            command, unit = CONTROL, bytes((91, 1, minutes))
        elif kind == "set_clock":
            command, unit = CONTROL, bytes((90, 1)) + write_time(at)
        elif kind == "read_device_state":
            command, unit = REQUEST, bytes((81, 1))
        else:
            raise ValueError(f"{kind} is no command of this protocol")
        try:
            destination = bytes.fromhex(address)
        except ValueError:
            destination = b""
        if len(destination) != TIME:
            raise ValueError(f"{address} is no address: six bytes in hex are expected")
        return write(command, unit, serial=serial, at=at, destination=destination)

    def reply(self, message: Message) -> Reply | None:
        """Confirmed, answered or denied: all carry the serial number of the command."""
        command = int(message.function.partition("-")[0])
        if command not in (CONFIRM, REPLY, DENY) or message.serial is None:
            return None
        return Reply(message.serial, command != DENY, "" if command != DENY else "denied")


def _address(octets: bytes) -> str:
    """Six bytes as they stand on the wire."""
    return octets.hex().upper()


def _back(envelope: Envelope, command: int, at: datetime) -> bytes:
    return write(
        command,
        serial=envelope.serial,
        at=at,
        source=envelope.destination,
        destination=envelope.source,
        version=envelope.version,
    )
