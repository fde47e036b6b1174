"""Tables from CSV and Excel files and to them: rows of texts under a head in either language."""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, override

from ..domain.words import InWords, gettext_noop

MOST_BYTES, MOST_UNPACKED = 5_000_000, 60_000_000
MOST_ROWS, MOST_COLUMNS = 5000, 60
LANGUAGES = ("zh-hans", "en")
BROKEN = (
    zipfile.BadZipFile, KeyError, IndexError, OSError, SyntaxError, TypeError, ValueError, AttributeError,
)  # fmt: skip
"""What openpyxl makes of a broken package."""

TOO_LARGE = gettext_noop("The file is larger than %(most)s MB.")
TOO_MANY = gettext_noop("The file has more than %(most)s rows.")
NOT_A_TABLE = gettext_noop("The file is neither a CSV nor an Excel (.xlsx) table.")
NO_HEAD = gettext_noop("The first row must name the columns; these were found: %(found)s")


class Unreadable(InWords):
    """A file that cannot be taken as what it should be."""


# --- reading -------------------------------------------------------------------------------------------------
def in_both_languages(labels: Mapping[str, str]) -> dict[str, str]:
    """Every way to write one of ``labels`` (name → msgid) → its name: the name itself and the label in both languages."""
    found: dict[str, str] = {}
    for name, label in labels.items():
        found[plain(name)] = name
        for language in LANGUAGES:
            with override(language):
                found[plain(gettext(label))] = name
    return found


def plain(head: str) -> str:
    return re.sub(r"[\s_*（）()]+", "", head).lower()


def rows_under(
    octets: bytes, labels: Mapping[str, str], *, needed: Collection[str], most: int = MOST_ROWS
) -> list[tuple[int, dict[str, str]]]:
    """(line, field → text) of each row that is not empty, under the first one, which names the fields.

    ``labels``: field → msgid of its head; ``needed``: fields without which it is no head. Raises Unreadable.
    """
    heads: list[str | None] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    known = in_both_languages(labels)
    for number, cells in table(octets):
        if not any(cells):
            continue
        if heads is None:
            heads = [known.get(plain(cell)) for cell in cells]
            if not set(needed) <= set(heads):
                raise Unreadable(NO_HEAD, found="、".join(cell for cell in cells if cell)[:200])
            continue
        if len(rows) >= most:
            raise Unreadable(TOO_MANY, most=most)
        rows.append((number, {head: cell for head, cell in zip(heads, cells, strict=False) if head and cell}))
    if heads is None:
        raise Unreadable(NO_HEAD, found="—")
    return rows


def table(octets: bytes) -> Iterable[tuple[int, list[str]]]:
    """(line, cells) of a CSV or Excel file; raises Unreadable, also while it is gone through."""
    if len(octets) > MOST_BYTES:
        raise Unreadable(TOO_LARGE, most=MOST_BYTES // 1_000_000)
    return _excel(octets) if octets[:2] == b"PK" else _csv(octets)


def _csv(octets: bytes) -> Iterable[tuple[int, list[str]]]:
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = octets.decode("gb18030")  # what Excel writes as CSV here
        except UnicodeDecodeError:
            raise Unreadable(NOT_A_TABLE) from None
    if "\0" in text:
        raise Unreadable(NOT_A_TABLE)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=first.count))
    try:
        for row in reader:
            yield reader.line_num, [_unguarded(cell.strip()) for cell in row[:MOST_COLUMNS]]
    except csv.Error:
        raise Unreadable(NOT_A_TABLE) from None


def _excel(octets: bytes) -> Iterable[tuple[int, list[str]]]:
    import openpyxl  # here: it would be a sixteenth of every process's start, and few ever meet a table

    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                raise Unreadable(TOO_LARGE, most=MOST_BYTES // 1_000_000)
        book = openpyxl.load_workbook(io.BytesIO(octets), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True)
        found = [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, 1)]
    except BROKEN:
        raise Unreadable(NOT_A_TABLE) from None
    return found


def _cell(value: Any) -> str:
    """A cell as it is shown: Excel keeps whole numbers as 502.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _unguarded(str(value).strip())


# --- writing -------------------------------------------------------------------------------------------------
def guarded(cell: str) -> str:
    """A cell that a spreadsheet takes for text: one that begins like a formula is quoted."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) is not None


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, which Excel needs to see that it is not GBK."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(str(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_excel(rows: Iterable[Sequence[str]]) -> bytes:
    import openpyxl  # as above

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([guarded(str(cell)) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
