"""The kernel's tables: people, departments, areas, parameters, attachments, outbox, log book."""

import uuid

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.db import models
from django.utils.translation import get_language

from .roles import ROLE_NAMES


class Named(models.Model):
    """Something with a Chinese and an English name."""

    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @property
    def label(self):
        return self.name_en if self.name_en and not (get_language() or "zh").startswith("zh") else self.name


class Department(Named):
    """A member unit of the center; ``tier`` is its linkage tier (1 emergency, 2 services, 3 support)."""

    code = models.SlugField(max_length=40, unique=True)
    tier = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["code"]


class Area(Named):
    """A node of the area tree. ``path`` ends in "/" and starts with its parent's path."""

    class Kind(models.TextChoices):
        DISTRICT = "district"
        TOWN = "town"
        BUSINESS_PARK = "business_park"
        OILFIELD = "oilfield"
        COMMUNITY = "community"
        VILLAGE = "village"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    code = models.CharField(max_length=20, unique=True)  # statistical division code, or a local one
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=120, unique=True)
    outline = models.MultiPolygonField(srid=4326, null=True, blank=True)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=models.Q(path__endswith="/"), name="area_path_ends_in_slash"),
        ]


class User(AbstractUser):
    display_name = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, blank=True)

    def __str__(self):
        return self.display_name or self.username


class Membership(models.Model):
    """A role held over an area and everything inside it, for one department or for all, for a time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=sorted(ROLE_NAMES.items()))
    area = models.ForeignKey(Area, models.PROTECT)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "area", "department"],
                nulls_distinct=False,
                name="membership_once",
            )
        ]


class ParameterChange(models.Model):
    """One change of a parameter. The newest row of a name is in force; none means the default."""

    name = models.CharField(max_length=80, db_index=True)
    value = models.JSONField()
    at = models.DateTimeField()
    who = models.CharField(max_length=80)
    reason = models.TextField()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="parameter_history", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


class Holiday(models.Model):
    """A day that differs from its weekday: off (statutory holiday) or a make-up workday (调休)."""

    day = models.DateField(unique=True)
    works = models.BooleanField(default=False)
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["day"]


class Attachment(models.Model):
    """A file as evidence: kept as it came under its hash; what is shown may be a cleaned copy."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    file = models.FileField(upload_to="attachments/%Y/%m/%d")
    shown = models.FileField(upload_to="shown/%Y/%m/%d", blank=True)  # re-encoded, position stripped
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    position = models.PointField(srid=4326, null=True, blank=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=80)
    area_path = models.CharField(max_length=120, default="/")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id"])]


class Event(models.Model):
    """The outbox. ``seq`` is given after commit by the relay; row ids are no cursor (they precede commit)."""

    id = models.BigAutoField(primary_key=True)
    seq = models.BigIntegerField(null=True, unique=True)
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    area_path = models.CharField(max_length=120)
    at = models.DateTimeField()
    written_at = models.DateTimeField(auto_now_add=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_unnumbered", condition=models.Q(seq=None)),
        ]


class Delivered(models.Model):
    """A listener has done its work for an event: at least once becomes once."""

    seq = models.BigIntegerField()
    listener = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seq", "listener"], name="delivered_once")]


class FailedDelivery(models.Model):
    """A listener that raised: how often, why, and whether it was given up. Removed when it succeeds."""

    seq = models.BigIntegerField()
    listener = models.CharField(max_length=120)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    last_at = models.DateTimeField(auto_now_add=True)  # real time
    given_up = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seq", "listener"], name="failed_delivery_once")]


class Epoch(models.Model):
    """One row: names the stream, so that a client with a position in another life reloads. Renewed at restore."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.UUIDField(default=uuid.uuid4)


# Text that is hashed for one line of the log book. The same is computed in audit.py; both change together.
AUDIT_TEXT = (
    "concat_ws(chr(31), coalesce({before}, ''), {row}.number::text,"
    " to_char({row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), {row}.who, {row}.via,"
    " {row}.act, {row}.subject_type, {row}.subject_id, {row}.before, {row}.after, {row}.reason,"
    " {row}.data::text)"
)


class AuditEntry(models.Model):
    """One line of the log book: append-only, each line carrying the hash of the one before.

    ``number`` (without gaps) and ``hash`` are set at commit by a deferred trigger under a lock: at that
    point a transaction holds all its row locks already, so the chain can never be part of a deadlock.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.BigIntegerField(null=True, unique=True, editable=False)
    at = models.DateTimeField()
    who = models.CharField(max_length=80)
    via = models.CharField(max_length=40, blank=True)
    act = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64, null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"])]
        triggers = [
            pgtrigger.Trigger(
                name="audit_seal",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("last", "record"), ("line", "core_auditentry%ROWTYPE")],
                func=f"""
                    PERFORM pg_advisory_xact_lock(7218300561);
                    SELECT number, hash INTO last FROM core_auditentry
                        WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1;
                    SELECT * INTO line FROM core_auditentry WHERE id = NEW.id;
                    line.number := coalesce(last.number, 0) + 1;
                    UPDATE core_auditentry SET number = line.number, hash = encode(sha256(convert_to(
                        {AUDIT_TEXT.format(before="last.hash", row="line")}, 'UTF8')), 'hex')
                        WHERE id = NEW.id;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="audit_append_only",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND pg_trigger_depth() > 1 THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'the log book is append-only';
                """,
            ),
        ]


class Answer(models.Model):
    """What a keyed request was answered, so that its repetition acts once. See ``idempotency.py``."""

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    note = models.JSONField(default=dict)


class DemoClock(models.Model):
    """One row: the hall lives in storm time. See ``now.py``."""

    origin = models.DateTimeField()
    story = models.DateTimeField()
    rate = models.FloatField()


class MapFeature(Named):
    """Ground of the base map: what stands still and belongs to nobody's layer."""

    class Kind(models.TextChoices):
        ROAD = "road"
        STREET = "street"
        RIVER = "river"
        WATER = "water"
        GREEN = "green"
        BUILT = "built"
        RAIL = "rail"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    rank = models.PositiveSmallIntegerField(default=1)  # 1 is shown first, from far away
    shape = models.GeometryField(srid=4326)
