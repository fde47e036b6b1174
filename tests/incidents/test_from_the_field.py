"""From a gauge's readings to a proposal: through the alarm engine, the outbox and the deliveries, as in the hall."""

import pytest

from command_center.core import relay, tasks
from incidents.models import Incident
from sensors.models import Alarm, Station
from sensors.services import points
from tests.incidents import scenes
from tests.sensors.ingesting import MIN, NIGHT, station, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_points():
    points.forget()
    yield
    points.forget()


def deliver_all():
    done = []
    while batch := relay.number():
        for delivery in batch.deliveries * 2:  # at least once means: perhaps twice
            done.append(tasks.deliver_once(*delivery))
    return done


def depths(address, *series, start=0):
    for n, depth_cm in enumerate(series):
        at = NIGHT + (start + 5 * n) * MIN
        tell(address, [("depth", "ponding_depth", depth_cm, at)], at=at)


def test_water_on_a_road_becomes_one_proposal_that_grows_with_it():
    for address in ("P-1", "P-2"):
        station(address, kind="ponding_site", sensors=[("depth", "ponding_depth")], facts={"site": "road"})
    depths("P-1", 3, 22, 22)
    assert set(deliver_all()) == {"done", "before"}
    assert Alarm.objects.count() == 1 and not Incident.objects.exists(), "yellow does not propose"
    depths("P-1", 30, 30, start=15)
    deliver_all()
    row = Incident.objects.get()
    assert (row.type.slug, row.state, row.level_proposed) == ("ponding", "reported", 4)
    depths("P-2", 45, 45, start=20)
    depths("P-1", 85, 85, start=30)
    deliver_all()
    row = Incident.objects.get()
    assert row.links.count() == 2 and row.level_proposed == 3
    assert row.received_at <= NIGHT + 25 * MIN


def test_the_whole_demo_district_under_water_is_one_proposal_a_catchment(district):
    sites = list(Station.objects.filter(kind="ponding_site").order_by("code"))
    assert len(sites) == 56
    for n, site in enumerate(sites):
        scenes.tell(scenes.alarm(at=site, level=1 + n % 3, minute=n))
    catchments = {
        site.facts["catchment"] for n, site in enumerate(sites) if 1 + n % 3 <= 2
    }  # a serious alarm in each
    assert Incident.objects.count() == len(catchments) <= 6
    assert sum(map(len, scenes.members().values())) == 56
    assert {row.department.code for row in Incident.objects.select_related("department")} == {"housing"}
