"""A ponding site in the night, people of the hall, and the law that every row is the fold of its history."""

from datetime import timedelta

from command_center.core.models import Event
from sensors.domain.lifecycle import Logged, fold
from sensors.models import Alarm
from tests.conftest import MIN, actor
from tests.sensors.ingesting import NIGHT, station, tell

SITE = "P-01"
OFFICER = actor(("duty_officer", "/dy/"), name="officer")
SECOND = actor(("duty_officer", "/dy/"), name="second")
LEADER = actor(("shift_leader", "/dy/"), name="leader")
HOUR = timedelta(hours=1)


def after(minutes):
    return NIGHT + minutes * MIN


def site(address=SITE, **more):
    sensors = [("depth", "ponding_depth")]
    made = station(
        address, kind="ponding_site", protocol="ea_http", sensors=sensors, facts={"site": "road"}, **more
    )
    return made["depth"]


def say(minute, *depths_cm, address=SITE, every=5):
    """The site reports each depth, ``every`` minutes apart, from ``minute`` after nightfall on, as it is measured."""
    for n, depth in enumerate(depths_cm):
        at = after(minute + n * every)
        tell(address, [("depth", "ponding_depth", depth, at)], at=at, protocol="ea_http")


def the_alarm(**where):
    return Alarm.objects.get(**where)


def heard(since=None):
    """(kind, level) of what rang, in order."""
    told = Event.objects.filter(kind__startswith="alarm.", data__rang=True).order_by("id")
    if since is not None:
        told = told.filter(at__gte=since)
    return list(told.values_list("kind", "data__level"))


def every_row_is_the_fold_of_its_history():
    for alarm in Alarm.objects.all():
        lines = [
            Logged(line.at, line.what, line.level, line.value, line.who, line.until, line.pk)
            for line in alarm.events.all()
        ]
        now = fold(lines)
        for name in now.__dataclass_fields__:
            assert getattr(alarm, name) == getattr(now, name), (alarm.rule, name)
