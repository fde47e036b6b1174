"""The Celery application: queues by urgency, routes and the beat, all on one screen."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "command_center.settings.local")

app = Celery("command_center")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# now: ticks and deliveries · poll: device I/O · bulk: imports, roll-ups, reports
app.conf.task_routes = {
    "command_center.core.tasks.*": {"queue": "now"},
    "command_center.duty.tasks.send_*": {"queue": "poll"},
    "command_center.duty.tasks.tick_*": {"queue": "now"},
    "sensors.tasks.poll_*": {"queue": "poll"},
    "sensors.tasks.tick_*": {"queue": "now"},
    "sensors.tasks.keep_*": {"queue": "bulk"},
    "sensors.tasks.rehearse_*": {"queue": "bulk"},
}
app.conf.beat_schedule = {
    "tick": {"task": "command_center.core.tasks.tick", "schedule": 2.0},
    # A step is taken within half a second of its time.
    "calls": {"task": "command_center.duty.tasks.tick_calls", "schedule": 0.5, "options": {"expires": 2}},
    "roster": {"task": "command_center.duty.tasks.tick_roster", "schedule": 10.0, "options": {"expires": 20}},
    "messages": {
        "task": "command_center.duty.tasks.send_messages",
        "schedule": 1.0,
        "options": {"expires": 3},
    },
    # What is not taken in time is due again at the next tick anyway: no heap of old ticks after a pause.
    "poll": {"task": "sensors.tasks.poll_due", "schedule": 1.0, "options": {"expires": 3}},
    "poll-cameras": {"task": "sensors.tasks.poll_cameras", "schedule": 2.0, "options": {"expires": 4}},
    "poll-warnings": {"task": "sensors.tasks.poll_warnings", "schedule": 3.0, "options": {"expires": 6}},
    "silence": {"task": "sensors.tasks.tick_silence", "schedule": 3.0, "options": {"expires": 6}},
    "hours": {"task": "sensors.tasks.keep_hours", "schedule": 30.0, "options": {"expires": 30}},
    "reading-files": {"task": "sensors.tasks.keep_reading_files", "schedule": 3.0, "options": {"expires": 6}},
    "rain": {"task": "sensors.tasks.tick_rain", "schedule": 10.0, "options": {"expires": 10}},
    "rules": {"task": "sensors.tasks.tick_rules", "schedule": 5.0, "options": {"expires": 5}},
    "rehearse": {"task": "sensors.tasks.rehearse_rules", "schedule": 3.0, "options": {"expires": 3}},
    "keep-partitions": {"task": "sensors.tasks.keep_partitions", "schedule": 600.0},
    "canary-poll": {
        "task": "command_center.core.tasks.canary",
        "schedule": 10.0,
        "args": ["poll"],
        "options": {"queue": "poll"},
    },
    "canary-bulk": {
        "task": "command_center.core.tasks.canary",
        "schedule": 10.0,
        "args": ["bulk"],
        "options": {"queue": "bulk"},
    },
}
