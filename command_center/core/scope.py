"""One answer to "may I?": a value that filters lists and judges single records from the same grants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from .roles import ROLES


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role held over an area and everything inside it, for one department or for all.

    ``area`` is a path that ends in "/": "/north/" never covers "/northwest/".
    """

    role: str
    area: str
    department_id: int | None = None

    def covers(self, record: Any) -> bool:
        return self.holds(record.area_path, record.department_id)

    def holds(self, area_path: str, department_id: int | None) -> bool:
        return area_path.startswith(self.area) and self.department_id in (None, department_id)

    @property
    def where(self) -> Q:
        where = Q(area_path__startswith=self.area)
        return where if self.department_id is None else where & Q(department_id=self.department_id)


NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Scope:
    """All that somebody holds. Hashable, so that one reading of the tables serves all who see the same."""

    grants: frozenset[Grant] = frozenset()

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "Scope":
        return cls(frozenset(grants))

    def holding(self, action: str) -> list[Grant]:
        return sorted(g for g in self.grants if action in ROLES.get(g.role, ()))

    def may(self, action: str) -> bool:
        """Whether the action is held anywhere at all (for showing a page or a button)."""
        return bool(self.holding(action))

    def allows(self, action: str, record: Any) -> bool:
        return any(grant.covers(record) for grant in self.holding(action))

    def filter(self, action: str) -> Q:
        where = NOTHING
        for grant in self.holding(action):
            where = grant.where if where is NOTHING else where | grant.where
        return where

    def require(self, action: str, record: Any = None) -> None:
        if not (self.may(action) if record is None else self.allows(action, record)):
            raise PermissionDenied(action)


def scope_of(user: Any, at: datetime) -> Scope:
    """What ``user`` holds at ``at``: memberships that have begun and not ended."""
    if not user.is_authenticated or not user.is_active:
        return Scope()
    rows = (
        user.memberships.filter(Q(starts_at=None) | Q(starts_at__lte=at))
        .filter(Q(ends_at=None) | Q(ends_at__gt=at))
        .values_list("role", "area__path", "department_id")
    )
    return Scope.of(Grant(*row) for row in rows)
