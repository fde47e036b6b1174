"""What every API view shares: pages by cursor, errors as sentences. Rights are in permissions.py."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from .acts import NotPossible


class Page(CursorPagination):
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = "pk"


def explain(error, context):
    """409 with the present state for a move that does not fit; 403 for a right that is missing."""
    from rest_framework.views import exception_handler  # its settings name this module

    if isinstance(error, NotPossible):
        return Response({"error": str(error), "state": error.state}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, PermissionDenied):
        return Response({"error": _("You may not do this here.")}, status=status.HTTP_403_FORBIDDEN)
    response = exception_handler(error, context)
    if response is not None and isinstance(response.data, dict) and "detail" in response.data:
        response.data = {"error": str(response.data["detail"])}
    elif (
        isinstance(error, ValidationError)
        and isinstance(response.data, dict)
        and "error" not in response.data
    ):
        response.data = {"error": " ".join(_said(response.data)), "fields": response.data}
    return response


def _said(errors):
    """What a serializer found, field by field, as sentences: ``position: This list may not be empty.``"""
    for name, found in errors.items():
        if isinstance(found, dict):
            found = _said(found)
        yield f"{name}: {' '.join(map(str, found))}"
