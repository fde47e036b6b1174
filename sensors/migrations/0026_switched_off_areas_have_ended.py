from django.db import migrations

# Whose an area is follows from where it lies; those entered by hand stood at the root of all areas.
FORWARD = """
    UPDATE sensors_geofence SET state = 'ended' WHERE NOT active;
    UPDATE sensors_geofence SET area_path = root.path
    FROM (SELECT path FROM core_area WHERE parent_id IS NULL ORDER BY path LIMIT 1) AS root
    WHERE area_path = '/';
"""
BACK = "UPDATE sensors_geofence SET active = (state = 'in_force')"


class Migration(migrations.Migration):
    dependencies = [
        ("sensors", "0025_places_have_a_state"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
