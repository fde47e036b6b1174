"""Directions, distances and crossings of fire spots seen from high places."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sensors.domain.fire_spots import (
    Located,
    Sight,
    ahead,
    at_range,
    bearing,
    best_crossing,
    crossing,
    passes,
    range_of,
)
from sensors.domain.plane import metres

LON, LAT = 118.6, 37.45
lons, lats = st.floats(118.5, 118.7), st.floats(37.4, 37.5)


@settings(max_examples=40)
@given(st.tuples(lons, lats), st.tuples(lons, lats), st.tuples(lons, lats))
def test_two_lookouts_that_look_at_one_place_find_it(one, other, fire):
    first = Sight(*one, bearing(*one, *fire))
    second = Sight(*other, bearing(*other, *fire))
    turn = abs((first.bearing_deg - second.bearing_deg + 180) % 360 - 180)
    assume(8 < turn < 172 and metres(*one, *fire) > 200 and metres(*other, *fire) > 200)
    found = crossing(first, second)
    assert found is not None and metres(found.lon, found.lat, *fire) < 60
    assert found.accuracy_m > 0


@settings(max_examples=40)
@given(
    st.tuples(lons, lats),
    st.tuples(lons, lats),
    st.tuples(lons, lats),
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
)
def test_the_stated_accuracy_covers_what_the_error_of_the_directions_moves(one, other, fire, off, off_other):
    first = Sight(*one, (bearing(*one, *fire) + off) % 360)
    second = Sight(*other, (bearing(*other, *fire) + off_other) % 360)
    turn = abs((first.bearing_deg - second.bearing_deg + 180) % 360 - 180)
    assume(20 < turn < 160 and metres(*one, *fire) > 500 and metres(*other, *fire) > 500)
    found = crossing(first, second)
    assert found is not None
    # Each direction is off by its whole error at the most: the two together move it by no more than their sum.
    assert metres(found.lon, found.lat, *fire) <= 1.5 * found.accuracy_m + 60


@settings(max_examples=40)
@given(lons, lats, st.floats(0, 359), st.floats(100, 20_000))
def test_a_direction_with_a_distance_is_a_place_and_back(lon, lat, turn, away):
    found = at_range(Sight(lon, lat, turn, 0.5, away))
    assert metres(lon, lat, found.lon, found.lat) == pytest.approx(away, rel=0.003)
    assert abs((bearing(lon, lat, found.lon, found.lat) - turn + 180) % 360 - 180) < 0.2
    assert found.accuracy_m >= 0.1 * away - 0.05  # told in tenths of a metre


def test_lines_that_do_not_cross_in_front_of_both_are_no_place():
    north, south = Sight(LON, LAT, 0), Sight(LON + 0.01, LAT, 180)
    assert crossing(north, south) is None  # parallel
    assert crossing(Sight(LON, LAT, 270), Sight(LON + 0.01, LAT, 90)) is None  # away from each other
    assert crossing(Sight(LON, LAT, 45), Sight(LON + 0.02, LAT, 135)) is None  # crossing behind the other one
    assert crossing(Sight(LON, LAT, 89), Sight(LON + 0.4, LAT, 271)) is None  # at too small an angle
    assert at_range(north) is None


def test_of_several_crossings_the_most_accurate_counts():
    fire = ahead(Sight(LON, LAT, 45), 3000)
    seen = [Sight(*place, bearing(*place, *fire)) for place in ((LON + 0.05, LAT), (LON + 0.01, LAT + 0.002))]
    first = Sight(LON, LAT, 45)
    assert best_crossing(first, seen) == min(
        (crossing(first, one) for one in seen), key=lambda one: one.accuracy_m
    )
    assert best_crossing(first, []) is None


def test_the_angle_below_the_horizon_gives_a_distance_on_flat_ground():
    assert range_of(60, -1.0) == pytest.approx(3437, abs=1)
    assert range_of(60, 0) is None and range_of(60, 2) is None and range_of(0, -1) is None


def test_a_sight_passes_a_place_within_both_their_errors_and_only_ahead():
    sight, fire = Sight(LON, LAT, 90, 0.5), Located(LON + 0.05, LAT, 50)
    assert passes(sight, fire, margin_m=0)
    assert not passes(sight, Located(LON - 0.05, LAT, 50), margin_m=200)
    assert not passes(sight, Located(LON + 0.05, LAT + 0.01, 50), margin_m=200)
    assert not passes(sight, Located(LON + 0.5, LAT, 50), margin_m=0, furthest_m=10_000)
