"""HJ 212-2017: what the conformance test cannot see: streams, answers, packets, flags, hostile data, the real frames."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.hj212 import Hj212
from sensors.domain.hj212 import FACTORS, crc16, wrap, write
from sensors.domain.quality import Quality
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError
from tests.adapters.streams import cut_all, frames_of

ADAPTER = Hj212()
BEIJING = timezone(timedelta(hours=8))
DEVICE = "370502DEMO00000000000001"
AT = datetime(2026, 7, 12, 6, 30, tzinfo=BEIJING)
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "protocols" / "frames.json"


def report(value=1.25, flag="N", **more):
    items = [f"DataTime={AT:%Y%m%d%H%M%S}", f"a21028-Rtd={value},a21028-Flag={flag}"]
    return write("2011", DEVICE, items, at=AT, **more)


def values(message):
    return [(reading.channel, reading.value) for reading in message.readings if "flag" not in reading.channel]


# --- the frames that were recorded from real equipment -------------------------------------------

RECORDED = {  # name: (device, command, observed, values)
    "spec annex A": ("010000A8900016F000169DC0", "1062", None, []),
    "voc realtime": (
        "Y80110010000010", "2011", "2019-10-12T13:37:10",
        [("a21005.rtd", 0.0), ("a21004.rtd", 0.0), ("a21007.rtd", 0.033), ("a21006.rtd", 0.036),
         ("a21001.rtd", 25.4), ("a21003.rtd", 101.94), ("a21002.rtd", 49.2)],
    ),
    "air 289": (
        "Y80110010000010", "2011", "2019-10-12T13:37:10",
        [("a214.rtd", 0.0), ("a215.rtd", 0.0), ("a216.rtd", 0.036), ("a217.rtd", 0.033), ("a211.rtd", 25.4),
         ("a213.rtd", 101.94), ("a212.rtd", 49.2)],
    ),
    "restart": ("88888880000001", "2081", "2020-06-23T12:25:04", []),
    "noise comms fault": ("", "2011", "2022-08-14T02:13:04", [("a50001.rtd", 0.0)]),
    "sampletime": ("010000A8900016F000169DC0", "2011", "2023-10-08T12:33:40", [("w01008.rtd", 123.456)]),
    "3032 private": ("20210107123456", "3032", None, []),
}  # fmt: skip


def recorded():
    if not REAL.exists():
        return {}
    return {row["name"]: row for row in json.loads(REAL.read_text()) if row["protocol"] == "hj212"}


def test_every_recorded_frame_says_what_its_meaning_states():
    rows = recorded()
    good = {name for name, row in rows.items() if row["valid"]}
    assert good <= set(RECORDED), "a recorded frame has no expectation here"
    for name in good:
        device, command, observed, expected = RECORDED[name]
        message = ADAPTER.decode(rows[name]["frame"].encode())
        assert (message.address, message.function) == (device, command), name
        assert message.observed_at == (observed and datetime.fromisoformat(observed).replace(tzinfo=BEIJING))
        assert sorted(values(message)) == sorted(expected), name
    if rows:
        restart = ADAPTER.decode(rows["restart"]["frame"].encode())
        assert restart.details["restart_at"] == "2020-06-23T12:23:42+08:00"
        noise = ADAPTER.decode(rows["noise comms fault"]["frame"].encode())
        assert noise.readings[0].quality == Quality.BAD
        assert noise.details["flags"] == {"a50001": "no communication"}


def test_recorded_frames_with_a_stale_checksum_are_refused_with_the_reason():
    for row in recorded().values():
        if not row["valid"]:
            with pytest.raises(DecodeError, match="checksum"):
                ADAPTER.decode(row["frame"].encode())


# --- the checksum, the table ---------------------------------------------------------------------


def test_the_checksum_is_that_of_the_standard_s_example():
    text = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert crc16(text) == 0x1C80


def test_every_factor_has_a_quantity_that_we_know():
    assert {factor.quantity for factor in FACTORS.values()} <= set(QUANTITIES)
    assert {factor.sum[0] for factor in FACTORS.values() if factor.sum} <= set(QUANTITIES)


# --- flags ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", "TDCMSBF")
def test_a_value_the_instrument_does_not_stand_for_is_kept_and_not_believed(letter):
    value, flag = ADAPTER.decode(report(0.5, letter)).readings
    assert (value.value, value.quality) == (0.5, Quality.BAD)
    assert flag.quality is None and flag.value > 0


def test_a_good_flag_says_nothing_more_and_an_unknown_one_asks_for_a_look():
    assert ADAPTER.decode(report(0.5, "N")).readings[0].quality is None
    assert ADAPTER.decode(report(0.5, "x")).readings[0].quality == Quality.SUSPECT


# --- streams -------------------------------------------------------------------------------------


def test_frames_in_one_piece_and_byte_by_byte_are_the_same():
    frames = [report(n) for n in (1, 2, 3)]
    assert frames_of(ADAPTER, b"".join(frames)) == frames
    found, buffer = [], b""
    for octet in b"".join(frames):
        buffer += bytes((octet,))
        while (piece := ADAPTER.cut(buffer)) is not None:
            if not piece.garbage:
                found.append(buffer[: piece.size].rstrip(b"\r\n"))
            else:
                assert piece.silent
            buffer = buffer[piece.size :]
    assert found == [frame.rstrip(b"\r\n") for frame in frames]


def test_what_stands_between_frames_is_set_apart():
    pieces, rest = cut_all(ADAPTER, b"GET / HTTP/1.1\r\n" + report(1) + b"\x00\xff" + report(2))
    assert [bool(piece.garbage) for _, piece in pieces] == [True, False, True, False] and not rest


def test_a_length_that_is_wrong_does_not_swallow_the_frames_behind_it():
    longer = b"##9" + report(1)[3:]
    assert frames_of(ADAPTER, longer + report(2) + report(3)) == [report(2), report(3)]
    assert ADAPTER.cut(longer) is None, "more may come"
    assert "cut off" in ADAPTER.cut(longer, final=True).garbage


def test_a_broken_frame_is_cut_by_its_length_and_the_next_one_is_read():
    broken = report(1).replace(b"a21028-Rtd=1", b"a21028-Rtd=7")
    assert [frame.rstrip() for frame in frames_of(ADAPTER, broken + report(2))] == [
        broken.rstrip(),
        report(2).rstrip(),
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b"#", b"##", b"##0101", b"\r\n"]), st.integers(0, 9).map(report)),
        max_size=10,
    )
)  # fmt: skip
def test_cutting_any_stream_loses_no_byte_and_always_moves_on(parts):
    stream = b"".join(parts)
    pieces, rest = cut_all(ADAPTER, stream, final=True)
    assert b"".join(octets for octets, _ in pieces) == stream and not rest


# --- answers -------------------------------------------------------------------------------------


def test_data_is_acknowledged_with_its_own_number_where_that_is_asked_for():
    answer = ADAPTER.decode(ADAPTER.answer(report(), at=AT))
    sent = ADAPTER.decode(report())
    assert (answer.function, answer.address, answer.sent_at) == ("9014", DEVICE, sent.sent_at)
    assert answer.details["system"] == "interaction" and not answer.details["answer_wanted"]


def test_who_wants_no_answer_gets_none():
    quiet = write("2011", DEVICE, [f"DataTime={AT:%Y%m%d%H%M%S}"], at=AT, flag=4)
    old = wrap(b"ST=32;CN=2011;PW=123456;MN=1;CP=&&DataTime=20260712063000&&")
    for frame in (quiet, old, ADAPTER.answer(report(), at=AT), write("1062", DEVICE, (), at=AT)):
        assert ADAPTER.answer(frame, at=AT) is None


def test_the_request_for_the_time_is_a_notice():
    asked = write("1013", DEVICE, ["PolId=a21028"], at=AT)
    assert ADAPTER.decode(ADAPTER.answer(asked, at=AT)).function == "9013"


def test_a_broken_frame_gets_no_answer_and_is_sent_again():
    assert ADAPTER.refuse(report()[:-8] + b"0000\r\n", at=AT) is None


# --- messages in packets -------------------------------------------------------------------------


def packets():
    codes = ("a21028", "a21001", "a21022")
    return [
        write("2011", DEVICE, [f"DataTime={AT:%Y%m%d%H%M%S}", f"{code}-Rtd={n}"], at=AT, part=(n, 3))
        for n, code in enumerate(codes, start=1)
    ]


def test_packets_are_read_one_by_one_and_together():
    heads = [ADAPTER.head(packet).part for packet in packets()]
    assert [part.number for part in heads] == [1, 2, 3] and len({part.key for part in heads}) == 1
    alone = [values(ADAPTER.decode(packet))[0] for packet in packets()]
    message = ADAPTER.join(packets())
    assert values(message) == alone == [("a21028.rtd", 1.0), ("a21001.rtd", 2.0), ("a21022.rtd", 3.0)]
    assert message.details["packets"] == 3 and "packet" not in message.details
    assert all(ADAPTER.decode(ADAPTER.answer(packet, at=AT)).function == "9014" for packet in packets())


def test_one_packet_of_one_is_a_whole_message():
    assert ADAPTER.head(report(part=(1, 1))).part is None


# --- hostile data --------------------------------------------------------------------------------

TEXT = st.text("QNSTCPWMFlagU=;,&-#0123456789aRtdDe.+x界\0", max_size=60)


@settings(max_examples=400, deadline=None)
@given(head=TEXT, content=TEXT, command=st.sampled_from(["2011", "2061", "2081", "3020", "9014", "20", ""]))
def test_any_data_with_a_right_checksum_gives_a_message_or_a_refusal(head, content, command):
    frame = wrap(f"QN=20260712063000000;CN={command};{head};CP=&&{content}&&".encode())
    ADAPTER.head(frame)
    try:
        message = ADAPTER.decode(frame)
    except DecodeError as reason:
        assert str(reason)
    else:
        assert all(reading.observed_at.tzinfo for reading in message.readings)
        answer = ADAPTER.answer(frame, at=AT)
        assert answer is None or ADAPTER.decode(answer).function in ("9013", "9014")


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (["DataTime=20260230063000", "a21028-Rtd=1"], "no time"),
        (["DataTime=2026", "a21028-Rtd=1"], "14 or 17 digits"),
        (["a21028-Rtd=nan"], "no number"),
        (["a21028-Rtd=１"], "no number"),
        (["a21028-Rtd"], "= is missing"),
        ([f"a21028-SampleTime={'9' * 14},a21028-Rtd=1"], "no time"),
    ],
)
def test_data_that_cannot_be_is_refused_with_the_reason(items, reason):
    with pytest.raises(DecodeError, match=reason):
        ADAPTER.decode(write("2011", DEVICE, items, at=AT))


@given(st.integers(-10_000, 10_000_000).map(lambda thousandths: thousandths / 1000))
def test_a_written_value_is_read_back(value):
    assert values(ADAPTER.decode(report(value))) == [("a21028.rtd", value)]
