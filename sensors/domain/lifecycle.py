"""The acknowledgement axis of an alarm (ISA-18.2). The condition axis is the engine's, see ``alarms.py``."""

from command_center.core.machine import Machine, move

UNACKNOWLEDGED, ACKNOWLEDGED = "unacknowledged", "acknowledged"

ACKNOWLEDGEMENT = Machine(
    name="alarm",
    states=frozenset({UNACKNOWLEDGED, ACKNOWLEDGED}),
    initial=UNACKNOWLEDGED,
    final=frozenset({ACKNOWLEDGED}),
    # fmt: off
    moves=(
        #     move           from            to            needs
        move("acknowledge", UNACKNOWLEDGED, ACKNOWLEDGED, "alarm.acknowledge", stamps="acknowledged_at"),
    ),
    # fmt: on
)
