"""Dispatch over HTTP: what units, assignments and orders share. Every view names the action it needs; foreign records are 404.

A POST may carry ``Idempotency-Key``: with the same key it acts once and is answered alike.
"""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.core.acts import NotPossible
from command_center.core.attachments import Refused as FileRefused
from command_center.core.models import AuditEntry
from incidents.models import Incident
from incidents.services import Refused as IncidentRefused

from .models import Resource
from .services.errors import Refused
from .services.units import actor_of, unit_of


class UnitToken(BaseAuthentication):
    """``Authorization: Unit …``: the device of a unit, which acts for that unit alone."""

    keyword = "Unit "

    def authenticate(self, request):
        given = request.headers.get("Authorization", "")
        if not given.startswith(self.keyword):
            return None
        unit = unit_of(given.removeprefix(self.keyword).strip())
        if unit is None:
            raise AuthenticationFailed(_("This device is not known, or no longer."))
        request._request.viewer = actor_of(unit)
        return None, unit


class UnitTokenScheme(OpenApiAuthenticationExtension):
    """The token in the API's description."""

    target_class = UnitToken
    name = "unitToken"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Unit TOKEN"}


class Moved(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class DispatchView(APIView):
    """Answers what stands against an act in the same way everywhere."""

    sees = ""
    model = None

    def record(self, pk, **where):
        """The record, if the viewer may see it; 404 otherwise."""
        rows = self.model.objects.filter(self.request.viewer.scope.filter(self.sees), **where)
        return get_object_or_404(rows, pk=pk)

    def incident(self, pk):
        where = self.request.viewer.scope.filter("incident.view")
        return get_object_or_404(Incident.objects.filter(where).select_related("type"), pk=pk)

    def said(self, serializer):
        asked = serializer(data=self.request.data)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def handle_exception(self, error):
        if isinstance(error, (Refused, FileRefused, IncidentRefused)):
            return Response({"error": str(error), "field": getattr(error, "field", "")}, 400)
        if isinstance(error, NotPossible):
            return Response({"error": _(str(error)), "state": error.state, **self._who()}, 409)
        return super().handle_exception(error)

    def _who(self):
        """Who was quicker: whoever made the last act on this record."""
        last = AuditEntry.objects.filter(subject_id=str(self.kwargs.get("pk", ""))).order_by("-id").first()
        return {"by": last.who, "at": last.at} if last else {}


class UnitView(DispatchView):
    """Doors that a unit's device may use as well as people."""

    authentication_classes = (UnitToken, SessionAuthentication)

    def unit(self):
        """The unit that asks: by its device, or the one that the signed-in person answers for; None for the desk."""
        if isinstance(self.request.auth, Resource):
            return self.request.auth
        viewer = self.request.viewer
        if viewer.may("assignment.make") or viewer.user_id is None:
            return None
        return Resource.objects.filter(user=viewer.user_id).first()


def not_a_move(name):
    return Response({"error": _("There is no move “%(name)s”.") % {"name": name}}, 404)
