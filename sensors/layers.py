"""Stations and alarms on the map: one layer a kind of station, so that each can be switched by itself."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject

from command_center.core.layers import Lat, Layer, Lon, Ms, show

from . import livevalues  # noqa: F401  (registers the values that flow beside the layers)
from .domain.lifecycle import UNACKNOWLEDGED
from .models import Alarm, Sensor, Station

ACTIVE = Q(condition=Alarm.Condition.ACTIVE)
# What an operator still has to look at: the condition is there, or it is gone and nobody has seen it. What is
# known only from late data never rang and asks for nothing once it is over. No clock stands in this filter:
# a feature that vanished by the passing of time would need an event to say so.
OPEN = ACTIVE | Q(condition=Alarm.Condition.CLEARED, state=UNACKNOWLEDGED, rang=True)


def _stations_of(alarm_ids):
    return Alarm.objects.filter(pk__in=list(alarm_ids)).values_list("station_id", flat=True)


def _open_alarms_of(station_ids):
    return Alarm.objects.filter(OPEN, station__in=list(station_ids)).values_list("pk", flat=True)


STATION_WATCHES = {
    "alarm.raised": "station",
    "alarm.level_changed": "station",
    "alarm.cleared": "station",
    "alarm.retracted": "station",
    "alarm.acknowledge": _stations_of,  # a move's own event carries no station
    "station.silent": "",
    "station.heard": "",
    "station.changed": "",
}

_here = Alarm.objects.filter(station=OuterRef("pk"))
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
    # Four questions answered from hashes of the few active alarms; one subquery a station costs ten times as much.
    "level": Case(*(When(Exists(_here.filter(ACTIVE, level=n)), then=Value(n)) for n in (1, 2, 3, 4))),
    "unacked": Exists(_here.filter(OPEN, state=UNACKNOWLEDGED)),
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
    more={"picture": "contact__picture", "picture_since": Ms("contact__picture_since")},
    watches={"camera.changed": ""},
)
VEHICLES = _stations("vehicles", Station.Kind.VEHICLE)


def _alarms(scope):
    return Alarm.objects.filter(scope.filter("alarm.view"))


ALARMS = show(
    Layer(
        name="alarms",
        action="alarm.view",
        source=lambda scope: _alarms(scope).filter(OPEN),
        within=_alarms,
        fields={
            "station": "station_id",
            "code": "station__code",
            "name": "station__name",
            "name_en": "station__name_en",
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
            "lon": Lon("station__position"),
            "lat": Lat("station__position"),
            "area": "area_path",
        },
        watches={
            **{kind: "" for kind in STATION_WATCHES if kind.startswith("alarm.")},
            "alarm.peak_changed": "",
            "station.changed": _open_alarms_of,  # a row carries its station's name and position
        },
    )
)
