"""When a device that we ask is asked again, and how its registers are cut into requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

FLOOR_S = 1.0
"""No device is asked more often than this, however fast the hall's clock runs (real seconds)."""
LONGEST_WAIT_S = 600.0
"""The longest wait for a device that does not answer (seconds of the hall; at least the device's own interval)."""
SHORTEST_LONGEST_WAIT_S = 10.0
"""In a sped-up hall the longest wait shrinks with everything else, but not below this (real seconds)."""
JITTER = 0.2
"""A failed device comes again within ± this share of its wait, so that many that died together do not return together."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a device is asked, in real seconds: ``interval_s`` while it answers, at most ``longest_s`` when not."""

    interval_s: float
    longest_s: float

    @classmethod
    def of(cls, interval_s: float, rate: float, floor_s: float = FLOOR_S) -> "Pace":
        """``interval_s`` in seconds of the hall, whose clock runs ``rate`` times as fast as the real one."""
        interval = max(floor_s, interval_s / rate)
        return cls(interval, max(interval, LONGEST_WAIT_S / rate, SHORTEST_LONGEST_WAIT_S))


class Next(NamedTuple):
    due_at: datetime
    failures: int


def next_poll(
    pace: Pace, due_at: datetime, failures: int, answered: bool, now: datetime, chance: float
) -> Next:
    """When to ask again, in real time.

    ``due_at`` is when this poll was due, ``failures`` how many failed in a row before it, ``chance`` a random number in
    [0, 1). A device that answers keeps its beat (``due_at`` + a whole number of intervals): no drift, and devices
    spread over the interval stay spread. One that does not answer waits twice as long each time, with jitter.
    """
    interval = timedelta(seconds=pace.interval_s)
    if answered:
        missed = max(0, (now - due_at) // interval)
        return Next(due_at + interval * (missed + 1), 0)
    # 2^20 intervals is beyond any longest wait: the exponent is bounded so that the number stays a number
    wait = min(pace.interval_s * 2.0 ** min(failures, 20), pace.longest_s)
    return Next(now + timedelta(seconds=wait * (1 + JITTER * (2 * chance - 1))), failures + 1)


class Span(NamedTuple):
    """Neighbouring registers or bits read with one request: ``size`` of ``table`` from ``start`` on."""

    table: str
    start: int
    size: int


LONGEST_READ = {"holding": 125, "input": 125, "coil": 2000, "discrete": 2000}
"""The most that one request may ask for (MODBUS Application Protocol 1.1b3, sections 6.1 to 6.4)."""


def coalesce(points: Iterable[tuple[str, int, int]], gap: int = 0) -> tuple[Span, ...]:
    """The fewest requests for ``points`` (table, address, size in registers or bits), in table and address order.

    ``gap``: how many unwanted registers may be read along to save a request. The default is none: many controllers
    refuse a whole request because of one register that they do not have.
    """
    spans: list[Span] = []
    for table, start, size in sorted(set(points)):
        if spans and spans[-1].table == table:
            last = spans[-1]
            end = max(last.start + last.size, start + size)
            if start <= last.start + last.size + gap and end - last.start <= LONGEST_READ[table]:
                spans[-1] = Span(table, last.start, end - last.start)
                continue
        spans.append(Span(table, start, size))
    return tuple(spans)
