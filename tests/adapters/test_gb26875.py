"""GB/T 26875.3-2011: what the conformance test cannot see: streams, answers, commands, hostile units, the real frames."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.base import Downlinked
from sensors.adapters.gb26875 import Gb26875
from sensors.domain.gb26875 import ANALOGS, CONFIRM, DENY, REPLY, SEND, unwrap, write, write_part, write_time
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError
from tests.adapters.streams import cut_all, frames_of

ADAPTER = Gb26875()
BEIJING = timezone(timedelta(hours=8))
HOST = "370502010001"
CENTRE = bytes.fromhex("000000000001")
AT = datetime(2026, 7, 12, 6, 30, tzinfo=BEIJING)
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "protocols" / "frames.json"


def up(unit=b"", command=SEND, serial=41):
    return write(command, unit, serial=serial, at=AT, source=bytes.fromhex(HOST), destination=CENTRE)


def fire(serial=41, text="三层走廊感烟", state=2):
    return up(bytes((2, 1)) + write_part(1, 2, 42, (3, 17), state, text, AT), serial=serial)


# --- the frames that were recorded from real equipment -------------------------------------------

RECORDED = {  # name: (address, function, serial, sent, observed, values, one detail)
    "fire alarm part state A": (
        "000000000000", "2-2", 0, "2020-10-22T17:13:24", "2020-08-01T19:18:48",
        [("part.1.3.0.217-6", 2.0), ("fire", 1.0)],
        {"system": "fire alarm", "system_address": 3, "part": "general", "zone": 217, "place": 6,
         "state": ["fire"], "text": "Ａ区１层呷哺走廊", "at": "2020-08-01T19:18:48+08:00"},
    ),
    "operation record type 24": (
        "000000000000", "2-24", 0, "2022-07-12T14:32:20", "2022-07-12T14:13:34", [],
        {"operations": ["reset"], "operator": 1, "at": "2022-07-12T14:13:34+08:00"},
    ),
    "private 1-byte heartbeat": ("000000000000", "2", 2552, "2022-03-03T09:30:08", None, [], None),
    "private handshake": ("000000000000", "2", 105, "2021-06-03T14:17:10", None, [], None),
    "device running state heartbeat": (
        "B22396604001", "2-21", 1, None, None, [("device", 1.0)], {"state": ["monitoring"]},
    ),
    "reset request": ("0B0A09080706", "4-89", 1, "2021-07-02T09:00:05", None, [], None),
}  # fmt: skip


def recorded():
    if not REAL.exists():
        return {}
    return {row["name"]: row for row in json.loads(REAL.read_text()) if row["protocol"] == "gb26875"}


def local(text):
    return text and datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def test_every_recorded_frame_says_what_its_meaning_states():
    rows = recorded()
    good = {name for name, row in rows.items() if row["valid"]}
    assert good <= set(RECORDED), "a recorded frame has no expectation here"
    for name in good:
        address, function, serial, sent, observed, values, told = RECORDED[name]
        message = ADAPTER.decode(bytes.fromhex(rows[name]["frame"]), at=AT)
        assert (message.address, message.function, message.serial) == (address, function, serial), name
        assert (message.sent_at, message.observed_at) == (local(sent), local(observed)), name
        assert [(reading.channel, reading.value) for reading in message.readings] == values, name
        assert message.details.get("objects", [None])[0] == told, name


def test_a_recorded_frame_with_a_wrong_sum_is_refused_with_the_reason():
    for row in recorded().values():
        if not row["valid"]:
            with pytest.raises(DecodeError, match="checksum is wrong: 30 is sent, 32 is right"):
                ADAPTER.decode(bytes.fromhex(row["frame"]))


def test_where_the_frame_has_no_time_that_of_receiving_stands_in_and_without_it_nothing_is_made_up():
    for row in recorded().values():
        if row["name"].startswith("device running state"):
            octets = bytes.fromhex(row["frame"])
            assert ADAPTER.decode(octets, at=AT).readings[0].observed_at == AT
            assert ADAPTER.decode(octets).readings == ()


# --- units ---------------------------------------------------------------------------------------


def test_every_kind_of_analog_value_has_a_quantity_that_we_know():
    assert {analog.quantity for analog in ANALOGS.values()} <= set(QUANTITIES)


def test_a_text_ends_at_its_first_nul_and_half_a_character_breaks_nothing():
    unit = bytes((2, 1)) + write_part(1, 2, 42, (3, 17), 1, "走廊", AT)
    dirty = unit[:15] + b"\0\xff\xfe" + unit[18:]
    assert ADAPTER.decode(up(dirty)).details["objects"][0]["text"] == "走廊"
    assert (
        "\ufffd"
        in ADAPTER.decode(fire(text="一二三四五六七八九十一二三四五六")).details["objects"][0]["text"]
    )


def test_one_frame_with_fire_and_calm_parts_says_fire():
    calm, burning = (write_part(1, 2, 42, (3, n), state, "", AT) for n, state in ((1, 1), (2, 2)))
    readings = ADAPTER.decode(up(bytes((2, 2)) + calm + burning)).readings
    assert [(each.channel, each.value) for each in readings][-1] == ("fire", 1.0)
    calm_only = ADAPTER.decode(up(bytes((2, 1)) + calm)).readings
    assert all(each.channel != "fire" for each in calm_only), "another part may still burn"


# --- streams -------------------------------------------------------------------------------------


def test_an_end_mark_inside_the_data_does_not_end_a_frame():
    tricky = fire(0x2323, text="####")
    assert frames_of(ADAPTER, tricky * 2) == [tricky, tricky]


def test_frames_byte_by_byte_are_those_in_one_piece():
    stream, found, buffer = [fire(n) for n in (1, 0x40, 0x4040)], [], b""
    for octet in b"".join(stream):
        buffer += bytes((octet,))
        while (piece := ADAPTER.cut(buffer)) is not None:
            found.append(buffer[: piece.size])
            buffer = buffer[piece.size :]
    assert found == stream == frames_of(ADAPTER, b"".join(stream))


def test_noise_between_frames_is_set_apart_also_where_it_looks_like_a_beginning():
    stream = b"GET /\r\n" + fire(1) + b"\x40" + fire(2) + b"\x40\x40\xff" + fire(3)
    assert frames_of(ADAPTER, stream, final=True) == [fire(1), fire(2), fire(3)]


def test_a_broken_length_does_not_swallow_the_frames_behind_it():
    longer = bytearray(fire(1))
    longer[25] |= 2
    assert frames_of(ADAPTER, bytes(longer) + fire(2) + fire(3)) == [fire(2), fire(3)]
    assert "cut off" in ADAPTER.cut(bytes(longer), final=True).garbage


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.just(b"\x40"), st.integers(0, 0x4040).map(fire)), max_size=8
    )
)
def test_cutting_any_stream_loses_no_byte_and_always_moves_on(parts):
    stream = b"".join(parts)
    pieces, rest = cut_all(ADAPTER, stream, final=True)
    assert b"".join(octets for octets, _ in pieces) == stream and not rest


# --- answers and commands ------------------------------------------------------------------------


def test_what_is_sent_is_confirmed_under_its_number_to_whom_it_came_from():
    answer = unwrap(ADAPTER.answer(fire(0x1234), at=AT))
    assert (answer.serial, answer.command, answer.unit, answer.sent_at) == (0x1234, CONFIRM, b"", AT)
    assert (answer.source, answer.destination.hex()) == (CENTRE, HOST)


def test_a_broken_one_is_denied_and_what_asks_for_nothing_is_not_answered():
    broken = bytearray(fire(7))
    broken[40] ^= 1
    answer = unwrap(ADAPTER.refuse(bytes(broken), at=AT))
    assert (answer.serial, answer.command, answer.destination.hex()) == (7, DENY, HOST)
    assert ADAPTER.refuse(b"GET / HTTP/1.1", at=AT) is None
    for command in (CONFIRM, REPLY, DENY):
        frame = up(command=command)
        assert ADAPTER.answer(frame, at=AT) is None and ADAPTER.refuse(frame[:-3] + b"\0##", at=AT) is None


def test_a_guard_check_is_written_and_its_confirmation_is_known():
    assert isinstance(ADAPTER, Downlinked)
    frame = ADAPTER.command("guard_check", {"minutes": 5}, address=HOST, serial=9, at=AT)
    sent = ADAPTER.decode(frame)
    assert (sent.address, sent.function, sent.serial, sent.details["unit"]) == (HOST, "1-91", 9, "5B0105")
    done = ADAPTER.reply(ADAPTER.decode(up(command=CONFIRM, serial=9)))
    denied = ADAPTER.reply(ADAPTER.decode(up(command=DENY, serial=9)))
    assert (done.serial, done.done, denied.done) == (9, True, False)
    assert ADAPTER.reply(ADAPTER.decode(fire())) is None
    clock = unwrap(ADAPTER.command("set_clock", {}, address=HOST, serial=1, at=AT))
    assert clock.unit == bytes((90, 1)) + write_time(AT)


@pytest.mark.parametrize(
    ("kind", "body", "address", "reason"),
    [
        ("guard_check", {"minutes": 0}, HOST, "1 to 255"),
        ("sing", {}, HOST, "no command"),
        ("set_clock", {}, "37", "six bytes"),
        ("set_clock", {}, "not hex", "six bytes"),
    ],
)
def test_a_command_that_cannot_be_said_is_told(kind, body, address, reason):
    with pytest.raises(ValueError, match=reason):
        ADAPTER.command(kind, body, address=address, serial=1, at=AT)


# --- hostile units -------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(
    unit=st.one_of(
        st.binary(max_size=120),
        st.builds(
            lambda kind, count, size: bytes((kind, count)) + bytes(range(1, size + 1)) * count,
            st.sampled_from([1, 2, 3, 4, 8, 21, 24, 28, 91]),
            st.integers(0, 10),
            st.sampled_from([1, 6, 7, 8, 10, 16, 46]),
        ),
    ),
    command=st.integers(0, 255),
)
def test_any_unit_with_a_right_sum_gives_a_message_or_a_refusal(unit, command):
    frame = up(unit, command)
    try:
        message = ADAPTER.decode(frame, at=AT)
    except DecodeError as reason:
        assert str(reason)
    else:
        assert all(reading.observed_at.tzinfo for reading in message.readings)
        ADAPTER.reply(message)
    ADAPTER.answer(frame, at=AT)
