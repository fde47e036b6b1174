"""Deliveries: at least once on the way, once in effect; what was lost is found, what cannot be done is shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection

from command_center.core import events, relay, tasks
from command_center.core.events import announce
from command_center.core.models import Area, AuditEntry, Delivered, Event, FailedDelivery, Heartbeat
from tests.conftest import NOON, actor
from tests.live.kit import Acts, small_district

LATER = timedelta(hours=2)


@pytest.fixture
def area(db):
    return Area.objects.create(path="/dy/", code="dy", name="东营区", kind="district")


def happen(area, kind="test.happened", **data):
    announce(kind, area, at=NOON, **data)
    return relay.number()


def late():
    return datetime.now(UTC) + LATER


def test_a_listener_is_told_what_happened_and_only_once(area, listeners):
    told = []

    @events.on("test.happened")
    def hear(event):
        told.append(event)

    batch = happen(area, depth_cm=46)
    (delivery,) = batch.deliveries
    assert tasks.deliver_once(*delivery) == "done"
    assert tasks.deliver_once(*delivery) == "before"
    (event,) = told
    assert (event.seq, event.kind, event.subject_id, event.at) == (1, "test.happened", str(area.pk), NOON)
    assert (event.area_path, event.data) == ("/", {"depth_cm": 46})


def test_delivering_everything_twice_leaves_the_same_tables(area, listeners):
    @events.on("test.happened")
    def grow(event):
        Area.objects.filter(pk=event.subject_id).update(name=Area.objects.get(pk=event.subject_id).name + "+")

    deliveries = [d for _ in range(5) for d in happen(area).deliveries]
    for delivery in deliveries + deliveries[::-1]:
        tasks.deliver_once(*delivery)
    area.refresh_from_db()
    assert area.name == "东营区+++++"
    assert Delivered.objects.count() == 5


def test_a_failing_listener_leaves_nothing_half_done_and_is_tried_again_later(area, listeners):
    broken = True

    @events.on("test.happened")
    def fail(event):
        Area.objects.filter(pk=event.subject_id).update(name="half")
        if broken:
            raise ValueError("not yet")

    (delivery,) = happen(area).deliveries
    assert tasks.deliver_once(*delivery) == "failed"
    area.refresh_from_db()
    assert area.name == "东营区" and not Delivered.objects.exists()
    failure = FailedDelivery.objects.get()
    assert (failure.attempts, failure.error, failure.given_up) == (1, "ValueError: not yet", False)
    assert tasks.missing_deliveries(failure.last_at + timedelta(seconds=1)) == []
    assert tasks.missing_deliveries(failure.last_at + timedelta(seconds=2)) == [delivery]
    assert tasks.deliver_once(*delivery) == "failed"
    failure.refresh_from_db()
    assert tasks.missing_deliveries(failure.last_at + timedelta(seconds=3)) == []
    broken = False
    assert tasks.deliver_once(*delivery) == "done"
    assert not FailedDelivery.objects.exists()
    assert tasks.missing_deliveries(late()) == []


def test_a_delivery_that_never_works_is_given_up_and_stays_visible(area, listeners):
    @events.on("test.happened")
    def fail(event):
        raise ValueError("never")

    (delivery,) = happen(area).deliveries
    for _ in range(tasks.ATTEMPTS):
        assert tasks.missing_deliveries(late()) == [delivery]
        tasks.deliver_once(*delivery)
    assert FailedDelivery.objects.get().given_up
    assert tasks.missing_deliveries(late()) == []
    with pytest.raises(PermissionDenied):
        tasks.retry(FailedDelivery.objects.all(), by=actor(("duty_officer", "/dy/")), at=NOON)
    boss = actor(("administrator", "/dy/"), name="boss")
    assert [tasks.retry(FailedDelivery.objects.all(), by=boss, at=NOON) for _ in range(2)] == [1, 0]
    assert tasks.missing_deliveries(late()) == [delivery], "however far the sweep has come since"
    assert AuditEntry.objects.get(act="delivery.retried").data == {
        "seq": delivery[0],
        "listener": delivery[1],
    }


def test_what_the_broker_lost_is_found_by_the_sweep_however_long_ago_it_was(area, listeners):
    told = []
    events.on("test.happened")(lambda event: told.append(event.seq))
    first = happen(area)
    Event.objects.update(written_at=datetime.now(UTC) - timedelta(days=3))
    assert tasks.missing_deliveries(datetime.now(UTC)) == first.deliveries
    for _ in range(3):
        happen(area)
    assert [seq for seq, _ in tasks.missing_deliveries(late())] == [1, 2, 3, 4]
    tasks.deliver_once(*first.deliveries[0])
    assert [seq for seq, _ in tasks.missing_deliveries(late())] == [2, 3, 4]
    assert Heartbeat.objects.get(name="deliveries").note == {"floor": 1}


def test_an_event_on_its_ordinary_way_is_not_delivered_again_at_once(area, listeners):
    events.on("test.happened")(lambda event: None)
    happen(area)
    assert tasks.missing_deliveries(datetime.now(UTC)) == []


def test_a_broker_that_is_gone_is_said_so_and_raises_nothing(area, listeners, settings):
    from celery import current_app

    from command_center.celery import app

    events.on("test.happened")(lambda event: None)
    deliveries = happen(area).deliveries
    assert current_app.conf.broker_url == app.conf.broker_url
    assert tasks.enqueue([]) is True
    with app.connection_for_write("redis://127.0.0.1:1/0", transport_options={"max_retries": 0}) as gone:
        with pytest.MonkeyPatch.context() as patch:
            asynchronous = tasks.deliver.apply_async
            patch.setattr(
                tasks.deliver, "apply_async", lambda **given: asynchronous(connection=gone, **given)
            )
            assert tasks.enqueue(deliveries) is False


def test_one_sweeper_that_fails_stops_no_other_and_each_keeps_its_pace(db, monkeypatch):
    called = []

    def broken():
        raise ValueError

    def often():
        called.append("often")

    def rare():
        called.append("rare")

    monkeypatch.setattr(tasks, "SWEEPERS", {})
    monkeypatch.setattr(tasks, "_last", {})
    for every_s, function in ((0, broken), (0, often), (3600, rare)):
        tasks.sweeper(every_s)(function)
    tasks.tick()
    tasks.tick()
    assert called == ["often", "rare", "often"]
    assert {"beat", "worker:now"} <= set(Heartbeat.objects.values_list("name", flat=True))


def test_a_canary_shows_its_queue_alive(db):
    tasks.canary("poll")
    assert Heartbeat.objects.filter(name="worker:poll").exists()


def contents():
    """A fingerprint of every table that a listener may write."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.app_label in ("sensors", "gridops", "incidents", "dispatch", "duty", "core"):
                table = model._meta.db_table
                cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
                found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db
def test_every_listener_there_is_may_be_told_everything_twice():
    acts = Acts(small_district(each=1), 11)
    for _ in range(60):
        acts.one()

    def deliver_everything():
        while batch := relay.number():
            deliveries.extend(batch.deliveries)
        return [tasks.deliver_once(*delivery) for delivery in deliveries]

    deliveries = []
    deliver_everything()
    while Event.objects.filter(seq=None).exists():  # listeners announce, and others listen
        deliver_everything()
    assert not FailedDelivery.objects.exists()
    assert deliveries, "nobody listens"
    before = contents()
    Delivered.objects.all().delete()  # as if the marks were lost: the work itself must not be done again
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "_mark", lambda seq, name: True)
        for delivery in reversed(deliveries):
            assert tasks.deliver_once(*delivery) == "done"
    after = contents()
    del before["core_delivered"], after["core_delivered"]
    assert after == before
