"""Cameras that see badly become work; pictures around an alarm come often, are held and shown; groups of cameras."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from PIL import Image

from command_center.core.acts import NotPossible
from command_center.core.models import Area, AuditEntry, Event
from command_center.core.now import rate
from sensors import livevalues
from sensors.domain import pictures, views
from sensors.domain.pictures import ONLINE
from sensors.layers import CAMERA_GROUPS
from sensors.models import Alarm, CameraGroup, CameraView, Contact, MaintenanceTask, Station, Still
from sensors.pages_upkeep import said
from sensors.services import cameras, picture_checks, stills
from sensors.services.camera_groups import Taken, drop_group, groups_of, save_group
from sensors.services.polling import Claim
from sensors.services.upkeep import close_what_is_well
from tests.conftest import actor
from tests.domain.sensors.test_views import pushed, soft, street, words

pytestmark = pytest.mark.django_db
S, MIN, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
REAL = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
PLACE = Point(118.6, 37.4)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def station(code: str, kind=Station.Kind.CAMERA, *, east_m: float = 0, area="/dy/", **facts) -> Station:
    where, _ = Area.objects.get_or_create(
        path=area, defaults={"code": area, "kind": "district", "name": "区"}
    )
    row = Station.objects.create(
        code=code, name=code, kind=kind, position=Point(PLACE.x + east_m / 88_400, PLACE.y), area=where,
        area_path=area, protocol="mjpeg", address=code, interval_s=60, facts=facts,
    )  # fmt: skip
    Contact.objects.create(station=row)
    return row


def alarm(place: Station, raised_at=REAL, level=2, rule="ponding.depth", **more) -> Alarm:
    return Alarm.objects.create(
        station=place, rule=rule, level=level, worst_level=level, raised_at=raised_at, level_since=raised_at,
        recorded_at=raised_at, area_path=place.area_path, **more,
    )  # fmt: skip


def look(camera: Station, grey: np.ndarray, at: datetime):
    """What a look at the camera that shows ``grey`` leaves behind."""
    claimed = Claim(camera.pk, "mjpeg", camera.code, {}, 60, at, 0)
    shot = cameras.Shot(claimed, Image.fromarray(grey), pictures.look(grey), "", 0.1, views.view(grey))
    return cameras.note(shot, at, rate(), cameras.rules_in_force(at)).state


def follow(camera: Station, frames, at: datetime) -> list[str]:
    return [look(camera, words(grey, n), at + n * MIN) for n, grey in enumerate(frames)]


def usual(camera: Station) -> None:
    assert set(follow(camera, (street(1, n) for n in range(6)), REAL)) == {ONLINE}


def test_a_blurred_camera_is_said_once_and_is_work_with_its_numbers_until_it_is_well_and_never_an_alarm():
    camera = station("CM-1")
    usual(camera)
    found = follow(camera, (soft(street(1, 20 + n), 4) for n in range(4)), REAL + 10 * MIN)
    assert found == [ONLINE, ONLINE, views.BLURRED, views.BLURRED]
    event = Event.objects.filter(kind="camera.changed").latest("pk")
    assert event.data == {"from": ONLINE, "to": views.BLURRED}
    task = MaintenanceTask.objects.get()
    assert (task.check_name, task.state, task.evidence["count"]) == ("blurred", "open", 2)
    assert all(0 < share < 30 for _, share in task.evidence["examples"])
    assert said(task) and not Alarm.objects.exists()
    well = REAL + 2 * DAY
    assert look(camera, street(1, 40), well) == ONLINE
    assert close_what_is_well(well + MIN) == 1
    task.refresh_from_db()
    assert task.state == "closed"


def test_an_officer_who_says_that_a_pushed_camera_looks_right_ends_the_work_with_a_reason():
    camera, officer = station("CM-1"), actor(("duty_officer", "/dy/"), name="officer")
    usual(camera)
    turned = [pushed(street(1, 20 + n), 60, 0) for n in range(4)]
    assert follow(camera, turned, REAL + 10 * MIN)[-1] == views.MOVED
    task = MaintenanceTask.objects.get()
    assert task.check_name == "moved" and task.evidence["examples"][0][1] == pytest.approx(19, abs=1)
    at = REAL + 20 * MIN
    for who, reason, refusal in (
        (officer, " ", NotPossible),
        (actor(("wall", "/dy/")), "turned", PermissionDenied),
        (actor(("duty_officer", "/north/")), "turned", PermissionDenied),
    ):
        with pytest.raises(refusal):
            picture_checks.take_reference(camera, by=who, at=at, reason=reason)
    picture_checks.take_reference(camera, by=officer, at=at, reason="turned to the crossing")
    task.refresh_from_db()
    assert (task.state, task.closed_by, task.reason) == ("overruled", "officer", "turned to the crossing")
    assert Contact.objects.get().picture == ONLINE
    entry = AuditEntry.objects.get(act="camera.reference")
    assert (entry.who, entry.reason) == ("officer", "turned to the crossing")
    assert set(follow(camera, turned, REAL + 30 * MIN)) == {ONLINE}


def test_a_camera_turned_to_a_preset_learns_its_view_anew():
    camera = station("CM-1")
    usual(camera)
    picture_checks.forget_view(camera)
    assert set(follow(camera, (street(2, n) for n in range(5)), REAL + 10 * MIN)) == {ONLINE}


def test_the_newest_view_rings_the_bell_and_passing_ones_go_with_their_files():
    camera = station("CM-1")
    since, _ = livevalues.read_stills(None)
    follow(camera, (street(1, n) for n in range(4)), REAL)
    _, moving = livevalues.read_stills(since)
    newest = CameraView.objects.get().still
    assert [(one.id, one.values["still"][0]) for one in moving] == [(str(camera.pk), newest.pk)]
    assert sorted(Still.objects.values_list("keep", flat=True)) == ["ordinary", "passing"]
    folder = newest.image.name.rpartition("/")[0]
    assert len(newest.image.storage.listdir(folder)[1]) == 2


def test_cameras_near_a_fresh_alarm_look_every_few_seconds_for_a_while_and_never_too_many():
    near = station("CM-1", east_m=100)
    station("CM-2", east_m=900)
    by_name = station("CM-3", east_m=5000, watches=["PD-1"])
    place = station("PD-1", Station.Kind.PONDING_SITE)
    assert stills.hurried(REAL) == set()
    alarm(place, rule="station.silent")
    assert stills.hurried(REAL) == set()  # that it is silent cannot be seen
    alarm(place)
    assert stills.hurried(REAL + 29 * MIN) == {near.pk, by_name.pk}
    assert stills.hurried(REAL + 31 * MIN) == set()
    crowd = [station(f"CX-{n}", east_m=-n) for n in range(12)]
    assert len(stills.hurried(REAL)) == 8 < len(crowd)


def test_a_hurried_camera_is_due_again_in_seconds_and_its_pictures_are_held():
    camera, place = station("CM-1"), station("PD-1", Station.Kind.PONDING_SITE)
    alarm(place)
    look(camera, street(1), REAL)
    contact = Contact.objects.get(station=camera)
    assert contact.due_at == REAL + 5 * S
    assert Still.objects.get().keep == "held"
    Alarm.objects.update(condition="cleared", cleared_at=REAL)
    look(camera, street(1, 2), REAL + 5 * S)
    contact.refresh_from_db()
    assert contact.due_at > REAL + 30 * S


def kept(camera: Station, *minutes: int) -> None:
    for n in minutes:
        stills.keep_still(camera, Image.new("RGB", (32, 18)), pictures.Belief(ONLINE), REAL + n * MIN)


def test_the_strip_of_an_alarm_shows_the_nearest_cameras_and_only_to_those_who_may_look(client):
    near, nearer = station("CM-1", east_m=200), station("CM-2", east_m=50)
    station("CM-3", east_m=50)  # without pictures
    kept(station("CM-4", east_m=4000), 0)
    kept(near, -90, -20, 5, 45)
    kept(nearer, *range(60))
    row = alarm(station("PD-1", Station.Kind.PONDING_SITE), condition="cleared", cleared_at=REAL + 20 * MIN)
    found = stills.of_alarm(row, REAL + 60 * MIN, actor(("duty_officer", "/dy/")).scope)
    assert [(one["name"], one["distance_m"]) for one in found] == [("CM-2", 50), ("CM-1", 200)]
    minutes = [[round((s["taken_at"] - REAL) / MIN) for s in one["stills"]] for one in found]
    assert minutes[1] == [-20, 5, 45]
    assert len(minutes[0]) == stills.SHOWN and (minutes[0][0], minutes[0][-1]) == (0, 50)
    for nobody in (actor(("grid_worker", "/dy/")), actor(("duty_officer", "/north/"))):
        assert stills.of_alarm(row, REAL + 60 * MIN, nobody.scope) == []


def arranged(cameras, *, group=None, by=None, version=None, area="/dy/") -> CameraGroup:
    return save_group(
        group, name="路口", name_en="Crossings", area=Area.objects.get(path=area), cameras=cameras,
        by=by or actor(("duty_officer", "/dy/")), at=REAL, version=version,
    )  # fmt: skip


def test_a_group_keeps_its_order_and_is_told_to_screens():
    for code in ("CM-1", "CM-2", "CM-3"):
        station(code)
    group = arranged(["CM-3", "CM-1"])
    group = arranged(["CM-2", "CM-3", "CM-1"], group=group, version=1)
    names = list(group.places.values_list("station__code", flat=True))
    assert names == ["CM-2", "CM-3", "CM-1"]
    told = CAMERA_GROUPS.read(actor(("wall", "/dy/")).scope).decode()
    assert [str(pk) in told for pk in group.places.values_list("station_id", flat=True)] == [True] * 3
    assert Event.objects.filter(kind="camera_group.changed").count() == 2
    assert AuditEntry.objects.filter(act="camera_group.save").latest("pk").data["now"]["cameras"] == names
    drop_group(group, by=actor(("shift_leader", "/dy/")), at=REAL)
    assert not CameraGroup.objects.exists() and Station.objects.count() == 3


@pytest.mark.parametrize(
    ("cameras", "version", "who", "refusal"),
    [
        ([], 1, ("duty_officer", "/dy/"), NotPossible),
        (["CM-9"], 1, ("duty_officer", "/dy/"), NotPossible),
        (["CM-1"], 0, ("duty_officer", "/dy/"), Taken),
        (["CM-1"], 1, ("duty_officer", "/north/"), PermissionDenied),
        (["CM-1"], 1, ("wall", "/dy/"), PermissionDenied),
    ],
)
def test_a_group_is_not_changed_wrongly_by_others_or_over_a_change_of_others(cameras, version, who, refusal):
    station("CM-1")
    group = arranged(["CM-1"])
    with pytest.raises(refusal):
        arranged(cameras, group=group, version=version, by=actor(who))
    group.refresh_from_db()
    assert group.version == 1


def test_groups_are_opened_by_those_who_may_look_within_them_or_beneath():
    station("CM-1")
    group = arranged(["CM-1"])
    for who, sees in ((("wall", "/dy/"), 1), (("wall", "/dy/north/"), 1), (("grid_worker", "/dy/"), 0),
                      (("wall", "/other/"), 0)):  # fmt: skip
        assert groups_of(actor(who).scope).filter(pk=group.pk).count() == sees, who


def test_a_screen_that_nobody_paired_shows_its_code_in_place_of_pictures(client):
    answer = client.get("/video/")
    assert answer.status_code == 200 and 'id="code"' in answer.content.decode()


def test_what_the_browser_has_already_is_not_sent_again(client, django_user_model):
    camera = station("CM-1")
    kept(camera, 0)
    user = django_user_model.objects.create_user("officer")
    user.memberships.create(role="duty_officer", area=Area.objects.get(path="/dy/"))
    client.force_login(user)
    assert 'id="video"' in client.get("/video/").content.decode()
    first = client.get(f"/stations/{camera.pk}/still")
    assert b"".join(first.streaming_content).startswith(b"\xff\xd8")
    again = client.get(f"/stations/{camera.pk}/still", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert client.get("/camera-groups/").status_code == 200
    made = client.post("/camera-groups/new", {"name": "路口", "area": "/dy/", "cameras": ["CM-1"]})
    assert made.status_code == 302 and client.get(made["Location"]).status_code == 200
