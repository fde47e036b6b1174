"""Silence: stations that are not heard any more, and nodes (listeners, networks, concentrators) that are lost.

Alarms about values change only with readings; that none comes is judged here, by the hall's clock.

A station that misses two intervals is marked silent (grey, never green; its last known level stays); one interval later
it becomes an alarm of its own, unless a node above it is lost: then one alarm at the highest lost node stands for all
beneath (``domain.topology``). A station that was never heard is measured from when it was put into service.
"""

import json
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from command_center.core import heartbeat
from command_center.core.events import announce_many
from command_center.core.locks import first
from command_center.core.models import Heartbeat
from command_center.core.now import Rate
from command_center.core.parameters import values

from ..domain.alarms import CLEARED, RAISED, Change
from ..domain.topology import Tally, beneath, highest_lost, path, sums, tree
from ..domain.words import LINK_SILENT, SILENT, facts
from ..models import Alarm, Node, Station
from .alarm_book import Book
from .nodes import hang
from .points import Site

STATION_RULE, LINK_RULE = "station.silent", "link.silent"
STATION_LEVEL, LINK_LEVEL = 4, 3
_SHORTEST_S = 10.0
# Real time without a tick after which we cannot say any more who was silent: it was us who did not listen.
_GAP = timedelta(seconds=30)
# Of an interval: who has not spoken by then is due. Less than a whole one, since stations that all report on the same
# minute do so with some jitter; little less, or a concentrator's few stations would seem due before their network's.
_DUE = 0.9
_ALWAYS = timedelta.max


@dataclass(frozen=True, slots=True)
class Silence:
    """What one look changed: stations marked silent, alarms raised and cleared, nodes lost now (their primary keys)."""

    marked: int = 0
    raised: int = 0
    cleared: int = 0
    lost: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Own:
    """The stations that hang on one node itself: those once heard, and those never heard."""

    heard: Tally
    never: Tally
    first: tuple[str, Any]  # code and id of the first: where an alarm of the node is shown
    areas: tuple[str, ...]


def watch_silence(at: datetime, *, real: datetime, clock: Rate) -> Silence:
    """Look once. ``at`` is the hall's time, ``real`` the world's; two looks at once are one."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not first("silence"):
            return Silence()
        setting = [clock.origin.isoformat(), clock.story.isoformat(), clock.rate]
        since, back = _remembered(at, real, setting)
        v = values(
            [
                "sensor.stale_factor",
                "sensor.silent_grace",
                "link.down_factor",
                "link.down_share",
                "link.smallest",
            ]
        )
        _expect(cursor, at)
        nodes = hang(cursor, smallest=v["link.smallest"])
        parents = tree({pk: node.parent_id for pk, node in nodes.items()})
        book = Book(at, _ALWAYS)
        asked = {"at": at, "since": since, "shortest": shortest_silence(clock).total_seconds(), "due": _DUE}
        marked = _mark(cursor, {**asked, "back": "{}", "factor": v["sensor.stale_factor"]})
        alone = v["sensor.stale_factor"] + v["sensor.silent_grace"]
        waits = {"factor": v["link.down_factor"], "alone": alone}
        own = _own(cursor, {**asked, **waits, "back": _back(back, parents)})
        limits = {"share": v["link.down_share"], "smallest": v["link.smallest"]}
        lost, ended = _judge(own, nodes, parents, book, at, limits)
        without = beneath(lost, parents)
        back |= {str(node): at.isoformat() for node in ended - without}
        asked |= {"back": _back(back, parents), "factor": alone}
        raised = _raise(cursor, asked, book, at, without=without)
        cleared = _clear(book, at)
        book.write()
        heartbeat.beat("silence", since=since.isoformat(), clock=setting, back=back)
        announce_many(
            [("station.silent", station, at, {"link": node in without}) for station, node in marked]
        )
        return Silence(len(marked), raised, cleared, tuple(sorted(lost)))


def listening_since() -> datetime | None:
    """From when on silence counts, as the last look found it; None where nobody has looked yet."""
    row = Heartbeat.objects.filter(name="silence").first()
    return datetime.fromisoformat(row.note["since"]) if row else None


def under_lost_nodes() -> set[int]:
    """Nodes whose stations one alarm stands for: those lost, and all beneath them."""
    lost = Alarm.objects.filter(rule=LINK_RULE, condition=Alarm.Condition.ACTIVE).values_list(
        "node", flat=True
    )
    return beneath(set(lost), tree(dict(Node.objects.values_list("pk", "parent")))) if lost else set()


def shortest_silence(clock: Rate) -> timedelta:
    """No silence counts as shorter than this, in the hall's time: a sped-up clock must not make ordinary scheduling look
    like it."""
    return timedelta(seconds=_SHORTEST_S * clock.rate)


def _remembered(at: datetime, real: datetime, setting: list[Any]) -> tuple[datetime, dict[str, str]]:
    """From when on silence counts (we listened all the time since), and when each node last came back.

    Nothing is remembered where we did not listen ourselves for a while, or the hall's clock was set anew.
    """
    row = Heartbeat.objects.filter(name="silence").first()
    if row is None or real - row.at > _GAP or row.note.get("clock") != setting:
        return at, {}
    return min(at, datetime.fromisoformat(row.note["since"])), row.note["back"]


def _back(back: Mapping[str, str], parents: Mapping[int, int | None]) -> str:
    """For each node when it, or the last of those above it, came back, as JSON. Its stations have their time again."""
    found = {}
    for node in parents if back else ():
        if times := [back[str(one)] for one in path(node, parents) if str(one) in back]:
            found[str(node)] = max(times, key=datetime.fromisoformat)
    return json.dumps(found)


def _expect(cursor: Any, at: datetime) -> None:
    """Note since when each station should be heard: from now on for those that were put into service."""
    cursor.execute(
        "INSERT INTO sensors_contact (station_id, peer, failures, error, picture, expected_since)"
        " SELECT id, '', 0, '', '', %s FROM sensors_station t WHERE in_service"
        " AND NOT EXISTS (SELECT FROM sensors_contact c WHERE c.station_id = t.id) ON CONFLICT DO NOTHING",
        [at],
    )
    cursor.execute(
        "WITH other AS (SELECT c.station_id, t.in_service FROM sensors_contact c"
        " JOIN sensors_station t ON t.id = c.station_id WHERE t.in_service = (c.expected_since IS NULL)"
        " FOR UPDATE OF c SKIP LOCKED)"
        " UPDATE sensors_contact c SET expected_since = CASE WHEN o.in_service THEN %s END"
        " FROM other o WHERE c.station_id = o.station_id",
        [at],
    )


# From when on a station's silence counts. A clock set back makes a contact lie ahead: it is now.
_SINCE = (
    "greatest(least(greatest(c.heard_at, c.expected_since), %(at)s::timestamptz), %(since)s::timestamptz,"
    " (%(back)s::jsonb ->> t.node_id::text)::timestamptz)"
)
_INTERVAL = "greatest(t.interval_s, %(shortest)s)"
_WITHOUT = f"extract(epoch FROM %(at)s::timestamptz - {_SINCE})"
_MISSING = f"{_WITHOUT} > %(factor)s * {_INTERVAL}"


def _mark(cursor: Any, asked: dict[str, Any]) -> list[tuple[Station, int]]:
    """Mark who is silent from now on, since the last contact or since it should have been heard."""
    cursor.execute(
        "WITH silent AS (SELECT c.station_id, t.area_path, t.node_id FROM sensors_contact c"
        " JOIN sensors_station t ON t.id = c.station_id"
        f" WHERE t.in_service AND c.silent_since IS NULL AND {_MISSING}"
        " FOR UPDATE OF c SKIP LOCKED)"
        " UPDATE sensors_contact c SET silent_since = coalesce(c.heard_at, c.expected_since)"
        " FROM silent s WHERE c.station_id = s.station_id RETURNING c.station_id, s.area_path, s.node_id",
        asked,
    )
    return [(Station(id=pk, area_path=area), node) for pk, area, node in cursor.fetchall()]


def _own(cursor: Any, asked: dict[str, Any]) -> dict[int, _Own]:
    tally = (
        "count(*) FILTER (WHERE {0}), count(*) FILTER (WHERE {0} AND missing),"
        " max(heard_at) FILTER (WHERE {0}), max(due_at) FILTER (WHERE {0} AND missing)"
    )
    cursor.execute(
        f"WITH seen AS (SELECT t.node_id, t.id, t.code, t.area_path,"
        # Who was never heard may still be on the way: it has the time of a single station.
        f" {_WITHOUT} > CASE WHEN c.heard_at IS NULL THEN %(alone)s ELSE %(factor)s END * {_INTERVAL} AS missing,"
        " least(c.heard_at, %(at)s) AS heard_at, c.heard_at IS NOT NULL AS ever,"
        f" {_SINCE} + %(due)s * {_INTERVAL} * interval '1 s' AS due_at"
        " FROM sensors_station t JOIN sensors_contact c ON c.station_id = t.id WHERE t.in_service)"
        f" SELECT node_id, {tally.format('ever')}, {tally.format('NOT ever')},"
        " min(code), (array_agg(id ORDER BY code))[1], array_agg(DISTINCT area_path)"
        " FROM seen GROUP BY node_id",
        asked,
    )
    found = {}
    for node, *rest in cursor.fetchall():
        # Without a contact ``least`` gives the other: a station never heard has no time of its own.
        heard, never = Tally(*rest[:4]), Tally(rest[4], rest[5], None, rest[7])
        found[node] = _Own(heard, never, (rest[8], rest[9]), tuple(rest[10]))
    return found


def _judge(
    own: Mapping[int, _Own],
    nodes: Mapping[int, Node],
    parents: Mapping[int, int | None],
    book: Book,
    at: datetime,
    limits: dict[str, Any],
) -> tuple[set[int], set[int]]:
    """The highest nodes that are lost, and those that were said to be until now and are not."""
    open_ = list(Alarm.objects.filter(rule=LINK_RULE, condition=Alarm.Condition.ACTIVE))
    was = {alarm.node_id for alarm in open_ if alarm.node_id is not None}
    heard = sums({node: one.heard for node, one in own.items()}, parents)
    never = sums({node: one.never for node, one in own.items()}, parents)
    # Stations that were never heard say nothing about a node that others were heard over.
    total = {node: heard[node] if heard[node].stations else never[node] for node in heard}
    lost = highest_lost(total, parents, was, **limits)
    for node in sorted(lost - was):
        under = [own[one] for one in beneath({node}, parents) if one in own]
        missing = total[node].missing
        told = facts(LINK_SILENT, "", count=missing, stations=total[node].stations)
        area = nodes[node].area
        where = area.path if area else _common(path for one in under for path in one.areas)
        site = Site(min(one.first for one in under)[1], where, None, {}, ())
        change = Change(at, RAISED, LINK_LEVEL, float(missing), None, told)
        book.open(site, None, LINK_RULE, change, rings=True, node=node)
    for alarm in open_:
        if alarm.node_id not in lost:
            book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None))
    return lost, was - lost


def _raise(cursor: Any, asked: dict[str, Any], book: Book, at: datetime, *, without: set[int]) -> int:
    """One alarm for each station that stays silent by itself. After its node came back it has its time again."""
    cursor.execute(
        "SELECT t.id, t.area_path, t.department_id, c.silent_since FROM sensors_contact c"
        " JOIN sensors_station t ON t.id = c.station_id"
        f" WHERE t.in_service AND c.silent_since IS NOT NULL AND {_MISSING}"
        " AND NOT t.node_id = ANY(%(without)s)"
        " AND NOT EXISTS (SELECT 1 FROM sensors_alarm a WHERE a.station_id = t.id AND a.rule = %(rule)s"
        " AND a.condition = 'active')",
        {**asked, "without": list(without), "rule": STATION_RULE},
    )
    rows = cursor.fetchall()
    for station, area, department, silent_since in rows:
        told = facts(SILENT, "min", since=silent_since.isoformat())
        minutes = round((at - silent_since).total_seconds() / 60, 1)
        site = Site(station, area, department, {}, ())
        book.open(
            site, None, STATION_RULE, Change(at, RAISED, STATION_LEVEL, minutes, None, told), rings=True
        )
    return len(rows)


def _clear(book: Book, at: datetime) -> int:
    """Stations that are heard again, or are not expected to be, come back quietly."""
    back = Alarm.objects.filter(rule=STATION_RULE, condition=Alarm.Condition.ACTIVE).filter(
        Q(station__contact__silent_since=None) | Q(station__in_service=False)
    )
    for alarm in back:
        book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None))
    return len(back)


def _common(areas: Iterable[str]) -> str:
    """The innermost area that holds all of ``areas``."""
    return posixpath.commonpath(list(areas)).rstrip("/") + "/"
