"""The alarm record: axes of their own, an append-only history, and a row that follows from it whatever happens."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_center.core.acts import NotPossible
from command_center.core.models import Area, Event, Membership, User
from sensors.models import Alarm, AlarmEvent, Suppression
from sensors.services import directory, points, suppressing
from sensors.services.alarm_book import Book
from sensors.services.alarms import acknowledge
from tests.conftest import actor
from tests.sensors.aside import (
    HOUR,
    LEADER,
    OFFICER,
    SECOND,
    after,
    every_row_is_the_fold_of_its_history,
    say,
    site,
    the_alarm,
)
from tests.together import at_once

pytestmark = pytest.mark.django_db
PEOPLE = (OFFICER, SECOND)
DEPTHS = (3, 16, 22, 28, 46)


@pytest.fixture(autouse=True)
def nothing_remembered():
    restart()
    yield
    restart()


def restart():
    """All that a process remembers is gone."""
    points.forget()
    directory.forget()


class Night:
    """What may happen to one site's alarms in a night; each act takes the minute and a number to choose by."""

    def __init__(self, depth):
        self.station = depth.station
        self.acknowledged = set()

    def reading(self, minute, n):
        say(minute, DEPTHS[n % len(DEPTHS)])

    def late(self, minute, n):
        say(minute - 12, DEPTHS[n % len(DEPTHS)])

    def acknowledge(self, minute, n):
        for alarm in Alarm.objects.filter(state="unacknowledged")[:1]:
            acknowledge([alarm], by=PEOPLE[n % 2], at=after(minute))
            self.acknowledged.add(alarm.pk)

    def shelve(self, minute, n):
        for alarm in Alarm.objects.filter(condition="active"):
            until = after(minute) + timedelta(minutes=5 + n * 3)
            suppressing.shelve(alarm, by=PEOPLE[n % 2], at=after(minute), until=until, reason="noise")

    def confirm(self, minute, n):
        for row in Suppression.objects.filter(state="planned", cause="shelved"):
            suppressing.confirm(row, by=PEOPLE[n % 2], at=after(minute))

    def end(self, minute, n):
        for row in Suppression.objects.exclude(state="ended").order_by("made_at")[:1]:
            suppressing.end(row, by=LEADER, at=after(minute))

    def out_of_service(self, minute, n):
        suppressing.take_out_of_service(
            self.station, by=LEADER, at=after(minute), until=after(minute + 5 + n), reason="broken"
        )

    def maintain(self, minute, n):
        where = self.station if n % 2 else Area.objects.get(path="/dy/")
        since, until = after(minute + n % 3 * 4), after(minute + 15 + n)
        suppressing.plan_maintenance(
            where, by=LEADER, at=after(minute), since=since, until=until, reason="works"
        )

    def clock(self, minute, n):
        suppressing.sweep(after(minute))

    def restart(self, minute, n):
        restart()


ACTS = [name for name in vars(Night) if not name.startswith("_")]
# Readings come most often: alarms need some to come and go.
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS + ["reading"] * 8 + ["clock"] * 2), st.integers(0, 9)),
    min_size=10,
    max_size=40,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_every_row_is_the_fold_of_its_history(steps):
    with transaction.atomic():
        restart()
        night = Night(site())
        for n, (name, number) in enumerate(steps):
            try:
                with transaction.atomic():
                    getattr(night, name)(n * 4, number)
            except NotPossible:  # what a person is told; nothing else may go wrong
                continue
        every_row_is_the_fold_of_its_history()
        for alarm in Alarm.objects.all():
            assert (alarm.state == "acknowledged") == (alarm.pk in night.acknowledged)
        in_force = {row.cause for row in Suppression.objects.filter(state="in_force")}
        for alarm in Alarm.objects.filter(condition="active"):
            assert {one["cause"] for one in alarm.suppressions} <= in_force
        people = AlarmEvent.objects.filter(source="person")
        assert not people.filter(who="").exists()
        transaction.set_rollback(True)


def test_what_rings_was_never_suppressed_at_that_moment():
    depth = site()
    say(0, 16, 16)
    suppressing.take_out_of_service(
        depth.station, by=LEADER, at=after(6), until=after(60), reason="sensor is being replaced"
    )
    say(10, 22, 28, 46, 46, 3, 3, 3, 46, 46)
    rang = Event.objects.filter(kind__startswith="alarm.", data__rang=True, at__gt=after(6))
    assert not rang.exists()
    first, again = Alarm.objects.order_by("raised_at")
    assert (first.worst_level, first.condition, again.rang) == (1, "cleared", False)
    suppressing.sweep(after(61))
    assert rang.count() == 1


def test_each_axis_is_told_with_who_when_through_what_and_in_which_order():
    user = User.objects.create(username="duty")
    site()
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get(path="/dy/"))
    say(0, 16, 16)
    client = Client()
    client.force_login(user)
    alarm = the_alarm()
    for act, body in (("acknowledge", {}), ("shelve", {"minutes": 30, "reason": "dirty"}), ("unshelve", {})):
        body = {"ids": [str(alarm.pk)], **body}
        assert client.post(f"/api/v1/alarms/{act}", body, content_type="application/json").status_code == 200
    told = client.get(f"/api/v1/alarms/{alarm.pk}").json()
    assert (told["condition"], told["state"], told["suppression"]) == ("active", "acknowledged", "none")
    lines = sorted(told["events"], key=lambda line: line["id"])
    assert [(line["what"], line["who"], line["via"], line["source"]) for line in lines] == [
        ("raised", "", "", "engine"),
        ("acknowledged", "duty", "screen", "person"),
        ("shelved", "duty", "screen", "person"),
        ("unshelved", "duty", "screen", "person"),
    ]
    assert lines[2]["note"] == "dirty" and lines[2]["until"]


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_wins_on_each_axis_and_both_see_it():
    site()
    say(0, 16, 16)
    alarm = the_alarm()

    def both(act):
        def press(name):
            act(actor(("duty_officer", "/dy/"), name=name))
            return name

        outcomes = at_once(partial(press, "first"), partial(press, "second"), refused=NotPossible)
        return {getattr(one, "state", one) for one in outcomes}

    outcome = both(lambda by: acknowledge([alarm], by=by, at=after(6)))
    alarm.refresh_from_db()
    assert outcome == {"acknowledged", alarm.acknowledged_by}
    outcome = both(
        lambda by: suppressing.shelve(alarm, by=by, at=after(7), until=after(7) + HOUR, reason="dirty")
    )
    shelf = Suppression.objects.get()
    assert outcome == {"in_force", shelf.made_by}
    outcome = both(lambda by: suppressing.end(shelf, by=by, at=after(8)))
    shelf.refresh_from_db()
    assert outcome == {"ended", shelf.ended_by}
    assert [line.what for line in alarm.events.order_by("id")] == [
        "raised",
        "acknowledged",
        "shelved",
        "unshelved",
    ]
    every_row_is_the_fold_of_its_history()
    call_command("verify_audit")


def test_a_batch_that_read_the_row_before_a_person_acted_does_not_undo_what_the_person_did():
    site()
    say(0, 16, 16)
    read_before = the_alarm()
    suppressing.shelve(read_before, by=OFFICER, at=after(6), until=after(30), reason="dirty")
    book = Book(after(7), timedelta.max)
    book.peak(read_before, 99.0)
    with transaction.atomic():
        book.write()
    assert (the_alarm().suppression, the_alarm().peak_value) == ("shelved", 99.0)
    every_row_is_the_fold_of_its_history()
