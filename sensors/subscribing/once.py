"""One look at a device that nobody knows yet: subscribe, wait for its first word, leave nothing behind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensors.adapters.base import Ears, News, Subscribed
from sensors.polling.addresses import device_address_async
from sensors.polling.runner import in_words
from sensors.subscribing.places import common_of

PATIENCE_S = 12.0
GATHER_S = 0.3
"""What comes within this time of the first word belongs to it: a server tells its points one after another."""


@dataclass(frozen=True, slots=True)
class Look:
    """``news``: what came, in order; none with an empty ``error``: the subscription stood and nothing came in time."""

    peer: str
    news: tuple[News, ...]
    error: str
    took_s: float
    proved: str = ""
    """The thumbprint of the certificate that the server holds, where it shows one."""


async def look(adapter: Subscribed, config: Mapping[str, Any], patience_s: float = PATIENCE_S) -> Look:
    """Subscribe for the device of ``config`` (with its ``address``) until it says something, at most ``patience_s``."""
    loop = asyncio.get_running_loop()
    begun, peer, heard = loop.time(), "", loop.create_future()
    news: list[News] = []
    wrong: list[str] = []
    shown: list[str] = []

    def deliver(these: Sequence[News], done: Callable[[], None]) -> None:
        news.extend(one for one in these if one.config.get("address") == config["address"])
        if news and not heard.done():
            heard.set_result(None)
        done()

    def tell(error: str, address: str) -> None:
        if error:
            wrong.append(error)
            if not heard.done():
                heard.set_result(None)

    try:
        host, port = str(config["host"]), int(config["port"])
        literal = await device_address_async(host, port)
        peer = f"{literal}:{port}"
        common = await asyncio.to_thread(common_of, adapter.name, config)
        feed = adapter.feed(common, Ears(deliver, tell, shown.append), once=True)
        feed.follow([config])
        running = asyncio.create_task(feed.run(literal))
        try:
            await asyncio.wait((running, heard), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            if heard.done():
                await asyncio.wait((running,), timeout=GATHER_S)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    except Exception as problem:  # noqa: BLE001  every failure is an answer for who asked
        return Look(peer, (), in_words(problem, peer), loop.time() - begun)
    return Look(peer, tuple(news), "; ".join(wrong), loop.time() - begun, "".join(shown[:1]))
