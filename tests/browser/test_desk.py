"""The desk's work on incidents as a person does it: reports, quicker colleagues, merging, overriding, the command bar."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from command_center.core.actor import person
from command_center.core.models import Attachment, AuditEntry, User
from command_center.core.now import now
from dispatch.models import Assignment
from incidents import services
from incidents.models import Incident
from incidents.services.proposals import join
from tests.browser.test_liaison import photo

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = (118.56, 37.45)


@pytest.fixture
def reported(night_shift):
    """reported(title, place=PLACE, user="duty"): an incident told by telephone."""

    def tell(title="济南路积水", place=PLACE, user="duty"):
        by = person(User.objects.get(username=user), now())
        return services.report(
            by=by, at=now(), type="ponding", source="call", position=place, title=title, address="济南路"
        )

    return tell


def at_incidents(screens, user="duty", **given):
    desk = screens(user=user, **given)
    expect(desk.locator(".live")).to_have_attribute("data-state", "live")
    desk.keyboard.press("2")
    return desk


def opened(screens, incident, user="duty"):
    desk = at_incidents(screens, user)
    desk.locator(f"#incidents-{incident.pk}").click()
    expect(desk.locator("#record h2")).to_contain_text(incident.title)
    return desk


def test_a_call_becomes_an_incident_at_the_place_that_was_clicked(hall, night_shift, screens):
    desk = at_incidents(screens)
    keys = []
    desk.on(
        "request", lambda asked: asked.method == "POST" and keys.append(asked.headers.get("idempotency-key"))
    )
    desk.keyboard.press("r")
    form = desk.locator("form[data-form=report]")
    form.locator("select[name=type]").select_option("ponding")
    form.locator("button", has_text="在地图上选点").click()
    box = desk.locator("#map").bounding_box()
    desk.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(form.locator("output")).to_have_text(re.compile(r"118\.\d+, 37\.\d+"))
    form.locator("input[name=address]").fill("<b>济南路</b>西二路口")
    form.locator("input[name=people_affected]").fill("12")
    form.locator("button.first").click()
    expect(desk.locator("#record h2")).to_contain_text("<b>济南路</b>西二路口")  # text stays text
    made = Incident.objects.get()
    assert (made.source, made.people_affected, made.reported_by) == ("call", 12, "duty")
    assert 118 < made.position.x < 119
    assert len(keys) == 1 and re.fullmatch("[0-9a-f]{32}", keys[0])


def test_who_comes_second_is_told_who_was_quicker_and_what_is_so_now(hall, reported, screens):
    incident = reported()
    first, second = opened(screens, incident), opened(screens, incident, "second")
    second.keyboard.press("c")
    form = second.locator("form[data-form=confirm]")
    expect(form).to_be_visible()
    first.keyboard.press("c")
    first.locator("form[data-form=confirm] button.first").click()
    expect(first.locator("#record .state").first).to_contain_text("已确认")
    form.locator("button.first").click()
    expect(second.locator("#command .note.bad")).to_have_text(re.compile("已有人先行处理.*已确认.*值班员"))
    assert AuditEntry.objects.filter(act="incident.confirm").count() == 1


def test_another_than_the_one_proposed_is_sent_with_a_reason(hall, reported, screens):
    incident = reported()
    services.confirm(incident, by=person(User.objects.get(username="leader"), now()), at=now(), level=4)
    desk = opened(screens, incident)
    need = desk.locator(".need", has_text="排涝泵车")
    other = need.locator(".candidate.beyond").first
    name = other.locator(".what").inner_text()
    other.locator("button").click()
    other.locator("textarea").fill("离路口更近，道路畅通。")
    other.locator("form button.first").click()
    expect(desk.locator("#record .unit-row", has_text=name)).to_contain_text("改派理由：离路口更近")
    sent = Assignment.objects.get()
    assert (sent.place, sent.override_reason) == (2, "离路口更近，道路畅通。")


def test_two_of_one_place_are_merged_and_the_merge_is_taken_back(hall, reported, screens):
    into, other = reported("济南路积水"), reported("济南路口积水", (PLACE[0] + 0.001, PLACE[1]))
    desk = opened(screens, into)
    desk.locator(".near button", has_text="并入本事件").click()
    expect(desk.locator("#list .incident-card")).to_have_count(1)
    other.refresh_from_db()
    assert (other.state, other.merged_into_id) == ("merged", into.pk)
    desk.locator(".near li.quiet", has_text=other.number).locator("button").click()
    expect(desk.locator("#record .elsewhere")).to_contain_text(into.number)
    desk.locator("#record button", has_text="撤销合并").click()
    expect(desk.locator("#list .incident-card")).to_have_count(2)


def test_one_alarm_is_split_off_leads_to_its_incident_and_who_is_on_it_is_told(
    hall, reported, screens, water
):
    from sensors.models import Alarm, Station

    incident = reported()
    for site in Station.objects.filter(kind="ponding_site", facts__site="road").order_by("code")[:2]:
        water(site.code, 46.0)
    kept, going = Alarm.objects.order_by("raised_at", "pk")
    join(incident, [(kept, {}), (going, {})], at=now())
    desk = opened(screens, incident)
    desk.locator("#record .alarms li", has_text=going.station.name).locator("input[type=checkbox]").check()
    desk.locator("#record button", has_text="拆出").click()
    expect(desk.locator("#list .incident-card")).to_have_count(2)
    made = Incident.objects.exclude(pk=incident.pk).get()
    assert made.links.get(left_at=None).alarm == going
    services.hold(made, by=person(User.objects.get(username="second"), now()), at=now())
    desk.keyboard.press("1")
    desk.locator(f"#alarm-{going.pk}").click()
    desk.keyboard.press("i")
    expect(desk.locator("#record header")).to_contain_text(made.number)  # of this alarm, not the nearest
    desk.keyboard.press("h")
    expect(desk.locator("#command .note.bad")).to_have_text(re.compile("second 正在处理"))
    made.refresh_from_db()
    assert made.holder == "second"


def test_a_picture_is_kept_and_what_only_looks_like_one_is_refused_in_a_sentence(hall, reported, screens):
    desk = opened(screens, reported())
    file = desk.locator("#record input[type=file]")
    file.set_input_files(photo(now()))
    expect(desk.locator(".files img")).to_have_count(1)
    file.set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"<html><script>alert(1)</script>"}
    )
    expect(desk.locator("#record .problem")).to_contain_text("JPEG")
    expect(desk.locator(".files img")).to_have_count(1)
    assert Attachment.objects.count() == 1


def test_the_command_bar_finds_incidents_and_acts(hall, reported, screens):
    incident = reported()
    desk = at_incidents(screens)
    desk.keyboard.press("/")
    desk.keyboard.type(incident.number)
    expect(desk.locator(".found li")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#record h2")).to_contain_text(incident.title)
    desk.keyboard.press("/")
    desk.keyboard.type("/备注")
    desk.keyboard.press("Enter")
    form = desk.locator("form[data-form=note]")
    form.locator("textarea").fill("值班电话已核实。")
    form.locator("button.first").click()
    expect(desk.locator(".timeline")).to_contain_text("值班电话已核实。")


def test_what_is_being_written_outlives_news_and_keeps_the_focus(hall, reported, screens, water):
    from sensors.models import Station

    incident = reported()
    desk = opened(screens, incident)
    desk.keyboard.press("n")
    desk.keyboard.type("现场")
    water(Station.objects.filter(kind="ponding_site", facts__site="road").first().code, 46.0)
    expect(desk.locator(".tabs button").first).to_contain_text("1")
    services.add_note(incident, "对讲机回报", by=person(User.objects.get(username="leader"), now()), at=now())
    expect(desk.locator(".timeline")).to_contain_text("对讲机回报")
    desk.keyboard.type("积水")
    expect(desk.locator("form[data-form=note] textarea")).to_have_value("现场积水")
    expect(desk.locator("form[data-form=note] textarea")).to_be_focused()


def test_every_key_stands_in_the_list_of_keys(hall, night_shift, screens):
    desk = at_incidents(screens)
    desk.keyboard.press("?")
    listed = {key.lower() for key in desk.locator("dialog kbd").all_inner_texts()}
    assert listed == set("123jkvxauichpdnrmoewts?/")


def test_the_incident_screens_speak_one_language(hall, reported, screens):
    incident = reported("Water on Jinan Road", user="second")  # names of people have no second language
    Incident.objects.update(title_en="Water on Jinan Road", address="Jinan Road")
    desk = at_incidents(screens, language="en")
    desk.locator(f"#incidents-{incident.pk}").click()
    expect(desk.locator("#record h2")).to_contain_text("Water on Jinan Road")
    desk.keyboard.press("c")
    for part in ("#list", "#record", "#command"):
        text = desk.locator(part).inner_text()
        assert not re.search(r"[\u4e00-\u9fff]", text), text


# What was played, counted by its Hz on the page's root, and what was said: the browser's own sound, seen from inside.
EARS = """
  window.said = [];
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const tone = make.call(this), start = tone.start.bind(tone);
    tone.start = (at) => { start(at); const { dataset } = document.documentElement, name = `hz${tone.frequency.value}`; dataset[name] = Number(dataset[name] ?? 0) + 1; };
    return tone;
  };
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  const voice = { lang: "zh-CN" };
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => [voice], cancel() {}, addEventListener() {},
    speak(one) { window.said.push(one.text); setTimeout(one.onend); },
  } });
"""


def test_t12_it_sounds_and_speaks_until_somebody_acknowledges_it_anywhere(hall, night_shift, screens, water):
    from command_center.core.models import ParameterChange
    from command_center.duty.models import Roster, SoundTest
    from sensors.models import Alarm, Station
    from sensors.services.alarms import acknowledge
    from sensors.services.attention import call_for

    day = timedelta(days=1)
    Roster.objects.create(
        user=User.objects.get(username="duty"), area_path="/dy/", position="officer", starts_at=now() - day,
        ends_at=now() + day,
    )  # fmt: skip
    ParameterChange.objects.create(name="sound.repeat", value=[1, 1, 1, 1], at=now(), who="x", reason="test")
    desk = screens(at="about:blank")
    desk.add_init_script(EARS)
    desk.goto("/")
    blocked = desk.locator("#tools .button.alert", has_text="提示音被浏览器阻止")
    expect(blocked).to_be_visible()
    expect(desk.locator("#tools .on-duty")).to_have_text("值班：值班员")
    desk.locator("#tools .button", has_text="声音测试").click()
    expect(blocked).to_have_count(0)
    desk.locator("dialog .button[data-level='4']").click()
    root = desk.locator("html")
    expect(root).to_have_attribute("data-hz440", "1")
    desk.locator("dialog .button", has_text=re.compile("^听到$")).click()
    expect(desk.locator("#command .note")).to_have_text("声音测试已记录：听到。")
    assert SoundTest.objects.get().heard

    roads = list(Station.objects.filter(kind="ponding_site", facts__site="road").order_by("code")[:2])
    water(roads[0].code, 46.0)
    red = Alarm.objects.get()
    call_for(red.pk, at=now())
    again = re.compile(r"^([6-9]|\d\d+)$")
    expect(root).to_have_attribute("data-hz1046", again)  # three pairs, and once more
    expect(desk.locator(f"#alarm-{red.pk} .called")).to_contain_text("呼叫第 1/4 步: 本席 值班员")
    assert desk.evaluate("window.said[0]") == f"红色报警。{roads[0].name}，积水 46厘米"
    acknowledge([red], by=person(User.objects.get(username="leader"), now()), at=now())
    expect(desk.locator(f"#alarm-{red.pk}.acknowledged")).to_be_visible()
    expect(desk.locator(f"#alarm-{red.pk} .called")).to_have_count(0)
    before = root.get_attribute("data-hz1046")
    water(roads[1].code, 22.0)  # yellow, at another place: it sounds again and again, the red one does not
    expect(root).to_have_attribute("data-hz587", again)
    assert root.get_attribute("data-hz1046") == before
