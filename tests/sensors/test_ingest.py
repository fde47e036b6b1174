"""Taking readings in: stored once, newest wins, doubtful ones kept apart, nothing lost half-way."""

from datetime import timedelta

import pytest

from command_center.core.models import Event
from sensors.domain.quality import Quality, flag_of
from sensors.models import Contact, LatestValue, RainSum, RawFrame, Reading, Station
from sensors.services import directory, rain
from sensors.services.history import rain_history, samples
from sensors.services.ingest import Frame, ingest
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

pytestmark = pytest.mark.django_db
GAUGE, SITE = "0090000101", "P-01"


@pytest.fixture
def level():
    return station(GAUGE, kind="stage_gauge", sensors=[("level", "water_level")])["level"]


@pytest.fixture
def depth():
    return station(SITE, kind="ponding_site", protocol="ea_http", sensors=[("depth", "ponding_depth")])[
        "depth"
    ]


def say_level(value, at, received=None):
    return tell(GAUGE, [("level", "water_level", value, at)], at=received or at)


def say_depth(value, at, received=None):
    return tell(SITE, [("depth", "ponding_depth", value, at)], at=received or at, protocol="ea_http")


def test_a_reading_is_stored_with_its_two_times_and_becomes_the_latest(level):
    receipt = say_level(3.25, NIGHT, received=NIGHT + MIN)
    assert (receipt.stored, receipt.repeated, receipt.unknown) == (1, 0, ())
    row = Reading.objects.get(sensor=level)
    assert (row.observed_at, row.received_at, row.value, row.quality) == (
        NIGHT,
        NIGHT + MIN,
        3.25,
        Quality.GOOD,
    )
    latest = LatestValue.objects.get(sensor=level)
    assert (latest.observed_at, latest.received_at, latest.value, latest.revision) == (
        NIGHT,
        NIGHT + MIN,
        3.25,
        1,
    )


def test_a_repeat_changes_nothing_in_the_same_batch_or_later(level):
    twice = [frame(GAUGE, [("level", "water_level", 3.0, NIGHT)], at=NIGHT)] * 2
    assert ingest(twice, received_at=NIGHT).repeated == 1
    before = LatestValue.objects.values().get(sensor=level)
    receipt = say_level(3.0, NIGHT, received=NIGHT + 10 * MIN)
    assert (receipt.stored, receipt.repeated, receipt.conflicting) == (0, 1, 0)
    assert Reading.objects.filter(sensor=level).count() == 1
    assert LatestValue.objects.values().get(sensor=level) == before


def test_of_two_values_for_one_moment_the_first_stays_and_the_frame_says_so(level):
    say_level(3.0, NIGHT)
    receipt = say_level(4.0, NIGHT)
    assert receipt.conflicting == receipt.repeated == 1
    assert Reading.objects.get(sensor=level).value == 3.0
    assert RawFrame.objects.order_by("id").last().error == "another value is already kept for this time (1)"


def test_a_late_reading_is_stored_and_the_latest_stays(level):
    say_level(3.0, NIGHT)
    assert say_level(2.0, NIGHT - 60 * MIN, received=NIGHT + MIN).stored == 1
    latest = LatestValue.objects.get(sensor=level)
    assert (latest.value, latest.observed_at, latest.received_at) == (3.0, NIGHT, NIGHT)
    assert latest.revision == 2, "a cache that missed the late one must see that it did"
    assert [s.value for s in samples([level.id], NIGHT - 90 * MIN)[level.id]] == [2.0, 3.0]


@pytest.mark.parametrize("days", [1, 9, 29])
def test_late_data_of_any_day_within_bounds_find_their_partition(level, days):
    assert say_level(1.5, NIGHT - timedelta(days=days), received=NIGHT).stored == 1
    assert Reading.objects.get(sensor=level).quality == Quality.GOOD


@pytest.mark.parametrize("at", [NIGHT + 6 * MIN, NIGHT - timedelta(days=31)])
def test_a_device_time_that_cannot_be_true_is_kept_apart(level, at):
    receipt = say_level(9.0, at, received=NIGHT)
    assert receipt.quarantined == receipt.stored == 1
    assert flag_of(Reading.objects.get(sensor=level).quality) == Quality.QUARANTINED
    assert not LatestValue.objects.filter(sensor=level).exists()
    assert samples([level.id], NIGHT - timedelta(days=60)) == {level.id: []}
    assert "device time lies" in RawFrame.objects.get().error


def test_an_absurd_device_time_makes_no_partition_and_leaves_only_the_raw_frame(level):
    receipt = say_level(9.0, NIGHT.replace(year=2099), received=NIGHT)
    assert receipt.stored == 0 and not Reading.objects.exists()
    assert RawFrame.objects.get().error == "device time lies in the future (1)"


def test_values_beyond_what_a_device_can_say_are_kept_as_bad(level):
    say_level(99999.0, NIGHT)
    assert flag_of(Reading.objects.get(sensor=level).quality) == Quality.BAD
    assert flag_of(LatestValue.objects.get(sensor=level).quality) == Quality.BAD


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_no_number_is_no_reading(level, value):
    assert say_level(value, NIGHT).stored == 0
    assert RawFrame.objects.count() == 1


def test_a_jump_of_ponding_is_suspect_until_it_has_stood_for_the_hold(depth):
    for minute, value in enumerate([10.0, 10.5, *[60.0] * 32]):
        say_depth(value, NIGHT + minute * MIN)
    found = [s.quality for s in samples([depth.id], NIGHT)[depth.id]]
    assert found == [Quality.GOOD] * 2 + [Quality.SUSPECT] * 30 + [Quality.GOOD] * 2


def test_a_late_neighbour_changes_the_judgement_of_what_follows_it(depth):
    say_depth(10.0, NIGHT)
    say_depth(68.0, NIGHT + 2 * MIN)
    assert LatestValue.objects.get(sensor=depth).quality == Quality.GOOD
    say_depth(10.0, NIGHT + MIN, received=NIGHT + 3 * MIN)
    found = [s.quality for s in samples([depth.id], NIGHT)[depth.id]]
    assert found == [Quality.GOOD, Quality.GOOD, Quality.SUSPECT]
    assert flag_of(LatestValue.objects.get(sensor=depth).quality) == Quality.SUSPECT


def test_unknown_stations_and_points_are_kept_raw_and_reported(level):
    receipt = ingest(
        [
            frame("0099999999", [("level", "water_level", 1.0, NIGHT)], at=NIGHT),
            frame(
                GAUGE, [("gate", "gate_opening", 1.0, NIGHT), ("level", "water_level", 1.0, NIGHT)], at=NIGHT
            ),
        ],
        received_at=NIGHT,
    )
    assert receipt.unknown == ("0099999999",)
    assert receipt.unknown_channels == (f"{GAUGE}/gate",)
    assert receipt.stored == 1 and RawFrame.objects.count() == 2
    assert RawFrame.objects.get(address=GAUGE).station_id == level.station_id


def test_a_station_registered_after_it_was_first_heard_is_known_at_once():
    assert say_level(1.0, NIGHT).unknown == (GAUGE,)
    station(GAUGE, sensors=[("level", "water_level")])
    assert say_level(1.0, NIGHT).stored == 1


def test_a_station_that_was_made_anew_under_the_same_address_gets_its_own_readings(level):
    say_level(1.0, NIGHT)
    Contact.objects.all().delete()
    Station.objects.all().delete()
    again = station(GAUGE, kind="stage_gauge", sensors=[("level", "water_level")])["level"]
    assert say_level(2.0, NIGHT + MIN).stored == 1
    assert Reading.objects.get(sensor=again).value == 2.0


def test_a_refused_frame_is_kept_with_its_reason_and_bytes():
    refused = Frame("sl651", "127.10.0.9:1", NIGHT, b"\x7e\x7e\x00\xff", "", None, "checksum does not match")
    assert ingest([refused], received_at=NIGHT).refused == 1
    row = RawFrame.objects.get()
    assert (bytes(row.raw), row.error, row.decoded) == (b"\x7e\x7e\x00\xff", "checksum does not match", None)


def test_a_frame_keeps_what_it_said_beside_its_readings(level):
    say_level(1.0, NIGHT)
    assert RawFrame.objects.get().decoded["function"] == "32"


def test_a_station_is_heard_and_its_return_from_silence_is_announced(level):
    say_level(1.0, NIGHT)
    contact = Contact.objects.get(station=level.station)
    assert contact.heard_at == NIGHT and contact.peer == "127.10.0.1:40000"
    Contact.objects.update(silent_since=NIGHT + 20 * MIN)
    say_level(1.0, NIGHT + 40 * MIN)
    assert Contact.objects.get(station=level.station).silent_since is None
    event = Event.objects.get(kind="station.heard")
    assert (event.subject_id, event.area_path) == (str(level.station_id), "/dy/")


def test_nothing_of_a_batch_stays_when_a_part_of_it_fails(level, monkeypatch):
    from sensors.services import ingest as module

    def fail(*args):
        raise RuntimeError("disk full")

    monkeypatch.setattr(module, "_write_frames", fail)
    with pytest.raises(RuntimeError):
        say_level(1.0, NIGHT)
    assert not Reading.objects.exists() and not LatestValue.objects.exists() and not Contact.objects.exists()


def test_rain_sums_follow_the_counter_and_the_five_minute_series():
    sensors = station(GAUGE)
    total = 99998.0
    for step in range(13):
        total = round((total + 0.5) % 100000.0, 1)
        at = NIGHT + 5 * step * MIN
        tell(GAUGE, [("rain_5min", "rain_5min", 0.5, at), ("rain_total", "rain_total", total, at)], at=at)
    sums = RainSum.objects.get()
    assert sums.sensor_id == sensors["rain_total"].id and sums.at == NIGHT + 60 * MIN
    assert (sums.mm["5min"], sums.mm["10min"], sums.mm["1h"], sums.mm["24h"]) == (0.5, 1.0, 6.0, 6.5)
    assert sums.complete["1h"] == 1.0 and sums.complete["3h"] == round(65 / 180, 4)
    history = rain_history(sensors["rain_total"].id, NIGHT + 55 * MIN)
    assert [(at, amounts["1h"].mm) for at, amounts in history] == [
        (NIGHT + 55 * MIN, 6.0),
        (NIGHT + 60 * MIN, 6.0),
    ]


def test_a_gauge_with_a_counter_alone_has_sums_too():
    station(GAUGE, sensors=[("rain_total", "rain_total")])
    for step, total in enumerate([100.0, 100.5, 102.0, 0.4]):  # reset at the end
        tell(GAUGE, [("rain_total", "rain_total", total, NIGHT + 5 * step * MIN)], at=NIGHT + 5 * step * MIN)
    assert RainSum.objects.get().mm["1h"] == 2.4


def test_sums_of_a_wrong_clock_are_not_counted():
    station(GAUGE, sensors=[("rain_5min", "rain_5min")])
    tell(GAUGE, [("rain_5min", "rain_5min", 1.0, NIGHT)], at=NIGHT)
    tell(GAUGE, [("rain_5min", "rain_5min", 9.0, NIGHT + 30 * MIN)], at=NIGHT + MIN)
    assert RainSum.objects.get().mm["24h"] == 1.0


def test_the_directory_asks_only_once_for_a_station_it_knows(level, django_assert_num_queries):
    directory.forget()
    with django_assert_num_queries(1):
        directory.find([("sl651", GAUGE)])
    with django_assert_num_queries(0):
        assert directory.find([("sl651", GAUGE)])[("sl651", GAUGE)].points["level"].id == level.id


def test_the_number_of_queries_does_not_grow_with_the_batch(level, depth, django_assert_max_num_queries):
    say_level(1.0, NIGHT)
    say_depth(1.0, NIGHT)
    many = [
        frame(GAUGE, [("level", "water_level", 1.0, NIGHT + n * MIN)], at=NIGHT + n * MIN)
        for n in range(1, 200)
    ]
    with django_assert_max_num_queries(25):
        assert ingest(many, received_at=NIGHT + 200 * MIN).stored == 199


def test_the_sums_of_a_silent_gauge_fall_and_show_what_they_do_not_cover():
    station(GAUGE, sensors=[("rain_5min", "rain_5min")])
    for n in range(1, 13):
        tell(GAUGE, [("rain_5min", "rain_5min", 1.0, NIGHT + 5 * n * MIN)], at=NIGHT + 5 * n * MIN)
    assert rain.settle(NIGHT + 65 * MIN) == 0, "one missed report is not silence"
    assert rain.settle(NIGHT + 90 * MIN) == 1
    sums = RainSum.objects.get()
    assert (sums.at, sums.received_at) == (NIGHT + 90 * MIN, NIGHT + 60 * MIN)
    assert (sums.mm["1h"], sums.complete["1h"], sums.mm["3h"]) == (6.0, 0.5, 12.0)
    assert rain.settle(NIGHT + 40 * 60 * MIN) == 1
    assert RainSum.objects.get().complete["24h"] == 0
    assert rain.settle(NIGHT + 41 * 60 * MIN) == 0, "nothing is left that could fall"
