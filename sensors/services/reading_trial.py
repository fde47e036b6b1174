"""Trying a file of readings: what would become of each row, against what is stored; nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from ..domain.reading_files import Fault
from ..models import ReadingFile
from .reading_cells import District, Taken, batches, cells
from .reading_files import EMPTY
from .tables import Unreadable

MOST_TRIED = 20_000
"""Values that a try looks at."""
SHOWN = 500
"""Rows that are kept of it."""

NEW, THERE, OTHER, REJECTED = "added", "same", "changed", "rejected"


@dataclass(slots=True)
class Line:
    """One row after the try: its worst verdict, what it says and why cells of it were rejected."""

    number: int
    verdict: str = THERE
    station: str = ""
    at: datetime | None = None
    values: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Tried:
    """What would become of a file. ``counts`` are values by verdict; ``whole``: it was looked at to its end."""

    counts: dict[str, int]
    lines: list[Line]
    whole: bool = True
    error: tuple[str, Mapping[str, Any]] | None = None


def dry_run(file: ReadingFile, *, at: datetime) -> Tried:
    """Read a file and compare it with what is stored; nothing is changed. The first ``MOST_TRIED`` values."""
    tried = Tried(dict.fromkeys((NEW, THERE, OTHER, REJECTED), 0), [])
    looked = 0
    try:
        with file.content.open("rb") as content:
            district: District | None = None
            for batch in batches(cells(file, content)):
                district = district or District(file, at)
                _compare(tried, district.judge(batch))
                looked += len(batch)
                if looked >= MOST_TRIED:
                    tried.whole = False
                    break
    except Unreadable as wrong:
        tried.error = (wrong.text, wrong.params)
    if not looked and tried.error is None:
        tried.error = (EMPTY, {})
    return tried


def _compare(tried: Tried, judged: tuple[list[Taken], list[Fault]]) -> None:
    good, bad = judged
    stored = _stored(good)
    lines: dict[int, Line] = {}
    for fault in bad:
        line = lines.setdefault(fault.line, Line(fault.line))
        line.verdict = REJECTED
        line.faults.append(fault)
        tried.counts[REJECTED] += 1
    for one in good:
        key = (one.sensor, one.cell.at)
        verdict = NEW if key not in stored else THERE if stored[key] == one.value else OTHER
        stored.setdefault(key, one.value)  # the same moment twice in one file
        tried.counts[verdict] += 1
        line = lines.setdefault(one.cell.line, Line(one.cell.line))
        line.station, line.at = one.cell.station, one.cell.at
        line.values.append(f"{one.cell.measure.channel} {one.value:g}")
        if line.verdict == THERE or (line.verdict == NEW and verdict == OTHER):
            line.verdict = verdict
    # What has to be mended is shown first, so it is kept first.
    kept = tried.lines + [lines[number] for number in sorted(lines)]
    kept.sort(key=lambda line: line.verdict != REJECTED)
    tried.lines = kept[:SHOWN]


def _stored(good: Sequence[Taken]) -> dict[tuple[int, datetime], float]:
    """The values that are kept for the moments of ``good``. One query."""
    if not good:
        return {}
    times = [one.cell.at for one in good]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.sensor_id, r.observed_at, r.value FROM sensors_reading r"
            " JOIN unnest(%s::int[], %s::timestamptz[]) AS s (sensor_id, at)"
            " ON r.sensor_id = s.sensor_id AND r.observed_at = s.at"
            " WHERE r.observed_at BETWEEN %s AND %s",
            [[one.sensor for one in good], times, min(times), max(times)],
        )
        return {(sensor, at): number for sensor, at, number in cursor.fetchall()}
