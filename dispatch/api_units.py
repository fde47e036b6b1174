"""Resources, candidates, assignments and positions over HTTP."""

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from command_center.core.acts import perform
from command_center.core.idempotency import once
from command_center.core.now import now

from . import boards
from .api import DispatchView, Moved, UnitView, not_a_move
from .domain.lifecycle import ASSIGNMENT, FOLLOWING, RESOURCE
from .domain.movement import Fix
from .domain.ranking import Need
from .models import Resource
from .services import assignments, units
from .services.errors import Refused
from .services.ranking import candidates

MOST_LISTED = 500
OWN = ("assignment.answer", "assignment.finish")  # what a unit says of itself alone


class NewAssignment(serializers.Serializer):
    resource = serializers.UUIDField()
    task = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    skill = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    item = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    quantity = serializers.IntegerField(required=False, default=1, min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class PositionSerializer(serializers.Serializer):
    lon = serializers.FloatField()
    lat = serializers.FloatField()
    observed_at = serializers.DateTimeField()


class Positions(serializers.Serializer):
    positions = PositionSerializer(many=True, allow_empty=False)


class Resources(DispatchView):
    """Teams, experts, vehicles and stores: all, or of a kind, skill or state, or with a word of their name."""

    needs = sees = "resource.view"

    @extend_schema(
        operation_id="v1_resources_list",
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR),
            OpenApiParameter("skill", OpenApiTypes.STR),
            OpenApiParameter("state", OpenApiTypes.STR),
            OpenApiParameter("q", OpenApiTypes.STR, description="part of the name"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request):
        asked, rows = request.query_params, Resource.objects.filter(request.viewer.scope.filter(self.sees))
        for name in ("kind", "state"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        if "skill" in asked:
            rows = rows.filter(skills__contains=[asked["skill"]])
        if q := asked.get("q", "").strip():
            rows = rows.filter(name__icontains=q)
        at, rows = now(), rows.select_related("department").order_by("kind", "code")[:MOST_LISTED]
        return Response(
            {"resources": [boards.resource_row(one, viewer=request.viewer, at=at) for one in rows]}
        )


class OneResource(DispatchView):
    """One resource with its stock and what it is on."""

    needs = sees = "resource.view"
    model = Resource

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        return Response(boards.resource_page(self.record(pk), viewer=request.viewer, at=now()))


class ResourceMoves(DispatchView):
    """On and off duty, out of service and back. Being assigned and free follows from assignments alone."""

    needs = "resource.manage"
    sees = "resource.view"
    model = Resource

    @extend_schema(request=Moved, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk, name):
        resource = self.record(pk)
        if name not in RESOURCE or name in FOLLOWING:
            return not_a_move(name)
        row = perform(resource, name, by=request.viewer, at=now(), reason=self.said(Moved)["reason"])
        return Response(boards.resource_page(row, viewer=request.viewer, at=now()))


class Candidates(DispatchView):
    """Ranked candidates for an incident: for each of its needs, or for the one asked for by kind and skill."""

    needs = "assignment.make"

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR),
            OpenApiParameter("skill", OpenApiTypes.STR, description="for stores: the item"),
            OpenApiParameter("quantity", OpenApiTypes.INT),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request, pk):
        incident, at, asked = self.incident(pk), now(), request.query_params
        needs = None
        if "kind" in asked:
            try:
                quantity = int(asked.get("quantity", 1))
            except ValueError as error:
                raise Refused(_("A whole number is expected."), "quantity") from error
            if asked["kind"] not in Resource.Kind.values or not 1 <= quantity <= 1_000_000:
                raise Refused(_("There is no such kind or quantity."), "kind")
            needs = [Need(asked["kind"], asked.get("skill", ""), quantity)]
        found = candidates(incident, request.viewer.scope, at=at, needs=needs)
        return Response({"needs": boards.found_board(found, viewer=request.viewer, at=at)})


class TaskBoard(DispatchView):
    """Who is where for an incident, and its orders; POST sends a resource."""

    needs = {"GET": "assignment.view", "POST": "assignment.make"}
    sees = "resource.view"
    model = Resource

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        return Response(boards.task_board(self.incident(pk), viewer=request.viewer, at=now()))

    @extend_schema(request=NewAssignment, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        incident, told = self.incident(pk), self.said(NewAssignment)
        resource = self.record(told.pop("resource"))
        made = assignments.assign(incident, resource, by=request.viewer, at=now(), **told)
        return Response(boards.assignment_row(made, viewer=request.viewer), 201)


class AssignmentView(UnitView):
    needs = sees = "assignment.view"

    def assignment(self, pk):
        rows = boards.of_assignments(self.request.viewer.scope)
        if (unit := self.unit()) is not None:
            rows = rows.filter(resource=unit)
        return get_object_or_404(rows, pk=pk)


class OneAssignment(AssignmentView):
    """One assignment, with the list as it stood when the choice was made."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        row = self.assignment(pk)
        return Response({**boards.assignment_row(row, viewer=request.viewer), "ranking": row.ranking})


class AssignmentMoves(AssignmentView):
    """One move of the table: by the unit's device, by its person, or by the desk for a word over the radio."""

    @extend_schema(request=Moved, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk, name):
        row = self.assignment(pk)
        if name not in ASSIGNMENT:
            return not_a_move(name)
        if ASSIGNMENT[name].action in OWN:
            assignments.require_own(request.viewer, row, self.unit())
        reason = self.said(Moved)["reason"]
        assignments.move(row, name, by=request.viewer, at=now(), reason=reason)
        return Response(boards.assignment_row(self.assignment(pk), viewer=request.viewer))


class Me(UnitView):
    """What the unit that asks is on."""

    needs = "assignment.answer"

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        unit = self.unit()
        if unit is None:
            return Response({"error": _("No unit belongs to you.")}, 404)
        return Response(boards.resource_page(unit, viewer=request.viewer, at=now()))


class ReportPositions(UnitView):
    """Where a unit was, in any order and as often as it likes; its newest position counts."""

    needs = "position.report"

    @extend_schema(request=Positions, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        unit = self.unit()
        fixes = [Fix(**one) for one in self.said(Positions)["positions"]]
        if unit is None:
            return Response({"error": _("No unit belongs to you.")}, 404)
        return Response(units.report(unit, fixes, by=request.viewer, at=now()))


urls = [
    path("resources", Resources.as_view()),
    path("resources/<uuid:pk>", OneResource.as_view()),
    path("resources/<uuid:pk>/moves/<str:name>", ResourceMoves.as_view()),
    path("incidents/<uuid:pk>/candidates", Candidates.as_view()),
    path("incidents/<uuid:pk>/tasks", TaskBoard.as_view()),
    path("assignments/<uuid:pk>", OneAssignment.as_view()),
    path("assignments/<uuid:pk>/moves/<str:name>", AssignmentMoves.as_view()),
    path("units/me", Me.as_view()),
    path("positions", ReportPositions.as_view()),
]
