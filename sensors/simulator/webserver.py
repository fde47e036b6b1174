"""A web server of the simulated field: what stands behind HTTP cameras, ponding points and other authorities' services."""

from abc import ABC, abstractmethod

from aiohttp import web

SHUTDOWN_S = 0.2


class WebServer(ABC):
    """An aiohttp application on one host and port; with port 0 the system chooses one, found in ``port`` afterwards."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self, app: web.Application) -> None:
        """Say what answers which path."""

    async def start(self) -> None:
        app = web.Application()
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
