"""Alarms of gas monitors and of fire hosts. Pure.

Gas (GB/T 50493-2019 5.5): the first level of a toxic gas is its occupational limit, the second twice that; of a
combustible gas 25 % and 50 % of its lower explosive limit. A fire host tells by bits (GB/T 26875.3-2011 8.2.1).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from . import words
from .alarms import NONE, Belief, Delays, Judged
from .gb26875 import DEVICE_FAULT_BITS, FAULT_BITS, FIRE_BIT
from .hj212 import OVER_RANGE
from .rules import VALUE, Limits, Line, Rule, level_at, tiers

METHANE_LEL_MG_M3 = 33_346
"""5 % by volume (GB/T 50493-2019 annex A) at 20 °C and 101.325 kPa: 0.05 × 16.043 g/mol ÷ 24.055 L/mol."""
YEAR = tuple(range(1, 13))
DEAD_BAND = 0.8
"""A level is held until the gas is below four fifths of its limit: detectors waver by a tenth of what they show."""


def gas(quantity: str, limits: Limits) -> Rule | None:
    """Concentration against the tiers of ``quantity``; methane in mg/m³ is judged as a combustible gas, in %LEL."""
    methane = quantity == "methane"
    named = "combustible_gas" if methane else quantity
    steps = tiers(limits.gas.get(named, (0, 0, 0, 0)))
    if not steps:
        return None

    def judge(at: datetime, value: float, belief: Belief) -> Judged:
        shown = value / METHANE_LEL_MG_M3 * 100 if methane else value

        def told(level: int) -> dict[str, Any]:
            limit = next(step.limit for step in steps if step.level == level)
            unit = "%LEL" if named == "combustible_gas" else "mg/m³"
            return words.facts(words.GASES[quantity], unit, value=round(shown, 1), limit=limit)

        held = min((step.level for step in steps if shown >= step.limit * DEAD_BAND), default=NONE)
        return Judged(at, level_at(shown, steps), held, value, value, told)

    wire = METHANE_LEL_MG_M3 / 100 if methane else 1.0  # from the unit of the limits to that of the readings
    drawn = tuple(Line("", step.level, round(step.limit * wire, 2), YEAR) for step in steps)
    calm = min(step.limit for step in steps) * DEAD_BAND * wire
    # One sample is enough: people breathe it now.
    return Rule("gas.level", VALUE, Delays(clear_after=limits.clear_after), judge, calm, lines=drawn)


def over_range(limits: Limits) -> Rule | None:
    """The flag T: the instrument cannot say how much there is, only that it is more than it can measure."""
    level = limits.hazard_levels.get("gas.over_range", 0)
    return (
        _bits("gas.over_range", level, lambda flag: flag == OVER_RANGE, words.GAS_OVER_RANGE)
        if level
        else None
    )


def fire(name: str, limits: Limits) -> Sequence[Rule]:
    """Of a word of state bits: the fire bit, and each bit that says something is broken. ``name``: the part."""
    made = []
    if level := limits.hazard_levels.get("fire.alarm", 0):
        made.append(_bits("fire.alarm", level, lambda word: int(word) >> FIRE_BIT & 1, words.FIRE, name))
    if level := limits.hazard_levels.get("fire.fault", 0):
        made.append(_bits("fire.fault", level, lambda word: int(word) & FAULT_BITS, words.FIRE_FAULT, name))
    return made


def device_fault(name: str, limits: Limits) -> Rule | None:
    """The transmission device has lost its power or a line; its own fire bit only repeats the parts'."""
    level = limits.hazard_levels.get("fire.fault", 0)
    if not level:
        return None
    return _bits("fire.fault", level, lambda word: int(word) & DEVICE_FAULT_BITS, words.FIRE_FAULT, name)


def host_fire(name: str, limits: Limits) -> Rule | None:
    """The host says that there is fire somewhere in its building, whichever part it was."""
    level = limits.hazard_levels.get("fire.alarm", 0)
    return _bits("fire.alarm", level, bool, words.FIRE, name) if level else None


def _bits(rule: str, level: int, holds: Callable[[float], Any], text: str, part: str = "") -> Rule:
    def judge(at: datetime, word: float, belief: Belief) -> Judged:
        now = level if holds(word) else NONE
        return Judged(at, now, now, word, 0 if now == NONE else 1, lambda _: words.facts(text, "", part=part))

    return Rule(rule, VALUE, Delays(), judge, calm_below=0.5)
