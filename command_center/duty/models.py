"""Shifts that were handed over, and messages that left the house."""

import uuid

from django.db import models

from command_center.core.models import Department

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
