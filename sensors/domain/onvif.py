"""ONVIF: what is asked of a camera and what its answers mean (Core, Media and PTZ services; WS-Discovery). Pure.

Own, because a dozen fixed questions need no WSDL: the kept libraries fetch or carry it, read it on start, and connect by
themselves to wherever the camera points. Read with defusedxml: no entities, no document types.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .camera_answers import CameraRefused, Preset, WantsPassword

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
DEVICE_NS = "http://www.onvif.org/ver10/device/wsdl"
MEDIA_NS = "http://www.onvif.org/ver10/media/wsdl"
PTZ_NS = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
MOST_BYTES = 500_000
WANTED_WIDTH = 1280
"""Pictures are kept at most this wide."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One of a camera's pictures. Pixels are 0 where they are not said; ``steerable``: it has a motor behind it."""

    token: str
    name: str
    width: int = 0
    height: int = 0
    encoding: str = ""
    steerable: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A camera that answered a probe. ``services``: (port, path) of its device service, as it names them."""

    services: tuple[tuple[int, str], ...]
    name: str = ""
    hardware: str = ""


# --- questions ---------------------------------------------------------------------------------------------
def envelope(body: str, credentials: str = "") -> bytes:
    head = f"<s:Header>{credentials}</s:Header>" if credentials else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def credentials(username: str, password: str, nonce: bytes, created: datetime) -> str:
    """A UsernameToken with a digested password (WS-Security). ``created``: the camera's own time, aware."""
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = digest(password, nonce, stamp)
    return (
        f'<w:Security xmlns:w="{WSSE}" s:mustUnderstand="1"><w:UsernameToken><w:Username>{escape(username)}</w:Username>'
        f'<w:Password Type="{DIGEST}">{said}</w:Password>'
        f'<w:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
        f'<u:Created xmlns:u="{WSU}">{stamp}</u:Created></w:UsernameToken></w:Security>'
    )


def digest(password: str, nonce: bytes, stamp: str) -> str:
    octets = nonce + stamp.encode() + password.encode()
    return base64.b64encode(hashlib.sha1(octets, usedforsecurity=False).digest()).decode()


GET_CLOCK = f'<GetSystemDateAndTime xmlns="{DEVICE_NS}"/>'
GET_INFORMATION = f'<GetDeviceInformation xmlns="{DEVICE_NS}"/>'
GET_SERVICES = f'<GetCapabilities xmlns="{DEVICE_NS}"><Category>All</Category></GetCapabilities>'
GET_PROFILES = f'<GetProfiles xmlns="{MEDIA_NS}"/>'


def get_stream(profile: str) -> str:
    return (
        f'<GetStreamUri xmlns="{MEDIA_NS}"><StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        f"<ProfileToken>{escape(profile)}</ProfileToken></GetStreamUri>"
    )


def get_presets(profile: str) -> str:
    return f'<GetPresets xmlns="{PTZ_NS}"><ProfileToken>{escape(profile)}</ProfileToken></GetPresets>'


def goto_preset(profile: str, preset: str) -> str:
    return (
        f'<GotoPreset xmlns="{PTZ_NS}"><ProfileToken>{escape(profile)}</ProfileToken>'
        f"<PresetToken>{escape(preset)}</PresetToken></GotoPreset>"
    )


def probe(message_id: str) -> bytes:
    """A WS-Discovery probe for video transmitters; ``message_id`` is a urn:uuid of its own."""
    head = (
        f'<s:Header xmlns:a="{ADDRESSING}"><a:MessageID>{escape(message_id)}</a:MessageID>'
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{DISCOVERY}/Probe</a:Action></s:Header>"
    )
    types = quoteattr("http://www.onvif.org/ver10/network/wsdl")
    body = f'<d:Probe xmlns:d="{DISCOVERY}" xmlns:n={types}><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


# --- answers -----------------------------------------------------------------------------------------------
def read(octets: bytes) -> Element:
    """The body of an answer. Raises WantsPassword and CameraRefused for a fault, CameraRefused for what is no SOAP."""
    if len(octets) > MOST_BYTES:
        raise CameraRefused("the answer is too long")
    try:
        root: Element = fromstring(octets)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise CameraRefused("the answer is no ONVIF") from None
    body = _first(root, "Body")
    if _local(root) != "Envelope" or body is None:
        raise CameraRefused("the answer is no ONVIF")
    fault = _first(body, "Fault")
    if fault is not None:
        words = " ".join("".join(fault.itertext()).split())
        if re.search(r"NotAuthorized|FailedAuthentication|InvalidSecurity", words):
            raise WantsPassword(words[:120])
        raise CameraRefused(words[:120] or "the camera refuses")
    return body


def clock(body: Element) -> datetime | None:
    """The camera's own time; None where it says none."""
    utc = _first(body, "UTCDateTime")
    if utc is None:
        return None
    try:
        year, month, day, hour, minute, second = (
            int(_text(utc, name)) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")
        )
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def services(body: Element) -> dict[str, str]:
    """ "media" and "ptz" → path. Of the address only the path counts: behind a router its host is another one, and a camera
    must not be able to send us elsewhere."""
    found = {}
    for name in ("Media", "PTZ"):
        for part in _all(body, name):
            path = path_of(_text(part, "XAddr"))
            if path:
                found[name.lower()] = path
                break
    return found


def information(body: Element) -> dict[str, str]:
    """Manufacturer, model, firmware and serial number, those that it names."""
    names = {
        "Manufacturer": "manufacturer",
        "Model": "model",
        "FirmwareVersion": "firmware",
        "SerialNumber": "serial",
    }
    return {ours: said[:80] for theirs, ours in names.items() if (said := _text(body, theirs))}


def profiles(body: Element) -> tuple[Profile, ...]:
    found = []
    for one in _all(body, "Profiles"):
        token = one.get("token", "")
        encoder = _first(one, "VideoEncoderConfiguration")
        size = _first(encoder, "Resolution") if encoder is not None else None
        if token:
            found.append(
                Profile(
                    token, _text(one, "Name")[:80], _number(size, "Width"), _number(size, "Height"),
                    _text(encoder, "Encoding")[:20] if encoder is not None else "",
                    _first(one, "PTZConfiguration") is not None,
                )
            )  # fmt: skip
    return tuple(found)


def choose(those: Sequence[Profile], wanted: str = "") -> Profile:
    """The profile of the token or name ``wanted``; else the narrowest that is wide enough, else the widest."""
    if not those:
        raise CameraRefused("the camera has no picture")
    if wanted:
        for one in those:
            if wanted in (one.token, one.name):
                return one
        raise CameraRefused("the camera has no such profile")
    enough = [one for one in those if one.width >= WANTED_WIDTH]
    return min(enough, key=lambda one: one.width) if enough else max(those, key=lambda one: one.width)


def stream(body: Element) -> tuple[int, str]:
    """(port, path with query) of the RTSP stream, its host being the camera's own."""
    said = _text(body, "Uri")
    try:
        parts = urlsplit(said)
        port = parts.port or 554
    except ValueError:
        raise CameraRefused("the camera names no stream") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme != "rtsp" or not path.isascii() or not path.isprintable():
        raise CameraRefused("the camera names no stream")
    return port, path


def presets(body: Element) -> list[Preset]:
    found = [(one.get("token", ""), _text(one, "Name")) for one in _all(body, "Preset")]
    return [Preset(token[:64], (name or token)[:80]) for token, name in found if token]


def match(octets: bytes) -> Found | None:
    """What a probe's answer says; None for what is no such answer."""
    try:
        body = read(octets)
    except CameraRefused:
        return None
    part = _first(body, "ProbeMatch")
    if part is None:
        return None
    ways = []
    for address in _text(part, "XAddrs").split():
        try:
            port = urlsplit(address).port or 80
        except ValueError:
            continue
        if urlsplit(address).scheme == "http" and (path := path_of(address)):
            ways.append((port, path))
    said = dict(_scopes(_text(part, "Scopes")))
    return Found(tuple(dict.fromkeys(ways)), said.get("name", ""), said.get("hardware", ""))


def _scopes(text: str) -> Iterator[tuple[str, str]]:
    for scope in text.split():
        head, _, value = scope.removeprefix("onvif://www.onvif.org/").partition("/")
        yield head.lower(), unquote(value)[:80]


def path_of(address: str) -> str:
    """The path of an address that a camera named; empty where that is none to be asked."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return path if re.fullmatch(r"/[!-\[\]-~]*", path) else ""


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _local(one) == name)


def _first(element: Element | None, name: str) -> Element | None:
    return next(_all(element, name), None) if element is not None else None


def _text(element: Element | None, name: str) -> str:
    found = _first(element, name)
    return (found.text or "").strip() if found is not None else ""


def _number(element: Element | None, name: str) -> int:
    said = _text(element, name)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0
