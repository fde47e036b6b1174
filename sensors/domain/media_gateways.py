"""What media gateways say over HTTP: WVP (GB/T 28181 platforms and their channels) and ZLMediaKit (streams). Pure.

Cameras of GB/T 28181 speak SIP and RTP with the gateway; this project speaks HTTP with it. A camera is named by its path:
``/<device>/<channel>`` at a WVP, ``/<app>/<stream>`` at a ZLMediaKit.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .camera_answers import CameraRefused, Preset, WantsPassword

WVP, ZLM = "gb28181", "zlm"
"""The protocols of cameras behind the two kinds of gateway."""
CAMERA_TYPES = ("131", "132")
"""Digits 11–13 of a GB/T 28181 number: camera, network camera (111 and 118 are recorders, 134 an alarm input …)."""
_NAMED = re.compile(r"/\w[\w.-]{0,63}/\w[\w.-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Channel:
    """One camera as its gateway lists it. Place in WGS 84 (GB/T 28181 catalogue); None where it says none."""

    path: str
    name: str
    lon: float | None = None
    lat: float | None = None
    place: str = ""


def named(path: str) -> tuple[str, str]:
    """The two names in a camera's path; CameraRefused where it is none."""
    if not _NAMED.fullmatch(path):
        raise CameraRefused("the path is /device/channel at a WVP and /app/stream at a ZLMediaKit")
    first, second = path[1:].split("/")
    return first, second


# --- WVP ---------------------------------------------------------------------------------------------------
def login_path(username: str, password: str) -> str:
    """WVP takes the MD5 of the password, in its address."""
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    return f"/api/user/login?username={quote(username, safe='')}&password={digest}"


def wvp_data(document: Any) -> Any:
    """The ``data`` of WVP's envelope {code, msg, data}; 0 is its word for success."""
    if not isinstance(document, dict) or "code" not in document:
        raise CameraRefused("the answer is not of this kind of gateway")
    if document["code"] == 401:
        raise WantsPassword(str(document.get("msg", "")))
    if document["code"] != 0:
        raise CameraRefused(str(document.get("msg") or document["code"])[:120])
    return document.get("data")


def page_of(data: Any) -> tuple[list[Mapping[str, Any]], int]:
    """(rows, how many there are in all) of one page of a list."""
    if not isinstance(data, dict) or not isinstance(data.get("list"), list):
        raise CameraRefused("the answer is not of this kind of gateway")
    total = data.get("total")
    return [row for row in data["list"] if isinstance(row, dict)], total if isinstance(total, int) else 0


def wvp_channel(device: str, row: Mapping[str, Any]) -> Channel | None:
    """One row of a device's channels; None for what is no camera (divisions, groups, alarm inputs).

    Up to 2.6 the channel's number is ``channelId``, later ``deviceId``.
    """
    number = str(row.get("channelId") or row.get("deviceId") or "")
    if not re.fullmatch(r"\d{20}", number, re.ASCII) or number[10:13] not in CAMERA_TYPES:
        return None
    lon, lat = _degrees(row.get("longitude"), 180), _degrees(row.get("latitude"), 90)
    if not lon or not lat:  # 0 is its word for "not known"
        lon = lat = None
    name, place = str(row.get("name") or number)[:80], str(row.get("address") or "")[:120]
    return Channel(f"/{device}/{number}", name, lon, lat, place)


def _degrees(value: Any, most: int) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) <= most else None


def wvp_streams(data: Any) -> dict[str, list[str]]:
    """Kind ("rtsp", "hls", "flv") → addresses of a picture that WVP has started, the encrypted one first."""
    if not isinstance(data, dict):
        raise CameraRefused("the gateway names no stream")
    fields = {"rtsp": ("rtsp",), "hls": ("https_hls", "hls"), "flv": ("https_flv", "flv")}
    return {
        kind: [found for name in names if (found := _address(data.get(name)))]
        for kind, names in fields.items()
    }


def _address(said: Any) -> str:
    """An address is a text, or, before it is written out, an object that has one."""
    said = said.get("url") if isinstance(said, dict) else said
    return said if isinstance(said, str) and said.isascii() and said.isprintable() and " " not in said else ""


def wvp_presets(data: Any) -> list[Preset]:
    rows = data if isinstance(data, list) else []
    found = [
        (str(row.get("presetId", "")), str(row.get("presetName") or ""))
        for row in rows
        if isinstance(row, dict)
    ]
    return [
        Preset(token, name or token)
        for token, name in found
        if re.fullmatch(r"[1-9]\d{0,2}", token, re.ASCII)
    ]


# --- ZLMediaKit ----------------------------------------------------------------------------------------------
def zlm_data(document: Any) -> Any:
    """The ``data`` of {code, msg, data}; -100 is its word for a wrong secret."""
    if not isinstance(document, dict) or "code" not in document:
        raise CameraRefused("the answer is not of this kind of gateway")
    if document["code"] == -100:
        raise WantsPassword(str(document.get("msg", "")))
    if document["code"] != 0:
        raise CameraRefused(str(document.get("msg") or document["code"])[:120])
    return document.get("data")


def zlm_channels(data: Any) -> list[Channel]:
    """The streams there are now, each once: it lists one row for each protocol in which a stream can be had."""
    found: dict[str, Channel] = {}
    for row in data if isinstance(data, list) else ():
        path = f"/{row.get('app')}/{row.get('stream')}" if isinstance(row, dict) else ""
        if _NAMED.fullmatch(path):
            found.setdefault(path, Channel(path, str(row.get("stream"))[:80]))
    return list(found.values())


def zlm_streams(host: str, port: int, path: str) -> dict[str, list[str]]:
    """Where a browser finds a stream: the addresses follow from its name."""
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    return {"hls": [f"{base}/hls.m3u8"], "flv": [f"{base}.live.flv"]}
