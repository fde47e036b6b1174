"""The video wall as people see it: only what changed is fetched, and a serious alarm brings its camera forward."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import expect

from command_center.core.now import now
from sensors.models import CameraView, Contact, Station, Still

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seen():
    """seen(camera, grey): the camera's newest picture is all of this grey. Files go with the test."""
    kept = []

    def look(camera, grey):
        body = io.BytesIO()
        Image.new("L", (320, 180), grey).save(body, "JPEG")
        still = Still(station=camera, taken_at=now(), received_at=now(), state="online")
        still.image.save(f"{camera.code}.jpg", ContentFile(body.getvalue()), save=False)
        still.save()
        kept.append(still)
        CameraView.objects.update_or_create(
            station=camera, defaults={"still": still, "taken_at": still.taken_at}
        )

    yield look
    for still in kept:
        still.image.delete(save=False)


def test_the_video_wall_shows_each_new_picture_and_brings_the_camera_of_a_red_alarm_forward(
    screens, seen, water
):
    cameras = list(Station.objects.filter(kind="camera").order_by("code"))
    for camera in cameras:
        Contact.objects.create(station=camera, picture="online", heard_at=now() - timedelta(seconds=5))
        seen(camera, 60)
    wall = screens(at="about:blank")
    asked = []
    wall.on("response", lambda answer: answer.url.endswith("/still") and asked.append(answer.status))
    wall.goto("/video/?tiles=16")
    expect(wall.locator(".tile canvas")).to_have_count(len(cameras))
    expect(wall.locator(".live")).to_have_attribute("data-state", "live")
    first = wall.locator(".tile").first
    expect(first).to_contain_text(cameras[0].name)
    # The picture's own grey stands in the middle of its tile, and another one after the bell.
    for grey in (60, 200):
        seen(cameras[0], grey)
        wall.wait_for_function(
            """([id, grey]) => {
              const canvas = document.querySelector(`.tile[data-id="${id}"] canvas`);
              const copy = new OffscreenCanvas(1, 1).getContext("2d");
              copy.drawImage(canvas, 0, 0, 1, 1);
              return Math.abs(copy.getImageData(0, 0, 1, 1).data[0] - grey) < 4;
            }""",
            arg=[str(cameras[0].pk), grey],
        )
    assert len(asked) < 2 * len(cameras) + 4, "only what changed is asked for again"
    last = next(one for one in reversed(cameras) if one.facts["watches"][0].startswith("PD"))
    water(last.facts["watches"][0], 60)
    expect(first).to_contain_text(last.name)
    expect(first).to_contain_text("积水 60 cm")
    wall.keyboard.press("1")
    expect(wall.locator(".tile")).to_have_count(4)
    wall.keyboard.press("ArrowRight")
    wall.keyboard.press("Enter")
    expect(wall.locator(".large canvas")).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.locator(".large")).to_have_count(0)
