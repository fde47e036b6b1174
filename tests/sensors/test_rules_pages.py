"""The pages of alarm rules: numbers changed in a form, tried, approved by somebody else, and taken back."""

import json
import re

import pytest
from django.test import Client

from command_center.core.models import Area, Membership, User
from command_center.core.now import now
from sensors.models import AlarmRuleVersion
from sensors.rule_forms import blocks, changed, delays, text
from sensors.services import points, rehearsal, rulebook
from tests.domain.sensors.handbook_limits import VALUES
from tests.sensors.test_t03_threshold_engine import SEASONS, checked, definition

ROAD = rulebook.SHIPPED["ponding.road"].definition


def fields(one):
    """The form of a definition as a browser would send it back untouched."""
    found = {}
    for block in blocks(one, VALUES):
        for row in block.rows:
            if row.name:
                found[f"month-{row.name}-from"] = str(row.begin or "")
                found[f"month-{row.name}-to"] = str(row.end or "")
            found |= {cell.name: cell.text for cell in row.cells if not cell.fixed}
        found |= {cell.name: cell.text for *_, cell in block.more if not cell.fixed}
    found |= {cell.name: cell.text for *_, cell in delays(one, VALUES) if not cell.fixed}
    return found


@pytest.mark.parametrize("slug", sorted(rulebook.SHIPPED))
def test_a_form_sent_back_untouched_says_the_same_rule(slug):
    one = rulebook.SHIPPED[slug].definition
    assert changed(one, fields(one), VALUES) == one


def test_only_the_number_that_was_changed_leaves_its_parameter():
    new = changed(ROAD, {**fields(ROAD), "limit-0-0-1": "22.5", "clear_after_min": "15"}, VALUES)
    assert new["when"]["at_least"] == [15, 22.5, 27, 40]
    assert new["when"]["dead_band"] == ROAD["when"]["dead_band"]
    assert (new["clear_after_min"], new["raise_samples"]) == (15, ROAD["raise_samples"])
    checked(new)


def test_a_season_is_added_changed_and_taken_out_in_the_form():
    summer = {"month-0-1-from": "6", "month-0-1-to": "9"}
    summer |= {f"limit-0-1-{n}": value for n, value in enumerate(["10", "", "20", "30"])}
    new = changed(ROAD, {**fields(ROAD), **summer}, VALUES)
    assert new["when"]["at_least"] == {
        "months": [{"from": 6, "to": 9, "limits": [10, None, 20, 30]}],
        "otherwise": {"parameter": "flood.ponding.road.tiers"},
    }
    checked(new)
    seasonal = definition({"quantity": "ponding_depth", "at_least": SEASONS})
    assert changed(seasonal, fields(seasonal), VALUES) == seasonal
    gone = changed(seasonal, {**fields(seasonal), "month-0-1-from": "", "month-0-1-to": ""}, VALUES)
    assert gone["when"]["at_least"] == SEASONS["otherwise"]


@pytest.fixture
def people(db):
    area = Area.objects.create(code="dy", name="区", kind="district", path="/dy/")
    points.forget()
    rulebook.forget()
    found = {}
    for name, role in (("writer", "administrator"), ("leader", "shift_leader"), ("officer", "duty_officer")):
        user = User.objects.create(username=name)
        Membership.objects.create(user=user, role=role, area=area)
        found[name] = Client()
        found[name].force_login(user)
    yield found
    rulebook.forget()


def form(page, **more):
    """The fields of the form on the page, with ``more``."""
    page = re.search(r'<form method="post" class="next">.*?</form>', page, re.S)[0]
    found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    found |= {
        "definition": text(ROAD),
        "before": text(ROAD),
        "act": "draft",
        "reason": "narrow drains",
        "days": "30",
    }
    found.pop("off", None)
    return {**found, **more}


def test_a_rule_is_changed_in_the_form_tried_and_approved_by_another(people):
    writer, leader = people["writer"], people["leader"]
    page = writer.get("/rules/ponding.road/").content.decode()
    assert "As shipped" in page or "随系统" in page
    assert writer.post("/rules/ponding.road/", form(page, **{"limit-0-0-0": "12"})).status_code == 302
    version = AlarmRuleVersion.objects.get()
    assert version.definition["when"]["at_least"] == [12, 20, 27, 40]
    assert 'http-equiv="refresh"' in writer.get("/rules/ponding.road/").content.decode()
    early = leader.post("/rules/ponding.road/", {"act": "approve", "number": "1"})
    assert early.status_code == 409
    rehearsal.rehearse_waiting(now())
    own = writer.post("/rules/ponding.road/", {"act": "approve", "number": "1"})
    assert own.status_code == 409
    assert leader.post("/rules/ponding.road/", {"act": "approve", "number": "1"}).status_code == 302
    assert rulebook.standing("ponding.road", now()).number == 1
    assert (
        writer.post("/rules/ponding.road/", {"act": "back", "number": "0", "reason": "no"}).status_code == 302
    )
    assert AlarmRuleVersion.objects.get(number=2).definition == ROAD
    for language in ("zh-hans", "en"):
        writer.cookies["django_language"] = language
        for address in ("/rules/", "/rules/ponding.road/", "/rules/pump.should_run/", "/rules/new/"):
            assert writer.get(address).status_code == 200


def test_what_is_wrong_is_said_and_what_was_written_stands_there_again(people):
    writer = people["writer"]
    page = writer.get("/rules/ponding.road/").content.decode()
    answer = writer.post("/rules/ponding.road/", form(page, **{"limit-0-0-0": "25"}))
    assert answer.status_code == 400
    assert 'value="25"' in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    broken = writer.post("/rules/ponding.road/", form(page, definition="{when"))
    assert broken.status_code == 400
    assert not AlarmRuleVersion.objects.exists()


def test_who_has_no_right_sees_no_rules_and_changes_none(people):
    assert people["officer"].get("/rules/").status_code == 403
    assert people["officer"].post("/rules/ponding.road/", {"act": "back", "number": "0"}).status_code == 403
    assert Client().get("/rules/").status_code in (302, 403)


def test_a_new_rule_is_like_another_at_named_stations(people):
    given = {"like": "ponding.road", "name": "校门口", "slug": "ponding.schools", "same": "1", "stations": "PD-01 PD-02",
             "area": "", "reason": "children", "definition": text(ROAD)}  # fmt: skip
    assert people["writer"].post("/rules/new/", given).status_code == 302
    version = AlarmRuleVersion.objects.get()
    assert (version.rule.slug, version.rule.alarm) == ("ponding.schools", "ponding.depth")
    assert version.definition["applies"] == {"quantity": "ponding_depth", "stations": ["PD-01", "PD-02"]}
    assert people["writer"].post("/rules/new/", given).status_code == 400  # the name is taken
    assert json.loads(text(version.definition)) == version.definition
