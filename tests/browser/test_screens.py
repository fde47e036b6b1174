"""Wall and desk as people see them, on the real server."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from command_center.core.now import now
from sensors.models import Alarm, Station
from sensors.services.floods import count_floods

ROWS = ":is(.panel-alarms, #list, #alarms) li.alarm"  # of the list, not of the record beside it

pytestmark = pytest.mark.django_db(transaction=True)


def dry_sites(count):
    return list(Station.objects.filter(kind="ponding_site", facts__site="road").order_by("code")[:count])


def test_a_flooded_road_appears_on_wall_and_desk_and_is_acknowledged_by_one_key(hall, screens, water):
    site, *_ = dry_sites(1)
    wall, desk = screens(3840, 2160, at="/wall/"), screens()
    expect(wall.locator(".live")).to_have_attribute("data-state", "live")
    expect(desk.locator(".live")).to_have_attribute("data-state", "live")
    water(site.code, 46.0)
    for page in (wall, desk):
        row = page.locator(ROWS + ".level-1")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(site.name)
        expect(row).to_contain_text("积水 46 cm")
        expect(row).to_contain_text("红 Ⅰ")
        expect(row).to_contain_text("未确认")
        expect(page.locator(".callout")).to_contain_text(site.name)
        expect(page.locator(".pulse")).to_have_count(1)  # one thing moves, until somebody took it on
    desk.keyboard.press("j")
    expect(desk.locator("#record h2")).to_contain_text(site.name)
    desk.keyboard.press("a")
    for page in (wall, desk):
        expect(page.locator(ROWS + ".level-1.acknowledged")).to_contain_text("值班员 已确认")
        expect(page.locator(".pulse")).to_have_count(0)
    assert Alarm.objects.get().acknowledged_by == "duty"


def test_several_alarms_are_acknowledged_at_once(hall, screens, water):
    for site in dry_sites(3):
        water(site.code, 30.0)
    desk = screens()
    expect(desk.locator(ROWS + ".unacknowledged")).to_have_count(3)
    for key in "jxjx":
        desk.keyboard.press(key)
    desk.keyboard.press("a")
    expect(desk.locator(ROWS + ".acknowledged")).to_have_count(2)
    expect(desk.locator(ROWS + ".unacknowledged")).to_have_count(1)
    # Eleven lower ones more are a flood: these fold, the three stay single on top, and a click opens what is folded.
    low = dry_sites(14)[3:]
    for site in low:
        water(site.code, 16.0)
    count_floods(now())
    folded = desk.locator(ROWS + ".folded")
    expect(desk.locator(".flood")).to_contain_text("报警泛滥")
    expect(desk.locator(ROWS + ":not(.folded)")).to_have_count(3)
    expect(folded.first).to_contain_text("积水")
    assert sum(int(row.get_attribute("data-count")) for row in folded.all()) == len(low) == 11
    opened = int(folded.first.get_attribute("data-count"))
    folded.first.locator("button").click()
    expect(desk.locator(ROWS + ":not(.folded)")).to_have_count(3 + opened)
    count_floods(now() + timedelta(minutes=11))
    expect(folded).to_have_count(0)
    expect(desk.locator(ROWS)).to_have_count(14)


def test_screens_come_back_by_themselves_after_a_restart_with_nothing_missed(hall, screens, water):
    first, second = dry_sites(2)
    wall = screens(3840, 2160, at="/wall/")
    expect(wall.locator(".live")).to_have_attribute("data-state", "live")
    hall.stop_web()
    expect(wall.locator(".live")).to_have_attribute("data-state", re.compile("catching-up|stale"))
    water(first.code, 46.0)
    expect(wall.locator(".live")).to_have_attribute("data-state", "stale")
    expect(wall.locator(".live")).to_contain_text("数据停滞")
    water(second.code, 30.0)
    hall.start_web()
    expect(wall.locator(".live")).to_have_attribute("data-state", "live", timeout=30_000)
    expect(wall.locator(ROWS)).to_have_count(2)
    expect(wall.locator(ROWS).first).to_contain_text(first.name)  # the red before the orange


def test_typing_finds_a_place_and_the_keys_rest_meanwhile(hall, screens, water):
    site, *_ = dry_sites(1)
    water(site.code, 46.0)
    desk = screens()
    expect(desk.locator(ROWS)).to_have_count(1)
    desk.keyboard.press("/")
    desk.keyboard.type(site.code + "a")  # an "a" among them must acknowledge nothing
    desk.keyboard.press("Backspace")
    expect(desk.locator(".found li")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator("#record h2")).to_contain_text(site.name)
    expect(desk.locator(ROWS + ".unacknowledged")).to_have_count(1)


@pytest.mark.parametrize(
    ("width", "height", "layout"),
    [(3840, 2160, "standard"), (5760, 1080, "triple"), (1920, 1080, "standard")],
)
def test_a_wall_shows_every_panel_within_its_picture_and_large_enough(
    hall, screens, water, width, height, layout
):
    water(dry_sites(1)[0].code, 46.0)
    wall = screens(width, height, at="/wall/")
    expect(wall.locator(ROWS)).to_have_count(1)
    assert wall.locator("#wall").get_attribute("data-layout") == layout
    expect(wall.locator(".panel")).to_have_count(7)
    assert wall.evaluate("document.documentElement.scrollHeight") <= height
    assert wall.evaluate("document.documentElement.scrollWidth") <= width
    smallest = wall.evaluate(
        """() => Math.min(...[...document.querySelectorAll('#wall *')]
             .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.offsetParent)
             .map((e) => e instanceof SVGElement ? Infinity : parseFloat(getComputedStyle(e).fontSize)))"""
    )
    assert smallest >= height / 90 - 0.01


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "报警"), ("en", "Alarms")])
def test_a_screen_speaks_one_language_only(hall, screens, water, language, words):
    site, *_ = dry_sites(1)
    water(site.code, 46.0)
    desk = screens(language=language)
    expect(desk.locator("#list h2")).to_contain_text(words)
    expect(desk.locator(ROWS)).to_have_count(1)
    text = desk.locator("#list").inner_text()
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", text), text
    else:
        assert not re.search(r"[A-Za-z]{3,}", text), text


def test_an_unpaired_screen_shows_its_code_and_is_let_in_from_the_desk(hall, screens):
    wall, desk = screens(user=None, at="/wall/"), screens()
    code = wall.locator("#code")
    expect(code).to_have_text(re.compile(r"^[2-9A-Z]{6}$"))
    desk.keyboard.press("w")
    pending = desk.locator("form.pending", has_text=code.inner_text())
    pending.locator("input[name=name]").fill("大厅")
    pending.locator("button").click()
    expect(wall.locator(".panel")).to_have_count(7)
    expect(wall.locator(".live")).to_have_attribute("data-state", "live")


def test_the_station_page_draws_the_day_and_names_the_limits(hall, screens, water):
    site, *_ = dry_sites(1)
    water(site.code, 46.0)
    page = screens(at=f"/stations/{site.pk}/")
    expect(page.locator("#name")).to_have_text(site.name)
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator(ROWS)).to_contain_text("积水 46 cm")
    with page.expect_download() as download:
        page.locator("a", has_text="CSV").click()
    assert "46" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_page_that_is_not_there_says_so_in_a_sentence(hall, screens):
    page = screens(at="about:blank")
    answer = page.goto("/stations/00000000-0000-0000-0000-000000000000/")
    assert answer.status == 404
    expect(page.locator("main p").first).to_contain_text("没有内容")
