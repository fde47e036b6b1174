"""Uploading an alarm's files after T/JSATL 12-2017: lists and announcements as frames of JT/T 808, data as stream packets. Pure.

On a connection of its own the terminal says 1210 (its list, with the number that we gave the alarm), and for each file 1211
(name, kind, size), stream packets (30 31 63 64 · name 50 · offset 4 · length 4 · data) and 1212 (sent). 9212 answers
1212: the file is whole, or which parts are wanted again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .jt808_frames import FLAG, LONGEST, Envelope, read_text, unwrap, write
from .readings import DecodeError

PACKET = b"\x30\x31\x63\x64"
HEAD = 4 + 50 + 4 + 4
PACKET_MOST = 128 * 1024
"""The standard sends 64 KiB at most; some terminals more."""
FILES_MOST = 16
PARTS_MOST = 60
"""Missing parts that one 9212 names; the rest is asked for in the next."""
LIST, BEGIN, END, ASK = 0x1210, 0x1211, 0x1212, 0x9212
DONE, AGAIN = 0, 1
OK, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Packet:
    name: str
    offset: int
    data: bytes


def cut(buffer: bytes) -> tuple[int, bytes | Packet | None] | None:
    """(bytes used, a frame, a packet, or None for garbage) at the front of ``buffer``; None: more is needed.

    Raises ``DecodeError`` for a packet longer than any that is taken.
    """
    if not buffer:
        return None
    if buffer[:1] == FLAG:
        end = buffer.find(FLAG, 1)
        if end == 1:
            return 1, None
        if end < 0:
            return (len(buffer), None) if len(buffer) > LONGEST else None
        return end + 1, buffer[: end + 1]
    if PACKET.startswith(buffer[:4]) or buffer.startswith(PACKET):
        if len(buffer) < HEAD:
            return None
        size = int.from_bytes(buffer[58:62])
        if size > PACKET_MOST:
            raise DecodeError(f"a packet of {size} bytes; {PACKET_MOST} are the most that is taken")
        if len(buffer) < HEAD + size:
            return None
        packet = Packet(read_text(buffer[4:54]), int.from_bytes(buffer[54:58]), buffer[HEAD : HEAD + size])
        return HEAD + size, packet
    found = [at for at in (buffer.find(FLAG), buffer.find(PACKET)) if at > 0]
    return min(found, default=len(buffer)), None


def write_packet(name: str, offset: int, data: bytes) -> bytes:
    """One stream packet, for terminals of our own."""
    return (
        PACKET + name.encode("gbk")[:50].ljust(50, b"\0") + offset.to_bytes(4) + len(data).to_bytes(4) + data
    )


@dataclass(slots=True)
class File:
    """One announced file. ``size`` as announced; ``kept`` grows only as data come, to ``size`` at most."""

    name: str
    kind: int
    size: int
    kept: bytearray = field(default_factory=bytearray)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def put(self, offset: int, data: bytes) -> int:
        """Keep a part; returns by how many bytes that grew. What lies beyond the announced size is passed over."""
        end = min(offset + len(data), self.size)
        if offset >= end:
            return 0
        before = len(self.kept)
        if end > before:
            self.kept.extend(bytes(end - before))
        self.kept[offset:end] = data[: end - offset]
        merged: list[tuple[int, int]] = []
        for begin, stop in sorted([*self.spans, (offset, end)]):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
            else:
                merged.append((begin, stop))
        self.spans = merged
        return len(self.kept) - before

    def missing(self) -> list[tuple[int, int]]:
        """(offset, length) of what has not come, in order."""
        gaps, at = [], 0
        for begin, stop in self.spans:
            if begin > at:
                gaps.append((at, begin - at))
            at = stop
        if at < self.size:
            gaps.append((at, self.size - at))
        return gaps


@dataclass(frozen=True, slots=True)
class Listed:
    """A terminal says for which alarm it has files: to be admitted or not, then answered."""

    alarm: str
    count: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Whole:
    """A file has come whole; ``answer`` is to be said when it is kept."""

    alarm: str
    name: str
    octets: bytes
    answer: bytes


Event = bytes | Listed | Whole
"""Bytes are an answer to be said at once."""


@dataclass(slots=True)
class Upload:
    """One connection of a terminal that uploads. ``most_bytes``: the largest file, and all that are under way together."""

    most_bytes: int
    alarm: str = ""
    files: dict[str, File] = field(default_factory=dict)
    taken: int = 0
    refused: str = ""
    buffer: bytearray = field(default_factory=bytearray)

    def feed(self, octets: bytes) -> Iterator[Event]:
        """What follows from the next bytes. Raises ``DecodeError`` where the stream cannot be believed any more."""
        self.buffer += octets
        while piece := cut(bytes(self.buffer[: HEAD + PACKET_MOST])):
            used, what = piece
            del self.buffer[:used]
            if isinstance(what, Packet):
                self._part(what)
            elif what is not None:
                yield from self._frame(what)

    def admit(self, listed: Listed, *, known: bool) -> bytes:
        """Answer a list; files are taken only of an alarm that is known."""
        self.alarm = listed.alarm if known else ""
        self.files.clear()
        return _general(listed.envelope, OK if known else FAILED)

    def _part(self, packet: Packet) -> None:
        file = self.files.get(packet.name)
        if file is None:
            return
        held = sum(len(one.kept) for one in self.files.values())
        if held + len(packet.data) > 2 * self.most_bytes:
            self.refused = f"more than {2 * self.most_bytes} bytes under way"
            self.files.pop(packet.name)
            return
        file.put(packet.offset, packet.data)

    def _frame(self, octets: bytes) -> Iterator[Event]:
        envelope = unwrap(octets)
        if envelope.id == LIST:
            yield _listed(envelope)
        elif envelope.id == BEGIN:
            name, kind, size = _about(envelope.body)
            fits = (
                bool(self.alarm) and 0 < size <= self.most_bytes and self.taken + len(self.files) < FILES_MOST
            )
            if fits:
                self.files.setdefault(name, File(name, kind, size))
            elif self.alarm:
                self.refused = f"{name[:40]} has {size} bytes"
            yield _general(envelope, OK if fits else FAILED)
        elif envelope.id == END:
            name, kind, size = _about(envelope.body)
            file = self.files.get(name)
            missing = file.missing() if file else []
            answer = _asked(envelope, name, kind, missing)
            if file is None or missing:
                yield answer  # one that was refused is told to be done: it is not to be sent again
            else:
                del self.files[name]
                self.taken += 1
                yield Whole(self.alarm, name, bytes(file.kept), answer)
        else:
            yield _general(envelope, OK)


def _listed(envelope: Envelope) -> Listed:
    for name, number in ((7, 16), (30, 40)):
        at = name + number
        alarm, count = envelope.body[at : at + 32], envelope.body[at + 33 : at + 34]
        text = alarm.rstrip(b"\0 ").decode("ascii", "replace")
        if len(text) == 32 and text.isalnum() and count:
            return Listed(text, count[0], envelope)
    raise DecodeError("the list of files names no alarm")


def _about(body: bytes) -> tuple[str, int, int]:
    """(name, kind, size) of 1211 and 1212."""
    if not body or len(body) != 1 + body[0] + 5:
        raise DecodeError("what is said of a file does not end where the body does")
    return read_text(body[1 : 1 + body[0]]), body[1 + body[0]], int.from_bytes(body[-4:])


def write_about(name: str, kind: int, size: int) -> bytes:
    """The body of 1211 and 1212."""
    octets = name.encode("gbk")
    return bytes([len(octets)]) + octets + bytes([kind]) + size.to_bytes(4)


def read_asked(body: bytes) -> tuple[str, list[tuple[int, int]]]:
    """(name, parts wanted again) of a 9212."""
    end = 1 + body[0]
    parts = [
        (int.from_bytes(body[at : at + 4]), int.from_bytes(body[at + 4 : at + 8]))
        for at in range(end + 3, len(body) - 7, 8)
    ]
    return read_text(body[1:end]), parts


def _asked(envelope: Envelope, name: str, kind: int, missing: list[tuple[int, int]]) -> bytes:
    octets, parts = name.encode("gbk"), missing[:PARTS_MOST]
    body = bytes([len(octets)]) + octets + bytes([kind, AGAIN if parts else DONE, len(parts)])
    body += b"".join(offset.to_bytes(4) + size.to_bytes(4) for offset, size in parts)
    return write(ASK, envelope.address, envelope.serial, body, version=envelope.version or 1)


def _general(envelope: Envelope, result: int) -> bytes:
    body = envelope.serial.to_bytes(2) + envelope.id.to_bytes(2) + bytes([result])
    return write(0x8001, envelope.address, envelope.serial, body, version=envelope.version or 1)
