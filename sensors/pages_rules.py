"""Pages of alarm rules: all of them, one with its versions and the form for the next one, and a new one like another."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_default_timezone, is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.acts import NotPossible
from command_center.core.now import now
from command_center.core.parameters import values
from command_center.core.shell import View, shell, signed_in

from . import rule_forms
from .domain.rule_language import Wrong
from .domain.rule_making import parameters_of
from .domain.rule_versions import APPROVED, DRAFT, WITHDRAWN
from .domain.shipped_rules import SHIPPED
from .models import AlarmRule, AlarmRuleVersion
from .services import rulebook
from .states import LEVELS, RULES

STATES = {
    DRAFT: gettext_noop("Draft"),
    APPROVED: gettext_noop("Approved"),
    WITHDRAWN: gettext_noop("Withdrawn"),
}
_SLUG = re.compile(r"[a-z][a-z0-9_.-]{2,59}")


def screen(*methods: str) -> Callable[[View], View]:
    """A page of somebody who writes or approves rules somewhere, never kept by a cache."""

    def wrap(view: View) -> View:
        @wraps(view)
        def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            viewer = request.viewer  # type: ignore[attr-defined]
            if not viewer.may("rule.approve"):
                viewer.require("rule.edit")
            return view(request, *args, **kwargs)

        return signed_in(judged, methods)

    return wrap


def _page(request: HttpRequest, template: str, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        **shell(request, ("rule.edit", "rule.approve"), user=str(request.user)),
        "levels": LEVELS,
        **more,
    }
    return render(request, f"rules/{template}.html", context, status=status)


def label(slug: str, row: AlarmRule | None) -> str:
    return _(SHIPPED[slug].label) if slug in SHIPPED else row.label if row else slug


@screen("GET", "HEAD")
def rules(request: HttpRequest) -> HttpResponse:
    """All rules with what they say now, and how many drafts wait."""
    at = now()
    named = {row.slug: row for row in AlarmRule.objects.all()}
    drafts = set(AlarmRuleVersion.objects.filter(state=DRAFT).values_list("rule__slug", flat=True))
    standing = {one.slug: one for one in rulebook.in_force(at).rules}
    known = values()
    rows = []
    for slug in [*SHIPPED, *sorted(set(named) - set(SHIPPED))]:
        one = standing.get(slug)
        rows.append(
            {
                "slug": slug,
                "label": label(slug, named.get(slug)),
                "alarm": _(RULES[one.alarm]) if one and one.alarm in RULES else "",
                "number": one.number if one else None,
                "off": bool(one and one.definition.get("off")),
                "place": rule_forms.place(one.definition) if one else "",
                "blocks": rule_forms.blocks(one.definition, known) if one else [],
                "draft": slug in drafts,
            }
        )
    return _page(request, "list", here=_("Alarm rules"), rows=rows)


@screen("GET", "HEAD", "POST")
def rule(request: HttpRequest, slug: str) -> HttpResponse:
    """One rule: what is in force, its drafts with their rehearsal, its versions, and the form for the next one."""
    row = AlarmRule.objects.filter(slug=slug).first()
    if row is None and slug not in SHIPPED:
        raise Http404(_("There is no such rule."))
    problem, status = "", 200
    if request.method == "POST":
        try:
            _act(request, slug)
            return redirect(reverse("rule", args=[slug]))
        except (Wrong, NotPossible, ValueError) as why:
            problem, status = _sentence(why), 409 if isinstance(why, NotPossible) else 400
    at = now()
    one = rulebook.standing(slug, at)
    versions = list(row.versions.order_by("-number")) if row else []
    base = _definition(slug, versions, request.GET.get("from")) or (
        one.definition if one else versions[-1].definition
    )
    known = values()
    form = request.POST if problem and "definition" in request.POST else None
    return _page(
        request,
        "rule",
        status,
        here=label(slug, row),
        slug=slug,
        one=one,
        base=base,
        place=rule_forms.place(base),
        blocks=_filled(rule_forms.blocks(base, known), form),
        delays=rule_forms.delays(base, known),
        before=rule_forms.text(base),
        text=form["definition"] if form else rule_forms.text(base),
        reason=form.get("reason", "") if form else "",
        versions=[_shown(version, one) for version in versions],
        shipped=slug in SHIPPED,
        problem=problem,
        months=range(1, 13),
        waits=any(version.state == DRAFT and not version.rehearsed_at for version in versions),
        applies=base["applies"],
        colours=[LEVELS[level] for level in (4, 3, 2, 1)],
    )


def _filled(blocks: list[rule_forms.Block], form: Mapping[str, str] | None) -> list[rule_forms.Block]:
    """What somebody wrote stands in the form again where it could not be taken."""
    for block in blocks if form else ():
        for cell in [*(cell for row in block.rows for cell in row.cells), *(more[2] for more in block.more)]:
            cell.text = form.get(cell.name, cell.text)  # type: ignore[union-attr]
    return blocks


@screen("GET", "HEAD", "POST")
def new_rule(request: HttpRequest) -> HttpResponse:
    """A rule like another one: for named stations or an area, under its own or the same alarm."""
    like = request.POST.get("like") or request.GET.get("like") or "ponding.road"
    one = rulebook.standing(like, now())
    if one is None:
        raise Http404(_("There is no such rule."))
    problem = ""
    if request.method == "POST":
        try:
            slug = request.POST.get("slug", "").strip()
            if not _SLUG.fullmatch(slug) or slug in SHIPPED or AlarmRule.objects.filter(slug=slug).exists():
                raise ValueError(_("The short name is taken, or has other signs than a–z, 0–9, dot, dash."))
            given = request.POST
            definition = _written(given) if given.get("definition", "").strip() else dict(one.definition)
            definition = rule_forms.narrowed(definition, given)
            rulebook.draft(
                slug,
                definition,
                by=request.viewer,  # type: ignore[attr-defined]
                at=now(),
                reason=given.get("reason", ""),
                name=given.get("name", ""),
                name_en=given.get("name_en", ""),
                alarm=one.alarm if given.get("same") and one.alarm in RULES else "",
            )
            return redirect(reverse("rule", args=[slug]))
        except (Wrong, ValueError) as why:
            problem = _sentence(why)
    return _page(
        request,
        "new",
        400 if problem else 200,
        here=_("New rule"),
        like=like,
        choices=[(slug, _(shipped.label)) for slug, shipped in SHIPPED.items()],
        text=request.POST.get("definition") or rule_forms.text(one.definition),
        given=request.POST,
        problem=problem,
    )


def _act(request: HttpRequest, slug: str) -> None:
    """What a press on the page of a rule asks for."""
    given, by, at = request.POST, request.viewer, now()  # type: ignore[attr-defined]
    what = given.get("act")
    if what == "draft":
        rulebook.draft(
            slug,
            _next(given),
            by=by,
            at=at,
            reason=given.get("reason", ""),
            days=int(given["days"]) if given.get("days", "").isdigit() else 30,
        )
    elif what == "back":
        rulebook.roll_back(slug, int(given["number"]), by=by, at=at, reason=given.get("reason", ""))
    elif what in ("approve", "withdraw"):
        version = AlarmRuleVersion.objects.filter(rule__slug=slug, number=given.get("number")).first()
        if version is None:
            raise ValueError(_("There is no such rule."))
        if what == "approve":
            rulebook.approve(version, by=by, at=at, valid_from=_moment(given.get("valid_from", "")))
        else:
            rulebook.withdraw(version, by=by, at=at)
    else:
        raise ValueError(_("There is no such act."))


def _next(given: Mapping[str, str]) -> dict[str, Any]:
    """The definition that the form says: its text where somebody edited that, else the fields over what stood there."""
    written = _written(given)
    try:
        before = json.loads(given.get("before", ""))
    except ValueError:
        before = written
    if written != before:
        return written
    known = values(sorted(parameters_of(before)))
    definition = rule_forms.changed(before, given, known)
    if "off" in given:
        definition["off"] = True
    elif "fields" in given:
        definition.pop("off", None)
    return definition


def _written(given: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(given.get("definition", ""))
    except ValueError as why:
        raise ValueError(_("The text of the rule cannot be read: %(why)s") % {"why": why}) from None
    return found


def _moment(written: str) -> datetime | None:
    found = parse_datetime(written) if written else None
    return found.replace(tzinfo=get_default_timezone()) if found and is_naive(found) else found


def _definition(slug: str, versions: list[AlarmRuleVersion], number: str | None) -> Any:
    """The definition of the version that the form begins with, where the address names one."""
    if number == "0" and slug in SHIPPED:
        return SHIPPED[slug].definition
    return next((version.definition for version in versions if str(version.number) == number), None)


def _sentence(why: Exception) -> str:
    if isinstance(why, Wrong):
        text = _(why.text) % why.params if why.params else _(why.text)
        return f"{' → '.join(why.where)}: {text}" if why.where else text
    return _(str(why)) if isinstance(why, NotPossible) else str(why)


def _shown(version: AlarmRuleVersion, one: rulebook.Ruled | None) -> dict[str, Any]:
    told = version.rehearsal
    rows = [(_("Alarms"), told["alarms"], told.get("now", {}).get("alarms"))] if told else []
    if told:
        rows += [
            (
                look.label,
                told["by_level"][str(level)],
                told.get("now", {}).get("by_level", {}).get(str(level)),
            )
            for level, look in sorted(LEVELS.items())
        ]
        rows.append(
            (
                _("Minutes in flood, with all other alarms"),
                told["flood_minutes"],
                told.get("now", {}).get("flood_minutes"),
            )
        )
        rows.append(
            (
                _("Known incidents missed"),
                len(told["missed"]),
                len(told["now"]["missed"]) if "now" in told else None,
            )
        )
    return {
        "row": version,
        "state": _(STATES[version.state]),
        "in_force": one is not None and one.number == version.number,
        "told": told,
        "compared": rows,
        "since": told and datetime.fromisoformat(told["since"]),
        "until": told and datetime.fromisoformat(told["until"]),
    }


urls = [
    path("rules/", rules, name="rules"),
    path("rules/new/", new_rule, name="rule-new"),
    path("rules/<str:slug>/", rule, name="rule"),
]
