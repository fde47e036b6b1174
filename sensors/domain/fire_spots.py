"""Fire spots seen from high places: one direction is a line, two crossing ones are a place. Pure; WGS 84 degrees and metres.

All in the plane that touches the earth at the lookout: over 20 km the earth's curvature moves a point by some metres, a
camera's bearing error of half a degree by 175 m.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, tan

from command_center.core.machine import Machine, move

from .plane import M_PER_DEGREE

REPORTED, CONFIRMED, REFUSED = "reported", "confirmed", "refused"
# fmt: off
SPOT = Machine(
    name="fire_spot",
    states=frozenset({REPORTED, CONFIRMED, REFUSED}),
    initial=REPORTED,
    final=frozenset({CONFIRMED, REFUSED}),
    moves=(
        #     move       from      to         needs
        move("confirm", REPORTED, CONFIRMED, "fire_spot.judge", stamps="judged_at"),
        move("refuse",  REPORTED, REFUSED,   "fire_spot.judge", needs_reason=True, stamps="judged_at"),
    ),
)
# fmt: on
NARROWEST_DEG = 5.0
"""Lines that cross at a smaller angle say next to nothing of the distance."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look: from (lon, lat), ``bearing_deg`` clockwise from north, accurate to ``error_deg``; ``range_m`` where known."""

    lon: float
    lat: float
    bearing_deg: float
    error_deg: float = 0.5
    range_m: float | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A place and how far it may be off (``accuracy_m``)."""

    lon: float
    lat: float
    accuracy_m: float


def ahead(sight: Sight, metres: float) -> tuple[float, float]:
    """(lon, lat) of the point ``metres`` along the line of sight."""
    east, north = metres * sin(radians(sight.bearing_deg)), metres * cos(radians(sight.bearing_deg))
    return (
        sight.lon + east / (M_PER_DEGREE * cos(radians(sight.lat))),
        sight.lat + north / M_PER_DEGREE,
    )


def at_range(sight: Sight, range_error: float = 0.1) -> Located | None:
    """The place that a sight with a known distance names; the distance is taken as accurate to ``range_error`` of itself."""
    if sight.range_m is None:
        return None
    aside = sight.range_m * tan(radians(sight.error_deg))
    return Located(*ahead(sight, sight.range_m), round(hypot(aside, sight.range_m * range_error), 1))


def range_of(height_m: float, elevation_deg: float) -> float | None:
    """Distance at which a line of sight from ``height_m`` above flat ground meets it; None at or above the horizon."""
    return None if elevation_deg >= -0.05 or height_m <= 0 else height_m / tan(radians(-elevation_deg))


def crossing(one: Sight, other: Sight, *, furthest_m: float = 30_000.0) -> Located | None:
    """Where two lines of sight cross; None where they do not, too far away, or at too small an angle to say.

    ``accuracy_m``: each direction off by its error moves the crossing along the other line by d·tan(error) / sin(angle);
    the two are added as independent.
    """
    east = M_PER_DEGREE * cos(radians((one.lat + other.lat) / 2))
    x, y = (other.lon - one.lon) * east, (other.lat - one.lat) * M_PER_DEGREE
    a, b = radians(one.bearing_deg), radians(other.bearing_deg)
    ua, ub = (sin(a), cos(a)), (sin(b), cos(b))
    sine = ub[0] * ua[1] - ub[1] * ua[0]  # of the angle between the lines
    if abs(sine) < sin(radians(NARROWEST_DEG)):
        return None
    along_one = (ub[0] * y - ub[1] * x) / sine
    along_other = (ua[0] * y - ua[1] * x) / sine
    if not (0 < along_one <= furthest_m and 0 < along_other <= furthest_m):
        return None
    px, py = along_one * ua[0], along_one * ua[1]
    off = hypot(along_one * tan(radians(one.error_deg)), along_other * tan(radians(other.error_deg))) / abs(
        sine
    )
    return Located(one.lon + px / east, one.lat + py / M_PER_DEGREE, round(off, 1))


def best_crossing(sight: Sight, others: Sequence[Sight], *, furthest_m: float = 30_000.0) -> Located | None:
    """The most accurate crossing of ``sight`` with any of ``others``."""
    found = [spot for other in others if (spot := crossing(sight, other, furthest_m=furthest_m))]
    return min(found, key=lambda spot: spot.accuracy_m, default=None)


def passes(sight: Sight, place: Located, *, margin_m: float, furthest_m: float = 30_000.0) -> bool:
    """Whether a place can be what a sight shows: within the error of its direction, the place's own, and ``margin_m``."""
    east = (place.lon - sight.lon) * M_PER_DEGREE * cos(radians(sight.lat))
    north = (place.lat - sight.lat) * M_PER_DEGREE
    away = hypot(east, north)
    if away > furthest_m + margin_m:
        return False
    turn = radians(bearing(sight.lon, sight.lat, place.lon, place.lat) - sight.bearing_deg)
    return (
        cos(turn) > 0
        and abs(away * sin(turn)) <= away * tan(radians(sight.error_deg)) + place.accuracy_m + margin_m
    )


def bearing(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Direction from one place to another, in degrees clockwise from north."""
    east = (to_lon - lon) * cos(radians((lat + to_lat) / 2))
    return degrees(atan2(east, to_lat - lat)) % 360
