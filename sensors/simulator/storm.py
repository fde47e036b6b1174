"""The storm that plays: recorded (a CSV of gauges) or designed (a formula under a moving cell).

A storm says how much rain fell at each gauge in each step. Gauges tell it at the end of the step and never before, so a
sum over steps that have ended equals the sum computed from the file. Amounts are whole tenths of a millimetre, which is
what the gauges' counter resolves; finer amounts are accumulated and the remainder carried into the next step.
"""

import csv
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
LEAD = timedelta(minutes=30)
"""Calm time between the beginning of the story and the storm that it is about."""
HISTORY = timedelta(hours=24)
"""What the gauges know from before the story began: the longest window shown."""
DRY_MM_H = 1.5
"""Mean rain under which an hour belongs to no storm."""


@dataclass(frozen=True)
class Storm:
    """Rain at each gauge in steps of ``step`` from ``start`` (aware).

    ``tenths[column][n]`` is the rain of the step that ends at ``start + (n + 1) * step`` in 0.1 mm, None where the record
    has no value. With ``period`` (whole steps) everything repeats after that time; without, it stays dry afterwards.
    """

    name: str
    start: datetime
    step: timedelta
    tenths: tuple[tuple[int | None, ...], ...]
    period: timedelta | None = None

    @cached_property
    def _sums(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(accumulate((n or 0 for n in column), initial=0)) for column in self.tenths)

    @property
    def steps(self) -> int:
        return len(self.tenths[0])

    def _place(self, at: datetime) -> tuple[int, int]:
        """(whole periods gone by, whole steps of the present period gone by)."""
        gone = (at - self.start) // self.step
        if self.period is None or gone < 0:
            return 0, max(gone, 0)
        return divmod(gone, self.period // self.step)

    def _column(self, gauge: int) -> int:
        """Columns are given to the gauges in order; with more gauges than columns they begin again."""
        return gauge % len(self.tenths)

    def total_tenths(self, gauge: int, at: datetime) -> int:
        """Rain of all steps that have ended by ``at``, in 0.1 mm."""
        periods, steps = self._place(at)
        sums = self._sums[self._column(gauge)]
        return periods * sums[-1] + sums[min(steps, self.steps)]

    def step_tenths(self, gauge: int, end: datetime) -> int | None:
        """Rain of the step that ends at ``end`` (which must be a step's end); None where the record has no value."""
        if end <= self.start:
            return 0
        _, steps = self._place(end - self.step)
        return self.tenths[self._column(gauge)][steps] if steps < self.steps else 0

    def ends_step(self, at: datetime) -> bool:
        return (at - self.start) % self.step == timedelta(0)

    def rate_mm_h(self, gauge: int, at: datetime) -> float:
        """Intensity while the step around ``at`` is under way: what falls, before any gauge has told it."""
        if at < self.start:
            return 0.0
        _, steps = self._place(at)
        amount = self.tenths[self._column(gauge)][steps] if steps < self.steps else 0
        return (amount or 0) / 10 * (3600 / self.step.total_seconds())

    @property
    def ends_at(self) -> datetime:
        """The end of the last step; a storm that repeats has none (the end of all time)."""
        if self.period is not None:
            return datetime.max.replace(tzinfo=UTC)
        return self.start + self.steps * self.step

    def story_start(self) -> datetime:
        """When the hall's clock should begin: half an hour before the storm that holds the heaviest hour.

        The storm reaches back from that hour to the last hour whose mean over the gauges is under 1.5 mm.
        """
        hour = max(1, timedelta(hours=1) // self.step)
        mean = [
            sum(column[n] or 0 for column in self.tenths) / len(self.tenths) / 10 for n in range(self.steps)
        ]
        if not any(mean):
            return self.start
        hourly = [sum(mean[max(0, n - hour + 1) : n + 1]) for n in range(self.steps)]
        first = hourly.index(max(hourly))
        while first > 0 and hourly[first - 1] >= DRY_MM_H:
            first -= 1
        return self.start + first * self.step - LEAD

    def history_start(self) -> datetime:
        """The first observation time that any gauge reports: partitions must reach back to it."""
        return self.story_start() - HISTORY - timedelta(hours=1)


def load(path: str | Path | None, gauges: Sequence[tuple[float, float]] = (), *, seed: int = 1) -> Storm:
    """The recorded storm in ``path``, or without one the designed storm over ``gauges`` (lon, lat)."""
    return recorded(path) if path else designed(gauges or ((118.5, 37.45),), seed=seed)


# --- recorded ------------------------------------------------------------------------------------


def recorded(path: str | Path) -> Storm:
    """Read a time column and one column a gauge, mm per step; the time is the step's end.

    Times with an offset are taken as they are; without one they are UTC where the column's name says so ("time_utc"),
    otherwise Beijing time. Empty cells and NaN are missing values. Raises ``ValueError`` with the row.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row and any(cell.strip() for cell in row)]
    if len(rows) < 3 or len(rows[0]) < 2:
        raise ValueError(f"{path}: a storm needs a header, a time column, a gauge and at least two steps")
    head, body = rows[0], rows[1:]
    zone = UTC if "utc" in head[0].lower() else LOCAL
    times = [_time(row[0], zone, f"{path}, row {n}") for n, row in enumerate(body, start=2)]
    step = times[1] - times[0]
    for n, (before, after) in enumerate(pairwise(times), start=3):
        if after - before != step or step <= timedelta(0):
            raise ValueError(f"{path}, row {n}: {after} does not follow {before} by one step of {step}")
    columns = [
        _tenths([_amount(row, column, f"{path}, row {n}") for n, row in enumerate(body, start=2)])
        for column in range(1, len(head))
    ]
    return Storm(Path(path).stem, times[0] - step, step, tuple(columns))


def _time(text: str, zone, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{where}: {text!r} is no time") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _amount(row: list[str], column: int, where: str) -> Decimal | None:
    text = row[column].strip() if column < len(row) else ""
    if text.lower() in ("", "nan", "na", "null"):
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{where}: {text!r} is no amount of rain") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{where}: {text} mm of rain cannot be")
    return amount


def _tenths(amounts: Sequence[Decimal | None]) -> tuple[int | None, ...]:
    told, fallen, column = 0, Decimal(0), []
    for amount in amounts:
        if amount is None:
            column.append(None)
            continue
        fallen += amount * 10
        now = int(fallen.to_integral_value(ROUND_FLOOR))
        column.append(now - told)
        told = now
    return tuple(column)


# --- designed ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DesignRain:
    """Rain of a design storm: i(t) = A (1 + C lg P) / (t + b)^n in mm/min, the form Chinese cities publish (they write
    q = 167 i in L/(s·hm²)), arranged in time as a Chicago hyetograph with the peak at the share ``r``.

    The defaults are plausible for the coast of northern Shandong and no city's official formula: 68 mm in the heaviest
    hour and 130 mm in six hours once in ``return_years``.
    """

    a: float = 9.6
    c: float = 0.84
    b: float = 9.0
    n: float = 0.68
    return_years: float = 20
    r: float = 0.4
    minutes: float = 360

    def heaviest_mm(self, minutes: float) -> float:
        """The most that falls in any ``minutes`` on end."""
        return self.a * (1 + self.c * math.log10(self.return_years)) * minutes / (minutes + self.b) ** self.n

    def fallen_mm(self, minute: float) -> float:
        """What has fallen by ``minute`` of the storm: the Chicago hyetograph, integrated exactly."""
        minute = min(max(minute, 0.0), self.minutes)
        peak = self.r * self.minutes
        before = self.r * self.heaviest_mm(self.minutes)
        if minute <= peak:
            return before - self.r * self.heaviest_mm((peak - minute) / self.r)
        return before + (1 - self.r) * self.heaviest_mm((minute - peak) / (1 - self.r))


DESIGNED_FROM = datetime(2026, 7, 28, 10, 0, tzinfo=UTC)  # 18:00 in the hall
DESIGNED_STEP = timedelta(minutes=5)
DESIGNED_PERIOD = timedelta(hours=18)


def designed(
    gauges: Sequence[tuple[float, float]], *, seed: int = 1, rain: DesignRain | None = None
) -> Storm:
    """The design rain under a cell that crosses the district: later downwind, weaker off its track. It repeats every
    18 hours, dry in between, so that a hall can be left running.

    ``gauges``: (longitude, latitude) in the order of the gauges. The same seed gives the same storm.
    """
    rain, dice = rain or DesignRain(), random.Random(seed)
    heading = math.radians(dice.uniform(20, 70))  # from the southwest, as most of them here
    speed_km_min = dice.uniform(20, 35) / 60
    lon0 = sum(lon for lon, _ in gauges) / len(gauges)
    lat0 = sum(lat for _, lat in gauges) / len(gauges)
    track_km = dice.uniform(-3, 3)
    places = []
    for lon, lat in gauges:
        east, north = (lon - lon0) * 111.32 * math.cos(math.radians(lat0)), (lat - lat0) * 110.57
        along = east * math.sin(heading) + north * math.cos(heading)
        across = east * math.cos(heading) - north * math.sin(heading) - track_km
        share = 0.45 + 0.55 * math.exp(-((across / 8) ** 2))
        places.append((along / speed_km_min, share * dice.uniform(0.9, 1.05)))
    first = min(lag for lag, _ in places)
    lasts = max(lag for lag, _ in places) - first + rain.minutes
    count = math.ceil(lasts / 5)
    columns = []
    for lag, share in places:
        fallen = [share * rain.fallen_mm(5 * n - (lag - first)) for n in range(count + 1)]
        steps = [Decimal(str(round(after - before, 4))) for before, after in pairwise(fallen)]
        columns.append(_tenths(steps))
    return Storm("designed", DESIGNED_FROM, DESIGNED_STEP, tuple(columns), DESIGNED_PERIOD)
