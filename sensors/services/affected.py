"""Where escaped gas may reach, drawn as a sketch over what the district knows of people there. An aid, not a model."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db.models import Count, Min, Q, Sum

from command_center.core.models import Area
from command_center.core.parameters import values
from command_center.core.scope import Scope

from ..domain.plane import metres
from ..domain.plume import Given, Ring, Sketch, circle, sketch
from ..domain.quality import Quality
from ..models import Alarm, LatestValue, Premises, Station

RULES = ("gas.level", "gas.over_range")
PARAMETERS = [
    "plume.length",
    "plume.half_angle",
    "plume.calm_below",
    "plume.reference_wind",
    "plume.isolate",
    "plume.wind_age",
    "plume.wind_from",
]
MOST_AREAS = 8


@dataclass(frozen=True, slots=True)
class Wind:
    """``from_deg``: where it comes from. ``code`` names the monitor that measured it."""

    speed_ms: float
    from_deg: float
    at: datetime
    code: str
    position: Point


def areas(scope: Scope, at: datetime, *, station: UUID | None = None) -> list[dict[str, Any]]:
    """The sketch of every gas monitor in alarm that the viewer sees, the worst first. Three queries, and two a sketch."""
    found = Station.objects.filter(
        scope.filter("station.view"), kind=Station.Kind.GAS_MONITOR, in_service=True
    )
    if station is not None:
        found = found.filter(pk=station)
    standing = Q(alarms__rule__in=RULES, alarms__condition=Alarm.Condition.ACTIVE, alarms__suppressions=[])
    rows = list(
        found.filter(standing).annotate(worst=Min("alarms__level", filter=standing)).order_by("worst", "code")
    )
    if not rows:
        return []
    v = values(PARAMETERS)
    given = Given(
        v["plume.length"],
        v["plume.calm_below"],
        v["plume.reference_wind"],
        v["plume.half_angle"],
        v["plume.isolate"],
    )
    winds = _winds(at - timedelta(minutes=v["plume.wind_age"]))
    told = []
    for row in rows:
        wind = _wind_at(row, winds, v["plume.wind_from"])
        speed, direction = (wind.speed_ms, wind.from_deg) if wind else (None, None)
        area = sketch(row.position.x, row.position.y, row.worst, speed, direction, given)
        if area is not None:
            told.append(_told(row, area, wind, scope))
    return told


def _winds(since: datetime) -> list[Wind]:
    """What every monitor with a vane measured last, where it is fresh and believed."""
    rows = (
        LatestValue.objects.filter(
            sensor__quantity__in=("wind_speed", "wind_direction"),
            sensor__station__kind=Station.Kind.GAS_MONITOR,
            observed_at__gte=since,
            quality=Quality.GOOD,
        )
        .select_related("sensor__station")
        .order_by("sensor_id")
    )
    pairs: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        pairs.setdefault(row.sensor.station_id, {})[row.sensor.quantity] = row
    found = []
    for pair in pairs.values():
        if len(pair) == 2:
            speed, direction = pair["wind_speed"], pair["wind_direction"]
            where, when = speed.sensor.station, min(speed.observed_at, direction.observed_at)
            found.append(Wind(speed.value, direction.value, when, where.code, where.position))
    return found


def _wind_at(station: Station, winds: Collection[Wind], furthest_m: float) -> Wind | None:
    """Its own, else the nearest within ``furthest_m``."""
    own = [wind for wind in winds if wind.code == station.code]
    if own:
        return own[0]

    def away_m(wind: Wind) -> float:
        return metres(station.position.x, station.position.y, wind.position.x, wind.position.y)

    nearest = min(winds, key=away_m, default=None)
    return nearest if nearest is not None and away_m(nearest) <= furthest_m else None


def _told(station: Station, area: Sketch, wind: Wind | None, scope: Scope) -> dict[str, Any]:
    where = station.position
    rings = [circle(where.x, where.y, radius) for radius in area.radii_m]
    reach = MultiPolygon(Polygon(area.outline), Polygon(rings[0]), srid=4326).unary_union
    inside = Premises.objects.filter(scope.filter("station.view"), position__coveredby=reach).aggregate(
        count=Count("pk"), counted=Count("people"), people=Sum("people")
    )
    places = Area.objects.filter(kind__in=("community", "village"), outline__intersects=reach).order_by(
        "path"
    )
    return {
        "station": str(station.pk),
        "code": station.code,
        "name": station.name,
        "name_en": station.name_en,
        "level": station.worst,
        "kind": area.kind,
        "lon": where.x,
        "lat": where.y,
        "length_m": round(area.length_m),
        "cleared_m": round(area.radii_m[0]),
        "toward_deg": area.toward_deg,
        "half_angle_deg": area.half_angle_deg,
        "wind": wind
        and {"speed_ms": wind.speed_ms, "from_deg": wind.from_deg, "at": wind.at, "of": wind.code},
        "outline": _rounded(area.outline),
        "rings": [_rounded(ring) for ring in rings],
        "premises": inside["count"],
        "premises_counted": inside["counted"],
        "people": inside["people"] or 0,
        "areas": [{"name": one.name, "name_en": one.name_en} for one in places[:MOST_AREAS]],
        "areas_count": places.count(),
    }


def _rounded(ring: Ring) -> list[list[float]]:
    """As [latitude, longitude], which is how maps in the browser want it; to some centimetres."""
    return [[round(lat, 6), round(lon, 6)] for lon, lat in ring]
