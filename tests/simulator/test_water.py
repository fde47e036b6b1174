import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.simulator.sample import district
from sensors.simulator.water import Orders, build, shares

DRY = [0.0] * 12


def played(mm_h, hours, *, orders=None, seed=1, after=0):
    """The district after ``hours`` of even rain and ``after`` dry hours."""
    water = build(district(seed=seed), seed=seed)
    for minute in range(int((hours + after) * 60)):
        water.step([mm_h] * 12 if minute < hours * 60 else DRY, minute % 1440, orders)
    return water


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 150), min_size=12, max_size=12), min_size=1, max_size=40),
    st.integers(1, 5),
    st.sampled_from(["stuck", "runs_on", "blocked", None]),
)
def test_no_water_appears_or_vanishes(rates, seed, wrong):
    water = build(district(seed=seed), seed=seed)
    orders = {
        "stuck": {code: Orders(stuck=True) for code in water.houses},
        "runs_on": {code: Orders(runs_on=frozenset({1})) for code in water.houses},
        "blocked": {code: Orders(blocked=True) for code in water.houses},
    }.get(wrong)
    for n, minute in enumerate(rates * 6):
        water.step(minute, n % 1440, orders)
    came, stored, left = water.balance()
    assert came == pytest.approx(stored + left, rel=1e-9, abs=1e-6)
    assert all(pond.stands_m3 >= 0 for pond in water.ponds.values())
    assert all(house.stored_m3 >= 0 for house in water.houses.values())


def test_the_same_seed_gives_the_same_night_and_another_seed_another():
    one, same, other = played(60, 1), played(60, 1), played(60, 1, seed=2)
    depths = [[pond.depth_cm for pond in water.ponds.values()] for water in (one, same, other)]
    assert depths[0] == depths[1] != depths[2]


def test_a_drizzle_leaves_the_streets_dry():
    assert max(pond.depth_cm for pond in played(8, 6).ponds.values()) < 1


def test_a_cloudburst_floods_some_places_and_spares_most_of_the_small_ones():
    depths = sorted(pond.depth_cm for pond in played(70, 1).ponds.values())
    assert depths[-1] > 40
    assert sum(depth > 15 for depth in depths) >= 8
    assert sum(depth < 15 for depth in depths) >= 20


def test_the_water_recedes_when_the_rain_is_over():
    wet, later = played(70, 1), played(70, 1, after=5)
    assert (
        max(pond.depth_cm for pond in later.ponds.values()) < max(p.depth_cm for p in wet.ponds.values()) / 2
    )


def test_pumps_start_when_the_forebay_fills_and_stop_above_the_stop_level():
    water = build(district(), seed=1)
    seen = set()
    for minute in range(36 * 60):
        water.step([40.0] * 12 if 60 <= minute < 150 else DRY, minute % 1440)
        for house in water.houses.values():
            seen.add(len(house.running))
            if house.running:
                assert house.level_m > house.levels.stop_m - 1e-9
            assert house.level_m < house.levels.start_m + 0.3 or house.running
    assert {0, 1, 2, 3} <= seen


def test_a_pump_starts_no_more_than_six_times_an_hour():
    water = build(district(), seed=1)
    starts, before = {}, {}
    for minute in range(24 * 60):
        water.step([25.0] * 12 if minute < 600 else DRY, minute)
        for code, house in water.houses.items():
            for pump in house.running - before.get(code, set()):
                starts.setdefault((code, pump), []).append(minute)
            before[code] = set(house.running)
    for times in starts.values():
        assert all(sum(at <= other < at + 60 for other in times) <= 6 for at in times)


def test_a_stuck_station_backs_its_sewers_up_and_the_street_stays_under_water():
    code = "YB01"
    fine, stuck = played(40, 2), played(40, 2, orders={code: Orders(stuck=True)})
    station = list(fine.houses).index(code)
    assert not stuck.houses[code].running
    assert stuck.houses[code].level_m > fine.houses[code].levels.warning_m

    def standing(water):
        return sum(pond.stands_m3 for pond in water.ponds.values() if pond.station == station)

    assert standing(stuck) > standing(fine) + 100


def test_a_tripped_pump_leaves_the_work_to_the_others():
    water = played(40, 1, orders={"YB01": Orders(tripped=frozenset({1}))})
    assert 1 not in water.houses["YB01"].running
    assert 2 in water.houses["YB01"].running


def test_a_pump_that_does_not_stop_runs_the_forebay_under_its_stop_level():
    house = played(0, 8, orders={"WB16": Orders(runs_on=frozenset({1}))}).houses["WB16"]
    assert 1 in house.running
    assert house.level_m < house.levels.stop_m


def test_a_blocked_screen_loses_more_than_thirty_centimetres_under_load():
    blocked = played(50, 1, orders={"YB01": Orders(blocked=True)}).houses["YB01"]
    assert blocked.head_loss_m > 0.3
    assert played(50, 1).houses["YB01"].head_loss_m < 0.3


def test_rivers_rise_after_the_rain_and_fall_again():
    water = build(district(), seed=1)
    code, levels = "HD01", []
    for minute in range(24 * 60):
        water.step([60.0] * 12 if minute < 90 else DRY, minute)
        levels.append(water.rivers[code].level_m)
    peak = levels.index(max(levels))
    assert 90 <= peak < 360
    assert max(levels) > water.rivers[code].warning_m
    assert levels[-1] < max(levels) - 0.5


@given(st.integers(0, 10**6))
def test_rain_between_gauges_is_a_weighted_mean(seed):
    dice = random.Random(seed)
    gauges = [(dice.uniform(118, 119), dice.uniform(37, 38)) for _ in range(12)]
    found = shares(118.5, 37.5, gauges)
    assert sum(weight for _, weight in found) == pytest.approx(1)
    assert len(found) == 3
    nearest, weight = shares(*gauges[4], gauges)[0]
    assert nearest == 4
    assert weight > 0.99
