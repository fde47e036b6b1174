"""Collisions and emergency buttons of vehicles belong to road traffic accidents, where the district has said nothing else."""

from django.db import migrations

RULES = ["vehicle.accident", "vehicle.emergency"]


def add(apps, schema_editor):
    apps.get_model("incidents", "IncidentType").objects.filter(slug="traffic", rules=[]).update(
        rules=RULES, join_radius_m=500
    )


def take_back(apps, schema_editor):
    apps.get_model("incidents", "IncidentType").objects.filter(slug="traffic", rules=RULES).update(rules=[])


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_incidents")]

    operations = [migrations.RunPython(add, take_back)]
