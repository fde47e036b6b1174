"""Pages of administrators: cameras found in a network by ONVIF, and those that a media gateway knows."""

from http.client import HTTPException
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from command_center.core.acts import record_act
from command_center.core.now import now

from .domain.camera_answers import CameraRefused, WantsPassword
from .domain.networks import ForbiddenAddress
from .pages_office import page, screen
from .services import devicetypes, discovery, importing
from .services.discovery import NotSearched, Sighting
from .services.live_pictures import GATEWAYS
from .trouble_words import trouble

GIVEN = ("network", "protocol", "host", "port", "username", "password", "api_key", "longitude", "latitude")
SECRET = ("username", "password", "api_key")


@screen("device.edit", "GET", "HEAD", "POST")
def cameras(request: HttpRequest) -> HttpResponse:
    """Look for ONVIF cameras in a network, or ask a gateway for its channels, which become a list of devices."""
    given = {name: request.POST.get(name, "").strip() for name in GIVEN}
    problem, found = "", None
    if request.method == "POST":
        try:
            if request.POST.get("act") == "list":
                return _listed(request, given)
            found = [_shown(one) for one in discovery.look_for_cameras(given["network"])]
        except NotSearched as wrong:
            problem = _(wrong.text) % wrong.params
        except ForbiddenAddress:
            problem = _(
                "This address is not in an allowed device network, or its port is not allowed there. Nothing was sent."
            )
        except WantsPassword:
            problem = _("The gateway wants another user name, password or key.")
        except CameraRefused as wrong:
            problem = _("The gateway's answer: %(reason)s") % {"reason": trouble(str(wrong))}
        except (OSError, HTTPException, ValueError):
            problem = _("The gateway cannot be reached.")
    networks = discovery.searchable()
    return page(
        request, "cameras", _("Look for cameras"), status=422 if problem else 200, problem=problem, found=found,
        given={**given, **dict.fromkeys(SECRET, "")}, networks=networks,
        gateways=[(name, devicetypes.label(name)) for name in GATEWAYS],
    )  # fmt: skip


def _shown(one: Sighting) -> dict[str, Any]:
    query = {"type": "camera-onvif", "host": one.host, "port": one.port, "path": one.path, "name": one.name}
    return {"one": one, "connect": f"{reverse('device-new')}?{urlencode(query)}"}


def _listed(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    by, at = request.viewer, now()  # type: ignore[attr-defined]
    protocol = given["protocol"] if given["protocol"] in GATEWAYS else GATEWAYS[0]
    config: dict[str, Any] = {
        "host": given["host"], "port": int(given["port"] or 0),
        "secrets": {name: given[name] for name in SECRET if given[name]},
    }  # fmt: skip
    rows, known = discovery.channels_of(protocol, config, given)
    if not rows:
        raise CameraRefused(_("%(known)s cameras, all of them connected already") % {"known": known})
    name = f"{given['host']}:{given['port']}"
    listed = importing.upload(name, rows, by=by, at=at)
    record_act("cameras.listed", listed, by=by, at=at, gateway=name, found=len(rows), known=known)
    return redirect("device-list", listed.pk)


urls = [path("devices/cameras/", cameras, name="device-cameras")]
