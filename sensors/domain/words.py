"""Sentences that rules speak: English msgids, translated where they are shown (page or browser)."""

from typing import Any


def gettext_noop(text: str) -> str:
    """Mark ``text`` for the catalogues. The domain itself never translates."""
    return text


class InWords(Exception):
    """A refusal that is shown to people: ``text`` is a msgid, ``params`` its named values."""

    def __init__(self, text: str, **params: Any) -> None:
        super().__init__(text, params)
        self.text, self.params = text, params


def facts(text: str, unit: str, **params: Any) -> dict[str, Any]:
    """The facts of an alarm: ``text`` is a msgid, the others its named values (numbers, or times in ISO 8601)."""
    return {"text": text, "unit": unit, **params}


PONDING = gettext_noop("Ponding %(value)s cm")
ABOVE_GUARANTEED = gettext_noop("%(margin)s m above the guaranteed level, at %(value)s m")
ABOVE_WARNING = gettext_noop("%(margin)s m above the warning level, at %(value)s m")
RIVER_FALLING = gettext_noop("Water level falling, at %(value)s m")
NEAR_WARNING = gettext_noop("Near the warning level (%(limit)s m) and rising, at %(value)s m")
RAIN = gettext_noop("Rain %(value)s mm in %(hours)s h")
RAIN_INCOMPLETE = gettext_noop("Rain at least %(value)s mm in %(hours)s h (data incomplete)")
SHOULD_RUN = gettext_noop("Should be pumping: forebay %(value)s m, start level %(limit)s m, no pump running")
DRY_RUN = gettext_noop(
    "Risk of running dry: forebay %(value)s m, stop level %(limit)s m, pumps %(pumps)s running"
)
OVERLOAD = gettext_noop("Pump %(pump)s overloaded: %(value)s A of %(rated)s A")
BLOCKED_SCREEN = gettext_noop("Screen blocked: head loss %(value)s m")
PUMP_FAULT = gettext_noop("Pump %(pump)s fault, code %(value)s")
GASES = {
    "combustible_gas": gettext_noop("Combustible gas %(value)s%%LEL, limit %(limit)s"),
    "methane": gettext_noop("Methane %(value)s%%LEL, limit %(limit)s"),
    "hydrogen_sulphide": gettext_noop("Hydrogen sulphide %(value)s mg/m³, limit %(limit)s"),
    "ammonia": gettext_noop("Ammonia %(value)s mg/m³, limit %(limit)s"),
    "chlorine": gettext_noop("Chlorine %(value)s mg/m³, limit %(limit)s"),
    "hydrogen_chloride": gettext_noop("Hydrogen chloride %(value)s mg/m³, limit %(limit)s"),
    "benzene": gettext_noop("Benzene %(value)s mg/m³, limit %(limit)s"),
    "carbon_monoxide": gettext_noop("Carbon monoxide %(value)s mg/m³, limit %(limit)s"),
    "sulphur_dioxide": gettext_noop("Sulphur dioxide %(value)s mg/m³, limit %(limit)s"),
}
GAS_OVER_RANGE = gettext_noop("Gas beyond what the instrument can measure")
FIRE = gettext_noop("Fire alarm: %(part)s")
FIRE_SECOND = gettext_noop("Fire alarm: %(part)s; a second detector tells fire")
FIRE_UNANSWERED = gettext_noop("Fire alarm: %(part)s; nobody answered the call")
FIRE_NOBODY = gettext_noop("Fire alarm: %(part)s; nobody to call is entered")
FIRE_REAL = gettext_noop("Fire confirmed: %(part)s")
FIRE_FALSE = gettext_noop("Fire alarm: %(part)s; said to be false")
GUARD_ABSENT = gettext_noop("The fire control room did not answer the guard check")
FIRE_FAULT = gettext_noop("Fire equipment fault: %(part)s")
RAIN_MINUTES = gettext_noop("Rain %(value)s mm in %(hours)s min")
RAIN_MINUTES_INCOMPLETE = gettext_noop("Rain at least %(value)s mm in %(hours)s min (data incomplete)")
# Rules that a district writes: with the rule's own name.
LIMIT = gettext_noop("%(rule)s: %(value)s %(unit)s, limit %(limit)s %(unit)s")
STATE = gettext_noop("%(rule)s: %(value)s %(unit)s")
RATE_MINUTE = gettext_noop("%(rule)s: %(value)s %(unit)s in a minute, limit %(limit)s %(unit)s")
RATE_HOUR = gettext_noop("%(rule)s: %(value)s %(unit)s in an hour, limit %(limit)s %(unit)s")
ABSENT = gettext_noop("%(rule)s: no reading since %(since)s")
EMERGENCY_BUTTON = gettext_noop("Emergency button pressed")
ACCIDENT = gettext_noop("Collision or rollover")
FATIGUE = gettext_noop("Driver fatigue")
DISTRACTION = gettext_noop("Driver distracted")
TELEPHONE = gettext_noop("Telephone at the wheel")
SMOKING = gettext_noop("Smoking at the wheel")
DRIVER_ABNORMAL = gettext_noop("Driver not seen")
COLLISION_AHEAD = gettext_noop("Forward collision warning")
OFF_ROUTE = gettext_noop("Off its route")
OVERSPEED = gettext_noop("Overspeed")
NO_GO = gettext_noop("In a no-go area")
RESIDENTIAL = gettext_noop("In a residential area closed to dangerous goods")
FENCE_SPEED = gettext_noop("Too fast for the area")
STOPPED_LONG = gettext_noop("Stopped too long on the way")
LOAD_OUTSIDE = gettext_noop("Loading or unloading outside a site")
OUT_OF_HOURS = gettext_noop("On the road outside its permitted hours")
NO_POSITION = gettext_noop("No position since %(since)s on a trip")
REPEATED = gettext_noop("Driver alarms again and again: %(count)s in %(minutes)s min")
SILENT = gettext_noop("No data since %(since)s")
LINK_SILENT = gettext_noop("Link down: %(count)s of %(stations)s stations without data")
AGAIN = gettext_noop("Rang again: nobody had acknowledged it")
CHATTERING = gettext_noop("Chattering: held until it has been quiet for a while")
RULE_CHANGED = gettext_noop("The rule that raised it is not in force here any more")
LATE = gettext_noop("Known from late data; it would have rung at this time")
