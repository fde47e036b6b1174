"""Deny by default: an API view that names no action lets nobody in."""

from rest_framework import permissions


class NamesItsAction(permissions.BasePermission):
    """Lets in who holds the view's ``action`` somewhere; a view that names none lets nobody in."""

    def has_permission(self, request, view):
        action = getattr(view, "needs", None)
        if isinstance(action, dict):
            action = action.get(request.method)
        return bool(action) and request.viewer.scope.may(action)


class SignedIn(permissions.BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)
