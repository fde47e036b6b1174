"""SL 651-2014: what the conformance test cannot see: streams, answers, packets, hostile bodies, the real frames."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.sl651 import Sl651
from sensors.domain import sl651_ascii as letters
from sensors.domain import sl651_frames as frames
from sensors.domain.readings import DecodeError
from tests.adapters.streams import cut_all, frames_of

ADAPTER = Sl651()
BEIJING = timezone(timedelta(hours=8))
STATION = "3799000101"
OBSERVED = datetime(2026, 7, 12, 6, 30, tzinfo=BEIJING)
SENT = OBSERVED + timedelta(seconds=7)
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "protocols" / "frames.json"


def report(serial=41, level=3.482, function=0x32):
    body = frames.write_group(STATION, 0x48, OBSERVED, frames.write_element("level", level))
    return frames.write_up(function, STATION, serial, SENT, body)


def with_body(body, function=0x32):
    return frames.write_up(function, STATION, 41, SENT, body)


def values(message):
    return [(reading.channel, reading.value) for reading in message.readings]


# --- the frames that were recorded from real equipment -------------------------------------------

RECORDED = {  # name: (station, function, serial, observed, sent, readings as (channel, value))
    "link-2F up": ("0012345678", "2F", 12, None, "2014-12-05T09:43:57", []),
    "timed-32 up": (
        "0012345678", "32", 0x12, "2014-12-05T11:00", "2014-12-05T11:00:02",
        [("rain_today", 10.0), ("rain_total", 10.0), ("level", 14.42), ("battery", 12.2)],
    ),
    "timed-32 down ack": ("0012345678", "32", 0x12, None, "2014-12-05T11:00:02", []),
    "extra-33 up": (
        "0012345678", "33", 8, "2014-12-05T10:50", "2014-12-05T10:50:02",
        [("rain_today", 10.0), ("rain_total", 10.0), ("battery", 12.2)],
    ),
    "extra-33 down ack": ("0012345678", "33", 8, None, "2014-12-05T10:50:02", []),
    "timed-32 rain set": (
        "0000000022", "32", 1, "2019-03-05T15:00", "2019-03-05T15:00:35",
        [("rain_5min", 5.0), ("rain_1h", 5.0), ("rain_today", 5.0), ("rain_total", 5.0)],
    ),
    "extra-33 rain set": (
        "0000000022", "33", 1, "2019-03-05T14:50", "2019-03-05T14:50:31",
        [("rain_5min", 4.0), ("rain_1h", 4.0), ("rain_today", 4.0), ("rain_total", 4.0)],
    ),
    "timed-32 rain": (
        "0012345678", "32", 3, "2014-06-12T02:00", "2014-06-12T02:00:00",
        [("rain_today", 5.5), ("evaporation", 21.5), ("battery", 12.9)],
    ),
    "timed-32 river": (
        "1000000006", "32", 0x2F7C, "2022-12-02T13:35", "2022-12-02T13:37:16",
        [("rain_today", 0.0), ("rain_total", 319.6), ("level", 28.96), ("battery", 13.12)],
    ),
    "extra-33 river": (
        "1000000006", "33", 0x2F7A, "2022-12-02T13:10", "2022-12-02T13:10:27",
        [("level", 28.96), ("rain_today", 0.0), ("rain_total", 319.6), ("battery", 13.17)],
    ),
    "manual-35": ("1000000006", "35", 0x2F7D, None, "2022-12-05T10:27:29", [("flow", 1.234)]),
    "status-46": ("1000000006", "46", 0x150, None, "2022-12-06T13:30:07", [("status", float(0x481))]),
    "clock-51": ("1000000006", "51", 0x158, None, "2022-12-06T14:16:22", []),
    "beijing-1": (
        "0030745815", "32", 0x20B, "2026-07-01T06:00", "2026-07-01T06:00:00",
        [("rain_total", 1222.2), ("status", float(0x400)), ("battery", 14.16)],
    ),
    "beijing-2": (
        "0030745815", "32", 0x20A, "2026-07-01T05:00", "2026-07-01T05:00:00",
        [("rain_total", 1222.2), ("status", float(0x400)), ("battery", 12.69)],
    ),
    "beijing-4": (
        "0030700300", "34", 0xBE3F, "2026-07-01T06:00", "2026-07-01T06:00:00",
        [("rain_5min", 0.0)] * 12 + [("relative_level", 4.28)] * 12
        + [("rain_total", 0.0), ("level", 4.28), ("battery", 13.7)],
    ),
    "beijing-7": (
        "0081120005", "32", 0x25B9, "2026-07-01T06:30", "2026-07-01T06:30:06",
        [("rain_total", 184.8), ("battery", 12.0)],
    ),
    "beijing-8": (
        "0030301490", "34", 0x39B5, "2026-07-01T05:05", "2026-07-01T06:00:11",
        [("relative_level", 0.0)] * 12 + [("level", 0.0), ("battery", 12.32)],
    ),
    "picture-36 packet 1 of 4 (SYN)": (
        "1000000006", "36", 0x2F7F, "2022-12-05T16:15", "2022-12-05T16:15:19", []
    ),
}  # fmt: skip


def recorded():
    if not REAL.exists():
        return {}
    rows = json.loads(REAL.read_text())
    return {row["name"]: row for row in rows if row["protocol"] == "sl651"}


def test_every_recorded_frame_says_what_its_meaning_states():
    rows = recorded()
    good = {name for name, row in rows.items() if row["valid"]}
    assert good <= set(RECORDED), "a recorded frame has no expectation here"
    for name in good:
        address, function, serial, observed, sent, expected = RECORDED[name]
        message = ADAPTER.decode(bytes.fromhex(rows[name]["frame"]))
        assert (message.address, message.function, message.serial) == (address, function, serial), name
        for found, said in ((message.observed_at, observed), (message.sent_at, sent)):
            assert found == (said and datetime.fromisoformat(said).replace(tzinfo=BEIJING)), name
        assert values(message) == expected, name


def test_recorded_frames_with_a_changed_digit_are_refused_with_the_reason():
    for row in recorded().values():
        if not row["valid"]:
            with pytest.raises(DecodeError, match="checksum"):
                ADAPTER.decode(bytes.fromhex(row["frame"]))


def test_our_answers_are_those_that_were_recorded():
    rows = recorded()
    for name in ("timed-32", "extra-33") if rows else ():
        up, down = (bytes.fromhex(rows[f"{name} {way}"]["frame"]) for way in ("up", "down ack"))
        assert ADAPTER.answer(up, at=ADAPTER.decode(up).sent_at) == down


def test_hour_reports_with_either_habit_give_the_same_times():
    rows = recorded()
    for name in ("beijing-4", "beijing-8") if rows else ():
        message = ADAPTER.decode(bytes.fromhex(rows[name]["frame"]))
        times = [each.observed_at for each in message.readings if each.channel == "relative_level"]
        assert times[0] == datetime(2026, 7, 1, 5, 5, tzinfo=BEIJING)
        assert times[-1] == datetime(2026, 7, 1, 6, 0, tzinfo=BEIJING)


# --- streams -------------------------------------------------------------------------------------


def test_frames_in_one_piece_and_byte_by_byte_are_the_same():
    stream = report(1) + report(2) + report(3)
    assert frames_of(ADAPTER, stream) == [report(1), report(2), report(3)]
    found, buffer = [], b""
    for at in range(len(stream)):
        buffer += stream[at : at + 1]
        while (piece := ADAPTER.cut(buffer)) is not None:
            found.append(buffer[: piece.size])
            buffer = buffer[piece.size :]
    assert found == [report(1), report(2), report(3)]


def test_an_end_mark_inside_the_data_does_not_end_a_frame():
    tricky = report(0x0303, level=3.033)
    assert frames_of(ADAPTER, tricky * 2) == [tricky, tricky]


def test_garbage_before_a_frame_is_set_apart():
    pieces, rest = cut_all(ADAPTER, b"GET / HTTP/1.1\r\n" + report() + b"\x00\xff" + report(2))
    assert [bool(piece.garbage) for _, piece in pieces] == [True, False, True, False]
    assert pieces[0][0] == b"GET / HTTP/1.1\r\n" and not rest


def test_a_stray_7e_after_the_checksum_belongs_to_nobody():
    pieces, _ = cut_all(ADAPTER, report() + b"\x7e" + report(2) + b"\x7e\x7e" + report(3))
    assert [octets for octets, piece in pieces if not piece.garbage] == [report(), report(2), report(3)]
    assert all(piece.silent for _, piece in pieces if piece.garbage)


def test_a_centre_with_the_address_7e_is_heard():
    body = frames.write_group(STATION, 0x48, OBSERVED, b"")
    frame = frames.write_up(0x32, STATION, 1, SENT, body, centre=0x7E)
    assert frames_of(ADAPTER, frame + b"\x7e" + frame) == [frame, frame]


def test_a_broken_frame_is_cut_by_its_length_and_the_next_one_is_read():
    broken = bytearray(report(1))
    broken[30] ^= 1
    assert frames_of(ADAPTER, bytes(broken) + report(2)) == [bytes(broken), report(2)]


def test_a_broken_length_does_not_swallow_the_frames_behind_it():
    broken = bytearray(report(1))
    broken[11] |= 0x01  # 256 bytes more than there are
    stream = bytes(broken) + b"".join(report(serial) for serial in range(2, 12))
    assert frames_of(ADAPTER, stream, final=True) == [report(serial) for serial in range(2, 12)]
    shorter = bytearray(report(1))
    shorter[12] -= 5
    assert report(2) in frames_of(ADAPTER, bytes(shorter) + report(2), final=True)


def test_an_unfinished_frame_is_waited_for_and_at_the_end_is_garbage():
    assert ADAPTER.cut(report()[:-1]) is None
    piece = ADAPTER.cut(report()[:-1], final=True)
    assert piece.size == len(report()) - 1 and "cut off" in piece.garbage


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=40), st.just(b"\x7e"), st.integers(0, 9).map(report)), max_size=12)
)
def test_cutting_any_stream_loses_no_byte_and_always_moves_on(parts):
    stream = b"".join(parts)
    pieces, rest = cut_all(ADAPTER, stream, final=True)
    assert b"".join(octets for octets, _ in pieces) + rest == stream
    assert rest in (b"", b"\x7e")


# --- answers -------------------------------------------------------------------------------------


def test_a_report_is_acknowledged_with_its_serial_and_keeps_the_line():
    answer = ADAPTER.decode(ADAPTER.answer(report(41), at=SENT))
    assert (answer.serial, answer.function, answer.sent_at) == (41, "32", SENT)
    assert answer.details["direction"] == "down" and answer.details["end"] == "ESC"


def test_keep_alives_replies_and_downlinks_get_no_answer():
    for frame in (
        frames.write_up(0x2F, STATION, 1, SENT),
        frames.write_up(0x51, STATION, 1, SENT, frames.write_group(STATION, None, None, b"")),
        ADAPTER.answer(report(), at=SENT),
    ):
        assert ADAPTER.answer(frame, at=SENT) is None


def test_a_broken_frame_gets_a_nak_that_can_be_read():
    broken = bytearray(report(41))
    broken[40] ^= 1
    answer = ADAPTER.decode(ADAPTER.refuse(bytes(broken), at=SENT))
    assert (answer.serial, answer.details["end"]) == (41, "NAK")
    assert ADAPTER.refuse(b"GET / HTTP/1.1", at=SENT) is None


# --- messages in packets -------------------------------------------------------------------------

JPEG = bytes.fromhex("FFD8FFE0") + bytes(range(256)) * 12 + bytes.fromhex("FFD9")


def picture_packets(serial=7, packet_bytes=512):
    body = frames.write_group(STATION, 0x48, OBSERVED, b"\xf3\xf3" + JPEG)
    return frames.write_packets(0x36, STATION, serial, SENT, body, packet_bytes=packet_bytes)


def test_packets_join_to_the_picture_that_was_sent():
    packets = picture_packets()
    assert len(packets) > 3 and frames_of(ADAPTER, b"".join(packets)) == packets
    heads = [ADAPTER.head(packet).part for packet in packets]
    assert [part.number for part in heads] == list(range(1, len(packets) + 1))
    assert len({part.key for part in heads}) == 1
    message = ADAPTER.join(packets)
    assert message.details["picture"] == JPEG and message.serial == 7 and message.observed_at == OBSERVED
    assert "picture" not in ADAPTER.decode(packets[0]).details


def test_a_long_series_in_packets_is_read_whole():
    levels = [round(3 + slot / 1000, 3) for slot in range(300)]
    start = OBSERVED - timedelta(minutes=300)
    series = frames.write_series(timedelta(minutes=1), "level", levels)
    body = frames.write_group(STATION, 0x48, start, series)
    packets = frames.write_packets(0x31, STATION, 9, SENT, body, packet_bytes=301)
    message = ADAPTER.join(packets)
    assert [reading.value for reading in message.readings] == levels
    assert message.readings[-1].observed_at == start + timedelta(minutes=299)


def test_the_nak_for_a_packet_names_it():
    packets = picture_packets()
    answer = ADAPTER.refuse(packets[0], at=SENT, packet=3)
    assert answer[13] == frames.SYN and frames.unwrap(answer).part == (3, len(packets))
    whole = ADAPTER.answer(packets[0], at=SENT)
    assert ADAPTER.decode(whole).details["end"] == "ACK" and frames.unwrap(whole).body[:2] == b"\x00\x07"


# --- bodies --------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(
    function=st.integers(0, 255),
    body=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        b"\xf0\xf0\x26\x07\x12\x06\x30",
                        b"\xf1\xf1\x37\x99\x00\x01\x01\x48",
                        b"\x04\x18\x00\x00\x05",
                    ]
                ),
                st.binary(max_size=8),
                st.builds(
                    lambda guide, size, data: bytes((guide, size)) + data,
                    st.integers(0, 255),
                    st.integers(0, 255),
                    st.binary(max_size=32),
                ),
            ),
            max_size=10,
        ).map(b"".join),
    ),
)
def test_any_body_with_a_right_checksum_gives_a_message_or_a_refusal(function, body):
    for frame in (
        frames.write_up(function, STATION, 1, SENT, body),
        *frames.write_packets(function, STATION, 1, SENT, body, packet_bytes=64),
    ):
        try:
            message = ADAPTER.decode(frame)
        except DecodeError as reason:
            assert str(reason)
        else:
            assert all(reading.observed_at.tzinfo for reading in message.readings)


NUMBERS = st.one_of(st.none(), st.integers(-99_999, 999_999).map(lambda thousandths: thousandths / 1000))


@given(NUMBERS)
def test_a_written_level_is_read_back(level):
    message = ADAPTER.decode(report(level=level))
    assert values(message) == [("level", level)]


@given(st.integers(0, 999_999))
def test_a_written_counter_is_read_back(tenths):
    body = frames.write_group(STATION, 0x50, OBSERVED, frames.write_element("rain_total", tenths / 10))
    assert values(ADAPTER.decode(with_body(body))) == [("rain_total", tenths / 10)]


def test_a_counter_beyond_its_digits_wraps_as_the_device_does():
    assert frames.write_element("rain_total", 100_000.3) == frames.write_element("rain_total", 0.3)


def test_rain_above_the_top_of_a_slot_stands_in_the_next_one():
    octets = frames.write_hour([30.0, 1.0] + [0.0] * 10)
    assert octets[2:5] == bytes((254, 56, 0))


def test_the_class_byte_may_be_missing_before_the_observation_time():
    body = frames.write_group(STATION, None, OBSERVED, frames.write_element("level", 2.5))
    assert values(ADAPTER.decode(with_body(body))) == [("level", 2.5)]


def test_a_series_ends_where_the_next_observation_time_begins():
    series = frames.write_series(timedelta(minutes=5), "level", [1.0, 2.0])
    start = OBSERVED - timedelta(hours=1)
    body = frames.write_group(STATION, 0x48, start, series)
    body += b"\xf0\xf0" + frames.write_time(OBSERVED) + frames.write_element("battery", 12.0)
    message = ADAPTER.decode(with_body(body, 0x31))
    assert [(each.channel, each.observed_at) for each in message.readings] == [
        ("level", start),
        ("level", start + timedelta(minutes=5)),
        ("battery", OBSERVED),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\x39", "single byte"),
        (b"\x39\x23\x00", "announces 4 bytes, 1 are left"),
        (b"\xf4\x60\x00\x00", "12 values of F4"),
        (b"\xf0\xf1\x26\x07\x12\x06\x30", "begins with F0F0"),
        (b"\xf0\xf0\x26\x02\x30\x06\x30", "no time"),
        (b"\x04\x18\x00\x00\x00", "zero"),
        (b"\x04\x18\x00\x00\x05\x39\x23\x00\x00\x00\x01\x00", "no multiple"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_the_reason(body, reason):
    with pytest.raises(DecodeError, match=reason):
        ADAPTER.decode(with_body(body))


def times_of(message, channel):
    return [each.observed_at for each in message.readings if each.channel == channel]


def test_a_step_of_zero_before_twelve_values_is_the_five_minutes_of_an_hour():
    first = OBSERVED - timedelta(minutes=55)
    levels = b"".join(bytes.fromhex(f"{2000 + n:08d}") for n in range(12))
    body = frames.write_group(STATION, 0x48, first, b"\x04\x18\x00\x00\x00\x39\x23" + levels)
    message = ADAPTER.decode(with_body(body, 0x31))
    assert times_of(message, "level") == [first + timedelta(minutes=5 * n) for n in range(12)]
    with pytest.raises(DecodeError, match="zero"):
        ADAPTER.decode(with_body(body[:-4], 0x31))


def test_a_period_of_five_minute_values_comes_hour_after_hour_behind_one_guide():
    first = OBSERVED - timedelta(hours=3) + timedelta(minutes=5)
    hours = b"\xf4\x60" + bytes(range(36))
    body = frames.write_group(STATION, 0x50, first, b"\x04\x18\x00\x00\x00" + hours)
    message = ADAPTER.decode(with_body(body, 0x38))
    assert times_of(message, "rain_5min") == [first + timedelta(minutes=5 * n) for n in range(36)]
    assert [each.value for each in message.readings] == [n / 10 for n in range(36)]


def test_one_hour_behind_a_step_leaves_the_elements_after_it():
    group = frames.write_hour([0.5] * 12) + frames.write_element("battery", 12.0)
    body = frames.write_group(
        STATION, 0x50, OBSERVED - timedelta(minutes=55), b"\x04\x18\x00\x00\x05" + group
    )
    message = ADAPTER.decode(with_body(body, 0x31))
    assert len(times_of(message, "rain_5min")) == 12
    assert values(message)[-1] == ("battery", 12.0)


def test_a_vendors_own_series_takes_nothing_from_what_stands_before_it():
    own = b"\x04\x18\x00\x00\x0f\x79\x79" + bytes(range(22))  # a quarter of an hour, in binary
    body = frames.write_group(STATION, 0x48, OBSERVED, frames.write_element("level", 2.5) + own)
    message = ADAPTER.decode(with_body(body, 0x34))
    assert values(message) == [("level", 2.5)]
    assert message.details["step_s"] == 900
    assert message.details["unknown"] == [
        {"guide": "79", "value": None, "data": bytes(range(22)).hex().upper()}
    ]


def test_slots_that_have_not_come_yet_are_no_readings():
    first = OBSERVED.replace(minute=5)  # sent at 6:30: of 6:05 … 7:00 the last five are filled up with zeros
    body = frames.write_group(STATION, 0x50, first, frames.write_hour([0.5] * 6 + [0.0] * 6))
    message = ADAPTER.decode(with_body(body, 0x34))
    assert [each.observed_at for each in message.readings] == [
        first + timedelta(minutes=5 * n) for n in range(7)
    ]
    assert message.details["unused_slots"] == 5


def test_a_series_longer_than_can_be_meant_is_refused():
    packets = frames.write_packets(
        0x31,
        STATION,
        1,
        SENT,
        frames.write_group(STATION, 0x48, OBSERVED, b"\x04\x18\x99\x00\x00\x19\x08" + bytes(20_000)),
    )
    with pytest.raises(DecodeError, match="20000 values"):
        ADAPTER.join(packets)


# --- the ASCII form ------------------------------------------------------------------------------


def in_letters(serial=41, words="Z 3.482", function=0x32):
    sent = frames.write_time(SENT, seconds=True)
    return letters.write_up(function, STATION, serial, sent, f"ST {STATION} H TT 2607120630 {words}")


def test_both_forms_on_one_connection_are_cut_and_answered_each_in_its_own():
    stream = in_letters(1) + report(2) + b"\r\n" + in_letters(3) + b"noise" + in_letters(4)
    found = frames_of(ADAPTER, stream)
    assert found == [in_letters(1), report(2), in_letters(3), in_letters(4)]
    assert [ADAPTER.decode(each).serial for each in found] == [1, 2, 3, 4]
    answer = ADAPTER.answer(in_letters(41), at=SENT)
    told = ADAPTER.decode(answer)
    assert answer[:1] == letters.SOH and (told.serial, told.sent_at, told.details["end"]) == (41, SENT, "ESC")
    broken = in_letters(41).replace(b"3.482", b"3.483")
    refusal = ADAPTER.decode(ADAPTER.refuse(broken, at=SENT))
    assert (refusal.serial, refusal.details["end"]) == (41, "NAK")


def test_a_frame_in_letters_byte_by_byte_is_one_frame():
    stream, found, buffer = in_letters(1) + in_letters(2), [], b""
    for at in range(len(stream)):
        buffer += stream[at : at + 1]
        while (piece := ADAPTER.cut(buffer)) is not None:
            assert not piece.garbage
            found.append(buffer[: piece.size])
            buffer = buffer[piece.size :]
    assert found == [in_letters(1), in_letters(2)]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "ST",
                "TT",
                STATION,
                "H",
                "2607120630",
                "DRN05",
                "DRP",
                "DRZ1",
                "Z",
                "PT",
                "ZT",
                "RGZS",
                "M",
                "1.5",
            ]
        )
        | st.text(max_size=12),
        max_size=12,
    ).map(" ".join),
    st.integers(0, 255),
)
def test_any_words_give_a_message_or_a_refusal(words, function):
    frame = letters.write_up(function, STATION, 1, frames.write_time(SENT, seconds=True), words)
    try:
        message = ADAPTER.decode(frame)
    except DecodeError as reason:
        assert str(reason)
    else:
        assert all(reading.observed_at.tzinfo for reading in message.readings)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=30), st.just(b"\x01"), st.integers(0, 9).map(in_letters)), max_size=10
    )
)
def test_cutting_letters_loses_no_byte(parts):
    stream = b"".join(parts)
    pieces, rest = cut_all(ADAPTER, stream, final=True)
    assert b"".join(octets for octets, _ in pieces) + rest == stream


# --- what the centre asks ------------------------------------------------------------------------


def asked(kind, body=None, heard=b""):
    return ADAPTER.command(kind, body or {}, address=STATION, serial=7, at=SENT, heard=heard)


PERIOD = {
    "channel": "level",
    "since": "2026-07-12T00:00:00+08:00",
    "until": "2026-07-12T06:00:00+08:00",
    "step_minutes": 30,
}


def test_a_period_is_asked_for_in_hours_with_its_step_and_element():
    envelope = frames.unwrap(asked("query_period", PERIOD))
    assert (envelope.function, envelope.end, envelope.down) == (0x38, frames.ENQ, True)
    assert envelope.body[2:8] == frames.write_time(SENT, seconds=True)
    assert envelope.body[8:].hex() == "26071200" + "26071206" + "0418" + "000030" + "3923"


def test_the_clock_is_set_and_elements_are_asked_for_in_the_form_that_was_heard():
    plain = frames.unwrap(asked("set_clock", heard=frames.write_up(0x2F, STATION, 1, SENT, centre=3)))
    assert (plain.centre, plain.function, plain.body) == (
        3,
        0x4A,
        b"\0\7" + frames.write_time(SENT, seconds=True),
    )
    written = letters.unwrap(
        asked("query_elements", {"channels": ["level", "battery"]}, heard=in_letters()[:64])
    )
    assert (written.function, written.end, written.body[16:]) == (0x3A, frames.ENQ, b"Z VT")


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("dance", {}, "cannot be said"),
        ("query_period", {}, "not whole"),
        ("query_period", {**PERIOD, "until": PERIOD["since"]}, "later end"),
        ("query_period", {**PERIOD, "step_minutes": 1, "until": "2026-07-13T06:00:00+08:00"}, "at once"),
        ("query_period", {**PERIOD, "channel": "nothing"}, "no element"),
        ("query_elements", {"channels": []}, "1 to"),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_reason(kind, body, reason):
    with pytest.raises(ValueError, match=reason):
        asked(kind, body)


def test_an_answer_names_its_question_and_reports_answer_none():
    series = frames.write_series(timedelta(minutes=30), "level", [3.1, None, 3.3])
    start = OBSERVED - timedelta(hours=2)
    said = ADAPTER.reply(ADAPTER.decode(with_body(frames.write_group(STATION, 0x48, start, series), 0x38)))
    assert (said.kind, said.serial, said.said["count"]) == ("query_period", 41, 3)
    assert said.said["readings"][1] == [
        "level",
        "water_level",
        None,
        (start + timedelta(minutes=30)).isoformat(),
    ]
    assert ADAPTER.reply(ADAPTER.decode(report())) is None
    assert ADAPTER.reply(ADAPTER.decode(asked("query_now"))) is None


def test_an_observer_s_text_that_is_not_values_is_kept_as_text():
    message = ADAPTER.decode(with_body(b"\xf2\xf2" + "水尺被淹".encode("gb18030"), 0x35))
    assert message.details["manual_text"] == "水尺被淹" and not message.readings
