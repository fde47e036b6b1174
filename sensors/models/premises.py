"""Buildings and premises under fire supervision: who is responsible, what their fire hosts' parts say, who was called."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Area, Department, Named

from ..domain.fire_calls import FIRE_CALL, OPEN
from .alarms import Alarm
from .downlinks import Downlink
from .stations import Station


class Premises(Named):
    """One building or place. Its fire hosts are the stations whose ``premises`` it is."""

    class Kind(models.TextChoices):
        # The nine kinds of small premises (九小场所).
        SMALL_SCHOOL = "small_school"
        SMALL_CLINIC = "small_clinic"
        SMALL_SHOP = "small_shop"
        SMALL_RESTAURANT = "small_restaurant"
        SMALL_HOTEL = "small_hotel"
        SMALL_ENTERTAINMENT = "small_entertainment"
        SMALL_INTERNET_CAFE = "small_internet_cafe"
        SMALL_BATH = "small_bath"
        SMALL_WORKSHOP = "small_workshop"
        STATE_PROPERTY = "state_property"
        KEY_UNIT = "key_unit"
        HIGH_RISE = "high_rise"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    address = models.CharField(max_length=200, blank=True)
    position = models.PointField(srid=4326)
    area = models.ForeignKey(Area, models.PROTECT)
    area_path = models.CharField(max_length=120, db_index=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    people = models.PositiveIntegerField(null=True, blank=True)  # usually inside; None: nobody counted
    # Times of the day of its guard checks ("09:00, 21:30"); empty: the district's, "-": none.
    guard_times = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind"], name="premises_kind")]


class ResponsiblePerson(models.Model):
    """Somebody who answers for premises. ``sealed`` is the telephone number, encrypted."""

    class Role(models.TextChoices):
        SAFETY_MANAGER = "safety_manager"
        DUTY_ROOM = "duty_room"
        BUILDING_CHIEF = "building_chief"
        OWNER = "owner"

    premises = models.ForeignKey(Premises, models.CASCADE, related_name="persons")
    role = models.CharField(max_length=20, choices=Role.choices)
    name = models.CharField(max_length=40)
    sealed = models.TextField(blank=True)
    rank = models.PositiveSmallIntegerField(default=1)  # who is called first

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["premises", "role"], name="premises_role_once"),
        ]


class FirePart(models.Model):
    """What one part of a fire host said last. ``since``: device time of the first message with this state."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="fire_parts")
    channel = models.CharField(max_length=40)
    text = models.CharField(max_length=40, blank=True)  # the place, in the host's own words
    state = models.PositiveIntegerField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "channel"], name="fire_part_once")]
        indexes = [models.Index(fields=["state", "since"], name="fire_part_state_since")]


class FireCall(models.Model):
    """The first fire alarm of a place and who was called about it. ``answer_by`` is real time: people pick up in real
    seconds. ``called`` lists [{"person": pk, "role", "at", "message": pk or null}]. ``because``: why it is red."""

    machine = FIRE_CALL

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alarm = models.OneToOneField(Alarm, models.CASCADE, related_name="fire_call")
    station = models.ForeignKey(Station, models.CASCADE, related_name="fire_calls")
    premises = models.ForeignKey(Premises, models.SET_NULL, null=True, related_name="fire_calls")
    state = models.CharField(max_length=20, default=FIRE_CALL.initial)
    version = models.PositiveIntegerField(default=1)
    began_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    called = models.JSONField(default=list)
    because = models.CharField(max_length=20, blank=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(FIRE_CALL.states)), name="fire_call_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state"], name="fire_call_open", condition=models.Q(state__in=OPEN)),
            models.Index(fields=["-began_at"], name="fire_call_began"),
        ]


class GuardRound(models.Model):
    """One scheduled guard check. ``outcome`` is a standing of domain/guard_checks.py; empty while it is open."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="guard_rounds")
    due_at = models.DateTimeField()  # the time of the round
    asked_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    downlink = models.ForeignKey(Downlink, models.SET_NULL, null=True)
    outcome = models.CharField(max_length=12, blank=True)
    answered_at = models.DateTimeField(null=True)
    operator = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "due_at"], name="guard_round_once")]
        indexes = [
            models.Index(fields=["asked_at"], name="guard_round_open", condition=models.Q(outcome="")),
            models.Index(fields=["station", "-due_at"], name="guard_round_of_station"),
        ]
