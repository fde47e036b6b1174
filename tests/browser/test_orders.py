"""Orders at an officer's desk: issued without an incident, cancelled, decided on, reopened, and two people at one of them.

With SCREENSHOTS in the environment, pictures of each page are written there.
"""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import expect

from command_center.core.actor import person
from command_center.core.models import AuditEntry, User
from command_center.core.now import now
from dispatch.models import Extension, WorkOrder
from dispatch.services import evidence, extensions, orders
from tests.browser.test_liaison import fits, shot

pytestmark = pytest.mark.django_db(transaction=True)


def by(name):
    return person(User.objects.get(username=name), now())


def with_reason(page, act, reason):
    page.locator(f"#act-{act} summary").click()
    page.locator(f"#act-{act} textarea").fill(reason)
    page.locator(f"#act-{act} button").click()


def plain_picture():
    """A picture that says neither when nor where it was taken."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (70, 90, 120)).save(out, "JPEG")
    return SimpleUploadedFile("图.jpg", out.getvalue())


def test_an_order_without_an_incident_is_issued_from_the_orders_page_and_cancelled(hall, screens, people):
    desk = screens(user="leader", at="/orders/")
    desk.locator("a", has_text="下达工单").click()
    expect(desk).to_have_url(f"{hall.address}/orders/new/")
    desk.locator("select[name=matter]").select_option("road_ponding")
    expect(desk.locator(".note-line")).to_contain_text("签收 15 分钟")
    desk.locator("select[name=department]").select_option("urban")
    desk.locator("details summary", has_text="协办").click()
    desk.locator("input[name=parts][value=water]").check()
    expect(desk.locator("input[name=parts][value=urban]")).to_have_count(0)
    desk.locator("input[name=subject]").fill("<b>北二路</b>积水抽排")
    desk.locator("textarea[name=requirement]").fill("立即抽排。")
    desk.reload()  # what was typed outlives it
    expect(desk.locator("textarea[name=requirement]")).to_have_value("立即抽排。")
    expect(desk.locator("select[name=department]")).to_have_value("urban")
    desk.locator("details summary", has_text="协办").click()
    desk.locator("input[name=parts][value=water]").check()
    desk.locator(".small-map canvas").first.wait_for()
    desk.locator(".small-map").click()
    expect(desk.locator("output")).to_have_text(re.compile(r"118\.\d+, 37\.\d+"))
    desk.locator("input[name=address]").fill("北二路与西四路交叉口")
    shot(desk, "desk-order-new")
    desk.locator("button.first", has_text="下达").click()
    expect(desk.locator(".order-title")).to_have_text("<b>北二路</b>积水抽排")
    lead, part = WorkOrder.objects.order_by("number")
    assert (lead.department.code, part.department.code, part.lead) == ("urban", "water", lead)
    assert lead.incident is None and lead.place.x == pytest.approx(118.58, abs=0.1)
    expect(desk.locator(".history li")).to_have_count(1)
    assert lead.number not in desk.locator(".history").inner_text(), "the page says its number once"
    desk.goto(f"/orders/{part.pk}/")
    with_reason(desk, "cancel", "由主办单位处置即可")
    expect(desk.locator(".state")).to_contain_text("已撤销")
    part.refresh_from_db()
    assert part.state == "cancelled" and not part.clocks.filter(stopped_at=None).exists()
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.context.add_cookies([{"name": "django_language", "value": "en", "url": hall.address}])
    desk.goto("/orders/new/")
    expect(desk.locator("button.first")).to_have_text("Issue")
    shot(desk, "phone-order-new")
    fits(desk)


def test_the_shift_leader_refuses_time_accepts_a_doubtful_picture_and_reopens(hall, screens, issue):
    order = issue()
    orders.move(order, "sign", by=by("urban"), at=now())
    extensions.request(order, 1, reason="泵车在途", by=by("urban"), at=now())
    leader = screens(user="leader", at=f"/orders/{order.pk}/")
    leader.locator(".decision summary").click()
    leader.locator(".decision textarea").fill("按时限办。")
    leader.locator(".decision details button").click()
    expect(leader.locator(".note-line", has_text="leader")).to_contain_text("按时限办。")
    assert Extension.objects.get().state == "refused"
    for tag in ("before", "after"):
        evidence.attach(order, plain_picture(), tag=tag, by=by("urban"), at=now())
    orders.move(order, "feed_back", by=by("urban"), at=now(), text="已抽排")
    expect(leader.locator("#pictures .problem-line").first).to_be_visible()
    leader.locator("#act-verify button").click()
    expect(leader.locator("#acts .problem")).to_be_visible()  # a doubtful picture proves nothing by itself
    for left in (1, 0):
        one = leader.locator("#pictures details").first
        one.locator("summary").click()
        one.locator("textarea").fill("现场核实过。")
        one.locator("button").click()
        expect(leader.locator("#pictures details")).to_have_count(left)
    shot(leader, "desk-order-accepted")
    for act, state in (("verify", "已核查"), ("close", "已结案")):
        leader.locator(f"#act-{act} button").click()
        expect(leader.locator(".state")).to_contain_text(state)
    with_reason(leader, "reopen", "回访仍有积水")
    expect(leader.locator(".state")).to_contain_text("处置中")
    order.refresh_from_db()
    assert (order.state, order.reopened) == ("handling", 1)
    assert {one.accepted_by for one in order.evidence.all()} == {"leader"}


def test_of_two_people_at_one_order_one_wins_and_the_other_is_told_who_and_what_is_so_now(
    hall, screens, issue
):
    order = issue()
    orders.move(order, "sign", by=by("urban"), at=now())
    orders.move(order, "feed_back", by=by("urban"), at=now(), text="已抽排")
    first, second = (screens(user=user, at=f"/orders/{order.pk}/") for user in ("leader", "duty"))
    for page in (first, second):
        page.locator("#act-send_back summary").click()
        page.locator("#act-send_back textarea").fill("照片不清")
        expect(page.locator(".live")).to_have_attribute("data-state", "live")
    hall.stop_relay()  # the second one's screen does not hear of it before the press
    first.locator("#act-send_back button").click()
    expect(first.locator(".state")).to_contain_text("处置中")
    second.locator("#act-send_back button").click()
    expect(second.locator("#order [role=alert]")).to_contain_text("leader")
    expect(second.locator(".state")).to_contain_text("处置中")
    assert AuditEntry.objects.filter(act="order.send_back").count() == 1
    shot(second, "desk-order-quicker")
