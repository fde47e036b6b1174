"""Messages leave the house once, are tried again while there is time, and are never lost without a word."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.core.models import AuditEntry
from command_center.duty import messages
from command_center.duty.domain.messages import LONGEST_PAUSE, next_try
from command_center.duty.messages import LEASE, PHONE, SMS, send, send_due
from command_center.duty.models import Message
from tests.conftest import NOON, actor
from tests.duty.provider import Provider

S = timedelta(seconds=1)
OFFICER = actor(("duty_officer", "/dy/"), name="officer")


@pytest.fixture
def provider(settings):
    one = Provider()
    settings.OURS = settings.OURS | {"message_urls": {SMS: one.url, PHONE: one.url}, "message_token": "t0"}
    yield one
    one.close()


def told(key="k1", channel=SMS, to="13800000000", **more):
    return send(channel, to, "水位超限", key=key, at=NOON, area_path="/dy/", **more)


@given(tries=st.integers(1, 400), left_s=st.integers(0, 4000))
def test_pauses_grow_to_a_minute_and_end_with_the_time(tries, left_s):
    again = next_try(tries, NOON, NOON + left_s * S)
    assert again is None or (NOON < again < NOON + left_s * S and again - NOON <= LONGEST_PAUSE)
    assert again is not None or left_s <= min(2**tries, 60)


@pytest.mark.django_db
def test_a_key_is_one_message_and_it_is_sent_once(provider):
    assert told().pk == told(to="13911111111").pk
    assert (send_due(NOON, NOON), send_due(NOON + 90 * S, NOON)) == (1, 0)
    row = Message.objects.get()
    assert (row.state, row.sent_at, row.reference, row.tries) == ("sent", NOON, "p-1", 1)
    assert provider.asked == [(str(row.pk), "Bearer t0")]
    assert provider.sent[str(row.pk)]["to"] == "13800000000"


@pytest.mark.django_db
def test_what_is_not_taken_is_tried_again_later_each_time_and_a_refusal_is_final(provider):
    provider.answers = [503, 429, 200]
    row = told()
    assert [send_due(NOON + n * S, NOON) for n in (0, 1, 2, 5, 6)] == [0, 0, 0, 0, 1]
    assert len(provider.asked) == 3 and {key for key, _ in provider.asked} == {str(row.pk)}
    provider.answers = [400]
    refused = told("k2")
    send_due(NOON, NOON)
    refused.refresh_from_db()
    assert (refused.state, refused.error) == ("failed", "HTTP 400")
    messages.note(refused, by=OFFICER, at=NOON)
    assert AuditEntry.objects.filter(act="message.note", who="officer").count() == 1


@pytest.mark.django_db
def test_a_sender_that_died_after_sending_sends_again_under_the_same_id_and_the_provider_once(provider):
    row = told()
    died = messages._claim(NOON)
    messages._deliver(died[0])  # and the process is gone before it could note it
    assert send_due(NOON + LEASE - S, NOON) == 0
    assert send_due(NOON + LEASE, NOON) == 1
    assert len(provider.asked) == 2 and list(provider.sent) == [str(row.pk)]


@pytest.mark.django_db
def test_without_a_provider_or_a_number_it_says_so_at_once(provider, settings):
    assert told(to="").state == "no_channel"
    settings.OURS = settings.OURS | {"message_urls": {SMS: provider.url, PHONE: ""}}
    assert told("k2", PHONE).state == "no_channel"
    assert send_due(NOON, NOON) == 0 and not provider.asked
    with pytest.raises(ValueError):
        told("k3", "pigeon")


@pytest.mark.django_db
def test_what_is_not_wanted_any_more_does_not_leave_and_what_flies_is_not_tried_again(provider, db):
    from command_center.core.models import Department

    about = Department.objects.create(code="x", name="单位")
    told("k1", about=about), told("k2", about=about)
    messages._claim(NOON)
    Message.objects.filter(key="k2").update(claimed_until=None)
    assert messages.cancel("core.department", [about.pk], at=NOON) == 1
    flying = Message.objects.get(key="k1")
    messages._close(flying, messages.NotTaken("HTTP 503", again=True), NOON, NOON)
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db
def test_a_message_whose_time_is_over_has_failed(provider):
    provider.answers = [503] * 9
    told(within=3 * S)
    for n in range(6):
        send_due(NOON + n * S, NOON)
    assert Message.objects.get().state == "failed" and len(provider.asked) == 2
