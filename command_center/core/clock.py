"""Allowances and the working calendar, as values. Nothing here reads the time.

Natural minutes are the ``ALWAYS`` calendar; working hours and working days are another value, not an ``if``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Calendar(Protocol):
    def worked(self, start: datetime, end: datetime) -> timedelta:
        """How much of the span counts."""

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The first moment at which ``span`` has been worked since ``start``."""


@dataclass(frozen=True, slots=True)
class Always:
    """Natural time: every minute counts."""

    def worked(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, timedelta())

    def after(self, start: datetime, span: timedelta) -> datetime:
        return start + span


ALWAYS = Always()


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Office hours on working days: weekdays, less statutory holidays, plus make-up workdays (调休).

    ``periods`` are local times of a working day, in order, for example 08:30–12:00 and 13:30–17:30.
    """

    periods: tuple[tuple[time, time], ...] = (
        (time(8, 30), time(12)),
        (time(13, 30), time(17, 30)),
    )
    holidays: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    zone: tzinfo = field(default=SHANGHAI)

    def works(self, day: date) -> bool:
        return day in self.makeup or (day.weekday() < 5 and day not in self.holidays)

    @property
    def day(self) -> timedelta:
        """The length of one working day."""
        return sum(
            (datetime.combine(date.min, b) - datetime.combine(date.min, a) for a, b in self.periods),
            timedelta(),
        )

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working spans from ``start`` on, in UTC, the first cut at ``start``."""
        start = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        for _ in range(3660):  # ten years: a calendar without any working day must not spin for ever
            if self.works(day):
                for opens, closes in self.periods:
                    a = datetime.combine(day, opens, self.zone).astimezone(UTC)
                    b = datetime.combine(day, closes, self.zone).astimezone(UTC)
                    if b > start:
                        yield max(a, start), b
            day += timedelta(days=1)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        total = timedelta()
        if end <= start:
            return total
        for a, b in self._spans(start):
            if a >= end:
                break
            total += min(b, end) - a
        return total

    def after(self, start: datetime, span: timedelta) -> datetime:
        for a, b in self._spans(start):
            if span <= b - a:
                return a + span
            span -= b - a
        raise ValueError("the calendar has no working day within ten years")


@dataclass(frozen=True, slots=True)
class Clock:
    """A span that was allowed: when it began, how much of it, by which calendar, and approved pauses."""

    started: datetime
    allowance: timedelta
    calendar: Calendar = ALWAYS
    paused: tuple[tuple[datetime, datetime | None], ...] = ()

    def elapsed(self, now: datetime) -> timedelta:
        """What has counted so far. Pauses that overlap are subtracted once."""
        total = self.calendar.worked(self.started, now)
        last = self.started
        for begin, end in sorted(self.paused, key=lambda pause: pause[0]):
            begin, stop = max(begin, last), min(end or now, now)
            if stop > begin:
                total -= self.calendar.worked(begin, stop)
                last = stop
        return total

    def left(self, now: datetime) -> timedelta:
        return self.allowance - self.elapsed(now)

    def due(self, now: datetime) -> datetime:
        """When the allowance ends if nothing pauses the clock any more."""
        left = self.left(now)
        if left > timedelta():
            return self.calendar.after(now, left)
        low, high = self.started, now  # it ended in the past: find when, by halving
        while high - low > timedelta(milliseconds=1):
            middle = low + (high - low) / 2
            low, high = (low, middle) if self.breached(middle) else (middle, high)
        return high

    def breached(self, now: datetime) -> bool:
        return self.left(now) <= timedelta()
