"""The four clocks: due times by natural minutes, working hours and working days; steps in their order, each once."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from command_center.core.clock import WorkingHours
from dispatch.domain import clocks
from dispatch.domain.clocks import DAYS, HOURS, MINUTES, Limit, Schedule, Shares, schedule

OFFICE = WorkingHours(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    makeup=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)
SHARES = Shares(0.8, 0.9)


def here(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=clocks_zone).astimezone(UTC)


clocks_zone = OFFICE.zone


def test_natural_minutes_run_through_the_night():
    plan = schedule(here(7, 1, 23), Limit(100, MINUTES), OFFICE, SHARES)
    assert plan == Schedule(here(7, 2, 0, 20), here(7, 2, 0, 30), here(7, 2, 0, 40))


def test_five_working_days_across_the_national_holiday_end_at_the_right_minute():
    # Wednesday 30 September 2026, 10:30; off from 1 to 7 October, work on Saturday the 10th.
    plan = schedule(here(9, 30, 10, 30), Limit(5, DAYS), OFFICE, SHARES)
    assert plan.due_at == here(
        10, 13, 10, 30
    )  # full days end on the 8th, 9th, 10th (a Saturday, made up), 12th, 13th
    assert plan.amber_at == here(10, 12, 10, 30)
    assert plan.yellow_at == here(10, 12, 15, 45)


def test_working_hours_skip_the_lunch_break_and_the_weekend():
    plan = schedule(here(7, 3, 16, 30), Limit(4, HOURS), OFFICE, SHARES)  # a Friday
    assert plan.due_at == here(7, 6, 11, 30)


def test_what_the_clock_shows():
    plan = schedule(here(7, 1, 10), Limit(100, MINUTES), OFFICE, SHARES)

    def shown(minutes, stopped=None):
        return clocks.colour(here(7, 1, 10) + timedelta(minutes=minutes), plan.amber_at, plan.due_at, stopped)

    assert [shown(m) for m in (0, 79, 80, 99, 100, 500)] == [
        "running",
        "running",
        "amber",
        "amber",
        "red",
        "red",
    ]
    assert shown(500, here(7, 1, 11, 40)) == "met"
    assert shown(500, here(7, 1, 11, 41)) == "missed"


def test_after_a_standstill_all_steps_that_are_due_are_taken_in_their_order():
    plan = schedule(here(7, 1, 10), Limit(100, MINUTES), OFFICE, SHARES)
    assert clocks.steps_due(plan.due_at, plan, frozenset()) == ["reminder", "yellow", "red"]
    assert clocks.steps_due(plan.due_at, plan, frozenset({"reminder"})) == ["yellow", "red"]
    assert clocks.steps_due(plan.amber_at - timedelta(microseconds=1), plan, frozenset()) == []
    assert clocks.next_step_at(plan, frozenset({"reminder"})) == plan.yellow_at
    assert clocks.next_step_at(plan, frozenset(clocks.STEPS)) is None


limits = st.builds(Limit, st.floats(0.5, 40), st.sampled_from(clocks.UNITS))
moments = st.datetimes(datetime(2026, 9, 15), datetime(2026, 10, 20)).map(lambda at: at.replace(tzinfo=UTC))


@given(moments, limits, limits)
def test_warnings_come_before_the_end_and_an_extension_moves_it_later_never_earlier(started, limit, more):
    plan = schedule(started, limit, OFFICE, SHARES)
    assert started <= plan.amber_at <= plan.yellow_at <= plan.due_at
    longer = schedule(started, limit, OFFICE, SHARES, more)
    assert longer.due_at > plan.due_at
    assert plan.due_at <= longer.amber_at <= longer.yellow_at <= longer.due_at


@given(moments, limits, st.integers(0, 20_000), st.integers(0, 20_000))
def test_elapsed_time_never_shrinks(started, limit, a, b):
    first, second = sorted((a, b))
    shares = [
        clocks.share_elapsed(started + timedelta(minutes=m), started, limit, OFFICE) for m in (first, second)
    ]
    assert 0 <= shares[0] <= shares[1]


def test_office_hours_of_a_district_are_read_from_words():
    from dispatch.services.clocks import periods

    assert periods("08:30-12:00, 13:30-17:30") == ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
