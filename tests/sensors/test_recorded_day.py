"""A recorded day as it came: 319 gauges with their gaps, and stage gauges of a flood, one of which dies in it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point

from command_center.core.models import Area, Event
from command_center.core.now import Rate
from sensors.domain.quality import Check, check_of
from sensors.models import Alarm, Contact, Reading, ReadingDay, ReadingHour, Sensor, Station
from sensors.services import contact, directory, neighbours, points, rain
from sensors.services.checking import follow
from sensors.services.contact import watch_silence
from sensors.services.history import rain_history
from sensors.services.ingest import ingest
from tests.sensors.ingesting import frame
from tests.sensors.recorded import PO_PLACES, PO_PLAIN, STEP, gauges, stage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.beside("data/rain_po_plain_2022"),
]
DAY = datetime(2022, 8, 18, 16, 0, tzinfo=UTC)  # 19 August of the hall
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_remembered():
    for memory in (points, directory, rain, neighbours):
        memory.forget()
    yield
    for memory in (points, directory, rain, neighbours):
        memory.forget()


def make_gauges(recorded):
    area, _ = Area.objects.get_or_create(
        code="t", defaults={"path": "/dy/", "kind": "district", "name": "区"}
    )
    stations = Station.objects.bulk_create(
        Station(
            code=f"G-{n}", name="站", kind="rain_gauge", position=Point(*where, srid=4326), area=area, area_path="/dy/",
            protocol="sl651", address=f"G-{n}", interval_s=900,
        )
        for n, (where, _) in enumerate(recorded.values())
    )  # fmt: skip
    Sensor.objects.bulk_create(
        Sensor(station=one, channel="rain", quantity="rain_5min", facts={"step_s": 900}, name="雨量")
        for one in stations
    )


def test_a_day_of_319_gauges_with_gaps_gives_exact_sums_that_say_how_much_of_them_is_known():
    recorded = gauges(PO_PLAIN, PO_PLACES, since=DAY, until=DAY + 24 * HOUR)
    make_gauges(recorded)
    series = {f"G-{n}": rows for n, (_, rows) in enumerate(recorded.values())}
    gaps = sum(mm is None for rows in series.values() for _, mm in rows)
    assert len(series) == 319 and gaps > 3000
    times = sorted({at for rows in series.values() for at, _ in rows})
    assert len(times) == 96
    told = {address: dict(rows) for address, rows in series.items()}
    for begin in range(0, 96, 8):  # two hours at a time
        frames = [
            frame(address, [("rain", "rain_5min", told[address][at], at)], at=at)
            for at in times[begin : begin + 8]
            for address in told
            if told[address][at] is not None
        ]
        ingest(frames, received_at=times[begin + 7])
    end = DAY + 24 * HOUR
    follow(end + HOUR)

    sensors = {row.station.address: row.pk for row in Sensor.objects.select_related("station")}
    days = {row.sensor_id: row for row in ReadingDay.objects.all()}
    doubted = 0
    for address, rows in series.items():
        known = [(at, mm) for at, mm in rows if mm is not None]
        if not known:
            assert sensors[address] not in days
            continue
        row = days[sensors[address]]
        assert row.count + row.doubted == len(known)
        doubted += row.doubted
        if not row.doubted:
            assert row.total == pytest.approx(sum(mm for _, mm in known), abs=0.01), address
            assert row.complete == pytest.approx(len(known) / 96, abs=1e-3), address
            assert row.highest == max(mm for _, mm in known)
    assert doubted < 0.001 * sum(row.count for row in days.values()), "a storm night is believed"
    assert ReadingHour.objects.count() >= 319 * 24 * 0.8

    # no ring that the recorded sums do not bear out
    alarms = Alarm.objects.filter(rule="rain.amount").select_related("station")
    assert alarms.count() >= 20
    for alarm in alarms.order_by("pk")[:12]:
        sums = dict(rain_history(alarm.sensor_id, alarm.raised_at, alarm.raised_at))[alarm.raised_at]
        rows = told[alarm.station.address]
        for window, hours in (("1h", 1), ("3h", 3), ("6h", 6), ("12h", 12)):
            true = sum(
                mm or 0 for at, mm in rows.items() if alarm.raised_at - hours * HOUR < at <= alarm.raised_at
            )
            assert sums[window].mm == pytest.approx(true, abs=0.01)
        assert sums["1h"].mm >= 30 or sums["3h"].mm >= 50 or sums["6h"].mm >= 50 or sums["12h"].mm >= 50
    wet = {a for a, rows in told.items() if max(_trailing_hour(rows, times)) >= 30}
    assert wet <= {alarm.station.address for alarm in alarms}, "and none is missing"


def _trailing_hour(rows, times):
    for k in range(3, len(times)):
        yield sum(rows[at] or 0 for at in times[k - 3 : k + 1])


@pytest.mark.beside("data/stage_colorado_2013")
def test_of_stage_gauges_in_a_flood_the_one_that_dies_is_one_alarm_and_the_flood_is_believed(monkeypatch):
    monkeypatch.setattr(contact, "_GAP", timedelta.max)
    since = datetime(2013, 9, 12, 6, tzinfo=UTC)
    until = datetime(2013, 9, 13, 0, tzinfo=UTC)
    names = ("bigthompson_at_estespark", "bigthompson_creek_at_loveland", "boulder_creek_at_longmont")
    series = {f"R-{n}": dict(stage(name, since=since)) for n, name in enumerate(names)}
    limits = {"R-0": (1.7, 2.1), "R-1": (1.5, 2.6), "R-2": (1.2, 2.2)}
    area, _ = Area.objects.get_or_create(
        code="t", defaults={"path": "/dy/", "kind": "district", "name": "区"}
    )
    for n, address in enumerate(series):
        warning, guaranteed = limits[address]
        facts = {"warning_level_m": warning, "guaranteed_level_m": guaranteed}
        one = Station.objects.create(
            code=address, name="站", kind="stage_gauge", position=Point(118.4 + n / 20, 37.4, srid=4326), area=area,
            area_path="/dy/", protocol="sl651", address=address, interval_s=900, facts=facts,
        )  # fmt: skip
        Sensor.objects.create(station=one, channel="level", quantity="water_level", name="水位")
    clock = Rate(since, since, 1)
    at = since
    while at < until:
        at += STEP
        said = [
            frame(address, [("level", "water_level", rows[at], at)], at=at)
            for address, rows in series.items()
            if at in rows
        ]
        ingest(said, received_at=at)
        watch_silence(at, real=at, clock=clock)
        if at.hour % 6 == 0 and at.minute == 15:
            follow(at)
    follow(until + 2 * HOUR)

    died = max(series["R-1"])
    assert died == datetime(2013, 9, 12, 18, 30, tzinfo=UTC)
    [silent] = Alarm.objects.filter(rule__in=["station.silent", "link.silent"])
    assert (silent.station.address, silent.condition) == ("R-1", "active")
    assert timedelta(minutes=45) < silent.raised_at - died <= timedelta(minutes=75)
    assert Contact.objects.get(station__address="R-1").silent_since == died

    for address, rows in series.items():
        readings = Sensor.objects.get(station__address=address).pk
        doubted = set(_marks(readings))
        assert doubted <= {(Check.NONE, 0)}, address
        alarms = Alarm.objects.filter(station__address=address, rule="river.level").order_by("raised_at")
        assert alarms, address
        near = limits[address][0] - 0.30
        for alarm in alarms:
            assert rows[alarm.raised_at] >= near - 1e-6
        if address == "R-1":
            assert alarms.last().condition == "active", (
                "what was over its limit stays so: nobody has seen it fall"
            )
    rung = [one for one in Event.objects.filter(kind="alarm.raised") if one.data.get("rang")]
    assert len(rung) == Alarm.objects.filter(rang=True).count()


def _marks(sensor):
    for mark in Reading.objects.filter(sensor=sensor).values_list("quality", flat=True):
        yield check_of(mark), mark & 3
