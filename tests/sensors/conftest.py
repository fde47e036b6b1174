"""A district to connect devices in, who may do so, and peers on the loopback."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from command_center.core.models import Area, Department, Membership, User
from tests.conftest import actor
from tests.sensors.peers import Loop


@pytest.fixture
def ground():
    """A district with one town in its middle, and one department."""

    def square(west, south, east, north):
        return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)

    root = Area.objects.create(
        code="1", path="/dy/", kind="district", name="区", outline=square(118, 37, 119, 38)
    )
    town = Area.objects.create(
        code="2",
        path="/dy/town/",
        kind="town",
        name="镇",
        parent=root,
        outline=square(118.4, 37.4, 118.6, 37.6),
    )
    Department.objects.create(code="water", name="水务局", name_en="Water")
    return root, town


@pytest.fixture
def boss(ground):
    return actor(("administrator", "/dy/"), name="boss")


@pytest.fixture
def office(ground):
    """A browser's session of an administrator."""
    user = User.objects.create(username="boss")
    Membership.objects.create(user=user, role="administrator", area=ground[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def loop():
    peers = Loop()
    yield peers
    peers.close()
