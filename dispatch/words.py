"""How kinds, states, moves and acts are called and look, in one place."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from incidents.states import ACTS as TIMELINE_ACTS
from sensors.states import Look

from .domain import clocks, ranking
from .domain import lifecycle as life
from .domain.defaults import EXTRA_URGENT, ORDINARY, URGENT
from .domain.evidence import AFTER, BEFORE

KINDS: dict[str, str] = {
    ranking.TEAM: gettext_noop("Team"),
    ranking.EXPERT: gettext_noop("Expert"),
    ranking.VEHICLE: gettext_noop("Vehicle"),
    ranking.STORE: gettext_noop("Material store"),
}
SKILLS: dict[str, str] = {
    "pump_truck": gettext_noop("Pump truck"),
    "drainage": gettext_noop("Drainage"),
    "sandbag": gettext_noop("Sandbags"),
    "mobile_pump": gettext_noop("Mobile pumps"),
    "flood_rescue": gettext_noop("Flood rescue"),
    "boat": gettext_noop("Boat"),
    "hydraulics": gettext_noop("Hydraulic engineering"),
    "geotextile": gettext_noop("Geotextile"),
    "electrical": gettext_noop("Electrical repair"),
    "pumps": gettext_noop("Pumps and machinery"),
    "generator": gettext_noop("Generators"),
    "pipeline": gettext_noop("Pipeline repair"),
    "fire": gettext_noop("Fire fighting"),
    "rescue": gettext_noop("Rescue"),
    "command": gettext_noop("Mobile command"),
    "medical": gettext_noop("Medical"),
    "traffic": gettext_noop("Traffic control"),
    "meteorology": gettext_noop("Meteorology"),
    "structures": gettext_noop("Structures"),
    "hazmat": gettext_noop("Hazardous materials"),
}
RESOURCE_STATES: dict[str, Look] = {
    life.AVAILABLE: Look(gettext_noop("On standby"), "○"),
    life.BUSY: Look(gettext_noop("Sent out"), "◑"),
    life.OFF_DUTY: Look(gettext_noop("Off duty"), "–"),
    life.MAINTENANCE: Look(gettext_noop("Out of service"), "×"),
}
ASSIGNMENT_STATES: dict[str, Look] = {
    life.ASSIGNED: Look(gettext_noop("Assigned"), "○"),
    life.ACCEPTED: Look(gettext_noop("Accepted"), "◔"),
    life.ON_THE_WAY: Look(gettext_noop("On the way"), "◑"),
    life.ON_SCENE: Look(gettext_noop("On scene"), "●"),
    life.RELEASED: Look(gettext_noop("Released"), "✓"),
    life.DECLINED: Look(gettext_noop("Declined"), "×"),
    life.WITHDRAWN: Look(gettext_noop("Withdrawn"), "–"),
}
ORDER_STATES: dict[str, Look] = {
    life.ISSUED: Look(gettext_noop("Issued"), "○"),
    life.SIGNED: Look(gettext_noop("Signed for"), "◔"),
    life.HANDLING: Look(gettext_noop("In progress"), "◑"),
    life.FED_BACK: Look(gettext_noop("Fed back"), "◕"),
    life.VERIFIED: Look(gettext_noop("Verified"), "●"),
    life.CLOSED: Look(gettext_noop("Closed"), "✓"),
    life.RETURNED: Look(gettext_noop("Returned"), "↩"),
    life.ARBITRATION: Look(gettext_noop("In arbitration"), "⚖"),
    life.CANCELLED: Look(gettext_noop("Cancelled"), "×"),
}
ORDER_KINDS: dict[str, str] = {
    "work": gettext_noop("Work order"),
    "supervision": gettext_noop("Supervision order"),
}
URGENCIES: dict[str, str] = {
    EXTRA_URGENT: gettext_noop("Extra urgent"),
    URGENT: gettext_noop("Urgent"),
    ORDINARY: gettext_noop("Ordinary"),
}
SOURCES: dict[str, str] = {
    "incident": gettext_noop("Incident"),
    "overdue": gettext_noop("Overdue"),
    "leader": gettext_noop("Leader's instruction"),
    "hotline": gettext_noop("12345 hotline"),
    "patrol": gettext_noop("Patrol"),
    "meeting": gettext_noop("Meeting"),
}
CLOCKS: dict[str, str] = {
    clocks.SIGN: gettext_noop("Sign"),
    clocks.ANSWER: gettext_noop("First answer"),
    clocks.ARRIVE: gettext_noop("Arrive"),
    clocks.FINISH: gettext_noop("Finish"),
}
COLOURS: dict[str, Look] = {
    clocks.RUNNING: Look(gettext_noop("Running"), "○", "", "--level-4"),
    clocks.AMBER: Look(gettext_noop("Due soon"), "◆", "", "--level-3"),
    clocks.RED: Look(gettext_noop("Overdue"), "▲", "", "--level-1"),
    clocks.MET: Look(gettext_noop("In time"), "✓"),
    clocks.MISSED: Look(gettext_noop("Too late"), "×", "", "--level-1"),
}
STEPS: dict[str, str] = {
    clocks.REMINDER: gettext_noop("Reminder"),
    clocks.YELLOW: gettext_noop("Yellow card"),
    clocks.RED_CARD: gettext_noop("Red card"),
}
UNITS: dict[str, str] = {
    clocks.MINUTES: gettext_noop("minutes"),
    clocks.HOURS: gettext_noop("working hours"),
    clocks.DAYS: gettext_noop("working days"),
}
PICTURES: dict[str, str] = {BEFORE: gettext_noop("Before"), AFTER: gettext_noop("After")}
MOVES: dict[str, str] = {
    "assign": gettext_noop("Assign"),
    "free": gettext_noop("Free"),
    "go_off": gettext_noop("Off duty"),
    "come_on": gettext_noop("On duty"),
    "take_out": gettext_noop("Take out of service"),
    "put_back": gettext_noop("Put back into service"),
    "accept": gettext_noop("Accept"),
    "decline": gettext_noop("Decline"),
    "depart": gettext_noop("Set out"),
    "arrive": gettext_noop("Report arrival"),
    "release": gettext_noop("Release"),
    "withdraw": gettext_noop("Withdraw"),
    "sign": gettext_noop("Sign for it"),
    "handle": gettext_noop("Start work"),
    "feed_back": gettext_noop("Feed back"),
    "return": gettext_noop("Return"),
    "return_again": gettext_noop("Return a second time"),
    "reissue": gettext_noop("Issue again"),
    "arbitrate": gettext_noop("Decide"),
    "verify": gettext_noop("Verify"),
    "send_back": gettext_noop("Send back"),
    "close": gettext_noop("Close"),
    "reopen": gettext_noop("Reopen"),
    "cancel": gettext_noop("Cancel"),
}
# Lines of an incident's timeline and of an order's own, by act; ``about`` names the unit or the order's number.
ACTS: dict[str, str] = {
    "assignment.made": gettext_noop("%(unit)s assigned"),
    "assignment.accept": gettext_noop("%(unit)s accepted"),
    "assignment.decline": gettext_noop("%(unit)s declined"),
    "assignment.depart": gettext_noop("%(unit)s is on the way"),
    "assignment.arrive": gettext_noop("%(unit)s is on scene"),
    "assignment.release": gettext_noop("%(unit)s released"),
    "assignment.withdraw": gettext_noop("%(unit)s withdrawn"),
    "order.issued": gettext_noop("Order %(number)s issued to %(department)s"),
    "order.handed_on": gettext_noop("Order %(number)s handed on to %(department)s"),
    "order.sign": gettext_noop("Order %(number)s signed for"),
    "order.handle": gettext_noop("Work on order %(number)s started"),
    "order.feed_back": gettext_noop("Order %(number)s fed back"),
    "order.return": gettext_noop("Order %(number)s returned"),
    "order.return_again": gettext_noop("Order %(number)s returned a second time: to arbitration"),
    "order.reissue": gettext_noop("Order %(number)s issued again"),
    "order.arbitrate": gettext_noop("Order %(number)s arbitrated"),
    "order.verify": gettext_noop("Order %(number)s verified"),
    "order.send_back": gettext_noop("Order %(number)s sent back"),
    "order.close": gettext_noop("Order %(number)s closed"),
    "order.reopen": gettext_noop("Order %(number)s reopened"),
    "order.cancel": gettext_noop("Order %(number)s cancelled"),
    "order.progress": gettext_noop("Order %(number)s: %(text)s"),
    "order.arrived": gettext_noop("On the spot for order %(number)s"),
    "order.extension_requested": gettext_noop("More time asked for order %(number)s"),
    "order.extension_approved": gettext_noop("More time approved for order %(number)s"),
    "order.extension_refused": gettext_noop("More time refused for order %(number)s"),
    "order.evidence_accepted": gettext_noop("Doubtful picture accepted for order %(number)s"),
    "order.reminder": gettext_noop("Reminder for order %(number)s: %(clock)s"),
    "order.yellow": gettext_noop("Yellow card for order %(number)s: %(clock)s"),
    "order.red": gettext_noop("Red card for order %(number)s: %(clock)s"),
}
TIMELINE_ACTS.update(ACTS)
# The same on the order's own page, which says its number once.
OWN_ACTS: dict[str, str] = {
    "order.issued": gettext_noop("Issued to %(department)s"),
    "order.handed_on": gettext_noop("Handed on to %(department)s"),
    "order.sign": gettext_noop("Signed for"),
    "order.handle": gettext_noop("Work started"),
    "order.feed_back": gettext_noop("Fed back"),
    "order.return": gettext_noop("Returned"),
    "order.return_again": gettext_noop("Returned a second time: to arbitration"),
    "order.reissue": gettext_noop("Issued again"),
    "order.arbitrate": gettext_noop("Arbitrated"),
    "order.verify": gettext_noop("Verified"),
    "order.send_back": gettext_noop("Sent back"),
    "order.close": gettext_noop("Closed"),
    "order.reopen": gettext_noop("Reopened"),
    "order.cancel": gettext_noop("Cancelled"),
    "order.progress": "%(text)s",
    "order.arrived": gettext_noop("On the spot"),
    "order.extension_requested": gettext_noop("More time asked for"),
    "order.extension_approved": gettext_noop("More time approved"),
    "order.extension_refused": gettext_noop("More time refused"),
    "order.evidence_accepted": gettext_noop("Doubtful picture accepted"),
    "order.reminder": gettext_noop("Reminder: %(clock)s"),
    "order.yellow": gettext_noop("Yellow card: %(clock)s"),
    "order.red": gettext_noop("Red card: %(clock)s"),
}


def sentence(said: dict[str, Any]) -> str:
    """A sentence as data (``domain.words.said``) in the active language."""
    text, params = said.get("text", ""), {name: value for name, value in said.items() if name != "text"}
    return _(text) % params if "%(" in text else _(text) if text else ""


def skill_label(slug: str) -> str:
    return _(SKILLS[slug]) if slug in SKILLS else slug
