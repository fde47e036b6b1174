import pytest

from incidents import services
from tests.conftest import NOON, actor
from tests.incidents import scenes


@pytest.fixture
def departments(db):
    return scenes.district()


@pytest.fixture
def leader():
    return actor(("shift_leader", "/dy/"), name="leader")


@pytest.fixture
def report(departments, officer):
    """Report by hand, with what a call at noon would tell unless it is said otherwise."""

    def by_hand(**given):
        usual = {
            "by": officer,
            "at": NOON,
            "type": "fire",
            "source": "call",
            "position": scenes.lonlat(100, 100),
        }
        return services.report(**{**usual, **given})

    return by_hand
