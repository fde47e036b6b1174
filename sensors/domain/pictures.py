"""What a camera's picture tells about the camera: online, frozen, black, offline. Pure, on arrays of grey levels.

Whether it is as sharp as usual and looks where it should is judged in ``views.py``.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

ONLINE, FROZEN, BLACK, OFFLINE = "online", "frozen", "black", "offline"
STATES = (ONLINE, FROZEN, BLACK, OFFLINE)

Grey = NDArray[np.uint8]
"""Height × width, 0 (black) to 255 (white)."""

SAMPLE_SHAPE = (54, 96)
"""Measured on encoded night scenes: half as fine a grid misses a burnt-in clock that is all that moves."""
HASH_SHAPE = (8, 9)
MARGIN = 1.0
"""By how many grey levels a block must be brighter than its left neighbour to set a bit of the fingerprint."""
SCENE_BITS = 10
"""Two pictures whose fingerprints differ in more bits than this show different scenes (of 64; 32 is chance)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """``frozen_checks``: equal pictures in a row. ``most_change``: pictures are equal where no pixel differs by more grey
    levels; encoding one picture twice stays below, a clock, rain or a sensor's noise do not. ``black_mean``, ``black_spread``: mean and standard deviation of a
    picture that shows nothing. ``offline_checks``: failed tries in a row.
    """

    frozen_checks: int = 3
    most_change: int = 6
    black_mean: float = 24.0
    black_spread: float = 6.0
    offline_checks: int = 2


@dataclass(frozen=True, slots=True)
class Look:
    """One picture in numbers. ``sample``: single pixels, not averages, so that noise survives."""

    fingerprint: int
    mean: float
    spread: float
    sample: bytes


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of a camera. ``same``: equal pictures in a row after the first; ``missed``: failed tries in a row."""

    state: str = ""
    sample: bytes = b""
    fingerprint: int = 0
    same: int = 0
    missed: int = 0


def look(grey: Grey) -> Look:
    return Look(fingerprint(grey), float(grey.mean()), float(grey.std()), _sample(grey))


def _sample(grey: Grey) -> bytes:
    height, width = grey.shape
    rows = (np.arange(SAMPLE_SHAPE[0]) * 2 + 1) * height // (2 * SAMPLE_SHAPE[0])
    columns = (np.arange(SAMPLE_SHAPE[1]) * 2 + 1) * width // (2 * SAMPLE_SHAPE[1])
    return grey[np.ix_(rows, columns)].tobytes()


def fingerprint(grey: Grey) -> int:
    """64-bit difference hash as a signed number (it is kept in a bigint): alike pictures differ in few bits."""
    height, width = grey.shape
    rows = np.linspace(0, height, HASH_SHAPE[0] + 1).astype(int)
    columns = np.linspace(0, width, HASH_SHAPE[1] + 1).astype(int)
    # Sums over blocks by a summed-area table: any picture size, no resampling library.
    table = np.zeros((height + 1, width + 1))
    table[1:, 1:] = grey.cumsum(0, dtype=np.float64).cumsum(1)
    corner = table[np.ix_(rows, columns)]
    sums = corner[1:, 1:] - corner[:-1, 1:] - corner[1:, :-1] + corner[:-1, :-1]
    area = np.outer(np.diff(rows), np.diff(columns))
    mean = sums / np.maximum(area, 1)
    # By a margin: in an even part of the picture the sign of a difference would be the sensor's noise.
    bits = (mean[:, 1:] > mean[:, :-1] + MARGIN).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two fingerprints differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def difference(one: bytes, other: bytes) -> float:
    """The largest difference of two samples in grey levels; infinite where they cannot be compared."""
    if len(one) != len(other) or not one:
        return float("inf")
    left, right = (np.frombuffer(sample, np.uint8).astype(np.int16) for sample in (one, other))
    return float(np.abs(left - right).max())


def is_black(seen: Look, rules: Rules) -> bool:
    """Whether a picture shows nothing."""
    return seen.mean <= rules.black_mean and seen.spread <= rules.black_spread


def judge(before: Belief, seen: Look | None, rules: Rules) -> Belief:
    """The belief after one more try; ``seen`` is None where no picture came."""
    if seen is None:
        missed = before.missed + 1
        state = OFFLINE if missed >= rules.offline_checks else before.state
        return replace(before, state=state, missed=missed)
    equal = difference(before.sample, seen.sample) <= rules.most_change
    same = before.same + 1 if equal else 0
    if is_black(seen, rules):
        state = BLACK
    elif same >= rules.frozen_checks:
        state = FROZEN
    else:
        state = ONLINE
    return Belief(state, seen.sample, seen.fingerprint, same, 0)


def worth_keeping(before: Belief, after: Belief, kept_fingerprint: int | None) -> bool:
    """Whether a picture is kept outside the regular interval: the first one, a change of state, or a new scene."""
    return (
        kept_fingerprint is None
        or before.state != after.state
        or distance(kept_fingerprint, after.fingerprint) > SCENE_BITS
    )
