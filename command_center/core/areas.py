"""Area outlines from a file: GeoJSON or shapefile, any declared CRS, Chinese datums converted here."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from .geo import TO_WGS84
from .models import Area

MOST_VERTICES = 200_000


class ImportFailed(Exception):
    """The file as a whole cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Column:
    code: str = "code"
    name: str = "name"


@dataclass
class Outcome:
    created: int = 0
    changed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def _read(file: Path):
    if file.suffix.lower() not in {".geojson", ".json", ".shp"}:
        raise ImportFailed(f"{file.name}: only GeoJSON (.geojson, .json) and shapefiles (.shp) are taken")
    if not file.is_file():
        raise ImportFailed(f"{file.name}: there is no such file")
    # Shapefiles here are often GBK and say so only in the .cpg, if at all.
    cpg = file.with_suffix(".cpg")
    encoding = None
    if file.suffix.lower() == ".shp":
        encoding = (cpg.read_text().strip() if cpg.exists() else "") or "gb18030"
    try:
        meta, _, shapes, columns = pyogrio.raw.read(file, encoding=encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, LookupError) as error:
        raise ImportFailed(f"{file.name} cannot be read: {error}") from error
    return meta, shapes, dict(zip(meta["fields"], columns, strict=True))


def _outline(wkb, convert):
    if wkb is None:
        raise ValueError("has no shape")
    shape = shapely.force_2d(shapely.from_wkb(bytes(wkb)))
    if shape.geom_type not in {"Polygon", "MultiPolygon"}:
        raise ValueError(f"is a {shape.geom_type}, not an area")
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise ValueError(f"has more than {MOST_VERTICES} corners")
    shape = shapely.transform(shape, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1])))
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
        shape = shapely.union_all([p for p in shapely.get_parts(shape) if "Polygon" in p.geom_type])
    west, south, east, north = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    if not (70 <= west <= east <= 140 and 0 <= south <= north <= 60):
        raise ValueError("does not lie in China: are its coordinates degrees, longitude first?")
    if shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    return GEOSGeometry(shape.wkb_hex, srid=4326)


def import_areas(
    file, *, columns=Column(), kind="community", parent_path="", datum="wgs84", as_code="", dry_run=False
):
    """Set the outlines of known areas (by code) and add the unknown ones below ``parent_path``.

    ``as_code`` is for a file that holds one shape and says nothing of it: the shape is that area's.

    ``datum`` says how to read degrees: "wgs84" (also CGCS 2000), "gcj02", "bd09". Raises ImportFailed where
    the file cannot be taken; a single row that cannot is refused with its reason and loses nothing else.
    """
    meta, shapes, values = _read(Path(file))
    if meta["crs"] not in (None, "EPSG:4326", "EPSG:4490", "OGC:CRS84"):
        raise ImportFailed(
            f"coordinates must be degrees (EPSG:4326 or EPSG:4490), the file says {meta['crs']}"
        )
    if as_code:
        if len(shapes) != 1:
            raise ImportFailed(f"the file holds {len(shapes)} shapes, not one")
        values = {columns.code: [as_code], columns.name: [""]}
    for wanted in (columns.code, columns.name):
        if wanted not in values:
            raise ImportFailed(
                f"there is no attribute {wanted!r}; the file has {', '.join(values) or 'none'}"
            )
    parent = Area.objects.filter(path=parent_path).first()
    if parent_path and parent is None:
        raise ImportFailed(f"there is no area with the path {parent_path}")
    outcome = Outcome()
    with transaction.atomic():
        known = {area.code: area for area in Area.objects.all()}
        for row, wkb in enumerate(shapes, 1):
            code, name = (str(values[c][row - 1] or "").strip() for c in (columns.code, columns.name))
            try:
                outline = _outline(wkb, TO_WGS84[datum])
                if not code:
                    raise ValueError("has no code")
                if code in known:
                    area, outcome.changed = known[code], outcome.changed + 1
                else:
                    if parent is None and known:
                        raise ValueError(f"{code} is not known, and no parent was named for new areas")
                    path = f"{parent.path if parent else '/'}{code}/"
                    area, outcome.created = (
                        Area(code=code, kind=kind, parent=parent, path=path),
                        outcome.created + 1,
                    )
                area.name, area.outline = name or area.name or code, outline
                area.full_clean(exclude=["parent"])
                area.save()
                known[code] = area
            except (ValueError, shapely.errors.GEOSException) as error:
                outcome.refused.append((row, str(error)))
        if dry_run:
            transaction.set_rollback(True)
    return outcome
