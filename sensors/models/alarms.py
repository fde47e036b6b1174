"""Alarms: condition, acknowledgement and suppression are axes of their own; every change is a row of the history."""

import uuid

from django.contrib.gis.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from command_center.core.models import Department

from ..domain.lifecycle import ACKNOWLEDGEMENT, ENGINE, UNACKNOWLEDGED
from ..domain.suppression import NOT_SUPPRESSED
from .stations import Sensor, Station
from .topology import Node


class Alarm(models.Model):
    """One episode of one rule at one point, from the first reading that raised it to the one that cleared it.

    ``level`` is 1 (red, most severe) to 4 (blue). Times without "recorded" are device times.
    """

    machine = ACKNOWLEDGEMENT

    class Condition(models.TextChoices):
        ACTIVE = "active"
        CLEARED = "cleared"
        RETRACTED = "retracted"  # late data showed that it never was; kept, not counted

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    station = models.ForeignKey(Station, models.PROTECT, related_name="alarms")
    sensor = models.ForeignKey(Sensor, models.PROTECT, null=True, related_name="alarms")
    # What is lost, in an alarm about a node; its ``station`` is one of those beneath and only says where to look.
    node = models.ForeignKey(Node, models.PROTECT, null=True, related_name="alarms")
    rule = models.CharField(max_length=60)  # "ponding.depth", "pump.should_run" …
    condition = models.CharField(max_length=10, choices=Condition.choices, default=Condition.ACTIVE)
    state = models.CharField(max_length=20, default=ACKNOWLEDGEMENT.initial)
    version = models.PositiveIntegerField(default=1)
    level = models.PositiveSmallIntegerField()
    worst_level = models.PositiveSmallIntegerField()
    value = models.FloatField(null=True)  # at the last change of level, in the quantity's unit
    peak_value = models.FloatField(null=True)
    facts = models.JSONField(default=dict)  # what the sentence shown to people needs: limit, quantity, pump …
    raised_at = models.DateTimeField()
    level_since = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=80, blank=True)
    # False: never announced by sound, since it was known only from late data or was suppressed all the time.
    rang = models.BooleanField(default=True)
    # What keeps it from calling: [{"cause", "until", "by"}, …], the one that is shown first. Kept up to date while the
    # alarm is open; afterwards it stays as it was.
    suppressions = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    suppression = models.GeneratedField(
        expression=Coalesce(
            KT("suppressions__0__cause"), models.Value(NOT_SUPPRESSED), output_field=models.TextField()
        ),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "sensor", "rule", "node"],
                condition=models.Q(condition="active"),
                nulls_distinct=False,
                name="alarm_active_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(ACKNOWLEDGEMENT.states)), name="alarm_state_known"
            ),
            models.CheckConstraint(condition=models.Q(level__range=(1, 4)), name="alarm_level_1_to_4"),
        ]
        indexes = [
            models.Index(fields=["condition", "level", "raised_at"]),
            models.Index(fields=["station", "-raised_at"]),
            models.Index(fields=["area_path", "condition"]),
            models.Index(fields=["recorded_at"], name="alarm_recorded"),  # an hour as the hall learned of it
            # What is open, however long the history grows; the map asks in these very words.
            models.Index(
                fields=["station", "level"],
                name="alarm_open",
                condition=models.Q(condition="active")
                | models.Q(condition="cleared", state="unacknowledged", rang=True),
            ),
        ]


# What somebody still has to look at: the condition is there, or it is gone and nobody has seen it. What never rang asks
# for nothing once it is over. No clock stands in this filter: a row that vanished by the passing of time would need an
# event to say so.
ACTIVE = models.Q(condition=Alarm.Condition.ACTIVE)
OPEN = ACTIVE | models.Q(condition=Alarm.Condition.CLEARED, state=UNACKNOWLEDGED, rang=True)
CALLING = models.Q(suppression=NOT_SUPPRESSED)  # nothing keeps it from calling


class AlarmEvent(models.Model):
    """One change of an alarm: raised, level, cleared, acknowledged, shelved, retracted …

    ``id`` is the sequence number: who writes holds the alarm's row, so it grows in the order of its changes. ``source``
    is the engine, a person or a clock; ``via`` the desk or door that a person came through.
    """

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    what = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(null=True)
    value = models.FloatField(null=True)
    who = models.CharField(max_length=80, blank=True)
    via = models.CharField(max_length=40, blank=True, db_default="")
    source = models.CharField(max_length=10, default=ENGINE, db_default=ENGINE)
    until = models.DateTimeField(null=True)  # of a suppression that begins
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["alarm", "at", "id"])]


class AlarmWatch(models.Model):
    """The engine's belief about one rule at one point, kept only while it is not the plain normal one."""

    station = models.ForeignKey(Station, models.CASCADE)
    sensor = models.ForeignKey(Sensor, models.CASCADE, null=True)
    rule = models.CharField(max_length=60)
    belief = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "sensor", "rule"], nulls_distinct=False, name="watch_once"
            )
        ]
