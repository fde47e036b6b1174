"""What the next shift must know of alarms: what stands, what is kept from calling, what nobody has acknowledged."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.models import Area
from command_center.core.parameters import value
from command_center.core.people import name_of
from command_center.core.scope import Scope
from command_center.duty.handover import Rows, section

from . import warning_words as words
from .domain.lifecycle import UNACKNOWLEDGED
from .domain.suppression import OUT_OF_SERVICE, PLANNED
from .domain.warnings import ACTIVE as STANDS
from .models import Alarm, PublicWarning, Suppression
from .models.alarms import ACTIVE, CALLING, OPEN
from .services.suppressing import listed
from .states import LEVELS, RULES, SUPPRESSIONS, describe

ALARM = (
    gettext_noop("Level"),
    gettext_noop("Place"),
    gettext_noop("Alarm"),
    gettext_noop("Raised at"),
    gettext_noop("Standing for"),
    gettext_noop("Acknowledged by"),
)
DECISION = (
    gettext_noop("Place"),
    gettext_noop("What"),
    gettext_noop("Ends at"),
    gettext_noop("By"),
    gettext_noop("Reason"),
)
WARNING = (
    gettext_noop("Level"),
    gettext_noop("Warning"),
    gettext_noop("Area"),
    gettext_noop("Since"),
    gettext_noop("Until"),
)


def time(at: datetime) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M")


def lasting(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    if hours < 1:
        return _("%(minutes)s min") % {"minutes": int(span.total_seconds() // 60)}
    if hours < 48:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(days)s d") % {"days": hours // 24}


def _alarms(scope: Scope, at: datetime, where: Q) -> Rows:
    rows = (
        Alarm.objects.filter(where)
        .filter(scope.filter("alarm.view"))
        .select_related("station", "sensor", "node")
    )
    found = []
    for alarm in rows.order_by("level", "raised_at", "pk"):
        told = describe(alarm)
        found.append(
            [
                LEVELS[alarm.level].label,
                told["place"],
                " · ".join(part for part in (told["text"], told["suppression"]) if part),
                time(alarm.raised_at),
                lasting(at - alarm.raised_at),
                name_of(alarm.acknowledged_by) or "—",
            ]
        )
    return found


def standing(scope: Scope, at: datetime) -> Rows:
    """Active for longer than a day, by the district's number, however it is kept."""
    since = at - timedelta(hours=value("alarm.standing"))
    return _alarms(scope, at, ACTIVE & Q(raised_at__lte=since))


def unacknowledged(scope: Scope, at: datetime) -> Rows:
    return _alarms(scope, at, OPEN & CALLING & Q(state=UNACKNOWLEDGED))


def area_names() -> dict[str, str]:
    return {area.path: area.label for area in Area.objects.only("path", "name", "name_en")}


def decision(row: Suppression, areas: Mapping[str, str]) -> list[str]:
    """One decision as cells under ``DECISION``; ``areas``: names by path."""
    place = row.station.label if row.station else areas.get(row.area_path, row.area_path)
    what = [SUPPRESSIONS[row.cause].label]
    if row.rule:
        what.append(_(RULES.get(row.rule, row.rule)))
    if row.sensor:
        what.append(row.sensor.label or row.sensor.channel)
    if row.state == PLANNED:
        what.append(_("planned"))
    by = " · ".join(name_of(one) for one in (row.made_by, row.confirmed_by) if one)
    return [place, " · ".join(what), time(row.ends_at), by, row.reason]


def set_aside(scope: Scope, at: datetime) -> Rows:
    """Shelves and maintenance windows, in force or planned."""
    areas = area_names()
    return [decision(row, areas) for row in listed(scope).exclude(cause=OUT_OF_SERVICE)]


def out_of_service(scope: Scope, at: datetime) -> Rows:
    areas = area_names()
    return [decision(row, areas) for row in listed(scope).filter(cause=OUT_OF_SERVICE)]


def warnings(scope: Scope, at: datetime) -> Rows:
    """Public warnings that stand: published for everybody who may see them at all."""
    if not scope.may("warning.view"):
        return []
    rows = PublicWarning.objects.filter(state=STANDS).defer("shape").order_by("level", "-sent_at")
    return [
        [
            words.colour(row),
            words.heading(row),
            words.where(row),
            time(row.effective_at),
            time(row.expires_at),
        ]
        for row in rows
    ]


section("alarms.standing", gettext_noop("Standing alarms"), ALARM, standing)
section("alarms.shelved", gettext_noop("Shelved and under maintenance"), DECISION, set_aside)
section("alarms.out_of_service", gettext_noop("Out of service"), DECISION, out_of_service)
section("alarms.unacknowledged", gettext_noop("Unacknowledged alarms"), ALARM, unacknowledged)
section("warnings", gettext_noop("Public warnings"), WARNING, warnings)
