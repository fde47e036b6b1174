"""What the map shows: one value a layer. Snapshot and changes are the same reading, with and without ids.

An app below says ``show(Layer(...))`` in its ``layers.py``; the wire (``onemap``) reads what is registered
here and imports no domain app. The browser draws it with ``static/app/layers/<name>.js``.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection
from django.db.models import BigIntegerField, F, FloatField, Func, Model, QuerySet
from django.db.models.expressions import Combinable

from .models import Event
from .scope import Scope

# Where the id of a touched feature stands in an event: "" = the event's subject, a word = that key of its
# data, a function = asked with the subjects' ids (for a subject that is not the feature itself).
Where = str | Callable[[Collection[str]], Iterable[Any]]

Columns = dict[str, list[Any]]


def records(model: type[Model], action: str) -> Callable[[Scope], QuerySet[Any]]:
    """All of a model that a scope covers for ``action``, whatever their state: a layer's ``within``."""
    return lambda scope: model._default_manager.filter(scope.filter(action))


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the map.

    ``source(scope)`` is what a viewer may see, as a queryset; ``fields`` names the columns in the order sent
    and how each is computed in the database; ``id`` is the primary key and comes first by itself.
    ``watches`` says which kinds of event touch a feature, and where its id stands.

    ``within(scope)``: the records whose standing a scope covers, whatever their state. Where it is given, that a
    record is gone is told only to those who may have had it: those whom it stands with still, or stood with before
    an event that says so (``was``). Without it everybody with the right is told.
    """

    name: str
    action: str  # the right a viewer needs anywhere for the layer to be sent at all
    source: Callable[[Scope], QuerySet[Any]]
    fields: Mapping[str, str | Combinable]
    watches: Mapping[str, Where]
    within: Callable[[Scope], QuerySet[Any]] | None = None

    def _sql(self, scope: Scope, ids: Collection[str] | None) -> tuple[str, tuple[Any, ...]]:
        rows = self.source(scope)
        if ids is not None:
            rows = rows.filter(pk__in=list(ids))
        named = {f"c_{name}": F(how) if isinstance(how, str) else how for name, how in self.fields.items()}
        query = rows.order_by().values("pk", **named).query
        sql, params = query.sql_with_params()
        names = ["id", *self.fields]
        columns = ", ".join(f"'{name}', coalesce(json_agg(x{i}), '[]')" for i, name in enumerate(names))
        aliases = ", ".join(f"x{i}" for i in range(len(names)))
        return f"SELECT json_build_object({columns})::text FROM ({sql}) r({aliases})", params

    def read(self, scope: Scope, ids: Collection[str] | None = None) -> bytes:
        """The columns this viewer may see now, or of those among ``ids``, as JSON bytes built by PostgreSQL."""
        if not scope.may(self.action) or (ids is not None and not ids):
            return self.empty
        with connection.cursor() as cursor:
            cursor.execute(*self._sql(scope, ids))
            return cursor.fetchone()[0].encode()

    @property
    def empty(self) -> bytes:
        return orjson.dumps({name: [] for name in ("id", *self.fields)})

    def gone(self, scope: Scope, ids: Collection[str], events: Iterable[Event]) -> list[str]:
        """Those of ``ids``, which ``events`` touched and this viewer does not see, that it may have seen before."""
        if self.within is None or not ids:
            return sorted(ids)
        told = {str(pk) for pk in self.within(scope).filter(pk__in=list(ids)).values_list("pk", flat=True)}
        grants = scope.holding(self.action)
        for event in events:
            if "was" in event.data and any(grant.holds(*event.data["was"]) for grant in grants):
                told |= self.touched([event])
        return sorted(told.intersection(ids))

    def touched(self, events: Iterable[Event], asked: "Asked | None" = None) -> set[str]:
        """Ids of features that ``events`` may have changed; ``asked`` lets layers share their questions."""
        asked = {} if asked is None else asked
        found: set[str] = set()
        ask: dict[Callable[[Collection[str]], Iterable[Any]], set[str]] = {}
        for event in events:
            where = self.watches.get(event.kind)
            if where is None:
                continue
            if callable(where):
                ask.setdefault(where, set()).add(event.subject_id)
            elif where == "":
                found.add(event.subject_id)
            elif event.data.get(where):
                found.add(str(event.data[where]))
        for where, subjects in ask.items():
            key = (where, frozenset(subjects))
            if key not in asked:
                asked[key] = {str(one) for one in where(subjects)}
            found |= asked[key]
        return found


Asked = dict[tuple[Callable[[Collection[str]], Iterable[Any]], frozenset[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Moving:
    """The present values of one feature, by channel; who may see them is judged by its area."""

    id: str
    area_path: str
    department_id: int | None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """Values that move all the time and are therefore no events.

    ``read(since)`` returns a position and what changed after ``since`` (everything for None). The position
    is such that a reading after it misses nothing that was committed meanwhile; it may tell some again.
    """

    name: str
    action: str
    read: Callable[[int | None], tuple[int, list[Moving]]]


class Ms(Func):
    """A moment as milliseconds since 1970."""

    template = "(extract(epoch FROM %(expressions)s) * 1000)::bigint"
    output_field = BigIntegerField()


class Lon(Func):
    """Longitude of a point, to five decimals (a metre): half the bytes of the full double."""

    template = "round(ST_X(%(expressions)s) * 1e5) / 1e5"
    output_field = FloatField()


class Lat(Func):
    """Latitude of a point, to five decimals (a metre)."""

    template = "round(ST_Y(%(expressions)s) * 1e5) / 1e5"
    output_field = FloatField()


LAYERS: dict[str, Layer] = {}
FEEDS: dict[str, Feed] = {}


def show(layer: Layer) -> Layer:
    """Put a layer on the map."""
    LAYERS[layer.name] = layer
    return layer


def flow(feed: Feed) -> Feed:
    """Let values flow to the screens."""
    FEEDS[feed.name] = feed
    return feed


def watched() -> list[str]:
    """All kinds of event that touch some layer."""
    return sorted({kind for layer in LAYERS.values() for kind in layer.watches})
