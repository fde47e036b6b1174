"""Waiting for what a test is about: the one place where tests look again. Whatever is waited for comes, or the test fails."""

import asyncio
import inspect
import time

PATIENCE_S = 60  # of a busy machine: nothing that works takes so long
LOOK_S = 0.02  # looking costs too: a query, or all processes of the machine


async def until(holds, patience_s=PATIENCE_S):
    """Look until ``holds()`` (a function, or a coroutine function) says something true, and return that."""
    end = time.monotonic() + patience_s
    while True:
        found = holds()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(LOOK_S)


def eventually(holds, patience_s=PATIENCE_S):
    """As ``until``, where no event loop runs."""
    end = time.monotonic() + patience_s
    while not (found := holds()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(LOOK_S)
    return found
