"""How long it takes to find the nearest ten that fit among 100,000 resources, beside a query that sorts them all."""

import random
import statistics
import time
from datetime import UTC, datetime

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.db import connection, transaction

from command_center.core.benches import Report
from command_center.core.scope import Grant, Scope

from ..domain.lifecycle import AVAILABLE
from ..domain.ranking import Need
from ..models import Resource
from ..services.ranking import ranked, rules_in_force

COUNT, ASKED = 100_000, 200
WEST, SOUTH, EAST, NORTH = 118.2, 37.2, 119.0, 37.8
SKILLS = ("drainage", "pump_truck", "rescue", "boat", "medical", "traffic", "pipeline", "electrical")
RARE = "satellite"  # one in ten thousand
SCOPE = Scope.of([Grant("duty_officer", "/")])


class _Undo(Exception):
    pass


def bench_nearest(report: Report) -> None:
    """Nothing is left behind: the resources live in a transaction that is taken back."""
    try:
        with transaction.atomic():
            _fill()
            _measure(report)
            raise _Undo
    except _Undo:
        return


def _fill() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            """
            INSERT INTO dispatch_resource (id, code, kind, name, name_en, skills, facts, area_path, base, position,
                                           position_at, phone, token_version, state, version)
            SELECT gen_random_uuid(), 'bench-' || n, 'team', n, '', CASE WHEN n %% 10000 = 0 THEN ARRAY[%(rare)s]
                       ELSE ARRAY[(%(skills)s)[1 + n %% 8], (%(skills)s)[1 + (n + 1 + n / 8 %% 7) %% 8]] END,
                   '{}', '/bench/', place, place, now(), '', 1, CASE WHEN random() < 0.8 THEN 'available' ELSE 'off_duty' END, 1
            FROM (SELECT n, ST_SetSRID(ST_MakePoint(%(west)s + random() * %(wide)s, %(south)s + random() * %(high)s), 4326) place
                  FROM generate_series(1, %(count)s) n) there
            """,
            {"rare": RARE, "skills": list(SKILLS), "count": COUNT, "west": WEST, "south": SOUTH,
             "wide": EAST - WEST, "high": NORTH - SOUTH},
        )  # fmt: skip
        cursor.execute("ANALYZE dispatch_resource")


def _measure(report: Report) -> None:
    chance, at = random.Random(2), datetime.now(UTC)
    places = [
        Point(chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH), srid=4326) for _ in range(ASKED)
    ]
    rules, listed = rules_in_force()

    def ask(skill: str, place: Point) -> None:
        found = ranked(Need("team", skill, 1), place, SCOPE, rules, listed, at)
        assert found.resources, "the bench must find somebody"

    def sort_all(skill: str, place: Point) -> None:
        rows = Resource.objects.filter(SCOPE.filter("resource.view"), kind="team", state=AVAILABLE)
        rows = rows.filter(skills__contains=[skill])
        assert list(rows.annotate(away=Distance("position", place)).order_by("away")[:listed])

    naive = _times(sort_all, SKILLS[0], places[:20])
    for name, skill in (("common skill", SKILLS[0]), ("rare skill", RARE)):
        took = _times(ask, skill, places)
        note = "ceiling: sorting all by distance" if skill != RARE else "1 in 10,000"
        report.figure(
            f"nearest ten, {name}, p50", statistics.median(took), "ms", n=COUNT, note=note,
            ceiling=statistics.median(naive) if skill != RARE else None,
        )  # fmt: skip
        report.figure(f"nearest ten, {name}, p99", statistics.quantiles(took, n=100)[98], "ms", n=COUNT)
    began = time.perf_counter()
    for number in range(20):
        ask(SKILLS[number % len(SKILLS)], places[0])
    report.figure("twenty needs of one incident", (time.perf_counter() - began) * 1000, "ms", n=COUNT)


def _times(ask, skill, places) -> list[float]:
    ask(skill, places[0])
    found = []
    for place in places:
        began = time.perf_counter()
        ask(skill, place)
        found.append((time.perf_counter() - began) * 1000)
    return found
