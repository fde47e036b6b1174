"""What is kept of a vehicle's words, when its alarms begin and end, and where it can be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain import vehicles
from sensors.domain.alarms import NONE, QUIET
from sensors.domain.readings import Fix, Reading
from sensors.domain.rules import Limits
from sensors.domain.vehicles import Corridor, Ear, Region, corridor_of

T = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
HOLD = timedelta(minutes=2)
S = timedelta(seconds=1)
BASE = Limits(
    clear_after=timedelta(minutes=10), ring_within=timedelta(minutes=15), look_back=timedelta(hours=48)
)


def fix(at):
    return Fix("1", at, 118.6, 37.4, 50.0, 90, 3)


def bit(value, at, channel="alarm.fatigue"):
    return Reading("1", channel, "vehicle_alarm", float(value), at)


def kept(ear, *rows):
    """(channel's value, seconds) that are kept of ``rows``: (value, seconds) a location each."""
    found = []
    for value, seconds in rows:
        at = T + seconds * S
        found += ear.edges([bit(value, at)], [fix(at)])
    return [(reading.value, (reading.observed_at - T) / S) for reading in found]


def test_of_a_bit_that_holds_only_its_edges_are_kept():
    rows = [(0, 0), (0, 30), (1, 60), (1, 90), (1, 120), (0, 150), (0, 180)]
    assert kept(Ear({}, HOLD), *rows) == [(0, 0), (1, 60), (0, 150)]


def test_what_is_already_known_is_no_edge():
    assert kept(Ear({"alarm.fatigue": (1.0, T)}, HOLD), (1, 30), (0, 60)) == [(0, 60)]


def test_a_late_bit_is_kept_whatever_it_says_and_does_not_change_what_is_known():
    ear = Ear({"alarm.fatigue": (1.0, T)}, HOLD)
    assert kept(ear, (1, -60), (0, -30), (1, 30)) == [(1, -60), (0, -30)]


def test_other_readings_pass():
    speed = Reading("1", "speed", "vehicle_speed", 50.0, T)
    assert Ear({}, HOLD).edges([speed, replace(speed, observed_at=T + S)], [fix(T)]) == [
        speed,
        replace(speed, observed_at=T + S),
    ]


def test_an_alarm_of_active_safety_ends_when_locations_no_longer_speak_of_it():
    ear = Ear({}, HOLD)
    begun = ear.edges([bit(2, T, "dsm.fatigue")], [fix(T)])
    assert [r.value for r in begun] == [2.0]
    assert ear.edges([], [fix(T + HOLD - S)]) == []
    (end,) = ear.edges([], [fix(T + HOLD)])
    assert (end.channel, end.value, end.observed_at) == ("dsm.fatigue", 0.0, T + HOLD)
    assert ear.edges([], [fix(T + 2 * HOLD)]) == []


def test_an_alarm_that_is_told_again_lasts_longer_and_one_that_is_ended_ends():
    ear = Ear({}, HOLD)
    again = T + HOLD - S
    for at in (T, again):
        assert ear.edges([bit(1, at, "dsm.phone")], [fix(at)])
    assert ear.edges([], [fix(T + HOLD)]) == []
    (end,) = ear.edges([bit(0, again + 2 * S, "dsm.phone")], [fix(again + 2 * S)])
    assert end.value == 0.0 and ear.edges([], [fix(T + 3 * HOLD)]) == []


@given(values=st.lists(st.integers(0, 1), min_size=1, max_size=40))
def test_the_edges_alone_tell_the_whole_history_of_a_bit(values):
    edges = kept(Ear({}, HOLD), *[(value, 30 * n) for n, value in enumerate(values)])
    told = {seconds: value for value, seconds in edges}
    now, replayed = None, []
    for n in range(len(values)):
        now = told.get(30.0 * n, now)
        replayed.append(now)
    assert replayed == values
    assert all(a[0] != b[0] for a, b in pairwise(edges))


@pytest.mark.parametrize("channel", vehicles.OF_CHANNEL)
def test_each_channel_raises_at_its_rules_level_and_falls_at_once(channel):
    name = vehicles.OF_CHANNEL[channel]
    rule = vehicles.alarm(channel, replace(BASE, hazard_levels={name: 2}))
    on, off = rule.judge(T, 1.0, QUIET), rule.judge(T, 0.0, QUIET)
    assert (rule.name, on.reached, on.held, off.reached, off.held) == (name, 2, 2, NONE, NONE)
    assert rule.calm_below > 0 and on.facts(2)["text"]


def test_no_rule_knows_a_bit_about_the_terminal_itself_and_level_0_switches_one_off():
    assert vehicles.alarm("alarm.antenna_open", replace(BASE, hazard_levels={"vehicle.fatigue": 2})) is None
    assert vehicles.alarm("dsm.fatigue", replace(BASE, hazard_levels={"vehicle.fatigue": 0})) is None


def test_a_region_is_widened_by_kilometres_and_does_not_hold_swapped_positions():
    district = Region(118.3, 37.2, 119.0, 37.9).widened(300)
    assert district.holds(118.6, 37.4) and district.holds(116.4, 39.0)
    assert not district.holds(37.4, 118.6) and not district.holds(0.0, 0.0)
    assert not Region(118.3, 37.2, 119.0, 37.9).widened(1).holds(118.6, 37.92)


WAY = ((118.50, 37.45), (118.60, 37.45), (118.60, 37.50))
METRE = 1 / 111_200


def test_a_corridor_is_measured_from_the_nearest_leg_also_beyond_its_ends():
    corridor = Corridor(WAY, 200)
    assert corridor.metres_from(118.55, 37.45) == pytest.approx(0, abs=0.01)
    assert corridor.metres_from(118.55, 37.45 + 500 * METRE) == pytest.approx(500, rel=0.001)
    assert corridor.metres_from(118.60, 37.50 + 300 * METRE) == pytest.approx(300, rel=0.001)
    east = 400 * METRE / 0.7937  # a degree of longitude is shorter here
    assert corridor.metres_from(118.60 + east, 37.47) == pytest.approx(400, rel=0.01)


def test_who_is_outside_is_back_only_well_inside():
    corridor = Corridor(WAY, 200)
    at = lambda m: (118.55, 37.45 + m * METRE)  # noqa: E731
    assert not corridor.is_off(*at(95), was_off=False) and corridor.is_off(*at(95), was_off=True)
    assert corridor.is_off(*at(105), was_off=False) and not corridor.is_off(*at(75), was_off=True)


@pytest.mark.parametrize(
    "facts",
    [{}, {"route": None}, {"route": "G18"}, {"route": {"type": "Point", "coordinates": [1, 2]}},
     {"route": {"type": "LineString", "coordinates": [[118.5, 37.4]]}},
     {"route": {"type": "LineString", "coordinates": [["a", 1], [2, 3]]}},
     {"route": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "corridor_m": "wide"}],
)  # fmt: skip
def test_facts_that_describe_no_line_are_no_corridor(facts):
    assert corridor_of(facts, 200) is None


def test_a_corridor_is_as_wide_as_its_facts_or_the_district_say():
    route = {"type": "LineString", "coordinates": [[1, 2, 9], [3, 4]]}
    assert corridor_of({"route": route, "corridor_m": 60}, 200) == Corridor(((1.0, 2.0), (3.0, 4.0)), 60.0)
    assert corridor_of({"route": route}, 200).width_m == 200


def test_without_a_position_nobody_is_off_his_route():
    ear = Ear({}, HOLD, Corridor(WAY, 200))
    lost = replace(fix(T), lon=None, lat=None)
    assert ear.edges([], [lost]) == []
    assert [r.channel for r in ear.edges([], [fix(T)])] == ["route.off"]
