"""Reports of fire spots become spots with a place; an officer judges each by a picture."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.crypto import salted_hmac

from command_center.core import attachments
from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform
from command_center.core.events import announce
from command_center.core.locks import alone
from command_center.core.models import Area
from command_center.core.parameters import values

from ..domain.fire_spots import REPORTED, Located, Sight, at_range, best_crossing, passes, range_of
from ..domain.plane import metres
from ..models import Contact, FireSpot, SpotReport, SpotSource, Station, Still
from .areas import area_at
from .ingest import Frame

MOST_REPORTS = 100
# Two directions from nearer than this cross too flatly to tell a place: they count as one lookout's; and one lookout's
# directions so close together are one fire.
_APART_M, _SAME_WAY_DEG = 100.0, 2.0
_LOOKS_BACK = timedelta(minutes=2)  # a picture from shortly before the report shows it too
_SHOWN = 4
_M_A_DEGREE = 80_000  # of longitude, less than it is up to 44° north: the box is a little too wide


# --- who may report ------------------------------------------------------------------------------------
def new_key() -> str:
    """What a source's token is made from: renewing it makes the old token worthless."""
    return secrets.token_hex(16)


def token_of(source: SpotSource) -> str:
    seal = salted_hmac("sensors.spot", f"{source.code}.{source.token_key}", algorithm="sha256").hexdigest()
    return f"{source.code}.{seal}"


def source_of(token: str) -> SpotSource | None:
    """The source whose token this is, if it is switched on."""
    code, _, _ = token.rpartition(".")
    source = (
        SpotSource.objects.select_related("camera")
        .filter(code=code[:40].replace("\0", ""), active=True)
        .first()
    )
    if source is None or not hmac.compare_digest(token.encode(), token_of(source).encode()):
        return None
    return source


# --- taking in -----------------------------------------------------------------------------------------
def take(source: SpotSource, told: Sequence[Mapping[str, Any]], *, at: datetime) -> list[FireSpot]:
    """Take reports in; returns the spot of each, the same one where a report came again. In time order, one at a time:
    two directions of one fire that come at once become one place.

    A report: ``reference`` (the source's own, once each), ``observed_at``, and ``position`` (lon, lat), or ``bearing_deg`` with
    ``range_m`` or ``elevation_deg`` where known and ``origin`` (lon, lat) where it is not the source's own place. Raises
    ValueError for one from which no direction can be read.
    """
    v = values(
        ["fire_spot.join_minutes", "fire_spot.join_m", "fire_spot.position_error", "fire_spot.furthest_km"]
    )
    found = []
    with transaction.atomic():
        alone("fire spots")
        for one in sorted(told, key=lambda row: row["observed_at"]):
            known = (
                SpotReport.objects.filter(source=source, reference=one["reference"])
                .select_related("spot")
                .first()
            )
            found.append(known.spot if known else _take(source, one, v, at))
    return found


_TOLD = {
    "fire_bearing": "bearing_deg",
    "fire_elevation": "elevation_deg",
    "fire_range": "range_m",
    "fire_longitude": "lon",
    "fire_latitude": "lat",
}


def hear(frames: Sequence[Frame]) -> int:
    """Reports of lookouts that speak over a device protocol (MQTT …), after their readings are stored; returns how many.

    The readings of one moment are one report, known by that moment: told again, it is the same.
    """
    told: dict[tuple[str, str], dict[datetime, dict[str, Any]]] = {}
    for frame in frames:
        for reading in frame.message.readings if frame.message else ():
            if reading.quantity in _TOLD and reading.value is not None:
                moments = told.setdefault((frame.protocol, reading.address), {})
                moments.setdefault(reading.observed_at, {})[_TOLD[reading.quantity]] = reading.value
    if not told:
        return 0
    count = 0
    rows = SpotSource.objects.select_related("camera", "station").filter(
        active=True,
        station__protocol__in={key[0] for key in told},
        station__address__in={key[1] for key in told},
    )
    for source in rows:
        reports = []
        for observed_at, one in told.get((source.station.protocol, source.station.address), {}).items():
            if "lon" in one and "lat" in one:
                one["position"] = [one.pop("lon"), one.pop("lat")]
            if "position" in one or ("bearing_deg" in one and _origin(source, one) is not None):
                reports.append({**one, "reference": observed_at.isoformat(), "observed_at": observed_at})
        if reports:
            count += len(take(source, reports, at=frames[-1].received_at))
    return count


def _take(source: SpotSource, one: Mapping[str, Any], v: Mapping[str, Any], at: datetime) -> FireSpot:
    origin = _origin(source, one)
    sight = _sight(source, origin, one)
    place = _located(sight, one, v)
    if sight is None and place is None:
        raise ValueError("neither a position nor a direction")
    within = timedelta(minutes=v["fire_spot.join_minutes"])
    span = (one["observed_at"] - within, one["observed_at"] + within)
    open_ = list(
        FireSpot.objects.select_for_update(of=("self",))
        .filter(state=REPORTED, last_at__range=span)
        .prefetch_related("reports__source")
        .order_by("observed_at")
    )
    spot, better = _match(open_, sight, place, v)
    if spot is None:
        spot = _new(source, one, origin, place, at)
    else:
        _join(spot, better, one["observed_at"])
    SpotReport.objects.create(
        spot=spot,
        source=source,
        reference=one["reference"],
        observed_at=one["observed_at"],
        received_at=at,
        origin=origin,
        bearing_deg=one.get("bearing_deg"),
        elevation_deg=one.get("elevation_deg"),
        range_m=one.get("range_m"),
        position=Point(*one["position"], srid=4326) if one.get("position") else None,
        temperature_c=one.get("temperature_c"),
        confidence=one.get("confidence"),
    )
    _look(spot)
    announce("fire_spot.reported", spot, at=at)
    return spot


def _origin(source: SpotSource, one: Mapping[str, Any]) -> Point | None:
    if one.get("origin"):
        return Point(*one["origin"], srid=4326)
    if source.position:
        return source.position
    place = source.camera or source.station
    return place.position if place else None


def _sight(source: SpotSource, origin: Point | None, one: Mapping[str, Any]) -> Sight | None:
    if origin is None or one.get("bearing_deg") is None:
        return None
    range_m = one.get("range_m")
    if range_m is None and one.get("elevation_deg") is not None:
        range_m = range_of(source.height_m, one["elevation_deg"])
    return Sight(origin.x, origin.y, one["bearing_deg"], source.bearing_error_deg, range_m)


def _located(sight: Sight | None, one: Mapping[str, Any], v: Mapping[str, Any]) -> Located | None:
    if one.get("position"):
        return Located(*one["position"], v["fire_spot.position_error"])
    found = at_range(sight) if sight else None
    return found if found and sight and (sight.range_m or 0) <= v["fire_spot.furthest_km"] * 1000 else None


def _match(
    open_: Sequence[FireSpot], sight: Sight | None, place: Located | None, v: Mapping[str, Any]
) -> tuple[FireSpot | None, Located | None]:
    """The open spot that a report belongs to, and the better place that both have together (None: as it was)."""
    furthest_m = v["fire_spot.furthest_km"] * 1000
    for spot in open_:
        old = Located(spot.position.x, spot.position.y, spot.accuracy_m) if spot.position else None
        if old and place:
            apart = metres(old.lon, old.lat, place.lon, place.lat)
            if apart <= max(v["fire_spot.join_m"], old.accuracy_m + place.accuracy_m):
                return spot, place if place.accuracy_m < old.accuracy_m else None
        elif old and sight and passes(sight, old, margin_m=v["fire_spot.join_m"], furthest_m=furthest_m):
            return spot, None
    if sight is not None and place is None:
        for spot in open_:
            if spot.position is not None:
                continue
            others = [other for report in spot.reports.all() if (other := _kept(report))]
            apart = [
                other for other in others if metres(other.lon, other.lat, sight.lon, sight.lat) > _APART_M
            ]
            if crossing := best_crossing(sight, apart, furthest_m=furthest_m):
                return spot, crossing
            if any(
                abs((other.bearing_deg - sight.bearing_deg + 180) % 360 - 180) <= _SAME_WAY_DEG
                for other in others
                if other not in apart
            ):
                return spot, None  # the same lookout says it again
    if place is not None:
        for spot in open_:
            if spot.position is None and any(
                passes(other, place, margin_m=v["fire_spot.join_m"], furthest_m=furthest_m)
                for report in spot.reports.all()
                if (other := _kept(report))
            ):
                return spot, place
    return None, None


def _kept(report: SpotReport) -> Sight | None:
    if report.origin is None or report.bearing_deg is None:
        return None
    return Sight(report.origin.x, report.origin.y, report.bearing_deg, report.source.bearing_error_deg)


def _new(
    source: SpotSource, one: Mapping[str, Any], origin: Point | None, place: Located | None, at: datetime
) -> FireSpot:
    point = Point(place.lon, place.lat, srid=4326) if place else None
    area = _area(point or origin)
    return FireSpot.objects.create(
        position=point,
        accuracy_m=place.accuracy_m if place else None,
        observed_at=one["observed_at"],
        last_at=one["observed_at"],
        received_at=at,
        camera=source.camera or (_nearest_camera(point) if point else None),
        area=area,
        area_path=area.path,
    )


def _join(spot: FireSpot, better: Located | None, observed_at: datetime) -> None:
    spot.reports_count += 1
    spot.last_at = max(spot.last_at, observed_at)
    if better is not None:
        spot.position = Point(better.lon, better.lat, srid=4326)
        spot.accuracy_m = better.accuracy_m
        spot.area = _area(spot.position)
        spot.area_path = spot.area.path
        spot.camera = spot.camera or _nearest_camera(spot.position)
    spot.version += 1
    spot.save()


def _area(point: Point | None) -> Area:
    """The smallest area around a place; the whole district for one outside or unknown. Raises ValueError without any area."""
    found = area_at(point.x, point.y) if point else None
    found = found or Area.objects.filter(parent=None).order_by("path").first()
    if found is None:
        raise ValueError("there is no area yet")
    return found


def _nearest_camera(point: Point) -> Station | None:
    reach_m = values(["fire_spot.camera_km"])["fire_spot.camera_km"] * 1000
    rows = Station.objects.filter(
        kind=Station.Kind.CAMERA, in_service=True, position__dwithin=(point, reach_m / _M_A_DEGREE)
    ).annotate(away=Distance("position", point))
    return rows.filter(away__lte=D(m=reach_m)).order_by("away", "code").first()


def _look(spot: FireSpot) -> None:
    """Have the camera look now: the officer judges by its picture."""
    if spot.camera_id:
        real = datetime.now(UTC)  # poll schedules run in real time
        Contact.objects.filter(station=spot.camera_id, due_at__gt=real).update(due_at=real)


# --- judging -------------------------------------------------------------------------------------------
def pictures(spot: FireSpot) -> list[Still]:
    """The camera's pictures by which a spot can be judged, the newest first: those taken since it was seen, else the last."""
    if spot.camera_id is None:
        return []
    rows = Still.objects.filter(station=spot.camera_id).order_by("-taken_at", "-pk")
    return list(rows.filter(taken_at__gte=spot.observed_at - _LOOKS_BACK)[:_SHOWN]) or list(rows[:1])


def judge(
    spot: FireSpot, move: str, *, by: Actor, at: datetime, reason: str = "", still: Still | None = None
) -> FireSpot:
    """Confirm or refuse a spot by a picture, which is kept with it; without one a reason is asked for.

    A spot of which only a direction is known cannot be confirmed. Raises NotPossible, PermissionDenied.
    """
    if move not in ("confirm", "refuse"):
        raise NotPossible(f"{move} is no judgement", spot.state)
    with transaction.atomic():
        if still is not None and still.station_id != spot.camera_id:
            raise NotPossible("this picture is of another camera", spot.state)
        if still is None and not reason.strip():
            raise NotPossible(f"{move} needs a picture or a reason", spot.state)
        fresh = FireSpot.objects.select_for_update(of=("self",)).get(pk=spot.pk)
        if move == "confirm" and fresh.position is None:
            raise NotPossible("only a direction is known so far", fresh.state)
        row = perform(fresh, move, by=by, at=at, reason=reason)
        FireSpot.objects.filter(pk=row.pk).update(judged_by=by.name, reason=reason, still=still)
        if still is not None:
            with still.image.open("rb") as picture:
                body = ContentFile(picture.read(), name=f"{still.taken_at:%Y%m%dT%H%M%SZ}.jpg")
            attachments.attach(row, body, by=by, at=at)
    row.refresh_from_db()
    return row
