from datetime import UTC, datetime, timedelta

import pytest

from sensors.domain.alarms import NONE, QUIET, Belief, observe
from sensors.domain.rules import level_at, tiers
from sensors.domain.samples import RainAmount
from tests.domain.sensors.handbook_limits import shipped

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("site", "depth_cm", "level"),
    [
        ("road", 14.9, NONE),
        ("road", 15, 4),
        ("road", 20, 3),
        ("road", 26.9, 3),
        ("road", 27, 2),
        ("road", 40, 1),
        ("home", 9.9, NONE),
        ("home", 10, 4),
        ("home", 29, 3),
        ("home", 30, 2),
        ("home", 50, 1),
    ],
)
def test_ponding_has_the_handbook_s_tiers_for_roads_and_neighbourhoods(site, depth_cm, level):
    rule = shipped("ponding.depth", {"site": site})
    judged = rule.judge(NOON, depth_cm, QUIET)
    assert judged.reached == level
    assert judged.held == rule.judge(NOON, depth_cm + 3, QUIET).reached
    assert (depth_cm < rule.calm_below) == (judged.held == NONE)


def test_a_ponding_sentence_tells_depth_and_limit():
    judged = shipped("ponding.depth", {"site": "road", "underpass": True}).judge(NOON, 46.2, QUIET)
    assert judged.facts(1) == {"text": "Ponding %(value)s cm", "unit": "cm", "value": 46, "limit": 40}


RIVER = {"warning_level_m": 6.5, "guaranteed_level_m": 7.2}


@pytest.mark.parametrize(("level_m", "level"), [(6.19, NONE), (6.2, 3), (6.5, 2), (7.19, 2), (7.2, 1)])
def test_a_river_is_judged_by_its_warning_and_guaranteed_levels(level_m, level):
    assert shipped("river.level", RIVER).judge(NOON, level_m, QUIET).reached == level


def test_near_the_warning_level_only_a_rising_river_reaches_yellow():
    rule = shipped("river.level", RIVER)
    standing = Belief(last=6.3)
    assert rule.judge(NOON, 6.3, standing).reached == NONE
    assert rule.judge(NOON, 6.305, standing).reached == NONE  # below the gauge's resolution
    assert rule.judge(NOON, 6.31, standing).reached == 3
    assert rule.judge(NOON, 6.2, standing).held == 3  # once raised it stays while the water stands there


def run(rule, values):
    belief, told = QUIET, []
    for n, value in enumerate(values):
        at = NOON + n * 5 * MIN
        belief, change = observe(belief, rule.delays, rule.judge(at, value, belief))
        if change:
            told.append((change.what, change.level, change.facts.get("text", "")))
    return told


def test_a_flood_wave_is_one_alarm_up_and_down_and_says_how_far_above():
    wave = [6.0, 6.25, 6.35, 6.55, 6.7, 7.25, 7.3, 7.0, 6.9, 6.9, 6.9, 6.3, 6.3, 6.3, 6.0, 6.0, 6.0]
    assert run(shipped("river.level", RIVER), wave) == [
        ("raised", 3, "Near the warning level (%(limit)s m) and rising, at %(value)s m"),
        ("level", 2, "%(margin)s m above the warning level, at %(value)s m"),
        ("level", 1, "%(margin)s m above the guaranteed level, at %(value)s m"),
        ("level", 2, "%(margin)s m above the warning level, at %(value)s m"),
        ("level", 3, "Near the warning level (%(limit)s m) and rising, at %(value)s m"),
        ("cleared", 3, ""),
    ]


def test_a_river_without_a_warning_level_has_no_rule():
    assert shipped("river.level", {}) is None


def sums(complete=1.0, **mm):
    return {window.removeprefix("h") + "h": RainAmount(amount, complete) for window, amount in mm.items()}


@pytest.mark.parametrize(
    ("fell", "level", "hours"),
    [
        ({"h1": 29.9, "h3": 40, "h6": 45, "h12": 49}, NONE, None),
        ({"h1": 30, "h3": 40, "h6": 45, "h12": 49}, 4, 1),
        ({"h1": 10, "h3": 20, "h6": 30, "h12": 50}, 4, 12),
        ({"h1": 10, "h3": 20, "h6": 50, "h12": 50}, 3, 6),
        ({"h1": 50, "h3": 49, "h6": 49, "h12": 49}, 3, 1),
        ({"h1": 10, "h3": 50, "h6": 60, "h12": 60}, 2, 3),
        ({"h1": 60, "h3": 100, "h6": 100, "h12": 100}, 1, 3),
    ],
)
def test_rain_takes_the_worst_level_over_its_windows_and_names_the_window(fell, level, hours):
    judged = shipped("rain.amount").judge(NOON, sums(**fell), QUIET)
    assert judged.reached == level
    if hours:
        assert judged.facts(level)["hours"] == hours
        assert judged.facts(level)["value"] == fell[f"h{hours}"]


def test_a_rain_sum_with_data_missing_counts_and_says_that_it_is_the_least():
    judged = shipped("rain.amount").judge(NOON, sums(complete=0.5, h1=31, h3=31, h6=31, h12=31), QUIET)
    assert judged.reached == 4
    told = judged.facts(4)
    assert told["text"] == "Rain at least %(value)s mm in %(hours)s h (data incomplete)"
    assert told["complete"] == 0.5


def test_a_limit_of_zero_leaves_its_level_out():
    assert level_at(1000, tiers((50, 0, 0, 0))) == 4
    assert level_at(1000, tiers((0, 0, 0, 0))) == NONE
