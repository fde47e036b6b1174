"""When a desk was in flood mode: what its screens follow now, and what was so."""

import uuid

from django.db import models


class FloodSpan(models.Model):
    """One flood of the desks that watch ``area_path``; ``ended_at`` is None while it goes on. Hall time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area_path = models.CharField(max_length=120)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    worst_per_10min = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_path"], condition=models.Q(ended_at=None), name="flood_once_a_desk"
            ),
        ]
        indexes = [models.Index(fields=["area_path", "began_at"])]
