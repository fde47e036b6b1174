"""Sentences that rules and acts speak: English msgids, translated where they are shown (page or browser)."""

from typing import Any


def gettext_noop(text: str) -> str:
    """Mark ``text`` for the catalogues. The domain itself never translates."""
    return text


def said(text: str, **params: Any) -> dict[str, Any]:
    """A sentence as data: ``text`` is a msgid, the others its named values."""
    return {"text": text, **params}


# Why a level is proposed (handbook 3.2 and 2.4).
DEATHS = gettext_noop("%(count)s deaths (limit %(limit)s)")
INJURED = gettext_noop("%(count)s seriously injured (limit %(limit)s)")
LOSS = gettext_noop("Direct loss of %(count)s yuan (limit %(limit)s)")
PEOPLE = gettext_noop("%(count)s people affected (limit %(limit)s)")
WIDE_AND_DEEP = gettext_noop("Ponding %(depth)s cm deep and %(count)s places with serious alarms")
DEEP = gettext_noop("Ponding %(depth)s cm deep (limit %(limit)s cm)")
WIDE = gettext_noop("%(count)s places with serious alarms (more than %(limit)s)")
RIVER_GUARANTEED = gettext_noop("River at or above the guaranteed level")
RIVER_WARNING = gettext_noop("River at or above the warning level")
ORDINARY = gettext_noop("No condition of a higher level is known")
SENSITIVE = gettext_noop("Sensitive time, place or people: as if one level higher")

# Why an alarm belongs to an incident.
FIRST = gettext_noop("Serious alarm with no incident near it")
NEAR = gettext_noop("%(metres)s m from an alarm of the incident, within %(minutes)s min")
SAME_REACH = gettext_noop("Same river or catchment (%(reach)s), within %(minutes)s min")
SPLIT = gettext_noop("Taken out of incident %(number)s")
