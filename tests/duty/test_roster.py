"""The roster is planned by the week, shown to the hall, and decides who is called; sound tests stand on the sheet."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from command_center.core.acts import NotPossible
from command_center.core.models import Area, AuditEntry, Event, Membership, User
from command_center.core.now import now
from command_center.duty import handover, messages, roster
from command_center.duty.domain.calling import KINDS, OWN_DESK, OnDuty, called, next_due, plan
from command_center.duty.layers import ROSTER
from command_center.duty.models import Message, Roster, SoundTest
from command_center.duty.roster import Week
from tests.conftest import NOON, actor

LEADER = actor(("shift_leader", "/dy/"), name="leader")
S = timedelta(seconds=1)
people = st.lists(
    st.builds(
        OnDuty,
        user=st.sampled_from("abcde"),
        name=st.just("n"),
        area=st.sampled_from(["/dy/", "/dy/a/", "/dy/a/b/", "/xx/"]),
        desk=st.integers(1, 3),
        leader=st.booleans(),
    )
)


@given(people, st.sampled_from(["/dy/", "/dy/a/", "/dy/a/b/"]))
def test_each_step_calls_people_of_the_place_only_and_the_last_all_of_them_once(there, area):
    steps = {kind: called(kind, area, there) for kind in KINDS}
    assert all(area.startswith(one.area) for step in steps.values() for one in step)
    outside = [one.user for one in steps.pop("outside")]
    assert sorted(outside) == sorted({one.user for step in steps.values() for one in step})
    if any(area.startswith(one.area) and not one.leader for one in there):
        assert steps[OWN_DESK]


@given(st.lists(st.floats(0, 600), min_size=4, max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_steps_never_go_back_and_none_waits_for_an_empty_chair(seconds, reached):
    told, due = plan(seconds), NOON
    for taken, there in enumerate(reached, 1):
        after = next_due(told, taken, due, there)
        if after is None:
            assert taken == 4
            break
        assert after >= due and (there or after == due)
        due = after
    if all(reached):
        whole = timedelta(seconds=float(told[3][1]) - float(told[0][1]))
        assert abs(due - NOON - whole) <= timedelta(microseconds=len(told))  # each step is rounded to one


def test_a_week_begins_on_monday_at_the_halls_midnight():
    week = Week.of(date(2026, 7, 1))
    assert week.monday == date(2026, 6, 29) and len(week.days) == 7
    assert week.starts_at == datetime(2026, 6, 28, 16, tzinfo=UTC)
    assert week.before().after() == week


@pytest.fixture
def hall(db):
    area = Area.objects.create(path="/dy/", code="t", name="东营区", kind="district")
    made = {}
    for name, role in (("leader", "shift_leader"), ("duty", "duty_officer"), ("looks", "commander")):
        made[name] = User.objects.create_user(name, phone="13800000001")
        Membership.objects.create(user=made[name], role=role, area=area)
    return made


def turn(user, day=0, hours=12, **more):
    at = NOON + timedelta(days=day)
    usual = {
        "area_path": "/dy/",
        "position": "officer",
        "desk": 1,
        "starts_at": at,
        "ends_at": at + hours * 3600 * S,
    }
    return roster.add(user, **{**usual, **more}, by=LEADER, at=NOON)


def test_a_week_is_taken_over_once_and_every_change_is_in_the_log(hall):
    turn(hall["duty"], day=-6), turn(hall["leader"], day=-5, position="leader")
    here = Week.of(NOON.date())
    assert [roster.copy_week(here, by=LEADER, at=NOON) for _ in range(2)] == [2, 0]
    assert [one.user for one in roster.on_duty(NOON + timedelta(days=1))] == ["duty"]
    row = Roster.objects.filter(starts_at__gte=here.starts_at).first()
    roster.remove(row, by=LEADER, at=NOON)
    acts = AuditEntry.objects.filter(act__startswith="roster.").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["roster.added"] * 4 + ["roster.removed"]
    assert Event.objects.filter(kind="roster.changed").count() == 5
    for wrong in ({"ends_at": NOON}, {"hours": 49}, {"day": -6}):
        with pytest.raises(NotPossible):
            turn(hall["duty"], **wrong)


def test_what_is_over_leaves_the_screens_by_a_change_and_not_by_the_clock(hall):
    turn(hall["duty"]), turn(hall["leader"], day=3)
    assert sorted(orjson.loads(ROSTER.read(LEADER.scope))["user"]) == ["duty", "leader"]
    later = NOON + timedelta(hours=12) + roster.SHOWN_AFTER
    assert [roster.retire(at) for at in (later, later + S, later + 2 * S)] == [0, 1, 0]
    assert orjson.loads(ROSTER.read(LEADER.scope))["user"] == ["leader"]
    assert Event.objects.filter(kind="roster.changed").count() == 3


def signed_in(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def test_the_page_shows_the_week_with_masked_numbers_and_only_who_may_edits_it(hall):
    day = f"{now():%Y-%m-%d}"
    form = {"user": hall["duty"].pk, "area": "/dy/", "position": "officer", "desk": 1, "day": day}
    form |= {"since": "20:30", "until": "08:30"}
    client = signed_in(hall["leader"])
    assert client.post("/duty/roster/", {**form, "until": ""}).status_code == 409
    assert client.post("/duty/roster/", form).status_code == 302
    row = Roster.objects.get()
    assert row.ends_at - row.starts_at == 12 * 3600 * S
    page = client.get("/duty/roster/").content.decode()
    assert "138****0001" in page and "13800000001" not in page
    looks = signed_in(hall["looks"])
    assert "138****0001" in looks.get("/duty/roster/").content.decode()
    assert looks.post("/duty/roster/", form).status_code == 403
    assert looks.post(f"/duty/roster/{row.pk}/remove/").status_code == 403
    assert client.post("/duty/roster/?week=2026-W30", {"act": "copy"}).url.endswith("week=2026-W30")
    client.post(f"/duty/roster/{row.pk}/remove/")
    assert not Roster.objects.exists()


def test_what_was_heard_and_what_did_not_go_out_stand_on_the_sheet_until_noted(hall):
    client = signed_in(hall["duty"])
    asked = {"heard": False, "voice": True}
    for _ in range(2):
        kept = client.post(
            "/api/v1/duty/sound-tests", asked, "application/json", headers={"Idempotency-Key": "k"}
        )
    assert kept.status_code == 201 and SoundTest.objects.count() == 1
    messages.send("sms", "13800000001", "水位超限", key="k", at=now(), area_path="/dy/", name="王")
    with translation.override("en"):
        content = handover.sheet(actor(("duty_officer", "/dy/")).scope, now())
    rows = {one["name"]: one["rows"] for one in content["sections"]}
    assert [row[1:] for row in rows["duty.sound"]] == [["duty", "Sound was not heard", "Voice and tones"]]
    assert [row[1:3] for row in rows["duty.unsent"]] == [["王 138****0001", "水位超限"]]
    assert "No channel" in client.get("/duty/messages/").content.decode()
    assert (
        signed_in(hall["looks"]).post("/duty/messages/", {"id": [str(Message.objects.get().pk)]}).status_code
        == 403
    )
    client.post("/duty/messages/", {"id": [str(Message.objects.get().pk), "x"]})
    assert Message.objects.get().state == "noted"
