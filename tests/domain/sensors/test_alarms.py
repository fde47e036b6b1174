from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.alarms import (
    CLEARED,
    LEVEL,
    NONE,
    QUIET,
    RAISED,
    Delays,
    Judged,
    episodes,
    from_json,
    observe,
    to_json,
)

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
LIMITS = {4: 15.0, 3: 20.0, 2: 27.0, 1: 40.0}
DEAD_BAND = 3.0
DELAYS = Delays(raise_samples=2, clear_after=10 * MIN)


def judged(at, value):
    reached = min((level for level, limit in LIMITS.items() if value >= limit), default=NONE)
    held = min((level for level, limit in LIMITS.items() if value >= limit - DEAD_BAND), default=NONE)
    return Judged(at, reached, held, value, value)


def run(values, delays=DELAYS, every=MIN, belief=QUIET):
    """The changes that ``values``, one every ``every``, bring about, and the belief they leave."""
    changes = []
    for n, value in enumerate(values):
        belief, change = observe(belief, delays, judged(NOON + n * every, value))
        if change is not None:
            changes.append(change)
    return belief, changes


def told(changes):
    return [(change.what, change.level) for change in changes]


def test_one_sample_over_the_limit_is_no_alarm_and_two_in_a_row_are():
    assert run([5, 16, 5, 16, 5])[1] == []
    _, changes = run([5, 16, 17])
    assert told(changes) == [(RAISED, 4)]
    assert changes[0].at == NOON + 2 * MIN
    assert changes[0].value == 17


def test_a_level_that_wobbles_at_the_limit_for_an_hour_is_one_alarm():
    wobble = [15 + (0.5 if n % 2 else -0.5) for n in range(30)] + [15.5] * 3
    wobble += [15 + (0.5 if n % 3 else -0.5) for n in range(60)]
    assert told(run(wobble)[1]) == [(RAISED, 4)]


def test_rising_and_falling_water_is_one_alarm_whose_level_goes_up_and_down():
    values = [10, 16, 16, 22, 22, 30, 30, 45, 45] + [30] * 12 + [22] * 12 + [5] * 12
    _, changes = run(values)
    assert told(changes) == [
        (RAISED, 4),
        (LEVEL, 3),
        (LEVEL, 2),
        (LEVEL, 1),
        (LEVEL, 2),
        (LEVEL, 3),
        (CLEARED, 3),
    ]
    assert changes[-1].peak == 45


def test_an_alarm_clears_only_after_ten_minutes_below_the_dead_band():
    assert told(run([16, 16] + [12.5] * 60)[1]) == [(RAISED, 4)]  # within the dead-band: it stays
    _, changes = run([16, 16] + [11.9] * 9 + [13] + [11.9] * 11)
    assert told(changes) == [(RAISED, 4), (CLEARED, 4)]
    assert changes[-1].at - NOON == (2 + 9 + 1 + 10) * MIN  # the touch at 13 began the ten minutes anew


def test_a_jump_to_red_is_told_as_red_at_once():
    assert told(run([0, 50, 50])[1]) == [(RAISED, 1)]


def test_a_rule_by_duration_waits_for_its_time_and_not_for_a_number_of_samples():
    delays = Delays(raise_samples=1, raise_after=5 * MIN)
    assert run([20] * 5, delays)[1] == []
    _, changes = run([20] * 6, delays)
    assert told(changes) == [(RAISED, 3)]
    assert changes[0].at == NOON + 5 * MIN


def test_quiet_readings_leave_nothing_to_keep():
    belief, changes = run([0, 3, 11.9, 0])
    assert belief is QUIET
    assert changes == []


def test_a_cleared_alarm_leaves_the_quiet_belief():
    belief, _ = run([16, 16] + [0] * 12)
    assert belief is QUIET


values_near_the_limits = st.lists(
    st.one_of(st.sampled_from([0.0, 11.9, 12.0, 14.9, 15.0, 19.9, 20.0, 27.0, 36.9, 40.0]), st.floats(0, 60)),
    max_size=60,
)
delays = st.builds(
    Delays,
    raise_samples=st.integers(1, 4),
    raise_after=st.integers(0, 6).map(lambda n: n * MIN),
    clear_after=st.integers(0, 12).map(lambda n: n * MIN),
)


def one_switch(values, level, delays, every):
    """Whether one level is on after each sample, by looking back over all samples each time."""
    limit, on, states, begun = LIMITS[level], False, [], 0
    for n, _ in enumerate(values):
        run_ = 0  # how many samples up to n, since the switch last changed, ask for the change
        while n - run_ >= begun:
            value = values[n - run_]
            if (value >= limit - DEAD_BAND) if on else (value < limit):
                break
            run_ += 1
        spanned = (run_ - 1) * every
        if on and run_ and spanned >= delays.clear_after:
            on, begun = False, n + 1
        elif not on and run_ >= delays.raise_samples and spanned >= delays.raise_after:
            on, begun = True, n + 1
        states.append(on)
    return states


@given(values_near_the_limits, delays, st.integers(1, 5).map(lambda n: n * MIN))
def test_levels_are_what_four_switches_that_look_back_would_say(values, delays, every):
    switches = {level: one_switch(values, level, delays, every) for level in LIMITS}
    expected, before = [], NONE
    for n in range(len(values)):
        level = min((level for level in LIMITS if switches[level][n]), default=NONE)
        if level != before:
            what = RAISED if before == NONE else CLEARED if level == NONE else LEVEL
            expected.append((NOON + n * every, what, before if what == CLEARED else level))
        before = level
    assert [(change.at, change.what, change.level) for change in run(values, delays, every)[1]] == expected


@given(values_near_the_limits, delays)
def test_what_reaches_a_level_keeps_every_lesser_one_on(values, delays):
    belief = QUIET
    for n, value in enumerate(values):
        belief, _ = observe(belief, delays, judged(NOON + n * MIN, value))
        on = [switch.on for switch in belief.switches]
        assert on == sorted(on)


@given(values_near_the_limits, st.integers(0, 60), delays)
def test_a_belief_put_away_and_taken_out_again_goes_on_as_before(values, cut, delays):
    whole, changes = run(values, delays)
    belief, first = run(values[:cut], delays)
    if belief is not QUIET:
        belief = from_json(to_json(belief))
    rest = []
    for n, value in enumerate(values[cut:], start=min(cut, len(values))):
        belief, change = observe(belief, delays, judged(NOON + n * MIN, value))
        rest += [change] if change else []
    assert belief == whole
    assert first + rest == changes


@given(values_near_the_limits, delays)
def test_every_episode_begins_with_its_raising_and_only_the_last_may_be_open(values, delays):
    belief, changes = run(values, delays)
    found = episodes(changes, belief)
    assert [change for episode in found for change in episode.changes] == changes
    for episode in found:
        assert [change.what for change in episode.changes].count(RAISED) == 1
        assert episode.changes[0].what == RAISED
    assert all(episode.cleared_at for episode in found[:-1])
    assert (bool(found) and found[-1].cleared_at is None) == (belief.level < NONE)
