"""How long a rehearsal takes: 90 days of 1,000 points, a reading every five minutes, beside one plain look at them all.

Everything happens in tables of a schema of its own, dropped at the end. Filling them takes some minutes.
"""

import time
from datetime import timedelta

from django.db import connection

from command_center.core.benches import Report

from ..domain.shipped_rules import SHIPPED
from ..models import Sensor, Station
from ..services import partitions, rehearsal
from ..services.rulebook import Ruled, in_force
from .ingest import START, _own_tables

POINTS, DAYS = 1000, 90


def bench_rehearsal(report: Report) -> None:
    """The shipped rule for roads: a tenth of the days has a storm that floods a third of the points."""
    with _own_tables():
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        rows = _fill()
        until = START + timedelta(days=DAYS)
        shipped = SHIPPED["ponding.road"]
        one = Ruled(shipped.slug, shipped.alarm, 0, shipped.definition)
        with connection.cursor() as cursor:
            begin = time.perf_counter()
            cursor.execute("SELECT count(*) FROM sensors_reading WHERE value >= 12")
            scan = time.perf_counter() - begin
        begin = time.perf_counter()
        held = rehearsal.places(one, in_force(until), rehearsal.limits_for(one, until))
        alarms = rehearsal.replay(held, one, START, until)
        took = time.perf_counter() - begin
    report.figure(
        "whole",
        took,
        "s",
        ceiling=scan,
        n=len(alarms),
        note=f"{rows} readings of {len(held)} points in {DAYS} days; n: alarms; ceiling: one plain scan",
    )


bench_rehearsal.long = True  # type: ignore[attr-defined]


def _fill() -> int:
    stations = [
        Station(
            code=f"P-{n}", kind="ponding_site", name=f"P-{n}", position="POINT(118.6 37.4)", area_id=1,
            area_path="/dy/", protocol="ea_http", address=f"P-{n}",
        )
        for n in range(POINTS)
    ]  # fmt: skip
    Station.objects.bulk_create(stations)
    Sensor.objects.bulk_create(
        Sensor(station=station, channel="depth", quantity="ponding_depth", name="depth")
        for station in stations
    )
    days = [START + timedelta(days=n) for n in range(DAYS)]
    partitions.ensure(partitions.READINGS, [day.date() for day in days])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_TEMPLATE, {"day": START})
        for n, day in enumerate(days):
            storm = 40 if n % 10 == 3 else 0
            cursor.execute(
                "INSERT INTO sensors_reading (observed_at, sensor_id, value, quality, received_at)"
                " SELECT at + %s, sensor, calm + wave * %s, 0, at + %s FROM template",
                [day - START, storm, day - START],
            )
        cursor.execute("ANALYZE sensors_reading")
        cursor.execute("SELECT count(*) FROM sensors_reading")
        return cursor.fetchone()[0]


# One day: a few centimetres that waver, and the four hours in which a storm floods every third point.
_TEMPLATE = """
    CREATE TEMP TABLE template AS
    SELECT at, s.id AS sensor, floor(random() * 40) / 10 AS calm,
           CASE WHEN s.id % 3 = 0 AND at < %(day)s + interval '4 h'
                THEN sin(pi() * extract(epoch FROM at - %(day)s) / 14400) ELSE 0 END AS wave
      FROM generate_series(%(day)s, %(day)s + interval '23:55', interval '5 min') at, sensors_sensor s
""".replace("% 3", "%% 3")
