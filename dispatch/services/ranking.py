"""Candidates for an incident: the nearest among those that fit, found by the index, ranked by rule."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.db.models.functions import Distance, GeometryDistance
from django.contrib.gis.geos import Point
from django.db.models import F, QuerySet

from command_center.core.parameters import values
from command_center.core.scope import Scope
from incidents.models import Incident

from ..domain.lifecycle import AVAILABLE
from ..domain.ranking import STORE, Candidate, Need, Ranking, Rules, rank
from ..models import NeedRule, Resource, Stock

# The index orders by degrees, which are shorter east-west here: ask for more than are listed, then measure.
OVERSAMPLE = 3
# Up to so many that fit are measured one by one: for a rare skill the walk from near to far would pass everybody.
FEW = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A ranking and the rows it speaks of."""

    ranking: Ranking
    resources: dict[str, Resource]


def needs_of(incident: Incident) -> list[Need]:
    """What the catalogue asks for: the rows of the incident's kind and level, or else those of any kind."""
    rows = NeedRule.objects.filter(level=incident.level)
    own = list(rows.filter(type=incident.type_id)) or list(rows.filter(type=None))
    return [Need(row.kind, row.skill, row.quantity) for row in own]


def candidates(
    incident: Incident, scope: Scope, *, at: datetime, needs: Iterable[Need] | None = None
) -> list[Found]:
    """A ranking for each need of the incident (or for ``needs``). An incident without a position has none."""
    if incident.position is None:
        return []
    rules, listed = rules_in_force()
    wanted = needs_of(incident) if needs is None else list(needs)
    return [ranked(need, incident.position, scope, rules, listed, at) for need in wanted]


def rules_in_force() -> tuple[Rules, int]:
    p = values(["dispatch.stale", "dispatch.reach", "dispatch.speed", "dispatch.listed"])
    rules = Rules(timedelta(minutes=p["dispatch.stale"]), p["dispatch.reach"] * 1000, p["dispatch.speed"])
    return rules, p["dispatch.listed"]


def ranked(need: Need, target: Point, scope: Scope, rules: Rules, listed: int, at: datetime) -> Found:
    most = max(listed, need.quantity if need.kind != STORE else 0)
    rows, free = _nearest(need, target, scope, most)
    told = [
        Candidate(str(row.pk), row.kind, row.away.m, at - row.position_at if row.position_at else None, free.get(row.pk, 1))
        for row in rows
    ]  # fmt: skip
    others: dict[str, int] = {}
    if need.kind != STORE and sum(1 for one in told if one.distance_m <= rules.reach_m) < need.quantity:
        others = _not_free(need, scope)
    return Found(rank(need, told, rules, others), {str(row.pk): row for row in rows})


def _fitting(need: Need, scope: Scope) -> QuerySet[Resource]:
    rows = Resource.objects.filter(scope.filter("resource.view"), kind=need.kind)
    return rows if need.kind == STORE else rows.filter(skills__contains=[need.skill])


def _nearest(need: Need, target: Point, scope: Scope, most: int) -> tuple[list[Resource], dict[Any, int]]:
    """Those that fit and are free, nearest first. ``<->`` and LIMIT do the work; distance is cut afterwards."""
    rows = _fitting(need, scope).filter(state=AVAILABLE).select_related("department")
    free: dict[Any, int] = {}
    if need.kind == STORE:
        stock = Stock.objects.filter(item=need.skill, quantity__gt=F("reserved"))
        free = dict(stock.annotate(free=F("quantity") - F("reserved")).values_list("store", "free"))
        rows = rows.filter(pk__in=list(free))
    else:
        few = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            rows = Resource.objects.filter(pk__in=few).select_related("department")
    near = rows.annotate(away=Distance("position", target)).order_by(GeometryDistance("position", target))
    found = sorted(near[: OVERSAMPLE * most], key=lambda one: (one.away.m, one.pk))
    return found[: None if need.kind == STORE else most], free


def _not_free(need: Need, scope: Scope) -> dict[str, int]:
    return Counter(_fitting(need, scope).exclude(state=AVAILABLE).order_by().values_list("state", flat=True))
