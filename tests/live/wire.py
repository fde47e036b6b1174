"""The real server on a real socket, and a client that does what the browser does."""

import asyncio
import contextlib
import gzip
import http.client
import socket

import orjson
import uvicorn
from websockets.asyncio.client import connect

from command_center.onemap import hub as hubs
from tests.live.kit import rows
from tests.waiting import until


@contextlib.asynccontextmanager
async def serving():
    """The project's own ASGI application under uvicorn as ``run`` starts it; yields its port."""
    from command_center.asgi import application

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, ws="websockets-sansio", ws_max_size=65536, ws_per_message_deflate=False,
        lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # the test's signals stay the test's
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        for job in hubs.hub()._tasks:
            job.cancel()


async def snapshot(port, cookie):
    def get():
        answer = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        answer.request("GET", "/live/snapshot", headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        response = answer.getresponse()
        body = response.read()
        answer.close()
        return response.status, gzip.decompress(body) if response.headers[
            "Content-Encoding"
        ] == "gzip" else body

    return await asyncio.to_thread(get)


class Browser:
    """Snapshot, hello, apply; counts what it is told so that a test can see what was told twice."""

    def __init__(self, port, cookie):
        self.port = port
        self.cookie = cookie
        self.socket = None
        self.layers = {}
        self.values = {}
        self.position = None
        self.beats = 0
        self.caught_up = False
        self.told = []
        self.open = self._connect

    def _connect(self):
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/live/",
            origin=f"http://127.0.0.1:{self.port}",
            additional_headers={"Cookie": self.cookie},
            compression=None,
            max_size=None,
        )

    async def fetch(self):
        status, body = await snapshot(self.port, self.cookie)
        assert status == 200, body
        shown = orjson.loads(body)
        self.layers = {name: rows(columns) for name, columns in shown["layers"].items()}
        self.values = shown["values"]
        self.position = {key: shown[key] for key in ("epoch", "cursor", "values_cursor", "scope")}

    async def hello(self):
        self.caught_up = False
        await self.socket.send(orjson.dumps({"type": "hello", **(self.position or {})}).decode())

    async def start(self):
        await self.fetch()
        self.socket = await self.open()
        await self.hello()
        return self

    def take(self, text):
        message = orjson.loads(text)
        self.told.append(message)
        if message["type"] == "changes":
            assert message["cursor"] >= self.position["cursor"], "positions never go back"
            self.position["cursor"] = message["cursor"]
            self.caught_up = not message["more"]
            for name, change in message["layers"].items():
                self.layers[name].update(rows(change["put"]))
                for gone in change["drop"]:
                    self.layers[name].pop(gone, None)
        elif message["type"] == "values":
            self.position["values_cursor"] = message["values_cursor"]
            for station, channels in message["values"].items():
                self.values.setdefault(station, {}).update(channels)
        elif message["type"] == "beat":
            self.beats += 1
            if (
                message["cursor"] is not None
            ):  # events that touch nothing shown here bring no message of their own
                self.position["cursor"] = max(self.position["cursor"], message["cursor"])
        return message

    async def until(self, condition, seconds=60):
        """Read on until something holds."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self.take(await self.socket.recv())
        return self

    async def next(self, kind, seconds=20):
        async with asyncio.timeout(seconds):
            while (message := self.take(await self.socket.recv()))["type"] != kind:
                pass
        return message
