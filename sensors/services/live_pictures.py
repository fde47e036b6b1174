"""Live pictures of cameras for browsers, and turning cameras to the views they were taught."""

from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from command_center.core.actor import Actor
from command_center.core.acts import record_act

from ..domain.camera_answers import CameraRefused, Preset, WantsPassword
from ..domain.media_gateways import WVP, ZLM
from ..domain.networks import ForbiddenAddress, in_url
from ..domain.words import InWords, gettext_noop
from ..models import Station
from . import devicetypes, picture_checks, secrets
from .media_gateways import PLAY_S, gateway
from .onvif import Onvif

GATEWAYS = (WVP, ZLM)
STEERED = (*GATEWAYS, "onvif")

NO_WAY = gettext_noop("This camera cannot be reached now.")
PASSWORD = gettext_noop("The camera or its gateway wants another user name or password.")
NOT_DONE = gettext_noop("The camera or its gateway refuses: %(reason)s")
FORBIDDEN = gettext_noop("The camera's address is not in an allowed device network.")
NO_PRESET = gettext_noop("The camera has no such preset.")


class NotNow(InWords):
    """The camera or its gateway does not do it."""


def config_of(station: Station) -> dict[str, Any]:
    """The configuration of a camera with its type's and its secrets, as the poller is given it."""
    kind = station.device_type
    config = devicetypes.config_of(kind.points, kind.config, station.config) if kind else dict(station.config)
    if hidden := secrets.of([station.pk]).get(station.pk):
        config["secrets"] = hidden
    return config


def live_urls(station: Station) -> list[dict[str, str]]:
    """[{"kind": "hls" | "flv" | "mjpeg", "url"}]: where a browser finds the camera's live picture, best first.

    Empty for cameras that no browser can reach: those of RTSP and ONVIF, and those whose address is not among
    ``MEDIA_ORIGINS``; they have stills. A GB/T 28181 camera is started by this, which can take seconds.
    Raises NotNow where a gateway refuses.
    """
    found: list[tuple[str, str]] = []
    config = config_of(station)
    if station.protocol in ("hls", "mjpeg") and not config.get("secrets"):
        found = [(station.protocol, f"http://{in_url(str(config['host']))}:{config['port']}{config['path']}")]
    elif station.protocol in GATEWAYS:
        streams = _asked(lambda: gateway(station.protocol, config, PLAY_S).streams())
        found = [(kind, url) for kind in ("hls", "flv") for url in streams.get(kind, ())]
    return [
        {"kind": kind, "url": url} for kind, url in found if _origin(url) in settings.OURS["media_origins"]
    ]


def watch(station: Station, *, by: Actor, at: datetime) -> list[dict[str, str]]:
    """As ``live_urls``, with a line in the log book where there is a live picture: who looked at what, and when."""
    by.require("camera.view", station)
    urls = live_urls(station)
    if urls:
        record_act("camera.watch", station, by=by, at=at)
    return urls


def presets(station: Station) -> list[Preset]:
    """The views that a camera was taught; none where it cannot be turned. Raises NotNow."""
    if station.protocol not in STEERED:
        return []
    return _asked(lambda: _steered(station).presets())


def go_to(station: Station, token: str, *, by: Actor, at: datetime) -> Preset:
    """Turn a camera to one of its presets; the log book says who did. Raises PermissionDenied and NotNow."""
    by.require("camera.steer", station)
    chosen = next((one for one in presets(station) if one.token == token), None)
    if chosen is None:
        raise NotNow(NO_PRESET)
    # Before it moves, and not in one transaction with a camera that may take seconds to answer.
    record_act("camera.steer", station, by=by, at=at, preset=chosen.token, name=chosen.name)
    _asked(lambda: _steered(station).go_to(chosen.token))
    picture_checks.forget_view(station)
    return chosen


def _steered(station: Station) -> Any:
    config = config_of(station)
    return Onvif(config) if station.protocol == "onvif" else gateway(station.protocol, config)


def _asked(question: Any) -> Any:
    try:
        return question()
    except ForbiddenAddress:
        raise NotNow(FORBIDDEN) from None
    except WantsPassword:
        raise NotNow(PASSWORD) from None
    except CameraRefused as refusal:
        raise NotNow(NOT_DONE, reason=str(refusal)) from None
    except (OSError, HTTPException, KeyError, ValueError):
        raise NotNow(NO_WAY) from None


def _origin(url: str) -> str:
    """ "http://10.20.0.5:8080", without the port that its scheme implies."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    implied = {"http": 80, "https": 443}.get(parts.scheme)
    host = in_url(parts.hostname or "")
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != implied else "")
