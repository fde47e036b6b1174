"""How levels, conditions and states look and are called: word, glyph, Roman numeral, colour token, in one place.

A level is never told by its colour alone (handbook 9.4): the token carries the colour, glyph and numeral the rest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from .domain.lifecycle import ACKNOWLEDGED, UNACKNOWLEDGED
from .domain.suppression import BY_DESIGN, MAINTENANCE, OUT_OF_SERVICE, SHELVED
from .domain.words import AGAIN, CHATTERING, LATE, RULE_CHANGED
from .models import Alarm


@dataclass(frozen=True, slots=True)
class Look:
    """``word`` is a msgid; ``token`` a CSS custom property of tokens.css."""

    word: str
    glyph: str
    roman: str = ""
    token: str = ""

    @property
    def label(self) -> str:
        return f"{_(self.word)} {self.roman}".strip()


LEVELS: dict[int, Look] = {
    1: Look(gettext_noop("Red"), "▲", "Ⅰ", "--level-1"),
    2: Look(gettext_noop("Orange"), "◆", "Ⅱ", "--level-2"),
    3: Look(gettext_noop("Yellow"), "■", "Ⅲ", "--level-3"),
    4: Look(gettext_noop("Blue"), "●", "Ⅳ", "--level-4"),
}
CONDITIONS: dict[str, Look] = {
    Alarm.Condition.ACTIVE: Look(gettext_noop("Active"), "!"),
    Alarm.Condition.CLEARED: Look(gettext_noop("Cleared"), "✓"),
    Alarm.Condition.RETRACTED: Look(gettext_noop("Retracted"), "×"),
}
ACKNOWLEDGEMENTS: dict[str, Look] = {
    UNACKNOWLEDGED: Look(gettext_noop("Unacknowledged"), "○"),
    ACKNOWLEDGED: Look(gettext_noop("Acknowledged"), "●"),
}
# ISA-18.2's words for what keeps an alarm from calling.
SUPPRESSIONS: dict[str, Look] = {
    OUT_OF_SERVICE: Look(gettext_noop("Out of service"), "×"),
    SHELVED: Look(gettext_noop("Shelved"), "‖"),
    MAINTENANCE: Look(gettext_noop("Maintenance"), "□"),
    BY_DESIGN: Look(gettext_noop("Suppressed by design"), "↓"),
}
# What a line of an alarm's history says.
LINES: dict[str, str] = {
    "raised": gettext_noop("Raised"),
    "level": gettext_noop("Level changed"),
    "cleared": gettext_noop("Cleared"),
    "acknowledged": gettext_noop("Acknowledged"),
    "rang": gettext_noop("Confirmed by a fresh reading"),
    "rewritten": gettext_noop("Corrected by late data"),
    "retracted": gettext_noop("Retracted"),
    "chattering": gettext_noop("Chattering"),
    "told": gettext_noop("Told to the driver"),
    "confirmed": gettext_noop("Confirmed by the vehicle's terminal"),
    "unconfirmed": gettext_noop("Not confirmed by the vehicle's terminal"),
    "shelved": gettext_noop("Shelved"),
    "unshelved": gettext_noop("No longer shelved"),
    "out_of_service": gettext_noop("Out of service"),
    "in_service": gettext_noop("Back in service"),
    "maintenance": gettext_noop("Maintenance"),
    "maintenance_over": gettext_noop("Maintenance over"),
    "suppressed": gettext_noop("Suppressed by design"),
    "unsuppressed": gettext_noop("No longer suppressed"),
}
RULES: dict[str, str] = {
    "ponding.depth": gettext_noop("Ponding"),
    "river.level": gettext_noop("River level"),
    "rain.amount": gettext_noop("Rain"),
    "pump.should_run": gettext_noop("Pumps should run"),
    "pump.dry_run": gettext_noop("Running dry"),
    "pump.overload": gettext_noop("Pump overload"),
    "pump.blocked_screen": gettext_noop("Blocked screen"),
    "pump.fault": gettext_noop("Pump fault"),
    "gas.level": gettext_noop("Dangerous gas"),
    "gas.over_range": gettext_noop("Gas over range"),
    "fire.alarm": gettext_noop("Fire alarm"),
    "fire.fault": gettext_noop("Fire equipment fault"),
    "fire.guard_absent": gettext_noop("Guard check not answered"),
    "vehicle.emergency": gettext_noop("Emergency button"),
    "vehicle.accident": gettext_noop("Collision or rollover"),
    "vehicle.fatigue": gettext_noop("Driver fatigue"),
    "vehicle.distraction": gettext_noop("Driver distracted"),
    "vehicle.phone": gettext_noop("Telephone at the wheel"),
    "vehicle.smoking": gettext_noop("Smoking at the wheel"),
    "vehicle.driver_abnormal": gettext_noop("Driver not seen"),
    "vehicle.collision_ahead": gettext_noop("Forward collision warning"),
    "vehicle.off_route": gettext_noop("Off its route"),
    "vehicle.overspeed": gettext_noop("Overspeed"),
    "vehicle.no_go": gettext_noop("In a no-go area"),
    "vehicle.residential": gettext_noop("In a closed residential area"),
    "vehicle.fence_speed": gettext_noop("Too fast for the area"),
    "vehicle.stopped": gettext_noop("Stopped too long"),
    "vehicle.load_outside": gettext_noop("Loading outside a site"),
    "vehicle.out_of_hours": gettext_noop("Outside permitted hours"),
    "vehicle.no_position": gettext_noop("No position"),
    "vehicle.repeated": gettext_noop("Repeated driver alarms"),
    "station.silent": gettext_noop("Station silent"),
    "link.silent": gettext_noop("Link down"),
}
NOTES: tuple[str, ...] = (LATE, CHATTERING, AGAIN, RULE_CHANGED)


def describe(alarm: Alarm) -> dict[str, Any]:
    """An alarm in words of the active language, and what a browser needs to say the same.

    ``place`` and ``text`` make the sentence (东三路下穿 · 积水 46 cm); ``msgid`` and ``params`` are the untranslated
    text and its named values, as they stand in the alarm's facts.
    """
    facts = dict(alarm.facts)
    msgid = facts.pop("text", RULES.get(alarm.rule, alarm.rule))
    shown = {name: _shown(value) for name, value in facts.items()}
    if get_language() == "en" and "rule_en" in shown:
        shown["rule"] = shown["rule_en"]
    look = LEVELS[alarm.level]
    return {
        "place": (alarm.node or alarm.station).label,
        "text": _(msgid) % shown if "%(" in msgid else _(msgid),
        "msgid": msgid,
        "params": facts,
        "level": alarm.level,
        "level_label": look.label,
        "glyph": look.glyph,
        "token": look.token,
        "condition": CONDITIONS[alarm.condition].label,
        "state": ACKNOWLEDGEMENTS[alarm.state].label,
        "suppression": SUPPRESSIONS[alarm.suppression].label if alarm.suppressions else "",
    }


def _shown(value: Any) -> Any:
    """A fact as people read it: hall time for a time, no needless digits for a number."""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, str) and len(value) > 18 and value[10] == "T":
        return localtime(datetime.fromisoformat(value)).strftime("%H:%M")
    return value
