"""Files as rows of texts: CSV in the encodings that are met here, and Excel. Rows are read as they are asked for."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from ..domain.layout_language import Layout
from ..domain.words import gettext_noop
from .tables import BROKEN, NOT_A_TABLE, TOO_LARGE, Unreadable

MOST_UNPACKED = 1_000_000_000  # bytes of an Excel file without its compression
MOST_COLUMNS = 2000
SNIFFED = 65536
CHUNK = 1 << 20

OLD_EXCEL = gettext_noop("This is an old Excel file (.xls): save it as .xlsx or CSV.")
NO_SHEET = gettext_noop("The file has no sheet %(sheet)s.")

Rows = Iterator[tuple[int, list[str]]]


def rows(file: BinaryIO, layout: Layout) -> Rows:
    """(line, cells) of each row of ``file``, which stays the caller's to close; raises Unreadable, also midway."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic == b"\xd0\xcf\x11\xe0":
        raise Unreadable(OLD_EXCEL)
    return _excel(file, layout) if magic[:2] == b"PK" else _csv(file, layout)


def _csv(file: BinaryIO, layout: Layout) -> Rows:
    encoding = _encoding(file) if layout.encoding == "auto" else layout.encoding
    file.seek(0)
    # Read by another object than the caller's, so that closing it leaves the file open.
    text = io.TextIOWrapper(_Unclosed(file), "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    try:
        reader = csv.reader(text, delimiter=layout.delimiter or _delimiter(text, layout.skip))
        for row in reader:
            yield reader.line_num, [cell.replace("\0", "") for cell in row[:MOST_COLUMNS]]
    except (UnicodeError, csv.Error):
        raise Unreadable(NOT_A_TABLE) from None


class _Unclosed(io.RawIOBase):
    """``file`` for reading; closing this closes nothing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _encoding(file: BinaryIO) -> str:
    """UTF-8 where the whole file is, else GBK (as GB 18030), which Excel writes here; UTF-16 by its mark."""
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    raise Unreadable(NOT_A_TABLE)


def _delimiter(text: io.TextIOWrapper, skip: int) -> str:
    """The mark that stands most often in the head."""
    lines = text.read(SNIFFED).splitlines()
    text.seek(0)
    head = next((line for line in lines[skip:] if line.strip()), "")
    return max(",\t;|", key=head.count)


def _excel(file: BinaryIO, layout: Layout) -> Rows:
    import openpyxl  # here: it would be a sixteenth of every process's start, and few ever meet a table

    try:
        with zipfile.ZipFile(file) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                raise Unreadable(TOO_LARGE, most=MOST_UNPACKED // 1_000_000)
        file.seek(0)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        if layout.sheet and layout.sheet not in book.sheetnames:
            raise Unreadable(NO_SHEET, sheet=layout.sheet)
        sheet = book[layout.sheet] if layout.sheet else book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
            yield number, [_cell(value, layout.decimal) for value in row]
    except BROKEN:
        raise Unreadable(NOT_A_TABLE) from None


def _cell(value: Any, decimal: str) -> str:
    """A cell as text: times as ISO 8601, numbers with the layout's decimal mark, whole ones without one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        # Excel counts days as a float: seconds come back off by microseconds.
        near = value + timedelta(milliseconds=500)
        return near.replace(microsecond=0).isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        return text.replace(".", decimal)
    return str(value).strip().replace("\0", "")
