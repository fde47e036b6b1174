"""How positions, channels and states are called."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.masking import masked_phone

from .channels import PHONE, SMS
from .lifecycle import CANCELLED, FAILED, NO_CHANNEL, NOTED, SENT, WAITING
from .models import Message, Roster

POSITIONS = {
    Roster.Position.OFFICER: gettext_noop("Duty officer"),
    Roster.Position.LEADER: gettext_noop("Shift leader"),
}
CHANNELS = {PHONE: gettext_noop("Telephone"), SMS: gettext_noop("Short message")}
STATES = {
    WAITING: gettext_noop("Waiting to be sent"),
    SENT: gettext_noop("Sent"),
    FAILED: gettext_noop("Failed"),
    NO_CHANNEL: gettext_noop("No channel"),
    CANCELLED: gettext_noop("Taken back"),
    NOTED: gettext_noop("Noted"),
}


def position(row: Roster) -> str:
    """The desk's number stands with it: the first desk answers first."""
    word = _(POSITIONS[row.position])
    if row.position == Roster.Position.LEADER:
        return word
    return _("%(position)s, desk %(desk)s") % {"position": word, "desk": row.desk}


def receiver(row: Message) -> str:
    """Who a message is for, with the number as everybody may see it."""
    return f"{row.name} {masked_phone(row.to)}".strip()


def message_state(row: Message) -> str:
    return " · ".join(part for part in (_(STATES[row.state]), row.error) if part)
