"""The night of the storm on two desks, a phone and the wall: from a red point to a verified answer, seen step by step.

The storm plays over real sockets: gauges dial the gateway, a worker polls the ponding site, units drive and tell where
they are. The wall, let in from the desk by its code, writes down by itself when it first shows each step: in the order
of the acts, each within two seconds. With SCREENSHOTS in the environment, pictures of each step are written there.
"""

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from command_center.core.models import AuditEntry, Event
from command_center.core.now import now, set_demo_clock
from command_center.onemap.models import HallMode, Wall
from dispatch.models import Assignment, WorkOrder
from incidents.models import Incident
from sensors.models import Alarm, Station
from sensors.simulator import water
from sensors.simulator.equipment import from_stations
from sensors.simulator.storm import LOCAL, load
from tests.browser.conftest import by_the_form
from tests.browser.test_liaison import PHONE, photo, shot

pytestmark = pytest.mark.django_db(transaction=True)

RECORDED = (
    Path(__file__).resolve().parents[3] / "shared/data/rain_po_plain_2022/ferrara_12gauges_15min_mm.csv"
)
SPEED = 15.0  # an order's shortest clock then has a minute, and a unit across the town drives for half of one
CALM = timedelta(minutes=3)  # of the hall's time, before the water is as high as is asked for
MINUTE = timedelta(minutes=1)
WITHIN_S = 2.0

# What the wall looks like once it shows a step: a selector, and words that stand there. Units and orders go their own ways.
ALARM = [
    ("the alarm", ".panel-alarms li.alarm", "积水"),
    ("the proposal", ".response-incidents .incident-card", "已接报"),
    ("confirmed", ".response-incidents .incident-card", "已确认"),
]
UNIT = [
    ("assigned", ".response-units .unit-row", "已派出"),
    ("accepted", ".response-units .unit-row", "已接收"),
    ("on the way", ".response-units .unit-row", "在途"),
    ("on scene", ".response-units .unit-row", "已到场"),
]
ORDER = [
    ("issued", ".response-orders .counts", "已下发1"),
    ("signed", ".response-orders .counts", "已签收1"),
    ("fed back", ".response-orders .counts", "已反馈1"),
    ("verified", ".response-orders .counts", "已核查1"),
    ("order closed", ".response-orders h3", "工单0"),
]
END = [
    ("emergency mode", ".wall.emergency .top", "战时模式"),
    ("routine mode", ".wall:not(.emergency) .response-incidents", "处置中"),
    ("incident closed", ".response-incidents", "没有未结事件"),
]
WAYS = ([*ALARM, *UNIT], [*ALARM, *ORDER, *END])
WRITE_DOWN = """ways => {
  window.seen = {};
  const next = ways.map(() => 0);
  const plain = (text) => text.replace(/\\s+/g, "");
  const look = () => ways.forEach((steps, way) => {
    for (; next[way] < steps.length; next[way] += 1) {
      const [name, selector, words] = steps[next[way]];
      if (![...document.querySelectorAll(selector)].some((e) => plain(e.textContent).includes(plain(words)))) return;
      window.seen[name] ??= Date.now();
    }
  });
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
}"""

NOTE_PRESSES = """() => {
  if (window.pressed === undefined)
    for (const kind of ["click", "keydown"]) addEventListener(kind, () => { window.pressed = Date.now(); }, true);
  window.pressed = null;
}"""


class Night:
    """The acts with their times (real, ms), beside what the wall wrote down."""

    def __init__(self, wall):
        self.wall = wall
        self.acts = {}
        self.pressed = set()
        wall.evaluate(WRITE_DOWN, WAYS)

    def act(self, name, page, do):
        """A person's act, from the moment the page was pressed."""
        page.evaluate(NOTE_PRESSES)
        do()
        self.acts[name] = page.evaluate("window.pressed")
        self.pressed.add(name)
        self.shows(name)

    def happened(self, name, kind, subject):
        """What did not come from a person, from where its row was written: told, but its transaction may still be long."""
        self.shows(name)
        event = Event.objects.filter(kind=kind, subject_id=str(subject.pk)).earliest("id")
        self.acts[name] = event.written_at.timestamp() * 1000

    def shows(self, name):
        self.wall.wait_for_function("(name) => window.seen[name]", arg=name, timeout=60_000)

    def told(self):
        seen = self.wall.evaluate("window.seen")
        return {name: (seen[name] - at) / 1000 for name, at in self.acts.items()}, seen


def flood_of(path):
    """Four rain gauges and the road that is the first to be closed under this storm are in service, and the hall's
    clock stands a little before that: (the storm's path, the site)."""
    gauges = Station.objects.filter(kind="rain_gauge").order_by("code")[:4]
    roads = Station.objects.filter(kind="ponding_site", facts__site="road")
    equipment = from_stations([*gauges, *roads])
    places = [(one.lon, one.lat) for one in equipment if one.kind == "rain_gauge"]
    storm = load(path, places)
    district, at = water.build(equipment), storm.history_start()
    depths = {}
    while max(depths.values(), default=0) < 27.0:  # from here on a road is closed, and an incident proposed
        rates = [storm.rate_mm_h(number, at) for number in range(len(places))]
        local = at.astimezone(LOCAL)
        district.step(rates, local.hour * 60 + local.minute, {})
        at += MINUTE
        depths = {code: pond.depth_cm for code, pond in district.ponds.items()}
    site = Station.objects.get(code=max(depths, key=depths.get))
    Station.objects.exclude(pk__in=[site.pk, *(one.pk for one in gauges)]).update(in_service=False)
    Station.objects.filter(pk=site.pk).update(
        interval_s=60
    )  # asked often: it is the site that people wait for
    set_demo_clock(story=at - CALM, speed=SPEED)
    return site


def paired_wall(screens, desk):
    """A wall that nobody signed in at: it shows a code, and the desk lets it in."""
    wall = screens(user=None, at="/wall/")
    expect(wall.locator("#code")).to_have_text(re.compile("^[2-9A-Z]{6}$"))
    desk.keyboard.press("w")
    pending = desk.locator("form.pending", has_text=wall.locator("#code").inner_text())
    pending.locator("input[name=name]").fill("大厅")
    pending.locator("button").click()
    expect(wall.locator(".live")).to_have_attribute("data-state", "live")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog")).to_have_count(0)
    assert Wall.objects.get().approved_by == "duty"
    return wall


def select(desk, words):
    """Walk down the list by key until the record beside it is the one meant."""
    for _ in range(desk.locator("#list li").count() + 1):
        desk.keyboard.press("j")
        if words in desk.locator("#record").inner_text():
            break
    expect(desk.locator("#record h2")).to_contain_text(words)


@pytest.mark.parametrize(
    "storm",
    ["generated", pytest.param("recorded", marks=pytest.mark.beside("data/rain_po_plain_2022"))],
)
def test_the_night_of_the_storm_from_a_red_point_to_a_verified_answer(
    hall, night_shift, storm_time, screens, storm
):
    path = str(RECORDED) if storm == "recorded" else ""
    site = flood_of(path)
    hall.start_field(path)
    desk = screens(user=None)
    by_the_form(desk, "duty")
    expect(desk.locator(".live")).to_have_attribute("data-state", "live")
    wall = paired_wall(screens, desk)
    night = Night(wall)

    # It rains; the water on a road rises.
    night.shows("the proposal")
    alarm = Alarm.objects.get(station=site)
    night.happened("the alarm", "alarm.raised", alarm)
    incident = Incident.objects.get()
    night.happened("the proposal", "incident.reported", incident)
    assert (incident.type.slug, incident.state) == ("ponding", "reported")

    # The officer acknowledges, takes it, confirms, sends the nearest, issues an order: all by key.
    select(desk, site.name)
    desk.keyboard.press("a")
    expect(desk.locator("#list li.alarm.acknowledged")).to_have_count(1)
    desk.keyboard.press("2")
    expect(desk.locator("#list .incident-card")).to_have_count(1)
    desk.keyboard.press("j")
    expect(desk.locator("#record h2")).to_contain_text(incident.title)
    desk.keyboard.press("h")
    expect(desk.locator("#record .hold")).to_contain_text("值班员")
    shot(desk, f"storm-{storm}-1-proposal")
    desk.keyboard.press("c")
    form = desk.locator("form[data-form=confirm]")
    form.locator("select[name=level]").select_option("2")
    night.act("confirmed", desk, form.locator("button.first").click)
    expect(desk.locator(".candidate").first).to_be_visible()
    shot(desk, f"storm-{storm}-2-candidates")
    desk.locator("#record h2").click()
    night.act("assigned", desk, lambda: desk.keyboard.press("p"))
    sent = Assignment.objects.select_related("resource").get()
    assert (sent.place, sent.override_reason) == (1, "")
    desk.keyboard.press("d")
    form = desk.locator("form[data-form=order]")
    form.locator("textarea").fill("立即组织抽排，设置警示，处置完成后反馈。")
    night.act("issued", desk, form.locator("button.first").click)
    order = WorkOrder.objects.get()
    assert order.department.code == "housing" and order.clocks.count() == 4
    expect(desk.locator("#record .four-clocks > *")).to_have_count(4)
    shot(desk, f"storm-{storm}-3-order")
    if storm == "recorded":
        return  # what people do from here on knows nothing of the rain

    # The liaison signs and answers from the phone, with pictures.
    phone = screens(**PHONE, user="housing", at="/orders/")
    phone.locator(".order-card a", has_text=order.number).click()
    night.act("signed", phone, phone.locator(".thumb button").click)
    expect(phone.locator(".state")).to_contain_text("已签收")
    phone.locator(".thumb button").click()
    answer = phone.locator("#act-feed_back")
    answer.locator("textarea").fill("已抽排完毕，路面恢复通行。")
    for tag in ("before", "after"):
        answer.locator(f"input[name={tag}]").set_input_files(photo(now(), (order.place.x, order.place.y)))
    expect(answer.locator(".picture-label", has_text="✓")).to_have_count(2)
    night.act("fed back", phone, answer.locator("button").click)
    shot(phone, f"storm-{storm}-5-phone-answered")

    # Meanwhile the unit has accepted and drives; its position alone says that it arrived.
    night.happened("accepted", "assignment.accept", sent)
    night.happened("on the way", "assignment.depart", sent)
    night.happened("on scene", "assignment.arrive", sent)
    sent.refresh_from_db()
    assert (sent.state, sent.arrived_by_position) == ("on_scene", True)
    shot(wall, f"storm-{storm}-4-wall-on-scene")

    # Another officer looks at the pictures, verifies and closes.
    second = screens(user="second")
    expect(second.locator(".live")).to_have_attribute("data-state", "live")
    second.keyboard.press("3")
    expect(second.locator("#list .order-card")).to_have_count(1)
    second.keyboard.press("j")
    expect(second.locator("#record .picture img")).to_have_count(2)
    shot(second, f"storm-{storm}-6-verify")
    night.act("verified", second, second.locator("#record .moves button", has_text="核查通过").click)
    night.act("order closed", second, second.locator("#record .moves button", has_text="结案").click)

    # The shift leader puts the hall into emergency mode and back, and closes the incident.
    leader = screens(user="leader")
    expect(leader.locator(".live")).to_have_attribute("data-state", "live")
    leader.keyboard.press("2")
    expect(leader.locator("#list .incident-card")).to_have_count(1)
    leader.keyboard.press("j")
    expect(leader.locator("#record h2")).to_contain_text(incident.title)
    for reason, name in (("现场积水仍在上涨", "emergency mode"), ("积水已退", "routine mode")):
        leader.keyboard.press("e")
        leader.locator("dialog textarea").fill(reason)
        leader.locator("dialog button.first").click()
        night.act(name, leader, leader.locator("dialog button.danger").click)
        expect(leader.locator("dialog")).to_have_count(0)
        if name == "emergency mode":
            expect(wall.locator(".ring-word")).to_have_text(["500 m", "1 km", "3 km", "5 km"])
            expect(wall.locator(".panel-tasks")).to_contain_text(sent.resource.name)
            expect(wall.locator(".panel-timeline li").first).to_be_visible()
            expect(leader.locator(".emergency-mark")).to_be_visible()
            within = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            assert wall.evaluate(within) == [1920, 1080]
            shot(wall, f"storm-{storm}-7-wall-emergency")
    assert list(HallMode.objects.order_by("number").values_list("mode", "by", "reason")) == [
        ("emergency", "leader", "现场积水仍在上涨"), ("routine", "leader", "积水已退"),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(act="hall.mode").count() == 2
    record = leader.locator("#record")
    record.locator(".unit-row button", has_text="归队").click()
    expect(record.locator(".unit-row.released")).to_have_count(1)
    record.locator(".moves button", has_text="处置完毕").click()
    expect(record.locator(".state").first).to_contain_text("已处置")
    night.act("incident closed", leader, record.locator(".moves button", has_text="结案").click)
    shot(wall, f"storm-{storm}-8-wall-quiet")

    delays, seen = night.told()
    for name, delay in delays.items():
        sys.stdout.write(f"{name:>16}: on the wall after {delay:5.2f} s\n")
    assert delays.keys() == seen.keys()
    assert {name: delays[name] for name in night.pressed if delays[name] > WITHIN_S} == {}
    for way in WAYS:
        assert [seen[name] for name, *_ in way] == sorted(seen[name] for name, *_ in way)
    incident.refresh_from_db()
    order.refresh_from_db()
    assert (incident.state, order.state, order.fed_back_by, order.verified_by) == (
        "closed",
        "closed",
        "housing",
        "second",
    )
