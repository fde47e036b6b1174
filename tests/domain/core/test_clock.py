"""Allowances run by a calendar; pauses count once; no act of anybody makes elapsed time shrink."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from command_center.core.clock import ALWAYS, SHANGHAI, Clock, WorkingHours

OFFICE = WorkingHours(
    holidays=frozenset({date(2026, 10, day) for day in range(1, 8)}),
    makeup=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)
MINUTE = timedelta(minutes=1)
moments = st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(minutes=1), timedelta(hours=80))


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_five_working_days_across_the_national_holiday_end_after_it():
    begun = local("2026-09-29T16:30")
    due = Clock(begun, 5 * OFFICE.day, OFFICE).due(begun)
    # 29 Sep: 1 h · 30 Sep: 7.5 h · 1–7 Oct holiday · 8, 9 Oct and Saturday the 10th (make-up): 22.5 h · then Monday
    assert due.astimezone(SHANGHAI) == local("2026-10-12T16:30")


def test_a_makeup_sunday_counts_and_an_ordinary_one_does_not():
    assert OFFICE.works(date(2026, 9, 20)) and not OFFICE.works(date(2026, 9, 27))


def test_the_night_does_not_count_in_working_hours_and_does_in_natural_time():
    evening, morning = local("2026-09-22T20:00"), local("2026-09-23T06:00")
    assert OFFICE.worked(evening, morning) == timedelta()
    assert ALWAYS.worked(evening, morning) == timedelta(hours=10)


@given(moments, spans)
def test_what_is_due_has_been_worked_exactly(start, span):
    assert OFFICE.worked(start, OFFICE.after(start, span)) == span


@given(moments, moments, moments)
def test_working_time_adds_up(a, b, c):
    a, b, c = sorted((a, b, c))
    assert OFFICE.worked(a, b) + OFFICE.worked(b, c) == OFFICE.worked(a, c)


@given(moments, st.lists(st.tuples(moments, spans), max_size=4), st.lists(moments, min_size=2, max_size=2))
def test_elapsed_time_never_falls_whatever_was_paused(start, pauses, looks):
    paused = tuple((begin, begin + span) for begin, span in pauses)
    clock = Clock(start, timedelta(hours=40), ALWAYS, paused)
    early, late = sorted(max(look, start) for look in looks)
    assert timedelta() <= clock.elapsed(early) <= clock.elapsed(late)


@given(moments, moments, spans)
def test_pauses_that_overlap_are_subtracted_once(start, begin, span):
    later = start + timedelta(days=90)
    once = Clock(start, span, ALWAYS, ((begin, begin + span),)).elapsed(later)
    twice = Clock(start, span, ALWAYS, ((begin, begin + span), (begin, begin + span / 2))).elapsed(later)
    assert once == twice


@given(moments, spans)
def test_a_breached_clock_says_when_it_was_due(start, span):
    clock = Clock(start, span, OFFICE)
    due = clock.due(start)
    found = clock.due(due + timedelta(days=30))
    assert clock.breached(due)
    assert OFFICE.worked(start, found) - span <= timedelta(seconds=1) and clock.breached(found)
