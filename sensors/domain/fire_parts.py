"""The register of a building's fire parts: what each said last, and since when. Pure; device time.

Only news moves a row: what a host sends again late is history (it stands in the readings) and changes no present state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .readings import Message

FIRE, FAULT, SHIELDED, POWER = 1 << 1, 1 << 2, 1 << 3, 1 << 8
# What a list may be narrowed to, the most urgent first: name → bits of the state (GB/T 26875.3-2011 table 3).
TROUBLES = {"fire": FIRE, "fault": FAULT, "power_fault": POWER, "shielded": SHIELDED}
ANY_TROUBLE = FIRE | FAULT | SHIELDED | POWER


@dataclass(frozen=True, slots=True)
class Part:
    """``state``: the word of bits; ``since``: when it first said so; ``changes``: how often it said something else."""

    channel: str
    state: int
    since: datetime
    seen_at: datetime
    text: str = ""
    changes: int = 0


def told(message: Message) -> list[Part]:
    """The parts that one message of a fire host tells of, in its order."""
    said = [reading for reading in message.readings if reading.quantity == "fire_part_state"]
    objects = message.details.get("objects") or ()
    texts = [str(one.get("text", "")) for one in objects] if len(objects) == len(said) else [""] * len(said)
    return [
        Part(one.channel, int(one.value), one.observed_at, one.observed_at, text)
        for one, text in zip(said, texts, strict=True)
        if one.value is not None
    ]


def follow(known: Part | None, news: Iterable[Part]) -> Part | None:
    """The register's row after ``news`` about one part, whatever their order."""
    for one in sorted(news, key=lambda part: part.seen_at):
        if known is None:
            known = one
        elif one.seen_at > known.seen_at:
            text = one.text or known.text
            if one.state == known.state:
                known = replace(known, seen_at=one.seen_at, text=text)
            else:
                known = replace(one, text=text, changes=known.changes + 1)
    return known


def address(channel: str) -> tuple[int, int, int, int, int]:
    """(system, system's address, kind of part, zone, place) of ``part.1.1.42.3-17``."""
    _, system, number, kind, part = channel.split(".")
    zone, _, place = part.partition("-")
    return int(system), int(number), int(kind), int(zone), int(place)


def troubles(state: int) -> Sequence[str]:
    """Names of what is not as it should be, the most urgent first."""
    return [name for name, bit in TROUBLES.items() if state & bit]
