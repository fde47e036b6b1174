"""From the first word to the closing: each move with its right, its stamp, its line; and the log tells the state."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from command_center.core.acts import NotPossible
from command_center.core.models import Attachment, AuditEntry, Event
from incidents import services
from incidents.domain.lifecycle import BY_OWN_DOOR, INCIDENT
from incidents.models import Incident
from incidents.services.timeline import SOURCES, line, timeline
from tests.conftest import MIN, NOON, actor
from tests.core.test_attachments import jpeg
from tests.incidents import scenes
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_the_whole_way_with_its_stamps(report, officer, leader):
    row = report(type="ponding")
    services.confirm(row, by=officer, at=NOON + MIN, level=2, type="subsidence", department="water")
    services.respond(row, by=officer, at=NOON + 2 * MIN)
    services.control(row, by=officer, at=NOON + 3 * MIN)
    services.resolve(row, by=officer, at=NOON + 4 * MIN)
    with pytest.raises(PermissionDenied):
        services.close(row, by=officer, at=NOON + 5 * MIN)
    row = services.close(row, by=leader, at=NOON + 5 * MIN)
    row.refresh_from_db()
    stamps = [row.confirmed_at, row.responding_at, row.controlled_at, row.resolved_at, row.closed_at]
    assert stamps == [NOON + n * MIN for n in range(1, 6)]
    assert (row.state, row.level, row.type.slug, row.department.code) == ("closed", 2, "subsidence", "water")
    kinds = Event.objects.filter(subject_id=str(row.pk)).order_by("id").values_list("kind", flat=True)
    assert [k for k in kinds if k not in ("incident.changed", "incident.level_proposed")] == [
        f"incident.{name}" for name in ("reported", "confirm", "respond", "control", "resolve", "close")
    ]
    row = services.reopen(row, by=leader, at=NOON + 9 * MIN, reason="water is back")
    assert (row.state, row.number) == ("responding", "2026-0001")


def test_confirming_without_a_level_takes_the_proposed_one(report, officer):
    row = services.confirm(report(counts={"deaths": 3}), by=officer, at=NOON)
    assert (row.level_proposed, row.level_confirmed) == (3, 3)


def test_a_wrong_level_or_owner_undoes_the_whole_confirmation(report, officer):
    row = report()
    for wrong in ({"department": "nobody"}, {"type": "dragon"}, {"level": 7}):
        with pytest.raises(services.Refused):
            services.confirm(row, by=officer, at=NOON, **wrong)
    row.refresh_from_db()
    assert (row.state, row.confirmed_at, row.level_confirmed) == ("reported", None, None)


def test_dismissing_needs_a_reason_and_is_taken_back_by_a_leader(report, officer, leader):
    row = report()
    with pytest.raises(NotPossible):
        services.dismiss(row, by=officer, at=NOON, reason="  ")
    services.dismiss(row, by=officer, at=NOON, reason="false alarm")
    with pytest.raises(PermissionDenied):
        services.move(row, "restore", by=officer, at=NOON, reason="no")
    assert services.move(row, "restore", by=leader, at=NOON, reason="it burns").state == "reported"


def test_what_is_left_open_above_holds_up_every_end(report, officer, leader):
    rows = [report(), report(), report()]
    services.confirm(rows[0], by=officer, at=NOON)
    services.respond(rows[0], by=officer, at=NOON)
    services.resolve(rows[0], by=officer, at=NOON)
    services.CLOSING_GUARDS.append(lambda one: f"{one.number}: an order is open")
    try:
        for act in (
            lambda: services.close(rows[0], by=leader, at=NOON),
            lambda: services.dismiss(rows[1], by=officer, at=NOON, reason="x"),
            lambda: services.merge(rows[1], [rows[2]], by=officer, at=NOON),
        ):
            with pytest.raises(NotPossible, match="an order is open"):
                act()
    finally:
        services.CLOSING_GUARDS.pop()
    assert Incident.objects.filter(state="merged").count() == 0
    assert not Incident.objects.exclude(merged_into=None).exists()
    assert services.close(rows[0], by=leader, at=NOON).state == "closed"


def test_corrections_stand_in_the_log_with_before_and_after(report, officer):
    row = report()
    changed = services.edit(
        row,
        {"title": "仓库火灾", "people_affected": 1200, "position": scenes.lonlat(900, 0)},
        by=officer,
        at=NOON,
    )
    assert (changed.level_proposed, changed.title_en) == (2, "")
    told = AuditEntry.objects.get(act="incident.changed").data["changes"]
    assert told["people_affected"] == [None, 1200]
    assert told["title"][1] == "仓库火灾" and "position" in told
    version = changed.version
    services.edit(row, {"title": "仓库火灾"}, by=officer, at=NOON)  # nothing differs: nothing happens
    assert AuditEntry.objects.filter(act="incident.changed").count() == 1
    assert Incident.objects.get().version == version
    services.edit(row, {"caller_phone": "13900001111"}, by=officer, at=NOON)
    assert "13900001111" not in str([e.data for e in AuditEntry.objects.all()])
    with pytest.raises(services.Refused):
        services.edit(row, {"state": "closed"}, by=officer, at=NOON)


def test_files_go_where_the_incident_goes(report, officer, departments, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    row = report()
    kept = services.attach(row, SimpleUploadedFile("a.jpg", jpeg()), by=officer, at=NOON)
    assert kept.department_id == departments["fire"].pk
    services.edit(row, {"department": "water", "position": scenes.lonlat(-700, 0)}, by=officer, at=NOON)
    kept = Attachment.objects.get()
    assert (kept.department_id, kept.area_path) == (departments["water"].pk, "/dy/west/")


def test_somebody_is_on_it(report, officer, leader):
    row = report()
    services.hold(row, by=officer, at=NOON)
    with pytest.raises(services.Held) as refused:
        services.hold(row, by=leader, at=NOON + 9 * MIN)
    assert (refused.value.who, refused.value.until) == ("officer", NOON + 10 * MIN)
    with pytest.raises(services.Held):
        services.release(row, by=leader, at=NOON + 9 * MIN)
    services.confirm(row, by=leader, at=NOON + 9 * MIN)  # a fire does not wait
    assert services.hold(row, by=leader, at=NOON + 10 * MIN).holder == "leader"  # over by itself
    assert services.release(row, by=leader, at=NOON + 11 * MIN).holder == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told(report):
    row = report()

    def take(name):
        return services.hold(row, by=actor(("duty_officer", "/dy/"), name=name), at=NOON)

    outcomes = at_once(partial(take, "a"), partial(take, "b"), refused=services.Held)
    [held] = [one for one in outcomes if isinstance(one, services.Held)]
    [taken] = [one for one in outcomes if one is not held]
    assert held.who == taken.holder


def test_the_timeline_is_the_log_the_alarms_and_what_others_add(
    report, officer, django_assert_max_num_queries
):
    row = report(type="ponding")
    one = scenes.told(300, minute=5)
    one.events.create(at=one.raised_at, recorded_at=one.raised_at, what="raised", level=2)
    services.add_note(row, "已派人", by=officer, at=NOON + 6 * MIN)
    services.confirm(row, by=officer, at=NOON + 7 * MIN, reason="by phone")
    SOURCES.append(
        lambda ids, scope: [line(NOON + 8 * MIN, "x", "order.issued", "Order %(n)s", {"n": 1}, about=ids[0])]
    )
    try:
        with django_assert_max_num_queries(3):
            lines = timeline(row)
    finally:
        SOURCES.pop()
    kinds = [one.kind for one in lines]
    assert kinds[0] == "incident.reported" and kinds[-1] == "order.issued"
    assert {"alarm.raised", "incident.alarm_joined", "incident.note", "incident.confirm"} <= set(kinds)
    assert [one.at for one in lines] == sorted(one.at for one in lines)
    note = next(one for one in lines if one.kind == "incident.note")
    assert "已派人" in note.text and note.who == "officer"
    assert next(one for one in lines if one.kind == "incident.confirm").reason == "by phone"
    assert lines[-1].text == "Order 1"


PEOPLE = {
    "officer": actor(("duty_officer", "/dy/"), name="officer"),
    "leader": actor(("shift_leader", "/dy/"), name="leader"),
    "commander": actor(("commander", "/dy/"), name="commander"),
    "wall": actor(("wall", "/dy/"), name="wall"),
    "liaison": actor(("liaison", "/dy/"), name="liaison"),
}
MOVES = [m.name for m in INCIDENT.moves if m.name not in BY_OWN_DOOR]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("merge", "leader"), ("merge", "leader")])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*MOVES, "merge", "unmerge", "hold", "edit"]), st.sampled_from(sorted(PEOPLE))
        ),
        max_size=25,
    )
)
def test_any_sequence_of_moves_leaves_the_state_that_the_log_tells(report, acts):
    row, other = report(), report()
    for name, who in acts:
        by = PEOPLE[who]
        try:
            if name == "merge":
                services.merge(other, [row], by=by, at=NOON)
            elif name == "unmerge":
                services.unmerge(row, by=by, at=NOON)
            elif name == "hold":
                services.hold(row, by=by, at=NOON)
            elif name == "edit":
                services.edit(row, {"note": who}, by=by, at=NOON)
            else:
                services.move(row, name, by=by, at=NOON, reason="because")
        except (NotPossible, PermissionDenied):
            pass
    row.refresh_from_db()
    state, told_by = INCIDENT.initial, {"wall", "liaison"}
    for entry in AuditEntry.objects.filter(subject_id=str(row.pk)).order_by("id"):
        assert entry.who not in told_by, "who may only look has changed something"
        move = entry.act.removeprefix("incident.")
        if move in INCIDENT:
            assert entry.before == state and state in INCIDENT[move].sources
            assert entry.after == INCIDENT[move].target
            state = entry.after
    assert row.state == state
    assert (row.state == "merged") == (row.merged_into_id is not None)
