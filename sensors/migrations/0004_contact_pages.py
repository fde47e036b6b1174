"""Half-empty pages for contacts, which every batch updates: the update then stays in its page (HOT)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sensors", "0003_camera_facts")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE sensors_contact SET (fillfactor = 50)",
            "ALTER TABLE sensors_contact RESET (fillfactor)",
        )
    ]
