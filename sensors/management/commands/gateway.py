"""The gateway process: equipment dials in here."""

import asyncio
import logging
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from command_center.core import now as hall
from command_center.core import parameters
from command_center.core.heartbeat import beat
from sensors.adapters import ADAPTERS
from sensors.adapters.base import DialIn
from sensors.gateway import Gateway
from sensors.gateway.ear import Ear
from sensors.gateway.evidence import Uploads
from sensors.gateway.keep import is_outage, keep, reset
from sensors.services import downlinks, evidence, secrets

log = logging.getLogger(__name__)


class Present:
    """The hall's clock, parameters in force and stations' passwords, read in the writer's thread, used in the event loop."""

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}
        self.with_passwords = [name for name, adapter in ADAPTERS.items() if hasattr(adapter, "password")]
        self.rate = hall.REAL
        self.skew = timedelta(minutes=parameters.PARAMETERS["gateway.clock_skew"].default)

    def read(self) -> None:
        self.rate = hall.rate()
        self.skew = timedelta(minutes=parameters.value("gateway.clock_skew"))
        self.passwords = secrets.passwords(self.with_passwords)

    def password(self, protocol: str, address: str) -> str:
        return self.passwords.get((protocol, address), "")

    def clock(self) -> datetime:
        return self.rate.at(datetime.now(UTC))

    def allowed_skew(self) -> timedelta:
        return self.skew


class Command(BaseCommand):
    help = "Listen for equipment that dials in, answer it, tell it, store what it says. SIGTERM stops it."
    requires_system_checks = ()  # those of pages and templates are the web process's

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.OURS["gateway_host"])
        parser.add_argument(
            "--metrics-port", type=int, default=0, help="serve Prometheus counters on loopback"
        )

    def handle(self, *args: Any, host: str, metrics_port: int, **options: Any) -> None:
        if metrics_port:
            from prometheus_client import start_http_server

            start_http_server(metrics_port, addr="127.0.0.1")
        asyncio.run(serve(host, settings.OURS["gateway_ports"]))


async def serve(host: str, ports: dict[str, int]) -> None:
    present = Present()

    def on_beat(note: dict[str, int]) -> None:
        close_old_connections()
        present.read()
        beat("gateway", **note)

    gateway = Gateway(
        {name: adapter for name, adapter in ADAPTERS.items() if isinstance(adapter, DialIn)},
        keep,
        clock=present.clock,
        allowed_skew=present.allowed_skew,
        is_outage=is_outage,
        reset=reset,
        on_beat=on_beat,
        desk=downlinks,
        password=present.password,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    ear = Ear(downlinks.BELL, lambda: loop.call_soon_threadsafe(gateway.outbox.wake))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        await gateway.writer.call(present.read)  # the hall's time before the first frame
    except Exception as problem:  # noqa: BLE001  without a database we listen and wait
        log.warning("the hall's clock cannot be read yet: %s", problem)
        await gateway.writer.call(reset)
    await gateway.start(host, ports)
    uploads = Uploads(evidence, gateway.writer.call, clock=present.clock)
    if settings.OURS["evidence_port"]:
        await uploads.start(host, settings.OURS["evidence_port"])
    ear.start()
    ends = [asyncio.create_task(stopping.wait()), asyncio.create_task(gateway.failed())]
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    ear.stop.set()
    await uploads.stop()
    await gateway.stop()
    for task in done:
        task.result()  # a defect ends the process with its trace; the supervisor starts a new one
