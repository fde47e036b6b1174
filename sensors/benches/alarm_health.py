"""How long the page of alarm health takes for a month of a million alarms, beside one plain count of the alarms.

Everything happens in tables of a schema of its own, dropped at the end. Telling the hours takes some minutes.
"""

import time
from datetime import timedelta

from django.db import connection

from command_center.core.benches import Report
from command_center.core.models import Area

from ..models import AlarmHour, Station
from ..services import alarm_health
from .ingest import SCHEMA, START, _own_tables

ALARMS, STATIONS, DAYS = 1_000_000, 3000, 30
LOOKS = 5


def bench_alarm_health(report: Report) -> None:
    """A million alarms at 3,000 stations within 30 days, evenly, nine in ten acknowledged within half an hour."""
    with _own_tables():
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        desk = _fill()
        until = START + timedelta(days=DAYS)
        with connection.cursor() as cursor:
            begin = time.perf_counter()
            cursor.execute("SELECT count(*) FROM sensors_alarm WHERE rang AND level < 5")
            scan = time.perf_counter() - begin
        begin = time.perf_counter()
        hours = alarm_health.follow()
        while done := alarm_health.follow():
            hours += done
        tell = time.perf_counter() - begin
        looks = []
        for _ in range(LOOKS):
            begin = time.perf_counter()
            found = alarm_health.figures(desk, START, until, until)
            looks.append(time.perf_counter() - begin)
        kept = AlarmHour.objects.count()
    assert found.reports[0].alarms == ALARMS
    looks.sort()
    report.figure(
        "month",
        looks[LOOKS // 2],
        "s",
        ceiling=scan,
        n=ALARMS,
        note=f"n: alarms, {kept} hours kept; ceiling: one plain count",
    )
    report.figure("hour", tell / hours, "s", n=hours, note="telling one hour anew; n: hours")


bench_alarm_health.long = True  # type: ignore[attr-defined]


def _fill() -> str:
    """The path of the desk that all the alarms belong to."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {SCHEMA}.core_area (LIKE public.core_area INCLUDING ALL)")
    desk = Area.objects.create(code="dy", path="/dy/", kind="district", name="dy").path
    stations = [
        Station(
            code=f"P-{n}", kind="ponding_site", name=f"P-{n}", position="POINT(118.6 37.4)", area_id=1,
            area_path=desk, protocol="ea_http", address=f"P-{n}",
        )
        for n in range(STATIONS)
    ]  # fmt: skip
    Station.objects.bulk_create(stations)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_ALARMS, {"start": START, "alarms": ALARMS, "days": DAYS, "desk": desk})
        cursor.execute("ANALYZE sensors_alarm")
    return desk


_ALARMS = """
    INSERT INTO sensors_alarm (id, station_id, rule, condition, state, version, level, worst_level, facts, raised_at,
                               level_since, cleared_at, recorded_at, acknowledged_at, acknowledged_by, rang, area_path)
    SELECT gen_random_uuid(), s.id, (ARRAY['ponding.depth', 'river.level', 'pump.fault', 'rain.amount'])[1 + n %% 4],
           'cleared', 'acknowledged', 1, 1 + n %% 4, 1 + n %% 4, '{}', at, at, at + interval '20 min', at,
           CASE WHEN n %% 10 > 0 THEN at + random() * interval '30 min' END, '', true, %(desk)s
      FROM (SELECT n, %(start)s + n * (interval '1 day' * %(days)s / %(alarms)s) AS at
              FROM generate_series(0, %(alarms)s - 1) n) times
      JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM sensors_station) s
        ON s.number = (n * 7919::bigint) %% (SELECT count(*) FROM sensors_station)
"""
