"""Media gateways asked over HTTP: their channels, a still, live pictures, and the views a camera was taught."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from ..domain import media_gateways as shapes
from ..domain.camera_answers import CameraRefused, Preset, WantsPassword
from ..domain.media_gateways import WVP, Channel
from ..domain.networks import in_url
from ..polling.web import Answer, Bounds, ask

ASK_S, PLAY_S, LIST_S = 5.0, 8.0, 20.0
"""A picture must be fetched from the camera first, by SIP and RTP; a list of thousands of channels has many pages."""
PAGE = 500
MOST_CHANNELS = 5000
TOKEN_KEPT_S = 600.0


class Gateway(ABC):
    """One gateway as the configuration of a camera behind it says: ``host``, ``port``, ``path`` and its ``secrets``."""

    def __init__(self, config: Mapping[str, Any], seconds: float = ASK_S) -> None:
        self.host, self.port = str(config["host"]), int(config["port"])
        self.path = str(config.get("path", ""))
        self.secrets: Mapping[str, str] = config.get("secrets", {})
        self.bounds = Bounds.of(seconds)

    @abstractmethod
    def channels(self) -> Iterator[Channel]:
        """Every camera that it knows, at most ``MOST_CHANNELS``."""

    @abstractmethod
    def streams(self) -> dict[str, list[str]]:
        """Kind → addresses of this camera's live picture; starts it where that is needed."""

    def presets(self) -> list[Preset]:
        return []

    def go_to(self, token: str) -> None:
        raise CameraRefused("this gateway moves no cameras")

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        answer = ask(f"http://{in_url(self.host)}:{self.port}{path}", self.bounds, headers=headers)
        if answer.status in (401, 403):
            raise WantsPassword("")
        if answer.status != 200:
            raise CameraRefused(f"HTTP {answer.status}")
        return answer


class Wvp(Gateway):
    """WVP-GB28181-pro: a platform of GB/T 28181 with an HTTP interface. A user name and password, or a key of its own."""

    _tokens: dict[tuple[str, int, str, str], tuple[str, float]] = {}
    _lock = threading.Lock()

    def channels(self) -> Iterator[Channel]:
        count = 0
        for device in self._pages("/api/device/query/devices"):
            number = str(device.get("deviceId", ""))
            if not number.isascii() or not number.isalnum():
                continue
            for row in self._pages(f"/api/device/query/devices/{number}/channels"):
                if found := shapes.wvp_channel(number, row):
                    yield found
                    count += 1
                    if count >= MOST_CHANNELS:
                        return

    def _pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        page, seen = 1, 0
        while True:
            query = urlencode({"page": page, "count": PAGE})
            rows, total = shapes.page_of(self._ask(f"{path}?{query}"))
            yield from rows
            seen += len(rows)
            if not rows or seen >= total:
                return
            page += 1

    def streams(self) -> dict[str, list[str]]:
        device, channel = shapes.named(self.path)
        return shapes.wvp_streams(self._ask(f"/api/play/start/{device}/{channel}"))

    def presets(self) -> list[Preset]:
        device, channel = shapes.named(self.path)
        return shapes.wvp_presets(self._ask(f"/api/front-end/preset/query/{device}/{channel}"))

    def go_to(self, token: str) -> None:
        device, channel = shapes.named(self.path)
        query = urlencode({"presetId": token})
        self._ask(f"/api/front-end/preset/call/{device}/{channel}?{query}")

    def _ask(self, path: str) -> Any:
        try:
            return self._data(path, self._token())
        except WantsPassword:
            with self._lock:
                stale = self._tokens.pop(self._who(), None)
            if stale is None:
                raise
        return self._data(path, self._token())  # the token had run out, or the gateway was started anew

    def _data(self, path: str, headers: Mapping[str, str]) -> Any:
        return shapes.wvp_data(_json(self._get(path, headers)))

    def _who(self) -> tuple[str, int, str, str]:
        return self.host, self.port, self.secrets.get("username", ""), self.secrets.get("password", "")

    def _token(self) -> dict[str, str]:
        """The header that says who asks; none where the gateway was set up without."""
        if key := self.secrets.get("api_key"):
            return {"api-key": key}
        who = self._who()
        if not who[2]:
            return {}
        with self._lock:
            token, until = self._tokens.get(who, ("", 0.0))
        if not token or until < time.monotonic():
            try:
                data = self._data(shapes.login_path(who[2], who[3]), {})
            except CameraRefused as wrong:
                raise WantsPassword(str(wrong)) from None
            token = str(data.get("accessToken", "")) if isinstance(data, dict) else ""
            if not token or not token.isascii() or not token.isprintable():
                raise WantsPassword("")
            with self._lock:
                self._tokens[who] = token, time.monotonic() + TOKEN_KEPT_S
        return {"access-token": token}


class Zlm(Gateway):
    """ZLMediaKit: a media server. Its ``secret`` is the camera's ``api_key``; it knows streams, not cameras."""

    def channels(self) -> Iterator[Channel]:
        yield from shapes.zlm_channels(self._ask("getMediaList"))[:MOST_CHANNELS]

    def streams(self) -> dict[str, list[str]]:
        shapes.named(self.path)
        return shapes.zlm_streams(self.host, self.port, self.path)

    def still(self) -> bytes:
        """One picture as JPEG."""
        app, stream = shapes.named(self.path)
        # For a stream that is not there getSnap gives its own emblem, with 200: so ask first whether it is.
        if not self._ask("getMediaList", app=app, stream=stream):
            raise CameraRefused("the gateway has no such stream now")
        own = f"rtsp://127.0.0.1/{app}/{stream}"  # as the gateway reaches itself
        answer = self._get(self._path("getSnap", url=own, timeout_sec="4", expire_sec="1"))
        if answer.type != "image/jpeg":
            shapes.zlm_data(_json(answer))
            raise CameraRefused("the gateway gives no picture")
        return answer.body

    def _ask(self, name: str, **query: str) -> Any:
        return shapes.zlm_data(_json(self._get(self._path(name, **query))))

    def _path(self, name: str, **query: str) -> str:
        return f"/index/api/{name}?{urlencode({'secret': self.secrets.get('api_key', ''), **query})}"


def gateway(protocol: str, config: Mapping[str, Any], seconds: float = ASK_S) -> Gateway:
    """The gateway behind which a camera of ``protocol`` stands. Raises KeyError and ValueError for a bad ``config``."""
    return (Wvp if protocol == WVP else Zlm)(config, seconds)


def _json(answer: Answer) -> Any:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise CameraRefused("the answer is not of this kind of gateway") from None
