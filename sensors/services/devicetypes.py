"""Device types: the rows every district begins with, and what a type says of the stations that are of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..adapters import ADAPTERS
from ..adapters.base import DialIn, Subscribed
from ..domain import topics
from ..domain.mapping import merged, scaling
from ..domain.onboarding import Kind
from ..domain.quantities import QUANTITIES
from ..domain.reading_file_life import FILES
from ..domain.readings import DecodeError
from ..domain.templates import TEMPLATES
from ..domain.words import gettext_noop
from ..models import DeviceType, Sensor, Station

KINDS: dict[str, str] = {
    Station.Kind.RAIN_GAUGE: gettext_noop("Rain gauge"),
    Station.Kind.STAGE_GAUGE: gettext_noop("Stage gauge"),
    Station.Kind.PONDING_SITE: gettext_noop("Ponding site"),
    Station.Kind.PUMP_STATION: gettext_noop("Pump station"),
    Station.Kind.CAMERA: gettext_noop("Camera"),
    Station.Kind.GAS_MONITOR: gettext_noop("Gas monitor"),
    Station.Kind.FIRE_HOST: gettext_noop("Fire alarm host"),
    Station.Kind.VEHICLE: gettext_noop("Vehicle"),
}
CAMERA_NEEDS: Mapping[str, type] = {"host": str, "port": int, "path": str}
CAMERAS = {
    "rtsp": "RTSP",
    "mjpeg": "MJPEG",
    "hls": "HLS",
    "onvif": "ONVIF",
    "gb28181": "GB/T 28181 (WVP)",
    "zlm": "ZLMediaKit",
}
SECRETS = {
    "rtsp": ("username", "password"),
    "mjpeg": ("username", "password"),
    "hls": ("username", "password"),
    "onvif": ("username", "password"),
    "gb28181": ("username", "password", "api_key"),
    "zlm": ("api_key",),
    "ea_http": ("api_key",),
    "http_json": ("api_key",),
    "sensorthings": ("api_key",),
    "sl651": ("password",),
    "mqtt": ("username", "password"),
    "opcua": ("username", "password"),
}

OTHERS = {**CAMERAS, FILES: gettext_noop("Files (CSV, Excel)")}
"""Protocols without an adapter."""


def label(protocol: str) -> str:
    return OTHERS.get(protocol) or (ADAPTERS[protocol].label if protocol in ADAPTERS else protocol)


def dials_in(protocol: str) -> bool:
    """Whether the device calls us, and not we it."""
    return isinstance(ADAPTERS.get(protocol), DialIn)


def is_subscribed(protocol: str) -> bool:
    """Whether a broker or server stands between, at which we subscribe."""
    return isinstance(ADAPTERS.get(protocol), Subscribed)


def kind_of(row: DeviceType) -> Kind:
    """The type as the check of a new device needs it."""
    adapter = ADAPTERS.get(row.protocol)
    needs = (
        {**CAMERA_NEEDS, **({"profile": str} if row.protocol == "onvif" else {})}
        if row.protocol in CAMERAS
        else {}
        if dials_in(row.protocol) or not adapter
        else adapter.needs
    )
    return Kind(
        slug=row.slug,
        protocol=row.protocol,
        needs=needs,
        interval_s=row.interval_s,
        config=row.config,
        facts=row.facts,
        secrets=SECRETS.get(row.protocol, ()),
    )


def config_of(
    row_points: Sequence[Mapping[str, Any]], type_config: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    """What an adapter is given: the type's configuration under the station's own, and the points of both."""
    config = {**type_config, **own}
    if row_points or "points" in own:
        config["points"] = merged(row_points or (), own.get("points"))
    return config


def config_for(station: Station) -> dict[str, Any]:
    """What an adapter is given of ``station``, its secrets excepted."""
    row = station.device_type
    own = config_of(row.points, row.config, station.config) if row else dict(station.config)
    return {**own, "address": station.address}


def sensors_of(row: DeviceType, facts: Mapping[str, Any]) -> list[Sensor]:
    """The points of a new station of this type, without the station. A fact "$name" is the station's own."""
    found = []
    for point in row.points:
        own = {
            name: facts.get(value[1:]) if isinstance(value, str) and value.startswith("$") else value
            for name, value in point.get("facts", {}).items()
        }
        own |= {side: point[side] for side in ("lowest", "highest") if side in point}
        found.append(
            Sensor(
                channel=point["channel"],
                quantity=point["quantity"],
                name=point.get("name") or point["channel"],
                name_en=point.get("name_en", ""),
                facts={name: value for name, value in own.items() if value is not None},
            )
        )
    return found


def suggested(protocol: str, channels: Iterable[str]) -> DeviceType | None:
    """The type of ``protocol`` that has most of the ``channels`` a stranger spoke of; None where it has no type at all."""
    said = set(channels)

    def fits(row: DeviceType) -> tuple[int, int]:
        has = {point["channel"] for point in row.points}
        return len(has & said), -len(has - said)

    return max(DeviceType.objects.filter(protocol=protocol), key=fits, default=None)


def problems(row: DeviceType) -> list[str]:
    """What is wrong with a type that somebody edited, as sentences; none where it can be used."""
    if row.protocol not in ADAPTERS and row.protocol not in OTHERS:
        return [f"there is no protocol {row.protocol}"]
    if row.kind not in Station.Kind.values:
        return [f"there is no kind of station {row.kind}"]
    if (
        not isinstance(row.points, list)
        or not isinstance(row.config, dict)
        or not isinstance(row.facts, dict)
    ):
        return ["points is a list, config and facts are objects"]
    found, seen = [], set()
    for number, point in enumerate(row.points, 1):
        channel = point.get("channel") if isinstance(point, dict) else None
        if not isinstance(channel, str) or not 0 < len(channel) <= 40 or channel in seen:
            found.append(f"point {number} has no channel of its own")
            continue
        seen.add(channel)
        if point.get("quantity") not in QUANTITIES:
            found.append(f"{channel}: unknown quantity {point.get('quantity')}")
            continue
        try:
            scaling(point)
        except (TypeError, ValueError) as wrong:
            found.append(f"{channel}: {wrong}")
        if row.protocol == "opcua" and not isinstance(point.get("node"), str):
            found.append(f"{channel}: no node")
    if row.protocol == "mqtt" and (topic := row.config.get("topic")) and topics.wrong(str(topic)):
        found.append(topics.NO_TOPIC)
    if not found and row.protocol == "modbus":
        from ..adapters.modbus import plan

        try:
            plan({"points": row.points})
        except DecodeError as wrong:
            found.append(str(wrong))
    return found


def seed() -> None:
    """Add the rows that are missing; those that are there stay as the district edited them."""
    DeviceType.objects.bulk_create(
        [
            DeviceType(**{**template._asdict(), "points": list(template.points)})
            for template in TEMPLATES
            if template.protocol in ADAPTERS or template.protocol in OTHERS
        ],
        ignore_conflicts=True,
    )


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """After each migration, and after a test emptied the tables. Not where the table is gone (migrated back)."""
    from django.db import connections

    if DeviceType._meta.db_table in connections[using].introspection.table_names():
        seed()
