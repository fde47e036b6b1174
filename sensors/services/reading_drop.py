"""The drop folder: ``ONEMAP_VAR/drop/<layout>/``. Files put there are taken and moved to ``done`` or ``refused`` beside them."""

import logging
import os
from datetime import datetime
from pathlib import Path

from django.db import transaction

from command_center.core.locks import first

from ..domain.reading_file_life import REFUSED, WAITING
from ..models import FileLayout, ReadingFile
from .reading_files import Seen, drop, rejected_rows, sentence
from .tables import Unreadable, as_csv

log = logging.getLogger(__name__)

QUIET_S = 10.0
"""A file that was written to within this time (real seconds) may not be whole yet."""
DONE, REFUSED_FOLDER = "done", "refused"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
MOST_AT_ONCE = 200


def look(root: Path, *, at: datetime, real_s: float) -> int:
    """Register what lies in the folders and put away what is settled; returns how many files were registered.

    ``at`` is the hall's time, ``real_s`` the real one (seconds since 1970), as files carry it. Files may come again
    under any name: their content tells.
    """
    with transaction.atomic():
        if not first("drop folder"):
            return 0
        _put_away(root)
        found = 0
        for layout in FileLayout.objects.all():
            folder = root / layout.slug
            try:
                for name in (DONE, REFUSED_FOLDER):
                    (folder / name).mkdir(parents=True, exist_ok=True)
                for path in _whole(folder, real_s)[: MOST_AT_ONCE - found]:
                    found += _register(path, root, layout, at)
            except OSError as wrong:  # a full or foreign disk stops this folder, and not the files that wait for their turn
                log.warning("the drop folder %s cannot be used: %s", layout.slug, wrong)
    return found


def _whole(folder: Path, real_s: float) -> list[Path]:
    """The files that nobody writes to any more, by name. Links, hidden and unfinished ones are left alone."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.lower().endswith(UNFINISHED):
                continue
            if entry.is_file(follow_symlinks=False) and real_s - entry.stat().st_mtime >= QUIET_S:
                found.append(Path(entry.path))
    return sorted(found)


def _register(path: Path, root: Path, layout: FileLayout, at: datetime) -> int:
    where = str(path.relative_to(root))
    try:
        with path.open("rb") as content, transaction.atomic():
            drop(path.name, content, layout, at=at, where=where)
    except Seen as before:
        if before.file.state == WAITING and before.file.dropped_as == where:
            return 0  # it is itself, and its turn has not come
        _move(path, DONE, sentence(before.text, before.params))
        return 0
    except Unreadable as wrong:
        _move(path, REFUSED_FOLDER, sentence(wrong.text, wrong.params))
        return 0
    except OSError:
        return 0  # gone or not readable just now: looked at again
    return 1


def _put_away(root: Path) -> None:
    """Move the files whose turn has come; what was rejected of them lies beside."""
    settled = ReadingFile.objects.exclude(dropped_as="").exclude(state=WAITING)
    for row in settled.select_related("layout")[:MOST_AT_ONCE]:
        path = root / row.dropped_as
        if path.is_file():
            if row.state == REFUSED:
                _move(path, REFUSED_FOLDER, sentence(*row.error) if row.error else "")
            else:
                moved = _move(path, DONE)
                if row.rejected:
                    moved.with_name(f"{moved.name}.rejected.csv").write_bytes(as_csv(rejected_rows(row)))
        row.dropped_as = ""
        row.save(update_fields=["dropped_as"])


def _move(path: Path, folder: str, note: str = "") -> Path:
    """Into ``folder`` beside it, under a name that is free; ``note`` goes into a text file of the same name."""
    target, number = path.parent / folder / path.name, 1
    while target.exists():
        number += 1
        target = path.parent / folder / f"{path.stem}.{number}{path.suffix}"
    path.rename(target)
    if note:
        target.with_name(f"{target.name}.txt").write_text(f"{note}\n", encoding="utf-8")
    return target
