"""A rule as people read and change it: its limits by level and month, its delays, where it applies; and back again.

A number that is a parameter or a station's fact is shown as it is now and stays a reference unless somebody writes
another number in its place.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.parameters import PARAMETERS

from .domain.onboarding import FACTS
from .domain.quantities import QUANTITIES
from .domain.rule_language import COLOURS, RAIN_POINTS, Definition, Wrong, comparison, leaves

COMPARED = {
    "at_least": gettext_noop("at least"),
    "above": gettext_noop("above"),
    "at_most": gettext_noop("at most"),
    "below": gettext_noop("below"),
    "absent_min": gettext_noop("missing for"),
}
SITES = {"road": gettext_noop("Road"), "home": gettext_noop("Neighbourhood")}
CHANGES = {
    ("rise", "minute"): gettext_noop("rise in a minute"),
    ("rise", "hour"): gettext_noop("rise in an hour"),
    ("fall", "minute"): gettext_noop("fall in a minute"),
    ("fall", "hour"): gettext_noop("fall in an hour"),
}
DELAYS = {
    "level": (gettext_noop("Level (1 red to 4 blue, 0 off)"), ""),
    "raise_samples": (gettext_noop("Readings in a row that raise it"), ""),
    "raise_after_min": (gettext_noop("Time before it is raised"), "min"),
    "clear_after_min": (gettext_noop("Quiet time before it ends"), "min"),
    "chatter_per_min": (gettext_noop("Rises a minute that latch it (0 never)"), ""),
    "re_alarm_min": (gettext_noop("Rings again if nobody acknowledged it (0 never)"), "min"),
}
SEASONS = 2  # that the form offers; more can be written as text


@dataclass(slots=True)
class Cell:
    """One number: the field's name, its value as text, and where it comes from if it is a reference."""

    name: str
    text: str
    source: str = ""
    fixed: bool = False  # a station's own fact: each station has another number


@dataclass(slots=True)
class Row:
    """The limits of one season; ``begin`` and ``end`` are months, 0 for the rest of the year."""

    begin: int
    end: int
    cells: list[Cell]
    name: str = ""


@dataclass(slots=True)
class Block:
    """One comparison of the condition, with a row a season."""

    title: str
    unit: str
    tiered: bool
    rows: list[Row] = field(default_factory=list)
    more: list[tuple[str, str, Cell]] = field(default_factory=list)  # label, unit, cell


def blocks(definition: Definition, values: Mapping[str, Any]) -> list[Block]:
    """The comparisons of a definition in the order in which they stand."""
    return [_block(n, leaf, values) for n, leaf in enumerate(_comparisons(definition))]


def delays(definition: Definition, values: Mapping[str, Any]) -> list[tuple[str, str, Cell]]:
    found = []
    for name, (label, unit) in DELAYS.items():
        if name != "level" or name in definition:
            found.append((_(label), unit, _cell(name, definition.get(name), values)))
    return found


def place(definition: Definition) -> str:
    """Where a rule applies, in words."""
    applies = definition["applies"]
    parts = []
    if quantity := applies.get("quantity"):
        parts.append(_("Rain") if quantity == RAIN_POINTS else _(QUANTITIES[quantity].label))
    else:
        parts.append(_("points of one station"))
    for fact, value in applies.get("facts", {}).items():
        words = SITES.get(value) if fact == "site" else None
        parts.append(_(words) if words else f"{_(FACTS.get(fact, fact))} = {value}")
    if applies.get("area"):
        parts.append(applies["area"])
    parts += applies.get("stations", [])
    return " · ".join(parts)


def text(definition: Any) -> str:
    return json.dumps(definition, ensure_ascii=False, indent=2)


def changed(definition: Definition, given: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with what was written into the form. Raises Wrong for what is no number."""
    new = copy.deepcopy(dict(definition))
    for n, leaf in enumerate(_comparisons(new)):
        _change_leaf(n, leaf, given, values)
    for name in DELAYS:
        _change(new, name, name, given, values)
    return narrowed(new, given)


def narrowed(definition: Any, given: Mapping[str, str]) -> Any:
    """The definition for the stations and the area that were written; what is no rule stays what it is."""
    if not isinstance(definition, Mapping) or not isinstance(definition.get("applies"), Mapping):
        return definition
    applies = dict(definition["applies"])
    if "stations" in given:
        codes = given["stations"].replace(",", " ").replace("，", " ").split()
        applies.pop("stations", None)
        applies |= {"stations": codes} if codes else {}
    if "area" in given:
        applies.pop("area", None)
        applies |= {"area": given["area"].strip()} if given["area"].strip() else {}
    return {**definition, "applies": applies}


def _comparisons(definition: Definition) -> Iterator[Any]:
    return (leaf for leaf in leaves(definition["when"]) if "rising" not in leaf)


def _key(leaf: Mapping[str, Any]) -> str:
    return "absent_min" if "absent_min" in leaf else comparison(leaf)


def _block(n: int, leaf: Mapping[str, Any], values: Mapping[str, Any]) -> Block:
    name = leaf.get("quantity") or leaf.get("channel") or ""
    what = _(QUANTITIES[name].label) if name in QUANTITIES else name
    unit = QUANTITIES[name].unit if name in QUANTITIES else ""
    if "rain" in leaf:
        what, unit = _("Rain in %(window)s") % {"window": leaf["rain"]}, "mm"
    how = COMPARED[_key(leaf)]
    if "change" in leaf:
        what = f"{what}, {_(CHANGES[leaf['change'], leaf['per']])}"
    if "absent_min" in leaf:
        unit = "min"
    limits = leaf[_key(leaf)]
    seasons = limits["months"] if _seasonal(limits) else []
    rest = limits["otherwise"] if _seasonal(limits) else limits
    block = Block(f"{what} {_(how)}", unit, _tiered(rest, values))
    for number, season in enumerate(seasons, start=1):
        cells = _limits(f"limit-{n}-{number}", season["limits"], values, block.tiered)
        block.rows.append(Row(season["from"], season["to"], cells, f"{n}-{number}"))
    for number in range(len(seasons) + 1, SEASONS + 1):
        cells = [Cell(f"limit-{n}-{number}-{at}", "") for at in range(4 if block.tiered else 1)]
        block.rows.append(Row(0, 0, cells, f"{n}-{number}"))
    block.rows.append(Row(0, 0, _limits(f"limit-{n}-0", rest, values, block.tiered)))
    if "absent_min" not in leaf:
        block.more.append((_("Dead-band"), unit, _cell(f"dead_band-{n}", leaf.get("dead_band", 0), values)))
    if "change" in leaf:
        block.more.append((_("over the last"), "min", _cell(f"over_min-{n}", leaf["over_min"], values)))
    return block


def _seasonal(limits: Any) -> bool:
    return isinstance(limits, Mapping) and "months" in limits


def _tiered(limits: Any, values: Mapping[str, Any]) -> bool:
    if isinstance(limits, Mapping):
        referred = values.get(limits.get("parameter", ""))
        return any(colour in limits for colour in COLOURS) or isinstance(referred, list | tuple)
    return isinstance(limits, list)


def _limits(name: str, limits: Any, values: Mapping[str, Any], tiered: bool) -> list[Cell]:
    if not tiered:
        return [_cell(f"{name}-0", limits, values)]
    if isinstance(limits, Mapping) and "parameter" in limits:
        row = values[limits["parameter"]]
        return [Cell(f"{name}-{n}", _number(one or None), limits["parameter"]) for n, one in enumerate(row)]
    row = [limits.get(colour) for colour in COLOURS] if isinstance(limits, Mapping) else limits
    return [_cell(f"{name}-{n}", one, values) for n, one in enumerate(row)]


def _cell(name: str, given: Any, values: Mapping[str, Any]) -> Cell:
    if isinstance(given, Mapping):
        if "fact" in given:
            return Cell(name, "", _said(given), fixed=True)
        found = values[given["parameter"]]
        if any(isinstance(given.get(part), Mapping) for part in ("times", "plus")):
            return Cell(name, "", _said(given), fixed=True)
        return Cell(name, _number(found * given.get("times", 1) + given.get("plus", 0)), _said(given))
    return Cell(name, _number(given))


def _said(given: Mapping[str, Any]) -> str:
    """A reference as a short formula in words: Warning level (m) − River: nearness to the warning level."""
    if "parameter" in given:
        said = _(PARAMETERS[given["parameter"]].label)
    else:
        said = _(FACTS[given["fact"]]) if given["fact"] in FACTS else str(given["fact"])
    for part, sign in (("times", "×"), ("plus", "+")):
        if part not in given:
            continue
        other = given[part]
        if part == "plus" and isinstance(other, Mapping) and other.get("times") == -1:
            sign, other = "−", {name: one for name, one in other.items() if name != "times"}
        said += f" {sign} {_said(other) if isinstance(other, Mapping) else _number(other)}"
    return said


def _number(given: Any) -> str:
    return "" if given is None else f"{round(given, 6):g}"


def _read(given: Mapping[str, str], name: str) -> float | None:
    written = given.get(name, "").strip().replace("，", ".").replace(",", ".")
    if not written:
        return None
    try:
        number = float(written)
    except ValueError:
        raise Wrong([written], gettext_noop("A number is expected")) from None
    return int(number) if number == int(number) else number


def _change(
    thing: dict[str, Any], key: str, name: str, given: Mapping[str, str], values: Mapping[str, Any]
) -> None:
    """Put a field's number in place of what stands under ``key``, where it is another one."""
    if name not in given or _cell(name, thing.get(key), values).fixed:
        return
    if _cell(name, thing.get(key), values).text == given[name].strip():
        return
    number = _read(given, name)
    if number is None:
        thing.pop(key, None)
    else:
        thing[key] = number


def _change_leaf(n: int, leaf: dict[str, Any], given: Mapping[str, str], values: Mapping[str, Any]) -> None:
    key = _key(leaf)
    old = leaf[key]
    seasons = old["months"] if _seasonal(old) else []
    rest = old["otherwise"] if _seasonal(old) else old
    tiered = _tiered(rest, values)
    kept = []
    for number in range(1, max(SEASONS, len(seasons)) + 1):
        begin, end = (_read(given, f"month-{n}-{number}-{side}") for side in ("from", "to"))
        if begin is None and end is None:
            continue
        before = seasons[number - 1]["limits"] if number <= len(seasons) else ([None] * 4 if tiered else None)
        limits = _changed_limits(f"limit-{n}-{number}", before, tiered, given, values)
        kept.append({"from": begin, "to": end, "limits": limits})
    rest = _changed_limits(f"limit-{n}-0", rest, tiered, given, values)
    leaf[key] = {"months": kept, "otherwise": rest} if kept else rest
    for name in ("dead_band", "over_min"):
        if name in leaf or given.get(f"{name}-{n}", "").strip() not in ("", "0"):
            _change(leaf, name, f"{name}-{n}", given, values)


def _changed_limits(
    name: str, limits: Any, tiered: bool, given: Mapping[str, str], values: Mapping[str, Any]
) -> Any:
    cells = _limits(name, limits, values, tiered)
    if all(cell.fixed or given.get(cell.name, cell.text).strip() == cell.text for cell in cells):
        return limits
    if not tiered:
        return _read(given, f"{name}-0")
    if isinstance(limits, Mapping) and "parameter" not in limits:
        written = {
            colour: limits.get(colour) if cell.fixed else _read(given, cell.name)
            for colour, cell in zip(COLOURS, cells, strict=True)
        }
        return {colour: one for colour, one in written.items() if one is not None}
    return [limits[n] if cell.fixed else _read(given, cell.name) for n, cell in enumerate(cells)]
