"""Signs of life that say "work got done", one row a process kind; /healthz shows their ages."""

from datetime import UTC, datetime

from django.db import connection


def beat(name: str, **note: object) -> None:
    """Note that ``name`` did its work just now (real time: a fast demo clock must not age it)."""
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (name, at, note) VALUES (%s, clock_timestamp(), %s)"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at, note = excluded.note",
            [name, json.dumps(note)],
        )


def ages() -> dict[str, float]:
    """Seconds since each name was heard."""
    from .models import Heartbeat

    present = datetime.now(UTC)
    return {row.name: (present - row.at).total_seconds() for row in Heartbeat.objects.all()}
