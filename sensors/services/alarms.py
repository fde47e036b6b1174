"""Alarms: readings judged as they come in, and people who acknowledge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform

from ..domain.alarms import CLEARED, NONE, QUIET, Belief, Change, from_json, observe, to_json
from ..domain.lifecycle import ACKNOWLEDGED, PERSON
from ..domain.quality import Quality
from ..domain.rules import RAIN, TREND, VALUE, Given, Rule
from ..domain.samples import Fresh
from ..models import Alarm, AlarmEvent, AlarmWatch, LatestValue
from . import attention, history
from .alarm_book import Book
from .points import Point, Site, limits_in_force, points

Key = tuple[UUID, int | None, str]  # station, sensor (None: the rule joins several), rule


@dataclass(slots=True)
class Task:
    """One rule at one point that has something new to judge.

    ``series`` is what the batch tells, in time order. ``newest``: the newest moment that was judged before
    it (None: none). What is not after it is late, and then the history is judged again.
    """

    rule: Rule
    site: Site
    sensor_id: int | None
    series: list[tuple[datetime, Given]]
    newest: datetime | None

    @property
    def key(self) -> Key:
        return (self.site.id, self.sensor_id, self.rule.name)

    @property
    def late(self) -> bool:
        return self.newest is not None and self.series[0][0] <= self.newest


@dataclass(slots=True)
class Watches:
    """The beliefs that are kept, and what becomes of them."""

    kept: dict[Key, tuple[int, Belief]]
    changed: dict[Key, Belief] = field(default_factory=dict)

    def of(self, key: Key) -> Belief:
        return self.kept[key][1] if key in self.kept else QUIET

    def set(self, key: Key, belief: Belief) -> None:
        if belief != self.of(key):
            self.changed[key] = belief

    def write(self) -> None:
        quiet = [
            self.kept[key][0] for key, belief in self.changed.items() if belief is QUIET and key in self.kept
        ]
        if quiet:
            AlarmWatch.objects.filter(pk__in=quiet).delete()
        rows = [
            AlarmWatch(station_id=station, sensor_id=sensor, rule=rule, belief=to_json(belief))
            for (station, sensor, rule), belief in self.changed.items()
            if belief is not QUIET
        ]
        if rows:
            AlarmWatch.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["station", "sensor", "rule"],
                update_fields=["belief"],
            )


def evaluate(fresh: Mapping[int, Fresh], *, received_at: datetime) -> None:
    """Judge what a batch added, within its transaction, after it is stored. ``received_at``: the hall's time.

    The alarm history that results does not depend on the order of arrival. In order, a reading is judged on
    the belief that is kept; late, the history around it is judged again, and alarms are rewritten, added or
    retracted. Only what is new and not long past rings.
    """
    from .refold import judge_again  # it takes this module's values

    limits = limits_in_force(received_at)
    known = points(fresh, limits)
    tasks, calm = _sort_out(fresh, known)
    if not tasks and not calm:
        return
    watches = Watches(_beliefs(tasks, calm))
    believed = {(sensor, rule) for _, sensor, rule in watches.kept}
    tasks += [
        task
        for (sensor, name), rule in calm.items()
        if (sensor, name) in believed and (task := _alone(rule, known[sensor], fresh[sensor])).series
    ]
    if not tasks:
        return
    book = Book(received_at, limits.ring_within)
    _judge([task for task in tasks if not task.late], watches, book)
    if late := [task for task in tasks if task.late]:
        judge_again(late, watches, book, limits)
    book.write()
    watches.write()


def _sort_out(
    fresh: Mapping[int, Fresh], known: Mapping[int, Point]
) -> tuple[list[Task], dict[tuple[int, str], Rule]]:
    """What has to be judged; and the rules, by sensor and name, whose new readings say nothing by themselves: these
    matter only where something is believed already."""
    tasks: list[Task] = []
    calm: dict[tuple[int, str], Rule] = {}
    joining: dict[UUID, Site] = {}
    last: Site | None = None
    for sensor_id, one in fresh.items():
        point = known.get(sensor_id)
        if point is None:
            continue
        for rule in point.rules:
            if rule.looks_at == VALUE and _is_calm(rule, one):
                calm[(sensor_id, rule.name)] = rule
            elif (task := _alone(rule, point, one)).series:
                tasks.append(task)
        if point.joined and point.site is not last:  # a site's points mostly come one after the other
            last = joining[point.site.id] = point.site
    if joining:
        tasks += _together(joining.values(), fresh)
    _trails([task for task in tasks if task.rule.looks_at == TREND])
    return tasks, calm


def _trails(tasks: Sequence[Task]) -> None:
    """Give each moment of a trend the values that led up to it: those of the batch, and those kept from before it.

    A late value changes the trails of the moments after it as well.
    """
    if not tasks:
        return
    since = min(task.series[0][0] - task.rule.reach for task in tasks)
    until = max(task.series[-1][0] + task.rule.reach for task in tasks)
    kept = history.samples({task.sensor_id for task in tasks if task.sensor_id is not None}, since, until)
    for task in tasks:
        first, last = task.series[0][0], task.series[-1][0] + task.rule.reach
        told = trail(kept[task.sensor_id or 0], task.rule.reach)
        task.series = [entry for entry in told if first <= entry[0] <= last]


def trail(samples: Iterable[Any], reach: timedelta) -> list[tuple[datetime, Given]]:
    """Each good sample's moment with the (time, value) of all within ``reach`` up to it, the oldest first."""
    found: list[tuple[datetime, Given]] = []
    led: list[tuple[datetime, float]] = []
    for sample in samples:
        if sample.quality == Quality.GOOD:
            led = [one for one in led if sample.at - one[0] <= reach]
            led.append((sample.at, sample.value))
            found.append((sample.at, tuple(led)))
    return found


def _is_calm(rule: Rule, one: Fresh) -> bool:
    limit, newest = rule.calm_below, one.previous_at
    for sample in one.samples:
        good = sample.quality == Quality.GOOD
        if good and (not sample.value < limit or (newest is not None and sample.at <= newest)):
            return False
    return True


def _alone(rule: Rule, point: Point, one: Fresh) -> Task:
    if rule.looks_at == RAIN:
        series: list[tuple[datetime, Given]] = list(one.rain)
    else:
        series = [(sample.at, sample.value) for sample in one.samples if sample.quality == Quality.GOOD]
    return Task(rule, point.site, point.sensor_id, series, one.previous_at)


def _together(sites: Iterable[Site], fresh: Mapping[int, Fresh]) -> list[Task]:
    """Rules that join points: the rows of the batch, and the newest moment that any of the points knows."""
    tasks, absent = [], set()
    for site in sites:
        for rule in site.rules:
            ids = {channel: site.sensors[channel] for channel in rule.inputs if channel in site.sensors}
            given = {channel: fresh[sensor].samples for channel, sensor in ids.items() if sensor in fresh}
            absent |= {sensor for sensor in ids.values() if sensor not in fresh}
            if series := rows(given):
                tasks.append(Task(rule, site, None, series, None))
    latest = (
        dict(LatestValue.objects.filter(pk__in=absent).values_list("pk", "observed_at")) if absent else {}
    )
    for task in tasks:
        ids_ = [task.site.sensors[channel] for channel in task.rule.inputs if channel in task.site.sensors]
        before = [fresh[sensor].previous_at if sensor in fresh else latest.get(sensor) for sensor in ids_]
        task.newest = max((at for at in before if at is not None), default=None)
    return tasks


def rows(given: Mapping[str, Sequence[Any]]) -> list[tuple[datetime, Given]]:
    """Samples by channel → what was observed together, by moment, in time order. Doubtful ones are left out."""
    found: dict[datetime, dict[str, float]] = {}
    for channel, samples in given.items():
        for sample in samples:
            if sample.quality == Quality.GOOD:
                found.setdefault(sample.at, {})[channel] = sample.value
    return sorted(found.items(), key=lambda row: row[0])


def _beliefs(tasks: Sequence[Task], calm: Iterable[tuple[int, str]]) -> dict[Key, tuple[int, Belief]]:
    """The kept beliefs about what the batch touches. One query; the table holds only what is not normal."""
    sensors = {task.sensor_id for task in tasks if task.sensor_id} | {sensor for sensor, _ in calm}
    joining = {str(task.site.id) for task in tasks if task.sensor_id is None}
    with connection.cursor() as cursor:  # a thousand points as one array: the ORM makes a parameter of each
        cursor.execute(
            "SELECT id, station_id, sensor_id, rule, belief FROM sensors_alarmwatch"
            " WHERE sensor_id = ANY(%s::int[]) OR (sensor_id IS NULL AND station_id = ANY(%s::uuid[]))",
            [list(sensors), list(joining)],
        )
        kept = cursor.fetchall()
    return {
        (station, sensor, rule): (pk, from_json(orjson.loads(belief)))
        for pk, station, sensor, rule, belief in kept
    }


def _judge(tasks: Sequence[Task], watches: Watches, book: Book) -> None:
    """The ordinary way: fold what is new on the belief that is kept."""
    folded: list[tuple[Task, Belief, list[Change]]] = []
    for task in tasks:
        belief, changes = fold(task.rule, watches.of(task.key), task.series)
        watches.set(task.key, belief)
        if changes or belief.level < NONE:
            folded.append((task, belief, changes))
    active = active_alarms(task for task, _, _ in folded)
    for task, belief, changes in folded:
        alarm = active.get(task.key)
        for change in changes:
            rings = book.rings(change.at, task.newest)
            if alarm is None and change.what != CLEARED:
                alarm = book.open(task.site, task.sensor_id, task.rule.name, change, rings=rings)
            elif alarm is not None and change.what == CLEARED:
                book.peak(alarm, change.peak)
                book.clear(alarm, change)
                alarm = None
            elif alarm is not None:
                book.level(alarm, change, rings=rings)
            if change.chattering and alarm is not None:
                book.chattering(alarm, change)
        if alarm is not None:
            confirm(alarm, belief, task, book)


def confirm(alarm: Alarm, belief: Belief, task: Task, book: Book) -> None:
    """What an active alarm learns from the batch's last reading: its peak, and whether it rings after all."""
    book.peak(alarm, belief.peak)
    last = task.series[-1][0]
    if not alarm.rang and book.rings(last, task.newest):
        book.ring(alarm, last)


def fold(rule: Rule, belief: Belief, series: Iterable[tuple[datetime, Given]]) -> tuple[Belief, list[Change]]:
    """Judge a series in time order from ``belief`` on."""
    changes = []
    for at, given in series:
        judged = rule.judge(at, given, belief)
        if judged is not None:
            belief, change = observe(belief, rule.delays, judged)
            if change is not None:
                changes.append(change)
    return belief, changes


def active_alarms(tasks: Iterable[Task]) -> dict[Key, Alarm]:
    keys = {task.key for task in tasks}
    if not keys:
        return {}
    stations, rules_ = {key[0] for key in keys}, {key[2] for key in keys}
    alarms = Alarm.objects.filter(condition=Alarm.Condition.ACTIVE, station__in=stations, rule__in=rules_)
    return {
        key: alarm for alarm in alarms if (key := (alarm.station_id, alarm.sensor_id, alarm.rule)) in keys
    }


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of each: ``done`` as they are now, ``refused`` with the reason, by id."""

    done: tuple[Alarm, ...]
    refused: Mapping[UUID, NotPossible | PermissionDenied]


def acknowledge(alarms: Sequence[Alarm], *, by: Actor, at: datetime) -> Acknowledged:
    """Acknowledge one or several, in one transaction; those that cannot be are told, the others are done.

    Where nothing could be done the first refusal is raised: NotPossible (somebody was quicker),
    PermissionDenied.
    """
    done: list[Alarm] = []
    refused: dict[UUID, NotPossible | PermissionDenied] = {}
    with transaction.atomic():
        for alarm in sorted(alarms, key=lambda one: one.pk):
            try:
                row = perform(alarm, "acknowledge", by=by, at=at)
            except (NotPossible, PermissionDenied) as why:
                refused[alarm.pk] = why
                continue
            row.acknowledged_by = by.name
            done.append(row)
        if refused and not done:
            raise next(iter(refused.values()))
        Alarm.objects.filter(pk__in=[row.pk for row in done]).update(acknowledged_by=by.name)
        AlarmEvent.objects.bulk_create(
            AlarmEvent(
                alarm=row,
                at=at,
                recorded_at=at,
                what=ACKNOWLEDGED,
                level=row.level,
                who=by.name,
                via=by.via,
                source=PERSON,
            )
            for row in done
        )
        attention.acknowledged(done, by=by, at=at)
    return Acknowledged(tuple(done), refused)
