"""The wire between hall and browser. The bell rings, the table speaks: everything sent is read through the
viewer's own scope, and losing any message is harmless.

1. ``GET /live/snapshot`` (session or wall cookie; gzip; 401 where neither is valid)::

    {"epoch": uuid, "cursor": 4711, "values_cursor": "90210", "scope": "3f9a…",
     "clock": {"now": 1719900000000, "rate": 60.0},                        # hall time, ms since 1970
     "layers": {"rain": {"id": [...], "code": [...], "lon": [...], ...},   # columns of equal length
                "alarms": {"id": [...], "station": [...], "level": [...], ...}, ...},
     "values": {station_id: {channel: [value, observed_at_ms, quality],
                             "rain": {"at": ms, "1h": [mm, complete], "3h": [...], ...}}}}

2. websocket ``/ws/live/`` (same cookies; a foreign or missing Origin is refused). Text frames, JSON.
   The client speaks once, within 10 s, with what the snapshot (or the last frame seen) told it::

    {"type": "hello", "epoch": uuid, "cursor": 4711, "values_cursor": "90210", "scope": "3f9a…"}

   or ``{"type": "hello"}`` when it holds nothing yet. The server sends::

    {"type": "snapshot", "reason": "first" | "epoch" | "scope" | "behind"}
        Fetch the snapshot, replace everything, send a new hello on this same socket.
        Nothing else but beats follows until then.
    {"type": "changes", "cursor": 4713, "more": false,
     "layers": {"ponding": {"put": {columns as in the snapshot}, "drop": [id, ...]}, ...}}
        Put: add or replace whole features by id. Drop: remove if present (gone, or no longer visible; of what a
        screen can never have had, such as another department's order, it hears nothing at all).
        Keep ``cursor``. With ``more`` the next page follows at once: show "catching up" until it is false.
        The first frame after a good hello is always a ``changes`` (possibly without layers).
    {"type": "values", "values_cursor": "90214", "values": {as in the snapshot, only what changed}}
        At most twice a second. Merge by station and channel. An older ``observed_at_ms`` never replaces
        a newer one. Keep ``values_cursor``.
    {"type": "beat", "cursor": 4713 | null, "epoch": uuid, "clock": {"now": ms, "rate": 60.0}}
        Every 5 s, through the same queue as everything else. Everything up to ``cursor`` has been sent, whether or
        not any of it was for this viewer: keep it, and be live; it is null while catching up. None for 10 s (by the
        client's monotonic clock): the page says "stale since". A beat of another epoch: fetch the snapshot.

   Close codes: 4001 not signed in, signed out or revoked (do not come back with the same cookie: sign in,
   or pair again) · 4009 too slow · 4000 a message that is not the protocol's. After 4009, and after any
   other close (1001, 1006, 1012 …), reconnect with jitter and hello with the positions held: nothing is missed.

Layer columns of stations (``rain``, ``river``, ``ponding``, ``pumps``, ``cameras``): id, code, name, name_en,
kind, lon, lat, area, interval_s, facts, silent_since, level (worst active alarm, 1 red … 4 blue, or null),
unacked (an open alarm nobody acknowledged); cameras also picture ("online", "frozen", "black", "offline") and
picture_since; pumps also points, a list of {"channel", "quantity", "facts": {"pump": n, "kind", …}}.
Columns of ``alarms``: id, station, code, node, name, name_en, kind, channel, rule, level, worst_level, condition,
state, value, peak, facts, raised_at, level_since, cleared_at, acknowledged_at, acknowledged_by, rang, suppression,
suppressions, asked (a shelf that waits for its second person: {"by", "until"}, or null), lon, lat, area. It holds
what is open: active, or cleared but not acknowledged. All times are ms since 1970.

Walls (``views_live.py``): ``GET /wall/pairing`` → {"state": "waiting", "code": "7KQ2MF", "expires_s": 540} or
{"state": "paired", "layout": "…"} (the token is then in an HttpOnly cookie; reload; without ``layout`` for a screen
that was paired before). Ask every 2 s.
Desk: ``GET /walls/`` → {"pending": [{"code", "asked_at", "address"}], "walls": [{"id", "name", "layout",
"approved_at", "approved_by", "last_seen_at", "last_address", "revoked_at"}]};
``POST /walls/approve`` {"code", "name", "layout"} (wall.approve) and ``POST /walls/<id>/revoke`` (wall.revoke),
JSON or form, CSRF as everywhere.
"""

import asyncio

import orjson
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from . import viewers
from .hub import NONSENSE, SIGNED_OUT, Client, hub, read

HELLO_S = 10.0
_CLOSE_S = 12.0  # a peer that does not finish the closing handshake is cut off


class LiveConsumer(AsyncConsumer):
    """One socket. Everything that lasts is the hub's."""

    channel_layer_alias = None  # the hub has the process's one subscription; a consumer needs none

    client: Client | None = None
    _timer: asyncio.TimerHandle | None = None

    async def websocket_connect(self, message):
        identity = viewers.claimed(self.scope.get("cookies", {}))
        scope = (await read(viewers.scopes, [identity]))[identity]
        await self.base_send({"type": "websocket.accept"})
        if scope is None:  # accepted first: a refused handshake shows the browser no code
            await self.base_send({"type": "websocket.close", "code": SIGNED_OUT})
            return
        self.client = Client(identity, scope, self._send, self._close)
        self._timer = asyncio.get_running_loop().call_later(HELLO_S, self.client.end, NONSENSE)
        await hub().enter(self.client)

    async def websocket_receive(self, message):
        if self.client is None or self.client.closed:
            return
        self._timer.cancel()
        try:
            hello = orjson.loads(message.get("text") or message.get("bytes") or b"")
            if hello["type"] != "hello":
                raise ValueError
            cursor, values_cursor = (hello.get(key) for key in ("cursor", "values_cursor"))
            cursor = None if cursor is None else int(cursor)
            values_cursor = None if values_cursor is None else int(values_cursor)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.client.end(NONSENSE)
            return
        hub().hello(self.client, cursor, values_cursor, hello.get("epoch"), hello.get("scope"))

    async def websocket_disconnect(self, message):
        if self._timer:
            self._timer.cancel()
        if self.client:
            hub().leave(self.client)
        raise StopConsumer

    async def _send(self, frame: str) -> None:
        await self.base_send({"type": "websocket.send", "text": frame})

    def _close(self, code: int, stuck: bool) -> None:
        """Say goodbye, and cut off who does not answer: a peer that reads nothing would stay for ever."""
        hub().leave(self.client)
        loop = asyncio.get_running_loop()
        if stuck:
            self._abort()
            return
        self._goodbye = loop.create_task(self.base_send({"type": "websocket.close", "code": code}))
        self._goodbye.add_done_callback(lambda task: task.cancelled() or task.exception())
        loop.call_later(_CLOSE_S, self._abort)

    def _abort(self) -> None:
        # ASGI has no word for this; uvicorn's send is a method of the protocol that holds the transport.
        transport = getattr(getattr(self.base_send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
