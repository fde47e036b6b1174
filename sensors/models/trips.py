"""Dangerous goods on the road: carriers, drivers, sites, areas with rules, trips, and what terminals keep of an alarm."""

import uuid

from django.contrib.gis.db import models
from django.utils.translation import gettext

from command_center.core.models import Area, Department, Named

from ..domain.trips import NO_GO, OPEN, PLACE, RESIDENTIAL, SPEED, TRIP, Fence
from .alarms import Alarm
from .downlinks import Downlink
from .stations import Station


class Company(Named):
    """A carrier, and its safety officer, who is told of drivers that do not heed warnings."""

    code = models.CharField(max_length=40, unique=True)
    licence = models.CharField(max_length=40, blank=True)
    officer_name = models.CharField(max_length=40, blank=True)
    officer_phone = models.CharField(max_length=20, blank=True)  # shown masked
    area_path = models.CharField(max_length=120, default="/")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["code"]


class Driver(models.Model):
    """Known by the certificate that the card in the terminal (0702) names, too."""

    certificate = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    phone = models.CharField(max_length=20, blank=True)  # shown masked
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="drivers")
    area_path = models.CharField(max_length=120, default="/")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["certificate"]

    def __str__(self):
        return self.name


class LoadingSite(Named):
    """Where dangerous goods may be loaded, unloaded, or a vehicle may rest."""

    machine = PLACE

    class Use(models.TextChoices):
        LOADING = "loading"
        UNLOADING = "unloading"
        BOTH = "both"
        PARKING = "parking"

    code = models.CharField(max_length=40, unique=True)
    use = models.CharField(max_length=10, choices=Use.choices, default=Use.BOTH)
    shape = models.PolygonField(srid=4326)
    area = models.ForeignKey(Area, models.PROTECT)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)
    state = models.CharField(max_length=12, default=PLACE.initial, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(PLACE.states)), name="site_state_known"
            )
        ]

    def needed(self) -> str:
        """Why it cannot end now, "" where nothing stands against it."""
        trips = Trip.objects.filter(models.Q(from_site=self) | models.Q(to_site=self), state__in=OPEN)
        return gettext("Trips from or to this site are planned or under way.") if trips.exists() else ""


class Geofence(Named):
    """An area in which vehicles with dangerous goods may not be, or not so fast, in some hours or always."""

    machine = PLACE

    class Kind(models.TextChoices):
        NO_GO = NO_GO
        SPEED = SPEED
        RESIDENTIAL = RESIDENTIAL

    kind = models.CharField(max_length=12, choices=Kind.choices)
    shape = models.PolygonField(srid=4326)
    limit_kmh = models.FloatField(null=True, blank=True)
    begins = models.TimeField(null=True, blank=True)  # the hall's wall clock; without both: all day
    ends = models.TimeField(null=True, blank=True)
    weekdays = models.JSONField(default=list, blank=True)  # 0 Monday … 6; empty: every day
    only_loaded = models.BooleanField(default=False)
    area_path = models.CharField(max_length=120, default="/")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)
    state = models.CharField(max_length=12, default=PLACE.initial, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(PLACE.states)), name="fence_state_known"
            )
        ]

    def needed(self) -> str:
        """Nothing hangs on an area with a rule: it can end at any time."""
        return ""

    def as_rule(self) -> Fence:
        days = frozenset(int(day) for day in self.weekdays)
        return Fence(self.pk, self.kind, self.limit_kmh, self.begins, self.ends, days, self.only_loaded)


class Trip(models.Model):
    """One journey of one vehicle under one waybill. ``began_at`` and ``arrived_at`` are device time where a place told it."""

    machine = TRIP

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    waybill = models.CharField(max_length=40, unique=True)
    vehicle = models.ForeignKey(Station, models.PROTECT, related_name="trips")
    company = models.ForeignKey(Company, models.PROTECT, null=True, blank=True, related_name="trips")
    driver = models.ForeignKey(Driver, models.PROTECT, null=True, blank=True, related_name="trips")
    un_number = models.CharField(max_length=4, blank=True)
    goods = models.CharField(max_length=80)
    goods_en = models.CharField(max_length=120, blank=True)
    mass_kg = models.FloatField(null=True, blank=True)
    from_site = models.ForeignKey(LoadingSite, models.PROTECT, null=True, blank=True, related_name="out")
    to_site = models.ForeignKey(LoadingSite, models.PROTECT, null=True, blank=True, related_name="coming")
    route = models.LineStringField(srid=4326, null=True, blank=True)
    corridor_m = models.FloatField(default=200)
    permitted_from = models.DateTimeField(null=True, blank=True)
    permitted_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, default=TRIP.initial)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    began_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "waybill"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(TRIP.states)), name="trip_state_known"
            ),
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(state="under_way"), name="trip_under_way_once"
            ),
        ]
        indexes = [models.Index(fields=["vehicle", "-made_at"], name="trip_vehicle_made")]


class VehicleStanding(models.Model):
    """What the trip rules remember of a vehicle between its places (``domain.trips.Standing``)."""

    station = models.OneToOneField(Station, models.CASCADE, primary_key=True, related_name="standing")
    at = models.DateTimeField()
    stopped_since = models.DateTimeField(null=True)
    lon = models.FloatField(default=0)
    lat = models.FloatField(default=0)
    load = models.PositiveSmallIntegerField(null=True)
    site = models.ForeignKey(LoadingSite, models.SET_NULL, null=True)
    # Whose card is in the terminal (0702), since when; None: nobody's, or the terminal never told.
    driver = models.ForeignKey(Driver, models.SET_NULL, null=True)
    driver_since = models.DateTimeField(null=True)


class AlarmEvidence(models.Model):
    """The files that a terminal announced for one alarm (T/JSATL 12-2017). They are kept as attachments of this row.

    ``number`` is the terminal's alarm number in hex; ``id`` in hex is the number that we gave it for the upload.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    station = models.ForeignKey(Station, models.CASCADE, related_name="evidence")
    alarm = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="evidence")
    channel = models.CharField(max_length=40)
    at = models.DateTimeField()  # device time of the alarm
    number = models.CharField(max_length=100)
    announced = models.PositiveSmallIntegerField()
    kept = models.PositiveSmallIntegerField(default=0)
    refused = models.CharField(max_length=200, blank=True)  # why the last file that was not kept was not
    asked = models.ForeignKey(Downlink, models.SET_NULL, null=True)
    received_at = models.DateTimeField()
    area_path = models.CharField(max_length=120)
    department = models.ForeignKey(Department, models.SET_NULL, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "number"], name="evidence_once")]
        indexes = [models.Index(fields=["station", "-at"], name="evidence_station_at")]
