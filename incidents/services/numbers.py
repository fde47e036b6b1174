"""Numbers of incidents: one series a year, and one for its drills (they never mix in statistics)."""

from datetime import datetime

from django.db import connection
from django.utils.timezone import localtime


def next_number(at: datetime, *, is_drill: bool = False) -> str:
    """The next number of the year of ``at`` (district time): 2026-0312. Without gaps: the row stays locked until commit."""
    series = f"{'D' if is_drill else ''}{localtime(at).year}"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_numberseries (name, last) VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET last = incidents_numberseries.last + 1 RETURNING last",
            [series],
        )
        return f"{series}-{cursor.fetchone()[0]:04}"
