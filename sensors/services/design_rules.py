"""The rows by which one alarm suppresses another from the start; a district adds its own and switches any of them off."""

from typing import Any

from django.db import connections

from ..domain.suppression import LINK, STATION
from ..models import DesignRule

_STALE = "The value is from before the station fell silent."
# cause, effect, reach, reason. What endangers people is in none of these rows: the last known depth stays an alarm.
DEFAULTS = (
    ("link.silent", "station.silent", LINK, "A station is missing because its link is."),
    ("station.silent", "pump.overload", STATION, _STALE),
    ("station.silent", "pump.blocked_screen", STATION, _STALE),
)


def seed() -> None:
    for cause, effect, reach, reason in DEFAULTS:
        DesignRule.objects.get_or_create(cause=cause, effect=effect, reach=reach, defaults={"reason": reason})


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """After each migration, and after a test emptied the tables. Not where the table is gone (migrated back)."""
    if DesignRule._meta.db_table in connections[using].introspection.table_names():
        seed()
