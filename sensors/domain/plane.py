"""Distances in the plane that touches the earth at a place: WGS 84 degrees in, metres out; good for some tens of kilometres."""

from math import cos, hypot, radians

M_PER_DEGREE = 111_200.0
"""Of latitude; of longitude so much times the cosine of the latitude."""


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """From one place to another."""
    return hypot((other_lon - lon) * M_PER_DEGREE * cos(radians(lat)), (other_lat - lat) * M_PER_DEGREE)
