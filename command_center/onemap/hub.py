"""One hub a web process: one bell, one reading and one encoding per distinct scope, the same bytes to all.

Clients of one scope share a room. A room's ``cursor`` is how far it has read; a client is *live* when it
stands at or past it, and then gets the room's frames; until then it reads its own pages (those who stand at
the same place share them). Between "where does the room stand" and "join" nothing is awaited, so nothing
falls in between. Each client has a bounded queue and a writer of its own: a slow one is let go (4009) and
comes back to what it missed; it never holds the others.
"""

import asyncio
import logging
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import orjson
from channels.db import DatabaseSyncToAsync

from command_center.core import bus
from command_center.core.layers import FEEDS
from command_center.core.scope import Scope

from . import snapshot, viewers
from .viewers import Identity

log = logging.getLogger(__name__)

READERS = 4  # database connections a process holds for its screens
LOOK_S = 2.0  # own look at the head: heals lost bells, and carries on alone when Redis is gone
VALUES_S = 0.5
BEAT_S = 5.0
CHECK_S = 3.0  # rights are read again this often: a revoked viewer is out within five seconds
SEND_S = 5.0  # a socket that takes nothing for this long is let go
QUEUE_FRAMES = 256
QUEUE_CHARS = 4_000_000
BEHIND = 20_000  # a client further back than this is better off with a snapshot

SIGNED_OUT, TOO_SLOW, NONSENSE = 4001, 4009, 4000

_pool = ThreadPoolExecutor(READERS, thread_name_prefix="screens")


async def read(function: Callable, *arguments):
    """Run a reading in the screens' own threads (by default all sockets of a process would share one)."""
    return await DatabaseSyncToAsync(function, thread_sensitive=False, executor=_pool)(*arguments)


class Client:
    """One socket, as the hub sees it. ``send`` and ``close`` are the consumer's."""

    def __init__(
        self,
        identity: Identity,
        scope: Scope,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int, bool], None],
    ) -> None:
        self.identity = identity
        self.scope = scope
        self.cursor: int | None = None
        self.live = False  # gets the room's changes
        self.steady = False  # gets the room's values, and beats that carry positions
        self.joining: asyncio.Task | None = None
        self.sending_since: float | None = None
        self.closed = False
        self._send = send
        self._close = close
        self._queue: deque[str] = deque()
        self._chars = 0
        self._news = asyncio.Event()
        self.writer = asyncio.create_task(self._write())

    def offer(self, frame: str) -> None:
        """Queue a frame. A full queue ends the client: what it missed it gets when it is back."""
        if self.closed:
            return
        if len(self._queue) >= QUEUE_FRAMES or self._chars + len(frame) > QUEUE_CHARS:
            self.end(TOO_SLOW)
            return
        self._queue.append(frame)
        self._chars += len(frame)
        self._news.set()

    def end(self, code: int, stuck: bool = False) -> None:
        if not self.closed:
            self.leave()
            self._close(code, stuck)

    def leave(self) -> None:
        self.closed, self.live, self.steady = True, False, False
        self._queue.clear()
        self.writer.cancel()
        if self.joining:
            self.joining.cancel()

    async def _write(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._queue:
                    frame = self._queue.popleft()
                    self._chars -= len(frame)
                    self.sending_since = clock()
                    await self._send(frame)
                    self.sending_since = None
        except asyncio.CancelledError:
            raise
        except Exception:  # the server's way of saying that the peer is gone differs from server to server
            log.debug("a screen is gone", exc_info=True)
            self.sending_since = None


class Room:
    """All clients of one scope."""

    def __init__(self, scope: Scope, cursor: int) -> None:
        self.scope = scope
        self.cursor = cursor
        self.clients: set[Client] = set()
        self._reading: dict[int, asyncio.Task[tuple[int, bool, str, bool]]] = {}

    async def page(self, cursor: int) -> tuple[int, bool, str, bool]:
        """(position after, more, frame, whether it touches anything); askers of one position share it."""
        task = self._reading.get(cursor)
        if task is None:
            task = self._reading[cursor] = asyncio.create_task(read(self._page, cursor))
            task.add_done_callback(lambda _: self._reading.pop(cursor, None))
        return await asyncio.shield(task)

    def _page(self, cursor: int) -> tuple[int, bool, str, bool]:
        page = snapshot.changes_since(cursor, self.scope)
        return page.cursor, page.more, page.frame, bool(page.layers)


class Hub:
    def __init__(self) -> None:
        self.rooms: dict[Scope, Room] = {}
        self.head = 0
        self.epoch = ""
        self.values_position: int | None = None  # None only before the first client
        self._sent: dict[tuple[str, str], object] = {}
        self._wake = asyncio.Event()
        self._started: asyncio.Task | None = None
        self._tasks: list[asyncio.Task] = []

    @property
    def clients(self) -> list[Client]:
        return [client for room in self.rooms.values() for client in room.clients]

    # --- coming and going ------------------------------------------------------------------------

    async def enter(self, client: Client) -> None:
        if self._started is None:
            self._started = asyncio.create_task(self._start())
        try:
            await asyncio.shield(self._started)
        except Exception:
            self._started = None  # the database was away: the next client tries again
            raise
        self._room(client.scope).clients.add(client)

    def leave(self, client: Client) -> None:
        client.leave()
        room = self.rooms.get(client.scope)
        if room:
            room.clients.discard(client)
            if not room.clients:
                del self.rooms[client.scope]

    def _room(self, scope: Scope) -> Room:
        if scope not in self.rooms:
            self.rooms[scope] = Room(scope, self.head)
        return self.rooms[scope]

    def hello(self, client: Client, cursor, values_cursor, epoch, scope) -> None:
        """Start a client from the positions it holds, or tell it to fetch the snapshot."""
        client.live = client.steady = False
        if client.joining:
            client.joining.cancel()
        client.joining = asyncio.create_task(self._join(client, cursor, values_cursor, epoch, scope))

    async def _join(self, client, cursor, values_cursor, epoch, scope) -> None:
        try:
            reason = await self._why_not(client, cursor, epoch, scope)
            if reason:
                client.offer(orjson.dumps({"type": "snapshot", "reason": reason}).decode())
                return
            await self._catch_up(client, cursor)
            await self._catch_up_values(client, values_cursor)
            client.offer(self._beat(await read(snapshot.hall_clock), client.cursor))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.warning("a screen could not be brought up to date", exc_info=True)
            client.end(1011)  # it comes back with the positions it holds

    async def _why_not(self, client, cursor, epoch, scope) -> str:
        if cursor is None or epoch is None:
            return "first"
        if epoch != self.epoch:
            self.epoch = await read(snapshot.epoch)  # perhaps the client knows of a restore before we do
        if epoch != self.epoch:
            return "epoch"
        if scope != snapshot.digest(client.scope):
            return "scope"
        self.head = max(self.head, await read(snapshot.head))
        return "behind" if cursor > self.head or self.head - cursor > BEHIND else ""

    async def _catch_up(self, client: Client, cursor: int) -> None:
        client.cursor = cursor
        while True:
            room = self.rooms[client.scope]
            client.cursor, more, frame, _ = await room.page(client.cursor)
            client.offer(frame)
            if not more and client.cursor >= room.cursor:
                client.live = True
                return

    async def _catch_up_values(self, client: Client, position: int | None) -> None:
        while True:
            position, found = await read(snapshot.values_since, position, client.scope)
            if found:
                client.offer(_values_frame(position, found))
            if position >= self.values_position:
                client.steady = True
                return

    # --- what runs as long as the process --------------------------------------------------------

    async def _start(self) -> None:
        self.epoch, self.head = await read(snapshot.epoch), await read(snapshot.head)
        await self._values()
        name = await read(bus.channel)
        for job in (
            partial(self._listen, name),
            partial(self._every, LOOK_S, self._look),
            self._pump,
            partial(self._every, VALUES_S, self._values),
            partial(self._every, BEAT_S, self._beats),
            partial(self._every, CHECK_S, self._check),
            partial(self._every, 1.0, self._let_go),
        ):
            self._tasks.append(asyncio.create_task(job()))

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        """Do ``job`` about every so often while somebody is there; a failure is told and tried again."""
        while True:
            await asyncio.sleep(seconds)
            if not self.rooms:
                continue
            try:
                await job()
            except Exception as error:  # noqa: BLE001  (whatever it was, the next round tries again)
                log.warning("%s failed, again in %s s: %r", job.__name__, seconds, error)

    async def _listen(self, name: str) -> None:
        async for head in bus.heads(name):
            self._rung(head)

    def _rung(self, head: int) -> None:
        if head > self.head:
            self.head = head
        self._wake.set()

    async def _look(self) -> None:
        found, self.epoch = await read(snapshot.head), await read(snapshot.epoch)
        # Compare with the rooms and not with the last head: a page that failed is read again here.
        if found > self.head or any(room.cursor < found for room in self.rooms.values()):
            self._rung(found)

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            behind = [room for room in self.rooms.values() if room.cursor < self.head]
            for failed in await asyncio.gather(*map(self._advance, behind), return_exceptions=True):
                if failed:
                    log.warning("changes could not be read; the next look tries again: %r", failed)

    async def _advance(self, room: Room) -> None:
        while room.cursor < self.head:
            if not any(client.live for client in room.clients):
                room.cursor = self.head
                return
            cursor, _, frame, touches = await room.page(room.cursor)
            if cursor <= room.cursor:
                return  # rung before it can be read here; the next look finds it
            room.cursor = cursor
            for client in list(room.clients):
                if client.live and cursor > client.cursor:
                    client.cursor = cursor
                    if touches:
                        client.offer(frame)

    async def _values(self) -> None:
        # One reading for all scopes. The earliest position counts: what is committed while the feeds are read one
        # after the other is told again, never missed.
        readings = [(feed, *await read(feed.read, self.values_position)) for feed in FEEDS.values()]
        earliest = min((position for _, position, _ in readings), default=self.values_position)
        for feed, _, moving in readings:
            news = [one for one in moving if self._remember(one)]
            if news:
                for room in list(self.rooms.values()):
                    if found := snapshot.visible(news, feed.action, room.scope):
                        frame = _values_frame(earliest, found)
                        for client in list(room.clients):
                            if client.steady:
                                client.offer(frame)
        self.values_position = earliest

    def _remember(self, moving) -> bool:
        """Whether it is news: a long transaction elsewhere makes the reading tell the same again."""
        news = {
            channel: value
            for channel, value in moving.values.items()
            if self._sent.get((moving.id, channel)) != value
        }
        self._sent.update({(moving.id, channel): value for channel, value in news.items()})
        return bool(news)

    async def _beats(self) -> None:
        clock = await read(snapshot.hall_clock)
        unsettled = self._beat(clock, None)
        for room in list(self.rooms.values()):
            steady = self._beat(clock, room.cursor)
            for client in list(room.clients):
                client.offer(steady if client.steady else unsettled)

    def _beat(self, clock: dict[str, float], cursor: int | None) -> str:
        """A sign of life. A position only for those who hold everything up to it."""
        return orjson.dumps({"type": "beat", "epoch": self.epoch, "clock": clock, "cursor": cursor}).decode()

    async def _check(self) -> None:
        held = await read(viewers.scopes, {client.identity for client in self.clients})
        for client in self.clients:
            scope = held.get(client.identity, client.scope)
            if scope is None:
                client.end(SIGNED_OUT)
            elif scope != client.scope:
                self._move(client, scope)

    def _move(self, client: Client, scope: Scope) -> None:
        """Other rights: nothing more of the old room, and everything anew."""
        if client.joining:
            client.joining.cancel()
        client.live = client.steady = False
        self.rooms[client.scope].clients.discard(client)
        if not self.rooms[client.scope].clients:
            del self.rooms[client.scope]
        client.scope = scope
        self._room(scope).clients.add(client)
        client.offer('{"type":"snapshot","reason":"scope"}')

    async def _let_go(self) -> None:
        present = asyncio.get_running_loop().time()
        for client in self.clients:
            if client.sending_since is not None and present - client.sending_since > SEND_S:
                client.end(TOO_SLOW, stuck=True)


def _values_frame(position: int, found: dict[str, dict]) -> str:
    return orjson.dumps({"type": "values", "values_cursor": str(position), "values": found}).decode()


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process (of this event loop)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
