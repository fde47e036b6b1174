"""What the next shift must know of people: who is on duty, whether the desks are heard, which messages did not go out."""

from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.scope import Scope

from . import words
from .handover import RIGHT, Rows, section
from .lifecycle import UNSENT
from .models import Handover, Message, SoundTest
from .roster import seen

SHIFT = timedelta(hours=24)  # without a handover before, a day is looked back on
PEOPLE = (
    gettext_noop("Duty position"),
    gettext_noop("Person"),
    gettext_noop("Begins at"),
    gettext_noop("Ends at"),
)
TESTS = (gettext_noop("Time"), gettext_noop("By"), gettext_noop("Result"), gettext_noop("Sound"))
MESSAGES = (gettext_noop("Time"), gettext_noop("To"), gettext_noop("Message"), gettext_noop("State"))


def time(at: datetime) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M")


def on_duty(scope: Scope, at: datetime) -> Rows:
    rows = seen(scope).filter(starts_at__lte=at, ends_at__gt=at).select_related("user")
    return [
        [words.position(row), str(row.user), time(row.starts_at), time(row.ends_at)]
        for row in rows.order_by("area_path", "-position", "desk", "starts_at")
    ]


def sound_tests(scope: Scope, at: datetime) -> Rows:
    """Since the shift was taken over."""
    taken = Handover.objects.filter(scope.filter(RIGHT), taken_at__lte=at).order_by("-taken_at").first()
    since = max(taken.taken_at, at - SHIFT) if taken and taken.taken_at else at - SHIFT
    rows = SoundTest.objects.filter(scope.filter(RIGHT), at__gte=since, at__lte=at).select_related("user")
    return [
        [
            time(row.at),
            str(row.user),
            _("Sound was heard") if row.heard else _("Sound was not heard"),
            _("Voice and tones") if row.voice else _("Tones only"),
        ]
        for row in rows.order_by("at", "pk")
    ]


def unsent(scope: Scope, at: datetime) -> Rows:
    rows = Message.objects.filter(scope.filter("duty.view"), state__in=UNSENT)
    return [
        [time(row.asked_at), words.receiver(row), row.text, words.message_state(row)]
        for row in rows.order_by("asked_at", "pk")
    ]


section("duty.people", gettext_noop("On duty"), PEOPLE, on_duty)
section("duty.sound", gettext_noop("Sound tests of this shift"), TESTS, sound_tests)
section("duty.unsent", gettext_noop("Messages that did not go out"), MESSAGES, unsent)
