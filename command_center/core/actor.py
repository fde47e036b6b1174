"""Who acts: a person, a clock or a feed. Always passed in, never ambient; without an actor nothing happens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from .scope import Scope, scope_of

NO_GRANTS = Scope()


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is what the log book keeps: a user name, ``clock:sla``, ``feed:sl651``."""

    name: str
    scope: Scope = NO_GRANTS
    user_id: int | None = None
    via: str = ""
    trusted: bool = False  # the system's own clocks and feeds, which act by rule and not by right

    def require(self, action: str, record: Any = None) -> None:
        if not self.trusted:
            self.scope.require(action, record)

    def may(self, action: str, record: Any = None) -> bool:
        try:
            self.require(action, record)
        except PermissionDenied:
            return False
        return True


def person(user: Any, at: datetime, via: str = "") -> Actor:
    return Actor(user.get_username(), scope_of(user, at), user.pk, via)


def clock(name: str) -> Actor:
    return Actor(f"clock:{name}", trusted=True)


def feed(name: str) -> Actor:
    return Actor(f"feed:{name}", trusted=True)
