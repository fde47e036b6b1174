"""When a device is asked again, how registers become requests, and which addresses may be asked."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.networks import ForbiddenAddress, checked, networks
from sensors.domain.polling import JITTER, LONGEST_READ, Pace, Span, coalesce, next_poll

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
S = timedelta(seconds=1)
PACE = Pace(interval_s=60, longest_s=600)


def test_a_device_that_answers_keeps_its_beat():
    assert next_poll(PACE, NOON, 0, True, NOON + 3 * S, 0.9) == (NOON + 60 * S, 0)


def test_beats_that_were_missed_are_skipped_and_not_made_up():
    assert next_poll(PACE, NOON, 0, True, NOON + 150 * S, 0.1).due_at == NOON + 180 * S


def test_each_failure_doubles_the_wait_up_to_the_longest():
    waits = [next_poll(PACE, NOON, n, False, NOON, 0.5).due_at - NOON for n in (0, 1, 2, 3, 4, 50)]
    assert waits == [60 * S, 120 * S, 240 * S, 480 * S, 600 * S, 600 * S]


def test_one_answer_ends_the_waiting():
    assert next_poll(PACE, NOON, 9, True, NOON, 0.5) == (NOON + 60 * S, 0)


def test_those_that_died_together_do_not_come_back_together():
    early, late = (next_poll(PACE, NOON, 3, False, NOON, chance).due_at - NOON for chance in (0, 0.999))
    assert early == 480 * S * (1 - JITTER)
    assert early < 480 * S < late


def test_in_a_hall_sixty_times_as_fast_a_minute_is_a_second():
    assert Pace.of(60, 60) == Pace(1, 10)
    assert Pace.of(300, 60) == Pace(5, 10)


def test_no_clock_is_fast_enough_to_ask_without_pause():
    assert Pace.of(60, 6000) == Pace(1, 10)
    assert Pace.of(60, 60, floor_s=10) == Pace(10, 10)


@given(
    interval=st.floats(1, 3600),
    late=st.floats(0, 10_000),
    failures=st.integers(0, 10_000),
    chance=st.floats(0, 0.9999),
    answered=st.booleans(),
)
def test_the_next_poll_is_always_ahead_and_never_beyond_the_longest_wait(
    interval, late, failures, chance, answered
):
    pace = Pace(interval, max(interval, 600))
    now = NOON + late * S
    plan = next_poll(pace, NOON, failures, answered, now, chance)
    assert now < plan.due_at <= now + pace.longest_s * (1 + JITTER) * S + S


def test_neighbours_are_read_together():
    points = [("holding", 0, 1), ("holding", 1, 1), ("holding", 2, 2), ("holding", 10, 1)]
    assert coalesce(points) == (Span("holding", 0, 4), Span("holding", 10, 1))


def test_a_gap_is_read_along_only_where_that_is_allowed():
    points = [("holding", 0, 1), ("holding", 10, 1)]
    assert len(coalesce(points, gap=8)) == 2
    assert coalesce(points, gap=9) == (Span("holding", 0, 11),)


def test_tables_never_mix():
    assert len(coalesce([("holding", 0, 1), ("input", 1, 1), ("coil", 0, 1)])) == 3


@given(
    points=st.lists(
        st.tuples(st.sampled_from(["holding", "input"]), st.integers(0, 400), st.sampled_from([1, 2, 4])),
        max_size=80,
    ),
    gap=st.integers(0, 20),
)
def test_every_point_is_in_one_request_and_no_request_is_too_long(points, gap):
    spans = coalesce(points, gap)
    assert all(span.size <= LONGEST_READ[span.table] for span in spans)
    for table, start, size in points:
        assert any(
            span.table == table and span.start <= start and start + size <= span.start + span.size
            for span in spans
        )


FIELD = networks(["127.10.0.0/16", "fd00:1::/64"])


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("127.10.1.1", "127.10.1.1"),
        ("127.10.255.255", "127.10.255.255"),
        ("::ffff:127.10.1.1", "127.10.1.1"),
        ("fd00:1::5", "fd00:1::5"),
    ],
)
def test_an_address_in_the_device_networks_may_be_asked(address, plain):
    assert checked(address, FIELD) == plain


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.255.255", "127.11.0.0", "127.66.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1",
        "10.0.0.1", "169.254.169.254", "100.64.0.1", "8.8.8.8", "::1", "::", "::127.10.1.1", "64:ff9b::7f0a:101",
        "::ffff:127.0.0.1", "::ffff:0:127.10.1.1", "fd00:2::1", "fe80::1%eth0", "127.10.1.1%eth0",
        "127.10.1", "2131362049", "0x7f0a0101", "0177.012.1.1", "127.10.1.1.", " 127.10.1.1", "127.10.1.1\n",
        "127.10.1.1:80", "127.10.1.1/16", "user@127.10.1.1", "[127.10.1.1]", "localhost", "", "-127.10.1.1",
        "file:///etc/passwd", "127.10.1.1\x00", "１２７.10.1.1", "127.10.1.256", "ＬＯＣＡＬＨＯＳＴ",
    ],
)  # fmt: skip
def test_any_other_address_in_any_spelling_is_refused(address):
    with pytest.raises(ForbiddenAddress):
        checked(address, FIELD)


@given(number=st.integers(0, 2**32 - 1))
def test_only_the_listed_networks_pass(number):
    address = ip_address(number)
    inside = number >> 16 == 0x7F0A
    try:
        assert checked(str(address), FIELD) == str(address) and inside
    except ForbiddenAddress:
        assert not inside


def test_without_networks_nothing_is_asked():
    with pytest.raises(ForbiddenAddress):
        checked("127.10.1.1", networks([""]))


def test_a_network_with_a_mistake_is_no_network():
    with pytest.raises(ValueError):
        networks(["127.10.0.1/16"])
