"""Incidents over HTTP. Every view names the action it needs; foreign records are 404.

A POST may carry ``Idempotency-Key``: with the same key it acts once and is answered alike (``once.py``).
"""

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.attachments import Refused as FileRefused
from command_center.core.idempotency import once
from command_center.core.models import AuditEntry
from command_center.core.now import now
from sensors.models import Alarm

from . import boards, services
from .domain.lifecycle import BY_OWN_DOOR, INCIDENT
from .models import Incident, IncidentType
from .services.holding import Held
from .services.proposals import from_alarm
from .services.timeline import timeline

MOST_LISTED = 500


class Point(serializers.ListField):
    """Longitude and latitude in WGS 84."""

    child = serializers.FloatField()

    def __init__(self, **kwargs):
        super().__init__(min_length=2, max_length=2, **kwargs)


class Told(serializers.Serializer):
    """What may be said of an incident."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=120)
    type = serializers.SlugField(required=False)
    position = Point(required=False)
    area = serializers.CharField(required=False, allow_blank=True)
    address = serializers.CharField(required=False, allow_blank=True, max_length=200)
    department = serializers.CharField(required=False, allow_blank=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    caller_name = serializers.CharField(required=False, allow_blank=True, max_length=40)
    caller_phone = serializers.CharField(required=False, allow_blank=True, max_length=30)
    people_affected = serializers.IntegerField(required=False, allow_null=True)
    deaths = serializers.IntegerField(required=False, allow_null=True)
    seriously_injured = serializers.IntegerField(required=False, allow_null=True)
    loss_yuan = serializers.IntegerField(required=False, allow_null=True)
    sensitive = serializers.BooleanField(required=False)


class NewIncident(Told):
    type = serializers.SlugField()
    source = serializers.ChoiceField([v for v in Incident.Source.values if v != Incident.Source.SENSOR])
    is_drill = serializers.BooleanField(required=False)


class Changes(Told):
    level = serializers.IntegerField(required=False, min_value=1, max_value=4)


class Correction(Changes):
    reason = serializers.CharField(required=False, allow_blank=True)


class MoveAsked(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="")
    changes = Changes(required=False)


class Others(serializers.Serializer):
    others = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class ChosenAlarms(serializers.Serializer):
    alarms = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class Reason(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class Note(serializers.Serializer):
    text = serializers.CharField(max_length=4000)


class Upload(serializers.Serializer):
    file = serializers.FileField()


COUNTS = ("people_affected", "deaths", "seriously_injured", "loss_yuan")


class IncidentView(APIView):
    """Answers what stands against an act in the same way everywhere."""

    needs = "incident.view"
    sees = "incident.view"

    def incident(self, pk):
        where = self.request.viewer.scope.filter(self.sees)
        return get_object_or_404(Incident.objects.filter(where).select_related("type"), pk=pk)

    def said(self, serializer):
        asked = serializer(data=self.request.data)
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    def page(self, incident, status=200):
        """The incident as the one who acted sees it now; a bare receipt where the act took it out of sight."""
        viewer = self.request.viewer
        if not viewer.may("incident.view", incident):
            return Response(
                {"id": str(incident.pk), "number": incident.number, "state": incident.state}, status
            )
        return Response(boards.page(incident, viewer=viewer, at=now()), status)

    def handle_exception(self, error):
        if isinstance(error, (services.Refused, FileRefused)):
            return Response({"error": str(error), "field": getattr(error, "field", "")}, 400)
        if isinstance(error, NotPossible):
            return Response({"error": str(error), "state": error.state, **self._who(error)}, 409)
        return super().handle_exception(error)

    def _who(self, error):
        """Who was quicker: the holder, or whoever made the last move."""
        if isinstance(error, Held):
            return {"by": error.who, "until": error.until}
        last = (
            AuditEntry.objects.filter(
                subject_type=Incident._meta.label_lower, subject_id=str(self.kwargs.get("pk", ""))
            )
            .exclude(after="")
            .order_by("-id")
            .first()
        )
        return {"by": last.who, "at": last.at} if last else {}


class Incidents(IncidentView):
    """Incidents the viewer may see; a new one reported by hand."""

    needs = {"GET": "incident.view", "POST": "incident.report"}

    @extend_schema(
        operation_id="v1_incidents_list",
        parameters=[
            OpenApiParameter(
                "state", OpenApiTypes.STR, description="a state; without it, all that are not over"
            ),
            OpenApiParameter("type", OpenApiTypes.STR, description="the slug of a kind"),
            OpenApiParameter("view", OpenApiTypes.STR, enum=boards.VIEWS, description="the queue by urgency"),
            OpenApiParameter("q", OpenApiTypes.STR, description="part of number, title or address"),
            OpenApiParameter(
                "alarm", OpenApiTypes.UUID, description="the one that this alarm belongs to now"
            ),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request):
        asked, viewer, at = request.query_params, request.viewer, now()
        if not {"state", "type", "q", "alarm"} & set(asked):
            view = asked.get("view", boards.ALL)
            if view not in boards.VIEWS:
                return Response({"error": _("There is no view “%(view)s”.") % {"view": view}}, 400)
            return Response(boards.queue(viewer.scope, viewer=viewer, at=at, view=view))
        rows = Incident.objects.filter(viewer.scope.filter("incident.view"))
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        if "type" in asked:
            rows = rows.filter(type__slug=asked["type"])
        if "alarm" in asked:
            alarm = serializers.UUIDField().run_validation(asked["alarm"])
            rows = rows.filter(links__alarm=alarm, links__left_at=None)
        if q := asked.get("q", "").strip():
            rows = rows.filter(
                Q(number__icontains=q)
                | Q(title__icontains=q)
                | Q(title_en__icontains=q)
                | Q(address__icontains=q)
            )
        found = boards.with_relations(rows).order_by("-received_at", "pk")[:MOST_LISTED]
        return Response({"incidents": [boards.row(one, at=at) for one in found]})

    @extend_schema(request=NewIncident, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        told = dict(self.said(NewIncident))
        counts = {name: told.pop(name) for name in COUNTS if name in told}
        key = request.headers.get("Idempotency-Key", "")
        row = services.report(by=request.viewer, at=now(), counts=counts, key=key, **told)
        return self.page(row, 201)


class AskedAlarm(serializers.Serializer):
    alarm = serializers.UUIDField()


class FromAlarm(IncidentView):
    """From an alarm to a confirmed incident in one press: the alarm's own incident, one near by, or a new one."""

    needs = "incident.confirm"

    @extend_schema(request=AskedAlarm, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        asked = self.said(AskedAlarm)
        where = request.viewer.scope.filter("alarm.view")
        alarm = get_object_or_404(Alarm.objects.filter(where), pk=asked["alarm"])
        return self.page(from_alarm(alarm.pk, by=request.viewer, at=now()), 201)


class OneIncident(IncidentView):
    """One incident with its alarms, cameras, files and timeline; corrections."""

    needs = {"GET": "incident.view", "PATCH": "incident.handle"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        return self.page(self.incident(pk))

    @extend_schema(request=Correction, responses=OpenApiTypes.OBJECT)
    def patch(self, request, pk):
        changes = dict(self.said(Correction))
        reason = changes.pop("reason", "")
        return self.page(
            services.edit(self.incident(pk), changes, by=request.viewer, at=now(), reason=reason)
        )


class Pictures(IncidentView):
    """What cameras near the incident or its alarms saw, from some time before it until some time after it."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        return Response(boards.pictures(self.incident(pk), request.viewer.scope, at=now()))


class Timeline(IncidentView):
    """What happened, oldest first, in the reader's language."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        lines = timeline(self.incident(pk), request.viewer.scope)
        return Response([boards.as_dict(line) for line in lines])


class Moves(IncidentView):
    """One move of the table. Which right it needs stands in the table; 409 says what the state is, and who made it so."""

    needs = "incident.view"

    @extend_schema(request=MoveAsked, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk, name):
        incident = self.incident(pk)
        if name not in INCIDENT or name in BY_OWN_DOOR:
            return Response({"error": _("There is no move “%(name)s”.") % {"name": name}}, 404)
        told = self.said(MoveAsked)
        given = {"by": request.viewer, "at": now(), "reason": told["reason"]}
        changes = dict(told.get("changes") or {})
        if name == "confirm":
            changes.setdefault("level", incident.level_proposed)
        return self.page(services.move(incident, name, changes=changes, **given))


class Merge(IncidentView):
    """Others become part of this one."""

    needs = sees = "incident.merge"

    @extend_schema(request=Others, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        into, told = self.incident(pk), self.said(Others)
        others = [self.incident(other) for other in told["others"]]
        return self.page(services.merge(into, others, by=request.viewer, at=now(), reason=told["reason"]))


class Unmerge(IncidentView):
    """The merge of this one is taken back."""

    needs = sees = "incident.merge"

    @extend_schema(request=Reason, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        reason = self.said(Reason)["reason"]
        return self.page(services.unmerge(self.incident(pk), by=request.viewer, at=now(), reason=reason))


class Split(IncidentView):
    """Some of its alarms become an incident of their own, which is the answer."""

    needs = sees = "incident.merge"

    @extend_schema(request=ChosenAlarms, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        told = self.said(ChosenAlarms)
        fresh = services.split(
            self.incident(pk), told["alarms"], by=request.viewer, at=now(), reason=told["reason"]
        )
        return self.page(fresh, 201)


class Hold(IncidentView):
    """Be on it (POST), give it back (DELETE). 409 says who is."""

    needs = sees = "incident.handle"

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        row = services.hold(self.incident(pk), by=request.viewer, at=now())
        return Response({"holder": row.holder, "held_until": row.held_until, "version": row.version})

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def delete(self, request, pk):
        row = services.release(self.incident(pk), by=request.viewer, at=now())
        return Response({"holder": row.holder, "held_until": row.held_until, "version": row.version})


class Notes(IncidentView):
    """A line for the timeline."""

    needs = sees = "incident.handle"

    @extend_schema(request=Note, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        incident = self.incident(pk)
        services.add_note(incident, self.said(Note)["text"], by=request.viewer, at=now())
        return self.page(incident, 201)


class Attachments(IncidentView):
    """A file or picture as evidence."""

    needs = sees = "incident.handle"
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": Upload}, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        incident = self.incident(pk)
        kept = services.attach(incident, self.said(Upload)["file"], by=request.viewer, at=now())
        return Response({"id": str(kept.pk), "name": kept.name, "content_type": kept.content_type}, 201)


class TypeSerializer(serializers.ModelSerializer):
    class Meta:
        model = IncidentType
        fields = (
            "slug", "category", "symbol", "national_code", "name", "name_en", "lead_department", "join_radius_m",
            "join_minutes", "rules",
        )  # fmt: skip


class Types(APIView):
    """The catalogue of kinds."""

    needs = "incident.view"

    @extend_schema(responses=TypeSerializer(many=True))
    def get(self, request):
        return Response(TypeSerializer(IncidentType.objects.all(), many=True).data)


urls = [
    path("incidents", Incidents.as_view()),
    path("incidents/types", Types.as_view()),
    path("incidents/from-alarm", FromAlarm.as_view()),
    path("incidents/<uuid:pk>", OneIncident.as_view()),
    path("incidents/<uuid:pk>/pictures", Pictures.as_view()),
    path("incidents/<uuid:pk>/timeline", Timeline.as_view()),
    path("incidents/<uuid:pk>/moves/<str:name>", Moves.as_view()),
    path("incidents/<uuid:pk>/merge", Merge.as_view()),
    path("incidents/<uuid:pk>/unmerge", Unmerge.as_view()),
    path("incidents/<uuid:pk>/split", Split.as_view()),
    path("incidents/<uuid:pk>/hold", Hold.as_view()),
    path("incidents/<uuid:pk>/notes", Notes.as_view()),
    path("incidents/<uuid:pk>/attachments", Attachments.as_view()),
]
