"""Public warnings into their tables: every message kept, each bulletin once, and what stands of them worked out anew."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from posixpath import commonpath
from uuid import UUID

import orjson
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon
from django.db import transaction
from django.db.models import F

from command_center.core.events import announce_many
from command_center.core.locks import alone
from command_center.core.models import Area
from command_center.core.parameters import value

from ..domain.warnings import (
    ACTIVE,
    CANCEL,
    LAPSED,
    SHOWN_STATUS,
    Bulletin,
    Piece,
    Said,
    areas_of,
    ring_of,
    standings,
    topmost,
)
from ..models import PublicWarning, WarningFeed, WarningMessage

REACH = timedelta(days=45)  # no warning stands longer; what is older decides nothing any more
LEAST_SHARE = 0.01  # an outline that a drawn area touches by less is only its neighbour


@transaction.atomic
def take(feed: WarningFeed, pieces: Sequence[tuple[str, Piece]], *, at: datetime) -> int:
    """Keep ``pieces`` (address, message) of ``feed`` and settle what stands; returns how many are new.

    What came before, from this feed, is only counted. ``at``: the hall's time.
    """
    alone("warnings")  # they are few, and one transaction at a time keeps their order plain
    fresh = _keep(feed, pieces, at)
    places = Places() if fresh else None
    stored = set()
    for message, bulletin in fresh:
        if bulletin is not None and places is not None:
            row, message.error = _store(bulletin, places, at)
            stored |= {row.pk} if row else set()
    WarningMessage.objects.bulk_create(message for message, _ in fresh)
    if stored:
        _settle(stored, at)
    return len(fresh)


def _keep(
    feed: WarningFeed, pieces: Sequence[tuple[str, Piece]], at: datetime
) -> list[tuple[WarningMessage, Bulletin | None]]:
    """Rows for the messages that were never seen, the others counted."""
    hashed = {hashlib.sha256(piece.raw).hexdigest(): (source, piece) for source, piece in pieces}
    known = set(feed.messages.filter(sha256__in=hashed).values_list("sha256", flat=True))
    feed.messages.filter(sha256__in=known).update(seen=F("seen") + 1, seen_at=at)
    fresh = []
    for sha256, (source, piece) in hashed.items():
        if sha256 in known:
            continue
        bulletin = piece.bulletin
        read_as = None if bulletin is None else orjson.loads(orjson.dumps(asdict(bulletin)))
        message = WarningMessage(
            feed=feed, sha256=sha256, received_at=at, seen_at=at, source=source[:300], raw=piece.raw,
            identifier=bulletin.identifier if bulletin else "", read_as=read_as, error=piece.error[:300],
        )  # fmt: skip
        fresh.append((message, bulletin))
    return fresh


def _store(bulletin: Bulletin, places: "Places", at: datetime) -> tuple[PublicWarning | None, str]:
    """The bulletin as a row, or None and why it is not shown."""
    if bulletin.status not in SHOWN_STATUS:
        return None, f"not shown: status {bulletin.status}"
    paths, shape = places.of(bulletin)
    if not paths and bulletin.action != CANCEL:
        return None, "outside the district"
    own = {"identifier": bulletin.identifier, "action": bulletin.action, "group": bulletin.group[:320]}
    row = PublicWarning.objects.filter(**own).first()
    if row is not None and row.sent_at > bulletin.sent_at:
        return None, "older than what is known of it"
    row = row or PublicWarning(received_at=at, **own)
    row.exercise = bulletin.status == "exercise"
    row.sender, row.sender_name = bulletin.sender, bulletin.sender_name
    row.type, row.event, row.level = bulletin.type, bulletin.event, bulletin.level
    row.sent_at = bulletin.sent_at
    row.effective_at = bulletin.effective_at or bulletin.sent_at
    row.expires_at = bulletin.expires_at or bulletin.sent_at + timedelta(
        hours=value("warning.default_expire")
    )
    for name in ("title", "title_en", "text", "text_en", "instruction", "instruction_en"):
        setattr(row, name, getattr(bulletin, name))
    row.references = list(bulletin.references)
    row.places, row.shape = places.named(paths), shape
    row.area_path = _holding(paths) or places.root
    if row.state == "" and bulletin.action != CANCEL:
        row.state = LAPSED  # until it is settled, in this transaction
    row.save()
    return row, ""


def _holding(paths: Sequence[str]) -> str:
    """The smallest path that holds all ``paths``; "" for none."""
    return f"{commonpath(paths).rstrip('/')}/" if paths else ""


def _settle(stored: Collection[UUID], at: datetime) -> None:
    """Work out what stands, and say what changed besides ``stored``."""
    texts = ("text", "text_en", "instruction", "instruction_en", "shape")
    rows = {row.pk: row for row in PublicWarning.objects.filter(sent_at__gt=at - REACH).defer(*texts)}
    said = (
        Said(row.pk, row.identifier, row.group, row.action, row.sent_at, row.expires_at, row.references)
        for row in rows.values()
    )
    changed = []
    for pk, standing in standings(said, at).items():
        row = rows[pk]
        before = (row.state, row.ended_at, row.ended_by)
        row.state, row.ended_at, row.ended_by = standing.state, standing.ended_at, standing.ended_by
        if pk in stored or before != (row.state, row.ended_at, row.ended_by):
            changed.append(row)
    PublicWarning.objects.bulk_update(changed, ["state", "ended_at", "ended_by"])
    _tell(changed, at)


def _tell(rows: Iterable[PublicWarning], at: datetime) -> None:
    announce_many(
        [
            ("warning.changed", row, at, {"state": row.state, "level": row.level, "type": row.type})
            for row in rows
        ]
    )


def settle_expired(at: datetime) -> int:
    """Warnings whose time is over lapse; returns how many."""
    with transaction.atomic():
        over = PublicWarning.objects.select_for_update(skip_locked=True)
        rows = list(over.filter(state=ACTIVE, expires_at__lte=at))
        for row in rows:
            row.state, row.ended_at = LAPSED, row.expires_at
        PublicWarning.objects.bulk_update(rows, ["state", "ended_at"])
        _tell(rows, at)
    return len(rows)


class Places:
    """The district's areas, read once for a batch."""

    def __init__(self) -> None:
        rows = list(
            Area.objects.order_by("path").values_list("path", "code", "name", "name_en", "parent_id", "id")
        )
        self.codes = {path: code for path, code, *_ in rows}
        self.names = {path: (name, name_en) for path, _, name, name_en, *_ in rows}
        roots = [(path, pk) for path, _, _, _, parent, pk in rows if parent is None]
        self.root = roots[0][0] if roots else "/"
        root_ids = {pk for _, pk in roots}
        self.towns = [path for path, _, _, _, parent, _ in rows if parent in root_ids]

    def of(self, bulletin: Bulletin) -> tuple[list[str], MultiPolygon | None]:
        """The areas a bulletin speaks of, and the shape shown for it: as drawn, or the areas' own outlines."""
        coded = areas_of(bulletin.geocodes, self.codes)
        drawn = _drawn(bulletin)
        if not coded and drawn is None:
            coded = self._by_name(bulletin.area) or areas_of([bulletin.sender[:6]], self.codes)
        touched = self._touched(drawn) if drawn is not None else []
        paths = topmost([*coded, *touched])
        outlines = Area.objects.filter(path__in=coded, outline__isnull=False).values_list(
            "outline", flat=True
        )
        shapes = [*outlines, *([drawn] if drawn is not None and touched else [])]
        return paths, _joined(shapes)

    def named(self, paths: Iterable[str]) -> list[dict[str, str]]:
        return [{"path": path, "name": self.names[path][0], "name_en": self.names[path][1]} for path in paths]

    def _by_name(self, text: str) -> list[str]:
        found = [
            path
            for path, (name, name_en) in self.names.items()
            if name and (name in text or (name_en and name_en in text))
        ]
        return topmost(path for path in found if path in (self.root, *self.towns))

    def _touched(self, drawn: GEOSGeometry) -> list[str]:
        """Towns that the drawn area covers by more than their edge; the whole district where it covers all."""
        near = Area.objects.filter(path__in=[self.root, *self.towns], outline__intersects=drawn)
        outlines = dict(near.values_list("path", "outline"))
        found = [
            path
            for path in self.towns
            if path in outlines
            and outlines[path].intersection(drawn).area > LEAST_SHARE * outlines[path].area
        ]
        if self.root in outlines and (not self.towns or len(found) == len(self.towns)):
            return [self.root]
        return found


def _drawn(bulletin: Bulletin) -> GEOSGeometry | None:
    shapes = []
    for ring in (*bulletin.polygons, *(ring_of(*circle) for circle in bulletin.circles)):
        try:
            shape = Polygon(ring, srid=4326)
            shapes.append(shape if shape.valid else shape.buffer(0))
        except (GEOSException, ValueError):
            continue
    return _joined([shape for shape in shapes if not shape.empty])


def _joined(shapes: Sequence[GEOSGeometry]) -> MultiPolygon | None:
    if not shapes:
        return None
    whole = shapes[0]
    for shape in shapes[1:]:
        whole = whole.union(shape)
    whole = MultiPolygon(whole, srid=4326) if whole.geom_type == "Polygon" else whole
    return whole if whole.geom_type == "MultiPolygon" and not whole.empty else None


def drop_old(at: datetime) -> int:
    """Messages and ended warnings past their retention; returns how many messages."""
    before = at - timedelta(days=value("warning.keep_days"))
    dropped, _ = WarningMessage.objects.filter(seen_at__lt=before).delete()
    PublicWarning.objects.filter(sent_at__lt=before).exclude(state=ACTIVE).delete()
    return dropped
