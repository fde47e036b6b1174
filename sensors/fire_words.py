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
# Parts as their standard names them in Chinese; what is not here is shown in the standard's English.
PARTS: dict[int, str] = {
    11: gettext_noop("point combustible gas detector"),
    17: gettext_noop("residual current detector"),
    23: gettext_noop("manual call point"),
    24: gettext_noop("hydrant button"),
    30: gettext_noop("heat detector"),
    31: gettext_noop("point heat detector"),
    40: gettext_noop("smoke detector"),
    42: gettext_noop("point optical smoke detector"),
    43: gettext_noop("beam smoke detector"),
    87: gettext_noop("input and output module"),
    91: gettext_noop("fire pump"),
    113: gettext_noop("fire shutter"),
}
