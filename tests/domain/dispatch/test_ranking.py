"""Who can help, in which order and why; what is missing and why."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import ranking
from dispatch.domain.ranking import Candidate, Need, Rules, rank

MIN = timedelta(minutes=1)
RULES = Rules(stale_after=15 * MIN, reach_m=30_000, speed_kmh=30)


def team(name, metres, age=1):
    return Candidate(name, "team", metres, None if age is None else age * MIN)


def order(found):
    return [place.id for place in found.places]


def words(found):
    return [short.kind for short in found.shortfalls]


def test_the_nearest_comes_first_and_says_so():
    found = rank(Need("team", "drainage", 1), [team("far", 3000), team("near", 800)], RULES)
    assert order(found) == ["near", "far"]
    assert found.places[0].take == 1 and found.places[1].take == 0
    assert found.places[0].reasons[0] == {"text": ranking.NEAREST, "km": 0.8}
    assert found.places[1].reasons[0]["more_km"] == 2.2
    assert not found.missing and not found.shortfalls


def test_a_team_800_m_away_with_a_40_minute_old_position_is_listed_below_and_marked():
    found = rank(Need("team", "drainage", 1), [team("old", 800, age=40), team("fresh", 5000)], RULES)
    assert order(found) == ["fresh", "old"]
    assert [place.stale for place in found.places] == [False, True]
    assert {"text": ranking.STALE, "minutes": 40} in found.places[1].reasons


def test_one_that_never_reported_is_taken_to_be_at_its_base_and_listed_below():
    found = rank(Need("team", "x", 1), [team("silent", 100, age=None), team("fresh", 9000)], RULES)
    assert order(found) == ["fresh", "silent"]
    assert {"text": ranking.AT_BASE} in found.places[1].reasons


def test_300_pumps_over_three_stores_give_a_split_with_a_remainder():
    stores = [
        Candidate(n, "store", km * 1000, None, free)
        for n, km, free in (("b", 4, 80), ("a", 2, 120), ("c", 9, 60))
    ]
    found = rank(Need("store", "mobile_pump", 300), stores, RULES)
    assert [(place.id, place.take) for place in found.places] == [("a", 120), ("b", 80), ("c", 60)]
    assert found.missing == 40
    assert words(found) == [ranking.SHORT]
    assert found.shortfalls[0].reason["missing"] == 40 and found.shortfalls[0].reason["wanted"] == 300
    assert not any(place.stale for place in found.places), "a building does not move"


def test_each_of_the_seven_shortfalls_is_told_with_its_count():
    assert words(rank(Need("team", "x", 1), [], RULES)) == [ranking.NONE_KNOWN, ranking.SHORT]
    for kind in (ranking.ASSIGNED, ranking.OFF_DUTY, ranking.MAINTENANCE):
        found = rank(Need("team", "x", 1), [], RULES, {kind: 2})
        assert words(found) == [kind, ranking.SHORT] and found.shortfalls[0].reason["count"] == 2
    found = rank(Need("team", "x", 1), [team("a", 45_000), team("b", 31_000)], RULES)
    assert words(found) == [ranking.TOO_FAR, ranking.SHORT]
    assert found.shortfalls[0].reason["km"] == 31.0 and not found.places
    found = rank(Need("team", "x", 1), [team("old", 100, age=60)], RULES)
    assert words(found) == [ranking.UNCERTAIN] and not found.missing
    assert len(ranking.SHORTFALLS) == 7


def test_the_estimate_says_what_it_is():
    place = rank(Need("team", "x", 1), [team("a", 10_000)], RULES).places[0]
    assert place.minutes == 20
    assert place.reasons[-1] == {"text": ranking.ESTIMATE, "minutes": 20, "speed": 30}


candidates = st.lists(
    st.builds(
        Candidate,
        st.uuids().map(str),
        st.sampled_from(["team", "store"]),
        st.floats(0, 60_000),
        st.none() | st.integers(0, 90).map(lambda m: m * MIN),
        st.integers(0, 50),
    ),
    max_size=30,
    unique_by=lambda one: one.id,
)


@given(candidates, st.integers(1, 200), st.randoms())
def test_nobody_near_is_dropped_nothing_is_taken_twice_and_the_order_of_asking_is_no_matter(
    some, wanted, chance
):
    need = Need("team", "x", wanted)
    found = rank(need, some, RULES)
    assert {place.id for place in found.places} == {one.id for one in some if one.distance_m <= RULES.reach_m}
    free = {one.id: one.free for one in some}
    assert all(0 <= place.take <= free[place.id] for place in found.places)
    assert sum(place.take for place in found.places) + found.missing == wanted
    assert bool(found.missing) == (ranking.SHORT in words(found))
    stale = [place.stale for place in found.places]
    assert stale == sorted(stale), "what is out of date stands below"
    shuffled = list(some)
    chance.shuffle(shuffled)
    assert rank(need, shuffled, RULES) == found
