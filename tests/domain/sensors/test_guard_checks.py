"""Which answer of a guard belongs to which check, and what a check stands at."""

from datetime import UTC, datetime, timedelta

import pytest

from sensors.domain.guard_checks import ANSWERED, NOT_TOLD, SILENT, WAITING, Answer, Check, standings

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
MIN = timedelta(minutes=1)


def stands(check, *answers, now=NOON + 5 * MIN):
    ((standing, answer),) = standings([check], answers, now)
    return standing, answer and answer.operator


@pytest.mark.parametrize(
    ("result", "minute", "standing"),
    [("", 5, WAITING), ("done", 5, WAITING), ("done", 10, WAITING), ("done", 11, SILENT), ("", 11, SILENT),
     ("not_connected", 1, NOT_TOLD), ("unanswered", 1, NOT_TOLD), ("refused", 1, NOT_TOLD)],
)  # fmt: skip
def test_without_an_answer_the_minutes_decide(result, minute, standing):
    assert stands(Check(NOON, 10, result), now=NOON + minute * MIN) == (standing, None)


def test_an_answer_in_time_counts_and_a_late_one_is_told_all_the_same():
    check = Check(NOON, 10, "done")
    assert stands(check, Answer(NOON + 3 * MIN, 7)) == (ANSWERED, 7)
    assert stands(check, Answer(NOON + 12 * MIN, 7), now=NOON + 20 * MIN) == (SILENT, 7)
    assert stands(check, Answer(NOON - MIN, 7)) == (WAITING, None)


def test_an_answer_belongs_to_the_last_check_before_it():
    checks = [Check(NOON + 20 * MIN, 10, "done"), Check(NOON, 10, "done")]
    answers = [Answer(NOON + 22 * MIN, 2), Answer(NOON + 4 * MIN, 1)]
    told = standings(checks, answers, NOON + 30 * MIN)
    assert [(standing, answer.operator) for standing, answer in told] == [(ANSWERED, 2), (ANSWERED, 1)]
    assert [standing for standing, _ in standings(checks, answers[:1], NOON + 30 * MIN)] == [ANSWERED, SILENT]


def test_a_host_that_never_confirmed_but_whose_guard_answered_was_reached():
    assert stands(Check(NOON, 10, "unanswered"), Answer(NOON + MIN, 3)) == (ANSWERED, 3)
