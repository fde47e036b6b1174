"""The video wall, groups of cameras, and what cameras saw around an alarm: pages and API."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.idempotency import once
from command_center.core.models import Area
from command_center.core.now import now
from command_center.core.parameters import values
from command_center.core.shell import shell

from .models import Alarm, CameraGroup, Station
from .pages_office import page, screen
from .services import stills
from .services.camera_groups import ARRANGE, cameras_for, drop_group, save_group
from .services.picture_checks import REFERENCE, take_reference


# --- the wall -------------------------------------------------------------------------------------------
@require_GET
@never_cache
def video(request: HttpRequest) -> HttpResponse:
    """The video wall, for a paired screen or somebody signed in; otherwise the code that pairs this screen."""
    language = request.GET.get("lang")
    if language in dict(settings.LANGUAGES):
        answer = redirect(request.path)
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax")
        return answer
    if not request.viewer.scope.may("camera.view"):  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            raise PermissionDenied("camera.view")
        return render(request, "pairing.html", {"title": _("Video wall")})
    told = values(["camera.wall_every", "camera.alarm_reach"])
    more = {
        "every_s": told["camera.wall_every"],
        "reach_m": told["camera.alarm_reach"],
        "person": request.user.is_authenticated,
    }
    return render(request, "video.html", shell(request, (ARRANGE, "camera.view", "map.view"), **more))


# --- groups ---------------------------------------------------------------------------------------------
def _groups(request: HttpRequest) -> Any:
    where = request.viewer.scope.filter(ARRANGE)  # type: ignore[attr-defined]
    return CameraGroup.objects.filter(where).order_by("name", "pk")


@screen(ARRANGE)
def camera_groups(request: HttpRequest) -> HttpResponse:
    rows = list(_groups(request).prefetch_related("places__station"))
    areas = {area.path: area.label for area in Area.objects.only("path", "name", "name_en")}
    for row in rows:
        row.area_name = areas.get(row.area_path, row.area_path)
        row.names = [place.station.label for place in row.places.all()]
    return page(request, "camera_groups", _("Camera groups"), rows=rows)


@screen(ARRANGE, "GET", "HEAD", "POST")
def camera_group(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """One group: its name, its area, and its cameras in order, by drag or by keys."""
    viewer = request.viewer  # type: ignore[attr-defined]
    group = None if pk is None else get_object_or_404(_groups(request), pk=pk)
    areas = [area for area in Area.objects.order_by("path") if _may_hold(viewer.scope, area)]
    problem, status = "", 200
    if request.method == "POST" and request.POST.get("act") == "drop" and group is not None:
        drop_group(group, by=viewer, at=now())
        return redirect("camera-groups")
    chosen = request.POST.getlist("cameras")[:1000]
    if request.method == "POST":
        try:
            row = save_group(
                group,
                name=request.POST.get("name", ""),
                name_en=request.POST.get("name_en", ""),
                area=get_object_or_404(Area, path=request.POST.get("area", "")),
                cameras=chosen,
                by=viewer,
                at=now(),
                version=int(request.POST.get("version") or 0) if group else None,
            )
            return redirect("camera-group", pk=row.pk)
        except NotPossible as why:
            problem, status = str(why), 422
        except ValueError:
            problem, status = _("This group was sent incompletely. Open it again."), 422
    elif group is not None:
        chosen = list(group.places.values_list("station__code", flat=True))
    cameras = {one.code: one for one in Station.objects.filter(code__in=chosen)}
    cameras |= {one.code: one for one in cameras_for(viewer.scope)}
    return page(
        request,
        "camera_group",
        (group.label if group else "") or _("New camera group"),
        status=status,
        group=group,
        name=request.POST.get("name", group.name if group else ""),
        name_en=request.POST.get("name_en", group.name_en if group else ""),
        area=request.POST.get("area", group.area_path if group else ""),
        areas=areas,
        members=[cameras[code] for code in chosen if code in cameras],
        others=sorted((one for one in cameras.values() if one.code not in chosen), key=lambda one: one.code),
        problem=problem,
    )


def _may_hold(scope: Any, area: Area) -> bool:
    return any(
        area.path.startswith(grant.area) and grant.department_id is None for grant in scope.holding(ARRANGE)
    )


# --- pictures around an alarm, and the reference of a view ------------------------------------------------
class SeenStillSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    taken_at = serializers.DateTimeField()
    state = serializers.CharField()


class SeenByCameraSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    distance_m = serializers.IntegerField(allow_null=True)
    stills = SeenStillSerializer(many=True)


class AlarmPictures(APIView):
    """What the cameras near an alarm saw around it, nearest first; each picture by its number at its camera."""

    needs = "camera.view"

    @extend_schema(responses=SeenByCameraSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        viewer = request.viewer  # type: ignore[attr-defined]
        alarms = Alarm.objects.filter(viewer.scope.filter("alarm.view")).select_related("station")
        found = stills.of_alarm(get_object_or_404(alarms, pk=pk), now(), viewer.scope)
        return Response(SeenByCameraSerializer(found, many=True).data)


class ReferenceSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class TakenReferenceSerializer(serializers.Serializer):
    referenced_at = serializers.DateTimeField()
    referenced_by = serializers.CharField()


class Reference(APIView):
    """The camera looks where it should from now on: its newest picture is what the next ones are compared with."""

    needs = REFERENCE

    @extend_schema(request=ReferenceSerializer, responses=TakenReferenceSerializer)
    @once
    def post(self, request: Request, pk: Any) -> Response:
        viewer = request.viewer  # type: ignore[attr-defined]
        cameras = Station.objects.filter(viewer.scope.filter(self.needs), kind=Station.Kind.CAMERA)
        camera = get_object_or_404(cameras, pk=pk)
        asked = ReferenceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = take_reference(camera, by=viewer, at=now(), reason=asked.validated_data["reason"])
        return Response(TakenReferenceSerializer(row).data)


urls = [
    path("video/", video, name="video"),
    path("camera-groups/", camera_groups, name="camera-groups"),
    path("camera-groups/new", camera_group, name="camera-group-new"),
    path("camera-groups/<uuid:pk>", camera_group, name="camera-group"),
]
api_urls = [
    path("alarms/<uuid:pk>/pictures", AlarmPictures.as_view()),
    path("stations/<uuid:pk>/reference", Reference.as_view()),
]
