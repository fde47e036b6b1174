"""In which area of the district a place, or a shape, lies."""

from collections.abc import Iterable

from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Length

from command_center.core.models import Area


def area_at(lon: float, lat: float) -> Area | None:
    """The innermost area that holds a place (WGS 84)."""
    return areas_at([(lon, lat)]).get((lon, lat))


def areas_at(places: Iterable[tuple[float, float]]) -> dict[tuple[float, float], Area]:
    """The innermost area of each of ``places``; those outside of all are missing. Two queries."""
    wanted = sorted(set(places))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.n, a.id FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p (lon, lat, n)"
            " CROSS JOIN LATERAL (SELECT id FROM core_area"
            "  WHERE ST_Covers(outline, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))"
            "  ORDER BY length(path) DESC, path LIMIT 1) AS a",
            [[lon for lon, _ in wanted], [lat for _, lat in wanted]],
        )
        found = cursor.fetchall()
    areas = Area.objects.in_bulk({pk for _, pk in found})
    return {wanted[number - 1]: areas[pk] for number, pk in found}


def area_of(shape: Polygon) -> Area | None:
    """The smallest area that covers the shape; the district where it reaches over its edge. None: it lies outside."""
    inner = shape.point_on_surface
    found = Area.objects.filter(Q(outline__covers=shape) | Q(outline__covers=inner, parent=None))
    return found.order_by(Length("path").desc(), "pk").first()
