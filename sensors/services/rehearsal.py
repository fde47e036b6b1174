"""Rehearsal: a draft of a rule judges the stored history, with the engine's own fold, before it may judge what comes.

A value below a rule's calm limit changes nothing while nothing is believed. So of a quantity judged by itself only the
hours with a value at or above that limit are read, and what follows until all is quiet; the count is the same as that
of reading everything, and a test holds it to that.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from command_center.core.locks import first
from command_center.core.parameters import values

from ..domain import absence
from ..domain.alarms import CLEARED, QUIET, Belief, Change, episodes
from ..domain.quality import FLAG_BITS, Quality
from ..domain.rehearsing import Known, Raised, told
from ..domain.rule_language import RAIN_POINTS, is_absence
from ..domain.rule_making import Place, make, parameters_of
from ..domain.rule_versions import DRAFT
from ..domain.rules import RAIN, TOGETHER, TREND, Given, Limits, Rule
from ..domain.samples import Sample
from ..models import Alarm, AlarmRuleVersion, Sensor, Station
from . import history
from .alarms import fold, rows, trail
from .directory import gauges
from .points import holding, limits_in_force, place_of
from .rulebook import InForce, Ruled, in_force, ruled, standing

# What is known to have happened, told by an app above: (alarm, since, until) → things with their stations.
KNOWN: list[Callable[[str, datetime, datetime], Iterable[Known]]] = []
_AT_ONCE = 5000
_HOUR = timedelta(hours=1)
_BIN = "date_bin('1 hour', r.observed_at, 'epoch'::timestamptz)"


@dataclass(frozen=True, slots=True)
class Held:
    """A place at which the rule holds. ``own``: its point, None where it joins several of ``sensors``."""

    station: Station
    sensors: Sequence[Sensor]
    own: Sensor | None
    place: Place
    rule: Rule | None  # None: a rule about missing readings


def rehearse_waiting(at: datetime) -> int:
    """Try the drafts that were not tried yet, the oldest first; one worker does. Returns how many.

    The row is not held meanwhile: who withdraws the draft need not wait.
    """
    waiting = AlarmRuleVersion.objects.filter(state=DRAFT, rehearsed_at=None)
    done = 0
    for version in waiting.select_related("rule").order_by("made_at", "pk"):
        with transaction.atomic():
            if not first("rehearsal"):
                return done
            began = time.monotonic()
            found = rehearsed(version, at)
            found["took_s"] = round(time.monotonic() - began, 1)
            done += waiting.filter(pk=version.pk).update(rehearsal=found, rehearsed_at=at)
    return done


def rehearsed(version: AlarmRuleVersion, at: datetime) -> dict[str, Any]:
    """What the draft, and the version in force beside it, would have told in the days before ``at``."""
    since = at - timedelta(days=version.rehearse_days)
    draft, now_ = ruled(version), standing(version.rule.slug, at)
    rules = in_force(at)
    others = list(
        Alarm.objects.filter(raised_at__gte=since, raised_at__lte=at, rang=True)
        .exclude(rule=draft.alarm)
        .exclude(condition=Alarm.Condition.RETRACTED)
        .values_list("raised_at", flat=True)
    )
    window = timedelta(minutes=values(["rule.incident_window"])["rule.incident_window"])
    held = places(draft, rules, limits_for(draft, at))
    within = {one.station.pk for one in held}
    known = [
        Known(one.number, one.title, one.at, one.stations & within)
        for tell in KNOWN
        for one in tell(draft.alarm, since, at)
        if one.stations & within
    ]
    result = told(replay(held, draft, since, at), others=others, known=known, window=window)
    codes = {str(one.station.pk): (one.station.code, one.station.name, one.station.name_en) for one in held}
    result["top"] = [[*codes[station], count] for station, count in result["top"]]
    result |= {"since": since.isoformat(), "until": at.isoformat(), "places": len(held), "known": len(known)}
    if now_ is not None:
        before = replay(places(now_, rules, limits_for(now_, at)), now_, since, at)
        result["now"] = told(before, others=others, known=known, window=window)
        result["now"]["top"] = []
    return result


def limits_for(one: Ruled, at: datetime) -> Limits:
    """The parameters in force, with those that only ``one`` names."""
    limits = limits_in_force(at)
    more = sorted(parameters_of(dict(one.definition)) - set(limits.values))
    if not more:
        return limits
    return Limits(
        limits.clear_after,
        limits.ring_within,
        limits.look_back,
        {**limits.values, **values(more)},
        limits.rules,
    )


def places(one: Ruled, rules: InForce, limits: Limits) -> list[Held]:
    """Where ``one`` would hold if it were in force beside the other ``rules``: nothing narrower for its alarm is there."""
    together = rules.with_(one)
    quantity = one.definition["applies"].get("quantity")
    stations: dict[Any, list[Sensor]] = {}
    sensors = Sensor.objects.filter(station__in_service=True).select_related("station").order_by("pk")
    if quantity == RAIN_POINTS:
        sensors = sensors.filter(quantity__startswith="rain_")
    elif quantity is not None:
        sensors = sensors.filter(quantity=quantity)
    for sensor in sensors:
        stations.setdefault(sensor.station_id, []).append(sensor)
    gauge_points = (
        {gauge.point for gauge in gauges([s.pk for own in stations.values() for s in own]).values()}
        if quantity == RAIN_POINTS
        else None
    )
    found = []
    for own in stations.values():
        for sensor in [None] if quantity is None else own:
            if gauge_points is not None and sensor is not None and sensor.pk not in gauge_points:
                continue  # amount and counter of one gauge are one point
            station = own[0].station
            winner = holding(together.by_quantity.get(quantity, ()), station, sensor).get(one.alarm)
            if winner is None or winner.slug != one.slug or one.definition.get("off"):
                continue
            place = place_of(station, own, sensor, limits)
            rule = make(one.alarm, one.definition, place)
            if rule is not None or is_absence(one.definition):
                found.append(Held(station, own, sensor, place, rule))
    return found


def replay(held: Sequence[Held], one: Ruled, since: datetime, until: datetime) -> list[Raised]:
    """Every alarm of the rule from the readings within [since, until], by place and time."""
    if not held:
        return []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")  # nobody waits for it
        return _replay(held, one, since, until)


def _replay(held: Sequence[Held], one: Ruled, since: datetime, until: datetime) -> list[Raised]:
    if is_absence(one.definition):
        return list(_absent(held, one, since, until))
    looks_at = next(place.rule.looks_at for place in held if place.rule is not None)
    of = {RAIN: _rain, TOGETHER: _together, TREND: _trend}.get(looks_at, _values)
    return list(of(held, since, until))


def _raised(place: Held, changes: list[Change], belief: Belief) -> Iterator[Raised]:
    for episode in episodes(changes, belief):
        worst = min(change.level for change in episode.changes if change.what != CLEARED)
        sensor_id = None if place.own is None else place.own.pk
        yield Raised(place.station.pk, sensor_id, episode.raised_at, episode.cleared_at, worst)


def _judge(place: Held, series: Iterable[tuple[datetime, Given]]) -> Iterator[Raised]:
    assert place.rule is not None
    belief, changes = fold(place.rule, QUIET, series)
    yield from _raised(place, changes, belief)


def _rain(held: Sequence[Held], since: datetime, until: datetime) -> Iterator[Raised]:
    for place in held:
        assert place.own is not None
        entries = history.rain_history(place.own.pk, since, until)
        yield from _judge(place, (entry for entry in entries if entry[0] <= until))


def _trend(held: Sequence[Held], since: datetime, until: datetime) -> Iterator[Raised]:
    by_sensor = {place.own.pk: place for place in held if place.own is not None}
    reach = max(place.rule.reach for place in held if place.rule is not None)
    for sensor_id, samples in _by_sensor(by_sensor, since - reach, until):
        place = by_sensor[sensor_id]
        assert place.rule is not None
        told_of = trail(samples, place.rule.reach)
        yield from _judge(place, (entry for entry in told_of if entry[0] >= since))


def _together(held: Sequence[Held], since: datetime, until: datetime) -> Iterator[Raised]:
    """One station after the other: its points' readings are joined by their moment."""
    for place in held:
        assert place.rule is not None
        channel = {
            sensor.pk: sensor.channel for sensor in place.sensors if sensor.channel in place.rule.inputs
        }
        read = _by_sensor(channel, since, until)
        yield from _judge(place, rows({channel[sensor_id]: samples for sensor_id, samples in read}))


def _absent(held: Sequence[Held], one: Ruled, since: datetime, until: datetime) -> Iterator[Raised]:
    by_sensor = {place.own.pk: place for place in held if place.own is not None}
    for sensor_id, samples in _by_sensor(by_sensor, since, until, good=False):
        place = by_sensor[sensor_id]
        tiers = absence.tiers_at(one.definition, place.place, until)
        for gap in absence.stretches([sample.at for sample in samples], tiers, until=until):
            yield Raised(place.station.pk, sensor_id, gap.raised_at, gap.until, gap.worst)


# --- one quantity by itself ------------------------------------------------------------------------
def _values(held: Sequence[Held], since: datetime, until: datetime) -> Iterator[Raised]:
    by_sensor = {place.own.pk: place for place in held if place.own is not None}
    for sensor_id, spans in _hot(by_sensor, since, until):
        place = by_sensor[sensor_id]
        assert place.rule is not None
        belief, changes = QUIET, []
        for n, (_, end, series) in enumerate(spans):
            belief, more = fold(place.rule, belief, series)
            changes += more
            nearest = spans[n + 1][0] if n + 1 < len(spans) else until + timedelta(microseconds=1)
            if (
                belief is not QUIET and end < nearest
            ):  # the instrument paused: what came next still bears on it
                belief, more = fold(place.rule, belief, _between(sensor_id, end, nearest))
                changes += more
        yield from _raised(place, changes, belief)


Span = tuple[
    datetime, datetime, list[tuple[datetime, float]]
]  # hours [from, to) and the good readings in them


def _hot(by_sensor: dict[int, Held], since: datetime, until: datetime) -> Iterator[tuple[int, list[Span]]]:
    """The hours with a value that is not calm, and those in which such a value can still keep an alarm."""
    rules = {sensor_id: place.rule for sensor_id, place in by_sensor.items() if place.rule is not None}
    calm = {sensor_id: rule.calm_below for sensor_id, rule in rules.items()}
    longest = max(max(rule.delays.clear_after, rule.delays.latch_for) for rule in rules.values())
    with transaction.atomic(), connection.cursor() as cursor:
        # A flag is a bit of a number, of which the planner knows nothing: it would go through an index row by row.
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
        cursor.execute("DROP TABLE IF EXISTS rehearsed")
        cursor.execute(
            "CREATE TEMP TABLE rehearsed ON COMMIT DROP AS"
            " SELECT DISTINCT sensor_id, hour + after * interval '1 hour' AS hour FROM ("
            f"  SELECT DISTINCT r.sensor_id, {_BIN} AS hour"
            "  FROM sensors_reading r JOIN unnest(%(ids)s::bigint[], %(calm)s::float8[]) p (id, calm)"
            "    ON p.id = r.sensor_id"
            "  WHERE r.observed_at >= %(since)s AND r.observed_at <= %(until)s"
            f"   AND r.value >= %(least)s AND r.value >= p.calm AND r.quality & {FLAG_BITS} = {Quality.GOOD:d}"
            " ) hot, generate_series(0, %(hours)s) after",
            {
                "ids": list(calm),
                "calm": list(calm.values()),
                "least": min(calm.values()),
                "since": since,
                "until": until,
                "hours": longest // _HOUR + 1,
            },
        )
        wanted: dict[int, list[datetime]] = {}
        cursor.execute("SELECT sensor_id, hour FROM rehearsed ORDER BY hour")
        for sensor_id, hour in cursor.fetchall():
            wanted.setdefault(sensor_id, []).append(hour)
        days = _days({hour for hours in wanted.values() for hour in hours})
        within = " OR ".join(["(r.observed_at >= %s AND r.observed_at < %s)"] * len(days)) or "false"
        query = (
            "SELECT r.sensor_id, r.observed_at, r.value FROM sensors_reading r JOIN rehearsed h"
            f" ON h.sensor_id = r.sensor_id AND h.hour = {_BIN}"
            " WHERE r.observed_at >= %s AND r.observed_at <= %s"
            f" AND r.quality & {FLAG_BITS} = {Quality.GOOD:d} AND ({within}) ORDER BY r.sensor_id, r.observed_at"
        )
        bounds = [moment for span in days for moment in span]
        for sensor_id, read in _grouped(_stream(query, [since, until, *bounds])):
            yield sensor_id, _spans(wanted[sensor_id], read)


def _days(hours: Collection[datetime]) -> list[tuple[datetime, datetime]]:
    """The stretches of days that hold ``hours``: only their partitions need be read."""
    found: list[tuple[datetime, datetime]] = []
    for day in sorted({hour.astimezone(UTC).replace(hour=0) for hour in hours}):
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + timedelta(days=1))
        else:
            found.append((day, day + timedelta(days=1)))
    return found


def _spans(hours: Sequence[datetime], series: list[tuple[datetime, float]]) -> list[Span]:
    """The readings cut where an hour that was not read lies between them. ``hours`` in order."""
    found: list[Span] = []
    at = 0
    for hour in hours:
        begin, read = hour, []
        if found and found[-1][1] == hour:
            begin, _, read = found.pop()
        end = hour + _HOUR
        while at < len(series) and series[at][0] < end:
            read.append(series[at])
            at += 1
        found.append((begin, end, read))
    return found


def _between(sensor_id: int, since: datetime, before: datetime) -> Iterator[tuple[datetime, float]]:
    for sample in history.samples([sensor_id], since, before - timedelta(microseconds=1))[sensor_id]:
        if sample.quality == Quality.GOOD:
            yield sample.at, sample.value


# --- reading in order ------------------------------------------------------------------------------
def _by_sensor(
    sensor_ids: Collection[int], since: datetime, until: datetime, *, good: bool = True
) -> Iterator[tuple[int, list[Sample]]]:
    """Sensor after sensor, its readings in time order; only one sensor's are held at a time."""
    flag = f"= {Quality.GOOD:d}" if good else f"<> {Quality.QUARANTINED:d}"
    query = (
        "SELECT sensor_id, observed_at, value FROM sensors_reading"
        f" WHERE sensor_id = ANY(%s) AND observed_at >= %s AND observed_at <= %s AND quality & {FLAG_BITS} {flag}"
        " ORDER BY sensor_id, observed_at"
    )
    for sensor_id, read in _grouped(_stream(query, [list(sensor_ids), since, until])):
        yield sensor_id, [Sample(at, value, Quality.GOOD) for at, value in read]


def _stream(query: str, params: list[Any]) -> Iterator[tuple]:
    """Rows through a cursor on the server, within a transaction: the whole history is never in memory."""
    with transaction.atomic():
        connection.ensure_connection()
        with connection.connection.cursor(name="rehearsal") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(query, params)
            yield from cursor


def _grouped(read: Iterable[tuple]) -> Iterator[tuple[int, list[tuple[datetime, float]]]]:
    current: int | None = None
    group: list[tuple[datetime, float]] = []
    for sensor_id, at, value in read:
        if sensor_id != current:
            if current is not None:
                yield current, group
            current, group = sensor_id, []
        group.append((at, value))
    if current is not None:
        yield current, group
