"""What vehicles' places say of areas, corridors, sites and trips: one question of PostGIS a batch, judged by ``domain.trips``.

``look`` asks and judges before the readings are stored; ``settle`` writes what is remembered and moves trips after it, so
that a batch which is taken in twice is judged twice and settled once.
"""

import time as clocks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import get_default_timezone

from command_center.core import parameters
from command_center.core.actor import feed
from command_center.core.acts import NotPossible, perform

from ..domain.readings import Fix, Reading
from ..domain.trips import IN_FORCE, OPEN, UNDER_WAY, Around, Fence, Journey, Numbers, Place, Standing, step
from ..domain.vehicles import ALARM
from ..models import Geofence, Trip, VehicleStanding

TERMINALS = feed("vehicles")
_READ_AGAIN_S = 30.0
_LOAD_SHIFT, _LOAD_MASK = 8, 3  # state bits 8 and 9 of JT/T 808: empty, half, reserved, full
_NAMES = [
    "vehicle.fence_band",
    "vehicle.fence_tolerance",
    "vehicle.stop_after",
]
_fences: tuple[float, str, dict[int, Fence]] | None = None

_AROUND = """
    WITH fix AS (
        SELECT n, station, at, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS p
        FROM unnest(%(n)s::int[], %(station)s::uuid[], %(at)s::timestamptz[], %(lon)s::float[], %(lat)s::float[])
            AS f (n, station, at, lon, lat))
    SELECT f.n, 'fence', g.id, ST_Covers(g.shape, f.p), NULL::float
    FROM fix f JOIN sensors_geofence g ON g.state = 'in_force' AND ST_DWithin(g.shape, f.p, %(degrees)s)
    WHERE ST_DWithin(g.shape::geography, f.p::geography, %(band)s)
    UNION ALL
    SELECT f.n, 'site', s.id, ST_Covers(s.shape, f.p), NULL
    FROM fix f JOIN sensors_loadingsite s ON s.state = 'in_force' AND ST_DWithin(s.shape, f.p, %(degrees)s)
    WHERE ST_DWithin(s.shape::geography, f.p::geography, %(band)s)
    UNION ALL
    SELECT f.n, 'route', 0, NULL, ST_Distance(t.route::geography, f.p::geography)
    FROM fix f JOIN sensors_trip t ON t.vehicle_id = f.station AND t.state = 'under_way' AND t.route IS NOT NULL
        AND f.at >= t.began_at"""


@dataclass(slots=True)
class Watched:
    """What a batch's places said. ``readings``: by station, the judged alarms in time order."""

    readings: dict[UUID, list[Reading]] = field(default_factory=dict)
    corridors: set[UUID] = field(default_factory=set)
    standings: dict[UUID, Standing] = field(default_factory=dict)
    moves: list[tuple[str, str, datetime]] = field(default_factory=list)


def look(
    fixes: Mapping[UUID, Sequence[Fix]], seen: Mapping[UUID, Mapping[str, tuple[float, datetime]]]
) -> Watched:
    """Judge the believed places of a batch. ``seen``: the newest value of each alarm channel of a station.

    Three queries for the batch, whatever it holds; none without a place.
    """
    told = Watched()
    rows = [
        (station, fix)
        for station in sorted(fixes)
        for fix in sorted(fixes[station], key=lambda one: one.observed_at)
        if fix.lon is not None and fix.lat is not None
    ]
    if not rows:
        return told
    v = parameters.values(_NAMES)
    numbers = Numbers(
        v["vehicle.fence_tolerance"], timedelta(minutes=v["vehicle.stop_after"]), v["vehicle.fence_band"]
    )
    around = _around(rows, v["vehicle.fence_band"])
    trips = _trips(fixes)
    before = _standings(fixes)
    fences, zone = _rules(), get_default_timezone()
    stood = {
        station: {channel: bool(value) for channel, (value, _) in seen.get(station, {}).items()}
        for station in fixes
    }
    for n, (station, fix) in enumerate(rows):
        place = Place(fix.observed_at, fix.lon, fix.lat, fix.speed_kmh, fix.state >> _LOAD_SHIFT & _LOAD_MASK)
        was = stood[station]
        said = step(
            before.get(station, Standing()),
            place,
            around.get(n, Around()),
            trips=trips.get(station, ()),
            fences=fences,
            was=lambda channel, was=was: was.get(channel, False),
            local=fix.observed_at.astimezone(zone),
            numbers=numbers,
        )
        if around.get(n, Around()).off_m is not None:
            told.corridors.add(station)
        before[station] = told.standings[station] = said.standing
        for channel, value in said.alarms.items():
            if value or channel in was:  # what was never so needs no word
                was[channel] = value
                told.readings.setdefault(station, []).append(
                    Reading(fix.address, channel, ALARM, float(value), fix.observed_at)
                )
        told.moves += [(trip, move, fix.observed_at) for trip, move in said.moves]
        for trip, move in said.moves:
            trips[station] = [
                Journey(
                    trip,
                    UNDER_WAY,
                    one.from_site,
                    one.to_site,
                    one.corridor_m,
                    one.permitted_from,
                    one.permitted_until,
                )
                if one.id == trip and move == "begin"
                else one
                for one in trips[station]
                if not (one.id == trip and move == "arrive")
            ]
    return told


def settle(watched: Watched, *, at: datetime) -> None:
    """Keep what is remembered, unless something newer is, and move the trips that began or arrived."""
    if not watched.standings:
        return
    rows = sorted(watched.standings.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensors_vehiclestanding AS s (station_id, at, stopped_since, lon, lat, load, site_id)"
            " SELECT u.* FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::float[], %s::float[],"
            " %s::smallint[], %s::bigint[]) AS u (station, at, stopped, lon, lat, load, site)"
            " JOIN sensors_station t ON t.id = u.station"
            " ON CONFLICT (station_id) DO UPDATE SET at = excluded.at, stopped_since = excluded.stopped_since,"
            " lon = excluded.lon, lat = excluded.lat, load = excluded.load, site_id = excluded.site_id"
            " WHERE excluded.at > s.at",
            [
                [station for station, _ in rows],
                *(
                    [getattr(one, name) for _, one in rows]
                    for name in ("at", "stopped_since", "lon", "lat", "load", "site")
                ),
            ],
        )
    for trip, move, moved_at in watched.moves:
        _move(trip, move, at=at, moved_at=moved_at)


def _move(trip_id: str, move: str, *, at: datetime, moved_at: datetime) -> None:
    column = {"begin": "began_at", "arrive": "arrived_at"}[move]
    trip = Trip.objects.filter(pk=trip_id).first()
    if trip is None:
        return
    try:
        with transaction.atomic():
            if move == "begin" and Trip.objects.filter(vehicle=trip.vehicle_id, state=UNDER_WAY).exists():
                return  # it is still on another waybill: a person sorts that out
            perform(trip, move, by=TERMINALS, at=at)
            Trip.objects.filter(pk=trip_id).update(**{column: moved_at})
    except NotPossible:  # somebody was quicker, by hand or in another gateway
        return


def _around(rows: Sequence[tuple[UUID, Fix]], band_m: float) -> dict[int, Around]:
    found: dict[int, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _AROUND,
            {
                "n": list(range(len(rows))),
                "station": [station for station, _ in rows],
                "at": [fix.observed_at for _, fix in rows],
                "lon": [fix.lon for _, fix in rows],
                "lat": [fix.lat for _, fix in rows],
                "band": band_m,
                "degrees": band_m / 60_000,  # a degree of longitude is longer than that up to 57° north
            },
        )
        for n, what, id_, inside, off_m in cursor.fetchall():
            one = found.setdefault(
                n, {"inside": set(), "near": set(), "sites_near": set(), "site": None, "off_m": None}
            )
            if what == "route":
                one["off_m"] = off_m
            elif what == "fence":
                one["near"].add(id_)
                if inside:
                    one["inside"].add(id_)
            else:
                one["sites_near"].add(id_)
                if inside:
                    one["site"] = id_ if one["site"] is None else min(one["site"], id_)
    return {
        n: Around(
            frozenset(one["inside"]),
            frozenset(one["near"]),
            one["site"],
            frozenset(one["sites_near"]),
            one["off_m"],
        )
        for n, one in found.items()
    }


def _trips(stations: Mapping[UUID, Any]) -> dict[UUID, list[Journey]]:
    found: dict[UUID, list[Journey]] = {}
    rows = Trip.objects.filter(vehicle__in=list(stations), state__in=OPEN).order_by(
        "permitted_from", "made_at", "pk"
    )
    for trip in rows.defer("route"):
        found.setdefault(trip.vehicle_id, []).append(
            Journey(
                str(trip.pk), trip.state, trip.from_site_id, trip.to_site_id, trip.corridor_m, trip.permitted_from,
                trip.permitted_until,
            )
        )  # fmt: skip
    return found


def _standings(stations: Mapping[UUID, Any]) -> dict[UUID, Standing]:
    return {
        row.station_id: Standing(row.at, row.stopped_since, row.lon, row.lat, row.load, row.site_id)
        for row in VehicleStanding.objects.filter(station__in=list(stations))
    }


def _rules() -> dict[int, Fence]:
    """The fences in force, read again every half minute: hours and limits hardly ever change."""
    global _fences
    name = str(connection.settings_dict["NAME"])
    if _fences is None or _fences[1] != name or clocks.monotonic() - _fences[0] > _READ_AGAIN_S:
        rows = Geofence.objects.filter(state=IN_FORCE).defer("shape")
        _fences = (clocks.monotonic(), name, {row.pk: row.as_rule() for row in rows})
    return _fences[2]


def forget() -> None:
    """Read the fences again when the next vehicle is heard."""
    global _fences
    _fences = None
