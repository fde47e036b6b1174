"""A duty officer watches a camera behind a media gateway live and turns it, in a real browser against a real stream."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from command_center.core.models import AuditEntry
from sensors.models import Station
from sensors.simulator.cameras import Camera
from sensors.simulator.equipment import from_stations
from sensors.simulator.faults import WELL_CAMERA
from sensors.simulator.media_gateways import MediaGateway
from tests.browser.conftest import LIVE_HOST, LIVE_PORT
from tests.sensors.peers import Loop

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def behind(hall):
    """The demo's camera of GB/T 28181, with a gateway that streams it."""
    station = Station.objects.filter(protocol="gb28181").order_by("code").first()
    station.config |= {"host": LIVE_HOST, "port": LIVE_PORT}
    station.save(update_fields=["config"])
    (equipment,) = from_stations([station])
    camera = Camera(equipment, WELL_CAMERA, lambda: NOON, lambda: (20.0, 5.0))
    gateway = MediaGateway(LIVE_HOST, LIVE_PORT, {camera.path: camera}, {})
    peers = Loop()
    peers.run(gateway.start())
    yield station, camera
    peers.run(gateway.stop())
    peers.close()


def test_a_camera_behind_a_gateway_is_watched_live_and_turned(behind, screens):
    station, camera = behind
    page = screens(at=f"/stations/{station.pk}/")
    page.get_by_role("button", name="观看实时画面").click()
    video = page.locator(".live-picture video")
    expect(video).to_be_visible()
    page.wait_for_function("() => document.querySelector('.live-picture video')?.currentTime > 0.2")
    expect(page.locator("#told [role=status]")).to_have_text("实时")
    page.get_by_role("button", name="近景").click()
    expect(page.get_by_role("button", name="近景")).to_have_attribute("aria-pressed", "true")
    assert camera.scene.code == f"{station.code} 2"
    page.get_by_role("button", name="停止观看").click()
    expect(video).to_have_count(0)
    acts = AuditEntry.objects.filter(subject_id=str(station.pk)).order_by("pk").values_list("act", "who")
    assert [act for act, _ in acts] == ["camera.watch", "camera.steer"]
    rtsp = Station.objects.filter(protocol="rtsp").first()
    page.goto(f"/stations/{rtsp.pk}/")
    page.get_by_role("button", name="观看实时画面").click()
    expect(page.locator("#told [role=status]")).to_have_text("该摄像机在此无实时画面，仅有抓拍图。")
