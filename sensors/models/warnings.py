"""Public warnings: where they are fetched, every message as it came, and what stands."""

import uuid

from django.contrib.gis.db import models

from ..domain.warnings import ACTIVE, CANCEL, CANCELLED, LAPSED, SUPERSEDED


class WarningFeed(models.Model):
    """A place that publishes warnings. ``due_at`` is real time: how often we ask has nothing to do with the storm."""

    class Form(models.TextChoices):
        CAP = "cap", "CAP 1.2 (Atom, XML)"
        CN_JSON = "cn_json", "JSON (weather.com.cn)"

    name = models.CharField(max_length=80)
    form = models.CharField(max_length=10, choices=Form.choices)
    url = models.URLField(max_length=300, unique=True)
    interval_s = models.PositiveIntegerField(default=60)
    active = models.BooleanField(default=True)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=60, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    heard_at = models.DateTimeField(null=True, editable=False)  # hall time of the last good answer
    error = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class PublicWarning(models.Model):
    """One bulletin: an alert, an update or a cancel, found by its own identifier whichever feed brought it.

    Two of one second share an identifier where the bureau leaves the number out: the group tells them apart.
    """

    STATES = (ACTIVE, SUPERSEDED, CANCELLED, LAPSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identifier = models.CharField(max_length=200)
    action = models.CharField(max_length=10)  # domain/warnings.py: alert, update, cancel
    group = models.CharField(max_length=320)  # of these one stands at a time
    exercise = models.BooleanField(default=False)
    state = models.CharField(max_length=12, blank=True)  # empty for a cancel: it stands for nothing itself
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)  # identifier of the message that ended it
    sender = models.CharField(max_length=200)
    sender_name = models.CharField(max_length=120, blank=True)
    type = models.CharField(max_length=20, blank=True)  # a key of TYPES; empty for one we do not know
    event = models.CharField(max_length=80, blank=True)  # the type in the feed's own words
    level = models.PositiveSmallIntegerField(null=True)  # 1 red … 4 blue
    sent_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    received_at = models.DateTimeField()
    title = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    instruction = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    references = models.JSONField(default=list)
    places = models.JSONField(
        default=list
    )  # [{"path", "name", "name_en"}]: areas of the district it speaks of
    shape = models.MultiPolygonField(srid=4326, null=True)
    area_path = models.CharField(max_length=120)  # the smallest area that holds all places

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identifier", "action", "group"], name="warning_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[ACTIVE, SUPERSEDED, CANCELLED, LAPSED])
                | models.Q(state="", action=CANCEL),
                name="warning_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="sensors_warning_state"),
            models.Index(fields=["group", "sent_at"], name="sensors_warning_group"),
            models.Index(fields=["-sent_at"], name="sensors_warning_sent"),
        ]


class WarningMessage(models.Model):
    """One message of a feed, as it came: what it was read as, or why not. The same message again is counted only."""

    feed = models.ForeignKey(WarningFeed, models.CASCADE, related_name="messages")
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    seen = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=300, blank=True)  # the address it was fetched from
    raw = models.BinaryField()
    identifier = models.CharField(max_length=200, blank=True)
    read_as = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "sha256"], name="warning_message_once")]
        indexes = [models.Index(fields=["-received_at"], name="sensors_wmsg_received")]
