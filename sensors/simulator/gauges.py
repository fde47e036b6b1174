"""Rain and river gauges that dial the gateway with SL 651, as terminals do: one question at a time, each report kept until
its serial number comes back, sent three times at most on one connection, then dialled again with growing pauses.

A rain gauge reports (32H) at each of its intervals and at each end of a storm's step: always the counter 26H, and the
5-minute amount 22H where the storm's own step is 5 minutes. With longer steps the counter stands still in between and
takes the whole step at its end, as the record says no more. What happened in the day before it was switched on, it sends
as one uniform series (31H), in packets where it is long.

Gauges whose configuration names the same ``link`` share one connection, as behind a concentrator.
"""

import asyncio
import logging
import math
import random
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sensors.domain.readings import Message
from sensors.domain.sl651 import ELEMENTS
from sensors.domain.sl651_frames import (
    read_time,
    write_elements,
    write_group,
    write_packets,
    write_series,
    write_status,
    write_up,
)
from sensors.simulator.dialling import EPOCH, LOOKS_UP_S, Terminal, next_on_grid
from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import GaugeFaults
from sensors.simulator.ledger import Ledger
from sensors.simulator.lines import Line
from sensors.simulator.storm import HISTORY, Storm

log = logging.getLogger(__name__)

KEEPALIVE, SERIES, TIMED = 0x2F, 0x31, 0x32
QUERY_NOW, QUERY_PERIOD, QUERY_ELEMENTS, QUERY_VERSION, QUERY_STATUS = 0x37, 0x38, 0x3A, 0x45, 0x46
DOOR_CLOSED = 1 << 7
RAIN_CLASS, RIVER_CLASS = 0x50, 0x48
COUNTER_TENTHS = 1_000_000
"""Six digits with one decimal: the counter goes on with 0 after 99 999.9 mm."""
KEPT_REPORTS = 4000
SERIES_VALUES = 290
PACKET_BYTES = 1000
SENDS_WITHIN = timedelta(seconds=20)
"""A terminal needs a moment to measure and to send; they do not all speak at the stroke of the clock."""
FIVE_MINUTES = timedelta(minutes=5)

Values = dict[str, float]


@dataclass(slots=True)
class Report:
    """What one frame will carry; the frame is written when it is sent, because it names the moment of sending."""

    function: int
    body: bytes
    readings: list[tuple[str, datetime, float]]
    not_before: datetime


@dataclass
class Gauge(Terminal):
    """One terminal, on a line that it may share. ``now`` is its clock (the hall's time), ``real_s`` turns hall seconds into real ones."""

    equipment: Equipment
    line: Line
    ledger: Ledger
    faults: GaugeFaults
    now: Callable[[], datetime]
    real_s: Callable[[timedelta], float]
    dice: random.Random
    backlog: list[Report] = field(default_factory=list)
    serial: int = 0
    acknowledged: int = 0
    made_until: datetime | None = None

    klass = 0

    # what the kinds of gauges differ in

    @abstractmethod
    def values(self, at: datetime) -> Values | None:
        """What the gauge shows at ``at``; None where it has nothing to say."""

    @abstractmethod
    def counted(self, at: datetime) -> tuple[str, float | None]:
        """(channel, value) for the series of the past."""

    def known_until(self) -> datetime:
        """The last moment for which ``values`` can be asked."""
        return self.now()

    # what they share

    def phase(self) -> datetime:
        return EPOCH

    def battery_v(self, at: datetime) -> float:
        sun = math.sin(
            (at - EPOCH) / timedelta(days=1) * 2 * math.pi
        )  # charged by day, Beijing noon is 04 UTC
        return round(12.6 + 0.4 * sun, 2)

    def recall(self, at: datetime) -> None:
        """The day before ``at`` as one series, unless there is nothing to tell."""
        grid = self.equipment.interval
        while HISTORY / grid > SERIES_VALUES:
            grid *= 2
        last = next_on_grid(at, EPOCH, grid) - grid
        first = last - grid * (HISTORY // grid)
        times = [first + n * grid for n in range(HISTORY // grid + 1)]
        channel, values = self.counted(first)[0], [self.counted(time)[1] for time in times]
        readings = [(channel, time, v) for time, v in zip(times, values, strict=True) if v is not None]
        if readings:
            body = write_group(self.equipment.address, self.klass, first, write_series(grid, channel, values))
            self.backlog.append(Report(SERIES, body, readings, at))
        self.made_until = last

    def make_reports(self, now: datetime) -> None:
        """Everything that fell due since the last call, also while the line was lost."""
        for at in self.fallen_due(min(now, self.known_until())):
            values = self.values(at)
            if values is None:
                continue
            held = SENDS_WITHIN * self.dice.random()
            if self.dice.random() < self.faults.delayed:
                held += self.faults.delay
            body = write_group(self.equipment.address, self.klass, at, write_elements(values))
            readings = [(channel, at, value) for channel, value in values.items()]
            self.backlog.append(Report(TIMED, body, readings, at + held))
        del self.backlog[:-KEPT_REPORTS]

    def is_down(self, at: datetime) -> bool:
        return any(span.holds(at) for span in self.faults.down)

    async def run(self) -> None:
        self.line.gauges[self.equipment.address] = self
        self.recall(self.now())
        while True:
            now = self.now()
            self.make_reports(now)
            try:
                if self.is_down(now):
                    self.line.hang_up()
                else:
                    await self.report()
            except OSError as reason:  # TimeoutError is one
                log.debug("%s: %s", self.equipment.address, reason)
                self.line.hang_up()
                continue
            wake = min(
                [
                    self.next_report(self.made_until),
                    *(r.not_before for r in self.backlog if r.not_before > now),
                ]
            )
            await asyncio.sleep(
                min(max(self.real_s(wake - self.now()), 0.02), LOOKS_UP_S, self.line.timing.keepalive_s)
            )

    def obey(self, said: Message) -> bytes:
        """What it answers to a question or a command."""
        function, asked = int(said.function, 16), bytes.fromhex(said.details.get("body", ""))
        at = self.made_until or self.now()
        kind: int | None = self.klass
        when: datetime | None = at
        told = b""
        if function == QUERY_NOW:
            told = write_elements(self.values(at) or {})
        elif function == QUERY_ELEMENTS:
            values = self.values(at) or {}
            named = [ELEMENTS[guide].channel for guide in asked[::2] if guide in ELEMENTS]
            told = write_elements({channel: values.get(channel) for channel in named})
        elif function == QUERY_PERIOD:
            when, told = self.period(asked)
        else:  # its version, its status, its clock: no class and no time of observation
            kind = when = None
            told = {QUERY_VERSION: b"\x06SIM1.0", QUERY_STATUS: write_status(DOOR_CLOSED)}.get(function, b"")
        body = write_group(self.equipment.address, kind, when, told)
        return write_up(function, self.equipment.address, said.serial or 0, self.now(), body)

    def period(self, asked: bytes) -> tuple[datetime, bytes]:
        """The series that 38H asks for: beginning and end in hours, step, element."""
        since, until = (read_time(asked[n : n + 4] + b"\0", "the period") for n in (0, 4))
        days, hours, minutes = (int(digits) for digits in (asked[6 + n : 7 + n].hex() for n in (4, 5, 6)))
        step = timedelta(days=days, hours=hours, minutes=minutes)
        channel = ELEMENTS[asked[13]].channel
        count = min((until - since) // step + 1, SERIES_VALUES)
        times = [since + n * step for n in range(count)]
        known = self.counted(since)[0] == channel
        values = [self.counted(time)[1] if known and time <= self.now() else None for time in times]
        return since, write_series(step, channel, values)

    async def report(self) -> None:
        """Send what is due, oldest first. Raises ``OSError`` when the line fails; what was not acknowledged stays."""
        async with self.line.lock:
            await self.line.dial(self.frame(KEEPALIVE))
            while due := [report for report in self.backlog if report.not_before <= self.now()]:
                await self.send(due[0])
            await self.line.stay(lambda: self.frame(KEEPALIVE))

    def frame(self, function: int, body: bytes = b"") -> bytes:
        """The next frame, or where it would be long, all its packets one after the other (M3: one answer for all)."""
        self.serial = self.serial % 0xFFFF + 1
        parts = self.equipment.address, self.serial, self.now(), body
        if len(body) > PACKET_BYTES:
            return b"".join(write_packets(function, *parts, packet_bytes=PACKET_BYTES))
        return write_up(function, *parts)

    async def send(self, report: Report) -> None:
        frame = self.frame(report.function, report.body)
        first = spoilt(frame, self.dice) if self.dice.random() < self.faults.corrupted else frame
        if self.dice.random() < self.faults.garbage:
            first = self.dice.randbytes(self.dice.randint(1, 40)).replace(b"\x7e", b"\x00") + first
        asked = self.equipment.address, report.function, self.serial
        if not await self.line.ask(frame, first, *asked):
            raise ConnectionResetError("no acknowledgement")
        self.backlog.remove(report)
        self.acknowledged += 1
        self.ledger.write(
            "sl651",
            address=self.equipment.address,
            function=f"{report.function:02X}",
            serial=self.serial,
            at=self.now(),
            readings=report.readings,
        )
        if self.dice.random() < self.faults.repeated:
            await self.line.ask(frame, frame, *asked)


def spoilt(frame: bytes, dice: random.Random) -> bytes:
    """One bit flipped behind the head's start mark."""
    octets = bytearray(frame)
    octets[dice.randrange(2, len(octets))] ^= 1 << dice.randrange(8)
    return bytes(octets)


@dataclass
class RainGauge(Gauge):
    storm: Storm | None = None
    number: int = 0
    """Its place among the rain gauges: which column of the storm it stands under."""
    base_tenths: int = 0
    """What its counter said before the storm, so that it may go round during one."""

    klass = RAIN_CLASS

    def next_report(self, after: datetime) -> datetime:
        step_end = next_on_grid(after, self.storm.start, self.storm.step)
        return min(super().next_report(after), step_end)

    def counted(self, at: datetime) -> tuple[str, float | None]:
        if self._nothing_known(at):
            return "rain_total", None
        tenths = self.base_tenths + self.storm.total_tenths(self.number, at)
        return "rain_total", tenths % COUNTER_TENTHS / 10

    def values(self, at: datetime) -> Values | None:
        if self._nothing_known(at):
            return None
        values = {}
        if self.storm.step == FIVE_MINUTES and self.storm.ends_step(at):
            values["rain_5min"] = self.storm.step_tenths(self.number, at) / 10
        values["rain_total"] = self.counted(at)[1]
        return values | {"battery": self.battery_v(at)}

    def _nothing_known(self, at: datetime) -> bool:
        return self.storm.ends_step(at) and self.storm.step_tenths(self.number, at) is None


@dataclass
class StageGauge(Gauge):
    level_m: Callable[[datetime], float | None] = lambda at: None
    """The river's level at a past moment of the gauge's grid, None where it is not known."""
    followed_until: Callable[[], datetime] = lambda: EPOCH
    """How far the water has been followed."""

    klass = RIVER_CLASS

    def known_until(self) -> datetime:
        return self.followed_until()

    def counted(self, at: datetime) -> tuple[str, float | None]:
        level = self.level_m(at)
        return "level", None if level is None else round(level, 3)

    def values(self, at: datetime) -> Values | None:
        channel, level = self.counted(at)
        return None if level is None else {channel: level, "battery": self.battery_v(at)}
