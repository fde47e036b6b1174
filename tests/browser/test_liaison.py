"""Departments and units on the phone: the inbox, one order, its pictures; the hall verifies at the desk.

With SCREENSHOTS in the environment, pictures of each page are written there.
"""

import io
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect

from command_center.core.actor import person
from command_center.core.models import Attachment, User
from command_center.core.now import now
from command_center.demo.faults.photo import jpeg
from dispatch.models import Extension, OrderClock, Resource, WorkOrder
from dispatch.services import assignments, evidence, orders
from incidents import services as incidents
from tests.browser.conftest import by_the_form

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = (118.56, 37.45)
PHONE = {"width": 390, "height": 844, "is_mobile": True, "has_touch": True}
SMALL = PHONE | {"width": 360, "height": 640}


def shot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=f"{folder}/{name}.png")


def photo(at, place=PLACE, colour=(80, 120, 90)):
    """A JPEG as a phone's camera writes it: with its time and its place."""
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": jpeg(at, place, colour)}


def card(page, order):
    return page.locator(".order-card", has_text=order.number)


def test_a_liaison_signs_and_answers_with_pictures_and_the_hall_verifies_and_closes(hall, screens, issue):
    order = issue()
    phone = screens(**PHONE, user=None)
    by_the_form(phone, "urban")
    expect(phone).to_have_url(f"{hall.address}/orders/")
    expect(card(phone, order)).to_contain_text("签收")
    assert phone.evaluate("document.documentElement.dataset.theme") == "light"
    shot(phone, "phone-inbox")
    card(phone, order).locator("a").click()
    expect(phone.locator(".order-title")).to_have_text(order.subject)
    expect(phone.locator(".clocks li")).to_have_count(4)
    expect(phone.locator(".small-map canvas").first).to_be_visible()
    shot(phone, "phone-order-issued")
    phone.locator(".thumb button").click()
    expect(phone.locator(".state")).to_contain_text("已签收")
    phone.locator("#act-arrived button").click()
    expect(phone.locator("#act-arrived")).to_have_count(0)
    phone.locator(".thumb button").click()
    answer = phone.locator("#act-feed_back")
    answer.locator("textarea").fill("已抽排完毕，<b>路面</b>恢复通行。")
    for tag in ("before", "after"):
        answer.locator(f"input[name={tag}]").set_input_files(photo(now()))
        expect(answer.locator(".picture-label", has_text="✓")).to_have_count(1 if tag == "before" else 2)
    shot(phone, "phone-order-answer")
    answer.locator("button").click()
    expect(phone.locator(".state")).to_contain_text("已反馈")
    expect(phone.locator("#pictures img")).to_have_count(2)
    expect(phone.locator(".result")).to_have_text("已抽排完毕，<b>路面</b>恢复通行。")  # text stays text
    shot(phone, "phone-order-answered")

    desk = screens(user="duty", at="/orders/")
    expect(card(desk, order)).to_contain_text("已反馈")
    shot(desk, "desk-inbox")
    card(desk, order).locator("a").click()
    expect(desk.locator("#pictures img")).to_have_count(2)
    boxes = [box.bounding_box() for box in desk.locator("#pictures img").all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]  # side by side
    assert desk.locator("#pictures .problem-line").all_inner_texts() == []
    shot(desk, "desk-order-verify")
    desk.locator("#act-verify button").click()
    expect(desk.locator(".state")).to_contain_text("已核查")
    desk.locator("#act-close button").click()
    expect(desk.locator(".state")).to_contain_text("已结案")
    expect(phone.locator(".state")).to_contain_text("已结案")  # the phone heard of it by itself
    kept = WorkOrder.objects.get()
    assert (kept.state, kept.fed_back_by, kept.verified_by) == ("closed", "urban", "duty")
    assert Attachment.objects.count() == 2
    phone.goto("/orders/")
    phone.locator(".filters button", has_text="已办结").click()
    expect(card(phone, order)).to_be_visible()


def test_what_is_not_ours_is_returned_with_a_reason_and_comes_back_with_a_decision(hall, screens, issue):
    order = issue()
    phone, leader = (
        screens(**size, user=user, at=f"/orders/{order.pk}/")
        for size, user in ((SMALL, "urban"), ({}, "leader"))
    )
    phone.locator("#act-return summary").click()
    phone.locator("#act-return textarea").fill("该路段由水利部门管养。")
    phone.locator("#act-return button").click()
    expect(phone.locator(".state")).to_contain_text("已退回")
    expect(leader.locator(".state")).to_contain_text("已退回")
    leader.locator("#act-reissue summary").click()
    leader.locator("#act-reissue textarea").fill("首接负责，请先处置。")
    leader.locator("#act-reissue button").click()
    expect(phone.locator(".state")).to_contain_text("已下发")
    phone.locator("#act-return summary").click()
    phone.locator("#act-return textarea").fill("再次核实，确非我单位职责。")
    phone.locator("#act-return button").click()
    expect(leader.locator(".state")).to_contain_text("仲裁")
    leader.locator("#act-arbitrate summary").click()
    leader.locator("#act-arbitrate select").select_option("water")
    leader.locator("#act-arbitrate textarea").fill("由水利局处置。")
    shot(leader, "desk-order-arbitrate")
    leader.locator("#act-arbitrate button").click()
    expect(leader.locator(".state")).to_contain_text("已下发")
    expect(phone.locator("#order .problem")).to_be_visible()  # it is another department's now
    assert WorkOrder.objects.get().department.code == "water"


def test_more_time_is_asked_for_on_the_phone_and_granted_by_the_shift_leader(hall, screens, issue):
    order = issue()
    due = OrderClock.objects.get(order=order, kind="finish").due_at
    phone, leader = (
        screens(**size, user=user, at=f"/orders/{order.pk}/")
        for size, user in ((PHONE, "urban"), ({}, "leader"))
    )
    phone.locator("#act-extend summary").click()
    phone.locator("#act-extend input").fill("2")
    phone.locator("#act-extend textarea").fill("泵车需从外区调入。")
    shot(phone, "phone-order-extend")
    phone.locator("#act-extend button").click()
    expect(phone.locator(".note-line", has_text="尚未决定")).to_be_visible()
    assert OrderClock.objects.get(order=order, kind="finish").due_at == due  # nothing moves by asking
    expect(leader.locator(".decision")).to_contain_text("泵车需从外区调入。")
    shot(leader, "desk-order-extension")
    leader.locator(".decision form button").first.click()
    expect(phone.locator(".note-line", has_text="leader")).to_contain_text("批准")
    assert OrderClock.objects.get(order=order, kind="finish").due_at > due
    assert Extension.objects.get().decided_by == "leader"


def test_another_departments_orders_are_behind_every_door(hall, screens, issue):
    ours, theirs = issue("urban"), issue("water", subject="广利河闸门检修")
    by = person(User.objects.get(username="duty"), now())

    class Upload(io.BytesIO):
        name, size = "a.jpg", 0

    file = Upload(photo(now())["buffer"])
    file.size = len(file.getvalue())
    kept = evidence.attach(theirs, file, tag="before", by=by, at=now())
    phone = screens(**PHONE, user="urban", at="about:blank")
    frames = []
    phone.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(str(data))))
    phone.goto("/orders/")
    expect(card(phone, ours)).to_be_visible()
    expect(phone.locator(".order-card")).to_have_count(1)
    snapshot = phone.evaluate("fetch('/live/snapshot').then((answer) => answer.text())")
    assert str(ours.pk) in snapshot and str(theirs.pk) not in snapshot
    phone.locator("input[type=search]").fill(theirs.number)
    expect(phone.locator(".order-card")).to_have_count(0)
    # Something happens to both: the socket tells of ours alone.
    for order, name in ((theirs, "water"), (ours, "urban")):
        liaison = person(User.objects.get(username=name), now())
        orders.move(order, "sign", by=liaison, at=now())
    phone.locator("input[type=search]").fill("")
    expect(card(phone, ours)).to_contain_text("已签收")
    assert any(ours.number in frame for frame in frames)
    for frame in frames:  # of theirs not even that there is something
        assert not any(word in frame for word in (theirs.number, theirs.subject, str(theirs.pk)))
    for door in (
        f"/api/v1/orders/{theirs.pk}",
        f"/api/v1/orders/{theirs.pk}/print.pdf",
        f"/orders/{theirs.pk}/print/",
        f"/attachments/{kept.pk}/",
    ):
        assert phone.evaluate("(door) => fetch(door).then(({status}) => status)", door) == 404, door
    for rest in ("moves/sign", "progress", "arrival", "extensions", "attachments"):
        status = phone.evaluate(
            """(door) => fetch(door, {method: "POST", body: "{}", headers: {"Content-Type": "application/json",
               "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1]}}).then(({status}) => status)""",
            f"/api/v1/orders/{theirs.pk}/{rest}",
        )
        assert status == 404 or (rest == "attachments" and status == 415), rest
    for query in ("view=all", "view=inbox", "view=done", "view=late", f"q={theirs.number}", "q=闸门"):
        told = phone.evaluate("(q) => fetch(`/api/v1/orders?${q}`).then((a) => a.json())", query)
        assert str(theirs.pk) not in json.dumps(told), query
    answer = phone.goto(f"/orders/{theirs.pk}/")
    assert answer.status == 404
    expect(phone.locator("main p").first).to_contain_text("没有内容")


def test_the_most_urgent_stands_first_in_word_and_colour(hall, screens, issue):
    fresh = issue(subject="刚下发")
    late = issue(subject="已超时", ago=timedelta(minutes=20))
    soon = issue(subject="将超时", ago=timedelta(minutes=13))
    phone = screens(**PHONE, user="urban", at="/orders/")
    expect(phone.locator(".order-card")).to_have_count(3)
    assert [row.inner_text() for row in phone.locator(".order-card .what").all()] == [
        "已超时",
        "将超时",
        "刚下发",
    ]
    expect(card(phone, late).locator(".order-clock")).to_contain_text("已超时")
    expect(card(phone, soon).locator(".order-clock")).to_contain_text("即将超时")
    assert card(phone, fresh).locator(".order-clock").get_attribute("data-colour") == "running"
    expect(phone.locator(".tally")).to_contain_text("1 件已超时")
    shot(phone, "phone-inbox-urgent")


def test_what_was_written_outlives_a_lost_server_and_is_sent_once(hall, screens, issue):
    order = issue()
    phone = screens(**PHONE, user="urban", at=f"/orders/{order.pk}/")
    phone.locator(".thumb button").click()
    expect(phone.locator(".state")).to_contain_text("已签收")
    phone.locator("#act-progress summary").click()
    phone.locator("#act-progress textarea").fill("泵车已到位。")
    hall.stop_web()
    phone.locator("#act-progress button").click()
    expect(phone.locator("#act-progress [role=alert]")).to_contain_text("只会办理一次")
    expect(phone.locator("#offline")).to_be_visible()
    shot(phone, "phone-order-offline")
    hall.start_web()
    expect(phone.locator("#offline")).to_be_hidden(timeout=30_000)
    expect(phone.locator("#act-progress textarea")).to_have_value("泵车已到位。")
    phone.locator("#act-progress button").click()
    expect(phone.locator(".history")).to_contain_text("泵车已到位。")
    expect(phone.locator(".history li", has_text="泵车已到位。")).to_have_count(1)


@pytest.mark.parametrize("size", [PHONE, SMALL], ids=["390", "360"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_fit_the_phone_and_the_thumb(hall, screens, issue, size, language):
    long = (
        "黄河路与东二路交叉口东南角地下人行通道及周边辅道积水抽排并同步恢复照明和交通信号设施的紧急处置任务"
        * 2
    )
    order = issue(subject=long[:120], facts="甲" * 1500, address="无空格的地址" * 20)
    for number in range(12):
        issue(subject=f"第{number}件")
    name = f"{size['width']}-{language}"
    phone = screens(**size, language=language, user="urban", at="/orders/")
    expect(phone.locator(".order-card")).to_have_count(13)
    shot(phone, f"phone-full-inbox-{name}")
    fits(phone)
    phone.goto(f"/orders/{order.pk}/")
    expect(phone.locator(".clocks li")).to_have_count(4)
    for summary in phone.locator("#acts summary").all():
        summary.click()
        fits(phone)
    shot(phone, f"phone-full-order-{name}")
    empty = screens(**size, language=language, user="water", at="/orders/")
    expect(empty.locator(".nothing")).to_be_visible()
    shot(empty, f"phone-empty-inbox-{name}")
    fits(empty)


def fits(page):
    """Nothing is wider than the screen, and what is pressed is at least 44 px high."""
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll(".phone :is(button, summary, select, textarea, .button, .order-card a)")]
             .filter((e) => e.checkVisibility() && !e.closest(".leaflet-container") && e.getBoundingClientRect().height < 44)
             .map((e) => `${e.outerHTML.slice(0, 80)} ${e.getBoundingClientRect().height}`)"""
    )
    assert small == []


def test_a_responder_takes_a_task_and_is_on_scene_by_position(hall, screens, people):
    desk, at = person(User.objects.get(username="duty"), now()), now()
    incident = incidents.report(by=desk, at=at, type="ponding", source="call", position=PLACE)
    incident = incidents.move(incident, "confirm", by=desk, at=at, changes={"level": 2})
    somewhere = Point(PLACE[0] + 0.02, PLACE[1], srid=4326)
    unit = Resource.objects.create(
        code="pump-1", kind="vehicle", name="龙吸水一号", skills=["pump_truck"], area_path="/dy/",
        base=somewhere, position=somewhere, user=User.objects.get(username="responder"),
    )  # fmt: skip
    phone = screens(
        **PHONE, user=None, permissions=["geolocation"],
        geolocation={"longitude": somewhere.x, "latitude": somewhere.y},
    )  # fmt: skip
    by_the_form(phone, "responder")
    expect(phone).to_have_url(f"{hall.address}/tasks/")
    expect(phone.locator("#name")).to_have_text("龙吸水一号")
    made = assignments.assign(incident, unit, by=desk, at=now(), task="到黄河路抽排积水", reason="最近")
    expect(phone.locator(".task")).to_contain_text("到黄河路抽排积水")  # it came by itself
    shot(phone, "phone-task-assigned")
    for move in ("接受", "出发"):
        phone.locator(".task .button.first", has_text=move).click()
    expect(phone.locator("[role=status]", has_text="位置已上报")).to_be_visible()
    shot(phone, "phone-task-on-the-way")
    phone.context.set_geolocation({"longitude": PLACE[0], "latitude": PLACE[1]})
    expect(phone.locator(".task .state")).to_contain_text("已到场", timeout=30_000)
    made.refresh_from_db()
    assert made.state == "on_scene" and made.arrived_by_position
    phone.locator(".task .button.first", has_text="归队").click()
    expect(phone.locator(".nothing")).to_contain_text("暂无任务")
    made.refresh_from_db()
    assert made.state == "released"
