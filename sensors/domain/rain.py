"""Sliding rain sums of one gauge: exact for late, repeated, missing and shuffled samples.

Two kinds of reports are understood together (SL 651: 22H or F4, and 26H):

* an **increment** at ``t`` says how much fell in the ``step`` before ``t``;
* a **counter** never rests; the difference of two neighbours is what fell between them. It wraps at
  ``wraps_at_mm`` and starts again from zero when a device is reset.

From whatever is known, in whatever order it came, one curve follows: **pieces** (from, to, amount) that do
not overlap. Increments come first (they are the finer truth); where none reported, the rest of the
counter's difference is spread evenly over the time they leave open. A counter bridges at most a day of
silence. Within a piece rain falls evenly, so the sum of any window (at - width, at] is the difference of
the curve at two moments. ``complete`` is the share of the window that pieces cover; a piece cut by the
window's edge counts only if it is no coarser than the window and no longer than a usual report.

A sample costs the same whatever the window: pieces carry running totals, and a window is two look-ups.
All arithmetic is on integers (µs, µm of rain), so equal data give equal sums in every process.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from .samples import RainAmount, RainEntry

WINDOWS: dict[str, timedelta] = {
    "5min": timedelta(minutes=5),
    "10min": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
}
LONGEST = max(WINDOWS.values())
BRIDGE = timedelta(hours=24)  # a counter says nothing about when it rained in a longer silence
REACH = LONGEST + BRIDGE + timedelta(hours=2)  # how far back samples can bear on the sums at a moment
STEPS: dict[str, timedelta] = {  # how much time an increment of each quantity covers
    "rain_1min": timedelta(minutes=1),
    "rain_5min": timedelta(minutes=5),
    "rain_10min": timedelta(minutes=10),
    "rain_30min": timedelta(minutes=30),
    "rain_1h": timedelta(hours=1),
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_HOUR_US = timedelta(hours=1) // _US
_BRIDGE_US = BRIDGE // _US
_LONG_AGO = -(10**18)
_WINDOWS_US = [(name, width // _US) for name, width in WINDOWS.items()]
# What can fall: 60 mm at once (5 min) and 300 mm in each hour, the bounds of rain_5min and rain_1h.
_BURST_UM, _HOURLY_UM = 60_000, 300_000


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _US


def _at(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def counted_um(before_um: int, after_um: int, span_us: int, wraps_at_um: int | None) -> int | None:
    """Rain between two readings of a counter (µm), or None where they cannot be told apart.

    A fall is a wrap if the way over the top is rain that can fall, else a reset: what the counter shows
    has fallen since. A rise beyond what can fall is another device or a fault.
    """
    most = _BURST_UM + _HOURLY_UM * span_us // _HOUR_US
    rise = after_um - before_um
    if rise < 0 and wraps_at_um is not None and rise + wraps_at_um <= most:
        return rise + wraps_at_um
    if rise < 0:
        rise = after_um
    return rise if rise <= most else None


class RainGauge:
    """What one gauge said within a span of time, and the rain curve that follows from it.

    ``step`` is the time one increment covers, ``usual`` the longest span between two reports that is no
    gap, ``wraps_at_mm`` where the counter returns to zero. Times are aware, amounts in mm.
    """

    def __init__(
        self,
        *,
        step: timedelta = STEPS["rain_5min"],
        usual: timedelta = timedelta(minutes=10),
        wraps_at_mm: float | None = None,
    ) -> None:
        self._step = step // _US
        self._usual = usual // _US
        self._wraps_at = None if wraps_at_mm is None else round(wraps_at_mm * 1000)
        self._fallen_at: list[int] = []  # increments: time, µm
        self._fallen: list[int] = []
        self._count_at: list[int] = []  # counter: time, µm
        self._count: list[int] = []
        self._broken: set[int] = set()  # counts that tell nothing of the time before them
        self._from: list[int] = []  # pieces, in time order, and the totals before each
        self._to: list[int] = []
        self._um: list[int] = []
        self._um_before: list[int] = [0]
        self._us_before: list[int] = [0]

    # --- telling it -------------------------------------------------------------------------------
    def add(
        self,
        increments: Iterable[tuple[datetime, float]] = (),
        counts: Iterable[tuple[datetime, float]] = (),
        breaks: Iterable[tuple[datetime, float]] = (),
    ) -> tuple[datetime, datetime] | None:
        """Take samples in any order; a moment already known keeps its first value.

        ``breaks`` are counts whose difference to the one before is not believed: counting goes on from them.

        Returns the span (after, until] of the observation times whose sums are new or changed, or None.
        """
        first: int | None = None  # from here on the curve is drawn anew
        last = 0
        for at, mm in increments:
            us = _us(at)
            if _insert(self._fallen_at, self._fallen, us, round(mm * 1000)):
                start = us - self._step
                first = start if first is None else min(first, start)
                last = max(last, self._next(self._count_at, self._next(self._fallen_at, us)))
        broken = [(at, mm) for at, mm in breaks]
        self._broken.update(_us(at) for at, _ in broken)
        for at, mm in [*counts, *broken]:
            us = _us(at)
            if _insert(self._count_at, self._count, us, round(mm * 1000)):
                k = bisect_left(self._count_at, us)
                start = self._count_at[k - 1] if k else us - 1
                first = start if first is None else min(first, start)
                last = max(last, self._next(self._count_at, us))
        if first is None:
            return None
        k = bisect_right(self._count_at, first)
        base = self._count_at[k - 1] if k else first
        self._draw(base)
        return _at(base), _at(last) + LONGEST

    def forget(self, before: datetime) -> None:
        """Drop samples before ``before``; sums stay right for moments from ``before`` + REACH on."""
        us = _us(before)
        for times, values in ((self._fallen_at, self._fallen), (self._count_at, self._count)):
            k = bisect_left(times, us)
            del times[:k], values[:k]
        self._draw(_LONG_AGO)

    @staticmethod
    def _next(times: list[int], us: int) -> int:
        k = bisect_right(times, us)
        return times[k] if k < len(times) else us

    # --- the curve --------------------------------------------------------------------------------
    def _draw(self, base: int) -> None:
        """Draw the pieces that end after ``base`` anew (no counter difference may straddle ``base``)."""
        keep = bisect_right(self._to, base)
        for column in (self._from, self._to, self._um):
            del column[keep:]
        del self._um_before[keep + 1 :], self._us_before[keep + 1 :]
        fallen = list(self._increments_after(base))
        for start, end, um in sorted([*fallen, *self._bridges_after(base, fallen)]):
            self._from.append(start)
            self._to.append(end)
            self._um.append(um)
            self._um_before.append(self._um_before[-1] + um)
            self._us_before.append(self._us_before[-1] + end - start)

    def _increments_after(self, base: int) -> Iterator[tuple[int, int, int]]:
        """Increments as pieces; where two overlap, the later keeps the part after the earlier."""
        for k in range(bisect_right(self._fallen_at, base), len(self._fallen_at)):
            end = self._fallen_at[k]
            start = end - self._step
            if k and self._fallen_at[k - 1] > start:
                start = self._fallen_at[k - 1]
            yield start, end, self._fallen[k] * (end - start) // self._step

    def _bridges_after(self, base: int, fallen: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
        """What the counter adds where no increment reported: the rest of each difference, spread evenly."""
        near = 0
        for k in range(max(1, bisect_right(self._count_at, base)), len(self._count_at)):
            start, end = self._count_at[k - 1], self._count_at[k]
            if end - start > _BRIDGE_US or end in self._broken:
                continue
            rest = counted_um(self._count[k - 1], self._count[k], end - start, self._wraps_at)
            if rest is None:
                continue
            while near < len(fallen) and fallen[near][1] <= start:
                near += 1
            gaps, at, scan = [], start, near
            while scan < len(fallen) and fallen[scan][0] < end:
                a, b, um = fallen[scan]
                inside_from, inside_to = max(a, start), min(b, end)
                if inside_from > at:
                    gaps.append((at, inside_from))
                at = max(at, inside_to)
                rest -= um * (inside_to - inside_from) // (b - a)
                scan += 1
            if at < end:
                gaps.append((at, end))
            open_us = sum(b - a for a, b in gaps)
            rest, passed, given = max(rest, 0), 0, 0
            for a, b in gaps:
                passed += b - a
                upto = rest * passed // open_us
                yield a, b, upto - given
                given = upto

    # --- asking it --------------------------------------------------------------------------------
    def _inside(self, k: int, moment: int) -> int:
        """µm of piece ``k`` fallen by ``moment``, which lies within it."""
        start = self._from[k]
        return self._um[k] * (moment - start) // (self._to[k] - start)

    def _covers(self, k: int, overlap: int, width: int) -> int:
        """How much of a cut piece's ``overlap`` counts as covered in a window of ``width``."""
        length = self._to[k] - self._from[k]
        return overlap if length <= self._usual and 4 * length <= 5 * width else 0

    def sums(self, at: datetime) -> dict[str, RainAmount]:
        """Rain in each window (at - width, at] in mm, and the share of it that is covered."""
        now = _us(at)
        j = bisect_right(self._to, now)
        open_end = j < len(self._to) and self._from[j] < now
        total = self._um_before[j] + (self._inside(j, now) if open_end else 0)
        found = {}
        for name, width in _WINDOWS_US:
            since = now - width
            i = bisect_right(self._to, since)
            um = total - self._um_before[i]
            covered = self._us_before[j] - self._us_before[i]
            if open_end and not (i == j and self._from[j] < since):
                covered += self._covers(j, now - self._from[j], width)
            if i < len(self._to) and self._from[i] < since:
                um -= self._inside(i, since)
                if i == j:
                    covered += self._covers(i, width, width)
                else:
                    length = self._to[i] - self._from[i]
                    covered += self._covers(i, self._to[i] - since, width) - length
            found[name] = RainAmount(um / 1000, covered / width)
        return found

    def between(self, after: datetime, until: datetime) -> RainAmount:
        """Rain within (after, until] in mm, and the share of it that is covered."""
        mm, covered = [], []
        for moment in (_us(after), _us(until)):
            k = bisect_right(self._to, moment)
            um, us = self._um_before[k], self._us_before[k]
            if k < len(self._to) and self._from[k] < moment:
                um += self._inside(k, moment)
                us += moment - self._from[k]
            mm.append(um)
            covered.append(us)
        return RainAmount((mm[1] - mm[0]) / 1000, (covered[1] - covered[0]) / max(1, _us(until) - _us(after)))

    def times(self, after: datetime, until: datetime) -> list[datetime]:
        """The observation times within (after, until]."""
        low, high = _us(after), _us(until)
        found: set[int] = set()
        for times in (self._fallen_at, self._count_at):
            found.update(times[bisect_right(times, low) : bisect_right(times, high)])
        return [_at(us) for us in sorted(found)]

    def history(self, after: datetime, until: datetime) -> list[RainEntry]:
        """The sums as of each observation time within (after, until]."""
        return [(at, self.sums(at)) for at in self.times(after, until)]

    @property
    def newest(self) -> datetime | None:
        """The latest observation time."""
        ends = [times[-1] for times in (self._fallen_at, self._count_at) if times]
        return _at(max(ends)) if ends else None


def _insert(times: list[int], values: list[int], us: int, value: int) -> bool:
    if not times or us > times[-1]:
        times.append(us)
        values.append(value)
        return True
    k = bisect_left(times, us)
    if times[k] == us:
        return False
    times.insert(k, us)
    values.insert(k, value)
    return True
