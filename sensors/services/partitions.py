"""Partitions of readings, raw frames (by day) and hours (by month): made before they are needed, dropped when over."""

import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from command_center.core.locks import alone
from command_center.core.parameters import value

READINGS, FRAMES, HOURS = "sensors_reading", "sensors_rawframe", "sensors_readinghour"
DAYS_AHEAD = 3
_known: set[tuple[str, date]] = set()
_guard = threading.Lock()


def day_of(at: datetime) -> date:
    """The day (UTC) whose partition holds ``at``."""
    return at.astimezone(UTC).date()


def month_of(at: datetime) -> date:
    """The first day of the month (UTC) whose partition holds the hour ``at``."""
    return day_of(at).replace(day=1)


def _end(table: str, first: date) -> date:
    """The first day behind the partition of ``table`` that begins on ``first``."""
    if table != HOURS:
        return first + timedelta(days=1)
    return (first + timedelta(days=31)).replace(day=1)


def ensure(table: str, days: Iterable[date]) -> None:
    """Let ``table`` have a partition that begins on each of ``days``. Costs nothing once this process has seen them."""
    with _guard:
        missing = sorted({(table, day) for day in days} - _known)
    if not missing:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        alone("partitions")
        there = _partitions(cursor, table)
        for _, day in missing:
            if day not in there:
                _create(cursor, table, day)
    transaction.on_commit(lambda: _remember(missing))


def _remember(made: list[tuple[str, date]]) -> None:
    with _guard:
        _known.update(made)


def forget() -> None:
    """Look again which partitions there are (after some were dropped elsewhere)."""
    with _guard:
        _known.clear()


def _create(cursor, table: str, day: date) -> None:
    # Made beside and then attached: unlike PARTITION OF, this does not stop those who read and write.
    name = f"{table}_{day:%Y%m%d}"
    cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {name}"
        f" FOR VALUES FROM ('{day} 00:00+00') TO ('{_end(table, day)} 00:00+00')"
    )


def _partitions(cursor, table: str) -> dict[date, str]:
    cursor.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = %s::regclass",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    return {datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date(): name for name in names}


def keep(at: datetime) -> tuple[int, int]:
    """Make the days ahead of ``at`` (the hall's time), drop those past retention: (there, dropped)."""
    dropped = there = 0
    today = day_of(at)
    for table, kept_days in (
        (READINGS, settings.OURS["reading_days"]),
        (FRAMES, value("frame.keep_days")),
        (HOURS, settings.OURS["hour_days"]),
    ):
        ahead = [today + timedelta(days=n) for n in range(DAYS_AHEAD + 1)]
        ensure(table, {day.replace(day=1) for day in ahead} if table == HOURS else ahead)
        with transaction.atomic(), connection.cursor() as cursor:
            alone("partitions")
            for day, name in sorted(_partitions(cursor, table).items()):
                if _end(table, day) <= today - timedelta(days=kept_days):
                    cursor.execute(f"DROP TABLE {name}")
                    dropped += 1
                else:
                    there += 1
    if dropped:
        forget()
    return there, dropped
