"""T4: Rain sums: equal to plain addition, whatever the order in which the samples came."""

import csv
import itertools
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain.rain import BRIDGE, REACH, WINDOWS, RainGauge, counted_um
from sensors.domain.samples import RainAmount

NIGHT = datetime(2022, 8, 18, 20, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
US = timedelta(microseconds=1)
STORM = Path(__file__).parents[4] / "shared/data/rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"


def gauge(**given):
    return RainGauge(**{"step": 5 * MIN, "usual": 10 * MIN, "wraps_at_mm": 100000.0, **given})


def amounts(told, at):
    return {name: amount.mm for name, amount in told.sums(at).items()}


# --- the plain way: pieces by definition, windows by going through all of them --------------------------
def plain_pieces(increments, counts, step, wraps_at):
    """Pieces (from, to, µm) from all samples at once; each instant of the minute grid looks for itself."""
    grid = timedelta(minutes=1)
    times = sorted(increments)
    fallen = []
    for at in times:
        earlier = [other for other in times if other < at]
        start = max([at - step, *earlier[-1:]])
        fallen.append((start, at, round(increments[at] * 1000) * ((at - start) // US) // (step // US)))
    pieces = list(fallen)
    stamps = sorted(counts)
    for start, end in itertools.pairwise(stamps):
        if end - start > BRIDGE:
            continue
        rest = counted_um(
            round(counts[start] * 1000),
            round(counts[end] * 1000),
            (end - start) // US,
            round(wraps_at * 1000),
        )
        if rest is None:
            continue
        for a, b, um in fallen:
            inside = min(b, end) - max(a, start)
            if inside > timedelta():
                rest -= um * (inside // US) // ((b - a) // US)
        open_cells = [
            start + k * grid
            for k in range((end - start) // grid)
            if not any(a <= start + k * grid < b for a, b, _ in fallen)
        ]
        gaps: list[list[datetime]] = []
        for cell in open_cells:
            if gaps and gaps[-1][1] == cell:
                gaps[-1][1] = cell + grid
            else:
                gaps.append([cell, cell + grid])
        rest, passed = max(0, rest), 0
        for a, b in gaps:
            before, passed = passed, passed + (b - a) // grid
            pieces.append((a, b, rest * passed // len(open_cells) - rest * before // len(open_cells)))
    return sorted(pieces)


def plain_sums(pieces, at, usual):
    def fallen_by(moment):
        total = 0
        for a, b, um in pieces:
            if b <= moment:
                total += um
            elif a < moment:
                total += um * ((moment - a) // US) // ((b - a) // US)
        return total

    found = {}
    for name, width in WINDOWS.items():
        covered = timedelta()
        for a, b, _ in pieces:
            overlap = min(b, at) - max(a, at - width)
            cut = a < at - width or b > at
            if overlap > timedelta() and (not cut or (b - a <= usual and b - a <= width * 1.25)):
                covered += overlap
        found[name] = ((fallen_by(at) - fallen_by(at - width)) / 1000, covered / width)
    return found


tenths = st.integers(0, 300).map(lambda n: n / 10)
minutes = st.integers(0, 40 * 60).map(lambda n: NIGHT + n * MIN)
near = st.integers(0, 90).map(lambda n: NIGHT + n * MIN)
series = st.dictionaries(st.one_of(near, minutes), tenths, max_size=25)
totals = st.dictionaries(
    st.one_of(near, minutes),
    st.one_of(tenths, st.integers(999900, 999999).map(lambda n: n / 10)),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(increments=series, counts=totals, order=st.randoms(use_true_random=False))
def test_any_samples_in_any_order_with_repeats_give_the_plain_sums(increments, counts, order):
    told = gauge()
    batches = [("i", *item) for item in increments.items()] + [("c", *item) for item in counts.items()]
    batches += order.sample(batches, len(batches) // 5)
    order.shuffle(batches)
    while batches:
        n = order.randint(1, 4)
        now, batches = batches[:n], batches[n:]
        told.add(
            [(at, mm) for kind, at, mm in now if kind == "i"],
            [(at, mm) for kind, at, mm in now if kind == "c"],
        )
    pieces = plain_pieces(increments, counts, 5 * MIN, 100000.0)
    for at in [*increments, *counts, NIGHT + 33 * MIN, NIGHT + 41 * 60 * MIN]:
        found = {name: (amount.mm, amount.complete) for name, amount in told.sums(at).items()}
        assert found == plain_sums(pieces, at, 10 * MIN)


@settings(max_examples=60, deadline=None)
@given(first=series, then=series, counts=totals, later=totals)
def test_no_sum_outside_the_span_that_is_said_to_change_changes(first, then, counts, later):
    told = gauge()
    told.add(first.items(), counts.items())
    before = dict(told.history(NIGHT - MIN, NIGHT + 60 * 60 * MIN))
    span = told.add(then.items(), later.items())
    after = dict(told.history(NIGHT - MIN, NIGHT + 60 * 60 * MIN))
    for at, sums in after.items():
        if span is None or not span[0] < at <= span[1]:
            assert before[at] == sums


def test_a_night_of_steps_sums_like_plain_addition_over_half_open_windows():
    chance = random.Random(7)
    steps = {NIGHT + 5 * n * MIN: chance.choice([0.0, 0.0, 0.5, 1.5, 4.0]) for n in range(600)}
    told = gauge()
    items = list(steps.items())
    chance.shuffle(items)
    for item in items:
        told.add([item])
    for at in steps:
        for name, width in WINDOWS.items():
            plain = sum(round(mm * 1000) for when, mm in steps.items() if at - width < when <= at)
            assert told.sums(at)[name].mm == plain / 1000


@pytest.mark.parametrize(
    ("before", "after", "fallen"),
    [
        (10.0, 12.5, 2500),
        (99999.5, 0.5, 1000),  # over the top
        (5000.0, 0.5, 500),  # reset: at least what it shows since
        (5000.0, 4000.0, None),  # neither: another device
        (10.0, 5000.0, None),  # more than can fall
        (10.0, 10.0, 0),
    ],
)
def test_a_counter_wraps_is_reset_or_is_not_believed(before, after, fallen):
    five_minutes = 5 * MIN // US
    assert counted_um(round(before * 1000), round(after * 1000), five_minutes, 100000 * 1000) == fallen


def test_the_five_minute_series_is_preferred_and_the_counter_fills_what_it_left_out():
    told = gauge()
    told.add(counts=[(NIGHT, 100.0), (NIGHT + 15 * MIN, 106.0)])
    told.add([(NIGHT + 5 * MIN, 4.0)])
    assert amounts(told, NIGHT + 5 * MIN)["5min"] == 4.0
    assert amounts(told, NIGHT + 15 * MIN)["5min"] == 1.0  # the other 2 mm lie evenly on the last 10 min
    assert amounts(told, NIGHT + 15 * MIN)["1h"] == 6.0


def test_an_incomplete_window_says_so():
    told = gauge()
    told.add([(NIGHT + 5 * n * MIN, 1.0) for n in range(1, 13) if n not in (4, 5, 6)])
    found = told.sums(NIGHT + 60 * MIN)["1h"]
    assert found.mm == 9.0 and found.complete == 0.75


def test_the_counter_makes_a_window_whole_again_after_a_gap():
    told = gauge()
    told.add(counts=[(NIGHT, 0.0), (NIGHT + 30 * MIN, 12.0), (NIGHT + 60 * MIN, 13.0)])
    found = told.sums(NIGHT + 60 * MIN)
    assert found["1h"].mm == 13.0 and found["1h"].complete == 1.0
    assert found["10min"].complete == 0.0, "half an hour's difference cannot tell ten minutes"


def test_a_step_coarser_than_the_window_is_not_called_complete():
    told = gauge(step=15 * MIN, usual=30 * MIN)
    told.add([(NIGHT + 15 * n * MIN, 3.0) for n in range(9)])
    found = told.sums(NIGHT + 120 * MIN)
    assert found["10min"].complete == 0.0 and found["1h"].complete == 1.0
    assert (found["10min"].mm, found["1h"].mm) == (2.0, 12.0)


def test_sums_fall_and_windows_empty_while_a_gauge_is_silent():
    told = gauge()
    told.add([(NIGHT + 5 * n * MIN, 1.0) for n in range(1, 13)])
    later = told.sums(NIGHT + 90 * MIN)["1h"]
    assert later.mm == 6.0 and later.complete == 0.5
    assert told.sums(NIGHT + 180 * MIN)["1h"].mm == 0.0


def test_forgetting_the_past_keeps_the_sums_of_the_present():
    chance = random.Random(3)
    told = gauge()
    at = [NIGHT + 5 * n * MIN for n in range(1200)]
    total = 0.0
    for moment in at:
        total = round(total + chance.choice([0, 0, 0.5]), 1)
        told.add(
            counts=[(moment, total)] if chance.random() < 0.8 else (),
            increments=[(moment, 0.5)] if chance.random() < 0.5 else (),
        )
    before = dict(told.history(at[-1] - timedelta(hours=24), at[-1]))
    told.forget(at[-1] - timedelta(hours=24) - REACH)
    assert dict(told.history(at[-1] - timedelta(hours=24), at[-1])) == before


def test_a_sample_costs_the_same_however_much_is_remembered():
    def cost_per_sample(remembered):
        told = gauge()
        told.add([(NIGHT + n * MIN, 0.1) for n in range(remembered)])
        best = 1e9
        for again in range(5):
            begin = time.process_time()
            for n in range(300):
                at = NIGHT + (remembered + again * 300 + n) * MIN
                told.add([(at, 0.1)])
                told.sums(at)
            best = min(best, time.process_time() - begin)
        return best

    assert cost_per_sample(20_000) < 4 * cost_per_sample(500)


if STORM.exists():

    def test_the_recorded_storm_in_any_order_gives_the_sums_of_the_file():
        with STORM.open() as file:
            rows = list(csv.reader(file))
        times = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in rows[1:]]
        for column in (1, 2, 7):
            mm = [float(row[column]) for row in rows[1:]]
            samples = list(zip(times, mm, strict=True))
            random.Random(column).shuffle(samples)
            told = gauge(step=15 * MIN, usual=30 * MIN)
            for n in range(0, len(samples), 7):
                told.add(samples[n : n + 7])
            for k, at in enumerate(times):
                sums = told.sums(at)
                for name, steps in {"1h": 4, "3h": 12, "6h": 24, "12h": 48, "24h": 96}.items():
                    assert (
                        sums[name].mm
                        == sum(round(x * 1000) for x in mm[max(0, k + 1 - steps) : k + 1]) / 1000
                    )


def test_a_count_that_is_not_believed_is_gone_on_from_and_tells_nothing_of_the_time_before_it():
    counts = [(NIGHT + n * 5 * MIN, total) for n, total in ((0, 100.0), (1, 101.0), (2, 143.0), (3, 144.0))]
    told = RainGauge(step=5 * MIN)
    told.add((), [counts[0], counts[1], counts[3]], [counts[2]])
    amount = told.between(NIGHT, NIGHT + 15 * MIN)
    assert amount.mm == 2.0 and amount.complete == pytest.approx(2 / 3)
    assert told.sums(NIGHT + 15 * MIN)["1h"].mm == 2.0


def test_rain_between_any_two_moments_is_the_difference_of_the_curve():
    told = RainGauge(step=5 * MIN)
    told.add([(NIGHT + n * 5 * MIN, 1.5) for n in range(1, 13)])
    assert told.between(NIGHT, NIGHT + 60 * MIN) == RainAmount(18.0, 1.0)
    assert told.between(NIGHT + 7 * MIN, NIGHT + 12 * MIN) == RainAmount(1.5, 1.0)
    assert told.between(NIGHT - 60 * MIN, NIGHT + 60 * MIN) == RainAmount(18.0, 0.5)
