"""Gas monitors (HJ 212), fire hosts (GB/T 26875.3), vehicles (JT/T 808) and water terminals (SL/T 427), on real sockets.

Now and then, by the hall's clock and the same for the same seed, one plant leaks and one building burns, a detector
breaks, a gas instrument is calibrated, a driver is tired. ``faults`` none: nothing of that happens.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, close_old_connections
from django.db.models import Q

from command_center.core import now as hall
from sensors.adapters.gb26875 import Gb26875
from sensors.adapters.hj212 import Hj212
from sensors.domain.gb26875 import CONFIRM, DENY, SEND, write, write_part, write_time
from sensors.domain.hj212 import write as write_hj212
from sensors.domain.hj212 import write_time as write_hj212_time
from sensors.domain.readings import Message
from sensors.models import Station
from sensors.simulator.dialling import EPOCH, Dialler, Due
from sensors.simulator.equipment import Equipment, from_stations
from sensors.simulator.vehicles import Vehicle
from sensors.simulator.water_resources import WaterTerminal

log = logging.getLogger(__name__)

CLOCK_READ_S = 5.0
SPOILS = 0.01
NORMAL, FIRE, FAULT = 1, 1 << 1, 1 << 2
PRESSURE_MPA = 4


@dataclass(frozen=True, slots=True)
class Happenings:
    """Something that befalls one of ``codes`` every ``every``, for ``lasts``."""

    name: str
    codes: Sequence[str]
    every: timedelta
    lasts: timedelta

    def share(self, code: str, at: datetime) -> float | None:
        """How far it has gone at ``code``: from 0 to 1, None where it does not happen now."""
        if not self.codes:
            return None
        number, since = divmod(at - EPOCH, self.every)
        since -= self.every / 3  # not at the first moment of a story
        struck = random.Random(f"{self.name} {number}").choice(self.codes)
        return since / self.lasts if struck == code and timedelta(0) <= since < self.lasts else None


def nothing(code: str, at: datetime) -> float | None:
    return None


Share = Callable[[str, datetime], float | None]


@dataclass
class GasMonitor(Dialler):
    """Hydrogen sulphide and methane, with the wind, in one real-time report."""

    leaks: Share = nothing
    calibrated: Share = nothing
    adapter: Hj212 = field(init=False, default_factory=Hj212)

    def values(self, at: datetime) -> dict[str, tuple[float, str]]:
        """Factor code → (value, flag)."""
        code = self.equipment.code
        dice = random.Random(f"{code} {at}")
        leak = math.sin(math.pi * (self.leaks(code, at) or 0.0))
        flag = "C" if self.calibrated(code, at) is not None else "N"
        hour = (at - EPOCH) / timedelta(hours=1)
        return {
            "a21028": (round(dice.uniform(0.1, 0.6) + 28 * leak, 2), flag),
            "a05002": (round(dice.uniform(1.8, 3.5) + 11_000 * leak, 1), flag),
            "a01007": (round(abs(2.5 + 1.5 * math.sin(hour / 3) + dice.uniform(-0.4, 0.4)), 1), "N"),
            "a01008": (round(120 + 60 * math.sin(hour / 5) + dice.uniform(-10, 10)) % 360, "N"),
        }

    def reports(self, at: datetime) -> list[Due]:
        items = [f"DataTime={write_hj212_time(at)}"]
        items += [f"{code}-Rtd={value},{code}-Flag={flag}" for code, (value, flag) in self.values(at).items()]

        def frame() -> tuple[Hashable, bytes]:
            present = self.now()
            number = write_hj212_time(present, milliseconds=True)
            return number, write_hj212("2011", self.equipment.address, items, at=present, number=number)

        return [Due(frame)]

    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        if message.function != "9014" or message.address != self.equipment.address or not message.sent_at:
            return None
        return write_hj212_time(message.sent_at, milliseconds=True), True


@dataclass
class FireHost(Dialler):
    """The transmission device of a building: says that it watches, what its parts are, and that the guard is there."""

    burns: Share = nothing
    breaks: Share = nothing
    guard_sleeps: float = 0.1
    serial: int = 0
    told: dict[str, int] = field(default_factory=dict)
    """What was last said of each part."""
    adapter: Gb26875 = field(init=False, default_factory=Gb26875)

    def frame(self, command: int, unit: bytes = b"", serial: int | None = None) -> tuple[int, bytes]:
        if serial is None:
            serial = self.serial = self.serial % 0xFFFF + 1
        source = bytes.fromhex(self.equipment.address)
        return serial, write(command, unit, serial=serial, at=self.now(), source=source)

    def say(self, unit: bytes) -> Due:
        return Due(lambda: self.frame(SEND, unit))

    def states(self, at: datetime) -> dict[str, int]:
        """Word of state bits by part. Where it burns the first part tells, then its neighbours."""
        parts = [point for point in self.equipment.points if point.quantity == "fire_part_state"]
        fire, fault = self.burns(self.equipment.code, at), self.breaks(self.equipment.code, at)
        words = {point.channel: NORMAL for point in parts}
        if fault is not None and parts:
            words[parts[-1].channel] = FAULT
        if fire is not None:
            for point in parts[: 1 + round(fire * 2)]:
                words[point.channel] = FIRE
        return words

    def reports(self, at: datetime) -> list[Due]:
        words = self.states(at)
        due = []
        changed = {channel: word for channel, word in words.items() if self.told.get(channel) != word}
        if changed:
            objects = b"".join(self.part(channel, word, at) for channel, word in changed.items())
            due.append(self.say(bytes((2, len(changed))) + objects))
        if FIRE in self.told.values() and FIRE not in words.values():  # the guard has reset the panel
            due.insert(0, self.say(bytes((4, 1, 1, 1, 1, 7)) + write_time(at)))
        self.told = words
        due.append(self.say(bytes((21, 1, 0b11 if FIRE in words.values() else 1)) + write_time(at)))
        if pressure := self.pressure(at):
            due.append(self.say(bytes((3, 1)) + pressure))
        return due

    def part(self, channel: str, word: int, at: datetime) -> bytes:
        system, address, kind, zone, place = _named(channel)
        facts = next(point.facts for point in self.equipment.points if point.channel == channel)
        return write_part(system, address, kind, (zone, place), word, str(facts.get("place", "")), at)

    def pressure(self, at: datetime) -> bytes:
        """The hydrants' water, which sinks while it is used."""
        for point in self.equipment.points:
            if point.quantity == "water_pressure":
                system, address, kind, zone, place = _named(point.channel.rpartition(".")[0])
                tenths = 3 if self.burns(self.equipment.code, at) is not None else 6
                head = (
                    bytes((system, address, kind)) + zone.to_bytes(2, "little") + place.to_bytes(2, "little")
                )
                return head + bytes((PRESSURE_MPA,)) + tenths.to_bytes(2, "little") + write_time(at)
        return b""

    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        command, _, kind = message.function.partition("-")
        if command in (str(CONFIRM), str(DENY)):
            assert message.serial is not None
            return message.serial, command == str(CONFIRM)
        if kind in ("90", "91"):
            say(self.frame(CONFIRM, serial=message.serial)[1])
        if kind == "91" and self.dice.random() >= self.guard_sleeps:
            self.backlog.append(self.say(bytes((24, 1, 1 << 5, 7)) + write_time(self.now())))
        return None


def _named(channel: str) -> tuple[int, int, int, int, int]:
    """(system, address, kind, zone, place) of ``part.1.1.42.3-17``."""
    _, system, address, kind, part = channel.split(".")
    zone, place = part.split("-")
    return int(system), int(address), int(kind), int(zone), int(place)


def build(
    equipment: Sequence[Equipment],
    gateways: dict[str, tuple[str, int]],
    clock: hall.Rate,
    *,
    faults: str = "some",
) -> list[Dialler]:
    """The gas monitors, fire hosts and vehicles among ``equipment``, ready to run. ``gateways``: by protocol."""

    def now() -> datetime:
        return clock.at(datetime.now(UTC))

    def real_s(span: timedelta) -> float:
        return span.total_seconds() / clock.rate

    def codes(kind: str) -> list[str]:
        return sorted(one.code for one in equipment if one.kind == kind)

    hours = timedelta(hours=1)
    spoils = 0.0 if faults == "none" else SPOILS
    leaks = Happenings("leak", codes("gas_monitor"), 9 * hours, timedelta(minutes=30)).share
    fires = Happenings("fire", codes("fire_host"), 7 * hours, timedelta(minutes=25)).share
    breaks = Happenings("break", codes("fire_host"), 5 * hours, 2 * hours).share
    calibrated = Happenings("calibration", codes("gas_monitor"), 6 * hours, timedelta(minutes=20)).share
    tired = Happenings("fatigue", codes("vehicle"), 3 * hours, timedelta(minutes=20)).share
    phones = Happenings("telephone", codes("vehicle"), 4 * hours, timedelta(minutes=5)).share
    detours = Happenings("detour", codes("vehicle"), 6 * hours, timedelta(minutes=15)).share
    made: list[Dialler] = []
    for one in equipment:
        if one.protocol not in gateways:
            continue
        parts = (one, gateways[one.protocol], now, real_s, random.Random(f"{one.code} line"))
        if one.kind == "gas_monitor":
            made.append(GasMonitor(*parts, spoils=spoils))
            if faults != "none":
                made[-1].leaks, made[-1].calibrated = leaks, calibrated
        elif one.protocol == "slt427":
            made.append(WaterTerminal(*parts, spoils=spoils))
        elif one.kind == "fire_host":
            made.append(FireHost(*parts, spoils=spoils))
            if faults != "none":
                made[-1].burns, made[-1].breaks = fires, breaks
        elif one.kind == "vehicle":
            made.append(Vehicle(*parts, spoils=spoils))
            if faults != "none":
                made[-1].tired, made[-1].phones, made[-1].detours = tired, phones, detours
    return made


async def run(stopping: asyncio.Event) -> None:
    """Play until ``stopping``; begins anew when the hall's clock is set. A database that is away changes nothing."""
    host, ports = settings.OURS["gateway_host"], settings.OURS["gateway_ports"]
    gateways = {
        name: (host, ports[name]) for name in ("hj212", "gb26875", "jt808", "slt427") if name in ports
    }
    rate: hall.Rate | None = None
    tasks: list[asyncio.Task[None]] = []
    try:
        while not stopping.is_set():
            try:
                present = await sync_to_async(_clock)()
                if present != rate:
                    equipment = await sync_to_async(_equipment)()
                    await _end(tasks)
                    diallers = build(equipment, gateways, present, faults=settings.OURS["faults"])
                    tasks = [asyncio.create_task(_keep(dialler)) for dialler in diallers]
                    rate = present if tasks else None
            except Error as reason:
                log.warning("the database does not answer: %s", str(reason).strip().partition("\n")[0])
            try:
                await asyncio.wait_for(stopping.wait(), CLOCK_READ_S)
            except TimeoutError:
                continue
    finally:
        await _end(tasks)


async def _keep(dialler: Dialler) -> None:
    """Nothing that happens to one of them ends the others."""
    while True:
        try:
            await dialler.run()
        except Exception:
            log.exception("%s failed and is started again", dialler.equipment.code)
            await asyncio.sleep(1)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()


def _clock() -> hall.Rate:
    close_old_connections()
    hall.forget()
    return hall.rate()


def _equipment() -> list[Equipment]:
    close_old_connections()
    kinds = (Station.Kind.GAS_MONITOR, Station.Kind.FIRE_HOST, Station.Kind.VEHICLE)
    those = Q(kind__in=kinds) | Q(protocol="slt427")
    return from_stations(Station.objects.filter(those, in_service=True).prefetch_related("sensors"))
