"""What a picture tells about its camera."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain.pictures import (
    BLACK,
    FROZEN,
    OFFLINE,
    ONLINE,
    SCENE_BITS,
    Belief,
    Rules,
    difference,
    distance,
    fingerprint,
    judge,
    look,
    worth_keeping,
)

RULES = Rules(frozen_checks=3, offline_checks=2)


def scene(seed: int = 1, noise: float = 0.0, frame: int = 0, shape=(360, 640)) -> np.ndarray:
    """A street at night: dark ground, some lamps; ``noise`` is the sensor's, new with each ``frame``."""
    place = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    picture = 30 + 20 * rows / shape[0]
    for _ in range(12):
        y, x, size = (place.uniform(*span) * shape[0] for span in ((0, 1), (0, 16 / 9), (0.05, 0.25)))
        picture = picture + 120 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / size**2)
    picture = picture + np.random.default_rng(1000 + frame).normal(0, 1, shape) * noise
    return picture.clip(0, 255).astype(np.uint8)


def follow(frames, rules=RULES, belief=None):
    belief = belief or Belief()
    states = []
    for frame in frames:
        belief = judge(belief, None if frame is None else look(frame), rules)
        states.append(belief.state)
    return belief, states


def test_a_live_picture_of_a_still_street_is_online():
    _, states = follow(scene(noise=2, frame=n) for n in range(10))
    assert states == [ONLINE] * 10


def test_the_same_picture_again_and_again_is_frozen():
    _, states = follow([scene()] * 5)
    assert states == [ONLINE, ONLINE, ONLINE, FROZEN, FROZEN]


def test_a_frozen_picture_that_is_encoded_anew_each_time_is_frozen():
    again = [(scene().astype(int) + np.random.default_rng(n).integers(-2, 3, (360, 640))) for n in range(5)]
    _, states = follow(frame.clip(0, 255).astype(np.uint8) for frame in again)
    assert states[-1] == FROZEN


def test_a_still_picture_with_a_running_clock_is_online():
    frames = [scene() for _ in range(6)]
    for number, frame in enumerate(frames):
        frame[10:24, 500 + 12 * number : 512 + 12 * number] = 230
    assert follow(frames)[1] == [ONLINE] * 6


def test_a_frozen_camera_that_moves_again_is_online_at_once():
    belief, _ = follow([scene()] * 5)
    _, states = follow([scene(noise=2, frame=1)], belief=belief)
    assert states == [ONLINE]


def test_a_picture_that_shows_nothing_is_black_even_with_noise():
    dark = [
        np.full((360, 640), 16, np.uint8) + np.random.default_rng(n).integers(0, 4, (360, 640))
        for n in range(3)
    ]
    _, states = follow(frame.astype(np.uint8) for frame in dark)
    assert states == [BLACK] * 3


def test_a_night_scene_with_one_lamp_is_not_black():
    night = np.full((360, 640), 16, np.uint8)
    night[40:80, 300:340] = 250
    assert follow([night])[1] == [ONLINE]


def test_one_lost_look_changes_nothing_and_two_are_offline():
    _, states = follow([scene(noise=2), None, scene(noise=2, frame=1), None, None, None])
    assert states == [ONLINE, ONLINE, ONLINE, ONLINE, OFFLINE, OFFLINE]


def test_a_camera_never_seen_is_not_called_online():
    assert follow([None])[1] == [""]
    assert follow([None, None])[1] == ["", OFFLINE]


def test_a_lost_look_does_not_end_the_count_of_equal_pictures():
    _, states = follow([scene(), scene(), scene(), None, scene()])
    assert states[-1] == FROZEN


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(1, 1000), scale=st.sampled_from([(180, 320), (360, 640), (540, 960)]))
def test_a_fingerprint_fits_a_bigint_and_survives_size_and_noise(seed, scale):
    one, other = fingerprint(scene(seed)), fingerprint(scene(seed, noise=2, shape=scale))
    assert -(2**63) <= one < 2**63
    assert distance(one, other) <= SCENE_BITS


def test_fingerprints_of_different_places_are_far_apart():
    prints = [fingerprint(scene(seed)) for seed in range(1, 12)]
    apart = [distance(a, b) for i, a in enumerate(prints) for b in prints[:i]]
    assert min(apart) > SCENE_BITS


@given(one=st.integers(-(2**63), 2**63 - 1), other=st.integers(-(2**63), 2**63 - 1))
def test_the_distance_counts_differing_bits(one, other):
    bits = bin((one & (2**64 - 1)) ^ (other & (2**64 - 1))).count("1")
    assert distance(one, other) == distance(other, one) == bits
    assert distance(one, one) == 0


def test_samples_that_cannot_be_compared_are_different():
    assert difference(b"", b"") == difference(b"ab", b"abc") == float("inf")
    assert difference(b"\x00\xff", b"\xff\x00") == 255


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (27, 48), (8, 9)])
def test_tiny_pictures_do_no_harm(shape):
    seen = look(np.zeros(shape, np.uint8))
    assert judge(Belief(), seen, RULES).state == BLACK


def test_kept_are_the_first_picture_each_change_of_state_and_each_new_scene():
    online = Belief(ONLINE, fingerprint=fingerprint(scene(1)))
    assert worth_keeping(Belief(), online, None)
    assert not worth_keeping(online, online, online.fingerprint)
    assert worth_keeping(online, Belief(BLACK, fingerprint=online.fingerprint), online.fingerprint)
    assert worth_keeping(online, Belief(ONLINE, fingerprint=fingerprint(scene(2))), online.fingerprint)
