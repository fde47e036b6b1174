"""The screens: shells that the browser fills from the wire. No domain app is imported here."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from command_center.core.layers import LAYERS
from command_center.core.models import Area, Department
from command_center.core.parameters import values
from command_center.core.shell import shell
from command_center.duty.sound import tested_at

from . import pairing

STATION_LAYERS = ("rain", "river", "ponding", "pumps", "cameras", "gas", "fire", "vehicles")
# Rights that a page needs to know to show or hide a button; the server asks again at each act.
ASKED = (
    "alarm.acknowledge",
    "alarm.out_of_service",
    "alarm.shelve",
    "assignment.make",
    "assignment.view",
    "camera.steer",
    "camera.arrange",
    "camera.view",
    "driver.tell",
    "device.edit",
    "duty.view",
    "frame.view",
    "guard.check",
    "hall.mode",
    "handover.sign",
    "incident.confirm",
    "incident.report",
    "incident.view",
    "maintenance.overrule",
    "order.issue",
    "order.view",
    "rule.approve",
    "station.command",
    "alarm.health",
    "rule.edit",
    "trip.view",
    "fire_spot.view",
    "wall.approve",
    "wall.revoke",
)


def _page(request, **more):
    told = values(
        [
            "dispatch.speed",
            "alarm.standing",
            "alarm.flood.rows",
            "alarm.shelve.longest",
            "alarm.shelve.second_person",
            "call.steps",
            "sound.level",
            "sound.speaks",
            "sound.repeat",
        ]
    )
    shelve = {
        "longest_h": told["alarm.shelve.longest"],  # blue, yellow, orange, red
        "second_person": told["alarm.shelve.second_person"],
    }
    sound = {
        "level": told["sound.level"],
        "speaks": told["sound.speaks"],
        "repeat_s": told["sound.repeat"],  # red, orange, yellow, blue
        "tested_at": tested_at(request.user),
    }
    return shell(
        request,
        ASKED,
        speed_kmh=told["dispatch.speed"],
        standing_h=told["alarm.standing"],
        flood_rows=told["alarm.flood.rows"],
        shelve=shelve,
        call_steps_s=told["call.steps"],
        sound=sound,
        **more,
    )


def _named(rows):
    """[code, name] for a choice on a form."""
    return [(row.code, row.label) for row in rows]


@require_GET
@never_cache
@login_required
@ensure_csrf_cookie
def desk(request):
    if not request.viewer.scope.may("map.view"):
        raise PermissionDenied("map.view")
    towns = Area.objects.filter(Q(parent=None) | Q(parent__parent=None)).order_by("path")
    grants = request.viewer.scope.holding("alarm.view")
    more = {
        "departments": _named(Department.objects.all()),
        "areas": _named(towns),
        "folds": [(town.path, town.label) for town in towns],  # the areas into which alarms fold in a flood
        # Whose floods are this desk's; of one department's alarms nobody counts a flood.
        "desks": sorted({grant.area for grant in grants if grant.department_id is None}),
    }
    return render(
        request, "desk.html", _page(request, user=str(request.user), who=request.viewer.name, **more)
    )


@require_GET
@never_cache
def wall(request):
    """The wall, for a paired screen or somebody signed in; otherwise the code that pairs this screen."""
    language = request.GET.get("lang")
    if language in dict(settings.LANGUAGES):
        answer = redirect(request.path)
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax")
        return answer
    if not request.viewer.scope.may("map.view"):
        return render(request, "pairing.html", {"title": gettext("Wall")})
    token = request.COOKIES.get(pairing.TOKEN_COOKIE)
    paired = token and pairing.live_walls().filter(token_hash=pairing.hashed(token)).first()
    layout = request.GET.get("layout") or (paired.layout if paired else "")
    return render(request, "wall.html", _page(request, layout=layout))


@require_GET
@never_cache
@login_required
@ensure_csrf_cookie
def station(request, station_id: UUID):
    for name in STATION_LAYERS:
        if name in LAYERS and LAYERS[name].source(request.viewer.scope).filter(pk=station_id).exists():
            return render(request, "station.html", _page(request, station=str(station_id), layer=name))
    raise Http404(gettext("There is no such station, or it is outside your area."))


def not_found(request, exception):
    context = {
        "title": gettext("Not found"),
        "sentence": gettext("There is nothing at this address, or it is outside your area."),
    }
    return render(request, "error.html", context, status=404)


def forbidden(request, exception=None, reason=""):
    context = {
        "title": gettext("Not allowed"),
        "sentence": gettext(
            "You may not see or do this. Nothing was changed. Go back and reload the page, or ask the shift leader."
        ),
    }
    return render(request, "error.html", context, status=403)
