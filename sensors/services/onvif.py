"""ONVIF cameras asked over HTTP: who they are, their pictures and the views they were taught."""

import secrets as chance
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from ..domain import onvif as words
from ..domain.camera_answers import CameraRefused, Preset, WantsPassword
from ..domain.networks import in_url
from ..domain.onvif import Profile
from ..polling.web import Bounds, ask

ASK_S = 5.0
STREAM_KEPT_S = 600.0
"""How long the address of a stream is believed: asking for it takes four questions."""
HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8"}


class Onvif:
    """One camera for as long as one task asks it; ``config`` as of its station: host, port, path, profile, secrets."""

    def __init__(self, config: Mapping[str, Any], seconds: float = ASK_S) -> None:
        self.host, self.port, self.path = str(config["host"]), int(config["port"]), str(config["path"])
        self.wanted = str(config.get("profile", ""))
        self.secrets: Mapping[str, str] = config.get("secrets", {})
        self.bounds = Bounds.of(seconds, words.MOST_BYTES)
        self._ahead: timedelta | None = None
        self._services: dict[str, str] | None = None

    def information(self) -> dict[str, str]:
        return words.information(self._ask(self.path, words.GET_INFORMATION))

    def profiles(self) -> tuple[Profile, ...]:
        return words.profiles(self._ask(self._service("media"), words.GET_PROFILES))

    def stream(self) -> tuple[int, str]:
        """(port, path) of the RTSP stream of the chosen profile."""
        chosen = words.choose(self.profiles(), self.wanted)
        return words.stream(self._ask(self._service("media"), words.get_stream(chosen.token)))

    def presets(self) -> list[Preset]:
        """The views it was taught; none where it cannot move."""
        chosen = words.choose(self.profiles(), self.wanted)
        if "ptz" not in self._known() or not chosen.steerable:
            return []
        return words.presets(self._ask(self._service("ptz"), words.get_presets(chosen.token)))

    def go_to(self, token: str) -> None:
        chosen = words.choose(self.profiles(), self.wanted)
        self._ask(self._service("ptz"), words.goto_preset(chosen.token, token))

    def _service(self, name: str) -> str:
        try:
            return self._known()[name]
        except KeyError:
            raise CameraRefused(f"the camera has no {name} service") from None

    def _known(self) -> dict[str, str]:
        if self._services is None:
            self._services = words.services(self._ask(self.path, words.GET_SERVICES))
        return self._services

    def _ask(self, path: str, body: str) -> Element:
        credentials = ""
        if name := self.secrets.get("username"):
            created = datetime.now(UTC) + self._clock_ahead()
            nonce = chance.token_bytes(16)
            credentials = words.credentials(name, self.secrets.get("password", ""), nonce, created)
        return self._send(path, words.envelope(body, credentials))

    def _clock_ahead(self) -> timedelta:
        """By how much the camera's clock is ahead: it refuses what seems old to it, and says its time to anybody."""
        if self._ahead is None:
            said = words.clock(self._send(self.path, words.envelope(words.GET_CLOCK)))
            self._ahead = said - datetime.now(UTC) if said else timedelta(0)
        return self._ahead

    def _send(self, path: str, octets: bytes) -> Element:
        url = f"http://{in_url(self.host)}:{self.port}{path}"
        answer = ask(url, self.bounds, headers=HEADERS, body=octets)
        if answer.status in (401, 403):
            raise WantsPassword("")
        if answer.status not in (200, 400, 500):  # a fault comes with 400 or 500
            raise CameraRefused(f"HTTP {answer.status}")
        return words.read(answer.body)


_streams: dict[tuple[str, ...], tuple[tuple[int, str], float]] = {}
_lock = threading.Lock()


def stream_of(config: Mapping[str, Any]) -> tuple[int, str]:
    """(port, path) of a camera's RTSP stream, asked for anew every ten minutes and after ``forget_stream``."""
    key = _key(config)
    with _lock:
        found, until = _streams.get(key, (None, 0.0))
    if found is None or until < time.monotonic():
        found = Onvif(config).stream()
        with _lock:
            _streams[key] = found, time.monotonic() + STREAM_KEPT_S
    return found


def forget_stream(config: Mapping[str, Any]) -> None:
    with _lock:
        _streams.pop(_key(config), None)


def _key(config: Mapping[str, Any]) -> tuple[str, ...]:
    username = config.get("secrets", {}).get("username", "")
    return (*(str(config.get(name, "")) for name in ("host", "port", "path", "profile")), username)
