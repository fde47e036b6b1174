"""Who is on duty when: rows of a person, a place and a time, planned by the week."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce, announce_many
from command_center.core.models import User
from command_center.core.scope import Scope

from .domain.calling import OnDuty
from .models import Roster

EDIT, VIEW = "roster.edit", "duty.view"
WEEK = timedelta(days=7)
LONGEST = timedelta(hours=48)  # a longer row is a slip of the pen
SHOWN_AFTER = timedelta(days=1)  # until when a screen still tells who was on duty


def on_duty(at: datetime) -> list[OnDuty]:
    """Everybody on duty at a moment of the hall's time."""
    rows = Roster.objects.filter(starts_at__lte=at, ends_at__gt=at, user__is_active=True)
    return [
        OnDuty(
            user=row.user.username,
            name=row.user.display_name or row.user.username,
            area=row.area_path,
            desk=row.desk,
            leader=row.position == Roster.Position.LEADER,
            phone=row.user.phone,
        )
        for row in rows.select_related("user").order_by("-area_path", "desk", "starts_at", "pk")
    ]


def seen(scope: Scope) -> Any:
    """Rows that somebody may see."""
    return Roster.objects.filter(scope.filter(VIEW) | scope.filter(EDIT))


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on, by the hall's calendar."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.monday, time(), ZoneInfo(settings.TIME_ZONE))

    def before(self) -> "Week":
        return Week(self.monday - WEEK)

    def after(self) -> "Week":
        return Week(self.monday + WEEK)

    def rows(self, scope: Scope) -> Any:
        """What begins in this week."""
        begins = {"starts_at__gte": self.starts_at, "starts_at__lt": self.starts_at + WEEK}
        return seen(scope).filter(**begins).select_related("user").order_by("starts_at", "position", "desk")


def add(
    user: User,
    *,
    area_path: str,
    position: str,
    desk: int,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
) -> Roster:
    """Put somebody on duty. Raises NotPossible (no time, too long, there already), PermissionDenied."""
    row = Roster(
        user=user, area_path=area_path, position=position, desk=desk, starts_at=starts_at, ends_at=ends_at
    )
    by.require(EDIT, row)
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise NotPossible(_("A turn of duty ends after it begins, and lasts two days at most."))
    if not _write([row], by=by, at=at):
        raise NotPossible(_("This person is on duty there then already."))
    return row


def remove(row: Roster, *, by: Actor, at: datetime) -> None:
    """Take a row off. Raises PermissionDenied."""
    with transaction.atomic():
        row = Roster.objects.select_for_update().get(pk=row.pk)
        by.require(EDIT, row)
        record_act("roster.removed", row, by=by, at=at, before=_told(row))
        announce("roster.changed", row, at=at)
        Roster.objects.filter(pk=row.pk).delete()


def copy_week(week: Week, *, by: Actor, at: datetime) -> int:
    """Take over into ``week`` what stood in the week before, as far as ``by`` may edit it; returns how many rows are new."""
    rows = Roster.objects.filter(
        by.scope.filter(EDIT), starts_at__gte=week.before().starts_at, starts_at__lt=week.starts_at
    )
    return _write(
        [
            Roster(
                user_id=row.user_id,
                area_path=row.area_path,
                department_id=row.department_id,
                position=row.position,
                desk=row.desk,
                starts_at=row.starts_at + WEEK,
                ends_at=row.ends_at + WEEK,
            )
            for row in rows.filter(user__is_active=True)
        ],
        by=by,
        at=at,
    )


def retire(at: datetime) -> int:
    """Take from the screens who has been off duty for a while; returns how many rows."""
    with transaction.atomic():
        over = Roster.objects.select_for_update(skip_locked=True).filter(
            past=False, ends_at__lt=at - SHOWN_AFTER
        )
        rows = list(over)
        Roster.objects.filter(pk__in=[row.pk for row in rows]).update(past=True)
        announce_many([("roster.changed", row, at, {}) for row in rows])
    return len(rows)


def _write(rows: Iterable[Roster], *, by: Actor, at: datetime) -> int:
    """Those that are not there yet."""
    rows = list(rows)
    with transaction.atomic():
        Roster.objects.bulk_create(rows, ignore_conflicts=True)
        new = list(Roster.objects.filter(pk__in=[row.pk for row in rows]).select_related("user"))
        for row in new:
            record_act("roster.added", row, by=by, at=at, after=_told(row))
        announce_many([("roster.changed", row, at, {}) for row in new])
    return len(new)


def _told(row: Roster) -> str:
    return (
        f"{row.user.username} {row.area_path} {row.position} {row.desk}"
        f" {row.starts_at.isoformat()} – {row.ends_at.isoformat()}"
    )
