"""One picture from one camera, over whatever it speaks: from checked addresses only, bounded in time and bytes."""

import http.client
import io
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import av
from PIL import Image, UnidentifiedImageError

from sensors.domain import hls
from sensors.domain.camera_answers import CameraRefused, WantsPassword
from sensors.domain.media_gateways import WVP, ZLM
from sensors.domain.networks import ForbiddenAddress, in_url
from sensors.polling.addresses import device_address
from sensors.polling.relay import GuardedRelay, connect
from sensors.polling.web import Bounds, ask, in_time

from .media_gateways import PLAY_S, Wvp, Zlm
from .onvif import forget_stream, stream_of

OPEN_S, READ_S, DEADLINE_S = 2.0, 3.0, 5.0
MOST_BYTES = 8_000_000
"""The most that one look may transfer."""
MOST_PIXELS = 40_000_000

WANTS_PASSWORD = "the camera wants another user name or password"
UNKNOWN_STREAM = "the camera does not know this stream"


class NoPicture(OSError):
    """No picture came; the text says why in words that name no more than the kind."""


def grab(protocol: str, config: Mapping[str, Any]) -> Image.Image:
    """One picture from a camera; raises NoPicture. Never takes much longer than ``DEADLINE_S``."""
    host, port, path = str(config["host"]), int(config["port"]), str(config["path"])
    if not path.startswith("/") or any(character in path for character in "\r\n \\"):
        raise NoPicture("configuration: the path begins with / and has no blanks")
    secrets = config.get("secrets", {})
    try:
        if protocol == "mjpeg":
            return _mjpeg(device_address(host, port), port, path, secrets)
        if protocol == "hls":
            return _hls(_url("http", host, port, path), secrets)
        if protocol == "onvif":
            return _onvif(config)
        if protocol == WVP:
            return _wvp(config)
        if protocol == ZLM:
            return _still_image(Zlm(config).still())
        return _rtsp(device_address(host, port), port, path, secrets)
    except ForbiddenAddress as wrong:
        raise NoPicture(f"address refused: {wrong}") from None
    except WantsPassword:
        raise NoPicture(WANTS_PASSWORD) from None
    except (hls.NotHls, CameraRefused) as refusal:
        raise NoPicture(str(refusal)) from None
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError):
        raise NoPicture(WANTS_PASSWORD) from None
    except (av.error.HTTPError, av.error.HTTPClientError, av.error.HTTPServerError):
        raise NoPicture(UNKNOWN_STREAM) from None
    except (TimeoutError, av.ExitError):
        raise NoPicture("no picture in time") from None
    except (av.FFmpegError, ValueError):
        raise NoPicture("the stream cannot be decoded") from None
    except NoPicture:
        raise
    except (OSError, http.client.HTTPException):
        raise NoPicture("no connection") from None


def _rtsp(address: str, port: int, path: str, secrets: Mapping[str, str]) -> Image.Image:
    # FFmpeg follows redirects of RTSP to any host and cannot be told not to. So it only ever talks to a relay, which
    # talks only to the checked address, cuts the connection at a redirect, and bounds bytes and time.
    began = time.monotonic()
    with GuardedRelay(address, port, OPEN_S, DEADLINE_S, MOST_BYTES) as relay:
        options = {
            "rtsp_transport": "tcp",
            "protocol_whitelist": "rtsp,tcp",
            "analyzeduration": "100000",
            "fpsprobesize": "0",
        }
        name, password = (quote(secrets.get(key, ""), safe="") for key in ("username", "password"))
        who = f"{name}:{password}@" if name else ""
        try:
            # The last are FFmpeg's own time-outs, by its interrupt callback, for opening and for each read.
            with av.open(
                f"rtsp://{who}127.0.0.1:{relay.port}{path}", options=options, timeout=(DEADLINE_S, READ_S)
            ) as stream:
                return _first(stream)
        except av.FFmpegError:
            if relay.ended:
                raise NoPicture(relay.ended) from None
            if (
                time.monotonic() - began >= DEADLINE_S
            ):  # to FFmpeg the cut at the deadline is only the stream's end
                raise NoPicture("no picture in time") from None
            raise


def _mjpeg(address: str, port: int, path: str, secrets: Mapping[str, str]) -> Image.Image:
    # Fetched here and only decoded by FFmpeg: its HTTP follows redirects and obeys the environment's proxies.
    with connect(address, port, OPEN_S) as link, in_time(link, Bounds.of(DEADLINE_S)):
        link.settimeout(READ_S)
        client = http.client.HTTPConnection(address, port)
        client.sock = link
        client.request("GET", path, headers={"Accept-Encoding": "identity", **_basic(secrets)})
        answer = client.getresponse()
        if answer.status in (401, 403):
            raise NoPicture(WANTS_PASSWORD)
        if answer.status != 200:
            raise NoPicture(UNKNOWN_STREAM)
        body = _Body(answer, time.monotonic() + DEADLINE_S)
        if answer.headers.get_content_type() == "image/jpeg":
            return _still_image(b"".join(iter(lambda: body.read(65536), b"")))
        with av.open(body, format="mpjpeg", options={"protocol_whitelist": "none"}) as stream:
            return _first(stream)


def _hls(url: str, secrets: Mapping[str, str]) -> Image.Image:
    # Playlists and pieces are fetched here, each from a checked address, and only decoded by FFmpeg: its own HLS opens
    # whatever a playlist names.
    bounds = Bounds.of(DEADLINE_S, MOST_BYTES)
    playlist = hls.read(_piece(url, url, bounds, secrets).decode("utf-8", "replace"))
    if playlist.variants:
        inner = urljoin(url, hls.choose(playlist.variants).uri)
        playlist = hls.read(_piece(inner, url, bounds, secrets).decode("utf-8", "replace"))
    else:
        inner = url
    if not playlist.segments:
        raise NoPicture("the stream has no picture")
    newest = playlist.segments[-1]
    head = _piece(urljoin(inner, newest.head), url, bounds, secrets) if newest.head else b""
    data = head + _piece(urljoin(inner, newest.uri), url, bounds, secrets)
    kind = "mov" if head or data[4:8] in (b"ftyp", b"styp", b"moof", b"sidx") else "mpegts"
    with av.open(io.BytesIO(data), format=kind, options={"protocol_whitelist": "none"}) as stream:
        return _first(stream)


def _piece(url: str, asked: str, bounds: Bounds, secrets: Mapping[str, str]) -> bytes:
    """What stands at ``url``. The password goes only to where the camera was said to be (``asked``)."""
    headers = _basic(secrets) if urlsplit(url).netloc == urlsplit(asked).netloc else {}
    answer = ask(url, bounds, headers=headers)
    if answer.status in (401, 403):
        raise NoPicture(WANTS_PASSWORD)
    if answer.status != 200:
        raise NoPicture(UNKNOWN_STREAM)
    return answer.body


def _onvif(config: Mapping[str, Any]) -> Image.Image:
    # The camera says port and path of its stream; its host is the one that was configured, and the port must be allowed.
    port, path = stream_of(config)
    try:
        return _rtsp(device_address(str(config["host"]), port), port, path, config.get("secrets", {}))
    except Exception:
        forget_stream(config)
        raise


def _wvp(config: Mapping[str, Any]) -> Image.Image:
    # Started, if nobody watches it; the gateway ends by itself a stream that nobody watches any more.
    streams = Wvp(config, PLAY_S).streams()
    for url in streams["rtsp"]:
        parts = urlsplit(url)
        if parts.scheme == "rtsp" and parts.hostname and parts.path:
            port = parts.port or 554
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            return _rtsp(device_address(parts.hostname, port), port, path, {})
    for url in streams["hls"]:
        if url.startswith("http:"):
            return _hls(url, {})
    raise NoPicture("the gateway names no stream")


def _url(scheme: str, host: str, port: int, path: str) -> str:
    return f"{scheme}://{in_url(host)}:{port}{path}"


def _basic(secrets: Mapping[str, str]) -> dict[str, str]:
    if name := secrets.get("username"):
        pair = f"{name}:{secrets.get('password', '')}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {}


class _Body:
    """What FFmpeg reads from: bounded in bytes and time."""

    def __init__(self, answer: http.client.HTTPResponse, until: float) -> None:
        self._answer, self._until, self._left = answer, until, MOST_BYTES

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._until:
            raise TimeoutError
        data = self._answer.read1(min(size, self._left))
        self._left -= len(data)
        return data


def _first(stream: Any) -> Image.Image:
    """The first picture that decodes."""
    if not stream.streams.video:
        raise NoPicture("the stream has no picture")
    video = stream.streams.video[0]
    video.thread_count = 1
    for frame in stream.decode(video):
        if frame.width * frame.height > MOST_PIXELS:
            raise NoPicture("the picture is too large")
        return frame.to_image()
    raise NoPicture("the stream ended before a picture")


def _still_image(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG"])
        if image.width * image.height > MOST_PIXELS:
            raise NoPicture("the picture is too large")
        return image.convert("RGB")
    except (UnidentifiedImageError, SyntaxError):
        raise NoPicture("the picture cannot be decoded") from None
