"""The area that escaped gas may reach: a sketch for the first minutes. Pure. An aid, not a dispersion model.

Shape: a circle to clear around the source in every direction, and downwind of it a sector to warn, as the protective
action distances of the Emergency Response Guidebook are drawn (an isolation circle, and a downwind zone about as wide as
long). In calm air the direction means nothing: rings instead. Buildings, slope, the gas's weight and the weather are not
in it; the lengths are the district's own parameters.

Source of the dependence on wind: at one rate of release the concentration downwind falls about with 1/(u·x²), so the
distance to one concentration goes with 1/√u. It is held between half and the whole of the length for the reference wind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin, sqrt

EARTH_M = 6_371_008.8
RINGS, SECTOR = "rings", "sector"
_STEP_DEG = 5.0
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Given:
    """``length_m`` downwind by level (blue, yellow, orange, red); ``calm_below_ms``: slower wind has no direction;
    ``reference_ms``: the wind for which the lengths hold; ``half_angle_deg`` to each side; ``isolate`` share of the
    length that is cleared all round."""

    length_m: Sequence[float]
    calm_below_ms: float
    reference_ms: float
    half_angle_deg: float
    isolate: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """``kind`` is rings or sector. ``radii_m``: the circles, the inner one is to be cleared. ``toward_deg``: where the wind
    blows to (None in calm air). ``outline``: the outermost border as (longitude, latitude), closed."""

    kind: str
    radii_m: tuple[float, ...]
    toward_deg: float | None
    half_angle_deg: float | None
    length_m: float
    outline: Ring


def sketch(
    lon: float, lat: float, level: int, wind_ms: float | None, wind_from_deg: float | None, given: Given
) -> Sketch | None:
    """The area for a source at ``lon``, ``lat``; None where the district gives the level no length.

    ``wind_ms`` or ``wind_from_deg`` None: unknown, which is drawn as calm.
    """
    whole = given.length_m[4 - level]
    if whole <= 0:
        return None
    if wind_ms is None or wind_from_deg is None or wind_ms < given.calm_below_ms:
        radii = (whole * given.isolate, whole)
        return Sketch(RINGS, radii, None, None, whole, circle(lon, lat, whole))
    length = whole * min(1.0, max(0.5, sqrt(given.reference_ms / wind_ms)))
    toward = (wind_from_deg + 180) % 360
    cleared = whole * given.isolate
    outline = sector(lon, lat, length, toward, given.half_angle_deg)
    return Sketch(SECTOR, (cleared,), toward, given.half_angle_deg, length, outline)


def circle(lon: float, lat: float, radius_m: float) -> Ring:
    steps = round(360 / _STEP_DEG)
    ring = [offset(lon, lat, i * _STEP_DEG, radius_m) for i in range(steps)]
    return (*ring, ring[0])


def sector(lon: float, lat: float, radius_m: float, toward_deg: float, half_angle_deg: float) -> Ring:
    """A slice of a circle with its point at the source."""
    steps = max(2, round(2 * half_angle_deg / _STEP_DEG))
    first = toward_deg - half_angle_deg
    arc = [offset(lon, lat, first + 2 * half_angle_deg * i / steps, radius_m) for i in range(steps + 1)]
    return ((lon, lat), *arc, (lon, lat))


def offset(lon: float, lat: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Where one arrives from ``lon``, ``lat`` after ``distance_m`` on the sphere."""
    far, bearing, north = distance_m / EARTH_M, radians(bearing_deg), radians(lat)
    end = asin(sin(north) * cos(far) + cos(north) * sin(far) * cos(bearing))
    east = atan2(sin(bearing) * sin(far) * cos(north), cos(far) - sin(north) * sin(end))
    return lon + degrees(east), degrees(end)
