"""Another authority's SensorThings service: Things with datastreams and observations, pages with links, real sockets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sensors.domain.sensorthings import BadQuery, Compare, Node, query_of
from sensors.simulator.webserver import WebServer

ROOT = "/FROST-Server/v1.1"


@dataclass(frozen=True, slots=True)
class Stream:
    """One datastream. ``rows`` gives its observations so far: (phenomenonTime, result), in any order."""

    id: int
    name: str
    observed: str
    unit: str
    rows: Callable[[], Sequence[tuple[datetime, Any]]]


class SensorThingsServer(WebServer):
    """A service on ``host``; ``things`` by id. ``most``: observations a page at most; ``links_to``: what its links begin with."""

    def __init__(
        self,
        host: str,
        port: int,
        things: Mapping[int, Sequence[Stream]],
        *,
        most: int = 100,
        links_to: str = "",
    ) -> None:
        super().__init__(host, port)
        self.things, self.most, self.links_to = things, most, links_to
        self.asked: list[str] = []

    def routes(self, app: web.Application) -> None:
        app.router.add_get(ROOT + r"/Things({thing:\d+})/Datastreams", self._streams)
        app.router.add_get(ROOT + r"/Datastreams({stream:\d+})/Observations", self._observations)

    async def _streams(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        streams = self.things.get(int(request.match_info["thing"]))
        if streams is None:
            raise web.HTTPNotFound
        return web.json_response({"value": [self._stream(one) for one in streams]})

    def _stream(self, one: Stream) -> dict[str, Any]:
        unit = {"name": one.unit, "symbol": one.unit, "definition": "http://unitsofmeasure.org/ucum.html"}
        observed = {
            "@iot.id": one.id + 1000,
            "name": one.observed,
            "definition": f"urn:example:{one.observed}",
        }
        return {"@iot.id": one.id, "name": one.name, "unitOfMeasurement": unit, "ObservedProperty": observed}

    async def _observations(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        wanted = int(request.match_info["stream"])
        stream = next((one for of in self.things.values() for one in of if one.id == wanted), None)
        if stream is None:
            raise web.HTTPNotFound
        try:
            query = query_of(dict(request.query))
            rows = [row for row in stream.rows() if query.filter is None or holds(query.filter, *row)]
        except BadQuery as wrong:
            raise web.HTTPBadRequest(text=str(wrong)) from None
        rows.sort(key=lambda row: row[0], reverse=bool(query.orderby) and query.orderby[0][1])
        top = min(query.top, self.most)
        page = rows[query.skip : query.skip + top]
        answer: dict[str, Any] = {
            "value": [
                {"phenomenonTime": said(at), "resultTime": said(at), "result": result} for at, result in page
            ]
        }
        if len(rows) > query.skip + top and query.skip + top < query.top:
            more = request.rel_url.update_query({"$skip": str(query.skip + top), "$top": str(query.top)})
            answer["@iot.nextLink"] = f"{self.links_to or f'http://{request.host}'}{more}"
        return web.json_response(answer)


def said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def holds(node: Node, at: datetime, result: Any) -> bool:
    """Whether a filter is so for one observation."""
    if not isinstance(node, Compare):
        found = [holds(part, at, result) for part in node.parts]
        return {"and": all(found), "or": any(found), "not": not found[0]}[node.op]
    value = at if node.property == "phenomenonTime" else result
    compare = {"eq": value.__eq__, "ne": value.__ne__, "gt": value.__gt__, "ge": value.__ge__, "lt": value.__lt__,
               "le": value.__le__}  # fmt: skip
    return bool(compare[node.op](node.value))
