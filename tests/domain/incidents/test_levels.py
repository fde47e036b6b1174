"""The proposed level against the handbook's bands: any one condition decides, the highest is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.levels import Bands, Facts, advise

BANDS = Bands(
    deaths=(3, 10, 30),
    seriously_injured=(10, 50, 100),
    loss_yuan=(10e6, 50e6, 100e6),
    people_affected=(100, 1000, 10000),
    ponding_cm=80,
    places=5,
)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({}, 4),
        ({"deaths": 2}, 4), ({"deaths": 3}, 3), ({"deaths": 9}, 3), ({"deaths": 10}, 2), ({"deaths": 29}, 2),
        ({"deaths": 30}, 1),
        ({"seriously_injured": 9}, 4), ({"seriously_injured": 10}, 3), ({"seriously_injured": 50}, 2),
        ({"seriously_injured": 100}, 1),
        ({"loss_yuan": 9_999_999}, 4), ({"loss_yuan": 10_000_000}, 3), ({"loss_yuan": 50_000_000}, 2),
        ({"loss_yuan": 100_000_000}, 1),
        ({"ponding_cm": 79.0}, 4), ({"ponding_cm": 80.0}, 3), ({"serious_places": 5}, 4), ({"serious_places": 6}, 3),
        ({"ponding_cm": 80.0, "serious_places": 6}, 2),
        ({"river_alarm": 3}, 4), ({"river_alarm": 2}, 3), ({"river_alarm": 1}, 2),
        ({"deaths": 3, "river_alarm": 1}, 2),
        ({"sensitive": True}, 3), ({"deaths": 30, "sensitive": True}, 1),
    ],
)  # fmt: skip
def test_bands(facts, level):
    advice = advise(Facts(**facts), BANDS)
    assert advice.level == level
    assert advice.because and all(said["text"] for said in advice.because)


def test_all_that_speak_for_the_level_are_named():
    advice = advise(Facts(deaths=3, people_affected=150, ponding_cm=85.2), BANDS)
    assert advice.level == 3
    assert [{name: value for name, value in said.items() if name != "text"} for said in advice.because] == [
        {"count": 3, "limit": 3},
        {"count": 150, "limit": 100},
        {"depth": 85, "limit": 80},
    ]


@given(
    st.builds(
        Facts,
        deaths=st.none() | st.integers(0, 50),
        seriously_injured=st.none() | st.integers(0, 150),
        people_affected=st.none() | st.integers(0, 20000),
        ponding_cm=st.none() | st.floats(0, 150),
        serious_places=st.integers(0, 20),
        river_alarm=st.none() | st.integers(1, 4),
    ),
    st.integers(1, 100),
)
def test_more_harm_never_means_a_lesser_level(facts, more):
    from dataclasses import replace

    worse = replace(facts, deaths=(facts.deaths or 0) + more)
    assert advise(worse, BANDS).level <= advise(facts, BANDS).level
    assert advise(replace(facts, sensitive=True), BANDS).level <= advise(facts, BANDS).level


def test_a_limit_of_zero_leaves_a_level_out():
    bands = Bands(**{**{s: getattr(BANDS, s) for s in Bands.__slots__}, "people_affected": (0, 0, 500)})
    assert advise(Facts(people_affected=499), bands).level == 4
    assert advise(Facts(people_affected=500), bands).level == 1
