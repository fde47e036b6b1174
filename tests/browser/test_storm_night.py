"""The night of the storm on two desks, a phone and the wall: from a red point to a verified answer, seen step by step.

The wall writes down by itself when it first shows each step. Delays are printed, since a busy machine is no reason
to fail; the order is asserted. With SCREENSHOTS in the environment, pictures of each step are written there.
"""

import re
import sys
import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from command_center.core.models import AuditEntry
from command_center.core.now import now
from command_center.onemap.models import HallMode
from dispatch.domain.movement import Fix
from dispatch.models import Assignment, WorkOrder
from dispatch.services import units
from incidents.models import Incident
from sensors.models import Station
from tests.browser.test_liaison import PHONE, photo, shot

pytestmark = pytest.mark.django_db(transaction=True)

# What the wall looks like once it shows a step: a selector, and words that stand there.
SEEN_ON_THE_WALL = [
    ("the alarm", ".panel-alarms li.alarm.level-1", "积水 46 cm"),
    ("the proposal", ".response-incidents .incident-card", "已接报"),
    ("confirmed", ".response-incidents .incident-card", "已确认"),
    ("assigned", ".response-units .unit-row", "已派出"),
    ("issued", ".response-orders .counts", "已下发1"),
    ("on the way", ".response-units .unit-row", "在途"),
    ("on scene", ".response-units .unit-row", "已到场"),
    ("signed", ".response-orders .counts", "已签收1"),
    ("fed back", ".response-orders .counts", "已反馈1"),
    ("verified", ".response-orders .counts", "已核查1"),
    ("order closed", ".response-orders h3", "工单0"),
    ("emergency mode", ".wall.emergency .top", "战时模式"),
    ("routine mode", ".wall:not(.emergency) .response-incidents", "处置中"),
    ("incident closed", ".response-incidents", "没有未结事件"),
]
WRITE_DOWN = """steps => {
  window.seen = {};
  let next = 0;
  const look = () => {
    for (; next < steps.length; next += 1) {
      const [name, selector, words] = steps[next];
      const shown = [...document.querySelectorAll(selector)].some((e) => e.textContent.replace(/\\s+/g, "").includes(words.replace(/\\s+/g, "")));
      if (!shown) return;
      window.seen[name] = Date.now();
      document.documentElement.dataset.seen = next + 1;
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
}"""


class Night:
    """The acts with their times, beside what the wall wrote down."""

    def __init__(self, wall):
        self.wall = wall
        self.acts = {}
        wall.evaluate(WRITE_DOWN, SEEN_ON_THE_WALL)

    def act(self, name, do):
        self.acts[name] = time.time() * 1000
        do()
        self.shows(name)

    def shows(self, name):
        number = [step for step, *_ in SEEN_ON_THE_WALL].index(name) + 1
        at_least = re.compile(
            "^(" + "|".join(str(n) for n in range(number, len(SEEN_ON_THE_WALL) + 1)) + ")$"
        )
        expect(self.wall.locator("html")).to_have_attribute("data-seen", at_least)

    def told(self):
        seen = self.wall.evaluate("window.seen")
        return {name: (seen[name] - at) / 1000 for name, at in self.acts.items()}, seen


def report(assignment, place):
    """The unit's device says where it is."""
    unit = assignment.resource
    at = now()
    units.report(unit, [Fix(lon=place[0], lat=place[1], observed_at=at)], by=units.actor_of(unit), at=at)


def test_the_night_of_the_storm_from_a_red_point_to_a_verified_answer(hall, night_shift, screens, water):
    hall.start_worker()
    site = Station.objects.filter(kind="ponding_site", facts__site="road").order_by("code").first()
    wall, desk = screens(user="leader"), screens(user="duty")
    wall.goto("/wall/")
    for page in (wall, desk):
        expect(page.locator(".live")).to_have_attribute("data-state", "live")
    night = Night(wall)

    # It rains; the water on a road rises.
    water(site.code, 12.0, ago=timedelta(minutes=6))
    water(site.code, 22.0, ago=timedelta(minutes=3))
    night.act("the alarm", lambda: water(site.code, 46.0))
    night.acts["the proposal"] = night.acts["the alarm"]
    night.shows("the proposal")
    incident = Incident.objects.get()
    assert (incident.type.slug, incident.state) == ("ponding", "reported")

    # The officer acknowledges, takes it, confirms, sends the nearest, issues an order: all by key.
    desk.keyboard.press("j")
    desk.keyboard.press("a")
    expect(desk.locator("#list li.alarm.acknowledged")).to_have_count(1)
    desk.keyboard.press("2")
    expect(desk.locator("#list .incident-card")).to_have_count(1)
    desk.keyboard.press("j")
    expect(desk.locator("#record h2")).to_contain_text(incident.title)
    desk.keyboard.press("h")
    expect(desk.locator("#record .hold")).to_contain_text("duty")
    shot(desk, "storm-1-proposal")
    desk.keyboard.press("c")
    form = desk.locator("form[data-form=confirm]")
    form.locator("select[name=level]").select_option("2")
    night.act("confirmed", form.locator("button.first").click)
    expect(desk.locator(".candidate").first).to_be_visible()
    shot(desk, "storm-2-candidates")
    desk.locator("#record h2").click()
    night.act("assigned", lambda: desk.keyboard.press("p"))
    sent = Assignment.objects.select_related("resource").get()
    assert (sent.place, sent.override_reason) == (1, "")
    desk.keyboard.press("d")
    form = desk.locator("form[data-form=order]")
    form.locator("textarea").fill("立即组织抽排，设置警示，处置完成后反馈。")
    night.act("issued", form.locator("button.first").click)
    order = WorkOrder.objects.get()
    assert order.department.code == "housing" and order.clocks.count() == 4
    expect(desk.locator("#record .four-clocks > *")).to_have_count(4)
    shot(desk, "storm-3-order")

    # The unit drives there; its position alone says that it arrived.
    row = desk.locator("#record .unit-row", has_text=sent.resource.name)
    row.locator("button", has_text="接受").click()
    expect(row).to_contain_text("已接收")
    night.act("on the way", row.locator("button", has_text="出发").click)
    report(
        sent, ((sent.target.x + sent.resource.position.x) / 2, (sent.target.y + sent.resource.position.y) / 2)
    )
    shot(wall, "storm-4-wall-on-the-way")
    night.act("on scene", lambda: report(sent, (sent.target.x, sent.target.y)))
    sent.refresh_from_db()
    assert (sent.state, sent.arrived_by_position) == ("on_scene", True)

    # The liaison signs and answers from the phone, with pictures.
    phone = screens(**PHONE, user="housing")
    phone.locator(".order-card a", has_text=order.number).click()
    night.act("signed", phone.locator(".thumb button").click)
    expect(phone.locator(".state")).to_contain_text("已签收")
    phone.locator(".thumb button").click()
    answer = phone.locator("#act-feed_back")
    answer.locator("textarea").fill("已抽排完毕，路面恢复通行。")
    for tag in ("before", "after"):
        answer.locator(f"input[name={tag}]").set_input_files(photo(now(), (order.place.x, order.place.y)))
    expect(answer.locator(".picture-label", has_text="✓")).to_have_count(2)
    night.act("fed back", answer.locator("button").click)
    shot(phone, "storm-5-phone-answered")

    # Another officer looks at the pictures, verifies and closes.
    second = screens(user="second")
    expect(second.locator(".live")).to_have_attribute("data-state", "live")
    second.keyboard.press("3")
    expect(second.locator("#list .order-card")).to_have_count(1)
    second.keyboard.press("j")
    expect(second.locator("#record .picture img")).to_have_count(2)
    shot(second, "storm-6-verify")
    night.act("verified", second.locator("#record .moves button", has_text="核查通过").click)
    night.act("order closed", second.locator("#record .moves button", has_text="结案").click)

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
        night.act(name, leader.locator("dialog button.danger").click)
        expect(leader.locator("dialog")).to_have_count(0)
        if name == "emergency mode":
            expect(wall.locator(".ring-word")).to_have_text(["500 m", "1 km", "3 km", "5 km"])
            expect(wall.locator(".panel-tasks")).to_contain_text(sent.resource.name)
            expect(wall.locator(".panel-timeline li").first).to_be_visible()
            expect(leader.locator(".emergency-mark")).to_be_visible()
            within = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            assert wall.evaluate(within) == [1920, 1080]
            shot(wall, "storm-7-wall-emergency")
    assert list(HallMode.objects.order_by("number").values_list("mode", "by", "reason")) == [
        ("emergency", "leader", "现场积水仍在上涨"), ("routine", "leader", "积水已退"),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(act="hall.mode").count() == 2
    record = leader.locator("#record")
    record.locator(".unit-row button", has_text="归队").click()
    expect(record.locator(".unit-row.released")).to_have_count(1)
    record.locator(".moves button", has_text="处置完毕").click()
    expect(record.locator(".state").first).to_contain_text("已处置")
    night.act("incident closed", record.locator(".moves button", has_text="结案").click)
    shot(wall, "storm-8-wall-quiet")

    delays, seen = night.told()
    for name, delay in delays.items():
        sys.stdout.write(f"{name:>16}: on the wall after {delay:5.2f} s\n")
    assert list(seen) == [name for name, *_ in SEEN_ON_THE_WALL]
    assert list(seen.values()) == sorted(seen.values())
    incident.refresh_from_db()
    order.refresh_from_db()
    assert (incident.state, order.state, order.fed_back_by, order.verified_by) == (
        "closed",
        "closed",
        "housing",
        "second",
    )
