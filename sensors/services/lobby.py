"""The lobby: who dialled in unasked, and what becomes of the frames that were kept meanwhile."""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from command_center.core.actor import Actor
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.models import Area
from command_center.core.parameters import value

from ..adapters import ADAPTERS
from ..adapters.base import DialIn, Part
from ..domain import lobby
from ..domain.readings import DecodeError, Message
from ..models import RawFrame, Sensor, Station, Stranger
from . import devicetypes, directory
from .ingest import Frame, ingest

log = logging.getLogger(__name__)
BATCH = 500
SHOWN_READINGS = 8
LOOKED_AT, MOST_LEARNT = 200, 500
"""Frames that are looked through for new channels, and how many of these become points at once."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: frames read again, readings stored and readings that were there already."""

    frames: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0


def summary(message: Message | None) -> dict[str, Any]:
    """What a message said, short enough for a list."""
    if message is None:
        return {}
    said = [[one.channel, one.quantity, one.value] for one in message.readings[:SHOWN_READINGS]]
    return {"function": message.function, "readings": said, "channels": len(message.readings)}


def note(frames: Sequence[Frame], unknown: Collection[str], at: datetime) -> None:
    """Write down the strangers among the senders of ``frames``: those whose address is in ``unknown``.

    At most ``lobby.most`` are kept: when the lobby is full, those that were silent longest make room, and a newcomer waits
    outside while everybody within was heard in the last hour. Refused ones are counted on, and stay refused.
    """
    told: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame in frames:
        if frame.address in unknown:
            told[frame.protocol, frame.address].append(frame)
    if not told:
        return
    said = {key: [one for one in sent if one.message is not None] for key, sent in told.items()}
    rows = [
        (protocol, address, sent[-1].peer[:80], at, len(sent),
         json.dumps(summary(said[protocol, address][-1].message if said[protocol, address] else None)))
        for (protocol, address), sent in sorted(told.items())
    ]  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sensors_stranger s SET peer = n.peer, last_seen = greatest(s.last_seen, n.at),"
            " frames = s.frames + n.frames, said = CASE WHEN n.said = '{}' THEN s.said ELSE n.said END"
            f" FROM {_GIVEN} WHERE s.protocol = n.protocol AND s.address = n.address"
            " RETURNING s.protocol, s.address",
            columns,
        )
        there = set(cursor.fetchall())
        fresh = [row for row in rows if row[:2] not in there]
        room = _room(at, len(fresh)) if fresh else 0
        if len(fresh) > room:
            log.warning("the lobby is full: %d strangers are not listed", len(fresh) - room)
        if not fresh[:room]:
            return
        root = Area.objects.filter(parent=None).order_by("path").values_list("path", flat=True).first() or "/"
        cursor.execute(
            "INSERT INTO sensors_stranger (id, protocol, address, peer, first_seen, last_seen, frames, said, state,"
            " version, area_path) SELECT gen_random_uuid(), n.protocol, n.address, n.peer, n.at, n.at, n.frames, n.said,"
            f" %s, 1, %s FROM {_GIVEN} ON CONFLICT DO NOTHING",
            [lobby.WAITING, root, *([list(column) for column in zip(*fresh[:room], strict=True)])],
        )


_GIVEN = (
    "unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::int[], %s::jsonb[])"
    " AS n (protocol, address, peer, at, frames, said)"
)


def _room(at: datetime, wanted: int) -> int:
    """How many of ``wanted`` newcomers may enter, after those that were silent longest have left."""
    most = value("lobby.most")
    held = Stranger.objects.exclude(state=lobby.ADOPTED)
    over = held.count() + wanted - most
    if over > 0:
        silent = held.filter(last_seen__lt=at - timedelta(hours=1)).order_by("last_seen")
        Stranger.objects.filter(pk__in=list(silent.values_list("pk", flat=True)[:over])).delete()
    return max(0, most - held.count())


def replay(station: Station, *, by: Actor, at: datetime, own: bool = False) -> Replayed:
    """Read the frames again that were kept while nobody knew the station; twice is once.

    ``own``: its own ones too, after points were added. Goes back ``lobby.replay_days``. What they said is late data: it
    rewrites history and rings nothing.
    """
    by.require("device.edit", station)
    adapter = ADAPTERS[station.protocol]
    whose = Q(station_id__isnull=True)
    kept = _kept(station, at).filter(whose | Q(station_id=station.pk) if own else whose)
    kept = kept.order_by("received_at", "id")
    # Frames are kept once more under higher numbers, and must not be met again.
    newest = kept.aggregate(newest=Max("id"))["newest"]
    kept = kept.filter(id__lte=newest or 0)
    directory.forget()
    total, parts = Replayed(), _Parts(adapter, devicetypes.config_for(station))
    while batch := list(kept[:BATCH]):
        frames, refused = [], 0
        for row in batch:
            try:
                message = None if row.error else parts.read(bytes(row.raw), row.received_at)
            except DecodeError as wrong:
                message, refused, row.error = None, refused + 1, str(wrong)
            frames.append(
                Frame(
                    row.protocol, row.peer, row.received_at, bytes(row.raw), row.address, message, row.error
                )
            )
        with transaction.atomic(), connection.cursor() as cursor:
            # Taking them in keeps them once more, as the station's; the stranger's copies go in the same moment.
            receipt = ingest(frames, received_at=at)
            cursor.execute(
                "DELETE FROM sensors_rawframe WHERE received_at BETWEEN %s AND %s AND id = ANY(%s)",
                [batch[0].received_at, batch[-1].received_at, [row.id for row in batch]],
            )
        total = Replayed(
            total.frames + len(batch),
            total.stored + receipt.stored,
            total.repeated + receipt.repeated,
            total.refused + refused,
        )
    if total.frames:
        record_act("station.replayed", station, by=by, at=at, frames=total.frames, stored=total.stored)
    return total


def _kept(station: Station, at: datetime) -> QuerySet[RawFrame]:
    return RawFrame.objects.filter(
        received_at__gte=at - timedelta(days=value("lobby.replay_days")),
        received_at__lte=at,
        protocol=station.protocol,
        address=station.address,
    )


def spoken(station: Station, at: datetime) -> dict[str, str]:
    """Channels of its newest frames that are no points of ``station``, with their quantities."""
    known = set(station.sensors.values_list("channel", flat=True))
    adapter, found = ADAPTERS[station.protocol], {}
    rows = _kept(station, at).filter(station_id=station.pk, error="").order_by("-received_at", "-id")
    for raw in rows.values_list("raw", flat=True)[:LOOKED_AT]:
        try:
            message = adapter.decode(bytes(raw))
        except DecodeError:
            continue
        found |= {
            one.channel: one.quantity
            for one in message.readings
            if one.address == station.address and one.channel not in known and len(one.channel) <= 40
        }
    return dict(sorted(found.items())[:MOST_LEARNT])


def learn(station: Station, *, by: Actor, at: datetime) -> int:
    """Make points of the channels it spoke of, and read what they said; returns how many there were.

    For devices whose points no type can list: the detectors of one building.
    """
    by.require("device.edit", station)
    found = spoken(station, at)
    Sensor.objects.bulk_create(
        [
            Sensor(station=station, channel=channel, quantity=quantity, name=channel)
            for channel, quantity in found.items()
        ],
        ignore_conflicts=True,
    )
    if found:
        record_act("station.points_added", station, by=by, at=at, channels=list(found))
        announce("station.changed", station, at=at)
        replay(station, by=by, at=at, own=True)
    return len(found)


class _Parts:
    """Messages in packets, joined as they were when they came."""

    def __init__(self, adapter: Any, config: Mapping[str, Any]) -> None:
        self._adapter, self._config = adapter, config
        self._held: dict[tuple[Any, ...], dict[int, bytes]] = {}

    def read(self, raw: bytes, at: datetime) -> Message | None:
        """What ``raw`` says; for a packet only with the last one of its message, what all say together."""
        part: Part | None = self._adapter.head(raw).part if isinstance(self._adapter, DialIn) else None
        if part is None:
            return self._adapter.decode(raw, self._config, at)
        held = self._held.setdefault(part.key, {})
        held[part.number] = raw
        if len(held) < part.total:
            return None
        del self._held[part.key]
        return self._adapter.join([held[number] for number in sorted(held)])
