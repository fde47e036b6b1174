"""What happens below and concerns incidents. Each may be told twice and then does nothing new."""

from command_center.core.events import Happening, on

from .services import outcomes
from .services.fire_spots import propose_spot
from .services.proposals import take


@on("alarm.raised")
@on("alarm.level_changed")
@on("alarm.retracted")
@on("alarm.suppression")
def find_its_incident(event: Happening) -> None:
    """An alarm joins the incident near it or, if it is serious, proposes one; a worse one raises the proposal.

    One that was suppressed is told again when it calls.
    """
    take(event.subject_id, at=event.at)


@on("fire_spot.confirm")
def propose_the_fire(event: Happening) -> None:
    """A fire that an officer saw is an incident to be worked on."""
    propose_spot(event.subject_id, at=event.at)


@on("incident.alarm_joined")
@on("incident.confirm")
@on("incident.respond")
@on("incident.dismiss")
@on("incident.restore")
@on("incident.took_in")
@on("incident.gave_back")
@on("incident.split")
def judge_its_alarms_anew(event: Happening) -> None:
    """The report of alarm health tells what came of each alarm."""
    outcomes.changed(event.subject_id)
