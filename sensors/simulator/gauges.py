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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sensors.adapters.sl651 import Sl651
from sensors.domain.readings import DecodeError, Message
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
from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import GaugeFaults
from sensors.simulator.ledger import Ledger
from sensors.simulator.storm import HISTORY, Storm

log = logging.getLogger(__name__)

ADAPTER = Sl651()
KEEPALIVE, SERIES, TIMED = 0x2F, 0x31, 0x32
QUERY_NOW, QUERY_PERIOD, QUERY_ELEMENTS, QUERY_VERSION, QUERY_STATUS = 0x37, 0x38, 0x3A, 0x45, 0x46
DOOR_CLOSED = 1 << 7
RAIN_CLASS, RIVER_CLASS = 0x50, 0x48
COUNTER_TENTHS = 1_000_000
"""Six digits with one decimal: the counter goes on with 0 after 99 999.9 mm."""
SENT_AT_MOST = 3
KEPT_REPORTS = 4000
LOOKS_UP_S = 2.0
SERIES_VALUES = 290
PACKET_BYTES = 1000
SENDS_WITHIN = timedelta(seconds=20)
"""A terminal needs a moment to measure and to send; they do not all speak at the stroke of the clock."""
FIVE_MINUTES = timedelta(minutes=5)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Values = dict[str, float]


@dataclass(slots=True)
class Report:
    """What one frame will carry; the frame is written when it is sent, because it names the moment of sending."""

    function: int
    body: bytes
    readings: list[tuple[str, datetime, float]]
    not_before: datetime


@dataclass(slots=True)
class Timing:
    """Patience in real seconds."""

    answer_s: float = 5.0
    redial_s: float = 0.5
    redial_most_s: float = 15.0
    keepalive_s: float = 45.0


class Line:
    """One TCP connection to the gateway; gauges may share it. It listens all the time: for the answer that is waited for, and
    for questions to one of its gauges."""

    def __init__(self, gateway: tuple[str, int], timing: Timing, dice: random.Random) -> None:
        self.gateway, self.timing, self.dice = gateway, timing, dice
        self.lock = asyncio.Lock()
        self.dialled = 0
        self.gauges: dict[str, Gauge] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._answer: tuple[str, int, int, asyncio.Future[bool]] | None = None
        self._pause_s = 0.0
        self._used_at = 0.0

    @property
    def open(self) -> bool:
        return self._writer is not None and self._listener is not None and not self._listener.done()

    async def dial(self, hello: bytes) -> None:
        """Connect unless connected; ``OSError`` after a pause that grows with every failure."""
        if self.open:
            return
        self.hang_up()
        await asyncio.sleep(self._pause_s * self.dice.uniform(0.7, 1.3))
        self._pause_s = min(max(self._pause_s * 2, self.timing.redial_s), self.timing.redial_most_s)
        async with asyncio.timeout(self.timing.answer_s):
            reader, self._writer = await asyncio.open_connection(*self.gateway)
        self._listener = asyncio.create_task(self._listen(reader))
        self._used_at = asyncio.get_running_loop().time()
        self.dialled += 1
        self._writer.write(hello)

    async def ask(self, frame: bytes, first: bytes, address: str, function: int, serial: int) -> bool:
        """Send ``first`` (the frame, or a spoilt copy), then the frame until its serial is acknowledged."""
        for attempt in range(SENT_AT_MOST):
            if not self.open or self._writer is None:
                raise ConnectionResetError("the line is down")
            answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._answer = (address, function, serial, answer)
            self._writer.write(frame if attempt else first)
            await self._writer.drain()
            self._used_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self.timing.answer_s):
                    if await answer:
                        self._pause_s = 0.0
                        return True
            except TimeoutError:
                continue
            finally:
                self._answer = None
        return False

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        buffer = b""
        try:
            while octets := await reader.read(4096):
                buffer += octets
                while cut := ADAPTER.cut(buffer):
                    piece, buffer = buffer[: cut.size], buffer[cut.size :]
                    if not cut.garbage:
                        self._heard(piece)
        except OSError as reason:
            log.debug("a line broke: %s", reason)
        if self._answer is not None and not self._answer[3].done():
            self._answer[3].set_exception(ConnectionResetError("the gateway hung up"))

    def _heard(self, piece: bytes) -> None:
        try:
            said = ADAPTER.decode(piece)
        except DecodeError as reason:
            log.warning("the gateway's words are refused: %s", reason)
            return
        if said.details["direction"] != "down":
            return
        if said.details["end"] == "ENQ":
            gauge = self.gauges.get(said.address)
            if gauge is not None and self._writer is not None:
                try:
                    self._writer.write(gauge.obey(said))
                except (DecodeError, LookupError) as reason:
                    log.warning("%s: not understood: %s", said.address, reason)
        elif self._answer is not None:  # other answers belong to earlier sendings
            address, function, serial, answer = self._answer
            refused = said.details["end"] == "NAK"
            mine = said.address == address and int(said.function, 16) == function
            if mine and (refused or said.serial == serial) and not answer.done():
                answer.set_result(not refused)

    async def stay(self, keepalive: Callable[[], bytes]) -> None:
        """Say that the line is alive when nothing else was said for a while."""
        now = asyncio.get_running_loop().time()
        if self.open and now - self._used_at > self.timing.keepalive_s:
            self._used_at = now
            self._writer.write(keepalive())

    def hang_up(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
        if self._writer is not None:
            self._writer.close()
        self._listener = self._writer = None


@dataclass
class Gauge:
    """One terminal. ``now`` is its clock (the hall's time), ``real_s`` turns hall seconds into real ones."""

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

    def values(self, at: datetime) -> Values | None:
        """What the gauge shows at ``at``; None where it has nothing to say."""
        raise NotImplementedError

    def counted(self, at: datetime) -> tuple[str, float | None]:
        """(channel, value) for the series of the past."""
        raise NotImplementedError

    def next_report(self, after: datetime) -> datetime:
        return next_on_grid(after, EPOCH, self.equipment.interval)

    def known_until(self) -> datetime:
        """The last moment for which ``values`` can be asked."""
        return self.now()

    # what they share

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
        now = min(now, self.known_until())
        while (at := self.next_report(self.made_until)) <= now:
            self.made_until = at
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


def next_on_grid(after: datetime, origin: datetime, step: timedelta) -> datetime:
    """The first moment ``origin + n * step`` later than ``after``."""
    return origin + ((after - origin) // step + 1) * step


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
