"""Late data: the history around it is judged again, from one surely quiet moment to the next.

At a moment that holds no level, while no alarm covers it, the engine's belief is the plain quiet one,
whatever came before. So judging may begin after such a moment and end at the next one behind the late data:
the work is proportional to what the late data can have changed, not to how long ago it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from ..domain.alarms import NONE, QUIET, Belief, Change, Episode, episodes, observe
from ..domain.quality import Quality
from ..domain.rules import RAIN, TOGETHER, TREND, Given, Limits, Rule
from ..models import Alarm, AlarmEvent
from . import history
from .alarm_book import Book, history_of
from .alarms import Key, Task, Watches, confirm, rows, trail

_FIRST, _SECOND = timedelta(hours=2), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Settled:
    """History judged again: valid after ``since`` (None: from the beginning) up to ``until`` (None: to the end).

    ``belief`` is the engine's at ``until``.
    """

    since: datetime | None
    until: datetime | None
    episodes: list[Episode]
    belief: Belief


def judge_again(tasks: Sequence[Task], watches: Watches, book: Book, limits: Limits) -> None:
    """Bring alarms and beliefs of ``tasks`` to what the whole stored history tells."""
    told = _alarms_of(tasks, min(task.series[0][0] for task in tasks) - 2 * limits.look_back)
    settled: dict[Key, Settled] = {}
    for reach, final in ((_FIRST, False), (_SECOND, False), (limits.look_back, True)):
        open_ = [task for task in tasks if task.key not in settled]
        if not open_:
            break
        for task, series, complete in _read(open_, told, reach, final):
            found = _settle(task, series, told[task.key], complete, final)
            if found is not None:
                settled[task.key] = found
    lines = history_of(alarm for alarms in told.values() for alarm in alarms)
    for task in tasks:
        found = settled[task.key]
        if found.until is None:
            watches.set(task.key, found.belief)
        _reconcile(task, found, told[task.key], lines, book)


def _alarms_of(tasks: Sequence[Task], since: datetime) -> dict[Key, list[Alarm]]:
    """Alarms of each task's rule and point that stood after ``since``, oldest first, less the retracted."""
    found: dict[Key, list[Alarm]] = {task.key: [] for task in tasks}
    alarms = (
        Alarm.objects.filter(
            station__in={task.site.id for task in tasks}, rule__in={task.rule.name for task in tasks}
        )
        .filter(Q(cleared_at=None) | Q(cleared_at__gt=since))
        .exclude(condition=Alarm.Condition.RETRACTED)
        .order_by("raised_at")
    )
    for alarm in alarms:
        key = (alarm.station_id, alarm.sensor_id, alarm.rule)
        if key in found:
            found[key].append(alarm)
    return found


def _covers(alarm: Alarm, at: datetime, memory: timedelta = timedelta()) -> bool:
    """Whether the alarm stood at ``at``, or still bore on the engine's belief (``Delays.memory``)."""
    return alarm.raised_at <= at and (alarm.cleared_at is None or at < alarm.cleared_at + memory)


def _span(
    task: Task, alarms: Sequence[Alarm], reach: timedelta, final: bool
) -> tuple[datetime, datetime | None]:
    """From before the late data, and before the alarm that was there then, to behind it."""
    first, last = task.series[0][0], task.series[-1][0]
    since = first - reach
    for alarm in reversed(alarms):
        if _covers(alarm, since):
            since = alarm.raised_at - reach
    until = None if final or task.newest is None or last + reach >= task.newest else last + reach
    return since, until


def _read(
    tasks: Sequence[Task], told: dict[Key, list[Alarm]], reach: timedelta, final: bool
) -> Iterable[tuple[Task, list[tuple[datetime, Given]], bool]]:
    """Each task's stored history around its late data, and whether it goes on to the newest.

    Spans that begin on the same day are read together, so one very old reading does not make all of them
    look far back.
    """
    groups: dict[tuple, list[tuple[Task, datetime, datetime | None]]] = defaultdict(list)
    for task in tasks:
        since, until = _span(task, told[task.key], reach, final)
        if task.rule.looks_at == RAIN:
            yield task, history.rain_history(_only(task), since, until), until is None
        else:
            groups[since.date(), until.date() if until else None].append((task, since, until))
    for group in groups.values():
        sensors = {sensor for task, _, _ in group for sensor in _sensors(task)}
        ends = [until for _, _, until in group if until is not None]
        end = max(ends) if len(ends) == len(group) else None
        reach_back = max(task.rule.reach for task, _, _ in group)
        samples = history.samples(sensors, min(since for _, since, _ in group) - reach_back, end)
        for task, since, until in group:
            if task.rule.looks_at == TREND:
                told_of = trail(samples[_only(task)], task.rule.reach)
                series = [entry for entry in told_of if entry[0] >= since]
            elif task.rule.looks_at != TOGETHER:
                kept = samples[_only(task)]
                series = [(one.at, one.value) for one in kept if one.quality == Quality.GOOD]
            else:
                channels = {c: task.site.sensors[c] for c in task.rule.inputs if c in task.site.sensors}
                series = rows({channel: samples[sensor] for channel, sensor in channels.items()})
            yield task, series, until is None


def _only(task: Task) -> int:
    assert task.sensor_id is not None
    return task.sensor_id


def _sensors(task: Task) -> list[int]:
    if task.sensor_id is not None:
        return [task.sensor_id]
    return [task.site.sensors[channel] for channel in task.rule.inputs if channel in task.site.sensors]


def _settle(
    task: Task, series: list[tuple[datetime, Given]], alarms: Sequence[Alarm], complete: bool, final: bool
) -> Settled | None:
    """Judge from a quiet moment before the late data to one behind it; None where the series has none."""
    first, last = task.series[0][0], task.series[-1][0]
    start = _quiet_before(task.rule, series, alarms, first)
    if start is None and not final:
        return None
    begin = 0 if start is None else start + 1
    belief, changes = QUIET, []
    for at, given in series[begin:]:
        judged = task.rule.judge(at, given, belief)
        if judged is None:
            continue
        belief, change = observe(belief, task.rule.delays, judged)
        if change is not None:
            changes.append(change)
        if at > last and belief is QUIET and not any(_covers(alarm, at) for alarm in alarms):
            return _settled(series, start, at, changes, belief)
    return _settled(series, start, None, changes, belief) if complete else None


def _settled(
    series: list[tuple[datetime, Given]],
    start: int | None,
    until: datetime | None,
    changes: list[Change],
    belief: Belief,
) -> Settled:
    since = None if start is None else series[start][0]
    if since is None and series:
        since = series[0][0] - timedelta(microseconds=1)
    return Settled(since, until, episodes(changes, belief), belief)


def _quiet_before(
    rule: Rule, series: list[tuple[datetime, Given]], alarms: Sequence[Alarm], first: datetime
) -> int | None:
    """The last moment before ``first`` that holds no level and is covered by no alarm."""
    for index in range(len(series) - 1, -1, -1):
        at, given = series[index]
        if at >= first:
            continue
        judged = rule.judge(at, given, QUIET)
        if (
            judged is not None
            and judged.held == NONE
            and not any(_covers(alarm, at, rule.delays.memory) for alarm in alarms)
        ):
            return index
    return None


def _reconcile(task: Task, found: Settled, alarms: Sequence[Alarm], lines: dict, book: Book) -> None:
    """Make the kept alarms within the span say what the episodes say."""
    within = [
        alarm
        for alarm in alarms
        if (found.since is None or alarm.raised_at > found.since)
        and (found.until is None or alarm.raised_at <= found.until)
    ]
    pairs = _match(within, found.episodes)
    for alarm in within:
        if alarm.pk not in {kept.pk for kept, _ in pairs if kept is not None}:
            book.retract(alarm)
    for kept, episode in pairs:
        if kept is None:
            kept = book.open_past(task.site, task.sensor_id, task.rule.name, episode, task.newest)
        elif _says(lines[kept.pk]) != [
            (change.at, change.what, change.level, change.value) for change in episode.changes
        ]:
            book.rewrite(kept, lines[kept.pk], episode, task.newest)
        else:
            book.peak(kept, episode.peak)
        if episode.cleared_at is None and not kept.rang:
            confirm(kept, found.belief, task, book)


def _match(alarms: Sequence[Alarm], found: Sequence[Episode]) -> list[tuple[Alarm | None, Episode]]:
    """Each episode with the alarm that told of it: raised at the same moment, else overlapping it."""
    free = list(alarms)
    pairs: dict[int, Alarm] = {}
    for same in (True, False):
        for index, episode in enumerate(found):
            if index in pairs:
                continue
            for alarm in free:
                if (alarm.raised_at == episode.raised_at) if same else _overlap(alarm, episode):
                    pairs[index] = alarm
                    free.remove(alarm)
                    break
    return [(pairs.get(index), episode) for index, episode in enumerate(found)]


def _overlap(alarm: Alarm, episode: Episode) -> bool:
    return (alarm.cleared_at is None or episode.raised_at < alarm.cleared_at) and (
        episode.cleared_at is None or alarm.raised_at < episode.cleared_at
    )


def _says(lines: Sequence[AlarmEvent]) -> list[tuple]:
    return [(line.at, line.what, line.level, line.value) for line in lines]
