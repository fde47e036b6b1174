"""Commands to equipment, as values: what is asked for, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """One command as it was asked for: ``kind`` and ``body`` are the adapter's."""

    id: int
    protocol: str
    address: str
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. ``impossible``: it never reached the wire, and never will. ``said``: the answer, as JSON."""

    id: int
    done: bool
    text: str = ""
    impossible: bool = False
    said: Mapping[str, Any] = field(default_factory=dict)
