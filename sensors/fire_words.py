"""Words of the fire cloud: kinds of premises, roles, states of a call, troubles of parts; msgids, translated where shown."""

from django.utils.translation import gettext_noop

from .domain import fire_calls as calls
from .domain import guard_checks as checks
from .models import Premises, ResponsiblePerson

Kind, Role = Premises.Kind, ResponsiblePerson.Role
KINDS: dict[str, str] = {
    Kind.SMALL_SCHOOL: gettext_noop("Small school or kindergarten"),
    Kind.SMALL_CLINIC: gettext_noop("Small clinic"),
    Kind.SMALL_SHOP: gettext_noop("Small shop"),
    Kind.SMALL_RESTAURANT: gettext_noop("Small restaurant"),
    Kind.SMALL_HOTEL: gettext_noop("Small hotel"),
    Kind.SMALL_ENTERTAINMENT: gettext_noop("Small entertainment place"),
    Kind.SMALL_INTERNET_CAFE: gettext_noop("Small internet café"),
    Kind.SMALL_BATH: gettext_noop("Small bath or beauty salon"),
    Kind.SMALL_WORKSHOP: gettext_noop("Small workshop"),
    Kind.STATE_PROPERTY: gettext_noop("State property"),
    Kind.KEY_UNIT: gettext_noop("Key unit of fire safety"),
    Kind.HIGH_RISE: gettext_noop("High-rise building"),
    Kind.OTHER: gettext_noop("Other premises"),
}
SMALL = [kind for kind in KINDS if kind.startswith("small_")]
ROLES: dict[str, str] = {
    Role.SAFETY_MANAGER: gettext_noop("Safety manager"),
    Role.DUTY_ROOM: gettext_noop("Fire control room"),
    Role.BUILDING_CHIEF: gettext_noop("Building chief"),
    Role.OWNER: gettext_noop("Owner or legal representative"),
}
CALLS: dict[str, str] = {
    calls.CALLED: gettext_noop("Called"),
    calls.UNANSWERED: gettext_noop("Nobody answered"),
    calls.ANSWERED: gettext_noop("Answered, looking"),
    calls.REAL: gettext_noop("Fire confirmed"),
    calls.FALSE: gettext_noop("False alarm"),
    calls.OVER: gettext_noop("Over, nobody said what it was"),
}
MOVES: dict[str, str] = {
    "answer": gettext_noop("They answered"),
    "confirm": gettext_noop("It burns"),
    "dismiss": gettext_noop("False alarm"),
}
BECAUSE: dict[str, str] = {
    calls.SECOND_DETECTOR: gettext_noop("a second detector"),
    calls.NO_ANSWER: gettext_noop("nobody answered"),
    calls.NOBODY: gettext_noop("nobody to call"),
    calls.CONFIRMED: gettext_noop("confirmed"),
}
TROUBLES: dict[str, str] = {
    "fire": gettext_noop("Fire"),
    "fault": gettext_noop("Fault"),
    "power_fault": gettext_noop("No power"),
    "shielded": gettext_noop("Shielded"),
}
ROUNDS: dict[str, str] = {
    "": gettext_noop("Waiting for the guard"),
    checks.ANSWERED: gettext_noop("The guard answered"),
    checks.SILENT: gettext_noop("The guard did not answer in time"),
    checks.NOT_TOLD: gettext_noop("The fire host could not be reached"),
}
MESSAGES: dict[str, str] = {
    "waiting": gettext_noop("on its way"),
    "sent": gettext_noop("sent"),
    "failed": gettext_noop("failed"),
    "no_channel": gettext_noop("no channel"),
    "cancelled": gettext_noop("taken back"),
    "noted": gettext_noop("not sent, noted"),
}
CHANNELS: dict[str, str] = {"phone": gettext_noop("Telephone"), "sms": gettext_noop("Text message")}
# Parts and systems of GB/T 26875.3-2011 as domain/gb26875.py names them.
# fmt: off
PARTS: dict[int, str] = {
    0: gettext_noop("general"),
    1: gettext_noop("fire alarm controller"),
    10: gettext_noop("combustible gas detector"),
    11: gettext_noop("point combustible gas detector"),
    12: gettext_noop("portable combustible gas detector"),
    13: gettext_noop("line combustible gas detector"),
    16: gettext_noop("electrical fire monitor"),
    17: gettext_noop("residual current detector"),
    18: gettext_noop("temperature detector"),
    21: gettext_noop("detection loop"),
    22: gettext_noop("fire display panel"),
    23: gettext_noop("manual call point"),
    24: gettext_noop("hydrant button"),
    25: gettext_noop("fire detector"),
    30: gettext_noop("heat detector"),
    31: gettext_noop("point heat detector"),
    32: gettext_noop("point heat detector (S)"),
    33: gettext_noop("point heat detector (R)"),
    34: gettext_noop("line heat detector"),
    35: gettext_noop("line heat detector (S)"),
    36: gettext_noop("line heat detector (R)"),
    37: gettext_noop("optical fibre heat detector"),
    40: gettext_noop("smoke detector"),
    41: gettext_noop("point ionisation smoke detector"),
    42: gettext_noop("point optical smoke detector"),
    43: gettext_noop("beam smoke detector"),
    44: gettext_noop("aspirating smoke detector"),
    50: gettext_noop("combined detector"),
    51: gettext_noop("smoke and heat detector"),
    52: gettext_noop("light and heat detector"),
    53: gettext_noop("light and smoke detector"),
    61: gettext_noop("ultraviolet flame detector"),
    62: gettext_noop("infrared flame detector"),
    69: gettext_noop("light detector"),
    74: gettext_noop("gas detector"),
    78: gettext_noop("image detector"),
    79: gettext_noop("acoustic detector"),
    81: gettext_noop("gas extinguishing controller"),
    82: gettext_noop("fire electrical controller"),
    83: gettext_noop("graphic display in the control room"),
    84: gettext_noop("module"),
    85: gettext_noop("input module"),
    86: gettext_noop("output module"),
    87: gettext_noop("input and output module"),
    88: gettext_noop("relay module"),
    91: gettext_noop("fire pump"),
    92: gettext_noop("water tank"),
    95: gettext_noop("sprinkler pump"),
    96: gettext_noop("flow switch"),
    97: gettext_noop("signal valve"),
    98: gettext_noop("alarm valve"),
    99: gettext_noop("pressure switch"),
    101: gettext_noop("valve drive"),
    102: gettext_noop("fire door"),
    103: gettext_noop("fire door opener"),
    104: gettext_noop("ventilation outlet"),
    105: gettext_noop("fan"),
    106: gettext_noop("smoke fan"),
    107: gettext_noop("air inlet"),
    108: gettext_noop("smoke outlet"),
    113: gettext_noop("fire shutter"),
    114: gettext_noop("door release"),
    121: gettext_noop("alarm device"),
}
SYSTEMS: dict[int, str] = {
    0: gettext_noop("general"),
    1: gettext_noop("fire alarm"),
    10: gettext_noop("fire linkage"),
    11: gettext_noop("hydrant"),
    12: gettext_noop("sprinkler"),
    13: gettext_noop("gas extinguishing"),
    14: gettext_noop("water spray (pump)"),
    15: gettext_noop("water spray (vessel)"),
    16: gettext_noop("foam"),
    17: gettext_noop("dry powder"),
    18: gettext_noop("smoke control"),
    19: gettext_noop("fire doors and shutters"),
    20: gettext_noop("fire lifts"),
    21: gettext_noop("emergency broadcast"),
    22: gettext_noop("emergency lighting"),
    23: gettext_noop("fire power supply"),
    24: gettext_noop("fire telephone"),
}
# fmt: on
