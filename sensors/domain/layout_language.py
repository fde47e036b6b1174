"""How a file of readings is laid out: what its columns mean, which row is the head, how times and numbers are written.

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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from math import isfinite
from typing import Any

from .mapping import HALL
from .quantities import QUANTITIES
from .units import factor

KEYS = frozenset(
    {"time", "time_format", "offset", "station", "values", "value", "long", "decimal", "missing", "skip", "encoding",
     "delimiter", "sheet", "ignore"}
)  # fmt: skip
ENCODINGS = ("auto", "utf-8", "gb18030", "utf-16")
MISSING = ("", "-", "--", "---", "NA", "N/A", "NaN", "null", "缺测")
LONGEST_NAME = 200
MOST_SKIPPED = 100

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)


class WrongLayout(ValueError):
    """A layout that cannot be used; the text says why (English: it is shown to who wrote it)."""


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


def plain(head: str) -> str:
    """A head as it is compared: without blanks at its ends and in small letters."""
    return head.strip().strip("\ufeff").lower()
