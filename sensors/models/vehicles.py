"""Where vehicles are and were. A vehicle is a station whose place moves; its own position is where it belongs."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import BrinIndex

from .stations import Station


class VehicleFix(models.Model):
    """One reported place: the track. ``position`` is None where the terminal did not know it, or did not tell.

    ``quality`` as in domain/quality.py: QUARANTINED is a place, or a time, that cannot be true; it is kept, not shown.
    """

    station = models.ForeignKey(Station, models.CASCADE, related_name="fixes")
    at = models.DateTimeField()  # device time
    received_at = models.DateTimeField()
    position = models.PointField(srid=4326, null=True, spatial_index=False)
    quality = models.SmallIntegerField(default=0)
    speed_kmh = models.FloatField()
    direction_deg = models.PositiveSmallIntegerField()  # clockwise from north
    alarms = models.BigIntegerField(default=0)  # the protocol's bits
    state = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "at"], name="vehicle_fix_once")]
        indexes = [BrinIndex(fields=["at"], name="vehicle_fix_age")]  # what is past its retention


class VehiclePosition(models.Model):
    """The newest place that is believed, by device time."""

    station = models.OneToOneField(Station, models.CASCADE, primary_key=True, related_name="vehicle")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    position = models.PointField(srid=4326, spatial_index=False)
    speed_kmh = models.FloatField()
    direction_deg = models.PositiveSmallIntegerField()
    alarms = models.BigIntegerField(default=0)
    state = models.BigIntegerField(default=0)
