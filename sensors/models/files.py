"""Files of readings: how their tables are laid out, which files came, and what of them was not taken."""

import uuid

from django.db import models

from command_center.core.models import Department, Named

from ..domain.reading_file_life import READING_FILE, REFUSED, TRIED
from .devices import DeviceType


class FileLayout(Named):
    """What the columns of a file of readings mean (``domain/layout_language.py``); the slug is its drop folder too."""

    slug = models.SlugField(max_length=40, unique=True)
    # Only stations of this type may stand in such a file; None: any.
    device_type = models.ForeignKey(DeviceType, models.SET_NULL, null=True, blank=True)
    layout = models.JSONField(default=dict)

    class Meta:
        ordering = ["slug"]


class ReadingFile(models.Model):
    """One file that was uploaded or dropped. Its content stays as it came."""

    machine = READING_FILE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    layout = models.ForeignKey(FileLayout, models.PROTECT)
    file_name = models.CharField(max_length=120)
    content = models.FileField(upload_to="readings/%Y/%m", max_length=200)
    sha256 = models.CharField(max_length=64)
    octets = models.PositiveBigIntegerField()
    dropped = models.BooleanField(default=False)
    dropped_as = models.CharField(max_length=400, blank=True)  # where it waits in the drop folder
    state = models.CharField(max_length=20, default=TRIED)
    version = models.PositiveIntegerField(default=1)
    came_at = models.DateTimeField()
    came_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)
    # [[area path, department or null]]: for whose stations it may speak. None: for every station (dropped files).
    speaks_for = models.JSONField(null=True)
    area_path = models.CharField(max_length=120)  # the smallest area that holds all its stations
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    done_line = models.PositiveIntegerField(default=0)  # everything up to this line was taken
    values = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)  # were there already
    conflicting = models.PositiveIntegerField(default=0)  # of these: with another value, which stays
    rejected = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True)  # why it could not be read: [msgid, values]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["layout", "sha256"], condition=~models.Q(state=REFUSED), name="reading_file_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(READING_FILE.states)), name="reading_file_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state", "came_at"]), models.Index(fields=["-came_at"])]


class RejectedReading(models.Model):
    """A cell, or (without a column) a row, that was not taken."""

    file = models.ForeignKey(ReadingFile, models.CASCADE, related_name="rejections")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200)
    given = models.CharField(max_length=200)
    text = models.CharField(max_length=200)  # a msgid
    params = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["file", "line"])]
