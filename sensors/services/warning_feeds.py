"""Asking the feeds of public warnings that are due: conditionally, at checked addresses, within bounds."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

import httpx
from django.db import transaction
from django.db.models import Q

from command_center.core.events import announce
from sensors.polling.addresses import device_address

from ..domain import cap, cn_warnings
from ..domain.networks import ForbiddenAddress, in_url, same_peer
from ..domain.readings import DecodeError
from ..domain.warnings import SILENT_AFTER, Piece
from ..models import WarningFeed
from .warnings import take

log = logging.getLogger(__name__)

CONNECT_S, READ_S = 3.0, 5.0
DEADLINE_S = 12.0
"""For one feed with all it names; the rest is asked for next time."""
MOST_BYTES = 2_000_000
MOST_AT_ONCE = 8
MOST_ALERTS = 200
"""Alerts of an index fetched in one go, newest first as the index has them."""
BACK_OFF = 8
"""A feed that fails is asked less often, up to so many times its interval."""
REMEMBERED = 2000
_seen: dict[int, dict[str, str]] = {}  # feed → link → mark of the alerts this process has fetched


class Refused(Exception):
    """An answer that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is None where nothing has changed since (304)."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


@dataclass(slots=True)
class Fetcher:
    """Fetches within one deadline; whatever address a name leads to must lie in the device networks."""

    deadline: float = field(default_factory=lambda: time.monotonic() + DEADLINE_S)

    def get(self, url: str, *, etag: str = "", last_modified: str = "") -> Answer:
        """Raises Refused, ForbiddenAddress, OSError (also for what is no HTTP)."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not host or parts.username:
            raise Refused("no address of a feed")
        port = parts.port or (443 if secure else 80)
        address = device_address(host, port)
        literal = in_url(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Host": parts.netloc, "Accept": "*/*", "Accept-Encoding": "identity"}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": last_modified} if last_modified else {}
        # Proxies and certificates of the environment are none of a feed's business; redirects are not followed.
        with httpx.Client(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S), trust_env=False, verify=secure
        ) as client:
            request = client.build_request(
                "GET",
                f"{parts.scheme}://{literal}:{port}{path}",
                headers=headers,
                extensions={"sni_hostname": host} if secure else {},
            )
            try:
                return self._answer(client, request, address, port)
            except httpx.HTTPError as wrong:
                raise ConnectionError(type(wrong).__name__) from None

    def _answer(self, client: httpx.Client, request: httpx.Request, address: str, port: int) -> Answer:
        response = client.send(request, stream=True)
        try:
            same_peer(response.extensions["network_stream"].get_extra_info("server_addr"), address, port)
            if response.status_code == 304:
                return Answer(None)
            if response.status_code != 200:
                raise Refused(f"HTTP status {response.status_code}")
            whole = bytearray()
            for part in response.iter_raw():
                whole += part
                if len(whole) > MOST_BYTES:
                    raise Refused(f"the answer has more than {MOST_BYTES} bytes")
                if time.monotonic() > self.deadline:
                    raise Refused("no whole answer in time")
            marks = response.headers
            return Answer(bytes(whole), marks.get("ETag", "")[:200], marks.get("Last-Modified", "")[:60])
        finally:
            response.close()


def poll(real: datetime, at: datetime) -> int:
    """Ask the feeds that are due at ``real``; returns how many new messages came. ``at``: the hall's time."""
    return sum(ask(feed, real=real, at=at) for feed in _claim(real))


def _claim(real: datetime) -> list[WarningFeed]:
    """Feeds that are due, due again after their interval: no two workers ask the same one."""
    with transaction.atomic():
        due = WarningFeed.objects.select_for_update(skip_locked=True).filter(active=True)
        feeds = list(due.filter(Q(due_at=None) | Q(due_at__lte=real)).order_by("due_at")[:MOST_AT_ONCE])
        for feed in feeds:
            feed.due_at = real + timedelta(seconds=max(feed.interval_s, DEADLINE_S))
        WarningFeed.objects.bulk_update(feeds, ["due_at"])
    return feeds


def ask(feed: WarningFeed, *, real: datetime, at: datetime) -> int:
    """Fetch one feed and take what it holds. A failure stands on the feed and asks less often."""
    taken, etag, last_modified, error = 0, feed.etag, feed.last_modified, ""
    try:
        fetcher = Fetcher()
        answer = fetcher.get(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        if answer.body is not None:
            pieces, marks, left = _pieces(feed, answer.body, fetcher)
            taken = take(feed, pieces, at=at)
            _remember(feed, marks)  # only now: what was not stored is fetched again
            error = left
            # What could not be fetched whole is asked for again, whether or not the index changes.
            etag, last_modified = ("", "") if left else (answer.etag, answer.last_modified)
    except (Refused, ForbiddenAddress, OSError) as wrong:
        error = str(wrong) or type(wrong).__name__
    failures = feed.failures + 1 if error else 0
    pause = feed.interval_s * min(2 ** max(failures - 1, 0), BACK_OFF)
    heard = {} if error else {"heard_at": at}
    with transaction.atomic():
        WarningFeed.objects.filter(pk=feed.pk).update(
            etag=etag, last_modified=last_modified, failures=failures, error=error[:200],
            due_at=real + timedelta(seconds=pause), **heard,
        )  # fmt: skip
        if (silent := failures >= SILENT_AFTER) != (feed.failures >= SILENT_AFTER):
            announce("warning_feed.silent" if silent else "warning_feed.heard", feed, at=at)
    if error:
        log.warning("warnings from %s: %s", feed.name, error)
    return taken


Marks = dict[str, str]
Fetched = tuple[list[tuple[str, Piece]], Marks, str]


def _pieces(feed: WarningFeed, body: bytes, fetcher: Fetcher) -> Fetched:
    """The messages of an answer with their addresses, the marks of those fetched one by one, and what kept some back."""
    if feed.form == WarningFeed.Form.CN_JSON:
        try:
            return [(feed.url, piece) for piece in cn_warnings.read(body)], {}, ""
        except DecodeError as wrong:
            return [(feed.url, Piece(body, error=str(wrong)))], {}, ""
    try:
        root = cap.root_of(body)
        if not cap.is_index(root):
            return [(feed.url, Piece(body, cap.alert(root)))], {}, ""
        listed = cap.entries(root)
    except DecodeError as wrong:
        return [(feed.url, Piece(body, error=str(wrong)))], {}, ""
    return _fetched(feed, listed, fetcher)


def _fetched(feed: WarningFeed, listed: Iterable[cap.Entry], fetcher: Fetcher) -> Fetched:
    seen: Marks = _seen.get(feed.pk, {})
    pieces, marks, left = [], {}, ""
    for entry in list(listed)[:MOST_ALERTS]:
        link = urljoin(feed.url, entry.link)
        if entry.mark and seen.get(link) == entry.mark:
            continue
        if urlsplit(link).netloc != urlsplit(feed.url).netloc:
            left = "the index names an alert of another host"
            continue
        if time.monotonic() > fetcher.deadline:
            left = "not all alerts of the index in time"
            break
        try:
            raw = fetcher.get(link).body or b""
        except (Refused, ForbiddenAddress, OSError) as wrong:
            left = f"an alert could not be fetched: {wrong or type(wrong).__name__}"
            continue
        pieces.append((link, _read(raw)))
        marks[link] = entry.mark
    return pieces, marks, left


def _remember(feed: WarningFeed, marks: Marks) -> None:
    seen = _seen.setdefault(feed.pk, {})
    seen.update(marks)
    while len(seen) > REMEMBERED:
        del seen[next(iter(seen))]


def _read(raw: bytes) -> Piece:
    try:
        return Piece(raw, cap.read(raw))
    except DecodeError as wrong:
        return Piece(raw, error=str(wrong))
