"""How states, levels, kinds and acts are called and look, in one place.

The adjectives of incident levels are not those of weather warnings (handbook 0.1, trap 3). A level is never told
by its colour alone (9.4): glyph and numeral say the same.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sensors.states import Look

from .domain import lifecycle as life
from .models import Incident, IncidentType

LEVELS: dict[int, Look] = {
    1: Look(gettext_noop("Especially major"), "▲", "Ⅰ", "--level-1"),
    2: Look(gettext_noop("Major"), "◆", "Ⅱ", "--level-2"),
    3: Look(gettext_noop("Larger"), "■", "Ⅲ", "--level-3"),
    4: Look(gettext_noop("General"), "●", "Ⅳ", "--level-4"),
}
STATES: dict[str, Look] = {
    life.REPORTED: Look(gettext_noop("Reported"), "○"),
    life.CONFIRMED: Look(gettext_noop("Confirmed"), "◔"),
    life.RESPONDING: Look(gettext_noop("Responding"), "◑"),
    life.CONTROLLED: Look(gettext_noop("Under control"), "◕"),
    life.RESOLVED: Look(gettext_noop("Resolved"), "●"),
    life.CLOSED: Look(gettext_noop("Closed"), "✓"),
    life.DISMISSED: Look(gettext_noop("Dismissed"), "×"),
    life.MERGED: Look(gettext_noop("Merged"), "⊂"),
}
MOVES: dict[str, str] = {
    "confirm": gettext_noop("Confirm"),
    "dismiss": gettext_noop("Dismiss"),
    "respond": gettext_noop("Start responding"),
    "control": gettext_noop("Report under control"),
    "resolve": gettext_noop("Resolve"),
    "close": gettext_noop("Close"),
    "reopen": gettext_noop("Reopen"),
    "restore": gettext_noop("Take dismissal back"),
}
CATEGORIES: dict[str, str] = {
    IncidentType.Category.NATURAL: gettext_noop("Natural disaster"),
    IncidentType.Category.ACCIDENT: gettext_noop("Accident disaster"),
    IncidentType.Category.HEALTH: gettext_noop("Public health incident"),
    IncidentType.Category.SOCIAL: gettext_noop("Social security incident"),
}
SOURCES: dict[str, str] = {
    Incident.Source.SENSOR: gettext_noop("Sensors"),
    Incident.Source.CALL: gettext_noop("Telephone"),
    Incident.Source.VISIT: gettext_noop("Visit"),
    Incident.Source.SUPERIOR: gettext_noop("Superior notice"),
    Incident.Source.GRID: gettext_noop("Grid worker"),
    Incident.Source.CITIZEN: gettext_noop("Citizen"),
}
FIELDS: dict[str, str] = {
    "title": gettext_noop("title"),
    "type_id": gettext_noop("kind"),
    "level_confirmed": gettext_noop("level"),
    "department_id": gettext_noop("owner"),
    "position": gettext_noop("position"),
    "area_id": gettext_noop("area"),
    "address": gettext_noop("address"),
    "occurred_at": gettext_noop("time of the incident"),
    "note": gettext_noop("description"),
    "caller_name": gettext_noop("caller's name"),
    "caller_phone": gettext_noop("caller's phone"),
    "people_affected": gettext_noop("people affected"),
    "deaths": gettext_noop("deaths"),
    "seriously_injured": gettext_noop("seriously injured"),
    "loss_yuan": gettext_noop("direct loss"),
    "sensitive": gettext_noop("sensitive"),
}
# A line of the timeline, by act; the named values are those of ``services.timeline.params_of``. Apps above add
# the acts of their own lines.
ACTS: dict[str, str] = {
    "incident.reported": gettext_noop("Reported as %(number)s, level %(level)s proposed"),
    "incident.level_proposed": gettext_noop("Level %(after)s proposed (was %(before)s)"),
    "incident.alarm_joined": gettext_noop("%(count)s alarms joined"),
    "incident.changed": gettext_noop("Corrected: %(fields)s"),
    "incident.note": gettext_noop("Note: %(text)s"),
    "incident.held": gettext_noop("Is on it"),
    "incident.released": gettext_noop("Gave it back"),
    "incident.took_in": gettext_noop("Took in %(numbers)s"),
    "incident.gave_back": gettext_noop("Gave back %(numbers)s"),
    "incident.split": gettext_noop("Split off %(numbers)s"),
    "incident.confirm": gettext_noop("Confirmed"),
    "incident.dismiss": gettext_noop("Dismissed"),
    "incident.respond": gettext_noop("Response started"),
    "incident.control": gettext_noop("Under control"),
    "incident.resolve": gettext_noop("Resolved"),
    "incident.close": gettext_noop("Closed"),
    "incident.reopen": gettext_noop("Reopened"),
    "incident.restore": gettext_noop("Dismissal taken back"),
    "incident.merge": gettext_noop("Merged into another incident"),
    **{f"incident.{name}": gettext_noop("Merge taken back") for name in life.UNMERGE.values()},
    "attachment.added": gettext_noop("File added: %(name)s"),
}


def sentence(said: dict[str, Any]) -> str:
    """A sentence as data (``domain.words.said``) in the active language."""
    text, params = said.get("text", ""), {name: v for name, v in said.items() if name != "text"}
    return _(text) % params if text and "%(" in text else _(text) if text else ""


def level_look(level: int) -> dict[str, Any]:
    look = LEVELS[level]
    return {"level": level, "label": look.label, "glyph": look.glyph, "token": look.token}
