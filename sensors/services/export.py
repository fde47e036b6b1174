"""Readings of one station over a span as rows for a table: CSV that streams, or an Excel file."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.db import connection
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ..charts import RAW, quality_words, summaries
from ..domain.quantities import QUANTITIES
from ..models import Sensor, Station

MOST_ROWS = 1_000_000  # Excel's own limit is a little higher
LONGEST = {RAW: timedelta(days=92), "hour": timedelta(days=3660), "day": timedelta(days=36600)}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def head(resolution: str) -> list[str]:
    """The columns, in the active language. Times are the hall's."""
    first = [_("Time"), _("Channel"), _("Name"), _("Unit")]
    if resolution == RAW:
        return [*first, _("Value"), _("Quality"), _("Reason"), _("Received")]
    return [
        *first,
        _("Readings"),
        _("Mean"),
        _("Lowest"),
        _("Highest"),
        _("Sum"),
        _("Share of data"),
        _("Doubted"),
    ]


def rows(station: Station, since: datetime, until: datetime, resolution: str) -> Iterator[list[Any]]:
    """Rows within (since, until] in time order; hours and days stand under the time at which they end."""
    sensors = {sensor.pk: sensor for sensor in station.sensors.order_by("pk")}
    names = {pk: _texts(sensor) for pk, sensor in sensors.items()}
    if resolution == RAW:
        words: dict[int, tuple[str, str]] = {}
        for sensor_id, at, value, mark, received_at in _readings(list(sensors), since, until):
            if mark not in words:
                words[mark] = quality_words(mark)
            yield [_local(at), *names[sensor_id], value, *words[mark], _local(received_at)]
        return
    told = summaries(list(sensors), since, until, resolution)
    flat = [(row[0], sensor_id, row) for sensor_id, of in told.items() for row in of]
    for end, sensor_id, (_end, count, doubted, low, high, total, complete) in sorted(
        flat, key=lambda one: one[:2]
    ):
        mean = None if not count or total is None else round(total / count, 4)
        adds_up = sensors[sensor_id].quantity.startswith("rain_")
        yield [
            _local(end), *names[sensor_id], count, None if adds_up else mean, low, high,
            total if adds_up else None, round(complete, 3), doubted,
        ]  # fmt: skip


def _readings(
    sensors: list[int], since: datetime, until: datetime
) -> Iterable[tuple[int, datetime, float, int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sensor_id, observed_at, value, quality, received_at FROM sensors_reading"
            " WHERE sensor_id = ANY(%s) AND observed_at > %s AND observed_at <= %s"
            " ORDER BY observed_at, sensor_id LIMIT %s",
            [sensors, since, until, MOST_ROWS],
        )
        yield from cursor


def _texts(sensor: Sensor) -> list[str]:
    quantity = QUANTITIES[sensor.quantity]
    return [safe(sensor.channel), safe(sensor.label or _(quantity.label)), quantity.unit]


def safe(text: str) -> str:
    """Text that no table program takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _local(at: datetime) -> datetime:
    local: datetime = localtime(at).replace(tzinfo=None)
    return local


def as_csv(head_: Sequence[str], body: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a CSV that Excel opens as UTF-8."""

    class Echo:
        def write(self, line: str) -> str:
            return line

    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(head_)
    for row in body:
        yield writer.writerow([one.isoformat(" ") if isinstance(one, datetime) else one for one in row])


def as_excel(title: str, head_: Sequence[str], body: Iterable[Sequence[Any]]) -> bytes:
    """An Excel file with one sheet; the head stands still."""
    import openpyxl  # here: it would be a sixteenth of every process's start, and few ever meet a table
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in r"[]:*?/\'")[:31] or "1")
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 20
    cells = []
    for text in head_:
        cell = WriteOnlyCell(sheet, value=text)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
    for row in body:
        sheet.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def file_name(station: Station, since: datetime, until: datetime) -> str:
    """A name without anything a file system or header could stumble over."""
    code = "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "-" for c in station.code)
    return f"{code}_{localtime(since):%Y%m%d%H%M}_{localtime(until):%Y%m%d%H%M}"
