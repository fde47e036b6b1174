"""Units of the demo: they accept, drive, arrive, work, and go home, telling it over HTTP with their own tokens.

Only what a unit would be told anyway is read from the tables; everything it says goes through the same doors as that of
a real device. It drives in the hall's time, in a straight line, and keeps what it could not send.
"""

import asyncio
import logging
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, close_old_connections

from command_center.core.now import now, real_seconds

from .domain import lifecycle as life
from .domain.evidence import LonLat, metres
from .models import Assignment, Resource
from .services.units import MOST_FIXES, token_of

log = logging.getLogger(__name__)

TICK_S = 1.0  # real time between two looks
SPEED_KMH = 35.0
IDLE = timedelta(minutes=8)  # a parked unit reports now and then, within the age that counts as fresh
THINKS, GETS_READY = timedelta(seconds=40), timedelta(seconds=90)


@dataclass
class Task:
    """What a unit is on."""

    id: str
    state: str
    target: LonLat
    since: datetime  # when it came into this state


@dataclass
class Unit:
    """One unit: where it is, what it is on, and what it has not been able to send yet."""

    id: str
    token: str
    at: LonLat
    base: LonLat
    seen: datetime | None = None  # when it last moved
    told: datetime | None = None  # when it last reported
    task: Task | None = None
    unsent: list[dict] = field(default_factory=list)
    patience: float = 1.0

    def step(self, present: datetime) -> str:
        """Move on to ``present`` and keep the position for sending; returns the move to make, or ""."""
        elapsed = (present - self.seen) if self.seen else timedelta()
        self.seen = present
        task = self.task
        if task is None:
            moving = self.drive(self.base, elapsed)
        elif task.state == life.ON_THE_WAY:
            moving = self.drive(task.target, elapsed)
        else:
            moving = False
        if moving or self.told is None or present - self.told >= IDLE:
            self.told = present
            lon, lat = self.at
            self.unsent.append(
                {"lon": round(lon, 6), "lat": round(lat, 6), "observed_at": present.isoformat()}
            )
            del self.unsent[:-MOST_FIXES]
        if task and task.state == life.ASSIGNED and present - task.since >= THINKS * self.patience:
            return "accept"
        if task and task.state == life.ACCEPTED and present - task.since >= GETS_READY * self.patience:
            return "depart"
        return ""

    def drive(self, goal: LonLat, elapsed: timedelta) -> bool:
        """A straight line at ``SPEED_KMH``; whether it moved."""
        left = metres(self.at, goal)
        if left < 1:
            return False
        share = min(1.0, SPEED_KMH / 3.6 * elapsed.total_seconds() / left)
        self.at = tuple(a + (b - a) * share for a, b in zip(self.at, goal, strict=True))
        return share > 0


def look(units: dict[str, Unit]) -> None:
    """Bring ``units`` up to date: who there is, and what each is on."""
    close_old_connections()
    rows = Resource.objects.filter(kind__in=[Resource.Kind.TEAM, Resource.Kind.VEHICLE])
    tasks: dict[str, Task] = {}
    stamps = {life.ASSIGNED: "assigned_at", life.ACCEPTED: "accepted_at", life.ON_THE_WAY: "on_the_way_at", life.ON_SCENE: "on_scene_at"}  # fmt: skip
    for row in Assignment.objects.filter(state__in=life.ACTIVE, item=""):
        tasks[str(row.resource_id)] = Task(
            str(row.pk), row.state, (row.target.x, row.target.y), getattr(row, stamps[row.state])
        )
    seen = set()
    for row in rows.exclude(state__in=[life.OFF_DUTY, life.MAINTENANCE]):
        pk = str(row.pk)
        seen.add(pk)
        if pk not in units:
            units[pk] = Unit(
                pk, token_of(row), (row.position.x, row.position.y), (row.base.x, row.base.y),
                patience=random.Random(pk).uniform(0.5, 1.5),
            )  # fmt: skip
        units[pk].task = tasks.get(pk)
    for gone in units.keys() - seen:
        del units[gone]


async def tell(client: httpx.AsyncClient, unit: Unit, move: str) -> None:
    """Send what the unit has to say; what does not get through is kept for the next time."""
    headers = {"Authorization": f"Unit {unit.token}"}
    try:
        if unit.unsent:
            sent = list(unit.unsent)
            answer = await client.post("/api/v1/positions", json={"positions": sent}, headers=headers)
            answer.raise_for_status()
            del unit.unsent[: len(sent)]
        if move and unit.task:
            answer = await client.post(
                f"/api/v1/assignments/{unit.task.id}/moves/{move}", json={}, headers=headers
            )
            if answer.status_code != 409:  # somebody else moved it on: the next look tells
                answer.raise_for_status()
    except httpx.HTTPError as error:
        log.debug("unit %s could not report: %s", unit.id, error)


async def run(stopping: asyncio.Event, address: str = "") -> None:
    """Play all units until ``stopping``; whatever happens to the web process or the database."""
    units: dict[str, Unit] = {}
    base = address or f"http://127.0.0.1:{settings.OURS['web_port']}"
    async with httpx.AsyncClient(base_url=base, timeout=5.0) as client:
        while not stopping.is_set():
            try:
                await sync_to_async(look)(units)
                present = await sync_to_async(now)()
                said = [(unit, unit.step(present)) for unit in units.values()]
                due = [(unit, move) for unit, move in said if unit.unsent or move]
                await asyncio.gather(*(tell(client, unit, move) for unit, move in due))
            except Error as reason:
                log.warning("the database does not answer: %s", str(reason).strip().partition("\n")[0])
            pause = max(TICK_S, await sync_to_async(real_seconds)(timedelta(seconds=2)))
            try:
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                continue
