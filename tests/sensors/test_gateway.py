"""The gateway and its peers, over real sockets: what each hostile habit meets."""

import asyncio
import functools
from datetime import timedelta

import pytest

from sensors.adapters.sl651 import Sl651
from sensors.domain import sl651_frames as frames
from tests.sensors.gateway_kit import OBSERVED, SENT, STATION, broken, hall, report

OTHER = "3799000102"


def story(test):
    @functools.wraps(test)
    def told(*args, **named):
        asyncio.run(test(*args, **named))

    return told


# --- ordinary life -------------------------------------------------------------------------------


@story
async def test_a_report_is_stored_and_then_answered():
    async with hall() as here:
        device = await here.device()
        await device.say(report(41))
        assert await device.answer() == (41, "ESC")
        (frame,) = here.sink.frames
        assert frame.raw == report(41) and frame.address == STATION and not frame.error
        assert [reading.value for reading in frame.message.readings] == [3.482]
        assert frame.peer.startswith("127.0.0.1:")


@story
async def test_no_answer_is_made_before_the_commit(monkeypatch):
    async with hall() as here:
        heard = []
        make = Sl651.answer
        monkeypatch.setattr(
            Sl651, "answer", lambda *args, **named: heard.append("answer") or make(*args, **named)
        )
        here.sink.on_commit = lambda: heard.append("commit")
        here.sink.gate.clear()
        device = await here.device()
        await device.say(report(41))
        await here.until(lambda: here.gateway.writer.waiting)
        assert not heard
        here.sink.gate.set()
        assert await device.answer() == (41, "ESC")
        assert heard == ["commit", "answer"]


@story
async def test_several_frames_in_one_read_are_answered_each_in_order():
    async with hall() as here:
        device = await here.device()
        await device.say(b"".join(report(serial) for serial in range(1, 21)))
        assert [await device.answer() for _ in range(20)] == [(serial, "ESC") for serial in range(1, 21)]
        assert len(here.sink.good) == 20


@story
async def test_a_frame_in_pieces_is_one_frame():
    async with hall() as here:
        device = await here.device()
        for octet in report(41):
            await device.say(bytes((octet,)))
        assert await device.answer() == (41, "ESC")
        assert len(here.sink.frames) == 1


@story
async def test_several_stations_on_one_connection_are_told_apart():
    async with hall() as here:
        device = await here.device()
        await device.say(report(1) + report(2, address=OTHER))
        assert [(await device.answer())[0] for _ in range(2)] == [1, 2]
        assert [frame.address for frame in here.sink.frames] == [STATION, OTHER]


@story
async def test_a_keep_alive_is_kept_and_not_answered():
    async with hall() as here:
        device = await here.device()
        await device.say(frames.write_up(0x2F, STATION, 5, SENT) + report(6))
        assert await device.answer() == (6, "ESC")
        assert [frame.message.function for frame in here.sink.frames] == ["2F", "32"]


@story
async def test_a_peer_that_has_finished_speaking_still_gets_its_answer():
    async with hall() as here:
        device = await here.device()
        here.sink.gate.clear()
        await device.say(report(41))
        device.writer.write_eof()
        await here.until(lambda: here.gateway.writer.waiting)
        here.sink.gate.set()
        assert await device.answer() == (41, "ESC")
        assert await device.closed()


@story
async def test_a_device_with_a_wrong_clock_is_stored_with_its_error_noted():
    async with hall(now=SENT + timedelta(hours=1)) as here:
        device = await here.device()
        await device.say(report(41))
        assert await device.answer() == (41, "ESC")
        assert here.sink.frames[0].message.details["clock_skew_s"] == -3600


# --- repeats -------------------------------------------------------------------------------------


@story
async def test_a_repeat_is_answered_again_and_stored_once():
    async with hall() as here:
        device = await here.device()
        for _ in range(3):
            await device.say(report(41))
            assert await device.answer() == (41, "ESC")
        again = await here.device()
        await again.say(report(41))
        assert await again.answer() == (41, "ESC")
        assert len(here.sink.frames) == 1 and here.gateway.counts.frames["repeated"] == 3


@story
async def test_repeats_that_come_before_the_commit_are_all_answered_and_stored_once():
    async with hall() as here:
        here.sink.gate.clear()
        device, other = await here.device(), await here.device()
        await device.say(report(41) * 2)
        await other.say(report(41))
        await here.until(lambda: sum(len(job.stored) for job in here.gateway.writer.waiting.values()) == 3)
        here.sink.gate.set()
        assert [await device.answer(), await device.answer(), await other.answer()] == [(41, "ESC")] * 3
        assert len(here.sink.frames) == 1


# --- garbage and broken frames -------------------------------------------------------------------


@story
async def test_garbage_before_a_frame_is_kept_and_the_frame_is_answered():
    async with hall() as here:
        device = await here.device()
        await device.say(b"AT+CSQ\r\nOK\r\n" + report(41) + b"\x7e" + report(42))
        assert [await device.answer(), await device.answer()] == [(41, "ESC"), (42, "ESC")]
        assert [frame.raw for frame in here.sink.frames if frame.error] == [b"AT+CSQ\r\nOK\r\n"]


@story
async def test_a_broken_frame_is_refused_with_the_reason_kept_and_nak_is_sent():
    async with hall() as here:
        device = await here.device()
        await device.say(broken(41) + report(41))
        assert await device.answer() == (41, "NAK")
        assert await device.answer() == (41, "ESC")
        refused = [frame for frame in here.sink.frames if frame.error]
        assert [frame.raw for frame in refused] == [broken(41)] and "checksum" in refused[0].error
        assert refused[0].message is None and refused[0].address == STATION


@story
async def test_a_frame_that_cannot_be_read_is_kept_with_the_reason():
    async with hall() as here:
        device = await here.device()
        await device.say(frames.write_up(0x32, STATION, 7, SENT, b"\x39\x23\x00"))
        assert await device.answer() == (7, "NAK")
        assert here.sink.errors == ["element 39 announces 4 bytes, 1 are left"]


@story
async def test_a_length_that_lies_does_not_cost_the_frames_behind_it():
    async with hall(frame_s=0.3) as here:
        lying = bytearray(report(1))
        lying[11] |= 0x0F
        device = await here.device()
        await device.say(bytes(lying) + report(2) + report(3))
        assert [await device.answer(), await device.answer()] == [(2, "ESC"), (3, "ESC")]
        assert len(here.sink.errors) == 1


@story
async def test_a_peer_of_nothing_but_garbage_is_closed_and_little_of_it_is_kept():
    async with hall(garbage_bytes=10_000, garbage_kept=100, garbage_records=5) as here:
        device = await here.device()
        try:
            for _ in range(40):
                await device.say(b"\x00" * 1000)
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        assert await device.closed()
        await here.until(lambda: here.gateway.counts.closed["garbage"] == 1)
        await here.until(lambda: here.gateway.writer.queue.empty() and not here.gateway.writer.waiting)
        assert 1 <= len(here.sink.frames) <= 5
        assert all(len(frame.raw) <= 100 and frame.error for frame in here.sink.frames)


# --- hostile peers -------------------------------------------------------------------------------


@story
async def test_a_peer_that_never_speaks_is_closed():
    async with hall(hello_s=0.2) as here:
        device = await here.device()
        assert await device.closed() and here.gateway.counts.closed["silent from the start"] == 1


@story
async def test_a_half_open_peer_is_closed_when_it_has_been_idle_too_long():
    async with hall(idle_s=0.3) as here:
        device = await here.device()
        await device.say(report(41))
        assert await device.answer() == (41, "ESC")
        assert await device.closed() and here.gateway.counts.closed["idle"] == 1
        await here.until(lambda: not here.gateway.connections)


@story
async def test_a_dripping_peer_loses_its_unfinished_frame_and_not_its_neighbours_time():
    async with hall(frame_s=0.2) as here:
        dripping, healthy = await here.device(), await here.device()
        await dripping.say(report(1)[:20])
        for serial in range(1, 6):
            await healthy.say(report(serial, address=OTHER))
            assert await healthy.answer() == (serial, "ESC")
        await here.until(lambda: here.sink.errors)
        assert "cut off" in here.sink.errors[0]
        await dripping.say(report(2))
        assert await dripping.answer() == (2, "ESC")


@story
async def test_a_flooding_peer_is_held_back_and_its_neighbours_are_served():
    async with hall(frames_per_s=50, burst=20) as here:
        flooding, healthy = await here.device(), await here.device()
        flood = asyncio.create_task(flooding.say(*(report(serial) for serial in range(1, 3000))))
        await here.until(lambda: here.gateway.counts.frames["accepted"] >= 20)
        before = here.gateway.counts.frames["accepted"]
        for serial in range(1, 11):
            await healthy.say(report(serial, address=OTHER))
            assert await healthy.answer() == (serial, "ESC")
        # The neighbour's ten took a moment; unbounded, the flood would have put in its thousands by now.
        assert here.gateway.counts.frames["accepted"] - before < 1500
        flood.cancel()


@story
async def test_a_peer_that_does_not_read_its_answers_is_closed():
    async with hall(unread_bytes=2000, frames_per_s=1e6, burst=1e6, bytes_per_s=1e9) as here:
        device = await here.device(receive_bytes=4096)
        device.writer.transport.pause_reading()
        keep = True
        while keep and not here.gateway.counts.closed["answers unread"]:
            try:
                await device.say(report(41) * 2000)
                await asyncio.sleep(0)
            except ConnectionError:
                keep = False
        await here.until(lambda: here.gateway.counts.closed["answers unread"])
        healthy = await here.device()
        await healthy.say(report(42))
        assert await healthy.answer() == (42, "ESC")


@story
async def test_one_address_gets_only_so_many_connections():
    async with hall(per_peer=3) as here:
        devices = [await here.device() for _ in range(3)]
        await here.until(lambda: len(here.gateway.connections) == 3)
        extra = await here.device()
        assert await extra.closed()
        await devices[0].say(report(41))
        assert await devices[0].answer() == (41, "ESC")
        devices[0].writer.close()
        await here.until(lambda: len(here.gateway.connections) == 2)
        late = await here.device()
        await late.say(report(42))
        assert await late.answer() == (42, "ESC")


@story
async def test_a_connection_broken_off_in_the_middle_of_a_frame_leaves_nothing_behind():
    async with hall() as here:
        device = await here.device()
        await device.say(report(41)[:30])
        await here.until(lambda: here.gateway.connections)
        device.writer.transport.abort()
        await here.until(lambda: not here.gateway.connections)
        assert not here.gateway.peers and not here.sink.good


# --- the database --------------------------------------------------------------------------------


@story
async def test_while_the_database_is_away_nobody_is_answered_and_afterwards_everybody_is():
    async with hall() as here:
        here.sink.away = True
        device = await here.device()
        await device.say(report(1) + report(2))
        await here.until(lambda: here.gateway.writer.away_since is not None)
        await device.say(report(1))  # the device got no answer and repeats
        assert not here.sink.frames and here.gateway.connections
        here.sink.away = False
        assert sorted([await device.answer() for _ in range(3)]) == [(1, "ESC"), (1, "ESC"), (2, "ESC")]
        assert [frame.raw for frame in here.sink.frames] == [report(1), report(2)]


@story
async def test_a_slow_database_stops_the_reading_and_not_the_memory():
    async with hall(queued=50, in_flight=20, batch=10, frames_per_s=1e6, burst=1e6) as here:
        here.sink.gate.clear()
        devices = [await here.device() for _ in range(6)]
        floods = [
            asyncio.create_task(
                device.say(*(report(serial, address=f"37990001{number:02d}") for serial in range(1, 2000)))
            )
            for number, device in enumerate(devices)
        ]
        await here.until(lambda: here.gateway.writer.queue.full())
        assert here.gateway.writer.queue.qsize() <= 50
        assert sum(len(job.stored) for job in here.gateway.writer.waiting.values()) <= 6 * 20
        here.sink.gate.set()
        assert (await devices[0].answer())[1] == "ESC"
        for flood in floods:
            flood.cancel()


@story
async def test_one_frame_that_cannot_be_stored_costs_only_its_own_answer():
    async with hall() as here:
        here.sink.gate.clear()
        device = await here.device()
        here.sink.poison = report(2)
        await device.say(b"".join(report(serial) for serial in range(1, 5)))
        await here.until(lambda: len(here.gateway.writer.waiting) == 4)
        here.sink.gate.set()
        assert [(await device.answer())[0] for _ in range(3)] == [1, 3, 4]
        here.sink.poison = None
        await device.say(report(2))  # not remembered as stored: the repeat is
        assert await device.answer() == (2, "ESC")


@story
async def test_frames_that_come_together_are_stored_together():
    async with hall() as here:
        here.sink.gate.clear()
        devices = [await here.device() for _ in range(10)]
        for number, device in enumerate(devices):
            await device.say(report(1, address=f"37990001{number:02d}"))
        await here.until(lambda: len(here.gateway.writer.waiting) == 10)
        here.sink.gate.set()
        for device in devices:
            assert await device.answer() == (1, "ESC")
        assert len(here.sink.batches) <= 2


@story
async def test_stopping_stores_and_answers_what_was_received():
    async with hall(stop_s=10.0) as here:
        here.sink.gate.clear()
        device = await here.device()
        await device.say(report(41))
        await here.until(lambda: here.gateway.writer.waiting)
        stopping = asyncio.create_task(here.gateway.stop())
        await here.until(lambda: not here.gateway.servers[0].is_serving())
        here.sink.gate.set()
        assert await device.answer() == (41, "ESC")
        await stopping
        assert await device.closed()
        with pytest.raises(OSError):
            await here.device()


# --- messages in packets -------------------------------------------------------------------------

JPEG = bytes.fromhex("FFD8FFE0") + bytes(range(256)) * 8 + bytes.fromhex("FFD9")


def picture(serial=7, octets=JPEG):
    body = frames.write_group(STATION, 0x48, OBSERVED, b"\xf3\xf3" + octets)
    return frames.write_packets(0x36, STATION, serial, SENT, body, packet_bytes=512)


async def asked_for(device):
    octets = await device.answer_octets()
    envelope = frames.unwrap(octets)
    return envelope.part[0], envelope.end


def pictures(here):
    return [
        frame.message.details["picture"] for frame in here.sink.good if "picture" in frame.message.details
    ]


@story
async def test_a_picture_in_packets_is_put_together_and_answered_once():
    async with hall() as here:
        device = await here.device()
        await device.say(*picture())
        assert await device.answer() == (7, "ACK")
        assert pictures(here) == [JPEG] and len(here.sink.frames) == len(picture())
        await device.say(*picture())  # its answer was lost: all packets come again
        assert await device.answer() == (7, "ACK")
        assert pictures(here) == [JPEG]


@story
async def test_a_lost_packet_is_asked_for_by_its_number():
    async with hall() as here:
        packets = picture()
        device = await here.device()
        await device.say(*packets[:1], *packets[2:])
        assert await asked_for(device) == (2, frames.NAK)
        await device.say(packets[1])
        assert await device.answer() == (7, "ACK")
        assert pictures(here) == [JPEG]


@story
async def test_broken_packets_are_asked_for_one_after_the_other():
    async with hall() as here:
        packets = picture()
        spoilt = [bytes((*packet[:20], packet[20] ^ 1, *packet[21:])) for packet in packets]
        device = await here.device()
        await device.say(packets[0], spoilt[1], *packets[2:-1], spoilt[-1])
        assert await asked_for(device) == (2, frames.NAK)
        await device.say(packets[1])
        assert await asked_for(device) == (len(packets), frames.NAK)
        await device.say(packets[-1])
        assert await device.answer() == (7, "ACK")
        assert pictures(here) == [JPEG] and len(here.sink.errors) == 2


@story
async def test_packets_out_of_order_and_twice_make_one_picture():
    async with hall() as here:
        packets = picture()
        device = await here.device()
        await device.say(packets[1], packets[0], packets[0], *packets[3:-1], packets[2], packets[-1])
        assert await device.answer() == (7, "ACK")
        assert pictures(here) == [JPEG]


@story
async def test_a_picture_that_never_becomes_whole_is_given_up_and_told():
    async with hall(packets_s=0.2) as here:
        device = await here.device()
        await device.say(*picture()[:2])
        await here.until(lambda: any("never came" in error for error in here.sink.errors))
        await device.say(report(41))
        assert await device.answer() == (41, "ESC")
        await here.until(lambda: here.gateway.hall.held.size == 0)


@story
async def test_a_message_larger_than_allowed_is_refused_and_frees_what_it_held():
    async with hall(message_bytes=1500) as here:
        device = await here.device()
        await device.say(*picture(), report(41))
        assert await device.answer() == (41, "ESC")
        assert any("more than 1500 bytes" in error for error in here.sink.errors)
        device.writer.close()
        await here.until(lambda: not here.gateway.connections)
        assert here.gateway.hall.held.size == 0
