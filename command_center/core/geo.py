"""Coordinates at the border: GCJ-02 and BD-09 become WGS 84. Inside, everything is WGS 84.

CGCS 2000 equals WGS 84 to centimetres and needs no shift. The GCJ-02 offset is the published series on the
Krasovsky ellipsoid (a = 6378245 m); its inverse is found by fixed-point steps. Arrays or single numbers.
"""

import numpy as np

_A, _EE = 6378245.0, 0.00669342162296594323


def _offset(lon, lat):
    """GCJ-02 minus WGS 84 in degrees."""
    x, y = np.asarray(lon, float) - 105.0, np.asarray(lat, float) - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    dlat += (ripple + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    dlat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    dlon += (ripple + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    dlon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1 - _EE * np.sin(radians) ** 2
    dlat = dlat * 180.0 / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * np.pi)
    dlon = dlon * 180.0 / (_A / np.sqrt(magic) * np.cos(radians) * np.pi)
    return dlon, dlat


def gcj02_from_wgs84(lon, lat):
    dlon, dlat = _offset(lon, lat)
    return lon + dlon, lat + dlat


def wgs84_from_gcj02(lon, lat):
    """Exact to far below a millimetre within China."""
    guess_lon, guess_lat = lon, lat
    for _ in range(10):
        dlon, dlat = _offset(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - dlon, lat - dlat
    return guess_lon, guess_lat


_X_PI = np.pi * 3000.0 / 180.0


def bd09_from_gcj02(lon, lat):
    z = np.hypot(lon, lat) + 0.00002 * np.sin(np.asarray(lat) * _X_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(np.asarray(lon) * _X_PI)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def gcj02_from_bd09(lon, lat):
    guess_lon, guess_lat = lon, lat
    for _ in range(10):
        there_lon, there_lat = bd09_from_gcj02(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon - (there_lon - lon), guess_lat - (there_lat - lat)
    return guess_lon, guess_lat


def wgs84_from_bd09(lon, lat):
    return wgs84_from_gcj02(*gcj02_from_bd09(lon, lat))


TO_WGS84 = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": wgs84_from_gcj02,
    "bd09": wgs84_from_bd09,
}
