"""The wire's HTTP side: the snapshot, the pairing of walls, and the desk's list of them."""

import json
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from command_center.core.acts import NotPossible

from . import pairing, snapshot
from .models import Wall

_YEAR_S = 365 * 24 * 3600


@require_GET
@never_cache
def live_snapshot(request):
    if request.viewer.name == "anonymous":
        return JsonResponse({"error": _("Sign in first.")}, status=401)
    body = snapshot.zipped(request.viewer.scope)
    return HttpResponse(body, content_type="application/json", headers={"Content-Encoding": "gzip"})


def _cookie(request, response, name, value, max_age):
    response.set_cookie(
        name, value, max_age=max_age, httponly=True, samesite="Strict", secure=request.is_secure()
    )


@require_GET
@never_cache
def wall_pairing(request):
    """A wall asks how it stands. A GET on purpose: a wall never sends anything else."""
    if request.COOKIES.get(pairing.TOKEN_COOKIE) and pairing.actor_of(request.COOKIES[pairing.TOKEN_COOKIE]):
        return JsonResponse({"state": "paired"})
    try:
        answer = pairing.ask(request.COOKIES.get(pairing.SECRET_COOKIE), request.META.get("REMOTE_ADDR"))
    except pairing.TooMany:
        return JsonResponse({"error": _("Too many screens are waiting.")}, status=429)
    if answer.token:
        response = JsonResponse({"state": "paired", "layout": answer.layout})
        _cookie(request, response, pairing.TOKEN_COOKIE, answer.token, _YEAR_S)
        response.delete_cookie(pairing.SECRET_COOKIE, samesite="Strict")
        return response
    response = JsonResponse({"state": "waiting", "code": answer.code, "expires_s": answer.expires_s})
    _cookie(request, response, pairing.SECRET_COOKIE, answer.secret, int(pairing.WAITS.total_seconds()))
    return response


def _may(request, action):
    if not request.viewer.scope.may(action):
        raise PermissionDenied(action)


@require_GET
@never_cache
def walls(request):
    _may(request, "wall.approve")
    scope = request.viewer.scope
    since = datetime.now(UTC) - pairing.WAITS
    pending = Wall.objects.filter(approved_at=None, created_at__gte=since).order_by("created_at")
    paired = Wall.objects.exclude(approved_at=None).order_by("-approved_at")[:100]
    return JsonResponse(
        {
            "pending": [
                {"code": wall.code, "asked_at": wall.created_at, "address": wall.last_address}
                for wall in pending
                if scope.allows("wall.approve", wall)
            ],
            "walls": [
                {
                    "id": wall.pk,
                    "name": wall.name,
                    "layout": wall.layout,
                    "approved_at": wall.approved_at,
                    "approved_by": wall.approved_by,
                    "last_seen_at": wall.last_seen_at,
                    "last_address": wall.last_address,
                    "revoked_at": wall.revoked_at,
                }
                for wall in paired
                if scope.allows("wall.approve", wall)
            ],
        }
    )


def _sent(request):
    if request.content_type == "application/json":
        try:
            sent = json.loads(request.body or b"{}")
        except ValueError:
            return {}
        return sent if isinstance(sent, dict) else {}
    return request.POST


def _answer(act):
    try:
        wall = act()
    except NotPossible as error:
        return JsonResponse({"error": str(error), "state": error.state}, status=409)
    return JsonResponse({"id": wall.pk, "name": wall.name, "layout": wall.layout})


@require_POST
def approve_wall(request):
    sent = _sent(request)
    code, name, layout = (str(sent.get(key) or "") for key in ("code", "name", "layout"))
    return _answer(lambda: pairing.approve(code, name=name, layout=layout, by=request.viewer))


@require_POST
def revoke_wall(request, wall_id):
    return _answer(
        lambda: pairing.revoke(wall_id, by=request.viewer, reason=str(_sent(request).get("reason") or ""))
    )
