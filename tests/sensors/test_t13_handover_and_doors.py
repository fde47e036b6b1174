"""The handover sheet tells of all that stands, is set aside and waits; and the doors to it: pages and API."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import translation
from django.utils.timezone import localtime

from command_center.core.acts import NotPossible
from command_center.core.models import Area, AuditEntry, Membership, User
from command_center.core.now import now
from command_center.duty import handover
from incidents.models import Incident
from incidents.services import proposals
from sensors.models import Alarm, Suppression
from sensors.services import points, suppressing
from sensors.services.alarms import acknowledge
from tests.conftest import actor
from tests.sensors.aside import (
    HOUR,
    LEADER,
    OFFICER,
    SECOND,
    after,
    every_row_is_the_fold_of_its_history,
    say,
    site,
    the_alarm,
)
from tests.sensors.ingesting import NIGHT, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lawful():
    points.forget()
    yield
    points.forget()
    every_row_is_the_fold_of_its_history()


# --- handover -------------------------------------------------------------------------------------
def rows(content, name):
    (found,) = [one["rows"] for one in content["sections"] if one["name"] == name]
    return found


@pytest.fixture
def forty_days():
    """An alarm that stands for forty days, acknowledged; one of today, shelved; a station out of service."""
    site()
    say(0, 16, 16)
    acknowledge([the_alarm()], by=OFFICER, at=after(6))
    now = NIGHT + timedelta(days=40)
    for address in ("P-02", "P-03"):
        site(address)
        for minutes in (10, 5):
            at = now - timedelta(minutes=minutes)
            tell(address, [("depth", "ponding_depth", 22, at)], at=at, protocol="ea_http")
    shelved, waits = Alarm.objects.filter(level=3).select_related("station")
    suppressing.shelve(shelved, by=OFFICER, at=now, until=now + HOUR, reason="lens is dirty")
    suppressing.take_out_of_service(
        site("P-04").station, by=LEADER, at=now, until=now + 30 * HOUR, reason="replaced"
    )
    return now


def test_the_sheet_tells_what_stands_what_is_set_aside_and_what_waits(forty_days):
    with translation.override("en"):
        content = handover.sheet(OFFICER.scope, forty_days)
    assert [row[4] for row in rows(content, "alarms.standing")] == ["39 d"]
    (shelf,) = rows(content, "alarms.shelved")
    assert (shelf[1], shelf[3], shelf[4]) == ("Shelved · Ponding · depth", "officer", "lens is dirty")
    assert [row[4] for row in rows(content, "alarms.out_of_service")] == ["replaced"]
    assert len(rows(content, "alarms.unacknowledged")) == 1
    assert rows(content, "incidents.open") == []
    for minutes in (1, 6):
        at = forty_days + timedelta(minutes=minutes)
        tell("P-03", [("depth", "ponding_depth", 46, at)], at=at, protocol="ea_http")
    proposals.take(Alarm.objects.get(level=1).pk, at=forty_days)
    with translation.override("en"):
        content = handover.sheet(OFFICER.scope, forty_days)
    assert [row[0] for row in rows(content, "incidents.open")] == [Incident.objects.get().number]
    elsewhere = handover.sheet(actor(("duty_officer", "/dy/elsewhere/")).scope, forty_days)
    assert not any(one["rows"] for one in elsewhere["sections"])


def test_the_sheet_is_signed_by_two_people_and_stays_what_was_signed(forty_days):
    given = handover.give(by=OFFICER, at=forty_days, notes="pump 2 is loud")
    with pytest.raises(NotPossible):  # one waits already
        handover.give(by=SECOND, at=forty_days)
    with pytest.raises(NotPossible):
        handover.take(given, by=OFFICER, at=forty_days)
    with pytest.raises(PermissionDenied):
        handover.take(given, by=actor(("commander", "/dy/"), name="c"), at=forty_days)
    taken = handover.take(given, by=SECOND, at=forty_days + HOUR)
    assert (taken.state, taken.given_by, taken.taken_by) == ("taken", "officer", "second")
    assert taken.content["notes"] == "pump 2 is loud"
    signed = AuditEntry.objects.filter(act__in=["handover.give", "handover.take"]).order_by("id")
    assert [entry.who for entry in signed] == ["officer", "second"]
    assert {entry.reason for entry in signed} == {f"sha256 {handover.digest(taken.content)}"}
    assert handover.give(by=SECOND, at=forty_days + 8 * HOUR).state == "given"


def test_a_sheet_that_was_altered_is_not_taken_over(forty_days):
    given = handover.give(by=OFFICER, at=forty_days)
    rows(given.content, "alarms.standing").clear()
    given.save()
    with pytest.raises(NotPossible):
        handover.take(given, by=SECOND, at=forty_days)
    assert handover.withdraw(given, by=OFFICER, at=forty_days).state == "withdrawn"


@pytest.fixture
def browser(forty_days):
    """browser(role, name) → a signed-in client."""

    def sign_in(role, name):
        user = User.objects.create(username=name)
        Membership.objects.create(user=user, role=role, area=Area.objects.get(path="/dy/"))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def test_the_page_hands_over_and_takes_over(browser):
    leaving, coming = browser("duty_officer", "leaving"), browser("duty_officer", "coming")
    assert browser("grid_worker", "elsewhere").get("/duty/handover/").status_code == 403
    assert "lens is dirty" in leaving.get("/duty/handover/").content.decode()
    sheet = leaving.post("/duty/handover/", {"notes": "<b>pump 2</b>"}, follow=True)
    assert "&lt;b&gt;pump 2" in sheet.content.decode()
    address = sheet.redirect_chain[-1][0]
    assert leaving.post("/duty/handover/", {}).status_code == 409
    assert leaving.post(address).status_code == 409
    taken = coming.post(address, follow=True).content.decode()
    assert "leaving" in taken and "coming" in taken
    assert handover.Handover.objects.get().state == "taken"


def test_the_door_of_the_api_acts_once_for_one_key(browser):
    client, key = browser("duty_officer", "leaving"), {"HTTP_IDEMPOTENCY_KEY": "k"}
    first = client.post("/api/v1/duty/handover", {}, content_type="application/json", **key)
    again = client.post("/api/v1/duty/handover", {}, content_type="application/json", **key)
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    taken = browser("shift_leader", "coming").post(f"/api/v1/duty/handovers/{first.json()['id']}/take")
    assert taken.json()["taken_by"] == "coming"


# --- doors ----------------------------------------------------------------------------------------
def local(at):
    return localtime(at).strftime("%Y-%m-%dT%H:%M")


def test_the_page_plans_a_window_of_an_area_and_ends_it(browser):
    leader = browser("shift_leader", "leader")
    started = now()
    asked = {
        "cause": "maintenance",
        "maintenance-area": "/dy/",
        "maintenance-since": local(started),
        "maintenance-until": local(started + 2 * HOUR),
        "maintenance-reason": "power is switched",
    }
    assert leader.post("/maintenance/", asked | {"maintenance-area": ""}).status_code == 400
    assert (
        leader.post("/maintenance/", asked | {"maintenance-until": local(started - HOUR)}).status_code == 409
    )
    assert leader.post("/maintenance/", asked).status_code == 302
    window = Suppression.objects.get(cause="maintenance")
    assert (window.state, window.area_path, window.made_by) == ("in_force", "/dy/", "leader")
    assert "maintenance" in {one["cause"] for one in Alarm.objects.filter(level=4).get().suppressions}
    officer = browser("duty_officer", "officer")  # sees it, and may not end it
    assert "power is switched" in officer.get("/maintenance/").content.decode()
    assert officer.post("/maintenance/", asked).status_code == 403
    assert officer.post(f"/maintenance/{window.pk}/", {"act": "end"}).status_code == 403
    assert leader.post(f"/maintenance/{window.pk}/", {"act": "end"}).status_code == 302
    window.refresh_from_db()
    assert (window.state, window.ended_by) == ("ended", "leader")
    assert browser("grid_worker", "worker").get("/maintenance/").status_code == 403


def test_the_page_takes_a_station_out_of_service_and_names_what_it_does_not_know(browser):
    leader = browser("shift_leader", "leader")
    asked = {
        "cause": "out_of_service",
        "out_of_service-station": "S-ea_http-P-03",
        "out_of_service-channel": "no-such-point",
        "out_of_service-until": local(now() + 2 * HOUR),
        "out_of_service-reason": "replaced",
    }
    assert leader.post("/maintenance/", asked).status_code == 400
    assert leader.post("/maintenance/", asked | {"out_of_service-channel": "depth"}).status_code == 302
    assert Alarm.objects.get(station__address="P-03").suppression == "out_of_service"


def test_the_api_shelves_several_and_answers_for_each(browser):
    def ask(client, act, **body):
        answer = client.post(f"/api/v1/alarms/{act}", body, content_type="application/json")
        assert answer.status_code == 200
        return {told["outcome"] for told in answer.json()["alarms"].values()}

    officer, second = browser("duty_officer", "first"), browser("duty_officer", "other")
    ids = [str(pk) for pk in Alarm.objects.values_list("pk", flat=True)]
    assert ask(officer, "shelve", ids=[*ids, str(uuid4())], minutes=30, reason="dirty") == {
        "done",
        "refused",  # one is shelved already
        "unknown",
    }
    assert ask(second, "confirm-shelving", ids=ids) == {"refused"}  # in force already
    assert ask(second, "unshelve", ids=ids) == {"done"}
    assert not Alarm.objects.exclude(suppressions=[]).exists()
    listed = officer.get("/api/v1/suppressions").json()
    assert [one["cause"] for one in listed] == ["out_of_service"]
    assert officer.get("/api/v1/alarms?suppression=shelved").json()["results"] == []
    ended = officer.post(f"/api/v1/suppressions/{listed[0]['id']}/end")
    assert ended.status_code == 403  # the shift leader's
