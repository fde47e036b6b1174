"""T12: an alarm that nobody acknowledges goes from desk to desk to the telephone, each step at its second and once."""

from datetime import timedelta

import orjson
import pytest

from command_center.core.layers import LAYERS
from command_center.core.models import Area, AuditEntry, Event, User
from command_center.core.now import now, real_seconds, set_demo_clock
from command_center.core.parameters import change
from command_center.core.scope import Grant, Scope
from command_center.core.tasks import deliver_once
from command_center.duty import calling, messages
from command_center.duty.models import Call, Message, Roster
from sensors.domain.alarms import CLEARED, RAISED, Change
from sensors.models import Alarm
from sensors.services.alarm_book import Book
from sensors.services.alarms import acknowledge
from sensors.services.attention import ALARM, call_for
from sensors.services.points import Site
from sensors.services.suppressing import shelve
from tests.conftest import MIN, NOON, actor
from tests.duty.provider import Provider
from tests.sensors.ingesting import station

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)
OFFICER = actor(("duty_officer", "/dy/"), name="first")
DAY = 12 * 60 * MIN


@pytest.fixture
def people():
    """Two desks and a shift leader of the district, with telephones that are plainly invented."""
    Area.objects.create(path="/dy/", code="t", name="东营区", kind="district")
    for n, (name, position, desk) in enumerate(
        (("first", "officer", 1), ("second", "officer", 2), ("leader", "leader", 1))
    ):
        user = User.objects.create_user(name, display_name=name.title(), phone=f"1380000000{n}")
        Roster.objects.create(
            user=user,
            area_path="/dy/",
            position=position,
            desk=desk,
            starts_at=NOON - DAY,
            ends_at=NOON + DAY,
        )


@pytest.fixture
def site():
    sensors = station("S", kind="ponding_site", protocol="ea_http", sensors=[("depth", "ponding_depth")])
    return Site(sensors["depth"].station_id, "/dy/", None, {}, ())


def ring(site, at=NOON, level=1, rule="ponding.depth"):
    """A new alarm, told to its listeners."""
    book = Book(at, MIN)
    alarm = book.open(site, None, rule, Change(at, RAISED, level, 46.0, 46.0), rings=True)
    book.write()
    call_for(alarm.pk, at=at)
    return alarm


def the_call():
    return Call.objects.get()


def taken(call):
    return [(one["step"], [who["user"] for who in one["who"]]) for one in call.steps]


def second_by_second(until_s, *, since=NOON, from_s=0):
    """{step: the second at which it was taken} under a clock that ticks each second: the beat's is twice as fast."""
    seen = {}
    for second in range(from_s, until_s + 1):
        if calling.sweep(since + second * S, since + second * S) or second == from_s:
            for one in the_call().steps:
                seen.setdefault(one["step"], second)
    return seen


STEPS = [("own_desk", ["first"]), ("next_desk", ["second"]), ("shift_leader", ["leader"])]
ALL = [*STEPS, ("outside", ["first", "second", "leader"])]


def test_each_step_is_taken_at_its_second_and_once(people, site):
    ring(site)
    seen = second_by_second(130)
    due = {"own_desk": 0, "next_desk": 30, "shift_leader": 60, "outside": 120}
    assert seen.keys() == due.keys()
    assert all(abs(seen[step] - due[step]) <= 1 for step in due)
    assert taken(the_call()) == ALL
    assert set(Message.objects.values_list("channel", "name", "state")) == {
        (channel, name, "no_channel")
        for channel in ("sms", "phone")
        for name in ("First", "Second", "Leader")
    }
    assert AuditEntry.objects.filter(act="call.step").count() == 4
    text = Message.objects.first().text
    assert "红色报警" in text and "12:00" in text


@pytest.mark.parametrize("answered_s", [0, 29, 31, 61])
def test_an_acknowledgement_ends_every_step_at_once(people, site, answered_s):
    alarm = ring(site)
    second_by_second(answered_s)
    before = len(the_call().steps)
    acknowledge([alarm], by=OFFICER, at=NOON + answered_s * S)
    call = the_call()
    assert (call.ended_by, call.why, call.next_at) == ("first", "answered", None)
    assert calling.sweep(NOON + 200 * S, NOON) == 0
    assert len(the_call().steps) == before and not Message.objects.exists()
    assert call_for(alarm.pk, at=NOON + 201 * S) is None, "a bell that was late calls nobody"


def test_an_acknowledgement_takes_back_messages_that_have_not_left(people, site, settings):
    provider = Provider()
    settings.OURS = settings.OURS | {"message_urls": {"sms": provider.url, "phone": provider.url}}
    alarm = ring(site)
    calling.sweep(NOON + 120 * S, NOON + 120 * S)
    provider.answers = [200, 503, 503, 503, 503, 503]
    assert messages.send_due(NOON + 120 * S, NOON) == 1
    acknowledge([alarm], by=OFFICER, at=NOON + 121 * S)
    assert messages.send_due(NOON + 150 * S, NOON) == 0
    provider.close()
    assert sorted(Message.objects.values_list("state", flat=True)) == ["cancelled"] * 5 + ["sent"]


def test_a_worker_that_is_killed_in_a_step_leaves_it_to_be_taken_once(people, site, monkeypatch):
    ring(site)
    real = NOON + 120 * S
    sending = messages.send

    def killed(*args, **more):
        sending(*args, **more)
        raise SystemExit  # the first message is written, the process is gone

    monkeypatch.setattr(messages, "send", killed)
    with pytest.raises(SystemExit):
        calling.sweep(real, real)
    assert taken(the_call()) == STEPS[:1] and not Message.objects.exists()
    monkeypatch.undo()
    assert calling.sweep(real + S, real) == 3
    assert calling.sweep(real + 2 * S, real) == 0
    assert taken(the_call()) == ALL and Message.objects.count() == 6


def test_an_empty_chair_hands_on_at_once_and_is_told(people, site):
    Roster.objects.filter(user__username="second").delete()
    ring(site)
    seen = second_by_second(130)
    assert seen == {"own_desk": 0, "next_desk": 30, "shift_leader": 30, "outside": 90}
    assert taken(the_call())[1] == ("next_desk", [])
    Roster.objects.all().delete()
    ring(site, rule="river.level")
    alone = Call.objects.exclude(pk=the_call_of("ponding.depth").pk).get()
    assert taken(alone) == [(step, []) for step, _ in ALL] and alone.next_at is None


def the_call_of(rule):
    return Call.objects.get(subject_id=str(Alarm.objects.get(rule=rule).pk))


def test_the_desk_of_the_place_answers_before_the_districts(people, site):
    town = User.objects.create_user("town")
    Roster.objects.create(
        user=town, area_path="/dy/a/", position="officer", desk=1, starts_at=NOON - DAY, ends_at=NOON + DAY
    )
    alarm = ring(Site(site.id, "/dy/a/", None, {}, ()))
    second_by_second(60)
    assert taken(the_call())[:2] == [("own_desk", ["town"]), ("next_desk", ["first"])]
    assert call_for(alarm.pk, at=NOON + MIN).pk == the_call().pk, "a second ring of a call that runs is none"


def test_what_is_over_or_set_aside_fetches_nobody_and_what_rings_again_does(people, site):
    alarm = ring(site)
    book = Book(NOON + 10 * S, MIN)
    book.clear(Alarm.objects.get(), Change(NOON + 10 * S, CLEARED, 5, 0.0, 46.0))
    book.write()
    deliver("alarm.cleared")
    assert the_call().why == "over"
    other = ring(site, NOON + MIN, level=2, rule="river.level")
    shelve(other, by=OFFICER, at=NOON + MIN, until=NOON + 60 * MIN, reason="检修")
    deliver("alarm.suppression")
    assert the_call_of("river.level").why == "set_aside"
    again = ring(site, NOON + 2 * MIN, rule="pump.fault")
    calling.sweep(NOON + 10 * MIN, NOON + 10 * MIN)
    first = the_call_of("pump.fault")
    assert first.next_at is None
    call_for(again.pk, at=NOON + 11 * MIN)
    first.refresh_from_db()
    assert first.why == "again" and Call.objects.filter(subject_id=str(again.pk)).count() == 2
    assert call_for(alarm.pk, at=NOON + 11 * MIN) is None


def deliver(kind):
    """The last event of a kind, to all who listen to it."""
    from command_center.core.events import LISTENERS
    from command_center.core.relay import number

    number()
    event = Event.objects.filter(kind=kind).latest("seq")
    for name in LISTENERS[kind]:
        assert deliver_once(event.seq, name) == "done"


def test_the_bell_calls_what_is_serious_only_and_by_the_districts_numbers(people, site, admin):
    for level, rule in ((1, "a"), (3, "b")):
        book = Book(NOON, MIN)
        book.open(site, None, rule, Change(NOON, RAISED, level, 1.0, 1.0), rings=True)
        book.write()
        deliver("alarm.raised")
    assert Call.objects.count() == 1 and the_call().level == 1
    change("call.steps", [0, 5, 10, 15], by=admin, at=NOON, reason="drill")
    assert second_by_second(60)["next_desk"] == 30, "a call keeps the plan it began with"


def test_in_a_sped_up_storm_people_have_their_real_seconds(people, site):
    set_demo_clock(story=NOON, speed=60)
    at = now()
    ring(site, at)
    call = the_call()
    assert call.next_at - call.started_at == 30 * S
    assert abs(real_seconds(at - NOON) - (call.started_at - calling.rate().origin).total_seconds()) < 0.1


def test_each_screen_is_told_the_steps_of_what_it_may_see(people, site):
    ring(site)
    shown = orjson.loads(LAYERS["calls"].read(Scope.of([Grant("duty_officer", "/dy/")])))
    assert [len(steps) for steps in shown["steps"]] == [1]
    assert orjson.loads(LAYERS["calls"].read(Scope.of([Grant("duty_officer", "/xx/")])))["id"] == []
    on_duty = orjson.loads(LAYERS["roster"].read(Scope.of([Grant("shift_leader", "/dy/")])))
    assert "phone" not in on_duty
    assert ALARM == the_call().subject_type
