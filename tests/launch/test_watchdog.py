"""Who is ended for doing no work, and who is not."""

import pytest

from command_center.launch.watchdog import PATIENCE_S, WORK, Watchdog

RUNNING = {
    "web": 1,
    "worker-now": 2,
    "worker-poll": 3,
    "beat": 4,
    "relay": 5,
    "gateway": 6,
    "subscribe": 7,
    "simulate": 8,
}
WELL = {part: 1.0 for parts in WORK.values() for part in parts}
LATE = PATIENCE_S + 1


def watching(seconds, ages, web=True, dog=None, running=RUNNING, begin=0.0):
    """What is judged at the end of so many seconds of looking every five."""
    dog = dog or Watchdog(begin)
    judged = {}
    for second in range(0, int(seconds) + 1, 5):
        judged = dog.judge(begin + second, ages, web, running)
    return dog, judged


@pytest.mark.parametrize(
    ("late", "ended"),
    [
        ((), set()),
        (("relay",), {"relay"}),
        (("gateway",), {"gateway"}),
        (("subscribe",), {"subscribe"}),
        (("worker:poll",), {"worker-poll"}),
        (("worker:bulk",), {"worker-now"}),
        (("worker:now",), {"worker-now"}),
        (("worker:now", "worker:bulk", "worker:poll"), {"worker-now", "worker-poll", "beat"}),
        (tuple(WELL), {"relay", "gateway", "subscribe", "worker-now", "worker-poll", "beat"}),
    ],
)
def test_who_has_done_no_work_for_a_minute_is_ended(late, ended):
    _, judged = watching(LATE + 5, WELL | dict.fromkeys(late, LATE))
    assert judged == {name: RUNNING[name] for name in ended}


def test_a_part_never_heard_counts_as_late():
    _, judged = watching(LATE + 5, {name: age for name, age in WELL.items() if name != "relay"})
    assert set(judged) == {"relay"}


def test_a_web_process_that_gives_no_answer_is_ended():
    _, judged = watching(LATE + 5, WELL, web=False)
    assert set(judged) == {"web"}


def test_nobody_is_judged_while_a_server_is_away_and_everybody_has_time_afterwards():
    dog, judged = watching(200, None, web=False)
    assert judged == {}
    late = dict.fromkeys(WELL, 500.0)
    dog, judged = watching(PATIENCE_S - 10, late, dog=dog, begin=205)
    assert judged == {}
    _, judged = watching(20, late, dog=dog, begin=205 + PATIENCE_S)
    assert "relay" in judged


def test_a_process_just_started_has_its_time():
    dog, _ = watching(100, WELL)
    anew = RUNNING | {"worker-poll": 33}
    late = WELL | {"worker:poll": LATE}
    _, judged = watching(PATIENCE_S - 5, late, dog=dog, running=anew, begin=105)
    assert judged == {}
    _, judged = watching(20, late, dog=dog, running=anew, begin=105 + PATIENCE_S)
    assert judged == {"worker-poll": 33}


def test_what_does_not_run_is_left_to_the_supervisor():
    running = {name: pid for name, pid in RUNNING.items() if name != "gateway"}
    _, judged = watching(LATE + 5, WELL | {"gateway": LATE}, running=running)
    assert judged == {}
