"""Who is looking: every request carries ``request.viewer``, an Actor; an anonymous one holds nothing."""

from django.utils import translation

from .actor import Actor, person
from .now import now


class ViewerMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.viewer = _Lazy(request)
        return self.get_response(request)


class _Lazy:
    """Asks the tables only when a view asks: static files and health checks stay free of queries."""

    def __init__(self, request):
        self._request = request
        self._actor = None

    def __getattr__(self, name):
        if self._actor is None:
            user = self._request.user
            self._actor = person(user, now(), via="screen") if user.is_authenticated else Actor("anonymous")
        return getattr(self._actor, name)


def language_of(request):
    """The two letters the screens use: "zh" or "en"."""
    return "en" if translation.get_language() == "en" else "zh"
