"""Units are ranked, sent, followed and released."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from command_center.core.acts import NotPossible, perform
from command_center.core.models import AuditEntry, Event
from dispatch.domain.lifecycle import ACTIVE
from dispatch.domain.movement import Fix
from dispatch.domain.ranking import Need
from dispatch.models import Assignment, Resource, Stock, Track
from dispatch.services import assignments, orders, units
from dispatch.services.errors import Refused
from dispatch.services.ranking import candidates, needs_of
from incidents import services as incidents
from incidents.models import Incident
from incidents.services.timeline import timeline
from tests.conftest import MIN, NOON
from tests.incidents import scenes


def test_the_needs_of_an_incident_are_rows_by_kind_and_level(incident):
    assert Need("vehicle", "pump_truck", 2) in needs_of(incident)
    incident.level_confirmed = 1
    assert Need("vehicle", "pump_truck", 6) in needs_of(incident)


def test_those_that_fit_are_ranked_by_the_index_and_the_rest_is_counted(incident, resource, officer):
    resource("far", 9000)
    resource("near", 1000)
    resource("stale", 500, seen_at=NOON - 40 * MIN)
    resource("busy", 300, state="off_duty")
    resource("boat", 200, skills=["boat"])
    (found,) = candidates(incident, officer.scope, at=NOON, needs=[Need("vehicle", "pump_truck", 4)])
    assert [found.resources[p.id].code for p in found.ranking.places] == ["near", "far", "stale"]
    assert found.ranking.missing == 1
    assert [s.kind for s in found.ranking.shortfalls] == ["uncertain", "off_duty", "short"]
    assert found.ranking.places[0].distance_m == pytest.approx(900, abs=5)


def test_300_pumps_are_split_over_the_stores(incident, resource, officer):
    for code, east, quantity in (("a", 2000, 120), ("b", 4000, 80), ("c", 9000, 60)):
        resource(code, east, "store", (), None, {"mobile_pump": quantity})
    (found,) = candidates(incident, officer.scope, at=NOON, needs=[Need("store", "mobile_pump", 300)])
    assert [(found.resources[p.id].code, p.take) for p in found.ranking.places] == [
        ("a", 120),
        ("b", 80),
        ("c", 60),
    ]
    assert found.ranking.missing == 40


def test_the_first_assignment_moves_the_incident_to_responding_and_the_unit_is_busy(
    incident, resource, officer
):
    truck = resource("t1")
    made = assignments.assign(incident, truck, by=officer, at=NOON)
    assert Incident.objects.get(pk=incident.pk).state == "responding"
    assert Resource.objects.get(pk=truck.pk).state == "assigned"
    assert made.place == 1 and made.ranking["places"][0]["code"] == "t1"
    assert {"assignment.made", "incident.respond", "resource.assign"} <= set(
        Event.objects.values_list("kind", flat=True)
    )
    lines = [line.text for line in timeline(incident, officer.scope)]
    assert any("队t1" in line for line in lines)


def test_sending_another_than_the_proposed_one_needs_a_reason_which_is_kept(incident, resource, officer):
    for n in range(3):
        resource(f"near{n}", 1000 + n)
    far = resource("far", 9000)
    with pytest.raises(Refused):
        assignments.assign(incident, far, by=officer, at=NOON)
    assert Resource.objects.get(pk=far.pk).state == "available"
    made = assignments.assign(incident, far, by=officer, at=NOON, reason="唯一带照明的车")
    assert made.override_reason == "唯一带照明的车"
    assert [p["code"] for p in made.ranking["places"]][:2] == ["near0", "near1"]


def test_the_second_who_sends_the_same_unit_is_told_what_it_is_now(
    incident, resource, officer, other_officer
):
    truck = resource("t1")
    assignments.assign(incident, truck, by=officer, at=NOON)
    with pytest.raises(NotPossible) as told:
        assignments.assign(incident, truck, by=other_officer, at=NOON)
    assert told.value.state == "assigned"
    assert Assignment.objects.count() == 1


def test_nobody_is_sent_to_what_is_not_confirmed(departments, resource, officer):
    row = incidents.report(
        by=officer, at=NOON, type="ponding", source="call", position=scenes.lonlat(100, 100)
    )
    with pytest.raises(NotPossible):
        assignments.assign(row, resource("t1"), by=officer, at=NOON)
    assert Resource.objects.get().state == "available"


def test_a_declined_or_released_unit_is_free_again(incident, resource, officer):
    for ends in (["decline"], ["accept", "depart", "arrive", "release"], ["withdraw"]):
        truck = resource(f"t{len(ends)}{ends[0]}")
        made = assignments.assign(incident, truck, by=officer, at=NOON, reason="原因")
        for name in ends:
            made = assignments.move(made, name, by=officer, at=NOON + MIN, reason="原因")
        assert made.state not in ACTIVE
        assert Resource.objects.get(pk=truck.pk).state == "available"


def test_declining_needs_a_reason(incident, resource, officer):
    made = assignments.assign(incident, resource("t1"), by=officer, at=NOON)
    with pytest.raises(NotPossible):
        assignments.move(made, "decline", by=officer, at=NOON)
    assert Resource.objects.get().state == "assigned"


def test_material_is_promised_once_and_gone_when_it_was_used(incident, resource, officer):
    store = resource("s1", 2000, "store", (), None, {"sandbag": 500})
    made = assignments.assign(incident, store, by=officer, at=NOON, item="sandbag", quantity=400)
    with pytest.raises(NotPossible):
        assignments.assign(incident, store, by=officer, at=NOON, item="sandbag", quantity=200, reason="x")
    stock = Stock.objects.get()
    assert (stock.quantity, stock.reserved) == (500, 400)
    assert Resource.objects.get().state == "available", "a store goes on serving others"
    for name in ("arrive", "release"):
        made = assignments.move(made, name, by=officer, at=NOON)
    stock.refresh_from_db()
    assert (stock.quantity, stock.reserved) == (100, 0)
    again = assignments.assign(incident, store, by=officer, at=NOON, item="sandbag", quantity=50)
    assignments.move(again, "withdraw", by=officer, at=NOON, reason="不需要")
    stock.refresh_from_db()
    assert (stock.quantity, stock.reserved) == (100, 0)


def fix(east_m, minute, north_m=100):
    return Fix(*scenes.lonlat(east_m, north_m), NOON + minute * MIN)


def report(unit, *fixes, minute=10):
    return units.report(unit, fixes, by=units.actor_of(unit), at=NOON + minute * MIN)


def test_the_newest_position_counts_in_whatever_order_they_come(resource):
    truck = resource("t1")
    assert report(truck, fix(500, 3), fix(900, 1), fix(700, 2))["taken"] == 3
    report(truck, fix(1500, 1.5), fix(500, 3))
    truck.refresh_from_db()
    assert truck.position_at == NOON + 3 * MIN
    assert truck.position.x == pytest.approx(scenes.lonlat(500)[0])
    assert truck.position_received_at == NOON + 10 * MIN
    assert Track.objects.count() == 4, "each position is kept once"


def test_a_position_from_the_future_is_refused_and_the_others_are_taken(resource):
    truck = resource("t1")
    answer = report(truck, fix(500, 1), fix(400, 60))
    assert answer["taken"] == 1 and [index for index, _why in answer["refused"]] == [1]
    truck.refresh_from_db()
    assert truck.position_at == NOON + MIN


def test_coming_near_is_arriving_and_is_marked_as_found_by_position(incident, resource, officer, issue):
    truck, order = resource("t1"), issue(department="housing")
    made = assignments.assign(incident, truck, by=officer, at=NOON)
    assignments.move(made, "accept", by=units.actor_of(truck), at=NOON)
    assert not report(truck, fix(205, 3))["arrived"]  # 105 m
    assert report(truck, fix(195, 4))["arrived"]
    made.refresh_from_db()
    assert (made.state, made.arrived_by_position) == ("on_scene", True)
    assert AuditEntry.objects.get(act="assignment.arrive").who == "feed:positions"
    order.refresh_from_db()
    assert made.on_scene_at == order.arrived_at == NOON + 4 * MIN, (
        "by the device's time, not that of the message"
    )
    assert order.clocks.get(kind="arrive").stopped_at == order.arrived_at


def test_an_arrival_told_late_is_no_earlier_than_what_came_before_it(incident, resource, officer, issue):
    truck = resource("t1")
    made = assignments.assign(incident, truck, by=officer, at=NOON)
    assignments.move(made, "depart", by=units.actor_of(truck), at=NOON + 5 * MIN)
    order = issue(department="housing", at=NOON + 8 * MIN)
    assert report(truck, fix(50, 4))["arrived"]
    made.refresh_from_db()
    order.refresh_from_db()
    assert made.on_scene_at == NOON + 5 * MIN
    assert order.arrived_at == NOON + 8 * MIN, "nobody arrives for an order before there is one"


def test_tracks_are_forgotten_after_their_time(resource):
    report(resource("t1"), fix(500, 1))
    assert units.forget_tracks(NOON + timedelta(days=89)) == 0
    assert units.forget_tracks(NOON + timedelta(days=91)) == 1


def test_a_token_opens_one_unit_and_only_until_it_is_made_worthless(resource):
    one, two = resource("t1"), resource("t2")
    token = units.token_of(one)
    assert units.unit_of(token) == one
    for wrong in ("", "x", f"{two.pk}.{token.partition('.')[2]}", token[:-1], f"{one.pk}."):
        assert units.unit_of(wrong) is None
    one.token_version += 1
    one.save()
    assert units.unit_of(token) is None


def test_an_incident_ends_only_when_units_are_back_and_orders_closed(
    incident, resource, officer, leader, issue
):
    made = assignments.assign(incident, resource("t1"), by=officer, at=NOON)
    order = issue()
    incident = incidents.resolve(Incident.objects.get(pk=incident.pk), by=officer, at=NOON)
    with pytest.raises(NotPossible):
        incidents.close(incident, by=leader, at=NOON)
    assignments.move(made, "withdraw", by=officer, at=NOON, reason="不再需要")
    orders.move(order, "cancel", by=leader, at=NOON, reason="重复")
    assert incidents.close(incident, by=leader, at=NOON).state == "closed"


def test_a_liaison_sends_nobody(incident, resource, liaison):
    with pytest.raises(PermissionDenied):
        assignments.assign(incident, resource("t1"), by=liaison, at=NOON)


def test_a_unit_goes_off_duty_and_is_not_sent(incident, resource, officer):
    truck = resource("t1")
    perform(truck, "go_off", by=officer, at=NOON)
    with pytest.raises(NotPossible):
        assignments.assign(incident, truck, by=officer, at=NOON, reason="x")
