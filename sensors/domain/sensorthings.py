"""The query options of OGC SensorThings 1.1 (part 1, clause 9.3), as far as we read them: a query string becomes a value.

``$filter`` knows comparisons (eq ne gt ge lt le) of a property with a literal, ``and``, ``or``, ``not`` and parentheses;
``$expand`` names of entities, one below the other with ``/``. What is not known is refused, never left aside.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import UTC, datetime
from typing import Any

MOST_TOP, USUAL_TOP = 1000, 100
MOST_SKIP = 100_000
MOST_TERMS, LONGEST_FILTER, DEEPEST = 20, 2000, 10
DEEPEST_EXPAND = 2
OPTIONS = frozenset(
    {
        "$top",
        "$skip",
        "$count",
        "$select",
        "$orderby",
        "$filter",
        "$expand",
        "$skiptoken",
        "$resultFormat",
        "$format",
    }
)

Literal = str | float | datetime | bool


class BadQuery(ValueError):
    """A query that cannot be answered; the text says why, to who wrote it."""


@dataclass(frozen=True, slots=True)
class Compare:
    """``property`` ``op`` ``value``: "result", "gt", 2.5."""

    property: str
    op: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Joined:
    """All of (``and``), one of (``or``), or not the one (``not``)."""

    op: str
    parts: tuple["Node", ...]


Node = Compare | Joined
Tree = dict[str, Any]
"""Names of entities to expand, each with what to expand below it."""


@dataclass(frozen=True, slots=True)
class Query:
    top: int = USUAL_TOP
    skip: int = 0
    count: bool = False
    select: frozenset[str] = frozenset()
    orderby: tuple[tuple[str, bool], ...] = ()  # (property, descending)
    filter: Node | None = None
    expand: Tree = made(default_factory=dict)
    token: str = ""


def query_of(given: Mapping[str, str]) -> Query:
    """The query that ``given`` (option → text) asks; raises BadQuery. Names without ``$`` are none of ours."""
    if unknown := sorted(name for name in given if name.startswith("$") and name not in OPTIONS):
        raise BadQuery(f"{unknown[0]} is not known here")
    if given.get("$resultFormat") or given.get("$format", "json") != "json":
        raise BadQuery("answers are plain JSON only")
    return Query(
        top=min(_whole(given, "$top", USUAL_TOP, None), MOST_TOP),
        skip=_whole(given, "$skip", 0, MOST_SKIP),
        count=_yes(given.get("$count", "false")),
        select=frozenset(_id(name) for name in _names(given.get("$select", ""))),
        orderby=tuple(_order(part) for part in _names(given.get("$orderby", ""))),
        filter=filter_of(given["$filter"]) if given.get("$filter") else None,
        expand=_tree(given.get("$expand", "")),
        token=given.get("$skiptoken", ""),
    )


def _whole(given: Mapping[str, str], name: str, default: int, most: int | None) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise BadQuery(f"{name} is a whole number")
    if most is not None and int(text) > most:
        raise BadQuery(f"{name} is at most {most}: follow @iot.nextLink")
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadQuery("$count is true or false")
    return text == "true"


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _id(name: str) -> str:
    return "id" if name == "@iot.id" else name


def _order(text: str) -> tuple[str, bool]:
    name, _, way = text.partition(" ")
    if way.strip() not in ("", "asc", "desc"):
        raise BadQuery(f"$orderby {text[:40]!r}: asc or desc")
    return _id(name), way.strip() == "desc"


def _tree(text: str) -> Tree:
    if "(" in text:
        raise BadQuery("$expand takes names only, without options of their own")
    tree: Tree = {}
    for name in _names(text):
        below, steps = tree, name.split("/")
        if len(steps) > DEEPEST_EXPAND:
            raise BadQuery(f"$expand goes {DEEPEST_EXPAND} steps deep at most")
        for step in steps:
            below = below.setdefault(step, {})
    return tree


# --- $filter ---------------------------------------------------------------------------------------------------
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+ -]\d{2}:?\d{2}))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?(?![\w-]))"
    r"|(?P<name>@?[A-Za-z][\w./@]*)|(?P<mark>[()]))",
    re.ASCII,
)
_OPS = ("eq", "ne", "gt", "ge", "lt", "le")
_TURNED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}


def filter_of(text: str) -> Node:
    """The tree of a ``$filter``; raises BadQuery."""
    if len(text) > LONGEST_FILTER:
        raise BadQuery(f"$filter has more than {LONGEST_FILTER} letters")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise BadQuery(f"$filter cannot be read from {text[at : at + 20]!r} on")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self._at, self._terms = 0, 0

    def whole(self) -> Node:
        found = self._either(0)
        if self._at < len(self._tokens):
            raise BadQuery(f"$filter: {self._tokens[self._at][1][:20]!r} is not expected")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadQuery("$filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self, depth: int) -> Node:
        return self._chain("or", lambda: self._chain("and", lambda: self._one(depth)))

    def _chain(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._peek() == word:
            self._at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _one(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise BadQuery("$filter is nested too deep")
        if self._peek() == "not":
            self._at += 1
            return Joined("not", (self._one(depth + 1),))
        if self._peek() == "(":
            self._at += 1
            found = self._either(depth + 1)
            if self._next()[1] != ")":
                raise BadQuery("$filter: a parenthesis is not closed")
            return found
        return self._compare()

    def _compare(self) -> Compare:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise BadQuery(f"$filter has more than {MOST_TERMS} comparisons")
        left, op, right = self._next(), self._next()[1], self._next()
        if op not in _OPS:
            raise BadQuery(f"$filter: {op[:20]!r} is none of {', '.join(_OPS)}")
        if left[0] != "name" or left[1] in ("true", "false"):
            left, right, op = right, left, _TURNED[op]
        if left[0] != "name" or (right[0] == "name" and right[1] not in ("true", "false")):
            raise BadQuery("$filter compares a property with a value")
        return Compare(_id(left[1]), op, _literal(*right))


def _literal(kind: str, text: str) -> Literal:
    if kind == "text":
        return text[1:-1].replace("''", "'")
    if kind == "number":
        return float(text)
    if kind == "name":
        return text == "true"
    if kind != "time":
        raise BadQuery(f"$filter: {text[:20]!r} is no value")
    try:
        # A "+" that nobody encoded arrives as a blank.
        return datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadQuery(f"$filter: the time {text} cannot be true") from None


Span = tuple[datetime | None, datetime | None]


def span_of(node: Node | None, name: str = "phenomenonTime") -> Span:
    """The span outside of which ``node`` can hold for no ``name``; None: not bounded on that side."""
    match node:
        case Compare(property=found, op=op, value=datetime() as at) if found == name:
            return (at if op in ("eq", "gt", "ge") else None, at if op in ("eq", "lt", "le") else None)
        case Joined(op="and", parts=parts):
            spans = [span_of(part, name) for part in parts]
            return (
                max((low for low, _ in spans if low is not None), default=None),
                min((high for _, high in spans if high is not None), default=None),
            )
        case Joined(op="or", parts=parts):
            spans = [span_of(part, name) for part in parts]
            lows, highs = [low for low, _ in spans], [high for _, high in spans]
            return (
                None if None in lows else min(low for low in lows if low is not None),
                None if None in highs else max(high for high in highs if high is not None),
            )
    return (None, None)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip


def holds(node: Node, values: Mapping[str, str]) -> bool:
    """Whether ``node`` is so for an entity with these texts; raises BadQuery for a property or a value of another kind."""
    if isinstance(node, Compare):
        if node.property not in values or not isinstance(node.value, str):
            raise BadQuery(f"$filter: {node.property[:40]} cannot be compared so")
        return _COMPARE[node.op](values[node.property], node.value)
    found = [holds(part, values) for part in node.parts]
    return {"and": all(found), "or": any(found), "not": not found[0]}[node.op]
