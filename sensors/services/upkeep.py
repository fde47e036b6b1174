"""Maintenance tasks: what became of values that are not believed. A task is work for a person, not an alarm."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from command_center.core.actor import Actor
from command_center.core.acts import perform
from command_center.core.parameters import value

from ..domain.pictures import ONLINE
from ..domain.quality import OVERRULED, Check
from ..domain.upkeep import OPEN
from ..models import Contact, LatestValue, MaintenanceTask, Reading, Station
from . import reconsidering
from .storing import lock_stations

_WORDS = {check: check.name.lower() for check in Check}
_EXAMPLES = 5  # of what was doubted are kept as evidence


@dataclass(frozen=True, slots=True)
class Doubt:
    """One value that is not believed, or (without sensor) what is wrong with the device itself.

    Of its clock ``value`` is the error in s; of a camera's picture ``check`` is the picture's state and ``value`` its number.
    """

    station: UUID
    sensor: int | None
    check: Check | str
    at: datetime
    value: float


def note(doubts: Iterable[Doubt], *, at: datetime) -> None:
    """Open a task for each sensor and check, or add to the one that is open, within the caller's transaction."""
    groups: dict[tuple[UUID, int | None, str], list[Doubt]] = {}
    for doubt in doubts:
        check = doubt.check if isinstance(doubt.check, str) else _WORDS[doubt.check]
        groups.setdefault((doubt.station, doubt.sensor, check), []).append(doubt)
    if not groups:
        return
    open_ = {
        (task.station_id, task.sensor_id, task.check_name): task
        for task in MaintenanceTask.objects.select_for_update()
        .filter(station__in={station for station, _, _ in groups}, state=OPEN)
        .order_by("pk")
    }
    stations = Station.objects.in_bulk({key[0] for key in groups if key not in open_})
    new, known = [], []
    for key, found in groups.items():
        found.sort(key=lambda doubt: doubt.at)
        task = open_.get(key)
        if task is None:
            station, sensor, check = key
            task = MaintenanceTask(
                station_id=station,
                sensor_id=sensor,
                check_name=check,
                since=found[0].at,
                last_at=found[0].at,
                recorded_at=at,
                area_path=stations[station].area_path,
                department_id=stations[station].department_id,
                evidence={"count": 0, "examples": []},
            )
            new.append(task)
        else:
            known.append(task)
        task.since, task.last_at = min(task.since, found[0].at), max(task.last_at, found[-1].at)
        task.evidence["count"] += len(found)
        room = _EXAMPLES - len(task.evidence["examples"])
        task.evidence["examples"] += [[one.at.isoformat(), one.value] for one in found[: max(0, room)]]
    MaintenanceTask.objects.bulk_create(new)
    MaintenanceTask.objects.bulk_update(known, ["since", "last_at", "evidence"])


def overrule(task: MaintenanceTask, *, by: Actor, at: datetime, reason: str) -> MaintenanceTask:
    """An officer vouches for the values that the task doubts: they count again, and alarms follow from them.

    Raises NotPossible where the task is not open or the reason is missing, PermissionDenied.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock_stations(cursor, [task.station_id])  # before the task's row, as those do who take readings in
        row: MaintenanceTask = perform(task, "overrule", by=by, at=at, reason=reason)
        row.reason, row.closed_by = reason, by.name
        row.save(update_fields=["reason", "closed_by"])
        if row.sensor_id is not None:
            check = Check[row.check_name.upper()]
            doubted = Reading.objects.filter(
                sensor=row.sensor_id, observed_at__gte=row.since, observed_at__lte=row.last_at
            ).values_list("observed_at", "quality")
            changes = [
                (row.sensor_id, when, OVERRULED)
                for when, mark in doubted
                if mark >> 4 == check and mark & 3 in (1, 2)
            ]
            reconsidering.requalify(changes, received_at=at)
    return row


def finish(
    task: MaintenanceTask, *, by: Actor, at: datetime, reason: str = "", move: str = "close"
) -> MaintenanceTask:
    """A person has put the device right, or knows that nothing is wrong with it. What was doubted stays so."""
    with transaction.atomic():
        row: MaintenanceTask = perform(task, move, by=by, at=at, reason=reason)
        row.reason, row.closed_by = reason, by.name
        row.save(update_fields=["reason", "closed_by"])
    return row


def close_what_is_well(at: datetime) -> int:
    """Close the tasks of sensors that were good for long enough, as their newest good reading shows."""
    quiet = timedelta(hours=value("quality.close_after"))
    open_ = list(MaintenanceTask.objects.filter(state=OPEN, last_at__lt=at - quiet).order_by("pk"))
    newest = _newest_good(open_)
    done = 0
    for task in open_:
        good = newest.get(task.sensor_id or task.station_id)
        if good is None or good - task.last_at < quiet:
            continue
        done += MaintenanceTask.objects.filter(pk=task.pk, state=OPEN).update(
            state="closed", closed_at=at, version=task.version + 1
        )
    return done


def _newest_good(tasks: Iterable[MaintenanceTask]) -> dict[Any, datetime]:
    """The newest good reading by sensor, and by station for what concerns its device as a whole."""
    stations = {task.station_id for task in tasks}
    found: dict[Any, datetime] = {}
    rows = LatestValue.objects.filter(sensor__station__in=stations).values_list(
        "sensor_id", "sensor__station_id", "observed_at", "quality"
    )
    for sensor, station, seen_at, mark in rows:
        if mark & 3:
            continue
        found[sensor] = seen_at
        found[station] = max(seen_at, found.get(station, seen_at))
    # A camera has no readings: it is well when its picture is.
    seen = Contact.objects.filter(station__in=stations, picture=ONLINE).exclude(heard_at=None)
    found.update(seen.values_list("station_id", "heard_at"))
    return found
