"""The register of fire parts, kept by what fire hosts say. Also of parts that nobody has listed as points."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from ..domain.fire_parts import Part, follow, told
from ..models import FirePart
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
    if not by_part:
        return 0
    with transaction.atomic():
        kept = FirePart.objects.select_for_update().filter(station__in={station for station, _ in by_part})
        known = {(row.station_id, row.channel): row for row in kept.order_by("pk")}
        rows = []
        for (station_id, channel), said in by_part.items():
            row = known.get((station_id, channel))
            before = row and Part(row.channel, row.state, row.since, row.seen_at, row.text, row.changes)
            after = follow(before, said)
            if after is not None and after != before:
                rows.append(FirePart(station_id=station_id, channel=channel, **_values(after)))
        FirePart.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["station", "channel"], update_fields=_COLUMNS
        )
    return len(rows)


def _values(part: Part) -> dict[str, object]:
    return {name: getattr(part, name) for name in _COLUMNS}
