"""The API as a desk uses it: what may be seen, what was acknowledged by whom, what a bad question is told."""

from uuid import uuid4

import pytest
from django.test import Client

from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.models import Alarm, Station
from tests.conftest import NOON


@pytest.fixture
def sign_in(district):
    def sign_in(role, path="/dy/"):
        user = User.objects.create(username=f"{role}{path}")
        Membership.objects.create(user=user, role=role, area=Area.objects.get(path=path))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def raise_alarm(code):
    station = Station.objects.get(code=code)
    return Alarm.objects.create(
        station=station, rule="ponding.depth", level=2, worst_level=2, raised_at=NOON, level_since=NOON,
        recorded_at=NOON, area_path=station.area_path, department=station.department,
    )  # fmt: skip


def acknowledge(client, *ids):
    return client.post(
        "/api/v1/alarms/acknowledge", {"ids": [str(i) for i in ids]}, content_type="application/json"
    )


def test_several_are_acknowledged_at_once_and_each_is_answered(sign_in):
    one, two, stranger = raise_alarm("PD-01"), raise_alarm("PD-02"), uuid4()
    first, second = sign_in("duty_officer"), sign_in("shift_leader")
    assert acknowledge(first, one.pk).json()["alarms"][str(one.pk)]["outcome"] == "done"
    answer = acknowledge(second, one.pk, two.pk, stranger).json()["alarms"]
    assert answer[str(one.pk)] | {"at": None} == {"outcome": "already", "by": "duty_officer/dy/", "at": None}
    assert answer[str(two.pk)]["outcome"] == "done" and answer[str(stranger)] == {"outcome": "unknown"}
    assert acknowledge(first, one.pk, two.pk).json()["alarms"][str(two.pk)]["outcome"] == "already"
    assert AuditEntry.objects.filter(act="alarm.acknowledge").count() == 2


def test_an_alarm_elsewhere_is_unknown_here(sign_in):
    alarm = raise_alarm("PD-01")
    outside = next(a.path for a in Area.objects.filter(kind="town") if not alarm.area_path.startswith(a.path))
    client = sign_in("duty_officer", outside)
    assert acknowledge(client, alarm.pk).json()["alarms"][str(alarm.pk)]["outcome"] == "unknown"
    assert client.get(f"/api/v1/alarms/{alarm.pk}").status_code == 404
    assert client.get("/api/v1/alarms").json()["results"] == []
    assert client.get(f"/api/v1/stations/{alarm.station_id}/series").status_code == 404


def test_stations_come_in_pages_and_by_kind(sign_in):
    client = sign_in("commander")
    page = client.get("/api/v1/stations?limit=50").json()
    seen = [row["code"] for row in page["results"]]
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [row["code"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == Station.objects.count()
    assert len(client.get("/api/v1/stations?kind=rain_gauge").json()["results"]) == 12


def test_a_series_of_any_span_is_told_in_as_many_points_as_a_chart_takes_and_a_bad_question_is_told(sign_in):
    client, station = sign_in("commander"), Station.objects.get(code="PD-01")
    body = client.get(f"/api/v1/stations/{station.pk}/series?hours=100000").json()
    assert body["until"] - body["since"] == 100000 * 3600 * 1000 and body["resolution"] == "day"
    assert [limit["value"] for limit in body["thresholds"]] == [15, 20, 27, 40] or body["thresholds"]
    assert client.get(f"/api/v1/stations/{station.pk}/series?hours=many").status_code == 400


def test_frames_are_for_those_who_may_see_them(sign_in):
    station = Station.objects.get(code="RG-01")
    assert sign_in("commander").get(f"/api/v1/stations/{station.pk}/frames").status_code == 403
    assert sign_in("duty_officer").get(f"/api/v1/stations/{station.pk}/frames").json() == []


def test_an_acknowledgement_of_nothing_is_a_bad_request(sign_in):
    client = sign_in("duty_officer")
    assert acknowledge(client).status_code == 400
    assert acknowledge(client, "not-an-id").status_code == 400
