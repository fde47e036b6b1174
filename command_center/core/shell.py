"""What the browser code of every screen must know before its first question."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods

from .models import Area
from .people import told_to_pages

WHOLE_DISTRICT = (118.3, 37.2, 118.9, 37.7)  # where no outline has been imported yet

View = Callable[..., HttpResponse]


def signed_in(view: View, methods: Sequence[str] = ("GET", "HEAD")) -> View:
    """``view`` as a page of somebody who is signed in: never kept by a cache, and able to send acts from the browser."""
    page: View = require_http_methods(methods)(never_cache(login_required(ensure_csrf_cookie(view))))
    return page


def shell(request: Any, asked: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """The context of a screen's template: its title and ``page``, which the modules read as JSON.

    ``asked``: rights that decide whether a button is shown; the server asks again at each act.
    """
    root = Area.objects.filter(parent=None).order_by("path").first()
    bounds = Area.objects.filter(outline__isnull=False).aggregate(box=Extent("outline"))["box"]
    name = (root and (root.name_en if get_language() == "en" and root.name_en else root.name)) or ""
    title = gettext("%(area)s · One Map") % {"area": name} if name else gettext("One Map")
    wmts = {
        "host": settings.TIANDITU_HOST,
        "key": settings.TIANDITU_KEY,
        "attribution": settings.TIANDITU_ATTRIBUTION,
    }
    tiles = reverse("tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}")
    page = {
        "title": title,
        "bounds": bounds or WHOLE_DISTRICT,
        "tiles": tiles,
        "tianditu": wmts if settings.TIANDITU_KEY else None,
        "names": told_to_pages(),
        "may": [action for action in asked if request.viewer.scope.may(action)],
        **more,
    }
    return {"title": title, "page": page}
