"""The limits of the handbook, and the rules that ship with them, for tests of rules."""

from datetime import timedelta, timezone

import sensors.parameters  # noqa: F401  (declares them)
from command_center.core.parameters import PARAMETERS
from sensors.domain.rule_making import Place, holds_at, make, narrowness
from sensors.domain.shipped_rules import SHIPPED

MIN = timedelta(minutes=1)
CHINA = timezone(timedelta(hours=8))
VALUES = {name: parameter.default for name, parameter in PARAMETERS.items()}


def shipped(alarm, facts=None, *, own=None, quantity="", channels=None, kind="", values=None):
    """The shipped rule for an alarm at a place: the narrowest that speaks of it; None where it is off."""
    facts, own = facts or {}, own or {}
    fitting = [
        one
        for one in SHIPPED.values()
        if one.alarm == alarm
        and holds_at(one.definition, kind=kind, code="", area_path="/dy/", facts={**facts, **own})
    ]
    if not fitting:
        return None
    one = max(fitting, key=lambda one: narrowness(one.definition))
    place = Place({**VALUES, **(values or {})}, CHINA, facts, channels or {}, quantity, own)
    return make(alarm, one.definition, place)
