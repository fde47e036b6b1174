from datetime import timedelta

import pytest

from sensors.simulator.storm import Storm
from tests.simulator.field_peers import NOON


@pytest.fixture
def cloudburst():
    """A day and a half of 5-minute steps; two hours of heavy rain begin at NOON."""
    start = NOON - timedelta(hours=30)
    dry, wet = (0,) * (30 * 12), tuple(40 + n % 7 for n in range(24))
    return Storm(
        "cloudburst", start, timedelta(minutes=5), (dry + wet + (0,) * 72, dry + wet[::-1] + (0,) * 72)
    )
