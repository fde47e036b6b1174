"""Stations, their points, and whether we hear them."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Area, Department, Named


class Station(Named):
    """One place that reports by itself, over one protocol, under one address."""

    class Kind(models.TextChoices):
        RAIN_GAUGE = "rain_gauge"
        STAGE_GAUGE = "stage_gauge"
        PONDING_SITE = "ponding_site"
        PUMP_STATION = "pump_station"
        CAMERA = "camera"
        GAS_MONITOR = "gas_monitor"
        FIRE_HOST = "fire_host"
        VEHICLE = "vehicle"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    position = models.PointField(srid=4326)
    place = models.CharField(max_length=120, blank=True)
    area = models.ForeignKey(Area, models.PROTECT)
    area_path = models.CharField(max_length=120, db_index=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    protocol = models.CharField(max_length=20)  # a key of ADAPTERS
    address = models.CharField(max_length=200)  # the station as the device names it
    config = models.JSONField(
        default=dict, blank=True
    )  # what the adapter ``needs``: host, port, unit, path …
    device_type = models.ForeignKey("DeviceType", models.SET_NULL, null=True, blank=True)
    # Over what it reaches us; found by the system itself, unless somebody hung it on a node made by hand.
    node = models.ForeignKey("Node", models.SET_NULL, null=True, blank=True, related_name="stations")
    # The building that a fire host watches.
    premises = models.ForeignKey("Premises", models.SET_NULL, null=True, blank=True, related_name="hosts")
    interval_s = models.PositiveIntegerField(default=300)  # expected reporting or polling interval
    # Levels and kinds the rules use: site ("road" | "home"), warning_level_m, guaranteed_level_m,
    # start_level_m, stop_level_m …
    facts = models.JSONField(default=dict, blank=True)
    in_service = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["protocol", "address"], name="station_address_once"),
        ]
        indexes = [models.Index(fields=["kind"])]


class Sensor(Named):
    """One point of a station: what the readings belong to. The id is a small integer on purpose."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="sensors")
    channel = models.CharField(max_length=40)  # "rain_total", "level", "pump3.current"
    quantity = models.CharField(max_length=40)  # a key of QUANTITIES, which fixes the unit
    # pump: its number; kind: "storm" | "sewage"; rated_current_a; wraps_at …
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "channel"], name="sensor_channel_once"),
        ]


class Contact(models.Model):
    """Whether a station is heard. ``due_at`` (real time) is set for stations that we poll."""

    station = models.OneToOneField(Station, models.CASCADE, primary_key=True, related_name="contact")
    peer = models.CharField(max_length=80, blank=True)
    heard_at = models.DateTimeField(null=True)  # hall time of the last good answer or frame
    # Hall time since when it should be heard: when it was put into service, as far as we saw it. None: out of service.
    expected_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True)
    failures = models.PositiveIntegerField(default=0)
    silent_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    took_ms = models.FloatField(null=True)
    # Cameras: "online", "frozen", "black", "blurred", "moved", "offline"; empty for other stations.
    picture = models.CharField(max_length=20, blank=True)
    picture_since = models.DateTimeField(null=True)
    # The newest picture in numbers, to compare the next one with.
    picture_facts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))


class Still(models.Model):
    """One picture of a camera, kept as evidence around alarms and as the last view."""

    class Keep(models.TextChoices):
        PASSING = "passing"  # the newest view; gone when the next one comes
        ORDINARY = "ordinary"
        HELD = "held"  # around an alarm

    station = models.ForeignKey(Station, models.CASCADE, related_name="stills")
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    image = models.ImageField(upload_to="stills/%Y/%m/%d")
    state = models.CharField(max_length=20)
    fingerprint = models.BigIntegerField(default=0)
    keep = models.CharField(
        max_length=10, choices=Keep.choices, default=Keep.ORDINARY, db_default=Keep.ORDINARY
    )

    class Meta:
        indexes = [models.Index(fields=["station", "-taken_at"])]
