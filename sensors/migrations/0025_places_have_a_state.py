from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sensors", "0024_cards_and_lookouts_over_device_protocols"),
    ]

    operations = [
        migrations.AddField(
            model_name=model,
            name=name,
            field=field,
        )
        for model in ("geofence", "loadingsite")
        for name, field in (
            ("state", models.CharField(default="in_force", editable=False, max_length=12)),
            ("version", models.PositiveIntegerField(default=1, editable=False)),
        )
    ]
