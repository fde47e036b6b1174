"""Checks of a value beside its neighbours in time and space."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.checks import (
    TOO_LITTLE,
    TOO_MUCH,
    Near,
    Neighbourhood,
    Rates,
    beside_neighbours,
    excursions,
    hour_closed_by,
    jumps,
    oscillating,
    resets,
    standing,
)

NIGHT = datetime(2022, 8, 18, 20, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
PONDING = Rates(rise=30.0, fall=100.0, hold=15 * MIN)


def series(values, step=MIN):
    return [(NIGHT + n * step, float(value)) for n, value in enumerate(values)]


def marks(found, samples):
    return [at in found for at, _ in samples]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([10, 40], [False, False]),  # exactly 30 cm in a minute
        ([10, 40.1], [False, True]),
        ([10, 90, 91], [False, True, True]),  # a height no water reaches in one go must stand first
        ([10, 90, 10], [False, True, False]),  # a spike and back
        ([90, 10], [False, False]),  # water may be pumped away
        ([90, 10, 90], [False, False, False]),  # back where it was: the echo was lost for a moment
    ],
)
def test_a_move_faster_than_water_is_a_jump(values, found):
    assert jumps(series(values), [], PONDING) == found


def test_what_stands_at_its_new_height_for_the_hold_is_believed():
    assert jumps(series([10, *[90] * 20]), [], PONDING) == [False, *[True] * 15, *[False] * 5]


def test_after_a_long_silence_any_height_is_believed():
    samples = [(NIGHT, 10.0), (NIGHT + 3 * 60 * MIN, 400.0)]
    assert jumps(samples, [], PONDING) == [False, False]


@given(st.lists(st.floats(0, 500), min_size=2, max_size=40), st.data())
def test_a_series_is_judged_the_same_in_one_piece_or_from_any_believed_value_on(values, data):
    samples = series(values)
    whole = jumps(samples, [], PONDING)
    believed = [k for k, doubt in enumerate(whole) if not doubt]
    cut = data.draw(st.sampled_from(believed)) + 1
    recent = [samples[k] for k in believed if k < cut]
    assert jumps(samples[cut:], recent, PONDING) == whole[cut:]


def test_a_spike_and_a_shift_are_away_and_back_by_one_step_each_and_a_flood_wave_is_not():
    usual = {"step": 20.0, "longest": 120 * MIN, "usual": 10 * MIN}
    spike = series([5, 6, 70, 6, 5], 5 * MIN)
    assert marks(excursions(spike, **usual), spike) == [False, False, True, False, False]
    shift = series([5, 5, 45, 46, 45, 5, 5], 5 * MIN)
    assert marks(excursions(shift, **usual), shift) == [False, False, True, True, True, False, False]
    lost = series([40, 41, 0, 0, 42, 43], 5 * MIN)
    assert marks(excursions(lost, **usual), lost) == [False, False, True, True, False, False]
    wave = series([5, 30, 52, 60, 55, 48, 40, 31, 22, 12, 5], 5 * MIN)
    assert excursions(wave, **usual) == set()
    stays = series([5, 5, 45, 46, 45, 44], 5 * MIN)
    assert excursions(stays, **usual) == set()


def test_swinging_without_a_pause_is_an_oscillation_and_waves_are_not():
    loose = series([1.0, 1.8, 0.9, 1.9, 1.0, 1.7, 0.8, 1.9, 1.0])
    assert len(oscillating(loose, step=0.3, swings=6, usual=2 * MIN)) == len(loose)
    waves = series([1.0, 1.1, 0.95, 1.1, 0.9, 1.05, 1.0, 1.1, 0.95])
    assert oscillating(waves, step=0.3, swings=6, usual=2 * MIN) == set()
    few = series([1.0, 1.8, 0.9, 1.9, 1.9, 1.9])
    assert oscillating(few, step=0.3, swings=6, usual=2 * MIN) == set()


def test_a_run_of_one_value_is_told_without_its_first_sample():
    [run] = standing(series([1, 2, 2, 2, 2, 3], 60 * MIN), least=180 * MIN, fewest=4)
    assert (run.since, run.until, run.value) == (NIGHT + 60 * MIN, NIGHT + 240 * MIN, 2.0)
    assert run.times == tuple(NIGHT + n * 60 * MIN for n in (2, 3, 4))
    assert standing(series([1, 2, 2, 2, 3], 60 * MIN), least=180 * MIN, fewest=4) == []


def test_a_counter_that_falls_was_reset_unless_it_wrapped():
    samples = series([99990, 99998, 3, 10, 0.5, 1])
    assert resets(samples, wraps_at=100000, near=100) == {samples[4][0]}
    assert resets(samples, wraps_at=None, near=100) == {samples[2][0], samples[4][0]}


RULE = Neighbourhood(fewest=3, least_mm=15, share=0.2, wet_mm=5, km=20)


def near(*amounts):
    return [Near(mm, mm, 5.0 + k) for k, mm in enumerate(amounts)]


@pytest.mark.parametrize(
    ("mm", "beside", "told"),
    [
        (40, near(0, 1, 2), TOO_MUCH),
        (40, near(0, 1, 9), ""),  # one of them saw the edge of the storm
        (40, near(0, 0), ""),  # two neighbours are none
        (14, near(0, 0, 0), ""),  # too little to matter
        (0, near(8, 9, 12), TOO_LITTLE),
        (2, near(8, 9, 12), ""),
        (0, near(8, 9, 3), ""),
    ],
)
def test_a_gauge_is_held_against_its_neighbours(mm, beside, told):
    assert beside_neighbours(mm, beside, RULE) == told


def test_the_full_hour_belongs_to_the_hour_it_closes():
    assert hour_closed_by(NIGHT) == NIGHT - 60 * MIN
    assert hour_closed_by(NIGHT + timedelta(microseconds=1)) == NIGHT
