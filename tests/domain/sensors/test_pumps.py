from datetime import UTC, datetime, timedelta

from sensors.domain.alarms import NONE, QUIET, observe
from tests.domain.sensors.handbook_limits import shipped

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
FACTS = {"start_level_m": 2.0, "stop_level_m": 0.8}
STATION = {
    "kind": "pump_station",
    "channels": {
        "forebay_level": "forebay_level",
        "pump1.running": "pump_running",
        "pump2.running": "pump_running",
    },
}


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
    rule = shipped("pump.should_run", FACTS, **STATION)
    high = row(2.1, pump1=0, pump2=0)
    assert run(rule, [high] * 5) == []
    assert run(rule, [high] * 6) == [(5 * MIN, "raised", 2)]


def test_one_running_pump_ends_should_run_at_once():
    rule = shipped("pump.should_run", FACTS, **STATION)
    high = row(2.1, pump1=0, pump2=0)
    assert run(rule, [high] * 6 + [row(2.1, pump1=0, pump2=1)]) == [
        (5 * MIN, "raised", 2),
        (6 * MIN, "cleared", 2),
    ]
    assert run(rule, [high] * 4 + [row(2.1, pump1=1, pump2=0)] + [high] * 5) == []


def test_a_forebay_just_below_the_start_level_neither_raises_nor_clears():
    rule = shipped("pump.should_run", FACTS, **STATION)
    assert run(rule, [row(1.95, pump1=0, pump2=0)] * 20) == []
    raised = [row(2.1, pump1=0, pump2=0)] * 6
    assert run(rule, [*raised, *[row(1.95, pump1=0, pump2=0)] * 20]) == [(5 * MIN, "raised", 2)]


def test_what_is_not_known_is_not_judged():
    rule = shipped("pump.should_run", FACTS, **STATION)
    assert rule.judge(NOON, row(2.5), QUIET) is None
    assert rule.judge(NOON, row(None, pump1=0), QUIET) is None
    assert rule.judge(NOON, row(2.5, pump1=0), QUIET).reached == 2  # the other pump's register was not read


def test_a_pump_running_at_the_stop_level_risks_running_dry_and_is_named():
    rule = shipped("pump.dry_run", FACTS, **STATION)
    judged = rule.judge(NOON, row(0.7, pump1=0, pump2=1), QUIET)
    assert judged.reached == 3
    assert judged.facts(3)["pumps"] == "2"
    assert rule.judge(NOON, row(0.7, pump1=0, pump2=0), QUIET).held == NONE
    assert rule.judge(NOON, row(0.85, pump1=1, pump2=0), QUIET).reached == NONE
    assert rule.judge(NOON, row(0.85, pump1=1, pump2=0), QUIET).held == 3


def test_dry_run_keeps_the_lowest_level_as_its_peak():
    rule = shipped("pump.dry_run", FACTS, **STATION)
    belief = QUIET
    for n, level_m in enumerate([0.8, 0.6, 0.7]):
        belief, _ = observe(belief, rule.delays, rule.judge(NOON + n * MIN, row(level_m, pump1=1), belief))
    assert belief.peak == 0.6


def test_overload_is_more_than_110_percent_of_the_rated_current():
    rule = shipped("pump.overload", own={"pump": 3, "rated_current_a": 40.0})
    assert rule.judge(NOON, 44.0, QUIET).reached == NONE
    assert rule.judge(NOON, 44.1, QUIET).reached == 3
    assert rule.judge(NOON, 43.0, QUIET).held == 3
    assert rule.judge(NOON, 41.9, QUIET).held == NONE
    assert run(rule, [44.1, 20, 44.1, 44.5]) == [
        (3 * MIN, "raised", 3)
    ]  # one starting current is no overload


def test_a_blocked_screen_and_a_fault_code_are_told():
    screen = shipped("pump.blocked_screen")
    assert screen.judge(NOON, 0.30, QUIET).reached == NONE
    assert screen.judge(NOON, 0.31, QUIET).reached == 4
    fault = shipped("pump.fault", own={"pump": 2})
    assert run(fault, [0, 7, 0]) == [(MIN, "raised", 3), (2 * MIN, "cleared", 3)]
    assert fault.judge(NOON, 7, QUIET).facts(3) == {
        "text": "Pump %(pump)s fault, code %(value)s",
        "unit": "",
        "pump": 2,
        "value": 7,
    }


def test_level_zero_switches_a_rule_off():
    rules = ("pump.should_run", "pump.dry_run", "pump.overload", "pump.blocked_screen", "pump.fault")
    off = {f"{name}.level": 0 for name in rules}
    for name in rules:
        assert shipped(name, FACTS, own={"rated_current_a": 40}, **STATION) is not None
        assert shipped(name, FACTS, own={"rated_current_a": 40}, values=off, **STATION) is None


def test_every_calm_value_neither_reaches_nor_holds():
    for rule in (shipped("pump.overload", own={"rated_current_a": 40.0}), shipped("pump.blocked_screen")):
        for value in (0.0, rule.calm_below * 0.5, rule.calm_below - 1e-9):
            assert rule.judge(NOON, value, QUIET).held == NONE
