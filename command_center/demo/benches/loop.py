"""`bench loop`: how soon the hall sees it. A gauge reports a red alarm → it is on the walls; a duty officer acknowledges
it → the other screens show that. 200 screens, the storm at its heaviest; the ceiling is one screen and no field.

The gauges are the bench's own and dial the real gateway; everything else is the demo, under its supervisor.
"""

import asyncio
import contextlib
import http.client
import json
import math
import random
import subprocess
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from command_center.core.benches import Report
from command_center.core.now import Rate
from command_center.demo.faults.bed import HOST, Bed, within
from command_center.launch.place import MARK
from command_center.launch.steps import BASE, PYTHON
from sensors.domain.lifecycle import ACKNOWLEDGED, UNACKNOWLEDGED
from sensors.domain.sl651_frames import write_element, write_group, write_up
from sensors.simulator.dialling import Timing
from sensors.simulator.gauges import RIVER_CLASS, TIMED
from sensors.simulator.lines import Line

SPEED = 60.0
INTO_THE_STORM_MIN = (
    120.0  # the peak is 144 minutes in, the water stands highest after it: then all screens are there
)
DESKS, WALLS = 30, 170
QUIET_ROUNDS, ROUNDS = 25, 60
WARM = 3  # alarms before the first that counts: caches and connections are made
SEEN_S = 15.0  # a screen that shows it later does not show it
PAUSE_S = (0.05, 0.35)  # between two rounds, so that they meet every phase of the hall's own ticks
SHARES = (0.5, 0.95, 0.99)
ON_THE_WALL = "reading acknowledged → alarm on the wall"
SENT = "reading sent → alarm on the wall"
ANSWERED = "click answered → other screens"
PRESSED = "click → other screens"
LAST = "alarm: first screen → last screen"
_TOKEN = "b" * 32

Shown = tuple[str, str]  # a station's code, its alarm's state


def at_share(values: Iterable[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` of them do not exceed (nearest rank); NaN of none."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1] if ordered else math.nan


@lru_cache(maxsize=256)
def shown_by(frame: str) -> tuple[tuple[Shown, str], ...]:
    """Which alarms a frame of changes puts, with their ids. The same frame comes to every screen of a room."""
    if not frame.startswith('{"type":"changes"'):
        return ()
    put = orjson.loads(frame)["layers"].get("alarms", {}).get("put")
    if not put:
        return ()
    return tuple(
        ((code, state), str(pk)) for code, state, pk in zip(put["code"], put["state"], put["id"], strict=True)
    )


class Screens:
    """Screens in one loop: when each was first told of an alarm in a state, by the monotonic clock."""

    def __init__(self, bed: Bed, cookies: Sequence[str]) -> None:
        self.bed, self.cookies = bed, cookies
        self.told: dict[Shown, dict[int, float]] = defaultdict(dict)
        self.ids: dict[str, str] = {}
        self.frames = self.chars = self.lost = 0
        self._changed = asyncio.Event()
        self._gate = asyncio.Semaphore(8)
        self._ready = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Screens":
        self._tasks = [asyncio.create_task(self._one(n, one)) for n, one in enumerate(self.cookies)]
        async with asyncio.timeout(60):
            while self._ready < len(self.cookies):
                await asyncio.sleep(0.1)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, number: int, cookie: str) -> None:
        """Like a browser: snapshot, hello, then everything that comes; one that is thrown out comes back."""
        ready = False
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with contextlib.AsyncExitStack() as stack:
                    async with self._gate:
                        socket = await stack.enter_async_context(
                            connect(
                                f"ws://{HOST}:{self.bed.port}/ws/live/", origin=f"http://{HOST}:{self.bed.port}",
                                additional_headers={"Cookie": cookie}, compression=None, max_size=None,
                                close_timeout=1,
                            )
                        )  # fmt: skip
                        await self._hello(socket, cookie)
                    async for frame in socket:
                        at = time.monotonic()
                        assert isinstance(frame, str)
                        if frame.startswith('{"type":"snapshot"'):
                            await self._hello(socket, cookie)
                            continue
                        self._take(number, frame, at)
                        if not ready:
                            ready, self._ready = True, self._ready + 1
            self.lost += 1
            await asyncio.sleep(0.5)

    async def _hello(self, socket: ClientConnection, cookie: str) -> None:
        status, body = await asyncio.to_thread(self.bed.get, "/live/snapshot", cookie)
        if status != 200:
            raise TimeoutError
        shown = orjson.loads(body)
        position = {key: shown[key] for key in ("epoch", "cursor", "values_cursor", "scope")}
        await socket.send(orjson.dumps({"type": "hello", **position}).decode())

    def _take(self, number: int, frame: str, at: float) -> None:
        self.frames += 1
        self.chars += len(frame)
        for shown, pk in shown_by(frame):
            self.ids[shown[0]] = pk
            if number not in self.told[shown]:
                self.told[shown][number] = at
                self._changed.set()

    async def all_told(self, shown: Shown) -> Mapping[int, float]:
        """When each screen was told; those that were not within ``SEEN_S`` are missing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEEN_S):
                while len(self.told[shown]) < len(self.cookies):
                    self._changed.clear()
                    await self._changed.wait()
        return self.told[shown]


class Gauges:
    """The bench's gauges, on one line to the gateway."""

    def __init__(self, bed: Bed, clock: Rate) -> None:
        self.clock = clock
        self.line = Line((HOST, bed.place.port("gateway_port")), Timing(), random.Random(1))
        self.serial = 0

    async def report(self, address: str, level_m: float, minutes_ago: int) -> tuple[float, float]:
        """One reading; when it was sent and when the gateway acknowledged it (it is committed by then)."""
        present = self.clock.at(datetime.now(UTC))
        observed = present.replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
        self.serial = self.serial % 0xFFFF + 1
        body = write_group(address, RIVER_CLASS, observed, write_element("level", level_m))
        frame = write_up(TIMED, address, self.serial, present, body)
        await self.line.dial(b"")
        sent = time.monotonic()
        if not await self.line.ask(frame, frame, address, TIMED, self.serial):
            raise ConnectionResetError("no acknowledgement")
        return sent, time.monotonic()


class Desk:
    """The duty officer who clicks, on a connection that stays, as a browser's does."""

    def __init__(self, bed: Bed, cookie: str) -> None:
        self.connection = http.client.HTTPConnection(HOST, bed.port, timeout=30)
        self.cookie = f"{cookie}; csrftoken={_TOKEN}"

    def acknowledge(self, alarm: str) -> tuple[float, float]:
        """When it was pressed and when it was answered."""
        headers = {
            "Cookie": self.cookie, "X-CSRFToken": _TOKEN, "Idempotency-Key": str(uuid.uuid4()),
            "Content-Type": "application/json",
        }  # fmt: skip
        pressed = time.monotonic()
        told = json.dumps({"ids": [alarm]})
        try:
            answer = self._post(told, headers)
        except (
            ConnectionError
        ):  # it idled too long: a browser too comes again on a new one, with the same key
            self.connection.close()
            answer = self._post(told, headers)
        body = answer.read()
        answered = time.monotonic()
        assert answer.status == 200, f"{answer.status}: {body[:300]!r}"
        assert json.loads(body)["alarms"][alarm]["outcome"] == "done", body
        return pressed, answered

    def _post(self, told: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        self.connection.request("POST", "/api/v1/alarms/acknowledge", told, headers)
        return self.connection.getresponse()


class Loop:
    """Alarms one after the other, each seen by all ``screens`` and acknowledged by ``desk``.

    ``delays``: ms by what was measured; ``others``: the screens that are not the clicking desk's own.
    """

    def __init__(self, gauges: Gauges, desk: Desk, screens: Screens, others: Sequence[int]) -> None:
        self.gauges, self.desk, self.screens, self.others = gauges, desk, screens, others
        self.delays: dict[str, list[float]] = defaultdict(list)
        self.missing = 0

    async def warm(self, code: str, address: str, level_m: float) -> None:
        """Report until it is shown: a clock that was set anew reaches every process within some seconds."""
        until = time.monotonic() + SEEN_S
        while (code, UNACKNOWLEDGED) not in self.screens.told:
            assert time.monotonic() < until, "no alarm comes through"
            await self.gauges.report(address, level_m, minutes_ago=1)
            await asyncio.sleep(60 / SPEED / 2)
        await asyncio.to_thread(self.desk.acknowledge, self.screens.ids[code])

    async def round(self, code: str, address: str, level_m: float) -> None:
        await self.gauges.report(
            address, level_m, minutes_ago=3
        )  # one spike is no alarm: the second raises it
        sent, acknowledged = await self.gauges.report(address, level_m, minutes_ago=2)
        seen = await self.screens.all_told((code, UNACKNOWLEDGED))
        self.missing += len(self.screens.cookies) - len(seen)
        if not seen:
            return
        self._keep(SENT, sent, seen.values())
        self._keep(ON_THE_WALL, acknowledged, seen.values())
        self.delays[LAST].append((max(seen.values()) - min(seen.values())) * 1000)
        pressed, answered = await asyncio.to_thread(self.desk.acknowledge, self.screens.ids[code])
        seen = await self.screens.all_told((code, ACKNOWLEDGED))
        there = [seen[n] for n in self.others if n in seen]
        self.missing += len(self.others) - len(there)
        self._keep(PRESSED, pressed, there)
        self._keep(ANSWERED, answered, there)

    def _keep(self, what: str, since: float, moments: Iterable[float]) -> None:
        """A screen may be told before the answer is out: that is no delay."""
        self.delays[what] += [max(0.0, at - since) * 1000 for at in moments]


async def _measure(
    bed: Bed, told: Mapping[str, Any], cookies: Sequence[str], others: Sequence[int]
) -> tuple[dict[str, list[float]], Counter[str]]:
    """(delays, what happened meanwhile) with a screen for each of ``cookies``."""
    origin, story, rate = told["clock"]
    clock = Rate(datetime.fromisoformat(origin), datetime.fromisoformat(story), rate)
    gauges, desk, dice = Gauges(bed, clock), Desk(bed, told["cookies"][0]), random.Random(1)
    probes = told["probes"]
    meanwhile: Counter[str] = Counter()
    async with Screens(bed, cookies) as screens:
        loop = Loop(gauges, desk, screens, others)
        for probe in probes[:WARM]:
            await loop.warm(*probe)
        began, frames, chars = time.monotonic(), screens.frames, screens.chars
        screens.told.clear()
        for probe in probes[WARM:]:
            await loop.round(*probe)
            await asyncio.sleep(dice.uniform(*PAUSE_S))
        meanwhile["seconds"] = round(time.monotonic() - began)
        meanwhile["frames"], meanwhile["chars"] = screens.frames - frames, screens.chars - chars
        meanwhile["lost"], meanwhile["missing"] = screens.lost, loop.missing
        meanwhile["alarms"] = len({code for code, _ in screens.told} - {code for code, _, _ in probes})
    desk.connection.close()
    gauges.line.hang_up()
    return loop.delays, meanwhile


def _hall(bed: Bed, count: int, desks: int, walls: int, minutes: float | None) -> dict[str, Any]:
    done = subprocess.run(
        [PYTHON, "-m", "command_center.demo.benches.loop_hall", *map(str, (count, desks, walls)),
         "" if minutes is None else str(minutes)],
        cwd=BASE, env=bed.env, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@contextlib.contextmanager
def _field(bed: Bed) -> Iterator[None]:
    """The simulated field, until the block ends; it plays when the gateway has acknowledged its first readings."""
    with (bed.log / "simulate.log").open("ab") as out:
        process = subprocess.Popen(
            [PYTHON, "manage.py", "simulate"], cwd=BASE, env={**bed.env, MARK: bed.place.mark},
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        within(60, "the field plays", lambda: bed.ledger.exists() and bed.ledger.stat().st_size)
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _storm(bed: Bed) -> Iterator[dict[str, Any]]:
    """The field plays, and then the bench's gauges are made, so that it does not play them too."""
    _hall(bed, 0, 0, 0, None)
    with _field(bed):
        yield _hall(bed, WARM + ROUNDS, DESKS, WALLS, None)


def bench_loop(report: Report) -> None:
    bed = Bed(speed=SPEED, small=False)
    bed.listed = [one for one in bed.listed if one.name != "simulate"]  # the bench starts it when it is time
    try:
        bed.start()
        told = _hall(bed, WARM + QUIET_ROUNDS, 1, 1, INTO_THE_STORM_MIN)
        quiet, idle = asyncio.run(_measure(bed, told, told["cookies"][1:], [0]))
        with _storm(bed) as told:
            screens = len(told["cookies"])
            loaded, meanwhile = asyncio.run(_measure(bed, told, told["cookies"], range(1, screens)))
    finally:
        bed.stop()
    note = (
        f"{screens} screens ({DESKS} desks, {WALLS} walls), the storm at ×{SPEED:g}, {ROUNDS} alarms; "
        f"ceiling: one screen and no field in the same run, {QUIET_ROUNDS} alarms"
    )
    for what in (SENT, ON_THE_WALL, PRESSED, ANSWERED):
        for share in SHARES:
            report.figure(
                f"{what} p{share * 100:g}", at_share(loaded[what], share), "ms",
                ceiling=at_share(quiet[what], share), n=len(loaded[what]), note=note,
            )  # fmt: skip
    report.figure(
        f"{LAST} p95", at_share(loaded[LAST], 0.95), "ms", n=len(loaded[LAST]), note=f"{screens} screens"
    )
    seconds = meanwhile["seconds"]
    report.figure("frames to the screens meanwhile", meanwhile["frames"] / seconds, "1/s", n=screens)
    report.figure(
        "characters to the screens meanwhile", meanwhile["chars"] / seconds / 1000, "kB/s", n=screens
    )
    report.figure(
        "stations of the storm whose alarms changed meanwhile", meanwhile["alarms"], "", note=f"{seconds} s"
    )
    report.figure("never shown", meanwhile["missing"] + idle["missing"], "", note=f"within {SEEN_S:g} s")
    report.figure("connections lost", meanwhile["lost"] + idle["lost"], "")


bench_loop.long = True  # two minutes: only where it is named
