"""Resources and where they are, assignments, work orders with their clocks, and the catalogues of both."""

import uuid

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex

from command_center.core.models import Attachment, Department, Named, User
from incidents.models import Incident, IncidentType

from .domain import clocks
from .domain.defaults import EXTRA_URGENT, ORDINARY, URGENT
from .domain.evidence import TAGS
from .domain.lifecycle import ACTIVE, ASSIGNMENT, ORDER, ORDER_OPEN, RESOURCE

UNITS = [(unit, unit) for unit in clocks.UNITS]


class Resource(Named):
    """A team, an expert, a vehicle or a store of material.

    ``position`` is where it was last seen, at ``position_at`` by its own clock; one that never reported is taken to
    be at its base. ``facts`` holds capacities (people, pump_m3_h, …). ``user`` is who answers for it on a phone.
    """

    machine = RESOURCE

    class Kind(models.TextChoices):
        TEAM = "team"
        EXPERT = "expert"
        VEHICLE = "vehicle"
        STORE = "store"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    skills = ArrayField(models.SlugField(max_length=40), default=list, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    area_path = models.CharField(max_length=120)
    base = models.PointField(srid=4326)
    position = models.PointField(srid=4326)
    position_at = models.DateTimeField(null=True, blank=True)
    position_received_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="resources")
    token_version = models.PositiveIntegerField(default=1)  # raised to make a lost device's token worthless
    state = models.CharField(max_length=20, default=RESOURCE.initial)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(RESOURCE.states)), name="resource_state_known"
            )
        ]
        indexes = [
            GinIndex(fields=["skills"], name="resource_skills"),
            models.Index(fields=["kind", "state"]),
        ]


class Stock(models.Model):
    """What a store holds: ``reserved`` of ``quantity`` is promised to assignments that are not over."""

    store = models.ForeignKey(Resource, models.CASCADE, related_name="stock")
    item = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=20)
    quantity = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "item"], name="stock_once"),
            models.CheckConstraint(
                condition=models.Q(reserved__lte=models.F("quantity")), name="stock_not_promised_twice"
            ),
        ]


class NeedRule(models.Model):
    """What an incident of a kind (none: any kind without rows of its own) and level asks for."""

    type = models.ForeignKey(IncidentType, models.CASCADE, null=True, blank=True, related_name="needs")
    level = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Resource.Kind.choices)
    skill = models.SlugField(max_length=40)  # for stores: the item
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["type", "level", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "level", "kind", "skill"], nulls_distinct=False, name="need_once"
            )
        ]


class Track(models.Model):
    """Where a unit was: kept for parameter ``track.retention`` days."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="track")
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    position = models.PointField(srid=4326, spatial_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "observed_at"], name="track_once")]


class Assignment(models.Model):
    """A resource sent to an incident. For a store, ``quantity`` pieces of ``item``.

    ``ranking`` is the list as it was when the choice was made, for review; ``place`` the chosen one's place in it.
    """

    machine = ASSIGNMENT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="assignments")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="assignments")
    item = models.CharField(max_length=40, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    task = models.TextField(blank=True)
    target = models.PointField(srid=4326)
    distance_m = models.FloatField()
    place = models.PositiveIntegerField(null=True, blank=True)
    ranking = models.JSONField(default=dict)
    override_reason = models.TextField(blank=True)
    state = models.CharField(max_length=20, default=ASSIGNMENT.initial)
    version = models.PositiveIntegerField(default=1)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    is_drill = models.BooleanField(default=False)
    assigned_by = models.CharField(max_length=80)
    assigned_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    on_the_way_at = models.DateTimeField(null=True, blank=True)
    on_scene_at = models.DateTimeField(null=True, blank=True)
    arrived_by_position = models.BooleanField(default=False)
    released_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(ASSIGNMENT.states)), name="assignment_state_known"
            ),
            models.UniqueConstraint(
                fields=["resource"],
                condition=models.Q(state__in=sorted(ACTIVE), item=""),
                name="resource_at_one_place",
            ),
        ]
        indexes = [models.Index(fields=["incident", "state"])]


class Matter(Named):
    """A row of the time-limit catalogue: how long a department has, by which calendar, and by what right."""

    class Urgency(models.TextChoices):
        EXTRA_URGENT = EXTRA_URGENT
        URGENT = URGENT
        ORDINARY = ORDINARY

    slug = models.SlugField(max_length=40, unique=True)
    urgency = models.CharField(max_length=20, choices=Urgency.choices)
    sign_amount = models.FloatField(null=True, blank=True)
    sign_unit = models.CharField(max_length=15, choices=UNITS, blank=True)
    answer_amount = models.FloatField(null=True, blank=True)
    answer_unit = models.CharField(max_length=15, choices=UNITS, blank=True)
    arrive_amount = models.FloatField(null=True, blank=True)
    arrive_unit = models.CharField(max_length=15, choices=UNITS, blank=True)
    finish_amount = models.FloatField()
    finish_unit = models.CharField(max_length=15, choices=UNITS)
    return_amount = models.FloatField()
    return_unit = models.CharField(max_length=15, choices=UNITS)
    extension_amount = models.FloatField()
    extension_unit = models.CharField(max_length=15, choices=UNITS)
    extension_times = models.PositiveSmallIntegerField(default=1)
    pictures = models.BooleanField(default=True)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def limit(self, kind: str) -> clocks.Limit | None:
        """The limit of ``kind``: a clock's, "return" or "extension"; None where there is no such clock."""
        amount = getattr(self, f"{kind}_amount")
        return None if amount is None else clocks.Limit(amount, getattr(self, f"{kind}_unit"))


class OrderSeries(models.Model):
    """The last number given in a series of orders. The row is the lock."""

    name = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class WorkOrder(models.Model):
    """An order to one department; ``lead`` is the order of the lead unit where this one is a co-unit's.

    ``supervises`` is the order that a supervision order (督办单) was issued for, ``round`` the first, second or
    third time. ``first_receiver`` never changes (首接负责制), whoever handles it later.
    """

    machine = ORDER

    class Kind(models.TextChoices):
        WORK = "work"  # 工单
        SUPERVISION = "supervision"  # 督办单

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.WORK)
    source = models.CharField(max_length=40, blank=True)  # 来源: incident, overdue, leader, …
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, blank=True, related_name="orders")
    matter = models.ForeignKey(Matter, models.PROTECT)
    lead = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    supervises = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supervisions")
    round = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=120)
    facts = models.TextField(blank=True)
    requirement = models.TextField(blank=True)
    urgency = models.CharField(max_length=20, choices=Matter.Urgency.choices)
    department = models.ForeignKey(Department, models.PROTECT, related_name="orders")
    first_receiver = models.ForeignKey(Department, models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=120)
    place = models.PointField(srid=4326, null=True, blank=True)
    address = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20, default=ORDER.initial)
    version = models.PositiveIntegerField(default=1)
    returns = models.PositiveSmallIntegerField(default=0)
    arbitrated = models.BooleanField(default=False)
    reopened = models.PositiveSmallIntegerField(default=0)
    yellow_cards = models.PositiveSmallIntegerField(default=0)
    red_cards = models.PositiveSmallIntegerField(default=0)
    issued_by = models.CharField(max_length=80)
    issued_at = models.DateTimeField()
    handed_at = models.DateTimeField()  # when the present department got it
    signed_by = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    first_answer_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(blank=True)
    fed_back_by = models.CharField(max_length=80, blank=True)
    fed_back_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=80, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    is_drill = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(ORDER.states)), name="order_state_known"
            ),
            models.UniqueConstraint(
                fields=["supervises", "round"],
                condition=models.Q(supervises__isnull=False),
                name="supervised_once_a_round",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "state"]),
            models.Index(fields=["area_path", "state"]),
            models.Index(
                fields=["issued_at"], name="order_open", condition=models.Q(state__in=sorted(ORDER_OPEN))
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.subject}"


class PresentClocks(models.Manager["OrderClock"]):
    """The clocks of the department that has the order now."""

    def get_queryset(self) -> models.QuerySet["OrderClock"]:
        return super().get_queryset().filter(ended_at=None)


class OrderClock(models.Model):
    """One clock of an order. Due times are fixed when it starts; only an approved extension moves them, later.

    ``next_at``: when the tick has something to do; none while it is stopped and after the red card. ``ended_at``: the
    order was handed on from ``department`` then, and its clock stays as that department's record, stopped or not.
    """

    objects = PresentClocks()
    ever = models.Manager()

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in clocks.KINDS])
    started_at = models.DateTimeField()
    amount = models.FloatField()
    unit = models.CharField(max_length=15, choices=UNITS)
    amber_at = models.DateTimeField()
    yellow_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], condition=models.Q(ended_at=None), name="clock_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, department=None)
                | models.Q(ended_at__isnull=False, department__isnull=False, next_at=None),
                name="clock_ended_for_a_department",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="clock_next", condition=models.Q(next_at__isnull=False)),
            models.Index(fields=["due_at"], name="clock_running", condition=models.Q(stopped_at=None)),
        ]


class OrderStep(models.Model):
    """An automatic step that was taken for a clock: reminder, yellow card, red card. Each once."""

    clock = models.ForeignKey(OrderClock, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=10, choices=[(step, step) for step in clocks.STEPS])
    at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "step"], name="step_once")]


class Extension(models.Model):
    """More time that a department asked for, and what was decided. ``granted_until`` is the new due time."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        REFUSED = "refused"

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="extensions")
    amount = models.FloatField()
    unit = models.CharField(max_length=15, choices=UNITS)
    reason = models.TextField()
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(blank=True)
    granted_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state="requested"),
                name="one_request_at_a_time",
            )
        ]


class Evidence(models.Model):
    """A picture from before or after the work, what stands against it, and who accepted it all the same."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="evidence")
    attachment = models.OneToOneField(Attachment, models.PROTECT, related_name="+")
    tag = models.CharField(max_length=10, choices=[(tag, tag) for tag in TAGS])
    problems = models.JSONField(default=list)
    accepted_by = models.CharField(max_length=80, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
