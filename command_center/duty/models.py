"""Shifts that were handed over."""

import uuid

from django.db import models

from command_center.core.models import Department

from .lifecycle import GIVEN, HANDOVER


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
