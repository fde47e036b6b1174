"""What is believed of a reading by itself, and how the number beside it is made."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.quality import (
    Check,
    Origin,
    Quality,
    check_of,
    flag_of,
    mark,
    origin_of,
    time_trouble,
    with_the_devices_own,
    within_limits,
)
from sensors.domain.quantities import QUANTITIES

NIGHT = datetime(2022, 8, 18, 20, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
BOUNDS = {"ahead": 5 * MIN, "behind": timedelta(days=30)}


@given(st.sampled_from(Quality), st.sampled_from(Check), st.sampled_from(Origin))
def test_flag_check_and_origin_come_back_from_the_stored_number(flag, check, origin):
    marked = mark(flag, check, origin)
    assert (flag_of(marked), check_of(marked), origin_of(marked)) == (flag, check, origin)
    assert 0 <= marked < 2**15  # a smallint
    assert (marked == 0) == (flag == Quality.GOOD and check == Check.NONE and origin == Origin.MEASURED)


@pytest.mark.parametrize("quantity", sorted(QUANTITIES))
def test_values_are_believed_up_to_the_bounds_of_their_quantity_and_not_beyond(quantity):
    _, lowest, highest, _ = QUANTITIES[quantity]
    assert within_limits(quantity, lowest) == within_limits(quantity, highest) == 0
    for value in (lowest - 1, highest + 1):
        assert within_limits(quantity, value) == mark(Quality.BAD, Check.LIMITS_HARD)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_bad_for_any_quantity(value):
    assert (
        flag_of(within_limits("water_level", value))
        == flag_of(within_limits("something new", value))
        == Quality.BAD
    )


def test_a_points_own_limits_make_a_value_suspect_and_the_quantitys_make_it_bad():
    soft = (1.0, 8.0)
    assert within_limits("water_level", 8.0, soft) == 0
    assert within_limits("water_level", 8.01, soft) == mark(Quality.SUSPECT, Check.LIMITS_SOFT)
    assert within_limits("water_level", 9001.0, soft) == mark(Quality.BAD, Check.LIMITS_HARD)


def test_the_worse_of_our_judgement_and_the_devices_own_holds():
    hard = mark(Quality.BAD, Check.LIMITS_HARD)
    assert with_the_devices_own(0, None) == with_the_devices_own(0, Quality.GOOD) == 0
    assert with_the_devices_own(0, Quality.SUSPECT) == mark(Quality.SUSPECT, Check.DEVICE)
    assert with_the_devices_own(hard, Quality.SUSPECT) == hard


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
