from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_dispatch")]

    operations = [
        migrations.AddField("workorder", "handed_at", models.DateTimeField(null=True)),
        migrations.RunPython(
            lambda apps, schema: apps.get_model("dispatch", "WorkOrder").objects.update(handed_at=F("issued_at")),
            migrations.RunPython.noop,
        ),
        migrations.AlterField("workorder", "handed_at", models.DateTimeField()),
    ]
