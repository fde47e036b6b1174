"""Emergency mode: switched by a shift leader with a reason, told to every screen, one switch at a time."""

import orjson
import pytest
from django.contrib.gis.geos import Point
from django.db import DatabaseError, transaction
from django.test import Client

from command_center.core.layers import LAYERS
from command_center.core.models import Area, AuditEntry, Event, Membership, User
from command_center.core.scope import Grant, Scope
from command_center.onemap import hallmode
from command_center.onemap.models import HallMode
from incidents.models import Incident, IncidentType
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
WALL = Scope.of([Grant("wall", "/dy/north/")])


@pytest.fixture(autouse=True)
def root():
    return Area.objects.create(path="/dy/", code="dy", name="东营区", kind="district")


@pytest.fixture
def incident(root):
    return Incident.objects.create(
        number="2026-0001", title="积水", type=IncidentType.objects.first(), level_proposed=2, area=root, area_path="/dy/",
        position=Point(118.5, 37.4, srid=4326), source="call", reported_by="officer", received_at=NOON,
    )  # fmt: skip


def desk(role, root, department=None):
    user = User.objects.create_user(f"{role}", password="a long enough password")
    Membership.objects.create(user=user, role=role, area=root, department=department)
    web = Client()
    web.force_login(user)
    return web


def switch(web, mode, incident=None, reason="水位上涨", key=None):
    headers = {"Idempotency-Key": key} if key else {}
    body = {"mode": mode, "incident": str(incident.pk) if incident else None, "reason": reason}
    return web.post("/api/v1/hall/mode", body, "application/json", headers=headers)


def shown(scope):
    layer = orjson.loads(LAYERS["hall"].read(scope))
    return list(zip(layer["mode"], layer["incident"], strict=True))


def test_a_shift_leader_switches_and_every_wall_follows_with_the_old_row_taken_away(root, incident):
    leader = desk("shift_leader", root)
    assert leader.get("/api/v1/hall/mode").json()["mode"] == "routine"
    assert switch(leader, "emergency", incident).status_code == 201
    assert shown(WALL) == [("emergency", str(incident.pk))], "a wall of one street follows too"
    assert switch(leader, "routine", reason="积水已退").status_code == 201
    assert shown(WALL) == [("routine", None)]
    first, last = HallMode.objects.order_by("number")
    events = Event.objects.filter(kind="hall.mode").order_by("id")
    assert [event.subject_id for event in events] == [str(first.pk), str(last.pk)]
    assert {str(first.pk), str(last.pk)} == LAYERS["hall"].touched(events), (
        "the screens are told to drop the first"
    )
    log = (
        AuditEntry.objects.filter(act="hall.mode")
        .order_by("id")
        .values_list("who", "before", "after", "reason")
    )
    assert list(log) == [
        ("shift_leader", "routine", "emergency", "水位上涨"),
        ("shift_leader", "emergency", "routine", "积水已退"),
    ]


def test_who_comes_second_is_told_who_was_quicker(root, incident):
    leader, other = desk("shift_leader", root), User.objects.create_user("other")
    Membership.objects.create(user=other, role="shift_leader", area=root)
    second = Client()
    second.force_login(other)
    assert switch(leader, "emergency", incident).status_code == 201
    refused = switch(second, "emergency", incident)
    assert refused.status_code == 409
    assert (refused.json()["state"], refused.json()["by"]) == ("emergency", "shift_leader")
    assert HallMode.objects.count() == 1


def test_a_repeated_switch_with_the_same_key_acts_once(root, incident):
    leader = desk("shift_leader", root)
    answers = [switch(leader, "emergency", incident, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json() and HallMode.objects.count() == 1


@pytest.mark.parametrize("role", ["duty_officer", "commander", "liaison", "administrator", "wall"])
def test_nobody_else_switches(root, incident, role):
    assert switch(desk(role, root), "emergency", incident).status_code == 403
    assert not HallMode.objects.exists()


def test_a_leader_of_one_town_does_not_switch_the_hall(root, incident):
    north = Area.objects.create(path="/dy/north/", code="n", name="北", kind="town", parent=root)
    Incident.objects.filter(pk=incident.pk).update(area_path="/dy/north/")
    assert switch(desk("shift_leader", north), "emergency", incident).status_code == 403


def test_it_needs_a_reason_and_an_open_incident_with_a_place(root, incident):
    leader = desk("shift_leader", root)
    assert switch(leader, "emergency").status_code == 409
    assert switch(leader, "emergency", incident, reason=" ").status_code == 400
    assert switch(leader, "routine").status_code == 409, "it is routine already"
    Incident.objects.filter(pk=incident.pk).update(position=None)
    assert switch(leader, "emergency", incident).status_code == 409
    Incident.objects.filter(pk=incident.pk).update(position=Point(118.5, 37.4, srid=4326), state="closed")
    assert switch(leader, "emergency", incident).status_code == 409
    assert hallmode.current() is None


def test_a_switch_that_was_written_down_is_neither_changed_nor_taken_away(root, incident):
    assert switch(desk("shift_leader", root), "emergency", incident).status_code == 201
    for tamper in (lambda: HallMode.objects.update(by="nobody"), lambda: HallMode.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            tamper()
    assert HallMode.objects.get().by == "shift_leader"
