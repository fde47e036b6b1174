"""Rounds of guard checks: at which times of the day a building's control room is asked. Pure.

GB 25506-2010 4.2.1 has the fire control room manned day and night by two people at least; whether it is, is asked by 查岗.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo


class NotTimes(ValueError):
    """A text that is no list of times of the day."""


def times(text: str) -> tuple[time, ...]:
    """ "09:00, 21:30" in order, each once; empty for none. Raises ``NotTimes``."""
    found = set()
    for word in text.replace("，", ",").replace("、", ",").replace(";", ",").replace(",", " ").split():
        try:
            found.add(time.fromisoformat(word.replace("：", ":")))
        except ValueError:
            raise NotTimes(word) from None
    return tuple(sorted(found))


def last_round(given: Iterable[time], at: datetime, zone: tzinfo, *, within: timedelta) -> datetime | None:
    """The newest round that fell due in the last ``within``, up to ``at``; an older one is not caught up on."""
    today = at.astimezone(zone).date()
    due = [
        moment
        for day in (today - timedelta(days=1), today)
        for one in given
        if at - within < (moment := _on(day, one, zone)) <= at
    ]
    return max(due, default=None)


def _on(day: date, one: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, one, zone)
