"""Files of readings: tried without a trace, taken through the one way in, once, with what was rejected kept."""

import csv
import io
import os
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from command_center.core.acts import NotPossible
from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.models import (
    Alarm,
    Contact,
    FileLayout,
    RawFrame,
    Reading,
    ReadingFile,
    RejectedReading,
    Sensor,
    Station,
)
from sensors.services import directory, export, points, reading_cells, reading_files
from sensors.services.reading_drop import QUIET_S, look
from sensors.services.reading_files import Seen, take, take_waiting, upload
from sensors.services.reading_trial import NEW, OTHER, REJECTED, THERE, dry_run
from sensors.services.tables import Unreadable
from tests.conftest import MIN, NOON, SHARED, actor
from tests.sensors.ingesting import station, tell

pytestmark = pytest.mark.django_db
KEEPER = actor(("shift_leader", "/dy/"), name="keeper")
NEAR = NOON - timedelta(minutes=20)


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    directory.forget()
    points.forget()
    yield
    directory.forget()
    points.forget()


def gauge(code="ST-1", protocol="sl651", **more):
    found = station(code, kind="stage_gauge", protocol=protocol, sensors=[("level", "water_level")], **more)
    Station.objects.filter(address=code).update(code=code)
    return found["level"]


def layout(slug="stage-table", **spec):
    row = FileLayout.objects.get(slug=slug)
    row.layout |= spec
    row.save()
    return row


def table(*rows, head="时间,站码,水位(m)"):
    return io.BytesIO("\n".join([head, *rows]).encode())


def taken(content, *, at=NOON, name="levels.csv", of=None):
    file = upload(name, content, of or layout(), by=KEEPER, at=at)
    take(file, by=KEEPER, at=at)
    take_waiting(at)
    file.refresh_from_db()
    return file


def stored():
    return {(row.sensor_id, row.observed_at): row.value for row in Reading.objects.all()}


def test_a_try_says_of_each_row_what_would_become_of_it_and_changes_nothing():
    sensor = gauge()
    tell(
        "ST-1",
        [("level", "water_level", 3.0, NEAR), ("level", "water_level", 3.1, NEAR + timedelta(minutes=5))],
        at=NEAR,
    )
    before = stored(), RawFrame.objects.count()
    file = upload("levels.csv", table("2026-07-01 11:40,ST-1,3.0", "2026-07-01 11:45,ST-1,9.9", "2026-07-01 11:50,ST-1,3.2",
                                      "2026-07-01 11:50,ST-2,3.2", "2026-07-01 12:50,ST-1,3.2", "2024-07-01 12:00,ST-1,3.2",
                                      "2026-07-01 11:55,ST-1,low"), layout(), by=KEEPER, at=NOON)  # fmt: skip
    tried = dry_run(file, at=NOON)
    assert tried.counts == {NEW: 1, THERE: 1, OTHER: 1, REJECTED: 4} and tried.whole
    assert [(line.number, line.verdict) for line in tried.lines] == [
        (5, REJECTED), (6, REJECTED), (7, REJECTED), (8, REJECTED), (2, THERE), (3, OTHER), (4, NEW),
    ]  # fmt: skip
    assert (stored(), RawFrame.objects.count()) == before and sensor
    assert file.state == "tried" and not AuditEntry.objects.filter(act__startswith="reading_file").exists()


def test_good_rows_are_stored_rejected_ones_kept_and_the_same_file_is_said_to_be_known():
    sensor = gauge()
    content = table("2026-07-01 11:40,ST-1,3.0", "2026-07-01 11:45,ST-1,3.1", "2026-07-01 11:50,ST-9,3.2")
    file = taken(content)
    assert (file.state, file.values, file.stored, file.repeated, file.rejected) == ("taken", 2, 2, 0, 1)
    assert stored() == {(sensor.pk, NEAR): 3.0, (sensor.pk, NEAR + timedelta(minutes=5)): 3.1}
    [rejection] = RejectedReading.objects.all()
    assert (rejection.line, rejection.given, rejection.params) == (4, "3.2", {"text": "ST-9"})
    assert [row[0] for row in reading_files.rejected_rows(file)][1:] == ["4"]
    with pytest.raises(Seen) as seen:
        upload("again.csv", content, layout(), by=KEEPER, at=NOON + timedelta(days=1))
    assert seen.value.file == file and seen.value.params == {"at": "2026-07-01 12:00", "name": "levels.csv"}
    # Other content with the same readings: known by their keys.
    again = taken(table("2026-07-01 11:40,ST-1,3.0", "2026-07-01 11:45,ST-1,3.5"), name="b.csv")
    assert (again.stored, again.repeated, again.conflicting) == (0, 2, 1)
    assert stored()[sensor.pk, NEAR + timedelta(minutes=5)] == 3.1
    assert AuditEntry.objects.filter(act="reading_file.taken").count() == 2
    with pytest.raises(NotPossible):
        take(file, by=KEEPER, at=NOON)


def test_a_file_is_no_sign_of_life_but_for_stations_that_report_by_files_only():
    gauge("ST-1", facts={"warning_level_m": 4, "guaranteed_level_m": 5}), gauge("ST-2", protocol="file")
    old = NOON - timedelta(days=200)
    taken(table(f"{old:%Y-%m-%d} 11:40,ST-1,6.0", f"{old:%Y-%m-%d} 11:40,ST-2,3.0"))
    assert set(Contact.objects.values_list("station__code", flat=True)) == {"ST-2"}
    assert set(Reading.objects.values_list("quality", flat=True)) == {0}, "an old file is no wrong clock"
    assert set(RawFrame.objects.values_list("decoded__function", "peer")) == {("file", "file:levels.csv")}


def test_late_data_in_a_file_never_rings():
    gauge(facts={"warning_level_m": 4, "guaranteed_level_m": 5})
    tell("ST-1", [("level", "water_level", 3.0, NEAR)], at=NEAR)
    taken(
        table(
            *(f"2026-07-01 {hour:02}:{minute:02},ST-1,6.0" for hour in (8, 9) for minute in range(0, 60, 5))
        )
    )
    assert Alarm.objects.exists(), "the history says what would have rung"
    assert not Alarm.objects.filter(rang=True).exists()


def test_who_holds_a_town_speaks_for_its_stations_only():
    gauge("ST-1"), gauge("ST-2")
    town = Area.objects.create(code="w", path="/dy/w/", kind="town", name="镇")
    Station.objects.filter(code="ST-2").update(area=town, area_path="/dy/w/")
    keeper = actor(("shift_leader", "/dy/w/"), name="town")
    file = upload(
        "a.csv", table("2026-07-01 11:40,ST-1,3.0", "2026-07-01 11:40,ST-2,3.0"), layout(), by=keeper, at=NOON
    )
    assert dry_run(file, at=NOON).counts[REJECTED] == 1
    take(file, by=keeper, at=NOON)
    take_waiting(NOON)
    assert set(Reading.objects.values_list("sensor__station__code", flat=True)) == {"ST-2"}
    assert file.area_path == "/dy/w/"
    with pytest.raises(PermissionDenied):
        upload(
            "b.csv", table("2026-07-01 11:40,ST-2,3.0"), layout(), by=actor(("duty_officer", "/dy/")), at=NOON
        )


def test_a_long_file_goes_on_where_its_turn_ended(monkeypatch):
    gauge()
    monkeypatch.setattr(reading_cells, "BATCH", 2)
    file = upload(
        "a.csv", table(*(f"2026-07-01 11:{m:02},ST-1,3.0" for m in range(5))), layout(), by=KEEPER, at=NOON
    )
    take(file, by=KEEPER, at=NOON)
    turns = [take_waiting(NOON, budget_s=0) for _ in range(4)]
    file.refresh_from_db()
    assert turns == [0, 0, 0, 1] and (file.stored, file.repeated, file.done_line) == (5, 0, 6)


def test_units_scales_and_types_follow_the_layout():
    gauge("ST-1"), gauge("ST-2")
    value = {"column": "H", "channel": "level", "unit": "mm", "offset": 100}
    row = layout(values=[value])
    file = taken(table("2026-07-01 11:40,ST-1,2900", head="time,station,H"), of=row)
    assert set(stored().values()) == {3.0} and file.rejected == 0
    bad = taken(
        table("2026-07-01 11:45,ST-1,1", head="time,station,H"), of=layout(values=[value | {"unit": "mg/L"}])
    )
    assert bad.rejected == 1 and "unit" in bad.rejections.get().text


def test_gbk_and_excel_are_read_and_what_is_no_table_is_refused_with_a_sentence(monkeypatch):
    sensor = gauge()
    gbk = io.BytesIO("时间;站码;水位\n2026/7/1 11:40;ST-1;3,5\n".encode("gb18030"))
    taken(gbk, of=layout(decimal=","))
    book = openpyxl.Workbook()
    book.active.append(["时间", "站码", "水位"])
    book.active.append([datetime(2026, 7, 1, 11, 45), "ST-1", 3.25])
    octets = io.BytesIO()
    book.save(octets)
    taken(octets, name="a.xlsx")
    assert stored() == {(sensor.pk, NEAR): 3.5, (sensor.pk, NEAR + timedelta(minutes=5)): 3.25}
    for content in (
        b"PK\x03\x04rubbish",
        b"\xd0\xcf\x11\xe0old",
        b"\xff\x00\x81\xff" * 9,
        b"a,b\n1,2",
        b"",
        b"time,station,level\n",
    ):
        file = upload("x", io.BytesIO(content), layout(), by=KEEPER, at=NOON)
        text, params = dry_run(file, at=NOON).error
        assert text % params
        take(file, by=KEEPER, at=NOON)
        take_waiting(NOON)
        file.refresh_from_db()
        assert file.state == "refused" and file.error == [text, params]
        file.delete()
    monkeypatch.setattr(reading_files, "MOST_BYTES", 10)
    with pytest.raises(Unreadable):
        reading_files.digest(io.BytesIO(b"x" * 11))


def test_what_the_system_exported_is_known_again():
    gauge()
    tell("ST-1", [("level", "water_level", 3 + n / 10, NEAR + n * MIN) for n in range(3)], at=NEAR)
    owner, span = Station.objects.get(), (NEAR - MIN, NOON)
    text = "".join(export.as_csv(export.head("raw"), export.rows(owner, *span, "raw")))
    name = f"{export.file_name(owner, *span)}.csv"
    file = upload(name, io.BytesIO(text.encode()), layout("exported"), by=KEEPER, at=NOON)
    assert dry_run(file, at=NOON).counts == {NEW: 0, THERE: 3, OTHER: 0, REJECTED: 0}


def test_the_drop_folder_leaves_files_that_are_being_written_and_sorts_the_others(tmp_path):
    gauge()
    look(tmp_path, at=NOON, real_s=0)
    folder = tmp_path / "stage-table"

    def put(name, text, age=QUIET_S):
        (folder / name).write_text(text)
        os.utime(folder / name, (1000 - age, 1000 - age))

    put("good.csv", "时间,站码,水位\n2026-07-01 11:40,ST-1,3\n2026-07-01 11:45,ST-7,3\n")
    put("same.csv", (folder / "good.csv").read_text())
    put("bad.csv", "nothing,of,this\n1,2,3\n")
    put("growing.csv", "时间,站码,水位\n2026-07-01 11:50,ST-1,3\n", age=1)
    put("half.csv.part", "时间,站码,水位\n")
    (folder / "link.csv").symlink_to("/etc/hostname")
    assert look(tmp_path, at=NOON, real_s=1000) == 2
    assert sorted(os.listdir(folder / "done")) == ["same.csv", "same.csv.txt"], "known by its content"
    take_waiting(NOON)
    assert look(tmp_path, at=NOON, real_s=1000) == 0
    assert sorted(os.listdir(folder)) == ["done", "growing.csv", "half.csv.part", "link.csv", "refused"]
    assert sorted(os.listdir(folder / "done")) == [
        "good.csv",
        "good.csv.rejected.csv",
        "same.csv",
        "same.csv.txt",
    ]
    assert sorted(os.listdir(folder / "refused")) == ["bad.csv", "bad.csv.txt"]
    assert "ST-7" in (folder / "done/good.csv.rejected.csv").read_text()
    assert Reading.objects.count() == 1
    assert ReadingFile.objects.filter(dropped=True, dropped_as="").count() == 2


def test_the_pages_show_the_try_the_taking_and_the_rejected_rows():
    gauge()
    user = User.objects.create(username="k")
    Membership.objects.create(user=user, role="shift_leader", area=Area.objects.get(path="/dy/"))
    client = Client()
    client.force_login(user)
    now = datetime.now(UTC) - timedelta(hours=1)
    rows = table(f"{now:%Y-%m-%dT%H:%M}Z,ST-1,3.0", f"{now:%Y-%m-%dT%H:%M}Z,ST-8,=1").getvalue()

    def send():
        return client.post(
            "/reading-files/", {"layout": "stage-table", "file": SimpleUploadedFile("a.csv", rows)}
        )

    where = send().headers["Location"]
    page = client.get(where)
    assert page.context["takes"] and [count for _, _, count in page.context["counts"]] == [1, 0, 0, 1]
    assert client.post(where).status_code == 302
    take_waiting(datetime.now(UTC))
    assert [count for _, _, count in client.get(where).context["counts"]] == [1, 0, 0, 1]
    answer = client.get(f"{where}rejected.csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(answer)))[1][:3] == ["3", "水位(m)", "'=1"]
    known = send()
    assert known.status_code == 422 and known.context["before"].pk == ReadingFile.objects.get().pk
    assert "a.csv" in client.get("/reading-files/").content.decode()
    stranger = Client()
    stranger.force_login(User.objects.create(username="n"))
    assert stranger.get(where).status_code == 403 and stranger.get("/reading-files/").status_code == 403


@pytest.mark.beside("data/rain_po_plain_2022")
def test_a_recorded_table_of_twelve_gauges_is_read_by_a_layout():
    path = SHARED / "data/rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"
    with path.open(newline="") as file:
        told = list(csv.reader(file))
    for number, name in enumerate(told[0][1:]):
        one = station(f"G-{number}", sensors=[("rain", "rain_5min", {"step_s": 900})], interval_s=900)
        Station.objects.filter(pk=one["rain"].station_id).update(address=name)
    row = layout("rain-by-station", offset="+00:00", value={"channel": "rain", "unit": "mm"},
                 station={"heads": True, "by": "address"})  # fmt: skip
    file = taken(io.BytesIO(path.read_bytes()), name=path.name, of=row, at=datetime(2022, 8, 21, tzinfo=UTC))
    values = [cell for cells in told[1:] for cell in cells[1:] if cell]
    assert (file.state, file.stored, file.rejected) == ("taken", len(values), 0)
    assert sum(Reading.objects.values_list("value", flat=True)) == pytest.approx(sum(map(float, values)))
    assert Sensor.objects.filter(latest__isnull=False).count() == len(told[0]) - 1


def test_a_station_that_reports_by_files_is_connected_without_a_test_of_its_connection():
    outline = MultiPolygon(Polygon.from_bbox((118, 37, 119, 38)), srid=4326)
    area = Area.objects.create(code="1", path="/dy/", kind="district", name="区", outline=outline)
    user = User.objects.create(username="boss")
    Membership.objects.create(user=user, role="administrator", area=area)
    client = Client()
    client.force_login(user)
    form = {"code": "ST-F", "name": "文件站", "address": "ST-F", "longitude": "118.5", "latitude": "37.5"}
    where = "/devices/new/?type=stage-gauge-file"
    assert 'value="test"' not in client.get(where).content.decode()
    assert client.post(where, form | {"act": "test"}).status_code == 422 and not Station.objects.exists()
    assert client.post(where, form | {"act": "save"}).status_code == 302
    taken(table("2026-07-01 11:40,ST-F,3.0"))
    assert Contact.objects.get(station__code="ST-F").heard_at == NOON
