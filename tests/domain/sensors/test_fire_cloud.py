"""First alarms, the register of parts, rounds of guard checks: the rules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain import fire_calls as calls
from sensors.domain.fire_parts import FAULT, FIRE, Part, address, follow, told, troubles
from sensors.domain.guard_rounds import NotTimes, last_round, times
from sensors.domain.readings import Message, Reading

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
MIN = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNEL = "part.1.1.42.3-17"


def because(state, before="", detectors=1, anybody=True):
    return calls.because(state, before=before, detectors=detectors, enough=2, anybody=anybody)


@pytest.mark.parametrize(
    ("state", "detectors", "anybody", "why"),
    [
        (calls.CALLED, 1, True, ""),
        (calls.ANSWERED, 1, True, ""),
        (calls.CALLED, 2, True, calls.SECOND_DETECTOR),
        (calls.CALLED, 1, False, calls.NOBODY),
        (calls.UNANSWERED, 1, True, calls.NO_ANSWER),
        (calls.REAL, 1, True, calls.CONFIRMED),
        (calls.FALSE, 3, False, ""),
    ],
)
def test_one_detector_waits_for_a_person_and_everything_else_makes_it_red(state, detectors, anybody, why):
    assert because(state, detectors=detectors, anybody=anybody) == why


@settings(max_examples=40)
@given(
    st.sampled_from(calls.OPEN), st.integers(0, 5), st.booleans(), st.sampled_from(sorted(calls.SENTENCES))
)
def test_what_is_red_stays_red_until_somebody_says_that_it_is_false(state, detectors, anybody, before):
    assert because(state, before, detectors, anybody) == before
    assert because(calls.FALSE, before, detectors, anybody) == ""


def part(state, minute, text=""):
    at = NOON + minute * MIN
    return Part(CHANNEL, state, at, at, text)


def test_a_part_is_in_its_state_since_the_first_word_of_it_and_keeps_its_name():
    row = follow(None, [part(1, 0, "3层走廊"), part(FAULT, 5), part(FAULT, 9)])
    assert (row.state, row.since, row.seen_at) == (FAULT, NOON + 5 * MIN, NOON + 9 * MIN)
    assert (row.text, row.changes) == ("3层走廊", 1)


def test_what_comes_late_changes_no_present_state():
    row = follow(follow(None, [part(FIRE, 8)]), [part(1, 2)])
    assert (row.state, row.since, row.changes) == (FIRE, NOON + 8 * MIN, 0)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, FIRE, FAULT]), st.integers(0, 50)), min_size=1, unique_by=lambda x: x[1]
    ),
    st.randoms(),
)
def test_a_batch_may_come_in_any_order(said, dice):
    parts = [part(state, minute) for state, minute in said]
    shuffled = list(parts)
    dice.shuffle(shuffled)
    assert follow(None, shuffled) == follow(None, parts)


def test_a_message_tells_parts_with_the_host_s_own_words():
    readings = (
        Reading("A", CHANNEL, "fire_part_state", 2.0, NOON),
        Reading("A", "fire", "fire_alarm", 1.0, NOON),
    )
    message = Message("gb26875", "A", "2-2", NOON, NOON, readings, details={"objects": [{"text": "三层"}]})
    assert told(message) == [Part(CHANNEL, 2, NOON, NOON, "三层")]
    assert address(CHANNEL) == (1, 1, 42, 3, 17)
    assert troubles(FIRE | 1 << 3) == ["fire", "shielded"]


def test_times_of_the_day_are_read_as_people_write_them():
    assert [f"{one:%H:%M}" for one in times("22:00，10：00, 10:00")] == ["10:00", "22:00"]
    assert times("") == ()
    with pytest.raises(NotTimes, match="25:00"):
        times("10:00 25:00")


def test_a_round_is_asked_when_it_falls_due_and_not_hours_later():
    given = times("10:00 23:58")
    ten = datetime(2026, 7, 12, 10, tzinfo=SHANGHAI)
    within = 15 * MIN
    assert last_round(given, ten - MIN, SHANGHAI, within=within) is None
    assert last_round(given, ten + 3 * MIN, SHANGHAI, within=within) == ten
    assert last_round(given, ten + 15 * MIN, SHANGHAI, within=within) is None
    night = datetime(2026, 7, 13, 0, 5, tzinfo=SHANGHAI)
    assert last_round(given, night, SHANGHAI, within=within) == datetime(2026, 7, 12, 23, 58, tzinfo=SHANGHAI)
