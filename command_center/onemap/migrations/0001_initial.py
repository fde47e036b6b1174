import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('onemap', '0001_walls'),
        ('onemap', '0002_hall_mode'),
        ('onemap', '0003_hall_mode_append_only'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Wall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=80)),
                ('layout', models.CharField(blank=True, max_length=40)),
                ('area_path', models.CharField(default='/', max_length=120)),
                ('code', models.CharField(max_length=8)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('token_hash', models.CharField(max_length=64, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('approved_by', models.CharField(blank=True, max_length=80)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.CharField(blank=True, max_length=80)),
                ('last_seen_at', models.DateTimeField(null=True)),
                ('last_address', models.GenericIPAddressField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('approved_at', None)), fields=('code',), name='wall_code_once')],
            },
        ),
        migrations.CreateModel(
            name='HallMode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(unique=True)),
                ('mode', models.CharField(choices=[('routine', 'Routine'), ('emergency', 'Emergency')], max_length=10)),
                ('incident_id', models.UUIDField(null=True)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('area_path', models.CharField(max_length=120)),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hallmode',
            trigger=pgtrigger.compiler.Trigger(name='hall_mode_history', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3dfd90e33ba8cbbc0b20d3af617bc8c49c4f2a1d', operation='UPDATE OR DELETE', pgid='pgtrigger_hall_mode_history_c21d2', table='onemap_hallmode', when='BEFORE')),
        ),
    ]
