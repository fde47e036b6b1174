"""A liaison finds only the own department's orders behind every door; keyed requests act once; one of two wins."""

import re
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from command_center.core.acts import NotPossible
from command_center.core.idempotency import Answer
from command_center.core.models import Area, AuditEntry, Department, Event, Membership, User
from command_center.core.now import now
from command_center.core.roles import ROLES
from dispatch import api_orders, boards
from dispatch.layers import ORDERS, UNITS
from dispatch.models import Assignment, Resource, WorkOrder
from dispatch.services import assignments, evidence, orders, units
from dispatch.services.timeline import lines
from incidents import services as incidents
from tests.conftest import MIN, NOON, actor
from tests.dispatch.test_orders import picture
from tests.incidents import scenes
from tests.together import at_once


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(departments):
    def enter(role, department=None, name=""):
        user, _ = User.objects.get_or_create(username=name or f"{role}-{department}")
        Membership.objects.get_or_create(
            user=user, role=role, area=Area.objects.get(path="/dy/"),
            department=Department.objects.get(code=department) if department else None,
        )  # fmt: skip
        client = Client()
        client.force_login(user)
        return client

    return enter


def doors(order):
    """Every address of one order, with each of its methods."""
    extension = order.extensions.first()
    picture = order.evidence.first()
    for route in api_orders.urls:
        pattern = str(route.pattern)
        if "<uuid:pk>" not in pattern:
            continue
        number = extension.pk if "extensions" in pattern else picture.pk
        moves = [move.name for move in order.machine.moves] if "<str:name>" in pattern else [""]
        for name in moves:
            address = re.sub("<uuid:pk>", str(order.pk), pattern)
            address = address.replace("<str:name>", name).replace("<int:number>", str(number))
            for method in ("get", "post"):
                if hasattr(route.callback.view_class, method):
                    yield method, f"/api/v1/{address}"


@pytest.fixture
def order(issue, liaison, monkeypatch):
    from dispatch.services import extensions

    row = issue()
    evidence.attach(row, picture(), tag="before", by=liaison, at=NOON + 10 * MIN)
    extensions.request(row, 10, reason="x", by=liaison, at=NOON + MIN)
    return row


def knock(client, method, address):
    if method == "get":
        return client.get(address)
    if address.endswith("attachments"):
        return client.post(address, {"file": picture()})
    return client.post(
        address, {"reason": "x", "text": "x", "amount": 1, "approve": True}, "application/json"
    )


def test_another_departments_liaison_meets_404_at_every_door_and_changes_nothing(order, signed_in, stranger):
    found = list(doors(order))
    assert len(found) > 18, "the doors are found by themselves"
    client, before = signed_in("liaison", "water"), AuditEntry.objects.count()
    for method, address in found:
        assert knock(client, method, address).status_code == 404, address
    assert client.get("/api/v1/orders?view=all").json()["orders"] == []
    assert client.get(f"/api/v1/orders?q={order.number}").json()["orders"] == []
    assert client.get("/api/v1/orders/clocks").json()["clocks"] == []
    assert client.get(f"/api/v1/incidents/{order.incident_id}/tasks").status_code == 404
    attachment = order.evidence.get().attachment_id
    assert client.get(f"/attachments/{attachment}/").status_code == 404
    assert str(order.pk) not in ORDERS.read(stranger.scope).decode()
    assert lines([str(order.incident_id)], stranger.scope) == []
    assert AuditEntry.objects.count() == before


def test_the_own_departments_liaison_sees_and_signs_it(order, signed_in, liaison):
    client = signed_in("liaison", "housing")
    assert [o["id"] for o in client.get("/api/v1/orders").json()["orders"]] == [str(order.pk)]
    page = client.get(f"/api/v1/orders/{order.pk}").json()
    assert [b["move"] for b in page["buttons"]] == ["sign", "return"]
    assert {c["kind"] for c in page["clocks"]} == {"sign", "answer", "arrive", "finish"}
    assert client.post(f"/api/v1/orders/{order.pk}/moves/sign").json()["state"] == "signed"
    attachment = order.evidence.get().attachment_id
    assert client.get(f"/attachments/{attachment}/").status_code == 200
    assert str(order.pk) in ORDERS.read(liaison.scope).decode()


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_makes_the_moves_it_has_and_no_other(order, signed_in, role):
    client = signed_in(role, "housing" if role == "liaison" else None, name="somebody")
    for move in order.machine.moves:
        answer = client.post(f"/api/v1/orders/{order.pk}/moves/{move.name}", {}, "application/json")
        if "order.view" not in ROLES[role]:
            assert answer.status_code == 403
        elif move.action not in ROLES[role]:
            assert answer.status_code == 403, move.name
        else:
            assert answer.status_code in (200, 400, 409), (move.name, answer.content)


def test_a_repeated_request_with_the_same_key_acts_once(order, signed_in):
    client = signed_in("liaison", "housing")
    address, key = f"/api/v1/orders/{order.pk}/moves/sign", {"HTTP_IDEMPOTENCY_KEY": "k1"}
    first, again = client.post(address, **key), client.post(address, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert AuditEntry.objects.filter(act="order.sign").count() == 1
    assert client.post(address, HTTP_IDEMPOTENCY_KEY="k2").status_code == 409
    assert Answer.objects.count() == 1, "a refusal is not kept"


def test_an_order_issued_twice_by_an_impatient_finger_is_one(incident, signed_in):
    client = signed_in("duty_officer")
    told = {"matter": "rescue", "department": "housing", "subject": "排水", "incident": str(incident.pk)}
    answers = [
        client.post("/api/v1/orders", told, "application/json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(3)
    ]
    assert {a.status_code for a in answers} == {201} and len({a.json()["number"] for a in answers}) == 1
    assert WorkOrder.objects.count() == 1


def test_what_cannot_be_is_said_in_a_sentence(incident, signed_in):
    client = signed_in("duty_officer")
    told = {"matter": "rescue", "department": "housing", "subject": "x", "position": [10.0, 50.0]}
    answer = client.post("/api/v1/orders", told, "application/json")
    assert (answer.status_code, answer.json()["field"]) == (400, "position")
    answer = client.post("/api/v1/orders", {**told, "department": "nobody"}, "application/json")
    assert (answer.status_code, answer.json()["field"]) == (400, "department")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_wins_and_the_other_is_told_who(issue, signed_in):
    order = issue()
    clients = [signed_in("liaison", "housing", name=f"liaison{n}") for n in (1, 2)]
    answers = at_once(*(partial(client.post, f"/api/v1/orders/{order.pk}/moves/sign") for client in clients))
    codes = [answer.status_code for answer in answers]
    assert sorted(codes) == [200, 409]
    winner, loser = codes.index(200), codes.index(409)
    told = answers[loser].json()
    assert (told["state"], told["by"]) == ("signed", f"liaison{winner + 1}")
    assert AuditEntry.objects.filter(act="order.sign").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_unit_at_once_one_wins(departments, resource, officer, other_officer):
    row = incidents.report(
        by=officer, at=NOON, type="ponding", source="call", position=scenes.lonlat(100, 100)
    )
    row = incidents.confirm(row, by=officer, at=NOON, level=3)
    send = partial(assignments.assign, row, resource("t1"), at=NOON)
    outcomes = at_once(partial(send, by=officer), partial(send, by=other_officer), refused=NotPossible)
    assert {type(one) for one in outcomes} == {Assignment, NotPossible}
    assert Assignment.objects.count() == Event.objects.filter(kind="assignment.made").count() == 1


# --- units -------------------------------------------------------------------------------------------


def test_a_device_speaks_for_its_own_unit_only(incident, resource, officer):
    mine, theirs = resource("t1"), resource("t2", 3000)
    made = assignments.assign(incident, theirs, by=officer, at=NOON)
    client, header = Client(), {"HTTP_AUTHORIZATION": f"Unit {units.token_of(mine)}"}
    assert client.get("/api/v1/units/me", **header).json()["code"] == "t1"
    assert client.get(f"/api/v1/assignments/{made.pk}", **header).status_code == 404
    assert client.post(f"/api/v1/assignments/{made.pk}/moves/accept", **header).status_code == 404
    told = {"positions": [{"lon": 118.5, "lat": 37.45, "observed_at": now().isoformat()}]}
    assert client.post("/api/v1/positions", told, "application/json", **header).json()["taken"] == 1
    assert Resource.objects.get(code="t1").position_at is not None
    assert client.post("/api/v1/positions", told, "application/json").status_code == 403
    wrong = {"HTTP_AUTHORIZATION": "Unit x.y"}
    assert client.post("/api/v1/positions", told, "application/json", **wrong).status_code == 403
    assert client.get("/api/v1/resources", **header).status_code == 403


def test_a_responder_answers_for_the_unit_that_is_theirs(incident, resource, officer, signed_in):
    client = signed_in("responder", name="driver")
    user = User.objects.get(username="driver")
    mine, theirs = resource("t1", user=user), resource("t2", 2001)
    own = assignments.assign(incident, mine, by=officer, at=NOON)
    other = assignments.assign(incident, theirs, by=officer, at=NOON)
    assert client.post(f"/api/v1/assignments/{own.pk}/moves/accept").json()["state"] == "accepted"
    assert client.post(f"/api/v1/assignments/{other.pk}/moves/accept").status_code == 404
    withdrawn = client.post(f"/api/v1/assignments/{own.pk}/moves/withdraw", {"reason": "x"})
    assert withdrawn.status_code == 403
    for move in ("depart", "arrive", "release"):  # the receipts of handbook 8.6, done among them
        assert client.post(f"/api/v1/assignments/{own.pk}/moves/{move}").status_code == 200
    assert client.post(f"/api/v1/assignments/{other.pk}/moves/release").status_code == 404
    desk = signed_in("duty_officer")
    assert desk.post(f"/api/v1/assignments/{other.pk}/moves/accept").status_code == 200, (
        "a word over the radio"
    )


def test_the_desk_sees_candidates_with_reasons_and_sends_one(incident, resource, signed_in):
    resource("t1", seen_at=timezone.now())
    desk = signed_in("duty_officer")
    board = desk.get(f"/api/v1/incidents/{incident.pk}/candidates").json()["needs"]
    trucks = next(need for need in board if need["skill"] == "pump_truck")
    (place,) = trucks["places"]
    assert len(place["reasons"]) == 3 and trucks["missing"] == 1 and trucks["shortfalls"]
    answer = desk.post(
        f"/api/v1/incidents/{incident.pk}/tasks", {"resource": place["resource"]["id"]}, "application/json"
    )
    assert answer.status_code == 201
    tasks = desk.get(f"/api/v1/incidents/{incident.pk}/tasks").json()
    assert [a["state"] for a in tasks["assignments"]] == ["assigned"]
    desk_scope = actor(("duty_officer", "/dy/")).scope
    assert str(answer.json()["id"]) in UNITS.read(desk_scope).decode()


def test_the_inbox_puts_what_is_due_first_on_top_however_old_the_rest_is(issue, officer):
    slow = issue(matter="hotline")
    quick = issue(matter="rescue")
    closed = issue(matter="rescue")
    WorkOrder.objects.filter(pk=closed.pk).update(state="closed")
    board = boards.inbox(officer.scope, at=NOON, view="inbox")
    assert [o["number"] for o in board["orders"]] == [quick.number, slow.number]
    assert board["views"] == {"inbox": 2, "late": 0, "done": 1, "all": 2}
    assert boards.inbox(officer.scope, at=NOON + 15 * MIN, view="late")["orders"][0]["number"] == quick.number
    nearest = boards.nearest_to_red(officer.scope, at=NOON)
    assert len(nearest) == 5 and nearest[0]["number"] in (slow.number, quick.number)
    assert [c["due_at"] for c in nearest] == sorted(c["due_at"] for c in nearest)


def test_an_order_out_of_sight_after_the_act_is_answered_by_a_receipt(order, signed_in, liaison, officer):
    orders.move(order, "return", by=liaison, at=NOON + MIN, reason="x")
    desk = signed_in("duty_officer")
    told = {"reason": "改派", "department": "water"}
    answer = desk.post(f"/api/v1/orders/{order.pk}/moves/reissue", told, "application/json")
    assert answer.json()["department"] == "water"
    theirs, others = signed_in("liaison", "water"), signed_in("liaison", "housing")
    attachment = order.evidence.get().attachment_id
    assert theirs.get(f"/attachments/{attachment}/").status_code == 200
    assert others.get(f"/attachments/{attachment}/").status_code == 404
    assert others.get(f"/api/v1/orders/{order.pk}").status_code == 404


def test_the_form_for_a_new_order_is_for_who_may_issue_one(signed_in):
    assert signed_in("liaison", "housing").get("/orders/new/").status_code == 403
    page = signed_in("duty_officer").get("/orders/new/")
    (matter,) = [one for one in page.context["page"]["matters"] if one["slug"] == "rescue"]
    assert matter["limits"].startswith("签收 15 分钟")
    assert {source for source, _word in page.context["page"]["sources"]}.isdisjoint({"incident", "overdue"})
