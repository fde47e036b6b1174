import django.contrib.gis.db.models.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('incidents', '0001_incidents'),
        ('incidents', '0002_vehicle_accidents_are_traffic_accidents'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('sensors', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='IncidentType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('slug', models.SlugField(max_length=40, unique=True)),
                ('category', models.CharField(choices=[('natural', 'Natural'), ('accident', 'Accident'), ('health', 'Health'), ('social', 'Social')], max_length=10)),
                ('symbol', models.CharField(blank=True, max_length=10)),
                ('national_code', models.CharField(blank=True, max_length=10)),
                ('lead_department', models.CharField(blank=True, max_length=40)),
                ('join_radius_m', models.PositiveIntegerField()),
                ('join_minutes', models.PositiveIntegerField()),
                ('rules', models.JSONField(blank=True, default=list)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('name', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=12, unique=True)),
                ('key', models.CharField(blank=True, max_length=120, null=True, unique=True)),
                ('is_drill', models.BooleanField(default=False)),
                ('title', models.CharField(max_length=120)),
                ('title_en', models.CharField(blank=True, max_length=160)),
                ('state', models.CharField(default='reported', max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('level_proposed', models.PositiveSmallIntegerField()),
                ('level_because', models.JSONField(default=list)),
                ('level_confirmed', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('people_affected', models.PositiveIntegerField(blank=True, null=True)),
                ('deaths', models.PositiveIntegerField(blank=True, null=True)),
                ('seriously_injured', models.PositiveIntegerField(blank=True, null=True)),
                ('loss_yuan', models.PositiveBigIntegerField(blank=True, null=True)),
                ('sensitive', models.BooleanField(default=False)),
                ('position', django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4326)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('area_path', models.CharField(max_length=120)),
                ('source', models.CharField(choices=[('sensor', 'Sensor'), ('call', 'Call'), ('visit', 'Visit'), ('superior', 'Superior'), ('grid', 'Grid'), ('citizen', 'Citizen')], max_length=10)),
                ('caller_name', models.CharField(blank=True, max_length=40)),
                ('caller_phone', models.CharField(blank=True, max_length=30)),
                ('note', models.TextField(blank=True)),
                ('reported_by', models.CharField(max_length=80)),
                ('occurred_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('responding_at', models.DateTimeField(blank=True, null=True)),
                ('controlled_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('dismissed_at', models.DateTimeField(blank=True, null=True)),
                ('merged_at', models.DateTimeField(blank=True, null=True)),
                ('holder', models.CharField(blank=True, max_length=80)),
                ('held_until', models.DateTimeField(blank=True, null=True)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='core.area')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='incidents.incident')),
                ('type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='incidents.incidenttype')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'received_at'], name='incidents_i_state_079fc2_idx'), models.Index(fields=['area_path', 'state'], name='incidents_i_area_pa_8a7e71_idx'), models.Index(fields=['department', 'state'], name='incidents_i_departm_8486d4_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['closed', 'confirmed', 'controlled', 'dismissed', 'merged', 'reported', 'resolved', 'responding'])), name='incident_state_known'), models.CheckConstraint(condition=models.Q(('level_proposed__range', (1, 4))), name='incident_proposed_level_1_to_4'), models.CheckConstraint(condition=models.Q(('level_confirmed', None), ('level_confirmed__range', (1, 4)), _connector='OR'), name='incident_confirmed_level_1_to_4'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'merged'), _negated=True), ('merged_into__isnull', False), _connector='OR'), name='incident_merged_into_something')],
            },
        ),
        migrations.CreateModel(
            name='MergeRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('who', models.CharField(max_length=80)),
                ('row', models.JSONField()),
                ('links', models.JSONField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='incidents.incident')),
                ('into', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='takings', to='incidents.incident')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('incident',), name='merged_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='IncidentAlarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField()),
                ('because', models.JSONField(default=dict)),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('alarm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incident_links', to='sensors.alarm')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='incidents.incident')),
            ],
            options={
                'indexes': [models.Index(fields=['incident', 'joined_at'], name='incidents_i_inciden_7e9645_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('alarm',), name='alarm_in_one_incident')],
            },
        ),
    ]
