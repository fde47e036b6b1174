"""From smoke to a call, from a call to red or to nothing; guard rounds; premises and who may see whose number."""

from datetime import timedelta

import orjson
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.files.uploadedfile import SimpleUploadedFile

from command_center.core.acts import NotPossible
from command_center.core.layers import LAYERS
from command_center.core.models import Area, AuditEntry, Event, Membership, User
from command_center.core.scope import Grant, Scope
from command_center.duty.models import Message
from sensors import fire_boards
from sensors.domain.gb26875 import SEND, write, write_part, write_time
from sensors.gateway.keep import keep
from sensors.models import Alarm, FireCall, FirePart, GuardRound, Premises, Station
from sensors.services import fire_calls, guard_rounds, importing_premises, premises, secrets
from sensors.services.ingest import Frame
from tests.conftest import actor
from tests.sensors.ingesting import MIN, NIGHT, station

pytestmark = pytest.mark.django_db
HOST = "370502010001"
PARTS = ("part.1.1.42.3-1", "part.1.1.42.3-2")
PHONE = "19900000001"
S = timedelta(seconds=1)


def hear(unit, at):
    from sensors.adapters import ADAPTERS

    octets = write(SEND, unit, serial=1, at=at, source=bytes.fromhex(HOST))
    message = ADAPTERS["gb26875"].decode(octets, at=at)
    keep([Frame("gb26875", "127.0.0.1:1", at, octets, message.address, message)])


def parts(*words, at):
    objects = [write_part(1, 1, 42, (3, n), word, f"三层{n}号", at) for n, word in enumerate(words, 1)]
    hear(bytes((2, len(objects))) + b"".join(objects), at)


def told(at):
    """Let the subscriber hear of each new fire alarm, as the relay would."""
    for alarm in Alarm.objects.filter(rule="fire.alarm", condition="active", fire_call=None):
        fire_calls.take(alarm.pk, at=at)


def levels():
    return sorted(Alarm.objects.filter(rule="fire.alarm", condition="active").values_list("level", flat=True))


@pytest.fixture
def host():
    sensors = station(
        HOST, kind=Station.Kind.FIRE_HOST, protocol="gb26875", sensors=[(c, "fire_part_state") for c in PARTS]
    )
    west, south, east, north = 118.4, 37.3, 118.8, 37.6
    outline = MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)
    Area.objects.filter(path="/dy/").update(outline=outline)
    return sensors[PARTS[0]].station


@pytest.fixture
def leader():
    return actor(("shift_leader", "/dy/"), name="leader")


FIELDS = {
    "code": "P-1", "name": "示例商场", "kind": "small_shop", "longitude": "118.6", "latitude": "37.45", "people": "80",
    "safety_manager_name": "示例甲", "safety_manager_phone": PHONE, "owner_name": "示例乙", "owner_phone": "19900000002",
}  # fmt: skip


@pytest.fixture
def mall(host, leader):
    draft, problems = premises.read({**FIELDS, "hosts": host.code}, by=leader)
    assert problems == []
    row = premises.save(draft, by=leader, at=NIGHT)
    host.refresh_from_db()
    return row


def call():
    return FireCall.objects.get()


def test_the_first_detector_is_orange_and_the_first_responsible_person_is_called_once(mall):
    parts(2, at=NIGHT)
    told(NIGHT)
    told(NIGHT + S)
    assert (levels(), call().state, call().because) == ([2], "called", "")
    keys = set(Message.objects.values_list("to", "channel", "state"))
    assert keys == {(PHONE, "phone", "no_channel"), (PHONE, "sms", "no_channel")}
    assert "示例商场" in Message.objects.first().text


def test_nobody_who_answers_in_time_makes_it_red_and_everybody_is_called(mall):
    parts(2, at=NIGHT)
    told(NIGHT)
    due = call().answer_by
    fire_calls.tick(NIGHT + 119 * S, due - S)
    assert levels() == [2]
    fire_calls.tick(NIGHT + 120 * S, due)
    fire_calls.tick(NIGHT + 122 * S, due + 2 * S)
    assert (levels(), call().state, call().because) == ([1], "unanswered", "no_answer")
    assert Message.objects.filter(channel="phone").count() == 2
    assert Alarm.objects.get().facts["text"].endswith("nobody answered the call")
    lines = Alarm.objects.get().events.order_by("id").values_list("what", "level", "source", "who")
    assert list(lines) == [("raised", 2, "engine", ""), ("level", 1, "clock", "clock:fire")]


def test_late_readings_write_the_alarm_anew_and_it_is_red_again_at_the_next_look(mall):
    parts(2, at=NIGHT + MIN)
    told(NIGHT + MIN)
    fire_calls.tick(NIGHT + 4 * MIN, call().answer_by)
    parts(2, at=NIGHT)
    fire_calls.tick(NIGHT + 5 * MIN, call().answer_by)
    alarm = Alarm.objects.get()
    assert (alarm.raised_at, alarm.level, alarm.worst_level) == (NIGHT, 1, 1)


def test_an_answer_stops_the_clock_and_a_second_detector_makes_both_red(mall, leader):
    parts(2, at=NIGHT)
    told(NIGHT)
    fire_calls.answer(call(), by=leader, at=NIGHT + 30 * S)
    fire_calls.tick(NIGHT + 5 * MIN, call().answer_by + 9 * MIN)
    assert levels() == [2]
    parts(2, 2, at=NIGHT + 6 * MIN)
    told(NIGHT + 6 * MIN)
    assert (levels(), call().because) == ([1, 1], "second_detector")


def test_a_second_detector_that_nobody_listed_counts_as_well(mall):
    parts(2, at=NIGHT)
    told(NIGHT)
    parts(2, 1, 2, at=NIGHT + MIN)
    fire_calls.tick(NIGHT + MIN, call().answer_by - S)
    assert (levels(), call().because) == ([1], "second_detector")
    assert FirePart.objects.count() == 3


def test_a_false_alarm_falls_back_needs_a_reason_and_a_new_fire_is_a_new_call(mall, leader):
    parts(2, at=NIGHT)
    told(NIGHT)
    fire_calls.confirm(call(), by=leader, at=NIGHT + S)
    assert levels() == [1]
    FireCall.objects.all().delete()
    told(NIGHT + 2 * S)
    fire_calls.tick(NIGHT + MIN, call().answer_by)
    with pytest.raises(NotPossible):
        fire_calls.dismiss(call(), by=leader, at=NIGHT + MIN, reason=" ")
    fire_calls.dismiss(call(), by=leader, at=NIGHT + MIN, reason="炒菜油烟")
    assert (levels(), call().state, call().reason) == ([2], "false", "炒菜油烟")
    parts(1, at=NIGHT + 2 * MIN)
    parts(2, at=NIGHT + 9 * MIN)
    told(NIGHT + 9 * MIN)
    assert FireCall.objects.count() == 2


def test_a_building_without_anybody_to_call_is_red_at_once(host):
    parts(2, at=NIGHT)
    told(NIGHT)
    assert (levels(), call().because) == ([1], "nobody")


def test_a_panel_that_is_reset_without_a_word_ends_the_call(mall):
    parts(2, at=NIGHT)
    told(NIGHT)
    parts(1, at=NIGHT + MIN)
    fire_calls.tick(NIGHT + MIN, call().answer_by)
    assert call().state == "over"


# --- rounds --------------------------------------------------------------------------------------------------
TEN = NIGHT.replace(hour=2)  # 10:00 in Shanghai


def guard(at):
    hear(bytes((24, 1, 1 << 5, 9)) + write_time(at), at)


def test_each_building_is_asked_once_at_its_time_and_an_answer_closes_the_round(mall):
    assert guard_rounds.tick(TEN - MIN) == (0, 0)
    assert guard_rounds.tick(TEN + S) == (1, 0)
    assert guard_rounds.tick(TEN + 5 * S) == (0, 0)
    guard(TEN + MIN)
    assert guard_rounds.tick(TEN + MIN + S) == (0, 1)
    assert GuardRound.objects.values_list("outcome", "operator").get() == ("answered", 9)
    assert not Alarm.objects.filter(rule="fire.guard_absent").exists()


def test_silence_is_an_alarm_until_somebody_presses_the_button(mall):
    guard_rounds.tick(TEN)
    GuardRound.objects.get().downlink.__class__.objects.update(result="done")
    guard_rounds.tick(TEN + 11 * MIN)
    alarm = Alarm.objects.get(rule="fire.guard_absent")
    assert (alarm.condition, alarm.level, GuardRound.objects.get().outcome) == ("active", 3, "silent")
    guard(TEN + 20 * MIN)
    guard_rounds.tick(TEN + 20 * MIN + S)
    alarm.refresh_from_db()
    assert alarm.condition == "cleared"


def test_a_host_that_cannot_be_told_is_a_matter_of_its_line_and_no_silent_guard(mall):
    guard_rounds.tick(TEN)
    GuardRound.objects.get().downlink.__class__.objects.update(result="not_connected")
    guard_rounds.tick(TEN + MIN)
    assert GuardRound.objects.get().outcome == "not_told"
    assert not Alarm.objects.exists()


# --- premises ------------------------------------------------------------------------------------------------
def test_numbers_are_sealed_and_shown_whole_only_to_whom_may_reach_people(mall, leader):
    assert PHONE not in "".join(mall.persons.values_list("sealed", flat=True))
    (whole,) = fire_boards.summaries([mall], leader)
    (masked,) = fire_boards.summaries([mall], actor(("liaison", "/dy/")))
    assert (whole["persons"][0]["phone"], masked["persons"][0]["phone"]) == (PHONE, "199****0001")
    assert masked["persons"][0]["name"] == "示**"
    assert PHONE not in str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert secrets.rotate() == 2


def test_a_list_is_tried_taken_and_taken_again_without_changing_anything(host, leader):
    heads = [
        "编码",
        "名称",
        "场所类别",
        "经度",
        "纬度",
        "消防主机（编码）",
        "消防安全管理人",
        "消防安全管理人电话",
    ]
    rows = [
        heads,
        ["P-1", "甲店", "小商店", "118.6", "37.45", host.code, "示例甲", PHONE],
        ["P-2", "乙店", "城堡", "118.6", "99", "", "", ""],
    ]
    from sensors.services.tables import as_excel

    read = importing_premises.unseal(importing_premises.seal(importing_premises.read(as_excel(rows))))
    good, bad = importing_premises.dry_run(read, by=leader)
    assert (good.verdict, bad.verdict) == ("added", "rejected") and not Premises.objects.exists()
    assert {one.field for one in bad.problems} == {"kind", "longitude"}
    importing_premises.take(read, by=leader, at=NIGHT)
    row = Premises.objects.get()
    assert (row.kind, row.hosts.get(), row.area_path) == ("small_shop", host, "/dy/")
    assert importing_premises.dry_run(read, by=leader)[0].verdict == "same"
    assert Event.objects.filter(kind="station.changed").count() == 1


def signed_in(client, role):
    user = User.objects.create(username=role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path="/dy/"))
    client.force_login(user)
    return client


def test_the_pages_show_what_is_known_and_export_faults_by_age(client, mall):
    signed_in(client, "shift_leader")
    parts(1, 1 << 3, at=NIGHT)
    parts(1 << 2, at=NIGHT - 3 * timedelta(days=1))
    assert PHONE in client.get(f"/premises/{mall.pk}/").content.decode()
    assert "示例商场" in client.get("/premises/?kind=small&q=示例").content.decode()
    page = client.get("/premises/parts/?what=shielded").content.decode()
    assert "三层2号" in page
    assert "三层2号" in client.get("/premises/parts/?as=csv").content.decode("utf-8-sig")
    assert client.get("/premises/parts/?as=xlsx").content[:2] == b"PK"
    changed = client.post(
        f"/premises/{mall.pk}/edit/", {**FIELDS, "name": "新名", "safety_manager_phone": "", "hosts": ""}
    )
    assert changed.status_code == 302
    mall.refresh_from_db()
    assert (mall.name, fire_calls.phone_of(mall.persons.first()), mall.hosts.count()) == ("新名", PHONE, 0)
    assert client.post("/premises/new/", {"code": ""}).status_code == 422
    for path in (
        "/premises/calls/",
        "/premises/rounds/?outcome=silent",
        "/premises/import/",
        "/premises/template.csv",
        "/premises/new/",
    ):
        assert client.get(path).status_code == 200


def test_a_list_goes_through_the_page_sealed_and_what_was_tampered_with_is_refused(client, host):
    signed_in(client, "administrator")
    listed = SimpleUploadedFile(
        "p.csv", "code,name,kind,longitude,latitude\nP-7,甲店,small_shop,118.6,37.45\n".encode()
    )
    page = client.post("/premises/import/", {"file": listed})
    sealed = page.context["sealed"]
    assert 'data-count="added">1<' in page.content.decode() and not Premises.objects.exists()
    assert client.post("/premises/import/", {"sealed": sealed[:-8] + "AAAAAAA="}).status_code == 404
    client.post("/premises/import/", {"sealed": sealed})
    assert Premises.objects.get().code == "P-7"
    assert client.post("/premises/import/", {}).status_code == 422


def test_the_desk_says_what_it_was_and_the_second_who_says_so_is_told(client, mall):
    signed_in(client, "duty_officer")
    parts(2, at=NIGHT)
    told(NIGHT)
    board = client.get(f"/api/v1/stations/{mall.hosts.get().pk}/premises").json()
    assert (board["premises"]["name"], board["call"]["state"]) == ("示例商场", "called")
    assert [one["move"] for one in board["call"]["buttons"]] == ["answer", "confirm", "dismiss"]
    door = f"/api/v1/fire-calls/{call().pk}/moves/"
    sent = {"content_type": "application/json"}
    assert client.post(door + "dismiss", {}, **sent).status_code == 422
    assert client.post(door + "confirm", {}, **sent).json()["state"] == "real"
    assert client.post(door + "dismiss", {"reason": "x"}, **sent).status_code == 409
    assert client.post(door + "miss", {}, **sent).status_code == 404
    assert levels() == [1]


def test_the_map_says_of_a_building_what_its_host_its_call_and_its_guard_say(mall, host):
    def layer():
        return orjson.loads(LAYERS["premises"].read(Scope.of([Grant("wall", "/dy/")])))

    def shown():
        columns = layer()
        return {name: column[columns["id"].index(str(mall.pk))] for name, column in columns.items()}

    def events():
        return Event.objects.filter(kind="fire_parts.changed").count()

    one = shown()
    assert (one["fire"], one["call"], one["parts"], one["level"]) == (False, None, 0, None)
    assert one["first"] == {"name": "示**", "role": "safety_manager"}  # its page has whole names and numbers
    parts(1, at=NIGHT - 2 * MIN)
    assert shown() == one and events() == 0, "a part in good order is no news"
    parts(1 << 3, at=NIGHT - MIN)
    parts(1 << 3 | 1, at=NIGHT - MIN + S)
    assert shown()["parts"] == 1 << 3 and events() == 1  # the second word is no other trouble
    parts(2, at=NIGHT)
    told(NIGHT)
    one = shown()
    assert (one["fire"], one["call"], one["level"], one["unacked"]) == (True, "called", 2, True)
    assert one["parts"] == 1 << 1  # the detector was shielded and tells fire now
    assert events() == 2
    for kind in ("alarm.raised", "fire_call.changed", "fire_parts.changed"):
        assert LAYERS["premises"].touched(Event.objects.filter(kind=kind)) == {str(mall.pk)}, kind
    dismissed = fire_calls.dismiss(call(), by=actor(("duty_officer", "/dy/")), at=NIGHT + MIN, reason="蒸汽")
    assert shown()["call"] is None and dismissed.state == "false"
    other, _ = premises.read(
        {**FIELDS, "code": "P-2", "hosts": host.code}, by=actor(("shift_leader", "/dy/"))
    )
    premises.save(other, by=actor(("shift_leader", "/dy/")), at=NIGHT + MIN)
    told_of = Event.objects.filter(kind="premises.changed", at=NIGHT + MIN).values_list(
        "subject_id", flat=True
    )
    assert set(told_of) == {str(mall.pk), str(other.row.pk)}  # also the building that the host left
    assert str(mall.pk) not in layer()["id"] and str(other.row.pk) in layer()["id"]
