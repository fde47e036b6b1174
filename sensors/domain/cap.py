"""Common Alerting Protocol 1.2 (OASIS; GB/T 35965.1-2018 is built on it) and Atom indexes of such alerts.

Document types and entities are refused. Coordinates stand latitude first, as CAP has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from .readings import DecodeError
from .warnings import ACTIONS, BEIJING, CANCEL, Bulletin, Ring, level_of, national, type_of

LONGEST = 2_000_000  # bytes
LONGEST_TEXT = 20_000  # characters
MOST_CORNERS = 20_000
MOST_ENTRIES = 1000
NAMESPACE = "urn:oasis:names:tc:emergency:cap:1."
REQUIRED = ("identifier", "sender", "sent", "status", "msgType", "scope")
FOREIGN_CODES = {"UGC", "SAME", "FIPS6", "EMMA_ID", "profile:CAP-CP:Location:0.3"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert that an index names: where it is, and what changes when it does."""

    link: str
    mark: str


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _text(element: Element, name: str) -> str:
    found = _all(element, name)
    return (found[0].text or "").strip()[:LONGEST_TEXT] if found else ""


def root_of(raw: bytes) -> Element:
    """The document's element. Raises DecodeError for what is no XML, is too long, or declares anything."""
    if len(raw) > LONGEST:
        raise DecodeError(f"the document has more than {LONGEST} bytes")
    try:
        root: Element = ElementTree.fromstring(raw, forbid_dtd=True)
    except DefusedXmlException:
        raise DecodeError("document types and entities are not taken") from None
    except (ParseError, ValueError, LookupError) as wrong:
        raise DecodeError(f"not XML: {wrong}") from None
    return root


def is_index(root: Element) -> bool:
    return _local(root) == "feed"


def entries(root: Element) -> list[Entry]:
    """The alerts an Atom index names, as it orders them. Raises DecodeError for an endless one."""
    found = []
    for entry in _all(root, "entry"):
        links = [link for link in _all(entry, "link") if link.get("href")]
        cap = [link for link in links if "cap+xml" in (link.get("type") or "")]
        plain = [link for link in links if (link.get("rel") or "alternate") == "alternate"]
        chosen = (cap or plain or links)[:1]
        link = chosen[0].get("href") if chosen else _text(entry, "id")
        if link:
            found.append(Entry(link.strip(), _text(entry, "updated") or _text(entry, "id")))
    if len(found) > MOST_ENTRIES:
        raise DecodeError(f"the index names more than {MOST_ENTRIES} alerts")
    return found


def moment(text: str) -> datetime | None:
    """A time of CAP; without an offset it is Beijing's. None for an empty one, DecodeError for what is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise DecodeError(f"the time {text[:40]!r} cannot be read") from None
    if not 1990 <= found.year < 2200:
        raise DecodeError(f"the time {text[:40]!r} cannot be true")
    return (found if found.tzinfo else found.replace(tzinfo=BEIJING)).astimezone(UTC)


def read(raw: bytes) -> Bulletin:
    """One alert of CAP 1.1 or 1.2. Raises DecodeError with the reason."""
    return alert(root_of(raw))


def alert(root: Element) -> Bulletin:
    if _local(root) != "alert" or not root.tag.startswith("{" + NAMESPACE):
        raise DecodeError("no CAP alert")
    told = {name: _text(root, name) for name in REQUIRED}
    for name, value in told.items():
        if not value:
            raise DecodeError(f"the alert has no {name}")
    action = ACTIONS.get(told["msgType"].lower())
    if action is None:
        raise DecodeError(f"a message of type {told['msgType'][:20]} is no warning")
    sent_at = moment(told["sent"])
    assert sent_at is not None
    infos = _all(root, "info")
    if not infos and action != CANCEL:
        raise DecodeError("the alert has no info")
    main, english = _languages(infos)
    whole = Element("info") if main is None else main
    title = _text(whole, "headline")
    text, event = _text(whole, "description"), _text(whole, "event")
    official = national(told["identifier"])
    notes: list[str] = []
    areas = _all(whole, "area")
    return Bulletin(
        identifier=told["identifier"][:200],
        sender=official[0] if official else told["sender"][:200],
        action=action,
        sent_at=sent_at,
        status=told["status"].lower()[:20],
        sender_name=_text(whole, "senderName")[:120],
        event=event[:80],
        type=type_of(_event_code(whole), event, title),
        level=level_of(_text(whole, "severity"), title or event, text),
        effective_at=moment(_text(whole, "onset") or _text(whole, "effective")),
        expires_at=moment(_text(whole, "expires")),
        title=(title or event)[:300],
        title_en=_text(english, "headline")[:300] if english is not None else "",
        text=text,
        text_en=_text(english, "description") if english is not None else "",
        instruction=_text(whole, "instruction"),
        instruction_en=_text(english, "instruction") if english is not None else "",
        references=_references(_text(root, "references")),
        area="、".join(filter(None, (_text(area, "areaDesc") for area in areas)))[:500],
        polygons=tuple(_polygons(areas, notes)),
        circles=tuple(_circles(areas, notes)),
        geocodes=tuple(_geocodes(areas)),
        urgency=_text(whole, "urgency")[:20],
        certainty=_text(whole, "certainty")[:20],
        notes=tuple(notes),
    )


def _languages(infos: list[Element]) -> tuple[Element | None, Element | None]:
    """The info that is read, Chinese where there is one, and the English one."""
    if not infos:
        return None, None
    spoken = [(_text(info, "language") or "en-US").lower() for info in infos]
    chinese = next((info for info, said in zip(infos, spoken, strict=True) if said.startswith("zh")), None)
    english = next((info for info, said in zip(infos, spoken, strict=True) if said.startswith("en")), None)
    return (infos[0] if chinese is None else chinese), english


def _event_code(info: Element) -> str:
    """The first event code that is a national one or a known one; foreign lists have their own."""
    codes = [_text(code, "value") for code in _all(info, "eventCode")]
    return next((code for code in codes if type_of(code)), "")


def _references(text: str) -> tuple[str, ...]:
    """Identifiers out of "sender,identifier,sent sender,identifier,sent"; bare identifiers are taken too."""
    found = []
    for part in text.split()[:200]:
        fields = part.split(",")
        found.append(fields[1] if len(fields) >= 3 else fields[0])
    return tuple(one for one in found if one)


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError
    return value


def _pair(text: str) -> tuple[float, float]:
    """(longitude, latitude) of "lat,lon"."""
    lat, lon = (_number(part) for part in text.split(","))
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError
    return lon, lat


def _polygons(areas: Iterable[Element], notes: list[str]) -> Iterable[Ring]:
    for area in areas:
        for one in _all(area, "polygon"):
            corners = (one.text or "").split()
            try:
                ring = tuple(_pair(corner) for corner in corners[: MOST_CORNERS + 1])
            except ValueError:
                notes.append("a polygon cannot be read")
                continue
            if len(ring) < 4 or ring[0] != ring[-1] or len(ring) > MOST_CORNERS:
                notes.append("a polygon is not closed, too small or too long")
                continue
            yield ring


def _circles(areas: Iterable[Element], notes: list[str]) -> Iterable[tuple[float, float, float]]:
    for area in areas:
        for one in _all(area, "circle"):
            try:
                middle, km = (one.text or "").split()
                lon, lat = _pair(middle)
                radius = _number(km)
                if not 0 <= radius <= 20_000:
                    raise ValueError
            except ValueError:
                notes.append("a circle cannot be read")
                continue
            if radius > 0:  # CAP allows a radius of 0, which is a point and no area
                yield lon, lat, radius


def _geocodes(areas: Iterable[Element]) -> Iterable[str]:
    for area in areas:
        for code in _all(area, "geocode"):
            if _text(code, "valueName") not in FOREIGN_CODES:
                yield from _text(code, "value").replace(",", " ").split()[:500]
