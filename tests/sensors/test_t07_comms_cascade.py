"""T7: a lost gateway with 500 stations is one alarm; its stations ring for nothing, and keep their last known level."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.core.models import Event, Membership, User
from command_center.core.now import REAL
from command_center.core.scope import Grant, Scope
from sensors.domain.topology import Tally, highest_lost, sums, tree
from sensors.models import Alarm, Contact, Node, Sensor, Station
from sensors.services import points
from sensors.services.contact import watch_silence
from sensors.services.nodes import children
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

AT = datetime(2026, 7, 1, tzinfo=UTC)
I = timedelta(minutes=5)  # noqa: E741
VIEWER = Scope.of([Grant("duty_officer", "/dy/")])
LIMITS = {"share": 0.8, "smallest": 3}
#  1 gateway ─ 2 listener ─ 3 network ─ 5 concentrator
#                        └ 4 network
PARENTS = {1: None, 2: 1, 3: 2, 4: 2, 5: 3, 9: 1}


def alive(stations, ago=timedelta(minutes=1)):
    return Tally(stations, 0, AT - ago, None)


def gone(stations, ago=2 * I, missing=None):
    return Tally(stations, missing or stations, AT - ago, AT - ago + 0.9 * I)


def lost(own, was=()):
    return highest_lost(sums(own, PARENTS), PARENTS, was, **LIMITS)


def test_the_alarm_is_at_the_highest_node_that_is_lost():
    assert lost({3: gone(10), 4: gone(10), 9: alive(5)}) == {2}
    assert lost({3: gone(10), 4: alive(10), 9: alive(5)}) == {3}
    assert lost({3: gone(10), 4: gone(10), 9: gone(5)}) == {1}
    assert lost({3: alive(10), 4: alive(10)}) == set()


def test_half_of_a_nodes_children_lost_is_not_the_node():
    assert lost({3: gone(10), 4: alive(10)}) == {3}
    assert lost({3: gone(10, missing=5), 4: alive(10)}) == set()


def test_one_small_part_that_speaks_proves_that_what_is_above_lives():
    assert lost({3: gone(480), 4: alive(20)}) == {3}
    assert lost({3: gone(480), 9: alive(2)}) == {3}


def test_a_part_waits_while_it_may_be_the_node_above_that_is_dying():
    """The others are not missing yet, but none of them has spoken since these were due."""
    dropped = timedelta(minutes=7)
    assert lost({3: gone(5, ago=1.55 * I), 4: alive(300, ago=dropped)}) == set()
    assert lost({3: gone(5, ago=2 * I), 4: alive(300, ago=timedelta(minutes=1))}) == {3}


def test_a_node_that_holds_one_other_only_is_that_other():
    assert lost({5: gone(5), 9: alive(3)}) == {5}


def test_what_was_lost_stays_so_until_most_are_back():
    half = gone(10, missing=5)
    assert lost({3: half, 4: alive(10)}, was={3}) == {3}
    assert lost({3: gone(10, missing=3), 4: alive(10)}, was={3}) == set()


def test_fewer_than_the_smallest_are_told_one_by_one():
    assert lost({3: gone(2), 4: alive(10)}) == set()


def test_a_circle_of_nodes_ends():
    parents = tree({1: 2, 2: 1})
    assert highest_lost(sums({1: gone(4)}, parents), parents, (), **LIMITS) == {1}


# --- with stations ---------------------------------------------------------------------------------------------------
@pytest.fixture
def fresh_points():
    points.forget()
    yield
    points.forget()


def many(count, protocol="sl651"):
    """Stations of one protocol, and their points."""
    like = station(
        f"{protocol}-like", kind="ponding_site", protocol=protocol, sensors=[("depth", "ponding_depth")]
    )
    model = like["depth"].station
    made = Station.objects.bulk_create(
        Station(
            code=f"S-{protocol}-{n:03}", name="站", kind="ponding_site", position=model.position, area=model.area,
            area_path=model.area_path, protocol=protocol, address=f"{protocol}-{n:03}", facts={"site": "road"},
        )
        for n in range(count)
    )  # fmt: skip
    Sensor.objects.bulk_create(
        Sensor(station=one, channel="depth", quantity="ponding_depth", name="d") for one in made
    )
    Station.objects.filter(pk=model.pk).update(in_service=False)
    return made


def hear(stations, minute, depth_cm=2.0):
    from sensors.services.ingest import ingest

    at = NIGHT + minute * MIN
    said = [
        frame(one.address, [("depth", "ponding_depth", depth_cm, at)], at=at, protocol=one.protocol)
        for one in stations
    ]
    ingest(said, received_at=at)


def look(minute):
    return watch_silence(NIGHT + minute * MIN, real=datetime.now(UTC), clock=REAL)


def raised():
    return Alarm.objects.exclude(rule="ponding.depth")


@pytest.mark.django_db
def test_a_gateway_with_500_stations_drops_and_comes_back(fresh_points):
    sl651, hj212 = many(480), many(20, "hj212")
    carrier = Node.objects.create(name="运营商")
    asked = many(3, "modbus")
    look(0)
    carrier.parent = Node.objects.get(key="sl651")
    carrier.save()
    Station.objects.filter(pk__in=[one.pk for one in sl651[:100]]).update(node=carrier)
    both = [*sl651, *hj212]
    deep = sl651[7]
    for minute in range(5):
        hear([one for one in both[minute::5] if one is not deep], minute)
        if minute in (0, 4):
            hear([deep], minute, depth_cm=46.0)
    known = Alarm.objects.get(rule="ponding.depth")
    rang = Event.objects.filter(kind="alarm.raised", data__rang=True).count()
    for minute in range(5, 30):  # the gateway dropped after minute 4
        if minute % 5 == 0:
            hear(asked, minute)
        look(minute)
        if minute == 14:
            assert raised().count() == 1  # within two intervals

    alarm = raised().get()
    assert (alarm.rule, alarm.node.key, alarm.level, alarm.condition) == (
        "link.silent",
        "gateway",
        3,
        "active",
    )
    assert Event.objects.filter(kind="alarm.raised", data__rang=True).count() == rang + 1
    beneath = children(alarm, VIEWER)
    assert len(beneath) == 500
    assert (beneath[0]["code"], beneath[0]["level"]) == (deep.code, known.level)
    assert {one["level"] for one in beneath[1:]} == {None}
    known.refresh_from_db()
    assert (known.condition, known.station.contact.silent_since) == ("active", NIGHT + 4 * MIN)

    for minute in range(30, 50):
        hear(both[minute % 5 :: 5], minute)
        if minute % 5 == 0:
            hear(asked, minute)
        look(minute)
    alarm.refresh_from_db()
    assert alarm.condition == "cleared"
    assert raised().count() == 1
    assert not Contact.objects.filter(silent_since__isnull=False).exists()
    assert children(alarm, VIEWER) == []


@pytest.mark.django_db
def test_one_listener_of_the_gateway_drops_and_only_that_is_told(fresh_points):
    sl651, hj212 = many(40), many(4, "hj212")
    look(0)
    hear(sl651, 0)
    for minute in range(0, 30):
        if minute % 5 == 0:
            hear(hj212, minute)
        look(minute)
    assert [one.node.key for one in raised()] == ["sl651"]


@pytest.mark.django_db
def test_a_host_that_serves_several_stations_is_a_node_of_its_own_and_a_hand_made_one_keeps_its_stations(
    fresh_points,
):
    made = many(6, "modbus")
    Station.objects.filter(pk__in=[one.pk for one in made[:3]]).update(config={"host": "10.3.0.7"})
    carrier = Node.objects.create(name="运营商")
    Station.objects.filter(pk=made[5].pk).update(node=carrier)
    look(0)
    where = {one.code: one.node for one in Station.objects.select_related("node__parent__parent")}
    assert [where[one.code].key for one in made] == ["modbus 10.3.0.7"] * 3 + ["modbus"] * 2 + [None]
    assert where[made[0].code].parent.key == "modbus"
    assert where[made[0].code].parent.parent.key == "poller"
    look(1)
    assert Node.objects.count() == 4


@pytest.mark.django_db
def test_a_station_never_heard_since_it_was_put_into_service_becomes_an_alarm(fresh_points):
    kept = many(3, "modbus")
    look(0)
    new = station("new", kind="ponding_site", sensors=[("depth", "ponding_depth")])["depth"].station
    for minute in range(1, 18):
        if minute % 5 == 0:
            hear(kept, minute)
        look(minute)
        if minute == 16:
            assert not raised().exists()
    alarm = raised().get()
    assert (alarm.rule, alarm.station) == ("station.silent", new)
    assert alarm.facts["since"] == (NIGHT + MIN).isoformat()
    tell("new", [("depth", "ponding_depth", 1.0, NIGHT + 18 * MIN)], at=NIGHT + 18 * MIN)
    look(18)
    assert raised().get().condition == "cleared"
    Station.objects.filter(pk=new.pk).update(in_service=False)
    look(19)
    Station.objects.filter(pk=new.pk).update(in_service=True)
    hear(kept, 60)
    look(60)  # a long pause out of service is no silence
    assert not Contact.objects.filter(station=new, silent_since__isnull=False).exists()


@pytest.mark.django_db
def test_what_is_suppressed_at_one_station_does_not_hush_its_node(fresh_points):
    from sensors.models import Suppression

    made = many(5)
    many(3, "modbus")
    look(0)
    hear(made, 0)
    for one in made[:1]:
        Suppression.objects.create(
            cause="maintenance", state="in_force", station=one, area_path="/dy/", starts_at=NIGHT,
            ends_at=NIGHT + 600 * MIN, made_at=NIGHT, made_by="officer",
        )  # fmt: skip
    for minute in range(1, 12):
        look(minute)
    alarm = Alarm.objects.get(node__key="sl651")
    assert (alarm.station, alarm.suppression, alarm.rang) == (made[0], "none", True)


@pytest.mark.django_db
def test_the_alarm_shows_its_stations_and_a_station_does_not_bear_its_nodes_alarm(client):
    user = User.objects.create(username="officer")
    made = many(2)
    Membership.objects.create(user=user, role="duty_officer", area=made[0].area)
    client.force_login(user)
    made[0].node = Node.objects.create(name="网关", name_en="Gateway")
    made[0].save()
    Contact.objects.create(station=made[0], silent_since=NIGHT)
    alarm = Alarm.objects.create(
        station=made[0], node=made[0].node, rule="link.silent", level=3, worst_level=3, raised_at=NIGHT,
        level_since=NIGHT, recorded_at=NIGHT, area_path="/dy/",
    )  # fmt: skip
    told = client.get(f"/api/v1/alarms/{alarm.pk}").json()
    assert told["node_name"] == "网关"
    assert [(one["code"], one["level"], one["heard_at"]) for one in told["children"]] == [
        (made[0].code, None, None)
    ]
    assert client.get(f"/api/v1/stations/{made[0].pk}/alarms").json() == []
