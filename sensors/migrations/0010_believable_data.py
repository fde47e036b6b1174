"""Maintenance tasks, and hours and days of readings. Hours are partitioned by month: services/partitions.py."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

HOURS = """
CREATE TABLE sensors_readinghour (
    sensor_id integer     NOT NULL,
    hour      timestamptz NOT NULL,
    count     integer     NOT NULL,
    doubted   integer     NOT NULL,
    lowest    float8,
    highest   float8,
    total     float8,
    complete  float8      NOT NULL,
    PRIMARY KEY (sensor_id, hour)
) PARTITION BY RANGE (hour);
"""


def summary():
    return [
        ("count", models.PositiveIntegerField()),
        ("doubted", models.PositiveIntegerField()),
        ("lowest", models.FloatField(null=True)),
        ("highest", models.FloatField(null=True)),
        ("total", models.FloatField(null=True)),
        ("complete", models.FloatField()),
    ]


def point(**more):
    return models.ForeignKey(to="sensors.sensor", **more)


def unenforced():
    return point(on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False)


class Migration(migrations.Migration):
    dependencies = [("sensors", "0009_vehicles_and_downlinks")]

    operations = [
        migrations.CreateModel(
            name="ReadingHour",
            fields=[
                *summary(),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "sensor", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sensor", unenforced()),
                ("hour", models.DateTimeField()),
            ],
            options={"db_table": "sensors_readinghour", "managed": False},
        ),
        migrations.RunSQL(HOURS, "DROP TABLE sensors_readinghour"),
        migrations.CreateModel(
            name="ReadingDay",
            fields=[
                *summary(),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "sensor", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sensor", unenforced()),
                ("day", models.DateField()),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="HourDue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "sensor_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sensor_id", models.IntegerField()),
                ("hour", models.DateTimeField()),
                ("writes", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="MaintenanceTask",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("check_name", models.CharField(max_length=20)),
                ("state", models.CharField(default="open", max_length=20)),
                ("version", models.PositiveIntegerField(default=1)),
                ("since", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=80)),
                ("reason", models.TextField(blank=True)),
                ("evidence", models.JSONField(default=dict)),
                ("area_path", models.CharField(max_length=120)),
                (
                    "sensor",
                    point(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="maintenance"),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="maintenance",
                        to="sensors.station",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "-last_at"], name="sensors_mai_state_last"),
                    models.Index(fields=["station", "-last_at"], name="sensors_mai_station_last"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("station", "sensor", "check_name"),
                        name="maintenance_open_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["closed", "open", "overruled"])),
                        name="maintenance_state_known",
                    ),
                ],
            },
        ),
    ]
