import csv
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulator.storm import DesignRain, Storm, designed, load, recorded

FERRARA = Path(__file__).resolve().parents[3] / "shared/data/rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"
GAUGES = [(118.40 + 0.05 * n, 37.35 + 0.03 * (n % 4)) for n in range(12)]
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def written(tmp_path, text, name="storm.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_row_says_is_told_at_the_end_of_its_step(tmp_path):
    storm = recorded(written(tmp_path, "time_utc,A,B\n2026-07-01 04:00,0.2,1\n2026-07-01 04:15,3.4,\n"))
    assert storm.step == timedelta(minutes=15)
    assert storm.start == NOON - timedelta(minutes=15)
    assert storm.step_tenths(0, NOON) == 2
    assert storm.total_tenths(0, NOON + timedelta(minutes=14)) == 2
    assert storm.total_tenths(0, NOON + timedelta(minutes=15)) == 36
    assert storm.step_tenths(1, NOON + timedelta(minutes=15)) is None
    assert storm.total_tenths(1, NOON + timedelta(days=3)) == 10


def test_rain_falls_while_the_step_is_under_way_and_stays_dry_after_the_record(tmp_path):
    storm = recorded(written(tmp_path, "time_utc,A\n2026-07-01 04:00,0\n2026-07-01 04:15,5\n"))
    assert storm.rate_mm_h(0, NOON + timedelta(minutes=1)) == 20
    assert storm.rate_mm_h(0, NOON + timedelta(minutes=15)) == 0
    assert storm.step_tenths(0, NOON + timedelta(hours=5)) == 0


def test_times_without_offset_are_beijing_unless_the_column_says_utc(tmp_path):
    local = recorded(written(tmp_path, "time,A\n2026-07-01 12:00,1\n2026-07-01 12:05,1\n"))
    given_offset = recorded(written(tmp_path, "time,A\n2026-07-01T04:00Z,1\n2026-07-01T04:05Z,1\n"))
    assert local.start == given_offset.start == NOON - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time,A\n", "at least two steps"),
        ("time,A\n2026-07-01 12:00,1\nyesterday,1\n", "row 3: 'yesterday' is no time"),
        ("time,A\n2026-07-01 12:00,1\n2026-07-01 12:05,wet\n", "row 3: 'wet' is no amount"),
        ("time,A\n2026-07-01 12:00,-1\n2026-07-01 12:05,0\n", "row 2: -1 mm of rain cannot be"),
        ("time,A\n2026-07-01 12:00,1\n2026-07-01 12:05,1\n2026-07-01 12:20,1\n", "row 4"),
    ],
)
def test_a_file_that_is_no_storm_is_refused_with_the_row(tmp_path, text, reason):
    with pytest.raises(ValueError, match=reason):
        recorded(written(tmp_path, text))


@given(st.lists(st.decimals(0, 40, places=2), min_size=2, max_size=60))
def test_amounts_finer_than_the_counter_are_never_lost_by_more_than_a_tenth(tmp_path_factory, amounts):
    rows = "".join(
        f"{NOON + n * timedelta(minutes=5):%Y-%m-%dT%H:%M}Z,{mm}\n" for n, mm in enumerate(amounts)
    )
    storm = recorded(written(tmp_path_factory.getbasetemp(), "time,A\n" + rows))
    for n in range(len(amounts)):
        exact = sum(amounts[: n + 1]) * 10
        told = storm.total_tenths(0, NOON + n * timedelta(minutes=5))
        assert told <= exact < told + 1


def test_columns_begin_again_where_there_are_more_gauges():
    storm = Storm("two", NOON, timedelta(minutes=5), ((1,), (2,)))
    assert [storm.total_tenths(gauge, NOON + timedelta(minutes=5)) for gauge in range(5)] == [1, 2, 1, 2, 1]


@pytest.fixture
def record(tmp_path):
    """The recorded storm where it lies beside the repository, otherwise one of the same shape."""
    if FERRARA.exists():
        return FERRARA
    dice = random.Random(5)
    rows = ["time_utc," + ",".join(f"gauge {n}" for n in range(12))]
    for n in range(384):
        top_mm = 30 if 210 <= n < 216 else 5 if n % 60 < 6 else 0
        cells = ",".join(str(dice.randint(0, 5 * top_mm) / 5) for _ in range(12))
        rows.append(f"{NOON + n * timedelta(minutes=15):%Y-%m-%d %H:%M:%S},{cells}")
    return written(tmp_path, "\n".join(rows))


def test_the_recorded_storm_gives_the_files_own_sums_for_every_window(record):
    storm = recorded(record)
    with open(record) as file:
        rows = list(csv.reader(file))[1:]
    times = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in rows]
    for gauge in range(12):
        for hours in (1, 3, 24):
            for end in times[96::7]:
                since = end - timedelta(hours=hours)
                told = storm.total_tenths(gauge, end) - storm.total_tenths(gauge, since)
                inside = [row for row, at in zip(rows, times, strict=True) if since < at <= end]
                assert told == sum(Decimal(row[gauge + 1]) for row in inside) * 10


def test_the_story_begins_shortly_before_the_heaviest_step_of_the_record(record):
    storm = recorded(record)
    begins = storm.story_start()
    heaviest = max(range(storm.steps), key=lambda n: sum(column[n] for column in storm.tenths))
    assert timedelta(0) < storm.start + heaviest * storm.step - begins < timedelta(hours=3)
    assert storm.history_start() < begins - timedelta(hours=24)


def test_a_dry_record_begins_at_its_beginning():
    storm = Storm("dry", NOON, timedelta(minutes=5), ((0, 0, 0),))
    assert storm.story_start() == NOON


def test_the_design_rain_holds_its_formula_in_its_heaviest_hour():
    rain = DesignRain()
    heaviest = max(rain.fallen_mm(t + 60) - rain.fallen_mm(t) for t in range(300))
    assert heaviest == pytest.approx(rain.heaviest_mm(60), rel=0.01)
    assert rain.fallen_mm(rain.minutes) == pytest.approx(rain.heaviest_mm(rain.minutes))
    peak = max(range(360), key=lambda t: rain.fallen_mm(t + 1) - rain.fallen_mm(t))
    assert abs(peak - rain.r * rain.minutes) <= 1


def test_the_designed_storm_is_the_same_for_a_seed_and_another_for_another():
    assert designed(GAUGES, seed=3) == designed(GAUGES, seed=3)
    assert designed(GAUGES, seed=3).tenths != designed(GAUGES, seed=4).tenths


def test_the_designed_storm_repeats_with_dry_hours_between():
    storm = load(None, GAUGES)
    again = storm.start + storm.period
    for gauge in range(12):
        once = storm.total_tenths(gauge, again)
        assert 400 < once < 1500
        assert storm.total_tenths(gauge, again + storm.period) == 2 * once
        assert storm.step_tenths(gauge, again) == 0
        later = storm.start + timedelta(hours=3)
        assert storm.step_tenths(gauge, later + storm.period) == storm.step_tenths(gauge, later)
    assert storm.story_start() < storm.start + timedelta(hours=2)


def test_the_step_amounts_add_up_to_the_counter():
    storm = designed(GAUGES)
    ends = [storm.start + n * storm.step for n in range(1, 500)]
    for gauge in range(12):
        assert sum(storm.step_tenths(gauge, end) for end in ends) == storm.total_tenths(gauge, ends[-1])


def test_a_record_ends_and_a_repeating_storm_does_not(record):
    storm = recorded(record)
    assert storm.step_tenths(0, storm.ends_at) is not None
    assert storm.total_tenths(0, storm.ends_at) == sum(storm.tenths[0])
    assert designed(GAUGES).ends_at > storm.ends_at + timedelta(days=365_000)
