"""Units and orders on the wire: snapshot plus changes make the new snapshot, for each scope; positions flow beside them."""

import orjson
import pytest

from command_center.core import relay
from command_center.core.acts import perform
from command_center.onemap import snapshot
from dispatch import livevalues
from dispatch.domain.movement import Fix
from dispatch.services import assignments, extensions, orders, supervision, units
from incidents import services as incidents
from tests.conftest import MIN, NOON, actor
from tests.incidents import scenes
from tests.live.kit import Screen


@pytest.mark.django_db
def test_snapshot_and_changes_make_the_new_snapshot(
    incident, resource, issue, officer, leader, liaison, departments
):
    first, second = resource("t1"), resource("t2", 3000, department=departments["water"])
    looking = {
        "desk": officer.scope,
        "housing": liaison.scope,
        "water": actor(("liaison", "/dy/", departments["water"].pk)).scope,
        "the west": actor(("commander", "/dy/west/")).scope,
        "fire": actor(("liaison", "/dy/", departments["fire"].pk)).scope,
        "wall": actor(("wall", "/dy/")).scope,
        "grid": actor(("grid_worker", "/dy/")).scope,
    }
    relay.number()
    screens = {name: Screen(scope) for name, scope in looking.items()}

    def hold(what):
        relay.number()
        for name, screen in screens.items():
            screen.catch_up(page=3)
            assert screen.layers == Screen(screen.scope).layers, (what, name)

    made = assignments.assign(incident, first, by=officer, at=NOON)
    hold("assigned")
    for name in ("accept", "depart", "arrive", "release"):
        made = assignments.move(made, name, by=officer, at=NOON)
        hold(name)
    perform(second, "go_off", by=officer, at=NOON)
    hold("off duty")
    order = issue(parts=["water"])
    hold("issued")
    asked = extensions.request(order, 30, reason="x", by=liaison, at=NOON + MIN)
    hold("asked for time")
    extensions.decide(asked, approve=True, by=leader, at=NOON + 2 * MIN)
    hold("granted")
    orders.move(order, "return", by=liaison, at=NOON + 3 * MIN, reason="x")
    orders.move(order, "reissue", by=officer, at=NOON + 4 * MIN, reason="x", department="water")
    hold("another department")
    supervision.sweep(NOON + 1000 * MIN)
    hold("red")
    orders.move(order, "cancel", by=leader, at=NOON + 1001 * MIN, reason="x")
    hold("cancelled")
    assert screens["desk"].layers["orders"] and screens["desk"].layers["units"], "it must not hold of nothing"
    assert not screens["grid"].layers["orders"]
    for unseen in ("fire", "the west", "grid"):
        assert not screens[unseen].told & {str(order.pk), str(made.pk), str(second.pk)}, "not even an id"
    assert str(order.pk) in screens["housing"].told & screens["water"].told


@pytest.mark.django_db
def test_an_incident_that_gets_another_owner_leaves_the_first_ones_screen_and_no_others(
    incident, officer, departments
):
    first, second, third = (
        actor(("liaison", "/dy/", departments[code].pk)).scope for code in ("housing", "water", "fire")
    )
    incidents.edit(incident, {"department": "housing"}, by=officer, at=NOON)
    relay.number()
    screens = [Screen(scope) for scope in (first, second, third)]
    incidents.edit(incident, {"department": "water"}, by=officer, at=NOON)
    incidents.add_note(incident, "移交", by=officer, at=NOON)
    relay.number()
    for screen in screens:
        screen.catch_up(page=1)
    assert [str(incident.pk) in screen.layers["incidents"] for screen in screens] == [False, True, False]
    assert [str(incident.pk) in screen.told for screen in screens] == [True, True, False]


@pytest.mark.django_db
def test_a_position_flows_to_who_may_see_the_unit_and_moves_no_feature(resource, officer, departments):
    truck = resource("t1", seen_at=None)
    relay.number()
    position, _moving = livevalues.read(None)
    assert snapshot.values_since(None, officer.scope)[1] == {}
    where = Fix(*scenes.lonlat(500, 500), NOON)
    units.report(truck, [where], by=units.actor_of(truck), at=NOON)
    _next, moving = livevalues.read(position)
    assert [one.id for one in moving] == [str(truck.pk)]
    seen = snapshot.values_since(None, officer.scope)[1][str(truck.pk)]["position"]
    assert seen["at"] == NOON.timestamp() * 1000 and seen["lon"] == pytest.approx(where.lon, abs=1e-5)
    other = actor(("liaison", "/dy/", departments["water"].pk)).scope
    assert snapshot.values_since(None, other)[1] == {}
    assert relay.number() is None, "a position is no event"
    assert orjson.loads(snapshot.snapshot(officer.scope))["values"]
