"""What people keep from calling for a time, and which alarms keep others from calling."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Department

from ..domain import suppression as words
from .stations import Sensor, Station


class Suppression(models.Model):
    """One decision: a shelved alarm of a point, a station or point out of service, a maintenance window.

    A shelf names station, sensor (None: the rule joins several points), rule and the level it was shelved at; what is out
    of service a station and perhaps a point; a window a station or the area ``area_path``. Times are the hall's.
    """

    machine = words.SUPPRESSION

    class Cause(models.TextChoices):
        SHELVED = words.SHELVED
        OUT_OF_SERVICE = words.OUT_OF_SERVICE
        MAINTENANCE = words.MAINTENANCE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cause = models.CharField(max_length=20, choices=Cause.choices)
    state = models.CharField(max_length=20, default=words.SUPPRESSION.initial)
    version = models.PositiveIntegerField(default=1)
    station = models.ForeignKey(Station, models.CASCADE, null=True, related_name="suppressions")
    sensor = models.ForeignKey(Sensor, models.CASCADE, null=True, related_name="suppressions")
    rule = models.CharField(max_length=60, blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    confirmed_by = models.CharField(max_length=80, blank=True)  # the second person, where one is needed
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "sensor", "rule"],
                condition=models.Q(cause=words.SHELVED) & ~models.Q(state=words.ENDED),
                nulls_distinct=False,
                name="shelved_once",
            ),
            models.UniqueConstraint(
                fields=["station", "sensor"],
                condition=models.Q(cause=words.OUT_OF_SERVICE) & ~models.Q(state=words.ENDED),
                nulls_distinct=False,
                name="out_of_service_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(words.SUPPRESSION.states)), name="suppression_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="suppression_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="suppression_due", condition=~models.Q(state=words.ENDED)),
            models.Index(fields=["station"]),
        ]


class DesignRule(models.Model):
    """While an alarm of one rule is active, those of another are suppressed. See ``domain.suppression.Design``."""

    class Reach(models.TextChoices):
        STATION = words.STATION
        PARENT = words.PARENT
        LINK = words.LINK

    cause = models.CharField(max_length=60)
    effect = models.CharField(max_length=60)
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.STATION)
    reason = models.CharField(max_length=200)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cause", "effect", "reach"], name="design_rule_once"),
            models.CheckConstraint(
                condition=~models.Q(cause=models.F("effect")) | ~models.Q(reach=words.STATION),
                name="design_rule_not_of_itself",
            ),
        ]
        ordering = ["cause", "effect"]

    def __str__(self):
        return f"{self.cause} → {self.effect}"
