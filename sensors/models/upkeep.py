"""Work on devices that follows from what they say."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Department

from ..domain.upkeep import MAINTENANCE, OPEN
from .stations import Sensor, Station


class MaintenanceTask(models.Model):
    """One check that speaks against one point (or, without a point, against the device itself); open once at a time."""

    machine = MAINTENANCE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    station = models.ForeignKey(Station, models.CASCADE, related_name="maintenance")
    sensor = models.ForeignKey(Sensor, models.CASCADE, null=True, related_name="maintenance")
    check_name = models.CharField(max_length=20)  # a Check of domain/quality.py in small letters
    state = models.CharField(max_length=20, default=OPEN)
    version = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()  # device time of the first value doubted
    last_at = models.DateTimeField()  # … and of the last
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)  # empty: by itself, after good hours
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)  # {"count": n, "examples": [[time, value], …]}
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "sensor", "check_name"],
                condition=models.Q(state="open"),
                nulls_distinct=False,
                name="maintenance_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(MAINTENANCE.states)), name="maintenance_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-last_at"], name="sensors_mai_state_last"),
            models.Index(fields=["station", "-last_at"], name="sensors_mai_station_last"),
        ]
