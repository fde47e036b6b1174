"""The log book's chain, verified outside the database that keeps it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC

from django.db import connection


def line_hash(before: str, row: tuple) -> str:
    """The hash of one line: the text of ``models.AUDIT_TEXT``, computed here independently of the trigger."""
    number, at, *texts = row
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return hashlib.sha256("\x1f".join([before, str(number), stamp, *texts]).encode()).hexdigest()


def _lines() -> Iterator[tuple]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT number, at, who, via, act, subject_type, subject_id, before, after, reason, data::text, hash"
            " FROM core_auditentry WHERE number IS NOT NULL ORDER BY number"
        )
        while rows := cursor.fetchmany(5000):
            yield from rows


def first_fault() -> str:
    """What is wrong with the first altered, missing or unsealed line, in words; "" where nothing is."""
    before, expected = "", 1
    for *row, kept in _lines():
        if row[0] != expected:
            return f"line {expected} is missing"
        if line_hash(before, tuple(row)) != kept:
            return f"line {row[0]} was altered ({row[4]} by {row[2]})"
        before, expected = kept, expected + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM core_auditentry WHERE number IS NULL")
        unsealed = cursor.fetchone()[0]
    return f"entry {unsealed} was never sealed" if unsealed else ""


def head() -> tuple[int, str]:
    """Number and hash of the last line: print it, keep it elsewhere, and a cut tail will show."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, hash FROM core_auditentry WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1"
        )
        return cursor.fetchone() or (0, "")
