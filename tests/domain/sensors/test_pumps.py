from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sensors.domain import pumps
from sensors.domain.alarms import NONE, QUIET, observe
from tests.domain.sensors.handbook_limits import HANDBOOK

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
FACTS = {"start_level_m": 2.0, "stop_level_m": 0.8}
RUNNING = frozenset({"pump1.running", "pump2.running"})


def row(forebay=None, **pumps_running):
    found = {f"{name}.running": value for name, value in pumps_running.items()}
    return found if forebay is None else {"forebay_level": forebay, **found}


def run(rule, rows):
    belief, told = QUIET, []
    for n, given in enumerate(rows):
        judged = rule.judge(NOON + n * MIN, given, belief)
        if judged is None:
            continue
        belief, change = observe(belief, rule.delays, judged)
        if change:
            told.append((change.at - NOON, change.what, change.level))
    return told


def test_should_run_is_raised_after_five_minutes_at_the_start_level_with_no_pump_running():
    rule = pumps.should_run(FACTS, RUNNING, HANDBOOK)
    high = row(2.1, pump1=0, pump2=0)
    assert run(rule, [high] * 5) == []
    assert run(rule, [high] * 6) == [(5 * MIN, "raised", 2)]


def test_one_running_pump_ends_should_run_at_once():
    rule = pumps.should_run(FACTS, RUNNING, HANDBOOK)
    high = row(2.1, pump1=0, pump2=0)
    assert run(rule, [high] * 6 + [row(2.1, pump1=0, pump2=1)]) == [
        (5 * MIN, "raised", 2),
        (6 * MIN, "cleared", 2),
    ]
    assert run(rule, [high] * 4 + [row(2.1, pump1=1, pump2=0)] + [high] * 5) == []


def test_a_forebay_just_below_the_start_level_neither_raises_nor_clears():
    rule = pumps.should_run(FACTS, RUNNING, HANDBOOK)
    assert run(rule, [row(1.95, pump1=0, pump2=0)] * 20) == []
    raised = [row(2.1, pump1=0, pump2=0)] * 6
    assert run(rule, [*raised, *[row(1.95, pump1=0, pump2=0)] * 20]) == [(5 * MIN, "raised", 2)]


def test_what_is_not_known_is_not_judged():
    rule = pumps.should_run(FACTS, RUNNING, HANDBOOK)
    assert rule.judge(NOON, row(2.5), QUIET) is None
    assert rule.judge(NOON, row(None, pump1=0), QUIET) is None
    assert rule.judge(NOON, row(2.5, pump1=0), QUIET).reached == 2  # the other pump's register was not read


def test_a_pump_running_at_the_stop_level_risks_running_dry_and_is_named():
    rule = pumps.dry_run(FACTS, RUNNING, HANDBOOK)
    judged = rule.judge(NOON, row(0.7, pump1=0, pump2=1), QUIET)
    assert judged.reached == 3
    assert judged.facts(3)["pumps"] == "2"
    assert rule.judge(NOON, row(0.7, pump1=0, pump2=0), QUIET).held == NONE
    assert rule.judge(NOON, row(0.85, pump1=1, pump2=0), QUIET).reached == NONE
    assert rule.judge(NOON, row(0.85, pump1=1, pump2=0), QUIET).held == 3


def test_dry_run_keeps_the_lowest_level_as_its_peak():
    rule = pumps.dry_run(FACTS, RUNNING, HANDBOOK)
    belief = QUIET
    for n, level_m in enumerate([0.8, 0.6, 0.7]):
        belief, _ = observe(belief, rule.delays, rule.judge(NOON + n * MIN, row(level_m, pump1=1), belief))
    assert belief.peak == 0.6


def test_overload_is_more_than_110_percent_of_the_rated_current():
    rule = pumps.overload({"pump": 3, "rated_current_a": 40.0}, HANDBOOK)
    assert rule.judge(NOON, 44.0, QUIET).reached == NONE
    assert rule.judge(NOON, 44.1, QUIET).reached == 3
    assert rule.judge(NOON, 43.0, QUIET).held == 3
    assert rule.judge(NOON, 41.9, QUIET).held == NONE
    assert run(rule, [44.1, 20, 44.1, 44.5]) == [
        (3 * MIN, "raised", 3)
    ]  # one starting current is no overload


def test_a_blocked_screen_and_a_fault_code_are_told():
    screen = pumps.blocked_screen(HANDBOOK)
    assert screen.judge(NOON, 0.30, QUIET).reached == NONE
    assert screen.judge(NOON, 0.31, QUIET).reached == 4
    fault = pumps.fault({"pump": 2}, HANDBOOK)
    assert run(fault, [0, 7, 0]) == [(MIN, "raised", 3), (2 * MIN, "cleared", 3)]
    assert fault.judge(NOON, 7, QUIET).facts(3) == {
        "text": "Pump %(pump)s fault, code %(value)s",
        "unit": "",
        "pump": 2,
        "value": 7,
    }


def test_level_zero_switches_a_rule_off():
    off = replace(HANDBOOK, pump_levels=dict.fromkeys(HANDBOOK.pump_levels, 0))
    assert pumps.should_run(FACTS, RUNNING, off) is None
    assert pumps.dry_run(FACTS, RUNNING, off) is None
    assert pumps.overload({"rated_current_a": 40}, off) is None
    assert pumps.blocked_screen(off) is None
    assert pumps.fault({}, off) is None


def test_every_calm_value_neither_reaches_nor_holds():
    for rule in (pumps.overload({"rated_current_a": 40.0}, HANDBOOK), pumps.blocked_screen(HANDBOOK)):
        for value in (0.0, rule.calm_below * 0.5, rule.calm_below - 1e-9):
            assert rule.judge(NOON, value, QUIET).held == NONE
