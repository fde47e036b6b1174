"""Connecting devices by list: what Excel wrote, the dry run, and taking the good rows."""

import io

import openpyxl
import pytest

from sensors.domain.onboarding import FACTS, LABELS, TWICE
from sensors.models import (
    DeviceList,
    DeviceType,
    Sensor,
    Station,
)
from sensors.services import importing, secrets
from sensors.services import tables as files
from tests.conftest import NOON
from tests.sensors.devices_kit import connected, gauge

pytestmark = pytest.mark.django_db


CHINESE = (
    "编码,设备类型,名称,经度,纬度,协议地址,主机,端口,密码,用户名,路径\r\n"
    "RG-90,rain-gauge,甲雨量站,118.5,37.5,0090000190,,,,,\r\n"
    "PS-90,泵站（3 台泵，Modbus）,乙泵站,118.51,37.51,,127.10.77.1,502,,,\r\n"
    "CM-90,camera-mjpeg,丙摄像机,118.52,37.52,,127.10.77.2,80,secret-secret,look,/live\r\n"
    "RG-91,rain-gauge,丁,118.5,37.5,0090000190,,,,,\r\n"
    "RG-92,rain-gauge,戊,37.5,118.5,0090000192,,,,,\r\n"
    "RG-93,rain-gauge,己,118.5,37.5,12345,,,,,\r\n"
    "XX-94,teapot,庚,118.5,37.5,0090000194,,,,,\r\n"
)


def heads():
    known = files.in_both_languages({**FACTS, **LABELS})
    return {head: known.get(head) for head in (*CHINESE.splitlines()[0].split(","), "longitude")}


def test_heads_are_understood_in_both_languages():
    assert None not in heads().values()
    assert heads()["longitude"] == heads()["经度"] == "longitude"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_whatever_excel_wrote_it_as(encoding):
    rows = importing.read(CHINESE.encode(encoding))
    assert len(rows) == 7 and rows[1] == (
        3,
        {"code": "PS-90", "type": "泵站（3 台泵，Modbus）", "name": "乙泵站", "longitude": "118.51", "latitude": "37.51",
         "host": "127.10.77.1", "port": "502"},
    )  # fmt: skip


def test_a_dry_run_changes_nothing_and_says_of_each_row_why(boss):
    lines = importing.dry_run(importing.read(CHINESE.encode()), by=boss)
    assert [(line.number, line.verdict) for line in lines] == [
        (2, "added"), (3, "added"), (4, "added"), (5, "rejected"), (6, "rejected"), (7, "rejected"), (8, "rejected"),
    ]  # fmt: skip
    assert lines[3].problems[0].text == TWICE and lines[3].problems[0].params == {"line": 2}
    assert [line.problems[0].field for line in lines[4:]] == ["longitude", "address", "type"]
    assert not Station.objects.exists()


def test_the_good_rows_are_taken_and_the_same_list_again_changes_nothing(boss, office):
    answer = office.post("/devices/import/", {"file": io.BytesIO(CHINESE.encode("gb18030"))})
    listed = DeviceList.objects.get()
    assert answer.status_code == 302 and "secret-secret" not in listed.sealed
    tried = office.get(f"/devices/import/{listed.pk}/").content.decode()
    assert (
        'data-count="added">3<' in tried
        and 'data-count="rejected">4<' in tried
        and "secret-secret" not in tried
    )
    assert not Station.objects.exists()
    office.post(f"/devices/import/{listed.pk}/")
    assert sorted(Station.objects.values_list("code", flat=True)) == ["CM-90", "PS-90", "RG-90"]
    camera = Station.objects.get(code="CM-90")
    assert secrets.of([camera.pk])[camera.pk]["password"] == "secret-secret"
    office.post(f"/devices/import/{listed.pk}/")
    listed.refresh_from_db()
    assert listed.taken_at and "secret-secret" not in str(importing.rows_of(listed))
    back = office.get(f"/devices/import/{listed.pk}/rejected.csv").content.decode("utf-8-sig")
    assert back.count("\r\n") == 5 and "RG-91" in back and "secret-secret" not in back
    office.post("/devices/import/", {"file": io.BytesIO(CHINESE.replace("甲雨量站", "甲站").encode())})
    again = DeviceList.objects.order_by("-uploaded_at").first()
    lines = importing.dry_run(importing.rows_of(again), by=boss)
    assert [line.verdict for line in lines[:3]] == [
        "changed",
        "same",
        "changed",
    ]  # a password cannot be compared
    importing.take(again, by=boss, at=NOON)
    assert Station.objects.count() == 3 and Station.objects.get(code="RG-90").name == "甲站"
    assert Sensor.objects.filter(station__code="PS-90").count() == 11


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_template_is_read_again_as_it_was_made(office, form):
    octets = office.get(f"/devices/template.{form}").content
    rows = importing.read(octets)
    assert {row["type"] for _, row in rows} == set(DeviceType.objects.values_list("slug", flat=True))
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(octets)).active["A1"].value == "编码"


def test_what_begins_like_a_formula_leaves_as_text():
    octets = files.as_csv([["=cmd()", "+1.5", "@x", "-2", "plain"]])
    assert octets.decode("utf-8-sig") == "'=cmd(),+1.5,'@x,-2,plain\r\n"
    [(_, cells)] = files._csv(octets)
    assert cells == ["=cmd()", "+1.5", "@x", "-2", "plain"]


@pytest.mark.parametrize(
    "octets", [b"", b"PK\x03\x04 no archive", b"\x00\x01\x02", "名称,别的\n1,2".encode(), b"\xff\xfe\xff"]
)
def test_what_is_no_list_is_refused_with_a_sentence(octets):
    with pytest.raises(files.Unreadable):
        importing.read(octets)


def test_a_long_list_is_tried_and_taken_in_few_queries(boss, django_assert_max_num_queries):
    rows = [(n, gauge(code=f"RG-{n}", address=f"00900{n:05d}")) for n in range(2, 202)]
    with django_assert_max_num_queries(8):
        lines = importing.dry_run(rows, by=boss)
    assert {line.verdict for line in lines} == {"added"}
    listed = importing.upload("long.csv", rows, by=boss, at=NOON)
    with django_assert_max_num_queries(200 + 40):  # a line of the log book for each
        importing.take(listed, by=boss, at=NOON)
    assert Station.objects.count() == 200 and Sensor.objects.count() == 600


def test_of_a_list_one_whose_code_was_taken_meanwhile_is_rejected_and_the_others_stay(boss, monkeypatch):
    rows = [(n, gauge(code=f"RG-{n}", address=f"00900{n:05d}")) for n in (2, 3, 4)]
    listed = importing.upload("three.csv", rows, by=boss, at=NOON)
    lines = importing.dry_run(rows, by=boss)
    connected(gauge(code="RG-3", address="0090099999"), boss)
    monkeypatch.setattr(importing, "dry_run", lambda rows, by: lines)
    verdicts = {line.code: line.verdict for line in importing.take(listed, by=boss, at=NOON)}
    assert verdicts == {"RG-2": "added", "RG-3": "rejected", "RG-4": "added"}
    assert Station.objects.get(code="RG-3").address == "0090099999"
