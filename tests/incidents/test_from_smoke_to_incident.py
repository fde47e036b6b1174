"""From smoke to incident in two presses: the alarm, and the incident that knows its building."""

import pytest

from command_center.core.models import Area, Membership, User
from incidents.models import Incident
from incidents.services.catalogue import kind_of_rule
from incidents.services.proposals import take
from sensors.models import Alarm, Premises, Station
from tests.sensors.ingesting import NIGHT, station

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/incidents/from-alarm"


@pytest.fixture
def officer_s_client(client, db):
    host = next(
        iter(
            station(
                "370502010001",
                kind=Station.Kind.FIRE_HOST,
                protocol="gb26875",
                sensors=[("p", "fire_part_state")],
            ).values()
        )
    ).station
    row = Premises.objects.create(
        code="P-1", name="示例商场", kind="small_shop", address="示例路 1 号", position=host.position, area=host.area, area_path="/dy/", people=80
    )  # fmt: skip
    row.persons.create(role="owner", name="示例甲")
    Station.objects.update(premises=row)
    user = User.objects.create(username="officer")
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get())
    client.force_login(user)
    return client


def alarm(level):
    host = Station.objects.get()
    return Alarm.objects.create(
        station=host, sensor=host.sensors.get(), rule="fire.alarm", level=level, worst_level=level, raised_at=NIGHT,
        level_since=NIGHT, recorded_at=NIGHT, area_path="/dy/",
    )  # fmt: skip


def press(client, one):
    return client.post(DOOR, {"alarm": str(one.pk)}, content_type="application/json")


def test_one_press_confirms_what_the_alarm_proposed_with_the_building_its_persons_and_hosts(officer_s_client):
    one = alarm(2)
    proposed = take(one.pk, at=NIGHT)
    assert (proposed.title, proposed.address, proposed.state) == (
        "示例商场 · 火灾事故",
        "示例路 1 号",
        "reported",
    )
    page = press(officer_s_client, one).json()
    assert (page["id"], page["state"]) == (str(proposed.pk), "confirmed")
    (building,) = page["premises"]
    assert (building["people"], building["persons"][0]["name"]) == (80, "示例甲")
    assert [host["code"] for host in building["hosts"]] == ["S-gb26875-370502010001"]
    assert press(officer_s_client, one).json()["id"] == page["id"]
    assert Incident.objects.count() == 1


def test_an_alarm_that_proposes_nothing_by_itself_becomes_an_incident_when_somebody_wants_it(
    officer_s_client,
):
    one = alarm(4)
    assert take(one.pk, at=NIGHT) is None
    assert press(officer_s_client, one).json()["state"] == "confirmed"


def test_what_is_no_kind_of_incident_is_refused_in_words(officer_s_client):
    one = alarm(4)
    Alarm.objects.update(rule="fire.fault")
    assert kind_of_rule("fire.fault") is None
    answer = press(officer_s_client, one)
    assert (answer.status_code, answer.json()["field"]) == (400, "alarm")
