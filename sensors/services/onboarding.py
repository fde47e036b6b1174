"""Connecting one device: checked against the district, asked once for real, then stored with its points and secrets."""

import asyncio
import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.client import HTTPException
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction

from command_center.core.actor import Actor
from command_center.core.acts import perform, record_act
from command_center.core.events import announce, announce_many
from command_center.core.models import Area, Department

from ..adapters import ADAPTERS
from ..adapters.base import Subscribed
from ..domain import lobby
from ..domain import onboarding as rules
from ..domain.onboarding import Draft, Problem
from ..domain.quantities import QUANTITIES
from ..domain.readings import DecodeError, Message, Reading
from ..domain.words import gettext_noop
from ..models import DeviceType, RawFrame, Sensor, Station, Stranger
from ..polling.runner import FORBIDDEN, NO_ANSWER, NO_CONNECTION, Target, ask_once, why_no_connection
from ..subscribing.once import PATIENCE_S, Look, look
from . import devicetypes, directory, secrets
from .grabbing import NoPicture, grab
from .onvif import Onvif

# --- what a test of the connection says, as msgids -----------------------------------------------------------
ANSWERS = gettext_noop("The device answers.")
PICTURE = gettext_noop("The camera gives a picture.")
FORBIDDEN_NETWORK = gettext_noop(
    "This address is not in an allowed device network, or its port is not allowed there. Nothing was sent."
)
UNKNOWN_HOST = gettext_noop("This host name is not known here.")
REFUSED = gettext_noop("The device is there, but refuses connections on this port.")
UNREACHABLE = gettext_noop("There is no way to this address: the network says that it cannot be reached.")
SILENT = gettext_noop(
    "Nothing answers at this address in time. Is the device switched on, is the address right?"
)
MUTE = gettext_noop("Something takes the connection at this port, but does not answer in this protocol.")
NOT_THIS_PROTOCOL = gettext_noop("The answer is not of this protocol: %(reason)s")
NO_PICTURE = gettext_noop("No picture came: %(reason)s")
NOT_ALL_POINTS = gettext_noop("The device answers, but not for every point.")
OUT_OF_RANGE = gettext_noop("The device answers, but %(count)s values lie outside their range.")
NOTHING_CAME = gettext_noop(
    "The subscription stands, but nothing came from this device in %(seconds)s seconds. Does it report less often, or elsewhere?"
)
HEARD = gettext_noop("The device was heard.")
REFUSED_FRAME = gettext_noop("Something was heard from this address, but could not be read: %(reason)s")
MANUFACTURER = gettext_noop("Manufacturer")
MODEL = gettext_noop("Model")
FIRMWARE = gettext_noop("Firmware")
SERIAL = gettext_noop("Serial number")
PROFILES = gettext_noop("Media profiles")
SERVER_CERTIFICATE = gettext_noop("Certificate of the server (thumbprint)")

GOOD, DOUBTFUL, NONE = "good", "doubtful", "none"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A device that can be stored: ``station`` and ``sensors`` are not saved yet."""

    draft: Draft
    type: DeviceType
    station: Station
    sensors: tuple[Sensor, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a test. ``state``: "good", "doubtful" (outside low to high), "none" (not said)."""

    channel: str
    name: str
    value: float | None
    unit: str
    low: float
    high: float
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What one test of a connection found. ``text`` is a msgid, ``params`` its values; ``picture`` a data URL."""

    ok: bool
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    peer: str = ""
    took_ms: float = 0.0
    values: tuple[Value, ...] = ()
    picture: str = ""
    said: tuple[tuple[str, str], ...] = ()
    """What a camera says of itself, or a server shows: (a msgid, its words)."""


@dataclass(slots=True)
class Known:
    """What a device is checked against, read once for a whole list."""

    types: dict[str, DeviceType]
    departments: dict[str, Department]
    codes: dict[str, Station]
    addresses: dict[tuple[str, str], str]  # (protocol, address) → code
    areas: dict[tuple[float, float], Area] = field(default_factory=dict)  # (lon, lat) → the innermost area


def known(given: Iterable[Mapping[str, str]]) -> Known:
    """Four queries, however many devices are ``given``."""
    rows = list(given)
    codes = [str(row.get("code", "")).strip() for row in rows]
    addresses = {str(row.get("address") or row.get("code", "")).strip() for row in rows}
    addresses |= {address.upper() for address in addresses}
    named = {}
    for one in DeviceType.objects.all():
        named |= {one.slug: one, one.name: one, **({one.name_en: one} if one.name_en else {})}
    departments = {}
    for one in Department.objects.all():
        departments |= {one.code: one, one.name: one, **({one.name_en: one} if one.name_en else {})}
    return Known(
        types=named,
        departments=departments,
        codes={one.code: one for one in Station.objects.filter(code__in=codes).select_related("area")},
        addresses={
            (protocol, address): code
            for protocol, address, code in Station.objects.filter(address__in=addresses).values_list(
                "protocol", "address", "code"
            )
        },
    )


def prepare(
    given: Mapping[str, str], *, by: Actor, there: Known | None = None, again: bool = False
) -> tuple[Prepared | None, list[Problem]]:
    """A device ready to be stored, or what stands against it. ``again``: a station of this code is to be changed."""
    there = there or known([given])
    row = there.types.get(str(given.get("type", "")).strip())
    draft, problems = rules.check(given, devicetypes.kind_of(row) if row else None)
    if draft is None or row is None:
        return None, problems
    old = there.codes.get(draft.code)
    if old is not None and not again:
        problems.append(Problem("code", rules.CODE_TAKEN, {"value": draft.code}))
    holder = there.addresses.get((row.protocol, draft.address))
    if holder is not None and holder != draft.code:
        problems.append(Problem("address", rules.ADDRESS_TAKEN, {"code": holder}))
    department = there.departments.get(draft.department) if draft.department else None
    if draft.department and department is None:
        problems.append(Problem("department", rules.NO_DEPARTMENT, {"value": draft.department[:40]}))
    place = Point(draft.lon, draft.lat, srid=4326)
    area = there.areas.get((draft.lon, draft.lat)) or area_at(draft.lon, draft.lat)
    if area is None:
        problems.append(Problem("longitude", rules.OUTSIDE))
    if problems or area is None:
        return None, problems
    station = Station(
        code=draft.code, kind=row.kind, name=draft.name, name_en=draft.name_en, position=place, place=draft.place, area=area,
        area_path=area.path, department=department, protocol=row.protocol, address=draft.address, config=dict(draft.config),
        device_type=row, interval_s=draft.interval_s, facts=dict(draft.facts),
    )  # fmt: skip
    if old is not None:
        station.pk, station.in_service = old.pk, old.in_service
        station._state.adding = (
            False  # its key has a default, by which a row that is there would be added again
        )
    if not by.may("device.edit", station) or (old is not None and not by.may("device.edit", old)):
        return None, [Problem("longitude", rules.NOT_HERE)]
    return Prepared(draft, row, station, tuple(devicetypes.sensors_of(row, draft.facts))), []


def area_at(lon: float, lat: float) -> Area | None:
    """The innermost area that holds a place (WGS 84)."""
    return areas_at([(lon, lat)]).get((lon, lat))


def areas_at(places: Iterable[tuple[float, float]]) -> dict[tuple[float, float], Area]:
    """The innermost area of each of ``places``; those outside of all are missing. Two queries."""
    wanted = sorted(set(places))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.n, a.id FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p (lon, lat, n)"
            " CROSS JOIN LATERAL (SELECT id FROM core_area"
            "  WHERE ST_Contains(outline, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))"
            "  ORDER BY length(path) DESC, path LIMIT 1) AS a",
            [[lon for lon, _ in wanted], [lat for _, lat in wanted]],
        )
        found = cursor.fetchall()
    areas = Area.objects.in_bulk({pk for _, pk in found})
    return {wanted[number - 1]: areas[pk] for number, pk in found}


def locate(there: Known, given: Iterable[Mapping[str, str]]) -> None:
    """Find the areas of a whole list at once."""
    drafts = []
    for row in given:
        kind = there.types.get(str(row.get("type", "")).strip())
        draft = rules.check(row, devicetypes.kind_of(kind))[0] if kind else None
        drafts += [(draft.lon, draft.lat)] if draft else []
    there.areas.update(areas_at(drafts))


# --- testing ---------------------------------------------------------------------------------------------
def probe(prepared: Prepared, at: datetime, stored: Mapping[str, str] | None = None) -> Probe:
    """Ask the device once, for real, and say what came of it. Nothing is stored. ``at``: the hall's time.

    ``stored``: secrets that the station has already and that were not typed in again.
    """
    station = prepared.station
    config = devicetypes.config_of(prepared.type.points, prepared.type.config, station.config)
    config["address"] = station.address
    if told := {**(stored or {}), **prepared.draft.secrets}:
        config["secrets"] = secrets.Hidden(told)
    if station.protocol in devicetypes.CAMERAS:
        return _look(station.protocol, config)
    adapter = ADAPTERS[station.protocol]
    if isinstance(adapter, Subscribed):
        return _subscribe(adapter, config, prepared, at)
    outcome = asyncio.run(ask_once(Target(station.code, adapter, config)))  # type: ignore[arg-type]
    peer, took_ms = outcome.peer, round(outcome.took_s * 1000, 1)
    if outcome.error:
        text, params = _why(outcome.error, outcome.peer)
        return Probe(False, text, params, peer, took_ms)
    try:
        message = adapter.decode(outcome.raw, config, at)
    except DecodeError as wrong:
        return Probe(False, NOT_THIS_PROTOCOL, {"reason": str(wrong)}, peer, took_ms)
    return _told(ANSWERS, message, prepared.sensors, station.address, peer, took_ms)


def _subscribe(adapter: Subscribed, config: Mapping[str, Any], prepared: Prepared, at: datetime) -> Probe:
    found = asyncio.run(look(adapter, config))
    probe = _subscribed(adapter, found, prepared, at)
    return replace(probe, said=((SERVER_CERTIFICATE, found.proved),)) if found.proved else probe


def _subscribed(adapter: Subscribed, found: Look, prepared: Prepared, at: datetime) -> Probe:
    peer, took_ms = found.peer, round(found.took_s * 1000, 1)
    if found.error and not found.news:
        return Probe(False, *_why(found.error, peer), peer, took_ms)
    readings: list[Reading] = []
    refused, message = {}, None
    for one in found.news:
        try:
            if one.error:
                raise DecodeError(one.error)
            message = adapter.decode(one.raw, one.config, at)
        except DecodeError as wrong:
            refused["news"] = str(wrong)
            continue
        readings += message.readings
        refused |= message.details.get("refused", {})
    if message is None:
        if not refused:
            return Probe(False, NOTHING_CAME, {"seconds": round(PATIENCE_S)}, peer, took_ms)
        return Probe(False, NOT_THIS_PROTOCOL, {"reason": refused["news"]}, peer, took_ms)
    whole = replace(message, readings=tuple(readings), details={"refused": refused})
    return _told(ANSWERS, whole, prepared.sensors, prepared.station.address, peer, took_ms)


def _look(protocol: str, config: Mapping[str, Any]) -> Probe:
    peer = f"{config['host']}:{config['port']}"
    try:
        image = grab(protocol, config)
    except NoPicture as wrong:
        reason = str(wrong)
        if reason.startswith(FORBIDDEN):
            return Probe(False, FORBIDDEN_NETWORK, {}, peer)
        return Probe(False, NO_PICTURE, {"reason": reason}, peer)
    image.thumbnail((640, 480))
    octets = io.BytesIO()
    image.convert("RGB").save(octets, "JPEG", quality=75)
    return Probe(
        True,
        PICTURE,
        {},
        peer,
        picture=f"data:image/jpeg;base64,{base64.b64encode(octets.getvalue()).decode()}",
        said=_introduced(config) if protocol == "onvif" else (),
    )


def _introduced(config: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Who an ONVIF camera says it is, and which pictures it has; nothing where it does not say."""
    try:
        camera = Onvif(config)
        told, profiles = camera.information(), camera.profiles()
    except (OSError, HTTPException, ValueError):
        return ()
    names = ((MANUFACTURER, "manufacturer"), (MODEL, "model"), (FIRMWARE, "firmware"), (SERIAL, "serial"))
    said = [(label, told[name]) for label, name in names if name in told]
    sizes = (f"{one.name} ({one.width} × {one.height} {one.encoding})" for one in profiles)
    return (*said, (PROFILES, ", ".join(sizes)))


def _why(error: str, peer: str) -> tuple[str, dict[str, Any]]:
    """The sentence for a failure of the poller; where that says only "no connection", the network is asked once more."""
    if error.startswith(FORBIDDEN):
        return FORBIDDEN_NETWORK, {}
    if not peer:
        return UNKNOWN_HOST, {}
    if error in (NO_ANSWER, NO_CONNECTION):
        host, _, port = peer.rpartition(":")
        found = asyncio.run(why_no_connection(host, int(port)))
        sentences = {"refused": REFUSED, "silent": SILENT, "unreachable": UNREACHABLE, "open": MUTE}
        return sentences[found], {}
    return NOT_THIS_PROTOCOL, {"reason": error}


def _told(
    text: str, message: Message, sensors: Sequence[Sensor], address: str, peer: str, took_ms: float
) -> Probe:
    """The values of ``message`` beside what the points may say."""
    newest: dict[str, Reading] = {}
    for reading in message.readings:
        if reading.address in (address, "") and (
            reading.channel not in newest or newest[reading.channel].observed_at <= reading.observed_at
        ):
            newest[reading.channel] = reading
    refused = message.details.get("refused", {})
    values = tuple(_value(sensor, newest.get(sensor.channel), refused) for sensor in sensors)
    doubtful = sum(value.state == DOUBTFUL for value in values)
    if doubtful:
        return Probe(False, OUT_OF_RANGE, {"count": doubtful}, peer, took_ms, values)
    # A device that reports by itself need not say everything in its first frame.
    if text == ANSWERS and any(value.state == NONE for value in values):
        text = NOT_ALL_POINTS
    return Probe(text != NOT_ALL_POINTS, text, {}, peer, took_ms, values)


def _value(sensor: Sensor, reading: Reading | None, refused: Mapping[str, str]) -> Value:
    quantity = QUANTITIES[sensor.quantity]
    low = sensor.facts.get("lowest", quantity.lowest)
    high = sensor.facts.get("highest", quantity.highest)
    value = reading.value if reading else None
    state = NONE if value is None else GOOD if low <= value <= high else DOUBTFUL
    return Value(
        sensor.channel,
        sensor.label,
        value,
        quantity.unit,
        low,
        high,
        state,
        str(refused.get(sensor.channel, "")),
    )


def heard(prepared: Prepared, since: datetime) -> Probe | None:
    """What a device that dials in was heard to say since ``since``; None while it was not heard."""
    station, adapter = prepared.station, ADAPTERS[prepared.station.protocol]
    frames = RawFrame.objects.filter(
        received_at__gte=since, protocol=station.protocol, address=station.address
    ).order_by("-received_at", "-id")[:20]
    refused: Probe | None = None
    for frame in frames:
        try:
            message = adapter.decode(bytes(frame.raw))
        except DecodeError as wrong:
            refused = refused or Probe(False, REFUSED_FRAME, {"reason": str(wrong)}, frame.peer)
            continue
        if message.readings:
            return _told(HEARD, message, prepared.sensors, station.address, frame.peer, 0.0)
    return refused


# --- storing ---------------------------------------------------------------------------------------------
def connect(prepared: Prepared, *, by: Actor, at: datetime) -> Station:
    """Store the device with its points and secrets, and adopt the stranger that it was, if it dialled in before.

    Raises PermissionDenied, and IntegrityError where somebody else was quicker with the code or the address.
    """
    return connect_many([prepared], by=by, at=at)[0]


def connect_many(those: Sequence[Prepared], *, by: Actor, at: datetime) -> list[Station]:
    """As ``connect``, for all of a list at once or for none."""
    stations = [one.station for one in those]
    for station in stations:
        by.require("device.edit", station)
    with transaction.atomic():
        Station.objects.bulk_create(stations)
        _write_sensors(those)
        for one in those:
            secrets.put(one.station, one.draft.secrets, by=by, at=at)
            record_act("station.added", one.station, by=by, at=at, type=one.type.slug, code=one.station.code)
        announce_many([("station.changed", station, at, {}) for station in stations])
        _adopt(stations, by=by, at=at)
    transaction.on_commit(directory.forget)
    return stations


def change(prepared: Prepared, old: Station, *, by: Actor, at: datetime) -> bool:
    """Let the station be what ``prepared`` says; False where it is so already. Readings and points stay."""
    station = prepared.station
    by.require("device.edit", old)
    by.require("device.edit", station)
    names = differences(prepared, old)
    if not names:
        return False
    names = [name for name in names if name != "secrets"]
    with transaction.atomic():
        if names:
            station.save(update_fields=[*COMPARED, "device_type", "kind"])
            _write_sensors([prepared])
            record_act("station.changed", station, by=by, at=at, changed=names)
            announce("station.changed", station, at=at)
        secrets.put(station, prepared.draft.secrets, by=by, at=at)
        _adopt([station], by=by, at=at)
    transaction.on_commit(directory.forget)
    return True


def differences(prepared: Prepared, old: Station) -> list[str]:
    """What of ``old`` would be another with ``prepared``. Secrets that are given always are: nobody can compare them."""
    names = [name for name in COMPARED if getattr(old, name) != getattr(prepared.station, name)]
    names += ["device_type"] if old.device_type_id != prepared.type.pk else []
    return names + (["secrets"] if prepared.draft.secrets else [])


COMPARED = ("name", "name_en", "position", "place", "area_id", "area_path", "department_id", "protocol", "address", "config",
            "interval_s", "facts")  # fmt: skip


def _write_sensors(those: Iterable[Prepared]) -> None:
    """Points that are missing are added, those of the same channel take the new names and facts; none is removed."""
    rows = []
    for one in those:
        for sensor in one.sensors:
            sensor.station = one.station
            rows.append(sensor)
    Sensor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["station", "channel"],
        update_fields=["quantity", "name", "name_en", "facts"],
    )


def _adopt(stations: Sequence[Station], *, by: Actor, at: datetime) -> None:
    """Strangers that dialled in under the addresses of ``stations`` are strangers no more."""
    known_as = {(station.protocol, station.address): station for station in stations}
    addresses = [address for _, address in known_as]
    for stranger in Stranger.objects.filter(address__in=addresses).exclude(state=lobby.ADOPTED):
        station = known_as.get((stranger.protocol, stranger.address))
        if station is None:
            continue
        # Now it is known where it stands, and with it who may adopt it.
        Stranger.objects.filter(pk=stranger.pk).update(area_path=station.area_path)
        row = perform(stranger, "adopt", by=by, at=at, reason=station.code)
        row.station = station
        row.save(update_fields=["station"])
