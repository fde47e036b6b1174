"""What equipment and its frames are refused for, told in the reader's language as far as it is known."""

import json
from pathlib import Path

import pytest
from django.utils.translation import override

import sensors.adapters
from sensors.adapters import ADAPTERS
from sensors.adapters.base import Polled, Subscribed
from sensors.adapters.sl651 import Sl651
from sensors.domain.readings import DecodeError
from sensors.domain.sl651_frames import write_up
from sensors.pages_frames import FUNCTIONS
from sensors.trouble_words import TROUBLES, as_kept, trouble
from tests.conftest import NOON

SAMPLES = Path(sensors.adapters.__file__).parent / "samples"


def refused(frame):
    with pytest.raises(DecodeError) as why:
        Sl651().decode(frame)
    return str(why.value)


def test_what_the_adapter_really_says_is_understood_with_its_values():
    frame = bytearray(write_up(0x2F, "0090000190", 1, NOON, b""))
    frame[-1] ^= 1
    shown, right = frame[-2:].hex().upper(), bytes((frame[-2], frame[-1] ^ 1)).hex().upper()
    with override("zh-hans"):
        assert trouble(refused(bytes(frame))) == f"校验错误：收到 {shown}，应为 {right}"
        assert trouble(refused(bytes(frame[:9]))).startswith("帧只有 9 字节")


def test_several_reasons_are_told_one_by_one_and_what_is_unknown_stays_as_it_was_said():
    with override("zh-hans"):
        assert trouble("level: no time; the sun was in the eye: no connection") == (
            "level: 没有时间; the sun was in the eye: 无法连接"
        )
        assert trouble("12 bytes: bytes between frames") == "12 字节：两帧之间的多余字节"
        assert trouble("") == ""
    with override("en"):
        assert [text for text in TROUBLES if "%(" not in text and trouble(text) != text] == []


def test_words_are_looked_for_as_they_are_and_as_the_sentences_are_kept():
    with override("zh-hans"):
        assert as_kept("应为") == [
            ("应为",),
            ("the checksum is wrong: ", " is sent, ", " is right"),
            ("checksum is ", ", the bytes give ", ""),
        ]
    with override("en"):
        assert as_kept("checksum") == [("checksum",)]


def test_what_was_done_has_a_word_for_every_protocol_without_codes_of_its_own():
    silent = [name for name, adapter in ADAPTERS.items() if isinstance(adapter, Polled | Subscribed)]
    said = {
        json.loads(file.read_text()).get("function")
        for name in silent
        for file in (SAMPLES / name).glob("*.expected.json")
    }
    assert silent and said - {None} and said - {None} <= set(FUNCTIONS)
