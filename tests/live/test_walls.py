"""Walls: a code on the screen, a person at the desk, a token that only looks and can be taken away."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import get_resolver

from command_center.core.acts import NotPossible
from command_center.core.models import Area, AuditEntry, Membership, User
from command_center.onemap import pairing
from command_center.onemap.models import Wall
from tests.conftest import actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root():
    return Area.objects.create(path="/dy/", code="dy", name="东营区", kind="district")


@pytest.fixture
def desk(root):
    user = User.objects.create_user("leader", password="a long enough password")
    Membership.objects.create(user=user, role="shift_leader", area=root)
    web = Client()
    web.force_login(user)
    return web


def ask(screen):
    return screen.get("/wall/pairing").json()


def test_a_wall_is_paired_by_its_code_and_then_has_a_token_of_its_own(desk):
    screen = Client()
    waiting = ask(screen)
    assert waiting["state"] == "waiting" and re.fullmatch("[2-9A-HJ-NP-Z]{6}", waiting["code"])
    assert ask(screen)["code"] == waiting["code"], "it keeps its code while it waits"
    assert desk.get("/walls/").json()["pending"][0]["code"] == waiting["code"]
    done = desk.post(
        "/walls/approve",
        {"code": waiting["code"].lower(), "name": "大厅", "layout": "uhd"},
        "application/json",
    )
    assert done.status_code == 200
    assert ask(screen) == {"state": "paired", "layout": "uhd"}
    cookie = screen.cookies[pairing.TOKEN_COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert screen.get("/live/snapshot").status_code == 200
    assert ask(screen) == {"state": "paired"}
    wall = Wall.objects.get()
    assert cookie.value not in str(wall.__dict__), "only a hash is kept"
    assert list(AuditEntry.objects.values_list("act", "who")) == [("wall.approve", "leader")]
    listed = desk.get("/walls/").json()
    assert listed["pending"] == [] and listed["walls"][0]["name"] == "大厅"


def test_the_token_is_given_once():
    answer = pairing.ask(None, "127.0.0.1")
    pairing.approve(answer.code, name="hall", layout="", by=actor(("shift_leader", "/dy/")))
    assert pairing.ask(answer.secret, "127.0.0.1").token
    again = pairing.ask(answer.secret, "127.0.0.1")
    assert not again.token and again.code != answer.code


def test_who_may_not_approve_or_revoke_is_refused(desk):
    answer = pairing.ask(None, "127.0.0.1")
    for role, path in (("commander", "/dy/"), ("duty_officer", "/dy/wenhui/")):
        with pytest.raises(PermissionDenied):
            pairing.approve(answer.code, name="x", layout="", by=actor((role, path)))
    assert Client().post("/walls/approve", {"code": answer.code}).status_code == 403
    assert Wall.objects.get().approved_at is None and not AuditEntry.objects.exists()
    wall = pairing.approve(answer.code, name="x", layout="", by=actor(("duty_officer", "/dy/")))
    with pytest.raises(PermissionDenied):
        pairing.revoke(wall.pk, by=actor(("duty_officer", "/dy/")))


def test_a_code_is_good_for_ten_minutes_and_once():
    answer = pairing.ask(None, "127.0.0.1")
    Wall.objects.update(created_at=datetime.now(UTC) - pairing.WAITS - timedelta(seconds=1))
    leader = actor(("shift_leader", "/dy/"))
    with pytest.raises(NotPossible):
        pairing.approve(answer.code, name="x", layout="", by=leader)
    fresh = pairing.ask(answer.secret, "127.0.0.1")
    assert fresh.code != answer.code
    pairing.approve(fresh.code, name="x", layout="", by=leader)
    with pytest.raises(NotPossible):
        pairing.approve(fresh.code, name="y", layout="", by=leader)


def test_what_strangers_can_leave_behind_is_bounded():
    for _ in range(pairing.WAITING_AT_ONCE + 10):
        Client().get("/wall/pairing")
    assert Wall.objects.count() == pairing.WAITING_AT_ONCE
    assert Client().get("/wall/pairing").status_code == 429
    Wall.objects.update(created_at=datetime.now(UTC) - pairing.WAITS * 2)
    assert Client().get("/wall/pairing").status_code == 200
    assert Wall.objects.count() == 1


def test_a_revoked_wall_sees_nothing_more(desk):
    screen = Client()
    desk.post("/walls/approve", {"code": ask(screen)["code"], "name": "hall"})
    ask(screen)
    wall = Wall.objects.get()
    assert desk.post(f"/walls/{wall.pk}/revoke", {"reason": "moved"}).status_code == 200
    assert screen.get("/live/snapshot").status_code == 401
    assert ask(screen)["state"] == "waiting", "it asks to be paired again"
    assert desk.post(f"/walls/{wall.pk}/revoke").status_code == 409


def addresses(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern, path)
        else:
            yield path


def test_a_walls_token_changes_nothing_anywhere():
    answer = pairing.ask(None, "127.0.0.1")
    pairing.approve(answer.code, name="hall", layout="", by=actor(("shift_leader", "/dy/")))
    screen = Client(enforce_csrf_checks=False)
    screen.cookies[pairing.TOKEN_COOKIE] = pairing.ask(answer.secret, "127.0.0.1").token
    before = Wall.objects.values_list().get(), AuditEntry.objects.count()
    tried = 0
    for path in addresses():
        path = re.sub(r"<uuid:\w+>", str(Wall.objects.get().pk), path)
        path = "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<[^>]+>", "x", path)).replace("^", "").replace(
            "$", ""
        )
        if re.search(r"[\\(?]", path) or path.startswith(("/sign-in", "/admin/login", "/i18n")):
            continue
        for method in ("post", "put", "patch", "delete"):
            tried += 1
            status = getattr(screen, method)(path, {}, content_type="application/json").status_code
            assert status >= 300, (method, path, status)
    assert tried > 50
    assert (Wall.objects.values_list().get(), AuditEntry.objects.count()) == before
