"""Incidents that are not over, on the map."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import Coalesce

from command_center.core.attachments import OPENED_BY
from command_center.core.layers import Lat, Layer, Lon, Ms, records, show

from .domain.lifecycle import INCIDENT, OPEN
from .models import Incident, IncidentAlarm

OPENED_BY[Incident._meta.label_lower] = "incident.view"

# Everything that is announced of an incident may show on it.
ANNOUNCED = (
    "reported",
    "changed",
    "level_proposed",
    "alarm_joined",
    "took_in",
    "gave_back",
    "split",
    "held",
    "released",
    "note",
    "attached",
    *(move.name for move in INCIDENT.moves),
)


_incidents = records(Incident, "incident.view")
_ALARMS = ArraySubquery(
    IncidentAlarm.objects.filter(incident=OuterRef("pk"), left_at=None).order_by("pk").values("alarm_id")
)

INCIDENTS = show(
    Layer(
        name="incidents",
        action="incident.view",
        # No clock stands in this filter: who holds it, and until when, is for the screen to compare.
        source=lambda scope: _incidents(scope).filter(state__in=OPEN),
        within=_incidents,
        fields={
            "number": "number",
            "name": "title",
            "name_en": "title_en",
            "type": "type__slug",
            "type_name": "type__name",
            "type_name_en": "type__name_en",
            "symbol": "type__symbol",
            "level": Coalesce(F("level_confirmed"), F("level_proposed")),
            "level_confirmed": "level_confirmed",
            "state": "state",
            "lon": Lon("position"),
            "lat": Lat("position"),
            "area": "area_path",
            "owner": "department__code",
            "owner_name": "department__name",
            "owner_name_en": "department__name_en",
            "occurred_at": Ms("occurred_at"),
            "received_at": Ms("received_at"),
            "alarms": _ALARMS,
            "people_affected": "people_affected",
            "holder": "holder",
            "held_until": Ms("held_until"),
            "is_drill": "is_drill",
            "version": "version",
        },
        watches={f"incident.{name}": "" for name in ANNOUNCED},
    )
)
