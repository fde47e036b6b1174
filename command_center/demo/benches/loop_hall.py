"""What `bench loop` needs in the hall's own database, made by a process that has it for its own:

`python -m command_center.demo.benches.loop_hall COUNT DESKS WALLS MINUTES` puts COUNT gauges in service that nobody
plays (those of an earlier call go out of service), lets desks and walls in, and, where MINUTES is not "", sets the
hall's clock to so many minutes into the storm. Prints one JSON line: ``{"probes": [[code, address, level_m], …],
"cookies": [a duty officer's, the other desks', the walls'], "clock": [origin, story, rate]}``.
"""

import json
import secrets
import sys
from datetime import UTC, datetime, timedelta

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from command_center.core.models import Membership
from command_center.core.now import rate, set_demo_clock
from command_center.onemap.models import Wall
from command_center.onemap.pairing import TOKEN_COOKIE, hashed
from sensors.models import Sensor, Station
from sensors.simulator.storm import load

DISTRICT = "/dy/"
ROLES = ("duty_officer", "shift_leader", "commander")
_OURS = "BENCH-"
_NEVER_SILENT_S = 7 * 86400


def probes(count: int) -> list[list]:
    """Stage gauges like those of the district, spread over its stations. A reading of ``level_m`` is a red alarm."""
    made = Station.objects.filter(code__startswith=_OURS)
    made.filter(in_service=True).update(in_service=False)
    first = made.count()
    like = list(Station.objects.filter(kind=Station.Kind.STAGE_GAUGE).exclude(pk__in=made).order_by("code"))
    places = list(Station.objects.exclude(pk__in=made).order_by("code"))
    rows = [
        Station(
            code=f"{_OURS}{n:04}", name=f"试验站{n}", name_en=f"Probe {n}", kind=Station.Kind.STAGE_GAUGE,
            position=places[n % len(places)].position, area_id=places[n % len(places)].area_id,
            area_path=places[n % len(places)].area_path, department_id=like[n % len(like)].department_id,
            protocol="sl651", address=f"009009{n:04}", interval_s=_NEVER_SILENT_S, facts=like[n % len(like)].facts,
        )
        for n in range(first, first + count)
    ]  # fmt: skip
    Station.objects.bulk_create(rows)
    Sensor.objects.bulk_create(
        Sensor(station=row, channel="level", quantity="water_level", name="水位", name_en="Water level")
        for row in rows
    )
    return [[row.code, row.address, round(row.facts["guaranteed_level_m"] + 0.5, 2)] for row in rows]


def desks(count: int) -> list[str]:
    """Cookies of sessions over the whole district, a duty officer's first."""
    users = [
        Membership.objects.filter(role=role, area__path=DISTRICT).order_by("pk")[0].user for role in ROLES
    ]
    made = []
    for n in range(count):
        user, session = users[n % len(users)], SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        made.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    return made


def walls(count: int) -> list[str]:
    """Cookies of walls that are paired, each with a token of its own."""
    present = datetime.now(UTC)
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    Wall.objects.bulk_create(
        Wall(
            name=f"wall {n}", code=f"B{n:05}", secret_hash=hashed(secrets.token_urlsafe(32)),
            token_hash=hashed(token), area_path=DISTRICT, created_at=present, approved_at=present,
            approved_by="bench",
        )
        for n, token in enumerate(tokens)
    )  # fmt: skip
    return [f"{TOKEN_COOKIE}={token}" for token in tokens]


def main(count: int, at_desks: int, on_walls: int, minutes: str) -> None:
    if minutes:
        gauges = Station.objects.filter(kind=Station.Kind.RAIN_GAUGE).order_by("code")
        storm = load("", [row.position.coords for row in gauges])
        set_demo_clock(story=storm.start + timedelta(minutes=float(minutes)), speed=rate().rate)
    clock = rate()
    told = {
        "probes": probes(count),
        "cookies": desks(at_desks) + walls(on_walls),
        "clock": [clock.origin.isoformat(), clock.story.isoformat(), clock.rate],
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), sys.argv[4])
