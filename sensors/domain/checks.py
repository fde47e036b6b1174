"""Checks of a value beside its neighbours in device time and in space (handbook 2.1; the families of Delft-FEWS).

Each is a function of what was measured alone, so the answer does not depend on the order of arrival. Series are in
time order and hold everything that is a value at all, doubted before or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, inf

Series = Sequence[tuple[datetime, float]]

_FORGET = 8  # holds after which a value says nothing about what may follow


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast a quantity moves, a minute; a value that moved faster must stand for ``hold`` to be believed."""

    rise: float
    fall: float
    hold: timedelta

    @property
    def memory(self) -> timedelta:
        """How long a believed value bears on what follows."""
        return _FORGET * self.hold


def jumps(samples: Series, recent: Series, rates: Rates) -> list[bool]:
    """Which samples moved away from the last believed value faster than the quantity does.

    ``recent``: believed samples before the first, up to ``rates.memory`` back. What stands at the new height for
    ``hold`` is believed, and so is the way back to where it was within the last ``hold``. Less than a minute
    apart counts as a minute.
    """
    believed = list(recent)
    found, since = [], None
    for at, value in samples:
        doubt = False
        if believed and at - believed[-1][0] <= rates.memory:
            base_at, base = believed[-1]
            minutes = max(1.0, ((since or at) - base_at).total_seconds() / 60)
            doubt = value - base > rates.rise * minutes or base - value > rates.fall * minutes
            if doubt:
                doubt = not _was_there(believed, at - rates.hold, value)
            if doubt and since is not None and at - since >= rates.hold:
                doubt = False
        found.append(doubt)
        if doubt:
            since = since or at
        else:
            since = None
            believed.append((at, value))
    return found


def _was_there(believed: Series, since: datetime, value: float) -> bool:
    low, high = inf, -inf
    for at, known in reversed(believed):
        if at < since:
            break
        low, high = min(low, known), max(high, known)
    return low <= value <= high


def excursions(samples: Series, *, step: float, longest: timedelta, usual: timedelta) -> set[datetime]:
    """Samples of a spike or a temporary shift: away by ``step`` or more in one go, and back in one go.

    Neither edge may be wider than ``usual`` (else it may have been gradual), the height between keeps within half of
    the step, and the whole lasts at most ``longest``. It returns to within half of the step of where it began.
    """
    found: set[datetime] = set()
    k = 1
    while k < len(samples):
        (at, value), (before_at, before) = samples[k], samples[k - 1]
        edge = value - before
        if abs(edge) < step or at - before_at > usual:
            k += 1
            continue
        end = k
        while end < len(samples) and abs(samples[end][1] - value) < step / 2:
            end += 1
        if (
            end < len(samples)
            and samples[end][0] - at <= longest
            and samples[end][0] - samples[end - 1][0] <= usual
            and abs(samples[end][1] - samples[end - 1][1]) >= step
            and abs(samples[end][1] - before) < abs(edge) / 2
        ):
            found.update(when for when, _ in samples[k:end])
            k = end + 1
        else:
            k += 1
    return found


def oscillating(samples: Series, *, step: float, swings: int, usual: timedelta) -> set[datetime]:
    """Samples of a run that swings to and fro by ``step`` or more, at least ``swings`` times without a pause."""
    found: set[datetime] = set()
    run: list[datetime] = []
    last = 0.0
    for (before_at, before), (at, value) in pairwise(samples):
        edge = value - before
        if abs(edge) >= step and at - before_at <= usual:
            if edge * last < 0:
                run.append(at)
            else:
                run = [before_at, at]
            last = edge
        else:
            run, last = [], 0.0
        if len(run) > swings:
            found.update(run)
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """The same value from ``since`` to ``until``; ``times`` without the first, which may well be true."""

    since: datetime
    until: datetime
    value: float
    times: tuple[datetime, ...]


def standing(samples: Series, *, least: timedelta, fewest: int) -> list[Run]:
    """Runs of one and the same value for at least ``least`` and ``fewest`` samples."""
    found: list[Run] = []
    begin = 0
    for k in range(1, len(samples) + 1):
        if k < len(samples) and samples[k][1] == samples[begin][1]:
            continue
        if k - begin >= fewest and samples[k - 1][0] - samples[begin][0] >= least:
            times = tuple(at for at, _ in samples[begin + 1 : k])
            found.append(Run(samples[begin][0], samples[k - 1][0], samples[begin][1], times))
        begin = k
    return found


def resets(samples: Series, *, wraps_at: float | None, near: float) -> set[datetime]:
    """Samples at which a counter fell, other than by its ordinary wrap within ``near`` of the top."""
    return {
        at
        for (_, before), (at, value) in pairwise(samples)
        if value < before and not (wraps_at is not None and before >= wraps_at - near and value <= near)
    }


@dataclass(frozen=True, slots=True)
class Near:
    """Rain of one neighbour in mm: within the hour, the most in it and the hours beside it, and how far it is."""

    mm: float
    most_mm: float
    km: float


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """When a gauge's hour is held against its neighbours' (parameters ``quality.rain.*``)."""

    fewest: int  # neighbours, else nothing can be said
    least_mm: float  # less than this in an hour is never too much
    share: float  # too much: the wettest neighbour has less than this share of it
    wet_mm: float  # too little: every neighbour has at least this much
    km: float  # neighbours are this near; weights fall to 1/e at half of it


TOO_MUCH, TOO_LITTLE = "too much", "too little"


def beside_neighbours(mm: float, near: Sequence[Near], rule: Neighbourhood) -> str:
    """TOO_MUCH, TOO_LITTLE or "": an hour's rain of a gauge beside its neighbours'.

    A storm is wider than a gauge: over 319 gauges of a convective night, with three neighbours within 20 km, the
    wettest of them had at least 0.39 of any hour above 10 mm within the hours beside it. Too little is measured
    against the mean weighted by distance (Barnes).
    """
    if len(near) < rule.fewest:
        return ""
    if mm >= rule.least_mm and max(one.most_mm for one in near) < rule.share * mm:
        return TOO_MUCH
    if min(one.mm for one in near) >= rule.wet_mm:
        weights = [exp(-((2 * one.km / rule.km) ** 2)) for one in near]
        expected = sum(w * one.mm for w, one in zip(weights, near, strict=True)) / sum(weights)
        if mm < 0.05 * expected:
            return TOO_LITTLE
    return ""


def hour_closed_by(at: datetime) -> datetime:
    """The beginning of the hour (from, to] that holds ``at``."""
    return (at - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
