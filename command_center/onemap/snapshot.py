"""What a viewer sees, and what changed since: both read through the viewer's scope at that moment."""

import gzip
import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import datetime

import orjson

from command_center.core.layers import FEEDS, LAYERS, Moving
from command_center.core.models import Epoch, Event
from command_center.core.now import now, rate
from command_center.core.scope import Scope

PAGE = 500
_KEEP_S = 1.0  # a mass reconnect reads a snapshot once a second and scope, not once a client


def digest(scope: Scope) -> str:
    """A short name for what a scope holds, so that a client of another scope starts anew."""
    text = repr(sorted((g.role, g.area, g.department_id or 0) for g in scope.grants))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def epoch() -> str:
    """The name of the stream; another one means that numbers held by a client mean nothing."""
    row = Epoch.objects.filter(pk=1).values_list("value", flat=True).first()
    return str(row or Epoch.objects.get_or_create(pk=1)[0].value)


def head() -> int:
    return Event.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", flat=True).first() or 0


def hall_clock(at: datetime | None = None) -> dict[str, float]:
    return {"now": round((at or now()).timestamp() * 1000), "rate": rate().rate}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes: the position after it, whether more is there, and the layers touched."""

    cursor: int
    more: bool
    layers: dict[str, dict]

    @property
    def frame(self) -> str:
        message = {"type": "changes", "cursor": self.cursor, "more": self.more, "layers": self.layers}
        return orjson.dumps(message).decode()


def changes_since(cursor: int, scope: Scope, page: int = PAGE) -> Page:
    """What the events after ``cursor`` touched, as it is now. An id no longer visible becomes a drop.

    Of a record that this scope never saw not even the id is told.
    """
    events = list(
        Event.objects.filter(seq__gt=cursor)
        .order_by("seq")
        .only("seq", "kind", "subject_id", "data")[: page + 1]
    )
    more, events = len(events) > page, events[:page]
    layers, asked = {}, {}
    for layer in LAYERS.values():
        if not scope.may(layer.action):
            continue
        if ids := layer.touched(events, asked):
            put = orjson.loads(layer.read(scope, ids))
            drop = layer.gone(scope, ids.difference(put["id"]), events)
            if put["id"] or drop:
                layers[layer.name] = {"put": put, "drop": drop}
    return Page(events[-1].seq if events else cursor, more, layers)


def visible(moving: list[Moving], action: str, scope: Scope) -> dict[str, dict]:
    """The values a scope may see, by feature."""
    grants = scope.holding(action)
    return {one.id: one.values for one in moving if any(grant.covers(one) for grant in grants)}


def values_since(position: int | None, scope: Scope) -> tuple[int, dict[str, dict]]:
    """Values that changed after ``position`` (all for None), and the position to ask from next time."""
    found, positions = {}, []
    for feed in FEEDS.values():
        at, moving = feed.read(position)
        positions.append(at)
        found |= visible(moving, feed.action, scope)
    return min(positions, default=0), found


def snapshot(scope: Scope) -> bytes:
    """Everything a viewer may see, as JSON. Columns are built by PostgreSQL and pass through as bytes."""
    # Positions are read before the rows: a change in between is then told twice, never missed.
    cursor, values_cursor, values = head(), *values_since(None, scope)
    layers = b",".join(b'"%s":%s' % (layer.name.encode(), layer.read(scope)) for layer in LAYERS.values())
    start = orjson.dumps(
        {
            "epoch": epoch(),
            "cursor": cursor,
            "values_cursor": str(values_cursor),
            "scope": digest(scope),
            "clock": hall_clock(),
            "values": values,
        }
    )
    return start[:-1] + b',"layers":{' + layers + b"}}"


_kept: dict[Scope, tuple[float, bytes]] = {}
_locks: dict[Scope, threading.Lock] = {}


def zipped(scope: Scope) -> bytes:
    """The snapshot as gzip, kept for a second; simultaneous askers of one scope share one reading."""
    with _locks.setdefault(scope, threading.Lock()):
        kept = _kept.get(scope)
        if kept and time.monotonic() - kept[0] < _KEEP_S:
            return kept[1]
        ready = gzip.compress(snapshot(scope), 5, mtime=0)
        if len(_kept) > 50:
            _kept.clear()
        _kept[scope] = (time.monotonic(), ready)
        return ready
