"""HTTP to one device or gateway: checked addresses only, no redirects, no proxies, bounded in bytes and time."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from .addresses import device_address
from .relay import connect

OPEN_S = 2.0
PLAIN = "/%?&=:;,@+$!*'()~-._[]"
"""What stands in an address as it is; anything else (Chinese names of files) is written as its octets."""


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


@contextlib.contextmanager
def in_time(link: socket.socket, bounds: Bounds) -> Iterator[None]:
    """Whatever is read from ``link`` within ends at the bounds' time, with TimeoutError: a time-out of the socket alone
    begins anew with each byte that trickles in."""

    def shut() -> None:
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    late = threading.Timer(bounds.left_s(), shut)
    late.daemon = True
    late.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        bounds.left_s()
        raise
    finally:
        late.cancel()


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
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=PLAIN)
    with connect(address, port, min(OPEN_S, bounds.left_s())) as link, in_time(link, bounds):
        link.settimeout(bounds.left_s())
        client = http.client.HTTPConnection(parts.hostname, port)
        client.sock = link
        told = {"Accept-Encoding": "identity", "Connection": "close", **(headers or {})}
        client.request("POST" if body is not None else "GET", path, body=body, headers=told)
        answer = client.getresponse()
        found = bytearray()
        while data := answer.read1(65536):
            found += data
            if len(found) > bounds.most_bytes:
                raise OSError("the answer is too long")
        bounds.left_s()  # an answer that ends where its end is not told may have been cut off
        return Answer(answer.status, answer.headers.get_content_type(), bytes(found))
