"""The simulated field: the storm, the district's water and every piece of equipment on its own socket.

One asyncio loop, nothing asked of the database. ``clock`` tells the hall's time (``command_center.core.now.Rate``).
"""

import asyncio
import logging
import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sensors.simulator import water
from sensors.simulator.cameras import FPS, Camera, MjpegServer
from sensors.simulator.dialling import Timing
from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import WELL_CAMERA, WELL_GAUGE, WELL_PUMPS, WELL_SITE, Plan, plan
from sensors.simulator.gauges import Gauge, RainGauge, StageGauge
from sensors.simulator.hls import HlsServer
from sensors.simulator.ledger import Ledger
from sensors.simulator.lines import Line
from sensors.simulator.media_gateways import MediaGateway
from sensors.simulator.onvif import OnvifServer
from sensors.simulator.ponding import PondingServer
from sensors.simulator.publishing import Publishing
from sensors.simulator.pumps import Controller
from sensors.simulator.rtsp import RtspServer
from sensors.simulator.storm import HISTORY, LOCAL, Storm
from sensors.simulator.webserver import WebServer

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
REMEMBERED = timedelta(hours=26)
"""How far back the rivers' levels are known, for gauges that report what they could not report in time."""
FAR_BEHIND = timedelta(days=4)
"""Beyond this the water is not followed minute by minute from the story's beginning."""
CHUNK_MINUTES = 120
COUNTER_GOES_ROUND = 3
"""The gauge (by number, from 0) whose counter passes 99 999.9 mm during the storm."""


class Clock(Protocol):
    def at(self, real: datetime) -> datetime: ...

    def real(self, story: datetime) -> datetime: ...


class Field:
    """``stations``: Equipment values (``equipment.from_stations`` makes them of Station rows). ``faults``: a mode or a
    :class:`Plan`. The same stations, storm, clock and seed give the same weather, water and plan of faults.
    """

    def __init__(
        self,
        stations: Sequence[Equipment],
        storm: Storm,
        clock: Clock,
        *,
        gateway: tuple[str, int] = ("127.0.0.1", 6510),
        faults: str | Plan = "some",
        seed: int = 1,
        ledger: Path | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.stations, self.storm, self.clock, self.seed = list(stations), storm, clock, seed
        self.gateway, self.timing = gateway, timing or Timing()
        self.plan = (
            plan(faults, self.stations, storm.story_start(), seed=seed) if isinstance(faults, str) else faults
        )
        self.ledger = Ledger(ledger)
        self.district = water.build(self.stations, seed=seed)
        self.rain_gauges = self.kind("rain_gauge")
        self.state_at = self._beginning()
        self._river_levels: dict[str, dict[datetime, float]] = {code: {} for code in self.district.rivers}
        self.gauges = self._make_gauges()
        self.controllers = {one.code: self._make_controller(one) for one in self.kind("pump_station")}
        self.ponding_servers = self._make_ponding_servers()
        self.publishing = self._make_publishing()
        self.cameras = {one.code: self._make_camera(one) for one in self.kind("camera")}
        self.camera_servers = self._make_camera_servers()
        self._tasks: list[asyncio.Task] = []

    def kind(self, kind: str) -> list[Equipment]:
        return [one for one in self.stations if one.kind == kind]

    def now(self) -> datetime:
        return self.clock.at(datetime.now(UTC))

    def real_s(self, span: timedelta) -> float:
        """Real seconds that ``span`` of the hall's time takes."""
        here = self.state_at
        return (self.clock.real(here + span) - self.clock.real(here)).total_seconds()

    # --- making it ---------------------------------------------------------------------------

    def _beginning(self) -> datetime:
        """Where the water starts from: always the same moment of the story, so that a restarted field finds the same
        water again."""
        now, story = self.now(), self.storm.history_start()
        begin = story if timedelta(0) <= now - story < FAR_BEHIND else now - HISTORY - timedelta(hours=2)
        return begin.astimezone(UTC).replace(second=0, microsecond=0)

    def _make_gauges(self) -> list[Gauge]:
        lines: dict[str, Line] = {}
        made: list[Gauge] = []
        for one in [*self.rain_gauges, *self.kind("stage_gauge")]:
            if one.protocol != "sl651":
                continue
            dice = random.Random(f"{self.seed} {one.code} line")
            name = str(one.config.get("link") or one.code)
            line = lines.setdefault(name, Line(self.gateway, self.timing, dice))
            parts = (
                one,
                line,
                self.ledger,
                self.plan.gauges.get(one.code, WELL_GAUGE),
                self.now,
                self.real_s,
                dice,
            )
            if one.kind == "stage_gauge":
                made.append(
                    StageGauge(
                        *parts, level_m=self._river_level(one.code), followed_until=lambda: self.state_at
                    )
                )
                continue
            number = len(made)
            base = 999_700 if number == COUNTER_GOES_ROUND else dice.randrange(2_000, 60_000)
            made.append(RainGauge(*parts, storm=self.storm, number=number, base_tenths=base))
        return made

    def _river_level(self, code: str):
        return lambda at: self._river_levels[code].get(at.replace(second=0, microsecond=0))

    def _make_controller(self, one: Equipment):
        if one.protocol != "opcua":
            return Controller(one, self.district.houses[one.code], self.ledger, self.now)
        from sensors.simulator.opcua import OpcController  # its library takes a second to load

        return OpcController(one, self.district.houses[one.code], self.now)

    def _make_ponding_servers(self) -> list[PondingServer]:
        groups: dict[tuple[str, int], dict] = defaultdict(dict)
        for one in self.kind("ponding_site"):
            if one.protocol == "mqtt":
                continue
            path = one.config["path"].partition("?")[0]
            site = (one, self.district.ponds[one.code], self.plan.sites.get(one.code, WELL_SITE))
            groups[one.config["host"], int(one.config["port"])][path] = site
        dice = random.Random(f"{self.seed} ponding")
        return [
            PondingServer(host, port, sites, self.ledger, lambda: self.state_at, dice)
            for (host, port), sites in groups.items()
        ]

    def _make_publishing(self) -> Publishing:
        sites = [
            (one, self.district.ponds[one.code], self.plan.sites.get(one.code, WELL_SITE))
            for one in self.kind("ponding_site")
            if one.protocol == "mqtt"
        ]
        dice = random.Random(f"{self.seed} publishing")
        return Publishing(sites, self.ledger, lambda: self.state_at, self.real_s, dice)

    def _make_camera(self, one: Equipment) -> Camera:
        watched = [code for code in one.facts.get("watches", ()) if code in self.district.ponds]
        falls = (
            water.shares(one.lon, one.lat, [(g.lon, g.lat) for g in self.rain_gauges])
            if self.rain_gauges
            else ()
        )

        def look() -> tuple[float, float]:
            depth_cm = max((self.district.ponds[code].depth_cm for code in watched), default=0.0)
            return depth_cm, sum(self.storm.rate_mm_h(n, self.now()) * weight for n, weight in falls)

        return Camera(one, self.plan.cameras.get(one.code, WELL_CAMERA), self.now, look)

    def _make_camera_servers(self) -> list[RtspServer | WebServer]:
        groups: dict[tuple[str, str, int], dict[str, Camera]] = defaultdict(dict)
        for camera in self.cameras.values():
            if not camera.faults.offline:
                config = camera.equipment.config
                groups[camera.equipment.protocol, config["host"], int(config["port"])][camera.path] = camera
        # Cameras of both kinds may stand behind one gateway.
        gateways = {(host, port) for protocol, host, port in groups if protocol in ("gb28181", "zlm")}
        servers: list[RtspServer | WebServer] = [
            MediaGateway(
                host, port, groups.pop(("gb28181", host, port), {}), groups.pop(("zlm", host, port), {})
            )
            for host, port in sorted(gateways)
        ]
        for (protocol, host, port), cameras in groups.items():
            if protocol == "rtsp":
                pictures = {path: camera.pictures for path, camera in cameras.items()}
                servers.append(RtspServer(host, port, pictures, fps=FPS))
            elif protocol == "onvif":
                servers += [OnvifServer(host, port, camera) for camera in cameras.values()]
            else:
                servers.append((HlsServer if protocol == "hls" else MjpegServer)(host, port, cameras))
        return servers

    # --- running it --------------------------------------------------------------------------

    async def start(self) -> None:
        """Bring the water up to the hall's present, then listen and dial. Raises ``OSError`` for a port in use."""
        await self._follow_water()
        try:
            for server in (*self.ponding_servers, self.publishing, *self.camera_servers):
                await server.start()
            await self._follow_controllers()
        except BaseException:
            await self.stop()
            raise
        self._tasks = [asyncio.create_task(self._keep(self._tick, "the water"))]
        if self.publishing.sites:
            self._tasks.append(asyncio.create_task(self._keep(self.publishing.run, "the publishing gauges")))
        self._tasks += [
            asyncio.create_task(self._keep(gauge.run, gauge.equipment.code)) for gauge in self.gauges
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for gauge in self.gauges:
            gauge.line.hang_up()
        for server in (
            *self.controllers.values(),
            *self.camera_servers,
            *self.ponding_servers,
            self.publishing,
        ):
            await server.stop()
        self.ledger.flush()

    async def _keep(self, run, name: str) -> None:
        """Nothing that happens to one piece of equipment ends the others."""
        while True:
            try:
                await run()
            except Exception:
                log.exception("%s failed and is started again", name)
                await asyncio.sleep(1)

    async def _tick(self) -> None:
        while True:
            await self._follow_water()
            await self._follow_controllers()
            self.ledger.flush()
            await asyncio.sleep(min(max(self.real_s(self.state_at + MINUTE - self.now()), 0.05), 1.0))

    async def _follow_water(self) -> None:
        """Play every minute that has passed since the last call, with a pause for the others now and then."""
        played = 0
        while self.state_at + MINUTE <= self.now():
            self._play_minute()
            played += 1
            if played % CHUNK_MINUTES == 0:
                await asyncio.sleep(0)

    def _play_minute(self) -> None:
        at = self.state_at
        rates = [self.storm.rate_mm_h(n, at) for n in range(max(1, len(self.rain_gauges)))]
        local = at.astimezone(LOCAL)
        self.district.step(rates, local.hour * 60 + local.minute, self.plan.orders(at))
        self.state_at = at + MINUTE
        for code, river in self.district.rivers.items():
            levels = self._river_levels[code]
            levels[self.state_at] = river.level_m
            if len(levels) > REMEMBERED / MINUTE:
                del levels[next(iter(levels))]

    async def _follow_controllers(self) -> None:
        at = self.now()
        for code, controller in self.controllers.items():
            await controller.follow(self.plan.pumps.get(code, WELL_PUMPS).is_dead(at))


@contextmanager
def running(field: Field) -> Iterator[Field]:
    """The field in a thread of its own for as long as the block runs: for tests that are not asynchronous."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="field", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(field.start(), loop).result(60)
        yield field
    finally:
        asyncio.run_coroutine_threadsafe(field.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
