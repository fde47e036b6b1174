"""HLS playlists (RFC 8216): which list to follow, and the newest piece of a live picture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

WANTED_WIDTH = 1280
"""Pictures are kept at most this wide: a wider variant would be fetched for nothing."""
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')


class NotHls(ValueError):
    """The text is no playlist that can be followed; says why."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One quality of a master playlist. ``width`` in pixels, 0 where it is not said."""

    uri: str
    bandwidth: int
    width: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """``head``: the address of the piece that stands before it (fragmented MP4); empty for a transport stream."""

    uri: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class Playlist:
    """A master list has ``variants``, a media list ``segments``, oldest first."""

    variants: tuple[Variant, ...] = ()
    segments: tuple[Segment, ...] = ()


def read(text: str) -> Playlist:
    """Raises NotHls, also for what is encrypted or cut out of a larger file: neither is followed."""
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not lines[0].lstrip("\ufeff").startswith("#EXTM3U"):
        raise NotHls("the answer is no HLS playlist")
    variants: list[Variant] = []
    segments: list[Segment] = []
    head, said = "", {}
    for line in lines[1:]:
        if line.startswith("#EXT-X-STREAM-INF:"):
            said = _attributes(line)
        elif line.startswith("#EXT-X-KEY:") and _attributes(line).get("METHOD") != "NONE":
            raise NotHls("the stream is encrypted")
        elif line.startswith("#EXT-X-BYTERANGE:") or (
            line.startswith("#EXT-X-MAP:") and "BYTERANGE" in _attributes(line)
        ):
            raise NotHls("the stream is cut out of one file")
        elif line.startswith("#EXT-X-MAP:"):
            head = _attributes(line).get("URI", "")
        elif line and not line.startswith("#"):
            if said:
                variants.append(_variant(line, said))
                said = {}
            else:
                segments.append(Segment(line, head))
    if not variants and not segments:
        raise NotHls("the playlist names no picture yet")
    return Playlist(tuple(variants), tuple(segments))


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def _variant(uri: str, said: dict[str, str]) -> Variant:
    width = said.get("RESOLUTION", "").lower().partition("x")[0]
    bandwidth = said.get("BANDWIDTH", "")
    return Variant(
        uri, int(bandwidth) if _is_number(bandwidth) else 0, int(width) if _is_number(width) else 0
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


def choose(variants: Sequence[Variant]) -> Variant:
    """The narrowest that is wide enough, otherwise the widest; of equally wide ones the leanest."""
    enough = [one for one in variants if one.width >= WANTED_WIDTH]
    if enough:
        return min(enough, key=lambda one: (one.width, one.bandwidth))
    return max(variants, key=lambda one: (one.width, -one.bandwidth))
