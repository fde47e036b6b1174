"""Public warnings in the reader's language."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .domain.warnings import ACTIVE, CANCELLED, LAPSED, SUPERSEDED, TYPES, english_title
from .models import PublicWarning


def chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def kind(row: PublicWarning) -> str:
    """The type's name; the feed's own words for one we do not know."""
    known = TYPES.get(row.type)
    return (known.name if chinese() else known.name_en) if known else row.event


def heading(row: PublicWarning) -> str:
    """The issuer's title, or in English, where it brought none, one made of type and colour."""
    return row.title if chinese() else row.title_en or english_title(row.type, row.event, row.level)


def colour(row: PublicWarning) -> str:
    words = {1: _("Red"), 2: _("Orange"), 3: _("Yellow"), 4: _("Blue")}
    return words.get(row.level or 0, _("no colour told"))


def state(row: PublicWarning) -> str:
    return {
        ACTIVE: _("stands"),
        SUPERSEDED: _("superseded"),
        CANCELLED: _("cancelled"),
        LAPSED: _("lapsed"),
    }.get(row.state, _("cancel"))


def where(row: PublicWarning) -> str:
    zh = chinese()
    return "、".join(one["name"] if zh else one["name_en"] or one["name"] for one in row.places)
