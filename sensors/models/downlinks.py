"""What equipment that dials in is told: asked for here, written to the wire by the gateway that holds its connection."""

from django.db import models

from .alarms import Alarm
from .stations import Station


class Downlink(models.Model):
    """One command. Sent at most once; ``result`` is empty until it is known what became of it.

    ``asked_at``, ``sent_at`` and ``answered_at`` are the hall's time. ``expires_at`` is real time: what a device could not
    be told by then is not told any more, and an answer is not waited for.
    """

    class Result(models.TextChoices):
        DONE = "done"  # the device says so
        REFUSED = "refused"  # the device says that it was not done
        UNANSWERED = "unanswered"  # sent, and nothing came back in time
        NOT_CONNECTED = "not_connected"  # nobody to tell it to
        IMPOSSIBLE = "impossible"  # cannot be said in this protocol; ``error`` tells why

    station = models.ForeignKey(Station, models.CASCADE, related_name="downlinks")
    alarm = models.ForeignKey(Alarm, models.CASCADE, null=True, related_name="downlinks")
    kind = models.CharField(max_length=20)  # one of the adapter's ``commands``
    body = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)  # empty: a rule did
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, choices=Result.choices, blank=True)
    error = models.CharField(max_length=200, blank=True)
    answer = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )  # what the device said

    class Meta:
        constraints = [
            # An event is delivered at least once; what it makes us say is said once.
            models.UniqueConstraint(
                fields=["alarm", "kind"],
                condition=models.Q(alarm__isnull=False),
                name="downlink_of_alarm_once",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "-asked_at"], name="sensors_dow_station_asked"),
            models.Index(fields=["asked_at"], condition=models.Q(result=""), name="downlink_open"),
        ]
