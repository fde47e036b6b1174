"""Public warnings as values: how severe, which stands, where; CAP 1.2 and the public feeds' JSON."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.domain import cap, cn_warnings
from sensors.domain.readings import DecodeError
from sensors.domain.warning_guides import GUIDES, guide
from sensors.domain.warnings import (
    ACTIVE,
    ALERT,
    CANCEL,
    CANCELLED,
    LAPSED,
    SUPERSEDED,
    TYPES,
    UPDATE,
    Bulletin,
    Said,
    areas_of,
    division,
    level_in,
    level_of,
    national,
    ring_of,
    standings,
    topmost,
    type_of,
)

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


# --- how severe, and of what kind -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("某市气象台发布暴雨橙色预警[Ⅱ级/严重]", 2),
        ("某区气象台将暴雨黄色预警升级为橙色", 2),
        ("由黄色预警信号升级为橙色预警信号，原黄色预警信号失效", 2),
        ("暴雨红色预警降级为黄色预警", 3),
        ("某县发布雷电[III级/较重]预警", 3),
        ("某县发布雷电[IV/一般]预警", 4),
        ("Red rainstorm warning", 1),
        ("Yellow upgraded to orange rainstorm warning", 2),
        ("暴雨", None),
    ],
)
def test_the_colour_is_the_one_a_text_ends_at(text, level):
    assert level_in(text) == level


@pytest.mark.parametrize(
    ("severity", "title", "level"),
    [
        ("Orange", "暴雨预警", 2), ("Severe", "暴雨预警", 2), ("Extreme", "", 1), ("Minor", "", 4), ("蓝色", "", 4),
        ("Unknown", "暴雨黄色预警", 3), ("Unknown", "暴雨预警", None), ("Blue", "暴雨蓝色预警升级为红色", 1), ("Purple", "", None),
    ],
)  # fmt: skip
def test_both_styles_of_severity_are_read(severity, title, level):
    assert level_of(severity, title) == level


@pytest.mark.parametrize(
    ("code", "text", "slug"),
    [
        ("11B03", "", "rainstorm"), ("02", "", "rainstorm"), ("11B09", "", "heat"), ("", "雷雨大风", "thunder_gale"),
        ("", "大风", "gale"), ("99", "龙卷风", ""), ("ZZZ", "Rainstorm", "rainstorm"), ("", "空间天气", ""),
    ],
)  # fmt: skip
def test_a_type_is_known_by_its_code_or_its_word_and_may_be_unknown(code, text, slug):
    assert type_of(code, text) == slug


def test_no_code_means_two_types():
    codes = [code for one in TYPES.values() for code in one.codes]
    assert len(codes) == len(set(codes))


def test_guides_speak_of_known_types_in_both_languages():
    assert {slug for slug, _ in GUIDES} <= set(TYPES)
    assert all(zh and en and len(zh.splitlines()) == len(en.splitlines()) for zh, en in GUIDES.values())
    assert guide("rainstorm", 1) != guide("rainstorm", 4) and guide("hail", 2) and guide("", 1) is None


# --- identifiers and places -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        (
            "31000041600000_20250811152835",
            ("31000041600000", "310000", datetime(2025, 8, 11, 7, 28, 35, tzinfo=UTC)),
        ),
        (
            "31000041600000_20250811152835_2",
            ("31000041600000", "310000", datetime(2025, 8, 11, 7, 28, 35, tzinfo=UTC)),
        ),
        ("31000041600000_20251311152835", None),
        ("NOAA-NWS-ALERTS-1", None),
    ],
)
def test_national_identifiers_are_read_with_and_without_a_number(identifier, found):
    assert national(identifier) == found


TREE = {
    "/dy/": "370502",
    "/dy/wenhui/": "370502001",
    "/dy/wenhui/01/": "370502001001",
    "/dy/youtian/": "local-7",
}


@pytest.mark.parametrize(
    ("codes", "paths"),
    [
        (["370502"], ["/dy/"]), (["370500"], ["/dy/"]), (["370000"], ["/dy/"]), (["370503"], []), (["360000"], []),
        (["370502001"], ["/dy/wenhui/"]), (["370502001000"], ["/dy/wenhui/"]), (["370502001001"], ["/dy/wenhui/01/"]),
        (["370502001099"], ["/dy/wenhui/"]), (["370502009"], ["/dy/"]), (["370502", "370502001"], ["/dy/"]),
        (["030049", "MTZ014", ""], []),
    ],
)  # fmt: skip
def test_division_codes_find_their_areas_or_the_one_that_holds_them(codes, paths):
    assert areas_of(codes, TREE) == paths


def test_a_foreign_six_digit_code_is_no_division():
    assert division("030049") == "" and division("370502") == "370502" and division("3705AB") == ""


def test_of_nested_paths_the_topmost_is_kept():
    assert topmost(["/a/b/", "/a/", "/ab/", "/a/c/"]) == ["/a/", "/ab/"]


def test_a_circle_has_its_radius_on_the_ground():
    ring = ring_of(118.5, 37.45, 5.0)
    assert ring[0] == ring[-1]
    assert max(lat for _, lat in ring) - 37.45 == pytest.approx(5 / 111.2, rel=0.01)
    assert max(lon for lon, _ in ring) - 118.5 == pytest.approx(5 / 88.3, rel=0.01)


# --- which one stands -----------------------------------------------------------------------------
def said(key, hour, action=ALERT, group="a|rain|", lasts=6, references=(), identifier=None):
    at = NOON + hour * HOUR
    return Said(key, identifier or f"id{key}", group, action, at, at + lasts * HOUR, references)


def state_at(messages, hour):
    return {key: standing.state for key, standing in standings(messages, NOON + hour * HOUR).items()}


def test_of_the_same_sender_and_type_only_the_newest_stands():
    assert state_at([said(1, 0), said(2, 1)], 2) == {1: SUPERSEDED, 2: ACTIVE}


def test_another_type_or_another_sender_stands_beside_it():
    assert state_at(
        [said(1, 0), said(2, 1, group="a|wind|"), said(3, 1, group="b|rain|")], 2
    ) == dict.fromkeys((1, 2, 3), ACTIVE)


def test_an_update_supersedes_what_it_refers_to_even_under_another_type():
    messages = [said(1, 0), said(2, 1, UPDATE, group="a|thunder|", references=("id1",))]
    assert state_at(messages, 2) == {1: SUPERSEDED, 2: ACTIVE}


def test_a_cancel_ends_it_and_one_after_its_expiry_does_not():
    assert state_at([said(1, 0), said(2, 1, CANCEL, group="", references=("id1",))], 2) == {1: CANCELLED}
    assert state_at([said(1, 0, lasts=1), said(2, 2, CANCEL, references=("id1",))], 3) == {1: LAPSED}


def test_a_cancel_that_refers_to_the_first_of_a_chain_ends_its_last():
    messages = [said(1, 0), said(2, 1, UPDATE, references=("id1",)), said(3, 2, CANCEL, references=("id1",))]
    assert state_at(messages, 3) == {1: SUPERSEDED, 2: CANCELLED}


def test_a_cancel_under_the_identifier_of_its_alert_ends_it():
    assert state_at([said(1, 0), said(2, 0, CANCEL, identifier="id1")], 1) == {1: CANCELLED}


def test_two_of_one_second_under_one_identifier_leave_each_other_alone():
    rain = said(1, 0, identifier="x", references=("x",))
    wind = said(2, 0, identifier="x", references=("x",), group="a|wind|")
    assert state_at([rain, wind], 1) == {1: ACTIVE, 2: ACTIVE}
    lifted = said(3, 1, CANCEL, identifier="y", group="a|wind|"), said(4, 1, CANCEL, identifier="y")
    assert state_at([rain, wind, *lifted], 2) == {1: CANCELLED, 2: CANCELLED}


def test_after_its_time_it_lapsed_and_was_not_cancelled():
    found = standings([said(1, 0, lasts=2)], NOON + 5 * HOUR)[1]
    assert (found.state, found.ended_at) == (LAPSED, NOON + 2 * HOUR)


def test_an_exercise_ends_no_real_warning():
    real = Bulletin("x", "s", ALERT, NOON, type="rainstorm")
    drill = Bulletin("y", "s", ALERT, NOON, type="rainstorm", status="exercise")
    assert real.group != drill.group


MESSAGES = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from((ALERT, UPDATE, CANCEL)), st.sampled_from(("a", "b")), st.integers(0, 4)),
    max_size=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(MESSAGES, st.integers(0, 12))
def test_the_order_in_which_messages_come_changes_nothing(rows, hour):
    messages = [
        said(n, at, action, group, references=(f"id{other}",))
        for n, (at, action, group, other) in enumerate(rows)
    ]
    whole = standings(messages, NOON + hour * HOUR)
    for shuffled in itertools.islice(itertools.permutations(messages), 30):
        assert standings(shuffled, NOON + hour * HOUR) == whole
    standing = [one.group for one in messages if one.action != CANCEL and whole[one.key].state == ACTIVE]
    assert len(standing) == len(set(standing))


# --- CAP ------------------------------------------------------------------------------------------
HEAD = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{id}</identifier><sender>bureau</sender>'
)
INFO = "<info><language>zh-CN</language><event>暴雨</event><severity>{severity}</severity><expires>2026-07-01T18:00:00+08:00</expires><headline>{title}</headline><description>预计将出现强降水。</description><area><areaDesc>某区</areaDesc>{area}</area></info>"


def alert(
    area="",
    severity="Orange",
    title="发布暴雨预警",
    kind="Alert",
    more="",
    identifier="37050241600000_20260701120000",
):
    text = HEAD.format(id=identifier)
    text += f"<sent>2026-07-01T12:00:00+08:00</sent><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{more}"
    return (text + INFO.format(severity=severity, title=title, area=area) + "</alert>").encode()


def test_an_alert_is_read_with_its_sender_times_colour_and_type():
    found = cap.read(alert())
    assert (found.sender, found.sent_at, found.action) == ("37050241600000", NOON, ALERT)
    assert (found.type, found.level, found.title) == ("rainstorm", 2, "发布暴雨预警")
    assert found.expires_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def test_coordinates_stand_latitude_first():
    area = "<polygon>37.4,118.5 37.5,118.5 37.5,118.6 37.4,118.5</polygon><circle>37.45,118.55 5</circle>"
    found = cap.read(alert(area))
    assert found.polygons == (((118.5, 37.4), (118.5, 37.5), (118.6, 37.5), (118.5, 37.4)),)
    assert found.circles == ((118.55, 37.45, 5.0),)


@pytest.mark.parametrize(
    "broken", ["37.4,118.5 37.5", "1,2 3,4 5,6 7,8", "118.5,37.4 " * 4, "nan,1 nan,1 nan,1 nan,1", ""]
)
def test_a_broken_polygon_is_left_out_and_said_and_the_warning_is_kept(broken):
    found = cap.read(alert(f"<polygon>{broken}</polygon>"))
    assert found.polygons == () and len(found.notes) == 1 and found.level == 2


def test_geocodes_of_foreign_lists_are_left_out():
    area = "<geocode><valueName>FIPS6</valueName><value>370502</value></geocode><geocode><valueName>GB/T 2260</valueName><value>370500 370600</value></geocode>"
    assert cap.read(alert(area)).geocodes == ("370500", "370600")


@pytest.mark.parametrize(("word", "action"), [("Update", UPDATE), ("Cancel", CANCEL), ("Cancle", CANCEL)])
def test_updates_and_cancels_name_what_they_refer_to_whichever_way_it_is_spelt(word, action):
    more = (
        "<references>bureau,id1,2026-07-01T11:00:00+08:00 bureau,id2,2026-07-01T11:30:00+08:00</references>"
    )
    found = cap.read(alert(kind=word, more=more))
    assert (found.action, found.references) == (action, ("id1", "id2"))


def test_two_languages_give_two_titles():
    english = "<info><language>en-US</language><event>Rainstorm</event><severity>Severe</severity><headline>Orange rainstorm warning</headline></info></alert>"
    found = cap.read(alert().replace(b"</alert>", english.encode()))
    assert (found.title, found.title_en) == ("发布暴雨预警", "Orange rainstorm warning")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not XML"),
        (b"<alert/>", "no CAP alert"),
        (alert().replace(b"<scope>Public</scope>", b""), "has no scope"),
        (alert(kind="Ack"), "is no warning"),
        (alert().replace(b"2026-07-01T12:00:00+08:00", b"yesterday"), "cannot be read"),
        (b'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + alert(title="&x;"), "document types and entities"),
        (b'<!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><alert>&b;</alert>', "document types and entities"),
        (b"<a>" + b"x" * (cap.LONGEST + 1), "bytes"),
    ],
)  # fmt: skip
def test_what_is_no_warning_is_refused_with_its_reason(raw, why):
    with pytest.raises(DecodeError, match=why):
        cap.read(raw)


def test_an_index_names_its_alerts_preferring_the_cap_link():
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><updated>1</updated>
      <link href="/page.html"/><link type="application/cap+xml" href="/a.xml"/></entry>
      <entry><id>http://other/b.xml</id><updated>2</updated></entry></feed>"""
    root = cap.root_of(feed)
    assert cap.is_index(root)
    assert cap.entries(root) == [cap.Entry("/a.xml", "1"), cap.Entry("http://other/b.xml", "2")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_give_a_bulletin_or_a_reason_and_nothing_else(data):
    whole = alert("<polygon>37.4,118.5 37.5,118.5 37.5,118.6 37.4,118.5</polygon>")
    for read, document in ((cap.read, whole), (cn_warnings.read, json.dumps({"data": [SAMPLE]}).encode())):
        cut = data.draw(st.integers(0, len(document)))
        damaged = (
            document[:cut] + data.draw(st.binary(max_size=8)) + document[cut + data.draw(st.integers(0, 4)) :]
        )
        try:
            read(damaged)
        except DecodeError as reason:
            assert str(reason)


@pytest.mark.beside("data/cap", "data/cn_weather_warning")
def test_published_examples_are_read_or_refused_with_a_reason():
    def of(name):
        return (SHARED / "cap" / name).read_bytes()

    flood = cap.read(of("weather.cap"))
    assert (flood.type, flood.level, flood.geocodes) == ("flood", 2, ())
    assert flood.expires_at == datetime(2010, 8, 30, 18, 0, tzinfo=UTC)
    assert cap.read(of("australia.cap")).circles == ((147.0598, -35.3888, 25.0),)
    assert len(cap.read(of("noaa_errors.cap")).notes) == 2
    assert len(cap.entries(cap.root_of(of("weather_index.atom")))) == 2
    with pytest.raises(DecodeError, match="no scope"):
        cap.read(of("invalid.cap"))


# --- the public feeds' JSON -----------------------------------------------------------------------
SAMPLE = {
    "head": "某省某市某区发布暴雨蓝色预警信号", "ALERTID": "1", "PROVINCE": "某省", "CITY": "某市", "STATIONNAME": "某区",
    "SIGNALTYPE": "暴雨", "SIGNALLEVEL": "蓝色", "TYPECODE": "02", "LEVELCODE": "01", "ISSUETIME": "2026-07-01 12:00:00",
    "ISSUECONTENT": "某区气象台2026年7月1日12时00分发布暴雨蓝色预警信号：预计未来12小时降雨量将达50毫米以上。",
    "RELIEVETIME": "2026-07-02 00:00:00", "msgType": "Alert", "identifier": "37050241600000_20260701120000",
    "references": "37050241600000_20260701120000",
}  # fmt: skip


def only(document):
    (piece,) = cn_warnings.read(document if isinstance(document, bytes) else json.dumps(document).encode())
    return piece


def test_a_warning_of_the_public_feed_is_read():
    found = only(SAMPLE).bulletin
    assert (found.type, found.level, found.sender, found.sent_at) == ("rainstorm", 4, "37050241600000", NOON)
    assert (found.sender_name, found.geocodes) == ("某区气象台", ("370502",))
    assert found.expires_at == NOON + 12 * HOUR


def test_it_may_come_as_a_script_as_a_list_or_under_a_key():
    script = b"var alarminfo=" + json.dumps(SAMPLE).encode() + b";"
    assert {
        only(one).bulletin.title
        for one in (script, [SAMPLE], {"data": [SAMPLE]}, {"alerts": {"content": [SAMPLE]}})
    } == {SAMPLE["head"]}
    assert cn_warnings.read(b'{"data": []}') == []


@pytest.mark.parametrize(
    "change", [{"msgType": "Cancle"}, {"msgType": "Cancel"}, {"msgType": "", "head": "某区解除暴雨蓝色预警"}]
)
def test_a_lifted_warning_is_a_cancel(change):
    assert only(SAMPLE | change).bulletin.action == CANCEL


def test_an_unknown_type_and_level_keep_their_own_words():
    strange = {
        "SIGNALTYPE": "空间天气",
        "TYPECODE": "77",
        "SIGNALLEVEL": "紫色",
        "LEVELCODE": "09",
        "head": "某区发布空间天气预警",
        "ISSUECONTENT": "",
    }
    found = only(SAMPLE | strange).bulletin
    assert (found.type, found.event, found.level) == ("", "空间天气", None)


def test_alerts_of_the_forecast_services_are_read():
    found = only({
        "alertId": "37050241600000_20260701120000", "code": "0203", "title": "某区气象台发布暴雨橙色预警[Ⅱ级/严重]",
        "description": "某区气象台1日12时00分发布暴雨橙色预警", "pubtimestamp": NOON.timestamp(), "adcode": "370502", "status": "预警中",
    }).bulletin  # fmt: skip
    assert (found.type, found.level, found.geocodes, found.sent_at) == ("rainstorm", 2, ("370502",), NOON)
    assert found.expires_at is None


@pytest.mark.parametrize(
    "change",
    [{"ISSUETIME": ""}, {"ISSUETIME": "noon"}, {"identifier": "", "ALERTID": ""}, {"msgType": "Ack"}],
)
def test_one_unreadable_warning_is_refused_for_itself(change):
    good, bad = cn_warnings.read(json.dumps([SAMPLE, SAMPLE | change]).encode())
    assert good.bulletin and bad.bulletin is None and bad.error


@pytest.mark.parametrize("raw", [b"", b"<html>", b"7", b'{"hello": 1}', b'["a"]'])
def test_a_document_without_warnings_is_refused(raw):
    with pytest.raises(DecodeError):
        cn_warnings.read(raw)
