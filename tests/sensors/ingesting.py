"""Stations and frames for the tests of taking readings in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.contrib.gis.geos import Point

from command_center.core.models import Area
from sensors.domain.readings import Message
from sensors.domain.readings import Reading as Said
from sensors.models import Sensor, Station
from sensors.services.ingest import Frame, ingest

NIGHT = datetime(2022, 8, 18, 20, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)


def station(
    address: str = "0090000101",
    *,
    kind: str = "rain_gauge",
    protocol: str = "sl651",
    interval_s: int = 300,
    sensors: Iterable[tuple] = (("rain_total", "rain_total"), ("rain_5min", "rain_5min")),
    facts: dict | None = None,
) -> dict[str, Sensor]:
    """A station with its sensors, by channel. ``sensors``: (channel, quantity[, facts])."""
    area, _ = Area.objects.get_or_create(
        code="t", defaults={"path": "/dy/", "kind": "district", "name": "区"}
    )
    owner = Station.objects.create(
        code=f"S-{protocol}-{address}",
        name="站",
        kind=kind,
        position=Point(118.6, 37.45, srid=4326),
        area=area,
        area_path="/dy/",
        protocol=protocol,
        address=address,
        interval_s=interval_s,
        facts=facts or {},
    )
    return {
        channel: Sensor.objects.create(
            station=owner,
            channel=channel,
            quantity=quantity,
            facts=(rest[0] if rest else {"wraps_at": 100000.0} if quantity == "rain_total" else {}),
            name=channel,
        )
        for channel, quantity, *rest in sensors
    }


def frame(address: str, values: Iterable[tuple], *, at: datetime, protocol: str = "sl651") -> Frame:
    """A decoded frame received at ``at``; ``values``: (channel, quantity, value, observed_at)."""
    said = tuple(Said(address, channel, quantity, value, when) for channel, quantity, value, when in values)
    message = Message(protocol, address, "32", at, at, said)
    return Frame(protocol, "127.10.0.1:40000", at, b"~~raw", address, message)


def tell(address: str, values: Iterable[tuple], *, at: datetime, protocol: str = "sl651"):
    """Take one frame in."""
    return ingest([frame(address, values, at=at, protocol=protocol)], received_at=at)
