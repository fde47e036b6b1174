"""The demo's provider of short messages and telephone calls: it takes each id once and calls nobody."""

import asyncio
import logging

from aiohttp import web
from django.conf import settings

from command_center.core.masking import masked_phone

log = logging.getLogger(__name__)

HOST = "127.10.251.1"
KEPT = 1000


class Provider:
    """What was taken, by id; the newest ``KEPT``."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, str]] = {}

    async def take(self, request: web.Request) -> web.Response:
        told = await request.json()
        key = request.headers.get("Idempotency-Key", "")
        if not key or not isinstance(told, dict) or told.get("id") != key or not told.get("to"):
            raise web.HTTPBadRequest
        if key not in self.taken:
            self.taken[key] = told
            log.info("%s to %s: %s", told.get("channel"), masked_phone(told["to"]), told.get("text"))
        while len(self.taken) > KEPT:
            del self.taken[next(iter(self.taken))]
        return web.json_response({"id": key[:8]})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/messages", self.take)
        return app


async def run(stopping: asyncio.Event) -> None:
    """Serve until ``stopping``."""
    runner = web.AppRunner(Provider().app(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, int(settings.OURS["sim_port_base"]) + 1).start()
        await stopping.wait()
    finally:
        await runner.cleanup()
