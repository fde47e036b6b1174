"""Incidents, the alarms that belong to them, their kinds, and what was merged into what."""

import uuid

from django.contrib.gis.db import models
from django.utils.translation import get_language

from command_center.core.models import Area, Department, Named
from sensors.models import Alarm

from .domain.lifecycle import INCIDENT


class IncidentType(Named):
    """A row of the catalogue of kinds; the defaults are ``domain.classes.KINDS``, a district edits them."""

    class Category(models.TextChoices):
        NATURAL = "natural"
        ACCIDENT = "accident"
        HEALTH = "health"
        SOCIAL = "social"

    slug = models.SlugField(max_length=40, unique=True)
    category = models.CharField(max_length=10, choices=Category.choices)
    symbol = models.CharField(max_length=10, blank=True)  # GB/T 35649
    national_code = models.CharField(max_length=10, blank=True)
    lead_department = models.CharField(max_length=40, blank=True)  # the code of a department
    join_radius_m = models.PositiveIntegerField()
    join_minutes = models.PositiveIntegerField()
    rules = models.JSONField(default=list, blank=True)  # alarm rules that are of this kind

    class Meta:
        ordering = ["pk"]


class NumberSeries(models.Model):
    """The last number given in a series: "2026", and "D2026" for drills. The row is the lock."""

    name = models.CharField(max_length=10, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Incident(models.Model):
    """One matter from the first word of it to its closing.

    Levels are 1 (特别重大) to 4 (一般). A stamp (``…_at`` of a move) is the time of the last such move; the
    state says what is so now. ``department`` is the owner. ``level_because`` is a list of sentences as data.
    """

    machine = INCIDENT

    class Source(models.TextChoices):
        SENSOR = "sensor"
        CALL = "call"
        VISIT = "visit"
        SUPERIOR = "superior"
        GRID = "grid"
        CITIZEN = "citizen"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=12, unique=True)
    key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    is_drill = models.BooleanField(default=False)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    type = models.ForeignKey(IncidentType, models.PROTECT)
    state = models.CharField(max_length=20, default=INCIDENT.initial)
    version = models.PositiveIntegerField(default=1)

    level_proposed = models.PositiveSmallIntegerField()
    level_because = models.JSONField(default=list)
    level_confirmed = models.PositiveSmallIntegerField(null=True, blank=True)
    people_affected = models.PositiveIntegerField(null=True, blank=True)
    deaths = models.PositiveIntegerField(null=True, blank=True)
    seriously_injured = models.PositiveIntegerField(null=True, blank=True)
    loss_yuan = models.PositiveBigIntegerField(null=True, blank=True)
    sensitive = models.BooleanField(default=False)

    position = models.PointField(srid=4326, null=True, blank=True)
    address = models.CharField(max_length=200, blank=True)
    area = models.ForeignKey(Area, models.PROTECT)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)

    source = models.CharField(max_length=10, choices=Source.choices)
    caller_name = models.CharField(max_length=40, blank=True)
    caller_phone = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    reported_by = models.CharField(max_length=80)

    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    responding_at = models.DateTimeField(null=True, blank=True)
    controlled_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    merged_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")

    # Somebody is on it: told to others, in nobody's way, and over by itself.
    holder = models.CharField(max_length=80, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(INCIDENT.states)), name="incident_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(level_proposed__range=(1, 4)), name="incident_proposed_level_1_to_4"
            ),
            models.CheckConstraint(
                condition=models.Q(level_confirmed=None) | models.Q(level_confirmed__range=(1, 4)),
                name="incident_confirmed_level_1_to_4",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="merged") | models.Q(merged_into__isnull=False),
                name="incident_merged_into_something",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "received_at"]),
            models.Index(fields=["area_path", "state"]),
            models.Index(fields=["department", "state"]),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    @property
    def label(self):
        return (
            self.title_en if self.title_en and not (get_language() or "zh").startswith("zh") else self.title
        )

    @property
    def level(self):
        """The level that counts: confirmed by a person, or else proposed by rule."""
        return self.level_confirmed or self.level_proposed


class IncidentAlarm(models.Model):
    """An alarm belongs to an incident; to one at a time. ``left_at``: it was taken out again."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="links")
    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="incident_links")
    joined_at = models.DateTimeField()
    because = models.JSONField(default=dict)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alarm"], condition=models.Q(left_at=None), name="alarm_in_one_incident"
            )
        ]
        indexes = [models.Index(fields=["incident", "joined_at"])]


class MergeRecord(models.Model):
    """What one merge moved, as it was: enough to take it back. ``undone_at``: it was."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="merges")
    into = models.ForeignKey(Incident, models.CASCADE, related_name="takings")
    at = models.DateTimeField()
    who = models.CharField(max_length=80)
    row = models.JSONField()  # the incident's columns
    links = models.JSONField()  # its alarms' rows
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=models.Q(undone_at=None), name="merged_once_at_a_time"
            )
        ]
