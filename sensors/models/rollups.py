"""Hours and days of readings, kept when the readings themselves are gone. ReadingHour is partitioned by month."""

from django.db import models

from .stations import Sensor


class Summary(models.Model):
    """What was believed of one point in one span. Rain: ``total`` is mm by the rain curve, else the plain sum."""

    count = models.PositiveIntegerField()  # readings that count
    doubted = models.PositiveIntegerField()  # readings kept but not believed
    lowest = models.FloatField(null=True)
    highest = models.FloatField(null=True)
    total = models.FloatField(null=True)
    complete = models.FloatField()  # share (0–1) of the span that readings cover

    class Meta:
        abstract = True


class ReadingHour(Summary):
    """One hour (``hour``, one hour later]: what was observed at 10:00 belongs to the hour that began at 9:00."""

    pk = models.CompositePrimaryKey("sensor", "hour")
    sensor = models.ForeignKey(Sensor, models.DO_NOTHING, db_constraint=False)
    hour = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "sensors_readinghour"


class ReadingDay(Summary):
    """One calendar day of the hall, as it follows from its hours."""

    pk = models.CompositePrimaryKey("sensor", "day")
    sensor = models.ForeignKey(Sensor, models.DO_NOTHING, db_constraint=False)
    day = models.DateField()


class HourDue(models.Model):
    """An hour of a point whose readings are new or changed: to be checked and summed up once it is over."""

    pk = models.CompositePrimaryKey("sensor_id", "hour")
    sensor_id = models.IntegerField()
    hour = models.DateTimeField()
    writes = models.PositiveIntegerField(default=1)  # an update waits for whoever takes the row away


class AlarmHour(models.Model):
    """One hour of alarms in an area and all that lies within it: ``told`` is a ``domain.alarm_health.Told``."""

    pk = models.CompositePrimaryKey("area_path", "hour")
    area_path = models.CharField(max_length=120)
    hour = models.DateTimeField()
    told = models.JSONField()


class AlarmHourDue(models.Model):
    """An hour whose alarms are new or changed: to be told anew."""

    hour = models.DateTimeField(primary_key=True)
