"""Fire spots from a token to an incident: reports, crossing directions, a judgement by a picture."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.core.files.base import ContentFile
from PIL import Image

from command_center.core.acts import NotPossible
from command_center.core.models import Area, Attachment, AuditEntry, Membership, User
from incidents.models import Incident
from incidents.services.fire_spots import propose_spot
from sensors.domain.fire_spots import bearing
from sensors.models import Contact, FireSpot, SpotReport, SpotSource, Station, Still
from sensors.services import fire_spots as service
from sensors.simulator import lookouts
from tests.conftest import actor
from tests.sensors.ingesting import frame, station

NOW = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)
S = timedelta(seconds=1)
FIRE = (118.62, 37.47)
TOWERS = {"east": (118.66, 37.45), "west": (118.58, 37.45)}
OFFICER = actor(("duty_officer", "/dy/"), name="officer")


@pytest.fixture
def towers(db):
    station("CM-1", kind="camera", protocol="mjpeg", sensors=())
    Contact.objects.create(station=Station.objects.get(), due_at=datetime.now(UTC) + timedelta(hours=1))
    Station.objects.update(position=Point(*FIRE, srid=4326))
    return {
        name: SpotSource.objects.create(
            code=name, name=name, token_key=service.new_key(), position=Point(*place, srid=4326), height_m=60
        )
        for name, place in TOWERS.items()
    }


def seen(name, at=NOW, **more):
    return {
        "reference": f"{name} {at}",
        "observed_at": at,
        "bearing_deg": bearing(*TOWERS[name], *FIRE),
        **more,
    }


def metres_off(spot):
    return abs(spot.position.x - FIRE[0]) * 88_000 + abs(spot.position.y - FIRE[1]) * 111_000


def test_one_direction_is_no_place_and_two_that_cross_are_one_spot(towers):
    (lone,) = service.take(towers["east"], [seen("east")], at=NOW)
    assert lone.position is None and lone.camera is None
    (spot,) = service.take(towers["west"], [seen("west", NOW + 20 * S)], at=NOW + 20 * S)
    assert spot.pk == lone.pk and metres_off(spot) < 100 and spot.accuracy_m < 200 and spot.reports_count == 2
    assert spot.camera == Station.objects.get() and Contact.objects.get().due_at <= datetime.now(UTC)
    (again,) = service.take(towers["west"], [seen("west", NOW + 20 * S)], at=NOW + 60 * S)
    assert again.pk == spot.pk and SpotReport.objects.count() == 2  # sent again: once
    later = NOW + timedelta(hours=2)
    (other,) = service.take(towers["east"], [seen("east", later)], at=later)
    assert other.pk != spot.pk


def test_a_known_distance_a_low_angle_or_a_position_is_a_place_at_once(towers):
    (spot,) = service.take(towers["east"], [seen("east", range_m=4170)], at=NOW)
    assert metres_off(spot) < 300
    (same,) = service.take(towers["west"], [seen("west", position=FIRE)], at=NOW)
    assert same.pk == spot.pk and metres_off(same) < 5 and same.accuracy_m == 100  # the better of the two
    (near,) = service.take(towers["east"], [seen("east", NOW + S, elevation_deg=-0.83)], at=NOW)
    assert near.pk == spot.pk and FireSpot.objects.count() == 1


def picture(camera, at=NOW):
    octets = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 80, 0)).save(octets, "JPEG")
    still = Still(station=camera, taken_at=at, received_at=at, state="online")
    still.image.save("s.jpg", ContentFile(octets.getvalue()))
    return still


def test_a_spot_is_confirmed_by_a_picture_and_becomes_one_incident(towers, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (spot,) = service.take(towers["east"], [seen("east", position=FIRE)], at=NOW)
    with pytest.raises(NotPossible):
        service.judge(spot, "confirm", by=OFFICER, at=NOW)  # neither picture nor reason
    still = picture(spot.camera)
    assert service.pictures(spot) == [still]
    row = service.judge(spot, "confirm", by=OFFICER, at=NOW + 60 * S, still=still)
    assert (row.state, row.judged_by, row.still) == ("confirmed", "officer", still)
    assert Attachment.objects.get().subject_id == str(spot.pk)
    assert AuditEntry.objects.filter(act="fire_spot.confirm").count() == 1
    with pytest.raises(NotPossible):
        service.judge(spot, "refuse", by=OFFICER, at=NOW, reason="dust")
    incident = propose_spot(spot.pk, at=NOW)
    assert propose_spot(spot.pk, at=NOW) == incident and Incident.objects.count() == 1
    assert (incident.type.slug, incident.position.x) == ("fire", FIRE[0])


def test_a_direction_alone_is_refused_with_a_reason_and_never_confirmed(towers):
    (spot,) = service.take(towers["east"], [seen("east")], at=NOW)
    with pytest.raises(NotPossible):
        service.judge(spot, "confirm", by=OFFICER, at=NOW, reason="smoke")
    assert service.judge(spot, "refuse", by=OFFICER, at=NOW, reason="扬尘").state == "refused"
    assert propose_spot(spot.pk, at=NOW) is None


def test_a_source_reports_with_its_token_and_may_do_nothing_else(client, towers, monkeypatch):
    monkeypatch.setattr("sensors.pages_fire_spots.now", lambda: NOW)
    door, body = "/api/v1/fire-spots/reports", {"reports": [{**seen("east"), "observed_at": NOW.isoformat()}]}
    token = {"HTTP_AUTHORIZATION": f"Source {service.token_of(towers['east'])}"}

    def post(body, **more):
        return client.post(door, body, content_type="application/json", **more)

    assert post(body).status_code in (401, 403)
    assert post(body, HTTP_AUTHORIZATION="Source east.0000").status_code in (401, 403)
    answer = post(body, **token)
    assert answer.status_code == 201 and answer.json()["spots"] == [str(FireSpot.objects.get().pk)]
    for wrong in (
        {"reference": "x", "observed_at": NOW.isoformat()},
        {**body["reports"][0], "bearing_deg": 361},
    ):
        assert post({"reports": [wrong]}, **token).status_code == 400
    assert client.get("/api/v1/fire-spots", **token).status_code == 403
    SpotSource.objects.filter(code="east").update(token_key=service.new_key())  # renewed
    assert post(body, **token).status_code in (401, 403)
    user = User.objects.create(username="o")
    Membership.objects.create(user=user, role="duty_officer", area=Area.objects.get(code="t"))
    client.force_login(user)
    spot = FireSpot.objects.get()
    assert client.get("/fire-spots/").status_code == 200
    assert client.post("/fire-spots/", {"spot": spot.pk, "move": "confirm"}).status_code == 422
    said = {"spot": spot.pk, "move": "refuse", "reason": "扬尘"}
    assert (
        client.post("/fire-spots/", said).status_code == 302
        and client.post("/fire-spots/", said).status_code == 409
    )


def test_the_demos_lookouts_see_the_same_fire_and_agree_on_its_place(towers):
    seers = [lookouts.Lookout(name, "", *TOWERS[name], 0.5) for name in TOWERS]
    hours = (lookouts.EPOCH + timedelta(minutes=6 * n) for n in range(2000))
    at = next(one for one in hours if (burning := lookouts.fires(one)) and burning[0][0] % 3)
    ((_, lon, lat, _),) = lookouts.fires(at)
    told = lookouts.said(seers, at)
    assert lookouts.said(seers, at) == told and len(told) == 2
    for seer, report in told:
        one = {**report, "observed_at": datetime.fromisoformat(report["observed_at"])}
        (spot,) = service.take(towers[seer.code], [one], at=at)
    assert abs(spot.position.x - lon) * 88_000 + abs(spot.position.y - lat) * 111_000 < 3 * spot.accuracy_m


def test_a_lookout_that_speaks_over_mqtt_reports_with_its_readings(towers):
    station("LK1", kind="camera", protocol="mqtt", sensors=[("bearing", "fire_bearing")])
    speaker = Station.objects.get(address="LK1")
    SpotSource.objects.filter(code="east").update(station=speaker)
    told = [
        frame(
            "LK1",
            [("bearing", "fire_bearing", bearing(*TOWERS["east"], *FIRE), NOW)],
            at=NOW,
            protocol="mqtt",
        ),
        frame(
            "LK1",
            [("lon", "fire_longitude", FIRE[0], NOW + S), ("lat", "fire_latitude", FIRE[1], NOW + S)],
            at=NOW,
            protocol="mqtt",
        ),
    ]
    assert service.hear(told) == 2 and service.hear(told) == 2  # told again: the same reports
    spot = FireSpot.objects.get()
    assert spot.reports_count == 2 and metres_off(spot) < 5
    assert service.hear([frame("LK1", [("bearing", "level", 1.0, NOW)], at=NOW, protocol="mqtt")]) == 0
