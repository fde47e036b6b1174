"""Public warnings from the feed's socket to the layer and the page: kept, folded, placed, shown."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client
from django.utils import translation

from command_center.core import relay
from command_center.core.layers import LAYERS
from command_center.core.models import Area, Event, Membership, User
from command_center.core.now import Rate
from command_center.core.scope import Grant, Scope
from command_center.duty.handover import sheet
from command_center.onemap import snapshot
from sensors.domain.warnings import ACTIVE, CANCELLED, LAPSED, SUPERSEDED, Bulletin, Piece
from sensors.models import PublicWarning, WarningFeed, WarningMessage
from sensors.services import warning_feeds
from sensors.services.warnings import drop_old, settle_expired, take
from sensors.simulator.storm import load
from sensors.simulator.warnings import Bureau, Service, serve
from tests.conftest import NOON

HOUR = timedelta(hours=1)
HOST = "127.10.77.1"


def box(west, south, east, north):
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


@pytest.fixture
def areas(db):
    """A district of two towns side by side."""
    root = Area.objects.create(
        path="/dy/",
        code="370502",
        name="东营区",
        name_en="Dongying",
        kind="district",
        outline=box(118, 37, 119, 38),
    )
    for path, code, name, west in (
        ("/dy/a/", "370502001", "文汇街道", 118),
        ("/dy/b/", "370502002", "黄河路街道", 118.5),
    ):
        Area.objects.create(path=path, code=code, name=name, kind="town", parent=root, outline=box(west, 37, west + 0.5, 38))  # fmt: skip


@pytest.fixture
def feed(areas):
    return WarningFeed.objects.create(name="feed", form="cap", url=f"http://{HOST}:1/")


def bulletin(identifier="id1", action="alert", hour=0, **more):
    told = {
        "sender": "bureau",
        "type": "rainstorm",
        "event": "暴雨",
        "level": 3,
        "title": f"title {identifier}",
        "geocodes": ("370502",),
    }
    at = NOON + hour * HOUR
    return Bulletin(
        identifier=identifier, action=action, sent_at=at, **(told | {"expires_at": at + 6 * HOUR} | more)
    )


def tell(feed, *bulletins, at=NOON):
    return take(feed, [("http://feed/", Piece(repr(one).encode(), one)) for one in bulletins], at=at)


def known():
    return {row.identifier: row.state for row in PublicWarning.objects.exclude(action="cancel")}


def viewer(role="duty_officer", area="/dy/"):
    return Scope.of([Grant(role, area)])


def shown(scope=None):
    columns = orjson.loads(LAYERS["warnings"].read(scope or viewer()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


# --- kept and folded ------------------------------------------------------------------------------
def test_every_message_is_kept_with_what_it_was_read_as_or_why_not(feed):
    pieces = [
        Piece(b"good", bulletin()),
        Piece(b"bad", error="the alert has no scope"),
        Piece(b"far", bulletin("id2", geocodes=("110101",))),
        Piece(b"test", bulletin("id3", status="test")),
    ]
    assert take(feed, [("u", piece) for piece in pieces], at=NOON) == 4
    told = {bytes(row.raw): (row.error, bool(row.read_as)) for row in WarningMessage.objects.all()}
    assert told == {
        b"good": ("", True),
        b"bad": ("the alert has no scope", False),
        b"far": ("outside the district", True),
        b"test": ("not shown: status test", True),
    }
    assert known() == {"id1": ACTIVE}


def test_the_same_message_again_is_counted_and_nothing_else(feed):
    tell(feed, bulletin())
    before = Event.objects.count()
    assert tell(feed, bulletin(), at=NOON + HOUR) == 0
    assert (WarningMessage.objects.get().seen, PublicWarning.objects.count(), Event.objects.count()) == (
        2,
        1,
        before,
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_alert_update_and_cancel_end_as_they_should_in_whatever_order_they_come(feed, order):
    messages = [
        bulletin(),
        bulletin("id2", "update", 1, level=2, references=("id1",)),
        bulletin("id3", "cancel", 2, references=("id2",)),
    ]
    for number in order:
        tell(feed, messages[number], at=NOON + 3 * HOUR)
    assert known() == {"id1": SUPERSEDED, "id2": CANCELLED}
    assert shown() == []


def test_what_nobody_cancelled_lapses_when_its_time_is_over_and_that_is_told_once(feed):
    tell(feed, bulletin())
    assert settle_expired(NOON + 5 * HOUR) == 0
    before = Event.objects.count()
    assert settle_expired(NOON + 6 * HOUR) == 1 and settle_expired(NOON + 7 * HOUR) == 0
    assert known() == {"id1": LAPSED} and Event.objects.count() == before + 1
    tell(feed, bulletin("id2", "cancel", 7, references=("id1",)), at=NOON + 7 * HOUR)
    assert known() == {"id1": LAPSED}


def test_without_an_end_it_stands_for_the_parameter_s_hours(feed):
    tell(feed, bulletin(expires_at=None))
    assert PublicWarning.objects.get().expires_at == NOON + 24 * HOUR


def test_the_same_warning_from_two_feeds_stands_once(feed):
    other = WarningFeed.objects.create(name="other", form="cn_json", url=f"http://{HOST}:2/")
    tell(feed, bulletin())
    take(other, [("u", Piece(b"other bytes", bulletin()))], at=NOON)
    assert (PublicWarning.objects.count(), WarningMessage.objects.count()) == (1, 2)


def test_old_messages_are_dropped_and_standing_warnings_are_not(feed):
    tell(feed, bulletin(expires_at=NOON + timedelta(days=900)))
    assert drop_old(NOON + timedelta(days=399)) == 0
    assert drop_old(NOON + timedelta(days=401)) == 1
    assert known() == {"id1": ACTIVE}


# --- where ----------------------------------------------------------------------------------------
def ring(west, south, east, north):
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


@pytest.mark.parametrize(
    ("told", "places", "path"),
    [
        ({"geocodes": ("370502001",)}, ["/dy/a/"], "/dy/a/"),
        ({"geocodes": ("370502001", "370502002")}, ["/dy/a/", "/dy/b/"], "/dy/"),
        ({"geocodes": ("370500",)}, ["/dy/"], "/dy/"),
        ({"geocodes": (), "polygons": (ring(118.1, 37.1, 118.4, 37.4),)}, ["/dy/a/"], "/dy/a/"),
        ({"geocodes": (), "polygons": (ring(110, 30, 125, 45),)}, ["/dy/"], "/dy/"),
        ({"geocodes": (), "polygons": (ring(110, 30, 118.5, 45),)}, ["/dy/a/"], "/dy/a/"),  # the other's edge only
        ({"geocodes": (), "circles": ((118.75, 37.5, 8.0),)}, ["/dy/b/"], "/dy/b/"),
        ({"geocodes": (), "area": "东营区黄河路街道"}, ["/dy/"], "/dy/"),
        ({"geocodes": (), "area": "", "sender": "37050241600000"}, ["/dy/"], "/dy/"),
    ],
)  # fmt: skip
def test_codes_shapes_and_names_find_the_areas_of_the_tree(feed, told, places, path):
    tell(feed, bulletin(**told))
    row = PublicWarning.objects.get()
    assert ([one["path"] for one in row.places], row.area_path) == (places, path)
    assert row.shape is not None and row.shape.valid


def test_what_is_drawn_elsewhere_is_outside_the_district(feed):
    tell(feed, bulletin(geocodes=(), area="", polygons=(ring(10, 10, 11, 11),)))
    assert not PublicWarning.objects.exists()


# --- shown ----------------------------------------------------------------------------------------
def test_snapshot_and_changes_tell_the_same_of_warnings(feed):
    scope = viewer("commander", "/dy/a/")
    cursor = snapshot.head()
    tell(feed, bulletin(geocodes=("370502001",)))
    tell(feed, bulletin("id2", "update", 1, level=2, references=("id1",)), at=NOON + HOUR)
    relay.number()
    change = snapshot.changes_since(cursor, scope).layers["warnings"]
    assert change["put"] == orjson.loads(LAYERS["warnings"].read(scope))
    assert [
        str(pk) for pk in PublicWarning.objects.filter(identifier="id1").values_list("pk", flat=True)
    ] == change["drop"]
    (row,) = shown(scope)
    assert (row["level"], row["since"]) == (2, (NOON + HOUR).timestamp() * 1000)
    assert row["shape"]["coordinates"][0][0] == [118.0, 37.0]
    assert row["places"] == [{"path": "/dy/", "name": "东营区", "name_en": "Dongying"}]


def test_a_viewer_without_the_right_is_told_of_none(feed):
    tell(feed, bulletin())
    assert shown(viewer("responder")) == [] and len(shown(viewer("wall", "/dy/a/"))) == 1


@pytest.fixture
def officer_client(areas):
    user = User.objects.create(username="officer")
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get(path="/dy/"))
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_the_text_the_guide_and_the_message_as_it_came(feed, officer_client):
    tell(feed, bulletin(level=1, text="预计未来三小时<b>", instruction="请立即避险"))
    pk = PublicWarning.objects.get().pk
    text = officer_client.get(f"/warnings/{pk}/").content.decode()
    for part in (
        "title id1",
        "预计未来三小时&lt;b&gt;",
        "请立即避险",
        "人员转移先于抢险",
        "东营区",
        "红",
        "Bulletin(identifier=",
    ):
        assert part in text, part
    officer_client.cookies["django_language"] = "en"
    english = officer_client.get(f"/warnings/{pk}/").content.decode()
    assert "Rainstorm red warning" in english and "moving people comes before saving things" in english
    assert "Rainstorm red warning" in officer_client.get("/warnings/").content.decode()
    assert "id1" in officer_client.get("/warnings/messages/?text=id1").content.decode()
    found = officer_client.get("/api/v1/warnings?state=active").json()
    assert [row["identifier"] for row in found["results"]] == ["id1"]


def test_the_next_shift_is_told_what_stands(feed):
    def told(scope):
        with translation.override("zh-hans"):
            return [one["rows"] for one in sheet(scope, NOON)["sections"] if one["name"] == "warnings"]

    tell(feed, bulletin(), bulletin("id2", type="hail", hour=-9))
    assert told(viewer()) == [[["黄", "title id1", "东营区", "2026-07-01 12:00", "2026-07-01 18:00"]]]
    assert told(viewer("responder")) == [[]]


def test_an_unknown_type_keeps_its_own_words_on_the_page(feed, officer_client):
    tell(feed, bulletin(type="", event="空间天气", level=None))
    text = officer_client.get(f"/warnings/{PublicWarning.objects.get().pk}/").content.decode()
    assert "空间天气" in text and "未注明颜色" in text


# --- over a socket --------------------------------------------------------------------------------
@contextmanager
def web(answers):
    """A server of paths → (status, headers, body) on a device address; yields its base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


REAL = datetime(2026, 7, 1, 4, tzinfo=UTC)


def asked(feed, answers, path="/feed", form="cap"):
    with web(answers) as base:
        feed.url, feed.form = base + path, form
        feed.save()
        taken = warning_feeds.ask(feed, real=REAL, at=NOON)
    feed.refresh_from_db()
    return taken


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((302, {"Location": "http://127.0.0.1/"}, b""), "HTTP status 302"),
        ((500, {}, b""), "HTTP status 500"),
        ((200, {}, b"x" * 2_000_001), "bytes"),
    ],
)
def test_an_answer_that_cannot_be_used_stands_on_the_feed_and_asks_less_often(feed, answer, reason):
    assert asked(feed, {"/feed": answer}) == 0
    assert reason in feed.error and feed.failures == 1 and feed.heard_at is None
    asked(feed, {"/feed": answer})
    assert feed.due_at == REAL + timedelta(seconds=2 * feed.interval_s)


def test_a_feed_that_is_not_heard_is_told_to_the_screens_once_and_when_it_is_heard_again(feed):
    def told():
        return orjson.loads(LAYERS["warning_feeds"].read(viewer()))["name"]

    cursor = snapshot.head()
    for times in range(1, 5):
        asked(feed, {"/feed": (500, {}, b"")})
        assert told() == (["feed"] if times >= 3 else [])
    assert list(Event.objects.values_list("kind", flat=True)) == ["warning_feed.silent"]
    relay.number()
    assert snapshot.changes_since(cursor, viewer()).layers["warning_feeds"]["put"]["name"] == ["feed"]
    asked(feed, {"/feed": (200, {}, b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>')})
    relay.number()
    assert told() == [] and snapshot.changes_since(cursor, viewer()).layers["warning_feeds"]["drop"] == [
        str(feed.pk)
    ]


def test_garbage_is_kept_with_its_reason_and_the_feed_counts_as_heard(feed):
    assert asked(feed, {"/feed": (200, {}, b"<html>maintenance</html>")}) == 1
    assert WarningMessage.objects.get().error == "no CAP alert"
    assert (feed.failures, feed.heard_at) == (0, NOON)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://169.254.1.1/x", "file:///etc/hostname", "http://u:p@127.10.77.1/"]
)
def test_no_address_outside_the_device_networks_is_asked(feed, url):
    WarningFeed.objects.filter(pk=feed.pk).update(url=url)
    feed.refresh_from_db()
    assert warning_feeds.ask(feed, real=REAL, at=NOON) == 0
    feed.refresh_from_db()
    assert feed.error in ("outside the device networks", "no address of a feed")


def test_an_index_that_names_another_host_is_not_followed_there(feed):
    index = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>1</updated><link href="http://127.10.77.2/x"/></entry></feed>'
    assert asked(feed, {"/feed": (200, {"ETag": '"1"'}, index)}) == 0
    assert feed.error == "the index names an alert of another host" and feed.etag == ""


def test_two_workers_do_not_ask_the_same_feed(feed):
    assert [one.pk for one in warning_feeds._claim(REAL)] == [feed.pk]
    assert warning_feeds._claim(REAL) == []


GAUGES = [(118.5 + n / 50, 37.4 + n / 100) for n in range(8)]


@contextmanager
def weather_service(story):
    """The simulated service over its socket, at ``story``; yields it and its base address."""
    storm = load("", GAUGES)
    service = Service(Bureau(storm, "370502"), Rate(datetime.now(UTC), story, 1.0), "东营区", "Dongying")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(serve(service, HOST, 0), loop).result(20)
    try:
        yield service, f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def test_the_demo_s_storm_goes_from_blue_to_orange_and_is_lifted_over_both_feeds(areas):
    start = load("", GAUGES).story_start()
    with weather_service(start + timedelta(hours=12)) as (service, base):
        feeds = [
            WarningFeed.objects.create(name="cap", form="cap", url=f"{base}/cap/index.atom"),
            WarningFeed.objects.create(name="cn", form="cn_json", url=f"{base}/cn/alarminfo.json"),
        ]
        service.bureau.follow(start + timedelta(hours=12))
        climb = [one.level for one in service.bureau.issues if one.event == "暴雨"]
        assert climb[:3] == [4, 3, 2]
        lifted_at = next(one.at for one in service.bureau.issues if one.action == "cancel")
        present = start + timedelta(hours=12)
        assert warning_feeds.poll(REAL, present) >= 7
        assert warning_feeds.poll(REAL, present) == 0, "nothing is due yet"
        for feed in feeds:
            feed.refresh_from_db()
            assert feed.error == "" and feed.etag
            assert warning_feeds.ask(feed, real=REAL, at=present) == 0
        assert service.unchanged == 2, "the second time nothing had changed"
    rain = list(PublicWarning.objects.filter(type="rainstorm").exclude(action="cancel").order_by("sent_at"))
    assert [row.level for row in rain] == climb[: len(rain)]
    assert {row.state for row in rain[:-1]} == {SUPERSEDED}
    assert (rain[-1].state, rain[-1].ended_at) == (CANCELLED, lifted_at)
    assert rain[0].title_en == "Dongying: blue rainstorm warning"
    lightning = PublicWarning.objects.get(type="lightning", action="alert")
    assert (lightning.level, lightning.state) == (3, LAPSED), "its six hours were over before it was lifted"
