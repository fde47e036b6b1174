"""The simulated field as a process: reads the stations and the hall's clock, then speaks to the gateway and the pollers
only through sockets. Survives whatever happens to them and to the database."""

import asyncio
import gc
import logging
import signal

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections
from django.utils.module_loading import import_string

from command_center.core import now
from sensors.models import Station
from sensors.simulator.equipment import Equipment, from_stations
from sensors.simulator.faults import MODES
from sensors.simulator.field import Field
from sensors.simulator.storm import load

log = logging.getLogger(__name__)

CLOCK_READ_S = 5.0
RETRY_S = 2.0


class Command(BaseCommand):
    help = "Plays a storm over the district's stations: real sockets, real protocols."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--storm", default=settings.OURS["storm"], help="recorded storm (CSV); default: designed"
        )
        parser.add_argument("--faults", default=settings.OURS["faults"], choices=MODES)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, storm: str, faults: str, seed: int, **options) -> None:
        logging.getLogger("pymodbus").setLevel(logging.WARNING)
        try:
            asyncio.run(self.run(storm, faults, seed))
        except (OSError, ValueError) as reason:
            raise CommandError(str(reason)) from None

    async def run(self, storm_path: str, faults: str, seed: int) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        beside = [asyncio.create_task(import_string(path)(stopping)) for path in settings.OURS["simulators"]]
        try:
            await self.play(stopping, storm_path, faults, seed)
        finally:
            stopping.set()
            for ended in await asyncio.gather(*beside, return_exceptions=True):
                if isinstance(ended, Exception):
                    log.error("a simulator beside the field ended: %s", ended, exc_info=ended)

    async def play(self, stopping: asyncio.Event, storm_path: str, faults: str, seed: int) -> None:
        equipment, rate = await self.until_known(stopping, stations)
        while not stopping.is_set():
            places = [(one.lon, one.lat) for one in equipment if one.kind == "rain_gauge"]
            storm = load(storm_path, places, seed=seed)
            gateway = settings.OURS["gateway_host"], settings.OURS["gateway_ports"]["sl651"]
            path = settings.VAR / "simulator" / "ledger.jsonl"
            field = Field(equipment, storm, rate, gateway=gateway, faults=faults, seed=seed, ledger=path)
            await field.start()
            gc.freeze()
            log.info("storm %s over %d stations, hall time x%g", storm.name, len(equipment), rate.rate)
            try:
                equipment, rate = await self.until_changed(stopping, rate)
            finally:
                await field.stop()

    async def until_known(self, stopping: asyncio.Event, ask) -> tuple[list[Equipment], now.Rate]:
        """The stations and the clock, as soon as the database has them."""
        while not stopping.is_set():
            try:
                found = await sync_to_async(ask)()
                if found[0]:
                    return found
                log.warning("no station in the database yet")
            except Error as reason:
                log.warning("the database does not answer: %s", str(reason).strip().partition("\n")[0])
            await pause(stopping, RETRY_S)
        return [], now.REAL

    async def until_changed(
        self, stopping: asyncio.Event, rate: now.Rate
    ) -> tuple[list[Equipment], now.Rate]:
        """Wait until the hall's clock is set anew; a database that is away changes nothing."""
        while not stopping.is_set():
            await pause(stopping, CLOCK_READ_S)
            # A video encoder that nobody watches any more is a reference cycle around some 10 MB that the collector
            # cannot see: left to itself it would come by too late. What was frozen at the start costs nothing here.
            gc.collect()
            try:
                if await sync_to_async(clock)() != rate:
                    log.info("the hall's clock was set: the field begins anew")
                    return await self.until_known(stopping, stations)
            except Error:
                continue
        return [], rate


def stations() -> tuple[list[Equipment], now.Rate]:
    close_old_connections()
    rows = Station.objects.filter(in_service=True).prefetch_related("sensors")
    return from_stations(rows), clock()


def clock() -> now.Rate:
    close_old_connections()
    now.forget()
    return now.rate()


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
