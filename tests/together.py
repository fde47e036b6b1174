"""Several people at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from tests.waiting import PATIENCE_S


def at_once(*acts, refused=()):
    """Let all ``acts`` begin together, each in a thread with connections of its own.

    What each returned, in their order; where one of the exceptions ``refused`` stopped it, that. Any other is raised here.
    """
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait(PATIENCE_S)
            return act()
        except refused as why:
            return why
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
