"""Public warnings (预警信息): what a bulletin says, how severe it is, and which of several stands.

Types, codes and colours: CMA Order No. 16 (2007), the codes of the national release platform and of weather.com.cn.
Feeds change types and levels without notice, so nothing here refuses an unknown one: it keeps its own words and gets
the general pictogram.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from math import cos, pi, radians, sin

BEIJING = timezone(timedelta(hours=8))
ALERT, UPDATE, CANCEL = "alert", "update", "cancel"
ACTIVE, SUPERSEDED, CANCELLED, LAPSED = "active", "superseded", "cancelled", "lapsed"
SILENT_AFTER = 3
"""Failures in a row after which a feed counts as not heard; one lost answer is none."""
SHOWN_STATUS = ("actual", "exercise")
"""A test, a draft and a message between systems are kept, and shown to nobody."""

# msgType as sent → what it does; "Cancle" is how some feeds spell it.
ACTIONS = {"alert": ALERT, "update": UPDATE, "cancel": CANCEL, "cancle": CANCEL}


@dataclass(frozen=True, slots=True)
class Type:
    """One kind of warning: its names, its codes (national and weather.com.cn) and other words for it."""

    slug: str
    name: str
    name_en: str
    codes: tuple[str, ...]
    words: tuple[str, ...] = ()


# fmt: off
TYPES = {one.slug: one for one in (
    Type("typhoon", "台风", "Typhoon", ("11B01", "01"), ("tropical cyclone", "hurricane")),
    Type("rainstorm", "暴雨", "Rainstorm", ("11B03", "02"), ("heavy rain",)),
    Type("snowstorm", "暴雪", "Snowstorm", ("11B04", "03"), ("blizzard",)),
    Type("cold_wave", "寒潮", "Cold wave", ("11B05", "04")),
    Type("gale", "大风", "Gale", ("11B06", "05"), ("strong wind",)),
    Type("sandstorm", "沙尘暴", "Sandstorm", ("11B07", "06"), ("dust storm",)),
    Type("heat", "高温", "Heat", ("11B09", "07"), ("high temperature",)),
    Type("drought", "干旱", "Drought", ("11B22", "08")),
    Type("lightning", "雷电", "Lightning", ("11B14", "09")),
    Type("hail", "冰雹", "Hail", ("11B15", "10")),
    Type("frost", "霜冻", "Frost", ("11B16", "11")),
    Type("fog", "大雾", "Dense fog", ("11B17", "12")),
    Type("haze", "霾", "Haze", ("11B19", "13", "92"), ("灰霾",)),
    Type("road_icing", "道路结冰", "Road icing", ("11B21", "14"), ("道路冰雪",)),
    Type("thunder_gale", "雷雨大风", "Thunderstorm gale", ("11B20", "93"), ("雷暴大风",)),
    Type("cold", "寒冷", "Cold", ("91",)),
    Type("forest_fire", "森林火险", "Forest fire danger", ("94",), ("森林（草原）火险",)),
    Type("cooling", "降温", "Cooling", ("95",)),
    Type("flood", "洪水", "Flood", ("11A01",), ("flash flood",)),
    Type("waterlogging", "内涝", "Waterlogging", ("11A02",), ("城市内涝", "渍涝")),
    Type("landslide", "滑坡", "Landslide", ("11D01",), ("地质灾害", "山体滑坡")),
    Type("storm_surge", "风暴潮", "Storm surge", ("11E02",)),
)}
# fmt: on
_BY_CODE = {code: one.slug for one in TYPES.values() for code in one.codes}
# "雷雨大风" holds "大风": the longest name first.
_BY_WORD = sorted(
    ((word.lower(), one.slug) for one in TYPES.values() for word in (one.name, one.name_en, *one.words)),
    key=lambda pair: -len(pair[0]),
)


def type_of(code: str, *texts: str) -> str:
    """The slug of a type by its code, else by the first text that names one; "" for an unknown type."""
    if found := _BY_CODE.get(code.strip().upper()):
        return found
    for text in texts:
        lower = text.lower()
        for word, slug in _BY_WORD:
            if word in lower:
                return slug
    return ""


# --- how severe ----------------------------------------------------------------------------------

_COLOURS = {"红": 1, "橙": 2, "黄": 3, "蓝": 4, "red": 1, "orange": 2, "yellow": 3, "blue": 4}
_SEVERITIES = {"extreme": 1, "severe": 2, "moderate": 3, "minor": 4}
_COLOUR = r"(红|橙|黄|蓝)色|\b(red|orange|yellow|blue)\b"
_MENTIONED = re.compile(_COLOUR, re.IGNORECASE)
_BECOMES = re.compile(
    rf"(?:(?:升级|降级|提升|调整|变更|更新|上调|下调|升|降|改)(?:发布)?(?:为|至|到|成)|(?:up|down)graded\s+to)\D{{0,12}}?(?:{_COLOUR})",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"[\[［(（【](Ⅰ|Ⅱ|Ⅲ|Ⅳ|IV|III|II|I)级?\s*/", re.IGNORECASE)
_ROMANS = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "I": 1, "II": 2, "III": 3, "IV": 4}


def level_in(text: str) -> int | None:
    """The colour a text ends at, 1 (red) to 4 (blue): "由黄色升级为橙色" is orange, wherever else yellow is said."""
    for pattern in (_BECOMES, _MENTIONED):
        if found := pattern.findall(text):
            return _COLOURS["".join(found[-1]).lower()]
    if found := _ROMAN.findall(text):
        return _ROMANS[found[-1].upper()]
    return None


def level_of(severity: str, title: str, text: str = "") -> int | None:
    """1 (red) to 4 (blue), None for an unknown one: by the title, then by ``severity`` (a colour as the Chinese profile
    has it, or CAP's own word), then by the text."""
    if found := level_in(title):
        return found
    word = severity.strip().lower().removesuffix("色")
    return _COLOURS.get(word) or _SEVERITIES.get(word) or level_in(text)


# --- one bulletin --------------------------------------------------------------------------------

_NATIONAL = re.compile(r"(\d{6})\d{8}_(\d{14})(?:_\d+)?")


def national(identifier: str) -> tuple[str, str, datetime] | None:
    """(sender's code of 14 digits, division code of 6, time of issue) of an identifier of the national platform,
    ``ZZZZZZDDDUUUXX_YYYYMMDDhhmmss[_N]`` in Beijing time; None for any other."""
    found = _NATIONAL.fullmatch(identifier.strip())
    if found is None:
        return None
    try:
        at = datetime.strptime(found[2], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
    return identifier.strip()[:14], found[1], at.astimezone(UTC)


Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message as it was read. Moments are aware; ``polygons`` are closed rings of (longitude, latitude), ``circles``
    (longitude, latitude, km). ``notes``: parts that could not be read and were left out."""

    identifier: str
    sender: str
    action: str
    sent_at: datetime
    status: str = "actual"
    sender_name: str = ""
    event: str = ""
    type: str = ""
    level: int | None = None
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    title: str = ""
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    instruction: str = ""
    instruction_en: str = ""
    references: tuple[str, ...] = ()
    area: str = ""
    polygons: tuple[Ring, ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[str, ...] = ()
    urgency: str = ""
    certainty: str = ""
    notes: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """Whose warnings of what: of these one stands at a time. An exercise never ends a real one."""
        return "|".join(
            (self.sender, self.type or self.event, "exercise" if self.status == "exercise" else "")
        )


# --- where ---------------------------------------------------------------------------------------

_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)


def division(code: str) -> str:
    """The part of a statistical division code (GB/T 2260, GB/T 10114) that says something: "370500" is "3705"; ""
    for what is none."""
    text = code.strip()
    if not text.isdecimal() or len(text) not in (2, 4, 6, 9, 12) or text[:2] not in _PROVINCES:
        return ""
    for size in (12, 9):
        if len(text) == size and text.endswith("000"):
            text = text[:-3]
    while len(text) in (4, 6) and text.endswith("00"):
        text = text[:-2]
    return text


def areas_of(codes: Iterable[str], tree: Mapping[str, str]) -> list[str]:
    """The paths of ``tree`` (path → division code) that ``codes`` speak of, only the topmost of each branch.

    A province's or city's code holds the whole district; a place smaller than any we know is the area that holds it.
    """
    found: set[str] = set()
    for code in codes:
        if not (wanted := division(code)):
            continue
        inside = {path for path, known in tree.items() if known.startswith(wanted)}
        if not inside:
            holding = [
                path for path, known in tree.items() if (own := division(known)) and wanted.startswith(own)
            ]
            inside = {max(holding, key=len)} if holding else set()
        found |= inside
    return topmost(found)


def topmost(paths: Iterable[str]) -> list[str]:
    """Of paths that end in "/" those that no other one holds."""
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def ring_of(lon: float, lat: float, km: float, corners: int = 48) -> Ring:
    """A circle on the ground as a closed ring of (longitude, latitude)."""
    north = km / 111.2
    east = north / max(cos(radians(lat)), 0.01)
    turns = [2 * pi * (n % corners) / corners for n in range(corners + 1)]
    return tuple((lon + east * cos(turn), lat + north * sin(turn)) for turn in turns)


# --- which one stands ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What decides about a warning: of each message that was kept. ``key`` is the caller's."""

    key: Hashable
    identifier: str
    group: str
    action: str
    sent_at: datetime
    expires_at: datetime
    references: Sequence[str] = ()

    @property
    def order(self) -> tuple[datetime, bool, str]:
        return self.sent_at, self.action == CANCEL, self.identifier


@dataclass(frozen=True, slots=True)
class Standing:
    """``ended_by``: the identifier of the message that ended it, "" where it ended by itself or stands."""

    state: str
    ended_at: datetime | None = None
    ended_by: str = ""


def standings(messages: Iterable[Said], at: datetime) -> dict[Hashable, Standing]:
    """What became of each alert and update by ``at``, whatever the order in which the messages came.

    The next alert or update of the same sender and type, or one that refers to it, supersedes a warning; a cancel ends
    it; after its expiry it lapsed, and what comes later ends it no more (handbook 1.3).
    """
    ordered = sorted(messages, key=lambda one: one.order)
    found = {}
    for place, one in enumerate(ordered):
        if one.action == CANCEL:
            continue
        ender = next((later for later in ordered[place + 1 :] if _ends(later, one)), None)
        # A feed whose clock is ahead counts too: what it told is known, and one of a kind stands at a time.
        if ender is not None and min(ender.sent_at, at) < one.expires_at:
            state = CANCELLED if ender.action == CANCEL else SUPERSEDED
            found[one.key] = Standing(state, ender.sent_at, ender.identifier)
        elif one.expires_at <= at:
            found[one.key] = Standing(LAPSED, one.expires_at)
        else:
            found[one.key] = Standing(ACTIVE)
    return found


def _ends(later: Said, one: Said) -> bool:
    # A bureau may issue two in one second under one identifier, and some feeds let each refer to itself.
    refers = one.identifier in later.references and later.identifier != one.identifier
    return refers or later.group == one.group


def english_title(type_: str, event: str, level: int | None) -> str:
    """A title for those who do not read Chinese, where the bulletin brings none."""
    colour = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}.get(level or 0, "")
    name = TYPES[type_].name_en if type_ in TYPES else event
    return " ".join(part for part in (name, colour, "warning") if part)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a feed: as it came, and what it was read as or why not."""

    raw: bytes
    bulletin: Bulletin | None = None
    error: str = ""
