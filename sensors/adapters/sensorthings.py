"""OGC SensorThings 1.1 of another authority: the observations of one Thing's datastreams, since the last one we have.

``config`` is ``{"host", "port", "path", "points"}``; ``path`` leads to a Thing (``/FROST-Server/v1.1/Things(5)``) or to the
root of the service (``/FROST-Server/v1.1``). A point is ``{"channel", "quantity", "datastream"}`` with the datastream's id,
or, of a Thing, ``"observed"``: its observed property by name, definition or id. The unit is the datastream's symbol where the
point names none. ``first`` is how many of the newest observations are read of a datastream of which we have none.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson

from sensors.adapters.base import NOTHING, Session
from sensors.adapters.ea_http import LONGEST_ANSWER, EaSession
from sensors.domain.mapping import Missing, converted, moment_of, none_of, number_of, scaling
from sensors.domain.quality import Quality
from sensors.domain.readings import DecodeError, Message, Reading

PAGE = 500  # observations asked for at once
MOST_PAGES = 8  # of one device in one poll; the next one goes on
MOST_STREAMS = 200
MOST_OBSERVATIONS = 20_000
USUAL_FIRST, MOST_FIRST = 100, 1000
SELECTED = "$select=phenomenonTime,result,resultQuality"
FLAGS = {"good": Quality.GOOD, "suspect": Quality.SUSPECT, "bad": Quality.BAD}


class SensorThings:
    """A SensorThings service as :class:`sensors.adapters.base.Polled`."""

    name = "sensorthings"
    label = "OGC SensorThings"
    text = True
    needs: Mapping[str, type] = {"host": str, "port": int, "path": str, "points": list}
    resumes = True

    def session(self, config: Mapping[str, Any]) -> Session:
        return SensorThingsSession(config)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One reading an observation; what gives none stands in ``details["refused"]`` by channel.

        ``frame`` is ``{"datastreams": [{"channel", "unit", "error"?, "pages": [answer, …]}]}``, the answers as they came.
        """
        try:
            document = orjson.loads(frame)
        except orjson.JSONDecodeError as wrong:
            raise DecodeError(f"not JSON: {wrong}") from None
        streams = document.get("datastreams") if isinstance(document, dict) else None
        if not isinstance(streams, list) or not all(isinstance(one, dict) for one in streams):
            raise DecodeError("the answer has no datastreams")
        points = {str(point.get("channel")): point for point in _points(config)}
        address = str(config.get("address", ""))
        readings: list[Reading] = []
        refused: dict[str, str] = {}
        for stream in streams:
            channel = str(stream.get("channel", ""))
            if channel not in points:
                raise DecodeError(f"no point of this station is {channel[:40] or '—'}")
            if stream.get("error"):
                refused[channel] = str(stream["error"])[:100]
                continue
            readings += _observed(stream, points[channel], address, refused)
            if len(readings) > MOST_OBSERVATIONS:
                raise DecodeError(f"the answer has more than {MOST_OBSERVATIONS} observations")
        if refused and not readings:
            raise DecodeError(none_of(refused))
        return Message(
            protocol=self.name,
            address=address,
            function="observations",
            observed_at=max((reading.observed_at for reading in readings), default=None),
            sent_at=None,
            readings=tuple(readings),
            details={"refused": refused} if refused else {},
        )


def _points(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    points = config.get("points")
    if not isinstance(points, list) or not points or not all(isinstance(one, dict) for one in points):
        raise DecodeError("no points are configured")
    if len(points) > MOST_STREAMS:
        raise DecodeError(f"more than {MOST_STREAMS} points are configured")
    return points


def _observed(
    stream: Mapping[str, Any], point: Mapping[str, Any], address: str, refused: dict[str, str]
) -> Iterable[Reading]:
    """The readings of one datastream; the first observation that gives none says why in ``refused``."""
    channel = str(point["channel"])
    try:
        scale, offset = scaling({"unit": stream.get("unit") or "", **point})
    except (TypeError, ValueError) as wrong:
        refused[channel] = str(wrong)[:100]
        return
    pages = stream.get("pages")
    for page in pages if isinstance(pages, list) else ():
        found = page.get("value") if isinstance(page, dict) else None
        if not isinstance(found, list):
            raise DecodeError("a page has no observations")
        for one in found:
            try:
                if not isinstance(one, dict):
                    raise Missing("an observation is not an object")
                value = converted(number_of(one.get("result")), point, scale, offset)
                when = _end(one.get("phenomenonTime"))
            except Missing as why:
                refused.setdefault(channel, str(why))
                continue
            yield Reading(address, channel, str(point["quantity"]), value, when, _quality(one))


def _end(said: Any) -> datetime:
    """A phenomenonTime; of an interval its end, at which the value is known. A time without an offset is UTC here."""
    text = str(said).rpartition("/")[2].strip()
    return moment_of(f"{text}Z" if len(text) == 19 and "T" in text else text)


def _quality(one: Mapping[str, Any]) -> Quality | None:
    """What our own kind of service says of a value; others' words for quality differ and are left aside."""
    said = one.get("resultQuality")
    return FLAGS.get(str(said.get("flag"))) if isinstance(said, dict) else None


# --- asking ----------------------------------------------------------------------------------------------------
class SensorThingsSession(EaSession):
    """One kept connection to one service, for the datastreams of one station."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._config = config
        self._path = str(config["path"]).rstrip("/")
        self._since: dict[str, datetime] = {}
        self._streams: list[dict[str, Any]] | None = None
        self._first = min(max(int(config.get("first", USUAL_FIRST)), 1), MOST_FIRST)
        self._overlap = timedelta(seconds=float(config.get("overlap_s", 0)))
        # The name under which it was configured: services write it into their links, and listen to it.
        self._named = str(config.get("host_name") or self._host)
        self._headers = {**self._headers, "host": f"{self._named}:{self._port}"}

    def go_on(self, since: Mapping[str, datetime]) -> None:
        self._since = dict(since)

    async def fetch(self, timeout_s: float) -> bytes:
        async with asyncio.timeout(timeout_s):
            if self._streams is None:
                self._streams = await self._find()
            left, size, told = MOST_PAGES * max(1, len(self._streams)), 0, []
            for stream in self._streams:
                pages: list[Any] = []
                if "error" not in stream:
                    async for page in self._pages(self._query(stream)):
                        pages.append(orjson.Fragment(page))
                        size, left = size + len(page), left - 1
                        # What is left out now is asked for next time: pages come in the order of time.
                        if len(pages) >= MOST_PAGES or left <= 0 or size > LONGEST_ANSWER:
                            break
                told.append(
                    {key: stream[key] for key in ("channel", "unit", "error") if key in stream}
                    | {"pages": pages}
                )
            return orjson.dumps({"datastreams": told})

    def _query(self, stream: Mapping[str, Any]) -> str:
        where = f"{self._root()}/Datastreams({_ident(stream['id'])})/Observations?{SELECTED}"
        since = self._since.get(stream["channel"])
        if since is None:
            return f"{where}&$orderby=phenomenonTime%20desc&$top={self._first}"
        after = (since - self._overlap).isoformat(timespec="microseconds").replace("+00:00", "Z")
        wanted = quote(f"phenomenonTime gt {after}")
        return f"{where}&$filter={wanted}&$orderby=phenomenonTime%20asc&$top={PAGE}"

    def _root(self) -> str:
        return self._path.rpartition("/Things(")[0] or self._path

    async def _find(self) -> list[dict[str, Any]]:
        """Each point's datastream with its unit; of a Thing by what is observed, else by the id that the point names."""
        points = _points(self._config)
        offered: list[dict[str, Any]] = []
        if "/Things(" in self._path:
            async for page in self._pages(
                f"{self._path}/Datastreams?$expand=ObservedProperty&$top={MOST_STREAMS}"
            ):
                found = orjson.loads(page).get("value")
                offered += [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
                if len(offered) >= MOST_STREAMS:
                    break
        streams = []
        for point in points:
            stream: dict[str, Any] = {"channel": str(point["channel"]), "quantity": point.get("quantity")}
            matches = _matching(point, offered)
            if len(matches) == 1:
                match = matches[0]
                unit = match.get("unitOfMeasurement")
                stream["id"] = match.get("@iot.id")
                stream["unit"] = str((unit or {}).get("symbol") or "") if isinstance(unit, dict) else ""
            elif "datastream" in point:
                stream["id"] = point["datastream"]
            else:
                said = (
                    "several datastreams observe it: name one by its id"
                    if matches
                    else "no datastream observes it"
                )
                stream["error"] = said
            streams.append(stream)
        return streams

    async def _pages(self, where: str) -> Any:
        """Pages from ``where`` on, by their links, as long as those stay with this service."""
        path: str | None = where
        while path is not None:
            page = await self.get(
                httpx.URL(scheme="http", host=self._host, port=self._port, raw_path=path.encode())
            )
            yield page
            path = self._next(page)

    def _next(self, page: bytes) -> str | None:
        try:
            link = orjson.loads(page).get("@iot.nextLink")
        except (orjson.JSONDecodeError, AttributeError):
            raise ConnectionError("the answer is no JSON of SensorThings") from None
        if not link:
            return None
        try:
            parts = urlsplit(str(link))
            there = (parts.hostname, parts.port or 80) if parts.netloc else (self._named, self._port)
        except ValueError:
            raise ConnectionError("the link to the next page cannot be read") from None
        if (
            parts.scheme not in ("", "http")
            or there[0] not in (self._host, self._named)
            or there[1] != self._port
        ):
            raise ConnectionError("the next page is said to be at another host")
        if not parts.path.startswith("/"):
            raise ConnectionError("the link to the next page cannot be read")
        return quote(f"{parts.path}?{parts.query}", safe="/?&=%()$'@:,;+*!~-._")


def _matching(point: Mapping[str, Any], offered: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The datastreams that a point may mean: the one of its id, or those that observe the property."""
    if "datastream" in point:
        return [one for one in offered if one.get("@iot.id") == point["datastream"]]
    wanted = str(point.get("observed") or point.get("quantity"))
    found = []
    for one in offered:
        observed = one.get("ObservedProperty")
        names = [one.get("name")]
        if isinstance(observed, dict):
            names += [observed.get("@iot.id"), observed.get("name"), observed.get("definition")]
        if wanted in map(str, names):
            found.append(one)
    return found


def _ident(ident: Any) -> str:
    """An id as it stands in an address: numbers as they are, texts in quotes."""
    return (
        str(ident) if isinstance(ident, int) else quote("'" + str(ident).replace("'", "''") + "'", safe="'")
    )
