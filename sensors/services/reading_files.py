"""Files of readings: kept as they came, then taken in batches through the one way in, each once."""

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.core.files import File
from django.db import DatabaseError, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext

from command_center.core.actor import Actor, clock
from command_center.core.acts import perform, record_act
from command_center.core.models import Area
from command_center.core.parameters import value

from ..domain.reading_file_life import REFUSED, TAKEN, TRIED, WAITING
from ..domain.reading_files import Fault
from ..domain.reading_layouts import LAYOUTS
from ..domain.readings import Message, Reading
from ..domain.words import gettext_noop
from ..models import FileLayout, ReadingFile, RejectedReading
from .ingest import Frame, Receipt, ingest
from .reading_cells import District, Taken, batches, cells
from .reading_tables import CHUNK
from .tables import TOO_LARGE, Unreadable

log = logging.getLogger(__name__)

MOST_BYTES = 200_000_000
BUDGET_S = 5.0  # real seconds of one turn: the worker shows signs of life between turns
MOST_REJECTED = 10_000  # of one file are kept with their reasons; all are counted
TRIED_KEPT = timedelta(days=7)

EMPTY = gettext_noop("The file has no values.")
FAILED = gettext_noop("The file could not be taken because of an internal error.")
SEEN = gettext_noop("This file came in on %(at)s already (%(name)s).")


class Seen(Unreadable):
    """The same content came in before, as ``file``."""

    def __init__(self, file: ReadingFile, at: str) -> None:
        super().__init__(SEEN, at=at, name=file.file_name)
        self.file = file


# --- coming in -------------------------------------------------------------------------------------------------
def digest(content: BinaryIO) -> tuple[str, int]:
    """(SHA-256, size) of a file; raises Unreadable where it is too large."""
    hashed, size = hashlib.sha256(), 0
    content.seek(0)
    while chunk := content.read(CHUNK):
        hashed.update(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise Unreadable(TOO_LARGE, most=MOST_BYTES // 1_000_000)
    content.seek(0)
    return hashed.hexdigest(), size


def upload(name: str, content: BinaryIO, layout: FileLayout, *, by: Actor, at: datetime) -> ReadingFile:
    """Keep a file until somebody takes it. Raises Unreadable, and Seen where it came in before."""
    by.require("reading.import")
    grants = by.scope.holding("reading.import")
    return _keep(
        name, content, layout, at=at, came_by=by.name, area_path=grants[0].area, department_id=grants[0].department_id,
        speaks_for=[[grant.area, grant.department_id] for grant in grants],
    )  # fmt: skip


def drop(name: str, content: BinaryIO, layout: FileLayout, *, at: datetime, where: str) -> ReadingFile:
    """Keep a file from the drop folder; it waits for its turn at once. Raises as ``upload``."""
    root = Area.objects.order_by("path").values_list("path", flat=True).first() or "/"
    return _keep(
        name, content, layout, at=at, came_by="feed:drop", area_path=root, state=WAITING, dropped=True, dropped_as=where
    )  # fmt: skip


def _keep(name: str, content: BinaryIO, layout: FileLayout, *, at: datetime, **more: Any) -> ReadingFile:
    sha256, size = digest(content)
    with transaction.atomic():
        # One at a time for each layout: two who send the same file meet here.
        FileLayout.objects.select_for_update().get(pk=layout.pk)
        before = ReadingFile.objects.filter(layout=layout, sha256=sha256).exclude(state=REFUSED).first()
        if before is not None:
            raise Seen(before, f"{localtime(before.came_at):%Y-%m-%d %H:%M}")
        row = ReadingFile(
            layout=layout, file_name=name[-120:] or "?", sha256=sha256, octets=size, came_at=at, **more
        )
        row.content.save(f"{row.pk}", File(content), save=False)
        row.save()
    return row


# --- taking ----------------------------------------------------------------------------------------------------
def take(file: ReadingFile, *, by: Actor, at: datetime) -> ReadingFile:
    """Let a file that was tried be taken; the bulk worker does it. Raises NotPossible, PermissionDenied."""
    with transaction.atomic():
        row: ReadingFile = perform(file, "take", by=by, at=at)
        row.taken_by = by.name
        row.save(update_fields=["taken_by"])
    return row


def take_waiting(at: datetime, *, budget_s: float = BUDGET_S) -> int:
    """Take what waits, oldest first, for about ``budget_s`` real seconds; returns how many files were finished.

    What is not finished goes on from its last committed line, here or in another worker.
    """
    until, finished = time.monotonic() + budget_s, 0
    for file in ReadingFile.objects.filter(state=WAITING).select_related("layout").order_by("came_at", "pk"):
        try:
            finished += _go_on(file, at, until, budget_s)
        except DatabaseError:
            raise
        except Exception:
            # One file must not keep all others waiting; what was stored of it stays.
            log.exception("file of readings %s failed", file.pk)
            _refuse(file, FAILED, {}, at)
        if time.monotonic() >= until:
            break
    return finished


def _go_on(file: ReadingFile, at: datetime, until: float, budget_s: float) -> bool:
    """Take batches of one file; whether it is finished.

    The way to where it stands is not taken from the budget (at most four times that), so that a long file comes to its end.
    """
    begun = time.monotonic()
    try:
        with file.content.open("rb") as content:
            district: District | None = None
            for batch in batches(cells(file, content, file.done_line)):
                if district is None:
                    district = District(file, at)
                    until += min(time.monotonic() - begun, 4 * budget_s)
                if not _take_batch(file, district.judge(batch), batch[-1].line, at):
                    return False
                if time.monotonic() >= until:
                    return False
    except Unreadable as wrong:
        _refuse(file, wrong.text, wrong.params, at)
        return True
    except FileNotFoundError as wrong:
        log.error("file of readings %s is gone: %s", file.pk, wrong)
        _refuse(file, FAILED, {}, at)
        return True
    if not file.done_line:
        _refuse(file, EMPTY, {}, at)
        return True
    with transaction.atomic():
        row = perform(file, "finish", by=clock("files"), at=at)
        record_act(
            "reading_file.taken", row, by=clock("files"), at=at, file=row.file_name, stored=row.stored,
            repeated=row.repeated, rejected=row.rejected,
        )  # fmt: skip
    return True


def _take_batch(
    file: ReadingFile, judged: tuple[list[Taken], list[Fault]], last_line: int, at: datetime
) -> bool:
    """Store one batch and how far the file is, together; False where somebody else went on with it."""
    good, bad = judged
    with transaction.atomic():
        row = ReadingFile.objects.select_for_update().get(pk=file.pk)
        if row.state != WAITING or row.done_line != file.done_line:
            return False
        receipt = ingest(_frames(row, good, at), received_at=at) if good else Receipt()
        room = max(0, MOST_REJECTED - row.rejected)
        RejectedReading.objects.bulk_create(
            RejectedReading(
                file=row, line=one.line, column=one.column[:200], given=one.given[:200], text=one.text,
                params=dict(one.params),
            )
            for one in bad[:room]
        )  # fmt: skip
        row.done_line = last_line
        row.values += len(good)
        row.stored += receipt.stored
        row.repeated += receipt.repeated
        row.conflicting += receipt.conflicting
        row.rejected += len(bad)
        row.save(update_fields=["done_line", "values", "stored", "repeated", "conflicting", "rejected"])
    file.done_line = last_line
    return True


def _frames(file: ReadingFile, good: Sequence[Taken], at: datetime) -> list[Frame]:
    """One frame a station: its lines as they stood in the file, and what they say."""
    parts: dict[tuple[str, str], list[Taken]] = {}
    for one in good:
        parts.setdefault((one.protocol, one.address), []).append(one)
    found = []
    for (protocol, address), of in parts.items():
        raw = "\n".join(f"{one.cell.line},{one.cell.column},{one.cell.given}" for one in of).encode()
        readings = tuple(
            Reading(address, one.cell.measure.channel, one.quantity, one.value, one.cell.at) for one in of
        )
        lines = [of[0].cell.line, of[-1].cell.line]
        message = Message(
            protocol, address, "file", max(one.observed_at for one in readings), None, readings,
            details={"file": str(file.pk), "lines": lines},
        )  # fmt: skip
        peer = f"file:{file.file_name}"[:80]
        found.append(Frame(protocol, peer, at, raw, address, message, handed=True))
    return found


def _refuse(file: ReadingFile, text: str, params: Mapping[str, Any], at: datetime) -> None:
    with transaction.atomic():
        reason = text % params if params else text
        row = perform(file, "refuse", by=clock("files"), at=at, reason=reason)
        row.error = [text, dict(params)]
        row.save(update_fields=["error"])


# --- what is said of it ----------------------------------------------------------------------------------------
def sentence(text: str, params: Mapping[str, Any]) -> str:
    """A msgid and its values in the reader's language."""
    return gettext(text) % params if params else gettext(text)


def rejected_rows(file: ReadingFile) -> Iterator[list[str]]:
    """The rejected cells with their reasons, in the order of the file, under a head."""
    yield [gettext("Line"), gettext("Column"), gettext("Value"), gettext("Why it was rejected")]
    for one in file.rejections.order_by("line", "pk").iterator():
        yield [str(one.line), one.column, one.given, sentence(one.text, one.params)]


def drop_old(at: datetime) -> int:
    """Forget files whose time is over, with their content: those tried and never taken after a week."""
    kept = timedelta(days=value("reading_file.keep_days"))
    old = list(ReadingFile.objects.filter(state__in=[TAKEN, REFUSED], came_at__lt=at - kept)[:1000])
    old += ReadingFile.objects.filter(state=TRIED, came_at__lt=at - min(kept, TRIED_KEPT))[:1000]
    for row in old:
        row.content.delete(save=False)
        row.delete()
    return len(old)


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Add the layouts that are missing; those that are there stay as the district edited them."""
    from django.db import connections

    if FileLayout._meta.db_table in connections[using].introspection.table_names():
        FileLayout.objects.using(using).bulk_create(
            [FileLayout(**one._asdict()) for one in LAYOUTS], ignore_conflicts=True
        )
