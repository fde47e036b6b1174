"""One door for change: refused without a trace, done once, logged and announced in one transaction."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from command_center.core import audit
from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform
from command_center.core.models import AuditEntry, Event
from sensors.models import Alarm, Station
from tests.conftest import MIN, NOON, actor
from tests.sensors.ingesting import station as make_station
from tests.together import at_once


@pytest.fixture
def alarm(db):
    return raise_alarm()


def raise_alarm(**given):
    make_station(kind="ponding_site", sensors=())
    station = Station.objects.get()
    return Alarm.objects.create(
        station=station, rule="ponding.depth", level=1, worst_level=1, raised_at=NOON, level_since=NOON,
        recorded_at=NOON, area_path=station.area_path, department=station.department, **given,
    )  # fmt: skip


def test_a_move_changes_the_row_writes_one_line_and_announces_it(alarm, officer):
    done = perform(alarm, "acknowledge", by=officer, at=NOON + MIN)
    assert (done.state, done.version, done.acknowledged_at) == ("acknowledged", 2, NOON + MIN)
    line = AuditEntry.objects.get()
    assert (line.who, line.act, line.before, line.after) == (
        "officer", "alarm.acknowledge", "unacknowledged", "acknowledged",
    )  # fmt: skip
    assert Event.objects.filter(kind="alarm.acknowledge", subject_id=str(alarm.pk)).count() == 1


def test_a_refusal_leaves_no_trace(alarm):
    events = Event.objects.count()
    with pytest.raises(PermissionDenied):
        perform(alarm, "acknowledge", by=actor(("commander", "/dy/")))
    with pytest.raises(PermissionDenied):
        perform(alarm, "acknowledge", by=Actor("nobody"))
    alarm.refresh_from_db()
    assert alarm.state == "unacknowledged"
    assert not AuditEntry.objects.exists() and Event.objects.count() == events


def test_a_right_held_elsewhere_is_no_right_here(alarm):
    with pytest.raises(PermissionDenied):
        perform(alarm, "acknowledge", by=actor(("duty_officer", "/dy/nowhere/")))


def test_a_move_that_does_not_fit_says_what_the_state_is(alarm, officer):
    perform(alarm, "acknowledge", by=officer, at=NOON)
    with pytest.raises(NotPossible) as refused:
        perform(alarm, "acknowledge", by=officer, at=NOON)
    assert refused.value.state == "acknowledged"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_wins_and_there_is_one_line(officer):
    press = partial(perform, raise_alarm(), "acknowledge", by=officer, at=NOON)
    outcomes = at_once(press, press, refused=NotPossible)
    assert {type(one) for one in outcomes} == {Alarm, NotPossible}
    assert AuditEntry.objects.count() == 1
    assert audit.first_fault() == ""


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_act_leaves_nothing(officer):
    alarm = raise_alarm()
    with pytest.raises(RuntimeError), transaction.atomic():
        perform(alarm, "acknowledge", by=officer, at=NOON)
        raise RuntimeError
    assert not AuditEntry.objects.exists() and not Event.objects.filter(kind="alarm.acknowledge").exists()
