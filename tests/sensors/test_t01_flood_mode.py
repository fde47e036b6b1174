"""T1: a thousand alarms in ten minutes put the desk into flood mode, stand in the log to the last, and it ends by itself."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from command_center.core.layers import LAYERS
from command_center.core.models import Area, Event, Membership, User
from command_center.core.scope import Grant, Scope
from sensors.domain.alarms import RAISED, Change
from sensors.domain.floods import WINDOW
from sensors.models import Alarm, AlarmEvent, FloodSpan
from sensors.services.alarm_book import Book
from sensors.services.floods import count_floods
from sensors.services.points import Site
from tests.conftest import MIN, NOON
from tests.sensors.ingesting import station

pytestmark = pytest.mark.django_db
LOOK = timedelta(seconds=2)


@pytest.fixture
def halls():
    """Desks of the district and of its town a, whose people answer alarms, and somebody who only looks on."""
    root = Area.objects.create(path="/dy/", code="t", name="东营区", kind="district")
    town = Area.objects.create(path="/dy/a/", code="2", name="文汇街道", kind="town", parent=root)
    for name, role, area in (
        ("officer", "duty_officer", root),
        ("town", "duty_officer", town),
        ("auditor", "auditor", root),
    ):
        Membership.objects.create(user=User.objects.create_user(name), role=role, area=area)


@pytest.fixture
def site(halls):
    sensors = station("S", kind="ponding_site", protocol="ea_http", sensors=[("depth", "ponding_depth")])
    return Site(sensors["depth"].station_id, "/dy/", None, {}, ())


def raise_alarms(site, times, *, level=4, rings=True):
    """A new alarm at each of ``times``, under a rule of its own, so that one site is enough."""
    book = Book(times[-1], WINDOW)
    for n, at in enumerate(times):
        book.received_at = at
        change = Change(at, RAISED, level, 1.0, 1.0)
        book.open(site, None, f"r{at.timestamp()}.{n}", change, rings=rings)
    book.write()


def span(area="/dy/"):
    return FloodSpan.objects.get(area_path=area)


def shown(*grants):
    layer = orjson.loads(LAYERS["floods"].read(Scope.of([Grant(*grant) for grant in grants])))
    return sorted(zip(layer["area"], layer["worst_per_10min"], strict=True))


def test_a_thousand_alarms_begin_one_flood_stand_in_the_log_and_it_ends_by_itself(site):
    times = [NOON + n * WINDOW / 1000 for n in range(1000)]
    count_floods(NOON - MIN)
    for n in range(0, 1000, 100):
        raise_alarms(site, times[n : n + 98])
        raise_alarms(site, times[n + 98 : n + 100], level=1)
        count_floods(times[n + 99] + LOOK / 10)
    assert AlarmEvent.objects.filter(what=RAISED).count() == Alarm.objects.count() == 1000
    assert Event.objects.filter(kind="alarm.raised", data__rang=True, data__level=1).count() == 20
    one = span()
    assert (one.began_at, one.worst_per_10min, one.ended_at) == (times[10], 1000, None)
    assert shown(("duty_officer", "/dy/")) == [("/dy/", 1000)]
    count_floods(NOON + 3 * WINDOW)  # nobody looked in between: the end is told to the alarm all the same
    one.refresh_from_db()
    assert one.ended_at == times[-5] + WINDOW
    assert shown(("duty_officer", "/dy/")) == []
    told = Event.objects.filter(kind="flood.changed", subject_id=str(one.pk))
    assert told.count() == 10 + 1
    assert count_floods(NOON + 4 * WINDOW) == 0


def test_each_desk_has_its_own_flood_and_sees_no_other(site):
    raise_alarms(replace(site, area_path="/dy/b/"), [NOON + n * MIN / 4 for n in range(11)])
    count_floods(NOON + 5 * MIN)
    assert list(FloodSpan.objects.values_list("area_path", flat=True)) == ["/dy/"]
    raise_alarms(replace(site, area_path="/dy/a/"), [NOON + 5 * MIN + n * MIN / 4 for n in range(1, 12)])
    count_floods(NOON + 9 * MIN)
    assert shown(("duty_officer", "/dy/")) == [("/dy/", 22), ("/dy/a/", 11)]
    assert shown(("duty_officer", "/dy/a/")) == [("/dy/a/", 11)]
    assert shown(("duty_officer", "/dy/b/")) == []


def test_what_did_not_ring_floods_nobody(site):
    raise_alarms(site, [NOON + n * MIN / 4 for n in range(30)], rings=False)
    count_floods(NOON + 9 * MIN)
    assert not FloodSpan.objects.exists()
