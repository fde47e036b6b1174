"""What the places of a vehicle say of areas, stops, loading and its trip, and which hours an area's rule holds."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain import trips, vehicles
from sensors.domain.alarms import QUIET, observe
from sensors.domain.rules import Limits
from sensors.domain.trips import Around, Fence, Journey, Numbers, Place, Standing, step

T = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S, MIN = timedelta(seconds=1), timedelta(minutes=1)
NUMBERS = Numbers(tolerance_kmh=5, stop_after=20 * MIN, jitter_m=40)
LON, LAT = 118.6, 37.45
METRE = 1 / 111_200
NOON = datetime(2026, 7, 13, 12, 0)  # a Monday
ON_THE_WAY = Journey("t1", trips.UNDER_WAY, from_site=1, to_site=2, corridor_m=200)


class Follow:
    """One vehicle, place by place."""

    def __init__(self, *journeys, fences=(), local=NOON):
        self.trips, self.fences, self.local = journeys, {fence.id: fence for fence in fences}, local
        self.standing, self.stood, self.moves = Standing(), {}, []

    def at(self, seconds, around=Around(), *, kmh=50.0, load=None, metres=0.0):  # noqa: B008
        place = Place(T + seconds * S, LON, LAT + metres * METRE, kmh, load)
        said = step(
            self.standing, place, around, trips=self.trips, fences=self.fences,
            was=lambda channel: self.stood.get(channel, False), local=self.local, numbers=NUMBERS,
        )  # fmt: skip
        self.standing = said.standing
        self.stood |= said.alarms
        self.moves += said.moves
        return {channel for channel, value in self.stood.items() if value}


def test_inside_a_no_go_area_until_well_outside_it():
    one = Follow(fences=[Fence(1, trips.NO_GO)])
    inside, near = Around(frozenset({1}), frozenset({1})), Around(frozenset(), frozenset({1}))
    assert one.at(0, near) == set()
    assert one.at(30, inside) == {trips.IN_NO_GO}
    assert one.at(60, near) == {trips.IN_NO_GO}
    assert one.at(90) == set()


def test_a_speed_limit_has_a_tolerance_and_falls_only_at_the_limit_itself():
    one = Follow(fences=[Fence(1, trips.SPEED, limit_kmh=40)])
    inside = Around(frozenset({1}), frozenset({1}))
    assert [bool(one.at(30 * n, inside, kmh=kmh)) for n, kmh in enumerate((44, 46, 42, 39, 44))] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_a_residential_area_that_is_closed_to_loaded_vehicles_lets_empty_ones_pass():
    one = Follow(fences=[Fence(1, trips.RESIDENTIAL, only_loaded=True)])
    inside = Around(frozenset({1}), frozenset({1}))
    assert one.at(0, inside, load=0) == set() and one.at(30, inside, load=3) == {trips.IN_RESIDENTIAL}


@pytest.mark.parametrize(
    ("begins", "ends", "days", "when", "holds"),
    [
        (None, None, (), NOON, True),
        (None, None, (1,), NOON, False),
        (time(7), time(9), (), NOON, False),
        (time(7), time(13), (0,), NOON, True),
        (time(22), time(6), (0,), NOON.replace(hour=23), True),
        (time(22), time(6), (0,), NOON.replace(day=14, hour=5), True),  # Tuesday morning belongs to Monday
        (time(22), time(6), (0,), NOON.replace(hour=5), False),  # and Monday morning to Sunday
        (time(22), time(6), (), NOON.replace(hour=6), False),
    ],
)
def test_an_area_has_its_hours_and_days(begins, ends, days, when, holds):
    assert Fence(1, trips.NO_GO, None, begins, ends, frozenset(days)).holds_at(when) is holds


def test_a_stop_on_the_way_is_too_long_after_its_minutes_whatever_the_receiver_jumps():
    one = Follow(ON_THE_WAY)
    one.at(0, kmh=0)
    assert one.at(10 * 60, kmh=4.0, metres=15) == set()  # a jump of the receiver is no start
    assert one.at(20 * 60, kmh=0, metres=5) == {trips.STOPPED}
    assert one.at(21 * 60, kmh=30, metres=100) == set()
    one.at(22 * 60, kmh=0, metres=600)
    assert one.at(43 * 60, kmh=0, metres=600) == {trips.STOPPED}


def test_at_a_site_and_without_a_trip_a_vehicle_may_stand():
    at_site = Around(site=2, sites_near=frozenset({2}))
    for one, around in ((Follow(replace(ON_THE_WAY, to_site=None)), at_site), (Follow(), Around())):
        one.at(0, around, kmh=0)
        assert one.at(3600, around, kmh=0) == set()


def test_goods_that_change_hands_outside_a_site_are_told_until_the_vehicle_drives_on():
    one = Follow()
    one.at(0, kmh=0, load=0)
    assert one.at(60, kmh=0, load=3) == {trips.LOADS_OUTSIDE}
    assert one.at(120, kmh=0, load=3) == {trips.LOADS_OUTSIDE}
    assert one.at(180, kmh=40, load=3, metres=300) == set()
    at_site = Around(site=1, sites_near=frozenset({1}))
    one.at(240, at_site, kmh=0, load=3)
    assert one.at(300, at_site, kmh=0, load=0) == set()


def test_a_trip_begins_when_its_site_is_left_and_has_arrived_when_the_vehicle_stands_in_the_other():
    one = Follow(replace(ON_THE_WAY, state=trips.PLANNED))
    first, edge = Around(site=1, sites_near=frozenset({1})), Around(sites_near=frozenset({1}))
    one.at(0, first, kmh=0)
    one.at(30, edge, kmh=10)  # the receiver at the fence
    assert one.moves == []
    one.at(60, kmh=30)
    assert one.moves == [("t1", "begin")]
    one.trips = (ON_THE_WAY,)
    last = Around(site=2, sites_near=frozenset({2}))
    one.at(600, last, kmh=25)  # driving past
    assert len(one.moves) == 1
    one.at(660, last, kmh=0)
    assert one.moves[-1] == ("t1", "arrive")


def test_on_the_road_outside_its_hours():
    one = Follow(replace(ON_THE_WAY, permitted_from=T + MIN, permitted_until=T + 10 * MIN))
    assert (
        one.at(0) == {trips.OUT_OF_HOURS} and one.at(90) == set() and one.at(11 * 60) == {trips.OUT_OF_HOURS}
    )
    assert one.at(12 * 60, kmh=0) == set()


def test_a_late_place_moves_nothing_that_is_remembered():
    one = Follow(ON_THE_WAY)
    one.at(600, kmh=0)
    kept = one.standing
    one.at(0, Around(site=2, sites_near=frozenset({2})), kmh=0)
    assert one.standing == kept and one.moves == []


@given(places=st.lists(st.floats(0, 130), min_size=3, max_size=40))
def test_places_that_jump_out_of_the_corridor_now_and_then_never_ring(places):
    """Whatever the jumps: an alarm needs three places in a row outside, the first and the last 30 s apart."""
    limits = Limits(
        clear_after=MIN, ring_within=MIN, look_back=MIN,
        values={"vehicle.fence_samples": 3, "vehicle.fence_delay": 30}, hazard_levels={"vehicle.off_route": 3},
    )  # fmt: skip
    rule = vehicles.alarm(vehicles.OFF, limits)
    belief, one, run = QUIET, Follow(ON_THE_WAY), 0
    for n, off_m in enumerate(places):
        out = vehicles.OFF in one.at(15 * n, Around(off_m=off_m))
        run = run + 1 if out else 0
        belief, change = observe(belief, rule.delays, rule.judge(T + 15 * n * S, float(out), belief))
        if change is not None and change.what == "raised":
            assert run >= 3


def test_driver_alarms_are_repeated_when_enough_lie_within_the_span():
    times = [T, T + 20 * MIN, T + 59 * MIN]
    asked = {"count": 3, "within": 60 * MIN}
    assert trips.is_repeated(times, T + 59 * MIN, **asked)
    assert not trips.is_repeated(times, T + 61 * MIN, **asked)
    assert not trips.is_repeated(times[:2], T + 59 * MIN, **asked)


@pytest.mark.parametrize(
    ("text", "number"),
    [("UN 1203", "1203"), ("1203", "1203"), ("un1203", "1203"), ("12", None), ("１２０３", None)],
)
def test_a_un_number_has_four_digits(text, number):
    assert trips.un_number(text) == number
