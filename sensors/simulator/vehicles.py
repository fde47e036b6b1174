"""Hazmat vehicles of the demo (JT/T 808-2013), on real sockets: they register, drive their routes to and fro and say so.

Now and then, by the hall's clock and the same for the same seed, one driver is tired, one holds a telephone, and one leaves
his route. A driver who is told so by the hall is awake again.
"""

import asyncio
from asyncio import StreamWriter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import atan2, cos, degrees, pi, radians, sin
from random import Random

from sensors.adapters.jt808 import Jt808
from sensors.domain import jt808_frames as frames
from sensors.domain import jt808_location as location
from sensors.domain.plane import metres
from sensors.domain.readings import Message
from sensors.simulator.dialling import EPOCH, Dialler, Due, next_on_grid
from sensors.simulator.uploads import upload_quietly

RESTS = timedelta(minutes=10)
"""At each end of the route, to load and unload."""
DETOUR_DEG = 0.006
"""Some 650 m beside the road at the furthest."""
EVERY, REAL_S = timedelta(seconds=15), 1.0
"""A vehicle says where it is so often, but at most once in so much real time."""
BATCH, REMEMBERED = 20, 500
FATIGUE, TELEPHONE = 1, 2
LOADED, LOADED_STATE = 0b11, 3 << 8
KNOWN_STATE = 0b11 | 1 << 18 | 1 << 19

Share = Callable[[str, datetime], float | None]


def nothing(code: str, at: datetime) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class Route:
    """A line of (lon, lat), driven to and fro at ``kmh`` with a rest at each end."""

    points: Sequence[tuple[float, float]]
    kmh: float

    def legs(self) -> list[tuple[float, tuple[float, float], tuple[float, float]]]:
        """(km, from, to) of each straight leg."""
        return [(_km(a, b), a, b) for a, b in zip(self.points, self.points[1:], strict=False)]

    def at(self, since: timedelta) -> tuple[float, float, float, int, bool]:
        """(lon, lat, speed in km/h, direction, loaded) after ``since``; loaded on the way out, empty on the way back."""
        legs = self.legs()
        drive = timedelta(hours=sum(km for km, _, _ in legs) / self.kmh)
        trip, into = divmod(since, drive + RESTS)
        back = bool(trip % 2)
        if back:
            legs = [(km, b, a) for km, a, b in reversed(legs)]
        left_km = into / timedelta(hours=1) * self.kmh
        for km, a, b in legs:
            if left_km < km:
                share = left_km / km
                lon, lat = a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
                return lon, lat, self.kmh, _bearing(a, b), not back
            left_km -= km
        _, a, b = legs[-1]
        handled = into - drive > RESTS / 2  # half of the rest, and what it brought has been unloaded
        return *b, 0.0, _bearing(a, b), back if handled else not back


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    return metres(*a, *b) / 1000


def _bearing(a: tuple[float, float], b: tuple[float, float]) -> int:
    return round(degrees(atan2((b[0] - a[0]) * cos(radians(a[1])), b[1] - a[1]))) % 360


@dataclass
class Vehicle(Dialler):
    """One terminal. ``tired``, ``phones`` and ``detours``: how far its driver is into it, None where he is not."""

    tired: Share = nothing
    phones: Share = nothing
    detours: Share = nothing
    serial: int = 0
    code: str = ""
    """What it was given when it registered."""
    alarms: int = 0
    awake_until: datetime = EPOCH
    told: list[str] = field(default_factory=list)
    """What the hall had spoken in the cab, oldest first."""
    said: dict[int, bool] = field(default_factory=dict)
    """Kind of driver alarm → whether it was begun and not ended."""
    uploads: set[asyncio.Task[None]] = field(default_factory=set)
    adapter: Jt808 = field(init=False, default_factory=Jt808)

    def __post_init__(self) -> None:
        route = self.equipment.facts.get("route") or {}
        points = [(lon, lat) for lon, lat in route.get("coordinates", ())]
        here = (self.equipment.lon, self.equipment.lat)
        kmh = Random(self.equipment.code).uniform(38, 62)
        self.route = Route(points if len(points) > 1 else (here, here), round(kmh, 1))
        self.every = max(EVERY, timedelta(seconds=1) * (REAL_S / self.real_s(timedelta(seconds=1))))
        self.began = EPOCH - timedelta(hours=Random(f"{self.equipment.code} begins").uniform(0, 5))

    async def speak(self, writer: StreamWriter) -> None:
        await self.tell(Due(self.registration), writer)
        await self.tell(Due(lambda: self.frame(0x0102, self.code.encode())), writer)
        await super().speak(writer)

    def frame(self, function: int, body: bytes = b"") -> tuple[Hashable, bytes]:
        self.serial = self.serial % 0xFFFF + 1
        return self.serial, frames.write(function, self.equipment.address, self.serial, body)

    def registration(self) -> tuple[Hashable, bytes]:
        plate = str(self.equipment.facts.get("plate", "")).encode("gbk")
        return self.frame(
            0x0100,
            b"\0\x25\0\xd5" + b"DEMO1" + b"HT-1".ljust(20, b"\0") + b"T000001" + b"\x02" + plate,
        )

    def next_report(self, after: datetime) -> datetime:
        return next_on_grid(after, self.phase(), self.every)

    def make_reports(self, now: datetime) -> None:
        if self.backlog:
            return
        if self.made_until is None:
            self.made_until = now - self.every
        self.made_until = max(self.made_until, now - REMEMBERED * self.every)
        bodies = [self.location(at) for at in self.fallen_due(now)]
        if not bodies:
            return
        # What it sees now goes first: the past can wait.
        self.backlog.append(Due(lambda: self.frame(0x0200, bodies[-1])))
        for first in range(0, len(bodies) - 1, BATCH):
            rows = bodies[first : min(first + BATCH, len(bodies) - 1)]
            self.backlog.append(Due(partial(self.batch, rows)))

    def batch(self, rows: Sequence[bytes]) -> tuple[Hashable, bytes]:
        sized = b"".join(len(row).to_bytes(2) + row for row in rows)
        return self.frame(0x0704, len(rows).to_bytes(2) + b"\1" + sized)

    def location(self, at: datetime) -> bytes:
        lon, lat, kmh, direction, loaded = self.route.at(at - self.began)
        lat += DETOUR_DEG * sin(pi * (self.detours(self.equipment.code, at) or 0.0))
        dice = Random(f"{self.equipment.code} {at}")
        km = round((at - EPOCH) / timedelta(hours=1)) % 900_000  # a day's driving a day, more or less
        more = location.write_item(0x01, (km * 10).to_bytes(4)) + location.write_item(0x31, b"\x0b")
        for kind, share in ((FATIGUE, self.tired), (TELEPHONE, self.phones)):
            more += self.driver(kind, share, at, lat, lon, kmh)
        return location.write_location(
            at,
            lat,
            lon,
            speed_kmh=max(0.0, kmh + dice.uniform(-4, 4)) if kmh else 0.0,
            direction_deg=direction,
            altitude_m=6,
            state=KNOWN_STATE | (LOADED_STATE if loaded else 0),
            more=more,
        )

    def driver(self, kind: int, share: Share, at: datetime, lat: float, lon: float, kmh: float) -> bytes:
        """The item of a driver's alarm when it begins and when it ends; b"" while it only lasts, or nothing is."""
        now = kmh > 0 and share(self.equipment.code, at) is not None and at >= self.awake_until
        if now == self.said.get(kind, False):
            return b""
        self.said[kind] = now
        self.alarms += now
        return location.write_driver_alarm(
            self.alarms,
            kind,
            at,
            lat,
            lon,
            state=1 if now else 2,
            level=2,
            fatigue=7,
            speed_kmh=round(kmh),
            files=3,
        )

    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        told = message.details
        if message.address != self.equipment.address:
            return None
        if message.function == "8001":
            return told["answers"], told["result"] == 0
        if message.function == "8100":
            self.code = told["code"]
            return told["answers"], told["result"] == 0
        if message.function == "8300" and message.serial is not None:
            self.told.append(told["text"])
            self.awake_until = self.now() + timedelta(minutes=30)
            say(self.frame(0x0001, message.serial.to_bytes(2) + b"\x83\x00\x00")[1])
        if message.function == "9208" and message.serial is not None:
            say(self.frame(0x0001, message.serial.to_bytes(2) + b"\x92\x08\x00")[1])
            task = asyncio.create_task(upload_quietly(self.equipment.address, bytes.fromhex(told["body"])))
            self.uploads.add(task)
            task.add_done_callback(self.uploads.discard)
        return None
