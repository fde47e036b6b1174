"""SL/T 427: what the conformance test cannot see: streams, confirmations, both labels of time, the real frames."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.slt427 import Slt427
from sensors.domain import slt427 as frames
from sensors.domain import slt427_data as tables
from sensors.domain.quality import Origin
from sensors.domain.readings import DecodeError
from tests.adapters.streams import cut_all, frames_of

ADAPTER = Slt427()
STATION = "3705020065"
BEIJING = timezone(timedelta(hours=8))
AT = datetime(2026, 7, 12, 6, 30, tzinfo=BEIJING)
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "protocols" / "frames.json"


def report(level=3.482, count=1, at=AT):
    return frames.write_report(2, STATION, [level], at, count=count)


def test_the_recorded_frame_is_read_and_its_checksum_is_ours():
    rows = json.loads(REAL.read_text()) if REAL.exists() else []
    for row in (row for row in rows if row["protocol"] == "sl427"):
        message = ADAPTER.decode(bytes.fromhex(row["frame"]))
        assert (message.address, message.function) == ("0102030405", "C0")
        assert message.observed_at == datetime(2026, 5, 12, 14, 15, 30, tzinfo=BEIJING)


def test_frames_are_cut_by_their_length_however_they_come():
    stream = b"\x68\x00" + report(1.068) + b"GET /" + report(2.0) + report(3.0)
    assert frames_of(ADAPTER, stream) == [report(1.068), report(2.0), report(3.0)]
    found, buffer = [], b""
    for octet in report(1.0) + report(2.0):
        buffer += bytes((octet,))
        while (piece := ADAPTER.cut(buffer)) is not None:
            found.append(buffer[: piece.size])
            buffer = buffer[piece.size :]
    assert found == [report(1.0), report(2.0)]
    lying = bytearray(report(1.0))
    lying[1] += 40
    assert frames_of(ADAPTER, bytes(lying) + report(2.0) + report(3.0), final=True) == [
        report(2.0),
        report(3.0),
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=30), st.just(b"\x68"), st.integers(0, 9).map(float).map(report)),
        max_size=10,
    )
)
def test_cutting_any_stream_loses_no_byte(parts):
    stream = b"".join(parts)
    pieces, rest = cut_all(ADAPTER, stream, final=True)
    assert b"".join(octets for octets, _ in pieces) == stream and not rest


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 255), st.sampled_from([0x02, 0x81, 0x82, 0x84, 0xB0, 0xC0]), st.binary(max_size=40))
def test_any_data_with_a_right_checksum_gives_a_message_or_a_refusal(control, function, data):
    split = 1 if control & 0x40 else None
    try:
        message = ADAPTER.decode(frames.write(control, STATION, function, data, split=split), at=AT)
    except DecodeError as reason:
        assert str(reason)
    else:
        assert message.address == STATION
        assert all(reading.observed_at.tzinfo for reading in message.readings)


@given(st.one_of(st.none(), st.integers(-999_999, 9_999_999).map(lambda thousandths: thousandths / 1000)))
def test_a_written_level_is_read_back(level):
    (reading,) = ADAPTER.decode(report(level)).readings
    assert (reading.value, reading.observed_at) == (level, AT)


@pytest.mark.parametrize("edition", [tables.SLT427, tables.SZY206])
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_written_values_of_every_kind_are_read_back_in_the_unit_of_their_quantity(edition, data):
    kind = data.draw(st.sampled_from(sorted(tables.GROUPS[edition])))
    group = tables.GROUPS[edition][kind][0]
    values = []
    for item in group * data.draw(st.integers(1, 3)):
        digits = 2 * item.size - (item.top is not tables.Top.DIGIT)
        raw = data.draw(st.integers(0, 10**digits - 1))
        negative = item.top in (tables.Top.SIGN, tables.Top.SIGN_AND_UNIT) and data.draw(st.booleans())
        # All digits nine is a number, all bytes FF or AA is none.
        values.append((-raw if negative else raw) / 10**item.decimals * item.scale)
    label_at = AT + timedelta(minutes=1) if edition == tables.SZY206 else None
    message = ADAPTER.decode(frames.write_report(kind, STATION, values, AT, edition=edition), at=label_at)
    wanted = [
        value
        for value, item in zip(values, group * (len(values) // len(group)), strict=True)
        if item.quantity
    ]
    assert [reading.value for reading in message.readings] == pytest.approx(wanted)
    assert {reading.observed_at for reading in message.readings} == {AT}


def test_what_a_station_tells_is_confirmed_with_its_counter_and_nothing_else_is():
    answer = ADAPTER.answer(report(count=2), at=AT)
    told = ADAPTER.decode(answer)
    assert (told.function, told.details["direction"], told.details["count"]) == ("C0", "down", 2)
    assert answer == frames.write(0x22, STATION, 0xC0, b"\0")
    assert ADAPTER.answer(answer, at=AT) is None
    assert ADAPTER.answer(frames.write(0x82, STATION, frames.VALUES, bytes(4)), at=AT) is None
    assert ADAPTER.refuse(report()[:-1], at=AT) is None


def test_what_is_typed_in_by_hand_is_marked_so():
    frame = frames.write_report(2, STATION, [3.5], AT, function=frames.MANUAL)
    assert ADAPTER.decode(frame).readings[0].origin == Origin.MANUAL


@pytest.mark.parametrize(
    ("received", "observed"),
    [
        ("2026-08-01T00:00:30+08:00", "2026-07-31T23:59:00+08:00"),
        ("2026-07-31T23:58:00+08:00", "2026-07-31T23:59:00+08:00"),
    ],
)
def test_a_label_without_a_month_is_of_the_nearest_one(received, observed):
    data = tables.write_number(3.1, tables.GROUPS[5][2][0][0]) + bytes(4) + bytes.fromhex("0059233105")
    message = ADAPTER.decode(frames.write(0xB2, STATION, 0xC0, data), at=datetime.fromisoformat(received))
    assert message.observed_at == datetime.fromisoformat(observed)
