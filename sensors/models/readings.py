"""Readings and what is kept beside them. Reading and RawFrame are partitioned by day (see the migration)."""

from django.contrib.gis.db import models

from .stations import Sensor, Station


class Reading(models.Model):
    """One value. Key (observed_at, sensor): new rows land at the right edge of the index (measured)."""

    pk = models.CompositePrimaryKey("observed_at", "sensor")
    observed_at = models.DateTimeField()
    sensor = models.ForeignKey(Sensor, models.DO_NOTHING, db_constraint=False)
    value = models.FloatField()
    quality = models.SmallIntegerField()  # see domain/quality.py
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "sensors_reading"


class LatestValue(models.Model):
    """The newest reading of a point, by device time. Fillfactor 50 keeps every update in its page."""

    sensor = models.OneToOneField(
        Sensor, models.DO_NOTHING, primary_key=True, related_name="latest", db_constraint=False
    )
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    value = models.FloatField()
    quality = models.SmallIntegerField()
    revision = models.BigIntegerField(default=1)  # counts writes: a cache that missed one reloads


class RainSum(models.Model):
    """Sliding sums of one rain point as of ``at``, in mm, with the share of samples present (0–1)."""

    sensor = models.OneToOneField(
        Sensor, models.DO_NOTHING, primary_key=True, related_name="rain", db_constraint=False
    )
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    mm = models.JSONField(default=dict)  # {"5min": 1.5, "10min": …, "1h", "3h", "6h", "12h", "24h"}
    complete = models.JSONField(default=dict)  # the same keys


class RawFrame(models.Model):
    """What came in, as it came: kept also, and above all, where it was refused."""

    pk = models.CompositePrimaryKey("received_at", "id")
    id = models.BigIntegerField()
    received_at = models.DateTimeField()
    protocol = models.CharField(max_length=20)
    peer = models.CharField(max_length=80)
    address = models.CharField(max_length=200)
    station = models.ForeignKey(Station, models.DO_NOTHING, null=True, db_constraint=False)
    raw = models.BinaryField()
    decoded = models.JSONField(null=True)
    error = models.CharField(max_length=300)

    class Meta:
        managed = False
        db_table = "sensors_rawframe"
