"""A paired wall looks without signing in: its cookie makes it the viewer of requests that change nothing."""

from command_center.core.actor import Actor

from . import pairing


class WallMiddleware:
    """Stands after ViewerMiddleware and AuthenticationMiddleware. A signed-in person stays that person."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = request.COOKIES.get(pairing.TOKEN_COOKIE)
        if token and request.method in ("GET", "HEAD"):
            request.viewer = _WallOr(token, request.viewer)
        return self.get_response(request)


class _WallOr:
    """The viewer is asked first, the wall's token only where nobody is signed in; both only when needed."""

    def __init__(self, token, viewer):
        self._token = token
        self._viewer = viewer
        self._actor = None

    def __getattr__(self, name):
        if self._actor is None:
            if self._viewer.name == "anonymous":
                self._actor = pairing.actor_of(self._token) or Actor("anonymous")
            else:
                self._actor = self._viewer
        return getattr(self._actor, name)
