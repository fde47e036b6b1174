"""Testing the connection of a device before it is stored: it is asked once, for real, or listened to; nothing is written."""

import asyncio
import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.client import HTTPException
from typing import Any

from ..adapters import ADAPTERS
from ..adapters.base import Subscribed
from ..domain.quantities import QUANTITIES
from ..domain.readings import DecodeError, Message, Reading
from ..domain.words import gettext_noop
from ..models import RawFrame, Sensor
from ..polling.runner import FORBIDDEN, NO_ANSWER, NO_CONNECTION, Target, ask_once, why_no_connection
from ..subscribing.once import PATIENCE_S, Look, look
from . import devicetypes, secrets
from .grabbing import NoPicture, grab
from .onboarding import Prepared
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
