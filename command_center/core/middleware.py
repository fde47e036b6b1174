"""Who is looking: every request carries ``request.viewer``, an Actor; an anonymous one holds nothing."""

from collections.abc import Callable

from django.utils import translation

from .actor import Actor, person
from .now import now

# Other ways to be somebody than to sign in (a paired wall): each takes the request and returns an Actor or None.
VIEWERS: list[Callable] = []


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
            self._actor = _who(self._request)
        return getattr(self._actor, name)


def _who(request):
    if request.user.is_authenticated:
        return person(request.user, now(), via="screen")
    return next((actor for way in VIEWERS if (actor := way(request))), Actor("anonymous"))


def language_of(request):
    """The two letters the screens use: "zh" or "en"."""
    return "en" if translation.get_language() == "en" else "zh"
