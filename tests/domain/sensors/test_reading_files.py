"""Tables of readings as their layout says: columns, times, numbers, and what is refused with which reason."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain.layout_language import Measure, WrongLayout, layout_of
from sensors.domain.reading_files import (
    NO_COLUMN,
    NO_NUMBER,
    NO_POINT,
    NO_STATION,
    NO_STATION_IN_NAME,
    NO_TIME,
    TWO_COLUMNS,
    Cell,
    Fault,
    NoTable,
    moment,
    number,
    read,
)
from sensors.domain.reading_layouts import LAYOUTS

HALL = timezone(timedelta(hours=8))
WIDE = {
    "time": "时间|time",
    "station": {"column": "站码"},
    "values": [
        {"column": "水位(m)", "channel": "level", "unit": "m"},
        {"column": "雨量", "channel": "rain_5min", "unit": "cm"},
    ],
}


def lines(spec, table, name="a.csv"):
    return list(read(layout_of(spec), name, list(enumerate((row.split(",") for row in table), 1))))


def said(found):
    return [(one.line, one.station, one.measure.channel, one.raw, one.at) for one in found]


def test_columns_of_values_in_any_order_under_any_of_their_heads():
    found = lines(
        WIDE, ["站码, TIME ,雨量,水位(m)", "ST-1,2022-08-18 20:00,0.2,3.41", "ST-1,2022/8/18 20:05,,3.5"]
    )
    at = datetime(2022, 8, 18, 12, tzinfo=UTC)
    assert said(found[:2]) == [(2, "ST-1", "level", 3.41, at), (2, "ST-1", "rain_5min", 0.2, at)]
    assert said(found[2:]) == [(3, "ST-1", "level", 3.5, at + timedelta(minutes=5))]


def test_a_column_for_each_station_and_cells_without_a_value_say_nothing():
    spec = {"time": "time_utc", "offset": "+00:00", "station": {"heads": True, "names": {"Po": "G-1"}},
            "value": {"channel": "rain", "scale": 0.1}, "ignore": "remark"}  # fmt: skip
    found = lines(
        spec, ["time_utc,Po,G-2,Remark", "2022-08-17 00:15:00,2,,dry", "2022-08-17 00:30:00,-,4,", ",,,"]
    )
    assert [(one.station, one.raw, one.measure.scale) for one in found] == [
        ("G-1", 2.0, 0.1),
        ("G-2", 4.0, 0.1),
    ]
    assert found[0].at == datetime(2022, 8, 17, 0, 15, tzinfo=UTC)


def test_one_value_a_row_with_its_point_its_unit_and_a_station_within_a_longer_text():
    spec = {
        "time": "dateTime", "offset": "+00:00",
        "station": {"column": "measure", "pattern": r"/measures/(\w+)-"},
        "long": {"channel": "parameter", "value": "value", "unit": "unit",
                 "points": {"level": {"channel": "level"}}},
    }  # fmt: skip
    measure = "http://example.org/id/measures/1029TH-level-stage-i-15_min-mASD"
    found = lines(spec, ["dateTime,measure,parameter,value,unit", f"2022-08-17T00:15:00Z,{measure},level,0.412,mASD",
                         f"2022-08-17T00:15:00Z,{measure},flow,1,m3/s", "2022-08-17T00:15:00Z,nothing,level,1,m"])  # fmt: skip
    assert said(found[:1]) == [(2, "1029TH", "level", 0.412, datetime(2022, 8, 17, 0, 15, tzinfo=UTC))]
    assert found[0].measure.value(0.412, "water_level") == 0.412
    assert [(one.line, one.text) for one in found[1:]] == [(3, NO_POINT), (4, NO_STATION)]


def test_the_name_of_the_file_names_the_station_and_date_and_time_stand_apart():
    spec = {"time": ["日期", "时刻"], "time_format": "%Y%m%d %H:%M", "station": {"file": r"^(\w+)_"}, "skip": 1,
            "decimal": ",", "values": [{"column": "H", "channel": "level"}]}  # fmt: skip
    rows = [
        (1, ["水位站 A"]),
        (2, ["日期", "时刻", "H"]),
        (3, ["20220817", "24:00", "3,25"]),
        (4, ["20220817", "08:00", "3.25"]),
    ]
    found = list(read(layout_of(spec), "ST9_2022.csv", rows))
    assert said(found[:1]) == [(3, "ST9", "level", 3.25, datetime(2022, 8, 17, 16, tzinfo=UTC))]
    assert found[1].text == NO_NUMBER, "a point where the decimal mark is a comma is never guessed at"
    with pytest.raises(NoTable) as why:
        list(read(layout_of(spec), "x.csv", rows))
    assert why.value.text == NO_STATION_IN_NAME


def test_a_bad_cell_leaves_the_others_of_its_row_good_and_a_bad_time_takes_the_row():
    found = lines(WIDE, ["时间,站码,水位(m),雨量", "2022-08-18 20:00,ST-1,high,0.2", "soon,ST-1,1,2",
                         "2022-08-18 20:00,,1,2"])  # fmt: skip
    assert [(type(one), one.line) for one in found] == [(Fault, 2), (Cell, 2), (Fault, 3), (Fault, 4)]
    assert (found[0].column, found[0].given, found[0].text) == ("水位(m)", "high", NO_NUMBER)
    assert found[2].text == NO_TIME and found[2].given == "soon,ST-1,1,2" and found[3].text == NO_STATION


@pytest.mark.parametrize(
    ("head", "why"),
    [("time,站码,雨量", NO_COLUMN), ("time,站码,雨量,水位(m),雨量", TWO_COLUMNS), ("", NO_COLUMN)],
)
def test_a_head_that_does_not_fit_is_refused_as_a_whole(head, why):
    with pytest.raises(NoTable) as refusal:
        lines(WIDE, [head, "1,2,3,4,5"])
    assert refusal.value.text == why and refusal.value.text % refusal.value.params


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time": None}, "time"), ({"station": {}}, "station"), ({"values": []}, "values"), ({"more": 1}, "unknown"),
        ({"values": [{"column": "a", "channel": "b", "scale": "x"}]}, "numbers"), ({"offset": "8"}, "offset"),
        ({"value": {"channel": "a"}}, "one of"), ({"station": {"column": "a", "pattern": "("}}, "pattern"),
        ({"station": {"column": "a", "by": "name"}}, "by"), ({"encoding": "latin"}, "encoding"),
        ({"station": {"heads": True}}, "heads"), ({"decimal": ";"}, "decimal"), ({"skip": -1}, "skip"),
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_used_says_why(change, word):
    with pytest.raises(WrongLayout, match=word):
        layout_of({**WIDE, **change})


def test_the_layouts_of_every_district_can_be_used():
    assert all(layout_of(one.layout) for one in LAYOUTS)


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [("3.4", ".", 3.4), ("-0", ".", 0), ("1e3", ".", 1000), ("3,4", ",", 3.4), ("1,234", ".", None), ("1.234", ",", None),
     ("nan", ".", None), ("1_000", ".", None), ("１", ".", None), ("0x10", ".", None), ("1e999", ".", None), ("", ".", None)],
)  # fmt: skip
def test_a_number_is_plain_digits_with_the_decimal_mark_of_the_layout(text, decimal, value):
    assert number(text, decimal) == value


@pytest.mark.parametrize(
    ("text", "formats", "at"),
    [
        ("2022-08-17 08:00", [], datetime(2022, 8, 17, 0)),
        ("2022/8/17 8:00", [], datetime(2022, 8, 17, 0)),
        ("2022年8月17日 8时00分", [], datetime(2022, 8, 17, 0)),
        ("2022/13/17 8:00", [], None),
        ("2022/08/17 08:00:30", [], datetime(2022, 8, 17, 0, 0, 30)),
        ("2022-08-17T08:00:00+02:00", [], datetime(2022, 8, 17, 6)),
        ("17.08.2022 08:00", ["%d.%m.%Y %H:%M"], datetime(2022, 8, 17, 0)),
        ("2022-12-31 24:00", [], datetime(2022, 12, 31, 16)),
        ("1660694400", ["epoch_s"], datetime(2022, 8, 17, 0)),
        ("1660694400000", ["epoch_ms"], datetime(2022, 8, 17, 0)),
        ("17.08.2022", [], None), ("9999-12-31 24:00", [], None), ("1e400", ["epoch_s"], None), ("", [], None),
    ],
)  # fmt: skip
def test_times_are_of_the_layout_unless_they_say_their_own_offset(text, formats, at):
    assert moment(text, formats, HALL) == (at and at.replace(tzinfo=UTC))


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from([[], ["%Y%m%d"], ["epoch_s"], ["epoch_ms"]]))
def test_any_text_is_a_time_or_none(text, formats):
    found = moment(text, formats, HALL)
    assert found is None or found.tzinfo is UTC


@settings(max_examples=50)
@given(st.text(max_size=20), st.sampled_from([".", ","]))
def test_any_text_is_a_finite_number_or_none(text, decimal):
    found = number(text, decimal)
    assert found is None or abs(found) < float("inf")


def test_a_value_is_converted_to_the_unit_of_its_quantity_or_its_unit_is_refused():
    assert Measure("level", "mm", offset=50).value(1950, "water_level") == 2
    with pytest.raises(ValueError, match="unit"):
        Measure("level", "mg/L").value(1, "water_level")
