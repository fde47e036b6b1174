"""How often a message is tried. Pure."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=60)


def next_try(tries: int, at: datetime, expires_at: datetime) -> datetime | None:
    """When a message that was not taken ``tries`` times is tried again: 2, 4, 8 … at most 60 s later.

    None where its time is over by then: a late call for help is none.
    """
    pause = FIRST_PAUSE * 2 ** min(max(tries, 1) - 1, 10)
    again = at + min(pause, LONGEST_PAUSE)
    return again if again < expires_at else None
