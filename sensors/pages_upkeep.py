"""Readings as files, and work on devices whose values are doubted: the page and the API."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.api import Page
from command_center.core.idempotency import once
from command_center.core.now import now

from .charts import DAILY, HOURLY, RAW, resolution_for
from .domain.quality import Check
from .domain.quantities import QUANTITIES
from .domain.upkeep import OPEN
from .domain.views import BLURRED, MOVED
from .models import MaintenanceTask, Station
from .pages_office import EXCEL, moment, page, screen
from .quality_words import CHECKS, MAINTENANCE_STATES, PICTURE_CHECKS
from .services import export
from .services.picture_checks import take_reference
from .services.upkeep import finish, overrule

ROWS = 200


class WrongSpan(ValueError):
    """A span that cannot be read, is empty, or too long; the text says so."""


def span_of(query: Any, present: datetime) -> tuple[datetime, datetime]:
    """``from`` and ``to`` of a query, or the last ``hours`` (24 by default) up to ``present``."""
    try:
        until = moment(query.get("to", "")) or present
        since = moment(query.get("from", ""))
        hours = float(query.get("hours") or 24)
    except ValueError:
        raise WrongSpan(_("The time cannot be read.")) from None
    if query.get("from") and since is None:
        raise WrongSpan(_("The time cannot be read."))
    since = since or until - timedelta(hours=min(max(hours, 1), 24 * 36600))
    if since >= until:
        raise WrongSpan(_("The span is empty."))
    return since, until


def file_of(station: Station, query: Any) -> HttpResponseBase:
    """The answer with the station's readings of a span as CSV or Excel. Raises WrongSpan."""
    since, until = span_of(query, now())
    resolution = query.get("resolution") or resolution_for(since, until)
    if resolution not in (RAW, HOURLY, DAILY):
        raise WrongSpan(_("There are readings, hours and days: raw, hour, day."))
    if until - since > export.LONGEST[resolution]:
        raise WrongSpan(_("This span is too long for single readings; take hours or days."))
    head, body = export.head(resolution), export.rows(station, since, until, resolution)
    name = export.file_name(station, since, until)
    answer: HttpResponseBase
    if query.get("as") == "xlsx":
        answer = HttpResponse(export.as_excel(station.code, head, body), content_type=EXCEL)
        name += ".xlsx"
    else:
        answer = StreamingHttpResponse(
            (line.encode() for line in export.as_csv(head, body)), content_type="text/csv; charset=utf-8"
        )
        name += ".csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked(name: str, what: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=what)


class Export(APIView):
    """The station's readings of a span as a file, with quality and reason of each, or their hours or days."""

    needs = "station.view"

    @extend_schema(
        parameters=[
            _asked("as", "csv (default) or xlsx"),
            _asked("resolution", "raw, hour or day; by the span where not said"),
            _asked("from", "since (ISO 8601)"),
            _asked("to", "until; now by default"),
            OpenApiParameter("hours", OpenApiTypes.INT, description="in place of from; 24 by default"),
        ],
        responses=OpenApiTypes.BINARY,
    )
    def get(self, request: Request, pk: Any) -> HttpResponseBase:
        where = request.viewer.scope.filter(self.needs)
        station = get_object_or_404(Station.objects.filter(where), pk=pk)
        try:
            return file_of(station, request.query_params)
        except WrongSpan as why:
            return Response({"error": str(why)}, status=400)


class TaskSerializer(serializers.ModelSerializer):
    station_code = serializers.CharField(source="station.code")
    station_name = serializers.CharField(source="station.label")
    channel = serializers.CharField(source="sensor.channel", default=None)
    check_name = serializers.CharField()
    said = serializers.SerializerMethodField()

    class Meta:
        model = MaintenanceTask
        fields = (
            "id", "station", "station_code", "station_name", "channel", "check_name", "said", "state", "since",
            "last_at", "recorded_at", "closed_at", "closed_by", "reason", "evidence",
        )  # fmt: skip

    def get_said(self, task: MaintenanceTask) -> str:
        return said(task)


def said(task: MaintenanceTask) -> str:
    """What the check says, in words of the active language."""
    picture = PICTURE_CHECKS.get(task.check_name)
    return _(picture[0] if picture else CHECKS[Check[task.check_name.upper()]])


def unit_of(task: MaintenanceTask) -> str:
    """The unit of what a task's evidence counts."""
    if task.sensor is not None:
        return QUANTITIES[task.sensor.quantity].unit
    return _(PICTURE_CHECKS[task.check_name][1]) if task.check_name in PICTURE_CHECKS else "s"


def vouch(task: MaintenanceTask, *, by: Any, at: datetime, reason: str) -> MaintenanceTask:
    """A person says that what is doubted is right: values count again, a camera's view is the right one."""
    if task.check_name in (BLURRED, MOVED):
        take_reference(task.station, by=by, at=at, reason=reason)
        task.refresh_from_db()
        return task
    return overrule(task, by=by, at=at, reason=reason)


class Tasks(ListAPIView):
    """Maintenance tasks of stations that the viewer may see, newest doubt first."""

    needs = "station.view"
    serializer_class = TaskSerializer
    filterset_fields = ("state", "station", "check_name")
    queryset = MaintenanceTask.objects.none()

    class pagination_class(Page):
        ordering = "-last_at"

    def get_queryset(self) -> Any:
        where = self.request.viewer.scope.filter(self.needs)
        return MaintenanceTask.objects.filter(where).select_related("station", "sensor")


class TaskReason(serializers.Serializer):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class Act(APIView):
    """One act on a task, with the reason; 409 where it is not open any more."""

    def task(self, request: Request, pk: Any) -> MaintenanceTask:
        where = request.viewer.scope.filter(self.needs)
        return get_object_or_404(MaintenanceTask.objects.filter(where), pk=pk)

    @extend_schema(request=TaskReason, responses=TaskSerializer)
    @once
    def post(self, request: Request, pk: Any) -> Response:
        task = self.task(request, pk)
        asked = TaskReason(data=request.data)
        asked.is_valid(raise_exception=True)
        row = self.act(task, by=request.viewer, at=now(), reason=asked.validated_data["reason"])
        return Response(TaskSerializer(row).data)


class Overrule(Act):
    """A person vouches for the doubted values: they count again, and alarms follow from them."""

    needs = "maintenance.overrule"
    act = staticmethod(vouch)


class Close(Act):
    """The device is well again; what was doubted stays so."""

    needs = "maintenance.close"
    act = staticmethod(finish)


@screen("station.view", "GET", "HEAD", "POST")
def maintenance(request: HttpRequest) -> HttpResponse:
    """The list of tasks, open ones first, and what can be done with them."""
    viewer = request.viewer
    state = request.GET.get("state", OPEN)
    problem, status = "", 200
    if request.method == "POST":
        act: Any = {"overrule": vouch, "close": finish}.get(request.POST.get("act", ""))
        action = f"maintenance.{request.POST.get('act')}"
        if act is None:
            raise PermissionDenied(action)
        task = get_object_or_404(
            MaintenanceTask.objects.filter(viewer.scope.filter(action)), pk=request.POST.get("task")
        )
        try:
            act(task, by=viewer, at=now(), reason=request.POST.get("reason", "")[:500])
            return redirect(f"{reverse('maintenance-tasks')}?{request.GET.urlencode()}")
        except NotPossible as why:
            task.refresh_from_db()
            gone = _("Somebody was quicker: the task is not open any more.")
            problem = gone if task.state != OPEN else _("Please say why the values can be believed.")
            status = 409 if why.state != OPEN else 422
    found = MaintenanceTask.objects.filter(viewer.scope.filter("station.view"))
    if state in MAINTENANCE_STATES:
        found = found.filter(state=state)
    if station := request.GET.get("station"):
        found = found.filter(station__code=station[:40])
    rows = list(found.select_related("station", "sensor").order_by("-last_at")[:ROWS])
    for row in rows:
        row.said = said(row)
        row.point = "" if row.sensor is None else row.sensor.label or _(QUANTITIES[row.sensor.quantity].label)
        row.unit = unit_of(row)
        row.state_name = _(MAINTENANCE_STATES[row.state])
        row.shown = [
            (datetime.fromisoformat(at), f"{value:.6g}") for at, value in row.evidence.get("examples", ())
        ]
    return page(
        request,
        "maintenance",
        _("Maintenance tasks"),
        status=status,
        rows=rows,
        state=state,
        station=request.GET.get("station", ""),
        states={name: _(word) for name, word in MAINTENANCE_STATES.items()},
        may_close=viewer.scope.may("maintenance.close"),
        may_overrule=viewer.scope.may("maintenance.overrule"),
        problem=problem,
    )


urls = [path("maintenance-tasks/", maintenance, name="maintenance-tasks")]
api_urls = [
    path("stations/<uuid:pk>/export", Export.as_view()),
    path("maintenance-tasks", Tasks.as_view()),
    path("maintenance-tasks/<uuid:pk>/overrule", Overrule.as_view()),
    path("maintenance-tasks/<uuid:pk>/close", Close.as_view()),
]
