"""Messages in several packets (pictures, long series): collected per connection, bounded, and asked for again."""

import time
from dataclasses import dataclass, field
from typing import Any

from sensors.adapters.base import Part
from sensors.gateway.settings import Limits

ASKED_AT_MOST = 3


@dataclass(slots=True)
class Pending:
    part: Part
    touched: float
    frames: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    ended: bool = False
    """The last packet has come, whole or broken: what is missing now must be asked for."""
    asked: dict[int, int] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        return [number for number in range(1, self.part.total + 1) if number not in self.frames]


@dataclass(slots=True)
class Held:
    """Bytes of unfinished messages on all connections."""

    size: int = 0


class Assembler:
    """What one connection has sent of messages in packets."""

    def __init__(self, limits: Limits, held: Held):
        self.limits, self.held = limits, held
        self.pending: dict[tuple[Any, ...], Pending] = {}
        self.given_up: tuple[Any, ...] | None = None
        """The message last refused for its size: the rest of its packets is not a message of its own."""

    def add(self, part: Part, frame: bytes) -> Pending | None:
        """Take a packet in. None: refused, because more would be held than allowed."""
        if part.number == 1:
            self.given_up = None
        elif part.key == self.given_up:
            return None
        entry = self._entry(part)
        held = entry.frames.get(part.number)
        if part.number == 1 and held is not None and held != frame:
            # A new message under the same key: its first packet carries another serial number.
            self.done(entry)
            entry, held = self._entry(part), None
        more = len(frame) - len(held or b"")
        if (
            entry.size + more > self.limits.message_bytes
            or self.held.size + more > self.limits.all_messages_bytes
        ):
            self.done(entry)
            self.given_up = part.key
            return None
        entry.size += more
        self.held.size += more
        entry.frames[part.number] = frame
        entry.ended = entry.ended or part.number == part.total
        return entry

    def broken(self, part: Part) -> Pending:
        """A packet came with a wrong checksum; ``part`` is what its head says."""
        entry = self._entry(part)
        entry.ended = entry.ended or part.number == part.total
        return entry

    def done(self, entry: Pending) -> None:
        if self.pending.pop(entry.part.key, None) is not None:
            self.held.size -= entry.size

    @staticmethod
    def ask(entry: Pending) -> int | None:
        """The packet to ask for now; None while more is expected anyway, or when asking has not helped."""
        missing = entry.missing
        if not entry.ended or not missing:
            return None
        number = missing[0]
        entry.asked[number] = entry.asked.get(number, 0) + 1
        return number if entry.asked[number] <= ASKED_AT_MOST else None

    def expired(self) -> list[Pending]:
        """Messages that did not become whole in time; they are forgotten."""
        before = time.monotonic() - self.limits.packets_s
        late = [entry for entry in self.pending.values() if entry.touched < before]
        for entry in late:
            self.done(entry)
        return late

    def _entry(self, part: Part) -> Pending:
        entry = self.pending.get(part.key)
        if entry is None:
            if len(self.pending) >= self.limits.messages:
                oldest = min(self.pending.values(), key=lambda each: each.touched)
                self.done(oldest)
            entry = self.pending[part.key] = Pending(part, time.monotonic())
        entry.touched = time.monotonic()
        return entry
