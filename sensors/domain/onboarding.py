"""What must be known of a device before it is connected: one check for the form and for every row of a list.

Everything comes as text, typed in or read from a file; a ``Draft`` comes out, or a ``Problem`` for each field, in the words
of the person who has to mend it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from math import isfinite
from typing import Any

from command_center.core.geo import TO_WGS84

from . import certificates, topics
from .words import gettext_noop

CONNECTION = ("host", "port", "unit", "path", "profile", "topic", "tls", "security", "server_certificate")
"""What an adapter may ``need`` besides its points, in the order of the form."""
OPTIONAL = frozenset({"security", "server_certificate"})
"""Of these: what may be left out, and then is not in the station's configuration."""
SECRETS = ("username", "password", "api_key")
MOST_S, LEAST_S = 86400, 10

# --- fields: name → label (a msgid), in the order of the form and of a list's columns --------------------------
LABELS: dict[str, str] = {
    "code": gettext_noop("Code"),
    "type": gettext_noop("Device type"),
    "name": gettext_noop("Name"),
    "name_en": gettext_noop("English name"),
    "longitude": gettext_noop("Longitude"),
    "latitude": gettext_noop("Latitude"),
    "crs": gettext_noop("Coordinates"),
    "place": gettext_noop("Place"),
    "department": gettext_noop("Department"),
    "address": gettext_noop("Address in the protocol"),
    "host": gettext_noop("Host"),
    "port": gettext_noop("Port"),
    "unit": gettext_noop("Unit number"),
    "path": gettext_noop("Path"),
    "topic": gettext_noop("Topic ({address} is the device)"),
    "tls": gettext_noop("Encrypted (TLS)"),
    "security": gettext_noop("Security"),
    "server_certificate": gettext_noop("Thumbprint of the server's certificate"),
    "profile": gettext_noop("Media profile"),
    "interval_s": gettext_noop("Interval (s)"),
    "username": gettext_noop("User name"),
    "password": gettext_noop("Password"),
    "api_key": gettext_noop("API key"),
}
FACTS: dict[str, str] = {
    "river": gettext_noop("River"),
    "base_level_m": gettext_noop("Base level (m)"),
    "warning_level_m": gettext_noop("Warning level (m)"),
    "guaranteed_level_m": gettext_noop("Guaranteed level (m)"),
    "crest_level_m": gettext_noop("Crest level (m)"),
    "site": gettext_noop("Site (road or home)"),
    "underpass": gettext_noop("Underpass"),
    "catchment": gettext_noop("Drains to"),
    "kind": gettext_noop("Storm or sewage"),
    "start_level_m": gettext_noop("Start level (m)"),
    "stop_level_m": gettext_noop("Stop level (m)"),
    "overflow_level_m": gettext_noop("Overflow level (m)"),
    "rated_current_a": gettext_noop("Rated current (A)"),
    "building": gettext_noop("Building"),
    "building_en": gettext_noop("Building (English)"),
    "plate": gettext_noop("Plate"),
    "driver": gettext_noop("Driver"),
    "company": gettext_noop("Company"),
    "load": gettext_noop("Load"),
    "watches": gettext_noop("Stations it watches"),
    "group": gettext_noop("Group"),
}
CRS: dict[str, str] = {
    "wgs84": gettext_noop("WGS 84 / CGCS2000 (GPS, BeiDou)"),
    "gcj02": gettext_noop("GCJ-02 (Amap, Tencent)"),
    "bd09": gettext_noop("BD-09 (Baidu)"),
}
NO_SECURITY = "none"
SECURITY: dict[str, str] = {
    NO_SECURITY: gettext_noop("None"),
    "sign": gettext_noop("Signed (Basic256Sha256)"),
    "encrypt": gettext_noop("Signed and encrypted (Basic256Sha256)"),
}
_SAID_CRS = {
    "wgs84": "wgs84",
    "gps": "wgs84",
    "cgcs2000": "wgs84",
    "gcj02": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
}

REQUIRED = gettext_noop("must be filled in")
TOO_LONG = gettext_noop("is longer than %(most)s letters")
CODE_FORM = gettext_noop("takes letters, digits, dot, dash and underline only")
NO_TYPE = gettext_noop("there is no device type %(value)s")
NOT_A_NUMBER = gettext_noop("%(value)s is not a number")
NOT_DEGREES = gettext_noop("%(value)s is not within %(low)s to %(high)s degrees")
EXCHANGED = gettext_noop("longitude and latitude seem to be exchanged")
NO_CRS = gettext_noop("%(value)s is none of WGS 84, GCJ-02, BD-09")
NOT_WITHIN = gettext_noop("%(value)s is not within %(low)s to %(high)s")
NOT_AN_ADDRESS = gettext_noop("takes ten hexadecimal digits, as %(example)s")
HOST_FORM = gettext_noop("takes an IP address or a host name, without a scheme, port or password")
PATH_FORM = gettext_noop("begins with / and has no blanks")
TOPIC_FORM = gettext_noop("is no topic, or has wildcards or {address} where MQTT does not allow them")
YES_OR_NO = gettext_noop("takes yes or no")
ONE_OF = gettext_noop("takes one of %(values)s")
THUMBPRINT_FORM = gettext_noop("takes forty hexadecimal digits")
OUTSIDE = gettext_noop("the place lies outside every area of the district")
NO_DEPARTMENT = gettext_noop("there is no department %(value)s")
CODE_TAKEN = gettext_noop("%(value)s is another station already")
ADDRESS_TAKEN = gettext_noop("station %(code)s has this address already")
TWICE = gettext_noop("stands in line %(line)s already")
NOT_HERE = gettext_noop("you may not connect devices at this place")
STATION_PASSWORD = gettext_noop("takes four hexadecimal digits, as %(example)s")
UNPRINTABLE = gettext_noop("has letters that cannot be sent")


@dataclass(frozen=True, slots=True)
class Problem:
    """``text`` is a msgid, ``params`` its values; ``field`` a key of LABELS or of the type's facts."""

    field: str
    text: str
    params: Mapping[str, Any] = made(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A device type as the check needs it. ``needs``: what its protocol must know; ``secrets``: what it may use."""

    slug: str
    protocol: str
    needs: Mapping[str, type]
    interval_s: int
    config: Mapping[str, Any]
    facts: Mapping[str, Any]
    secrets: tuple[str, ...] = ()

    def fields(self) -> tuple[str, ...]:
        """Which fields a device of this kind has, facts excepted."""
        asked = {name for name in CONNECTION if name in self.needs} | set(self.secrets)
        return tuple(name for name in LABELS if name not in (*CONNECTION, *SECRETS) or name in asked)


@dataclass(frozen=True, slots=True)
class Draft:
    """A device whose own words are in order. Place in WGS 84; ``department`` a code or empty."""

    code: str
    type: str
    name: str
    name_en: str
    lon: float
    lat: float
    place: str
    department: str
    address: str
    config: Mapping[str, Any]
    interval_s: int
    facts: Mapping[str, Any]
    secrets: Mapping[str, str]


_LONGEST = {"code": 40, "name": 80, "name_en": 120, "place": 120, "address": 200, "host": 253, "path": 300, "topic": 300, "profile": 64,
            "username": 64, "password": 128, "api_key": 256}  # fmt: skip
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_WORDS = {
    "yes": True,
    "true": True,
    "1": True,
    "是": True,
    "no": False,
    "false": False,
    "0": False,
    "否": False,
}


def check(given: Mapping[str, str], kind: Kind | None) -> tuple[Draft | None, list[Problem]]:
    """A draft of what was ``given`` (field → text), or what is wrong with it, field by field."""
    text = {name: str(value).strip() for name, value in given.items() if value is not None}
    problems = [
        Problem(name, TOO_LONG, {"most": most})
        for name, most in _LONGEST.items()
        if len(text.get(name, "")) > most
    ]
    problems += [Problem(name, REQUIRED) for name in ("code", "type", "name") if not text.get(name)]
    if text.get("code") and not re.fullmatch(r"[\w.-]+", text["code"]):
        problems.append(Problem("code", CODE_FORM))
    lon, lat = _place(text, problems)
    if kind is None:
        if text.get("type"):
            problems.append(Problem("type", NO_TYPE, {"value": text["type"]}))
        return None, problems
    interval = _number(text, "interval_s", LEAST_S, MOST_S, problems, kind.interval_s)
    config = _connection(text, kind, problems)
    address = _address(text, kind, problems)
    facts = {name: _fact(text, name, default, problems) for name, default in kind.facts.items()}
    secrets = {name: text[name] for name in kind.secrets if text.get(name)}
    problems += [
        Problem(name, UNPRINTABLE)
        for name, value in secrets.items()
        if not value.isprintable() or (name == "api_key" and not value.isascii())
    ]
    if kind.protocol == "sl651" and not re.fullmatch(r"[0-9A-Fa-f]{4}", secrets.get("password", "0000")):
        problems.append(Problem("password", STATION_PASSWORD, {"example": "04D2"}))
    if problems or lon is None or lat is None:
        return None, problems
    return Draft(
        text["code"], kind.slug, text["name"], text.get("name_en", ""), lon, lat, text.get("place", ""),
        text.get("department", ""), address, config, int(interval),
        {name: value for name, value in facts.items() if value is not None}, secrets,
    ), []  # fmt: skip


def _number(
    text: Mapping[str, str], name: str, low: float, high: float, problems: list[Problem], default: float
) -> float:
    said = text.get(name, "")
    if not said:
        return default
    try:
        value = float(said)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        problems.append(Problem(name, NOT_A_NUMBER, {"value": said[:20]}))
    elif not low <= value <= high or value != int(value):
        problems.append(Problem(name, NOT_WITHIN, {"value": said[:20], "low": low, "high": high}))
    else:
        return value
    return default


def _degrees(text: Mapping[str, str], name: str, most: int, problems: list[Problem]) -> float | None:
    said = text.get(name, "").rstrip("°EeNn ")
    if not said:
        problems.append(Problem(name, REQUIRED))
        return None
    try:
        value = float(said)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        problems.append(Problem(name, NOT_A_NUMBER, {"value": said[:20]}))
        return None
    if abs(value) > most:
        params = {"value": said[:20], "low": -most, "high": most}
        problems.append(Problem(name, NOT_DEGREES, params))
        return None
    return value


def _place(text: Mapping[str, str], problems: list[Problem]) -> tuple[float | None, float | None]:
    """(longitude, latitude) in WGS 84."""
    said = re.sub(r"[^a-z0-9]", "", text.get("crs", "").lower()) or "wgs84"
    crs = _SAID_CRS.get(said)
    if crs is None:
        problems.append(Problem("crs", NO_CRS, {"value": text["crs"][:20]}))
    lon = _degrees(text, "longitude", 180, problems)
    # The whole of China lies east of 73°: a "latitude" beyond 90 there is a longitude.
    lat = _degrees(text, "latitude", 180, problems)
    if lon is None or lat is None or crs is None:
        return None, None
    if abs(lat) > 90 and abs(lon) <= 90:
        problems.append(Problem("longitude", EXCHANGED))
        return None, None
    if abs(lat) > 90:
        problems.append(Problem("latitude", NOT_DEGREES, {"value": lat, "low": -90, "high": 90}))
        return None, None
    east, north = TO_WGS84[crs](lon, lat)  # type: ignore[no-untyped-call]
    return round(float(east), 7), round(float(north), 7)


def _connection(text: Mapping[str, str], kind: Kind, problems: list[Problem]) -> dict[str, Any]:
    """What the station's own configuration says; what its type says already is left to the type."""
    config: dict[str, Any] = {}
    for name in CONNECTION:
        if name not in kind.needs:
            continue
        said = text.get(name, "")
        if name in OPTIONAL:
            if said := _optional(name, said or str(kind.config.get(name, "")), problems):
                config[name] = said
        elif kind.needs[name] is bool:
            config[name] = _yes_or_no(said, name, bool(kind.config.get(name)), problems)
        elif not said and name not in kind.config:
            problems.append(Problem(name, REQUIRED))
        elif name in ("port", "unit"):
            low, high = (1, 65535) if name == "port" else (0, 255)
            default = float(kind.config.get(name, low))
            config[name] = int(_number(text, name, low, high, problems, default))
        else:
            config[name] = said or str(kind.config[name])
    if (host := config.get("host")) and not _HOST.fullmatch(host):
        problems.append(Problem("host", HOST_FORM))
    if (topic := config.get("topic")) and topics.wrong(topic):
        problems.append(Problem("topic", TOPIC_FORM))
    path = config.get("path")
    if path is not None and (not path.startswith("/") or re.search(r"[\s\\]", path) or not path.isascii()):
        problems.append(Problem("path", PATH_FORM))
    return config


def _optional(name: str, said: str, problems: list[Problem]) -> str:
    """What stands in the configuration; empty where nothing need stand there."""
    if name == "security":
        if said and said not in SECURITY:
            problems.append(Problem(name, ONE_OF, {"values": ", ".join(SECURITY)}))
        return "" if said == NO_SECURITY else said
    found = certificates.plain(said) if said else ""
    if found is None:
        problems.append(Problem(name, THUMBPRINT_FORM))
    return found or ""


def _address(text: Mapping[str, str], kind: Kind, problems: list[Problem]) -> str:
    """The station as the device names it. A device that we ask is told by where it stands; its code does."""
    address = text.get("address", "")
    if kind.protocol == "sl651":
        address = address.upper()
        if not re.fullmatch(r"[0-9A-F]{10}", address):
            problems.append(
                Problem("address", NOT_AN_ADDRESS if address else REQUIRED, {"example": "0090000101"})
            )
    elif not address and not kind.needs:
        problems.append(Problem("address", REQUIRED))
    return address or text.get("code", "")


def _yes_or_no(said: str, name: str, default: bool, problems: list[Problem]) -> bool:
    if said and said.lower() not in _WORDS:
        problems.append(Problem(name, YES_OR_NO))
    return _WORDS.get(said.lower(), default)


def _fact(text: Mapping[str, str], name: str, default: Any, problems: list[Problem]) -> Any:
    """One fact in the type of its default; None where it is a number that nobody gave."""
    said = text.get(name, "")
    if not said:
        return default
    if isinstance(default, bool):
        return _yes_or_no(said, name, default, problems)
    if isinstance(default, list):
        return [part for part in re.split(r"[,;，；、\s]+", said) if part]
    if default is None or isinstance(default, int | float):
        try:
            value = float(said)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            problems.append(Problem(name, NOT_A_NUMBER, {"value": said[:20]}))
            return default
        return value
    return said[:120]
