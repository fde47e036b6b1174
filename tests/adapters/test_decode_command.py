"""``manage.py decode``: one JSON line a frame, refusals in their place, and the exit status."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from sensors.adapters import ADAPTERS
from sensors.domain import sl651_frames as frames
from tests.adapters.test_sl651 import OBSERVED, SENT, STATION, picture_packets, report

GOOD = report().hex().upper()


def decode(*args, monkeypatch=None, stdin=""):
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    out, status = io.StringIO(), 0
    try:
        call_command("decode", *args, stdout=out)
    except SystemExit as end:
        status = end.code
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def test_a_frame_becomes_one_line_with_units_and_beijing_times():
    (line,), status = decode("sl651", GOOD)
    assert status == 0
    assert line["protocol"] == "sl651" and line["station"] == STATION and line["function"] == "32"
    assert (
        line["observed_at"] == "2026-07-12T06:30:00+08:00" and line["sent_at"] == "2026-07-12T06:30:07+08:00"
    )
    (reading,) = line["readings"]
    assert (reading["quantity"], reading["value"], reading["unit"]) == ("water_level", 3.482, "m")
    assert reading["observed_at"] == "2026-07-12T06:30:00+08:00"


def test_a_refused_frame_stands_in_its_place_and_the_status_is_one():
    lines, status = decode("sl651", GOOD, GOOD[:-2] + "00", "not hex", GOOD.lower())
    assert status == 1
    assert ["error" in line for line in lines] == [False, True, True, False]
    assert "checksum" in lines[1]["error"] and "not hex" in lines[2]["error"]


def test_without_frames_standard_input_is_read_line_by_line(monkeypatch):
    spaced = " ".join(GOOD[at : at + 2] for at in range(0, len(GOOD), 2))
    lines, status = decode("sl651", monkeypatch=monkeypatch, stdin=f"{GOOD}\n\n  {spaced}  \r\n")
    assert status == 0 and len(lines) == 2 and lines[0] == lines[1]


def test_a_reading_of_another_station_in_the_frame_names_it():
    other = "3799000102"
    body = frames.write_group(other, 0x50, OBSERVED, frames.write_element("rain_total", 1.5))
    (line,), _ = decode("sl651", frames.write_up(0x32, STATION, 1, SENT, body).hex())
    assert line["station"] == STATION and line["readings"][0]["station"] == other


def test_a_picture_is_told_by_its_size():
    body = frames.write_group(STATION, 0x48, OBSERVED, b"\xf3\xf3\xff\xd8\xff\xd9")
    lines, status = decode(
        "sl651", frames.write_up(0x36, STATION, 1, SENT, body).hex(), picture_packets()[0].hex()
    )
    assert status == 0
    assert lines[0]["details"]["picture"] == {"bytes": 4}
    assert lines[1]["details"]["packet"] == 1 and lines[1]["details"]["picture_bytes"] > 100


def test_an_unknown_protocol_is_an_error_that_names_the_known_ones():
    with pytest.raises(CommandError, match="|".join(ADAPTERS)):
        call_command("decode", "morse", "...")
