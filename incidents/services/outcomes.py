"""What came of alarms, as the report of alarm health asks for it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q

from sensors.domain.alarm_health import INCIDENT, RESPONSE, Outcome
from sensors.services.alarm_health import Followed, touch

from ..domain.lifecycle import DISMISSED
from ..models import IncidentAlarm


def _links(**of_incident):
    where = {f"incident__{name}": wanted for name, wanted in of_incident.items()}
    return IncidentAlarm.objects.filter(left_at=None, incident__is_drill=False, **where)


def of(alarms: Collection[UUID]) -> Mapping[UUID, Outcome]:
    """When the incident of each alarm was confirmed and responded to, or whether it was dismissed."""
    rows = (
        _links()
        .filter(alarm__in=alarms)
        .values_list("alarm_id", "incident__confirmed_at", "incident__responding_at", "incident__state")
    )
    return {
        alarm: Outcome(confirmed, responding, state == DISMISSED)
        for alarm, confirmed, responding, state in rows
    }


def _having(**of_incident) -> Q:
    return Q(pk__in=_links(**of_incident).values("alarm"))


FOLLOWED = Followed(
    of,
    {
        INCIDENT: _having(confirmed_at__isnull=False),
        RESPONSE: _having(responding_at__isnull=False),
        "false": _having(state=DISMISSED),
    },
)


def changed(incident: str) -> None:
    """The incident's alarms, also those that left it, are judged anew."""
    touch(IncidentAlarm.objects.filter(incident=incident).values_list("alarm_id", flat=True))
