"""Vehicles in the gateway's way in: alarm edges before the readings are stored, tracks and places after it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Point
from django.db import connection

from command_center.core import parameters
from command_center.core.models import Area

from ..domain.quality import Quality, time_trouble
from ..domain.readings import Fix
from ..domain.vehicles import ALARM, Corridor, Ear, Region, corridor_of
from ..models import VehicleFix
from . import directory, watching
from .ingest import Frame
from .watching import Watched, look

_READ_AGAIN_S = 300.0  # outlines of areas hardly ever change
_region: tuple[float, str, Region | None] | None = None
_corridor: dict[UUID, tuple[float, Corridor | None]] = {}

_SEEN = """
    SELECT s.station_id, s.channel, l.value, l.observed_at
    FROM sensors_sensor s JOIN sensors_latestvalue l ON l.sensor_id = s.id
    WHERE s.station_id = ANY(%s) AND s.quantity = %s"""
_FACTS = "SELECT id, facts FROM sensors_station WHERE id = ANY(%s) AND facts ? 'route'"
_TRACK = """
    INSERT INTO sensors_vehiclefix
        (station_id, at, received_at, position, quality, speed_kmh, direction_deg, alarms, state)
    SELECT f.station, f.at, f.received, ST_SetSRID(ST_MakePoint(f.lon, f.lat), 4326), f.quality, f.speed, f.direction,
        f.alarms, f.state
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::float[], %s::float[], %s::smallint[], %s::float[],
        %s::smallint[], %s::bigint[], %s::bigint[])
        AS f (station, at, received, lon, lat, quality, speed, direction, alarms, state)
    JOIN sensors_station t ON t.id = f.station
    ON CONFLICT (station_id, at) DO NOTHING"""
_PLACE = """
    INSERT INTO sensors_vehicleposition AS v
        (station_id, at, received_at, position, speed_kmh, direction_deg, alarms, state)
    SELECT DISTINCT ON (f.station) f.station, f.at, f.received, ST_SetSRID(ST_MakePoint(f.lon, f.lat), 4326), f.speed,
        f.direction, f.alarms, f.state
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::float[], %s::float[], %s::smallint[], %s::float[],
        %s::smallint[], %s::bigint[], %s::bigint[])
        AS f (station, at, received, lon, lat, quality, speed, direction, alarms, state)
    JOIN sensors_station t ON t.id = f.station
    WHERE f.quality = 0 AND f.lon IS NOT NULL
    ORDER BY f.station, f.at DESC
    ON CONFLICT (station_id) DO UPDATE SET at = excluded.at, received_at = excluded.received_at,
        position = excluded.position, speed_kmh = excluded.speed_kmh, direction_deg = excluded.direction_deg,
        alarms = excluded.alarms, state = excluded.state
    WHERE excluded.at > v.at"""


def edges(frames: Sequence[Frame]) -> tuple[list[Frame], Watched]:
    """The same frames with only those alarm readings that say something new, those judged from places among them.

    Seven queries at most; none where nothing moves. What is remembered is written by ``watching.settle`` afterwards.
    """
    moving = [frame for frame in frames if frame.message and frame.message.fixes]
    if not moving:
        return list(frames), Watched()
    stations = directory.find({(frame.protocol, frame.address) for frame in moving})
    ears = _ears([known.id for known in stations.values()])
    watched = look(_believed(moving, stations), {station: ear.seen for station, ear in ears.items()})
    for station in watched.corridors:
        ears[station].corridor = None  # the trip's own route goes before the vehicle's usual one
    made = []
    for frame in frames:
        known = stations.get((frame.protocol, frame.address))
        if known is None or frame.message is None or not frame.message.fixes:
            made.append(frame)
            continue
        moments = {fix.observed_at for fix in frame.message.fixes}
        told = watched.readings.get(known.id, [])
        judged = [reading for reading in told if reading.observed_at in moments]
        watched.readings[known.id] = [reading for reading in told if reading.observed_at not in moments]
        kept = ears[known.id].edges([*frame.message.readings, *judged], frame.message.fixes)
        made.append(replace(frame, message=replace(frame.message, readings=tuple(kept))))
    return made, watched


def _believed(frames: Sequence[Frame], stations: Mapping[tuple[str, str], Any]) -> dict[UUID, list[Fix]]:
    """The places of a batch that can be true, by station."""
    v = parameters.values(["reading.max_ahead", "reading.max_behind", "vehicle.region_margin"])
    ahead, behind = timedelta(minutes=v["reading.max_ahead"]), timedelta(days=v["reading.max_behind"])
    region = _district(v["vehicle.region_margin"])
    found: dict[UUID, list[Fix]] = {}
    for frame in frames:
        known = stations.get((frame.protocol, frame.address))
        if known is None or frame.message is None:
            continue
        found.setdefault(known.id, []).extend(
            fix
            for fix in frame.message.fixes
            if not time_trouble(fix.observed_at, frame.received_at, ahead=ahead, behind=behind)
            and not _is_elsewhere(fix, region)
        )
    return found


def _ears(stations: Sequence[UUID]) -> dict[UUID, Ear]:
    v = parameters.values(["vehicle.safety_hold", "vehicle.corridor"])
    hold = timedelta(seconds=v["vehicle.safety_hold"])
    corridors = _corridors(stations, v["vehicle.corridor"])
    ears = {station: Ear({}, hold, corridors[station]) for station in stations}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [list(stations), ALARM])
        for station, channel, value, at in cursor.fetchall():
            ears[station].seen[channel] = (value, at)
    return ears


def _corridors(stations: Sequence[UUID], usual_m: float) -> dict[UUID, Corridor | None]:
    """The corridor of each vehicle, read again every half minute: facts change seldom."""
    present = time.monotonic()
    known = {
        station: _corridor[station][1]
        for station in stations
        if station in _corridor and present - _corridor[station][0] < directory.READ_AGAIN_S
    }
    if wanted := [station for station in stations if station not in known]:
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [wanted])
            facts = {station: orjson.loads(row) for station, row in cursor.fetchall()}
        for station in wanted:
            known[station] = corridor_of(facts.get(station, {}), usual_m)
            _corridor[station] = (present, known[station])
    return known


def follow(frames: Sequence[Frame]) -> int:
    """Store where vehicles were, once each moment, and where they are now; returns how many places were told.

    What lies further from the district than a vehicle can be, or at a time that cannot be true, is kept as quarantined.
    """
    told = [(frame, fix) for frame in frames if frame.message for fix in frame.message.fixes]
    if not told:
        return 0
    stations = directory.find({(frame.protocol, frame.address) for frame, _ in told})
    v = parameters.values(["reading.max_ahead", "reading.max_behind", "vehicle.region_margin"])
    ahead, behind = timedelta(minutes=v["reading.max_ahead"]), timedelta(days=v["reading.max_behind"])
    region = _district(v["vehicle.region_margin"])
    rows = []
    for frame, fix in told:
        known = stations.get((frame.protocol, fix.address))
        if known is None:
            continue
        trouble = time_trouble(fix.observed_at, frame.received_at, ahead=ahead, behind=behind)
        quality = Quality.QUARANTINED if trouble or _is_elsewhere(fix, region) else Quality.GOOD
        rows.append(
            (known.id, fix.observed_at, frame.received_at, fix.lon, fix.lat, int(quality), fix.speed_kmh,
             fix.direction_deg, fix.alarms, fix.state)
        )  # fmt: skip
    if not rows:
        return 0
    rows.sort(
        key=lambda row: (row[0], row[1])
    )  # in one order everywhere, so that two gateways never wait for each other
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_TRACK, columns)
        cursor.execute(_PLACE, columns)
    return len(rows)


def _is_elsewhere(fix: Fix, region: Region | None) -> bool:
    if fix.lon is None or fix.lat is None or region is None:
        return False
    return not region.holds(fix.lon, fix.lat)


def _district(margin_km: float) -> Region | None:
    """The box around all areas with an outline, widened; None where no area has one."""
    global _region
    key = f"{connection.settings_dict['NAME']} {margin_km}"
    if _region is None or _region[1] != key or time.monotonic() - _region[0] > _READ_AGAIN_S:
        box = Area.objects.filter(parent=None).aggregate(box=Extent("outline"))["box"]
        _region = (time.monotonic(), key, Region(*box).widened(margin_km) if box else None)
    return _region[2]


def forget() -> None:
    """Read outlines and routes again when the next vehicle is heard."""
    global _region
    _region = None
    _corridor.clear()
    watching.forget()


def drop_old(present: datetime) -> int:
    """Tracks past their retention; returns how many places were dropped."""
    oldest = present - timedelta(days=parameters.value("vehicle.track_days"))
    return VehicleFix.objects.filter(at__lt=oldest)._raw_delete("default")


def track(station_id: UUID, since: datetime, until: datetime) -> list[tuple[datetime, Point, float]]:
    """(time, place, speed in km/h) of one vehicle, in order; only what is believed."""
    return list(
        VehicleFix.objects.filter(
            station=station_id, at__range=(since, until), quality=Quality.GOOD, position__isnull=False
        )
        .order_by("at")
        .values_list("at", "position", "speed_kmh")
    )
