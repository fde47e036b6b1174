"""A vehicle's way in a span of time: track, corridor, areas along it, alarms on it, pictures, and what the driver was told."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.contrib.gis.geos import GEOSGeometry, Point, Polygon
from django.db import connection
from django.db.models import Q

from command_center.core.models import Attachment
from command_center.core.parameters import value

from ..domain.quality import Quality
from ..domain.trips import IN_FORCE
from ..models import Alarm, AlarmEvidence, Downlink, Geofence, LoadingSite, Station, Still, Trip, VehicleFix
from ..states import describe

BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=5)
"""Of an alarm: what led to it, and what came of it."""
MINUTES, MOST_MINUTES = 60, 24 * 60
"""Of a vehicle: what is looked back on unless somebody says otherwise, and at most."""
_NEAR_KM = 2.0
_OLDEST = timedelta(minutes=10)

_PLACES = """
    SELECT a.id, f.lon, f.lat FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS a (id, station, at)
    CROSS JOIN LATERAL (
        SELECT ST_X(position) AS lon, ST_Y(position) AS lat FROM sensors_vehiclefix
        WHERE station_id = a.station AND at BETWEEN a.at - %s AND a.at + interval '1 second'
            AND quality = %s AND position IS NOT NULL
        ORDER BY at DESC LIMIT 1) f"""
_CORRIDOR = "SELECT ST_AsGeoJSON(ST_Buffer(ST_GeomFromEWKB(%s)::geography, %s)::geometry, 5)"


def span_of(alarm: Alarm, present: datetime) -> tuple[datetime, datetime]:
    """The minutes around an alarm, up to now."""
    return alarm.raised_at - BEFORE, min(present, (alarm.cleared_at or alarm.raised_at) + AFTER)


def places_of(alarms: Iterable[Alarm]) -> dict[UUID, tuple[float, float]]:
    """Where the vehicle of each alarm was when it was raised, as (lon, lat). One query; without a fix there is no entry."""
    rows = [(alarm.pk, alarm.station_id, alarm.raised_at) for alarm in alarms]
    if not rows:
        return {}
    ids, stations, times = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [ids, stations, times, _OLDEST, int(Quality.GOOD)])
        return {pk: (lon, lat) for pk, lon, lat in cursor.fetchall()}


def points_of(alarms: Collection[Alarm]) -> dict[UUID, Point]:
    """Where each alarm happened: a vehicle's place at that time, any other station's own position. One query at most."""
    found = places_of(alarm for alarm in alarms if alarm.station.kind == Station.Kind.VEHICLE)
    return {
        alarm.pk: Point(*found[alarm.pk], srid=4326) if alarm.pk in found else alarm.station.position
        for alarm in alarms
    }


def point_of(alarm: Alarm) -> Point:
    """Where one alarm happened."""
    return points_of([alarm])[alarm.pk]


def trip_at(station: Station, at: datetime) -> Trip | None:
    """The trip that a vehicle was on at ``at``."""
    rows = Trip.objects.filter(vehicle=station, began_at__lte=at).filter(
        Q(arrived_at=None, closed_at=None) | Q(arrived_at__gte=at) | Q(arrived_at=None, closed_at__gte=at)
    )
    return rows.select_related("driver", "company", "from_site", "to_site").order_by("-began_at").first()


def corridor_of(station: Station, trip: Trip | None) -> dict[str, Any] | None:
    """The corridor that holds for the vehicle, as a GeoJSON polygon: the trip's, else the one of the station's facts."""
    line: GEOSGeometry | None = trip.route if trip is not None else None
    width_m = trip.corridor_m if trip is not None else 0.0
    if line is None:
        route = station.facts.get("route")
        if not isinstance(route, Mapping):
            return None
        try:
            line = GEOSGeometry(orjson.dumps(route).decode(), srid=4326)
            width_m = float(station.facts.get("corridor_m") or value("vehicle.corridor"))
        except (ValueError, TypeError, OSError):
            return None
        if line.geom_type != "LineString":
            return None
    with connection.cursor() as cursor:
        cursor.execute(_CORRIDOR, [bytes(line.ewkb), width_m / 2])
        found = cursor.fetchone()[0]
    return orjson.loads(found) if found else None


def journey(station: Station, since: datetime, until: datetime, *, pictures: bool) -> dict[str, Any]:
    """All of it, as JSON takes it: times in ms, places as [lon, lat]. ``pictures``: whether the viewer may see them."""
    track = list(
        VehicleFix.objects.filter(
            station=station, at__range=(since, until), quality=Quality.GOOD, position__isnull=False
        )
        .order_by("at")
        .values_list("at", "position", "speed_kmh")
    )
    alarms = list(
        Alarm.objects.filter(station=station, raised_at__range=(since, until))
        .exclude(condition=Alarm.Condition.RETRACTED)
        .select_related("station", "node")
        .order_by("raised_at")
    )
    places = places_of(alarms)
    trip = trip_at(station, until)
    # An alarm that rings late (it was suppressed) is told late: its text belongs to it all the same.
    wanted = Q(asked_at__range=(since, until)) | Q(alarm__in=[alarm.pk for alarm in alarms])
    texts = Downlink.objects.filter(wanted, station=station, kind="text").order_by("asked_at")
    return {
        "since": ms(since),
        "until": ms(until),
        "track": [[ms(at), round(at_.x, 5), round(at_.y, 5), speed_kmh] for at, at_, speed_kmh in track],
        "trip": trip and trip_said(trip),
        "corridor": corridor_of(station, trip),
        "areas": _areas(track, trip),
        "alarms": [
            {
                "id": str(alarm.pk),
                "at": ms(alarm.raised_at),
                "text": describe(alarm)["text"],
                "level": alarm.level,
                "place": places.get(alarm.pk),
            }
            for alarm in alarms
        ],
        "texts": [
            {
                "asked_at": ms(row.asked_at),
                "answered_at": ms(row.answered_at),
                "text": row.body.get("text", ""),
                "result": row.result,
                "by": row.asked_by,
            }
            for row in texts
        ],
        "pictures": pictures_of(station, since, until) if pictures else [],
    }


def trip_said(trip: Trip) -> dict[str, Any]:
    return {
        "id": str(trip.pk),
        "waybill": trip.waybill,
        "goods": trip.goods,
        "goods_en": trip.goods_en,
        "un_number": trip.un_number,
        "mass_kg": trip.mass_kg,
        "driver": trip.driver.name if trip.driver else "",
        "company": trip.company.label if trip.company else "",
        "from": trip.from_site.label if trip.from_site else "",
        "to": trip.to_site.label if trip.to_site else "",
        "state": trip.state,
    }


def pictures_of(station: Station, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What terminals uploaded of their alarms, and stills of the vehicle itself, in time order."""
    evidence = {
        str(row.pk): row for row in AlarmEvidence.objects.filter(station=station, at__range=(since, until))
    }
    kept = Attachment.objects.filter(
        subject_type=AlarmEvidence._meta.label_lower, subject_id__in=list(evidence), content_type="image/jpeg"
    )
    found = [
        {
            "address": f"/attachments/{row.pk}/",
            "at": ms(evidence[row.subject_id].at),
            "channel": evidence[row.subject_id].channel,
            "alarm": str(evidence[row.subject_id].alarm_id or ""),
        }
        for row in kept
    ]
    stills = Still.objects.filter(station=station, taken_at__range=(since, until)).order_by("taken_at")[:20]
    found += [
        {
            "address": f"/stations/{station.pk}/stills/{row.pk}",
            "at": ms(row.taken_at),
            "channel": "",
            "alarm": "",
        }
        for row in stills
    ]
    return sorted(found, key=lambda one: one["at"])


def _areas(track: list[Any], trip: Trip | None) -> list[dict[str, Any]]:
    """Fences and sites near the track, each with its shape: some kilometres, as they are drawn beside it."""
    near = Q(pk__in=[])
    if track:
        xs, ys = [place.x for _, place, _ in track], [place.y for _, place, _ in track]
        margin = _NEAR_KM / 90
        box = Polygon.from_bbox((min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin))
        near = Q(shape__bboverlaps=box)
    found = [
        {
            "kind": row.kind,
            "name": row.label,
            "limit_kmh": row.limit_kmh,
            "shape": orjson.loads(row.shape.geojson),
        }
        for row in Geofence.objects.filter(near, state=IN_FORCE)[:100]
    ]
    ends = Q(pk__in=[pk for pk in (trip.from_site_id, trip.to_site_id) if pk]) if trip else Q(pk__in=[])
    found += [
        {"kind": "site", "name": row.label, "limit_kmh": None, "shape": orjson.loads(row.shape.geojson)}
        for row in LoadingSite.objects.filter(near & Q(state=IN_FORCE) | ends)[:100]
    ]
    return found


def ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
