"""The weather service of the simulated field: warnings as the storm grows, as CAP behind an Atom index and as the public
feeds' JSON, over HTTP with ETag and Last-Modified.

The rainstorm signal climbs with what has fallen and with what the service knows will fall (criteria: CMA Order No. 16),
and is lifted an hour after the rain. A lightning signal goes with it, in the JSON feed.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

import orjson
from aiohttp import web
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, close_old_connections

from command_center.core import now as hall
from command_center.core.models import Area
from sensors.domain.warnings import CANCEL, UPDATE
from sensors.models import Station
from sensors.simulator.storm import LOCAL, Storm, load

log = logging.getLogger(__name__)

HOST = "127.10.250.1"
CLOCK_READ_S = 2.0
STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
SENDER_TAIL = "41600000"  # 416: weather bureau
# level: mm that fell in three hours when the signal is issued; mm expected in so many hours (the criterion itself)
SIGNALS = {4: (5.0, 50.0, 12), 3: (15.0, 50.0, 6), 2: (40.0, 50.0, 3), 1: (100.0, 100.0, 3)}
FORESEEN = timedelta(hours=6)
STANDS = {4: 12, 3: 12, 2: 8, 1: 8}  # hours
DRY_MM_H = 1.0
COLOURS = {1: ("红", "Red", "Ⅰ级/特别严重", "Extreme"), 2: ("橙", "Orange", "Ⅱ级/严重", "Severe"),
           3: ("黄", "Yellow", "Ⅲ级/较重", "Moderate"), 4: ("蓝", "Blue", "Ⅳ级/一般", "Minor")}  # fmt: skip
LEVEL_CODES = {1: "04", 2: "03", 3: "02", 4: "01"}


@dataclass(frozen=True, slots=True)
class Issue:
    """One bulletin of the service: ``level`` 1 red to 4 blue, of the signal lifted for a cancel."""

    at: datetime
    event: str  # "暴雨" or "雷电"
    action: str
    level: int
    before: int | None = None
    references: tuple[str, ...] = ()

    def identifier(self, code: str) -> str:
        return f"{code}{SENDER_TAIL}_{self.at.astimezone(LOCAL):%Y%m%d%H%M%S}"


class Bureau:
    """Issues for one storm, deterministic: the same storm and time give the same bulletins."""

    def __init__(self, storm: Storm, code: str) -> None:
        self.storm, self.code = storm, code
        self.at = storm.story_start()
        self.issues: list[Issue] = []
        self._level: int | None = None
        self._dry_since: datetime | None = None

    def follow(self, present: datetime) -> None:
        """Issue what is to be issued up to ``present``."""
        while self.at + STEP <= present:
            self.at += STEP
            self._look(self.at)

    def _most(self, since: datetime, until: datetime) -> float:
        """The most that any gauge gets between two moments, in mm."""
        gauges = range(len(self.storm.tenths))
        return max(self.storm.total_tenths(n, until) - self.storm.total_tenths(n, since) for n in gauges) / 10

    def _expected(self, at: datetime, hours: int) -> float:
        """The most in ``hours`` that contain ``at`` and end within the time foreseen."""
        ends = (at + n * HOUR for n in range(int(FORESEEN / HOUR) + 1) if n <= hours)
        return max(self._most(end - hours * HOUR, end) for end in ends)

    def _look(self, at: datetime) -> None:
        fallen = self._most(at - 3 * HOUR, at)
        due = min(
            (level for level, (least, mm, hours) in SIGNALS.items()
             if fallen >= least and self._expected(at, hours) >= mm),
            default=None,
        )  # fmt: skip
        dry = self._most(at - HOUR, at) < DRY_MM_H
        self._dry_since = (self._dry_since or at) if dry else None
        if due is not None and not dry and (self._level is None or due < self._level):
            self._issue(at, due)
        if self._level is not None and self._dry_since is not None and at - self._dry_since >= HOUR:
            for event in ("暴雨", "雷电"):
                if last := self._last(event):
                    self.issues.append(
                        Issue(at, event, CANCEL, last.level, references=(last.identifier(self.code),))
                    )
            self._level = None

    def _issue(self, at: datetime, level: int) -> None:
        last = self._last("暴雨") if self._level is not None else None
        refers = (last.identifier(self.code),) if last else ()
        action = UPDATE if last else "alert"
        self.issues.append(Issue(at, "暴雨", action, level, self._level, refers))
        if self._level is None:
            self.issues.append(Issue(at + timedelta(seconds=40), "雷电", "alert", 3))
        self._level = level

    def _last(self, event: str) -> Issue | None:
        return next(
            (one for one in reversed(self.issues) if one.event == event and one.action != CANCEL), None
        )

    def recent(self, event: str) -> list[Issue]:
        """The bulletins of a day, newest first."""
        found = [one for one in self.issues if one.event == event and one.at > self.at - 24 * HOUR]
        return found[::-1]


# --- documents -----------------------------------------------------------------------------------


def headline(issue: Issue, name: str) -> str:
    colour, _, roman, _ = COLOURS[issue.level]
    if issue.action == CANCEL:
        return f"{name}气象台解除{issue.event}{colour}色预警[{roman}]"
    if issue.before is not None:
        return f"{name}气象台将{issue.event}{COLOURS[issue.before][0]}色预警升级为{colour}色[{roman}]"
    return f"{name}气象台发布{issue.event}{colour}色预警[{roman}]"


def words(issue: Issue, name: str) -> str:
    at = issue.at.astimezone(LOCAL)
    start = f"{headline(issue, name)}：{at.year}年{at.month}月{at.day}日{at:%H时%M分}"
    if issue.action == CANCEL:
        return f"{start}，{name}降水明显减弱，解除预警信号。（预警信息来源：{name}预警信息发布中心）"
    if issue.event == "雷电":
        return f"{start}，预计未来6小时{name}可能发生雷电活动，可能伴有短时强降水、雷暴大风，请注意防范。（预警信息来源：{name}预警信息发布中心）"
    _, mm, hours = SIGNALS[issue.level]
    return f"{start}，预计未来{hours}小时{name}降雨量将达{mm:.0f}毫米以上，或者已达{mm:.0f}毫米以上且降雨可能持续，请注意防范低洼路段积水和内涝。（预警信息来源：{name}预警信息发布中心）"


def expires(issue: Issue) -> datetime:
    return issue.at + (6 if issue.event == "雷电" else STANDS[issue.level]) * HOUR


def cap(issue: Issue, code: str, name: str, name_en: str) -> bytes:
    """One CAP 1.2 alert; the colour stands in ``severity`` as the Chinese profile has it, in CAP's words for English."""
    identifier, sender = issue.identifier(code), f"{code}{SENDER_TAIL}"

    def stamp(at: datetime) -> str:
        return at.astimezone(LOCAL).replace(microsecond=0).isoformat()

    def info(language: str, event: str, severity: str, title: str, text: str, area: str) -> str:
        return (
            f"<info><language>{language}</language><category>Met</category><event>{escape(event)}</event>"
            f"<urgency>Unknown</urgency><severity>{severity}</severity><certainty>Unknown</certainty>"
            "<eventCode><valueName>GB/T 35561</valueName><value>11B03</value></eventCode>"
            f"<effective>{stamp(issue.at)}</effective><expires>{stamp(expires(issue))}</expires>"
            f"<senderName>{escape(name)}气象台</senderName><headline>{escape(title)}</headline>"
            f"<description>{escape(text)}</description>"
            f"<area><areaDesc>{escape(area)}</areaDesc>"
            f"<geocode><valueName>GB/T 2260</valueName><value>{code}</value></geocode></area></info>"
        )

    _, english, _, severity = COLOURS[issue.level]
    lifted = "lifted: " if issue.action == CANCEL else ""
    references = " ".join(f"{sender},{one},{stamp(issue.at)}" for one in issue.references)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{identifier}</identifier><sender>{sender}</sender><sent>{stamp(issue.at)}</sent>"
        f"<status>Actual</status><msgType>{issue.action.capitalize()}</msgType><scope>Public</scope>"
        + (f"<references>{references}</references>" if references else "")
        + info("zh-CN", issue.event, english, headline(issue, name), words(issue, name), name)
        + info(
            "en-US",
            "Rainstorm",
            severity,
            f"{name_en}: {lifted}{english.lower()} rainstorm warning",
            "",
            name_en,
        )
        + "</alert>"
    )
    return text.encode()


def index(issues: Iterable[Issue], code: str, name: str, updated: datetime) -> bytes:
    """The Atom feed of ``issues``."""
    entries = "".join(
        f"<entry><id>{one.identifier(code)}-{one.action}</id><updated>{one.at.isoformat()}</updated>"
        f"<title>{escape(headline(one, name))}</title>"
        f'<link type="application/cap+xml" href="/cap/{one.identifier(code)}.{one.action}.xml"/></entry>'
        for one in issues
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:warnings:{code}</id><title>{escape(name)}</title><updated>{updated.isoformat()}</updated>{entries}</feed>"
    ).encode()


def alarminfo(issue: Issue, code: str, name: str) -> dict[str, str]:
    """One warning in the shape of weather.com.cn."""
    colour = f"{COLOURS[issue.level][0]}色"
    identifier, local = issue.identifier(code), issue.at.astimezone(LOCAL)
    return {
        "head": headline(issue, name), "ALERTID": f"{local:%Y%m%d%H%M%S}{issue.event}{colour}", "PROVINCE": "",
        "CITY": "", "STATIONNAME": name, "SIGNALTYPE": issue.event, "SIGNALLEVEL": colour, "TYPECODE": "09",
        "LEVELCODE": LEVEL_CODES[issue.level], "ISSUETIME": f"{local:%Y-%m-%d %H:%M:%S}",
        "ISSUECONTENT": words(issue, name), "UNDERWRITER": "",
        "RELIEVETIME": f"{expires(issue).astimezone(LOCAL):%Y-%m-%d %H:%M:%S}",
        "msgType": "Cancle" if issue.action == CANCEL else "Alert", "identifier": identifier,
        "references": " ".join(issue.references) or identifier,
    }  # fmt: skip


# --- the server ----------------------------------------------------------------------------------


class Service:
    """Serves what ``bureau`` has issued up to now, with validators."""

    def __init__(self, bureau: Bureau, clock: hall.Rate, name: str, name_en: str) -> None:
        self.bureau, self.clock, self.name, self.name_en = bureau, clock, name, name_en
        self.asked = self.unchanged = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/cap/index.atom", self.atom)
        app.router.add_get("/cap/{name}.xml", self.one)
        app.router.add_get("/cn/alarminfo.json", self.json)
        return app

    def _issued(self, event: str) -> list[Issue]:
        present = self.clock.at(datetime.now(UTC))
        self.bureau.follow(present)
        return [one for one in self.bureau.recent(event) if one.at <= present]

    async def atom(self, request: web.Request) -> web.Response:
        issues = self._issued("暴雨")
        updated = issues[0].at if issues else self.bureau.storm.story_start()
        body = index(issues, self.bureau.code, self.name, updated)
        return self._answer(request, body, "application/atom+xml", updated)

    async def one(self, request: web.Request) -> web.Response:
        wanted = request.match_info["name"]
        for issue in self._issued("暴雨"):
            if f"{issue.identifier(self.bureau.code)}.{issue.action}" == wanted:
                body = cap(issue, self.bureau.code, self.name, self.name_en)
                return self._answer(request, body, "application/cap+xml", issue.at)
        raise web.HTTPNotFound

    async def json(self, request: web.Request) -> web.Response:
        issues = self._issued("雷电")
        updated = issues[0].at if issues else self.bureau.storm.story_start()
        body = orjson.dumps({"data": [alarminfo(one, self.bureau.code, self.name) for one in issues]})
        return self._answer(request, body, "application/json", updated)

    def _answer(self, request: web.Request, body: bytes, kind: str, changed: datetime) -> web.Response:
        self.asked += 1
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
        if request.headers.get("If-None-Match") == etag:
            self.unchanged += 1
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=kind, headers=headers)


def port() -> int:
    return int(settings.OURS["sim_port_base"]) + 1


def addresses() -> dict[str, str]:
    """Form of a feed → its address."""
    base = f"http://{HOST}:{port()}"
    return {"cap": f"{base}/cap/index.atom", "cn_json": f"{base}/cn/alarminfo.json"}


async def serve(service: Service, host: str, at: int) -> web.AppRunner:
    runner = web.AppRunner(service.app(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, host, at).start()
    return runner


async def run(stopping: asyncio.Event) -> None:
    """Serve until ``stopping``; begins anew when the hall's clock is set. A database that is away changes nothing."""
    known: object = None
    runner: web.AppRunner | None = None
    try:
        while not stopping.is_set():
            try:
                present = await sync_to_async(_known)()
                if present != known and present is not None:
                    clock, places, (code, name, name_en) = present
                    if runner is not None:
                        await runner.cleanup()
                    storm = load(settings.OURS["storm"], places)
                    runner = await serve(Service(Bureau(storm, code), clock, name, name_en), HOST, port())
                    known = present
            except Error as reason:
                log.warning("the database does not answer: %s", str(reason).strip().partition("\n")[0])
            except OSError as reason:
                log.warning("warnings cannot be served: %s", reason)
            try:
                await asyncio.wait_for(stopping.wait(), CLOCK_READ_S)
            except TimeoutError:
                continue
    finally:
        if runner is not None:
            await runner.cleanup()


def _known() -> tuple[hall.Rate, list[tuple[float, float]], tuple[str, str, str]] | None:
    """The clock, the rain gauges' places in the order of the field, and the district; None while there is none."""
    close_old_connections()
    hall.forget()
    root = Area.objects.filter(parent=None).order_by("path").first()
    gauges = Station.objects.filter(kind=Station.Kind.RAIN_GAUGE, in_service=True).order_by("code")
    places = [(one.x, one.y) for one in gauges.values_list("position", flat=True)]
    if root is None or not places:
        return None
    return hall.rate(), places, (root.code, root.name, root.name_en)
