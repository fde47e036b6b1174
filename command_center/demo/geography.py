"""An invented district: outline, towns, communities, rivers, roads, all from one seed, in WGS 84."""

import math
import random
from dataclasses import dataclass, field

import shapely
import shapely.affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from . import names

MIDDLE = (118.58, 37.45)
_KM_PER_LAT = 111.0
_KM_PER_LON = 111.32 * math.cos(math.radians(MIDDLE[1]))


def lonlat(shape):
    """From km east and north of the middle to degrees."""
    return shapely.transform(
        shape,
        lambda xy: xy / [_KM_PER_LON, _KM_PER_LAT] + [MIDDLE[0], MIDDLE[1]],
        include_z=False,
    )


def _multi(shape):
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])


@dataclass
class Geography:
    """Shapes in km; ``lonlat`` turns them into degrees where they leave this module."""

    outline: Polygon
    towns: dict[str, Polygon] = field(default_factory=dict)
    communities: dict[str, list[tuple[str, Polygon]]] = field(default_factory=dict)
    ground: list[tuple[str, int, str, str, object]] = field(default_factory=list)  # kind, rank, zh, en, shape
    rivers: dict[str, LineString] = field(default_factory=dict)
    roads: dict[str, LineString] = field(default_factory=dict)

    def crossings(self):
        """Every crossing of two named roads inside the district: (east–west, north–south, point)."""
        found = []
        for ew, _, _ in names.ROADS_EW:
            for ns, _, _ in names.ROADS_NS:
                met = self.roads[ew].intersection(self.roads[ns])
                if not met.is_empty and self.outline.contains(met):
                    found.append((ew, ns, met.centroid))
        return found

    def town_at(self, point):
        return next((slug for slug, shape in self.towns.items() if shape.contains(point)), None) or min(
            self.towns, key=lambda slug: self.towns[slug].distance(point)
        )

    def community_at(self, point):
        slug = self.town_at(point)
        number = min(
            range(len(self.communities[slug])),
            key=lambda n: self.communities[slug][n][1].distance(point),
        )
        return slug, number


def _outline(chance):
    phase = [chance.uniform(0, 6.28) for _ in range(4)]
    ring = []
    for step in range(72):
        angle = step / 72 * 2 * math.pi
        wobble = 1 + sum(0.035 * math.sin((k + 2) * angle + phase[k]) for k in range(4))
        ring.append((13.2 * wobble * math.cos(angle) - 0.6, 10.2 * wobble * math.sin(angle)))
    return Polygon(ring)


def _cells(points, within):
    """Voronoi cells of ``points`` cut to ``within``, in the order of the points."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=within.buffer(5)).geoms
    return [next(c for c in cells if c.covers(Point(p))).intersection(within) for p in points]


def _wavy(chance, start, end, swing, steps=40):
    """A line from ``start`` to ``end`` that swings sideways, as rivers and old roads do."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    nx, ny = -(y1 - y0) / length, (x1 - x0) / length
    waves = [(chance.uniform(0.6, 2.6), chance.uniform(0, 6.28), chance.uniform(0.3, 1)) for _ in range(3)]
    line = []
    for step in range(steps + 1):
        t = step / steps
        side = swing * sum(a * math.sin(f * 2 * math.pi * t + p) for f, p, a in waves)
        line.append((x0 + (x1 - x0) * t + nx * side, y0 + (y1 - y0) * t + ny * side))
    return LineString(line)


def build(seed=370502):
    """The district of ``seed``; the same seed gives the same district."""
    chance = random.Random(seed)
    geo = Geography(_outline(chance))
    _settle(geo, chance)
    _water(geo, chance)
    _roads(geo, chance)
    _cover(geo, chance)
    return geo


def _settle(geo, chance):
    shapes = _cells([town[5] for town in names.TOWNS], geo.outline)
    for (slug, _, _, _, _, _, communities), shape in zip(names.TOWNS, shapes, strict=True):
        geo.towns[slug] = shape
        geo.communities[slug] = list(
            zip(
                communities,
                _cells(_scatter(chance, shape, len(communities)), shape),
                strict=True,
            )
        )


def _scatter(chance, shape, count, apart=0.9):
    """``count`` points inside ``shape``, kept apart while that is possible."""
    x0, y0, x1, y1 = shape.bounds
    found = []
    while len(found) < count:
        for _ in range(400):
            point = Point(chance.uniform(x0, x1), chance.uniform(y0, y1))
            if shape.buffer(-0.25).contains(point) and all(point.distance(p) > apart for p in found):
                found.append(point)
                break
        else:
            apart *= 0.7
    return [(p.x, p.y) for p in found]


def _water(geo, chance):
    for zh, en, north in names.RIVERS:
        line = _wavy(chance, (-15, north), (15, north + chance.uniform(-1.2, 1.2)), 0.32)
        geo.rivers[zh] = line.intersection(geo.outline.buffer(0.6))
        geo.ground.append(("river", 1, zh, en, geo.rivers[zh]))
    for x, y, size in (
        (-1.4, 4.1, 0.45),
        (5.9, -1.2, 0.6),
        (-6.9, -0.9, 0.5),
        (2.6, 2.4, 0.35),
    ):
        lake = Point(x, y).buffer(size, quad_segs=6)
        lake = shapely.affinity.scale(lake, 1.5, 0.8)
        geo.ground.append(("water", 2, "", "", lake))


def _roads(geo, chance):
    edge = geo.outline.buffer(-0.15)
    for zh, en, east in names.ROADS_NS:
        geo.roads[zh] = _wavy(chance, (east, -12), (east + chance.uniform(-0.4, 0.4), 12), 0.07).intersection(
            edge
        )
        geo.ground.append(("road", 1 if abs(east) < 6 else 2, zh, en, geo.roads[zh]))
    for zh, en, north in names.ROADS_EW:
        geo.roads[zh] = _wavy(
            chance, (-15, north), (15, north + chance.uniform(-0.4, 0.4)), 0.07
        ).intersection(edge)
        geo.ground.append(("road", 1, zh, en, geo.roads[zh]))
    town_centre = Polygon([(-7, -6), (7, -6), (7, 6.5), (-7, 6.5)]).intersection(edge)
    for number in range(34):
        east = -7 + number * 14 / 33
        line = _wavy(chance, (east, -7), (east, 7), 0.05, 16).intersection(town_centre)
        geo.ground.append(("street", 4, "", "", line))
    for number in range(30):
        north = -6 + number * 12.5 / 29
        line = _wavy(chance, (-8, north), (8, north), 0.05, 16).intersection(town_centre)
        geo.ground.append(("street", 4, "", "", line))
    rail = _wavy(chance, (-15, -6.0), (15, 8.6), 0.25).intersection(edge)
    geo.ground.append(("rail", 2, "", "", rail))


def _cover(geo, chance):
    for slug in ("wenhui", "huanghelu", "shengli", "xindian", "shengyuan", "youtian"):
        shape = geo.towns[slug]
        for x, y in _scatter(chance, shape, 16, 0.5):
            block = shapely.box(x - 0.3, y - 0.22, x + 0.3, y + 0.22)
            geo.ground.append(
                (
                    "built",
                    3,
                    "",
                    "",
                    shapely.affinity.rotate(block, chance.uniform(-8, 8)),
                )
            )
    for zh, en, x, y in (("森林公园", "Forest Park", -3.3, 5.9), ("清风湖公园", "Qingfeng Lake Park", 2.6, 2.4), ("植物园", "Botanical Garden", 6.6, -3.0)):  # fmt: skip
        park = shapely.affinity.scale(Point(x, y).buffer(0.8, quad_segs=5), 1.3, 0.9)
        geo.ground.append(("green", 2, zh, en, park))
