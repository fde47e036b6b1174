"""Parameters and the log book over HTTP."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from . import parameters
from .api import Page
from .models import AuditEntry
from .now import now


class ParameterSerializer(serializers.Serializer):
    name = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    unit = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    default = serializers.JSONField(read_only=True)
    value = serializers.JSONField(read_only=True)


class NewValue(serializers.Serializer):
    value = serializers.JSONField()
    reason = serializers.CharField()


def _shown(names=None):
    now_in_force = parameters.values(names)
    return [
        {
            "name": p.name,
            "label": p.label,
            "unit": p.unit,
            "reason": p.reason,
            "default": p.default,
            "value": v,
        }
        for name, v in sorted(now_in_force.items())
        for p in [parameters.PARAMETERS[name]]
    ]


class Parameters(APIView):
    """All parameters with their values in force."""

    needs = "parameter.change"

    @extend_schema(responses=ParameterSerializer(many=True))
    def get(self, request):
        return Response(_shown())


class OneParameter(APIView):
    """Put a new value in force; the old one stays on record."""

    needs = "parameter.change"

    @extend_schema(request=NewValue, responses=ParameterSerializer)
    def put(self, request, name):
        if name not in parameters.PARAMETERS:
            return Response({"error": f"there is no parameter {name}"}, status=status.HTTP_404_NOT_FOUND)
        asked = NewValue(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            parameters.change(name, asked.validated_data["value"], by=request.viewer, at=now(),
                              reason=asked.validated_data["reason"])  # fmt: skip
        except (TypeError, ValueError) as error:
            return Response({"error": str(error)}, status=status.HTTP_400_BAD_REQUEST)
        return Response(_shown([name])[0])


class AuditSerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEntry
        exclude = ("id",)


class Audit(ListAPIView):
    """The log book, newest first."""

    needs = "audit.view"
    serializer_class = AuditSerializer
    filterset_fields = ("act", "who", "subject_type", "subject_id")
    queryset = AuditEntry.objects.filter(number__isnull=False)

    class pagination_class(Page):
        ordering = "-number"


urls = [
    path("parameters", Parameters.as_view()),
    path("parameters/<str:name>", OneParameter.as_view()),
    path("audit", Audit.as_view()),
]
