"""The figures of `bench loop` are what they are called."""

import math

import orjson
from hypothesis import given
from hypothesis import strategies as st

from command_center.demo.benches.loop import at_share, shown_by

_DELAYS = st.lists(st.floats(0, 1e5), min_size=1, max_size=300)


def test_of_a_hundred_delays_the_95th_is_p95_in_whatever_order_they_came():
    delays = [float(n) for n in range(100, 0, -1)]
    assert [at_share(delays, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]


def test_of_one_delay_every_share_is_that_delay_and_of_none_there_is_none():
    assert at_share([7.0], 0.5) == at_share([7.0], 0.99) == 7.0
    assert math.isnan(at_share([], 0.5))


@given(_DELAYS, st.sampled_from((0.5, 0.95, 0.99)))
def test_the_share_is_not_exceeded_and_no_smaller_delay_would_do(delays, share):
    found = at_share(delays, share)
    assert found in delays
    assert sum(one <= found for one in delays) >= share * len(delays)
    assert sum(one < found for one in delays) < share * len(delays)


def test_a_frame_of_changes_tells_of_each_alarm_it_puts_and_its_state():
    put = {"id": ["a", "b"], "code": ["SG-01", "PD-07"], "state": ["unacknowledged", "acknowledged"]}
    frame = {"type": "changes", "cursor": 7, "more": False, "layers": {"alarms": {"put": put, "drop": []}}}
    told = shown_by(orjson.dumps(frame).decode())
    assert told == ((("SG-01", "unacknowledged"), "a"), (("PD-07", "acknowledged"), "b"))


def test_frames_of_values_and_changes_without_alarms_tell_of_none():
    assert shown_by('{"type":"values","values_cursor":"1","values":{}}') == ()
    assert shown_by('{"type":"changes","cursor":7,"more":false,"layers":{}}') == ()
