"""Screens that nobody signs in at: each a paired device with its own token, which can be revoked."""

import uuid

import pgtrigger
from django.db import models


class Wall(models.Model):
    """A wall from the moment it shows its pairing code. Tokens are kept as hashes only. Times are real ones."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, blank=True)
    layout = models.CharField(max_length=40, blank=True)
    area_path = models.CharField(max_length=120, default="/")  # what it shows
    code = models.CharField(max_length=8)  # shown on the screen while it waits
    secret_hash = models.CharField(max_length=64, unique=True)  # of the browser that shows the code
    token_hash = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)
    last_seen_at = models.DateTimeField(null=True)
    last_address = models.GenericIPAddressField(null=True)

    department_id = None  # a wall is no department's: a grant for one department does not cover it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(approved_at=None), name="wall_code_once"
            )
        ]

    def __str__(self):
        return self.name or self.code


class HallMode(models.Model):
    """One switch of the hall between routine and emergency. Rows are only ever added; the last one counts."""

    class Mode(models.TextChoices):
        ROUTINE = "routine"
        EMERGENCY = "emergency"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)  # 1, 2, 3 …
    mode = models.CharField(max_length=10, choices=Mode.choices)
    incident_id = models.UUIDField(null=True)  # the scene that walls lock on; its app is none of this one's
    by = models.CharField(max_length=80)
    at = models.DateTimeField()  # the hall's time
    reason = models.CharField(max_length=500)
    area_path = models.CharField(max_length=120)

    department_id = None  # the hall is no department's

    class Meta:
        triggers = [
            pgtrigger.Protect(name="hall_mode_history", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self):
        return f"{self.mode} {self.at:%Y-%m-%d %H:%M}"
