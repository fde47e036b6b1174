"""The rulebook: which rules are in force, and how a new version of one comes into force.

The shipped rules hold until a district has put a version of its own in their place. Somebody writes a draft, it is
tried on the past (``rehearsal``), somebody else approves it, and from its hour on it is in force in every process.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from posixpath import commonpath
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, gettext_noop, override

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform, record_act
from command_center.core.models import Area
from command_center.core.parameters import PARAMETERS

from ..domain.rule_language import Definition, check
from ..domain.rule_making import narrowness, parameters_of
from ..domain.rule_versions import APPROVED, DRAFT
from ..domain.rule_words import TELLERS
from ..domain.shipped_rules import SHIPPED
from ..models import AlarmRule, AlarmRuleVersion, Station

REHEARSED_DAYS = (30, 90)


@dataclass(frozen=True, slots=True)
class Ruled:
    """One rule as it is in force. ``number`` is its version, 0 as shipped; ``names`` what sentences call it."""

    slug: str
    alarm: str
    number: int
    definition: Definition = field(compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class InForce:
    """All rules at one moment. Two are equal when they hold the same versions."""

    rules: tuple[Ruled, ...]

    @cached_property
    def by_quantity(self) -> dict[str | None, list[Ruled]]:
        """What applies to each quantity, the narrowest first; under None what joins the points of a station."""
        found: dict[str | None, list[Ruled]] = {}
        for one in sorted(self.rules, key=lambda one: narrowness(one.definition), reverse=True):
            found.setdefault(one.definition["applies"].get("quantity"), []).append(one)
        return found

    @cached_property
    def parameters(self) -> list[str]:
        return sorted(set().union(*(parameters_of(dict(one.definition)) for one in self.rules)))

    def with_(self, one: Ruled) -> "InForce":
        """These rules with one put in place of the rule of its slug, or added."""
        return InForce(tuple({**{rule.slug: rule for rule in self.rules}, one.slug: one}.values()))


def ruled(version: AlarmRuleVersion) -> Ruled:
    rule = version.rule
    names = {"rule": rule.name, "rule_en": rule.name_en or rule.name}
    return Ruled(rule.slug, rule.alarm, version.number, version.definition, names)


_SHIPPED = {
    one.slug: Ruled(one.slug, one.alarm, 0, one.definition, {"rule": one.label, "rule_en": one.label})
    for one in SHIPPED.values()
}
_READ_AGAIN_S = 2.0
_shipped_only = InForce(tuple(_SHIPPED.values()))
_lock = threading.Lock()
_known: tuple[float, list[tuple[datetime, Ruled]]] | None = None  # approved versions by the hour they begin
_last: InForce = _shipped_only


def in_force(at: datetime) -> InForce:
    """The rules at the hall's time ``at``; read again every two seconds so that every process agrees."""
    global _known, _last
    with _lock:
        known = _known
    if known is None or time.monotonic() - known[0] >= _READ_AGAIN_S:
        rows = AlarmRuleVersion.objects.filter(state=APPROVED).select_related("rule")
        begun = [(row.valid_from, ruled(row)) for row in rows.order_by("valid_from", "number")]
        known = (time.monotonic(), begun)
        with _lock:
            _known = known
    if not known[1]:
        return _shipped_only
    found = InForce(tuple({**_SHIPPED, **{one.slug: one for since, one in known[1] if since <= at}}.values()))
    if found != _last:  # the same value again keeps what was made from it
        _last = found
    return _last


def forget() -> None:
    """Read the versions again at the next call."""
    global _known, _last
    with _lock:
        _known, _last = None, _shipped_only


def draft(
    slug: str,
    definition: Any,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    days: int = 30,
    name: str = "",
    name_en: str = "",
    alarm: str = "",
) -> AlarmRuleVersion:
    """Write a new version of the rule ``slug``, or the first one of a new rule (then with a ``name``).

    ``alarm``: of a new rule, the shipped alarm that it raises where it is the narrower; else one of its own.

    Raises Wrong where the definition is no rule, ValueError for a missing reason or name, PermissionDenied. It waits
    for its rehearsal over the last ``days`` and for somebody else's approval.
    """
    by.require("rule.edit")
    if not reason.strip():
        raise ValueError(gettext("Say why."))
    check(
        definition,
        parameters={name_: parameter.default for name_, parameter in PARAMETERS.items()},
        kinds=Station.Kind.values,
        sentences=set(TELLERS),
    )
    if days not in REHEARSED_DAYS:
        raise ValueError(gettext("A rehearsal is over 30 or 90 days."))
    with transaction.atomic():
        rule = _rule(slug, name, name_en, alarm)
        newest = rule.versions.order_by("-number").values_list("number", flat=True).first() or 0
        version = AlarmRuleVersion(
            rule=rule,
            number=newest + 1,
            definition=definition,
            area_path=_area(definition),
            made_by=by.name,
            made_at=at,
            reason=reason.strip(),
            rehearse_days=days,
        )
        by.require("rule.edit", version)
        version.save()
        record_act("rule_version.written", version, by=by, at=at, after=DRAFT, reason=reason, rule=slug)
    return version


def _rule(slug: str, name: str, name_en: str, alarm: str) -> AlarmRule:
    """The row of a rule, made when its first version is written; locked, so that numbers follow each other."""
    if slug in SHIPPED:
        shipped = SHIPPED[slug]
        with override("zh-hans"):
            name = gettext(shipped.label)
        AlarmRule.objects.get_or_create(
            slug=slug, defaults={"alarm": shipped.alarm, "name": name, "name_en": shipped.label}
        )
    elif not AlarmRule.objects.filter(slug=slug).exists():
        if not name.strip():
            raise ValueError(gettext("A new rule needs a name."))
        if alarm and alarm not in {one.alarm for one in SHIPPED.values()}:
            raise ValueError(gettext("There is no such alarm."))
        AlarmRule.objects.get_or_create(
            slug=slug, defaults={"alarm": alarm or slug, "name": name.strip(), "name_en": name_en.strip()}
        )
    return AlarmRule.objects.select_for_update().get(slug=slug)


def _area(definition: Definition) -> str:
    """Where the rule can act: its own area, else all that the district has."""
    if area := definition["applies"].get("area"):
        return area
    roots = list(Area.objects.filter(parent=None).values_list("path", flat=True))
    return commonpath(roots).rstrip("/") + "/" if roots else "/"


def approve(
    version: AlarmRuleVersion,
    *,
    by: Actor,
    at: datetime,
    valid_from: datetime | None = None,
    reason: str = "",
) -> AlarmRuleVersion:
    """Put a draft in force from now, or from a later hour. Raises NotPossible for its maker, and untried."""
    if by.name == version.made_by:
        raise NotPossible(gettext_noop("Who wrote a rule does not approve it."), version.state)
    if valid_from is not None and valid_from < at:
        raise NotPossible(gettext_noop("A rule is not put in force for the past."), version.state)
    with transaction.atomic():
        AlarmRuleVersion.objects.filter(pk=version.pk, state=DRAFT).update(
            approved_by=by.name, valid_from=valid_from or at
        )
        row = perform(version, "approve", by=by, at=at, reason=reason)
    forget()
    return row


def withdraw(version: AlarmRuleVersion, *, by: Actor, at: datetime, reason: str = "") -> AlarmRuleVersion:
    return perform(version, "withdraw", by=by, at=at, reason=reason)


def roll_back(slug: str, number: int, *, by: Actor, at: datetime, reason: str) -> AlarmRuleVersion:
    """A draft equal to an earlier version (0: as shipped); like every other it is tried and approved."""
    if number == 0:
        definition: Any = SHIPPED[slug].definition
    else:
        definition = AlarmRuleVersion.objects.get(rule__slug=slug, number=number).definition
    return draft(slug, definition, by=by, at=at, reason=reason)


def standing(slug: str, at: datetime) -> Ruled | None:
    """The rule as it is in force at ``at``; None for one that has no version in force."""
    return next((one for one in in_force(at).rules if one.slug == slug), None)
