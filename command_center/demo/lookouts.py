"""Three lookouts on high places of the demo district: invented, each with a token of its own."""

from django.contrib.gis.geos import Point

from sensors.models import SpotSource
from sensors.services.fire_spots import new_key

# code, Chinese, English, lon, lat, height above the ground in m
LOOKOUTS = (
    ("LO-1", "油田塔瞭望点", "Oilfield Tower Lookout", 118.49, 37.47, 80),
    ("LO-2", "广播塔瞭望点", "Broadcast Tower Lookout", 118.60, 37.44, 120),
    ("LO-3", "东城高楼瞭望点", "East City High-Rise Lookout", 118.68, 37.43, 95),
)


def seed():
    """Add the lookouts that are missing; tokens of those that are there stay."""
    SpotSource.objects.bulk_create(
        [
            SpotSource(
                code=code, name=zh, name_en=en, position=Point(lon, lat, srid=4326), height_m=height_m, token_key=new_key()
            )
            for code, zh, en, lon, lat, height_m in LOOKOUTS
        ],
        ignore_conflicts=True,
    )  # fmt: skip
