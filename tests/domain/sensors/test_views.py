"""A camera's view against its own usual: a soft lens and a pushed camera are found, weather and night are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from sensors.domain.pictures import ONLINE
from sensors.domain.views import BLURRED, MOVED, Known, Rules, anew, judge, view

RULES = Rules(learn=3)
SHAPE = (180, 320)
CLOCK = np.random.default_rng(7).integers(0, 2, (12, 120)) * 200 + 30


def street(seed: int, frame: int = 0, *, rain: int = 0, noise: float = 2.0, light: float = 1.0) -> np.ndarray:
    """Houses, a road, posts; ``rain`` streaks and the sensor's ``noise`` are new with each ``frame``."""
    place = np.random.default_rng(seed)
    picture = np.full(SHAPE, 90.0)
    picture[80:] = 60
    for _ in range(40):
        y, x = place.integers(0, SHAPE[0] - 20), place.integers(0, SHAPE[1] - 20)
        picture[y : y + place.integers(6, 40), x : x + place.integers(6, 40)] = place.integers(20, 230)
    picture *= light
    weather = np.random.default_rng(1000 * seed + frame)
    for _ in range(rain):
        y, x, long = weather.integers(0, 160), weather.integers(0, 319), weather.integers(4, 14)
        picture[y : y + long, x] = 200 * max(light, 0.6)
    picture += weather.normal(0, 1, SHAPE) * noise
    return picture.clip(0, 255).astype(np.uint8)


def words(picture: np.ndarray, frame: int) -> np.ndarray:
    """The burnt-in clock, which no lens and no push changes."""
    found = picture.copy()
    found[4:16, 4:124] = np.roll(CLOCK, frame, axis=1)
    return found


def soft(picture: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def pushed(picture: np.ndarray, right: int, down: int) -> np.ndarray:
    return np.roll(picture, (down, right), axis=(0, 1))


def learnt(seed: int, **how) -> Known:
    known = Known()
    for frame in range(RULES.learn):
        known, state = judge(known, view(words(street(seed, frame, **how), frame)), RULES)
        assert state == ONLINE
    return known


def states(known: Known, pictures) -> tuple[Known, list[str]]:
    found = []
    for frame, picture in enumerate(pictures):
        known, state = judge(known, view(words(picture, frame)), RULES)
        found.append(state)
    return known, found


seeds = st.integers(1, 500)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, rain=st.integers(0, 150), noise=st.floats(0.5, 9), light=st.sampled_from([0.25, 0.6, 1.0]),
       before=st.sampled_from([0.25, 1.0]))  # fmt: skip
def test_rain_noise_and_dusk_neither_blur_nor_move_a_camera(seed, rain, noise, light, before):
    weather = (street(seed, 50 + n, rain=rain, noise=noise, light=light) for n in range(RULES.moved_checks))
    assert set(states(learnt(seed, light=before), weather)[1]) == {ONLINE}


@settings(max_examples=8, deadline=None)
@given(seed=seeds, light=st.sampled_from([0.25, 1.0]), radius=st.floats(3, 6), rain=st.integers(0, 40))
def test_a_soft_lens_is_found_by_day_and_by_night_though_its_clock_stays_sharp(seed, light, radius, rain):
    frames = (soft(street(seed, 50 + n, light=light, rain=rain), radius) for n in range(3))
    known, found = states(learnt(seed, light=light), frames)
    assert found == [ONLINE, ONLINE, BLURRED]
    assert known.sharp < RULES.blurred_share


@settings(max_examples=8, deadline=None)
@given(seed=seeds, right=st.integers(20, 90), down=st.integers(-20, 20), rain=st.integers(0, 60))
def test_a_pushed_camera_is_found_with_how_far_it_was_pushed(seed, right, down, rain):
    frames = (pushed(street(seed, 50 + n, rain=rain), right, down) for n in range(3))
    known, found = states(learnt(seed), frames)
    assert found == [ONLINE, ONLINE, MOVED]
    assert known.shift == pytest.approx((right / SHAPE[1], down / SHAPE[0]), abs=0.02)


def test_a_camera_turned_to_another_place_is_moved_without_a_shift():
    known, found = states(learnt(1), (street(2, n) for n in range(3)))
    assert found[-1] == MOVED and known.shift is None


def test_one_gust_or_one_lorry_is_nothing():
    frames = [pushed(street(1, 5), 40, 0), street(1, 6), soft(street(1, 7), 5), street(1, 8)]
    known, found = states(learnt(1), frames * 2)
    assert set(found) == {ONLINE} and (known.blurred, known.moved) == (0, 0)


def test_a_camera_put_right_is_online_at_once():
    known, found = states(learnt(1), [pushed(street(1, n), 40, 0) for n in range(3)])
    assert found[-1] == MOVED
    assert states(known, [street(1, 9)])[1] == [ONLINE]


def test_what_is_wrong_is_never_learnt_as_usual():
    known, found = states(learnt(1), [soft(street(1, n), 4) for n in range(12)])
    assert found[-1] == BLURRED and known.usual == learnt(1).usual
    known, found = states(learnt(1), [pushed(street(1, n), 60, 0) for n in range(12)])
    assert found[-1] == MOVED and known.usual == learnt(1).usual


def test_the_night_has_a_reference_of_its_own():
    known, found = states(learnt(1), [street(1, n, light=0.25) for n in range(3)])
    assert set(found) == {ONLINE} and set(known.references) == {True, False}


def test_a_new_reference_makes_the_new_view_the_right_one_and_the_old_one_wrong():
    known, _ = states(learnt(1), [pushed(street(1, n), 60, 0) for n in range(3)])
    known = anew(known, view(pushed(street(1, 9), 60, 0)))
    known, found = states(known, [pushed(street(1, n), 60, 0) for n in range(5)])
    assert set(found) == {ONLINE}
    assert states(known, [street(1, n) for n in range(3)])[1][-1] == MOVED


def test_a_camera_that_is_turned_on_purpose_is_never_moved():
    known = learnt(1)
    for n in range(4):
        known, state = judge(known, view(street(n + 2)), RULES, fixed=False)
        assert state == ONLINE


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (27, 48), (1080, 1920)])
def test_pictures_of_any_size_do_no_harm(shape):
    assert judge(Known(), view(np.full(shape, 128, np.uint8)), RULES)[1] == ONLINE
