"""The process that subscribes at brokers and servers."""

import asyncio
import contextlib
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from command_center.core.heartbeat import beat
from sensors.gateway.keep import is_outage, keep, reset
from sensors.management.commands.gateway import Present
from sensors.subscribing import places
from sensors.subscribing.server import Subscriber


class Command(BaseCommand):
    help = "Subscribe at MQTT brokers and OPC UA servers and store what they publish. SIGTERM stops it."
    requires_system_checks = ()  # those of pages and templates are the web process's

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(serve())


async def serve() -> None:
    present, watch = Present(), places.Watch()

    def read() -> dict[str, places.Place]:
        close_old_connections()
        present.read()
        return watch.read(present.rate)

    subscriber = Subscriber(
        read,
        keep,
        places.write,
        clock=present.clock,
        is_outage=is_outage,
        reset=reset,
        on_beat=lambda note: beat("subscribe", **note),
    )
    running = asyncio.create_task(subscriber.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
