"""The process: what it takes from the database, and what it does when the hall's clock is set."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db import OperationalError

from command_center.core.models import Area
from command_center.core.now import REAL, set_demo_clock
from sensors.management.commands import simulate
from sensors.models import Sensor, Station
from sensors.simulator.equipment import from_stations
from sensors.simulator.ledger import accepted
from tests.simulator.field_peers import NOON, listening


@pytest.fixture
def stations(transactional_db):
    area = Area.objects.create(name="测试镇", path="/dy/test/", code="test")
    gauge = Station.objects.create(
        name="测试雨量站", code="RG-01", kind="rain_gauge", protocol="sl651", address="0090000101", area=area,
        area_path=area.path, position=Point(118.5, 37.4), interval_s=300, facts={"note": 1},
    )  # fmt: skip
    Sensor.objects.create(
        name="雨量", station=gauge, channel="rain_total", quantity="rain_total", facts={"wraps_at": 100000.0}
    )
    Station.objects.create(
        name="停用", code="RG-02", kind="rain_gauge", protocol="sl651", address="0090000102", area=area,
        area_path=area.path, position=Point(118.5, 37.4), in_service=False,
    )  # fmt: skip


def test_stations_become_values_with_their_points(stations):
    gauge, _ = from_stations(Station.objects.prefetch_related("sensors"))
    assert (gauge.code, gauge.address, gauge.lon, gauge.lat) == ("RG-01", "0090000101", 118.5, 37.4)
    assert gauge.interval == timedelta(minutes=5)
    assert gauge.points[0].facts["wraps_at"] == 100000.0


def test_the_process_plays_on_the_halls_clock_begins_anew_when_it_is_set_and_stops_when_told(
    stations, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(simulate, "CLOCK_READ_S", 0.1)
    settings.VAR = tmp_path
    storm = tmp_path / "storm.csv"
    rows = "".join(f"{NOON + n * timedelta(minutes=5):%Y-%m-%d %H:%M},1.2\n" for n in range(400))
    storm.write_text("time_utc,A\n" + rows)
    set_demo_clock(story=NOON + timedelta(hours=1), speed=600)

    async def scenario():
        async with listening() as centre:
            settings.OURS = {
                **settings.OURS,
                "gateway_host": "127.0.0.1",
                "gateway_ports": {"sl651": centre.port},
            }
            process = asyncio.create_task(simulate.Command().run(str(storm), "none", 1))
            await centre.until(lambda c: any(m.function == "32" for m in c.messages))
            later = NOON + timedelta(hours=20)
            await sync_to_async(set_demo_clock)(story=later, speed=600)
            await centre.until(lambda c: any(m.observed_at and m.observed_at > later for m in c.messages))
            os.kill(os.getpid(), signal.SIGTERM)
            await process
            return centre

    centre = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert {message.address for message in centre.messages} == {"0090000101"}
    entered = accepted(tmp_path / "simulator" / "ledger.jsonl")
    heard = {(r.channel, r.observed_at, r.value) for r in centre.readings()}
    assert entered
    assert {(e.channel, e.observed_at, e.value) for e in entered} <= heard


def test_a_storm_that_is_not_there_is_said_in_one_line(stations):
    set_demo_clock(story=NOON, speed=60)
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        call_command("simulate", storm="/nowhere.csv")


def test_a_database_that_is_away_is_asked_again(monkeypatch):
    monkeypatch.setattr(simulate, "RETRY_S", 0.01)
    answers = [OperationalError("connection refused"), ([], REAL), (["a station"], REAL)]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    found = asyncio.run(simulate.Command().until_known(asyncio.Event(), ask))
    assert found == (["a station"], REAL)
    assert not answers
