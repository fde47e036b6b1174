from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sensors", "0026_switched_off_areas_have_ended"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="geofence",
            name="active",
        ),
        migrations.AddConstraint(
            model_name="geofence",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["ended", "in_force"])), name="fence_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="loadingsite",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["ended", "in_force"])), name="site_state_known"
            ),
        ),
    ]
