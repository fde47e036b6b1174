"""What is known of a camera's view, and groups of cameras as people look at them."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Department, Named

from .stations import Station, Still


class CameraView(models.Model):
    """The newest picture of a camera, and what its pictures usually look like (see ``domain/views.py``)."""

    station = models.OneToOneField(Station, models.CASCADE, primary_key=True, related_name="view")
    still = models.ForeignKey(Still, models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    usual = models.JSONField(default=dict)  # {class of brightness: [pictures, [sharpness of each tile, …]]}
    outline_light = models.BinaryField(null=True)  # the reference by day, 90 × 160 grey levels
    outline_dark = models.BinaryField(null=True)
    # The last picture in numbers: sharp, shift, agreement, blurred, moved.
    facts = models.JSONField(default=dict)
    referenced_at = models.DateTimeField(null=True)  # when a person last said that the view is right
    referenced_by = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500, blank=True)


class CameraGroup(Named):
    """Cameras that are looked at together, in the order in which they are shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area_path = models.CharField(max_length=120, db_index=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    cameras = models.ManyToManyField(Station, through="CameraPlace", related_name="camera_groups")


class CameraPlace(models.Model):
    """One camera's place in a group."""

    group = models.ForeignKey(CameraGroup, models.CASCADE, related_name="places")
    station = models.ForeignKey(Station, models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "station"], name="camera_in_group_once"),
        ]
        ordering = ["number"]
