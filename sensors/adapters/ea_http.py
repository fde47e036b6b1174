"""HTTP JSON in the shape of the Environment Agency's flood-monitoring API: ``/id/stations/{ref}/measures``, lists of
measures, a single measure, each with its ``latestReading``.

Without ``points`` in the configuration a measure becomes a point by its parameter and qualifier (table ``MEASURES``).
With them, the points of a station say what its measures mean: ``{"channel", "quantity", "parameter", "qualifier"}``,
the last two optional. Values are scaled from the measure's ``unitName`` to the quantity's unit.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import httpx
import orjson

from sensors.adapters.base import NOTHING, Session
from sensors.domain.mapping import none_of
from sensors.domain.networks import same_peer
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError, Message, Reading
from sensors.domain.units import FACTORS

CONNECT_S = 2.0
READ_S = 3.0
KEEP_ALIVE_S = 900.0
LONGEST_ANSWER = 1_000_000  # bytes
MOST_MEASURES = 5000

# fmt: off
MEASURES: dict[tuple[str, str], tuple[str, str]] = {
    # parameter, qualifier           → channel, quantity
    ("level", "Stage"):                ("level", "water_level"),
    ("level", "Downstream Stage"):     ("level_downstream", "water_level"),
    ("level", "Tidal Level"):          ("level_tidal", "water_level"),
    ("level", "Groundwater"):          ("level_groundwater", "groundwater_depth"),
    ("level", "Ponding"):              ("depth", "ponding_depth"),
    ("level", ""):                     ("level", "water_level"),
    ("flow", ""):                      ("flow", "water_flow"),
    ("temperature", ""):               ("temperature", "air_temperature"),
}
RAIN: dict[float, tuple[str, str]] = {
        300: ("rain_5min", "rain_5min"), 600: ("rain_10min", "rain_10min"), 1800: ("rain_30min", "rain_30min"),
        3600: ("rain_1h", "rain_1h"), 10800: ("rain_3h", "rain_3h"), 21600: ("rain_6h", "rain_6h"),
        43200: ("rain_12h", "rain_12h"), 86400: ("rain_day", "rain_day")}
# fmt: on


class Refused(ValueError):
    """One measure that gives no reading, and why."""


def measures(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The measures of an answer: ``items`` as a list or as one object, or the measure itself."""
    if not isinstance(answer, dict):
        raise DecodeError("the answer is not an object")
    items = answer.get("items", answer if "latestReading" in answer else None)
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list):
        raise DecodeError("the answer has no items")
    if len(items) > MOST_MEASURES:
        raise DecodeError(f"the answer has more than {MOST_MEASURES} measures")
    for item in items:
        if isinstance(item, dict):
            yield item


def first_text(value: Any) -> str:
    """Texts come alone or, where a station has several, as a list."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def number(value: Any) -> float:
    """A number, also where it comes as text or as a list of equal ones."""
    if isinstance(value, list):
        found = {number(item) for item in value}
        if len(found) != 1:
            raise Refused(f"{len(found)} different values for one moment")
        return found.pop()
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Refused(f"the value {value[:20]!r} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Refused("the value is not a number")
    return float(value)


def moment(value: Any) -> datetime:
    text = first_text(value)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"the time {text[:30]!r} cannot be read") from None
    if not 1970 <= found.year < 2200:
        raise Refused(f"the time {text[:30]!r} cannot be true")
    # The API's times are UTC; some of its mirrors leave the Z out.
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def latest(measure: Mapping[str, Any]) -> tuple[datetime, float]:
    """Time and value of the newest reading."""
    reading = measure.get("latestReading")
    if isinstance(reading, list):
        known = [item for item in reading if isinstance(item, dict) and item.get("dateTime")]
        reading = max(known, key=lambda item: first_text(item["dateTime"]), default=None)
    if isinstance(reading, str):
        raise Refused("the latest reading is only named, not given")
    if not isinstance(reading, dict) or "value" not in reading:
        raise Refused("no latest reading")
    return moment(reading.get("dateTime")), number(reading["value"])


def point_of(measure: Mapping[str, Any], points: list[Mapping[str, Any]] | None) -> tuple[str, str]:
    """Channel and quantity of a measure."""
    parameter, qualifier = first_text(measure.get("parameter")), first_text(measure.get("qualifier"))
    if points is not None:
        for point in points:
            if (
                point.get("parameter", parameter) == parameter
                and point.get("qualifier", qualifier) == qualifier
            ):
                return str(point.get("channel", "")), str(point.get("quantity", ""))
        raise Refused(f"no point of this station is {parameter} {qualifier}".rstrip())
    if parameter == "rainfall":
        period = measure.get("period")
        if isinstance(period, int | float) and period in RAIN:
            return RAIN[period]
        raise Refused(f"no quantity for rain of {period!r} seconds")
    found = MEASURES.get((parameter, qualifier)) or MEASURES.get((parameter, ""))
    if found is None:
        raise Refused(f"no quantity for {parameter} {qualifier}".rstrip())
    return found


def read_measure(measure: Mapping[str, Any], address: str, points: list[Mapping[str, Any]] | None) -> Reading:
    station = first_text(measure.get("stationReference"))
    if address and station and station != address:
        raise Refused(f"speaks for station {station[:40]}")
    at, value = latest(measure)
    channel, quantity = point_of(measure, points)
    if quantity not in QUANTITIES:
        raise Refused(f"unknown quantity {quantity}")
    unit, given = QUANTITIES[quantity].unit, first_text(measure.get("unitName"))
    scale = FACTORS.get(unit, {}).get(given)
    if scale is None:
        raise Refused(f"unit {given!r} where {unit or 'a plain number'} is expected")
    return Reading(station or address, channel, quantity, round(value * scale, 6), at)


def _signed(config: Mapping[str, Any]) -> dict[str, str]:
    """The header that carries the device's key, where it has one (``secrets``, see services/secrets.py)."""
    key = str(config.get("secrets", {}).get("api_key", ""))
    if not key:
        return {}
    if not key.isascii() or not key.isprintable():
        raise ValueError("the key of the device has letters that cannot be sent")
    return {str(config.get("key_header") or "X-API-Key"): key}


class EaSession:
    """One kept connection to one device that answers HTTP."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        host, port, path = str(config["host"]), int(config["port"]), str(config["path"])
        if not path.startswith("/") or any(character in path for character in "\r\n \\"):
            raise ValueError("the path of a device begins with / and has no blanks")
        self.url = httpx.URL(scheme="http", host=host, port=port, raw_path=path.encode())
        self.peer = f"{host}:{port}"
        self._host, self._port = host, port
        self._headers = _signed(config)
        # Plain HTTP only, so no certificates are loaded. A client of its own: the pool of a shared one is searched from end to end for every request.
        # Proxies and certificates of the environment are none of a device's business.
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                verify=False,
                trust_env=False,
                limits=httpx.Limits(
                    max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE_S
                ),
            ),
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            trust_env=False,
            follow_redirects=False,
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )

    async def fetch(self, timeout_s: float) -> bytes:
        async with asyncio.timeout(timeout_s):
            return await self.get(self.url)

    async def get(self, url: httpx.URL) -> bytes:
        """The answer's bytes; ``url`` is of this session's host and port, and the connected address is looked at."""
        try:
            async with self._client.stream("GET", url, headers=self._headers) as response:
                stream = response.extensions["network_stream"]
                same_peer(stream.get_extra_info("server_addr"), self._host, self._port)
                if response.status_code != 200:
                    raise ConnectionError(f"HTTP status {response.status_code}")
                whole = bytearray()
                async for part in response.aiter_raw():
                    whole += part
                    if len(whole) > LONGEST_ANSWER:
                        raise ConnectionError(f"the answer has more than {LONGEST_ANSWER} bytes")
                return bytes(whole)
        except httpx.TimeoutException:
            raise TimeoutError("no answer in time") from None
        except httpx.ConnectError:
            raise ConnectionError("no connection") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ConnectionError("connection lost, or no HTTP") from None

    async def close(self) -> None:
        await self._client.aclose()


class EaHttp:
    """The EA API's shape as :class:`sensors.adapters.base.Polled`."""

    name = "ea_http"
    label = "HTTP JSON (flood-monitoring API)"
    text = True
    needs: Mapping[str, type] = {"host": str, "port": int, "path": str}

    def session(self, config: Mapping[str, Any]) -> Session:
        return EaSession(config)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One reading a measure; measures that give none stand in ``details["refused"]`` with the reason."""
        if len(frame) > LONGEST_ANSWER:
            raise DecodeError(f"the answer has more than {LONGEST_ANSWER} bytes")
        try:
            answer = orjson.loads(frame)
        except orjson.JSONDecodeError as wrong:
            raise DecodeError(f"not JSON: {wrong}") from None
        points, address = config.get("points"), str(config.get("address", ""))
        readings, refused = [], {}
        for count, measure in enumerate(measures(answer)):
            try:
                readings.append(read_measure(measure, address, points))
            except Refused as why:
                refused[first_text(measure.get("notation")) or f"measure {count + 1}"] = str(why)
        if not readings:
            raise DecodeError(none_of(refused) or "the answer has no measures")
        return Message(
            protocol=self.name,
            address=address or readings[0].address,
            function="measures",
            observed_at=max(reading.observed_at for reading in readings),
            sent_at=None,
            readings=tuple(readings),
            details={"refused": refused} if refused else {},
        )
