"""OGC SensorThings 1.1, read only: its addresses and query options over the tables. See docs/howto/sensorthings.md."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .domain.quantities import QUANTITIES
from .domain.sensorthings import BadQuery, Compare, Node, Query, Tree, holds, query_of, span_of
from .sensorthings import EPOCH, KINDS, Kind, Link, Observed, Property, readings, whole

ROOT = "sensorthings/v1.1"
LONGEST_SPAN = timedelta(days=31)  # of observations of more than one datastream
MOST_EXPANDED, MOST_BESIDE = 5000, 100


# --- answering -------------------------------------------------------------------------------------------------
class Reader:
    """Answers one request for one viewer."""

    def __init__(self, request: Request, needs: str) -> None:
        self.query: Query = query_of(request.query_params.dict())
        self._where: Q = request.viewer.scope.filter(needs)
        self._root = request.build_absolute_uri(f"/api/v1/{ROOT}")
        self._here = request.build_absolute_uri(request.path)
        self._given = request.query_params.dict()

    # sets and single ones
    def one(self, name: str, ident: str) -> Any:
        kind = KINDS.get(name)
        if kind is None:
            raise Http404
        text = ident[1:-1] if ident[:1] == ident[-1:] == "'" else ident
        try:
            key = kind.ident(text)
            found = self._observation(key) if name == "Observations" else self._by(name, "pk", [key])
        except ValueError:
            raise Http404 from None
        if not found:
            raise Http404
        return found[0]

    def _by(self, name: str, column: str, keys: Iterable[Any]) -> list[Any]:
        """Entities whose ``column`` is one of ``keys``."""
        if name == "ObservedProperties":
            return [Property(key) for key in dict.fromkeys(keys) if key in QUANTITIES]
        rows = KINDS[name].rows(self._where).filter(**{f"{column}__in": list(keys)}).order_by("pk")
        found = list(rows[: MOST_EXPANDED + 1])
        if len(found) > MOST_EXPANDED:
            raise BadQuery("this is too much to expand at once: take fewer with $top")
        return found

    def _observation(self, ident: str) -> list[Observed]:
        sensor, _dash, us = ident.partition("-")
        if not us.isascii() or not us.isdecimal() or len(us) > 17:
            raise ValueError(ident)
        at = EPOCH + timedelta(microseconds=int(us))
        return self._observed(self._streams(Q(pk=whole(sensor))), Q(observed_at=at), (), 1)

    def _streams(self, where: Q) -> dict[int, UUID]:
        """The points in the viewer's scope and ``where``, with their stations."""
        rows = KINDS["Observations"].rows(self._where).filter(where)
        return dict(rows.order_by("pk").values_list("pk", "station_id"))

    def collection(self, name: str, where: Q | None = None) -> dict[str, Any]:
        """``where``: those that a link leads to."""
        if name not in KINDS:
            raise Http404
        if name == "Observations":
            return self._observations(where)
        query, kind = self.query, KINDS[name]
        if name == "ObservedProperties":
            rows: Any = self._properties()
            count = len(rows)
        else:
            rows = kind.rows(self._where)
            rows = rows if where is None else rows.filter(where)
            rows = rows if query.filter is None else rows.filter(_as_q(query.filter, kind))
            rows = rows.order_by(*(_column(kind, name, down) for name, down in query.orderby), "pk")
            count = rows.count() if query.count else 0
        page = list(rows[query.skip : query.skip + query.top + 1])
        more = {"$skip": query.skip + query.top} if len(page) > query.top and query.top else None
        return self._page(name, page[: query.top], count, more)

    def _properties(self) -> list[Property]:
        query = self.query
        texts = {name: {"id": name, "name": _(QUANTITIES[name].label)} for name in QUANTITIES}
        found = [name for name in texts if query.filter is None or holds(query.filter, texts[name])]
        for field, down in reversed(query.orderby):
            if field not in ("id", "name"):
                raise BadQuery(f"$orderby {field[:40]} is not possible here")
            found.sort(key=lambda name: texts[name][field], reverse=down)
        return [Property(name) for name in found]

    # observations: by time, with a key to go on from
    def _observations(self, where: Q | None) -> dict[str, Any]:
        query, kind = self.query, KINDS["Observations"]
        low, high = span_of(query.filter)
        bounded = low is not None and high is not None and high - low <= LONGEST_SPAN
        one_stream = where is not None and "pk" in dict(where.children)  # type: ignore[arg-type]
        if not bounded and not one_stream:
            raise BadQuery(
                "observations are read of one datastream, or of a span: $filter=phenomenonTime ge … and phenomenonTime le …"
                f" ({LONGEST_SPAN.days} days at most)"
            )
        if query.count and not bounded:
            raise BadQuery(f"observations are counted within a span of at most {LONGEST_SPAN.days} days")
        orders = dict(query.orderby)
        if set(orders) - {"phenomenonTime", "resultTime"}:
            raise BadQuery("observations are ordered by phenomenonTime only")
        down = next(iter(orders.values()), False)
        streams = self._streams(where or Q())
        wanted = Q() if query.filter is None else _as_q(query.filter, kind)
        # Said once more in plain words, so that the other days are not looked into.
        wanted &= Q(observed_at__gte=low) if low else Q()
        wanted &= Q(observed_at__lte=high) if high else Q()
        count = readings(streams).filter(wanted).count() if query.count else 0
        if query.token:
            wanted &= _behind(query.token, down)
        page = self._observed(
            streams, wanted, ("-observed_at", "-sensor_id") if down else (), query.top + 1, query.skip
        )
        more = None
        if len(page) > query.top and query.top:
            last = page[query.top - 1]
            more = {"$skiptoken": last.pk, "$skip": None}
        return self._page("Observations", page[: query.top], count, more)

    def _observed(
        self, streams: dict[int, UUID], wanted: Q, order: Sequence[str], most: int, skip: int = 0
    ) -> list[Observed]:
        rows = readings(streams).filter(wanted).order_by(*(order or ("observed_at", "sensor_id")))
        columns = ("sensor_id", "observed_at", "value", "quality", "received_at")
        found = rows.values_list(*columns)[skip : skip + most]
        return [Observed(*row, streams[row[0]]) for row in found]

    # writing
    def _page(self, name: str, rows: list[Any], count: int, more: dict[str, Any] | None) -> dict[str, Any]:
        answer: dict[str, Any] = {"@iot.count": count} if self.query.count else {}
        answer["value"] = self.entities(name, rows, self.query.expand)
        if more is not None:
            kept = {key: value for key, value in {**self._given, **more}.items() if value is not None}
            answer["@iot.nextLink"] = f"{self._here}?{urlencode(kept, safe='$')}"
        return answer

    def entities(self, name: str, rows: list[Any], expand: Tree, *, top: bool = True) -> list[dict[str, Any]]:
        kind = KINDS[name]
        if unknown := sorted(set(expand) - set(kind.links)):
            raise BadQuery(f"{name} have no {unknown[0][:40]} to expand")
        below = {link: self._expanded(kind.links[link], rows, tree) for link, tree in expand.items()}
        select = self.query.select if top else frozenset()
        found = []
        for row in rows:
            self_link = f"{self._root}/{name}({_quoted(row.pk)})"
            told = {"@iot.id": row.pk, "@iot.selfLink": self_link, **kind.said(row)}
            told |= {f"{link}@iot.navigationLink": f"{self_link}/{link}" for link in kind.links}
            if select:
                if unknown := sorted(select - set(kind.said(row)) - set(kind.links) - {"id"}):
                    raise BadQuery(f"$select: {name} have no {unknown[0][:40]}")
                told = {key: value for key, value in told.items() if _selected(key, select)}
            for link, of in below.items():
                self._beside(told, link, kind.links[link], of.get(kind.links[link].key(row), []), self_link)
            found.append(told)
        return found

    def _expanded(self, link: Link, rows: list[Any], tree: Tree) -> dict[Any, list[dict[str, Any]]]:
        """What a link leads to from all ``rows``, by the key it is found under. One query a step."""
        if link.target == "Observations":
            raise BadQuery("observations are not expanded: follow Observations@iot.navigationLink")
        keys = {link.key(row) for row in rows}
        targets = self._by(link.target, link.column, keys) if keys else []
        told = self.entities(link.target, targets, tree, top=False)
        found: dict[Any, list[dict[str, Any]]] = {}
        for target, entity in zip(targets, told, strict=True):
            found.setdefault(getattr(target, link.column), []).append(entity)
        return found

    def _beside(
        self, told: dict[str, Any], name: str, link: Link, found: list[dict[str, Any]], self_link: str
    ) -> None:
        if not link.many:
            told[name] = found[0] if found else None
            return
        told[name] = found[:MOST_BESIDE]
        if len(found) > MOST_BESIDE:
            told[f"{name}@iot.nextLink"] = f"{self_link}/{name}?$skip={MOST_BESIDE}"


def _quoted(ident: Any) -> str:
    return str(ident) if isinstance(ident, int) else f"'{ident}'"


def _selected(key: str, select: frozenset[str]) -> bool:
    if key in ("@iot.id", "@iot.selfLink"):
        return "id" in select
    return key.removesuffix("@iot.navigationLink") in select


def _column(kind: Kind, name: str, down: bool = False) -> str:
    if name not in kind.fields:
        raise BadQuery(f"{name[:40]} cannot be ordered or compared by here")
    return f"{'-' if down else ''}{kind.fields[name]}"


def _as_q(node: Node, kind: Kind) -> Q:
    """A ``$filter`` as a condition of the tables; BadQuery where a property or the kind of a value does not fit."""
    if isinstance(node, Compare):
        column = _column(kind, node.property)
        value: Any = node.value
        try:
            if column == "observed_at":
                fits = isinstance(value, datetime)
            elif column == "value":
                fits = isinstance(value, float) and not isinstance(value, bool)
            elif column == "pk":
                value, fits = kind.ident(f"{value:.0f}" if isinstance(value, float) else str(value)), True
            elif column == "station_id":
                value, fits = UUID(str(value)), True
            else:
                fits = isinstance(value, str) and "\0" not in value
        except ValueError:
            fits = False
        if not fits:
            raise BadQuery(f"$filter: {node.property[:40]} cannot be compared with {str(node.value)[:40]}")
        lookups = {"eq": "", "ne": "", "gt": "__gt", "ge": "__gte", "lt": "__lt", "le": "__lte"}
        found = Q(**{f"{column}{lookups[node.op]}": value})
        return ~found if node.op == "ne" else found
    parts = [_as_q(part, kind) for part in node.parts]
    if node.op == "not":
        return ~parts[0]
    found = parts[0]
    for part in parts[1:]:
        found = found & part if node.op == "and" else found | part
    return found


def _behind(token: str, down: bool) -> Q:
    """What comes after the observation that ``token`` names."""
    sensor, _dash, us = token.partition("-")
    try:
        if not us.isascii() or not us.isdecimal() or len(us) > 17:
            raise ValueError(token)
        key, at = whole(sensor), EPOCH + timedelta(microseconds=int(us))
    except ValueError:
        raise BadQuery("$skiptoken is taken from @iot.nextLink") from None
    way = "lt" if down else "gt"
    # The plain bound lets the days before it be left out.
    near = Q(**{f"observed_at__{way}e": at})
    return near & (Q(**{f"observed_at__{way}": at}) | Q(**{"observed_at": at, f"sensor_id__{way}": key}))


# --- views -----------------------------------------------------------------------------------------------------
def _option(name: str, what: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=what)


# The schema's name for what stands behind the entities' name without a slash.
_KEY = OpenApiParameter("var", OpenApiTypes.STR, OpenApiParameter.PATH, description="`(key)`")
_ENTITIES = OpenApiParameter("entities", OpenApiTypes.STR, "path", enum=list(KINDS))
_OPTIONS = [
    _option("$top", "entities a page, 100 by default, 1000 at most"),
    _option("$skip", "entities left out before the page"),
    _option("$count", "true: `@iot.count` says how many there are; of observations within a span only"),
    _option("$select", "properties and links to be told, by comma"),
    _option("$orderby", "a property with asc or desc; observations by phenomenonTime only"),
    _option("$filter", "comparisons (eq ne gt ge lt le) with and, or, not: `phenomenonTime ge 2026-07-01T00:00:00Z and result gt 2`"),
    _option("$expand", "linked entities by comma, two steps deep (`Datastreams/ObservedProperty`); observations are not expanded"),
]  # fmt: skip


class SensorThings(APIView):
    """What the OGC SensorThings API 1.1 offers here."""

    needs = "station.view"

    @extend_schema(operation_id="sensorthings_root", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        root = request.build_absolute_uri(f"/api/v1/{ROOT}")
        return Response({"value": [{"name": name, "url": f"{root}/{name}"} for name in KINDS]})


class SensorThingsView(APIView):
    needs = "station.view"

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, BadQuery):
            return Response({"error": str(exc)}, status=400)
        answer: Response = super().handle_exception(exc)
        return answer


class SensorThingsEntities(SensorThingsView):
    """A page of entities. Observations need a `$filter` with a span of phenomenonTime, or are read of one datastream."""

    @extend_schema(
        operation_id="sensorthings_entities", parameters=[_ENTITIES, *_OPTIONS], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, entities: str) -> Response:
        return Response(Reader(request, self.needs).collection(entities))


class SensorThingsEntity(SensorThingsView):
    """One entity, with `$select` and `$expand`."""

    @extend_schema(
        operation_id="sensorthings_entity",
        parameters=[_ENTITIES, _KEY, *_OPTIONS],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, entities: str, pk: str) -> Response:
        reader = Reader(request, self.needs)
        row = reader.one(entities, pk)
        return Response(reader.entities(entities, [row], reader.query.expand)[0])


class SensorThingsLinked(SensorThingsView):
    """What a link of one entity leads to: a page of entities, or one."""

    @extend_schema(
        operation_id="sensorthings_linked",
        parameters=[_ENTITIES, _KEY, *_OPTIONS],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, entities: str, pk: str, link: str) -> Response:
        reader = Reader(request, self.needs)
        row = reader.one(entities, pk)
        found = KINDS[entities].links.get(link)
        if found is None:
            raise Http404
        if found.many:
            return Response(reader.collection(found.target, Q(**{found.column: found.key(row)})))
        target = reader.one(found.target, str(found.key(row)))
        return Response(reader.entities(found.target, [target], reader.query.expand)[0])


urls = [
    path(ROOT, SensorThings.as_view()),
    path(f"{ROOT}/<str:entities>(<str:pk>)/<str:link>", SensorThingsLinked.as_view()),
    path(f"{ROOT}/<str:entities>(<str:pk>)", SensorThingsEntity.as_view()),
    path(f"{ROOT}/<str:entities>", SensorThingsEntities.as_view()),
]
