"""Simulated units answer, drive, arrive and go home through the doors of real ones."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from django.db import connections
from django.test import Client

from dispatch import simulator
from dispatch.domain.evidence import metres
from dispatch.models import Assignment, Resource
from dispatch.services import assignments
from tests.conftest import NOON

SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


class Web(httpx.AsyncBaseTransport):
    """The application behind the client, without a socket."""

    def __init__(self):
        self.down = False

    async def handle_async_request(self, request):
        if self.down:
            raise httpx.ConnectError("gone")
        answer = Client().post(
            request.url.path, request.content, content_type="application/json",
            HTTP_AUTHORIZATION=request.headers["Authorization"],
        )  # fmt: skip
        return httpx.Response(answer.status_code, content=answer.content, request=request)


@pytest.fixture
def play(monkeypatch):
    units, web = {}, Web()

    def forward(start, seconds, step=30):
        client = httpx.AsyncClient(transport=web, base_url="http://127.0.0.1")
        for second in range(0, seconds, step):
            present = start + second * SECOND
            for module in (
                "dispatch.api_units",
                "command_center.core.idempotency",
                "command_center.core.middleware",
            ):
                monkeypatch.setattr(f"{module}.now", lambda present=present: present)
            simulator.look(units)
            for unit in units.values():
                asyncio.run(_tell(client, unit, unit.step(present)))
        return units

    forward.web = web
    return forward


async def _tell(client, unit, move):
    try:
        await simulator.tell(client, unit, move)
    finally:
        connections.close_all()  # a running loop has its own


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # everything here runs in the test's own thread
    monkeypatch.setattr(simulator, "close_old_connections", lambda: None)


def test_a_unit_accepts_drives_at_a_plausible_speed_arrives_and_goes_home(incident, resource, officer, play):
    truck = resource("t1", east_m=5000)
    made = assignments.assign(incident, truck, by=officer, at=NOON)
    play(NOON, 300)
    made.refresh_from_db()
    truck.refresh_from_db()
    assert made.state == "on_the_way"
    driven = metres((truck.base.x, truck.base.y), (truck.position.x, truck.position.y))
    assert 0 < driven <= simulator.SPEED_KMH / 3.6 * 300
    play(NOON + 300 * SECOND, 900)
    made.refresh_from_db()
    assert (made.state, made.arrived_by_position) == ("on_scene", True)
    took = made.on_scene_at - made.on_the_way_at
    assert took >= 4800 / (simulator.SPEED_KMH / 3.6) * SECOND - 60 * SECOND
    assignments.move(made, "release", by=officer, at=NOON + 1300 * SECOND)
    play(NOON + 1300 * SECOND, 900)
    truck.refresh_from_db()
    assert metres((truck.position.x, truck.position.y), (truck.base.x, truck.base.y)) < 5


def test_what_could_not_be_sent_is_sent_later_in_one_go(incident, resource, officer, play):
    truck = resource("t1", east_m=5000)
    assignments.assign(incident, truck, by=officer, at=NOON)
    play(NOON, 240)
    reported = truck.track.count()
    play.web.down = True
    play(NOON + 240 * SECOND, 120)
    assert truck.track.count() == reported
    play.web.down = False
    play(NOON + 360 * SECOND, 30)
    assert truck.track.count() == reported + 5


def test_units_off_duty_say_nothing(resource, play):
    resource("t1", state="off_duty")
    assert play(NOON, 60) == {}
    assert Assignment.objects.count() == 0
    assert Resource.objects.get().track.count() == 0
