"""One clock for the whole hall: storm time in the demo, real time in production."""

from datetime import UTC, datetime, timedelta

import pytest

from command_center.core import now as hall
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def test_without_a_demo_the_hall_lives_in_real_time():
    assert abs(hall.now() - datetime.now(UTC)) < timedelta(seconds=5) and hall.rate().rate == 1


def test_a_sped_up_demo_lives_in_storm_time_as_a_whole():
    real = datetime.now(UTC)
    clock = hall.set_demo_clock(story=NOON, speed=60, origin=real)
    assert clock.at(real + timedelta(seconds=2)) == NOON + timedelta(minutes=2)
    assert clock.real(NOON + timedelta(hours=1)) == real + timedelta(minutes=1)
    assert NOON <= hall.now() < NOON + timedelta(hours=1)
    assert hall.real_seconds(timedelta(minutes=5)) == 5


def test_production_refuses_the_demo_clock(settings):
    hall.set_demo_clock(story=NOON, speed=60)
    settings.OURS = settings.OURS | {"demo_clock_allowed": False}
    assert abs(hall.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(RuntimeError):
        hall.set_demo_clock(story=NOON, speed=60)
