"""The field's own list of what was accepted: the oracle of fault tests.

One JSON line each. ``{"kind": "sl651", "address", "function", "serial", "sent_at", "at", "readings": [[channel,
observed_at, value], …]}`` is written when the gateway's answer echoed the serial number: each of these readings must be
in the database once. ``{"kind": "modbus", "address", "at", "table", "start", "registers"}`` and ``{"kind": "http"
(or "mqtt"), "address", "at", "value", "observed_at"}`` are answers served; whether they arrived, only the asker knows.

Files are rotated: ``ledger.jsonl``, ``ledger.1.jsonl`` (older) …, never more than ``KEEP`` of ``MAX_BYTES``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

MAX_BYTES = 16 * 1024 * 1024
KEEP = 4


class Ledger:
    """Appends to ``path``; ``path`` None keeps nothing. Lines reach the file at the latest with :meth:`flush`."""

    def __init__(self, path: Path | None, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path, self.max_bytes, self.keep = path, max_bytes, keep
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, kind: str, **entry: Any) -> None:
        if self.path is None:
            return
        line = orjson.dumps({"kind": kind, **entry}) + b"\n"
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if self._waiting_bytes > 256 * 1024:
            self.flush()

    def flush(self) -> None:
        """One write of whole lines: a process that is killed leaves at most its last line cut off."""
        if self.path is None or not self._waiting:
            return
        lines, self._waiting, self._waiting_bytes = b"".join(self._waiting), [], 0
        with open(self.path, "ab") as file:
            file.write(lines)
            full = file.tell() >= self.max_bytes
        if full:
            self._rotate()

    def _rotate(self) -> None:
        names = [self.path, *(self.path.with_suffix(f".{n}{self.path.suffix}") for n in range(1, self.keep))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
        if self.keep == 1:
            self.path.unlink()


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """All entries still kept, oldest first; a line that a killed process left unfinished is passed over."""
    older = sorted(
        path.parent.glob(f"{path.stem}.*{path.suffix}"), key=lambda file: -int(file.suffixes[-2][1:])
    )
    for file in [*older, path]:
        if not file.exists():
            continue
        with open(file, "rb") as lines:
            for line in lines:
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue


@dataclass(frozen=True, slots=True)
class Accepted:
    """One reading that the gateway has acknowledged; ``value`` as sent (mm, m, V)."""

    address: str
    channel: str
    observed_at: datetime
    value: float


def accepted(path: Path) -> set[Accepted]:
    """Every acknowledged reading, once, however often it was sent."""
    return {
        Accepted(entry["address"], channel, datetime.fromisoformat(at), value)
        for entry in entries(path)
        if entry["kind"] == "sl651"
        for channel, at, value in entry["readings"]
    }
