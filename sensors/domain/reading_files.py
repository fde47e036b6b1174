"""Tables of readings (CSV, Excel): what a layout says of their columns, and what each row says then.

A layout is data (``FileLayout.layout``)::

    {"time": "时间|time", "time_format": "%Y-%m-%d %H:%M", "offset": "+08:00",
     "station": {"column": "站码|station"},
     "values": [{"column": "水位(m)|level", "channel": "level", "unit": "m", "scale": 1, "offset": 0}]}

``|`` parts other heads of one column. ``time`` may be a list (a date and a time of day, read together). ``time_format`` is
one of ``strptime``'s or a list of them, ``epoch_s`` or ``epoch_ms``; ISO 8601 and 2022/8/18 8:05 are always understood. The station stands in a
``column``, in the ``heads`` of the columns (``{"heads": true}``) or in the ``file``'s name (a pattern with one group); a
``pattern`` takes it out of a longer text, ``names`` translates it, ``by`` says what it is: ``code`` (default) or
``address``. Values stand in columns of their own (``values``), in the columns of the stations (``value``), or one in a
row (``long``: ``{"channel": column, "value": column, "unit": column, "points": {text: {"channel", "unit" …}}}``).
``decimal`` is "." or ",", ``missing`` lists texts that mean "no value", ``skip`` counts rows before the head, ``encoding``
is ``auto`` (UTF-8, else GBK), ``delimiter`` is found where not given, ``sheet`` names a sheet of Excel.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from .mapping import HALL
from .quantities import QUANTITIES
from .units import factor
from .words import gettext_noop

KEYS = frozenset(
    {"time", "time_format", "offset", "station", "values", "value", "long", "decimal", "missing", "skip", "encoding",
     "delimiter", "sheet", "ignore"}
)  # fmt: skip
ENCODINGS = ("auto", "utf-8", "gb18030", "utf-16")
MISSING = ("", "-", "--", "---", "NA", "N/A", "NaN", "null", "缺测")
LONGEST_NAME = 200
MOST_SKIPPED = 100

NO_COLUMN = gettext_noop("there is no column %(column)s; these were found: %(found)s")
TWO_COLUMNS = gettext_noop("the column %(column)s stands there twice")
NO_STATION_IN_NAME = gettext_noop("the name of the file names no station")
NO_TIME = gettext_noop("the time %(text)s cannot be read")
NO_NUMBER = gettext_noop("%(text)s is not a number")
NO_STATION = gettext_noop("no station is named")
NO_POINT = gettext_noop("%(text)s is no point that the layout knows")
NO_UNIT = gettext_noop("the unit %(unit)s does not fit %(quantity)s")

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
# As Excel and people write here: 2022/8/18 8:05, 2022年8月18日 8时05分.
_LOOSE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:：时](\d{1,2})分?(?:[:：]?(\d{1,2})秒?)?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(:00)?(?!\d)", re.ASCII)


class WrongLayout(ValueError):
    """A layout that cannot be used; the text says why (English: it is shown to who wrote it)."""


class NoTable(ValueError):
    """A file that does not have the layout's columns. ``text`` is a msgid."""

    def __init__(self, text: str, **params: Any) -> None:
        super().__init__(text, params)
        self.text, self.params = text, params


@dataclass(frozen=True, slots=True)
class Measure:
    """One point: value = (raw × scale + offset) in ``unit``, converted to the unit of the point's quantity."""

    channel: str
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0

    def value(self, raw: float, quantity: str) -> float:
        """In the unit of ``quantity``; ValueError where the unit does not fit it."""
        unit = factor(self.unit, QUANTITIES[quantity].unit)
        return round((raw * self.scale + self.offset) * unit, 6)


@dataclass(frozen=True, slots=True)
class Long:
    """One value a row: the columns of point, value and (where there is one) unit; the points by their text."""

    channel: str
    value: str
    unit: str
    points: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that was read. Exactly one of ``values``, ``value`` and ``long`` is set."""

    time: tuple[str, ...]
    formats: tuple[str, ...]
    zone: timezone
    station: str  # "column", "heads" or "file"
    station_column: str
    pattern: re.Pattern[str] | None
    names: Mapping[str, str]
    by: str
    values: tuple[tuple[str, Measure], ...] = ()
    value: Measure | None = None
    long: Long | None = None
    decimal: str = "."
    missing: frozenset[str] = frozenset(MISSING)
    skip: int = 0
    encoding: str = "auto"
    delimiter: str = ""
    sheet: str = ""
    ignore: frozenset[str] = frozenset()


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


# --- the layout ------------------------------------------------------------------------------------------------
def layout_of(spec: Any) -> Layout:
    """The layout that ``spec`` (JSON) describes; raises WrongLayout with the reason."""
    if not isinstance(spec, dict):
        raise WrongLayout("a layout is an object")
    if unknown := sorted(set(spec) - KEYS):
        raise WrongLayout(f"unknown: {', '.join(map(str, unknown))}")
    station = spec.get("station")
    if not isinstance(station, dict) or sum(key in station for key in ("column", "heads", "file")) != 1:
        raise WrongLayout("station says column, heads or file")
    where = next(key for key in ("column", "heads", "file") if key in station)
    shapes = [key for key in ("values", "value", "long") if key in spec]
    if len(shapes) != 1:
        raise WrongLayout("one of values, value and long is needed")
    if (where == "heads") != (shapes == ["value"]):
        raise WrongLayout("stations in the heads of columns go with value, and only with it")
    if station.get("by", "code") not in ("code", "address"):
        raise WrongLayout("by is code or address")
    pattern = _pattern(station["file"] if where == "file" else station.get("pattern"))
    if where == "file" and pattern is None:
        raise WrongLayout("file is a pattern with one group")
    if spec.get("decimal", ".") not in (".", ","):
        raise WrongLayout("decimal is . or ,")
    if spec.get("encoding", "auto") not in ENCODINGS:
        raise WrongLayout(f"encoding is one of {', '.join(ENCODINGS)}")
    skip = spec.get("skip", 0)
    if not isinstance(skip, int) or not 0 <= skip <= MOST_SKIPPED:
        raise WrongLayout(f"skip is a number up to {MOST_SKIPPED}")
    delimiter = spec.get("delimiter", "")
    if not isinstance(delimiter, str) or len(delimiter) > 1:
        raise WrongLayout("delimiter is one letter")
    return Layout(
        time=_texts(spec.get("time"), "time"),
        formats=_texts(spec.get("time_format", []), "time_format", least=0),
        zone=_zone(spec.get("offset")),
        station=where,
        station_column=_text(station["column"], "station column") if where == "column" else "",
        pattern=pattern,
        names={str(said): str(name) for said, name in _object(station.get("names", {}), "names").items()},
        by=station.get("by", "code"),
        values=_values(spec["values"]) if "values" in spec else (),
        value=_measure(spec["value"]) if "value" in spec else None,
        long=_long(spec["long"]) if "long" in spec else None,
        decimal=spec.get("decimal", "."),
        missing=frozenset(map(str, spec["missing"])) | {""}
        if isinstance(spec.get("missing"), list)
        else frozenset(MISSING),
        skip=skip,
        encoding=spec.get("encoding", "auto"),
        delimiter=delimiter,
        sheet=str(spec.get("sheet", "")),
        ignore=frozenset(plain(one) for one in _texts(spec.get("ignore", []), "ignore", least=0)),
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        raise WrongLayout(f"{name} is a text")
    return value


def _texts(value: Any, name: str, least: int = 1) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not least <= len(found) <= 20:
        raise WrongLayout(f"{name} is a text or a list of them")
    return tuple(_text(one, name) for one in found)


def _object(value: Any, name: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise WrongLayout(f"{name} is an object")
    return value


def _zone(said: Any) -> timezone:
    if said is None:
        return HALL
    match = _OFFSET.fullmatch(str(said))
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise WrongLayout("offset is written +08:00")
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-span if match[1] == "-" else span)


def _pattern(said: Any) -> re.Pattern[str] | None:
    if not said:
        return None
    try:
        found = re.compile(_text(said, "pattern"))
    except re.error as wrong:
        raise WrongLayout(f"the pattern cannot be read: {wrong}") from None
    if found.groups != 1:
        raise WrongLayout("a pattern has one group")
    return found


def _measure(said: Any) -> Measure:
    point = _object(said, "a point")
    try:
        found = Measure(
            _text(point.get("channel"), "channel"), str(point.get("unit", "")),
            float(point.get("scale", 1)), float(point.get("offset", 0)),
        )  # fmt: skip
    except (TypeError, ValueError) as wrong:
        raise (
            wrong if isinstance(wrong, WrongLayout) else WrongLayout("scale and offset are numbers")
        ) from None
    if not isfinite(found.scale) or not isfinite(found.offset) or found.scale == 0:
        raise WrongLayout("scale and offset are numbers, and scale is not 0")
    return found


def _values(said: Any) -> tuple[tuple[str, Measure], ...]:
    if not isinstance(said, list) or not said:
        raise WrongLayout("values is a list of columns")
    return tuple((_text(_object(one, "a column").get("column"), "column"), _measure(one)) for one in said)


def _long(said: Any) -> Long:
    found = _object(said, "long")
    return Long(
        _text(found.get("channel"), "the column of the point"),
        _text(found.get("value"), "the column of the value"),
        str(found.get("unit", "")),
        {str(text): _measure(point) for text, point in _object(found.get("points", {}), "points").items()},
    )


# --- rows ------------------------------------------------------------------------------------------------------
def plain(head: str) -> str:
    """A head as it is compared: without blanks at its ends and in small letters."""
    return head.strip().strip("\ufeff").lower()


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
