"""Shelving, service and maintenance keep alarms from calling, not from being recorded."""

import orjson
import pytest
from django.core.exceptions import PermissionDenied

from command_center.core import parameters
from command_center.core.acts import NotPossible
from command_center.core.events import LISTENERS, Happening
from command_center.core.layers import LAYERS
from command_center.core.models import Area, AuditEntry, Event
from incidents.models import Incident
from incidents.services import proposals
from sensors.models import Alarm, DesignRule, Reading, Suppression
from sensors.services import points, suppressing
from sensors.services.alarms import acknowledge
from tests.conftest import actor
from tests.sensors.aside import (
    HOUR,
    LEADER,
    OFFICER,
    SECOND,
    SITE,
    after,
    every_row_is_the_fold_of_its_history,
    heard,
    say,
    site,
    the_alarm,
)
from tests.sensors.ingesting import NIGHT, station, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lawful():
    points.forget()
    yield
    points.forget()
    every_row_is_the_fold_of_its_history()


def shelve(minute, *, by=OFFICER, hours=1, reason="lens is dirty"):
    return suppressing.shelve(
        the_alarm(condition="active"),
        by=by,
        at=after(minute),
        until=after(minute) + hours * HOUR,
        reason=reason,
    )


# --- shelving -------------------------------------------------------------------------------------
def test_a_shelf_needs_a_reason_an_end_and_the_right_and_is_logged():
    site()
    say(0, 16, 16)
    for by, hours, reason, refused in (
        (OFFICER, 1, " ", NotPossible),
        (OFFICER, 25, "too long for blue", NotPossible),
        (OFFICER, 0, "no time at all", NotPossible),
        (actor(("commander", "/dy/")), 1, "not his to say", PermissionDenied),
        (actor(("duty_officer", "/dy/elsewhere/")), 1, "not her district", PermissionDenied),
    ):
        with pytest.raises(refused):
            shelve(6, by=by, hours=hours, reason=reason)
    assert not Suppression.objects.exists()
    shelf = shelve(6)
    alarm = the_alarm()
    assert (alarm.suppression, alarm.condition, alarm.state) == ("shelved", "active", "unacknowledged")
    assert alarm.suppressions == [
        {"cause": "shelved", "until": (after(6) + HOUR).isoformat(), "by": "officer"}
    ]
    line = alarm.events.get(what="shelved")
    assert (line.who, line.source, line.note, line.until) == (
        "officer",
        "person",
        "lens is dirty",
        shelf.ends_at,
    )
    entry = AuditEntry.objects.get(act="suppression.made")
    assert (entry.who, entry.reason, entry.data["cause"]) == ("officer", "lens is dirty", "shelved")


def test_each_level_has_its_longest_time_and_a_district_decides_it(admin):
    site()
    say(0, 16, 16)
    parameters.change("alarm.shelve.longest", (2, 2, 2, 1), by=admin, at=NIGHT, reason="storm season")
    with pytest.raises(NotPossible):
        shelve(6, hours=3)
    assert shelve(6, hours=2).state == "in_force"


def test_a_shelved_alarm_comes_and_goes_without_a_call_and_calls_again_when_its_time_is_over():
    site()
    say(0, 16, 16)
    assert heard() == [("alarm.raised", 4)]
    shelve(6)
    say(10, 3, 3, 3, 16, 16)  # it clears, and comes again: the point's alarm is shelved, not the episode
    first, again = Alarm.objects.order_by("raised_at")
    assert (first.condition, again.condition, again.suppression, again.rang) == (
        "cleared",
        "active",
        "shelved",
        False,
    )
    assert heard() == [("alarm.raised", 4)]
    assert suppressing.sweep(after(60)) == 0
    suppressing.sweep(after(66))
    again.refresh_from_db()
    assert (again.suppression, again.rang) == ("none", True)
    assert heard(after(60)) == [("alarm.suppression", 4)]
    assert Suppression.objects.get().state == "ended"
    assert again.events.get(what="unshelved").who == "clock:suppression"
    suppressing.sweep(after(70))
    assert len(heard(after(60))) == 1


def test_what_was_acknowledged_before_does_not_call_when_the_shelf_ends():
    site()
    say(0, 16, 16)
    acknowledge([the_alarm()], by=OFFICER, at=after(6))
    shelf = shelve(7)
    suppressing.end(shelf, by=SECOND, at=after(8), reason="cleaned")
    assert the_alarm().suppression == "none"
    assert heard(after(6)) == []
    assert the_alarm().events.get(what="unshelved").who == "second"


def test_a_shelf_ends_by_itself_when_the_alarm_becomes_worse_than_what_was_shelved():
    site()
    say(0, 22, 22)
    shelve(6)
    say(10, 16, 16, 16)  # falls below: still shelved
    assert (the_alarm().level, the_alarm().suppression) == (4, "shelved")
    say(25, 22, 22)  # back at the level that was shelved
    assert (the_alarm().level, the_alarm().suppression) == (3, "shelved")
    assert heard(after(6)) == []
    say(35, 28, 28)
    alarm = the_alarm()
    assert (alarm.level, alarm.suppression, alarm.suppressions) == (2, "none", [])
    assert heard(after(6)) == [("alarm.level_changed", 2)]
    assert Suppression.objects.get().state == "ended"
    assert AuditEntry.objects.get(act="suppression.overtake").who == "clock:alarms"


def test_red_is_shelved_only_when_a_second_person_agrees():
    site()
    say(0, 46, 46)
    asked = shelve(6)
    assert (asked.state, the_alarm().suppression) == ("planned", "none")
    with pytest.raises(NotPossible):
        suppressing.confirm(asked, by=OFFICER, at=after(7))
    with pytest.raises(PermissionDenied):
        suppressing.confirm(asked, by=actor(("commander", "/dy/"), name="c"), at=after(7))
    assert the_alarm().suppression == "none"
    agreed = suppressing.confirm(asked, by=SECOND, at=after(7))
    assert (agreed.state, agreed.made_by, agreed.confirmed_by) == ("in_force", "officer", "second")
    assert the_alarm().suppression == "shelved"
    assert the_alarm().suppressions[0]["by"] == "officer"


def test_a_request_is_refused_withdrawn_or_runs_out_and_the_alarm_went_on_calling():
    site()
    say(0, 46, 46)
    assert suppressing.end(shelve(6), by=SECOND, at=after(7)).state == "ended"
    assert suppressing.end(shelve(8), by=OFFICER, at=after(9)).ended_by == "officer"
    asked = shelve(10)
    suppressing.sweep(after(71))
    asked.refresh_from_db()
    assert asked.state == "ended"
    with pytest.raises(NotPossible):
        suppressing.confirm(asked, by=SECOND, at=after(72))
    assert the_alarm().suppression == "none"


def test_nothing_is_shelved_twice():
    site()
    say(0, 16, 16)
    shelve(6)
    with pytest.raises(NotPossible, match="officer"):
        shelve(7, by=SECOND)


# --- service and maintenance ----------------------------------------------------------------------
def test_a_station_out_of_service_stores_and_judges_and_does_not_call():
    depth = site()
    leader = {"by": LEADER, "at": NIGHT, "until": after(600), "reason": "sensor is being replaced"}
    with pytest.raises(PermissionDenied):
        suppressing.take_out_of_service(depth.station, **(leader | {"by": OFFICER}))
    row = suppressing.take_out_of_service(depth.station, **leader)
    with pytest.raises(NotPossible):
        suppressing.take_out_of_service(depth.station, **leader)
    say(5, 46, 46)
    alarm = the_alarm()
    assert (alarm.level, alarm.suppression, alarm.rang) == (1, "out_of_service", False)
    assert Reading.objects.filter(sensor=depth).count() == 2
    assert heard() == []
    suppressing.end(row, by=LEADER, at=after(20), reason="replaced")
    assert heard() == [("alarm.suppression", 1)]


def test_one_point_out_of_service_leaves_the_others_calling():
    sensors = [
        ("pump1.current", "pump_current", {"pump": 1, "rated_current_a": 40.0}),
        ("pump2.current", "pump_current", {"pump": 2, "rated_current_a": 40.0}),
    ]
    made = station("B-01", kind="pump_station", protocol="modbus", sensors=sensors)
    first = made["pump1.current"]
    suppressing.take_out_of_service(
        first.station, first, by=LEADER, at=NIGHT, until=after(600), reason="clamp is loose"
    )
    for minute in (5, 10):
        values = [(name, "pump_current", 45.0, after(minute)) for name in made]
        tell("B-01", values, at=after(minute), protocol="modbus")
    assert dict(Alarm.objects.values_list("sensor__channel", "suppression")) == {
        "pump1.current": "out_of_service",
        "pump2.current": "none",
    }


def test_a_window_of_an_area_begins_and_ends_by_the_clock_and_what_is_still_so_then_calls():
    site()
    site("P-02")
    area = Area.objects.get(path="/dy/")
    plan = {
        "at": NIGHT,
        "since": after(30),
        "until": after(90),
        "reason": "power of the district is switched",
    }
    with pytest.raises(PermissionDenied):
        suppressing.plan_maintenance(area, by=OFFICER, **plan)
    window = suppressing.plan_maintenance(area, by=LEADER, **plan)
    say(0, 16, 16)
    assert (window.state, the_alarm().suppression, len(heard())) == ("planned", "none", 1)
    suppressing.sweep(after(31))
    assert the_alarm().suppression == "maintenance"
    say(40, 46, 46, address="P-02")  # recorded, marked, silent
    say(50, 3, 3, 3)
    gone, still = Alarm.objects.order_by("raised_at")
    assert (gone.condition, still.suppression, still.rang) == ("cleared", "maintenance", False)
    assert len(heard()) == 1
    suppressing.sweep(after(91))
    assert heard(after(60)) == [("alarm.suppression", 1)]
    assert Suppression.objects.get().state == "ended"


def test_two_causes_at_once_and_the_alarm_calls_only_after_both():
    depth = site()
    say(0, 16, 16)
    until = {"until": after(600), "reason": "works"}
    shelve(6)
    window = suppressing.plan_maintenance(depth.station, by=LEADER, at=after(7), since=after(7), **until)
    assert [one["cause"] for one in the_alarm().suppressions] == ["shelved", "maintenance"]
    suppressing.sweep(after(67))  # the shelf is over
    assert (the_alarm().suppression, heard(after(6))) == ("maintenance", [])
    suppressing.end(window, by=LEADER, at=after(70))
    assert heard(after(6)) == [("alarm.suppression", 4)]


def test_data_that_come_late_into_a_window_stay_as_silent_as_the_window():
    depth = site()
    suppressing.plan_maintenance(
        depth.station, by=LEADER, at=NIGHT, since=NIGHT, until=after(300), reason="works"
    )
    for minute in (5, 10, 15):
        tell(SITE, [("depth", "ponding_depth", 46, after(minute))], at=after(60), protocol="ea_http")
    say(61, 46)
    assert (the_alarm().rang, heard()) == (False, [])


# --- by design ------------------------------------------------------------------------------------
def two_point_station():
    sensors = [
        ("pump1.current", "pump_current", {"pump": 1, "rated_current_a": 40.0}),
        ("pump1.fault", "pump_fault", {"pump": 1}),
    ]
    return station("B-01", kind="pump_station", protocol="modbus", sensors=sensors)


def pump(minute, current=10.0, fault=0.0):
    values = [
        ("pump1.current", "pump_current", current, after(minute)),
        ("pump1.fault", "pump_fault", fault, after(minute)),
    ]
    tell("B-01", values, at=after(minute), protocol="modbus")


def test_an_alarm_suppresses_what_follows_from_it_and_what_is_left_when_it_is_gone_calls():
    DesignRule.objects.create(cause="pump.overload", effect="pump.fault", reason="it trips because of it")
    two_point_station()
    pump(0, 45, 0)
    pump(5, 45, 1)  # both in one frame: the cause rings, its effect does not
    assert dict(Alarm.objects.values_list("rule", "suppression")) == {
        "pump.overload": "none",
        "pump.fault": "suppressed_by_design",
    }
    assert {kind for kind, _ in heard()} == {"alarm.raised"} and len(heard()) == 1
    for minute in (10, 15, 20, 25):
        pump(minute, 10, 1)
    assert the_alarm(rule="pump.overload").condition == "cleared"
    suppressing.look_again(after(26), {"pump.fault"})
    assert the_alarm(rule="pump.fault").suppression == "none"
    assert heard(after(6)) == [("alarm.suppression", 3)]


def test_a_cause_that_comes_after_its_effect_suppresses_it_then_and_a_rule_switched_off_no_more():
    rule = DesignRule.objects.create(
        cause="pump.overload", effect="pump.fault", reason="it trips because of it"
    )
    two_point_station()
    pump(0, 10, 1)
    pump(5, 10, 1)
    pump(10, 45, 1)
    pump(15, 45, 1)
    assert the_alarm(rule="pump.fault").suppression == "none"
    event = Event.objects.get(kind="alarm.raised", subject_id=str(the_alarm(rule="pump.overload").pk))
    happened = ("alarm.raised", event.subject_type, event.subject_id, event.area_path, event.at, event.data)
    for listener in LISTENERS["alarm.raised"].values():
        listener(Happening(1, *happened))
    assert the_alarm(rule="pump.fault").suppression == "suppressed_by_design"
    rule.active = False
    rule.save()
    suppressing.sweep(after(17))
    assert the_alarm(rule="pump.fault").suppression == "none"


# --- incidents ------------------------------------------------------------------------------------
def test_what_is_suppressed_proposes_no_incident_until_it_calls():
    depth = site()
    row = suppressing.take_out_of_service(
        depth.station, by=LEADER, at=NIGHT, until=after(600), reason="sensor is being replaced"
    )
    say(5, 46, 46)
    assert proposals.take(the_alarm().pk, at=after(11)) is None
    suppressing.end(row, by=LEADER, at=after(20))
    assert proposals.take(the_alarm().pk, at=after(21)) is not None
    assert Incident.objects.count() == 1


# --- nothing leaves by age ------------------------------------------------------------------------
def test_an_alarm_that_stays_active_is_handed_to_the_desk_whatever_came_since():
    """That it stands on the first page is urgency.js's: "an alarm of forty days is on the first page"."""
    site()
    say(0, 16, 16)
    acknowledge([the_alarm()], by=OFFICER, at=after(6))
    for n in range(2, 9):
        site(f"P-{n:02}")
        say(60, 22, 22, address=f"P-{n:02}")
    shown = orjson.loads(LAYERS["alarms"].read(OFFICER.scope))
    assert sorted(shown["level"]) == [3, 3, 3, 3, 3, 3, 3, 4]
    oldest = shown["level"].index(4)
    assert shown["code"][oldest].endswith(SITE) and shown["state"][oldest] == "acknowledged"
    assert shown["raised_at"][oldest] == min(shown["raised_at"])
