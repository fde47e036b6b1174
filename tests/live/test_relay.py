"""The relay: every committed event gets one number, in an order a reader can follow; a rollback rings nothing."""

import random
import select
import threading

import psycopg2
import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from command_center.core import bus, relay
from command_center.core.events import BELL, announce
from command_center.core.models import Area, Event, Heartbeat
from tests.conftest import NOON
from tests.waiting import eventually

WRITERS, EACH = 8, 40


def district():
    return Area.objects.create(path="/dy/", code="dy", name="东营区", kind="district")


def in_thread(function, *arguments):
    def work():
        try:
            function(*arguments)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_two_relays_a_reader_sees_every_event_once_and_in_order():
    area = district()

    def write(number):
        chance = random.Random(number)
        for _ in range(EACH):
            with transaction.atomic():
                announce("test.written", area, at=NOON)
                for _ in range(chance.randrange(20)):  # transactions of different length, ids out of order
                    Event.objects.exists()

    relays = [relay.Relay(), relay.Relay()]
    running = [in_thread(one.run) for one in relays]
    writers = [in_thread(write, number) for number in range(WRITERS)]
    seen, cursor = [], 0
    try:

        def follow():
            nonlocal cursor
            news = list(Event.objects.filter(seq__gt=cursor).order_by("seq").values_list("seq", "id"))
            if news:
                cursor = news[-1][0]
                seen.extend(news)
            return len(seen) >= WRITERS * EACH

        eventually(follow)
    finally:
        for one in relays:
            one.stop.set()
        for thread in writers + running:
            thread.join(timeout=20)
    assert [seq for seq, _ in seen] == list(range(1, WRITERS * EACH + 1))
    assert sorted(pk for _, pk in seen) == sorted(Event.objects.values_list("pk", flat=True))
    assert Heartbeat.objects.filter(name="relay").exists()


def listening():
    given = connection.settings_dict
    raw = psycopg2.connect(
        dbname=given["NAME"],
        user=given["USER"],
        password=given["PASSWORD"],
        host=given["HOST"],
        port=given["PORT"],
    )
    raw.autocommit = True
    raw.cursor().execute(f"LISTEN {BELL}")
    return raw


def rung(raw, seconds):
    select.select([raw], [], [], seconds)
    raw.poll()
    count = len(raw.notifies)
    raw.notifies.clear()
    return count


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_rings_no_bell_and_leaves_no_event():
    area, raw = district(), listening()
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            announce("test.undone", area, at=NOON)
            raise ZeroDivisionError
        # A later bell shows that an earlier one would have arrived by now: they come in order.
        with transaction.atomic():
            for _ in range(50):
                announce("test.done", area, at=NOON)
        assert rung(raw, 10) == 1, "one transaction is one bell, and the undone one none"
        assert relay.number().head == 50
        assert relay.number() is None
        assert not Event.objects.filter(kind="test.undone").exists()
    finally:
        raw.close()


@pytest.mark.django_db(transaction=True)
def test_an_event_rings_the_redis_bell_with_the_new_head():
    area = district()
    pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(bus.channel())
    pubsub.get_message(timeout=2)
    one = relay.Relay()
    running = in_thread(one.run)
    try:
        announce("test.rings", area, at=NOON)
        message = eventually(lambda: pubsub.get_message(timeout=1))
        assert int(message["data"]) == 1
    finally:
        one.stop.set()
        running.join(timeout=20)
        pubsub.close()


@pytest.mark.django_db(transaction=True)
def test_with_redis_gone_events_are_numbered_all_the_same(settings, listeners):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens there
    area = district()
    listeners["test.written"] = {"nobody": lambda event: None}
    one = relay.Relay()
    running = in_thread(one.run)
    try:
        for count in range(1, 6):
            announce("test.written", area, at=NOON)
            eventually(lambda count=count: Event.objects.filter(seq=count).exists())
    finally:
        one.stop.set()
        running.join(timeout=20)
    assert not running.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_loses_its_database_connection_goes_on():
    area = district()
    one = relay.Relay()
    running = in_thread(one.run)
    try:
        announce("test.written", area, at=NOON)
        eventually(lambda: Event.objects.filter(seq=1).exists())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        announce("test.written", area, at=NOON)
        eventually(lambda: Event.objects.filter(seq=2).exists())
    finally:
        one.stop.set()
        running.join(timeout=20)
