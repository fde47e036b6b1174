"""Alarm health on a page: a desk's month, by shift, beside what the standards ask; the lists behind it; CSV and Excel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.models import Area
from command_center.core.now import now
from command_center.core.shell import shell

from .domain import alarm_health as health
from .domain.alarm_health import Report
from .handover import area_names, decision, lasting
from .models import AlarmRule, Station
from .pages_office import EXCEL, moment, query_of, screen
from .services import alarm_health, export, suppressing
from .states import RULES, describe

ROWS = 50
MOST_FLOODS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks for: a desk, a month, and the desks that might be asked for."""

    desk: Area
    desks: list[Area]
    month: str  # "2026-07"
    since: datetime
    until: datetime
    at: datetime


def asked_of(request: HttpRequest) -> Asked:
    """Raises PermissionDenied where the viewer has no desk, Http404 for what is none."""
    desks = alarm_health.desks(request.viewer.scope)  # type: ignore[attr-defined]
    if not desks:
        raise PermissionDenied(alarm_health.RIGHT)
    wanted = request.GET.get("desk") or desks[0].path
    desk = next((area for area in desks if area.path == wanted), None)
    at = now()
    month = request.GET.get("month") or f"{localtime(at):%Y-%m}"
    try:
        year, number = (int(part) for part in month.split("-"))
        since, until = alarm_health.month_of(year, number, get_current_timezone())
    except (ValueError, OverflowError):
        raise Http404 from None
    if desk is None:
        raise Http404
    return Asked(desk, desks, f"{year:04}-{number:02}", since, until, at)


def _page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    context = {**shell(request, ("alarm.health",), user=str(request.user)), "here": title, **more}
    return render(request, template, context)


# --- figures as rows: (name, figure, target, kind, what is behind it) -------------------------------
RATE, COUNT, SHARE, SECONDS = "rate", "count", "share", "seconds"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. ``value`` reads it from a shift's report; ``target`` names a row of ``TARGETS``, which is
    "at most" or, where ``about``, a share to be near."""

    label: str  # msgid
    kind: str
    value: Any
    target: str = ""
    about: bool = False
    behind: tuple[str, str] = ("all", "")


def _answer(label: str, name: str, share: float) -> Row:
    return Row(label, SECONDS, lambda one: one.answer(name, share), behind=(name, ""))


def _mix(label: str, name: str) -> Row:
    return Row(label, SHARE, lambda one: one.mix[name], name, name == "low", ("priority", name))


# fmt: off
TABLE = (
    Row(gettext_noop("Alarms that rang"), COUNT, lambda one: one.alarms),
    Row(gettext_noop("Average in 10 minutes"), RATE, lambda one: one.average, "average"),
    Row(gettext_noop("Most in 10 minutes"), COUNT, lambda one: one.peak, "peak", behind=("peak", "")),
    Row(gettext_noop("Share of time in flood"), SHARE, lambda one: one.flood, "flood", behind=("floods", "")),
    _mix(gettext_noop("Low priority (blue, yellow)"), "low"),
    _mix(gettext_noop("Medium priority (orange)"), "medium"),
    _mix(gettext_noop("High priority (red)"), "high"),
    Row(gettext_noop("Chattering points"), COUNT, lambda one: len(one.chattering), "chattering", behind=("bad", "")),
    Row(gettext_noop("Stood longer than a day"), COUNT, lambda one: one.stale, behind=("stale", "")),
    Row(gettext_noop("Share of the ten worst stations"), SHARE, lambda one: one.top_share, "top", behind=("bad", "")),
    _answer(gettext_noop("To acknowledge, median"), health.ACKNOWLEDGE, 0.5),
    _answer(gettext_noop("To acknowledge, 95 %"), health.ACKNOWLEDGE, 0.95),
    _answer(gettext_noop("To a confirmed incident, median"), health.INCIDENT, 0.5),
    _answer(gettext_noop("To a confirmed incident, 95 %"), health.INCIDENT, 0.95),
    _answer(gettext_noop("To the response, median"), health.RESPONSE, 0.5),
    _answer(gettext_noop("To the response, 95 %"), health.RESPONSE, 0.95),
    Row(gettext_noop("Share of false alarms"), SHARE, lambda one: one.false_share, behind=("false", "")),
    Row(gettext_noop("Recorded without ringing"), COUNT, lambda one: one.silent, behind=("silent", "")),
)
# fmt: on


def said(kind: str, value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return "—"
    if kind == SHARE:
        return f"{100 * value:.1f} %"
    if kind == SECONDS:
        return clock(int(value))
    return f"{value:.2f}" if kind == RATE else f"{value:g}"


def clock(seconds: int) -> str:
    if seconds >= 172_800:
        return lasting(timedelta(seconds=seconds))
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def aimed(row: Row) -> str:
    """The target with its source, or a dash where the standards give none."""
    if not row.target:
        return "—"
    target = health.TARGETS[row.target]
    sign = "≈" if row.target in health.PRIORITIES else "≤"
    return f"{sign} {said(COUNT if row.kind == RATE else row.kind, target.value)} · {target.source}"


def well(row: Row, value: float | None) -> bool | None:
    """Whether the target is met; None where there is none, or nothing to judge. Of low ones there may be more."""
    if not row.target or value is None:
        return None
    target = health.TARGETS[row.target].value
    return value >= target if row.about else value <= target


def shift_name(shift: tuple[int, int] | None) -> str:
    return _("All shifts") if shift is None else f"{shift[0]:02}:00–{shift[1]:02}:00"


def _behind(asked: Asked, report: Report, what: str, key: str = "") -> str:
    """The address of the alarms that a figure counts."""
    if what in ("floods", "bad"):
        return f"#{what}"
    query = {"desk": asked.desk.path, "month": asked.month, "what": what, "key": key}
    if what == "peak":
        if report.peak_at is None:
            return ""
        query |= {"what": "all", **_span(report.peak_at - timedelta(minutes=health.SPAN), report.peak_at)}
    elif report.shift is not None:
        query["shift"] = str(report.shift[0])
    return f"{reverse('alarm-health-alarms')}?{urlencode({k: v for k, v in query.items() if v})}"


def _span(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": f"{localtime(since):%Y-%m-%dT%H:%M}", "to": f"{localtime(until):%Y-%m-%dT%H:%M}"}


def _names(report: Report) -> dict[str, dict[str, str]]:
    """Words for what stands in the lists of the worst."""
    points = [tuple(key.split("|")) for key, _n in report.worst("chattering")]
    codes = [code for code, _n in report.worst("stations")] + [point[0] for point in points]
    stations = {one.code: one.label for one in Station.objects.filter(code__in=codes)}
    own = {one.alarm: one.label for one in AlarmRule.objects.filter(alarm__in=report.rules)}
    rules = {rule: _(RULES[rule]) if rule in RULES else own.get(rule, rule) for rule in report.rules}
    return {
        "stations": {code: f"{stations.get(code, '')} {code}".strip() for code in codes},
        "rules": rules,
        "chattering": {
            "|".join(point): " · ".join(
                part
                for part in (stations.get(point[0], point[0]), point[1], rules.get(point[2], point[2]))
                if part
            )
            for point in points
        },
    }


WORST = {
    "stations": (gettext_noop("Ten worst stations"), "station"),
    "rules": (gettext_noop("Ten worst rules"), "rule"),
    "chattering": (gettext_noop("Chattering points"), "chattering"),
}


@screen("alarm.health")
def alarm_health_page(request: HttpRequest) -> HttpResponse:
    """The desk's month; ``as``: csv or xlsx for the same as a file."""
    asked = asked_of(request)
    found = alarm_health.figures(asked.desk.path, asked.since, asked.until, asked.at)
    if request.GET.get("as") in ("csv", "xlsx"):
        return _file(asked, found, request.GET["as"])
    whole = found.reports[0]
    names = _names(whole)
    table = [
        {
            "label": _(row.label),
            "target": aimed(row),
            "cells": [
                {
                    "shift": shift_name(one.shift),
                    "text": said(row.kind, row.value(one)),
                    "well": well(row, row.value(one)),
                    "link": _behind(asked, one, *row.behind),
                }
                for one in found.reports
            ],
        }
        for row in TABLE
    ]
    worst = [
        {
            "title": _(title),
            "rows": [
                {"name": names[name][key], "n": n, "link": _behind(asked, whole, what, key)}
                for key, n in whole.worst(name)
            ],
        }
        for name, (title, what) in WORST.items()
    ]
    longest = sorted(found.floods, key=lambda one: (one[0] - one[1], one[0]))[:MOST_FLOODS]
    areas = area_names()
    return _page(
        request,
        "alarm_health/page.html",
        _("Alarm health"),
        asked=asked,
        until=found.until,
        shifts=[shift_name(one.shift) for one in found.reports],
        table=table,
        worst=worst,
        floods=[
            {
                "begin": begin,
                "minutes": (end - begin) // timedelta(minutes=1),
                "link": f"{_behind(asked, whole, 'all')}&{urlencode(_span(begin - timedelta(minutes=9), end))}",
            }
            for begin, end in sorted(longest)
        ],
        standing=found.standing,
        standing_target=f"≤ {health.TARGETS['stale'].value:g} · {health.TARGETS['stale'].source}",
        standing_well=found.standing <= health.TARGETS["stale"].value,
        standing_link=f"{reverse('alarm-health-alarms')}?{urlencode({'desk': asked.desk.path, 'what': 'standing'})}",
        aside=[
            decision(row, areas)
            for row in suppressing.listed(request.viewer.scope)  # type: ignore[attr-defined]
            if row.area_path.startswith(asked.desk.path) or asked.desk.path.startswith(row.area_path)
        ],
        query=query_of(request),
    )


def file_rows(found: alarm_health.Figures) -> Iterator[list[Any]]:
    """The report as rows of a table: plain numbers, shares 0–1, times in seconds."""
    for row in TABLE:
        values = [row.value(one) for one in found.reports]
        yield [
            _(row.label),
            _(_UNITS[row.kind]),
            aimed(row),
            *(round(v, 4) if v is not None else None for v in values),
        ]
    names = _names(found.reports[0])
    for name, (title, _what) in WORST.items():
        for key, _n in found.reports[0].worst(name):
            counts = [getattr(one, name)[key] for one in found.reports]
            yield [f"{_(title)}: {export.safe(names[name][key])}", _(_UNITS[COUNT]), "—", *counts]


_UNITS = {
    RATE: gettext_noop("per 10 minutes"),
    COUNT: gettext_noop("number"),
    SHARE: gettext_noop("share (0–1)"),
    SECONDS: gettext_noop("seconds"),
}


def _file(asked: Asked, found: alarm_health.Figures, kind: str) -> HttpResponse:
    head = [_("Figure"), _("Unit"), _("Target"), *(shift_name(one.shift) for one in found.reports)]
    name = f"alarm-health_{asked.desk.code}_{asked.month}.{kind}"
    if kind == "xlsx":
        answer = HttpResponse(export.as_excel(asked.month, head, file_rows(found)), content_type=EXCEL)
    else:
        answer = HttpResponse(
            "".join(export.as_csv(head, file_rows(found))), content_type="text/csv; charset=utf-8"
        )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@screen("alarm.health")
def alarms_behind(request: HttpRequest) -> HttpResponse:
    """The alarms that a figure counts, newest first."""
    asked = asked_of(request)
    what, key = request.GET.get("what", "all"), request.GET.get("key", "")
    if what == "standing":
        rows = alarm_health.standing_alarms(asked.desk.path, asked.at).order_by("raised_at", "pk")
    else:
        try:
            since = moment(request.GET.get("from", "")) or asked.since
            until = moment(request.GET.get("to", "")) or asked.until
            begins = request.GET.get("shift", "")
            shift = next((one for one in alarm_health.spans() if str(one[0]) == begins), None)
            rows = alarm_health.alarms_behind(asked.desk.path, since, until, shift, what, key, asked.at)
        except (KeyError, ValueError):
            raise Http404 from None
    pages = Paginator(rows.select_related("station", "sensor"), ROWS)
    page = pages.get_page(request.GET.get("page"))
    for alarm in page:
        alarm.told = describe(alarm)
        answered = alarm.acknowledged_at and (alarm.acknowledged_at - alarm.recorded_at).total_seconds()
        alarm.waited = clock(max(int(answered), 0)) if answered is not None else "—"
    back = urlencode({"desk": asked.desk.path, "month": asked.month})
    return _page(
        request,
        "alarm_health/alarms.html",
        _("Alarms behind the figure"),
        asked=asked,
        rows=page,
        query=query_of(request),
        back=f"{reverse('alarm-health')}?{back}",
    )


urls = [
    path("alarm-health/", alarm_health_page, name="alarm-health"),
    path("alarm-health/alarms/", alarms_behind, name="alarm-health-alarms"),
]
