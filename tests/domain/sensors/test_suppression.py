"""What keeps an alarm from calling: what covers it, what follows by design, and that history tells it whole."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sensors.domain.alarms import CLEARED, LEVEL, RAISED
from sensors.domain.lifecycle import ACKNOWLEDGED, Logged, fold
from sensors.domain.suppression import (
    BY_DESIGN,
    CAUSES,
    LINK,
    MAINTENANCE,
    OUT_OF_SERVICE,
    PARENT,
    SHELVED,
    STATION,
    SUPPRESSION,
    Active,
    Causes,
    Cover,
    Design,
    Tag,
    entries,
    entry,
    in_order,
    steps,
)

AT = datetime(2026, 7, 1, tzinfo=UTC)
HERE, THERE = UUID(int=1), UUID(int=2)


def tag(station=HERE, sensor=7, rule="ponding.depth", area="/dy/xc/", **more):
    return Tag(station, sensor, rule, area, **more)


def cover(cause, hours=1, **more):
    return Cover(
        UUID(int=9), cause, "officer", AT + timedelta(hours=hours), more.pop("area", "/dy/xc/"), **more
    )


def causes_of(tag, *covers, by_design=False):
    return [one["cause"] for one in entries(tag, covers, by_design=by_design)]


def test_the_table_is_sound():
    assert SUPPRESSION.problems() == []


def test_a_shelf_covers_one_rule_at_one_point_and_no_worse_level():
    shelf = cover(SHELVED, station=HERE, sensor=7, rule="ponding.depth", level=3)
    assert causes_of(tag(), shelf) == [SHELVED]
    for other in (tag(sensor=8), tag(sensor=None), tag(rule="river.level"), tag(station=THERE)):
        assert causes_of(other, shelf) == []
    assert [shelf.overtaken(tag(), level) for level in (4, 3, 2, 1)] == [False, False, True, True]
    assert not shelf.overtaken(tag(station=THERE), 1)
    assert not cover(OUT_OF_SERVICE, station=HERE).overtaken(tag(), 1)


def test_out_of_service_covers_a_station_or_one_of_its_points():
    assert causes_of(tag(sensor=None), cover(OUT_OF_SERVICE, station=HERE)) == [OUT_OF_SERVICE]
    assert causes_of(tag(sensor=8), cover(OUT_OF_SERVICE, station=HERE, sensor=7)) == []
    assert causes_of(tag(sensor=None), cover(OUT_OF_SERVICE, station=HERE, sensor=7)) == []


def test_a_window_covers_an_area_and_never_one_whose_name_only_begins_alike():
    assert causes_of(tag(area="/dy/xc/a/"), cover(MAINTENANCE)) == [MAINTENANCE]
    assert causes_of(tag(area="/dy/xcheng/"), cover(MAINTENANCE)) == []


def test_of_one_cause_the_longest_counts_and_the_first_of_the_order_is_shown():
    windows = [cover(MAINTENANCE, hours=3), cover(MAINTENANCE, hours=1), cover(OUT_OF_SERVICE, station=HERE)]
    found = entries(tag(), windows, by_design=True)
    assert [one["cause"] for one in found] == [OUT_OF_SERVICE, MAINTENANCE, BY_DESIGN]
    assert found[1]["until"] == (AT + timedelta(hours=3)).isoformat()


def test_by_design_reaches_the_same_station_those_below_it_or_the_whole_link():
    designs = [
        Design("power.lost", "pump.fault", STATION),
        Design("gateway.silent", "station.silent", PARENT),
        Design("link.silent", "station.silent", LINK),
    ]
    active = [
        Active("power.lost", HERE, "B-01"),
        Active("gateway.silent", THERE, "GW-1"),
        Active("link.silent", THERE, "S-1", node="7"),
    ]
    found = Causes(designs, active)
    assert found.suppress(tag(rule="pump.fault"))
    assert not found.suppress(tag(rule="pump.fault", station=THERE))
    assert found.suppress(tag(rule="station.silent", parent="GW-1"))
    assert found.suppress(tag(rule="station.silent", node="7"))
    assert not found.suppress(tag(rule="station.silent", node="8"))
    assert not found.suppress(tag(rule="station.silent"))  # no parent is nobody's child
    assert not found.suppress(tag(rule="ponding.depth"))


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(CAUSES),
        st.none() | st.integers(1, 5).map(lambda hours: AT + timedelta(hours=hours)),
        st.sampled_from(["officer", "leader", ""]),
    ),
    max_size=4,
).map(lambda found: in_order({one["cause"]: one for one in found}))


@given(
    st.lists(ENTRIES, max_size=8),
    st.lists(st.sampled_from([LEVEL, CLEARED, ACKNOWLEDGED]), max_size=6),
    st.randoms(use_true_random=False),
)
def test_lines_written_in_any_moment_fold_to_what_held_last_and_touch_no_other_axis(stages, others, chance):
    lines = [Logged(AT, RAISED, 3, 10.0, number=1)]
    for minute, what in enumerate(others, start=1):
        lines.append(Logged(AT + minute * timedelta(minutes=1), what, 2, 20.0, "somebody"))
    alone = fold(lines)
    before = []
    for number, now in enumerate(stages, start=1):
        for step, (word, one) in enumerate(steps(before, now)):
            at = AT + chance.randint(0, 90) * timedelta(
                minutes=1
            )  # who was quicker may have read the clock later
            until = one["until"] and datetime.fromisoformat(one["until"])
            lines.append(Logged(at, word, who=one["by"], until=until, number=number * 100 + step))
        before = now
    chance.shuffle(lines)
    told = fold(sorted(lines, key=lambda line: line.number))
    assert told.suppressions == before
    assert (told.condition, told.state, told.level) == (alone.condition, alone.state, alone.level)
    assert steps(before, before) == []
