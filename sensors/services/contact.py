"""Silence: stations that are not heard any more, and links that are down.

Alarms about values change only with readings; that none comes is judged here, by the hall's clock.

A station that misses two intervals is marked silent (grey, never green); one interval later it becomes an
alarm of its own, unless nearly all stations of its link are missing: then it is the link, and one alarm
stands for all. A link is, in this first form, everything that speaks one protocol.
"""

import json
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from command_center.core import heartbeat
from command_center.core.events import announce_many
from command_center.core.models import Heartbeat
from command_center.core.now import Rate
from command_center.core.parameters import values

from ..domain.alarms import CLEARED, RAISED, Change
from ..domain.words import LINK_SILENT, SILENT, facts
from ..models import Alarm, Station
from .alarm_book import Book
from .points import Site

STATION_RULE, LINK_RULE = "station.silent", "link.silent"
STATION_LEVEL, LINK_LEVEL = 4, 3
# A sped-up clock must not make ordinary scheduling look like silence: no interval counts as shorter, in real time.
_SHORTEST_S = 10.0
# Real time without a tick after which we cannot say any more who was silent: it was us who did not listen.
_GAP = timedelta(seconds=30)
_LOCK = 0x51_1E_4CE
_ALWAYS = timedelta.max


@dataclass(frozen=True, slots=True)
class Silence:
    """What one look changed: stations marked silent, alarms raised and cleared, links down now."""

    marked: int = 0
    raised: int = 0
    cleared: int = 0
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    protocol: str
    stations: int
    missing: int
    first: Any  # the station that carries the link's alarm
    areas: tuple[str, ...]


def watch_silence(at: datetime, *, real: datetime, clock: Rate) -> Silence:
    """Look once. ``at`` is the hall's time, ``real`` the world's; two looks at once are one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
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
        asked = {"at": at, "since": since, "shortest": _SHORTEST_S * clock.rate}
        marked = _mark(cursor, {**asked, "factor": v["sensor.stale_factor"]})
        links = _links(cursor, {**asked, "factor": v["link.down_factor"]})
        book = Book(at, _ALWAYS)
        down, ended = _judge_links(links, book, at, share=v["link.down_share"], smallest=v["link.smallest"])
        factor = v["sensor.stale_factor"] + v["sensor.silent_grace"]
        back |= dict.fromkeys(ended, at.isoformat())
        raised = _raise(cursor, {**asked, "factor": factor}, book, at, back=back, without=down)
        cleared = _clear(book, at)
        book.write()
        heartbeat.beat("silence", since=since.isoformat(), clock=setting, back=back)
        announce_many(
            [("station.silent", station, at, {"link": protocol in down}) for station, protocol in marked]
        )
        return Silence(len(marked), raised, cleared, tuple(sorted(down)))


def _remembered(at: datetime, real: datetime, setting: list[Any]) -> tuple[datetime, dict[str, str]]:
    """From when on silence counts (we listened all the time since), and when each link last came back.

    Nothing is remembered where we did not listen ourselves for a while, or the hall's clock was set anew.
    """
    row = Heartbeat.objects.filter(name="silence").first()
    if row is None or real - row.at > _GAP or row.note.get("clock") != setting:
        return at, {}
    return min(at, datetime.fromisoformat(row.note["since"])), row.note["back"]


# Time without contact, and the interval it is measured by. A clock set back makes a contact lie ahead: it is now.
_WITHOUT = "extract(epoch FROM %(at)s::timestamptz - greatest(least(c.heard_at, %(at)s::timestamptz), %(since)s::timestamptz))"
_MISSING = f"{_WITHOUT} > %(factor)s * greatest(t.interval_s, %(shortest)s)"


def _mark(cursor: Any, asked: dict[str, Any]) -> list[tuple[Station, str]]:
    """Mark who is silent from now on, since the last contact."""
    cursor.execute(
        "WITH silent AS (SELECT c.station_id, t.area_path, t.protocol FROM sensors_contact c"
        " JOIN sensors_station t ON t.id = c.station_id"
        f" WHERE t.in_service AND c.silent_since IS NULL AND {_MISSING}"
        " FOR UPDATE OF c SKIP LOCKED)"
        " UPDATE sensors_contact c SET silent_since = c.heard_at FROM silent s WHERE c.station_id = s.station_id"
        " RETURNING c.station_id, s.area_path, s.protocol",
        asked,
    )
    return [(Station(id=pk, area_path=area), protocol) for pk, area, protocol in cursor.fetchall()]


def _links(cursor: Any, asked: dict[str, Any]) -> list[_Link]:
    cursor.execute(
        f"SELECT t.protocol, count(*), count(*) FILTER (WHERE {_MISSING}),"
        " (array_agg(t.id ORDER BY t.code))[1], array_agg(DISTINCT t.area_path)"
        " FROM sensors_station t JOIN sensors_contact c ON c.station_id = t.id"
        " WHERE t.in_service AND c.heard_at IS NOT NULL GROUP BY t.protocol",
        asked,
    )
    return [_Link(*row[:4], tuple(row[4])) for row in cursor.fetchall()]


def _judge_links(
    links: Iterable[_Link], book: Book, at: datetime, *, share: float, smallest: int
) -> tuple[set[str], set[str]]:
    """The links that are down, and those that were until now."""
    open_ = {
        alarm.facts["link"]: alarm
        for alarm in Alarm.objects.filter(rule=LINK_RULE, condition=Alarm.Condition.ACTIVE)
    }
    down: set[str] = set()
    seen: set[str] = set()
    for link in links:
        seen.add(link.protocol)
        missing = link.missing / link.stations
        alarm = open_.get(link.protocol)
        if link.stations >= smallest and missing >= (share if alarm is None else share / 2):
            down.add(link.protocol)
            if alarm is None:
                told = facts(LINK_SILENT, "", link=link.protocol, count=link.missing)
                site = Site(link.first, _common(link.areas), None, {}, ())
                change = Change(at, RAISED, LINK_LEVEL, float(link.missing), None, told)
                book.open(site, None, LINK_RULE, change, rings=True)
    for protocol, alarm in open_.items():
        if protocol not in down:
            book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None))
    return down, set(open_) - down


def _raise(
    cursor: Any, asked: dict[str, Any], book: Book, at: datetime, *, back: dict[str, str], without: set[str]
) -> int:
    """One alarm for each station that stays silent by itself. After its link came back it has its time again."""
    since = "%(since)s::timestamptz"
    missing = _MISSING.replace(since, f"{since}, (%(back)s::jsonb ->> t.protocol)::timestamptz")
    cursor.execute(
        "SELECT t.id, t.area_path, t.department_id, c.heard_at FROM sensors_contact c"
        " JOIN sensors_station t ON t.id = c.station_id"
        f" WHERE t.in_service AND c.silent_since IS NOT NULL AND {missing} AND NOT t.protocol = ANY(%(without)s)"
        " AND NOT EXISTS (SELECT 1 FROM sensors_alarm a WHERE a.station_id = t.id AND a.rule = %(rule)s"
        " AND a.condition = 'active')",
        {**asked, "without": list(without), "rule": STATION_RULE, "back": json.dumps(back)},
    )
    rows = cursor.fetchall()
    for station, area, department, heard_at in rows:
        told = facts(SILENT, "min", since=heard_at.isoformat())
        minutes = round((at - heard_at).total_seconds() / 60, 1)
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
