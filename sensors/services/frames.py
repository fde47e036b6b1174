"""Frames found again: as they came, when, from where, what was read in them or why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from command_center.core.models import Area
from command_center.core.scope import Scope

from ..models import RawFrame, Station

SPAN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """``station``: a code, a name or an address. ``since`` to ``until`` by the hall's clock of receiving.

    ``words``: all parts of one of them stand in the reason of a refusal.
    """

    since: datetime
    until: datetime
    station: str = ""
    protocol: str = ""
    refused: bool = False
    words: Sequence[Sequence[str]] = ()
    before: tuple[datetime, int] | None = None  # only frames older than this one: the next page


def find(wanted: Wanted, scope: Scope) -> QuerySet[RawFrame]:
    """Frames that ``scope`` may see under "frame.view", newest first.

    Frames of nobody's station are the whole district's. The partitions of the span are read, and in them the indexes on
    station and on refused frames; nothing else needs one.
    """
    where = Q(received_at__gte=wanted.since, received_at__lte=wanted.until)
    if wanted.before is not None:
        where &= Q(received_at__lte=wanted.before[0])
        where &= ~Q(received_at=wanted.before[0], id__gte=wanted.before[1])
    seen = Station.objects.filter(scope.filter("frame.view"))
    root = Area.objects.filter(parent=None).order_by("path").first()
    everywhere = root is not None and any(
        root.path.startswith(grant.area) and grant.department_id is None
        for grant in scope.holding("frame.view")
    )
    if wanted.station:
        named = Q(code__iexact=wanted.station) | Q(address__iexact=wanted.station)
        named |= Q(name__icontains=wanted.station) | Q(name_en__icontains=wanted.station)
        who = Q(station_id__in=list(seen.filter(named).values_list("pk", flat=True)[:500]))
        nobodys = Q(station_id__isnull=True, address__iexact=wanted.station)
        where &= who | nobodys if everywhere else who
    elif not everywhere:
        where &= Q(station_id__in=list(seen.values_list("pk", flat=True)))
    if wanted.protocol:
        where &= Q(protocol=wanted.protocol)
    if wanted.refused or wanted.words:
        where &= ~Q(error="")
    if wanted.words:
        where &= Q.create(
            [Q(*(Q(error__icontains=part) for part in parts)) for parts in wanted.words], connector=Q.OR
        )
    return RawFrame.objects.filter(where).order_by("-received_at", "-id")


def shown(frame: RawFrame, codes: Mapping[Any, str]) -> dict[str, Any]:
    """A frame as plain values; ``codes``: station id → code. ``text`` only where all of it can be printed."""
    octets = bytes(frame.raw)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = ""
    return {
        "id": frame.id,
        "received_at": frame.received_at,
        "protocol": frame.protocol,
        "peer": frame.peer,
        "address": frame.address,
        "station": str(frame.station_id) if frame.station_id else None,
        "code": codes.get(frame.station_id, ""),
        "bytes": len(octets),
        "hex": octets.hex(" "),
        "text": text if all(character.isprintable() or character in "\r\n\t" for character in text) else "",
        "decoded": frame.decoded,
        "error": frame.error,
    }


def page_of(wanted: Wanted, scope: Scope, most: int) -> tuple[list[dict[str, Any]], str]:
    """Up to ``most`` frames and the cursor of the next page ("" where there is none). Few queries."""
    rows = list(find(wanted, scope)[: most + 1])
    codes = dict(
        Station.objects.filter(pk__in={row.station_id for row in rows if row.station_id}).values_list(
            "pk", "code"
        )
    )
    more = f"{rows[most - 1].received_at.isoformat()}_{rows[most - 1].id}" if len(rows) > most else ""
    return [shown(row, codes) for row in rows[:most]], more


def cursor_of(text: str) -> tuple[datetime, int] | None:
    """The place that a page's cursor names; None for what is none."""
    moment, _, number = text.partition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo else None
    except ValueError:
        return None
