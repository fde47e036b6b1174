"""Ponding sites: an HTTP server whose answers have the shape of the UK Environment Agency's flood-monitoring API
(``/id/stations/{reference}/measures`` with ``latestReading``)."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import WELL_SITE, SiteFaults
from sensors.simulator.ledger import Ledger
from sensors.simulator.water import Pond
from sensors.simulator.webserver import WebServer

SLOW_S = 20.0
METERS = {"cm": (1.0, "Centimeter"), "m": (0.01, "Meter")}
"""Unit name → (value of one centimetre, the unit's name in the QUDT vocabulary)."""


def answer(
    equipment: Equipment, depth_cm: float, observed_at: datetime, *, with_reading: bool = True
) -> dict[str, Any]:
    """The body for one site, at the resolution of its sensor (1 mm)."""
    unit = str(equipment.config.get("unit", "cm"))
    scale, vocabulary = METERS[unit]
    root = "http://127.0.0.1/flood-monitoring"
    notation = f"{equipment.address}-level-depth-i-{int(equipment.interval.total_seconds() // 60)}_min-{unit}"
    at = observed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    measure: dict[str, Any] = {
        "@id": f"{root}/id/measures/{notation}",
        "label": f"{equipment.name or equipment.code} - level-depth",
        "notation": notation,
        "parameter": "level",
        "parameterName": "Water Level",
        "period": int(equipment.interval.total_seconds()),
        "qualifier": "Depth",
        "station": f"{root}/id/stations/{equipment.address}",
        "stationReference": equipment.address,
        "unit": f"http://qudt.org/1.1/vocab/unit#{vocabulary}",
        "unitName": unit,
        "valueType": "instantaneous",
    }
    if with_reading:
        measure["latestReading"] = {
            "@id": f"{root}/data/readings/{notation}/{at.replace(':', '-')}",
            "date": at[:10],
            "dateTime": at,
            "measure": measure["@id"],
            "value": round(round(depth_cm, 1) * scale, 4),
        }
    meta = {"publisher": "simulated field", "version": "0.9", "limit": 1}
    return {"@context": f"{root}/meta/context.jsonld", "meta": meta, "items": [measure]}


class PondingServer(WebServer):
    """All sites that share one host and port."""

    def __init__(
        self,
        host: str,
        port: int,
        sites: Mapping[str, tuple[Equipment, Pond, SiteFaults]],
        ledger: Ledger,
        state_at: Callable[[], datetime],
        dice: random.Random,
    ) -> None:
        """``sites`` by path; ``state_at`` is the moment for which the ponds' depths hold."""
        super().__init__(host, port)
        self.sites, self.ledger, self.state_at, self.dice = sites, ledger, state_at, dice
        self.answers = 0

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._get)

    async def _get(self, request: web.Request) -> web.Response:
        site = self.sites.get(request.path)
        if site is None:
            raise web.HTTPNotFound
        equipment, pond, faults = site
        chance = self.dice.random() if faults is not WELL_SITE else 1.0
        if chance < faults.slow:
            await asyncio.sleep(SLOW_S)
        elif chance < faults.slow + faults.errors:
            raise web.HTTPServiceUnavailable
        mute = 1.0 - chance < faults.no_reading
        at = self.state_at()
        body = answer(equipment, pond.depth_cm, at, with_reading=not mute)
        self.answers += 1
        if not mute:
            value = body["items"][0]["latestReading"]["value"]
            self.ledger.write("http", address=equipment.address, at=at, observed_at=at, value=value)
        return web.json_response(body)
