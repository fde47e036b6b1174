"""Where the demo's story stands: a second start goes on where the last one stopped; another storm begins anew."""

import json

from django.db import connection

from command_center.core.models import DemoClock, Epoch, Heartbeat
from command_center.core.now import Rate, set_demo_clock
from sensors.simulator import storm as storms

# What a story leaves behind. A new story begins at an earlier hour, for which these would be the future. (Units are
# seeded anew, back at their bases; the log book stays as it is.)
TELEMETRY = (
    "sensors_reading",
    "sensors_readingfile",
    "sensors_rejectedreading",
    "sensors_readinghour",
    "sensors_readingday",
    "sensors_hourdue",
    "sensors_maintenancetask",
    "sensors_latestvalue",
    "sensors_rainsum",
    "sensors_rawframe",
    "sensors_alarmevent",
    "sensors_alarm",
    "sensors_alarmwatch",
    "sensors_alarmhour",
    "sensors_alarmhourdue",
    "sensors_suppression",
    "sensors_floodspan",
    "sensors_still",
    "sensors_cameraview",
    "sensors_contact",
    "sensors_stranger",
    "sensors_vehiclefix",
    "sensors_vehicleposition",
    "sensors_downlink",
    "sensors_trip",
    "sensors_vehiclestanding",
    "sensors_alarmevidence",
    "sensors_firespot",
    "sensors_spotreport",
    "sensors_firecall",
    "sensors_firepart",
    "sensors_guardround",
    "sensors_publicwarning",
    "sensors_warningmessage",
    "incidents_incident",
    "incidents_incidentalarm",
    "incidents_mergerecord",
    "dispatch_resource",
    "dispatch_stock",
    "dispatch_assignment",
    "dispatch_track",
    "dispatch_workorder",
    "dispatch_orderclock",
    "dispatch_orderstep",
    "dispatch_extension",
    "dispatch_evidence",
    "onemap_hallmode",
    "duty_handover",
    "duty_call",
    "duty_message",
    "duty_soundtest",
    "core_event",
    "core_delivered",
    "core_faileddelivery",
    "core_answer",
    "core_heartbeat",
)


def begin(*, storm, speed, state):
    """Set the hall's clock for ``storm`` (a CSV path, "" for the generated one) at ``speed``."""
    wanted = {"storm": storm, "speed": speed}
    stopped = _stopped_at() if state.exists() and json.loads(state.read_text()) == wanted else None
    if stopped and stopped < storms.load(storm).ends_at:
        set_demo_clock(story=stopped, speed=speed)
        return
    if DemoClock.objects.exists():
        _forget()
    set_demo_clock(story=storms.load(storm).story_start(), speed=speed)
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps(wanted))


def _stopped_at():
    """The hall's time when the last sign of life was given: the clock does not run while nobody is there."""
    clock = DemoClock.objects.first()
    last = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    if not clock:
        return None
    return Rate(clock.origin, clock.story, clock.rate).at(max(last or clock.origin, clock.origin))


def _forget():
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TELEMETRY)} CASCADE")
    Epoch.objects.all().delete()  # screens with a position in the old story reload
