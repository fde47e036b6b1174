"""Lookouts of the demo: now and then smoke rises, and those that see it say in which direction, over HTTP with their own tokens.

The same fires for the same hall's time. One in three has no second lookout in sight: a direction alone.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, close_old_connections

from command_center.core.now import now, real_seconds
from sensors.domain.fire_spots import bearing
from sensors.models import SpotSource
from sensors.services.fire_spots import token_of

log = logging.getLogger(__name__)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EVERY, BURNS, TOLD = timedelta(hours=5), timedelta(minutes=18), timedelta(minutes=6)
WEST, SOUTH, EAST, NORTH = 118.50, 37.40, 118.68, 37.50
TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Lookout:
    code: str
    token: str
    lon: float
    lat: float
    error_deg: float


def fires(at: datetime) -> list[tuple[int, float, float, datetime]]:
    """(number, lon, lat, since) of what burns at ``at``: at most one, the same whoever asks."""
    number, into = divmod(at - EPOCH, EVERY)
    dice = Random(f"smoke {number}")
    begins = dice.uniform(0, 0.8) * EVERY
    place = dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH)
    return [(number, *place, at - into + begins)] if begins <= into < begins + BURNS else []


def said(lookouts: Sequence[Lookout], at: datetime) -> list[tuple[Lookout, dict[str, object]]]:
    """What each lookout has to say at ``at``: once as soon as it sees smoke, and again every few minutes."""
    found: list[tuple[Lookout, dict[str, object]]] = []
    for number, lon, lat, since in fires(at):
        seers = list(lookouts)[: 1 if number % 3 == 0 else 2]
        for lookout in seers:
            count = (at - since) // TOLD
            dice = Random(f"{lookout.code} {number} {count}")
            turn = bearing(lookout.lon, lookout.lat, lon, lat) + dice.uniform(-1, 1) * lookout.error_deg
            report = {
                "reference": f"{number}-{count}",
                "observed_at": (since + count * TOLD).isoformat(),
                "bearing_deg": round(turn % 360, 2),
                "confidence": round(dice.uniform(0.6, 0.95), 2),
            }
            found.append((lookout, report))
    return found


def look() -> list[Lookout]:
    close_old_connections()
    rows = SpotSource.objects.filter(active=True, position__isnull=False).order_by("code")
    return [
        Lookout(row.code, token_of(row), row.position.x, row.position.y, row.bearing_error_deg)
        for row in rows
    ]


async def run(stopping: asyncio.Event, address: str = "") -> None:
    """Play until ``stopping``; what does not get through is said again at the next look."""
    base = address or f"http://127.0.0.1:{settings.OURS['web_port']}"
    taken: set[tuple[str, str]] = set()
    async with httpx.AsyncClient(base_url=base, timeout=5.0) as client:
        while not stopping.is_set():
            try:
                lookouts = await sync_to_async(look)()
                for lookout, report in said(lookouts, await sync_to_async(now)()):
                    key = (lookout.code, str(report["reference"]))
                    if key not in taken and await tell(client, lookout, report):
                        taken.add(key)
            except Error as reason:
                log.warning("the database does not answer: %s", str(reason).strip().partition("\n")[0])
            pause = max(TICK_S, await sync_to_async(real_seconds)(timedelta(seconds=20)))
            try:
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                continue


async def tell(client: httpx.AsyncClient, lookout: Lookout, report: dict[str, object]) -> bool:
    headers = {"Authorization": f"Source {lookout.token}"}
    try:
        answer = await client.post("/api/v1/fire-spots/reports", json={"reports": [report]}, headers=headers)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        log.debug("lookout %s could not report: %s", lookout.code, error)
        return False
    return True
