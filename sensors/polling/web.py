"""HTTP to one device or gateway: checked addresses only, no redirects, no proxies, bounded in bytes and time."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import device_address
from .relay import connect

OPEN_S = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Bounds:
    """``until``: a moment of ``time.monotonic``, for all requests of one task together."""

    until: float
    most_bytes: int = 2_000_000

    @classmethod
    def of(cls, seconds: float, most_bytes: int = 2_000_000) -> "Bounds":
        return cls(time.monotonic() + seconds, most_bytes)

    def left_s(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def ask(
    url: str,
    bounds: Bounds,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """GET ``url`` (http only), or POST ``body`` to it. A redirect is an answer like any other.

    Raises ForbiddenAddress for what lies outside the device networks, ValueError for what is no such URL, TimeoutError,
    OSError and http.client.HTTPException for the rest; too many bytes are an OSError.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.username is not None:
        raise ValueError("not an http address")
    port = parts.port or 80
    address = device_address(parts.hostname, port)
    with connect(address, port, min(OPEN_S, bounds.left_s())) as link:
        link.settimeout(bounds.left_s())
        client = http.client.HTTPConnection(parts.hostname, port)
        client.sock = link
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        told = {"Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
        client.request("POST" if body is not None else "GET", path, body=body, headers=told)
        answer = client.getresponse()
        found = bytearray()
        while data := answer.read1(65536):
            found += data
            if len(found) > bounds.most_bytes:
                raise OSError("the answer is too long")
            link.settimeout(bounds.left_s())
        return Answer(answer.status, answer.headers.get_content_type(), bytes(found))
