"""What must be true whatever happened, looked up in the database itself. A process of its own beside the system:

`python -m command_center.demo.faults.oracle` reads one JSON question a line and answers with one line.
"""

import json
import math
import sys
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from command_center.core import audit
from command_center.core.events import LISTENERS
from command_center.core.models import Delivered, Event, FailedDelivery, Heartbeat, User
from command_center.core.parameters import PARAMETERS, values
from command_center.demo.faults.oracle_orders import loop, orders
from incidents.models import Incident, IncidentAlarm
from incidents.services.catalogue import kind_of_rule
from sensors.domain.alarms import QUIET, episodes
from sensors.domain.lifecycle import ENGINE, Logged, fold
from sensors.domain.quality import Quality
from sensors.domain.rules import TREND, VALUE, Rule
from sensors.models import Alarm, AlarmEvent, Contact, Reading, Sensor, Station
from sensors.services import alarms as judging
from sensors.services import history, points
from sensors.services.alarm_book import CONDITION_LINES
from sensors.services.directory import gauges
from sensors.simulator.ledger import accepted

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_BY_TIME = frozenset(
    {"link.silent", "station.silent", "fire.guard_absent"}
)  # raised by what was not measured
_SHOWN = 5

# --- preparing -----------------------------------------------------------------------------------------

_SMALL = {"rain_gauge": 12, "stage_gauge": 6, "ponding_site": 20, "pump_station": 6, "camera": 0}


def prepare(small: bool, speed: float) -> int:
    """Make the tables and the demo district, ``small`` or whole; returns how many stations are in service."""
    call_command("migrate", interactive=False, stdout=sys.stderr)
    call_command("seed_demo", speed=speed, stdout=sys.stderr)
    rows = list(Station.objects.order_by("kind", "code"))
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row.kind] += 1
        row.in_service = not small or seen[row.kind] <= _SMALL.get(row.kind, 0)
    Station.objects.bulk_update(rows, ["in_service"])
    return sum(row.in_service for row in rows)


def cookie(username: str = "duty1") -> str:
    """A session of one of the demo's people (a duty officer over the whole district), made without a password."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    user = User.objects.get(username=username)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def place() -> list[float]:
    """Where the calls come from: a place within the district, [longitude, latitude]."""
    where = Station.objects.order_by("code")[0].position
    return [where.x, where.y]


# --- what must be true ---------------------------------------------------------------------------------


def readings(ledger: str) -> dict[str, Any]:
    """Every reading that was acknowledged is there once, with the value that was sent."""
    sent = accepted(Path(ledger))  # before the tables: what is acknowledged now was committed before
    sensors = {
        (address, channel): pk
        for pk, address, channel in Sensor.objects.values_list("pk", "station__address", "channel")
    }
    wanted = {
        (sensors[one.address, one.channel], one.observed_at): one.value
        for one in sent
        if (one.address, one.channel) in sensors
    }
    there: dict[tuple[int, datetime], list[float]] = defaultdict(list)
    rows = Reading.objects.filter(sensor__in={sensor for sensor, _ in wanted})
    for sensor, at, value in rows.values_list("sensor_id", "observed_at", "value"):
        there[sensor, at].append(value)
    lost = [key for key in wanted if key not in there]
    other = [key for key, value in wanted.items() if not all(math.isclose(value, v) for v in there[key])]
    doubled = [key for key, found in there.items() if len(found) > 1]
    return {
        "accepted": len(wanted),
        "stored": Reading.objects.count(),
        "wrong": [
            *(f"lost: sensor {sensor} at {at}" for sensor, at in lost[:_SHOWN]),
            *(f"another value: sensor {sensor} at {at}" for sensor, at in other[:_SHOWN]),
            *(f"twice: sensor {sensor} at {at}" for sensor, at in doubled[:_SHOWN]),
        ],
    }


def alarms() -> dict[str, Any]:
    """Each alarm is the fold of its lines, and all of them are what the stored readings say when judged anew."""
    wrong = []
    with transaction.atomic():  # readings and alarms of one moment: they are written in one transaction
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = list(Alarm.objects.select_related("station"))
        lines: dict[Any, list[AlarmEvent]] = defaultdict(list)
        for line in AlarmEvent.objects.order_by("at", "id"):
            lines[line.alarm_id].append(line)
        wrong += [text for row in rows for text in _differs_from_its_lines(row, lines[row.pk])]
        active = Counter(
            (r.station_id, r.sensor_id, r.rule) for r in rows if r.condition == Alarm.Condition.ACTIVE
        )
        wrong += [f"active twice: {key}" for key, n in active.items() if n > 1 and key[2] not in _BY_TIME]
        kept: dict[tuple, set] = defaultdict(set)
        for row in rows:
            if row.condition != Alarm.Condition.RETRACTED and row.rule not in _BY_TIME:
                kept[row.station_id, row.sensor_id, row.rule].add(_condition_lines(lines[row.pk]))
        judged = _judged_anew()
        for key in {*kept, *judged}:
            wrong += [f"should not be: {key} {told}" for told in kept[key] - judged[key]]
            wrong += [f"missing: {key} {told}" for told in judged[key] - kept[key]]
    return {"alarms": len(rows), "active": sum(active.values()), "wrong": wrong}


def _condition_lines(lines: list[AlarmEvent]) -> tuple:
    """What readings say: not the levels that a call about a fire alarm brought."""
    told = [line for line in lines if line.what in CONDITION_LINES and line.source == ENGINE]
    return tuple((line.at, line.what, line.level) for line in told)


def _differs_from_its_lines(row: Alarm, lines: list[AlarmEvent]) -> Iterator[str]:
    if not lines:
        yield f"an alarm without a line: {row.pk}"
        return
    standing = fold([Logged(one.at, one.what, one.level, one.value, one.who) for one in lines])
    for name in standing.__dataclass_fields__:
        if getattr(row, name) != getattr(standing, name):
            yield f"{row.rule} {row.pk}: {name} is not what its lines say"


def _judged_anew() -> dict[tuple, set]:
    """(station, sensor, rule) → the lines of each episode, from all stored readings with nothing remembered."""
    limits = points.limits_in_force()
    points.forget()
    everything = list(Sensor.objects.values_list("pk", flat=True))
    known = points.points(everything, limits)
    samples = history.samples(everything, _BEGINNING)
    rain_points = {gauge.point for gauge in gauges(everything).values()}
    found: dict[tuple, set] = defaultdict(set)

    def judge(key: tuple, rule: Rule, series: list) -> None:
        belief, changes = judging.fold(rule, QUIET, series)
        for one in episodes(changes, belief):
            found[key].add(tuple((change.at, change.what, change.level) for change in one.changes))

    for point in known.values():
        for rule in point.rules:
            if rule.looks_at == VALUE:
                good = [one for one in samples[point.sensor_id] if one.quality == Quality.GOOD]
                series: list = [(one.at, one.value) for one in good]
            elif rule.looks_at == TREND:
                series = judging.trail(samples[point.sensor_id], rule.reach)
            elif point.sensor_id not in rain_points:
                continue  # amount and counter of one gauge are one point
            else:
                series = list(history.rain_history(point.sensor_id, _BEGINNING))
            judge((point.site.id, point.sensor_id, rule.name), rule, series)
    for site in {point.site.id: point.site for point in known.values()}.values():
        for rule in site.rules:
            inputs = {c: samples[site.sensors[c]] for c in rule.inputs if c in site.sensors}
            judge((site.id, None, rule.name), rule, judging.rows(inputs))
    return found


def events(written_before: str) -> dict[str, Any]:
    """What was committed before a moment (real time) is numbered once, without a gap, and was delivered."""
    before = datetime.fromisoformat(written_before)
    numbers = list(Event.objects.filter(seq__isnull=False).order_by("seq").values_list("seq", flat=True))
    wrong = []
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append(f"{len(numbers)} events are numbered up to {numbers[-1]}")
    if waiting := Event.objects.filter(seq=None, written_at__lt=before).count():
        wrong.append(f"{waiting} events have no number")
    told = Event.objects.filter(kind__in=list(LISTENERS), written_at__lt=before, seq__isnull=False)
    wanted = {(seq, name) for seq, kind in told.values_list("seq", "kind") for name in LISTENERS[kind]}
    done = Counter(Delivered.objects.values_list("seq", "listener"))
    missing = sorted(wanted - set(done))
    wrong += [f"not delivered: {one}" for one in missing[:_SHOWN]]
    wrong += [f"delivered twice: {one}" for one, n in done.items() if n > 1]
    wrong += [f"given up: {one}" for one in FailedDelivery.objects.filter(given_up=True)[:_SHOWN]]
    return {"events": len(numbers), "deliveries": len(wanted), "missing": len(missing), "wrong": wrong}


def incidents(written_before: str) -> dict[str, Any]:
    """Every alarm serious enough to propose an incident is in exactly one; none is made of nothing.

    To be asked when everything written before the moment has been delivered.
    """
    before = datetime.fromisoformat(written_before)
    told = Event.objects.filter(kind="alarm.raised", written_at__lt=before).values_list(
        "subject_id", flat=True
    )
    most = {
        name.removeprefix("incident.proposes."): value
        for name, value in values([n for n in PARAMETERS if n.startswith("incident.proposes.")]).items()
    }
    links = Counter(IncidentAlarm.objects.filter(left_at=None).values_list("alarm_id", flat=True))
    wrong, serious = [], 0
    changing = set(
        Event.objects.filter(kind__startswith="alarm.", written_at__gte=before).values_list(
            "subject_id", flat=True
        )
    )
    for row in Alarm.objects.filter(pk__in=list(told), rang=True, suppressions=[]).exclude(
        condition=Alarm.Condition.RETRACTED
    ):
        if (
            row.worst_level > most.get(row.rule, 0)
            or kind_of_rule(row.rule) is None
            or str(row.pk) in changing
        ):
            continue
        serious += 1
        if links[row.pk] != 1:
            wrong.append(
                f"{row.rule} of {row.station_id}, level {row.worst_level}: in {links[row.pk]} incidents"
            )
    empty = Incident.objects.filter(source=Incident.Source.SENSOR, links=None)
    wrong += [f"an incident of no alarm: {one.number}" for one in empty]
    numbers = Counter(Incident.objects.values_list("number", flat=True))
    wrong += [f"a number twice: {number}" for number, n in numbers.items() if n > 1]
    return {"serious": serious, "incidents": len(numbers), "wrong": wrong}


def clocks() -> dict[str, Any]:
    """How late the polled stations are now, in real seconds; what is due is taken within ten."""
    present = datetime.now(UTC)
    due = Contact.objects.filter(due_at__lt=present, station__in_service=True).order_by("due_at").first()
    late_s = (present - due.due_at).total_seconds() if due else 0.0
    return {"late_s": late_s, "wrong": [f"a poll is {late_s:.0f} s late"] if late_s > 10 else []}


def book() -> dict[str, Any]:
    """The log's chain is whole."""
    fault = audit.first_fault()
    return {"lines": audit.head()[0], "wrong": [fault] if fault else []}


def worked(since: str) -> dict[str, bool]:
    """Which parts have done work after a moment (real time)."""
    moment = datetime.fromisoformat(since)
    return {row.name: row.at > moment for row in Heartbeat.objects.all()}


QUESTIONS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        prepare,
        cookie,
        place,
        readings,
        alarms,
        events,
        incidents,
        orders,
        loop,
        clocks,
        book,
        worked,
    )
}


def main() -> None:
    for line in sys.stdin:
        given = json.loads(line)
        connection.close()  # the server may be another one than at the last question
        try:
            told = {"answer": QUESTIONS[given.pop("question")](**given)}
        except Exception as error:  # noqa: BLE001  (the asker is told)
            traceback.print_exc()
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
