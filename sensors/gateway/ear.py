"""Hears the database call: a thread with a connection of its own, because waiting for NOTIFY blocks."""

import logging
import select
import threading
from collections.abc import Callable

from django.db import Error, connection

log = logging.getLogger(__name__)
LOOKS_UP_S = 0.5
AGAIN_S = 1.0


class Ear(threading.Thread):
    """Calls ``heard`` (in this thread) for every NOTIFY on ``channel``; many at once are one. A call that is lost while the
    database is away is found by whoever looks at the table now and then."""

    def __init__(self, channel: str, heard: Callable[[], object]):
        super().__init__(name=f"ear {channel}", daemon=True)
        self.channel, self.heard, self.stop = channel, heard, threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._listen()
            except Error as problem:
                log.warning("the gateway does not hear the database: %s", str(problem).strip())
                connection.close()
                self.stop.wait(AGAIN_S)
        connection.close()

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {self.channel}")
        raw = connection.connection
        while not self.stop.is_set():
            with connection.wrap_database_errors:
                raw.poll()
                if raw.notifies:
                    raw.notifies.clear()
                    self.heard()
                select.select([raw], [], [], LOOKS_UP_S)
