"""Alarm health of a desk: hours of alarms are told once and kept, so that a report reads hours, however many alarms they had.

A desk is an area that has officers of its own: the district, its towns and parks, not a community or village. Each alarm
counts at every desk above it. Hours are told anew when one of their alarms changes, within a sweep.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.timezone import localtime

from command_center.core import heartbeat
from command_center.core.models import Area, Event, Heartbeat
from command_center.core.parameters import value
from command_center.core.scope import Scope

from ..domain import alarm_health as health
from ..domain.alarm_health import Fact, Outcome, Report, Told
from ..domain.lifecycle import CHATTERS
from ..models import Alarm, AlarmEvent, AlarmHour, AlarmHourDue
from ..models.alarms import ACTIVE
from .floods import limits_in_force

RIGHT = "alarm.health"
_CURSOR = "alarm-health"
_MOST_EVENTS, _MOST_HOURS = 20_000, 24  # of one sweep
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Followed:
    """What an app above knows of alarms: outcomes by their ids, and which alarms have one: ``where`` by "incident",
    "response" and "false"."""

    of: Callable[[Collection[UUID]], Mapping[UUID, Outcome]]
    where: Mapping[str, Q]


FOLLOWED: list[Followed] = []


# --- the hours ------------------------------------------------------------------------------------
def follow() -> int:
    """Tell anew the hours whose alarms changed since the last sweep, newest first. Returns how many."""
    _mark_changed()
    done = 0
    while done < _MOST_HOURS:
        with transaction.atomic():
            due = AlarmHourDue.objects.select_for_update(skip_locked=True).order_by("-hour").first()
            if due is None:
                break
            hour = due.hour
            due.delete()
            tell(hour)
        done += 1
    return done


def touch(alarms: Collection[UUID]) -> None:
    """What came of these alarms has changed. Called after that was committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_DUE} FROM sensors_alarm a WHERE a.id = ANY(%s::uuid[]) {_ONCE}", [[str(pk) for pk in alarms]]
        )


_DUE = "INSERT INTO sensors_alarmhourdue (hour) SELECT DISTINCT date_trunc('hour', a.recorded_at)"
_ONCE = "ORDER BY 1 ON CONFLICT DO NOTHING"  # in order: two that mark the same hours do not wait in a circle


def _mark_changed() -> None:
    """Events are numbered after their commit: nothing is missed behind the cursor. The first sweep marks all there is."""
    note = Heartbeat.objects.filter(name=_CURSOR).values_list("note", flat=True).first()
    newest = Event.objects.aggregate(seq=Max("seq"))["seq"] or 0
    with connection.cursor() as cursor:
        if note is None:
            cursor.execute(f"{_DUE} FROM sensors_alarm a {_ONCE}")
        else:
            newest = min(newest, note["seq"] + _MOST_EVENTS)
            cursor.execute(
                f"{_DUE} FROM core_event e JOIN sensors_alarm a"
                " ON a.id = CASE WHEN e.subject_type = 'sensors.alarm' THEN e.subject_id::uuid END"
                f" WHERE e.seq > %s AND e.seq <= %s {_ONCE}",
                [note["seq"], newest],
            )
    heartbeat.beat(_CURSOR, seq=newest)


def tell(hour: datetime) -> None:
    """Write what the hour's alarms amount to, for each desk that had any."""
    facts = _facts(hour)
    stale = timedelta(hours=value("alarm.standing"))
    desks = set(_desks().values_list("path", flat=True))
    of: dict[str, list[Fact]] = {}
    for path, fact in facts:
        parts = path.strip("/").split("/")
        above = ("/" + "".join(f"{part}/" for part in parts[: n + 1]) for n in range(len(parts)))
        for desk in desks.intersection(above):
            of.setdefault(desk, []).append(fact)
    AlarmHour.objects.filter(hour=hour).delete()
    AlarmHour.objects.bulk_create(
        AlarmHour(area_path=desk, hour=hour, told=health.told(mine, hour, stale)) for desk, mine in of.items()
    )


def _facts(hour: datetime) -> list[tuple[str, Fact]]:
    """(area path, fact) of what the hall learned of in the hour and the minute before it."""
    seen = Alarm.objects.filter(recorded_at__gte=hour - _MINUTE, recorded_at__lt=hour + health.HOUR)
    latched = set(
        AlarmEvent.objects.filter(what=CHATTERS, alarm__in=seen.order_by()).values_list("alarm_id", flat=True)
    )
    rows = list(
        seen.values_list(
            "pk", "area_path", "recorded_at", "raised_at", "cleared_at", "acknowledged_at", "worst_level",
            "station__code", "sensor__channel", "rule", "rang", "condition",
        )
    )  # fmt: skip
    outcomes: dict[UUID, Outcome] = {}
    for one in FOLLOWED:
        outcomes |= one.of([row[0] for row in rows])
    nothing = Outcome()
    found = []
    for pk, path, at, raised, cleared, acknowledged, level, code, channel, rule, rang, condition in rows:
        came = outcomes.get(pk, nothing)
        fact = Fact(
            at, raised, level, code, channel or "", rule, rang, cleared, pk in latched,
            condition == Alarm.Condition.RETRACTED, came.false,
            {health.ACKNOWLEDGE: acknowledged, health.INCIDENT: came.incident_at, health.RESPONSE: came.response_at},
        )  # fmt: skip
        found.append((path, fact))
    return found


# --- what is asked of them ------------------------------------------------------------------------
def _desks() -> QuerySet[Area]:
    return Area.objects.exclude(kind__in=(Area.Kind.COMMUNITY, Area.Kind.VILLAGE)).order_by("path")


def desks(scope: Scope) -> list[Area]:
    """The desks whose alarms ``scope`` may judge. An hour is not told by department: a grant for one shows none."""
    held = [grant.area for grant in scope.holding(RIGHT) if grant.department_id is None]
    return [area for area in _desks() if any(area.path.startswith(path) for path in held)]


def day_hour(at: datetime) -> int:
    return localtime(at).hour


def spans() -> list[tuple[int, int]]:
    """The hall's shifts, by the hours at which they begin and end."""
    return health.shifts(value("alarm.health.shifts"))


@dataclass(frozen=True, slots=True)
class Figures:
    """``reports``: the whole span and each shift. ``standing``: how many are active now for longer than a day."""

    since: datetime
    until: datetime
    reports: list[Report]
    floods: list[tuple[datetime, datetime]]
    standing: int


def figures(desk: str, since: datetime, until: datetime, at: datetime) -> Figures:
    """The desk's figures over [since, until), whole hours; of a span that is not over, up to ``at``. Two queries, and
    work by hours, not by alarms."""
    until = max(min(until, at.replace(second=0, microsecond=0)), since)
    rows = AlarmHour.objects.filter(area_path=desk, hour__gte=since - health.HOUR, hour__lt=until)
    hours: dict[datetime, Told] = dict(rows.values_list("hour", "told"))
    limits = limits_in_force()
    found = health.reports(hours, since, until, day_hour, spans(), limits)
    standing = list(standing_alarms(desk, at).values_list("recorded_at", flat=True))
    for report in found:
        report.stale += sum(
            since <= one < until and health.in_shift(day_hour(one), report.shift) for one in standing
        )
    return Figures(since, until, found, health.floods(hours, since, until, limits), len(standing))


def standing_alarms(desk: str, at: datetime) -> QuerySet[Alarm]:
    """Active for longer than a day, by the district's number, and once called."""
    limit = at - timedelta(hours=value("alarm.standing"))
    return Alarm.objects.filter(ACTIVE, area_path__startswith=desk, raised_at__lt=limit, rang=True)


def month_of(year: int, month: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first moments of a month and of the next one. Raises ValueError."""
    first = datetime(year, month, 1, tzinfo=zone)
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return first, following


# --- the lists behind the figures -----------------------------------------------------------------
def alarms_behind(
    desk: str,
    since: datetime,
    until: datetime,
    shift: tuple[int, int] | None,
    what: str,
    key: str,
    at: datetime,
) -> QuerySet[Alarm]:
    """The alarms that a figure counts, newest first. ``what`` and ``key`` as ``BEHIND`` knows them; KeyError otherwise."""
    rows = Alarm.objects.filter(area_path__startswith=desk, recorded_at__gte=since, recorded_at__lt=until)
    if shift is not None:
        rows = rows.filter(recorded_at__hour__in=[hour for hour in range(24) if health.in_shift(hour, shift)])
    rows = rows.filter(rang=what != "silent")
    return (
        rows.filter(BEHIND[what](key, at)).select_related("station", "sensor").order_by("-recorded_at", "pk")
    )


def _stale(key: str, at: datetime) -> Q:
    span = timedelta(hours=value("alarm.standing"))
    return Q(cleared_at__gt=F("raised_at") + span) | ACTIVE & Q(raised_at__lt=at - span)


def _point(key: str, at: datetime) -> Q:
    station, channel, rule = [*key.split("|"), "", ""][:3]
    return Q(
        station__code=station, rule=rule, **({"sensor__channel": channel} if channel else {"sensor": None})
    )


def _where(name: str) -> Callable[[str, datetime], Q]:
    def found(key: str, at: datetime) -> Q:
        return _any(one.where[name] for one in FOLLOWED)

    return found


def _any(wheres: Iterable[Q]) -> Q:
    whole = Q(pk__in=[])
    for one in wheres:
        whole |= one
    return whole


BEHIND: dict[str, Callable[[str, datetime], Q]] = {
    "all": lambda key, at: Q(),
    "silent": lambda key, at: Q(),
    "priority": lambda key, at: Q(worst_level__in=health.PRIORITIES.get(key, ())),
    "station": lambda key, at: Q(station__code=key),
    "rule": lambda key, at: Q(rule=key),
    "chattering": _point,
    "stale": _stale,
    "false": lambda key, at: Q(condition=Alarm.Condition.RETRACTED) | _where("false")(key, at),
    health.ACKNOWLEDGE: lambda key, at: Q(acknowledged_at__isnull=False),
    health.INCIDENT: _where(health.INCIDENT),
    health.RESPONSE: _where(health.RESPONSE),
}
