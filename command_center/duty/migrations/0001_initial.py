import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('duty', '0001_handover'),
        ('duty', '0002_messages'),
        ('duty', '0003_people_called'),
        ('duty', '0004_turns_that_are_past'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('core', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(default='prepared', max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('area_path', models.CharField(max_length=120)),
                ('content', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('given_at', models.DateTimeField(null=True)),
                ('given_by', models.CharField(blank=True, max_length=80)),
                ('taken_at', models.DateTimeField(null=True)),
                ('taken_by', models.CharField(blank=True, max_length=80)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
            ],
            options={
                'indexes': [models.Index(fields=['area_path', '-given_at'], name='duty_handov_area_pa_dab3d9_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'given')), fields=('area_path',), name='handover_waits_once'), models.CheckConstraint(condition=models.Q(('state__in', ['given', 'prepared', 'taken', 'withdrawn'])), name='handover_state_known')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('state', models.CharField(default='waiting', max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('channel', models.CharField(max_length=10)),
                ('to', models.CharField(blank=True, max_length=32)),
                ('name', models.CharField(blank=True, max_length=40)),
                ('text', models.CharField(max_length=500)),
                ('subject_type', models.CharField(blank=True, max_length=60)),
                ('subject_id', models.CharField(blank=True, max_length=40)),
                ('area_path', models.CharField(max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('claimed_until', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('withdrawn', models.BooleanField(default=False)),
                ('sent_at', models.DateTimeField(null=True)),
                ('noted_at', models.DateTimeField(null=True)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='message_waits'), models.Index(fields=['subject_type', 'subject_id'], name='duty_messag_subject_2b2106_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['cancelled', 'failed', 'no_channel', 'noted', 'sent', 'waiting'])), name='message_state_known')],
            },
        ),
        migrations.CreateModel(
            name='SoundTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area_path', models.CharField(max_length=120)),
                ('at', models.DateTimeField(db_index=True)),
                ('heard', models.BooleanField()),
                ('voice', models.BooleanField()),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=40)),
                ('level', models.PositiveSmallIntegerField()),
                ('text', models.CharField(max_length=300)),
                ('area_path', models.CharField(max_length=120)),
                ('plan', models.JSONField()),
                ('steps', models.JSONField(default=list)),
                ('started_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
                ('why', models.CharField(blank=True, max_length=20)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='call_waits'), models.Index(fields=['subject_type', 'subject_id', '-started_at'], name='call_of')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('subject_type', 'subject_id'), name='call_runs_once')],
            },
        ),
        migrations.CreateModel(
            name='Roster',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('area_path', models.CharField(max_length=120)),
                ('position', models.CharField(choices=[('officer', 'Officer'), ('leader', 'Leader')], max_length=10)),
                ('desk', models.PositiveSmallIntegerField(default=1)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(db_index=True)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to=settings.AUTH_USER_MODEL)),
                ('past', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'area_path', 'starts_at'), name='roster_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='roster_ends_after_it_begins')],
            },
        ),
    ]
