"""Which alarms are one incident: scripted storms, and what holds of any."""

import math
import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.joining import Candidate, Limits, Signal, Spot, judge, metres, nearness

NIGHT = datetime(2026, 7, 1, 12, tzinfo=UTC)
MIN = timedelta(minutes=1)
LIMITS = Limits(radius_m=1500, within=60 * MIN, cap_m=3000, longest=timedelta(hours=24))
LON_M = 111_195 * math.cos(math.radians(37.45))


def at_m(east, north):
    return 118.5 + east / LON_M, 37.45 + north / 111_195


def signal(east=0.0, north=0.0, minute=0.0, *, lasts=30.0, kind="ponding", reach="", proposes=True):
    lon, lat = at_m(east, north)
    since = NIGHT + minute * MIN
    return Signal(kind, since, since + lasts * MIN, lon, lat, reach, proposes)


def spot(one):
    return Spot(one.lon, one.lat, one.since, one.until, one.reach)


class Hall:
    """Takes alarms one by one, as the service does."""

    def __init__(self, limits=LIMITS):
        self.limits, self.incidents, self.alone = limits, [], []

    def take(self, one):
        known = [
            Candidate(n, rows[0].kind, tuple(spot(row) for row in rows))
            for n, rows in enumerate(self.incidents)
        ]
        verdict = judge(one, known, self.limits)
        if verdict.joins is not None:
            self.incidents[verdict.joins].append(one)
        elif verdict.opens:
            self.incidents.append([one])
        else:
            self.alone.append(one)
        return verdict


def test_a_second_alarm_beside_the_first_joins_and_says_why():
    hall = Hall()
    assert hall.take(signal()).opens
    verdict = hall.take(signal(east=1000, minute=40))
    assert verdict.joins == 0
    assert verdict.because["metres"] == 1000 and verdict.because["minutes"] == 60


def test_too_far_too_late_or_of_another_kind_is_another_incident():
    hall = Hall()
    hall.take(signal())
    assert hall.take(signal(east=1600)).opens
    assert hall.take(signal(minute=30 + 61)).opens  # over at minute 30, and an hour is the limit
    assert hall.take(signal(kind="pump_failure")).opens


def test_a_lesser_alarm_joins_but_never_proposes():
    hall = Hall()
    assert not hall.take(signal(proposes=False)).opens
    hall.take(signal())
    assert hall.take(signal(east=500, proposes=False)).joins == 0


def test_a_street_under_water_is_one_incident_and_the_cap_ends_the_chain():
    hall = Hall()
    for n in range(8):
        hall.take(signal(east=990 * n, minute=n))
    assert [len(rows) for rows in hall.incidents] == [4, 4]  # up to 3 km from the first, then the next


def test_one_river_is_one_incident_however_long_it_is():
    hall = Hall()
    for n in range(50):
        hall.take(signal(east=700 * n, minute=n, reach="广利河"))
    assert len(hall.incidents) == 1
    assert hall.take(signal(east=35_000, minute=50, reach="溢洪河")).opens


def test_of_two_that_are_near_the_nearer_takes_it():
    hall = Hall()
    hall.take(signal())
    hall.take(signal(east=2000))
    assert hall.take(signal(east=1200)).joins == 1
    assert hall.take(signal(east=500)).joins == 0


def test_a_storm_of_180_alarms_at_six_places_proposes_six():
    """BETTER T8: six known floodings, 180 alarms in any order of arrival within each; every one in exactly one."""
    chance = random.Random(7)
    places = [(0, 0), (6000, 0), (12_000, 1000), (0, 7000), (6000, 8000), (13_000, 9000)]
    alarms = [
        (n, signal(east + chance.gauss(0, 450), north + chance.gauss(0, 450), chance.uniform(0, 180)))
        for n, (east, north) in enumerate(places * 30)
    ]
    alarms.sort(key=lambda row: row[1].since)
    hall = Hall()
    for _, one in alarms:
        hall.take(one)
    assert sum(map(len, hall.incidents)) == 180 and not hall.alone
    assert 5 <= len(hall.incidents) <= 7
    truth = {one: n % 6 for n, one in alarms}
    assert all(len({truth[one] for one in rows}) == 1 for rows in hall.incidents)


signals = st.builds(
    signal,
    east=st.floats(-8000, 8000),
    north=st.floats(-8000, 8000),
    minute=st.floats(0, 600),
    lasts=st.floats(0, 120),
    kind=st.sampled_from(["ponding", "river_flood"]),
    reach=st.sampled_from(["", "", "", "a"]),
    proposes=st.booleans(),
)


@given(st.lists(signals, max_size=40))
def test_nothing_joins_across_kinds_or_beyond_radius_minutes_and_cap(alarms):
    hall = Hall()
    for one in alarms:
        hall.take(one)
    assert sum(map(len, hall.incidents)) + len(hall.alone) == len(alarms)
    for rows in hall.incidents:
        origin = rows[0]
        assert origin.proposes
        for n, one in enumerate(rows[1:], 1):
            assert one.kind == origin.kind
            one_water = bool(one.reach) and one.reach == origin.reach
            assert one_water or metres(one.lon, one.lat, origin.lon, origin.lat) <= LIMITS.cap_m
            assert any(
                (
                    metres(one.lon, one.lat, other.lon, other.lat) <= LIMITS.radius_m
                    or (one.reach and one.reach == other.reach)
                )
                and one.since - other.until <= LIMITS.within
                and other.since - one.until <= LIMITS.within
                for other in rows[:n]
            )
    # a serious alarm opened one only where none was near it at that moment
    for rows in hall.incidents:
        assert all(one.proposes or n > 0 for n, one in enumerate(rows))


@given(signals, st.lists(signals, min_size=1, max_size=5))
def test_no_incident_means_no_nearness(one, members):
    rows = [row for row in members if row.kind == members[0].kind]
    candidate = Candidate("x", rows[0].kind, tuple(map(spot, rows)))
    hit = nearness(one, candidate, LIMITS)
    assert (judge(one, [candidate], LIMITS).joins == "x") == (hit is not None)
    assert nearness(one, Candidate("x", one.kind, ()), LIMITS) is None
