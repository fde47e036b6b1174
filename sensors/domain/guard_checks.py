"""查岗: somebody in the fire control room has to press a button within some minutes. Pure.

The fire host confirms that it has the question; the guard's answer comes later, as an operation of its own that names no
question (GB/T 26875.3-2011, type 24 bit 5). So an answer belongs to the last check asked before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WAITING, ANSWERED, SILENT, NOT_TOLD = "waiting", "answered", "silent", "not_told"


@dataclass(frozen=True, slots=True)
class Check:
    """``result``: what became of the command ("" while nobody knows, "done" once the host has it)."""

    asked_at: datetime
    minutes: int
    result: str


@dataclass(frozen=True, slots=True)
class Answer:
    at: datetime
    operator: int


def standings(
    checks: Sequence[Check], answers: Sequence[Answer], now: datetime
) -> list[tuple[str, Answer | None]]:
    """How each check stands, in the order given; an answer after its minutes is told, and the guard was silent."""
    found = []
    for check in checks:
        later = [other.asked_at for other in checks if other.asked_at > check.asked_at]
        until = min(later, default=None)
        mine = [a for a in answers if a.at >= check.asked_at and (until is None or a.at < until)]
        answer = min(mine, key=lambda each: each.at, default=None)
        due = check.asked_at + timedelta(minutes=check.minutes)
        if answer is not None:
            standing = ANSWERED if answer.at <= due else SILENT
        elif check.result not in ("", "done"):
            standing = NOT_TOLD
        else:
            standing = WAITING if now <= due else SILENT
        found.append((standing, answer))
    return found
