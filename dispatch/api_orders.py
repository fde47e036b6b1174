"""Work orders over HTTP. A liaison meets 404 at every door of another department's order."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.idempotency import once
from command_center.core.now import now

from . import boards
from .api import DispatchView, Moved, not_a_move
from .domain.lifecycle import ORDER
from .models import Evidence, Extension, Matter, WorkOrder
from .services import evidence, extensions, orders, printing

MOST_FOUND = 200


class NewOrder(serializers.Serializer):
    matter = serializers.SlugField()
    department = serializers.SlugField()
    parts = serializers.ListField(child=serializers.SlugField(), required=False, max_length=20)
    subject = serializers.CharField(max_length=120)
    facts = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    requirement = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    incident = serializers.UUIDField(required=False, allow_null=True)
    kind = serializers.ChoiceField(WorkOrder.Kind.values, required=False)
    urgency = serializers.ChoiceField(Matter.Urgency.values, required=False)
    position = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, required=False
    )
    area = serializers.CharField(required=False, allow_blank=True)
    address = serializers.CharField(required=False, allow_blank=True, max_length=200)
    source = serializers.CharField(required=False, allow_blank=True, max_length=40)
    is_drill = serializers.BooleanField(required=False)


class OrderMoved(Moved):
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    department = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class Text(serializers.Serializer):
    text = serializers.CharField(max_length=4000)


class MoreTime(serializers.Serializer):
    amount = serializers.FloatField()
    reason = serializers.CharField(max_length=2000)


class Decision(Moved):
    approve = serializers.BooleanField()


class TaggedPicture(serializers.Serializer):
    file = serializers.FileField()
    tag = serializers.CharField(required=False, allow_blank=True, default="")


class OrderView(DispatchView):
    needs = sees = "order.view"
    model = WorkOrder

    def page(self, order, status=200):
        """The order as the one who acted sees it now; a bare receipt where the act took it out of sight."""
        fresh = WorkOrder.objects.get(pk=order.pk)
        if not self.request.viewer.may("order.view", fresh):
            return Response({"id": str(fresh.pk), "number": fresh.number, "state": fresh.state}, status)
        return Response(boards.order_page(fresh, viewer=self.request.viewer, at=now()), status)


class Orders(OrderView):
    """The inbox, what is due first on top; POST issues an order."""

    needs = {"GET": "order.view", "POST": "order.issue"}

    @extend_schema(
        operation_id="v1_orders_list",
        parameters=[
            OpenApiParameter("view", OpenApiTypes.STR, description="inbox, late, done or all"),
            OpenApiParameter(
                "q", OpenApiTypes.STR, description="part of number, subject or address, in all states"
            ),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request):
        at, scope = now(), request.viewer.scope
        if q := request.query_params.get("q", "").strip():
            rows = boards.of_orders(scope).filter(
                Q(number__icontains=q) | Q(subject__icontains=q) | Q(address__icontains=q)
            )
            found = rows.order_by("-issued_at", "pk")[:MOST_FOUND]
            return Response({"orders": [boards.order_row(one, at=at) for one in found]})
        view = request.query_params.get("view", boards.INBOX)
        if view not in boards.VIEWS:
            return Response({"error": _("There is no view “%(view)s”.") % {"view": view}}, 400)
        return Response(boards.inbox(scope, at=at, view=view))

    @extend_schema(request=NewOrder, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request):
        told = self.said(NewOrder)
        incident = told.pop("incident", None)
        if incident is not None:
            told["incident"] = self.incident(incident)
        if "position" in told:
            told["position"] = tuple(told["position"])
        return self.page(orders.issue(by=request.viewer, at=now(), **told), 201)


class OneOrder(OrderView):
    """One order on one page."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request, pk):
        return Response(boards.order_page(self.record(pk), viewer=request.viewer, at=now()))


class OrderMoves(OrderView):
    """One move of the table. Which right it needs stands in the table; 409 says what the state is, and who made it so."""

    @extend_schema(request=OrderMoved, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk, name):
        order = self.record(pk)
        if name not in ORDER:
            return not_a_move(name)
        return self.page(orders.move(order, name, by=request.viewer, at=now(), **self.said(OrderMoved)))


class Progress(OrderView):
    """A word on how it goes; the first is the first answer."""

    @extend_schema(request=Text, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        order = self.record(pk)
        return self.page(orders.progress(order, self.said(Text)["text"], by=request.viewer, at=now()), 201)


class Arrival(OrderView):
    """The department is on the spot."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        return self.page(orders.arrived(self.record(pk), by=request.viewer, at=now()))


class Extensions(OrderView):
    """Ask for more time, in the unit of the matter's row."""

    @extend_schema(request=MoreTime, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        order = self.record(pk)
        extensions.request(order, by=request.viewer, at=now(), **self.said(MoreTime))
        return self.page(order, 201)


class ExtensionDecision(OrderView):
    """Approve or refuse what was asked for."""

    @extend_schema(
        operation_id="v1_orders_extensions_decide", request=Decision, responses=OpenApiTypes.OBJECT
    )
    @once
    def post(self, request, pk, number):
        order, told = self.record(pk), self.said(Decision)
        asked = get_object_or_404(Extension, order=order, pk=number)
        extensions.decide(asked, approve=told["approve"], reason=told["reason"], by=request.viewer, at=now())
        return self.page(order)


class Attachments(OrderView):
    """A file, or a picture as evidence from before or after the work."""

    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": TaggedPicture}, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk):
        order, told = self.record(pk), self.said(TaggedPicture)
        kept = evidence.attach(order, told["file"], tag=told["tag"], by=request.viewer, at=now())
        judged = Evidence.objects.filter(attachment=kept).select_related("attachment").first()
        said = {"id": str(kept.pk), "name": kept.name, "content_type": kept.content_type}
        return Response({**said, "evidence": boards.evidence_row(judged) if judged else None}, 201)


class EvidenceAccepted(OrderView):
    """A picture that proves nothing by itself counts all the same, with a reason."""

    @extend_schema(request=Moved, responses=OpenApiTypes.OBJECT)
    @once
    def post(self, request, pk, number):
        order = self.record(pk)
        picture = get_object_or_404(Evidence, order=order, pk=number)
        evidence.accept(picture, by=request.viewer, at=now(), reason=self.said(Moved)["reason"])
        return self.page(order)


class Print(OrderView):
    """The order on paper, as PDF."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request, pk):
        order = get_object_or_404(boards.of_orders(request.viewer.scope), pk=pk)
        answer = HttpResponse(printing.pdf(order), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="{order.pk}.pdf"'
        return answer


class Clocks(APIView):
    """The running clocks nearest to red, the worst first."""

    needs = "order.view"

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        return Response({"clocks": boards.nearest_to_red(request.viewer.scope, at=now())})


class MatterSerializer(serializers.ModelSerializer):
    class Meta:
        model = Matter
        exclude = ("id",)


class Matters(APIView):
    """The time-limit catalogue."""

    needs = "order.view"

    @extend_schema(responses=MatterSerializer(many=True))
    def get(self, request):
        return Response(MatterSerializer(Matter.objects.all(), many=True).data)


urls = [
    path("orders", Orders.as_view()),
    path("orders/matters", Matters.as_view()),
    path("orders/clocks", Clocks.as_view()),
    path("orders/<uuid:pk>", OneOrder.as_view()),
    path("orders/<uuid:pk>/moves/<str:name>", OrderMoves.as_view()),
    path("orders/<uuid:pk>/progress", Progress.as_view()),
    path("orders/<uuid:pk>/arrival", Arrival.as_view()),
    path("orders/<uuid:pk>/extensions", Extensions.as_view()),
    path("orders/<uuid:pk>/extensions/<int:number>", ExtensionDecision.as_view()),
    path("orders/<uuid:pk>/attachments", Attachments.as_view()),
    path("orders/<uuid:pk>/evidence/<int:number>/accept", EvidenceAccepted.as_view()),
    path("orders/<uuid:pk>/print.pdf", Print.as_view()),
]
