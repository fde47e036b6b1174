"""What the map costs the server: the snapshot as columns beside the serializer's way, a tile, the nearest ten.

Everything is written inside one transaction that is rolled back, so a demo district is left as it was.
"""

import gzip
import math
import statistics
import time

from django.apps import apps
from django.contrib.gis.db.models.functions import GeometryDistance
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from command_center.core.layers import LAYERS
from command_center.core.models import Area, MapFeature
from command_center.core.scope import Grant, Scope
from command_center.core.tiles import TILE

STATIONS, MANY = 10_000, 100_000
PLACE = (118.5, 37.45)  # the middle of what is written, in degrees
PATH = "/bench/"

_STATIONS = """
    INSERT INTO sensors_station (id, code, name, name_en, kind, position, place, area_id, area_path, protocol,
                                 address, config, interval_s, facts, in_service)
    SELECT gen_random_uuid(), 'bench-' || n, '监测站' || n, 'Station ' || n, %(kind)s,
           ST_SetSRID(ST_MakePoint(%(lon)s + (random() - 0.5) * 0.6, %(lat)s + (random() - 0.5) * 0.5), 4326),
           '', %(area)s, %(path)s, 'bench', 'bench-' || n, '{}', 300, '{"site": "road", "underpass": false}', true
    FROM generate_series(%(first)s, %(last)s) n
"""
_CONTACTS = """
    INSERT INTO sensors_contact (station_id, peer, failures, error, picture)
    SELECT id, '', 0, '', '' FROM sensors_station WHERE protocol = 'bench'
"""
_ALARMS = """
    INSERT INTO sensors_alarm (id, station_id, rule, condition, state, version, level, worst_level, facts,
                               raised_at, level_since, recorded_at, acknowledged_by, rang, area_path)
    SELECT gen_random_uuid(), id, 'bench', 'active', 'unacknowledged', 1, 1 + abs(hashtext(code)) %% 4, 1, '{}',
           now(), now(), now(), '', true, area_path
    FROM sensors_station WHERE protocol = 'bench' ORDER BY random() LIMIT %(count)s
"""
_GROUND = """
    INSERT INTO core_mapfeature (kind, rank, name, name_en, shape)
    SELECT 'street', 1, '', '', ST_SetSRID(ST_MakeLine(p, ST_Translate(p, (random() - 0.5) * 0.01, random() * 0.01)), 4326)
    FROM (SELECT ST_MakePoint(%(lon)s + (random() - 0.5) * 0.6, %(lat)s + (random() - 0.5) * 0.5) AS p
          FROM generate_series(1, %(count)s)) g
"""


def _median_ms(function, times=7):
    """(median in ms, last result) of calling ``function``, after one call that warms up."""
    function()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        result = function()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), result


def _serializer(model):
    """What one would write first: a serializer that makes a GeoJSON feature of each row."""

    class Serializer(serializers.ModelSerializer):
        geometry = serializers.SerializerMethodField()
        level = serializers.SerializerMethodField()
        silent_since = serializers.DateTimeField(source="contact.silent_since")

        class Meta:
            fields = ["id", "code", "name", "name_en", "kind", "geometry", "area_path", "interval_s", "facts",
                      "silent_since", "level"]  # fmt: skip

        def get_geometry(self, row):
            return {"type": "Point", "coordinates": row.position.coords}

        def get_level(self, row):
            return min((a.level for a in row.alarms.all() if a.condition == "active"), default=None)

    Serializer.Meta.model = model
    return Serializer


def bench_map(report):
    station = apps.get_model("sensors", "Station")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '120s'")
        area = Area.objects.create(path=PATH, code="bench", name="bench", kind="district")
        given = {"kind": "ponding_site", "lon": PLACE[0], "lat": PLACE[1], "area": area.pk, "path": PATH}
        cursor.execute(_STATIONS, {**given, "first": 1, "last": STATIONS})
        cursor.execute(_CONTACTS)
        cursor.execute(_ALARMS, {"count": STATIONS // 20})
        cursor.execute("ANALYZE sensors_station; ANALYZE sensors_contact; ANALYZE sensors_alarm")
        _snapshot(report, station)
        cursor.execute(_GROUND, {"lon": PLACE[0], "lat": PLACE[1], "count": 20_000})
        cursor.execute("ANALYZE core_mapfeature")
        _tile(report, cursor)
        cursor.execute(_STATIONS, {**given, "first": STATIONS + 1, "last": MANY})
        cursor.execute("ANALYZE sensors_station")
        _nearest(report, station)
        transaction.set_rollback(True)


def _snapshot(report, station):
    scope = Scope.of([Grant("duty_officer", PATH)])
    layer = LAYERS["ponding"]
    with connection.cursor() as cursor:

        def bare():
            cursor.execute("SELECT id, code, name, name_en, ST_X(position), ST_Y(position) FROM sensors_station"
                           " WHERE protocol = 'bench'")  # fmt: skip
            return cursor.fetchall()

        floor_ms, _ = _median_ms(bare)
    columns_ms, columns = _median_ms(lambda: layer.read(scope))
    zipped_ms, zipped = _median_ms(lambda: gzip.compress(columns, 5))
    rows = station.objects.filter(scope.filter("station.view"), protocol="bench").select_related("contact")
    serializer = _serializer(station)
    slow_ms, slow = _median_ms(
        lambda: JSONRenderer().render(serializer(rows.prefetch_related("alarms"), many=True).data), times=1
    )
    note = "columns built by PostgreSQL; ceiling: fetching six bare columns of the same rows"
    report.figure("snapshot", columns_ms, "ms", ceiling=floor_ms, n=STATIONS, note=note)
    report.figure("snapshot size", len(columns) / 1000, "KB", n=STATIONS, note="as JSON")
    note = f"gzip took {zipped_ms:.0f} ms; ceiling: the ids alone are 16 random bytes each"
    report.figure(
        "snapshot on the wire", len(zipped) / 1000, "KB", ceiling=16 * STATIONS / 1000, n=STATIONS, note=note
    )
    note = f"a serializer that makes GeoJSON features; {len(slow) / 1000:.0f} KB; ceiling: columns, same rows"
    report.figure("snapshot by serializer", slow_ms, "ms", ceiling=columns_ms, n=STATIONS, note=note)
    some = [str(pk) for pk in rows.values_list("pk", flat=True)[:5]]
    few_ms, _ = _median_ms(lambda: layer.read(scope, some))
    report.figure(
        "five changed stations", few_ms, "ms", n=5, note=f"the same reading with ids, of {STATIONS}"
    )


def _tile(report, cursor):
    across = 2**14  # the tile of PLACE at zoom 14, in the web's numbering
    x = int((PLACE[0] + 180) / 360 * across)
    y = int((1 - math.asinh(math.tan(math.radians(PLACE[1]))) / math.pi) / 2 * across)

    def one():
        cursor.execute(TILE, {"z": 14, "x": x, "y": y})
        return bytes(cursor.fetchone()[0])

    tile_ms, body = _median_ms(one)
    assert body, "the tile is empty"
    count = MapFeature.objects.count()
    report.figure(
        "one tile at zoom 14", tile_ms, "ms", n=count, note=f"{len(body)} bytes; n features in the table"
    )


def _nearest(report, station):
    here = Point(*PLACE, srid=4326)
    nearest = station.objects.order_by(GeometryDistance("position", here)).values_list("pk", flat=True)[:10]
    took = []
    for _ in range(200):
        began = time.perf_counter()
        found = list(nearest.all())
        took.append((time.perf_counter() - began) * 1000)
    assert len(found) == 10
    with connection.cursor() as cursor:
        floor_ms, _ = _median_ms(lambda: cursor.execute("SELECT 1"), times=200)
    took.sort()
    note = "ordered by <-> through the ORM; ceiling: SELECT 1"
    report.figure("nearest 10, p50", took[100], "ms", ceiling=floor_ms, n=MANY, note=note)
    report.figure("nearest 10, p99", took[197], "ms", ceiling=floor_ms, n=MANY)
