"""Which brokers and servers are listened to, for which devices: read from the stations, again and again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction
from psycopg2.extras import execute_values

from command_center.core.actor import feed
from command_center.core.acts import record_act
from command_center.core.now import Rate, now
from sensors.adapters import ADAPTERS
from sensors.adapters.base import Subscribed
from sensors.domain.polling import Pace
from sensors.models import Station
from sensors.services import devicetypes, identity, secrets

SUBSCRIBED = tuple(name for name, adapter in ADAPTERS.items() if isinstance(adapter, Subscribed))
COMMON = ("host", "port", "path", "tls", "security", "server_certificate")
"""What devices behind one connection have in common, beside their secrets."""


@dataclass(slots=True)
class Place:
    """One broker or server. ``common`` is what its feed is made of, ``devices`` the configurations behind it."""

    protocol: str
    common: dict[str, Any]
    devices: list[dict[str, Any]] = field(default_factory=list)
    stations: dict[str, UUID] = field(default_factory=dict)  # by address


@dataclass(frozen=True, slots=True)
class State:
    """How a station's subscription stands: an empty ``error`` where it does.

    ``proved``: the thumbprint of the certificate that its server holds, where none is trusted yet.
    """

    station: UUID
    peer: str
    error: str
    failures: int
    proved: str = ""


def common_of(protocol: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What the feed of a device with this ``config`` is made of."""
    common: dict[str, Any] = {name: config[name] for name in COMMON if config.get(name) not in (None, "")}
    common["secrets"] = config.get("secrets") or secrets.Hidden()
    common["client_id"] = client_id(protocol, common)
    common["ca_file"] = settings.OURS["device_ca_file"]
    if common.get("security"):
        common["identity"] = str(identity.file())
    return common


def client_id(protocol: str, common: Mapping[str, Any]) -> str:
    """The same at each start, so that the broker finds the session again; at most 23 letters, as MQTT 3.1.1 allows."""
    told = [protocol, common.get("host"), common.get("port"), common["secrets"].get("username", "")]
    return f"{settings.OURS['mqtt_client_id'][:12]}-{hashlib.sha256(orjson.dumps(told)).hexdigest()[:10]}"


def read(rate: Rate) -> dict[str, Place]:
    """The places by a key that changes when a new connection is needed. Three queries."""
    rows = list(
        Station.objects.filter(protocol__in=SUBSCRIBED, in_service=True)
        .select_related("device_type")
        .prefetch_related("sensors")
        .order_by("code")
    )
    hidden = secrets.of([row.pk for row in rows]) if rows else {}
    found: dict[str, Place] = {}
    for row in rows:
        kind = row.device_type
        config = devicetypes.config_of(kind.points, kind.config, row.config) if kind else dict(row.config)
        if "points" not in config:
            config["points"] = [{"channel": s.channel, "quantity": s.quantity} for s in row.sensors.all()]
        if row.pk in hidden:
            config["secrets"] = hidden[row.pk]
        common = common_of(row.protocol, config)
        key = f"{row.protocol} {orjson.dumps({**common, 'secrets': dict(common['secrets'])}, option=orjson.OPT_SORT_KEYS).decode()}"
        place = found.setdefault(key, Place(row.protocol, common))
        config.pop("secrets", None)
        every_s = Pace.of(row.interval_s, rate.rate).interval_s
        place.devices.append({**config, "address": row.address, "every_s": every_s})
        place.stations[row.address] = row.pk
    return found


class Watch:
    """The places as ``read`` finds them, read again only when a row behind them is another one."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self._seen: tuple[object, ...] = ()

    def read(self, rate: Rate) -> dict[str, Place]:
        seen = (rate.rate, *_rows())
        if seen != self._seen:
            self.places = read(rate)
            self._seen = seen
        return self.places


def _rows() -> tuple[object, ...]:
    """The versions of the rows of stations, types and secrets: each change of a row gives it another xmin."""
    version = "md5(string_agg({0}.xmin::text || {0}.{1}, ',' ORDER BY {0}.{1}))"
    stations = "sensors_station s WHERE s.protocol = ANY(%(subscribed)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT {version.format('s', 'id')} FROM {stations}),"
            f" (SELECT {version.format('d', 'id')} FROM sensors_devicetype d WHERE d.protocol = ANY(%(subscribed)s)),"
            f" (SELECT {version.format('x', 'id')} FROM sensors_stationsecret x"
            f" WHERE x.station_id IN (SELECT s.id FROM {stations})),"
            f" (SELECT {version.format('p', 'id')} FROM sensors_sensor p"
            f" WHERE p.station_id IN (SELECT s.id FROM {stations}))",
            {"subscribed": list(SUBSCRIBED)},
        )
        return tuple(cursor.fetchone())


def write(states: Sequence[State]) -> None:
    """How the subscriptions of many stations stand, in one statement."""
    newest: dict[UUID, State] = {}
    for one in states:
        newest[one.station] = one
    _trust({one.station: one.proved for one in states if one.proved})
    rows = [(one.station, one.peer[:80], one.error[:200], one.failures) for one in newest.values()]
    if not rows:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            "INSERT INTO sensors_contact AS c (station_id, peer, error, failures, picture)"
            " SELECT v.station_id, v.peer, v.error, v.failures, '' FROM (VALUES %s) v (station_id, peer, error, failures)"
            " WHERE EXISTS (SELECT FROM sensors_station s WHERE s.id = v.station_id)"
            " ON CONFLICT (station_id) DO UPDATE SET peer = excluded.peer, error = excluded.error,"
            " failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE c.failures + 1 END",
            sorted(rows),
            template="(%s::uuid, %s, %s, %s)",
            page_size=len(rows),
        )


def _trust(proved: Mapping[UUID, str]) -> None:
    """Remember the first certificate that a server showed: from now on it is the only one that its stations take."""
    with transaction.atomic():
        for row in Station.objects.select_for_update().filter(pk__in=proved):
            if row.config.get("server_certificate"):
                continue
            row.config["server_certificate"] = proved[row.pk]
            row.save(update_fields=["config"])
            record_act(
                "station.certificate_trusted", row, by=feed(row.protocol), at=now(), thumbprint=proved[row.pk]
            )
