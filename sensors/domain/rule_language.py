"""The language of alarm rules: a rule is data, checked here in the words of whoever writes it.

A definition is a JSON object:

- ``applies``: where. ``quantity`` makes one rule for each such point ("rain": for each gauge); without it the rule
  joins several points of one station. ``kind``, ``facts`` (must be equal), ``facts_known`` (must be there), ``area``
  (a path) and ``stations`` (codes) narrow it. Of two rules for the same alarm the narrower one holds.
- ``when``: a condition (below). ``level``: 1 (red) to 4 (blue), where the condition itself only says yes or no.
- ``raise_samples`` and ``raise_after_min``: how many moments in a row and how long they must say so; ``clear_after_min``:
  how long none may; ``chatter_per_min``: rises a minute that latch the alarm; ``re_alarm_min``: it rings again after this
  time if nobody has acknowledged it (0: never).
- ``off``: true, and it raises nothing where it applies.
- ``say``: the sentence people read (``rule_words.TELLERS``).

A condition is one of

- ``{"all": […]}``, ``{"any": […]}``, ``{"count": 2, "of": […]}``: at least so many of them;
- a comparison: ``quantity``, ``channel`` or ``rain`` (a window: "1h") with ``at_least``, ``above``, ``at_most`` or
  ``below`` and limits; ``dead_band`` (in the same unit) must be left for it to end; ``which`` ("some" or "every") where
  a station has several such points; ``only_to_raise``: it need not hold for the alarm to go on;
- a rate: a comparison with ``change`` ("rise" or "fall") ``per`` ("minute" or "hour") over the last ``over_min``;
- ``{"rising": "water_level", "by": 0.01}``: at least so much since the reading before, to begin with;
- ``{"quantity": …, "absent_min": limits}``: no reading for so long. It stands alone.

Limits are four numbers for blue, yellow, orange and red (0 or null leaves a level out), an object by these names, one
number (yes or no), or ``{"months": [{"from": 6, "to": 9, "limits": …}], "otherwise": …}``. A number may also be
``{"parameter": name}`` or ``{"fact": name}``, with ``times`` and ``plus``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .quantities import QUANTITIES
from .rain import WINDOWS
from .words import gettext_noop as _

COMPARISONS = {"at_least": (1, False), "above": (1, True), "at_most": (-1, False), "below": (-1, True)}
COLOURS = ("blue", "yellow", "orange", "red")  # levels 4 … 1
PER_S = {"minute": 60.0, "hour": 3600.0}
RAIN_POINTS = "rain"

Definition = Mapping[str, Any]

_TOP = {"applies", "when", "level", "off", "say", "raise_samples", "raise_after_min", "clear_after_min", "chatter_per_min",
        "re_alarm_min"}  # fmt: skip
_APPLIES = {"quantity", "kind", "facts", "facts_known", "area", "stations"}
_LEAF = {"quantity", "channel", "rain", "which", "dead_band", "only_to_raise", "change", "per", "over_min"}
_DEEPEST, _LONGEST_MIN = 8, 24 * 60


class Wrong(ValueError):
    """What is wrong with a definition: ``text`` is a msgid with ``params``, ``where`` the way to the place."""

    def __init__(self, where: Sequence[str], text: str, **params: Any) -> None:
        self.where, self.text, self.params = tuple(where), text, params
        super().__init__(f"{' → '.join(self.where)}: {text % params if params else text}")


def check(
    definition: Any, *, parameters: Mapping[str, Any], kinds: Collection[str], sentences: Collection[str]
) -> None:
    """Raise ``Wrong`` for a definition that is no rule. ``parameters``: name → default, which fixes its shape."""
    _Check(parameters, kinds, sentences).whole(definition)


def leaves(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The comparisons of a condition, in the order in which they stand."""
    parts = condition.get("all") or condition.get("any") or condition.get("of")
    if parts is None:
        yield condition
    else:
        for part in parts:
            yield from leaves(part)


def comparison(leaf: Mapping[str, Any]) -> str:
    """Which of COMPARISONS a leaf makes; "" for none."""
    return next((name for name in COMPARISONS if name in leaf), "")


def is_absence(definition: Definition) -> bool:
    return "absent_min" in definition["when"]


class _Check:
    def __init__(
        self, parameters: Mapping[str, Any], kinds: Collection[str], sentences: Collection[str]
    ) -> None:
        self.parameters, self.kinds, self.sentences = parameters, kinds, sentences

    def whole(self, definition: Any) -> None:
        self.keys((), definition, _TOP)
        for name in ("applies", "when"):
            if name not in definition:
                raise Wrong([name], _("This part is missing"))
        if not isinstance(definition.get("off", False), bool):
            raise Wrong(["off"], _("This is true or false"))
        self.applies(definition["applies"])
        self.condition(("when",), definition["when"], 0)
        found = list(leaves(definition["when"]))
        self.together(definition, found)
        if "level" in definition:
            self.number(("level",), definition["level"], lowest=0, highest=4)
        elif not any(self.names_levels(leaf) for leaf in found):
            raise Wrong(["level"], _("Say which level it is: the condition only says yes or no"))
        for name, highest in (
            ("raise_samples", 1000),
            ("raise_after_min", _LONGEST_MIN),
            ("clear_after_min", _LONGEST_MIN),
            ("chatter_per_min", 60),
            ("re_alarm_min", 7 * _LONGEST_MIN),
        ):
            if name in definition:
                self.number((name,), definition[name], lowest=0, highest=highest)
        if definition.get("say", "limit") not in self.sentences:
            raise Wrong(["say"], _("There is no sentence %(name)s"), name=definition["say"])

    def keys(self, where: Sequence[str], thing: Any, known: Collection[str]) -> None:
        if not isinstance(thing, Mapping):
            raise Wrong(where, _("Here an object in braces is expected"))
        for name in thing:
            if name not in known:
                raise Wrong([*where, str(name)], _("This word is not known here"))

    def applies(self, applies: Any) -> None:
        self.keys(("applies",), applies, _APPLIES)
        quantity = applies.get("quantity")
        if quantity is not None and quantity != RAIN_POINTS:
            self.quantity(("applies", "quantity"), quantity)
        if applies.get("kind") is not None and applies["kind"] not in self.kinds:
            raise Wrong(["applies", "kind"], _("There is no kind of station %(name)s"), name=applies["kind"])
        if not isinstance(applies.get("facts", {}), Mapping):
            raise Wrong(["applies", "facts"], _("Here an object in braces is expected"))
        for name in ("facts_known", "stations"):
            if not isinstance(applies.get(name, []), list):
                raise Wrong(["applies", name], _("Here a list in brackets is expected"))
        area = applies.get("area", "/")
        if not isinstance(area, str) or not (area.startswith("/") and area.endswith("/")):
            raise Wrong(["applies", "area"], _("An area is a path such as /dy/xc/"))

    def condition(self, where: tuple[str, ...], condition: Any, depth: int) -> None:
        if not isinstance(condition, Mapping):
            raise Wrong(where, _("Here an object in braces is expected"))
        if depth > _DEEPEST:
            raise Wrong(where, _("Conditions stand too deep in each other"))
        for name in ("all", "any", "of"):
            if name in condition:
                self.keys(where, condition, {"of", "count"} if name == "of" else {name})
                parts = condition[name]
                if not isinstance(parts, list) or not parts:
                    raise Wrong([*where, name], _("Here a list of conditions is expected"))
                for n, part in enumerate(parts, start=1):
                    self.condition((*where, name, str(n)), part, depth + 1)
                if name == "of":
                    count = condition.get("count")
                    if not isinstance(count, int) or not 1 <= count <= len(parts):
                        raise Wrong(
                            [*where, "count"], _("A number from 1 to %(most)s is expected"), most=len(parts)
                        )
                return
        if "rising" in condition:
            self.keys(where, condition, {"rising", "by"})
            self.quantity((*where, "rising"), condition["rising"])
            self.number((*where, "by"), condition.get("by"), lowest=0)
        elif "absent_min" in condition:
            self.keys(where, condition, {"quantity", "absent_min"})
            if depth:
                raise Wrong(where, _("A condition about missing readings stands alone"))
            self.quantity((*where, "quantity"), condition.get("quantity"))
            self.limits((*where, "absent_min"), condition["absent_min"], 1)
        else:
            self.leaf(where, condition)

    def leaf(self, where: tuple[str, ...], leaf: Mapping[str, Any]) -> None:
        self.keys(where, leaf, _LEAF | set(COMPARISONS))
        if sum(name in leaf for name in ("quantity", "channel", "rain")) != 1:
            raise Wrong(where, _("Name one of quantity, channel and rain"))
        if sum(name in leaf for name in COMPARISONS) != 1:
            raise Wrong(where, _("Name one of at_least, above, at_most and below"))
        if "quantity" in leaf:
            self.quantity((*where, "quantity"), leaf["quantity"])
        if "rain" in leaf and leaf["rain"] not in WINDOWS:
            raise Wrong([*where, "rain"], _("There is no rain window %(name)s"), name=leaf["rain"])
        if leaf.get("which", "some") not in ("some", "every"):
            raise Wrong([*where, "which"], _("This is “some” or “every”"))
        if "dead_band" in leaf:
            self.number((*where, "dead_band"), leaf["dead_band"], lowest=0)
        if "change" in leaf:
            if leaf["change"] not in ("rise", "fall"):
                raise Wrong([*where, "change"], _("This is “rise” or “fall”"))
            if comparison(leaf) not in ("at_least", "above") or "rain" in leaf:
                raise Wrong(where, _("A rise or fall of a value is compared with at_least or above"))
            if leaf.get("per") not in PER_S:
                raise Wrong([*where, "per"], _("This is “minute” or “hour”"))
            self.number((*where, "over_min"), leaf.get("over_min"), lowest=1, highest=_LONGEST_MIN)
        elif "per" in leaf or "over_min" in leaf:
            raise Wrong(where, _("A rate names its change: “rise” or “fall”"))
        name = comparison(leaf)
        self.limits((*where, name), leaf[name], COMPARISONS[name][0])

    def quantity(self, where: Sequence[str], name: Any) -> None:
        if name not in QUANTITIES:
            raise Wrong(where, _("There is no quantity %(name)s"), name=name)

    def limits(self, where: tuple[str, ...], limits: Any, sign: int) -> None:
        if isinstance(limits, Mapping) and "months" in limits:
            self.keys(where, limits, {"months", "otherwise"})
            if "otherwise" not in limits:
                raise Wrong([*where, "otherwise"], _("This part is missing"))
            if not isinstance(limits["months"], list):
                raise Wrong([*where, "months"], _("Here a list in brackets is expected"))
            for n, season in enumerate(limits["months"], start=1):
                here = (*where, "months", str(n))
                self.keys(here, season, {"from", "to", "limits"})
                for end in ("from", "to"):
                    if season.get(end) not in range(1, 13):
                        raise Wrong([*here, end], _("A month is a number from 1 to 12"))
                self.limits((*here, "limits"), season.get("limits"), sign)
            self.limits((*where, "otherwise"), limits["otherwise"], sign)
        elif isinstance(limits, Mapping) and any(colour in limits for colour in COLOURS):
            self.keys(where, limits, COLOURS)
            for colour, number in limits.items():
                self.number((*where, colour), number)
            self.order(where, [limits.get(colour) for colour in COLOURS], sign)
        elif isinstance(limits, list):
            if len(limits) != 4:
                raise Wrong(where, _("Four limits are expected: blue, yellow, orange, red"))
            for colour, number in zip(COLOURS, limits, strict=True):
                if number is not None:
                    self.number((*where, colour), number)
            self.order(where, [number or None for number in limits], sign)
        elif isinstance(limits, Mapping) and isinstance(
            self.parameters.get(limits.get("parameter", "")), tuple
        ):
            self.keys(where, limits, {"parameter"})
            if len(self.parameters[limits["parameter"]]) != 4:
                raise Wrong(where, _("Four limits are expected: blue, yellow, orange, red"))
        else:
            self.number(where, limits)

    def order(self, where: Sequence[str], limits: Sequence[Any], sign: int) -> None:
        given = [limit * sign for limit in limits if isinstance(limit, int | float)]
        if not any(limit is not None for limit in limits):
            raise Wrong(where, _("At least one level needs a limit"))
        if given != sorted(given):
            raise Wrong(where, _("Each level's limit lies beyond the one of the level before it"))

    def number(
        self, where: Sequence[str], number: Any, *, lowest: float | None = None, highest: float | None = None
    ) -> None:
        if isinstance(number, Mapping):
            self.keys(where, number, {"parameter", "fact", "times", "plus"})
            if ("parameter" in number) == ("fact" in number):
                raise Wrong(where, _("Name a parameter or a fact"))
            if "parameter" in number and not isinstance(
                self.parameters.get(number["parameter"]), int | float
            ):
                raise Wrong(
                    where, _("There is no parameter %(name)s that is a number"), name=number["parameter"]
                )
            for name in ("times", "plus"):
                if name in number:
                    self.number([*where, name], number[name])
        elif isinstance(number, bool) or not isinstance(number, int | float) or number != number:
            raise Wrong(where, _("A number is expected"))
        elif (lowest is not None and number < lowest) or (highest is not None and number > highest):
            raise Wrong(
                where,
                _("A number from %(lowest)s to %(highest)s is expected"),
                lowest=lowest,
                highest="∞" if highest is None else highest,
            )

    def names_levels(self, leaf: Mapping[str, Any]) -> bool:
        if "rising" in leaf:
            return False
        return self._tiered(leaf["absent_min"] if "absent_min" in leaf else leaf[comparison(leaf)])

    def _tiered(self, limits: Any) -> bool:
        if isinstance(limits, list):
            return True
        if not isinstance(limits, Mapping):
            return False
        if "months" in limits:
            return self._tiered(limits["otherwise"])
        parameter = self.parameters.get(limits.get("parameter", ""))
        return any(colour in limits for colour in COLOURS) or isinstance(parameter, tuple)

    def together(self, definition: Definition, found: Sequence[Mapping[str, Any]]) -> None:
        """What can be judged at one moment: one point by itself, one gauge's windows, or points of one station."""
        own = definition["applies"].get("quantity")
        rain = [leaf for leaf in found if "rain" in leaf]
        if rain and (len(rain) < len(found) or own != RAIN_POINTS):
            raise Wrong(["when"], _("Rain windows are compared by themselves, for the quantity “rain”"))
        if own == RAIN_POINTS and not rain:
            raise Wrong(["when"], _("A rule for “rain” compares rain windows"))
        about = {leaf.get("quantity") or leaf.get("rising") or leaf.get("channel") for leaf in found}
        if own not in (None, RAIN_POINTS) and about != {own}:
            raise Wrong(
                ["when"],
                _(
                    "A rule for one quantity compares only that one; without it the rule joins points of a station"
                ),
            )
        if own is None and any(
            "change" in leaf or "rising" in leaf or "absent_min" in leaf for leaf in found
        ):
            raise Wrong(
                ["applies", "quantity"], _("A rate or missing readings are of one quantity: name it here")
            )
