"""The gateway as a process of its own, on the real database: what it promised stands there, whatever happens to it."""

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from PIL import Image

from command_center.core.heartbeat import ages
from command_center.core.models import Area
from command_center.launch.place import GATEWAY_PORTS
from sensors.domain import sl651_frames as frames
from sensors.models import Contact, RawFrame, Reading, Sensor, Station, Still
from sensors.services import directory
from tests.sensors.gateway_kit import STATION, Device

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30


@pytest.fixture
def station(transactional_db):
    directory.forget()
    area = Area.objects.create(name="试验区", kind=Area.Kind.DISTRICT, code="T1", path="/t/")
    found = Station.objects.create(
        name="试验站",
        code="T-GW-1",
        kind=Station.Kind.STAGE_GAUGE,
        position=Point(118.5, 37.4),
        area=area,
        area_path=area.path,
        protocol="sl651",
        address=STATION,
    )
    Contact.objects.get_or_create(station=found)
    for channel, quantity in (("level", "water_level"), ("battery", "battery")):
        Sensor.objects.create(station=found, name=channel, channel=channel, quantity=quantity)
    return found


def database_url():
    it = connection.settings_dict
    return f"postgis://{it['USER']}:{it['PASSWORD']}@{it['HOST']}:{it['PORT']}/{it['NAME']}"


@contextmanager
def gateway():
    """(process, port); killed at the end if it still runs."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "command_center.settings.test",
        **dict.fromkeys(GATEWAY_PORTS, "0"),
        "GATEWAY_HOST": "127.0.0.1",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "gateway"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"sl651 on 127\.0\.0\.1:(\d+)", line):
                yield process, int(found[1])
                return
        pytest.fail("the gateway did not start:\n" + "".join(said[-20:]))
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def now():
    return datetime.now(UTC).replace(microsecond=0)


def report(serial, level, observed_at):
    elements = frames.write_elements({"level": level, "battery": 12.5})
    body = frames.write_group(STATION, 0x48, observed_at, elements)
    return frames.write_up(0x32, STATION, serial, observed_at, body)


def say(port, *octets):
    """Send and return the answers, one for each."""

    async def told():
        device = Device(*await asyncio.open_connection("127.0.0.1", port))
        answers = []
        for each in octets:
            await device.say(each)
            answers.append(await device.answer())
        device.writer.close()
        return answers

    return asyncio.run(asyncio.wait_for(told(), PATIENCE_S))


def test_what_was_answered_is_in_the_database_also_after_a_kill(station):
    minute = now().replace(second=0) - timedelta(minutes=5)
    first, second = report(1, 3.25, minute), report(2, -0.5, minute + timedelta(minutes=5))
    with gateway() as (process, port):
        assert say(port, first, second) == [(1, "ESC"), (2, "ESC")]
        process.kill()
        process.wait()
        level = Sensor.objects.get(station=station, channel="level")
        assert list(
            Reading.objects.filter(sensor=level).order_by("observed_at").values_list("observed_at", "value")
        ) == [(minute, 3.25), (minute + timedelta(minutes=5), -0.5)]
    with gateway() as (process, port):  # the device did not hear the answer and repeats
        assert say(port, second) == [(2, "ESC")]
        assert Reading.objects.filter(sensor=level).count() == 2
        assert Contact.objects.get(station=station).heard_at is not None


def test_a_database_that_throws_it_out_is_asked_again(station):
    minute = now().replace(second=0) - timedelta(minutes=5)
    with gateway() as (_, port):
        assert say(port, report(1, 1.0, minute)) == [(1, "ESC")]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert say(port, report(2, 1.1, minute + timedelta(minutes=5))) == [(2, "ESC")]
    assert Reading.objects.filter(sensor__channel="level").count() == 2


def test_it_stops_at_sigterm_and_had_a_heartbeat(station):
    with gateway() as (process, port):
        assert say(port, report(1, 1.0, now().replace(second=0))) == [(1, "ESC")]
        assert ages()["gateway"] < PATIENCE_S
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_what_is_refused_and_who_is_unknown_are_kept(station):
    minute = now().replace(second=0)
    spoilt = bytearray(report(1, 1.0, minute))
    spoilt[40] ^= 1
    stranger = frames.write_up(
        0x32, "3799009999", 2, minute, frames.write_group("3799009999", 0x48, minute, b"")
    )
    with gateway() as (_, port):
        # The NAK may overtake the storing of the refused frame; the next answer comes after it.
        assert say(port, bytes(spoilt), stranger) == [(1, "NAK"), (2, "ESC")]
    kept = {bytes(row.raw): row for row in RawFrame.objects.all()}
    assert "checksum" in kept[bytes(spoilt)].error and kept[bytes(spoilt)].station_id == station.pk
    assert kept[stranger].error == "" or "unknown" in kept[stranger].error
    assert kept[stranger].station_id is None and kept[stranger].address == "3799009999"


def test_a_picture_becomes_a_still_of_the_station(station, settings, tmp_path):
    octets = io.BytesIO()
    Image.effect_noise((160, 120), 80).convert("RGB").save(octets, "JPEG")
    minute = now().replace(second=0)
    body = frames.write_group(STATION, 0x48, minute, b"\xf3\xf3" + octets.getvalue())
    packets = frames.write_packets(0x36, STATION, 9, minute, body, packet_bytes=1000)
    assert len(packets) > 3

    async def told(port):
        device = Device(*await asyncio.open_connection("127.0.0.1", port))
        await device.say(*packets)
        answer = await device.answer()
        device.writer.close()
        return answer

    os.environ["MEDIA_ROOT"] = str(tmp_path)
    try:
        with gateway() as (_, port):
            assert asyncio.run(told(port)) == (9, "ACK")
            assert asyncio.run(told(port)) == (9, "ACK")
    finally:
        del os.environ["MEDIA_ROOT"]
    still = Still.objects.get(station=station)
    assert still.taken_at == minute and (tmp_path / still.image.name).read_bytes() == octets.getvalue()
