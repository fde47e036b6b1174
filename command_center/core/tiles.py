"""The base map, drawn from the district's own vector data: one SQL statement a tile, no internet."""

from django.db import connection
from django.http import Http404, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

# What is drawn from which zoom on: ranks above z - 9 stay hidden, so that far views are quiet and small.
TILE = """
WITH bounds AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS web,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.0625), 4326) AS box
), ground AS (
    SELECT f.kind, f.rank, f.name, f.name_en,
           ST_AsMVTGeom(ST_Transform(f.shape, 3857), bounds.web, 4096, 64) AS geom
    FROM core_mapfeature f, bounds
    WHERE f.shape && bounds.box AND f.rank <= greatest(1, %(z)s - 9)
), areas AS (
    SELECT a.kind, a.name, a.name_en, a.path,
           ST_AsMVTGeom(ST_Transform(a.outline, 3857), bounds.web, 4096, 64) AS geom
    FROM core_area a, bounds
    WHERE a.outline && bounds.box AND (%(z)s >= 13 OR a.kind NOT IN ('community', 'village'))
), labels AS (
    SELECT a.kind, a.name, a.name_en, CASE WHEN a.kind IN ('community', 'village') THEN 3 ELSE 1 END AS rank,
           ST_AsMVTGeom(ST_Transform(ST_PointOnSurface(a.outline), 3857), bounds.web, 4096, 0) AS geom
    FROM core_area a, bounds
    WHERE a.outline && bounds.box AND ST_Within(ST_PointOnSurface(a.outline), bounds.box)
      AND a.kind <> 'district' AND (%(z)s >= 14 OR a.kind NOT IN ('community', 'village'))
    UNION ALL
    SELECT f.kind, f.name, f.name_en, f.rank,
           ST_AsMVTGeom(ST_Transform(ST_PointOnSurface(f.shape), 3857), bounds.web, 4096, 0)
    FROM core_mapfeature f, bounds
    WHERE f.shape && bounds.box AND f.name <> '' AND f.rank <= greatest(1, %(z)s - 10)
)
SELECT coalesce((SELECT ST_AsMVT(ground, 'ground', 4096, 'geom') FROM ground WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(areas, 'areas', 4096, 'geom') FROM areas WHERE geom IS NOT NULL), '')
    || coalesce((SELECT ST_AsMVT(labels, 'labels', 4096, 'geom') FROM labels WHERE geom IS NOT NULL), '')
"""


@require_GET
@cache_control(public=True, max_age=300)
def tile(request, z, x, y):
    """A Mapbox vector tile with the layers ``ground``, ``areas`` and ``labels``; 204 where nothing is.

    The ground is public: it shows places, not what the hall knows about them.
    """
    if z > 22 or x >= 2**z or y >= 2**z:
        raise Http404
    with connection.cursor() as cursor:
        cursor.execute(TILE, {"z": z, "x": x, "y": y})
        body = bytes(cursor.fetchone()[0])
    if not body:
        return HttpResponse(status=204)
    return HttpResponse(body, content_type="application/vnd.mapbox-vector-tile")
