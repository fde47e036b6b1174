"""A device's own names and numbers as ours, without a device."""

import json
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.adapters.modbus import plan
from sensors.domain.mapping import Missing, merged, moment_of, number_of, readings_of, scaling, value_at
from sensors.domain.networks import ForbiddenAddress, checked, network, networks, same_peer
from sensors.domain.onboarding import (
    EXCHANGED,
    HOST_FORM,
    NO_CRS,
    NOT_WITHIN,
    PATH_FORM,
    REQUIRED,
    Kind,
    check,
)
from sensors.domain.readings import DecodeError
from sensors.domain.units import factor

AT = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit", "wanted", "found"),
    [
        ("mm", "m", 0.001),
        ("cm", "cm", 1),
        ("m", "cm", 100),
        ("", "cm", 1),
        ("L/s", "m³/s", 0.001),
        ("mA", "A", 0.001),
    ],
)
def test_a_unit_of_the_device_becomes_the_quantitys(unit, wanted, found):
    assert factor(unit, wanted) == pytest.approx(found)


@pytest.mark.parametrize(("unit", "wanted"), [("A", "m"), ("furlong", "m"), ("m", ""), ("mm", "°C")])
def test_a_unit_of_another_thing_is_refused(unit, wanted):
    with pytest.raises(ValueError, match="unit"):
        factor(unit, wanted)


def test_scale_and_offset_are_in_the_devices_unit():
    assert scaling({"quantity": "forebay_level", "unit": "mm", "scale": 2, "offset": -500}) == (0.002, -0.5)


def test_a_station_changes_what_is_another_with_it_and_adds_what_its_type_has_not():
    of_type = [
        {"channel": "a", "quantity": "battery", "address": 1, "name": "x", "lowest": 1},
        {"channel": "b", "address": 2},
    ]
    own = [{"channel": "b", "address": 20}, {"channel": "c", "address": 3}]
    assert merged(of_type, own) == [
        {"channel": "a", "quantity": "battery", "address": 1}, {"channel": "b", "address": 20}, {"channel": "c", "address": 3},
    ]  # fmt: skip


def points(**more):
    return {"points": [{"channel": "x", "quantity": "water_level", "address": 5} | more]}


@pytest.mark.parametrize(
    ("point", "octets", "value"),
    [
        ({"type": "int16", "unit": "mm"}, struct.pack(">h", -250), -0.25),
        ({"type": "uint16", "scale": 0.1, "unit": "cm"}, struct.pack(">H", 1234), 1.234),
        ({"type": "int32", "word_order": "little", "unit": "mm"}, struct.pack(">i", -70000)[2:] + struct.pack(">i", -70000)[:2], -70),
        ({"type": "uint32", "unit": "mm"}, struct.pack(">I", 70000), 70),
        ({"type": "float32"}, struct.pack(">f", 1.5), 1.5),
        ({"type": "uint16", "bit": 3, "quantity": "pump_running"}, b"\x00\x08", 1),
        ({"type": "uint16", "bit": 2, "quantity": "pump_running"}, b"\xff\xfb", 0),
        ({"type": "uint32", "bit": 17, "quantity": "pump_running"}, b"\x00\x02\x00\x00", 1),
        ({"type": "bool", "quantity": "pump_running"}, b"\x00\x10", 1),
        ({"type": "uint16", "invalid": [65535]}, b"\xff\xff", None),
    ],
)  # fmt: skip
def test_a_register_is_read_as_its_point_says(point, octets, value):
    [read] = plan(points(**point)).points
    assert read.size * 2 == len(octets)
    assert read.value(octets) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    "point",
    [
        {"bit": 16},
        {"bit": -1},
        {"bit": 0, "type": "int16"},
        {"unit": "A"},
        {"quantity": "steam"},
        {"bit": "x"},
    ],
)
def test_a_point_that_cannot_be_read_is_named(point):
    with pytest.raises(DecodeError):
        plan(points(**point))


DOCUMENT = {"data": {"list": [{"v": 1}, {"v": "2.5"}], "time": "2026-07-01 12:00:00", "none": None}}


def test_a_path_leads_through_objects_and_lists():
    assert value_at(DOCUMENT, "data.list.1.v") == "2.5"
    for path in ("data.list.2.v", "data.list.-1.v", "data.x", "data.list.v", ".".join("x" * 40)):
        with pytest.raises(Missing):
            value_at(DOCUMENT, path)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-07-01 12:00:00", AT),
        ("2026/07/01 12:00", AT),
        ("2026-07-01T04:00:00Z", AT),
        (1782878400, AT),
        (1782878400000, AT),
    ],
)
def test_a_time_without_an_offset_is_the_halls(value, expected):
    assert moment_of(value) == expected


@settings(max_examples=50, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_any_value_is_a_number_or_missing(value):
    try:
        assert number_of(value) is None or isinstance(number_of(value), float)
    except Missing:
        pass
    try:
        assert moment_of(value).tzinfo
    except Missing:
        pass


def test_points_without_a_value_are_named_and_the_others_read():
    wanted = [
        {"channel": "depth", "quantity": "ponding_depth", "path": "data.list.1.v", "unit": "m"},
        {"channel": "level", "quantity": "water_level", "path": "data.nothing"},
        {"channel": "battery", "quantity": "battery", "path": "data.none"},
    ]
    readings, missing = readings_of(json.loads(json.dumps(DOCUMENT)), wanted, "PD-1", AT, "data.time")
    assert [(r.channel, r.value, r.observed_at) for r in readings] == [
        ("depth", 250, AT),
        ("battery", None, AT),
    ]
    assert list(missing) == ["level"]


# --- networks and ports --------------------------------------------------------------------------------------
FIELD = networks(["127.10.0.0/16 502 8000-8999", "fd00:1::/64"])


def test_an_address_is_asked_on_the_ports_of_its_network_only():
    assert (
        checked("127.10.1.1", FIELD, 502)
        == checked("127.10.1.1", FIELD, 8500)
        == checked("127.10.1.1", FIELD)
    )
    assert checked("fd00:1::5", FIELD, 1) == "fd00:1::5", "a network without ports takes them all"
    for port in (22, 5432, 6379, 501, 503, 9000):
        with pytest.raises(ForbiddenAddress, match="port"):
            checked("127.10.1.1", FIELD, port)


@pytest.mark.parametrize(
    "text", ["10.0.0.1/8", "10.0.0.0/8 x", "10.0.0.0/8 0", "10.0.0.0/8 9-1", "10.0.0.0/8 70000", ""]
)
def test_a_network_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        network(text)


def test_the_connected_address_is_the_checked_one():
    same_peer(("127.10.1.1", 502), "127.10.1.1", 502)
    for peer in (("127.0.0.1", 502), ("127.10.1.1", 503), None):
        with pytest.raises(ConnectionError):
            same_peer(peer, "127.10.1.1", 502)


# --- the check of a new device -------------------------------------------------------------------------------
PUMP = Kind("pump", "modbus", {"host": str, "port": int, "unit": int, "points": list}, 60, {"port": 502, "unit": 1},
            {"kind": "storm", "start_level_m": None, "watches": [], "underpass": False})  # fmt: skip
GOOD = {
    "code": "PS-1",
    "type": "pump",
    "name": "泵站",
    "longitude": "118.5",
    "latitude": "37.5",
    "host": "10.20.1.7",
}


def wrong(**given):
    _, problems = check(GOOD | given, PUMP)
    return {(problem.field, problem.text) for problem in problems}


def test_a_device_takes_from_its_type_what_nobody_said():
    draft, problems = check(GOOD, PUMP)
    assert not problems and draft.config == {"host": "10.20.1.7", "port": 502, "unit": 1}
    assert (draft.address, draft.interval_s, draft.facts) == (
        "PS-1",
        60,
        {"kind": "storm", "watches": [], "underpass": False},
    )
    draft, _ = check(GOOD | {"watches": "PD-1，PD-2", "underpass": "是", "start_level_m": "-1.5"}, PUMP)
    assert draft.facts == {
        "kind": "storm",
        "watches": ["PD-1", "PD-2"],
        "underpass": True,
        "start_level_m": -1.5,
    }


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({"code": ""}, "code", REQUIRED),
        ({"longitude": "37.5", "latitude": "118.5"}, "longitude", EXCHANGED),
        ({"crs": "Beijing 54"}, "crs", NO_CRS),
        ({"port": "70000"}, "port", NOT_WITHIN),
        ({"host": "user:pass@10.0.0.1"}, "host", HOST_FORM),
        ({"host": "http://10.0.0.1"}, "host", HOST_FORM),
        ({"host": "-oProxy"}, "host", HOST_FORM),
    ],
)
def test_what_is_wrong_is_said_of_its_field(given, field, text):
    assert wrong(**given) == {(field, text)}


@pytest.mark.parametrize("path", ["live", "/a b", "/a\nb", "\\x", "/ü"])
def test_a_path_that_could_say_more_than_a_path_is_refused(path):
    camera = Kind(
        "cam",
        "rtsp",
        {"host": str, "port": int, "path": str},
        60,
        {"port": 554},
        {},
        ("username", "password"),
    )
    _, problems = check(GOOD | {"path": path}, camera)
    assert {problem.text for problem in problems} == {PATH_FORM}


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "port", "unit", "crs", "interval_s", "path", "password"]),
        st.text(max_size=60),
    )
)
def test_any_words_give_a_draft_or_problems(given):
    draft, problems = check(GOOD | given, PUMP)
    assert (draft is None) == bool(problems)
