"""The same data in any order, with repeats and late parts: the same readings, sums and latest values."""

import csv
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from sensors.models import LatestValue, RainSum, Reading, Station
from sensors.services import rain
from sensors.services.history import rain_history
from sensors.services.ingest import ingest
from sensors.services.storing import lock_stations
from tests.sensors.ingesting import MIN, NIGHT, frame, station

RECORDED = Path(__file__).parents[3] / "shared/data/rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"


def generated(gauges=2, hours=26, seed=11):
    """A storm in 5-minute steps: {address: [(time, mm)]}."""
    chance = random.Random(seed)
    return {
        f"00900001{n:02}": [
            (NIGHT + 5 * k * MIN, round(max(0.0, chance.gauss(0.2, 0.8)), 1)) for k in range(hours * 12)
        ]
        for n in range(1, gauges + 1)
    }


def recorded():
    """Two gauges of the recorded storm around its peak, each 15-minute step in three equal parts."""
    with RECORDED.open() as file:
        rows = list(csv.reader(file))[1:][150:260]
    found = {}
    for n in (1, 6):
        series = []
        for row in rows:
            at = datetime.fromisoformat(row[0]).replace(tzinfo=UTC)
            series += [(at - k * 5 * MIN, float(row[n]) / 3) for k in (2, 1, 0)]
        found[f"00900001{n:02}"] = series
    return found


def frames_of(storm, *, wraps_at=100000.0):
    """Each step as one report with the increment, the counter (which wraps on the way) and a level."""
    frames = []
    for address, series in storm.items():
        total = wraps_at - 5.0
        for at, mm in series:
            total = round((total + mm) % wraps_at, 1)
            values = [
                ("rain_5min", "rain_5min", mm, at),
                ("rain_total", "rain_total", total, at),
                ("level", "ponding_depth", (mm * 37) % 90, at),
            ]
            frames.append(frame(address, values, at=at))
    return sorted(frames, key=lambda one: one.received_at)


def make_stations(storm):
    channels = [("rain_total", "rain_total"), ("rain_5min", "rain_5min"), ("level", "ponding_depth")]
    for address in storm:
        station(address, sensors=channels)


def deliver(frames, sizes, *, at):
    frames = list(frames)
    while frames:
        n = next(sizes)
        batch, frames = frames[:n], frames[n:]
        ingest(batch, received_at=at)


def picture():
    """Everything that must not depend on the order, by address."""
    readings = list(
        Reading.objects.order_by("sensor", "observed_at").values_list(
            "sensor__station__address", "sensor__channel", "observed_at", "value", "quality"
        )
    )
    latest = {
        (row.sensor.station.address, row.sensor.channel): (row.observed_at, row.value, row.quality)
        for row in LatestValue.objects.select_related("sensor__station")
    }
    sums = {
        row.sensor.station.address: (row.at, row.mm, row.complete)
        for row in RainSum.objects.select_related("sensor__station")
    }
    points = RainSum.objects.values_list("sensor__station__address", "sensor_id")
    histories = {address: rain_history(point, NIGHT - timedelta(days=30)) for address, point in points}
    return readings, latest, sums, histories


def shuffled(frames, chance):
    """10 % come twice, 5 % hours late, the rest jumbled within an hour."""
    told = [*frames, *chance.sample(frames, len(frames) // 10)]
    hour = timedelta(hours=1)

    def arrival(one):
        late = chance.random() < 0.05
        return one.received_at + chance.random() * (12 * hour if late else hour)

    return sorted(told, key=arrival)


CASES = [(generated, "one process"), (generated, "two processes in turn"), (generated, "none")]
if RECORDED.exists():
    CASES.append((recorded, "two processes in turn"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("storm", "memory"), CASES)
def test_shuffled_repeated_and_late_frames_give_the_same_picture(storm, memory, monkeypatch):
    storm = storm()
    make_stations(storm)
    frames = frames_of(storm)
    end = frames[-1].received_at + 5 * MIN
    deliver(frames, iter(lambda: 20, None), at=end)
    straight = picture()

    Reading.objects.all().delete()
    LatestValue.objects.all().delete()
    RainSum.objects.all().delete()
    rain.forget()
    chance = random.Random(5)
    others = [rain._kept, type(rain._kept)()]

    def sizes():
        while True:
            if memory == "none":
                rain.forget()
            if memory == "two processes in turn":
                others.reverse()
                monkeypatch.setattr(rain, "_kept", others[0])
            yield chance.randint(1, 60)

    deliver(shuffled(frames, chance), sizes(), at=end)
    again = picture()
    assert again[0] == straight[0]
    assert again[1] == straight[1]
    assert again[2] == straight[2]
    assert again[3] == straight[3]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_batch_leaves_no_trace_in_the_memory_of_sums(monkeypatch):
    from sensors.services import ingest as module

    storm = generated(gauges=1, hours=2)
    make_stations(storm)
    frames = frames_of(storm)
    deliver(frames[:20], iter(lambda: 5, None), at=frames[20].received_at)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_write_frames", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ingest(frames[20:22], received_at=frames[21].received_at)
    ingest(frames[22:], received_at=frames[-1].received_at)
    point = RainSum.objects.get()
    [(at, sums)] = rain_history(point.sensor_id, point.at)
    assert point.at == at and point.mm == {name: amount.mm for name, amount in sums.items()}


@pytest.mark.django_db(transaction=True)
def test_the_same_frames_told_by_several_at_once_are_stored_once_and_summed_right():
    storm = generated(gauges=2, hours=3)
    make_stations(storm)
    frames = frames_of(storm)
    end = frames[-1].received_at
    deliver(frames, iter(lambda: 20, None), at=end)
    straight = picture()
    for model in (Reading, LatestValue, RainSum):
        model.objects.all().delete()
    rain.forget()

    def teller(seed):
        chance = random.Random(seed)
        told = chance.sample(frames, len(frames))
        try:
            receipts = [ingest(told[n : n + 6], received_at=end) for n in range(0, len(told), 6)]
            return sum(receipt.stored for receipt in receipts)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        stored = sum(pool.map(teller, [1, 2, 3]))
    assert stored == len(straight[0]), "each reading was accepted as new exactly once"
    assert picture() == straight


@pytest.mark.django_db(transaction=True)
def test_a_batch_waits_for_those_of_the_same_stations_and_for_no_others():
    def can_go_on(stations):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 1")  # ms of waiting for a lock
                lock_stations(cursor, stations)
                return True
        except OperationalError:
            return False
        finally:
            connection.close()

    for n in range(40):
        station(f"00900002{n:02}", sensors=[])
    stations = list(Station.objects.values_list("pk", flat=True))
    ours, others = stations[:20], stations[20:]
    for heard in ((), ours, ()):  # never spoken of before, heard for the first time, known
        with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
            lock_stations(cursor, ours, heard=heard)
            assert pool.submit(can_go_on, others).result()
            assert not pool.submit(can_go_on, [*others, ours[0]]).result()
