"""Storms for the tests of believing: recorded ones where they lie beside the repository, else generated."""

import csv
import gzip
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sensors.ingesting import NIGHT

DATA = Path(__file__).parents[3] / "shared/data"
FERRARA = DATA / "rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"
FERRARA_PLACES = DATA / "rain_po_plain_2022/ferrara_12gauges_stations.csv"
PO_PLAIN = DATA / "rain_po_plain_2022/all_319gauges_15min_mm_20220817-20.csv.gz"
PO_PLACES = DATA / "rain_po_plain_2022/all_319gauges_stations.csv"
COLORADO = DATA / "stage_colorado_2013"
STEP = timedelta(minutes=15)
# The storm night of the twelve gauges: its hour of most rain ends at PEAK.
PEAK = NIGHT + timedelta(hours=11)
BEGIN, END = PEAK - timedelta(hours=5), PEAK + timedelta(hours=9)


def gauges(values, places, *, since, until):
    """{name: ((lon, lat), [(time, mm or None)])} of a table of 15-minute rain within (since, until]."""
    with places.open() as file:
        where = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    opened = gzip.open(values, "rt") if values.suffix == ".gz" else values.open()
    with opened as file:
        rows = list(csv.reader(file))
    names = rows[0][1:]
    series = {name: [] for name in names}
    for row in rows[1:]:
        at = datetime.fromisoformat(row[0]).replace(tzinfo=UTC)
        if since < at <= until:
            for name, cell in zip(names, row[1:], strict=True):
                series[name].append((at, float(cell) if cell else None))
    return {name: (where[name], series[name]) for name in names}


def storm_night():
    """Twelve neighbouring gauges through a storm night, 14 hours: recorded, or a cell that crosses a grid."""
    since, until = BEGIN, END
    if FERRARA.exists():
        return gauges(FERRARA, FERRARA_PLACES, since=since, until=until)
    chance = random.Random(8)
    found = {}
    for n in range(12):
        x, y = n % 4 * 6.0, n // 4 * 6.0  # km
        series, at = [], since + STEP
        while at <= until:
            hour = (at - since) / timedelta(hours=1)
            distance = math.hypot(x - (hour - 4.5) * 8, y - 6)  # the cell comes from the west at 8 km/h
            mm = 18 * math.exp(-((distance / 9) ** 2)) * chance.uniform(0.8, 1.2)
            series.append((at, round(mm, 1) if mm > 0.2 else 0.0))
            at += STEP
        found[f"G{n}"] = ((11.5 + x / 80, 44.8 + y / 111), series)
    return found


def stage(name, *, since=None):
    """A recorded stage in metres: [(time, m)], from ``since`` on."""
    with (COLORADO / f"{name}.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["height_ft"]]
    found = []
    for row in rows:
        at = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
        if since is None or at >= since:
            found.append((at, round(float(row["height_ft"]) * 0.3048, 3)))
    return found
