"""Positions of units flow to the screens beside the layers: newest wins, and none is an event.

What changed since the last look is found by the transaction that wrote the row (see ``sensors.livevalues``).
"""

from django.db import connection

from command_center.core.layers import Feed, Moving, flow

_ALL = """
    SELECT id::text, area_path, department_id, round(ST_X(position)::numeric, 5)::float,
           round(ST_Y(position)::numeric, 5)::float, (extract(epoch FROM position_at) * 1000)::bigint
    FROM dispatch_resource WHERE position_at IS NOT NULL"""
_CHANGED = _ALL + " AND age(xmin) <= age(%(since)s::xid8::xid)"


def read(since: int | None) -> tuple[int, list[Moving]]:
    """Units seen since ``since`` (a transaction number; None for all): {"position": {lon, lat, at in ms}}."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (position,) = cursor.fetchone()
        cursor.execute(_ALL if since is None else _CHANGED, {"since": str(since)})
        found = [
            Moving(pk, area, department, {"position": {"lon": lon, "lat": lat, "at": at}})
            for pk, area, department, lon, lat, at in cursor.fetchall()
        ]
    return position, found


POSITIONS = flow(Feed(name="positions", action="resource.view", read=read))
