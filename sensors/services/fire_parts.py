"""The register of fire parts, kept by what fire hosts say. Also of parts that nobody has listed as points."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from command_center.core.events import announce_many

from ..domain.fire_parts import ANY_TROUBLE, Part, follow, told
from ..models import FirePart, Station
from . import directory
from .ingest import Frame

_COLUMNS = ("state", "since", "seen_at", "text", "changes")


def keep_register(frames: Sequence[Frame]) -> int:
    """Take in what the frames tell of parts; returns how many parts that concerned. No query where they tell of none."""
    news: dict[tuple[str, str], list[Part]] = {}
    for frame in frames:
        if frame.message is not None and frame.protocol == "gb26875":
            if said := told(frame.message):
                news.setdefault((frame.protocol, frame.message.address), []).extend(said)
    if not news:
        return 0
    stations = directory.find(set(news))
    by_part: dict[tuple[UUID, str], list[Part]] = {}
    for key, parts in news.items():
        if (station := stations.get(key)) is not None:
            for one in parts:
                by_part.setdefault((station.id, one.channel), []).append(one)
    return keep(by_part, at=max(frame.received_at for frame in frames))


def keep(said: Mapping[tuple[UUID, str], Sequence[Part]], *, at: datetime) -> int:
    """Take in what was said of parts, by (station, channel); returns how many that concerned."""
    if not said:
        return 0
    with transaction.atomic():
        kept = FirePart.objects.select_for_update().filter(station__in={station for station, _ in said})
        known = {(row.station_id, row.channel): row for row in kept.order_by("pk")}
        rows, moved = [], set()
        for (station_id, channel), news in said.items():
            row = known.get((station_id, channel))
            before = row and Part(row.channel, row.state, row.since, row.seen_at, row.text, row.changes)
            after = follow(before, news)
            if after is not None and after != before:
                rows.append(FirePart(station_id=station_id, channel=channel, **_values(after)))
                if ((before.state if before else 0) ^ after.state) & ANY_TROUBLE:
                    moved.add(station_id)
        FirePart.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["station", "channel"], update_fields=_COLUMNS
        )
        _tell(moved, at)
    return len(rows)


def _tell(stations: set[UUID], at: datetime) -> None:
    """A part of these hosts is in trouble now, or no longer: their premises look different on the map."""
    if stations:
        rows = Station.objects.filter(pk__in=stations, premises__isnull=False).only("pk", "area_path")
        announce_many([("fire_parts.changed", row, at, {}) for row in rows])


def _values(part: Part) -> dict[str, object]:
    return {name: getattr(part, name) for name in _COLUMNS}
