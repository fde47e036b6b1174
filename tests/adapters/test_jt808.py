"""JT/T 808 beyond its samples: the stream, answers, packets, commands, and captured frames where they are at hand."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.base import DialIn, Downlinked
from sensors.adapters.jt808 import Jt808
from sensors.domain import jt808_frames as frames
from sensors.domain import jt808_location as location
from sensors.domain.readings import DecodeError, Message

ADAPTER = Jt808()
OLD, NEW = "010000808001", "00000000010000808002"
AT = datetime(2026, 7, 11, 22, 30, tzinfo=UTC)
CAPTURED = Path(__file__).parents[3] / "shared" / "protocols"
HEARTBEAT = frames.write(0x0002, OLD, 7)


def here(**more):
    return location.write_location(AT, 37.45, 118.6, **more)


def cuts(octets, *, final=False):
    """(piece, why it is garbage) until more is needed."""
    found = []
    while piece := ADAPTER.cut(octets, final=final):
        found.append((octets[: piece.size], piece.garbage))
        octets = octets[piece.size :]
    return found, octets


def said(octets):
    message = ADAPTER.decode(octets)
    return message.function, message.details


def test_it_listens_and_takes_commands():
    assert isinstance(ADAPTER, DialIn) and isinstance(ADAPTER, Downlinked)


@given(body=st.binary(max_size=1023), serial=st.integers(0, 0xFFFF), address=st.sampled_from([OLD, NEW]))
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read_again_whatever_must_be_escaped(body, serial, address):
    frame = frames.write(0x0900, address, serial, body)
    assert frame.count(b"\x7e") == 2 and len(frame) <= ADAPTER.longest
    envelope = frames.unwrap(frame)
    assert (envelope.body, envelope.serial, envelope.address) == (body, serial, address)
    assert ADAPTER.cut(frame).size == len(frame)


@given(lengths=st.lists(st.integers(1, 60), max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_stream_is_cut_the_same_however_it_is_torn(lengths):
    stream = b"".join(frames.write(0x0900, OLD, n, bytes([0x7E, 0x7D, n])) for n in range(6))
    found, buffer = [], b""
    for length in [*lengths, len(stream)]:
        buffer, stream = buffer + stream[:length], stream[length:]
        pieces, buffer = cuts(buffer)
        found += pieces
    assert [frames.unwrap(piece).serial for piece, garbage in found if not garbage] == list(range(6))
    assert not buffer and all(not garbage for _, garbage in found)


def test_a_frame_that_lost_its_end_does_not_cost_the_next_one():
    pieces, rest = cuts(HEARTBEAT[:-1] + here()[:9] + HEARTBEAT + HEARTBEAT)
    assert not rest and [bool(garbage) for _, garbage in pieces] == [True, False, False]


def test_a_frame_that_lost_its_beginning_does_not_cost_the_next_one():
    pieces, rest = cuts(HEARTBEAT[4:] + HEARTBEAT)
    assert not rest
    assert [piece for piece, garbage in pieces if not garbage] == [HEARTBEAT]


def test_noise_without_an_end_never_grows_beyond_the_longest_frame():
    assert ADAPTER.cut(b"\x7e" + b"\x01" * (ADAPTER.longest - 2)) is None
    piece = ADAPTER.cut(b"\x7e" + b"\x01" * ADAPTER.longest)
    assert piece.garbage and piece.size == ADAPTER.longest + 1
    assert ADAPTER.cut(b"\x7e\x01", final=True).garbage


@pytest.mark.parametrize("address", [OLD, NEW])
def test_who_registers_gets_a_code_and_is_believed_with_it(address):
    function, told = said(ADAPTER.answer(frames.write(0x0100, address, 5, bytes(100)), at=AT))
    assert function == "8100" and told["result"] == 0 and told["answers"] == 5 and told["code"]
    function, told = said(ADAPTER.answer(frames.write(0x0102, address, 6, told["code"].encode()), at=AT))
    assert (function, told["to"], told["result"]) == ("8001", "0102", 0)


@pytest.mark.parametrize(
    ("id_", "result"), [(0x0002, 0), (0x0003, 0), (0x0200, 0), (0x0704, 0), (0x0702, 0), (0x0F01, 3)]
)
def test_the_general_answer_names_serial_and_message_and_what_became_of_it(id_, result):
    answer = ADAPTER.answer(frames.write(id_, NEW, 77, here()), at=AT)
    function, told = said(answer)
    assert function == "8001"
    assert (told["answers"], told["to"], told["result"]) == (77, f"{id_:04X}", result)
    assert ADAPTER.decode(answer).address == NEW


@pytest.mark.parametrize("id_", [0x0001, 0x0104, 0x0201, 0x8001, 0x8300])
def test_answers_are_not_answered(id_):
    assert ADAPTER.answer(frames.write(id_, OLD, 1, b"\0\1\x83\0\0" + here()), at=AT) is None


def test_a_frame_of_false_content_is_told_so_and_one_of_false_checksum_is_not_answered():
    wrong = frames.write(0x0200, OLD, 9, b"\0" * 5)
    assert said(ADAPTER.refuse(wrong, at=AT))[1]["result"] == 2
    spoilt = bytearray(wrong)
    spoilt[6] ^= 1
    assert ADAPTER.refuse(bytes(spoilt), at=AT) is None


@pytest.mark.parametrize("address", [OLD, NEW])
def test_a_batch_in_packets_is_joined_and_its_missing_packet_asked_for(address):
    rows = [location.write_location(AT, 37.45 + n / 1000, 118.6) for n in range(40)]
    body = len(rows).to_bytes(2) + b"\1" + b"".join(len(row).to_bytes(2) + row for row in rows)
    packets = frames.write_packets(0x0704, address, 0xFFFF, body, packet_bytes=500)
    heads = [ADAPTER.head(packet) for packet in packets]
    assert len(packets) == 3 and len({head.part.key for head in heads}) == 1
    assert [head.part.number for head in heads] == [1, 2, 3]
    message = ADAPTER.join(packets)
    assert len(message.fixes) == 40 and message.fixes[-1].lat == pytest.approx(37.489)
    asked = ADAPTER.decode(ADAPTER.refuse(packets[2], at=AT, packet=2))
    count = "01" if address == OLD else "0001"
    assert (asked.function, asked.details["body"]) == ("8003", f"FFFF{count}0002")


def test_a_picture_in_packets_is_a_picture_and_gets_its_own_answer():
    jpeg = b"\xff\xd8" + b"\x7e" * 1500 + b"\xff\xd9"
    packets = frames.write_packets(0x0801, OLD, 3, b"\0\0\0\x2a\0\0\0\1" + here() + jpeg)
    message = ADAPTER.join(packets)
    assert message.details["picture"] == jpeg and message.observed_at == AT and not message.readings
    function, told = said(ADAPTER.answer(packets[0], at=AT))
    assert (function, told["body"]) == ("8800", "0000002A")


def test_positions_are_told_with_their_side_and_swapped_ones_are_not_guessed():
    (fix,) = ADAPTER.decode(frames.write(0x0200, OLD, 1, location.write_location(AT, -33.4, -70.6))).fixes
    assert (fix.lat, fix.lon, fix.observed_at) == (-33.4, -70.6, AT)
    (fix,) = ADAPTER.decode(frames.write(0x0200, OLD, 1, location.write_location(AT, 116.3, 40.06))).fixes
    assert (fix.lat, fix.lon) == (116.3, 40.06)


@pytest.mark.parametrize("state", [0, 1, 0x22])
def test_a_position_that_is_old_or_encrypted_is_unknown_but_its_alarms_count(state):
    message = ADAPTER.decode(frames.write(0x0200, OLD, 1, here(state=state, alarms=1)))
    (fix,) = message.fixes
    assert (fix.lat, fix.lon, fix.alarms) == (None, None, 1)
    assert [r.channel for r in message.readings if r.quantity == "vehicle_alarm" and r.value] == [
        "alarm.emergency"
    ]


@given(word=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_every_bit_of_the_alarm_word_is_a_point_of_its_own(word):
    message = ADAPTER.decode(frames.write(0x0200, OLD, 1, here(alarms=word)))
    said_ = [r.value for r in message.readings if r.channel.startswith("alarm.")]
    assert sum(int(value) << bit for bit, value in enumerate(said_)) == word and len(said_) == 32


@given(more=st.binary(max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_items_behind_a_location_give_a_message_or_a_refusal(more):
    for frame in (frames.write(0x0200, OLD, 1, here(more=more)), frames.write(0x1210, NEW, 1, more)):
        try:
            assert isinstance(ADAPTER.decode(frame), Message)
        except DecodeError as reason:
            assert str(reason)


@pytest.mark.parametrize(
    "id_", [0x0001, 0x0100, 0x0102, 0x0201, 0x0702, 0x0704, 0x0801, 0x1210, 0x8100, 0x8300]
)
@given(body=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_body_of_a_message_we_read_gives_a_message_or_a_refusal(id_, body):
    for address in (OLD, NEW):
        try:
            assert isinstance(ADAPTER.decode(frames.write(id_, address, 1, body)), Message)
        except DecodeError as reason:
            assert str(reason)


@pytest.mark.parametrize("address", [OLD, NEW])
@pytest.mark.parametrize("urgent", [True, False])
def test_a_text_to_the_driver_is_shown_and_spoken(address, urgent):
    frame = ADAPTER.command(
        "text", {"text": "请勿疲劳驾驶，前方服务区休息", "urgent": urgent}, address=address, serial=300, at=AT
    )
    message = ADAPTER.decode(frame)
    assert (message.function, message.serial, message.address) == ("8300", 300, address)
    told = message.details
    assert told["spoken"] and told["shown"] and told["urgent"] is urgent
    assert told["text"] == "请勿疲劳驾驶，前方服务区休息"


def test_a_long_text_is_cut_at_a_whole_character_and_an_empty_one_refused():
    frame = ADAPTER.command("text", {"text": "x" + "休" * 2000}, address=OLD, serial=1, at=AT)
    assert set(ADAPTER.decode(frame).details["text"][1:]) == {"休"}
    with pytest.raises(ValueError, match="needs words"):
        ADAPTER.command("text", {}, address=OLD, serial=1, at=AT)
    with pytest.raises(ValueError, match="cannot be said"):
        ADAPTER.command("open gate", {}, address=OLD, serial=1, at=AT)
    with pytest.raises(ValueError, match="not whole"):
        ADAPTER.command("attachments", {"host": "127.0.0.1"}, address=OLD, serial=1, at=AT)


@pytest.mark.parametrize(("result", "done"), [(0, True), (1, False), (3, False)])
def test_the_terminals_answer_names_the_command_and_its_result(result, done):
    message = ADAPTER.decode(frames.write(0x0001, OLD, 2, b"\x01\x2c\x83\x00" + bytes([result])))
    reply = ADAPTER.reply(message)
    assert (reply.serial, reply.done) == (300, done) and reply.text
    assert ADAPTER.reply(ADAPTER.decode(HEARTBEAT)) is None


@pytest.mark.beside("protocols")
def test_captured_frames_mean_what_is_known_of_them():
    known = {
        row["name"]: row
        for row in json.loads((CAPTURED / "frames.json").read_text())
        if row["protocol"] == "jt808"
    }
    for name, row in known.items():
        octets = bytes.fromhex(row["frame"])
        assert ADAPTER.cut(octets).size == len(octets)
        if not row["valid"]:
            with pytest.raises(DecodeError, match="checksum"):
                ADAPTER.decode(octets)
            continue
        message = ADAPTER.decode(octets)
        assert (
            frames.write(
                int(message.function, 16),
                message.address,
                message.serial,
                frames.unwrap(octets).body,
            )
            == octets
        ), name

    def read(name):
        return ADAPTER.decode(bytes.fromhex(known[name]["frame"]))

    plain = read("location plain 2019").fixes[0]
    assert (plain.lat, plain.lon, plain.speed_kmh) == (31.446562, 121.466076, 60.0)
    assert plain.observed_at == datetime(2024, 11, 28, 1, 59, 1, tzinfo=UTC)
    tired = read("location DSM FATIGUE (captured terminal)")
    (alarm,) = tired.details["locations"][0]["dsm"]
    assert (alarm["id"], alarm["type"], alarm["state"], alarm["level"], alarm["files"]) == (
        0x08322CCF, "fatigue", "start", 1, 5,
    )  # fmt: skip
    assert {"32", "B1", "BD"} <= set(tired.details["locations"][0]["items"])
    assert tired.fixes[0].lat is None  # it says itself that it is not positioned
    assert ("dsm.fatigue", 1.0) in {(r.channel, r.value) for r in tired.readings}
    assert read("location ADAS").details["locations"][0]["adas"][0]["type"] == "lane_departure"
    assert read("location emergency bit0").details["locations"][0]["alarms"] == ["emergency"]
    assert read("auth 2019").details["imei"] == "imei000003"
    assert read("register 2013").details["plate"] == "测A888888"


@pytest.mark.beside("protocols")
def test_a_captured_session_is_answered_as_its_platform_did_but_for_serials():
    log = (CAPTURED / "jt808_go_session_subiao.log").read_text()
    exchange = re.findall(r"读到的报文 \S+ \[(7e\w+7e)\]\n回复的报文 \S+ \[(7e\w+7e)\]", log)
    assert len(exchange) > 20
    for up, down in exchange:
        ours = frames.unwrap(ADAPTER.answer(bytes.fromhex(up), at=AT))
        theirs = frames.unwrap(bytes.fromhex(down))
        assert (ours.id, ours.address, ours.body) == (theirs.id, theirs.address, theirs.body)
    asked = next(re.finditer(r"附件上传指令: \[(7e\w+7e)\]", log))[1]
    theirs = frames.unwrap(bytes.fromhex(asked))
    body = {
        "host": "127.0.0.1",
        "port": 17017,
        "number": "69643030303033241128095913000500",
        "alarm": "me_65",
    }
    ours = frames.unwrap(ADAPTER.command("attachments", body, address=theirs.address, serial=12, at=AT))
    assert ours == theirs
