"""How healthy a desk's alarms are (ISA-18.2, EEMUA 191): rates, floods, priorities, bad actors, answering times. Pure.

An hour of a desk is told by a ``Told``, a plain value that is kept as JSON; any number of hours makes a ``Report``, so a
month costs the same however many alarms it had. Counted is what rang, in the minute of the hall in which it became known:
that is what the officer heard. What came late or was suppressed is told beside it.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from .floods import Limits

SPAN = 10  # minutes: rates are told per ten of them
ISA = Limits(begins_above=10, ends_below=5)
"""A flood begins above ten new alarms in ten minutes and ends below five (ISA-18.2, EEMUA 191)."""
CHATTER, CHATTER_SPAN = 3, timedelta(minutes=1)
"""A point chatters that rises three times or more within a minute (ISA-18.2)."""
TOP = 10
HOUR = timedelta(hours=1)
PRIORITIES = {"low": (3, 4), "medium": (2,), "high": (1,)}
"""The standards know three priorities: red is high, orange medium, yellow and blue are low."""
ACKNOWLEDGE, INCIDENT, RESPONSE = "acknowledge", "incident", "response"
ANSWERS = (ACKNOWLEDGE, INCIDENT, RESPONSE)

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What a standard asks of a figure: at most (or about) ``value``."""

    value: float
    source: str


# fmt: off
TARGETS = {
    "average":    Target(1.0,  "EEMUA 191"),   # alarms per ten minutes an officer can answer well
    "peak":       Target(10.0, "ISA-18.2"),
    "flood":      Target(0.01, "ISA-18.2"),    # share of the time
    "low":        Target(0.80, "EEMUA 191"),
    "medium":     Target(0.15, "EEMUA 191"),
    "high":       Target(0.05, "EEMUA 191"),
    "chattering": Target(0.0,  "ISA-18.2"),
    "stale":      Target(5.0,  "ISA-18.2"),    # on any day
    "top":        Target(0.05, "ISA-18.2"),    # share of the ten worst in all
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Fact:
    """One alarm. ``at``: when the hall learned of it; ``raised_at`` and ``cleared_at`` are device times. ``level`` is the
    worst it had. ``answered``: by ``ANSWERS``, the hall's times. ``false``: its incident was dismissed."""

    at: datetime
    raised_at: datetime
    level: int
    station: str
    channel: str
    rule: str
    rang: bool = True
    cleared_at: datetime | None = None
    latched: bool = False  # the engine held it, since it chattered
    retracted: bool = False  # late data showed that it never was
    false: bool = False
    answered: Mapping[str, datetime | None] = field(default_factory=dict)

    @property
    def point(self) -> tuple[str, str, str]:
        return (self.station, self.channel, self.rule)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an alarm, as the app that follows it up tells: when its incident was confirmed and responded to, and
    whether it was dismissed."""

    incident_at: datetime | None = None
    response_at: datetime | None = None
    false: bool = False


def told(facts: Iterable[Fact], hour: datetime, stale: timedelta) -> Told:
    """One hour of a desk. Facts of the minute before the hour tell who chatters and are not counted."""
    every = sorted(facts, key=lambda fact: fact.at)
    bad = chattering(fact for fact in every if fact.rang)
    inside = [fact for fact in every if hour <= fact.at < hour + HOUR]
    heard = [fact for fact in inside if fact.rang]
    answers: dict[str, Counter[int]] = {name: Counter() for name in ANSWERS}
    for fact in heard:
        for name, at in fact.answered.items():
            if at is not None:
                answers[name][step((at - fact.at).total_seconds())] += 1
    return {
        "minutes": _plain(Counter((fact.at - hour) // timedelta(minutes=1) for fact in heard)),
        "levels": _plain(Counter(fact.level for fact in heard)),
        "stations": _plain(Counter(fact.station for fact in heard)),
        "rules": _plain(Counter(fact.rule for fact in heard)),
        "chattering": _plain(Counter("|".join(fact.point) for fact in heard if fact.point in bad)),
        "stale": sum(
            fact.cleared_at is not None and fact.cleared_at - fact.raised_at > stale for fact in heard
        ),
        "silent": len(inside) - len(heard),
        "false": sum(fact.false or fact.retracted for fact in heard),
        **{name: _plain(count) for name, count in answers.items()},
    }


def _plain(count: Mapping[Any, int]) -> dict[str, int]:
    """As JSON keeps it."""
    return {str(key): n for key, n in sorted(count.items())}


def chattering(facts: Iterable[Fact]) -> set[tuple[str, str, str]]:
    """Points that rose three times within a minute of device time, or that the engine latched for it."""
    times: dict[tuple[str, str, str], list[datetime]] = {}
    found = set()
    for fact in facts:
        times.setdefault(fact.point, []).append(fact.raised_at)
        if fact.latched:
            found.add(fact.point)
    for point, at in times.items():
        at.sort()
        if any(last - first <= CHATTER_SPAN for first, last in zip(at, at[CHATTER - 1 :], strict=False)):
            found.add(point)
    return found


def step(seconds: float) -> int:
    """Seconds as the hours keep them, so that they stay small: whole ones up to two minutes, then tens, from half an
    hour on minutes, from a day on hours; rounded up, since an answer is never told as faster than it was."""
    at_least = max(seconds, 0.0)
    for most, width in ((120, 1), (1800, 10), (86400, 60)):
        if at_least <= most:
            return math.ceil(at_least / width) * width
    return math.ceil(at_least / 3600) * 3600


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The value that ``share`` of all do not exceed (nearest rank); None of nothing."""
    total = sum(counts.values())
    if not total:
        return None
    ordered = sorted(counts)
    rank = math.ceil(share * total)
    sums = accumulate(counts[value] for value in ordered)
    return next(value for value, reached in zip(ordered, sums, strict=True) if reached >= rank)


# --- shifts ---------------------------------------------------------------------------------------
def shifts(starts: Iterable[float]) -> list[tuple[int, int]]:
    """(first hour, hour after the last) of each shift, from the hours at which they begin; a hall may have two or three."""
    begin = sorted({int(hour) % 24 for hour in starts})
    return list(zip(begin, [*begin[1:], begin[0]], strict=True))


def in_shift(hour: int, shift: tuple[int, int] | None) -> bool:
    """Whether an hour of the hall's day (0–23) is in the shift, which may go over midnight; None is the whole day."""
    if shift is None or shift[0] == shift[1]:
        return True
    first, end = shift
    return first <= hour < end if first < end else hour >= first or hour < end


# --- the report -----------------------------------------------------------------------------------
@dataclass(slots=True)
class Report:
    """Figures of one desk over a span, of all hours or of a shift's. Shares are 0–1, times seconds."""

    shift: tuple[int, int] | None
    minutes: int = 0  # of the span that lie in the shift
    alarms: int = 0
    peak: int = 0  # most in any ten minutes
    peak_at: datetime | None = None  # end of the first such ten minutes
    flood_minutes: int = 0
    levels: Counter[int] = field(default_factory=Counter)
    stations: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    chattering: Counter[str] = field(default_factory=Counter)  # "station|channel|rule": alarms
    stale: int = 0
    silent: int = 0
    false: int = 0
    answers: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in ANSWERS})

    @property
    def average(self) -> float | None:
        """Alarms per ten minutes."""
        return self.alarms * SPAN / self.minutes if self.minutes else None

    @property
    def flood(self) -> float | None:
        return self.flood_minutes / self.minutes if self.minutes else None

    @property
    def mix(self) -> dict[str, float | None]:
        return {name: self._share(sum(self.levels[n] for n in which)) for name, which in PRIORITIES.items()}

    @property
    def false_share(self) -> float | None:
        return self._share(self.false)

    @property
    def top_share(self) -> float | None:
        return self._share(sum(n for _, n in self.worst("stations")))

    def worst(self, name: str) -> list[tuple[str, int]]:
        """The ten of ``stations``, ``rules`` or ``chattering`` with the most alarms."""
        return sorted(getattr(self, name).items(), key=lambda one: (-one[1], one[0]))[:TOP]

    def answer(self, name: str, share: float) -> int | None:
        return percentile(self.answers[name], share)

    def answered(self, name: str) -> int:
        return sum(self.answers[name].values())

    def _share(self, n: int) -> float | None:
        return n / self.alarms if self.alarms else None

    def _take(self, one: Told) -> None:
        self.alarms += sum(one["levels"].values())
        for name in _COUNTED:
            held = getattr(self, name)
            for key, n in one[name].items():
                held[key] += n
        for mine, theirs in ((self.levels, "levels"), *((self.answers[name], name) for name in ANSWERS)):
            for key, n in one[theirs].items():
                mine[int(key)] += n
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + one[name])

    def _add(self, other: "Report") -> None:
        self.alarms += other.alarms
        self.levels.update(other.levels)
        for name in _COUNTED:
            getattr(self, name).update(getattr(other, name))
        for name in ANSWERS:
            self.answers[name].update(other.answers[name])
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_COUNTED = ("stations", "rules", "chattering")
_SUMMED = ("stale", "silent", "false")


def reports(
    hours: Mapping[datetime, Told],
    since: datetime,
    until: datetime,
    day_hour: Callable[[datetime], int],
    spans: Collection[tuple[int, int]],
    limits: Limits = ISA,
) -> list[Report]:
    """The whole day's report and each shift's over [since, until), both whole minutes, ``since`` a whole hour.

    ``spans`` are the shifts, which share out the day. ``hours`` may begin an hour earlier, so that a flood that came
    over the edge is seen. ``day_hour`` tells the hall's hour of the day.
    """
    parts = [Report(one) for one in spans]
    for hour, one in hours.items():
        if since <= hour < until:
            next(_of(parts, day_hour(hour)))._take(one)
    whole = Report(None)
    for part in parts:  # each hour's many stations are added up once only
        whole._add(part)
    found = [whole, *parts]
    series = Series(hours, since - HOUR, until, limits)
    for hour in _hours(since, until):
        first = (hour - series.since) // timedelta(minutes=1)
        last = min(first + 60, len(series.flooded))
        for report in _of(found, day_hour(hour)):
            report.minutes += last - first
            report.flood_minutes += sum(series.flooded[first:last])
            most = max(series.sums[first:last], default=0)
            if most > report.peak:
                report.peak = most
                ended = series.sums.index(most, first, last) + 1
                report.peak_at = series.since + timedelta(minutes=ended)
    return found


def _of(found: Iterable[Report], hour: int) -> Iterator[Report]:
    return (report for report in found if in_shift(hour, report.shift))


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += HOUR


class Series:
    """Minute by minute: how many alarms the ten minutes up to its end had (``sums``), and whether it was in flood."""

    def __init__(
        self, hours: Mapping[datetime, Told], since: datetime, until: datetime, limits: Limits
    ) -> None:
        self.since = since
        counts = [0] * max((until - since) // timedelta(minutes=1), 0)
        for hour, one in hours.items():
            first = (hour - since) // timedelta(minutes=1)
            for minute, n in one["minutes"].items():
                if 0 <= first + int(minute) < len(counts):
                    counts[first + int(minute)] = n
        self.sums = sliding(counts)
        self.flooded = in_flood(self.sums, limits)


def sliding(counts: Sequence[int]) -> list[int]:
    """For each minute the sum of the ten that end with it."""
    total = [0, *accumulate(counts)]
    return [total[n + 1] - total[max(n + 1 - SPAN, 0)] for n in range(len(counts))]


def in_flood(sums: Iterable[int], limits: Limits = ISA) -> list[bool]:
    found, flood = [], False
    for n in sums:
        flood = limits.begins(n) or (flood and not limits.ends(n))
        found.append(flood)
    return found


def floods(
    hours: Mapping[datetime, Told], since: datetime, until: datetime, limits: Limits = ISA
) -> list[tuple[datetime, datetime]]:
    """(begin, end) of each flood that touches [since, until), in order of time."""
    series = Series(hours, since - HOUR, until, limits)
    found: list[tuple[datetime, datetime]] = []
    begin = None
    for n, flood in enumerate([*series.flooded, False]):
        at = series.since + timedelta(minutes=n)
        if flood and begin is None:
            begin = at
        elif not flood and begin is not None:
            if at > since:
                found.append((begin, at))
            begin = None
    return found
