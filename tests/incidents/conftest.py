import pytest

from incidents import services
from incidents.services.timeline import SOURCES
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


@pytest.fixture(autouse=True)
def nothing_above():
    """What apps above add is theirs to test; here incidents stand alone."""
    kept = [(rows, rows[:]) for rows in (services.CLOSING_GUARDS, SOURCES)]
    for rows, _ in kept:
        rows.clear()
    yield
    for rows, before in kept:
        rows[:] = before
