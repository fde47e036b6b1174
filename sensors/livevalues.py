"""The values that move all the time: latest readings and rain sums, as they change.

What changed since the last look is found by the transaction that wrote each row, not by a time: a snapshot's
``xmin`` is the oldest transaction still running, so every row written by that one or a later one is told again
or for the first time, and none is missed whatever the order of commits. It costs no column and no index (an
index on a column that every reading changes would end HOT updates), and does not care how fast the hall's
clock runs.
"""

import orjson
from django.db import connection

from command_center.core.layers import Feed, Moving, flow

_CHANGED = "age({row}.xmin) <= age(%(since)s::xid8::xid)"
_MS = "(extract(epoch FROM {0}) * 1000)::bigint"

_LATEST = f"""
    SELECT st.id::text, st.area_path, st.department_id, s.channel, l.value, {_MS.format("l.observed_at")}, l.quality & 3
    FROM sensors_latestvalue l
    JOIN sensors_sensor s ON s.id = l.sensor_id JOIN sensors_station st ON st.id = s.station_id
    WHERE st.in_service"""
_RAIN = f"""
    SELECT st.id::text, st.area_path, st.department_id, {_MS.format("r.at")}, r.mm, r.complete
    FROM sensors_rainsum r
    JOIN sensors_sensor s ON s.id = r.sensor_id JOIN sensors_station st ON st.id = s.station_id
    WHERE st.in_service"""

_PLACES = f"""
    SELECT st.id::text, st.area_path, st.department_id, round(ST_X(v.position)::numeric, 5)::float,
        round(ST_Y(v.position)::numeric, 5)::float, {_MS.format("v.at")}, v.speed_kmh, v.direction_deg
    FROM sensors_vehicleposition v JOIN sensors_station st ON st.id = v.station_id
    WHERE st.in_service"""

# A camera's newest picture: its number and when it was taken. The picture itself is asked for by who shows it.
_PICTURES = f"""
    SELECT st.id::text, st.area_path, st.department_id, v.still_id, {_MS.format("v.taken_at")}
    FROM sensors_cameraview v JOIN sensors_station st ON st.id = v.station_id
    WHERE st.in_service AND v.still_id IS NOT NULL"""


def read(since: int | None) -> tuple[int, list[Moving]]:
    """Values changed since ``since`` (a transaction number; None for all), one ``Moving`` a station.

    ``values`` is {channel: [value, observed_at in ms, quality flag]}, and for rain gauges
    {"rain": {"at": ms, "1h": [mm, share of samples present], …}}, for vehicles {"position": {"lon", "lat", "at" in ms,
    "speed_kmh", "direction_deg"}}.
    """
    found: dict[str, Moving] = {}

    def of(station_id, area_path, department_id):
        if station_id not in found:
            found[station_id] = Moving(station_id, area_path, department_id)
        return found[station_id].values

    latest, rain, places = _LATEST, _RAIN, _PLACES
    if since is not None:
        latest += " AND " + _CHANGED.format(row="l")
        rain += " AND " + _CHANGED.format(row="r")
        places += " AND " + _CHANGED.format(row="v")
    with connection.cursor() as cursor:
        # First the position, then the rows: a commit in between is told twice, never missed.
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (position,) = cursor.fetchone()
        cursor.execute(latest, {"since": str(since)})
        for station_id, area_path, department_id, channel, value, at, quality in cursor.fetchall():
            of(station_id, area_path, department_id)[channel] = [value, at, quality]
        cursor.execute(rain, {"since": str(since)})
        for station_id, area_path, department_id, at, mm, complete in cursor.fetchall():
            shares = orjson.loads(complete)
            sums = {window: [amount, shares.get(window)] for window, amount in orjson.loads(mm).items()}
            of(station_id, area_path, department_id)["rain"] = {"at": at, **sums}
        cursor.execute(places, {"since": str(since)})
        for station_id, area_path, department_id, lon, lat, at, speed_kmh, direction_deg in cursor.fetchall():
            of(station_id, area_path, department_id)["position"] = {
                "lon": lon,
                "lat": lat,
                "at": at,
                "speed_kmh": speed_kmh,
                "direction_deg": direction_deg,
            }
    return position, list(found.values())


VALUES = flow(Feed(name="values", action="station.view", read=read))


def read_stills(since: int | None) -> tuple[int, list[Moving]]:
    """As ``read``, for cameras: {"still": [number of the newest picture, taken at in ms, 0]}; told to who may look."""
    sql = _PICTURES if since is None else _PICTURES + " AND " + _CHANGED.format(row="v")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (position,) = cursor.fetchone()
        cursor.execute(sql, {"since": str(since)})
        return position, [
            Moving(station_id, area_path, department_id, {"still": [still, at, 0]})
            for station_id, area_path, department_id, still, at in cursor.fetchall()
        ]


STILLS = flow(Feed(name="stills", action="camera.view", read=read_stills))
