"""The demo's story: it goes on where it stopped, and another storm begins a night of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.core.heartbeat import beat
from command_center.core.models import DemoClock, Epoch, Event, Heartbeat
from command_center.core.now import Rate
from command_center.demo import story
from sensors.models import Alarm, Station
from tests.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def state(tmp_path):
    return tmp_path / "story.json"


@pytest.fixture
def storm(tmp_path):
    file = tmp_path / "storm.csv"
    rows = [
        f"2026-07-01 {hour:02}:{minute:02},{2.0 if 6 <= hour < 9 else 0.0}"
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    ]
    file.write_text("time,gauge\n" + "\n".join(rows) + "\n")
    return str(file)


def clock():
    row = DemoClock.objects.get()
    return Rate(row.origin, row.story, row.rate)


def test_a_second_start_goes_on_where_the_last_one_stopped(state, storm):
    story.begin(storm=storm, speed=60, state=state)
    begun = clock().story
    DemoClock.objects.update(origin=datetime.now(UTC) - timedelta(minutes=30))  # half an hour ago …
    beat("relay")
    Heartbeat.objects.update(at=datetime.now(UTC) - timedelta(minutes=29))  # … and stopped a minute later
    story.begin(storm=storm, speed=60, state=state)
    assert timedelta(minutes=59) < clock().story - begun < timedelta(minutes=61)


def test_another_storm_begins_anew_and_leaves_nothing_in_the_future(state, storm):
    from command_center.demo import seed

    story.begin(storm=storm, speed=60, state=state)
    seed.seed()
    station = Station.objects.get(code="PD-01")
    Alarm.objects.create(
        station=station, rule="ponding.depth", level=1, worst_level=1, raised_at=NOON, level_since=NOON,
        recorded_at=NOON, area_path=station.area_path,
    )  # fmt: skip
    story.begin(storm="", speed=60, state=state)
    assert not Alarm.objects.exists() and not Event.objects.exists() and not Epoch.objects.exists()
    assert seed.seed() == 181 and Station.objects.get(code="PD-01").pk == station.pk


def test_a_story_that_was_told_to_its_end_is_told_again(state, storm):
    story.begin(storm=storm, speed=60, state=state)
    begun = clock().story
    DemoClock.objects.update(origin=datetime.now(UTC) - timedelta(days=2))
    beat("relay")
    story.begin(storm=storm, speed=60, state=state)
    assert clock().story == begun


def test_every_table_of_a_story_is_named_as_it_is():
    from django.db import connection

    assert set(story.TELEMETRY) <= set(connection.introspection.table_names())
