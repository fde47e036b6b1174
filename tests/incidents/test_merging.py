"""Several are one, one is several, and the way back restores what was."""

import pytest
from django.core.exceptions import PermissionDenied

from command_center.core.acts import NotPossible
from command_center.core.models import AuditEntry
from incidents import services
from incidents.models import Incident, IncidentAlarm, MergeRecord
from sensors.models import Premises, Station
from tests.conftest import MIN, NOON, actor
from tests.incidents import scenes

pytestmark = pytest.mark.django_db


def rows(model, **where):
    """The rows as the database keeps them."""
    from django.db import connection

    key = {Incident: "id", IncidentAlarm: "id"}[model]
    with connection.cursor() as cursor:
        ids = [str(pk) for pk in model.objects.filter(**where).values_list("pk", flat=True)]
        cursor.execute(
            f"SELECT row_to_json(t)::text FROM {model._meta.db_table} t WHERE {key}::text = ANY(%s) ORDER BY {key}",
            [ids],
        )
        return [line for (line,) in cursor.fetchall()]


@pytest.fixture
def two(report, officer):
    """Two ponding incidents 2 km apart, two alarms each; the second one confirmed and held."""
    for east in (0, 300, 4000, 4300):
        scenes.told(east, minute=1, peak_value=30)
    first, second = Incident.objects.order_by("number")
    services.confirm(second, by=officer, at=NOON + 2 * MIN, level=3)
    services.edit(second, {"note": "二", "people_affected": 150}, by=officer, at=NOON + 2 * MIN)
    services.hold(second, by=officer, at=NOON.replace(microsecond=123457))
    second.refresh_from_db()
    return first, second


def test_merging_moves_the_alarms_and_says_so_on_both_sides(two, officer):
    first, second = two
    services.merge(first, [second], by=officer, at=NOON + 3 * MIN, reason="same water")
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.merged_at) == ("merged", first, NOON + 3 * MIN)
    assert [len(ids) for number, ids in sorted(scenes.members().items())] == [4, 0]
    acts = set(AuditEntry.objects.filter(reason="same water").values_list("act", "subject_id"))
    assert acts == {("incident.merge", str(second.pk)), ("incident.took_in", str(first.pk))}


def test_un_merging_restores_byte_identical_rows(two, officer):
    first, second = two
    links = rows(IncidentAlarm, incident=second)
    (before,) = rows(Incident, pk=second.pk)
    services.merge(first, [second], by=officer, at=NOON + 3 * MIN)
    newcomer = scenes.told(150, minute=4)
    services.unmerge(second, by=officer, at=NOON + 5 * MIN, reason="not the same")
    (after,) = rows(Incident, pk=second.pk)
    import json

    was, now_ = json.loads(before), json.loads(after)
    assert now_.pop("version") > was.pop("version"), "the version goes on counting"
    assert now_ == was
    assert rows(IncidentAlarm, incident=second) == links
    assert newcomer.pk in scenes.members()[first.number]
    assert MergeRecord.objects.get().undone_at == NOON + 5 * MIN
    with pytest.raises(NotPossible):
        services.unmerge(second, by=officer, at=NOON + 6 * MIN)
    services.merge(first, [second], by=officer, at=NOON + 7 * MIN)  # and it may be merged again


def test_what_was_merged_twice_comes_back_in_turn(two, officer):
    first, second = two
    third = services.split(second, [second.links.first().alarm_id], by=officer, at=NOON + 3 * MIN)
    services.merge(second, [third], by=officer, at=NOON + 4 * MIN)
    services.merge(first, [second], by=officer, at=NOON + 5 * MIN)
    with pytest.raises(NotPossible):
        services.unmerge(third, by=officer, at=NOON + 6 * MIN)
    services.unmerge(second, by=officer, at=NOON + 6 * MIN)
    services.unmerge(third, by=officer, at=NOON + 7 * MIN)
    assert [len(ids) for _, ids in sorted(scenes.members().items())] == [2, 1, 1]


def test_only_one_kind_is_one_and_never_a_drill_with_the_real_thing(report, officer):
    fire, ponding, drill = report(), report(type="ponding"), report(is_drill=True)
    for other in (ponding, drill):
        with pytest.raises(services.Refused):
            services.merge(fire, [other], by=officer, at=NOON)
    with pytest.raises(services.Refused):
        services.merge(fire, [fire], by=officer, at=NOON)
    with pytest.raises(services.Refused):
        services.merge(fire, [], by=officer, at=NOON)
    assert not MergeRecord.objects.exists() and not Incident.objects.filter(state="merged").exists()


def test_a_right_on_one_side_is_not_enough(two, officer):
    first, second = two
    for by in (
        actor(("duty_officer", "/dy/east/")),
        actor(("duty_officer", "/dy/west/")),
        actor(("liaison", "/dy/")),
    ):
        with pytest.raises(PermissionDenied):
            services.merge(first, [second], by=by, at=NOON)
    assert not MergeRecord.objects.exists()


def test_splitting_makes_a_new_incident_and_keeps_the_log(two, officer):
    first, _ = two
    one, other = first.links.values_list("alarm_id", flat=True)
    station = Station.objects.get(alarms=one)
    station.premises = Premises.objects.create(
        code="P-1", name="示例商场", kind="key_unit", address="示例路 1 号", position=station.position, area=station.area,
        area_path=station.area_path,
    )  # fmt: skip
    station.save()
    fresh = services.split(first, [one], by=officer, at=NOON + 3 * MIN, reason="another cause")
    assert (fresh.title, fresh.address) == ("示例商场 · 内涝", "示例路 1 号"), (
        "called as one that was proposed"
    )
    assert scenes.members()[fresh.number] == {one}
    assert scenes.members()[first.number] == {other}
    assert IncidentAlarm.objects.filter(alarm=one).count() == 2, "where it was stays on record"
    assert AuditEntry.objects.get(act="incident.split").data["numbers"] == [fresh.number]
    with pytest.raises(services.Refused):
        services.split(first, [other], by=officer, at=NOON)  # one must stay
    with pytest.raises(services.Refused):
        services.split(first, [one, other], by=officer, at=NOON)  # not all are its own
