"""The pictures that are kept of cameras: the newest one always, some of each hour, and all around an alarm."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Q
from PIL import Image

from command_center.core.parameters import value, values
from command_center.core.scope import Scope
from sensors.domain.pictures import Belief
from sensors.models import Alarm, Station, Still

STILL_WIDTH = 1280
JPEG_QUALITY = 80
SHOWN = 24
"""Pictures of each camera on a strip, spread over its time."""
CAMERAS_SHOWN = 6
_WORST = 50  # alarms whose cameras may look more often: those after them wait, as a flood has hundreds
_DROPPED_AT_ONCE = 200

# c: a camera, s: what an alarm is about. It watches it by declaration, or stands near.
_SEES = (
    "(jsonb_exists(coalesce(c.facts->'watches', '[]'), s.code)"
    " OR ST_DistanceSphere(c.position, s.position) <= %(reach_m)s)"
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which stills are kept; all in the hall's time. ``held``: how long those around an alarm are."""

    every: timedelta
    newest: int
    alarm_window: timedelta
    reach_m: float = 300
    held: timedelta = timedelta(days=30)


def keeping_in_force() -> Keeping:
    now = values(
        [
            "camera.still_every",
            "camera.stills_kept",
            "camera.alarm_window",
            "camera.alarm_reach",
            "camera.held_days",
        ]
    )
    return Keeping(
        timedelta(minutes=now["camera.still_every"]),
        now["camera.stills_kept"],
        timedelta(minutes=now["camera.alarm_window"]),
        now["camera.alarm_reach"],
        timedelta(days=now["camera.held_days"]),
    )


def keep_still(
    station: Station, image: Image.Image, belief: Belief, at: datetime, keep: str = Still.Keep.ORDINARY
) -> Still:
    """Keep a picture: at most 1280 wide, written anew as JPEG so that nothing but the picture is in the file."""
    if image.width > STILL_WIDTH:
        image = image.resize((STILL_WIDTH, max(1, image.height * STILL_WIDTH // image.width)))
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=JPEG_QUALITY)
    still = Still(
        station=station,
        taken_at=at,
        received_at=at,
        state=belief.state,
        fingerprint=belief.fingerprint,
        keep=keep,
    )
    still.image.save(f"{secrets.token_hex(12)}.jpg", ContentFile(data.getvalue()), save=False)
    still.save()
    return still


def drop_old_stills(
    station: Station, keeping: Keeping, at: datetime, newest: Still | None = None
) -> list[Still]:
    """Delete the rows of what need not be kept any more; returns them for their files' sake.

    Passing views but the ``newest`` go at once, ordinary pictures when they are more than so many, unless an alarm near by
    holds them; those that one holds when their time is over.
    """
    rows = Still.objects.filter(station=station)
    over = rows.filter(keep=Still.Keep.PASSING)
    dropped = list(over.exclude(pk=newest.pk) if newest else over)
    old = list(rows.filter(keep=Still.Keep.ORDINARY).order_by("-taken_at", "-pk")[keeping.newest :])
    if old:
        spans = _alarm_spans(station, old[-1].taken_at, old[0].taken_at, keeping)
        held = [still for still in old if any(begin <= still.taken_at <= end for begin, end in spans)]
        Still.objects.filter(pk__in=[still.pk for still in held]).update(keep=Still.Keep.HELD)
        dropped += [still for still in old if still not in held]
    dropped += rows.filter(keep=Still.Keep.HELD, taken_at__lt=at - keeping.held).order_by("taken_at")[
        :_DROPPED_AT_ONCE
    ]
    if dropped:
        Still.objects.filter(pk__in=[still.pk for still in dropped]).delete()
    return dropped


def _alarm_spans(
    station: Station, since: datetime, until: datetime, keeping: Keeping
) -> list[tuple[datetime, datetime]]:
    """When alarms near the camera were, with the time around each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id FROM sensors_station c JOIN sensors_station s ON {_SEES} WHERE c.id = %(camera)s",
            {"camera": station.pk, "reach_m": keeping.reach_m},
        )
        seen = [row[0] for row in cursor.fetchall()]
    alarms = Alarm.objects.filter(
        Q(cleared_at=None) | Q(cleared_at__gte=since - keeping.alarm_window),
        station__in=seen,
        raised_at__lte=until + keeping.alarm_window,
    ).values_list("raised_at", "cleared_at")
    return [
        (raised - keeping.alarm_window, (cleared or raised) + keeping.alarm_window)
        for raised, cleared in alarms
    ]


def last_still(station: Station, *, kept: bool = False) -> Still | None:
    """The newest picture of a camera; with ``kept`` the newest that stays when the next one comes."""
    rows = Still.objects.filter(station=station)
    if kept:
        rows = rows.exclude(keep=Still.Keep.PASSING)
    return rows.order_by("-taken_at", "-pk").first()


def cameras_at(codes: Sequence[str]) -> list[UUID]:
    """The cameras that watch the stations ``codes`` or stand near them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.id FROM sensors_station s JOIN sensors_station c"
            f" ON c.kind = 'camera' AND {_SEES} WHERE s.code = ANY(%(codes)s)",
            {"codes": list(codes), "reach_m": value("camera.alarm_reach")},
        )
        return [row[0] for row in cursor.fetchall()]


def hurried(at: datetime) -> set[UUID]:
    """The cameras that look every few seconds now: near an alarm that is active and fresh, the worst and newest first.

    Never more than ``camera.alarm_cameras``. That a station is silent is nothing to be seen.
    """
    known = values(["camera.alarm_reach", "camera.alarm_for", "camera.alarm_cameras"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM (SELECT station_id, level, raised_at FROM sensors_alarm"
            "  WHERE condition = 'active' AND node_id IS NULL AND NOT rule LIKE '%%.silent'"
            "   AND suppressions = '[]' AND raised_at > %(since)s ORDER BY level, raised_at DESC LIMIT %(worst)s) a"
            " JOIN sensors_station s ON s.id = a.station_id"
            f" JOIN sensors_station c ON c.kind = 'camera' AND c.in_service AND {_SEES}"
            " GROUP BY c.id ORDER BY min(a.level), max(a.raised_at) DESC, c.id LIMIT %(most)s",
            {
                "since": at - timedelta(minutes=known["camera.alarm_for"]),
                "worst": _WORST,
                "reach_m": known["camera.alarm_reach"],
                "most": known["camera.alarm_cameras"],
            },
        )
        return {row[0] for row in cursor.fetchall()}


def history(
    where: Point | None, codes: Sequence[str], since: datetime, until: datetime, scope: Scope
) -> list[dict[str, Any]]:
    """What the cameras near ``where``, or that watch one of ``codes``, saw from ``since`` to ``until``, nearest first.

    One dict a camera that has pictures: ``id``, ``name``, ``distance_m`` (None where it is not known), ``stills`` (at most
    ``SHOWN``, oldest first, spread over the time): ``id``, ``taken_at``, ``state``. Two queries.
    """
    if not scope.may("camera.view") or (where is None and not codes):
        return []
    sees = Q()
    for code in codes:
        sees |= Q(facts__watches__contains=[code])
    cameras = Station.objects.filter(scope.filter("camera.view"), kind=Station.Kind.CAMERA)
    away: dict[UUID, float] = {}
    if where is not None:
        away = _within(where, value("camera.alarm_reach"))
        sees |= Q(pk__in=list(away))
    found = sorted(cameras.filter(sees), key=lambda one: (away.get(one.pk, 0.0), one.code))[:CAMERAS_SHOWN]
    stills: dict[UUID, list[Still]] = {one.pk: [] for one in found}
    rows = Still.objects.filter(station__in=found, taken_at__range=(since, until)).exclude(
        keep=Still.Keep.PASSING
    )
    for still in rows.only("id", "station_id", "taken_at", "state").order_by("taken_at", "pk"):
        stills[still.station_id].append(still)
    return [
        {
            "id": str(one.pk),
            "name": one.label,
            "distance_m": round(away[one.pk]) if one.pk in away else None,
            "stills": [
                {"id": still.pk, "taken_at": still.taken_at, "state": still.state}
                for still in _spread(stills[one.pk])
            ],
        }
        for one in found
        if stills[one.pk]
    ]


def of_alarm(alarm: Alarm, at: datetime, scope: Scope) -> list[dict[str, Any]]:
    """``history`` around one alarm: from so long before it until so long after it."""
    window = timedelta(minutes=value("camera.alarm_window"))
    until = min((alarm.cleared_at or at) + window, at)
    return history(alarm.station.position, [alarm.station.code], alarm.raised_at - window, until, scope)


def _within(where: Point, reach_m: float) -> dict[UUID, float]:
    """Cameras within ``reach_m`` of a place, with their distance in m."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, away FROM (SELECT id, ST_DistanceSphere(position, ST_SetSRID(ST_Point(%s, %s), 4326)) AS away"
            " FROM sensors_station WHERE kind = 'camera') x WHERE away <= %s",
            [where.x, where.y, reach_m],
        )
        return dict(cursor.fetchall())


def _spread(stills: Sequence[Still]) -> Sequence[Still]:
    """At most ``SHOWN`` of them, evenly, with the first and the last."""
    if len(stills) <= SHOWN:
        return stills
    step = (len(stills) - 1) / (SHOWN - 1)
    return [stills[round(n * step)] for n in range(SHOWN)]
