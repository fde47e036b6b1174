"""Feeds kept alive: what they bring is stored and then acknowledged, how they stand is written beside their stations."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sensors.adapters import ADAPTERS
from sensors.adapters.base import Ears, News, Subscribed
from sensors.domain.readings import DecodeError
from sensors.gateway.counts import Counts
from sensors.gateway.server import never, nothing
from sensors.gateway.settings import Limits
from sensors.gateway.writer import Sink, Writer
from sensors.polling.addresses import device_address_async
from sensors.polling.runner import in_words
from sensors.services.ingest import Frame
from sensors.subscribing.places import Place, State

log = logging.getLogger(__name__)
LOOK_S = 2.0
"""Stations are read again this often: a new one is subscribed to without a restart."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


class Subscriber:
    """Follows the places that ``read`` gives and hands what comes to ``sink``, as the gateway does.

    ``clock`` is called in the event loop; ``read``, ``write`` (states), ``sink``, ``on_beat`` and ``reset`` in one other thread.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, Place]],
        sink: Sink,
        write: Callable[[Sequence[State]], None],
        *,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        is_outage: Callable[[Exception], bool] = never,
        reset: Callable[[], None] = nothing,
        on_beat: Callable[[dict[str, Any]], None] = lambda note: None,
        look_s: float = LOOK_S,
    ) -> None:
        self.read, self.write, self.clock, self.on_beat, self.look_s = read, write, clock, on_beat, look_s
        self.limits = limits or Limits()
        self.counts = Counts()
        self.writer = Writer(sink, self.limits, is_outage, reset)
        self.links: dict[str, Link] = {}
        self.states: list[State] = []
        self.stopping = False
        self.serial = count()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled; what was taken is then stored and acknowledged before the connections end."""
        storing = asyncio.create_task(self.writer.run())
        try:
            while True:
                await self._look()
                await asyncio.sleep(self.look_s)
        finally:
            self.stopping = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.stop_s):
                    await self.writer.queue.join()
            await asyncio.gather(*(link.stop() for link in self.links.values()))
            for task in (storing, *self._tasks):
                task.cancel()
            await asyncio.gather(storing, *self._tasks, return_exceptions=True)
            self.writer.thread.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> None:
        states, self.states = self.states, []
        try:
            places = dict(await self.writer.call(self.read))  # type: ignore[call-overload]
            await self._adjust(places)
            await self.writer.call(self.write, states)
            note = {"places": len(self.links), "queued": self.writer.queue.qsize()}
            note |= {outcome: self.counts.frames[outcome] for outcome in ("accepted", "refused", "repeated")}
            await self.writer.call(self.on_beat, note)
        except Exception as problem:  # noqa: BLE001  whatever it is, the subscriptions go on
            log.warning("the stations cannot be read: %s", problem)
            self.states = states + self.states
            await self.writer.call(self.writer.reset)

    async def _adjust(self, places: Mapping[str, Place]) -> None:
        for key in [key for key in self.links if key not in places]:
            link = self.links.pop(key)
            link.feed.follow([])  # a broker that keeps the session must not keep messages for it
            await link.stop()
        for key, place in places.items():
            link = self.links.get(key)
            if link is None:
                link = self.links[key] = Link(self, place)
            link.follow(place)

    # --- what comes --------------------------------------------------------------------------
    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def take(self, protocol: str, peer: str, news: Sequence[News], done: Callable[[], None]) -> None:
        """Store all of one message, then call ``done``. What cannot be stored at all is kept as refused, without its words."""
        waiting = len(news)

        def stored(well: bool, frame: Frame | None) -> None:
            nonlocal waiting
            if not well and self.stopping:
                return
            if not well and frame is not None and not frame.error:
                refused = Frame(frame.protocol, frame.peer, frame.received_at, frame.raw, frame.address, None,
                                "this cannot be stored")  # fmt: skip
                self.begin(self._put(refused, b"", stored))
                return
            waiting -= 1
            if not waiting:
                done()

        for one in news:
            await self._put(self._frame(protocol, peer, one), one.key, stored)

    async def _put(self, frame: Frame, key: bytes, stored: Callable[[bool, Frame | None], None]) -> None:
        fresh = await self.writer.put(
            frame, key or b"%d" % next(self.serial), lambda well: stored(well, frame)
        )
        outcome = "refused" if frame.message is None else "accepted" if fresh else "repeated"
        self.counts.frame(frame.protocol, outcome)

    def _frame(self, protocol: str, peer: str, one: News) -> Frame:
        at, message, error = self.clock(), None, one.error
        if not error:
            try:
                message = ADAPTERS[protocol].decode(one.raw, one.config, at)
            except DecodeError as reason:
                error = str(reason)
            except Exception:  # a defect of ours must not leave the message unacknowledged for ever
                log.exception("a message of %s cannot be read", peer)
                error = "internal error"
        address = message.address if message else str(one.config.get("address", ""))
        return Frame(protocol, peer, at, one.raw, address, message, error[:300])


class Link:
    """One place and the task that keeps its feed alive."""

    def __init__(self, subscriber: Subscriber, place: Place) -> None:
        self.subscriber, self.place = subscriber, place
        self.peer = f"{place.common.get('host', '')}:{place.common.get('port', '')}"
        adapter = ADAPTERS[place.protocol]
        assert isinstance(adapter, Subscribed)
        self.feed = adapter.feed(place.common, Ears(self.deliver, self.tell, self.prove))
        self.followed: list[dict[str, Any]] = []
        self.error: str | None = None  # None: nothing is known yet
        self.errors: dict[str, str] = {}  # of single devices, by address
        self.failures = 0
        self.task: asyncio.Task[None] | None = None

    def follow(self, place: Place) -> None:
        self.place = place
        if self.task is None or place.devices != self.followed:
            self.followed, self.errors = place.devices, {}
            if self.error is not None:
                self._say(list(place.stations))
            self.feed.follow(place.devices)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    def deliver(self, news: Sequence[News], done: Callable[[], None]) -> None:
        if not self.subscriber.stopping:
            self.subscriber.begin(self.subscriber.take(self.place.protocol, self.peer, news, done))

    def tell(self, error: str, address: str) -> None:
        """From the feed: it stands, or something of it does not."""
        if address:
            self.errors[address] = error
            self._say([address])
            return
        self.error, self.failures = error, self.failures + 1 if error else 0
        self._say(list(self.place.stations))

    def prove(self, thumbprint: str) -> None:
        """From the feed: the certificate that the server holds. The first one is remembered."""
        if not self.place.common.get("server_certificate"):
            self.subscriber.states += [
                State(station, self.peer, self.error or "", self.failures, thumbprint)
                for station in self.place.stations.values()
            ]

    def _say(self, addresses: Sequence[str]) -> None:
        for address in addresses:
            station = self.place.stations.get(address)
            error = self.error or self.errors.get(address, "")
            if station is not None:
                failures = max(self.failures, 1) if error else 0
                self.subscriber.states.append(State(station, self.peer, error, failures))

    async def _keep(self) -> None:
        host, port = str(self.place.common.get("host")), int(self.place.common.get("port") or 0)
        wait_s, stood = FIRST_WAIT_S, False
        while True:
            try:
                literal = await device_address_async(host, port)
                await self.feed.run(literal)
            except Exception as wrong:  # noqa: BLE001  one place's trouble is not the others'
                stood = self.error == ""
                self.tell(in_words(wrong, self.peer) or "no connection", "")
                log.warning("%s %s: %s", self.place.protocol, self.peer, self.error)
            wait_s = FIRST_WAIT_S if stood else min(2 * wait_s, LONGEST_WAIT_S)
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))
