"""A red alarm is shelved at two desks, leaves the list of what calls, and comes back; the shift is handed over."""

from playwright.sync_api import expect

from sensors.models import Alarm, Suppression


def test_a_red_alarm_is_shelved_by_two_people_and_lies_in_a_view_of_its_own(
    hall, night_shift, screens, water
):
    water("PD-01", 46)
    alarm = Alarm.objects.get()
    row = f"#alarm-{alarm.pk}"
    first, second = screens(), screens(user="second")
    first.locator(row).click()
    first.keyboard.press("s")
    form = first.locator("form[data-form=shelve]")
    form.locator("textarea").fill("<b>探头被遮挡</b>")
    form.locator("button.first").click()
    expect(first.locator("#command .note")).to_have_text("1 条待第二人确认。")
    expect(second.locator(row)).to_contain_text("值班员 申请搁置至")
    second.locator(row).click()
    second.keyboard.press("s")
    second.locator("dialog button.first").click()
    for desk in (first, second):
        expect(desk.locator(row)).to_have_count(0)
        desk.keyboard.press("v")
        desk.keyboard.press("v")
        expect(desk.locator(row)).to_contain_text("已搁置 · 至")
    shelf = Suppression.objects.get()
    assert (shelf.state, shelf.made_by, shelf.confirmed_by) == ("in_force", "duty", "second")

    first.goto("/duty/handover/")
    expect(first.locator("main")).to_contain_text("<b>探头被遮挡</b>")  # text stays text
    first.locator("textarea").fill("二号泵声音大")
    first.locator("button.first").click()
    second.goto("/duty/handover/")
    second.locator("button.first").click()
    expect(second.locator(".signatures")).to_contain_text("second")

    first.goto("/")
    first.keyboard.press("v")
    first.keyboard.press("v")
    first.locator(row).click()
    first.keyboard.press("s")
    first.locator("dialog button", has_text="解除搁置").click()
    expect(first.locator("dialog")).to_have_count(0)  # keys rest while it is open
    first.keyboard.press("v")
    expect(first.locator(f"{row}.unacknowledged")).to_be_visible()
