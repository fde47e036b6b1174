"""Sentences that rules speak: English msgids, translated where they are shown (page or browser)."""


def gettext_noop(text: str) -> str:
    """Mark ``text`` for the catalogues. The domain itself never translates."""
    return text


PONDING = gettext_noop("Ponding %(value)s cm")
ABOVE_GUARANTEED = gettext_noop("%(margin)s m above the guaranteed level, at %(value)s m")
ABOVE_WARNING = gettext_noop("%(margin)s m above the warning level, at %(value)s m")
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
SILENT = gettext_noop("No data since %(since)s")
LINK_SILENT = gettext_noop("Link %(link)s down: %(count)s stations without data")
