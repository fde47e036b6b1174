"""SensorThings of others: read over real sockets, since the last observation that is stored, on the same host only."""

from datetime import UTC, datetime, timedelta

import pytest

from sensors.adapters import ADAPTERS
from sensors.domain.readings import DecodeError
from sensors.models import Contact, LatestValue, Reading, Sensor, Station
from sensors.polling import runner
from sensors.services import directory, points, polling
from sensors.services.polling import poll_shard
from sensors.simulator.sensorthings import ROOT, SensorThingsServer, Stream
from tests.conftest import MIN
from tests.sensors.ingesting import station
from tests.sensors.peers import Loop

pytestmark = pytest.mark.django_db
HOST = "127.10.31.1"
POINTS = [
    {"channel": "level", "quantity": "water_level", "observed": "Water level"},
    {"channel": "rain", "quantity": "rain_5min", "observed": "Rain"},
]


@pytest.fixture
def real():
    return datetime.now(UTC) - timedelta(seconds=1)


@pytest.fixture
def field(monkeypatch):
    """A service beside this test's own poller, and a station that reads it."""
    directory.forget()
    points.forget()
    loop, mine = Loop(), runner.Poller()
    monkeypatch.setattr(polling, "poller", lambda: mine)
    rows = []
    streams = [Stream(5, "H", "Water level", "cm", lambda: rows), Stream(6, "P", "Snow", "mm", lambda: [])]
    server = SensorThingsServer(HOST, 0, {1: streams}, most=5)
    loop.run(server.start())
    sensors = station("R-1", kind="stage_gauge", protocol="sensorthings", interval_s=60,
                      sensors=[("level", "water_level"), ("rain", "rain_5min")])  # fmt: skip
    config = {"host": HOST, "port": server.port, "path": f"{ROOT}/Things(1)", "points": POINTS}
    Station.objects.update(config=config)
    yield server, rows, sensors["level"]
    mine.close()
    loop.run(server.stop())
    loop.close()
    directory.forget()
    points.forget()


def poll(real):
    Contact.objects.update_or_create(station=Station.objects.get(), defaults={"due_at": real})
    return poll_shard(real).answered


def test_a_datastream_is_read_on_from_the_last_observation_that_is_stored(field, real):
    server, rows, level = field
    begin = real - 60 * MIN
    rows += [(begin + n * MIN, 300 + n) for n in range(40)]
    assert poll(real) == 1
    assert Reading.objects.filter(sensor=level).count() == 40, (
        "the newest of a stream of which we have none, page by page"
    )
    assert LatestValue.objects.get(sensor=level).value == 3.39, "centimetres, as the datastream says"
    assert Contact.objects.get().error == "rain: no datastream observes it"
    server.asked.clear()
    rows += [(begin + n * MIN, 300 + n) for n in range(40, 47)]
    assert poll(real + MIN) == 1
    assert Reading.objects.filter(sensor=level).count() == 47
    assert len(server.asked) == 2 and all("%20gt%20" in one or "+gt+" in one for one in server.asked)
    assert poll(real + 2 * MIN) == 1, "nothing new is an answer"
    assert Contact.objects.get().failures == 0


def test_pages_are_followed_on_the_same_host_only(field, real):
    server, rows, level = field
    rows += [(real - n * MIN, 300 + n) for n in range(1, 9)]
    server.links_to = "http://127.10.31.2:80"
    assert poll(real) == 0
    assert "another host" in Contact.objects.get().error and not Reading.objects.exists()
    server.links_to = f"https://{HOST}:{server.port}"
    assert poll(real + MIN) == 0
    server.links_to = "/"
    assert poll(real + 2 * MIN) == 0 and not Sensor.objects.filter(latest__isnull=False).exists()
    server.links_to = f"http://{HOST}:{server.port}"
    assert poll(real + 3 * MIN) == 1 and level


def test_an_answer_for_points_that_are_not_configured_is_refused():
    adapter = ADAPTERS["sensorthings"]
    frame = b'{"datastreams": [{"channel": "level", "pages": [{"value": []}]}]}'
    assert adapter.decode(frame, {"points": POINTS}).readings == ()
    for config, word in (({}, "no points"), ({"points": POINTS[1:]}, "no point of this station")):
        with pytest.raises(DecodeError, match=word):
            adapter.decode(frame, config)


def test_a_point_is_a_datastream_by_its_id_or_the_only_one_that_observes_it(field, real):
    server, rows, level = field
    rows.append((real - MIN, 300))
    server.things[1].append(Stream(7, "H2", "Water level", "cm", lambda: [(real - MIN, 500)]))
    assert poll(real) == 0 and "name one by its id" in Contact.objects.get().error
    config = Station.objects.get().config
    config["points"] = [{"channel": "level", "quantity": "water_level", "datastream": 7}]
    Station.objects.update(config=config)
    assert poll(real + MIN) == 1 and LatestValue.objects.get(sensor=level).value == 5
    # From the root the id is all there is, and the unit the point's own.
    config |= {"path": ROOT, "points": [{**config["points"][0], "datastream": 5, "unit": "mm"}]}
    Station.objects.update(config=config)
    rows.append((real, 300))
    assert poll(real + 2 * MIN) == 1 and LatestValue.objects.get(sensor=level).value == 0.3
