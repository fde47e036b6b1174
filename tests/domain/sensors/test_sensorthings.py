"""The query options of SensorThings become values, or are refused with a sentence."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain.sensorthings import BadQuery, Compare, Joined, filter_of, holds, query_of, span_of

NINE = datetime(2026, 7, 1, 9, tzinfo=UTC)
TEN = datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_and_binds_closer_than_or_and_parentheses_closer_than_both():
    found = filter_of("result gt 1 or result lt -2.5 and not (name eq 'it''s' or 3 le result)")
    text, turned = Compare("name", "eq", "it's"), Compare("result", "ge", 3.0)
    right = Joined("and", (Compare("result", "lt", -2.5), Joined("not", (Joined("or", (text, turned)),))))
    assert found == Joined("or", (Compare("result", "gt", 1.0), right))


@pytest.mark.parametrize(
    "text",
    ["2026-07-01T10:00:00Z", "2026-07-01T10:00Z", "2026-07-01T18:00:00+08:00", "2026-07-01T18:00:00 08:00", "2026-07-01T10:00:00.000Z"],
)  # fmt: skip
def test_times_are_read_with_their_offset_also_where_its_plus_was_lost_on_the_way(text):
    assert filter_of(f"phenomenonTime ge {text}") == Compare("phenomenonTime", "ge", TEN)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("phenomenonTime ge 2026-07-01T09:00:00Z and phenomenonTime lt 2026-07-01T10:00:00Z", (NINE, TEN)),
        ("phenomenonTime eq 2026-07-01T09:00:00Z or phenomenonTime eq 2026-07-01T10:00:00Z", (NINE, TEN)),
        ("phenomenonTime ge 2026-07-01T09:00:00Z or result gt 1", (None, None)),
        ("phenomenonTime ge 2026-07-01T09:00:00Z and result gt 1", (NINE, None)),
        ("not phenomenonTime ge 2026-07-01T09:00:00Z", (None, None)), ("resultTime le 2026-07-01T09:00:00Z", (None, None)),
    ],
)  # fmt: skip
def test_a_filter_bounds_the_span_that_has_to_be_read(text, span):
    assert span_of(filter_of(text)) == span


@pytest.mark.parametrize(
    "text",
    ["", "result", "result gt", "result gt 1 1", "(result gt 1", "result like 1", "1 eq 1", "name eq name", "result gt 1 and",
     "geo.distance(location) lt 1", "phenomenonTime gt 2026-13-01T00:00:00Z", "result gt 1;drop", "( " * 20 + "result gt 1",
     " and ".join(["result gt 1"] * 21), "result gt 1" + " " * 2000],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(BadQuery) as why:
        filter_of(text)
    assert str(why.value)


@settings(max_examples=50)
@given(st.text(alphabet="()'eqandornot 0123456789.-T:Z+@/ab\0é", max_size=60))
def test_any_text_is_a_filter_or_refused(text):
    try:
        span_of(filter_of(text))
    except BadQuery as why:
        assert str(why)


def test_options_have_their_usual_values_and_their_bounds():
    usual = query_of({"limit": "1"})
    assert (usual.top, usual.skip, usual.count, usual.filter, usual.expand) == (100, 0, False, None, {})
    asked = query_of(
        {"$top": "5000", "$skip": "3", "$count": "true", "$select": "@iot.id,name", "$orderby": "name desc,id",
         "$expand": "Thing/Locations,Thing,Sensor", "$skiptoken": "7-8"}
    )  # fmt: skip
    assert (asked.top, asked.skip, asked.count, asked.token) == (1000, 3, True, "7-8")
    assert asked.select == {"id", "name"} and asked.orderby == (("name", True), ("id", False))
    assert asked.expand == {"Thing": {"Locations": {}}, "Sensor": {}}


@pytest.mark.parametrize(
    "given_",
    [{"$top": "-1"}, {"$top": "1e3"}, {"$skip": "999999"}, {"$count": "yes"}, {"$orderby": "name up"}, {"$search": "x"},
     {"$expand": "Observations($top=1)"}, {"$expand": "A/B/C"}, {"$resultFormat": "dataArray"}],
)  # fmt: skip
def test_options_that_are_not_ours_are_refused(given_):
    with pytest.raises(BadQuery):
        query_of(given_)


def test_a_filter_is_judged_over_texts_too():
    texts = {"id": "water_level", "name": "水位"}
    assert holds(filter_of("name eq '水位' and not id eq 'x'"), texts)
    with pytest.raises(BadQuery):
        holds(filter_of("name gt 1"), texts)
