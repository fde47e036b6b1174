"""The tables are sound; pictures and positions are judged by rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import evidence, lifecycle, movement
from dispatch.domain.evidence import Picture, Rules, metres, missing, problems
from dispatch.domain.movement import Fix, arrival, fault, newest

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
MIN = timedelta(minutes=1)
PLACE = (118.5, 37.45)
EAST_M = 1 / 88_270
RULES = Rules(30.0, 2 * MIN)
DEPARTMENT_MOVES = frozenset({"sign", "handle", "feed_back", "return", "return_again"})


@pytest.mark.parametrize("machine", [lifecycle.RESOURCE, lifecycle.ASSIGNMENT, lifecycle.ORDER])
def test_the_tables_are_sound(machine):
    assert machine.problems() == []


def test_a_department_can_never_close_or_verify_nor_move_what_is_not_with_it():
    for move in lifecycle.ORDER.moves:
        if move.name in DEPARTMENT_MOVES:
            assert move.sources <= lifecycle.WITH_DEPARTMENT
            assert move.target not in (lifecycle.VERIFIED, lifecycle.CLOSED, lifecycle.CANCELLED)


def judged(minutes=5, east_m=0.0, place=PLACE, position=True):
    where = (PLACE[0] + east_m * EAST_M, PLACE[1]) if position else None
    at = None if minutes is None else NOON + minutes * MIN
    found = problems(at, where, issued_at=NOON, added_at=NOON + 30 * MIN, place=place, rules=RULES)
    return [one["text"] for one in found]


def test_a_picture_taken_after_issue_and_at_the_place_proves_something():
    assert judged() == []
    assert judged(east_m=29) == []


def test_what_stands_against_a_picture_is_said():
    assert judged(minutes=-1) == [evidence.TOO_EARLY]
    assert judged(east_m=500) == [evidence.TOO_FAR]
    assert judged(minutes=None) == [evidence.NO_TIME]
    assert judged(position=False) == [evidence.NO_PLACE]
    assert judged(minutes=45) == [evidence.IN_FUTURE]
    assert judged(position=False, place=None) == [], "without a place there is nothing to be near to"


def test_one_before_and_one_after_are_asked_for_and_a_doubtful_one_counts_only_when_accepted():
    before, after = Picture("before", (), False), Picture("after", (), False)
    doubted, accepted = Picture("after", ({"text": "x"},), False), Picture("after", ({"text": "x"},), True)
    assert missing([before, after]) is None and missing([before, accepted]) is None
    assert missing([after])["text"] == evidence.MISSING["before"]
    assert missing([before])["text"] == evidence.MISSING["after"]
    assert missing([before, doubted])["text"] == evidence.DOUBTED


def test_metres_are_metres():
    assert metres(PLACE, (PLACE[0] + 1000 * EAST_M, PLACE[1])) == pytest.approx(1000, rel=0.01)


fixes = st.lists(
    st.builds(
        Fix, st.floats(118, 119), st.floats(37, 38), st.integers(-60, 60).map(lambda m: NOON + m * MIN)
    ),
    max_size=20,
)


@given(fixes, st.randoms())
def test_the_order_in_which_positions_come_is_no_matter(some, chance):
    shuffled = list(some)
    chance.shuffle(shuffled)
    last = newest(some, NOON)
    again = newest(shuffled, NOON)
    assert (last and last.observed_at) == (again and again.observed_at)
    assert last is None or last.observed_at > NOON
    assert arrival(some, PLACE, 5000, NOON) == arrival(shuffled, PLACE, 5000, NOON)


def test_a_unit_has_arrived_when_it_was_near_after_it_was_sent():
    near, far = (PLACE[0] + 90 * EAST_M, PLACE[1]), (PLACE[0] + 110 * EAST_M, PLACE[1])
    assert arrival([Fix(*near, NOON + MIN)], PLACE, 100, NOON) == NOON + MIN
    assert arrival([Fix(*far, NOON + MIN)], PLACE, 100, NOON) is None
    assert arrival([Fix(*near, NOON - MIN)], PLACE, 100, NOON) is None, "it was there before it was sent"


def test_what_cannot_be_a_position_is_refused_with_its_reason():
    kept = timedelta(days=90)

    def why(lon=118.5, lat=37.4, minutes=0):
        return fault(Fix(lon, lat, NOON + minutes * MIN), NOON, ahead=2 * MIN, kept=kept)

    assert why() == ""
    assert why(lon=200) == movement.NO_PLACE
    assert why(lon=float("nan")) == movement.NO_PLACE
    assert why(lon=0.0, lat=0.0) == movement.NO_PLACE
    assert why(minutes=3) == movement.IN_FUTURE
    assert why(minutes=-60 * 24 * 91) == movement.TOO_OLD
