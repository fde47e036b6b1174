"""What is known of an incident, and the level that follows from it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from command_center.core.actor import clock
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.parameters import values
from sensors.models import Alarm

from ..domain.levels import Advice, Bands, Facts, advise
from ..models import Incident

BANDS = {
    "deaths": "incident.level.deaths",
    "seriously_injured": "incident.level.seriously_injured",
    "loss_yuan": "incident.level.loss",
    "people_affected": "incident.level.people_affected",
    "ponding_cm": "incident.level.ponding",
    "places": "incident.level.places",
}
RULE = clock("incident.level")


def bands() -> Bands:
    in_force = values(list(BANDS.values()))
    return Bands(**{name: in_force[parameter] for name, parameter in BANDS.items()})


def facts_of(incident: Incident) -> Facts:
    """What people said and what the incident's alarms reached at their worst. One query."""
    told: dict[str, Any] = {}
    if incident.pk and not incident._state.adding:
        ponding, river = Q(rule="ponding.depth"), Q(rule="river.level")
        told = (
            Alarm.objects.filter(incident_links__incident=incident, incident_links__left_at=None)
            .exclude(condition=Alarm.Condition.RETRACTED)
            .aggregate(
                ponding_cm=Max("peak_value", filter=ponding),
                serious_places=Count("station", filter=ponding & Q(worst_level__lte=2), distinct=True),
                river_alarm=Min("worst_level", filter=river),
            )
        )
    return Facts(
        deaths=incident.deaths,
        seriously_injured=incident.seriously_injured,
        loss_yuan=incident.loss_yuan,
        people_affected=incident.people_affected,
        sensitive=incident.sensitive,
        **told,
    )


def advice_for(incident: Incident) -> Advice:
    return advise(facts_of(incident), bands())


def reassess(incident: Incident, *, at: datetime) -> bool:
    """Propose anew, within the caller's transaction and lock; True where the level changed.

    A new level is logged and announced; a person's confirmed level stays as it is.
    """
    advice = advice_for(incident)
    before, because = incident.level_proposed, list(advice.because)
    if (advice.level, because) == (before, incident.level_because):
        return False
    incident.level_proposed, incident.level_because = advice.level, because
    incident.version += 1
    incident.save(update_fields=["level_proposed", "level_because", "version"])
    if advice.level == before:
        return False
    record_act(
        "incident.level_proposed", incident, by=RULE, at=at, level=[before, advice.level], because=because
    )
    announce("incident.level_proposed", incident, at=at, level=advice.level)
    return True
