"""Snapshot and changes are one reading: what a screen pieces together is what a new screen would be shown."""

from pathlib import Path

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from command_center.core import relay
from command_center.core.events import announce
from command_center.core.layers import FEEDS, LAYERS
from command_center.core.models import Event
from command_center.onemap import snapshot
from sensors.models import Contact, Station
from tests.conftest import NOON
from tests.live.kit import CHANNELS, Acts, Screen, scopes, small_district, write_values

STATIC = Path(__file__).resolve().parents[2] / "static"


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_snapshot_and_changes_since_make_the_new_snapshot(seed):
    acts = Acts(small_district(), seed)
    for _ in range(15):
        acts.one()
    relay.number()
    screens = {name: Screen(scope) for name, scope in scopes().items()}
    for burst in (1, 6, 30):
        for _ in range(burst):
            acts.one()
        relay.number()
        for name, screen in screens.items():
            screen.catch_up(page=7)
            assert screen.layers == Screen(screen.scope).layers, name
    everything = screens["everything"].layers
    assert everything["alarms"] and everything["rain"], "the law must not hold of nothing"


@pytest.mark.django_db
def test_a_change_seen_already_in_the_snapshot_does_no_harm_when_told_again():
    acts = Acts(small_district(), 99)
    for _ in range(30):
        acts.one()
    relay.number()
    screen = Screen(scopes()["everything"])
    screen.cursor = 0  # as if it had stood at the beginning
    screen.catch_up(page=7)
    assert screen.layers == Screen(screen.scope).layers


@pytest.mark.django_db
def test_each_layer_shows_exactly_what_the_scope_allows():
    acts = Acts(small_district(), 5)
    for _ in range(60):
        acts.one()
    for scope in scopes().values():
        for layer in LAYERS.values():
            model = layer.source(scopes()["everything"]).model
            shown = set(orjson.loads(layer.read(scope))["id"])
            for row in layer.source(scopes()["everything"]):
                assert (str(row.pk) in shown) == scope.allows(layer.action, row), (layer.name, model)


@pytest.mark.django_db
def test_a_feature_that_moves_out_of_sight_is_dropped_and_comes_back_whole():
    stations = small_district()
    station = next(s for s in stations if s.area_path == "/dy/wenhui/" and s.kind == "rain_gauge")
    screen = Screen(scopes()["one town"])
    Station.objects.filter(pk=station.pk).update(area_path="/dy/youtian/")
    station.refresh_from_db()
    announce("station.changed", station, at=NOON)
    relay.number()
    screen.catch_up(7)
    assert str(station.pk) not in screen.layers["rain"]
    Station.objects.filter(pk=station.pk).update(area_path="/dy/wenhui/a/")
    station.refresh_from_db()
    announce("station.changed", station, at=NOON)
    relay.number()
    screen.catch_up(7)
    assert screen.layers["rain"][str(station.pk)]["area"] == "/dy/wenhui/a/"


@pytest.mark.django_db
def test_reading_costs_the_same_few_queries_however_much_there_is(monkeypatch):
    monkeypatch.setattr("command_center.core.now._READ_AGAIN_S", 3600)  # the clock's row is read by time

    def cost(function):
        with CaptureQueriesContext(connection) as queries:
            function()
        return len(queries)

    acts = Acts(small_district(each=1), 1)
    for _ in range(10):
        acts.one()
    relay.number()
    scope = scopes()["everything"]
    snapshot.snapshot(scope)  # the first asker writes the epoch and reads the clock
    few = cost(lambda: snapshot.snapshot(scope)), cost(lambda: snapshot.changes_since(0, scope))
    for _ in range(150):
        acts.one()
    relay.number()
    many = cost(lambda: snapshot.snapshot(scope)), cost(lambda: snapshot.changes_since(0, scope))
    # head, epoch, clock; what moves in two a feed and one for all; and one a layer
    assert many[0] <= few[0] <= 4 + 2 * len(FEEDS) + len(LAYERS)
    # the page; whose alarm, which alarms of a station; one a layer; and one where what is gone was somebody's own
    assert many[1] <= 3 + len(LAYERS) + sum(layer.within is not None for layer in LAYERS.values())


@pytest.mark.django_db
def test_what_no_layer_watches_moves_the_cursor_and_touches_nothing():
    stations = small_district(each=1)
    announce("nobody.watches", stations[0], at=NOON)
    batch = relay.number()
    page = snapshot.changes_since(0, scopes()["everything"])
    assert (page.cursor, page.layers, page.more) == (batch.head, {}, False)


@pytest.mark.django_db
def test_values_are_read_through_the_scope_and_only_what_changed_comes_again():
    stations = small_district(each=1)
    write_values(stations)
    scope = scopes()["one town"]
    position, everything = snapshot.values_since(None, scope)
    allowed = {str(s.pk) for s in stations if s.area_path.startswith("/dy/wenhui/") and s.kind in CHANNELS}
    assert set(everything) == allowed
    gauge = next(s for s in stations if s.kind == "rain_gauge" and s.area_path == "/dy/wenhui/")
    values = everything[str(gauge.pk)]
    assert values["rain_total"][0] == 1.0 and values["rain"]["1h"] == [1.0, 1.0]


@pytest.mark.django_db
def test_the_snapshot_says_where_it_stands():
    small_district(each=1)
    event = Event.objects.create(kind="x", subject_type="x", subject_id="x", area_path="/", at=NOON)
    relay.number()
    event.refresh_from_db()
    shown = orjson.loads(snapshot.snapshot(scopes()["everything"]))
    assert shown["cursor"] == event.seq
    assert shown["epoch"] == snapshot.epoch()
    assert shown["clock"]["rate"] == 1.0
    stations = [layer for layer in shown["layers"].values() if "silent_since" in layer]
    assert Contact.objects.count() == sum(len(layer["id"]) for layer in stations)


def test_every_layer_has_its_renderer_and_every_renderer_its_layer():
    files = {path.stem for path in (STATIC / "app" / "layers").glob("*.js")} - {"index"}
    assert files == set(LAYERS)
