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
        Put: add or replace whole features by id. Drop: remove if present (gone, or no longer visible).
        Keep ``cursor``. With ``more`` the next page follows at once: show "catching up" until it is false.
        The first frame after a good hello is always a ``changes`` (possibly without layers).
    {"type": "values", "values_cursor": "90214", "values": {as in the snapshot, only what changed}}
        At most twice a second. Merge by station and channel. An older ``observed_at_ms`` never replaces
        a newer one. Keep ``values_cursor``.
    {"type": "beat", "cursor": 4713, "epoch": uuid, "clock": {"now": ms, "rate": 60.0}}
        Every 5 s, through the same queue as everything else. None for 10 s (by the client's monotonic
        clock): the page says "stale since". A beat of another epoch: fetch the snapshot.

   Close codes: 4001 not signed in, signed out or revoked (do not come back with the same cookie: sign in,
   or pair again) · 4009 too slow · 4000 a message that is not the protocol's. After 4009, and after any
   other close (1001, 1006, 1012 …), reconnect with jitter and hello with the positions held: nothing is missed.

Layer columns of stations (``rain``, ``river``, ``ponding``, ``pumps``, ``cameras``): id, code, name, name_en,
kind, lon, lat, area, interval_s, facts, silent_since, level (worst active alarm, 1 red … 4 blue, or null),
unacked (an open alarm nobody acknowledged); cameras also picture ("online", "frozen", "black", "offline") and
picture_since; pumps also points, a list of {"channel", "quantity", "facts": {"pump": n, "kind", …}}.
Columns of ``alarms``: id, station, code, name, name_en, kind, channel, rule, level, worst_level, condition, state, value, peak, facts, raised_at, level_since, cleared_at, acknowledged_at, acknowledged_by, rang,
lon, lat, area. It holds what is open: active, or cleared but not acknowledged. All times are ms since 1970.

Walls (``views_live.py``): ``GET /wall/pairing`` → {"state": "waiting", "code": "7KQ2MF", "expires_s": 540} or
{"state": "paired", "layout": "…"} (the token is then in an HttpOnly cookie; reload). Ask every 2 s.
Desk: ``GET /walls/`` → {"pending": [{"code", "asked_at", "address"}], "walls": [{"id", "name", "layout",
"approved_at", "approved_by", "last_seen_at", "last_address", "revoked_at"}]};
``POST /walls/approve`` {"code", "name", "layout"} (wall.approve) and ``POST /walls/<id>/revoke`` (wall.revoke),
JSON or form, CSRF as everywhere.
"""
