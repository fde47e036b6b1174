"""One storm, one bed, one fault after the other in this order; then everything is looked up in the database.

The long form is `./onemap bench faults`.
"""

import logging
import os
from pathlib import Path

import pytest

from command_center.demo.faults.bed import Bed
from command_center.demo.faults.desk import Desk
from command_center.demo.faults.screen import Screen
from command_center.demo.faults.trials import PARTS, SHORT, WALL_S, moment, suffer, verdict, wait_for_work

log = logging.getLogger(__name__)
SPEED = 150.0  # the storm's heaviest hour falls into the run


def _find_servers(patch):
    """As ./onemap does, where pytest is called without it."""
    if not os.environ.get("PGBIN"):
        controls = list(Path("/usr/share/postgresql").glob("*/extension/postgis-3.control"))
        if not controls:
            pytest.skip("faults need servers of their own to kill, and this machine has no PostgreSQL")
        newest = max(controls, key=lambda path: int(path.parts[-3]))
        patch.setenv("PGBIN", f"/usr/lib/postgresql/{newest.parts[-3]}/bin")
    if not os.environ.get("REDIS_SERVER"):
        patch.setenv("REDIS_SERVER", "/usr/bin/redis-check-rdb")


@pytest.fixture(scope="module")
def bed():
    with pytest.MonkeyPatch.context() as patch:
        _find_servers(patch)
        made = Bed(speed=SPEED, small=True)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def screen(bed):
    made = Screen(bed, bed.ask("cookie")).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def desk(bed):
    made = Desk(bed).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def found(bed, screen, desk):
    """What the oracle says when every part has worked again."""
    wait_for_work(bed, sorted({part for parts in PARTS.values() for part in parts}), moment(), "the end")
    said = verdict(bed, desk)
    log.info("%s", said.figures)
    return said


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name.replace(" ", "-"))
def test_the_hall_is_well_again_and_the_wall_true_after(bed, screen, desk, fault):
    # Whether a worker that lost its broker works again shows only when nothing else is killed meanwhile.
    outcome = suffer(bed, screen, fault, thorough=fault.hit == ("redis",))
    log.info(
        "%s: healthy after %.1f s, wall true %.1f s after that", fault.name, outcome.healthy_s, outcome.wall_s
    )
    assert outcome.wall_s <= WALL_S


def test_nothing_was_lost_doubled_or_wrong(found):
    assert found.wrong == []


def test_the_storm_was_one(found):
    """What was looked up was worth it."""
    assert found.figures["accepted"] > 1000
    assert found.figures["alarms"] > 5
    assert found.figures["deliveries"] > 10
    assert found.figures["serious"] > 0
    assert found.figures["orders"] > 5
    assert found.figures["closed"] > 5
    assert found.figures["repeated"] > 0, "requests were cut off, and sent again with their keys"
    assert found.figures["steps"] > 0
    assert found.figures["lines"] > 0


def test_the_screen_kept_its_positions_and_asked_for_one_snapshot_only(screen, found):
    assert screen.connections >= 3, "it was thrown out by two kills of the web process at least"
    assert screen.reloads == 1
    assert screen.went_back == 0
