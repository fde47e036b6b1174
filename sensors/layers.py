"""Stations and alarms on the map: one layer a kind of station, so that each can be switched by itself."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, Func, JSONField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.db.models.lookups import IsNull

from command_center.core.attachments import OPENED_BY
from command_center.core.layers import Lat, Layer, Lon, Ms, records, show

from . import livevalues  # noqa: F401  (registers the values that flow beside the layers)
from .domain.fire_spots import REPORTED
from .domain.lifecycle import UNACKNOWLEDGED
from .domain.suppression import PLANNED, SHELVED
from .domain.trips import UNDER_WAY
from .domain.warnings import ACTIVE as STANDS
from .domain.warnings import SILENT_AFTER
from .models import (
    Alarm,
    AlarmEvidence,
    CameraPlace,
    FireSpot,
    FloodSpan,
    PublicWarning,
    Sensor,
    SpotReport,
    Station,
    Suppression,
    Trip,
    WarningFeed,
)
from .models.alarms import ACTIVE, CALLING, OPEN
from .services.camera_groups import groups_of


def _stations_of(alarm_ids):
    return Alarm.objects.filter(pk__in=list(alarm_ids)).values_list("station_id", flat=True)


def _asked_about(suppression_ids):
    """The open alarms that a decision to shelve is about."""
    same = Suppression.objects.filter(
        pk__in=list(suppression_ids), station=OuterRef("station"), rule=OuterRef("rule")
    )
    return Alarm.objects.filter(OPEN).filter(Exists(same)).values_list("pk", flat=True)


def _open_alarms_of(station_ids):
    return Alarm.objects.filter(OPEN, station__in=list(station_ids)).values_list("pk", flat=True)


STATION_WATCHES = {
    "alarm.raised": "station",
    "alarm.level_changed": "station",
    "alarm.cleared": "station",
    "alarm.retracted": "station",
    "alarm.acknowledge": _stations_of,  # a move's own event carries no station
    "alarm.suppression": "station",
    "station.silent": "",
    "station.heard": "",
    "station.changed": "",
}


def _stations_with(which, **more):
    return Alarm.objects.filter(which, CALLING, node=None, **more).values("station")


STATION_FIELDS = {
    "code": "code",
    "name": "name",
    "name_en": "name_en",
    "kind": "kind",
    "lon": Lon("position"),
    "lat": Lat("position"),
    "area": "area_path",
    "interval_s": "interval_s",
    "facts": "facts",
    "silent_since": Ms("contact__silent_since"),
    # Uncorrelated, so that each is answered once and kept as a hash of the few; asked a station at a time they cost
    # half of the snapshot's time.
    # What is suppressed gives its station no colour: the list of alarms says how many are set aside.
    "level": Case(*(When(pk__in=_stations_with(ACTIVE, level=n), then=Value(n)) for n in (1, 2, 3, 4))),
    "unacked": Case(
        When(pk__in=_stations_with(OPEN, state=UNACKNOWLEDGED), then=Value(True)), default=Value(False)
    ),
}
POINTS = ArraySubquery(
    Sensor.objects.filter(station=OuterRef("pk"))
    .order_by("pk")
    .values(point=JSONObject(channel="channel", quantity="quantity", facts="facts"))
)


def _of(kind):
    def source(scope):
        return Station.objects.filter(scope.filter("station.view"), kind=kind, in_service=True)

    return source


def _stations(name, kind, more=None, watches=None):
    return show(
        Layer(
            name=name,
            action="station.view",
            source=_of(kind),
            fields=STATION_FIELDS | (more or {}),
            watches=STATION_WATCHES | (watches or {}),
        )
    )


RAIN = _stations("rain", Station.Kind.RAIN_GAUGE)
RIVER = _stations("river", Station.Kind.STAGE_GAUGE)
PONDING = _stations("ponding", Station.Kind.PONDING_SITE)
PUMPS = _stations("pumps", Station.Kind.PUMP_STATION, more={"points": POINTS})
CAMERAS = _stations(
    "cameras",
    Station.Kind.CAMERA,
    more={
        "picture": "contact__picture",
        "picture_since": Ms("contact__picture_since"),
        "seen": "view__facts",
        "place": "place",
        "town": "area__name",
        "town_en": "area__name_en",
    },
    watches={"camera.changed": ""},
)

# Groups of cameras, of the viewer's own area and of those above it; the cameras are filtered where they are shown.
CAMERA_GROUPS = show(
    Layer(
        name="camera_groups",
        action="camera.view",
        source=groups_of,
        fields={
            "name": "name",
            "name_en": "name_en",
            "area": "area_path",
            "cameras": ArraySubquery(
                CameraPlace.objects.filter(group=OuterRef("pk")).order_by("number", "pk").values("station_id")
            ),
        },
        watches={"camera_group.changed": "", "camera_group.dropped": ""},
    )
)
GAS = _stations("gas", Station.Kind.GAS_MONITOR, more={"points": POINTS})
FIRE = _stations("fire", Station.Kind.FIRE_HOST, more={"points": POINTS})


OPENED_BY[AlarmEvidence._meta.label_lower] = "camera.view"
OPENED_BY[FireSpot._meta.label_lower] = "fire_spot.view"


def _vehicles_of(trip_ids):
    return Trip.objects.filter(pk__in=list(trip_ids)).values_list("vehicle_id", flat=True)


VEHICLES = _stations(
    "vehicles",
    Station.Kind.VEHICLE,
    # What is on board now; where a trip goes to and who drives it is told to those who may see trips.
    more={
        "trip": Subquery(
            Trip.objects.filter(vehicle=OuterRef("pk"), state=UNDER_WAY).values(
                told=JSONObject(un="un_number", goods="goods", goods_en="goods_en", mass_kg="mass_kg")
            )[:1]
        )
    },
    watches={"trip.begin": _vehicles_of, "trip.arrive": _vehicles_of, "trip.cancel": _vehicles_of},
)


_spots = records(FireSpot, "fire_spot.view")

# Where it was seen from, in which direction, and how far that may be off: drawn as lines.
SIGHTS = ArraySubquery(
    SpotReport.objects.filter(spot=OuterRef("pk"), bearing_deg__isnull=False, origin__isnull=False)
    .order_by("pk")
    .values(
        told=JSONObject(
            lon=Lon("origin"), lat=Lat("origin"), bearing="bearing_deg", error="source__bearing_error_deg"
        )
    )[:8]
)

FIRE_SPOTS = show(
    Layer(
        name="fire_spots",
        action="fire_spot.view",
        source=lambda scope: _spots(scope).filter(state=REPORTED),
        within=_spots,
        fields={
            "name": "area__name",
            "name_en": "area__name_en",
            "lon": Lon("position"),
            "lat": Lat("position"),
            "area": "area_path",
            "accuracy_m": "accuracy_m",
            "observed_at": Ms("observed_at"),
            "last_at": Ms("last_at"),
            "reports": "reports_count",
            "camera": "camera_id",
            "sights": SIGHTS,
        },
        watches={f"fire_spot.{what}": "" for what in ("reported", "confirm", "refuse")},
    )
)


_alarms = records(Alarm, "alarm.view")

# A shelf that waits for its second person; confirming it suppresses the alarm, which is told by itself.
ASKED = Subquery(
    Suppression.objects.filter(
        Q(sensor=OuterRef("sensor")) | Q(sensor=None) & Q(IsNull(OuterRef("sensor"), True)),
        state=PLANNED,
        cause=SHELVED,
        station=OuterRef("station"),
        rule=OuterRef("rule"),
    ).values(told=JSONObject(by="made_by", until="ends_at"))[:1]
)

ALARMS = show(
    Layer(
        name="alarms",
        action="alarm.view",
        source=lambda scope: _alarms(scope).filter(OPEN),
        within=_alarms,
        fields={
            "station": "station_id",
            "code": "station__code",
            "node": "node_id",
            "name": Coalesce("node__name", "station__name"),
            "name_en": Coalesce("node__name_en", "station__name_en"),
            "kind": "station__kind",
            "channel": "sensor__channel",
            "rule": "rule",
            "level": "level",
            "worst_level": "worst_level",
            "condition": "condition",
            "state": "state",
            "value": "value",
            "peak": "peak_value",
            "facts": "facts",
            "raised_at": Ms("raised_at"),
            "level_since": Ms("level_since"),
            "cleared_at": Ms("cleared_at"),
            "acknowledged_at": Ms("acknowledged_at"),
            "acknowledged_by": "acknowledged_by",
            "rang": "rang",
            "suppression": "suppression",
            "suppressions": "suppressions",
            "asked": ASKED,
            "lon": Lon("station__position"),
            "lat": Lat("station__position"),
            "area": "area_path",
        },
        watches={
            **{kind: "" for kind in STATION_WATCHES if kind.startswith("alarm.")},
            "alarm.peak_changed": "",
            "suppression.asked": _asked_about,
            "suppression.refuse": _asked_about,
            "suppression.lapse": _asked_about,
            "station.changed": _open_alarms_of,  # a row carries its station's name and position
        },
    )
)


def _floods(scope):
    where = Q(pk__in=[])
    for grant in scope.holding("alarm.view"):  # a flood is the desk's, of all departments
        where |= Q(area_path__startswith=grant.area)
    return FloodSpan.objects.filter(where)


FLOODS = show(
    Layer(
        name="floods",
        action="alarm.view",
        source=lambda scope: _floods(scope).filter(ended_at=None),
        within=_floods,
        fields={"area": "area_path", "began_at": Ms("began_at"), "worst_per_10min": "worst_per_10min"},
        watches={"flood.changed": ""},
    )
)


class Outline(Func):
    """A shape as GeoJSON, to some 50 metres: what a colour on a district's map needs."""

    template = "ST_AsGeoJSON(ST_SimplifyPreserveTopology(%(expressions)s, 0.0005), 4)::json"
    output_field = JSONField()


WARNINGS = show(
    Layer(
        name="warnings",
        action="warning.view",
        # Published for everybody: a hall of one town sees the district's warnings too.
        source=lambda scope: PublicWarning.objects.filter(state=STANDS),
        fields={
            "name": "title",
            "name_en": "title_en",
            "type": "type",
            "event": "event",
            "level": "level",
            "sender": "sender_name",
            "exercise": "exercise",
            "sent_at": Ms("sent_at"),
            "since": Ms("effective_at"),
            "until": Ms("expires_at"),
            "places": "places",
            "shape": Outline("shape"),
            "area": "area_path",
        },
        watches={"warning.changed": ""},
    )
)

WARNING_FEEDS = show(
    Layer(
        name="warning_feeds",
        action="warning.view",
        # Those that are not heard: no warning shown is then no proof that none stands.
        source=lambda scope: WarningFeed.objects.filter(active=True, failures__gte=SILENT_AFTER),
        fields={"name": "name", "heard_at": Ms("heard_at")},
        watches={"warning_feed.silent": "", "warning_feed.heard": ""},
    )
)
