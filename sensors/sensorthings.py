"""Stations and readings as entities of OGC SensorThings 1.1: what each says of itself, and to which others it leads.

A station is a Thing with one Location, which is the FeatureOfInterest of its observations; a point is a Datastream and the
Sensor that measures it; a quantity is an ObservedProperty; a reading is an Observation. HistoricalLocations are left out.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from .domain.quality import Check, Quality, check_of, flag_of, origin_of
from .domain.quantities import QUANTITIES
from .models import Reading, Sensor, Station
from .services import devicetypes

GEOJSON = "application/geo+json"
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Observed(NamedTuple):
    """One reading as it is read for an Observation."""

    sensor_id: int
    observed_at: datetime
    value: float
    quality: int
    received_at: datetime
    station_id: UUID

    @property
    def pk(self) -> str:
        return f"{self.sensor_id}-{micros(self.observed_at)}"


class Property(NamedTuple):
    """One quantity as an ObservedProperty."""

    pk: str


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


# --- entities --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Link:
    """From an entity to those of ``target`` whose ``column`` is what ``key`` says of it."""

    target: str
    many: bool
    key: Callable[[Any], Any]
    column: str = "pk"


@dataclass(frozen=True, slots=True)
class Kind:
    """One set of entities. ``rows``: a queryset of those in a scope (of observations: of their points); ``fields``: property →
    column for filter and order."""

    rows: Callable[[Q], Any]
    ident: Callable[[str], Any]
    said: Callable[[Any], dict[str, Any]]
    links: Mapping[str, Link]
    fields: Mapping[str, str]


def _stations(where: Q) -> Any:
    return Station.objects.filter(where)


def _sensors(where: Q) -> Any:
    return Sensor.objects.filter(station__in=Station.objects.filter(where)).select_related(
        "station__device_type"
    )


def readings(streams: Collection[int]) -> Any:
    """Readings of these points but those whose time cannot be true. Ids and no join: then a page is read off the key."""
    rows = Reading.objects.annotate(flag=F("quality").bitand(3)).exclude(flag=int(Quality.QUARANTINED))
    return rows.filter(sensor_id__in=streams)


def _thing(row: Station) -> dict[str, Any]:
    return {
        "name": row.label,
        "description": row.place or row.label,
        "properties": {
            "code": row.code,
            "kind": row.kind,
            "area": row.area_path,
            "inService": row.in_service,
        },
    }


def _place(row: Station, name: str) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [row.position.x, row.position.y]}
    return {"name": row.label, "description": row.place or row.label, "encodingType": GEOJSON, name: point}


def _point_name(row: Sensor) -> str:
    return f"{row.station.label} · {row.label or _(QUANTITIES[row.quantity].label)}"


def _datastream(row: Sensor) -> dict[str, Any]:
    unit = QUANTITIES[row.quantity].unit
    return {
        "name": _point_name(row),
        "description": _(QUANTITIES[row.quantity].label),
        "unitOfMeasurement": {"name": unit or None, "symbol": unit or None, "definition": None},
        "observationType": MEASUREMENT,
        "properties": {"channel": row.channel, "intervalSeconds": row.station.interval_s},
    }


def _instrument(row: Sensor) -> dict[str, Any]:
    type_ = row.station.device_type
    said = type_.label if type_ else _(devicetypes.label(row.station.protocol))
    return {"name": _point_name(row), "description": said, "encodingType": "text/plain", "metadata": said}


def _property(row: Property) -> dict[str, Any]:
    label = _(QUANTITIES[row.pk].label)
    return {"name": label, "definition": f"urn:onemap:quantity:{row.pk}", "description": label}


def _observation(row: Observed) -> dict[str, Any]:
    return {
        "phenomenonTime": moment(row.observed_at),
        "resultTime": moment(row.observed_at),
        "result": row.value,
        "resultQuality": {
            "flag": flag_of(row.quality).name.lower(),
            "origin": origin_of(row.quality).name.lower(),
            "check": None if (check := check_of(row.quality)) == Check.NONE else check.name.lower(),
        },
        "parameters": {"receivedAt": moment(row.received_at)},
    }


def whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


_NAMES = {"id": "pk", "name": "name"}
KINDS: dict[str, Kind] = {
    "Things": Kind(
        _stations, UUID, _thing,
        {"Datastreams": Link("Datastreams", True, lambda row: row.pk, "station_id"),
         "Locations": Link("Locations", True, lambda row: row.pk)},
        {**_NAMES, "properties/code": "code", "properties/kind": "kind"},
    ),
    "Locations": Kind(
        _stations, UUID, lambda row: _place(row, "location"), {"Things": Link("Things", True, lambda row: row.pk)}, _NAMES
    ),
    "Datastreams": Kind(
        _sensors, whole, _datastream,
        {"Thing": Link("Things", False, lambda row: row.station_id),
         "Sensor": Link("Sensors", False, lambda row: row.pk),
         "ObservedProperty": Link("ObservedProperties", False, lambda row: row.quantity),
         "Observations": Link("Observations", True, lambda row: row.pk)},
        {**_NAMES, "properties/channel": "channel", "Thing/id": "station_id", "ObservedProperty/id": "quantity"},
    ),
    "Sensors": Kind(
        _sensors, whole, _instrument, {"Datastreams": Link("Datastreams", True, lambda row: row.pk)}, _NAMES
    ),
    "ObservedProperties": Kind(
        lambda where: [Property(name) for name in QUANTITIES], str, _property,
        {"Datastreams": Link("Datastreams", True, lambda row: row.pk, "quantity")}, {"id": "id", "name": "name"},
    ),
    "FeaturesOfInterest": Kind(
        _stations, UUID, lambda row: _place(row, "feature"),
        {"Observations": Link("Observations", True, lambda row: row.pk, "station_id")}, _NAMES,
    ),
    "Observations": Kind(
        _sensors, str, _observation,
        {"Datastream": Link("Datastreams", False, lambda row: row.sensor_id),
         "FeatureOfInterest": Link("FeaturesOfInterest", False, lambda row: row.station_id)},
        {"phenomenonTime": "observed_at", "resultTime": "observed_at", "result": "value"},
    ),
}  # fmt: skip
