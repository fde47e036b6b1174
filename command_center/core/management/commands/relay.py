"""Numbers committed events and rings the bell, until told to stop."""

import signal

from django.core.management.base import BaseCommand

from command_center.core.relay import Relay


class Command(BaseCommand):
    help = "Number committed events, ring the bell, hand deliveries to the workers."

    def handle(self, **options):
        relay = Relay()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: relay.stop.set())
        relay.run()
