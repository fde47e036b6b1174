"""The demo hall's duty roster: two officers and a shift leader around the clock, for weeks on both sides of the story.

Their telephone numbers are of no network: 1380000 and four digits that were counted up.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.timezone import localtime

from command_center.core.models import User
from command_center.core.now import now
from command_center.duty.models import Roster
from command_center.duty.roster import SHOWN_AFTER

HANDOVER = time(8, 30)  # the hour at which shifts change
HALF = timedelta(hours=12)
BEHIND, AHEAD = 7, 21  # days
OFFICER, LEADER = Roster.Position.OFFICER, Roster.Position.LEADER
# user, position, desk by day, desk by night
TURNS = (("duty1", OFFICER, 1, 2), ("duty2", OFFICER, 2, 1), ("leader", LEADER, 1, 1))


def seed() -> None:
    """The district's hall is never empty; rows that are there stay as they are."""
    users = {user.username: user for user in User.objects.filter(username__in=[who for who, *_ in TURNS])}
    for n, (who, *_) in enumerate(TURNS, 1):
        if not users[who].phone:
            users[who].phone = f"1380000{n:04}"
            users[who].save(update_fields=["phone"])
    first = datetime.combine(localtime(now()).date(), HANDOVER, ZoneInfo(settings.TIME_ZONE))
    days = [first + timedelta(days=n) for n in range(-BEHIND, AHEAD)]
    Roster.objects.bulk_create(
        [
            Roster(
                user=users[who],
                area_path="/dy/",
                position=position,
                desk=desk,
                starts_at=at,
                ends_at=at + HALF,
                past=at + HALF < now() - SHOWN_AFTER,
            )
            for day in days
            for who, position, by_day, by_night in TURNS
            for at, desk in ((day, by_day), (day + HALF, by_night))
        ],
        ignore_conflicts=True,
    )
