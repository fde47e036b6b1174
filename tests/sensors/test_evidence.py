"""Pictures of a vehicle's alarm: asked for over the wire, uploaded in parts, kept once; and what a stream may not do."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.core.attachments import OPENED_BY
from command_center.core.models import Attachment
from sensors.adapters.jt808 import Jt808
from sensors.domain import jsatl_files as files
from sensors.domain import jt808_frames as frames
from sensors.domain.jsatl_files import File, Listed, Upload, Whole
from sensors.domain.readings import DecodeError
from sensors.gateway.evidence import Uploads
from sensors.gateway.keep import keep
from sensors.models import AlarmEvidence, Downlink, Station
from sensors.services import directory, evidence, journeys, points, vehicles
from sensors.simulator import uploads as simulator
from tests.sensors.ingesting import station
from tests.sensors.test_vehicles import LAT, LON, PHONE, here, location

NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S = timedelta(seconds=1)
ALARM = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def vehicle(db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    for one in (directory, points, vehicles):
        one.forget()
    station(PHONE, kind="vehicle", protocol="jt808", sensors=[("dsm.fatigue", "vehicle_alarm")])
    yield Station.objects.get(address=PHONE)
    for one in (directory, points, vehicles):
        one.forget()


def tired(at, number=1, **more):
    return location.write_driver_alarm(
        number, 1, at, LAT, LON, **{"state": 1, "level": 2, "files": 2, **more}
    )


def test_files_are_asked_for_once_of_an_alarm_that_announces_some(vehicle):
    keep([here(NOW, more=tired(NOW))])
    keep([here(NOW + 30 * S, more=tired(NOW))])  # the same alarm told again
    keep(
        [
            here(NOW + 60 * S, more=tired(NOW + 60 * S, 2, files=0)),
            here(NOW + 90 * S, more=tired(NOW, 3, state=2)),
        ]
    )
    row = AlarmEvidence.objects.get()
    assert (row.channel, row.at, row.announced, row.alarm.rule) == ("dsm.fatigue", NOW, 2, "vehicle.fatigue")
    order = Downlink.objects.get(kind="attachments")
    said = frames.unwrap(Jt808().command("attachments", order.body, address=PHONE, serial=1, at=NOW)).body
    assert simulator.asked(said) == ("127.0.0.1", order.body["port"], bytes.fromhex(row.number), row.pk.hex)


def test_pictures_come_over_a_socket_with_lost_parts_asked_for_again(vehicle):
    keep([here(NOW, more=tired(NOW))])
    row = AlarmEvidence.objects.get()

    async def scene():
        async def call(function, *args, **named):
            return answers[function.__name__]

        kept = []
        answers = {"most_bytes": 100_000, "is_known": True, "keep_file": True, "note_refused": None}

        async def remember(function, *args, **named):
            if function.__name__ == "keep_file":
                kept.append((args, named))
            return await call(function)

        listener = Uploads(evidence, remember, clock=lambda: NOW)
        port = await listener.start("127.0.0.1", 0)
        order = {"host": "127.0.0.1", "port": port, "number": row.number, "alarm": row.pk.hex}
        said = frames.unwrap(Jt808().command("attachments", order, address=PHONE, serial=1, at=NOW)).body
        assert await simulator.upload(PHONE, said, lose=1) == 2 and listener.kept == 2
        await listener.stop()
        return kept

    for args, named in asyncio.run(scene()):
        assert evidence.keep_file(*args, **named) and evidence.keep_file(
            *args, **named
        )  # sent again: kept once
    row.refresh_from_db()
    assert row.kept == Attachment.objects.filter(content_type="image/jpeg").count() == 2
    assert not evidence.is_known(row.pk.hex)
    assert OPENED_BY["sensors.alarmevidence"] == "camera.view"  # whoever sees the cameras sees these
    (one, two) = journeys.pictures_of(vehicle, NOW - S, NOW + S)
    assert one["alarm"] == two["alarm"] == str(row.alarm_id) and one["address"].startswith("/attachments/")


def test_what_is_no_picture_is_refused_with_its_reason(vehicle):
    keep([here(NOW, more=tired(NOW))])
    row = AlarmEvidence.objects.get()
    assert not evidence.keep_file(row.pk.hex, "x.svg", b"<svg/>", at=NOW)
    assert not evidence.keep_file("0" * 32, "x.jpg", b"\xff\xd8\xff", at=NOW) and not evidence.is_known(
        "no number"
    )
    row.refresh_from_db()
    assert row.kept == 0 and row.refused.startswith("x.svg")


# --- the stream, pure ---------------------------------------------------------------------------------
def frame(id_, body):
    return frames.write(id_, PHONE, 1, body)


def listed():
    return frame(files.LIST, b"0000000" + bytes(16) + ALARM.encode() + b"\0\1")


def admitted(most=1000):
    upload = Upload(most)
    (list_,) = upload.feed(listed())
    assert isinstance(list_, Listed) and list_.alarm == ALARM
    upload.admit(list_, known=True)
    return upload


@given(
    data=st.binary(min_size=1, max_size=400),
    cuts=st.lists(st.integers(1, 90), max_size=12),
    lost=st.sets(st.integers(0, 8)),
)
def test_a_file_is_whole_only_when_every_part_has_come(data, cuts, lost):
    upload = admitted()
    parts = [(at, data[at : at + 50]) for at in range(0, len(data), 50)]
    about = files.write_about("a.jpg", 0, len(data))
    stream = frame(files.BEGIN, about)
    stream += b"".join(files.write_packet("a.jpg", *part) for n, part in enumerate(parts) if n not in lost)
    stream += frame(files.END, about)
    found = []
    for size in [*cuts, len(stream)]:
        found += upload.feed(stream[:size])
        stream = stream[size:]
    if not lost & set(range(len(parts))):
        assert isinstance(found[-1], Whole) and found[-1].octets == data
        return
    _, wanted = files.read_asked(frames.unwrap(found[-1]).body)
    again = b"".join(files.write_packet("a.jpg", at, data[at : at + size]) for at, size in wanted)
    (whole,) = upload.feed(again + frame(files.END, about))
    assert whole.octets == data and files.read_asked(frames.unwrap(whole.answer).body) == ("a.jpg", [])


def test_what_is_too_large_or_was_not_asked_for_is_not_kept():
    upload = admitted(most=100)
    (answer,) = upload.feed(frame(files.BEGIN, files.write_about("a.mp4", 2, 101)))
    assert frames.unwrap(answer).body[-1] == files.FAILED and "101" in upload.refused
    assert not list(upload.feed(files.write_packet("a.mp4", 0, b"x" * 90))) and not upload.files
    stranger = Upload(100)
    (list_,) = stranger.feed(listed())
    stranger.admit(list_, known=False)
    (answer,) = stranger.feed(frame(files.BEGIN, files.write_about("a.jpg", 0, 10)))
    assert frames.unwrap(answer).body[-1] == files.FAILED
    with pytest.raises(DecodeError):
        list(upload.feed(files.PACKET + bytes(54) + (10**9).to_bytes(4)))


def test_parts_beyond_the_announced_size_take_no_room():
    file = File("a", 0, 10)
    assert file.put(4_000_000_000, b"x") == 0 and file.put(8, b"xxxx") == 10 and len(file.kept) == 10
    assert file.missing() == [(0, 8)]


@given(octets=st.binary(max_size=300))
def test_any_stream_is_read_or_refused(octets):
    try:
        list(Upload(100).feed(octets))
    except DecodeError:
        pass
