"""Fires as cameras on high places and detectors report them, until an officer has looked."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Area, Department, Named

from ..domain.fire_spots import SPOT
from .stations import Station, Still


class SpotSource(Named):
    """Who may report: one token each, made from ``token_key``. ``position``: where a lookout stands."""

    code = models.CharField(max_length=40, unique=True)
    token_key = models.CharField(max_length=64, unique=True)
    camera = models.ForeignKey(Station, models.SET_NULL, null=True, blank=True, related_name="+")
    # Over which it speaks where that is no HTTP: a device (MQTT …) whose readings tell bearing, or place.
    station = models.OneToOneField(
        Station, models.SET_NULL, null=True, blank=True, related_name="spot_source"
    )
    position = models.PointField(srid=4326, null=True, blank=True)
    height_m = models.FloatField(default=0)  # above the ground it looks at
    bearing_error_deg = models.FloatField(default=0.5)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]


class FireSpot(models.Model):
    """One possible fire. ``accuracy_m`` says how far ``position`` may be off; None of both: only a direction is known."""

    machine = SPOT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.PointField(srid=4326, null=True)
    accuracy_m = models.FloatField(null=True)
    observed_at = models.DateTimeField()  # device time of the first report
    last_at = models.DateTimeField()  # … and of the last
    received_at = models.DateTimeField()
    reports_count = models.PositiveIntegerField(default=1)
    camera = models.ForeignKey(Station, models.SET_NULL, null=True, related_name="+")  # asked for a picture
    still = models.ForeignKey(
        Still, models.SET_NULL, null=True, related_name="+"
    )  # what the officer judged by
    state = models.CharField(max_length=12, default=SPOT.initial)
    version = models.PositiveIntegerField(default=1)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)
    area = models.ForeignKey(Area, models.PROTECT)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(SPOT.states)), name="fire_spot_state_known"
            )
        ]
        indexes = [models.Index(fields=["state", "-last_at"], name="fire_spot_state_last")]


class SpotReport(models.Model):
    """What one source said, once for its own ``reference``."""

    spot = models.ForeignKey(FireSpot, models.CASCADE, related_name="reports")
    source = models.ForeignKey(SpotSource, models.PROTECT, related_name="reports")
    reference = models.CharField(max_length=80)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    origin = models.PointField(srid=4326, null=True)  # where it was seen from
    bearing_deg = models.FloatField(null=True)  # clockwise from north
    elevation_deg = models.FloatField(null=True)
    range_m = models.FloatField(null=True)
    position = models.PointField(srid=4326, null=True)  # where the source itself says it is
    temperature_c = models.FloatField(null=True)
    confidence = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="spot_report_once")]
