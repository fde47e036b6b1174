"""Incidents over HTTP: every door judged alike, a keyed request acts once, the slower of two is told who was quicker."""

from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from command_center.core.models import Answer, Area, Attachment, AuditEntry, Membership, User
from command_center.core.roles import ROLES
from incidents import api, services
from incidents.models import Incident
from sensors.models import Station, Still
from tests.conftest import NOON
from tests.core.test_attachments import jpeg
from tests.incidents import scenes
from tests.together import at_once

pytestmark = pytest.mark.django_db


def client(role, department=None, area="/dy/", name=""):
    user = User.objects.create(username=name or role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path=area), department=department)
    browser = Client()
    browser.force_login(user)
    return browser


def post(browser, address, body=None, key=""):
    headers = {"Idempotency-Key": key} if key else {}
    return browser.post(
        f"/api/v1/incidents{address}", body or {}, content_type="application/json", headers=headers
    )


CALL = {"type": "fire", "source": "call", "position": list(scenes.lonlat(700, 50)), "address": "东三路"}


@pytest.fixture
def desk(departments):
    return client("duty_officer", name="desk")


def test_from_the_call_to_the_close_over_http(desk, departments):
    answer = post(desk, "", {**CALL, "caller_name": "王小明", "caller_phone": "13800005678"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["owner"], shown["caller_phone"], shown["state"]) == ("fire", "13800005678", "reported")
    assert [b["move"] for b in shown["buttons"]] == ["confirm", "dismiss"]
    pk = shown["id"]
    answer = post(desk, f"/{pk}/moves/confirm", {"changes": {"level": 3}, "reason": "by phone"})
    assert (answer.json()["state"], answer.json()["level"]) == ("confirmed", 3)
    assert post(desk, f"/{pk}/moves/respond").json()["state"] == "responding"
    assert post(desk, f"/{pk}/notes", {"text": "<b>到场</b>"}).status_code == 201
    assert post(desk, f"/{pk}/moves/resolve").json()["buttons"] == []  # closing is the leader's
    assert post(desk, f"/{pk}/moves/close").status_code == 403
    leader = client("shift_leader", name="boss")
    answer = post(leader, f"/{pk}/moves/close")
    assert [b["move"] for b in answer.json()["buttons"]] == ["reopen"]
    lines = leader.get(f"/api/v1/incidents/{pk}/timeline").json()
    assert [line["kind"] for line in lines][-1] == "incident.close"
    assert any("<b>到场</b>" in line["text"] for line in lines), "kept as text; screens show it as text"
    assert post(desk, f"/{pk}/moves/vanish").status_code == 404
    assert post(leader, f"/{pk}/moves/unmerge_reported").status_code == 404


def test_what_cannot_be_so_is_400_with_a_sentence_and_its_field(desk):
    answer = post(desk, "", {**CALL, "position": [10.0, 10.0]})
    assert answer.status_code == 400
    assert answer.json()["field"] == "position" and answer.json()["error"]
    answer = post(desk, "", {**CALL, "position": [1]})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("position: ") and list(answer.json()["fields"]) == ["position"]
    assert post(desk, "", {**CALL, "occurred_at": "2099-01-01T00:00:00Z"}).json()["field"] == "occurred_at"
    assert not Incident.objects.exists()


def test_a_keyed_post_acts_once_and_is_answered_alike(desk):
    first, again = post(desk, "", CALL, key="k"), post(desk, "", CALL, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and Incident.objects.count() == 1
    pk = first.json()["id"]
    confirmed = [post(desk, f"/{pk}/moves/confirm", key="c") for _ in range(2)]
    assert [a.status_code for a in confirmed] == [200, 200] and confirmed[0].json() == confirmed[1].json()
    for _ in range(3):
        assert post(desk, f"/{pk}/notes", {"text": "once"}, key="n").status_code == 201
    assert AuditEntry.objects.filter(act="incident.note").count() == 1
    assert post(desk, "", CALL, key="other").json()["id"] != pk
    assert post(desk, "", CALL, key="k" * 81).status_code == 400


def test_a_refused_request_keeps_no_key(desk):
    assert post(desk, "", {**CALL, "type": "dragon"}, key="k").status_code == 400
    assert not Answer.objects.exists()
    assert post(desk, "", CALL, key="k").status_code == 201


def test_a_key_is_its_owner_s_own(desk):
    pk = post(desk, "", CALL, key="k").json()["id"]
    assert post(client("shift_leader"), "", CALL, key="k").json()["id"] != pk


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_acts_once(desk):
    browsers = [Client() for _ in range(3)]
    for browser in browsers:
        browser.force_login(User.objects.get(username="desk"))

    got = at_once(*(partial(post, browser, "", CALL, key="k") for browser in browsers))
    assert [a.status_code for a in got] == [201] * 3 and len({a.json()["id"] for a in got}) == 1
    assert Incident.objects.count() == 1


def test_the_slower_of_two_is_told_who_was_quicker(desk):
    pk = post(desk, "", CALL).json()["id"]
    other = client("duty_officer", name="other")
    post(other, f"/{pk}/moves/confirm")
    answer = post(desk, f"/{pk}/moves/dismiss", {"reason": "no"})
    assert answer.status_code == 200  # a confirmed one may still be dismissed
    answer = post(other, f"/{pk}/moves/respond")
    assert answer.status_code == 409
    assert (answer.json()["state"], answer.json()["by"]) == ("dismissed", "desk")


def test_holding_tells_the_other_who_has_it(desk):
    pk = post(desk, "", CALL).json()["id"]
    assert post(desk, f"/{pk}/hold").json()["holder"] == "desk"
    answer = post(client("duty_officer", name="other"), f"/{pk}/hold")
    assert answer.status_code == 409 and answer.json()["by"] == "desk" and answer.json()["until"]
    assert desk.get("/api/v1/incidents?view=mine").json()["views"] == {"new": 1, "mine": 1, "all": 1}
    assert desk.delete(f"/api/v1/incidents/{pk}/hold").json()["holder"] == ""


def test_files_are_taken_by_content_and_given_by_right(desk, departments, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    pk = post(desk, "", CALL).json()["id"]
    address = f"/api/v1/incidents/{pk}/attachments"
    assert (
        desk.post(address, {"file": SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>")}).status_code == 400
    )
    for _ in range(2):
        kept = desk.post(
            address, {"file": SimpleUploadedFile("a.txt", jpeg())}, headers={"Idempotency-Key": "f"}
        )
        assert kept.status_code == 201
    assert Attachment.objects.count() == 1
    picture = f"/attachments/{kept.json()['id']}/"
    assert desk.get(picture).status_code == 200
    assert client("liaison", departments["fire"], name="f").get(picture).status_code == 200
    assert client("liaison", departments["water"], name="w").get(picture).status_code == 404


def test_who_only_looks_sees_no_caller(desk, departments):
    told = {**CALL, "caller_name": "王小明", "caller_phone": "13800005678"}
    pk = post(desk, "", told).json()["id"]
    for role, department in (("wall", None), ("auditor", None), ("liaison", departments["fire"])):
        body = client(role, department).get(f"/api/v1/incidents/{pk}").content.decode()
        assert "13800005678" not in body and "王小明" not in body
        assert "138****5678" in body


def test_a_page_shows_alarms_cameras_timeline_and_neighbours(departments, report):
    for n, east in enumerate((9000, 400, 100, 2500, 1500)):
        camera = scenes.station(east, rule="camera")
        Still.objects.create(
            station=camera, taken_at=NOON, received_at=NOON, image=f"x{n}.jpg", state="online"
        )
    assert Station.objects.filter(kind="camera").count() == 5
    scenes.told(0, minute=1)
    scenes.told(2000, minute=1)
    officer = client("duty_officer", name="desk")
    row = Incident.objects.get(number="2026-0001")
    shown = officer.get(f"/api/v1/incidents/{row.pk}").json()
    assert [round(c["distance_m"], -2) for c in shown["cameras"]] == [100, 400, 1500, 2500]
    assert all(c["last_still_at"] for c in shown["cameras"])
    seen = officer.get(f"/api/v1/incidents/{row.pk}/pictures").json()
    assert [(round(c["distance_m"], -2), len(c["stills"])) for c in seen] == [(100, 1)]
    assert client("auditor", name="looks").get(f"/api/v1/incidents/{row.pk}/pictures").json() == []
    assert [a["rule"] for a in shown["alarm_rows"]] == ["ponding.depth"]
    assert [n["number"] for n in shown["near"]] == ["2026-0002"]
    (alarm,) = shown["alarm_rows"]
    found = officer.get(f"/api/v1/incidents?alarm={alarm['id']}").json()["incidents"]
    assert [one["number"] for one in found] == ["2026-0001"], "an alarm leads to the incident that it joined"
    assert officer.get(f"/api/v1/incidents?alarm={row.pk}").json()["incidents"] == []
    assert officer.get("/api/v1/incidents?alarm=x").status_code == 400


def test_the_queue_is_by_urgency_and_nothing_is_pushed_off_for_being_old(report, officer):
    from datetime import timedelta

    from incidents import boards

    old = report(counts={"deaths": 3}, at=NOON - timedelta(days=2))
    in_hand = report(at=NOON - timedelta(days=1))
    services.hold(in_hand, by=officer, at=NOON)
    rest = [report(at=NOON - timedelta(minutes=n)) for n in range(20)]
    board = boards.queue(officer.scope, viewer=officer, at=NOON + timedelta(minutes=1), limit=3)
    assert [row["number"] for row in board["incidents"]] == [old.number, rest[-1].number, rest[-2].number]
    assert board["views"] == {"new": 22, "mine": 1, "all": 22} and board["counts"][3] == 1
    mine = boards.queue(officer.scope, viewer=officer, at=NOON + timedelta(minutes=1), view="mine")
    assert [row["number"] for row in mine["incidents"]] == [in_hand.number]


def test_reading_the_queue_and_a_page_costs_few_queries(report, officer, django_assert_max_num_queries):
    from incidents import boards

    for n in range(30):
        scenes.told(10 * n, minute=n)
    for _ in range(10):
        report()
    row = Incident.objects.get(source="sensor")
    with django_assert_max_num_queries(2):
        boards.queue(officer.scope, viewer=officer, at=NOON)
    with django_assert_max_num_queries(10):
        boards.page(row, viewer=officer, at=NOON)


# --- another department's record, by any door ------------------------------------------------------------


def doors():
    """Every address of this app with every method it answers."""
    for route in api.urls:
        view = route.callback.view_class
        for method in ("get", "post", "patch", "delete", "put"):
            if hasattr(view, method):
                yield str(route.pattern), method


@pytest.mark.parametrize(("route", "method"), sorted(doors()))
def test_another_department_s_incident_is_seen_and_changed_by_no_door(departments, report, route, method):
    foreign, own = report(), report(type="ponding", address="自己的")
    one = scenes.told(500, minute=3)
    before = Incident.objects.values().get(pk=foreign.pk)
    lines = AuditEntry.objects.filter(subject_id=str(foreign.pk)).count()
    names = ["confirm", "dismiss", "respond", "reopen", "close"] if "<str:name>" in route else [""]
    targets = (foreign, own) if "/merge" in route else (foreign,)
    body = {"reason": "x", "text": "x", "others": [str(foreign.pk)], "alarms": [str(one.pk)], "title": "x"}
    for role in sorted(ROLES):
        browser = client(role, departments["housing"])
        for name, target in ((name, target) for name in names for target in targets):
            address = "/api/v1/" + route.replace("<uuid:pk>", str(target.pk)).replace("<str:name>", name)
            if method == "get":
                answer = browser.get(address, {"q": foreign.number} if route == "incidents" else {})
            else:
                answer = getattr(browser, method)(address, body, content_type="application/json")
            if "<uuid:pk>" in route:
                assert answer.status_code in (403, 404), (role, answer.status_code, answer.content)
            told = answer.content.decode()
            assert str(foreign.pk) not in told and foreign.number not in told, role
    assert Incident.objects.values().get(pk=foreign.pk) == before
    assert AuditEntry.objects.filter(subject_id=str(foreign.pk)).count() == lines


@pytest.mark.parametrize(("route", "method"), sorted(doors()))
def test_nobody_s_door_is_open_to_who_holds_nothing(departments, report, route, method):
    row = report()
    address = "/api/v1/" + route.replace("<uuid:pk>", str(row.pk)).replace("<str:name>", "confirm")
    browser = Client()
    assert getattr(browser, method)(address).status_code == 403
    browser.force_login(User.objects.create(username="nobody"))
    assert getattr(browser, method)(address).status_code == 403


def test_the_layer_shows_a_department_its_own_and_drops_what_leaves_it(report, departments, officer):
    import orjson

    from incidents.layers import INCIDENTS
    from tests.conftest import actor

    row = report()
    scenes.told(500, minute=3)
    mine = actor(("liaison", "/dy/", departments["fire"].pk)).scope
    shown = orjson.loads(INCIDENTS.read(mine))
    assert shown["number"] == [row.number] and shown["alarms"] == [[]] and "caller_phone" not in shown
    told = orjson.loads(INCIDENTS.read(officer.scope))["alarms"]
    assert sorted(map(len, told)) == [0, 1]
    services.edit(row, {"department": "water"}, by=officer, at=NOON)
    assert orjson.loads(INCIDENTS.read(mine))["id"] == []
    services.dismiss(row, by=officer, at=NOON, reason="x")
    assert str(row.pk) not in INCIDENTS.read(officer.scope).decode()


def test_everything_that_is_announced_of_incidents_is_watched_by_the_layer():
    import re
    from pathlib import Path

    from incidents.layers import ANNOUNCED, INCIDENTS

    text = "".join(p.read_text() for p in (Path(api.__file__).parent / "services").glob("*.py"))
    told = set(re.findall(r'announce\(\s*"incident\.(\w+)"', text))
    assert told and told <= set(ANNOUNCED)
    assert {f"incident.{name}" for name in ANNOUNCED} == set(INCIDENTS.watches)
