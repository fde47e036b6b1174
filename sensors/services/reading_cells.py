"""What the words of a file of readings mean in this district: which point each value is of, and why some cannot be taken."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.conf import settings

from command_center.core.parameters import value
from command_center.core.scope import Grant

from ..domain import reading_files as tables
from ..domain.layout_language import WrongLayout, layout_of
from ..domain.reading_files import Cell, Fault, NoTable
from ..domain.words import gettext_noop
from ..models import ReadingFile, Sensor, Station
from .reading_tables import rows
from .tables import Unreadable

BATCH = 5000
"""Values that are judged, and taken in one transaction."""

UNKNOWN = gettext_noop("there is no station %(text)s here")
AMBIGUOUS = gettext_noop("several stations have the address %(text)s")
OTHER_TYPE = gettext_noop("station %(text)s is of another device type")
NO_CHANNEL = gettext_noop("station %(text)s has no point %(channel)s")
FUTURE = gettext_noop("the time lies in the future")
TOO_OLD = gettext_noop("older than the %(days)s days for which readings are kept")
LAYOUT = gettext_noop("The layout cannot be used: %(reason)s")


@dataclass(frozen=True, slots=True)
class Taken:
    """One value that can be stored."""

    cell: Cell
    protocol: str
    address: str
    sensor: int
    quantity: str
    value: float


class District:
    """The stations that a file names, looked up once each; those it may not speak of do not exist for it."""

    def __init__(self, file: ReadingFile, at: datetime) -> None:
        self._by = layout_of(file.layout.layout).by
        self._type = file.layout.device_type_id
        self._grants = None if file.speaks_for is None else [Grant("", *one) for one in file.speaks_for]
        self._known: dict[str, tuple[Station, dict[str, Sensor]] | Fault] = {}
        self._ahead = at + timedelta(minutes=value("reading.max_ahead"))
        self._days = settings.OURS["reading_days"]
        self._oldest = at - timedelta(days=self._days)

    def judge(self, found: Sequence[Cell | Fault]) -> tuple[list[Taken], list[Fault]]:
        self._look_up({one.station for one in found if isinstance(one, Cell)} - set(self._known))
        good: list[Taken] = []
        bad: list[Fault] = []
        for one in found:
            judged = one if isinstance(one, Fault) else self._cell(one)
            (good if isinstance(judged, Taken) else bad).append(judged)  # type: ignore[arg-type]
        return good, bad

    def _look_up(self, names: set[str]) -> None:
        if not names:
            return
        rows_ = Station.objects.filter(**{f"{self._by}__in": list(names)}).prefetch_related("sensors")
        for station in rows_:
            name = getattr(station, self._by)
            if self._grants is not None and not any(grant.covers(station) for grant in self._grants):
                continue
            if name in self._known:
                self._known[name] = Fault(0, "", "", AMBIGUOUS, {"text": name[:40]})
            elif self._type is not None and station.device_type_id != self._type:
                self._known[name] = Fault(0, "", "", OTHER_TYPE, {"text": name[:40]})
            else:
                self._known[name] = (station, {one.channel: one for one in station.sensors.all()})
        for name in names:
            self._known.setdefault(name, Fault(0, "", "", UNKNOWN, {"text": name[:40]}))

    def _cell(self, cell: Cell) -> Taken | Fault:
        def fault(why: str, /, **params: Any) -> Fault:
            return Fault(cell.line, cell.column, cell.given, why, params)

        found = self._known[cell.station]
        if isinstance(found, Fault):
            return fault(found.text, **found.params)
        station, sensors = found
        sensor = sensors.get(cell.measure.channel)
        if sensor is None:
            return fault(NO_CHANNEL, text=cell.station[:40], channel=cell.measure.channel[:40])
        if cell.at > self._ahead:
            return fault(FUTURE)
        if cell.at < self._oldest:
            return fault(TOO_OLD, days=self._days)
        try:
            number = cell.measure.value(cell.raw, sensor.quantity)
        except ValueError:
            return fault(tables.NO_UNIT, unit=cell.measure.unit[:20], quantity=sensor.quantity)
        return Taken(cell, station.protocol, station.address, sensor.pk, sensor.quantity, number)


def cells(file: ReadingFile, content: BinaryIO, after: int = 0) -> Iterator[Cell | Fault]:
    """The cells of a file behind line ``after``; raises Unreadable with what stands against it."""
    try:
        layout = layout_of(file.layout.layout)
        yield from tables.read(layout, file.file_name, rows(content, layout), after)
    except WrongLayout as wrong:
        raise Unreadable(LAYOUT, reason=str(wrong)) from None
    except NoTable as wrong:
        raise Unreadable(wrong.text, **wrong.params) from None


def batches(found: Iterable[Cell | Fault]) -> Iterator[list[Cell | Fault]]:
    """About ``BATCH`` values at a time, whole lines."""
    batch: list[Cell | Fault] = []
    for one in found:
        if len(batch) >= BATCH and one.line != batch[-1].line:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch
