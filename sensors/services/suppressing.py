"""What people keep from calling: shelve, take out of service, plan maintenance; and how each ends.

Data are stored and alarms recorded as ever; they do not ring and propose no incident. When the last thing that held an
alarm back is over, and it is still so and nobody has acknowledged it, it rings. Alarms are locked before decisions, as
the engine does it, so that nobody waits in a circle.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from command_center.core.actor import Actor, clock
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.events import announce
from command_center.core.models import Area
from command_center.core.parameters import values
from command_center.core.people import name_of
from command_center.core.scope import Scope

from ..domain.suppression import (
    END_BY_HAND,
    ENDED,
    IN_FORCE,
    MAINTENANCE,
    NEEDS,
    OUT_OF_SERVICE,
    PLANNED,
    SHELVED,
)
from ..models import Alarm, Sensor, Station, Suppression
from ..models.alarms import OPEN
from .alarm_book import Book
from .set_aside import SetAside

CLOCK = clock("suppression")
_ALWAYS = timedelta.max
_LOOKED_AT = ("station", "sensor", "rule", "area_path", "condition", "suppressions")


def longest() -> dict[int, timedelta]:
    """How long an alarm of each level may be shelved."""
    hours = values(["alarm.shelve.longest"])["alarm.shelve.longest"]
    return {level: timedelta(hours=most) for level, most in zip((4, 3, 2, 1), hours, strict=True)}


def shelve(alarm: Alarm, *, by: Actor, at: datetime, until: datetime, reason: str) -> Suppression:
    """Keep an alarm of this rule at this point from calling until then, or until it becomes worse.

    A level that needs a second person is only asked for (``planned``): ``confirm`` puts it in force. Raises
    NotPossible (shelved already, over, no reason, too long), PermissionDenied.
    """
    with transaction.atomic():
        row = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
        by.require(NEEDS[SHELVED], row)
        if not Alarm.objects.filter(OPEN, pk=row.pk).exists():
            raise NotPossible(_("The alarm is over."), row.condition)
        same = Suppression.objects.filter(
            cause=SHELVED, station=row.station_id, sensor=row.sensor_id, rule=row.rule
        ).exclude(state=ENDED)
        if standing := same.first():
            who = name_of(standing.made_by)
            raise NotPossible(_("%(who)s shelved it already.") % {"who": who}, standing.state)
        if until - at > longest()[row.level]:
            hours = f"{longest()[row.level].total_seconds() / 3600:g}"
            raise NotPossible(_("This level may be shelved for %(hours)s hours at most.") % {"hours": hours})
        second = row.level <= values(["alarm.shelve.second_person"])["alarm.shelve.second_person"]
        decision = Suppression(
            cause=SHELVED,
            state=PLANNED if second else IN_FORCE,
            station_id=row.station_id,
            sensor_id=row.sensor_id,
            rule=row.rule,
            level=row.level,
            area_path=row.area_path,
            department_id=row.department_id,
            starts_at=at,
        )
        return _make(decision, by=by, at=at, until=until, reason=reason)


def shelf_of(alarm: Alarm) -> Suppression:
    """The shelf that an alarm lies on or is asked for. Raises NotPossible where there is none."""
    where = {"station": alarm.station_id, "sensor": alarm.sensor_id, "rule": alarm.rule}
    row = Suppression.objects.filter(cause=SHELVED, **where).exclude(state=ENDED).first()
    if row is None:
        raise NotPossible(_("It is not shelved."), alarm.suppression)
    return row


def confirm(row: Suppression, *, by: Actor, at: datetime) -> Suppression:
    """The second person agrees to a shelf. Raises NotPossible (also for the one who asked), PermissionDenied."""
    if row.cause != SHELVED:
        raise NotPossible(_("Only a shelved alarm is confirmed."), row.state)
    if row.made_by == by.name:
        raise NotPossible(_("Another person has to confirm it."), row.state)
    if row.ends_at <= at:
        raise NotPossible(_("Its time is over."), row.state)
    return _move(row, "confirm", by=by, at=at, reason=row.reason, mark="confirmed_by")


def take_out_of_service(
    station: Station, sensor: Sensor | None = None, *, by: Actor, at: datetime, until: datetime, reason: str
) -> Suppression:
    """A station, or one of its points, calls nobody until then. Raises NotPossible, PermissionDenied."""
    decision = Suppression(
        cause=OUT_OF_SERVICE,
        state=IN_FORCE,
        station=station,
        sensor=sensor,
        area_path=station.area_path,
        department_id=station.department_id,
        starts_at=at,
    )
    return _make(decision, by=by, at=at, until=until, reason=reason)


def plan_maintenance(
    where: Station | Area, *, by: Actor, at: datetime, since: datetime, until: datetime, reason: str
) -> Suppression:
    """A window at a station or in an area; in force at once where it has begun. Raises NotPossible, PermissionDenied."""
    station = where if isinstance(where, Station) else None
    decision = Suppression(
        cause=MAINTENANCE,
        state=IN_FORCE if since <= at else PLANNED,
        station=station,
        area_path=where.area_path if isinstance(where, Station) else where.path,
        department_id=station.department_id if station else None,
        starts_at=since,
    )
    return _make(decision, by=by, at=at, until=until, reason=reason)


def end(row: Suppression, *, by: Actor, at: datetime, reason: str = "") -> Suppression:
    """Unshelve, bring back into service, end a window; refuse or withdraw what is only planned."""
    move = "refuse" if row.state == PLANNED and row.cause == SHELVED else END_BY_HAND[row.cause]
    return _move(row, move, by=by, at=at, reason=reason, mark="ended_by")


def listed(scope: Scope) -> QuerySet[Suppression]:
    """What is planned or in force where ``scope`` sees alarms: at its stations, and windows of areas around them."""
    around = Q(pk__in=[])
    for grant in scope.holding("alarm.view"):  # a window over the whole district concerns the town within it
        parts = grant.area.strip("/").split("/")
        above = ["/" + "".join(f"{part}/" for part in parts[:n]) for n in range(len(parts))]
        around |= Q(station=None, area_path__in=above)
    rows = Suppression.objects.exclude(state=ENDED).filter(scope.filter("alarm.view") | around)
    return rows.select_related("station", "sensor").order_by("cause", "ends_at", "pk")


def sweep(at: datetime) -> int:
    """What is due: windows that begin, all that ends; and alarms whose marks fell behind. Returns how many changed."""
    done = 0
    open_ = Suppression.objects.exclude(state=ENDED)
    for row in open_.filter(ends_at__lte=at).order_by("ends_at"):
        done += _by_the_clock(row, "lapse", at)
    starting = open_.filter(state=PLANNED, cause=MAINTENANCE, starts_at__lte=at, ends_at__gt=at)
    for row in starting.order_by("starts_at"):
        done += _by_the_clock(row, "begin", at)
    return done + look_again(at)


def look_again(at: datetime, rules: Collection[str] | None = None) -> int:
    """Open alarms (of ``rules`` only, where given) whose marks are not what holds now are brought to it."""
    alarms = Alarm.objects.filter(OPEN)
    if rules is not None:
        alarms = alarms.filter(rule__in=rules)
    found = list(alarms.only(*_LOOKED_AT))
    aside = SetAside.now(found)
    behind = [alarm for alarm in found if aside.of(alarm) != alarm.suppressions]
    if behind:
        with transaction.atomic():
            held = Alarm.objects.select_for_update(of=("self",)).filter(pk__in=[one.pk for one in behind])
            _settle(list(held.order_by("pk")), Book(at, _ALWAYS))
    return len(behind)


def _make(row: Suppression, *, by: Actor, at: datetime, until: datetime, reason: str) -> Suppression:
    """Write a new decision down and let it work."""
    by.require(NEEDS[row.cause], row)
    row.reason, row.ends_at = reason.strip(), until
    row.made_at, row.made_by = at, by.name
    row.began_at = at if row.state == IN_FORCE else None
    if not row.reason:
        raise NotPossible(_("Say why."))
    if until <= max(at, row.starts_at):
        raise NotPossible(_("The end has to lie ahead, and after the beginning."))
    with transaction.atomic():
        alarms = _covered(row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise NotPossible(_("Somebody was quicker."), row.state) from None
        act = "suppression.asked" if row.state == PLANNED else "suppression.made"
        record_act(
            act,
            row,
            by=by,
            at=at,
            after=row.state,
            reason=row.reason,
            cause=row.cause,
            until=until.isoformat(),
        )
        announce(act, row, at=at)
        if row.state == IN_FORCE:
            _settle(alarms, Book(at, _ALWAYS, by=by, reason=row.reason))
    return row


def _move(row: Suppression, name: str, *, by: Actor, at: datetime, reason: str, mark: str) -> Suppression:
    with transaction.atomic():
        alarms = _covered(row)
        moved = perform(row, name, by=by, reason=reason, at=at)
        if mark:
            setattr(moved, mark, by.name)
            moved.save(update_fields=[mark])
        _settle(alarms, Book(at, _ALWAYS, by=by, reason=reason))
    return moved


def _by_the_clock(row: Suppression, name: str, at: datetime) -> bool:
    try:
        _move(row, name, by=CLOCK, at=at, reason="", mark="ended_by" if name == "lapse" else "")
    except NotPossible:  # somebody was quicker
        return False
    return True


def _settle(alarms: list[Alarm], book: Book) -> None:
    if alarms:
        book.look(alarms)
        book.write()


def _covered(row: Suppression) -> list[Alarm]:
    """The open alarms that the decision is about, locked."""
    if row.cause == SHELVED:
        where = Q(station=row.station_id, sensor=row.sensor_id, rule=row.rule)
    elif row.station_id is None:
        where = Q(area_path__startswith=row.area_path)
    else:
        where = Q(station=row.station_id) & (Q(sensor=row.sensor_id) if row.sensor_id else Q())
    return list(Alarm.objects.select_for_update(of=("self",)).filter(OPEN, where).order_by("pk"))
