"""The public feeds' JSON: weather.com.cn's ``alarminfo`` and the list of alerts that forecast services pass on.

A document holds one warning, a list of them, or a list under a key; ``var alarminfo={…};`` is JSON too.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from .readings import DecodeError
from .warnings import ACTIONS, ALERT, BEIJING, CANCEL, Bulletin, Piece, level_of, national, type_of

LONGEST = 2_000_000  # bytes
MOST = 2000
LISTS = ("data", "alarms", "alerts", "warnings", "content", "alert", "result")
_SCRIPT = re.compile(rb"^\s*(?:var\s+)?\w+\s*=\s*(.*?);?\s*$", re.DOTALL)
_ISSUER = re.compile(r"^(.{2,40}?)(?:\d{4}年.*?|\d{1,2}日.*?)?(?:变更|更新|继续|升级|降级)?发布")
_LIFTED = re.compile(r"解除")
# LEVELCODE of weather.com.cn, and the last two digits of the forecast services' four.
_LEVELS = {"01": "蓝", "02": "黄", "03": "橙", "04": "红"}


def read(raw: bytes) -> list[Piece]:
    """Every warning of a document, each with its own bytes. Raises DecodeError where the whole is none."""
    if len(raw) > LONGEST:
        raise DecodeError(f"the document has more than {LONGEST} bytes")
    script = _SCRIPT.match(raw)
    try:
        document = orjson.loads(script[1] if script else raw)
    except orjson.JSONDecodeError as wrong:
        raise DecodeError(f"not JSON: {wrong}") from None
    found = list(_objects(document, 0))
    if len(found) > MOST:
        raise DecodeError(f"the document holds more than {MOST} warnings")
    return [_piece(one) for one in found]


def _objects(value: Any, depth: int) -> Iterable[Mapping[str, Any]]:
    if isinstance(value, list) and depth < 5:
        for one in value:
            yield from _objects(one, depth + 1)
    elif isinstance(value, dict):
        if "ISSUETIME" in value or "alertId" in value:
            yield value
            return
        inner = [value[name] for name in LISTS if isinstance(value.get(name), list | dict)]
        if not inner and depth < 5 and value and not any(isinstance(value.get(name), list) for name in LISTS):
            raise DecodeError("the document holds no warnings")
        for one in inner if depth < 5 else ():
            yield from _objects(one, depth + 1)
    else:
        raise DecodeError("the document holds no warnings")


def _piece(one: Mapping[str, Any]) -> Piece:
    raw = orjson.dumps(one, option=orjson.OPT_SORT_KEYS)
    try:
        return Piece(raw, _alarminfo(one) if "ISSUETIME" in one else _alert(one))
    except DecodeError as wrong:
        return Piece(raw, error=str(wrong))


def _said(one: Mapping[str, Any], name: str, longest: int = 20_000) -> str:
    value = one.get(name)
    return str(value).strip()[:longest] if isinstance(value, str | int | float) else ""


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise DecodeError(f"the time {text[:40]!r} cannot be read") from None
    if not 1990 <= found.year < 2200:
        raise DecodeError(f"the time {text[:40]!r} cannot be true")
    return (found if found.tzinfo else found.replace(tzinfo=BEIJING)).astimezone(UTC)


def _alarminfo(one: Mapping[str, Any]) -> Bulletin:
    sent_at = _time(_said(one, "ISSUETIME"))
    if sent_at is None:
        raise DecodeError("the warning has no ISSUETIME")
    title, text = _said(one, "head", 300), _said(one, "ISSUECONTENT")
    event = _said(one, "SIGNALTYPE", 80)
    code, severity = _said(one, "TYPECODE", 10), _said(one, "SIGNALLEVEL", 10)
    place = _said(one, "STATIONNAME", 60) or _said(one, "CITY", 60) or _said(one, "PROVINCE", 60)
    identifier = _said(one, "identifier", 200) or _said(one, "ALERTID", 200)
    if not identifier:
        raise DecodeError("the warning has no identifier")
    official = national(identifier)
    given = _said(one, "msgType", 20).lower()
    action = ACTIONS.get(given) if given else (CANCEL if _LIFTED.search(title) else ALERT)
    if action is None:
        raise DecodeError(f"a message of type {given[:20]} is no warning")
    return Bulletin(
        identifier=identifier,
        sender=official[0] if official else place,
        action=action,
        sent_at=sent_at,
        sender_name=_issuer(text) or place,
        event=event or title[:80],
        type=type_of(code, event, title),
        level=level_of(severity or _LEVELS.get(_said(one, "LEVELCODE", 4), ""), title, text),
        effective_at=sent_at,
        expires_at=_time(_said(one, "RELIEVETIME")),
        title=title or f"{place}{event}{severity}预警",
        text=text,
        references=tuple(_said(one, "references").replace(",", " ").split()[:200]),
        area=" ".join(dict.fromkeys(filter(None, (_said(one, name, 60) for name in ("PROVINCE", "CITY", "STATIONNAME"))))),
        geocodes=(official[1],) if official else (),
    )  # fmt: skip


def _alert(one: Mapping[str, Any]) -> Bulletin:
    identifier, stamp = _said(one, "alertId", 200), one.get("pubtimestamp")
    if not identifier:
        raise DecodeError("the alert has no alertId")
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not 631e6 < stamp < 7.25e9:
        raise DecodeError("the alert has no time of publication")
    title, text, code = _said(one, "title", 300), _said(one, "description"), _said(one, "code", 10)
    official = national(identifier)
    place = _said(one, "county", 60) or _said(one, "city", 60) or _said(one, "province", 60)
    adcode = _said(one, "adcode", 12) or (official[1] if official else "")
    lifted = _LIFTED.search(title) or "解除" in _said(one, "status", 20)
    slug = type_of(code[:2] if len(code) == 4 else code, title)
    return Bulletin(
        identifier=identifier,
        sender=official[0] if official else place,
        action=CANCEL if lifted else ALERT,
        sent_at=datetime.fromtimestamp(stamp, UTC),
        sender_name=_issuer(title) or _issuer(text) or place,
        event="" if slug else title[:80],
        type=slug,
        level=level_of(_LEVELS.get(code[2:], "") if len(code) == 4 else "", title, text),
        effective_at=datetime.fromtimestamp(stamp, UTC),
        title=title or text[:120],
        text=text,
        area=_said(one, "location", 120) or place,
        geocodes=(adcode,) if adcode else (),
    )


def _issuer(text: str) -> str:
    found = _ISSUER.match(text)
    return found[1] if found else ""
