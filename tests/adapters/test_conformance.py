"""One test for every protocol; it finds new ones by itself. See docs/howto/add-a-protocol.md."""

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors import adapters
from sensors.adapters import ADAPTERS
from sensors.adapters.base import DialIn, Polled, Subscribed
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError, Message

HERE = Path(adapters.__file__).parent
SAMPLES = HERE / "samples"
CASES = [
    pytest.param(ADAPTERS[folder.name], path, id=f"{folder.name}/{path.stem}")
    for folder in sorted(SAMPLES.iterdir())
    if folder.name in ADAPTERS
    for path in sorted(folder.iterdir())
    if path.suffix in (".hex", ".txt")
]
NOISE = [
    b"",
    b"\x00",
    b"\xff\x00",
    b"null",
    b"{}",
    b"[]",
    b"L=",
    b"~~" * 20,
    b"\x7e\x7e" + b"\x00" * 30,
    b"\x01" * 40,
]


def octets(path: Path) -> bytes:
    if path.suffix == ".hex":
        return bytes.fromhex(path.read_text())
    return path.read_bytes()


def expectation(path: Path) -> dict:
    return json.loads(path.with_name(path.stem + ".expected.json").read_text())


def test_each_module_is_listed_and_each_protocol_has_samples():
    modules = {path.stem for path in HERE.glob("*.py")} - {"__init__", "base"}
    folders = {path.name for path in SAMPLES.iterdir() if path.is_dir()}
    assert modules == set(ADAPTERS) == folders
    assert all(name == adapter.name and adapter.label for name, adapter in ADAPTERS.items())


@pytest.mark.parametrize("name", ADAPTERS)
def test_samples_show_a_normal_a_just_booted_a_zero_and_a_faulty_device(name):
    stems = [path.stem for path in (SAMPLES / name).iterdir()]
    for kind in ("normal", "just_booted", "zero", "fault"):
        assert any(stem.startswith(kind) for stem in stems), f"{name} has no sample {kind}*"


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
def test_a_protocol_is_listened_to_or_asked_or_subscribed_to(adapter):
    assert isinstance(adapter, DialIn | Polled | Subscribed)


@pytest.mark.parametrize(("adapter", "path"), CASES)
def test_reads_what_the_device_said(adapter, path):
    expected = expectation(path)
    at = datetime.fromisoformat(expected["at"]) if "at" in expected else None
    config = expected.get("config", {})
    if "error" in expected:
        with pytest.raises(DecodeError, match=expected["error"]):
            adapter.decode(octets(path), config, at)
        return
    message = adapter.decode(octets(path), config, at)
    rows = [
        (each.channel, each.quantity, each.value, each.observed_at, each.address) for each in message.readings
    ]
    assert rows == [
        (
            channel,
            quantity,
            value,
            datetime.fromisoformat(when),
            address[0] if address else expected["address"],
        )
        for channel, quantity, value, when, *address in expected["readings"]
    ]
    for field in ("address", "function", "serial"):
        assert getattr(message, field) == expected.get(field, getattr(message, field))
    for field in ("observed_at", "sent_at"):
        if field in expected:
            said = expected[field]
            assert getattr(message, field) == (said and datetime.fromisoformat(said))
    for key, value in expected.get("details", {}).items():
        assert message.details[key] == value
    assert message.protocol == adapter.name
    for reading in message.readings:
        assert reading.observed_at.tzinfo
        _, lowest, highest, _ = QUANTITIES[reading.quantity]
        if reading.value is not None and not path.stem.startswith("fault"):
            assert lowest <= reading.value <= highest


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
def test_noise_is_refused_and_never_another_error(adapter, noise):
    with pytest.raises(DecodeError) as refusal:
        adapter.decode(noise, {}, datetime.fromisoformat("2026-07-12T06:30:00+08:00"))
    assert str(refusal.value)


def only_message_or_refusal(adapter, frame, config, at):
    begun = time.process_time()
    try:
        assert isinstance(adapter.decode(frame, config, at), Message)
    except DecodeError as reason:
        assert str(reason)
    # Not speed: a decoder that loops or explodes on hostile bytes takes far longer than this.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=st.binary(max_size=300))
def test_any_bytes_give_a_message_or_a_refusal(adapter, frame):
    only_message_or_refusal(adapter, frame, {}, datetime.fromisoformat("2026-07-12T06:30:00+08:00"))


@pytest.mark.parametrize(("adapter", "path"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_sample_with_bytes_changed_gives_a_message_or_a_refusal(adapter, path, data):
    frame = bytearray(octets(path))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    expected = expectation(path)
    at = datetime.fromisoformat(expected["at"]) if "at" in expected else None
    only_message_or_refusal(
        adapter, bytes(frame[:cut] if data.draw(st.booleans()) else frame), expected.get("config", {}), at
    )
