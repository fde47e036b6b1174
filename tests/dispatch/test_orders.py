"""Orders go from issue to closing, by whom they may; their clocks start at issue and nobody holds them still."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from command_center.core.acts import NotPossible
from command_center.core.models import AuditEntry, Event, Holiday
from dispatch.domain.lifecycle import ORDER
from dispatch.handover import open_orders
from dispatch.models import Extension, Matter, OrderClock, OrderStep, WorkOrder
from dispatch.services import evidence, extensions, orders, supervision
from dispatch.services.errors import Refused
from tests.conftest import MIN, NOON, actor
from tests.domain.dispatch.test_tables import DEPARTMENT_MOVES
from tests.incidents import scenes

HOUR = 60 * MIN


def picture(minute=5, east_m=100, north_m=100):
    """A JPEG as a phone writes it: taken ``minute`` after noon in Shanghai, at a place."""
    body, exif = io.BytesIO(), Image.Exif()
    here = NOON + minute * MIN + timedelta(hours=8)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{here:%Y:%m:%d %H:%M:%S}"
    lon, lat = scenes.lonlat(east_m, north_m)
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLongitude] = (lat, 0.0, 0.0), (lon, 0.0, 0.0)
    Image.new("RGB", (40, 30), "gray").save(body, "JPEG", exif=exif)
    return SimpleUploadedFile("现场.jpg", body.getvalue())


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def work(order, liaison, minute=10):
    """Signed, worked on, with a picture from before and one from after, fed back."""
    at = NOON + minute * MIN
    for tag in ("before", "after"):
        evidence.attach(order, picture(minute=minute - 1), tag=tag, by=liaison, at=at)
    for name in ("sign", "handle"):
        orders.move(order, name, by=liaison, at=at)
    return orders.move(order, "feed_back", by=liaison, at=at, text="已排除")


def test_from_issue_to_closing_each_by_whom_it_is_due(issue, liaison, officer, stranger):
    order = issue()
    assert order.number == "东区单〔2026〕1号"
    with pytest.raises(PermissionDenied):
        orders.move(order, "sign", by=stranger, at=NOON)
    with pytest.raises(PermissionDenied):
        orders.move(order, "sign", by=officer, at=NOON)
    order = work(order, liaison)
    assert order.state == "fed_back" and order.result == "已排除"
    with pytest.raises(PermissionDenied):
        orders.move(order, "verify", by=liaison, at=NOON)
    order = orders.move(order, "verify", by=officer, at=NOON + 20 * MIN)
    order = orders.move(order, "close", by=officer, at=NOON + 21 * MIN)
    assert order.state == "closed" and order.verified_by == "officer"
    assert set(OrderClock.objects.values_list("stopped_at", flat=True)) >= {NOON + 10 * MIN}
    kinds = list(Event.objects.filter(subject_id=str(order.pk)).order_by("id").values_list("kind", flat=True))
    assert [k for k in kinds if k != "order.evidence"] == [
        "order.issued", "order.sign", "order.handle", "order.feed_back", "order.verify", "order.close",
    ]  # fmt: skip


def test_who_did_the_work_does_not_verify_it(issue, departments):
    both = actor(
        ("liaison", "/dy/", departments["housing"].pk), ("duty_officer", "/dy/"), name="wears two hats"
    )
    order = work(issue(), both)
    with pytest.raises(NotPossible, match=r"verify|核"):
        orders.move(order, "verify", by=both, at=NOON + 20 * MIN)
    assert WorkOrder.objects.get(pk=order.pk).state == "fed_back"


def test_closing_asks_for_pictures_and_a_doubtful_one_for_the_shift_leader(issue, liaison, officer, leader):
    order = issue()
    for name, text in (("sign", ""), ("handle", ""), ("feed_back", "好了")):
        orders.move(order, name, by=liaison, at=NOON + 10 * MIN, text=text)
    evidence.attach(order, picture(8), tag="before", by=liaison, at=NOON + 10 * MIN)
    with pytest.raises(NotPossible):
        orders.move(order, "verify", by=officer, at=NOON + 20 * MIN)
    evidence.attach(order, picture(8, east_m=600), tag="after", by=liaison, at=NOON + 10 * MIN)
    with pytest.raises(NotPossible):
        orders.move(order, "verify", by=officer, at=NOON + 20 * MIN)
    doubtful = order.evidence.get(tag="after")
    assert doubtful.problems[0]["metres"] == pytest.approx(500, abs=5)
    with pytest.raises(PermissionDenied):
        evidence.accept(doubtful, by=officer, at=NOON, reason="x")
    with pytest.raises(NotPossible):
        evidence.accept(doubtful, by=leader, at=NOON, reason=" ")
    evidence.accept(doubtful, by=leader, at=NOON + 20 * MIN, reason="对面楼上拍摄")
    assert orders.move(order, "verify", by=officer, at=NOON + 20 * MIN).state == "verified"


def test_a_picture_from_before_the_issue_is_doubtful(issue, liaison):
    order = issue()
    evidence.attach(order, picture(-30), tag="before", by=liaison, at=NOON + MIN)
    assert order.evidence.get().problems[0]["minutes"] == 30


def test_a_second_return_goes_to_arbitration_and_after_that_there_is_none(issue, liaison, officer, leader):
    order = issue()
    with pytest.raises(NotPossible):
        orders.move(order, "return", by=liaison, at=NOON + MIN)
    order = orders.move(order, "return", by=liaison, at=NOON + MIN, reason="不属本单位职责")
    assert (order.state, order.returns) == ("returned", 1)
    order = orders.move(order, "reissue", by=officer, at=NOON + 2 * MIN, reason="职责目录第3条")
    order = orders.move(order, "return", by=liaison, at=NOON + 3 * MIN, reason="仍不属")
    assert (order.state, order.returns) == ("arbitration", 2)
    with pytest.raises(PermissionDenied):
        orders.move(order, "arbitrate", by=officer, at=NOON + 4 * MIN, reason="x")
    order = orders.move(order, "arbitrate", by=leader, at=NOON + 4 * MIN, reason="由住建局办理")
    assert (order.state, order.arbitrated) == ("issued", True)
    with pytest.raises(NotPossible):
        orders.move(order, "return", by=liaison, at=NOON + 5 * MIN, reason="第三次")
    assert OrderClock.objects.get(order=order, kind="sign").started_at == NOON, "the time runs on"


def test_an_order_is_returned_within_its_limit_only(issue, liaison):
    order = issue()  # rescue: 30 min
    with pytest.raises(NotPossible):
        orders.move(order, "return", by=liaison, at=NOON + 31 * MIN, reason="不属")
    assert orders.move(order, "return", by=liaison, at=NOON + 30 * MIN, reason="不属").state == "returned"


def test_another_department_gets_its_own_time_to_sign_and_the_whole_runs_on(
    issue, liaison, stranger, officer
):
    order = issue()  # rescue: 15 min to sign
    supervision.sweep(NOON + 20 * MIN)
    orders.move(order, "return", by=liaison, at=NOON + 20 * MIN, reason="属水利")
    order = orders.move(order, "reissue", by=officer, at=NOON + 25 * MIN, reason="改派", department="water")
    assert order.department.code == "water" and order.first_receiver.code == "housing"
    started = dict(order.clocks.values_list("kind", "started_at"))
    assert started["sign"] == started["answer"] == NOON + 25 * MIN
    assert started["finish"] == started["arrive"] == NOON
    ended = OrderClock.ever.filter(ended_at=NOON + 25 * MIN, department__code="housing")
    assert set(ended.values_list("kind", "started_at", "stopped_at")) == {
        ("sign", NOON, None),
        ("answer", NOON, None),
    }
    assert ended.get(kind="sign").steps.filter(step="red").exists(), "its record stays, with its cards"
    assert supervision.sweep(NOON + 26 * MIN) == 0, "what ended rings no more"
    assert AuditEntry.objects.get(act="order.handed_on").data == {"department": "water", "had": "housing"}
    with pytest.raises(PermissionDenied):
        orders.move(order, "sign", by=liaison, at=NOON + 26 * MIN)
    assert orders.move(order, "sign", by=stranger, at=NOON + 26 * MIN).state == "signed"


def test_reopening_keeps_number_and_old_clock(issue, liaison, officer, leader):
    order = work(issue(), liaison)
    due = order.clocks.get(kind="finish").due_at
    orders.move(order, "verify", by=officer, at=NOON + 20 * MIN)
    orders.move(order, "close", by=officer, at=NOON + 20 * MIN)
    again = orders.move(order, "reopen", by=leader, at=NOON + 30 * HOUR, reason="回访不满意")
    clock = again.clocks.get(kind="finish")
    assert again.number == order.number and again.reopened == 1
    assert (clock.started_at, clock.due_at, clock.stopped_at) == (NOON, due, None)
    supervision.sweep(NOON + 30 * HOUR)
    assert set(clock.steps.values_list("step", flat=True)) == {"reminder", "yellow", "red"}


def test_co_units_have_orders_with_their_own_clocks_and_are_closed_before_the_lead(issue, liaison, officer):
    lead = issue(parts=["water", "fire"])
    parts = list(lead.parts.order_by("number"))
    assert [(p.number, p.department.code) for p in parts] == [
        (f"{lead.number}-1", "water"),
        (f"{lead.number}-2", "fire"),
    ]
    assert all(p.clocks.count() == 4 for p in parts)
    work(lead, liaison)
    orders.move(lead, "verify", by=officer, at=NOON + 20 * MIN)
    with pytest.raises(NotPossible):
        orders.move(lead, "close", by=officer, at=NOON + 20 * MIN)


def test_numbers_of_a_year_follow_each_other_and_drills_have_their_own(issue, officer, departments):
    given = {"incident": None, "area": "dy", "matter": "hotline"}
    assert issue(**given).number == "东区单〔2026〕1号"
    assert issue(**given, kind="supervision").number == "东区督〔2026〕1号"
    assert issue(**given).number == "东区单〔2026〕2号"
    assert issue(**given, is_drill=True).number == "东区演单〔2026〕1号"
    assert issue(**given, at=datetime(2026, 12, 31, 16, 30, tzinfo=UTC)).number == "东区单〔2027〕1号"


# --- clocks ------------------------------------------------------------------------------------------


def steps():
    return list(OrderStep.objects.order_by("pk").values_list("clock__kind", "step"))


def test_who_never_signs_is_reminded_then_yellow_then_red_at_the_right_minute_across_a_holiday(issue):
    for day in range(1, 8):
        Holiday.objects.create(day=date(2026, 10, day), name="国庆节")
    Holiday.objects.create(day=date(2026, 10, 10), works=True, name="国庆节")
    at = datetime(2026, 9, 30, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai
    Matter.objects.filter(slug="hotline").update(sign_amount=None, answer_amount=None)
    order = issue(matter="hotline", at=at)
    amber, yellow, due = (
        datetime(2026, 10, 12, 2, 30, tzinfo=UTC),
        datetime(2026, 10, 12, 7, 45, tzinfo=UTC),
        datetime(2026, 10, 13, 2, 30, tzinfo=UTC),
    )
    second = timedelta(seconds=1)
    seen = []
    for moment in (amber, yellow, due):
        assert supervision.sweep(moment - second) == 0
        assert supervision.sweep(moment) == 1
        assert supervision.sweep(moment) == 0
        seen.append(steps()[-1][1])
    assert seen == ["reminder", "yellow", "red"]
    order.refresh_from_db()
    assert (order.yellow_cards, order.red_cards) == (1, 1)
    paper = WorkOrder.objects.get(kind="supervision")
    assert (paper.supervises, paper.round, paper.number) == (order, 1, "东区督〔2026〕1号")
    assert paper.department == order.department and paper.issued_by == "clock:sla"
    assert "10月13日10:30" in paper.facts and order.number in paper.facts
    log = AuditEntry.objects.filter(who="clock:sla").order_by("id").values_list("act", flat=True)
    assert list(log) == ["order.reminder", "order.yellow", "order.red", "order.issued"]


def test_after_a_standstill_each_step_is_taken_once(issue):
    issue()
    taken = supervision.sweep(NOON + 30 * 24 * HOUR)
    assert taken == 12 and len(steps()) == 12
    assert WorkOrder.objects.filter(kind="supervision").count() == 1, "one paper for four red clocks"
    supervision.sweep(NOON + 30 * 24 * HOUR)
    assert len(steps()) == 12


def test_a_late_supervision_order_is_followed_by_the_next_round_up_to_the_last(issue):
    order, at = issue(), NOON
    for _ in range(8):
        at += timedelta(days=10)
        supervision.sweep(at)
    papers = WorkOrder.objects.filter(kind="supervision").order_by("round")
    assert [(p.round, p.supervises_id) for p in papers] == [(n, order.pk) for n in (1, 2, 3)]


def test_what_was_signed_in_time_earns_nothing(issue, liaison):
    order = issue()
    orders.move(order, "sign", by=liaison, at=NOON + 10 * MIN)
    supervision.sweep(NOON + 15 * MIN)
    assert steps() == []


def test_more_time_is_asked_for_early_approved_by_another_and_capped(issue, liaison, leader, officer):
    order = issue()  # rescue: 240 min, at most 240 more, once
    clock = order.clocks.get(kind="finish")
    with pytest.raises(Refused):
        extensions.request(order, 241, reason="管线复杂", by=liaison, at=NOON + MIN)
    with pytest.raises(NotPossible):
        extensions.request(order, 60, reason="管线复杂", by=liaison, at=NOON + 121 * MIN)
    asked = extensions.request(order, 60, reason="管线复杂", by=liaison, at=NOON + 100 * MIN)
    clock.refresh_from_db()
    assert clock.due_at == NOON + 240 * MIN, "asking changes nothing"
    with pytest.raises(PermissionDenied):
        extensions.decide(asked, approve=True, by=officer, at=NOON + 101 * MIN)
    asked = extensions.decide(asked, approve=True, by=leader, at=NOON + 101 * MIN)
    clock.refresh_from_db()
    assert clock.due_at == asked.granted_until == NOON + 300 * MIN
    assert clock.started_at == NOON
    with pytest.raises(NotPossible):
        extensions.request(order, 10, reason="再一次", by=liaison, at=NOON + 102 * MIN)
    supervision.sweep(NOON + 299 * MIN)
    assert ("finish", "red") not in steps()
    supervision.sweep(NOON + 300 * MIN)
    assert ("finish", "red") in steps()


def test_refused_time_changes_nothing(issue, liaison, leader):
    order = issue()
    asked = extensions.request(order, 60, reason="x", by=liaison, at=NOON)
    with pytest.raises(NotPossible):
        extensions.decide(asked, approve=False, by=leader, at=NOON)
    extensions.decide(asked, approve=False, by=leader, at=NOON, reason="不复杂")
    assert order.clocks.get(kind="finish").due_at == NOON + 240 * MIN
    assert Extension.objects.get().state == "refused"


acts = st.lists(
    st.tuples(
        st.sampled_from(
            [*sorted(DEPARTMENT_MOVES), "progress", "arrived", "extend", "wait", "close", "reopen"]
        ),
        st.integers(0, 60),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts)
def test_no_sequence_of_a_departments_acts_makes_elapsed_time_smaller_or_a_due_time_later(
    issue, liaison, sequence
):
    order, at = issue(), NOON
    before = {c.kind: (c.started_at, c.due_at) for c in order.clocks.all()}
    for what, minutes in sequence:
        at += minutes * MIN
        try:
            if what == "progress":
                orders.progress(order, "进展", by=liaison, at=at)
            elif what == "arrived":
                orders.arrived(order, by=liaison, at=at)
            elif what == "extend":
                extensions.request(order, 30, reason="x", by=liaison, at=at)
            elif what == "wait":
                supervision.sweep(at)
            else:
                orders.move(order, what, by=liaison, at=at, reason="x", text="x")
        except (NotPossible, PermissionDenied, Refused):
            pass
        assert {c.kind: (c.started_at, c.due_at) for c in order.clocks.all()} == before
        for clock in order.clocks.all():
            assert clock.stopped_at is None or NOON <= clock.stopped_at <= at
    state = WorkOrder.objects.get(pk=order.pk).state
    log = AuditEntry.objects.filter(subject_id=str(order.pk)).order_by("id")
    folded = ORDER.initial
    for entry in log:
        name = entry.act.partition(".")[2]
        if name in ORDER:
            assert folded in ORDER[name].sources
            folded = ORDER[name].target
    assert state == folded, "the state is the fold of the log"


def test_the_handover_lists_what_is_not_closed_and_the_nearest_limit(issue, officer, stranger):
    order = issue()
    (row,) = open_orders(officer.scope, NOON)
    due = order.clocks.order_by("due_at").first().due_at
    assert row[0] == order.number and row[4] == localtime(due).strftime("%Y-%m-%d %H:%M")
    assert open_orders(stranger.scope, NOON) == []
