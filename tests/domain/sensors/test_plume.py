"""The sketch of escaped gas: where it lies, how large it is, and that it never lies upwind."""

from itertools import pairwise
from math import cos, isclose, radians, sin

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sensors.domain.plume import RINGS, SECTOR, Given, circle, offset, sketch

GIVEN = Given((0.0, 300.0, 500.0, 1000.0), 1.5, 2.0, 30.0, 0.1)
M_A_DEGREE = 111_194.93
lons, lats = st.floats(73, 135), st.floats(18, 53)
winds, directions, levels = st.floats(1.5, 40), st.floats(0, 360), st.sampled_from([1, 2, 3])


def metres(lon, lat, point):
    """(east, north) of ``point`` from ``lon``, ``lat`` on the plane: near enough within a kilometre."""
    return (point[0] - lon) * M_A_DEGREE * cos(radians(lat)), (point[1] - lat) * M_A_DEGREE


@settings(max_examples=40)
@given(lons, lats, levels, st.floats(0, 1.49), directions)
def test_in_calm_air_it_is_rings_all_round(lon, lat, level, speed, direction):
    area = sketch(lon, lat, level, speed, direction, GIVEN)
    whole = GIVEN.length_m[4 - level]
    assert (area.kind, area.toward_deg, area.radii_m) == (RINGS, None, (whole / 10, whole))
    for point in area.outline:
        east, north = metres(lon, lat, point)
        assert isclose((east**2 + north**2) ** 0.5, whole, rel_tol=0.01)


def test_a_wind_that_nobody_knows_is_drawn_as_calm():
    assert sketch(118.6, 37.4, 1, None, 90.0, GIVEN).kind == RINGS
    assert sketch(118.6, 37.4, 1, 8.0, None, GIVEN).kind == RINGS


@settings(max_examples=40)
@given(lons, lats, levels, winds, directions)
def test_with_wind_it_lies_downwind_within_its_angle_and_no_further_than_its_length(
    lon, lat, level, speed, direction
):
    area = sketch(lon, lat, level, speed, direction, GIVEN)
    assert area.kind == SECTOR and isclose(area.toward_deg % 360, (direction + 180) % 360)
    whole = GIVEN.length_m[4 - level]
    assert whole / 2 <= area.length_m <= whole
    down = radians(area.toward_deg)
    for point in area.outline[1:-1]:
        east, north = metres(lon, lat, point)
        along, far = east * sin(down) + north * cos(down), (east**2 + north**2) ** 0.5
        assert isclose(far, area.length_m, rel_tol=0.01)
        assert along >= far * cos(radians(30.5))


@settings(max_examples=40)
@given(lons, lats, winds, winds, directions)
def test_stronger_wind_never_makes_it_longer_and_a_worse_level_never_shorter(lon, lat, slow, fast, direction):
    assume(slow < fast)
    lengths = [sketch(lon, lat, 1, speed, direction, GIVEN).length_m for speed in (slow, fast)]
    assert lengths[0] >= lengths[1]
    by_level = [sketch(lon, lat, level, slow, direction, GIVEN).length_m for level in (3, 2, 1)]
    assert all(lesser < worse for lesser, worse in pairwise(by_level))


def test_a_level_without_a_length_draws_nothing():
    assert sketch(118.6, 37.4, 4, 3.0, 90.0, GIVEN) is None


@settings(max_examples=40)
@given(lons, lats, st.floats(0, 360), st.floats(1, 5000))
def test_one_arrives_as_far_as_one_goes(lon, lat, bearing, distance):
    east, north = metres(lon, lat, offset(lon, lat, bearing, distance))
    assert isclose((east**2 + north**2) ** 0.5, distance, rel_tol=0.01)


def test_outlines_are_closed():
    ring = circle(118.6, 37.4, 500)
    assert ring[0] == ring[-1] and len(ring) > 30
