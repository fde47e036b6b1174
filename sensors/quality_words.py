"""How readings are believed, in words: msgids, translated where they are shown."""

from django.utils.translation import gettext_noop

from .domain import upkeep
from .domain.pictures import BLACK, FROZEN
from .domain.quality import Check, Quality
from .domain.views import BLURRED, MOVED

# How a reading is believed, and who or what said so.
FLAGS: dict[Quality, str] = {
    Quality.GOOD: gettext_noop("Good"),
    Quality.SUSPECT: gettext_noop("Suspect"),
    Quality.BAD: gettext_noop("Bad"),
    Quality.QUARANTINED: gettext_noop("Wrong time"),
}
CHECKS: dict[Check, str] = {
    Check.LIMITS_HARD: gettext_noop("Outside what a device can say"),
    Check.LIMITS_SOFT: gettext_noop("Outside the limits of this point"),
    Check.RATE: gettext_noop("Moved faster than water does"),
    Check.STUCK: gettext_noop("Stuck at one value"),
    Check.OSCILLATION: gettext_noop("Swings to and fro"),
    Check.SHIFT: gettext_noop("Spike or temporary shift"),
    Check.COUNTER_RESET: gettext_noop("Counter began anew"),
    Check.NEIGHBOUR: gettext_noop("Stands alone among its neighbours"),
    Check.RESTAMPED: gettext_noop("Sent again under a new time"),
    Check.CLOCK: gettext_noop("The device's clock is wrong"),
    Check.DEVICE: gettext_noop("The device itself does not believe it"),
    Check.OFFICER: gettext_noop("A person vouches for it"),
}
# What is wrong with a camera's picture: a task's check by the picture's state, and the unit of its number.
PICTURE_CHECKS: dict[str, tuple[str, str]] = {
    FROZEN: (gettext_noop("The picture is frozen"), gettext_noop("equal pictures")),
    BLACK: (gettext_noop("The picture is black"), gettext_noop("grey levels")),
    BLURRED: (gettext_noop("The picture is blurred"), gettext_noop("% of the usual sharpness")),
    MOVED: (gettext_noop("The camera looks elsewhere"), gettext_noop("% of the picture")),
}
MAINTENANCE_STATES: dict[str, str] = {
    upkeep.OPEN: gettext_noop("Open"),
    upkeep.CLOSED: gettext_noop("Closed"),
    upkeep.OVERRULED: gettext_noop("Overruled"),
}
