"""What is believed of a reading, by itself and beside its neighbours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.quality import Quality, jumps, plausible, time_trouble
from sensors.domain.quantities import QUANTITIES

NIGHT = datetime(2022, 8, 18, 20, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
BOUNDS = {"ahead": 5 * MIN, "behind": timedelta(days=30)}


@pytest.mark.parametrize("quantity", sorted(QUANTITIES))
def test_values_are_believed_up_to_the_bounds_of_their_quantity_and_not_beyond(quantity):
    _, lowest, highest, _ = QUANTITIES[quantity]
    assert plausible(quantity, lowest) == plausible(quantity, highest) == Quality.GOOD
    assert plausible(quantity, lowest - 1) == plausible(quantity, highest + 1) == Quality.BAD


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_bad_for_any_quantity(value):
    assert plausible("water_level", value) == plausible("something new", value) == Quality.BAD


@pytest.mark.parametrize(
    ("off", "trouble"),
    [
        (timedelta(), ""),
        (5 * MIN, ""),
        (5 * MIN + timedelta(seconds=1), "device time lies in the future"),
        (-timedelta(days=30), ""),
        (-timedelta(days=30, seconds=1), "device time lies too far in the past"),
    ],
)
def test_a_device_time_is_believed_within_its_bounds(off, trouble):
    assert time_trouble(NIGHT + off, NIGHT, **BOUNDS) == trouble


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([10, 40], [False, False]),  # exactly 30 cm in a minute
        ([10, 40.1], [False, True]),
        ([10, 90, 91], [False, True, False]),  # what stays at the new height is believed
        ([10, 90, 10], [False, True, False]),  # a spike and back
        ([90, 10], [False, False]),  # water may be pumped away
    ],
)
def test_a_rise_faster_than_water_is_a_jump(values, found):
    samples = [(NIGHT + n * MIN, float(value)) for n, value in enumerate(values)]
    assert jumps(samples, None, limit_per_min=30.0) == found
    assert jumps(samples[1:], samples[0], limit_per_min=30.0) == found[1:]


@given(st.lists(st.floats(0, 500), min_size=2, max_size=20), st.data())
def test_a_series_is_judged_the_same_in_one_piece_or_in_two(values, data):
    samples = [(NIGHT + n * MIN, value) for n, value in enumerate(values)]
    cut = data.draw(st.integers(1, len(samples) - 1))
    whole = jumps(samples, None, limit_per_min=30.0)
    parts = jumps(samples[:cut], None, limit_per_min=30.0) + jumps(
        samples[cut:], samples[cut - 1], limit_per_min=30.0
    )
    assert parts == whole
