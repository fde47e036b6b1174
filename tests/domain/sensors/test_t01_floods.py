"""When a desk is flooded: counted to the alarm, whatever the rhythm in which somebody looks."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain.floods import WINDOW, Flood, Limits, follow
from tests.conftest import MIN, NOON

ISA = Limits(begins_above=10, ends_below=5)
LONG = 24 * 60 * MIN


def at(*minutes):
    return [NOON + minute * MIN for minute in minutes]


def floods(shown, *, until=NOON + LONG, flood=None, since=NOON - LONG, limits=ISA):
    return follow(shown, flood, since=since, until=until, limits=limits)


def test_the_alarm_that_is_one_too_many_begins_it():
    ten = at(*[n * 0.5 for n in range(10)])
    assert floods(ten) == []
    assert floods([*ten, *at(5)])[0].began_at == NOON + 5 * MIN


def test_eleven_alarms_of_eleven_minutes_are_no_flood():
    assert floods(at(*range(11))) == []


def test_it_ends_by_itself_when_fewer_than_five_came_in_ten_minutes():
    shown = at(*[0] * 10, 1, 3, 5, 7, 9, 11, 13)
    (one,) = floods(shown)
    assert one == Flood(NOON + 1 * MIN, 15, NOON + 15 * MIN)  # those of 7, 9, 11 and 13 are left: four


def test_between_the_limits_it_goes_on_and_none_begins():
    seven = at(*range(7))
    assert floods(seven, until=NOON + 7 * MIN) == []
    before = Flood(NOON - MIN, 12)
    assert floods(seven, flood=before, since=NOON + 6 * MIN, until=NOON + 7 * MIN) == [before]


def test_a_thousand_in_ten_minutes_are_one_flood():
    shown = [NOON + n * WINDOW / 1000 for n in range(1000)]
    (one,) = floods(shown)
    assert (one.began_at, one.worst_per_10min, one.ended_at) == (shown[10], 1000, shown[-5] + WINDOW)


def test_limits_that_contradict_each_other_end_a_flood_all_the_same():
    for limits in (Limits(2, 20), Limits(0, 0), Limits(3, 4)):
        for one in floods(at(0, 0, 0, 1, 2, 30), limits=limits):
            assert one.ended_at and one.ended_at > one.began_at


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 3600), max_size=80),
    st.lists(st.integers(0, 4500), max_size=12),
)
def test_the_rhythm_of_looking_changes_nothing(seconds, looks):
    shown = sorted(NOON + timedelta(seconds=second) for second in seconds)
    end = NOON + 2 * LONG
    found, going_on, since = [], None, NOON - LONG
    for until in [*sorted(NOON + timedelta(seconds=look) for look in looks), end]:
        known = [moment for moment in shown if since - WINDOW < moment <= until]
        told = follow(known, going_on, since=since, until=until, limits=ISA)
        going_on = told.pop() if told and told[-1].ended_at is None else None
        found += told
        since = until
    assert found == floods(shown, until=end)
    for one in found:
        assert sum(one.began_at - WINDOW < moment <= one.began_at for moment in shown) > 10
        assert sum(one.ended_at - WINDOW < moment <= one.ended_at for moment in shown) < 5
