"""People on duty, how they are called, what left the house, and shifts that were handed over."""

import uuid

from django.db import models

from command_center.core.models import Department, User

from .lifecycle import GIVEN, HANDOVER, MESSAGE, WAITING


class Handover(models.Model):
    """One sheet as it stood when the leaving officer signed it. ``sha256`` is of ``content``, and stands in the log book
    beside both signatures. Times are the hall's."""

    machine = HANDOVER

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=20, default=HANDOVER.initial)
    version = models.PositiveIntegerField(default=1)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)  # None: the hall's
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    given_at = models.DateTimeField(null=True)
    given_by = models.CharField(max_length=80, blank=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_path"], condition=models.Q(state=GIVEN), name="handover_waits_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(HANDOVER.states)), name="handover_state_known"
            ),
        ]
        indexes = [models.Index(fields=["area_path", "-given_at"])]


class Message(models.Model):
    """One message to one telephone. ``key`` is its cause in a word: the same key is the same message. ``asked_at``,
    ``sent_at`` and ``noted_at`` are the hall's time; ``due_at``, ``claimed_until`` and ``expires_at`` are real time."""

    machine = MESSAGE

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # what the provider knows it by
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=20, default=MESSAGE.initial)
    version = models.PositiveIntegerField(default=1)
    channel = models.CharField(max_length=10)
    to = models.CharField(max_length=32, blank=True)
    name = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=500)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=40, blank=True)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)  # not wanted any more while it was on its way
    sent_at = models.DateTimeField(null=True)
    noted_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=80, blank=True)  # the provider's own number
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(MESSAGE.states)), name="message_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="message_waits", condition=models.Q(state=WAITING)),
            models.Index(fields=["subject_type", "subject_id"]),
        ]


class Roster(models.Model):
    """Somebody on duty: who, for which area, at which desk, from when to when (the hall's time)."""

    class Position(models.TextChoices):
        OFFICER = "officer"
        LEADER = "leader"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="turns")
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)  # None: the hall's
    position = models.CharField(max_length=10, choices=Position.choices)
    desk = models.PositiveSmallIntegerField(default=1)  # of an officer: 1 answers first, 2 is the next desk
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    past = models.BooleanField(default=False)  # off the screens: no clock stands in what they are told

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "area_path", "starts_at"], name="roster_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="roster_ends_after_it_begins"
            ),
        ]


class Call(models.Model):
    """A call for attention until somebody answers. ``plan``: [[step, seconds], …] as it was when it began; ``steps``: what
    was done, [{"step", "at" (the hall's), "due" (real), "who": [{"user", "name"}]}, …]. The columns' times are real time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    plan = models.JSONField()
    steps = models.JSONField(default=list)
    started_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=models.Q(ended_at=None),
                name="call_runs_once",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="call_waits", condition=models.Q(next_at__isnull=False)),
            models.Index(fields=["subject_type", "subject_id", "-started_at"], name="call_of"),
        ]


class SoundTest(models.Model):
    """Somebody has tried at the beginning of a shift whether the desk is heard (the hall's time). ``voice``: the browser
    has a voice for the screen's language; without one only tones sound."""

    user = models.ForeignKey(User, models.PROTECT)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    at = models.DateTimeField(db_index=True)
    heard = models.BooleanField()
    voice = models.BooleanField()
