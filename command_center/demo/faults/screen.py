"""A screen without a browser: the protocol of ``onemap/consumer.py``, in a thread of its own, through every fault."""

import asyncio
import contextlib
import threading
import time
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from .bed import HOST, Bed, within

_AGAIN_S = 0.5  # between two attempts; browsers add jitter, one client needs none
_SILENT_S = 12.0  # a socket that gives no beat is dead whatever the kernel says


def rows(columns: dict[str, list]) -> dict[Any, tuple]:
    """Columns as features by id."""
    return {row[0]: row for row in zip(columns["id"], *columns.values(), strict=True)}


class Screen:
    """``layers``: name → id → feature; ``values``: station → channel → [value, observed_at_ms, quality]."""

    def __init__(self, bed: Bed, cookie: str) -> None:
        self.bed, self.cookie = bed, cookie
        self.layers: dict[str, dict[Any, tuple]] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.position: dict[str, Any] = {}
        self.touched: dict[tuple[str, Any], int] = {}  # (layer, id) → the position that last changed it
        self.live = False  # the hall has answered the present socket's hello
        self.reloads = self.connections = self.went_back = 0
        self._guard = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._live(),), daemon=True
        )
        self._stopped = False

    def start(self) -> "Screen":
        self._thread.start()
        within(20, "the screen is connected", lambda: self.live)
        return self

    def stop(self) -> None:
        self._stopped = True
        self._thread.join(20)

    async def _live(self) -> None:
        while not self._stopped:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError, orjson.JSONDecodeError):
                async with connect(
                    f"ws://{HOST}:{self.bed.port}/ws/live/", origin=f"http://{HOST}:{self.bed.port}",
                    additional_headers={"Cookie": self.cookie}, compression=None, max_size=None, open_timeout=5,
                    close_timeout=1,
                ) as socket:  # fmt: skip
                    self.connections += 1
                    if not self.position:
                        await self._fetch()
                    await self._hello(socket)
                    while not self._stopped:
                        message = orjson.loads(await asyncio.wait_for(socket.recv(), _SILENT_S))
                        if message["type"] == "snapshot":
                            await self._fetch()
                            await self._hello(socket)
                        else:
                            self._take(message)
                            self.live = True
            self.live = False
            await asyncio.sleep(_AGAIN_S)

    async def _hello(self, socket: Any) -> None:
        await socket.send(orjson.dumps({"type": "hello", **self.position}).decode())

    async def _fetch(self) -> None:
        status, body = await asyncio.to_thread(self.bed.get, "/live/snapshot", self.cookie)
        if status != 200:
            raise TimeoutError
        shown = orjson.loads(body)
        with self._guard:
            self.reloads += 1
            self.layers = {name: rows(columns) for name, columns in shown["layers"].items()}
            self.values = shown["values"]
            self.position = {key: shown[key] for key in ("epoch", "cursor", "values_cursor", "scope")}

    def _take(self, message: dict[str, Any]) -> None:
        with self._guard:
            if message["type"] == "changes":
                self.went_back += message["cursor"] < self.position["cursor"]
                self.position["cursor"] = message["cursor"]
                for name, change in message["layers"].items():
                    self.layers[name].update(rows(change["put"]))
                    for touched in (*change["put"]["id"], *change["drop"]):
                        self.touched[name, touched] = message["cursor"]
                    for gone in change["drop"]:
                        self.layers[name].pop(gone, None)
            elif message["type"] == "beat" and message["cursor"] is not None:
                self.position["cursor"] = max(self.position["cursor"], message["cursor"])
            elif message["type"] == "values":
                self.position["values_cursor"] = message["values_cursor"]
                for station, channels in message["values"].items():
                    self.values.setdefault(station, {}).update(channels)

    # --- is what it shows true? ----------------------------------------------------------------------

    def differs(self, patience_s: float) -> str:
        """What a snapshot fetched now knows and the screen does not show within ``patience_s``, in words; "" when it
        shows it all.

        One snapshot, however long that takes: its rows may be newer than its position, which the relay has still to
        number, and what the screen is told after that position may be newer than both. While the storm changes rows
        every second, a fresh snapshot each time could be missed for ever.
        """
        until = time.monotonic() + patience_s
        shown: dict[str, Any] | None = None
        while True:
            shown = shown or self._snapshot()
            found = self._difference(shown) if shown else "no snapshot"
            if not found or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def _snapshot(self) -> dict[str, Any] | None:
        status, body = self.bed.get("/live/snapshot", self.cookie)
        return orjson.loads(body) if status == 200 else None

    def _difference(self, shown: dict[str, Any]) -> str:
        if not self.live:
            return "it has no connection"
        with self._guard:
            if not self.position or self.position["epoch"] != shown["epoch"]:
                return "another epoch"
            if self.position["cursor"] < shown["cursor"]:
                return f"cursor {self.position['cursor']} of {shown['cursor']}"
            for name, columns in shown["layers"].items():
                wanted, have = rows(columns), self.layers.get(name, {})
                odd = [
                    key
                    for key in {*wanted, *have}
                    if wanted.get(key) != have.get(key)
                    and self.touched.get((name, key), 0) <= shown["cursor"]
                ]
                if odd:
                    one = odd[0]
                    return f"{len(odd)} of {len(wanted)} in {name}: {have.get(one)} is {wanted.get(one)}"
            for station, channels in shown["values"].items():
                for channel, value in channels.items():
                    if not self._is_as_new(self.values.get(station, {}).get(channel), value):
                        return f"values of {station}"
        return ""

    @staticmethod
    def _is_as_new(have: Any, wanted: Any) -> bool:
        if have is None or have == wanted:
            return have is not None
        if isinstance(wanted, dict):  # rain sums
            return have["at"] >= wanted["at"]
        return have[1] > wanted[1]
