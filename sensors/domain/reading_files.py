"""Tables of readings (CSV, Excel): what each of their rows says by a layout (``layout_language.py``), and what cannot be taken."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from .layout_language import LONGEST_NAME, Layout, Measure, plain
from .words import InWords, gettext_noop

NO_COLUMN = gettext_noop("there is no column %(column)s; these were found: %(found)s")
TWO_COLUMNS = gettext_noop("the column %(column)s stands there twice")
NO_STATION_IN_NAME = gettext_noop("the name of the file names no station")
NO_TIME = gettext_noop("the time %(text)s cannot be read")
NO_NUMBER = gettext_noop("%(text)s is not a number")
NO_STATION = gettext_noop("no station is named")
NO_POINT = gettext_noop("%(text)s is no point that the layout knows")
NO_UNIT = gettext_noop("the unit %(unit)s does not fit %(quantity)s")

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# As Excel and people write here: 2022/8/18 8:05, 2022年8月18日 8时05分.
_LOOSE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:：时](\d{1,2})分?(?:[:：]?(\d{1,2})秒?)?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(:00)?(?!\d)", re.ASCII)


class NoTable(InWords):
    """A file that does not have the layout's columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as a file says it: ``raw`` in the measure's own terms; ``given`` as it stood there."""

    line: int
    column: str
    station: str
    measure: Measure
    raw: float
    at: datetime
    given: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be taken: a cell, or (``column`` empty) a whole row. ``text`` is a msgid."""

    line: int
    column: str
    given: str
    text: str
    params: Mapping[str, Any] = made(default_factory=dict)


def read(
    layout: Layout, file_name: str, rows: Iterable[tuple[int, Sequence[str]]], after: int = 0
) -> Iterator[Cell | Fault]:
    """What ``rows`` (line, cells) say, in their order; the first one after ``layout.skip`` is the head.

    Lines up to ``after`` are passed over unread.

    A cell that means "no value" says nothing. A row whose time or station cannot be read is one Fault; of the others
    each cell is judged for itself. Raises NoTable where the head does not fit.
    """
    body = iter(rows)
    for _ in range(layout.skip):
        next(body, None)
    head: Sequence[str] = next((cells for _, cells in body if any(cells)), ())
    reader = _Reader(layout, file_name, head)
    for line, cells in body:
        if line > after and any(cells):
            yield from reader.row(line, cells)


class _Reader:
    """A layout put on the head of one file."""

    def __init__(self, layout: Layout, file_name: str, head: Sequence[str]) -> None:
        self._layout, self._head = layout, head
        self._heads = [plain(one) for one in head]
        self._times = [self._find(name) for name in layout.time]
        self._station, self._of_file = -1, ""
        if layout.station == "column":
            self._station = self._find(layout.station_column)
        elif layout.station == "file":
            assert layout.pattern is not None
            match = layout.pattern.search(file_name)
            if match is None or not match[1]:
                raise NoTable(NO_STATION_IN_NAME)
            self._of_file = layout.names.get(match[1], match[1])
        self._columns: list[tuple[int, str, Measure]] = []  # index, station ("": the row's), measure
        if layout.long:
            self._point, self._value = self._find(layout.long.channel), self._find(layout.long.value)
            self._unit = self._find(layout.long.unit) if layout.long.unit else -1
        elif layout.value:
            taken = {*self._times}
            for index, said in enumerate(head):
                if index not in taken and said.strip() and plain(said) not in layout.ignore:
                    self._columns.append((index, self._named(said.strip()), layout.value))
        else:
            self._columns = [(self._find(column), "", measure) for column, measure in layout.values]

    def _find(self, name: str) -> int:
        wanted = {plain(one) for one in name.split("|")}
        found = [index for index, head in enumerate(self._heads) if head in wanted]
        if not found:
            said = "、".join(one.strip() for one in self._head if one.strip())[:200]
            raise NoTable(NO_COLUMN, column=name, found=said or "—")
        if len(found) > 1:
            raise NoTable(TWO_COLUMNS, column=self._head[found[0]].strip())
        return found[0]

    def _named(self, said: str) -> str:
        """The station that a text names; empty where it names none."""
        layout = self._layout
        if layout.pattern is not None and layout.station != "file":
            match = layout.pattern.search(said[:LONGEST_NAME])
            said = (match[1] or "") if match else ""
        return layout.names.get(said, said)

    def row(self, line: int, cells: Sequence[str]) -> Iterator[Cell | Fault]:
        def cell(index: int) -> str:
            return cells[index].strip() if 0 <= index < len(cells) else ""

        text = " ".join(cell(index) for index in self._times).strip()
        at = moment(text, self._layout.formats, self._layout.zone)
        if at is None:
            yield Fault(line, "", _shortened(cells), NO_TIME, {"text": text[:40]})
            return
        station = self._of_file
        if self._station >= 0:
            station = self._named(cell(self._station))
        if not station and self._layout.station != "heads":
            yield Fault(line, "", _shortened(cells), NO_STATION)
            return
        if self._layout.long:
            yield from self._one(line, cell, station, at)
            return
        for index, own, measure in self._columns:
            yield from self._read(line, self._head[index].strip(), own or station, measure, at, cell(index))

    def _one(self, line: int, cell: Any, station: str, at: datetime) -> Iterator[Cell | Fault]:
        long = self._layout.long
        assert long is not None
        said = cell(self._point)
        measure = long.points.get(said) or (Measure(said) if said and not long.points else None)
        if measure is None:
            yield Fault(line, long.channel, said[:LONGEST_NAME], NO_POINT, {"text": said[:40] or "—"})
            return
        if self._unit >= 0 and (unit := cell(self._unit)):
            measure = Measure(measure.channel, unit, measure.scale, measure.offset)
        yield from self._read(line, said, station, measure, at, cell(self._value))

    def _read(
        self, line: int, column: str, station: str, measure: Measure, at: datetime, text: str
    ) -> Iterator[Cell | Fault]:
        if text in self._layout.missing:
            return
        if not station:
            yield Fault(line, column, text[:LONGEST_NAME], NO_STATION)
            return
        raw = number(text, self._layout.decimal)
        if raw is None:
            yield Fault(line, column, text[:LONGEST_NAME], NO_NUMBER, {"text": text[:40]})
            return
        yield Cell(line, column, station, measure, raw, at, text[:40])


def _shortened(cells: Sequence[str]) -> str:
    return ",".join(cells)[:LONGEST_NAME]


def number(text: str, decimal: str = ".") -> float | None:
    """A number in plain digits; None for anything else.

    The other decimal mark is refused and not taken for a thousands mark: 1,234 would be read a thousand times too high.
    """
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    found = float(text)
    return found if isfinite(found) else None


def moment(text: str, formats: Sequence[str], zone: timezone) -> datetime | None:
    """The time that ``text`` says; without an offset of its own it is ``zone``'s. None where it cannot be read.

    24:00 is the midnight at which a day ends, as hydrological tables write it.
    """
    said, days = _MIDNIGHT.subn("00:00", text, count=1)
    found: datetime | None = None
    for form in formats:
        try:
            if form in ("epoch_s", "epoch_ms"):
                found = datetime.fromtimestamp(float(text) / (1000 if form == "epoch_ms" else 1), UTC)
            else:
                found = datetime.strptime(said, form)
            break
        except (ValueError, OverflowError, OSError):
            continue
    try:
        if found is None and (match := _LOOSE.fullmatch(said)):
            found = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
        elif found is None:
            found = datetime.fromisoformat(said) if len(said) >= 10 else None
        if found is None:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        if not 1970 < found.year < 2200:
            return None
        return (found + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
