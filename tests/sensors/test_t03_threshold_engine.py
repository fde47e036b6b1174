"""T3: dead-band, delays in both directions, chatter, seasons, k of n, rates, missing readings, ringing again."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.core.models import Event, Heartbeat
from sensors.domain import absence
from sensors.domain.alarms import NONE, QUIET, episodes, from_json, to_json
from sensors.domain.rule_language import Wrong, check
from sensors.domain.rule_making import Place, make
from sensors.domain.rule_words import TELLERS
from sensors.domain.rules import TREND
from sensors.domain.samples import RainAmount, Sample
from sensors.domain.shipped_rules import SHIPPED
from sensors.models import Alarm, AlarmEvent
from sensors.services import directory, points, rain, rulebook
from sensors.services.alarms import fold, trail
from sensors.services.ingest import ingest
from sensors.services.rule_clock import tick
from tests.conftest import actor
from tests.domain.sensors.handbook_limits import CHINA, VALUES
from tests.sensors.ingesting import MIN, NIGHT, frame, station, tell

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
SEC = timedelta(seconds=1)
TIERS = {"quantity": "ponding_depth", "at_least": [15, 20, 27, 40], "dead_band": 3}


def definition(when, quantity="ponding_depth", **more):
    return {"applies": {"quantity": quantity} if quantity else {}, "when": when, **more}


def checked(one):
    check(one, parameters=VALUES, kinds={"pump_station"}, sentences=set(TELLERS))
    return one


def rule(when, quantity="ponding_depth", *, channels=None, facts=None, **more):
    place = Place(VALUES, CHINA, facts or {}, channels or {}, quantity or "")
    return make("test", checked(definition(when, quantity, **more)), place)


def run(made, values, every=MIN, start=NOON):
    """What a series of values makes the rule say: (minutes after the start, what, level)."""
    samples = [Sample(start + n * every, value, 0) for n, value in enumerate(values)]
    series = trail(samples, made.reach) if made.looks_at == TREND else [(s.at, s.value) for s in samples]
    belief, changes = fold(made, QUIET, series)
    return belief, changes


def told(changes, start=NOON):
    return [((change.at - start) / MIN, change.what, change.level) for change in changes]


# --- one alarm for one event -----------------------------------------------------------------------
def test_a_level_that_wobbles_half_a_centimetre_at_the_limit_for_an_hour_is_one_alarm():
    made = rule(TIERS, raise_samples=2, clear_after_min=10)
    wobble = [15 + (0.5 if n % 3 else -0.5) for n in range(360)]  # every ten seconds
    assert [(what, level) for _, what, level in told(run(made, wobble, 10 * SEC)[1])] == [("raised", 4)]


def test_what_rises_and_falls_is_one_alarm_whose_history_says_so():
    made = rule(TIERS, raise_samples=2, clear_after_min=10)
    wave = [5, 16, 16, 21, 22, 28, 30, 41, 42, 30, 30, *[22] * 12, *[16] * 12, *[3] * 12]
    belief, changes = run(made, wave)
    assert [(what, level) for _, what, level in told(changes)] == [
        ("raised", 4),
        ("level", 3),
        ("level", 2),
        ("level", 1),
        ("level", 2),
        ("level", 3),
        ("level", 4),
        ("cleared", 4),
    ]
    assert len(episodes(changes, belief)) == 1


FLAPPING = [16, 3] * 9


def test_without_a_count_of_rises_an_alarm_may_come_and_go_as_fast_as_it_likes():
    made = rule({"quantity": "ponding_depth", "at_least": [15, 0, 0, 0]})
    assert len([one for one in run(made, FLAPPING, 5 * SEC)[1] if one.what == "raised"]) == 9


def test_an_alarm_that_rises_three_times_a_minute_is_latched_until_it_was_quiet_for_a_while():
    made = rule({"quantity": "ponding_depth", "at_least": [15, 0, 0, 0]}, chatter_per_min=3)
    belief, changes = run(made, FLAPPING + [3] * 60, 5 * SEC)
    assert [(what, level) for _, what, level in told(changes)] == [
        ("raised", 4),
        ("cleared", 4),
        ("raised", 4),
        ("cleared", 4),
        ("raised", 4),
        ("cleared", 4),
    ]
    latched, ended = changes[4], changes[5]
    assert [change.chattering for change in changes] == [False] * 4 + [True, False]
    last_high = NOON + 16 * 5 * SEC
    assert latched.at == NOON + 4 * 5 * SEC
    assert ended.at - last_high >= 3 * MIN  # three times its clear delay, a minute at the least
    assert belief is QUIET


def test_two_rises_a_minute_are_not_chatter():
    made = rule({"quantity": "ponding_depth", "at_least": [15, 0, 0, 0]}, chatter_per_min=3)
    assert not any(change.chattering for change in run(made, [16, 3] * 20, 20 * SEC)[1])


@given(st.lists(st.sampled_from([3.0, 16.0, 21.0, 45.0]), max_size=60), st.integers(0, 59))
def test_a_belief_that_counts_rises_survives_being_stored_at_any_moment(values, cut):
    made = rule({"quantity": "ponding_depth", "at_least": [15, 20, 27, 40]}, chatter_per_min=3)
    series = [(NOON + n * 7 * SEC, value) for n, value in enumerate(values)]
    first, before = fold(made, QUIET, series[:cut])
    kept = QUIET if first is QUIET else from_json(to_json(first))
    assert kept == first
    last, after = fold(made, kept, series[cut:])
    assert (last, before + after) == fold(made, QUIET, series)


# --- the language ----------------------------------------------------------------------------------
SEASONS = {"months": [{"from": 6, "to": 9, "limits": [10, 15, 20, 30]}], "otherwise": [15, 20, 27, 40]}


@pytest.mark.parametrize(
    ("at", "level"),
    [
        (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), NONE),  # 23:59 in the hall
        (datetime(2026, 5, 31, 16, 0, tzinfo=UTC), 4),
        (datetime(2026, 9, 30, 15, 59, tzinfo=UTC), 4),
        (datetime(2026, 9, 30, 16, 0, tzinfo=UTC), NONE),
    ],
)
def test_limits_follow_the_season_of_the_hall(at, level):
    made = rule({"quantity": "ponding_depth", "at_least": SEASONS})
    assert made.judge(at, 12.0, QUIET).reached == level
    assert made.calm_below == 10  # of any month


def test_a_season_may_run_over_the_new_year():
    winter = {"months": [{"from": 11, "to": 2, "limits": [10, 0, 0, 0]}], "otherwise": [15, 0, 0, 0]}
    made = rule({"quantity": "ponding_depth", "at_least": winter})
    levels = [
        made.judge(datetime(2026, month, 10, tzinfo=UTC), 12.0, QUIET).reached for month in range(1, 13)
    ]
    assert levels == [4, 4, *[NONE] * 8, 4, 4]


def test_falling_limits_raise_the_worse_the_lower():
    made = rule(
        {"quantity": "water_level", "at_most": {"yellow": 2.0, "red": 1.0}, "dead_band": 0.2}, "water_level"
    )
    assert [made.judge(NOON, value, QUIET).reached for value in (2.1, 2.0, 1.1, 1.0)] == [NONE, 3, 3, 1]
    assert [made.judge(NOON, value, QUIET).held for value in (2.3, 2.2, 1.2)] == [NONE, 3, 1]


PUMPS = {"forebay": "forebay_level", "p1": "pump_running", "p2": "pump_running", "p3": "pump_running"}


def test_k_of_n_takes_the_level_that_so_many_conditions_are_up_to():
    parts = [{"channel": name, "at_least": [1, 2, 3, 4]} for name in ("a", "b", "c")]
    made = rule({"count": 2, "of": parts}, None, channels=dict.fromkeys("abc", "water_level"))
    judge = lambda **row: made.judge(NOON, row, QUIET)  # noqa: E731
    assert judge(a=1.0, b=0.0, c=0.0).reached == NONE
    assert judge(a=4.0, b=2.0, c=0.0).reached == 3
    assert judge(a=4.0, b=4.0, c=4.0).reached == 1
    assert judge(a=4.0) is None  # one alone cannot tell


@given(st.lists(st.floats(0, 6), min_size=5, max_size=5), st.integers(1, 5))
def test_k_of_n_agrees_with_counting(values, k):
    names = "abcde"
    parts = [{"channel": name, "at_least": [1, 2, 3, 4], "dead_band": 0.5} for name in names]
    made = rule({"count": k, "of": parts}, None, channels=dict.fromkeys(names, "water_level"))
    judged = made.judge(NOON, dict(zip(names, values, strict=True)), QUIET)
    for level, limit in ((4, 1), (3, 2), (2, 3), (1, 4)):
        assert (judged.reached <= level) == (sum(value >= limit for value in values) >= k)
        assert (judged.held <= level) == (sum(value >= limit - 0.5 for value in values) >= k)


def test_points_of_a_station_are_combined_and_what_is_not_known_is_not_judged():
    when = {
        "all": [
            {"channel": "forebay", "at_least": [2.0, 2.5, 3.0, 3.5]},
            {
                "any": [
                    {"quantity": "pump_running", "which": "every", "below": 0.5},
                    {"channel": "forebay", "above": 4},
                ]
            },
        ]
    }
    made = rule(when, None, channels=PUMPS)
    assert made.inputs == frozenset(PUMPS)
    assert made.judge(NOON, {"forebay": 3.1, "p1": 0, "p2": 0}, QUIET).reached == 2
    assert made.judge(NOON, {"forebay": 3.1, "p1": 0, "p2": 1}, QUIET).reached == NONE
    assert made.judge(NOON, {"forebay": 4.1, "p1": 0, "p2": 1}, QUIET).reached == 1
    assert made.judge(NOON, {"p1": 0}, QUIET) is None


def test_rain_windows_are_combined_with_and():
    when = {"all": [{"rain": "1h", "at_least": [20, 30, 0, 0]}, {"rain": "24h", "at_least": 100}]}
    made = rule(when, "rain")
    sums = lambda hour, day: {"1h": RainAmount(hour, 1.0), "24h": RainAmount(day, 1.0)}  # noqa: E731
    assert made.judge(NOON, sums(35, 90), QUIET).reached == NONE
    assert made.judge(NOON, sums(35, 110), QUIET).reached == 3


RATE = {
    "quantity": "water_level",
    "change": "rise",
    "per": "hour",
    "over_min": 30,
    "at_least": [0.3, 0.6, 0, 0],
}


def test_a_rate_is_of_the_span_named_and_needs_half_of_it():
    made = rule(RATE, "water_level")
    rising = [5 + 0.1 * n / 6 for n in range(12)]  # 0.1 m in six readings of ten minutes, 0.1 m/h
    assert run(made, rising, 10 * MIN)[1] == []
    steep = [5.0, 5.0, 5.0, 5.0, 5.2, 5.4, 5.6, 5.8, 5.8, 5.8, 5.8]
    assert told(run(made, steep, 10 * MIN)[1]) == [
        (40, "raised", 4),
        (50, "level", 3),
        (90, "level", 4),
        (100, "cleared", 4),
    ]
    assert run(made, [5.0, 6.0], 10 * MIN)[1] == []  # a third of the span tells no rate
    falling = rule({**RATE, "change": "fall"}, "water_level")
    assert told(run(falling, [10 - value for value in steep], 10 * MIN)[1])[0] == (40, "raised", 4)


def test_missing_readings_rise_with_their_length():
    one = checked(definition({"quantity": "ponding_depth", "absent_min": [30, 60, 0, 0]}))
    tiers = absence.tiers_at(one, Place(VALUES, CHINA), NOON)
    times = [NOON, NOON + 20 * MIN, NOON + 65 * MIN, NOON + 200 * MIN]
    found = absence.stretches(times, tiers, until=NOON + 260 * MIN)
    assert [((one.raised_at - NOON) / MIN, one.worst, one.until is None) for one in found] == [
        (50, 4, False),
        (95, 3, False),
        (230, 3, True),
    ]


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_every_shipped_rule_is_well_formed_in_its_own_language(slug):
    checked(SHIPPED[slug].definition)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"when": TIERS}, "applies: This part is missing"),
        (
            definition({**TIERS, "at_least": [15, 20, 18, 40]}),
            "when → at_least: Each level's limit lies beyond",
        ),
        (definition({**TIERS, "at_least": [15, 20]}), "Four limits are expected"),
        (definition({**TIERS, "dead_band": -1}), "when → dead_band: A number from 0"),
        (definition({**TIERS, "at_most": 3}), "Name one of at_least, above, at_most and below"),
        (definition({"quantity": "depth_of_water", "at_least": 1}), "There is no quantity depth_of_water"),
        (definition({"any": [TIERS, {"quantity": "water_level", "at_least": 1}]}), "compares only that one"),
        (definition({"count": 3, "of": [TIERS, TIERS]}), "when → count: A number from 1 to 2"),
        (definition({**TIERS, "at_least": 15}), "level: Say which level it is"),
        (definition({**TIERS, "at_least": {"parameter": "no.such"}}), "There is no parameter no.such"),
        (definition({"rain": "2h", "at_least": 5}, "rain", level=3), "There is no rain window 2h"),
        (definition({**TIERS, "limit": 3}), "when → limit: This word is not known here"),
        (definition(TIERS, say="poetry"), "There is no sentence poetry"),
        (definition({"all": [{"quantity": "ponding_depth", "absent_min": [9, 0, 0, 0]}]}), "stands alone"),
        ({"applies": {}, "when": RATE}, "A rate or missing readings are of one quantity"),
        ("ponding above 15", "Here an object in braces is expected"),
    ],
)
def test_what_is_no_rule_is_refused_in_words_that_name_the_place(wrong, says):
    with pytest.raises(Wrong) as refused:
        checked(wrong)
    assert says in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.floats(allow_nan=True) | st.sampled_from(["ponding_depth", "1h", "rise"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["applies", "when", "all", "any", "of", "count", "quantity", "at_least", "months", "otherwise", "limits",
             "from", "to", "parameter", "fact", "times", "dead_band", "change", "per", "over_min", "rising", "by",
             "absent_min", "level", "facts", "area", "red", "rain"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_whatever_is_written_is_a_rule_or_refused_with_a_reason(one):
    try:
        checked(one)
    except Wrong as refused:
        assert refused.text and refused.text % refused.params
        return
    make("test", one, Place(VALUES, CHINA, {}, {"a": "ponding_depth"}, "ponding_depth"))


# --- the engine ------------------------------------------------------------------------------------
@pytest.fixture
def remembered(db):
    def forget():
        for memory in (points, directory, rain, rulebook):
            memory.forget()

    forget()
    yield
    forget()


WRITER, LEADER = (
    actor(("administrator", "/dy/"), name="writer"),
    actor(("shift_leader", "/dy/"), name="leader"),
)


def put_in_force(slug, one, at=NIGHT, **more):
    version = rulebook.draft(slug, one, by=WRITER, at=at, reason="test", **more)
    version.rehearsed_at = at
    version.save(update_fields=["rehearsed_at"])
    rulebook.approve(version, by=LEADER, at=at)
    return version


def says(depth_cm, at):
    tell("P-01", [("depth", "ponding_depth", depth_cm, at)], at=at, protocol="ea_http")


@pytest.fixture
def depth(remembered):
    return station("P-01", kind="ponding_site", protocol="ea_http", sensors=[("depth", "ponding_depth")])[
        "depth"
    ]


def test_a_chattering_alarm_is_latched_and_reported_once(depth):
    put_in_force(
        "ponding.road",
        definition({"quantity": "ponding_depth", "at_least": [15, 0, 0, 0]}, chatter_per_min=3),
    )
    for n, value in enumerate([16, 3] * 6):
        says(value, NIGHT + n * 5 * SEC)
    assert Alarm.objects.filter(condition="active").count() == 1
    assert Alarm.objects.count() == 3
    assert AlarmEvent.objects.filter(what="chattering").count() == 1
    assert Event.objects.filter(kind="alarm.chattering").count() == 1


def test_late_readings_tell_a_rate_and_a_latched_alarm_as_if_they_had_come_in_time(remembered):
    river = station("G-01", kind="stage_gauge", protocol="sl651", sensors=[("level", "water_level")])["level"]
    put_in_force("river.rate", {**definition(RATE, "water_level"), "chatter_per_min": 3}, name="Rising fast")
    steep = [5.0, 5.0, 5.0, 5.0, 5.2, 5.4, 5.6, 5.8, 5.8, 5.8, 5.8, 5.0, 5.0, 5.6, 5.6, 5.6, 5.6, 5.6]
    frames = [
        frame("G-01", [("level", "water_level", value, NIGHT + n * 10 * MIN)], at=NIGHT + n * 10 * MIN)
        for n, value in enumerate(steep)
    ]
    made = rule(RATE, "water_level", chatter_per_min=3)
    wanted = [change.what for change in run(made, steep, 10 * MIN, NIGHT)[1]]
    for n in [0, 1, 2, 8, 9, 10, 3, 5, 4, 16, 17, 11, 6, 7, 12, 14, 13, 15]:
        ingest([frames[n]], received_at=NIGHT + timedelta(hours=4))
    alarms = Alarm.objects.filter(sensor=river).exclude(condition="retracted").order_by("raised_at")
    lines = [line.what for alarm in alarms for line in alarm.events.filter(what__in=["raised", "level", "cleared"]).order_by("at", "id")]  # fmt: skip
    assert lines == wanted
    assert alarms[0].facts["rule"] == "Rising fast"


@pytest.mark.parametrize("seed", range(4))
def test_a_fast_chatter_that_arrives_shuffled_leaves_the_same_latched_history(depth, seed):
    chattering = definition({"quantity": "ponding_depth", "at_least": [15, 16.5, 0, 0]}, chatter_per_min=3)
    put_in_force("ponding.road", chattering)
    chance = random.Random(seed)
    values = [chance.choice([14, 14, 15.2, 16.8]) for _ in range(30)] + [14] * 40  # within what water can do
    frames = [
        frame(
            "P-01",
            [("depth", "ponding_depth", value, NIGHT + n * 7 * SEC)],
            at=NIGHT + 20 * MIN,
            protocol="ea_http",
        )
        for n, value in enumerate(values)
    ]
    chance.shuffle(frames)
    while frames:
        n = chance.randint(1, 25)
        ingest(frames[:n], received_at=NIGHT + 20 * MIN)
        del frames[:n]
    made = rule(chattering["when"], chatter_per_min=3)
    wanted = [(one.at, one.what, one.level) for one in run(made, values, 7 * SEC, NIGHT)[1]]
    lines = AlarmEvent.objects.filter(what__in=["raised", "level", "cleared"]).exclude(
        alarm__condition="retracted"
    )
    assert list(lines.order_by("at", "id").values_list("at", "what", "level")) == wanted
    assert any(one.chattering for one in run(made, values, 7 * SEC, NIGHT)[1])


def test_missing_readings_raise_by_the_clock_and_end_with_the_next_reading(depth):
    one = definition({"quantity": "ponding_depth", "absent_min": [30, 60, 0, 0]})
    put_in_force("ponding.missing", one, name="无读数", name_en="No readings")
    Heartbeat.objects.create(
        name="silence", at=NIGHT, note={"since": (NIGHT - timedelta(days=1)).isoformat()}
    )
    says(3, NIGHT)
    assert tick(NIGHT + 29 * MIN).absent == 0
    assert tick(NIGHT + 31 * MIN).absent == 1
    assert tick(NIGHT + 32 * MIN).absent == 0
    tick(NIGHT + 61 * MIN)
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.level, alarm.facts["rule_en"]) == ("ponding.missing", 3, "No readings")
    says(3, NIGHT + 62 * MIN)
    assert tick(NIGHT + 63 * MIN).back == 1
    assert Alarm.objects.get().condition == "cleared"


def test_an_alarm_that_nobody_acknowledges_rings_again_after_its_time(depth):
    put_in_force("ponding.road", {**definition(TIERS), "re_alarm_min": 10})
    says(16, NIGHT)
    assert [tick(NIGHT + n * MIN).again for n in (5, 9, 10, 11, 19, 20)] == [0, 0, 1, 0, 0, 1]
    assert Alarm.objects.get().facts["again"] == 2
    rang = AlarmEvent.objects.filter(what="rang").order_by("at").values_list("recorded_at", flat=True)
    assert [later - sooner for sooner, later in pairwise(rang)] == [10 * MIN]
    Alarm.objects.update(state="acknowledged")
    assert tick(NIGHT + 40 * MIN).again == 0


def test_an_alarm_ends_when_its_rule_is_put_out_of_force_at_its_place(depth):
    put_in_force("ponding.road", definition(TIERS))
    says(16, NIGHT)
    assert tick(NIGHT + MIN).ended == 0
    narrower = {**definition(TIERS), "off": True}
    narrower["applies"] = {"quantity": "ponding_depth", "stations": ["S-ea_http-P-01"]}
    put_in_force("ponding.off", narrower, name="关", alarm="ponding.depth", at=NIGHT + MIN)
    assert tick(NIGHT + 2 * MIN).ended == 1
    assert Alarm.objects.get().condition == "cleared"
    says(50, NIGHT + 3 * MIN)
    assert Alarm.objects.count() == 1
