"""T14: a draft of a rule is tried on the past, counts exactly what the engine would, and a second person puts it in force."""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from command_center.core.acts import NotPossible
from command_center.core.models import AuditEntry
from sensors.domain.alarms import CLEARED, QUIET, episodes
from sensors.domain.quality import Quality
from sensors.domain.rehearsing import Known, Raised, flood_minutes, tells_of
from sensors.domain.rule_versions import APPROVED, WITHDRAWN
from sensors.domain.shipped_rules import SHIPPED
from sensors.models import Alarm, AlarmRuleVersion, Reading
from sensors.services import directory, partitions, points, rain, rehearsal, rulebook
from sensors.services.alarms import fold
from sensors.services.ingest import ingest
from sensors.services.rulebook import Ruled
from tests.conftest import actor
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

DAY = timedelta(days=1)
WRITER, LEADER = (
    actor(("administrator", "/dy/"), name="writer"),
    actor(("shift_leader", "/dy/"), name="leader"),
)
OFFICER = actor(("duty_officer", "/dy/"), name="officer")


# --- figures ---------------------------------------------------------------------------------------
def test_a_flood_is_the_time_in_which_the_last_ten_minutes_hold_more_than_ten():
    assert flood_minutes([NIGHT + n * MIN for n in range(10)]) == 0
    eleven = [NIGHT + n * timedelta(seconds=30) for n in range(11)]
    assert flood_minutes(eleven) == 5.0  # from the eleventh, at 5:00, until the first is ten minutes old
    assert flood_minutes([NIGHT] * 11) == 10.0
    assert flood_minutes([*eleven, *(at + DAY for at in eleven)]) == 10.0
    assert flood_minutes(reversed(eleven)) == 5.0


def brute(times):
    """Seconds in which more than ten of ``times`` (whole seconds) are less than ten minutes old."""
    seconds = range(min(times), max(times) + 601)
    return sum(sum(second - 600 < at <= second for at in times) > 10 for second in seconds)


@pytest.mark.parametrize("seed", range(8))
def test_flood_minutes_agree_with_counting_every_second(seed):
    chance = random.Random(seed)
    times = [chance.randrange(3000) for _ in range(60)]
    wanted = brute(times) / 60
    assert flood_minutes([NIGHT + timedelta(seconds=at) for at in times]) == pytest.approx(wanted, abs=0.06)


def test_an_incident_is_missed_where_no_alarm_of_its_stations_is_near_it():
    known = Known("2026-1", "flood", NIGHT, frozenset({"a", "b"}))
    near = lambda station, since, until=None: Raised(station, 1, since, until, 3)  # noqa: E731
    hour = 60 * MIN
    assert tells_of(known, [near("b", NIGHT - 50 * MIN, NIGHT - 40 * MIN)], hour)
    assert tells_of(known, [near("a", NIGHT - DAY)], hour)  # it stood all the time
    assert not tells_of(known, [near("c", NIGHT)], hour)
    assert not tells_of(known, [near("a", NIGHT - DAY, NIGHT - 2 * hour)], hour)
    assert not tells_of(known, [], hour)


# --- the same count --------------------------------------------------------------------------------
@pytest.fixture
def remembered(db):
    memories = (points, directory, rain, rulebook)
    for memory in memories:
        memory.forget()
    yield
    for memory in memories:
        memory.forget()


TIERS = {"applies": {"quantity": "ponding_depth"}, "when": {"quantity": "ponding_depth", "at_least": [12, 18, 0, 35], "dead_band": 2}, "raise_samples": 2, "clear_after_min": 15, "chatter_per_min": 3}  # fmt: skip
RATE = {"applies": {"quantity": "ponding_depth"}, "when": {"quantity": "ponding_depth", "change": "rise", "per": "minute", "over_min": 15, "at_least": [0.3, 0.8, 0, 0]}}  # fmt: skip
MISSING = {"applies": {"quantity": "ponding_depth"}, "when": {"quantity": "ponding_depth", "absent_min": [40, 0, 0, 0]}}  # fmt: skip


SHOWERS = {"applies": {"quantity": "rain"}, "when": {"any": [{"rain": "10min", "at_least": [7, 0, 0, 0]}, {"rain": "1h", "at_least": [0, 30, 0, 0]}]}, "say": "rain"}  # fmt: skip


def put_in_force(slug, definition, at, **more):
    version = rulebook.draft(slug, definition, by=WRITER, at=at, reason="drains are narrow", **more)
    rehearsal.rehearse_waiting(at)
    return rulebook.approve(AlarmRuleVersion.objects.get(pk=version.pk), by=LEADER, at=at)


def story(chance):
    """Two days of four stations: water comes and goes, instruments pause, one gauge and one pump station."""
    depth, level, total = [2.0, 4.0], 1.2, 99980.0
    for n in range(2 * 288):
        at = NIGHT + n * 5 * MIN
        shower = 5.0 * (chance.random() < 0.3) if (n // 40) % 3 == 2 else 0.0
        for k in (0, 1):
            depth[k] = min(50.0, max(0.0, depth[k] + shower * (1.5 + k) + chance.uniform(-3, 1.6)))
            if (n + 150 * k) % 300 < 255:  # then it is silent for some hours
                yield frame(f"P-{k}", [("depth", "ponding_depth", round(depth[k], 1), at)], at=at)
        total = round((total + shower) % 100000, 1)
        yield frame(
            "R-0", [("rain_5min", "rain_5min", shower, at), ("rain_total", "rain_total", total, at)], at=at
        )
        level = min(3.0, max(0.5, level + chance.uniform(-0.3, 0.31)))
        running = float(level > 1.8 and chance.random() < 0.6)
        yield frame("B-0", [("forebay_level", "forebay_level", round(level, 2), at), ("pump1.running", "pump_running", running, at)], at=at)  # fmt: skip


UNTIL = NIGHT + 2 * DAY


@pytest.fixture
def district(remembered):
    for k in (0, 1):
        station(f"P-{k}", kind="ponding_site", sensors=[("depth", "ponding_depth")])
    station("R-0")
    pumps = [("forebay_level", "forebay_level"), ("pump1.running", "pump_running")]
    station("B-0", kind="pump_station", sensors=pumps, facts={"start_level_m": 2.0, "stop_level_m": 0.8})


def stand(alarm):
    return (alarm.station_id, alarm.sensor_id, alarm.raised_at, alarm.cleared_at, alarm.worst_level)


def test_a_rehearsal_counts_what_the_engine_raises_when_the_same_days_are_played(district):
    frames = list(story(random.Random(14)))
    chosen = {
        "ponding.depth": ("ponding.road", TIERS),
        "rate": ("rate", RATE),
        "rain.amount": ("rain.amount", SHOWERS),
        "pump.should_run": ("pump.should_run", SHIPPED["pump.should_run"].definition),
    }
    for slug, definition in chosen.values():
        put_in_force(slug, definition, NIGHT, name=slug)
    for n in range(0, len(frames), 50):
        ingest(frames[n : n + 50], received_at=UNTIL)
    for alarm, (slug, definition) in chosen.items():
        one = Ruled(slug, alarm, 99, definition)
        rules = rulebook.in_force(UNTIL)
        held = rehearsal.places(one, rules, rehearsal.limits_for(one, UNTIL))
        tried = rehearsal.replay(held, one, NIGHT, UNTIL)
        played = sorted(stand(row) for row in Alarm.objects.filter(rule=alarm))
        assert len(played) >= 3, alarm
        assert (
            sorted((r.station, r.sensor_id, r.raised_at, r.cleared_at, r.worst) for r in tried) == played
        ), alarm


def keep(sensor_id, series):
    for day in {partitions.day_of(at) for at, _ in series}:
        partitions.ensure(partitions.READINGS, {day})
    Reading.objects.bulk_create(
        Reading(observed_at=at, sensor_id=sensor_id, value=value, quality=Quality.GOOD, received_at=at)
        for at, value in series
    )


def test_reading_only_the_hours_that_matter_counts_the_same_as_reading_all(remembered):
    chance = random.Random(7)
    series = {}
    for k in range(12):
        own = station(f"P-{k}", kind="ponding_site", sensors=[("depth", "ponding_depth")])["depth"]
        at, depth, told = NIGHT, 3.0, []
        while at < NIGHT + 3 * DAY:  # long dry spells, short floods, and pauses in the middle of them
            at += timedelta(minutes=chance.choice([5, 5, 5, 5, 7, 90 if chance.random() < 0.2 else 5, 600 if chance.random() < 0.03 else 5]))  # fmt: skip
            depth = max(0.0, depth + chance.uniform(-2.5, 2.2) + (25 if chance.random() < 0.01 else 0))
            told.append((at, round(depth, 1)))
        keep(own.pk, told)
        series[own.pk] = told
    one = Ruled("ponding.road", "ponding.depth", 1, TIERS)
    rules = rulebook.in_force(UNTIL)
    held = rehearsal.places(one, rules, rehearsal.limits_for(one, UNTIL))
    wanted = []
    for place in held:
        belief, changes = fold(place.rule, QUIET, series[place.own.pk])
        for episode in episodes(changes, belief):
            worst = min(change.level for change in episode.changes if change.what != CLEARED)
            wanted.append((place.own.pk, episode.raised_at, episode.cleared_at, worst))
    found = rehearsal.replay(held, one, NIGHT, NIGHT + 4 * DAY)
    assert sorted((r.sensor_id, r.raised_at, r.cleared_at, r.worst) for r in found) == sorted(wanted)
    assert len(wanted) > 15
    read = sum(len(samples) for _, spans in rehearsal._hot({p.own.pk: p for p in held}, NIGHT, NIGHT + 4 * DAY) for *_, samples in spans)  # fmt: skip
    assert read < sum(map(len, series.values())) * 0.8


def test_missing_readings_are_rehearsed_from_the_gaps_between_what_came(district):
    for n in range(0, 60, 5):
        tell("P-0", [("depth", "ponding_depth", 3.0, NIGHT + n * MIN)], at=NIGHT + n * MIN)
    tell("P-0", [("depth", "ponding_depth", 3.0, NIGHT + 120 * MIN)], at=NIGHT + 120 * MIN)
    one = Ruled("missing", "missing", 1, MISSING)
    rules = rulebook.in_force(UNTIL)
    held = rehearsal.places(one, rules, rehearsal.limits_for(one, UNTIL))
    found = rehearsal.replay(held, one, NIGHT, NIGHT + 130 * MIN)
    assert [((r.raised_at - NIGHT) / MIN, (r.cleared_at - NIGHT) / MIN) for r in found] == [(95, 120)]


# --- the way into force ------------------------------------------------------------------------------
@pytest.fixture
def depth(remembered):
    return station("P-01", kind="ponding_site", sensors=[("depth", "ponding_depth")])["depth"]


def says(depth_cm, at):
    tell("P-01", [("depth", "ponding_depth", depth_cm, at)], at=at)


def test_a_draft_shows_its_figures_beside_those_of_the_version_in_force(depth, monkeypatch):
    for n, value in enumerate([3, 16, 16, 16, 28, 28, 3, 3, 3, 3, 3, 13, 13, 13, 3, 3, 3, 3]):
        says(value, NIGHT + n * 5 * MIN)
    here = depth.station_id
    known = [
        Known("2026-1", "under the bridge", NIGHT + 15 * MIN, frozenset({here})),
        Known("2026-2", "in the lane", NIGHT + 60 * MIN, frozenset({here, "elsewhere"})),
        Known("2026-3", "not of these places", NIGHT, frozenset({"elsewhere"})),
    ]
    monkeypatch.setattr(
        rehearsal, "KNOWN", [lambda alarm, since, until: known if alarm == "ponding.depth" else []]
    )
    rulebook.draft("ponding.road", TIERS, by=WRITER, at=NIGHT + 2 * DAY, reason="narrow", days=90)
    assert rehearsal.rehearse_waiting(NIGHT + 2 * DAY) == 1
    told = AlarmRuleVersion.objects.get().rehearsal
    assert (told["alarms"], told["by_level"]) == (2, {"1": 0, "2": 0, "3": 1, "4": 1})
    assert (told["now"]["alarms"], told["now"]["by_level"]["2"]) == (1, 1)
    assert told["top"] == [["S-sl651-P-01", "站", "", 2]]
    assert (told["places"], told["known"]) == (1, 2)
    assert told["missed"] == []
    deaf = {**TIERS, "when": {"quantity": "ponding_depth", "at_least": [45, 0, 0, 0]}}
    rulebook.draft("ponding.road", deaf, by=WRITER, at=NIGHT + 2 * DAY, reason="deaf")
    rehearsal.rehearse_waiting(NIGHT + 2 * DAY)
    missed = AlarmRuleVersion.objects.get(number=2).rehearsal["missed"]
    assert [number for number, *_ in missed] == ["2026-1", "2026-2"]


def test_nothing_is_in_force_before_it_was_tried_and_approved_by_somebody_else(depth):
    version = rulebook.draft("ponding.road", TIERS, by=WRITER, at=NIGHT, reason="narrow drains")
    with pytest.raises(NotPossible, match="not been tried"):
        rulebook.approve(version, by=LEADER, at=NIGHT)
    rehearsal.rehearse_waiting(NIGHT)
    with pytest.raises(NotPossible, match="Who wrote a rule"):
        rulebook.approve(version, by=WRITER, at=NIGHT)
    with pytest.raises(PermissionDenied):
        rulebook.approve(version, by=OFFICER, at=NIGHT)
    with pytest.raises(PermissionDenied):
        rulebook.draft("ponding.road", TIERS, by=OFFICER, at=NIGHT, reason="why not")
    assert rulebook.standing("ponding.road", NIGHT).number == 0
    rulebook.approve(version, by=LEADER, at=NIGHT, valid_from=NIGHT + 30 * MIN)
    assert AlarmRuleVersion.objects.get().state == APPROVED
    acts = AuditEntry.objects.order_by("pk").values_list("act", "who")
    assert list(acts) == [("rule_version.written", "writer"), ("rule_version.approve", "leader")]
    says(13, NIGHT + 20 * MIN)
    says(13, NIGHT + 25 * MIN)
    assert not Alarm.objects.exists()


def test_a_version_judges_from_its_hour_on_and_the_one_before_until_then(depth):
    version = rulebook.draft("ponding.road", TIERS, by=WRITER, at=NIGHT, reason="narrow drains")
    rehearsal.rehearse_waiting(NIGHT)
    rulebook.approve(version, by=LEADER, at=NIGHT, valid_from=NIGHT + 30 * MIN)
    assert rulebook.standing("ponding.road", NIGHT + 29 * MIN).number == 0
    assert rulebook.standing("ponding.road", NIGHT + 30 * MIN).number == 1
    says(13, NIGHT + 20 * MIN)
    says(13, NIGHT + 25 * MIN)
    assert not Alarm.objects.exists()
    says(13, NIGHT + 30 * MIN)
    says(13, NIGHT + 35 * MIN)
    assert Alarm.objects.get().level == 4


def test_rolling_back_is_a_new_version_equal_to_an_old_one(depth):
    put_in_force("ponding.road", TIERS, NIGHT)
    put_in_force("ponding.road", {**TIERS, "clear_after_min": 30}, NIGHT + MIN)
    back = rulebook.roll_back("ponding.road", 1, by=WRITER, at=NIGHT + 2 * MIN, reason="clears too late")
    assert (back.number, back.definition) == (3, TIERS)
    rehearsal.rehearse_waiting(NIGHT + 2 * MIN)
    rulebook.approve(AlarmRuleVersion.objects.get(number=3), by=LEADER, at=NIGHT + 2 * MIN)
    assert rulebook.standing("ponding.road", NIGHT + 2 * MIN).number == 3
    shipped = rulebook.roll_back("ponding.road", 0, by=WRITER, at=NIGHT + 3 * MIN, reason="as it came")
    assert shipped.definition == SHIPPED["ponding.road"].definition
    assert rulebook.withdraw(shipped, by=WRITER, at=NIGHT + 4 * MIN).state == WITHDRAWN


def test_a_version_is_never_edited_nor_deleted_and_nobody_approves_his_own_in_the_tables_either(depth):
    version = put_in_force("ponding.road", TIERS, NIGHT)
    for change in (
        lambda: AlarmRuleVersion.objects.update(definition={}),
        lambda: AlarmRuleVersion.objects.update(reason="another"),
        lambda: AlarmRuleVersion.objects.all().delete(),
        lambda: AlarmRuleVersion.objects.update(approved_by=version.made_by),
    ):
        with pytest.raises((IntegrityError, Exception)), transaction.atomic():
            change()
    assert AlarmRuleVersion.objects.get().definition == TIERS


def test_a_rule_for_named_stations_takes_the_place_of_the_general_one_there(depth):
    other = station("P-02", kind="ponding_site", sensors=[("depth", "ponding_depth")])["depth"]
    narrow = {**TIERS, "applies": {"quantity": "ponding_depth", "stations": ["S-sl651-P-02"]}}
    put_in_force("ponding.school", narrow, NIGHT, name="校门口", alarm="ponding.depth")
    for n in range(2):
        at = NIGHT + n * 5 * MIN
        ingest(
            [frame(f"P-0{k}", [("depth", "ponding_depth", 13, at)], at=at) for k in (1, 2)], received_at=at
        )
    assert [(alarm.sensor_id, alarm.rule) for alarm in Alarm.objects.all()] == [(other.pk, "ponding.depth")]
