"""What a camera's picture tells about its view: as sharp as usual, and looking where it should. Pure, on grey levels.

Both compare the camera with itself. Sharpness is judged in tiles, so that a burnt-in clock, which stays sharp whatever the
lens does, is one tile of many; where the camera looks is judged on edges without the bands in which such words stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pictures import ONLINE, Grey

BLURRED, MOVED = "blurred", "moved"

WORK = (180, 320)
"""Height and width that pictures are reduced to: what a lens blurs is coarser, a sensor's noise is not."""
TILES = (6, 8)
OUTLINE = (90, 160)
"""Height and width of what is kept of a view to find it again."""
BAND = 0.12
"""Share of the height above and below in which cameras burn words in; they stay where they are when the view moves."""
LIGHTS = 8
"""Classes of brightness, each with a usual of its own: a street at night is less sharp than by day, and no lens is at fault."""
DARK = 64.0
"""Mean grey level below which a view is compared with its reference of the dark."""
SMALLEST = 4
"""Tiles with something to see in them, below which a picture (fog, a wall) is not judged."""
_EVEN = 9.0  # spread (grey levels squared) of a tile with nothing in it
_DULL = 0.02  # sharpness of a tile that has no edges to lose
_MEMORY = 64  # pictures: what is usual follows slowly
_AGREES, _BETTER, _LOST = 0.35, 0.12, 0.2  # measured on drawn streets: by day, at night, in rain, in flood


@dataclass(frozen=True, slots=True)
class Rules:
    """``blurred_share``: of the usual sharpness, below which a picture is blurred; ``moved_share``: of the picture's width,
    from which a shift is one. ``…_checks``: pictures in a row that must say so. ``learn``: sound pictures that make a usual.
    """

    blurred_share: float = 0.3
    blurred_checks: int = 3
    moved_share: float = 0.04
    moved_checks: int = 3
    learn: int = 6


@dataclass(frozen=True, slots=True)
class View:
    """One picture in numbers. ``tiles``: sharpness of each, NaN where there is nothing to see; ``outline``: small and grey."""

    light: int
    dark: bool
    tiles: tuple[float, ...]
    outline: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Usual:
    """Sharpness by tile over ``count`` sound pictures of one brightness; None where there was never anything to see."""

    count: int = 0
    tiles: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a camera's view.

    ``references``: outlines by dark (True) and light (False). ``sharp``: share of the usual sharpness in the last picture;
    ``shift``: right and down by how much of the width and height it looks elsewhere, ``agreement`` how well it fits (−1 to 1).
    None: could not be told. ``blurred`` and ``moved`` count pictures in a row.
    """

    usual: Mapping[int, Usual] = field(default_factory=dict)
    references: Mapping[bool, NDArray[np.uint8]] = field(default_factory=dict)
    sharp: float | None = None
    shift: tuple[float, float] | None = None
    agreement: float | None = None
    blurred: int = 0
    moved: int = 0


def view(grey: Grey) -> View:
    step = max(1, grey.shape[1] // (2 * WORK[1]))  # of a large picture every so many pixels are enough
    work = _reduced(grey[::step, ::step], WORK)
    mean = float(grey.mean())
    light = min(LIGHTS - 1, int(mean * LIGHTS / 256))
    return View(light, mean < DARK, _sharpness(work), _reduced(work, OUTLINE).round().astype(np.uint8))


def judge(before: Known, seen: View, rules: Rules, *, fixed: bool = True) -> tuple[Known, str]:
    """What is known after one more picture that is neither frozen nor black, and the state: online, blurred or moved.

    ``fixed``: False for a camera that is turned on purpose; its view is not compared.
    """
    sharp = _compare(before.usual.get(seen.light), seen.tiles, rules.learn)
    soft = sharp is not None and sharp < rules.blurred_share
    blurred = before.blurred + 1 if soft else 0
    shift, agreement, away = None, None, False
    if fixed and not soft and before.references:
        shift, agreement = compare(before.references, seen)
        away = _is_away(before.references, seen, shift, agreement, rules.moved_share)
    # A picture in which the place cannot be found at all (blurred, fog) neither counts nor clears.
    moved = before.moved + 1 if away else before.moved if soft or (shift is None and before.moved) else 0
    usual, references = before.usual, before.references
    if not soft and not moved:
        usual = {**usual, seen.light: _learn(usual.get(seen.light), seen.tiles)}
        if fixed and seen.dark not in references and len(_seen_tiles(seen.tiles)) >= SMALLEST:
            references = {**references, seen.dark: seen.outline}
    after = Known(usual, references, sharp, shift, agreement, blurred, moved)
    if blurred >= rules.blurred_checks:
        return after, BLURRED
    # The count is kept while it cannot be told, so the state is too.
    return after, MOVED if moved >= rules.moved_checks else ONLINE


def anew(before: Known, seen: View) -> Known:
    """The view as ``seen`` is the right one from now on; what is usual is learnt again."""
    return replace(Known(references={seen.dark: seen.outline}), sharp=before.sharp)


# --- sharpness ------------------------------------------------------------------------------------------
def _reduced(grey: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float64]:
    """The mean over blocks, by a summed-area table: any picture size, no resampling library."""
    height, width = grey.shape
    rows = np.linspace(0, height, shape[0] + 1).astype(int)
    columns = np.linspace(0, width, shape[1] + 1).astype(int)
    # A picture smaller than that has blocks without a pixel: they take their neighbour's.
    ends, rights = np.maximum(rows[1:], rows[:-1] + 1), np.maximum(columns[1:], columns[:-1] + 1)
    table = np.zeros((height + 1, width + 1))
    table[1:, 1:] = grey.cumsum(0, dtype=np.float64).cumsum(1)
    below, left = np.ix_(ends, columns[:-1]), np.ix_(rows[:-1], rights)
    sums = table[np.ix_(ends, rights)] - table[below] - table[left] + table[np.ix_(rows[:-1], columns[:-1])]
    found: NDArray[np.float64] = sums / np.outer(ends - rows[:-1], rights - columns[:-1])
    return found


def _sharpness(work: NDArray[np.float64]) -> tuple[float, ...]:
    """By tile the energy of the Laplacian over the spread of the grey levels: halving the light or the contrast (dusk, haze)
    leaves it as it is, a lens out of focus does not."""
    edges = np.zeros_like(work)
    edges[1:-1, 1:-1] = (
        work[:-2, 1:-1] + work[2:, 1:-1] + work[1:-1, :-2] + work[1:-1, 2:] - 4 * work[1:-1, 1:-1]
    )
    energy, spread = _by_tile(edges), _by_tile(work)
    floor = np.percentile(energy, 10)  # the sensor's noise, as the tile with least in it shows it
    found = np.where(spread > _EVEN, np.maximum(energy - floor, 0) / (spread + _EVEN), np.nan)
    return tuple(float(value) for value in found.ravel())


def _by_tile(work: NDArray[np.float64]) -> NDArray[np.float64]:
    """The variance of each tile."""
    height, width = work.shape[0] // TILES[0], work.shape[1] // TILES[1]
    tiles = work[: height * TILES[0], : width * TILES[1]].reshape(TILES[0], height, TILES[1], width)
    found: NDArray[np.float64] = tiles.var(axis=(1, 3))
    return found


def _seen_tiles(tiles: Sequence[float]) -> list[int]:
    return [n for n, value in enumerate(tiles) if value == value]


def _compare(usual: Usual | None, tiles: Sequence[float], learn: int) -> float | None:
    """The middle tile's share of its usual sharpness; None where too little is known or seen."""
    if usual is None or usual.count < learn:
        return None
    known = [(tiles[n], was) for n, was in enumerate(usual.tiles) if was is not None and was > _DULL]
    pairs = [(now, was) for now, was in known if now == now]
    # In fog or glare most tiles are empty: that is no lens out of focus, which leaves the coarse things visible.
    if len(pairs) < max(SMALLEST, len(known) / 2):
        return None
    return float(np.median([now / was for now, was in pairs]))


def _learn(usual: Usual | None, tiles: Sequence[float]) -> Usual:
    before = usual or Usual(0, (None,) * len(tiles))
    weight = 1 / min(before.count + 1, _MEMORY)
    found = tuple(
        was if now != now else now if was is None else was + (now - was) * weight
        for was, now in zip(before.tiles, tiles, strict=True)
    )
    return Usual(before.count + 1, found)


# --- where it looks ---------------------------------------------------------------------------------------
def compare(
    references: Mapping[bool, NDArray[np.uint8]], seen: View
) -> tuple[tuple[float, float] | None, float | None]:
    """(right and down in shares of width and height, agreement) against the reference that fits best.

    No shift where the place cannot be found again; the agreement is then that at rest.
    """
    best: tuple[tuple[float, float] | None, float] | None = None
    now = _edges(seen.outline)
    for reference in references.values():
        then = _edges(reference)
        dy, dx = _displacement(then, now)
        rest, there = _agreement(then, now, 0, 0), _agreement(then, now, dy, dx)
        found: tuple[tuple[float, float] | None, float]
        if there >= _AGREES and there - rest >= _BETTER:
            found = ((dx / OUTLINE[1], dy / OUTLINE[0]), there)
        elif rest >= _LOST:
            found = ((0.0, 0.0), rest)
        else:
            found = (None, rest)
        if best is None or _order(found) > _order(best):
            best = found
    return (None, None) if best is None else best


def _order(found: tuple[tuple[float, float] | None, float]) -> tuple[bool, float]:
    return found[0] is not None, found[1]


def _is_away(
    references: Mapping[bool, NDArray[np.uint8]],
    seen: View,
    shift: tuple[float, float] | None,
    agreement: float | None,
    least: float,
) -> bool:
    if shift is not None:
        return max(abs(shift[0]), abs(shift[1])) >= least
    # Nowhere to be found: another place, where there is enough to see, and a reference of the same light.
    return seen.dark in references and len(_seen_tiles(seen.tiles)) >= 2 * SMALLEST and agreement is not None


def _edges(outline: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How steep each place is, compressed, so that a lamp counts no more than a kerb; without the bands of words."""
    top, bottom = round(OUTLINE[0] * BAND), round(OUTLINE[0] * (1 - BAND))
    smooth = outline[top:bottom].astype(np.float64)
    down, right = np.gradient(smooth)
    steep = np.hypot(down, right)
    found: NDArray[np.float64] = steep / (steep + 6.0)
    return found


def _displacement(then: NDArray[np.float64], now: NDArray[np.float64]) -> tuple[int, int]:
    """By phase correlation how many pixels ``now`` lies below and right of ``then``."""
    window = np.outer(np.hanning(then.shape[0]), np.hanning(then.shape[1]))
    one = np.fft.rfft2((then - then.mean()) * window)
    other = np.fft.rfft2((now - now.mean()) * window)
    cross = other * one.conj()
    surface = np.fft.irfft2(cross / (np.abs(cross) + 1e-3), then.shape)
    dy, dx = np.unravel_index(int(surface.argmax()), surface.shape)
    height, width = then.shape
    return (
        int(dy) - height if dy > height // 2 else int(dy),
        int(dx) - width if dx > width // 2 else int(dx),
    )


def _agreement(then: NDArray[np.float64], now: NDArray[np.float64], dy: int, dx: int) -> float:
    """Correlation of the parts that overlap at this displacement; 0 where less than a third of the picture does."""
    height, width = then.shape
    if (height - abs(dy)) * (width - abs(dx)) * 3 < height * width:
        return 0.0
    one = then[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    other = now[max(0, dy) : height - max(0, -dy), max(0, dx) : width - max(0, -dx)]
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size else 0.0
