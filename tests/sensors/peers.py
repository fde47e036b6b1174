"""Real devices for the tests: Modbus TCP and HTTP servers on loopback addresses of the simulated field."""

import asyncio
import contextlib
import io
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable

from aiohttp import web
from PIL import Image
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


class Loop:
    """An event loop in a thread of its own, so that synchronous tests can have servers beside them."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._closing: list[Callable] = []

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=20)

    def close(self) -> None:
        for closing in reversed(self._closing):
            self.run(closing())
        self.run(self._end_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()

    async def _end_tasks(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def modbus(self, host: str, blocks: Iterable[tuple[int, list[int]]], port: int = 0) -> "Modbus":
        """A controller with holding registers ``blocks`` (first address, values); others do not exist."""
        peer = Modbus(host, port, blocks)
        self.run(peer.start())
        self._closing.append(peer.stop)
        return peer

    def tcp(self, host: str, handle: Handle, port: int = 0) -> int:
        """A peer of its own kind; returns its port."""

        async def start():
            server = await asyncio.start_server(handle, host, port)

            async def stop():
                server.close()

            self._closing.append(stop)
            return server.sockets[0].getsockname()[1]

        return self.run(start())

    def http(self, host: str, answer: Callable[[web.Request], object]) -> int:
        """A web server; ``answer`` (a coroutine function) gets every request."""

        async def start():
            application = web.Application()
            application.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(application, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, host, 0)
            await site.start()
            self._closing.append(runner.cleanup)
            return site._server.sockets[0].getsockname()[1]

        return self.run(start())

    def call(self, make: Callable):
        """Enter the async context manager that ``make`` gives; it is left when the loop closes."""
        stack = contextlib.AsyncExitStack()

        async def enter():
            return await stack.enter_async_context(make())

        found = self.run(enter())
        self._closing.append(stack.aclose)
        return found


class Modbus:
    """pymodbus's own server, with a count of the connections it took."""

    def __init__(self, host: str, port: int, blocks: Iterable[tuple[int, list[int]]]) -> None:
        self.host, self.port, self.blocks = host, port, list(blocks)
        self.connections = 0
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        data = [
            SimData(address, values=values, datatype=DataType.REGISTERS) for address, values in self.blocks
        ]

        def count(connected: bool) -> None:
            self.connections += connected

        self._server = ModbusTcpServer(
            SimDevice(1, simdata=data), address=(self.host, self.port), trace_connect=count
        )
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None


def measure(station: str, value, unit: str = "cm", at: str = "2026-07-01T04:00:00Z") -> dict:
    """One measure of the flood-monitoring API."""
    return {
        "notation": f"{station}-level-ponding-i-5_min-{unit}",
        "parameter": "level",
        "qualifier": "Ponding",
        "period": 300,
        "stationReference": station,
        "unitName": unit,
        "latestReading": {"dateTime": at, "value": value},
    }


def mjpeg(make: Callable[[int], Image.Image], pace_s: float = 0.02) -> Callable:
    """An answer that streams pictures as network cameras do."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            async for picture in pictures(make, pace_s):
                octets = io.BytesIO()
                picture.save(octets, "JPEG", quality=80)
                jpeg = octets.getvalue()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                await response.write(head.encode() + jpeg + b"\r\n")
        return response

    return answer


def ea_answer(*measures: dict) -> web.Response:
    return web.Response(
        body=json.dumps({"meta": {}, "items": list(measures)}), content_type="application/json"
    )


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the connection and never says a word."""
    with contextlib.suppress(OSError):
        while await reader.read(1000):
            pass
    writer.close()


async def pictures(make: Callable[[int], Image.Image], pace_s: float) -> AsyncIterator[Image.Image]:
    """``make(0)``, ``make(1)`` …, one each ``pace_s``."""
    number = 0
    while True:
        yield make(number)
        number += 1
        await asyncio.sleep(pace_s)
