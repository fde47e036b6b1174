"""What the tick calls: clocks that are due, tracks past their retention."""

from command_center.core.now import now
from command_center.core.tasks import sweeper

from .services import supervision, units


@sweeper(2.0)
def settle_clocks() -> str:
    return f"{supervision.sweep(now())} steps"


@sweeper(3600.0)
def forget_tracks() -> str:
    return f"{units.forget_tracks(now())} positions"
