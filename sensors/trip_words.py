"""Words for trips, areas and fire spots; msgids, translated where they are shown."""

from django.utils.translation import gettext_noop

from .domain.fire_spots import CONFIRMED, REFUSED, REPORTED
from .domain.trips import ARRIVED, CANCELLED, CLOSED, NO_GO, PLANNED, RESIDENTIAL, SPEED, UNDER_WAY

TRIP_STATES = {
    PLANNED: gettext_noop("Planned"),
    UNDER_WAY: gettext_noop("Under way"),
    ARRIVED: gettext_noop("Arrived"),
    CLOSED: gettext_noop("Closed"),
    CANCELLED: gettext_noop("Cancelled"),
}
TRIP_MOVES = {
    "begin": gettext_noop("It has left"),
    "arrive": gettext_noop("It has arrived"),
    "close": gettext_noop("Close the trip"),
    "cancel": gettext_noop("Cancel the trip"),
}
FENCE_KINDS = {
    NO_GO: gettext_noop("No-go area"),
    SPEED: gettext_noop("Area with a speed limit"),
    RESIDENTIAL: gettext_noop("Residential area"),
}
SITE_USES = {
    "loading": gettext_noop("Loading site"),
    "unloading": gettext_noop("Unloading site"),
    "both": gettext_noop("Loading and unloading site"),
    "parking": gettext_noop("Parking for dangerous goods"),
}
# What the log book says of a place or a route, by the last word of the act.
PLACE_ACTS = {
    "added": gettext_noop("Entered"),
    "changed": gettext_noop("Changed"),
    "end": gettext_noop("Taken out of force"),
    "resume": gettext_noop("In force again"),
    "planned": gettext_noop("Planned"),
    "route_changed": gettext_noop("Route changed"),
    **TRIP_MOVES,
}
PLACE_FIELDS = {
    "code": gettext_noop("Code"),
    "name": gettext_noop("Name"),
    "name_en": gettext_noop("Name in English"),
    "kind": gettext_noop("Kind"),
    "use": gettext_noop("Kind"),
    "limit_kmh": gettext_noop("Limit"),
    "begins": gettext_noop("Hours"),
    "ends": gettext_noop("Hours"),
    "weekdays": gettext_noop("Weekdays"),
    "only_loaded": gettext_noop("Holds for"),
    "shape": gettext_noop("Outline"),
    "route": gettext_noop("Route"),
    "corridor_m": gettext_noop("Corridor (m)"),
}
DOWNLINK_RESULTS = {
    "": gettext_noop("On its way"),
    "done": gettext_noop("Confirmed by the terminal"),
    "refused": gettext_noop("Refused by the terminal"),
    "unanswered": gettext_noop("No answer"),
    "not_connected": gettext_noop("Not connected"),
    "impossible": gettext_noop("Cannot be told"),
}
SPOT_STATES = {
    REPORTED: gettext_noop("Reported"),
    CONFIRMED: gettext_noop("Confirmed fire"),
    REFUSED: gettext_noop("No fire"),
}
