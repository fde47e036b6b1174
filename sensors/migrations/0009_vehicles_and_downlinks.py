"""Vehicles: their track and newest place. Downlinks: what equipment that dials in is told."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

STATION = "sensors.station"


def own(name):
    return models.OneToOneField(
        on_delete=django.db.models.deletion.CASCADE,
        primary_key=True,
        related_name=name,
        serialize=False,
        to=STATION,
    )


def of(name):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to=STATION)


def point(**more):
    return django.contrib.gis.db.models.fields.PointField(spatial_index=False, srid=4326, **more)


def key():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


REPORTED = [
    ("speed_kmh", models.FloatField()),
    ("direction_deg", models.PositiveSmallIntegerField()),
    ("alarms", models.BigIntegerField(default=0)),
    ("state", models.BigIntegerField(default=0)),
]


class Migration(migrations.Migration):
    dependencies = [("sensors", "0008_connecting_devices")]

    operations = [
        migrations.AlterField(
            model_name="station",
            name="kind",
            field=models.CharField(
                choices=[
                    ("rain_gauge", "Rain Gauge"),
                    ("stage_gauge", "Stage Gauge"),
                    ("ponding_site", "Ponding Site"),
                    ("pump_station", "Pump Station"),
                    ("camera", "Camera"),
                    ("gas_monitor", "Gas Monitor"),
                    ("fire_host", "Fire Host"),
                    ("vehicle", "Vehicle"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="VehicleFix",
            fields=[
                ("id", key()),
                ("station", of("fixes")),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("position", point(null=True)),
                ("quality", models.SmallIntegerField(default=0)),
                *REPORTED,
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("station", "at"), name="vehicle_fix_once")],
                "indexes": [django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="vehicle_fix_age")],
            },
        ),
        migrations.CreateModel(
            name="VehiclePosition",
            fields=[
                ("station", own("vehicle")),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("position", point()),
                *REPORTED,
            ],
        ),
        migrations.CreateModel(
            name="Downlink",
            fields=[
                ("id", key()),
                ("station", of("downlinks")),
                (
                    "alarm",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="downlinks",
                        to="sensors.alarm",
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("body", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=80)),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("unanswered", "Unanswered"),
                            ("not_connected", "Not Connected"),
                            ("impossible", "Impossible"),
                        ],
                        max_length=20,
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("alarm__isnull", False)),
                        fields=("alarm", "kind"),
                        name="downlink_of_alarm_once",
                    )
                ],
                "indexes": [
                    models.Index(fields=["station", "-asked_at"], name="sensors_dow_station_asked"),
                    models.Index(
                        condition=models.Q(("result", "")), fields=["asked_at"], name="downlink_open"
                    ),
                ],
            },
        ),
    ]
