"""The wire over real sockets: what is told, to whom, and what happens when things go wrong."""

import asyncio
import random
import socket
from datetime import UTC, datetime

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client as Web
from websockets.exceptions import ConnectionClosed, InvalidStatus

from command_center.core import relay
from command_center.core.bus import Bell
from command_center.core.models import Area, Epoch, Membership, User
from command_center.core.scope import Grant, Scope
from command_center.onemap import hub as hubs
from command_center.onemap import pairing, snapshot
from sensors.models import Station
from tests.conftest import MIN, NOON, actor
from tests.live.kit import Acts, Screen, scopes, small_district, write_values
from tests.live.wire import Browser, serving
from tests.live.wire import snapshot as get_snapshot
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(name="officer", role="duty_officer", path="/dy/"):
    """A person with one role over one area; returns the user and the cookie of a session."""
    user = User.objects.create_user(name, password="a long enough password")
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path=path))
    web = Web()
    web.force_login(user)
    return (
        user,
        f"{django_settings.SESSION_COOKIE_NAME}={web.cookies[django_settings.SESSION_COOKIE_NAME].value}",
    )


def paired_wall(name="hall"):
    answer = pairing.ask(None, "127.0.0.1")
    wall = pairing.approve(answer.code, name=name, layout="", by=actor(("administrator", "/dy/")))
    return wall, f"{pairing.TOKEN_COOKIE}={pairing.ask(answer.secret, '127.0.0.1').token}"


in_database = sync_to_async  # tests are plain functions; what touches the tables runs in their thread


def acted(acts, count):
    for _ in range(count):
        acts.one()
    relay.number()
    return snapshot.head()


def shown_to(scope):
    return Screen(scope).layers


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    """No relay runs beside most of these tests: the hub finds the new head by itself, and soon."""
    monkeypatch.setattr(hubs, "LOOK_S", 0.1)


@pytest.fixture
def acts():
    found = Acts(small_district(), 1)
    acted(found, 20)
    return found


def test_a_screen_is_live_and_shows_what_a_new_screen_would(acts):
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.caught_up and b.beats)
            for _ in range(5):
                head = await in_database(acted)(acts, 8)
                await browser.until(lambda b, head=head: b.position["cursor"] >= head)
            await browser.socket.close()
            return browser

    browser = asyncio.run(story())
    assert browser.layers == shown_to(scopes()["everything"])
    assert not any(message["type"] == "snapshot" for message in browser.told)


def test_values_arrive_without_an_event_and_only_where_they_may_be_seen(acts):
    _, officer = signed_in()
    _, townsman = signed_in("townsman", "commander", "/dy/wenhui/")
    gauge = Station.objects.filter(kind="rain_gauge", area_path="/dy/wenhui/").first()
    far = Station.objects.filter(kind="ponding_site", area_path="/dy/youtian/").first()

    async def story():
        async with serving() as port:
            both = [await Browser(port, cookie).start() for cookie in (officer, townsman)]
            for browser in both:
                await browser.until(lambda b: b.beats)
            await in_database(write_values)([far, gauge], value=46.0)
            for browser in both:
                await browser.until(lambda b: str(gauge.pk) in b.values)
            await in_database(write_values)([far, gauge], at=NOON + 2 * MIN, value=47.0)
            for browser in both:
                await browser.until(lambda b: b.values[str(gauge.pk)]["rain_total"][0] == 47.0)
                await browser.socket.close()
            return both

    officers, townsmans = asyncio.run(story())
    assert officers.values[str(far.pk)]["depth"][0] == 47.0
    assert str(far.pk) not in townsmans.values
    assert townsmans.values[str(gauge.pk)]["rain"]["1h"] == [47.0, 1.0]


def test_values_written_while_a_screen_was_away_are_there_when_it_is_back(acts):
    _, cookie = signed_in()
    gauge = Station.objects.filter(kind="stage_gauge").first()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.beats)
            await browser.socket.close()
            await in_database(write_values)([gauge], value=3.2)
            browser.socket = await browser.open()
            await browser.hello()
            await browser.until(lambda b: str(gauge.pk) in b.values)
            await browser.socket.close()

    asyncio.run(story())


def follows(acts):
    """A screen that is live takes in ten acts."""
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.beats)
            head = await in_database(acted)(acts, 10)
            await in_database(Bell().ring)(head)
            await browser.until(lambda b: b.position["cursor"] >= head)
            await browser.socket.close()
            return browser

    assert asyncio.run(story()).layers == shown_to(scopes()["everything"])


def test_the_bell_alone_brings_the_news(acts, monkeypatch):
    monkeypatch.setattr(hubs, "LOOK_S", 3600)
    follows(acts)


def test_with_redis_gone_the_hub_looks_at_the_table_by_itself(acts, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    follows(acts)


def test_a_thousand_forced_disconnects_lose_nothing(acts):
    _, cookie = signed_in()
    random.seed(7)

    async def story():
        async with serving() as port:
            browsers = [await Browser(port, cookie).start() for _ in range(10)]
            cuts = asyncio.Semaphore(0)

            async def act():
                for _ in range(20):
                    await in_database(acted)(acts, 2)
                    for _ in range(50):
                        await cuts.acquire()

            async def cut(browser):
                for _ in range(100):
                    reads = random.randrange(4)
                    try:
                        async with asyncio.timeout(0.03):
                            for _ in range(reads):
                                browser.take(await browser.socket.recv())
                    except (TimeoutError, ConnectionClosed):
                        pass
                    browser.socket.transport.abort()  # no goodbye: the cable is pulled
                    cuts.release()
                    browser.socket = await browser.open()
                    await browser.hello()

            await asyncio.gather(act(), *map(cut, browsers))
            head = await in_database(acted)(acts, 1)
            for browser in browsers:
                await browser.until(lambda b: b.caught_up and b.position["cursor"] >= head)
                await browser.socket.close()
            return browsers

    browsers = asyncio.run(story())
    expected = shown_to(scopes()["everything"])
    for browser in browsers:
        assert browser.layers == expected
        assert not any(message["type"] == "snapshot" for message in browser.told), "none had to start anew"


def test_a_reader_that_takes_nothing_is_let_go_and_the_others_notice_nothing(acts, monkeypatch):
    _, cookie = signed_in()
    monkeypatch.setattr(hubs, "SEND_S", 0.5)

    async def story():
        async with serving() as port:
            good = await Browser(port, cookie).start()
            await good.until(lambda b: b.beats)
            stuck = socket.socket()
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            stuck.connect(("127.0.0.1", port))
            stuck.sendall(
                f"GET /ws/live/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
                f"Cookie: {cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            hub = hubs.hub()
            await until(lambda: len(hub.clients) == 2)
            (other,) = [client for client in hub.clients if not client.steady]
            big = '{"type":"values","values_cursor":"1","values":{},"pad":"' + "x" * 200_000 + '"}'

            def is_let_go():
                if not other.closed and other.sending_since is None:
                    other.offer(big)
                return other.closed

            await until(is_let_go)
            head = await in_database(acted)(acts, 5)
            await good.until(lambda b: b.position["cursor"] >= head)
            assert len(hub.clients) == 1
            stuck.close()
            await good.socket.close()
            return good

    assert asyncio.run(story()).layers == shown_to(scopes()["everything"])


def test_a_full_queue_closes_with_4009_and_the_client_comes_back_to_what_it_missed(acts, monkeypatch):
    _, cookie = signed_in()
    monkeypatch.setattr(hubs, "QUEUE_FRAMES", 3)

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.beats)
            (client,) = hubs.hub().clients
            for _ in range(4):  # in one step of the loop: the writer has no turn in between
                client.offer('{"type":"beat","cursor":null,"epoch":"","clock":{}}')
            with pytest.raises(ConnectionClosed) as closed:
                await browser.until(lambda b: False)
            assert closed.value.rcvd.code == 4009
            head = await in_database(acted)(acts, 5)
            browser.socket = await browser.open()
            await browser.hello()
            await browser.until(lambda b: b.position["cursor"] >= head)
            await browser.socket.close()
            return browser

    assert asyncio.run(story()).layers == shown_to(scopes()["everything"])


def closes_with(browser_of, spoil, code):
    """After ``spoil`` (run in the tables) the socket closes with ``code`` within five seconds."""

    async def story():
        async with serving() as port:
            browser = await Browser(port, browser_of).start()
            await browser.until(lambda b: b.beats)
            await in_database(spoil)()
            with pytest.raises(ConnectionClosed) as closed:
                await browser.until(lambda b: False, seconds=5)
            status, _ = await get_snapshot(port, browser_of)
            return closed.value.rcvd.code, status

    assert asyncio.run(story()) == (code, 401)


def test_a_user_who_was_disabled_gets_no_further_byte(acts):
    user, cookie = signed_in()
    closes_with(cookie, lambda: User.objects.filter(pk=user.pk).update(is_active=False), 4001)


def test_signing_out_closes_the_socket(acts):
    _, cookie = signed_in()
    closes_with(cookie, lambda: Session.objects.all().delete(), 4001)


def test_a_changed_password_closes_the_socket_of_the_other_session(acts):
    user, cookie = signed_in()

    def change():
        user.set_password("quite another password")
        user.save()

    closes_with(cookie, change, 4001)


def test_a_revoked_wall_gets_no_further_byte(acts):
    wall, cookie = paired_wall()
    closes_with(cookie, lambda: pairing.revoke(wall.pk, by=actor(("administrator", "/dy/"))), 4001)


def test_a_paired_wall_looks_without_signing_in(acts):
    _, cookie = paired_wall()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            head = await in_database(acted)(acts, 5)
            await browser.until(lambda b: b.position["cursor"] >= head)
            await browser.socket.close()
            return browser

    assert asyncio.run(story()).layers == shown_to(Scope.of([Grant("wall", "/dy/")]))


def test_changed_rights_send_a_screen_back_to_its_snapshot(acts):
    user, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.beats)
            narrower = await in_database(Area.objects.get)(path="/dy/wenhui/")
            await in_database(Membership.objects.filter(user=user).update)(area=narrower)
            message = await browser.next("snapshot", seconds=5)
            assert message["reason"] == "scope"
            await browser.fetch()
            await browser.hello()
            head = await in_database(acted)(acts, 10)
            await browser.until(lambda b: b.position["cursor"] >= head)
            await browser.socket.close()
            return browser

    from command_center.core.scope import Grant, Scope

    assert asyncio.run(story()).layers == shown_to(Scope.of([Grant("duty_officer", "/dy/wenhui/")]))


@pytest.mark.parametrize(
    "spoil, reason",
    [
        (lambda position: None, "first"),
        (lambda position: position | {"epoch": "another life"}, "epoch"),
        (lambda position: position | {"scope": "another"}, "scope"),
        (lambda position: position | {"cursor": 10**9}, "behind"),
    ],
)
def test_positions_that_mean_nothing_here_send_a_screen_to_the_snapshot(acts, spoil, reason):
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = Browser(port, cookie)
            await browser.fetch()
            browser.position = spoil(browser.position)
            browser.socket = await browser.open()
            await browser.hello()
            assert (await browser.next("snapshot"))["reason"] == reason
            await browser.fetch()
            await browser.hello()  # on the same socket
            await browser.until(lambda b: b.caught_up)
            await browser.socket.close()

    asyncio.run(story())


def test_a_restore_renews_the_stream_and_the_beat_says_so(acts, monkeypatch):
    monkeypatch.setattr(hubs, "BEAT_S", 0.2)
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = await Browser(port, cookie).start()
            await browser.until(lambda b: b.beats)
            await in_database(Epoch.objects.all().delete)()
            old = browser.position["epoch"]
            await browser.until(lambda b: b.told[-1].get("epoch", old) != old)
            await browser.socket.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    "said", ["", "[]", "null", '{"type":"bye"}', '{"type":"hello","cursor":"x"}', "\x00"]
)
def test_what_is_not_the_protocol_closes_the_socket(acts, said):
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            browser = Browser(port, cookie)
            browser.socket = await browser.open()
            await browser.socket.send(said)
            with pytest.raises(ConnectionClosed) as closed:
                await browser.until(lambda b: False)
            return closed.value.rcvd.code

    assert asyncio.run(story()) == 4000


def test_nobody_in_particular_is_told_to_sign_in(acts):
    async def story():
        async with serving() as port:
            for cookie in ("", f"{django_settings.SESSION_COOKIE_NAME}=guess", "wall=guess"):
                browser = Browser(port, cookie)
                browser.socket = await browser.open()
                with pytest.raises(ConnectionClosed) as closed:
                    await browser.until(lambda b: False)
                assert closed.value.rcvd.code == 4001
                assert (await get_snapshot(port, cookie))[0] == 401

    asyncio.run(story())


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_a_foreign_or_missing_origin_is_refused(acts, origin):
    from websockets.asyncio.client import connect

    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(
                    f"ws://127.0.0.1:{port}/ws/live/", origin=origin, additional_headers={"Cookie": cookie}
                ):
                    pass
            return refused.value.response.status_code

    assert asyncio.run(story()) == 403


def test_screens_of_one_scope_share_one_reading(acts, monkeypatch):
    _, officer = signed_in()
    _, second = signed_in("second")
    readings = []
    read = snapshot.changes_since
    monkeypatch.setattr(snapshot, "changes_since", lambda *given: readings.append(given) or read(*given))

    async def story():
        async with serving() as port:
            browsers = [await Browser(port, cookie).start() for cookie in (officer, second) * 10]
            for browser in browsers:
                await browser.until(lambda b: b.beats)
            readings.clear()
            head = await in_database(acted)(acts, 3)
            for browser in browsers:
                await browser.until(lambda b: b.position["cursor"] >= head)
                await browser.socket.close()

    asyncio.run(story())
    assert 1 <= len(readings) <= 3, "twenty screens, one scope"


def test_the_snapshot_is_gzip_and_the_same_for_a_second(acts):
    _, cookie = signed_in()

    async def story():
        async with serving() as port:
            return await asyncio.gather(*(get_snapshot(port, cookie) for _ in range(20)))

    answers = asyncio.run(story())
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) <= 3
    assert orjson.loads(answers[0][1])["cursor"] == snapshot.head()
    assert datetime.now(UTC)
