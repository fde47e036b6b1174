"""Gas levels and the bits of fire hosts, as alarms."""

from datetime import UTC, datetime, timedelta

import pytest

from sensors.domain import hazards
from sensors.domain.alarms import CLEARED, NONE, Belief, observe
from sensors.domain.hj212 import FLAG_NUMBERS
from sensors.domain.rules import Limits
from sensors.domain.words import GASES

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
MIN = timedelta(minutes=1)
LIMITS = Limits(
    clear_after=10 * MIN,
    ring_within=15 * MIN,
    look_back=timedelta(hours=48),
    gas={"hydrogen_sulphide": (0, 10, 0, 20), "combustible_gas": (0, 25, 0, 50)},
    hazard_levels={"gas.over_range": 2, "fire.alarm": 1, "fire.fault": 4},
)


def reached(rule, value):
    return rule.judge(NOON, value, Belief()).reached


@pytest.mark.parametrize(
    ("value", "level"), [(0, NONE), (9.99, NONE), (10, 3), (19.9, 3), (20, 1), (2000, 1)]
)
def test_a_toxic_gas_rises_by_its_occupational_limit(value, level):
    assert reached(hazards.gas("hydrogen_sulphide", LIMITS), value) == level


@pytest.mark.parametrize(("share", "level"), [(0.2499, NONE), (0.2501, 3), (0.5001, 1)])
def test_methane_is_judged_by_its_share_of_the_lower_explosive_limit(share, level):
    rule = hazards.gas("methane", LIMITS)
    judged = rule.judge(NOON, share * hazards.METHANE_LEL_MG_M3, Belief())
    assert judged.reached == level
    if level != NONE:
        assert judged.facts(level)["value"] == round(share * 100, 1) and judged.facts(level)["unit"] == "%LEL"


def test_limits_are_drawn_in_the_unit_of_the_readings():
    drawn = {line.level: line.limit for line in hazards.gas("methane", LIMITS).lines}
    assert drawn == {3: hazards.METHANE_LEL_MG_M3 / 4, 1: hazards.METHANE_LEL_MG_M3 / 2}


def test_one_sample_raises_and_a_wavering_detector_does_not_clear():
    rule, belief, changes = hazards.gas("hydrogen_sulphide", LIMITS), Belief(), []
    for minute, value in enumerate([0.3, 11, 9, 11, 8.5, *[7.9] * 11]):
        belief, change = observe(belief, rule.delays, rule.judge(NOON + minute * MIN, value, belief))
        changes += [change] if change else []
    assert [(change.what, change.level) for change in changes] == [("raised", 3), (CLEARED, 3)]


def test_a_gas_without_limits_has_no_rule_and_each_with_one_has_its_sentence():
    assert hazards.gas("ammonia", LIMITS) is None
    for quantity in GASES:
        limits = Limits(
            10 * MIN, 15 * MIN, 48 * MIN, gas={quantity: (0, 1, 0, 2), "combustible_gas": (0, 1, 0, 2)}
        )
        assert hazards.gas(quantity, limits).judge(NOON, 1e6, Belief()).facts(1)["text"] == GASES[quantity]


def test_more_than_can_be_measured_is_an_alarm_and_a_broken_instrument_is_none():
    rule = hazards.over_range(LIMITS)
    assert [reached(rule, FLAG_NUMBERS[letter]) for letter in "NTDCMSBF"] == [NONE, 2, *[NONE] * 6]


@pytest.mark.parametrize(
    ("word", "levels"),
    [(0b1, (NONE, NONE)), (0b10, (1, NONE)), (0b100, (NONE, 4)), (0b110, (1, 4)), (1 << 8, (NONE, 4)), (1 << 5, (NONE, NONE))],
)  # fmt: skip
def test_a_part_tells_fire_and_fault_by_bits(word, levels):
    fire, fault = hazards.fire("三层走廊感烟", LIMITS)
    assert (reached(fire, float(word)), reached(fault, float(word))) == levels
    assert fire.judge(NOON, 2.0, Belief()).facts(1)["part"] == "三层走廊感烟"


def test_the_building_s_fire_ends_with_the_reset_and_the_device_s_own_fire_bit_rings_nothing():
    whole, device = hazards.host_fire("主机", LIMITS), hazards.device_fault("传输装置", LIMITS)
    assert (reached(whole, 1.0), reached(whole, 0.0)) == (1, NONE)
    assert [reached(device, float(word)) for word in (1, 0b11, 0b1001, 1 << 5)] == [NONE, NONE, 4, 4]


def test_a_level_of_zero_switches_a_rule_off():
    off = Limits(10 * MIN, 15 * MIN, 48 * MIN)
    assert hazards.over_range(off) is hazards.host_fire("", off) is hazards.device_fault("", off) is None
    assert hazards.fire("", off) == []
